/* What would die if an object died: all that it reaches and no root reaches otherwise. Found by trial, from the object
 * alone: what it reaches within a budget is the trial's; of that, what another holds stays, and what that reaches; the rest
 * would go. What the budget leaves out counts as another, so that the answer is never too much. Needs no memory.
 *
 * Bacon and Rajan, Concurrent cycle collection in reference counted systems (2001): the trial deletion of one candidate,
 * with the links into an object instead of counts. */
#ifndef XLGC_RETAINED_H
#define XLGC_RETAINED_H

#include "ranks/graph.h"

/* Calls `each` for the object and for all that would go with it. Returns whether the budget was enough. looked: how many
 * links were looked at, at most three times the budget. Between rounds, as xlgc__nearest_root. */
bool xlgc__retained_each(const xlgc__graph *graph, uint32_t start, uint64_t budget, uint64_t *looked,
                         void (*each)(void *data, uint32_t index), void *data);

#endif
