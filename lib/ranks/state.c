#include <config.h>

#include "ranks/state.h"

void xlgc__state_reclaim(xlgc__repair *repair, xlgc__list *set) {
  repair->phase = XLGC__REPAIR_IDLE;
  if (!set->first) return;
  xlgc__reclaim_begin(&repair->reclaim, *set, repair->final);
  *set = (xlgc__list){0, 0};
  repair->phase = XLGC__REPAIR_RECLAIM;
}

void xlgc__state_suspect(xlgc__repair *repair, uint32_t index) {
  xlgc__object *object = xlgc__graph_object(repair->graph, index);
  object->flags |= XLGC__SUSPECT;
  object->heap[0] = 0;
  if (repair->suspects.last)
    xlgc__graph_object(repair->graph, repair->suspects.last)->heap[0] = index;
  else
    repair->suspects.first = index;
  repair->suspects.last = index;
}
