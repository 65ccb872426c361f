#include <config.h>

#include "ranks/reclaim.h"

/* What the records of condemned objects hold meanwhile. `visit` 0: not visited yet. */
#define VISIT(object) ((object)->hop)
#define LOW(object) ((object)->pins)
#define PARENT(object) ((object)->supporter)
#define BELOW(object) ((object)->heap[0])

void xlgc__condemn_init(xlgc__condemn *condemn, xlgc__graph *graph) {
  *condemn = (xlgc__condemn){.graph = graph, .phase = XLGC__CONDEMN_DONE};
}

void xlgc__condemn_begin(xlgc__condemn *condemn, xlgc__list set, bool final) {
  condemn->phase = XLGC__CONDEMN_MARK;
  condemn->set = set;
  condemn->cursor = set.first;
  condemn->final = final;
  condemn->must_ask = condemn->graph->shadowed;
  condemn->top = condemn->stack = condemn->order = 0;
  condemn->visits = 0;
  xlgc__sort_begin(&condemn->component);
}

static void mark_one(xlgc__condemn *condemn) {
  xlgc__object *object = xlgc__graph_object(condemn->graph, condemn->cursor);
  XLGC__INVARIANT("C2", !xlgc__object_is_root(object));
  if (object->flags & XLGC__BROKEN) xlgc__graph_pull(condemn->graph, &condemn->graph->broken, condemn->cursor);
  object->flags = (uint16_t)((object->flags & ~(XLGC__SEEN | XLGC__SUSPECT | XLGC__BROKEN)) | XLGC__CONDEMNED);
  VISIT(object) = 0;
  if (object->flags & XLGC__WEAK || xlgc__object_kind(&condemn->graph->objects, object)->orphaned)
    condemn->must_ask = true;
  condemn->cursor = object->next;
  if (condemn->cursor) return;
  condemn->phase = condemn->must_ask && !condemn->final ? XLGC__CONDEMN_SHADOW : XLGC__CONDEMN_UNLINK;
  condemn->cursor = condemn->set.first;
}

/* Makes a shadow of the next member, then takes its support away from what is outside the set. */
static void shadow_one(xlgc__condemn *condemn) {
  xlgc__graph *graph = condemn->graph;
  if (!condemn->top) {
    condemn->top = xlgc__list_take(graph, &condemn->set);
    if (!condemn->top) {
      condemn->phase = XLGC__CONDEMN_DONE;
      return;
    }
    xlgc__object *object = xlgc__graph_object(graph, condemn->top);
    object->flags = (uint16_t)((object->flags & ~XLGC__CONDEMNED) | XLGC__SHADOW);
    object->supporter = 0;
    xlgc__list_append(graph, &condemn->asked, condemn->top);
    xlgc__dst_cursor_start(&condemn->out);
    return;
  }
  const xlgc__link *link = xlgc__graph_next(graph, &condemn->out, XLGC__OUT, condemn->top);
  if (!link) {
    condemn->top = 0;
    return;
  }
  const xlgc__object *held = xlgc__graph_object(graph, link->end[1]);
  if (held->supporter == condemn->top && !(held->flags & (XLGC__CONDEMNED | XLGC__SHADOW)))
    xlgc__graph_break(graph, link->end[1]);
}

static void visit(xlgc__condemn *condemn, uint32_t index) {
  xlgc__object *object = xlgc__graph_object(condemn->graph, index);
  VISIT(object) = LOW(object) = ++condemn->visits;
  object->tree[XLGC__IN] = 0;
  PARENT(object) = condemn->top;
  BELOW(object) = condemn->stack;
  condemn->stack = condemn->top = index;
}

/* Is nothing left that holds it, and nobody to be asked? */
static bool must_follow(const xlgc__condemn *condemn, const xlgc__object *held) {
  enum { ELSEWHERE = XLGC__WEAK | XLGC__SHADOW | XLGC__SEEN | XLGC__SUSPECT | XLGC__LOWERED | XLGC__IDLE };
  if (held->tree[XLGC__IN] || xlgc__object_is_root(held) || held->flags & ELSEWHERE) return false;
  return !xlgc__object_kind(&condemn->graph->objects, held)->orphaned;
}

static void follow(xlgc__condemn *condemn, uint32_t index) {
  xlgc__object *object = xlgc__graph_object(condemn->graph, index);
  if (object->flags & XLGC__BROKEN) xlgc__graph_pull(condemn->graph, &condemn->graph->broken, index);
  object->flags = (uint16_t)((object->flags & ~XLGC__BROKEN) | XLGC__CONDEMNED);
  object->supporter = 0;
  VISIT(object) = 0;
  xlgc__list_append(condemn->graph, &condemn->followers, index);
}

/* Moves the places of a link that goes to the list of those that are to be cleared should its target die. */
static void doom_places(xlgc__condemn *condemn, xlgc__link *link) {
  xlgc__segments *places = &condemn->graph->links.places;
  while (link->places) {
    uint32_t index = link->places;
    xlgc__place *place = xlgc__segments_at(places, index);
    link->places = place->next;
    place->target = link->end[1];
    place->next = condemn->places;
    condemn->places = index;
  }
}

static void unlink_one(xlgc__condemn *condemn, uint32_t source) {
  xlgc__graph *graph = condemn->graph;
  xlgc__object *holder = xlgc__graph_object(graph, source);
  uint32_t *slot = xlgc__dst_leaf_slot(&graph->links.records, xlgc__link_shape(XLGC__OUT), &holder->tree[XLGC__OUT]);
  xlgc__link *link = xlgc__link_at(&graph->links, *slot);
  uint32_t target = link->end[1];
  xlgc__object *held = xlgc__graph_object(graph, target);
  doom_places(condemn, link);
  bool condemned = held->flags & XLGC__CONDEMNED;
  xlgc__link_remove(&graph->links, slot, condemned ? NULL : &held->tree[XLGC__IN]);
  graph->touched++;
  if (condemned) {
    if (!VISIT(held))
      visit(condemn, target);
    else if (!(held->flags & XLGC__DEAD) && VISIT(held) < LOW(holder))
      LOW(holder) = VISIT(held);
  } else if (must_follow(condemn, held)) {
    follow(condemn, target);
  } else if (held->supporter == source) {
    xlgc__graph_break(graph, target);
  }
}

/* The member on top of the open ones is dead: takes it from them. */
static uint32_t close_one(xlgc__condemn *condemn) {
  uint32_t index = condemn->stack;
  xlgc__object *object = xlgc__graph_object(condemn->graph, index);
  condemn->stack = BELOW(object);
  object->flags |= XLGC__DEAD;
  if (index == condemn->top) condemn->top = PARENT(object);
  PARENT(object) = 0;
  LOW(object) = 0;
  return index;
}

/* Components are finished in the reverse of the order that D2 wants, so each goes before those that are. */
static void put_first(xlgc__condemn *condemn, uint32_t first, uint32_t last) {
  xlgc__graph_object(condemn->graph, last)->heap[1] = condemn->order;
  condemn->order = first;
}

static void go_on(xlgc__condemn *condemn) {
  xlgc__graph *graph = condemn->graph;
  if (!condemn->top) {
    if (!condemn->cursor) {
      condemn->phase = XLGC__CONDEMN_ORDER;
      return;
    }
    uint32_t next = condemn->cursor;
    xlgc__object *object = xlgc__graph_object(graph, next);
    condemn->cursor = object->next;
    if (!VISIT(object)) visit(condemn, next);
    return;
  }
  xlgc__object *object = xlgc__graph_object(graph, condemn->top);
  if (object->tree[XLGC__OUT]) {
    unlink_one(condemn, condemn->top);
  } else if (LOW(object) == VISIT(object)) {
    if (condemn->top != condemn->stack) {
      condemn->phase = XLGC__CONDEMN_COMPONENT;
      return;
    }
    /* It is in no cycle. */
    uint32_t index = close_one(condemn);
    put_first(condemn, index, index);
  } else {
    condemn->top = PARENT(object);
    xlgc__object *parent = xlgc__graph_object(graph, condemn->top);
    if (LOW(object) < LOW(parent)) LOW(parent) = LOW(object);
  }
}

static void finish_one(xlgc__condemn *condemn) {
  bool is_last = condemn->stack == condemn->top;
  xlgc__sort_add(&condemn->component, condemn->graph, close_one(condemn));
  if (is_last) condemn->phase = XLGC__CONDEMN_SORT;
}

static void sort_one(xlgc__condemn *condemn) {
  if (!xlgc__sort_step(&condemn->component, condemn->graph)) return;
  put_first(condemn, condemn->component.first, condemn->component.last);
  xlgc__sort_begin(&condemn->component);
  condemn->phase = XLGC__CONDEMN_UNLINK;
}

static void list_one(xlgc__condemn *condemn) {
  uint32_t index = condemn->order;
  if (!index) {
    condemn->phase = condemn->followers.first ? XLGC__CONDEMN_UNLINK : XLGC__CONDEMN_DONE;
    condemn->set = condemn->followers;
    condemn->cursor = condemn->set.first;
    condemn->followers = (xlgc__list){0, 0};
    return;
  }
  xlgc__object *object = xlgc__graph_object(condemn->graph, index);
  condemn->order = object->heap[1];
  object->flags &= (uint16_t)~XLGC__CONDEMNED;
  atomic_fetch_sub_explicit(&condemn->graph->objects.live, 1, memory_order_relaxed);
  xlgc__list_append(condemn->graph, &condemn->dead, index);
}

bool xlgc__condemn_step(xlgc__condemn *condemn) {
  switch (condemn->phase) {
  case XLGC__CONDEMN_MARK: mark_one(condemn); break;
  case XLGC__CONDEMN_SHADOW: shadow_one(condemn); break;
  case XLGC__CONDEMN_UNLINK: go_on(condemn); break;
  case XLGC__CONDEMN_COMPONENT: finish_one(condemn); break;
  case XLGC__CONDEMN_SORT: sort_one(condemn); break;
  case XLGC__CONDEMN_ORDER: list_one(condemn); break;
  case XLGC__CONDEMN_DONE: break;
  }
  return condemn->phase == XLGC__CONDEMN_DONE;
}
