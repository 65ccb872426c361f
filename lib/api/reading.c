/* Questions about the table: distances, paths, sources and targets, single objects. */
#include <config.h>

#include "pool/ownership.h"
#include "pool/steps.h"
#include "ranks/nearest.h"

int xlgc_distance(xlgc_pool *pool, xlgc_id id, uint64_t *out) {
  if (!pool || !out) return XLGC_E_INVAL;
  uint32_t index;
  int failed = xlgc__steps_begin_reading(pool, id, &index);
  if (failed) return failed;
  const xlgc__graph *graph = &pool->graph;
  uint64_t looked = 0;
  if (graph->exact && !graph->broken && !graph->lowered)
    *out = xlgc__graph_object(graph, index)->rank;
  else
    xlgc__nearest_root(graph, index, out, &looked);
  xlgc__ownership_give(pool);
  return 0;
}

int xlgc_path(xlgc_pool *pool, xlgc_id id, xlgc_id *holders, size_t capacity, size_t *length) {
  if (!pool || !length || (capacity && !holders)) return XLGC_E_INVAL;
  uint32_t index;
  int failed = xlgc__steps_begin_reading(pool, id, &index);
  if (failed) return failed;
  const xlgc__graph *graph = &pool->graph;
  uint64_t distance, looked = 0;
  uint32_t root = xlgc__nearest_root(graph, index, &distance, &looked);
  if (root) {
    *length = (size_t)distance;
    /* From the root back to the object, whose nearest source has index 0. */
    for (uint32_t at = root; at != index; at = xlgc__graph_object(graph, at)->hop)
      if (--distance < capacity) holders[distance] = xlgc__object_id(&graph->objects, at);
  }
  xlgc__ownership_give(pool);
  return root ? 0 : XLGC_E_UNKNOWN;
}

/* Of those that are alive. */
static int add_each(const xlgc_pool *pool, xlgc__nearest_search *search, const xlgc_id *ids, size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint32_t index;
    int failed = xlgc__steps_resolve(pool, ids[i], &index);
    if (failed == XLGC_E_FOREIGN) return failed;
    if (!failed) xlgc__nearest_add(search, index);
  }
  return 0;
}

int xlgc_find_root(xlgc_pool *pool, const xlgc_id *objects, size_t count, const xlgc_id *but, size_t but_count,
                   xlgc_id *out) {
  if (!pool || !out || (count && !objects) || (but_count && !but)) return XLGC_E_INVAL;
  int failed = xlgc__steps_begin_reading_all(pool);
  if (failed) return failed;
  xlgc__nearest_search search = {.graph = &pool->graph};
  failed = xlgc__steps_avoid(pool, but, but_count, true);
  if (!failed) failed = add_each(pool, &search, objects, count);
  uint32_t found = xlgc__nearest_end(&search);
  (void)xlgc__steps_avoid(pool, but, but_count, false);
  if (!failed) *out = found ? xlgc__object_id(&pool->graph.objects, found) : XLGC_ID_NONE;
  xlgc__ownership_give(pool);
  return failed;
}

static int each(xlgc_pool *pool, xlgc_id id, unsigned side, int (*show)(void *data, const xlgc_link_info *link),
                void *data) {
  if (!pool || !show) return XLGC_E_INVAL;
  uint32_t index;
  xlgc__dst_cursor cursor;
  xlgc__dst_cursor_start(&cursor);
  int result = xlgc__steps_begin_reading(pool, id, &index);
  while (!result) {
    const xlgc__graph *graph = &pool->graph;
    uint32_t at = xlgc__link_next(&graph->links, &cursor, side, xlgc__graph_object(graph, index)->top[side]);
    const xlgc__link *link = at ? xlgc__link_at(&graph->links, at) : NULL;
    xlgc_link_info info = {0};
    if (link)
      info = (xlgc_link_info){xlgc__object_id(&graph->objects, link->end[0]),
                              xlgc__object_id(&graph->objects, link->end[1]), link->count, link->tag};
    xlgc__ownership_give(pool);
    if (!link) return 0;
    /* The pool is given back, so that the program may do anything; then the object may be gone. */
    result = show(data, &info);
    if (result) return result;
    result = xlgc__ownership_take(pool, true);
    if (result) return result;
    if (xlgc__steps_resolve(pool, id, &index)) {
      xlgc__ownership_give(pool);
      return 0;
    }
  }
  return result;
}

int xlgc_each_target(xlgc_pool *pool, xlgc_id source, int (*show)(void *data, const xlgc_link_info *link), void *data) {
  return each(pool, source, XLGC__OUT, show, data);
}

int xlgc_each_source(xlgc_pool *pool, xlgc_id target, int (*show)(void *data, const xlgc_link_info *link), void *data) {
  return each(pool, target, XLGC__IN, show, data);
}

int xlgc_info(xlgc_pool *pool, xlgc_id id, xlgc_object_info *out) {
  if (!pool || !out) return XLGC_E_INVAL;
  uint32_t index;
  int failed = xlgc__steps_begin_reading(pool, id, &index);
  if (failed) return failed;
  const xlgc__object *object = xlgc__graph_object(&pool->graph, index);
  *out = (xlgc_object_info){.object = object->address,
                            .kind = xlgc__object_kind(&pool->graph.objects, object),
                            .pins = object->pins,
                            .is_root = xlgc__object_is_root(object),
                            .is_new = (object->flags & XLGC__NEW) != 0};
  xlgc__ownership_give(pool);
  return 0;
}
