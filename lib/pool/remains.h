/* What is left in a pool that has ended, and in which order it is to be destroyed: as the dead of a round whose kinds
 * have XLGC_KIND_HELD_FIRST. What the objects hold is taken out of the table to find that, so nothing else may need it
 * any more. */
#ifndef XLGC_REMAINS_H
#define XLGC_REMAINS_H

#include "pool/pool.h"

/* Calls `each` for the objects that were left when the pool was shut down. The owner's, after the last round. Cost: a
 * unit for each object and link. */
void xlgc__remains_tell(xlgc_pool *pool, void (*each)(void *data, void *object), void *data);

#endif
