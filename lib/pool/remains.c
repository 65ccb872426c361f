#include <config.h>

#include "pool/remains.h"

/* All that is there is one set: whatever held them, they go together. */
static xlgc__list gather(const xlgc__graph *graph) {
  const xlgc__objects *objects = &graph->objects;
  xlgc__list all = {0, 0};
  uint64_t end = xlgc__segments_end(&objects->records);
  for (uint64_t i = 1; i < end; i++) {
    xlgc__object *object = xlgc__segments_find(&objects->records, (uint32_t)i);
    if (!object || (object->flags & (XLGC__LIVE | XLGC__DEAD)) != XLGC__LIVE) continue;
    object->pins = 0;
    object->flags &= XLGC__LIVE | XLGC__LEFT | XLGC__INDEXED | XLGC__WEAK;
    xlgc__list_append(objects, &all, (uint32_t)i);
  }
  return all;
}

static uint32_t reversed(const xlgc__graph *graph, xlgc__list *list) {
  uint32_t first = 0;
  for (uint32_t index; (index = xlgc__list_take(&graph->objects, list)) != 0; first = index)
    xlgc__graph_object(graph, index)->next = first;
  return first;
}

void xlgc__remains_tell(xlgc_pool *pool, void (*each)(void *data, void *object), void *data) {
  xlgc__graph *graph = &pool->graph;
  xlgc__reclaim reclaim;
  xlgc__list set = gather(graph);
  if (!set.first) return;
  graph->broken = graph->lowered = graph->idle = 0;
  xlgc__reclaim_init(&reclaim, graph);
  xlgc__reclaim_begin(&reclaim, set, true);
  while (!xlgc__reclaim_step(&reclaim)) {
  }
  for (uint32_t index = reversed(graph, &reclaim.dead), next; index; index = next) {
    const xlgc__object *object = xlgc__graph_object(graph, index);
    next = object->next;
    if (object->flags & XLGC__LEFT) each(data, object->address);
  }
}
