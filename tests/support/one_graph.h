/* A graph without a pool, for tests of what works on one: objects by their slots, room for whatever is linked, and the
 * invariants of graph.h checked against the links themselves. To be included by the test itself. */
#ifndef ONE_GRAPH_H
#define ONE_GRAPH_H

#include <string.h>

#include "alloc.h"
#include "ranks/graph.h"
#include "trial.h"

/* Check forks for each test, so each begins with these being zero. */
static struct {
  alloc allocator;
  xlgc__memory memory;
  xlgc__graph graph;
} g;

static const xlgc_kind plain_kind = {.name = "plain"};

static inline void open_graph(bool exact) {
  memset(&g, 0, sizeof g);
  g.allocator.fail_at = ALLOC_NEVER;
  xlgc_allocator functions = alloc_functions(&g.allocator);
  xlgc__memory_init(&g.memory, &functions);
  ok(xlgc__graph_init(&g.graph, &g.memory, 1, exact));
}

static inline void close_graph(void) {
  xlgc__graph_destroy(&g.graph);
  ck_assert_uint_eq(g.allocator.blocks, 0);
}

static inline void make_room(xlgc__segments *records) {
  if (records->room) return;
  ok(xlgc__segments_prepare(records));
  ck_assert(xlgc__segments_adopt(records));
}

static inline xlgc__object *at(uint32_t index) { return xlgc__graph_object(&g.graph, index); }

static inline uint32_t new_object(const xlgc_kind *kind) {
  uint32_t index;
  ok(xlgc__object_create(&g.graph.objects, NULL, kind, NULL, xlgc__graph_birth_rank(&g.graph), &index));
  return index;
}

static inline uint32_t new_root(void) {
  uint32_t index = new_object(&plain_kind);
  ok(xlgc__graph_pin(&g.graph, index, 1));
  return index;
}

static inline void link_to(uint32_t source, uint32_t target) {
  make_room(&g.graph.links.records);
  ok(xlgc__graph_link(&g.graph, source, target, XLGC__NO_TAG, NULL));
}

static inline void unlink_from(uint32_t source, uint32_t target) {
  ok(xlgc__graph_unlink(&g.graph, source, target, NULL));
}

static inline uint32_t new_target(uint32_t source) {
  uint32_t index = new_object(&plain_kind);
  link_to(source, index);
  return index;
}

/* 0: there is none. */
static inline uint32_t link_between(uint32_t source, uint32_t target) {
  return *xlgc__link_slot(&g.graph.links, &at(source)->top[XLGC__OUT], target);
}

/* How often source holds target. */
static inline uint32_t count_of(uint32_t source, uint32_t target) {
  uint32_t link = link_between(source, target);
  return link ? xlgc__link_at(&g.graph.links, link)->count : 0;
}

static inline bool is(uint32_t index, unsigned flags) { return (at(index)->flags & flags) == flags; }

/* ---------------------------------------------------------------- invariants */

/* Is an object in the queue with this top? */
static inline bool is_in_queue(uint32_t top, uint32_t index) {
  return top && (top == index || is_in_queue(at(top)->heap[0], index) || is_in_queue(at(top)->heap[1], index));
}

static inline uint32_t queue_length(uint32_t top) {
  return top ? 1 + queue_length(at(top)->heap[0]) + queue_length(at(top)->heap[1]) : 0;
}

/* C1, C2, C4 and C5 of one object that lives, and what C3 says of roots. */
static inline void check_object(uint32_t index) {
  const xlgc__object *object = at(index);
  bool root = xlgc__object_is_root(object), broken = object->flags & XLGC__BROKEN;
  if (object->supporter) {
    ck_assert_uint_gt(count_of(object->supporter, index), 0);
    ck_assert_uint_lt(at(object->supporter)->rank, object->rank);
    ck_assert(is(object->supporter, XLGC__SUPPORTS));
  }
  ck_assert(root || object->supporter || broken);
  ck_assert(!broken || (!root && !object->supporter));
  ck_assert(!(object->flags & XLGC__IDLE) || object->flags & XLGC__NEW);
  if (g.graph.exact && root) ck_assert(object->rank == 0 && !object->supporter);
  ck_assert_int_eq(is_in_queue(g.graph.broken, index), broken);
  ck_assert_int_eq(is_in_queue(g.graph.lowered, index), !broken && object->flags & XLGC__LOWERED);
  ck_assert_int_eq(is_in_queue(g.graph.idle, index), (object->flags & XLGC__IDLE) != 0);
}

/* Objects are those with slots from 1 to `last`; the dead ones have no links any more. */
static inline void check_graph(uint32_t last) {
  uint32_t broken = 0, lowered = 0, idle = 0;
  for (uint32_t index = 1; index <= last; index++) {
    if (is(index, XLGC__DEAD)) {
      ck_assert_uint_eq(at(index)->top[XLGC__OUT] | at(index)->top[XLGC__IN], 0);
      continue;
    }
    check_object(index);
    broken += is(index, XLGC__BROKEN);
    lowered += is(index, XLGC__LOWERED) && !is(index, XLGC__BROKEN);
    idle += is(index, XLGC__IDLE);
  }
  ck_assert_uint_eq(queue_length(g.graph.broken), broken);
  ck_assert_uint_eq(queue_length(g.graph.lowered), lowered);
  ck_assert_uint_eq(queue_length(g.graph.idle), idle);
}

#endif
