#include <config.h>

#include "ranks/nearest.h"

uint32_t xlgc__nearest_by_supporters(const xlgc__graph *graph, uint32_t start, uint64_t *length) {
  *length = 0;
  for (uint32_t at = start;;) {
    const xlgc__object *object = xlgc__graph_object(graph, at);
    if (xlgc__object_is_root(object)) return at;
    if (!object->supporter) return 0;
    xlgc__graph_object(graph, object->supporter)->hop = at;
    at = object->supporter;
    ++*length;
  }
}

typedef xlgc__nearest_search search;

/* hop: the object that it leads to, on the way to the start. */
static void see(search *search, uint32_t index, uint32_t hop) {
  xlgc__object *object = xlgc__graph_object(search->graph, index);
  object->flags |= XLGC__SEEN;
  object->hop = hop;
  xlgc__list_append(&search->graph->objects, &search->seen, index);
}

static void unsee_all(const search *search) {
  for (uint32_t at = search->seen.first; at; at = xlgc__graph_object(search->graph, at)->next)
    xlgc__graph_object(search->graph, at)->flags &= (uint16_t)~XLGC__SEEN;
}

/* Sees the sources of an object. Returns a root among them, or 0. Roots are never chained: they may be on the list of
 * those that are kept. */
static uint32_t see_sources(search *search, uint32_t at) {
  const xlgc__graph *graph = search->graph;
  xlgc__dst_cursor cursor;
  xlgc__dst_cursor_start(&cursor);
  uint32_t tree = xlgc__graph_object(graph, at)->top[XLGC__IN];
  for (uint32_t link; (link = xlgc__link_next(&graph->links, &cursor, XLGC__IN, tree)) != 0;) {
    search->looked++;
    uint32_t source = xlgc__link_at(&graph->links, link)->end[0];
    xlgc__object *object = xlgc__graph_object(graph, source);
    if (object->flags & XLGC__SEEN) continue;
    if (xlgc__object_is_root(object)) {
      object->hop = at;
      return source;
    }
    see(search, source, at);
  }
  return 0;
}

uint32_t xlgc__nearest_root(const xlgc__graph *graph, uint32_t start, uint64_t *distance, uint64_t *looked) {
  *distance = 0;
  if (xlgc__object_is_root(xlgc__graph_object(graph, start))) return start;
  uint64_t level = 0;
  uint32_t found = 0, level_end = start;
  search search = {.graph = graph};
  see(&search, start, 0);
  for (uint32_t at = start; at && !found; at = xlgc__graph_object(graph, at)->next) {
    found = see_sources(&search, at);
    if (found || at == level_end) {
      level++;
      level_end = search.seen.last;
    }
  }
  unsee_all(&search);
  *looked += search.looked;
  *distance = found ? level : XLGC_UNREACHABLE;
  return found;
}

void xlgc__nearest_avoid(const xlgc__graph *graph, uint32_t index, bool is_avoided) {
  uint16_t *flags = &xlgc__graph_object(graph, index)->flags;
  *flags = (uint16_t)(is_avoided ? *flags | XLGC__SEEN : *flags & ~XLGC__SEEN);
}

void xlgc__nearest_add(xlgc__nearest_search *search, uint32_t index) {
  const xlgc__object *object = xlgc__graph_object(search->graph, index);
  if (search->found || object->flags & XLGC__SEEN) return;
  if (xlgc__object_is_root(object))
    search->found = index;
  else
    see(search, index, 0);
}

uint32_t xlgc__nearest_end(xlgc__nearest_search *search) {
  for (uint32_t at = search->seen.first; at && !search->found; at = xlgc__graph_object(search->graph, at)->next)
    search->found = see_sources(search, at);
  unsee_all(search);
  return search->found;
}
