#include <config.h>

#include "ranks/repair.h"

void xlgc__repair_reclaim(xlgc__repair *repair, xlgc__list *set) {
  repair->phase = XLGC__REPAIR_IDLE;
  if (!set->first) return;
  xlgc__reclaim_begin(&repair->reclaim, *set, repair->propagating);
  *set = (xlgc__list){0, 0};
  repair->phase = XLGC__REPAIR_RECLAIM;
}

void xlgc__repair_suspect(xlgc__repair *repair, uint32_t index) {
  xlgc__object *object = xlgc__graph_object(repair->graph, index);
  object->flags |= XLGC__SUSPECT;
  object->heap[0] = 0;
  if (repair->suspects_last)
    xlgc__graph_object(repair->graph, repair->suspects_last)->heap[0] = index;
  else
    repair->suspects = index;
  repair->suspects_last = index;
}
