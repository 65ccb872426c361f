/* Applies one event: resolves what it names, an id or an address, to objects, and changes the graph. The head of cut.c
 * says which events come here in which order, why drops may wait for their add (may_wait), and what R1 says.
 *
 * The functions named apply_ return what the graph does: 0, XLGC_E_*, or XLGC__LATE. Each of them lets the link that
 * waits for its unlink enter the table first (cancel.h), if it has the same target: so events on one target stay in
 * order. xlgc__apply_event alone decides what becomes of the event: it stays, it is reported, or it is done. */
#include <config.h>

#include "rounds/apply.h"

static const char *const op_names[] = {
    [XLGC__OP_LINK] = "link",          [XLGC__OP_UNLINK] = "unlink",     [XLGC__OP_PIN] = "pin",
    [XLGC__OP_UNPIN] = "unpin",        [XLGC__OP_LINK_AT] = "link",      [XLGC__OP_UNLINK_AT] = "unlink",
    [XLGC__OP_WEAK] = "weak_create",   [XLGC__OP_BEQUEATH] = "bequeath", [XLGC__OP_ADD_LINK] = "add_link",
    [XLGC__OP_DROP_LINK] = "drop_link"};

static int apply_link(xlgc__apply *apply, uint32_t source, uint32_t target, const xlgc_context *context,
                      uint64_t position) {
  xlgc__waiting like = {.source = source, .target = target, .position = position, .context = context};
  return xlgc__cancel_link(&apply->cancel, &like);
}

static int apply_unlink(xlgc__apply *apply, uint32_t source, uint32_t target) {
  if (xlgc__cancel_unlink(&apply->cancel, source, target)) return 0;
  return xlgc__graph_unlink(apply->graph, source, target, NULL);
}

static int apply_unpin(xlgc__apply *apply, uint32_t index, uint64_t id) {
  int failed = xlgc__graph_unpin(apply->graph, index);
  if (failed != XLGC_E_NOPIN) return failed;
  /* The pin may be one of a weak load. */
  xlgc__mutex_lock(&apply->queue->lock);
  uint32_t loads = xlgc__weaks_take_loads_of(apply->weaks, id);
  xlgc__mutex_unlock(&apply->queue->lock);
  if (!loads) return failed;
  xlgc__graph_pin(apply->graph, index, loads);
  return xlgc__graph_unpin(apply->graph, index);
}

/* The object had a cell before this event was logged. It may be dead by now, or gone; if its end was decided without a
 * look at the cell, no thread held it. */
static int apply_weak(xlgc__apply *apply, uint32_t index, uint64_t id) {
  bool dead = index && xlgc__object_at(&apply->graph->objects, index)->flags & XLGC__DEAD, lives = index && !dead;
  xlgc__mutex_lock(&apply->queue->lock);
  bool fresh = xlgc__weaks_take_fresh_of(apply->weaks, id);
  if (fresh && !lives) xlgc__weaks_end(apply->weaks, id);
  xlgc__mutex_unlock(&apply->queue->lock);
  if (lives) xlgc__graph_weak(apply->graph, index);
  if (lives || !fresh) return 0;
  return dead ? XLGC_E_RELEASED : XLGC_E_STALE;
}

static int apply_bequeath(xlgc__apply *apply, uint32_t index, uint64_t heir) {
  if (xlgc__object_at(&apply->graph->objects, index)->flags & XLGC__DEAD) return XLGC_E_RELEASED;
  xlgc__graph_bequeath(apply->graph, index, XLGC__BARE(heir));
  return 0;
}

/* The source of a link that is dropped is dead. The link may be its heir's by now; the target may be gone as well. */
static int apply_late(xlgc__apply *apply, uint32_t source, uint32_t target) {
  xlgc__graph *graph = apply->graph;
  uint32_t heir = xlgc__graph_heir(graph, xlgc__graph_object(graph, source));
  if (!heir || !target || heir == target || xlgc__graph_object(graph, target)->flags & XLGC__DEAD) return XLGC__LATE;
  xlgc__cancel_enter(&apply->cancel, target);
  return xlgc__graph_unlink(graph, heir, target, NULL) ? XLGC__LATE : 0;
}

static int apply_by_id(xlgc__apply *apply, const xlgc__record *event, const xlgc_context *context, uint64_t position) {
  xlgc__objects *objects = &apply->graph->objects;
  xlgc__op op = xlgc__event_op(event);
  uint64_t id = XLGC__BARE(event->word[0]);
  uint32_t source = xlgc__object_resolve(objects, id);
  if (op == XLGC__OP_WEAK) return apply_weak(apply, source, id);
  /* Another thread may have found a transient object, and let it go. */
  if (!source) return op == XLGC__OP_BORN ? 0 : XLGC_E_STALE;
  switch (op) {
  case XLGC__OP_PIN: xlgc__cancel_enter(&apply->cancel, source); return xlgc__graph_pin(apply->graph, source, 1);
  case XLGC__OP_UNPIN: xlgc__cancel_enter(&apply->cancel, source); return apply_unpin(apply, source, id);
  case XLGC__OP_BORN: xlgc__graph_born(apply->graph, source); return 0;
  case XLGC__OP_BEQUEATH: return apply_bequeath(apply, source, event->word[1]);
  default: break;
  }
  uint32_t target = xlgc__object_resolve(objects, event->word[1]);
  if (xlgc__event_is_drop(event) && xlgc__object_at(objects, source)->flags & XLGC__DEAD)
    return apply_late(apply, source, target);
  if (!target) return XLGC_E_STALE;
  /* Of a ring it may have died before its source, and what held it does no more. */
  const xlgc__object *to = xlgc__object_at(objects, target);
  if (xlgc__event_is_drop(event) && to->flags & XLGC__DEAD && xlgc__object_leaves(to)) return XLGC__LATE;
  if (op == XLGC__OP_LINK) return apply_link(apply, source, target, context, position);
  if (op == XLGC__OP_UNLINK) return apply_unlink(apply, source, target);
  void **place = (void **)(uintptr_t)event[1].word[0];
  xlgc__cancel_enter(&apply->cancel, target);
  if (op == XLGC__OP_UNLINK_AT) return xlgc__graph_unlink(apply->graph, source, target, place);
  return xlgc__cancel_link_now(&apply->cancel, source, target, (unsigned)(event->word[1] >> 56), place);
}

/* Objects by address have been found, or registered, when the event was logged: see lib/api/by_address.c. One of which
 * nothing is left was released meanwhile. */
static int apply_add_link(xlgc__apply *apply, const xlgc__record *event) {
  const xlgc__objects *objects = &apply->graph->objects;
  uint32_t source = xlgc__object_resolve(objects, event[0].word[0]);
  uint32_t target = xlgc__object_resolve(objects, event[0].word[1]);
  int failed = source && target ? 0 : XLGC_E_RELEASED;
  if (!failed) xlgc__cancel_enter(&apply->cancel, target);
  if (!failed)
    failed = xlgc__cancel_link_now(&apply->cancel, source, target, XLGC__NO_TAG, (void **)(uintptr_t)event[2].word[0]);
  /* One that has come to be known and holds nothing is forgotten again. */
  if (source && failed) xlgc__graph_born(apply->graph, source);
  if (target && failed) xlgc__graph_born(apply->graph, target);
  return failed;
}

static int apply_drop_link(xlgc__apply *apply, const xlgc__record *event) {
  const xlgc__objects *objects = &apply->graph->objects;
  void *child = (void *)(uintptr_t)event[1].word[1];
  uint32_t source = xlgc__object_resolve(objects, event[0].word[0]);
  uint32_t target = xlgc__object_resolve(objects, event[0].word[1]);
  if (!XLGC__BARE(event[0].word[0])) return XLGC_E_NOLINK;
  if (!source || xlgc__object_at(objects, source)->flags & XLGC__DEAD) return XLGC__LATE;
  int failed = target ? 0 : XLGC_E_NOLINK;
  if (!failed) xlgc__cancel_enter(&apply->cancel, target);
  if (!failed) failed = xlgc__graph_unlink(apply->graph, source, target, NULL);
  if (failed) xlgc__graph_born(apply->graph, source);
  if (failed || !event[2].word[0]) return failed;
  xlgc__mutex_lock(&apply->queue->lock);
  xlgc__releaser *releaser = xlgc__addresses_releaser(&objects->addresses, child, target);
  if (releaser) {
    releaser->run = (void (*)(void *))(uintptr_t)event[2].word[0];
    releaser->param = event[2].word[1] ? (void *)(uintptr_t)event[2].word[1] : child;
  }
  xlgc__mutex_unlock(&apply->queue->lock);
  return 0;
}

static void describe(const xlgc__apply *apply, const xlgc__record *event, xlgc_error *error) {
  xlgc__op op = xlgc__event_op(event);
  error->what = op_names[op];
  if (op == XLGC__OP_ADD_LINK || op == XLGC__OP_DROP_LINK) {
    error->parent = (void *)(uintptr_t)event[1].word[0];
    error->child = (void *)(uintptr_t)event[1].word[1];
    return;
  }
  uint64_t pool = (uint64_t)apply->graph->objects.pool << 56;
  bool single = op == XLGC__OP_PIN || op == XLGC__OP_UNPIN || op == XLGC__OP_WEAK;
  *(single ? &error->target : &error->source) = XLGC__BARE(event->word[0]) | pool;
  if (!single) error->target = XLGC__BARE(event->word[1]) | pool;
  if (op == XLGC__OP_LINK_AT || op == XLGC__OP_UNLINK_AT) error->place = (void *)(uintptr_t)event[1].word[0];
}

static int apply_one(xlgc__apply *apply, const xlgc__record *event, const xlgc_context *context, uint64_t position) {
  switch (xlgc__event_op(event)) {
  case XLGC__OP_SYNC: return 0;
  case XLGC__OP_ADD_LINK: return apply_add_link(apply, event);
  case XLGC__OP_DROP_LINK: return apply_drop_link(apply, event);
  default: return apply_by_id(apply, event, context, position);
  }
}

int xlgc__apply_event(xlgc__apply *apply, const xlgc_context *context, xlgc__cursor *cursor, bool may_wait) {
  const xlgc__record *event = cursor->at;
  int result = apply_one(apply, event, context, cursor->events);
  bool lacks_add = result == XLGC_E_NOLINK || result == XLGC_E_NOPIN;
  if (lacks_add && may_wait) return result;
  if (result == XLGC__LATE) apply->late_drops++;
  /* An event that lacks memory is tried again and again, and reported once. */
  if (result < 0 && !(result == XLGC_E_NOMEM && apply->starved == event)) {
    xlgc_error error = {.code = result};
    describe(apply, event, &error);
    xlgc__misuse_report(&apply->misuse, context->name, cursor->events, &error);
  }
  apply->starved = result == XLGC_E_NOMEM ? event : NULL;
  if (result == XLGC_E_NOMEM) return result;
  apply->events += xlgc__event_is_programs(event);
  xlgc__cursor_advance(cursor);
  return 0;
}

bool xlgc__apply_loads(xlgc__apply *apply) {
  xlgc__mutex_lock(&apply->queue->lock);
  uint32_t loads;
  uint64_t id = xlgc__weaks_take_loads(apply->weaks, &loads);
  xlgc__mutex_unlock(&apply->queue->lock);
  uint32_t index = loads ? xlgc__object_resolve(&apply->graph->objects, id) : 0;
  if (index) xlgc__graph_pin(apply->graph, index, loads);
  return id != 0;
}
