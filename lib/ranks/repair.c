#include <config.h>

#include "ranks/repair.h"

#include "ranks/certified.h"
#include "ranks/exact.h"

void xlgc__repair_init(xlgc__repair *repair, xlgc__graph *graph) {
  *repair = (xlgc__repair){.graph = graph, .phase = XLGC__REPAIR_IDLE};
  xlgc__reclaim_init(&repair->reclaim, graph);
}

void xlgc__repair_candidate(xlgc__repair *repair, uint32_t index) {
  xlgc__object *object = xlgc__graph_object(repair->graph, index);
  object->flags = (uint16_t)((object->flags & ~XLGC__PENDING) | XLGC__SUSPECT);
  if (repair->graph->exact)
    xlgc__list_append(&repair->graph->objects, &repair->seen, index);
  else
    xlgc__state_suspect(repair, index);
}

void xlgc__repair_propagate(xlgc__repair *repair, uint32_t kept) {
  repair->final = true;
  repair->front.object = 0;
  repair->kept = kept;
  repair->phase = repair->graph->exact ? XLGC__REPAIR_RESET : XLGC__REPAIR_RESTORE;
}

void xlgc__repair_rescue(xlgc__repair *repair, uint32_t index) {
  /* Exact: it is among the lowered, as it has become a root. */
  repair->front.object = repair->graph->exact ? 0 : index;
  xlgc__dst_cursor_start(&repair->front.links);
  repair->kept = 0;
  repair->phase = repair->graph->exact ? XLGC__REPAIR_RESET : XLGC__REPAIR_FLOOD_KEPT;
}

void xlgc__repair_commit(xlgc__repair *repair) {
  if (repair->phase == XLGC__REPAIR_WAIT) repair->phase = XLGC__REPAIR_COLLECT;
}

static bool start(xlgc__repair *repair) {
  repair->final = repair->graph->met_pending = false;
  return repair->graph->exact ? xlgc__exact_start(repair) : xlgc__certified_start(repair);
}

bool xlgc__repair_step(xlgc__repair *repair, int64_t *budget) {
  const xlgc__repair_part *parts = repair->graph->exact ? xlgc__exact_parts : xlgc__certified_parts;
  bool sweeping = xlgc__repair_sweeps(repair);
  for (; *budget > 0; --*budget) {
    if (xlgc__repair_sweeps(repair) != sweeping) return false;
    switch (repair->phase) {
    case XLGC__REPAIR_WAIT: return true;
    case XLGC__REPAIR_IDLE:
      if (!start(repair)) return true;
      break;
    case XLGC__REPAIR_RECLAIM:
      if (xlgc__reclaim_step(&repair->reclaim)) repair->phase = XLGC__REPAIR_IDLE;
      break;
    default: parts[repair->phase].step(repair); break;
    }
  }
  return false;
}
