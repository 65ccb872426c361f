#include <config.h>

#include "ranks/rank.h"

void xlgc__repair_init(xlgc__repair *repair, xlgc__graph *graph) {
  *repair = (xlgc__repair){.graph = graph, .phase = XLGC__REPAIR_IDLE};
  xlgc__reclaim_init(&repair->reclaim, graph);
}

void xlgc__repair_candidate(xlgc__repair *repair, uint32_t index) {
  xlgc__object *object = xlgc__graph_object(repair->graph, index);
  object->flags = (uint16_t)((object->flags & ~XLGC__PENDING) | XLGC__SUSPECT);
  if (repair->graph->exact)
    xlgc__list_append(repair->graph, &repair->seen, index);
  else
    xlgc__repair_suspect(repair, index);
}

void xlgc__repair_propagate(xlgc__repair *repair, uint32_t kept) {
  repair->propagating = true;
  repair->committed = false;
  repair->front_object = 0;
  repair->restore = kept;
  repair->phase = repair->graph->exact ? XLGC__REPAIR_RESET : XLGC__REPAIR_RESTORE;
}

void xlgc__repair_rescue(xlgc__repair *repair, uint32_t index) {
  /* Exact: it is among the lowered, as it has become a root. */
  repair->front_object = repair->graph->exact ? 0 : index;
  xlgc__dst_cursor_start(&repair->front);
  repair->restore = 0;
  repair->after_flood = XLGC__REPAIR_RESTORE;
  repair->phase = repair->graph->exact ? XLGC__REPAIR_RESET : XLGC__REPAIR_FLOOD;
}

bool xlgc__repair_step(xlgc__repair *repair, int64_t *budget) {
  bool exact = repair->graph->exact, sweeping = xlgc__repair_sweeps(repair);
  for (; *budget > 0; --*budget) {
    if (xlgc__repair_sweeps(repair) != sweeping) return false;
    if (repair->propagating && !repair->committed && repair->phase == XLGC__REPAIR_COLLECT) return true;
    if (repair->phase == XLGC__REPAIR_RECLAIM) {
      if (xlgc__reclaim_step(&repair->reclaim)) repair->phase = XLGC__REPAIR_IDLE;
    } else if (repair->phase == XLGC__REPAIR_IDLE) {
      repair->propagating = repair->graph->met_pending = false;
      if (!(exact ? xlgc__exact_start(repair) : xlgc__certified_start(repair))) return true;
    } else if (exact) {
      xlgc__exact_step(repair);
    } else {
      xlgc__certified_step(repair);
    }
  }
  return false;
}
