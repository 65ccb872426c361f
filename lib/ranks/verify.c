#include <config.h>

#include "ranks/verify.h"

#include <stdarg.h>

typedef struct check {
  const xlgc__graph *graph;
  uint64_t end;       /* of the slots */
  uint64_t *distance; /* by slot */
  uint32_t *queue;
  uint64_t links_out, links_in, live, broken, lowered, idle;
  char *why;
  size_t size_bytes;
} check;

XLGC__PRINTF(3, 4) static int corrupt(const check *c, uint32_t index, const char *format, ...) {
  if (!c->why || !c->size_bytes) return XLGC_E_CORRUPT;
  int used = snprintf(c->why, c->size_bytes, "object %u: ", index);
  if (used < 0 || (size_t)used >= c->size_bytes) return XLGC_E_CORRUPT;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(c->why + used, c->size_bytes - (size_t)used, format, arguments);
  va_end(arguments);
  return XLGC_E_CORRUPT;
}

static const xlgc__object *present(const check *c, uint64_t index) {
  const xlgc__object *object = xlgc__segments_find(&c->graph->objects.records, (uint32_t)index);
  return object && object->flags & XLGC__LIVE ? object : NULL;
}

/* The trees of one object: D1, L1, L2, L3. */
static int check_tree(check *c, uint32_t index, unsigned side, uint64_t *count) {
  const xlgc__links *links = &c->graph->links;
  xlgc__dst_shape shape = xlgc__link_shape(side);
  uint32_t top = xlgc__graph_object(c->graph, index)->top[side];
  xlgc__dst_cursor cursor;
  xlgc__dst_cursor_start(&cursor);
  for (uint32_t at; (at = xlgc__link_next(links, &cursor, side, top)) != 0; ++*count) {
    const xlgc__link *link = xlgc__link_at(links, at);
    if (link->end[side] != index) return corrupt(c, index, "L1: a link of another object is in tree %u", side);
    if (xlgc__dst_find(&links->records, shape, top, link->end[1 - side]) != at)
      return corrupt(c, index, "D1: link to %u is off its path in tree %u", link->end[1 - side], side);
    if (link->count == 0) return corrupt(c, index, "L2: a link with count 0 to %u", link->end[1 - side]);
    const xlgc__object *other = present(c, link->end[1 - side]);
    if (!other || other->flags & XLGC__DEAD)
      return corrupt(c, index, "L1: a link with %u, which is dead", link->end[1 - side]);
    uint32_t back = xlgc__dst_find(&links->records, xlgc__link_shape(1 - side), other->top[1 - side], index);
    if (back != at) return corrupt(c, index, "L1: link with %u is in one tree only", link->end[1 - side]);
    uint32_t places = 0;
    for (uint32_t place = link->places; place; places++)
      place = ((const xlgc__place *)xlgc__segments_at(&links->places, place))->next;
    if (places > link->count) return corrupt(c, index, "L3: more places than count to %u", link->end[1 - side]);
  }
  return 0;
}

static int check_certificate(check *c, uint32_t index, const xlgc__object *object) {
  const xlgc__graph *graph = c->graph;
  bool root = xlgc__object_is_root(object);
  if (object->supporter) {
    const xlgc__object *supporter = present(c, object->supporter);
    if (!supporter || supporter->flags & XLGC__DEAD) return corrupt(c, index, "C1: its supporter is gone");
    xlgc__dst_shape out = xlgc__link_shape(XLGC__OUT);
    if (!xlgc__dst_find(&graph->links.records, out, supporter->top[XLGC__OUT], index))
      return corrupt(c, index, "C1: its supporter %u does not hold it", object->supporter);
    if (supporter->rank >= object->rank) return corrupt(c, index, "C1: its rank is not above its supporter's");
    if (!(supporter->flags & XLGC__SUPPORTS)) return corrupt(c, index, "C5: its supporter is not marked as one");
  }
  bool broken = object->flags & XLGC__BROKEN;
  if (!root && !object->supporter && !broken) return corrupt(c, index, "C2: no root, no supporter, and not broken");
  if (broken && (root || object->supporter)) return corrupt(c, index, "C4: broken, but a root or supported");
  if (object->flags & XLGC__IDLE && !(object->flags & XLGC__NEW)) return corrupt(c, index, "C4: idle, but not new");
  if (object->flags & (XLGC__SEEN | XLGC__SUSPECT | XLGC__RECLAIMING | XLGC__PENDING))
    return corrupt(c, index, "C4: marks of a search are left: %#x", (unsigned)object->flags);
  if (graph->exact && root && (object->rank || object->supporter)) return corrupt(c, index, "C3: a root with a rank");
  c->broken += broken;
  c->lowered += !broken && object->flags & XLGC__LOWERED;
  c->idle += (object->flags & XLGC__IDLE) != 0;
  return 0;
}

/* Q1 and Q2 of one queue, by walking down to each member. Members: those with `flags` and without `unless`. */
static int check_queue(check *c, uint32_t top, uint16_t flags, uint16_t unless, uint64_t members) {
  const xlgc__segments *records = &c->graph->objects.records;
  uint64_t found = 0;
  for (uint64_t i = 1; i < c->end; i++) {
    const xlgc__object *object = present(c, i);
    if (!object || object->flags & (XLGC__DEAD | unless) || !(object->flags & flags)) continue;
    uint32_t at = top, index = (uint32_t)i;
    for (unsigned depth = 0; at && at != index; depth++) {
      const xlgc__object *above = xlgc__segments_at(records, at);
      if (above->rank > object->rank) return corrupt(c, index, "Q2: it stands below a later one in a queue");
      at = above->heap[xlgc__dst_bit(xlgc__dst_mix(index), depth)];
    }
    if (!at) return corrupt(c, index, "Q1: it is flagged %#x and not in the queue", flags);
    found++;
  }
  return found == members ? 0
                          : corrupt(c, top, "Q1: a queue has %llu members, not %llu", (unsigned long long)found,
                                    (unsigned long long)members);
}

/* Breadth first from all roots: fills in the distances. */
static void search(check *c) {
  const xlgc__graph *graph = c->graph;
  uint64_t head = 0, tail = 0;
  for (uint64_t i = 1; i < c->end; i++) {
    const xlgc__object *object = present(c, i);
    c->distance[i] = XLGC_UNREACHABLE;
    if (!object || object->flags & XLGC__DEAD || !xlgc__object_is_root(object)) continue;
    c->distance[i] = 0;
    c->queue[tail++] = (uint32_t)i;
  }
  while (head < tail) {
    uint32_t index = c->queue[head++];
    xlgc__dst_cursor cursor;
    xlgc__dst_cursor_start(&cursor);
    uint32_t top = xlgc__graph_object(graph, index)->top[XLGC__OUT];
    for (uint32_t at; (at = xlgc__link_next(&graph->links, &cursor, XLGC__OUT, top)) != 0;) {
      uint32_t target = xlgc__link_at(&graph->links, at)->end[1];
      if (c->distance[target] != XLGC_UNREACHABLE) continue;
      c->distance[target] = c->distance[index] + 1;
      c->queue[tail++] = target;
    }
  }
}

/* C3 and P2: what the search says of all objects, when nothing is left to repair. */
static int check_distances(check *c) {
  const xlgc__graph *graph = c->graph;
  if (graph->broken || graph->lowered) return 0;
  search(c);
  for (uint64_t i = 1; i < c->end; i++) {
    const xlgc__object *object = present(c, i);
    if (!object || object->flags & XLGC__DEAD) continue;
    if (c->distance[i] == XLGC_UNREACHABLE) return corrupt(c, (uint32_t)i, "P2: no root reaches it, and it lives");
    if (graph->exact && c->distance[i] != object->rank)
      return corrupt(c, (uint32_t)i, "C3: its distance is %llu, its rank %llu", (unsigned long long)c->distance[i],
                     (unsigned long long)object->rank);
  }
  return 0;
}

/* What was counted on the way over all objects. */
static int check_counts(const check *c) {
  const xlgc__graph *graph = c->graph;
  if (c->links_out != c->links_in || c->links_out != graph->links.records.used)
    return corrupt(c, 0, "L1: %llu links by source, %llu by target, %llu records", (unsigned long long)c->links_out,
                   (unsigned long long)c->links_in, (unsigned long long)graph->links.records.used);
  if (c->live != atomic_load_explicit(&graph->objects.live, memory_order_relaxed))
    return corrupt(c, 0, "the count of live objects is wrong");
  return 0;
}

static int check_objects(check *c) {
  for (uint64_t i = 1; i < c->end; i++) {
    const xlgc__object *object = present(c, i);
    if (!object) continue;
    uint32_t index = (uint32_t)i;
    if (object->flags & XLGC__DEAD) {
      if (object->top[0] || object->top[1]) return corrupt(c, index, "L1: it is dead and has links");
      continue;
    }
    c->live++;
    int failed = check_tree(c, index, XLGC__OUT, &c->links_out);
    if (!failed) failed = check_tree(c, index, XLGC__IN, &c->links_in);
    if (!failed) failed = check_certificate(c, index, object);
    if (failed) return failed;
  }
  return 0;
}

/* O1 to O4. */
static int check_children(const check *c) {
  const char *tag;
  uint32_t index = xlgc__children_verify(&c->graph->children, &c->graph->objects, &tag);
  return index ? corrupt(c, index, "%s: its record among the children is wrong", tag) : 0;
}

static int check_all(check *c) {
  const xlgc__graph *graph = c->graph;
  int failed = check_objects(c);
  if (!failed) failed = check_children(c);
  if (!failed) failed = check_counts(c);
  if (!failed) failed = check_queue(c, graph->broken, XLGC__BROKEN, 0, c->broken);
  if (!failed) failed = check_queue(c, graph->lowered, XLGC__LOWERED, XLGC__BROKEN, c->lowered);
  if (!failed) failed = check_queue(c, graph->idle, XLGC__IDLE, 0, c->idle);
  return failed ? failed : check_distances(c);
}

int xlgc__verify(const xlgc__graph *graph, char *why, size_t size_bytes) {
  check c = {.graph = graph, .end = xlgc__segments_end(&graph->objects.records), .why = why, .size_bytes = size_bytes};
  if (why && size_bytes) *why = 0;
  if (c.end == 0) return 0;
  xlgc__memory *memory = graph->objects.records.memory;
  c.distance = xlgc__memory_allocate(memory, c.end * sizeof *c.distance);
  c.queue = xlgc__memory_allocate(memory, c.end * sizeof *c.queue);
  int result = c.distance && c.queue ? check_all(&c) : XLGC_E_NOMEM;
  xlgc__memory_release(memory, c.distance, c.end * sizeof *c.distance);
  xlgc__memory_release(memory, c.queue, c.end * sizeof *c.queue);
  return result;
}
