#include <config.h>

#include "ranks/renumber.h"

/* The object in a slot, if there is one that is not dead. */
static const xlgc__object *living(const xlgc__graph *graph, uint32_t index) {
  const xlgc__object *object = xlgc__segments_find(&graph->objects.records, index);
  return object && (object->flags & (XLGC__LIVE | XLGC__DEAD)) == XLGC__LIVE ? object : NULL;
}

void xlgc__renumber_start(xlgc__repair *repair) {
  repair->phase = XLGC__REPAIR_GATHER;
  repair->renumber.slot = 1;
  repair->renumber.all = repair->graph->broken = repair->graph->idle = 0;
}

void xlgc__renumber_gather(xlgc__repair *repair) {
  xlgc__graph *graph = repair->graph;
  if (repair->renumber.slot >= xlgc__segments_end(&graph->objects.records)) {
    uint64_t step = graph->rank_limit / 2 / (atomic_load_explicit(&graph->objects.live, memory_order_relaxed) + 2);
    repair->renumber.step = step > graph->rank_gap ? graph->rank_gap : step;
    XLGC__INVARIANT("C1", repair->renumber.step > 0);
    repair->renumber.next_rank = graph->rank_limit / 4;
    repair->renumber.last_rank = XLGC__RANK_INFINITE;
    repair->phase = XLGC__REPAIR_ASSIGN;
    return;
  }
  uint32_t index = (uint32_t)repair->renumber.slot++;
  const xlgc__object *object = xlgc__segments_find(&graph->objects.records, index);
  if (object && object->flags & XLGC__LIVE && !(object->flags & XLGC__DEAD))
    xlgc__graph_push(graph, &repair->renumber.all, index);
}

void xlgc__renumber_assign(xlgc__repair *repair) {
  uint32_t index = xlgc__graph_pop(repair->graph, &repair->renumber.all);
  if (!index) {
    repair->phase = XLGC__REPAIR_RETURN;
    repair->renumber.slot = 1;
    return;
  }
  xlgc__object *object = xlgc__graph_object(repair->graph, index);
  if (object->rank != repair->renumber.last_rank) repair->renumber.next_rank += repair->renumber.step;
  repair->renumber.last_rank = object->rank;
  object->rank = repair->renumber.next_rank;
}

void xlgc__renumber_return(xlgc__repair *repair) {
  xlgc__graph *graph = repair->graph;
  if (repair->renumber.slot >= xlgc__segments_end(&graph->objects.records)) {
    graph->renumber = false;
    graph->renumberings++;
    repair->phase = XLGC__REPAIR_IDLE;
    return;
  }
  uint32_t index = (uint32_t)repair->renumber.slot++;
  const xlgc__object *object = living(graph, index);
  if (!object) return;
  if (object->flags & XLGC__BROKEN)
    xlgc__graph_push(graph, &graph->broken, index);
  else if (object->flags & XLGC__IDLE)
    xlgc__graph_push(graph, &graph->idle, index);
}
