/* The graph: objects and links together, one event at a time. Applying an event keeps the table right at once, and
 * the certificates as far as that costs O(1). An object whose certificate broke goes into the queue `broken`, and a
 * repair follows later. No locks, no allocation: the caller sees to it that the tables have room.
 *
 *   (C1) an object's supporter, if it has one, is a source of it, and rank(supporter) < rank(object)
 *   (C2) an object that is not a root has a supporter, or is in `broken`, or is pending, reclaiming or dead
 *   (C3) exact: ranks are distances once `broken` and `lowered` are empty; a root has rank 0 and no supporter
 *   (C4) BROKEN: in `broken`, no supporter, no root. LOWERED and not BROKEN: in `lowered`. IDLE: in `idle`, and new
 *   (C5) every supporter has the flag SUPPORTS, which may outlive that
 *
 * By C1 ranks fall strictly along supporters, so every chain of them ends at a root or at a broken object. When no
 * object is broken, a root reaches every object that is not pending, reclaiming or dead. */
#ifndef XLGC_GRAPH_H
#define XLGC_GRAPH_H

#include "base/invariant.h"
#include "table/children.h"
#include "table/link.h"
#include "table/object.h"
#include "table/pqueue.h"

typedef struct xlgc__graph {
  xlgc__links links;
  xlgc__objects objects;
  xlgc__children children; /* guarded by the lock */
  bool exact;
  bool renumber;                  /* certified: ranks are running out on one side */
  bool met_pending;               /* the repair under way has met a pending source */
  uint64_t rank_gap;              /* between an object and one appended to it */
  uint64_t rank_limit;            /* no rank is above it */
  uint32_t broken, lowered, idle; /* queues: priority trees through `heap` */
  uint64_t touched, repairs, searches, renumberings;
} xlgc__graph;

int xlgc__graph_init(xlgc__graph *graph, xlgc__memory *memory, uint8_t pool, bool exact);
void xlgc__graph_destroy(xlgc__graph *graph);

/* The rank of a new object. */
uint64_t xlgc__graph_birth_rank(const xlgc__graph *graph);

/* Events, on objects that are there. XLGC_E_RELEASED, _NOLINK, _NOPIN, _FULL (the count stays at its maximum for good);
 * XLGC_E_NOMEM when the table lacks room: nothing was changed. Dropping a link of a dead source: XLGC__LATE. */
enum { XLGC__LATE = 1 };
int xlgc__graph_link(xlgc__graph *graph, uint32_t source, uint32_t target, unsigned tag, void **place);
int xlgc__graph_unlink(xlgc__graph *graph, uint32_t source, uint32_t target, void **place);
/* A link and its unlink, neither of which was applied: what both together leave behind. */
void xlgc__graph_cancelled(xlgc__graph *graph, uint32_t source, uint32_t target);
/* `count` pins at once, which is not 0. Pins at their maximum stay there for good. */
int xlgc__graph_pin(xlgc__graph *graph, uint32_t index, uint32_t count);
int xlgc__graph_unpin(xlgc__graph *graph, uint32_t index);
/* The object has a cell (weak.h). */
void xlgc__graph_weak(xlgc__graph *graph, uint32_t index);
/* A transient object was registered. */
void xlgc__graph_born(xlgc__graph *graph, uint32_t index);
/* Takes out all that a new object holds, and the object out of its queue: its slot is freed next. */
void xlgc__graph_withdraw(xlgc__graph *graph, uint32_t index);
/* Makes a root of an object that has no supporter, and takes that back. */
void xlgc__graph_keep(xlgc__graph *graph, uint32_t index);
void xlgc__graph_unkeep(xlgc__graph *graph, uint32_t index);

/* From now on the links of an object go to an heir when it dies. heir: an id without its pool. Objects with the same
 * kind and owner have one heir, the first that was named and is there. */
void xlgc__graph_bequeath(xlgc__graph *graph, uint32_t index, uint64_t heir);
/* What takes the links of this object over when it dies, or has taken them; 0 when there is none, or it is not
 * pinned. */
uint32_t xlgc__graph_heir(const xlgc__graph *graph, const xlgc__object *object);
/* Takes a link out, however often its source holds the target. */
void xlgc__graph_cut(xlgc__graph *graph, uint32_t source, uint32_t target);
/* A link that was taken out of its source becomes the heir's. count: how often the source held the target. */
void xlgc__graph_inherit(xlgc__graph *graph, uint32_t heir, uint32_t target, uint32_t count);

/* Takes the supporter away; an object that is no root goes into `broken`. */
void xlgc__graph_break(xlgc__graph *graph, uint32_t index);
/* Gives an object a supporter: one of its sources, of a smaller rank than the one given. Takes it out of `broken`. */
void xlgc__graph_attach(xlgc__graph *graph, uint32_t index, uint32_t supporter, uint64_t rank);
/* Certified: may this source certify an object of that rank? A root's rank is free, so it is lowered to fit. */
bool xlgc__graph_supports(xlgc__graph *graph, uint32_t source, uint64_t rank);
/* Certified: a rank above the given one that leaves room for all that may still have to rank above it. */
uint64_t xlgc__graph_above(xlgc__graph *graph, uint64_t rank);

static inline xlgc__object *xlgc__graph_object(const xlgc__graph *graph, uint32_t index) {
  return xlgc__object_at(&graph->objects, index);
}

/* Is this source pending? Then it supports no object, and its targets must wait for the answers too. */
static inline bool xlgc__graph_is_pending(xlgc__graph *graph, uint32_t source) {
  bool pending = xlgc__graph_object(graph, source)->flags & XLGC__PENDING;
  graph->met_pending |= pending;
  return pending;
}

/* The next link of a walk over an object's links (XLGC__OUT) or the links to it (XLGC__IN), counted; or NULL. */
static inline const xlgc__link *xlgc__graph_next(xlgc__graph *graph, xlgc__dst_cursor *cursor, unsigned side,
                                                 uint32_t index) {
  uint32_t link = xlgc__link_next(&graph->links, cursor, side, xlgc__graph_object(graph, index)->top[side]);
  if (!link) return NULL;
  graph->touched++;
  return xlgc__link_at(&graph->links, link);
}

#define XLGC__OBJECT_QUEUE \
  ((xlgc__pqueue_shape){(uint16_t)offsetof(xlgc__object, rank), (uint16_t)offsetof(xlgc__object, heap)})

static inline void xlgc__graph_push(xlgc__graph *graph, uint32_t *queue, uint32_t index) {
  xlgc__pqueue_push(&graph->objects.records, XLGC__OBJECT_QUEUE, queue, index);
}
static inline uint32_t xlgc__graph_pop(xlgc__graph *graph, uint32_t *queue) {
  return xlgc__pqueue_pop(&graph->objects.records, XLGC__OBJECT_QUEUE, queue);
}
static inline void xlgc__graph_pull(xlgc__graph *graph, uint32_t *queue, uint32_t index) {
  xlgc__pqueue_remove(&graph->objects.records, XLGC__OBJECT_QUEUE, queue, index);
}

#endif
