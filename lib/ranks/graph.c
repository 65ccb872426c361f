#include <config.h>

#include "ranks/graph.h"

int xlgc__graph_init(xlgc__graph *graph, xlgc__memory *memory, uint8_t pool, bool exact) {
  *graph = (xlgc__graph){.exact = exact,
                         .rank_gap = exact ? 1 : UINT64_C(1) << 32,
                         .rank_limit = exact ? XLGC__RANK_INFINITE - 1 : UINT64_C(1) << 63};
  xlgc__links_init(&graph->links, memory);
  graph->children.memory = memory;
  return xlgc__objects_init(&graph->objects, memory, pool);
}

void xlgc__graph_destroy(xlgc__graph *graph) {
  xlgc__links_destroy(&graph->links);
  xlgc__children_destroy(&graph->children);
  xlgc__objects_destroy(&graph->objects);
}

uint64_t xlgc__graph_birth_rank(const xlgc__graph *graph) { return graph->exact ? 0 : graph->rank_limit / 2; }

/* ---------------------------------------------------------- certificates */

/* Takes an object out of the queue that it is in, if any; the flags stay. */
static void leave_queue(xlgc__graph *graph, uint32_t index) {
  uint16_t flags = xlgc__graph_object(graph, index)->flags;
  if (flags & XLGC__BROKEN)
    xlgc__graph_pull(graph, &graph->broken, index);
  else if (flags & XLGC__LOWERED)
    xlgc__graph_pull(graph, &graph->lowered, index);
  else if (flags & XLGC__IDLE)
    xlgc__graph_pull(graph, &graph->idle, index);
}

static void support(xlgc__graph *graph, uint32_t supporter, xlgc__object *object) {
  object->supporter = supporter;
  xlgc__graph_object(graph, supporter)->flags |= XLGC__SUPPORTS;
}

void xlgc__graph_break(xlgc__graph *graph, uint32_t index) {
  xlgc__object *object = xlgc__graph_object(graph, index);
  object->supporter = 0;
  if (xlgc__object_is_root(object) || object->flags & XLGC__BROKEN) return;
  leave_queue(graph, index);
  object->flags |= XLGC__BROKEN;
  xlgc__graph_push(graph, &graph->broken, index);
}

void xlgc__graph_attach(xlgc__graph *graph, uint32_t index, uint32_t supporter, uint64_t rank) {
  xlgc__object *object = xlgc__graph_object(graph, index);
  XLGC__INVARIANT("C1", supporter && xlgc__graph_object(graph, supporter)->rank < rank);
  XLGC__INVARIANT("C1", rank <= graph->rank_limit);
  leave_queue(graph, index);
  bool lowered = object->flags & XLGC__LOWERED || rank < object->rank;
  object->flags &= (uint16_t) ~(XLGC__BROKEN | XLGC__PENDING | XLGC__SUSPECT);
  support(graph, supporter, object);
  object->rank = rank;
  if (graph->exact && lowered) {
    object->flags |= XLGC__LOWERED;
    xlgc__graph_push(graph, &graph->lowered, index);
  }
}

/* An object has just become a root. */
static void make_root(xlgc__graph *graph, uint32_t index) {
  xlgc__object *object = xlgc__graph_object(graph, index);
  leave_queue(graph, index);
  /* The rank of a broken one need not be its distance, which its targets have theirs from. */
  bool lowered = object->rank != 0 || object->flags & XLGC__BROKEN;
  object->flags &= (uint16_t) ~(XLGC__BROKEN | XLGC__IDLE | XLGC__PENDING | XLGC__SUSPECT);
  if (!graph->exact) return;
  if (lowered) object->flags |= XLGC__LOWERED;
  object->rank = 0;
  object->supporter = 0;
  if (object->flags & XLGC__LOWERED) xlgc__graph_push(graph, &graph->lowered, index);
}

/* An object may just have ceased to be a root. */
static void unmake_root(xlgc__graph *graph, uint32_t index) {
  if (!xlgc__graph_object(graph, index)->supporter) xlgc__graph_break(graph, index);
}

bool xlgc__graph_supports(xlgc__graph *graph, uint32_t source, uint64_t rank) {
  xlgc__object *object = xlgc__graph_object(graph, source);
  if (object->rank < rank) return true;
  if (!xlgc__object_is_root(object)) return false;
  if (rank == 0) {
    graph->renumber = true;
    return false;
  }
  bool idle = object->flags & XLGC__IDLE;
  if (idle) xlgc__graph_pull(graph, &graph->idle, source);
  object->rank = rank > graph->rank_gap ? rank - graph->rank_gap : rank / 2;
  object->supporter = 0;
  if (idle) xlgc__graph_push(graph, &graph->idle, source);
  return true;
}

uint64_t xlgc__graph_above(xlgc__graph *graph, uint64_t rank) {
  uint64_t left = graph->rank_limit - rank;
  if (left >= graph->rank_limit / 4) return rank + graph->rank_gap;
  /* Even if each object has to rank above the one before it, there is room for all. */
  graph->renumber = true;
  uint64_t step = left / (atomic_load_explicit(&graph->objects.live, memory_order_relaxed) + 2);
  XLGC__INVARIANT("C1", step > 0);
  return rank + (step < graph->rank_gap ? step : graph->rank_gap);
}

/* ---------------------------------------------------------------- events */

/* Certified: a root needs no supporter, but one that costs nothing saves a repair when it ceases to be a root. */
static void certify_root(xlgc__graph *graph, uint32_t source, uint32_t target) {
  const xlgc__object *from = xlgc__graph_object(graph, source);
  xlgc__object *to = xlgc__graph_object(graph, target);
  bool free = xlgc__object_is_root(from) && !from->supporter;
  if (from->rank < to->rank || (free && xlgc__graph_supports(graph, source, to->rank))) {
    support(graph, source, to);
  } else if (!(to->flags & XLGC__SUPPORTS)) {
    to->rank = xlgc__graph_above(graph, from->rank);
    support(graph, source, to);
  }
}

/* A link to an object ends its state `new`. Returns whether it was in it. */
static inline bool end_new(xlgc__graph *graph, uint32_t index, xlgc__object *object) {
  if (!(object->flags & XLGC__NEW)) return false;
  leave_queue(graph, index);
  object->flags &= (uint16_t) ~(XLGC__NEW | XLGC__IDLE);
  return true;
}

/* Exact: the target, which is no root, takes the distance that the new link gives it, if that is less than its own. */
static void certify_distance(xlgc__graph *graph, uint32_t source, uint32_t target, xlgc__object *to, bool was_new) {
  uint64_t distance = xlgc__graph_object(graph, source)->rank + 1;
  if (!was_new) {
    /* Also a broken target: a repair takes the first source that is near enough, and relies on that none is nearer. */
    if (distance < to->rank) xlgc__graph_attach(graph, target, source, distance);
  } else if (to->supporter || to->flags & XLGC__BROKEN) {
    return;
  } else if (to->top[XLGC__OUT]) {
    /* Its targets may have had their distances from it. So has its own link to itself. */
    xlgc__graph_break(graph, target);
  } else {
    to->rank = distance;
    support(graph, source, to);
  }
}

/* Certified: the source supports a target that is no root and has no supporter, if that takes no search. */
static void certify_rank(xlgc__graph *graph, uint32_t source, uint32_t target, const xlgc__object *to) {
  uint64_t above = xlgc__graph_object(graph, source)->rank;
  if (to->supporter || to->flags & XLGC__BROKEN) return;
  if (source == target) {
    xlgc__graph_break(graph, target);
  } else if (above < to->rank) {
    /* Lowering is always safe, and keeps ranks apart where lists grow. */
    bool far = to->rank - above > graph->rank_gap;
    xlgc__graph_attach(graph, target, source, far ? above + graph->rank_gap : to->rank);
  } else if (!(to->flags & XLGC__SUPPORTS)) {
    xlgc__graph_attach(graph, target, source, xlgc__graph_above(graph, above));
  } else if (xlgc__graph_supports(graph, source, to->rank)) {
    xlgc__graph_attach(graph, target, source, to->rank);
  } else {
    xlgc__graph_break(graph, target);
  }
}

/* The target of a link that was not there before. */
static void certify_target(xlgc__graph *graph, uint32_t source, uint32_t target) {
  xlgc__object *to = xlgc__graph_object(graph, target);
  bool was_new = end_new(graph, target, to);
  if (xlgc__object_is_root(to)) {
    if (!graph->exact && !to->supporter && source != target) certify_root(graph, source, target);
  } else if (graph->exact) {
    certify_distance(graph, source, target, to, was_new);
  } else {
    certify_rank(graph, source, target, to);
  }
}

int xlgc__graph_link(xlgc__graph *graph, uint32_t source, uint32_t target, unsigned tag, void **place) {
  xlgc__object *from = xlgc__graph_object(graph, source), *to = xlgc__graph_object(graph, target);
  if ((from->flags | to->flags) & XLGC__DEAD) return XLGC_E_RELEASED;
  if (place && !graph->links.places.room) return XLGC_E_NOMEM;
  uint32_t *slot = xlgc__link_slot(&graph->links, &from->top[XLGC__OUT], target), index = *slot;
  if (!index) {
    if (!graph->links.records.room) return XLGC_E_NOMEM;
    index = xlgc__link_insert(&graph->links, slot, source, target, &to->top[XLGC__IN]);
    certify_target(graph, source, target);
  } else if (xlgc__link_at(&graph->links, index)->count == XLGC__COUNT_MAX) {
    return XLGC_E_FULL;
  } else {
    xlgc__link_at(&graph->links, index)->count++;
  }
  graph->touched++;
  if (tag != XLGC__NO_TAG) xlgc__link_at(&graph->links, index)->tag = tag & XLGC_TAG_MAX;
  if (place) xlgc__link_place_add(&graph->links, index, place);
  return 0;
}

/* ------------------------------------------------------------------ heirs */

void xlgc__graph_bequeath(xlgc__graph *graph, uint32_t index, uint64_t heir) {
  xlgc__object *object = xlgc__graph_object(graph, index);
  xlgc__kind *kind = xlgc__kinds_at(&graph->objects.kinds, object->kind);
  uint32_t present = kind->heir ? xlgc__object_resolve(&graph->objects, kind->heir) : 0;
  if (!present || xlgc__graph_object(graph, present)->flags & XLGC__DEAD) kind->heir = heir;
  xlgc__object_mark_leaves(object);
}

uint32_t xlgc__graph_heir(const xlgc__graph *graph, const xlgc__object *object) {
  if (!xlgc__object_leaves(object)) return 0;
  uint32_t index = xlgc__object_resolve(&graph->objects, xlgc__kinds_at(&graph->objects.kinds, object->kind)->heir);
  const xlgc__object *heir = index ? xlgc__graph_object(graph, index) : NULL;
  /* The pins of what is being reclaimed mean something else. */
  if (!heir || heir->flags & (XLGC__DEAD | XLGC__RECLAIMING) || !heir->pins) return 0;
  return index;
}

void xlgc__graph_inherit(xlgc__graph *graph, uint32_t heir, uint32_t target, uint32_t count) {
  xlgc__object *from = xlgc__graph_object(graph, heir), *to = xlgc__graph_object(graph, target);
  uint32_t *slot = xlgc__link_slot(&graph->links, &from->top[XLGC__OUT], target), index = *slot;
  if (index) {
    xlgc__link *link = xlgc__link_at(&graph->links, index);
    link->count = count < XLGC__COUNT_MAX - link->count ? link->count + count : XLGC__COUNT_MAX;
  } else {
    /* There is room: a link was taken out for it. */
    index = xlgc__link_insert(&graph->links, slot, heir, target, &to->top[XLGC__IN]);
    xlgc__link_at(&graph->links, index)->count = count;
    certify_target(graph, heir, target);
  }
  graph->touched++;
  if (!to->supporter) xlgc__graph_break(graph, target);
}

/* ----------------------------------------------------------- ends of links */

/* An object that is new and transient has lost its last link. */
static void check_idle(xlgc__graph *graph, uint32_t index) {
  xlgc__object *object = xlgc__graph_object(graph, index);
  if (object->top[XLGC__OUT] || (object->flags & (XLGC__NEW | XLGC__IDLE | XLGC__DEAD)) != XLGC__NEW) return;
  if (!(xlgc__object_kind(&graph->objects, object)->flags & XLGC_KIND_TRANSIENT)) return;
  leave_queue(graph, index);
  object->flags = (uint16_t)((object->flags & ~XLGC__LOWERED) | XLGC__IDLE);
  xlgc__graph_push(graph, &graph->idle, index);
}

/* The link in a slot of its source, which has no places any more, is there no more. */
static void take_out(xlgc__graph *graph, uint32_t *slot, uint32_t source, uint32_t target) {
  xlgc__object *to = xlgc__graph_object(graph, target);
  xlgc__link_remove(&graph->links, slot, &to->top[XLGC__IN]);
  if (to->supporter == source) xlgc__graph_break(graph, target);
}

int xlgc__graph_unlink(xlgc__graph *graph, uint32_t source, uint32_t target, void **place) {
  xlgc__object *from = xlgc__graph_object(graph, source);
  if (from->flags & XLGC__DEAD) return XLGC__LATE;
  uint32_t *slot = xlgc__link_slot(&graph->links, &from->top[XLGC__OUT], target), index = *slot;
  if (!index) return XLGC_E_NOLINK;
  graph->touched++;
  xlgc__link *link = xlgc__link_at(&graph->links, index);
  if (link->count == XLGC__COUNT_MAX) return 0;
  link->count--;
  if (link->places) xlgc__link_place_drop(&graph->links, index, place);
  if (link->count) return 0;
  take_out(graph, slot, source, target);
  check_idle(graph, source);
  return 0;
}

void xlgc__graph_cancelled(xlgc__graph *graph, uint32_t source, uint32_t target) {
  xlgc__object *to = xlgc__graph_object(graph, target);
  if (end_new(graph, target, to) && !to->supporter) xlgc__graph_break(graph, target);
  check_idle(graph, source);
}

int xlgc__graph_pin(xlgc__graph *graph, uint32_t index, uint32_t count) {
  xlgc__object *object = xlgc__graph_object(graph, index);
  if (object->flags & XLGC__DEAD) return XLGC_E_RELEASED;
  if (count > UINT32_MAX - object->pins) return XLGC_E_FULL;
  if (object->pins == 0) make_root(graph, index);
  object->pins += count;
  object->flags &= (uint16_t)~XLGC__NEW;
  return 0;
}

int xlgc__graph_unpin(xlgc__graph *graph, uint32_t index) {
  xlgc__object *object = xlgc__graph_object(graph, index);
  if (object->flags & XLGC__DEAD || object->pins == 0) return XLGC_E_NOPIN;
  if (object->pins == UINT32_MAX) return 0;
  if (--object->pins == 0) unmake_root(graph, index);
  return 0;
}

void xlgc__graph_weak(xlgc__graph *graph, uint32_t index) { xlgc__graph_object(graph, index)->flags |= XLGC__WEAK; }

void xlgc__graph_born(xlgc__graph *graph, uint32_t index) { check_idle(graph, index); }

void xlgc__graph_cut(xlgc__graph *graph, uint32_t source, uint32_t target) {
  uint32_t *slot = xlgc__link_slot(&graph->links, &xlgc__graph_object(graph, source)->top[XLGC__OUT], target);
  uint32_t index = *slot;
  xlgc__link *link = xlgc__link_at(&graph->links, index);
  for (link->count = 0; link->places;)
    xlgc__link_place_drop(&graph->links, index, NULL);
  take_out(graph, slot, source, target);
  graph->touched++;
}

void xlgc__graph_withdraw(xlgc__graph *graph, uint32_t index) {
  xlgc__object *object = xlgc__graph_object(graph, index);
  XLGC__INVARIANT("C4", object->flags & XLGC__NEW && !object->top[XLGC__IN]);
  leave_queue(graph, index);
  while (object->top[XLGC__OUT])
    xlgc__graph_cut(graph, index, xlgc__link_at(&graph->links, object->top[XLGC__OUT])->end[1]);
}

void xlgc__graph_keep(xlgc__graph *graph, uint32_t index) {
  xlgc__graph_object(graph, index)->flags |= XLGC__KEPT;
  make_root(graph, index);
}

void xlgc__graph_unkeep(xlgc__graph *graph, uint32_t index) {
  xlgc__graph_object(graph, index)->flags &= (uint16_t)~XLGC__KEPT;
  unmake_root(graph, index);
}
