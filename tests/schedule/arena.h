/* Memory for one run of a scenario, all of it taken back at once, so that a run may also be given up in the middle.
 * Blocks that are released go to others of the same size; addresses depend on nothing but the order of the calls. */
#ifndef ARENA_H
#define ARENA_H

#include <stddef.h>

void *arena_allocate(size_t size_bytes);
void arena_release(void *memory, size_t size_bytes);
void arena_reset(void);

#endif
