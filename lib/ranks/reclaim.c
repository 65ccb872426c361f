/* The end of a set of orphans: what is done with a verdict, and in which order its members are notified.
 *
 * A *verdict* is a set that no root reaches and that is closed: all sources of its members are members, or were
 * reclaimed before. A repair hands it over (MARK). Two things can become of it.
 *
 * No member may die yet (PEND), if a member's kind has an `orphaned` callback, if a member can be looked up, or if a
 * pending object was met that holds one. Then all members become *pending*: they keep their links and support nothing,
 * and what they supported outside of the set is broken. Once all pending objects have been asked, those of them that
 * nothing rescued come back as a set that is `final`.
 *
 * Or the members' links are taken out, one a unit (UNLINK). The order of the dead must be D2: a source before its
 * targets, unless both are in one cycle. That is the topological order of the strongly connected components, which
 * Tarjan (1972) finds in one depth-first search. Here the search removes each link as it looks at it. So it needs no
 * position within an out-tree, it takes any leaf of what is left; and the in-tree of a member is never updated but
 * given up when the member is visited, since all links in it come from the set and will be looked at. The search needs
 * a number, a low link, a parent and a stack for each object. They are in fields that the record has no more use for:
 *
 *   VISIT    hop        the number of the visit, from 1; 0 before
 *   LOW      pins       the lowest visit that this object is known to lead to, through members whose component is open
 *   PARENT   supporter  from where it was visited: the path of the search, from `top` up
 *   BELOW    heap[0]    the member below it on the stack of those whose component is open
 *
 * An object without links left whose LOW is its own VISIT leads to nothing visited before it: it and what is above it
 * on the stack are one component, which is finished (COMPONENT) and sorted by slot (SORT). Components are finished
 * targets first, so each is put before those finished already.
 *
 * An example: the ring of certified.c, with a tail, after P -> a was dropped. The repair hands over {a, c, b}, as d and
 * e have sources, c and d, and were not looked at:
 *
 *   a -> b -> c -> a     c -> d -> e
 *
 *   a   visit 1, low 1                     stack a
 *   b   visit 2, low 2    by a -> b        stack a b
 *   c   visit 3, low 3    by b -> c        stack a b c
 *       c -> d: d is no member, and this was its last link: it follows, see below
 *       c -> a: a was visited, in an open component: c has low 1
 *   c   has no links: back to b, low 1; b has none: back to a, low 1, which is its own visit
 *       so c, b and a are one component, sorted by slot: a b c
 *   the next set is {d}:  visit 4, d -> e: e follows;  then {e}:  visit 5
 *   dead, and notified in this order:  a b c d e
 *
 * Five links were touched, each once. What lies outside of the set and loses a link can be one of three:
 * - a *follower*: nothing holds it any more, it is no root, it need not be asked nor can it be looked up, and no other
 *   list has it. It is a verdict by itself, as all its sources are dead. Followers are collected while a set is worked
 *   on, and are the next set (ORDER). So a list or tree that dies takes one repair, that of its head; the rest needs
 *   none.
 * - an object that was supported from inside, and has other sources: broken, to be repaired.
 * - an object that has its supporter elsewhere: nothing is to be done.
 *
 * A member that *leaves* its links has an heir: a pinned object, which gets them when the member dies. What it holds
 * thus lives on, as long as the heir holds it (H1). So before anything is taken out, those members are told apart that
 * are to be spared (LINE_UP to SPARE): all that such members lead to. In the order of the slots what each of these
 * members leads to is marked; those that were not marked when their turn came are *beginnings*. Then the same is done
 * from the last beginning to the first, with other marks. One that is not marked when its turn comes is chosen: no
 * beginning after it leads to it, and one before it would have marked it the first time. What it leads to is to be
 * spared, but for itself. So of a ring that nothing else leads to the lowest slot is chosen, and is not spared, though
 * the others lead to it:
 *
 *   x -> a -> b -> a     a and b leave their links. x has no heir, and none leads to it: it goes.
 *                        a is chosen: b is marked. a and x go, b is spared, and the heir holds it.
 *
 * What holds a chosen member and is spared does so no more once that dies (CUT_OFF). The spared ones are broken. Later
 * they get their support from the heir, directly or by others. Where the set is asked first (PEND), what it would leave
 * is kept meanwhile, as a root: it lives, whatever the answer is. So what hangs on a member that leaves its links is
 * never looked at when that dies, and a long chain of such dies one by one at a cost in proportion to its length.
 *
 * D2 holds over several sets one after the other, as every source of a member is in its set or died before. */
#include <config.h>

#include "ranks/reclaim.h"

/* What fields of members mean during the search. VISIT 0: not visited yet. */
#define VISIT(object) ((object)->hop)
#define LOW(object) ((object)->pins)
#define PARENT(object) ((object)->supporter)
#define BELOW(object) ((object)->heap[0])

void xlgc__reclaim_init(xlgc__reclaim *reclaim, xlgc__graph *graph) {
  *reclaim = (xlgc__reclaim){.graph = graph, .phase = XLGC__RECLAIM_DONE};
}

void xlgc__reclaim_begin(xlgc__reclaim *reclaim, xlgc__list set, bool final) {
  reclaim->phase = XLGC__RECLAIM_MARK;
  reclaim->set = set;
  reclaim->cursor = set.first;
  reclaim->final = final;
  reclaim->must_ask = reclaim->graph->met_pending;
  reclaim->leaves = false;
  reclaim->current = reclaim->stack = reclaim->order = reclaim->chosen = 0;
  reclaim->visits = 0;
  xlgc__sort_begin(&reclaim->component);
}

/* Which members go is known: they are asked, or their links are taken out. */
static void go_on(xlgc__reclaim *reclaim) {
  const xlgc__reclaim_phase die = reclaim->leaves ? XLGC__RECLAIM_CUT_OFF : XLGC__RECLAIM_UNLINK;
  reclaim->phase = reclaim->must_ask && !reclaim->final ? XLGC__RECLAIM_PEND : die;
  reclaim->cursor = reclaim->set.first;
}

static void mark_one(xlgc__reclaim *reclaim) {
  xlgc__object *object = xlgc__graph_object(reclaim->graph, reclaim->cursor);
  XLGC__INVARIANT("C2", !xlgc__object_is_root(object));
  if (object->flags & XLGC__BROKEN) xlgc__graph_pull(reclaim->graph, &reclaim->graph->broken, reclaim->cursor);
  object->flags = (uint16_t)((object->flags & ~(XLGC__SEEN | XLGC__SUSPECT | XLGC__BROKEN)) | XLGC__RECLAIMING);
  VISIT(object) = 0;
  if (object->flags & XLGC__WEAK || xlgc__object_kind(&reclaim->graph->objects, object)->orphaned)
    reclaim->must_ask = true;
  reclaim->leaves |= xlgc__graph_heir(reclaim->graph, object) != 0;
  reclaim->cursor = object->next;
  if (reclaim->cursor) return;
  /* One member alone leads to no other; of those that were asked, what is to be spared was told apart before. */
  if (reclaim->leaves && !reclaim->final && reclaim->set.first != reclaim->set.last) {
    reclaim->phase = XLGC__RECLAIM_LINE_UP;
    reclaim->cursor = reclaim->set.first;
    return;
  }
  go_on(reclaim);
}

/* ------------------------------------------------- members that are spared */

/* What VISIT means while members are told apart. */
enum { REACHED = 1, SPARED = 2 };

static void line_up_one(xlgc__reclaim *reclaim) {
  xlgc__sort_add(&reclaim->component, reclaim->graph, reclaim->cursor);
  reclaim->cursor = xlgc__graph_object(reclaim->graph, reclaim->cursor)->next;
  if (!reclaim->cursor) reclaim->phase = XLGC__RECLAIM_LINE_UP_BY_SLOT;
}

static void line_up_by_slot(xlgc__reclaim *reclaim) {
  if (!xlgc__sort_step(&reclaim->component, reclaim->graph)) return;
  reclaim->cursor = reclaim->component.first;
  reclaim->beginnings = 0;
  reclaim->phase = XLGC__RECLAIM_BEGINNINGS;
}

static void follow_from(xlgc__reclaim *reclaim, uint32_t index) {
  reclaim->current = index;
  xlgc__dst_cursor_start(&reclaim->out);
}

/* The next link of what is followed, or what is followed next; what it leads to is marked. Returns false when there is
 * nothing more to follow. */
static bool follow_on(xlgc__reclaim *reclaim, uint32_t mark) {
  xlgc__graph *graph = reclaim->graph;
  if (!reclaim->current) {
    uint32_t index = reclaim->stack;
    if (!index) return false;
    reclaim->stack = BELOW(xlgc__graph_object(graph, index));
    follow_from(reclaim, index);
    return true;
  }
  const xlgc__link *link = xlgc__graph_next(graph, &reclaim->out, XLGC__OUT, reclaim->current);
  if (!link) {
    reclaim->current = 0;
    return true;
  }
  uint32_t target = link->end[1];
  xlgc__object *to = xlgc__graph_object(graph, target);
  if (!(to->flags & XLGC__RECLAIMING) || VISIT(to) == mark || target == reclaim->chosen) return true;
  VISIT(to) = mark;
  BELOW(to) = reclaim->stack;
  reclaim->stack = target;
  return true;
}

static void find_beginning(xlgc__reclaim *reclaim) {
  if (follow_on(reclaim, REACHED)) return;
  uint32_t index = reclaim->cursor;
  if (!index) {
    xlgc__sort_begin(&reclaim->component);
    reclaim->cursor = reclaim->beginnings;
    reclaim->phase = XLGC__RECLAIM_CHOOSE;
    return;
  }
  xlgc__object *object = xlgc__graph_object(reclaim->graph, index);
  reclaim->cursor = object->heap[1];
  if (VISIT(object) == REACHED || !xlgc__graph_heir(reclaim->graph, object)) return;
  VISIT(object) = REACHED;
  object->heap[1] = reclaim->beginnings;
  reclaim->beginnings = index;
  follow_from(reclaim, index);
}

static void choose_one(xlgc__reclaim *reclaim) {
  if (follow_on(reclaim, SPARED)) return;
  uint32_t index = reclaim->cursor;
  if (!index) {
    reclaim->phase = XLGC__RECLAIM_SPARE;
    reclaim->chosen = 0;
    return;
  }
  const xlgc__object *object = xlgc__graph_object(reclaim->graph, index);
  reclaim->cursor = object->heap[1];
  if (VISIT(object) == SPARED) return;
  reclaim->chosen = index;
  follow_from(reclaim, index);
}

/* The next member is spared, or goes into the list of those that are not, which is the set in the end. */
static void spare_one(xlgc__reclaim *reclaim) {
  xlgc__graph *graph = reclaim->graph;
  uint32_t index = xlgc__list_take(&graph->objects, &reclaim->set);
  if (!index) {
    reclaim->set = reclaim->going;
    reclaim->going = (xlgc__list){0, 0};
    go_on(reclaim);
    return;
  }
  xlgc__object *object = xlgc__graph_object(graph, index);
  if (VISIT(object) != SPARED) {
    VISIT(object) = 0;
    xlgc__list_append(&graph->objects, &reclaim->going, index);
    return;
  }
  object->flags &= (uint16_t)~XLGC__RECLAIMING;
  /* Exact: none of its sources is near enough, so the distances of all are compared. */
  if (graph->exact) object->rank = 0;
  xlgc__graph_break(graph, index);
}

/* ------------------------------------------------------------------ asking */

/* What a pending object would leave to its heir lives, whatever the answer. */
static void keep_heirloom(xlgc__reclaim *reclaim, uint32_t index) {
  xlgc__graph_keep(reclaim->graph, index);
  xlgc__list_append(&reclaim->graph->objects, &reclaim->heirlooms, index);
}

/* Makes the next member pending, then takes its support away from targets outside the set. */
static void pend_one(xlgc__reclaim *reclaim) {
  xlgc__graph *graph = reclaim->graph;
  if (!reclaim->current) {
    reclaim->current = xlgc__list_take(&graph->objects, &reclaim->set);
    if (!reclaim->current) {
      reclaim->phase = XLGC__RECLAIM_DONE;
      return;
    }
    xlgc__object *object = xlgc__graph_object(graph, reclaim->current);
    object->flags = (uint16_t)((object->flags & ~XLGC__RECLAIMING) | XLGC__PENDING);
    object->supporter = 0;
    xlgc__list_append(&graph->objects, &reclaim->pending, reclaim->current);
    xlgc__dst_cursor_start(&reclaim->out);
    return;
  }
  const xlgc__link *link = xlgc__graph_next(graph, &reclaim->out, XLGC__OUT, reclaim->current);
  if (!link) {
    reclaim->current = 0;
    return;
  }
  uint32_t target = link->end[1];
  const xlgc__object *to = xlgc__graph_object(graph, target);
  if (to->flags & (XLGC__RECLAIMING | XLGC__PENDING)) return;
  if (to->supporter == reclaim->current) xlgc__graph_break(graph, target);
  uint32_t heir = xlgc__graph_heir(graph, xlgc__graph_object(graph, reclaim->current));
  if (heir && heir != target && !xlgc__object_is_root(to)) keep_heirloom(reclaim, target);
}

/* ------------------------------------------------------- taking links out */

/* Begins with the next member that leaves its links, as only such a one may be held by what is spared. */
static void begin_cutting_off(xlgc__reclaim *reclaim) {
  uint32_t index = reclaim->cursor;
  if (!index) {
    reclaim->phase = XLGC__RECLAIM_UNLINK;
    reclaim->cursor = reclaim->set.first;
    return;
  }
  xlgc__object *object = xlgc__graph_object(reclaim->graph, index);
  reclaim->cursor = object->next;
  if (!xlgc__graph_heir(reclaim->graph, object)) return;
  object->supporter = 0;
  follow_from(reclaim, index);
}

/* In a ring, what is spared holds the member that goes. */
static void cut_off_one(xlgc__reclaim *reclaim) {
  xlgc__graph *graph = reclaim->graph;
  if (!reclaim->current) {
    begin_cutting_off(reclaim);
    return;
  }
  const xlgc__link *link = xlgc__graph_next(graph, &reclaim->out, XLGC__IN, reclaim->current);
  if (!link)
    reclaim->current = 0;
  else if (!(xlgc__graph_object(graph, link->end[0])->flags & XLGC__RECLAIMING))
    xlgc__graph_cut(graph, link->end[0], link->end[1]);
}

static void visit(xlgc__reclaim *reclaim, uint32_t index) {
  xlgc__object *object = xlgc__graph_object(reclaim->graph, index);
  VISIT(object) = LOW(object) = ++reclaim->visits;
  object->top[XLGC__IN] = 0;
  PARENT(object) = reclaim->current;
  BELOW(object) = reclaim->stack;
  reclaim->stack = reclaim->current = index;
}

/* Has this target no source any more, and need not be asked? Then it follows into the next set. */
static bool must_follow(const xlgc__reclaim *reclaim, const xlgc__object *to) {
  enum { ELSEWHERE = XLGC__WEAK | XLGC__PENDING | XLGC__SEEN | XLGC__SUSPECT | XLGC__LOWERED | XLGC__IDLE };
  if (to->top[XLGC__IN] || xlgc__object_is_root(to) || to->flags & ELSEWHERE) return false;
  return !xlgc__object_kind(&reclaim->graph->objects, to)->orphaned;
}

static void follow(xlgc__reclaim *reclaim, uint32_t index) {
  xlgc__object *object = xlgc__graph_object(reclaim->graph, index);
  if (object->flags & XLGC__BROKEN) xlgc__graph_pull(reclaim->graph, &reclaim->graph->broken, index);
  object->flags = (uint16_t)((object->flags & ~XLGC__BROKEN) | XLGC__RECLAIMING);
  object->supporter = 0;
  VISIT(object) = 0;
  xlgc__list_append(&reclaim->graph->objects, &reclaim->followers, index);
}

/* Moves the places of a link that is taken out to the list of those that are to be cleared if its target dies. */
static void collect_places(xlgc__reclaim *reclaim, xlgc__link *link) {
  xlgc__segments *places = &reclaim->graph->links.places;
  while (link->places) {
    uint32_t index = link->places;
    xlgc__place *place = xlgc__segments_at(places, index);
    link->places = place->next;
    place->target = link->end[1];
    place->next = reclaim->places;
    reclaim->places = index;
  }
}

static void unlink_one(xlgc__reclaim *reclaim, uint32_t source) {
  xlgc__graph *graph = reclaim->graph;
  xlgc__object *from = xlgc__graph_object(graph, source);
  uint32_t *slot = xlgc__dst_leaf_slot(&graph->links.records, xlgc__link_shape(XLGC__OUT), &from->top[XLGC__OUT]);
  xlgc__link *link = xlgc__link_at(&graph->links, *slot);
  uint32_t target = link->end[1];
  xlgc__object *to = xlgc__graph_object(graph, target);
  collect_places(reclaim, link);
  bool reclaiming = to->flags & XLGC__RECLAIMING;
  uint32_t heir = reclaiming ? 0 : xlgc__graph_heir(graph, from), count = link->count;
  xlgc__link_remove(&graph->links, slot, reclaiming ? NULL : &to->top[XLGC__IN]);
  graph->touched++;
  if (reclaiming) {
    if (!VISIT(to))
      visit(reclaim, target);
    else if (!(to->flags & XLGC__DEAD) && VISIT(to) < LOW(from))
      LOW(from) = VISIT(to);
  } else if (heir && heir != target) {
    if (to->supporter == source) to->supporter = 0;
    xlgc__graph_inherit(graph, heir, target, count);
  } else if (must_follow(reclaim, to)) {
    follow(reclaim, target);
  } else if (to->supporter == source) {
    xlgc__graph_break(graph, target);
  }
}

/* The member on top of the stack is dead: takes it off. */
static uint32_t close_one(xlgc__reclaim *reclaim) {
  uint32_t index = reclaim->stack;
  xlgc__object *object = xlgc__graph_object(reclaim->graph, index);
  reclaim->stack = BELOW(object);
  xlgc__object_end(object);
  if (index == reclaim->current) reclaim->current = PARENT(object);
  PARENT(object) = 0;
  LOW(object) = 0;
  return index;
}

/* Components are finished in the reverse of the order that D2 demands, so each goes before those that are. */
static void put_first(xlgc__reclaim *reclaim, uint32_t first, uint32_t last) {
  xlgc__graph_object(reclaim->graph, last)->heap[1] = reclaim->order;
  reclaim->order = first;
}

/* The search starts again, from the next member that it has not visited. */
static void start_next(xlgc__reclaim *reclaim) {
  uint32_t next = reclaim->cursor;
  if (!next) {
    reclaim->phase = XLGC__RECLAIM_ORDER;
    return;
  }
  xlgc__object *object = xlgc__graph_object(reclaim->graph, next);
  reclaim->cursor = object->next;
  if (!VISIT(object)) visit(reclaim, next);
}

static void search_one(xlgc__reclaim *reclaim) {
  xlgc__graph *graph = reclaim->graph;
  if (!reclaim->current) {
    start_next(reclaim);
    return;
  }
  xlgc__object *object = xlgc__graph_object(graph, reclaim->current);
  if (object->top[XLGC__OUT]) {
    unlink_one(reclaim, reclaim->current);
  } else if (LOW(object) == VISIT(object)) {
    if (reclaim->current != reclaim->stack) {
      reclaim->phase = XLGC__RECLAIM_COMPONENT;
      return;
    }
    /* It is in no cycle. */
    uint32_t index = close_one(reclaim);
    put_first(reclaim, index, index);
  } else {
    reclaim->current = PARENT(object);
    xlgc__object *parent = xlgc__graph_object(graph, reclaim->current);
    if (LOW(object) < LOW(parent)) LOW(parent) = LOW(object);
  }
}

static void finish_one(xlgc__reclaim *reclaim) {
  bool is_last = reclaim->stack == reclaim->current;
  xlgc__sort_add(&reclaim->component, reclaim->graph, close_one(reclaim));
  if (is_last) reclaim->phase = XLGC__RECLAIM_SORT;
}

static void sort_one(xlgc__reclaim *reclaim) {
  if (!xlgc__sort_step(&reclaim->component, reclaim->graph)) return;
  put_first(reclaim, reclaim->component.first, reclaim->component.last);
  xlgc__sort_begin(&reclaim->component);
  reclaim->phase = XLGC__RECLAIM_UNLINK;
}

static void list_one(xlgc__reclaim *reclaim) {
  uint32_t index = reclaim->order;
  if (!index) {
    reclaim->phase = reclaim->followers.first ? XLGC__RECLAIM_UNLINK : XLGC__RECLAIM_DONE;
    reclaim->set = reclaim->followers;
    reclaim->cursor = reclaim->set.first;
    reclaim->followers = (xlgc__list){0, 0};
    return;
  }
  xlgc__object *object = xlgc__graph_object(reclaim->graph, index);
  reclaim->order = object->heap[1];
  object->flags &= (uint16_t)~XLGC__RECLAIMING;
  atomic_fetch_sub_explicit(&reclaim->graph->objects.live, 1, memory_order_relaxed);
  xlgc__list_append(&reclaim->graph->objects, &reclaim->dead, index);
}

bool xlgc__reclaim_step(xlgc__reclaim *reclaim) {
  switch (reclaim->phase) {
  case XLGC__RECLAIM_MARK: mark_one(reclaim); break;
  case XLGC__RECLAIM_LINE_UP: line_up_one(reclaim); break;
  case XLGC__RECLAIM_LINE_UP_BY_SLOT: line_up_by_slot(reclaim); break;
  case XLGC__RECLAIM_BEGINNINGS: find_beginning(reclaim); break;
  case XLGC__RECLAIM_CHOOSE: choose_one(reclaim); break;
  case XLGC__RECLAIM_SPARE: spare_one(reclaim); break;
  case XLGC__RECLAIM_PEND: pend_one(reclaim); break;
  case XLGC__RECLAIM_CUT_OFF: cut_off_one(reclaim); break;
  case XLGC__RECLAIM_UNLINK: search_one(reclaim); break;
  case XLGC__RECLAIM_COMPONENT: finish_one(reclaim); break;
  case XLGC__RECLAIM_SORT: sort_one(reclaim); break;
  case XLGC__RECLAIM_ORDER: list_one(reclaim); break;
  case XLGC__RECLAIM_DONE: break;
  }
  return reclaim->phase == XLGC__RECLAIM_DONE;
}
