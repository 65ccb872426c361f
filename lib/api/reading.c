/* Questions about the table: distances, paths, sources and targets, single objects. */
#include <config.h>

#include "pool/ownership.h"
#include "pool/steps.h"

/* Chains an object to those that the search has seen. hop: the object that it leads to, on the way to the start. */
static void see(xlgc__graph *graph, xlgc__list *seen, uint32_t index, uint32_t hop) {
  xlgc__object *object = xlgc__graph_object(graph, index);
  object->flags |= XLGC__SEEN;
  object->hop = hop;
  xlgc__list_append(&graph->objects, seen, index);
}

static void unsee_all(xlgc__graph *graph, const xlgc__list *seen) {
  for (uint32_t at = seen->first; at; at = xlgc__graph_object(graph, at)->next)
    xlgc__graph_object(graph, at)->flags &= (uint16_t)~XLGC__SEEN;
}

/* Sees the sources of an object. Returns a root among them, or 0. Roots are never chained: they may be on the list of
 * those that are kept. */
static uint32_t see_sources(xlgc__graph *graph, xlgc__list *seen, uint32_t at) {
  xlgc__dst_cursor cursor;
  xlgc__dst_cursor_start(&cursor);
  uint32_t tree = xlgc__graph_object(graph, at)->top[XLGC__IN];
  for (uint32_t link; (link = xlgc__link_next(&graph->links, &cursor, XLGC__IN, tree)) != 0;) {
    uint32_t source = xlgc__link_at(&graph->links, link)->end[0];
    xlgc__object *object = xlgc__graph_object(graph, source);
    if (object->flags & XLGC__SEEN) continue;
    if (xlgc__object_is_root(object)) {
      object->hop = at;
      return source;
    }
    see(graph, seen, source, at);
  }
  return 0;
}

/* Searches backwards, breadth first, for the nearest root. It needs no memory: the objects that it has seen are chained
 * through their records. Returns the root, or 0; out: its distance. */
static uint32_t nearest_root(xlgc__graph *graph, uint32_t start, uint64_t *out) {
  *out = 0;
  if (xlgc__object_is_root(xlgc__graph_object(graph, start))) return start;
  uint64_t distance = 0;
  uint32_t found = 0, level_end = start;
  xlgc__list seen = {0, 0};
  see(graph, &seen, start, 0);
  for (uint32_t at = start; at && !found; at = xlgc__graph_object(graph, at)->next) {
    found = see_sources(graph, &seen, at);
    if (found || at == level_end) {
      distance++;
      level_end = seen.last;
    }
  }
  unsee_all(graph, &seen);
  *out = found ? distance : XLGC_UNREACHABLE;
  return found;
}

int xlgc_distance(xlgc_pool *pool, xlgc_id id, uint64_t *out) {
  if (!pool || !out) return XLGC_E_INVAL;
  uint32_t index;
  int failed = xlgc__steps_begin_reading(pool, id, &index);
  if (failed) return failed;
  xlgc__graph *graph = &pool->graph;
  if (graph->exact && !graph->broken && !graph->lowered)
    *out = xlgc__graph_object(graph, index)->rank;
  else
    nearest_root(graph, index, out);
  xlgc__ownership_give(pool);
  return 0;
}

int xlgc_path(xlgc_pool *pool, xlgc_id id, xlgc_id *holders, size_t capacity, size_t *length) {
  if (!pool || !length || (capacity && !holders)) return XLGC_E_INVAL;
  uint32_t index;
  int failed = xlgc__steps_begin_reading(pool, id, &index);
  if (failed) return failed;
  xlgc__graph *graph = &pool->graph;
  uint64_t distance;
  uint32_t root = nearest_root(graph, index, &distance);
  if (root) {
    *length = (size_t)distance;
    /* From the root back to the object, whose nearest source has index 0. */
    for (uint32_t at = root; at != index; at = xlgc__graph_object(graph, at)->hop)
      if (--distance < capacity) holders[distance] = xlgc__object_id(&graph->objects, at);
  }
  xlgc__ownership_give(pool);
  return root ? 0 : XLGC_E_UNKNOWN;
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
