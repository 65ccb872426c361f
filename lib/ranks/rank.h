/* Repairs certificates: takes broken objects one by one and gives each a supporter again or finds the set that died
 * with it. Pure and single-threaded; a work list with a position, so that it stops and goes on at any unit.
 *
 * Two settings share the graph, the queues and the carrying out of verdicts: certify.c lets ranks be any numbers that
 * rise along supporters, exact.c keeps them equal to the distance from the nearest root. While a repair is under way
 * no event may be applied. */
#ifndef XLGC_RANK_H
#define XLGC_RANK_H

#include "ranks/repair.h"

void xlgc__repair_init(xlgc__repair *repair, xlgc__graph *graph);
/* Works while there is budget, one unit a link or less. Returns true when nothing is broken, or at the stop that
 * _settle speaks of; false when the budget is used up, or where a sweep begins or ends. */
bool xlgc__repair_step(xlgc__repair *repair, int64_t *budget);
/* After all shadows have been asked: this one is not kept for its own sake. In the order of the list. */
void xlgc__repair_candidate(xlgc__repair *repair, uint32_t index);
/* All others were made roots, and are on the list through `next` that begins with kept: the next steps give support to
 * what these reach, and stop. */
void xlgc__repair_propagate(xlgc__repair *repair, uint32_t kept);
/* After that stop: one that was doubted has become a root. The next steps give support to what it reaches, and stop. */
void xlgc__repair_rescue(xlgc__repair *repair, uint32_t index);
/* After that stop: the next steps carry out the verdict on those that are still doubted. */
static inline void xlgc__repair_commit(xlgc__repair *repair) { repair->committed = true; }
/* The next units walk over all slots: the caller must hold the pool's lock, and should step little at a time. */
static inline bool xlgc__repair_sweeps(const xlgc__repair *repair) {
  return repair->phase == XLGC__REPAIR_GATHER || repair->phase == XLGC__REPAIR_RETURN ||
         (repair->phase == XLGC__REPAIR_IDLE && repair->graph->renumber);
}

#endif
