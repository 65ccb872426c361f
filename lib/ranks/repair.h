/* Repairs certificates: takes broken objects one by one and gives each a supporter again or finds the set that died
 * with it. Single-threaded; a work list with a position, so that it stops and goes on at any unit.
 *
 * Two settings share the graph, the queues and reclaiming: certified.c lets ranks be any numbers that rise along
 * supporters, exact.c keeps them equal to the distance from the nearest root. While a repair is under way no event may
 * be applied. */
#ifndef XLGC_REPAIR_H
#define XLGC_REPAIR_H

#include "ranks/state.h"

void xlgc__repair_init(xlgc__repair *repair, xlgc__graph *graph);
/* Works while there is budget, one unit a link or less. Returns true when nothing is broken, or when it waits for
 * _commit; false when the budget is used up, or where a sweep begins or ends. */
bool xlgc__repair_step(xlgc__repair *repair, int64_t *budget);

/* Once all pending objects have answered: an object that is not kept is a candidate, in the order of the list. */
void xlgc__repair_candidate(xlgc__repair *repair, uint32_t index);
/* All others were made roots, and are on the list through `next` that begins with kept. The next steps give support
 * to what these reach, then wait. */
void xlgc__repair_propagate(xlgc__repair *repair, uint32_t kept);
/* While it waits: a candidate was looked up and has become a root. The next steps give support to what it reaches, then
 * wait. */
void xlgc__repair_rescue(xlgc__repair *repair, uint32_t index);
/* While it waits: the next steps reclaim what is still a candidate. */
void xlgc__repair_commit(xlgc__repair *repair);

/* The next units walk over all slots: the caller must take the pool's lock, and should step little at a time. */
static inline bool xlgc__repair_sweeps(const xlgc__repair *repair) {
  return repair->phase == XLGC__REPAIR_GATHER || repair->phase == XLGC__REPAIR_RETURN ||
         (repair->phase == XLGC__REPAIR_IDLE && repair->graph->renumber);
}

#endif
