/* Renumbering, in the certified setting: when ranks have come near an end of their range, all are spread again with
 * their order kept. Every object goes through one queue. */
#ifndef XLGC_RENUMBER_H
#define XLGC_RENUMBER_H

#include "ranks/state.h"

void xlgc__renumber_start(xlgc__repair *repair);
/* One unit each. _gather and _return walk over all slots: lock taken. */
void xlgc__renumber_gather(xlgc__repair *repair);
void xlgc__renumber_assign(xlgc__repair *repair);
void xlgc__renumber_return(xlgc__repair *repair);

#endif
