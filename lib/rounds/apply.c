#include <config.h>

#include "rounds/apply.h"

#include "rounds/prefetch.h"

/* ------------------------------------------------------------- one event */

static void report(xlgc__apply *apply, const char *context, uint64_t position, xlgc_error *error) {
  apply->errors++;
  error->context = context;
  error->position = position;
  if (apply->on_error) apply->on_error(apply->data, error);
}

/* Gives the link table a spare segment when it has no room (K1 says that there is one). */
static void ensure_link_room(xlgc__apply *apply) {
  xlgc__segments *links = &apply->graph->links.records;
  if (XLGC__LIKELY(links->room)) return;
  xlgc__mutex_lock(&apply->queue->lock);
  bool adopted = xlgc__segments_adopt(links);
  XLGC__INVARIANT("K1", adopted);
  (void)adopted;
  xlgc__mutex_unlock(&apply->queue->lock);
}

static int ensure_place_room(xlgc__apply *apply) {
  xlgc__segments *places = &apply->graph->links.places;
  if (places->room) return 0;
  xlgc__mutex_lock(&apply->queue->lock);
  int failed = xlgc__segments_prepare(places);
  if (!failed) xlgc__segments_adopt(places);
  xlgc__mutex_unlock(&apply->queue->lock);
  return failed;
}

static const char *const op_names[] = {
    [XLGC__OP_LINK] = "link",         [XLGC__OP_UNLINK] = "unlink",      [XLGC__OP_PIN] = "pin",
    [XLGC__OP_UNPIN] = "unpin",       [XLGC__OP_LINK_AT] = "link",       [XLGC__OP_UNLINK_AT] = "unlink",
    [XLGC__OP_ADD_LINK] = "add_link", [XLGC__OP_DROP_LINK] = "drop_link"};

static int apply_link(xlgc__apply *apply, uint32_t source, uint32_t target, unsigned tag, void **place) {
  int failed = place ? ensure_place_room(apply) : 0;
  if (failed) return failed;
  ensure_link_room(apply);
  return xlgc__graph_link(apply->graph, source, target, tag, place);
}

/* Enters a link that waited into the table. If its source is new, the link that waits for that one goes first: what has
 * a holder is easier to certify before it holds something itself. Takes no more turns than there are links that wait. */
static void enter(xlgc__apply *apply, xlgc__waiting *waits) {
  xlgc__waiting pair = *waits;
  xlgc__cancel_take(&apply->pairs, waits);
  if (xlgc__graph_object(apply->graph, pair.source)->flags & XLGC__NEW) {
    xlgc__waiting *before = xlgc__cancel_at(&apply->pairs, pair.source);
    if (before && before->target == pair.source) enter(apply, before);
  }
  int failed = 0;
  for (uint32_t i = 0; i < pair.count && !failed; i++)
    failed = apply_link(apply, pair.source, pair.target, XLGC__NO_TAG, NULL);
  if (!failed) return;
  const xlgc__objects *objects = &apply->graph->objects;
  xlgc_error error = {failed, "link", .source = xlgc__object_id(objects, pair.source)};
  error.target = xlgc__object_id(objects, pair.target);
  report(apply, ((const xlgc_context *)pair.context)->name, pair.events, &error);
}

/* Whatever happens to a target happens after its waiting link. */
static void enter_to(xlgc__apply *apply, uint32_t target) {
  xlgc__waiting *pair = xlgc__cancel_at(&apply->pairs, target);
  if (pair) enter(apply, pair);
}

/* A plain link waits for its unlink, if it can be told already that it may be made. */
static int wait_link(xlgc__apply *apply, uint32_t source, uint32_t target) {
  const xlgc__graph *graph = apply->graph;
  if ((xlgc__graph_object(graph, source)->flags | xlgc__graph_object(graph, target)->flags) & XLGC__DEAD)
    return XLGC_E_RELEASED;
  xlgc__waiting *pair = xlgc__cancel_at(&apply->pairs, target);
  if (pair && pair->source == source && pair->target == target) {
    pair->count++;
    return 0;
  }
  if (pair) enter(apply, pair);
  xlgc__waiting *oldest = xlgc__cancel_oldest(&apply->pairs, false);
  if (oldest) enter(apply, oldest);
  xlgc__cancel_put(&apply->pairs, (xlgc__waiting){source, target, 1, apply->position, apply->context});
  return 0;
}

static int apply_unlink(xlgc__apply *apply, uint32_t source, uint32_t target) {
  xlgc__waiting *pair = xlgc__cancel_at(&apply->pairs, target);
  if (!pair || pair->source != source || pair->target != target) {
    if (pair) enter(apply, pair);
    return xlgc__graph_unlink(apply->graph, source, target, NULL);
  }
  if (--pair->count == 0) xlgc__cancel_take(&apply->pairs, pair);
  apply->pairs.cancelled++;
  xlgc__graph_cancelled(apply->graph, source, target);
  return 0;
}

static int apply_unpin(xlgc__apply *apply, uint32_t index) {
  int failed = xlgc__graph_unpin(apply->graph, index);
  if (failed != XLGC_E_NOPIN) return failed;
  /* The pin may be one of a weak load. */
  xlgc__mutex_lock(&apply->queue->lock);
  uint32_t loads = xlgc__weaks_take_loads_of(apply->weaks, index);
  xlgc__mutex_unlock(&apply->queue->lock);
  if (!loads) return failed;
  xlgc__graph_pin(apply->graph, index, loads);
  return xlgc__graph_unpin(apply->graph, index);
}

static int apply_by_id(xlgc__apply *apply, const xlgc__record *event) {
  xlgc__objects *objects = &apply->graph->objects;
  xlgc__op op = xlgc__event_op(event);
  uint32_t source = xlgc__object_resolve(objects, event->word[0]);
  if (!source) return XLGC_E_STALE;
  switch (op) {
  case XLGC__OP_PIN: enter_to(apply, source); return xlgc__graph_pin(apply->graph, source, 1);
  case XLGC__OP_UNPIN: enter_to(apply, source); return apply_unpin(apply, source);
  case XLGC__OP_BORN: xlgc__graph_born(apply->graph, source); return 0;
  case XLGC__OP_WEAK: xlgc__graph_weak(apply->graph, source); return 0;
  default: break;
  }
  uint32_t target = xlgc__object_resolve(objects, event->word[1]);
  /* What a released object held may be gone by now as well: dropping it is late, not wrong. */
  if (xlgc__event_is_drop(event) && xlgc__object_at(objects, source)->flags & XLGC__DEAD) return XLGC__LATE;
  if (!target) return XLGC_E_STALE;
  if (op == XLGC__OP_LINK) return wait_link(apply, source, target);
  if (op == XLGC__OP_UNLINK) return apply_unlink(apply, source, target);
  void **place = (void **)(uintptr_t)event[1].word[0];
  enter_to(apply, target);
  if (op == XLGC__OP_UNLINK_AT) return xlgc__graph_unlink(apply->graph, source, target, place);
  return apply_link(apply, source, target, (unsigned)(event->word[1] >> 56), place);
}

/* The object at an address, made known if it is not; 0 and an error without memory, or while the object there is dying
 * and its releaser has not been called. Lock held. */
static uint32_t known(xlgc__apply *apply, void *address, int *failed) {
  xlgc__objects *objects = &apply->graph->objects;
  uint32_t index = xlgc__registry_find(&objects->registry, address);
  if (index) {
    if (xlgc__object_at(objects, index)->flags & XLGC__DEAD) *failed = XLGC_E_RELEASED;
    return index;
  }
  uint64_t rank = xlgc__graph_birth_rank(apply->graph);
  *failed = xlgc__object_create(objects, address, apply->by_address, NULL, rank, &index);
  return index;
}

static int apply_add_link(xlgc__apply *apply, const xlgc__record *event) {
  int failed = 0;
  xlgc__mutex_lock(&apply->queue->lock);
  uint32_t source = known(apply, (void *)(uintptr_t)event[0].word[1], &failed);
  uint32_t target = failed ? 0 : known(apply, (void *)(uintptr_t)event[1].word[0], &failed);
  xlgc__mutex_unlock(&apply->queue->lock);
  if (!failed) enter_to(apply, target);
  if (!failed) failed = apply_link(apply, source, target, XLGC__NO_TAG, (void **)(uintptr_t)event[1].word[1]);
  /* A parent that has come to be known and holds nothing is forgotten again. */
  if (source && failed) xlgc__graph_born(apply->graph, source);
  if (target && failed) xlgc__graph_born(apply->graph, target);
  return failed;
}

static int apply_drop_link(xlgc__apply *apply, const xlgc__record *event) {
  xlgc__objects *objects = &apply->graph->objects;
  void *child = (void *)(uintptr_t)event[1].word[0];
  xlgc__mutex_lock(&apply->queue->lock);
  uint32_t source = xlgc__registry_find_told(&objects->registry, (void *)(uintptr_t)event[0].word[1]);
  uint32_t target = xlgc__registry_find(&objects->registry, child);
  bool late = source && xlgc__object_at(objects, source)->flags & XLGC__DEAD;
  xlgc__mutex_unlock(&apply->queue->lock);
  if (late) return XLGC__LATE;
  if (!source || !target) return XLGC_E_NOLINK;
  enter_to(apply, target);
  int failed = xlgc__graph_unlink(apply->graph, source, target, (void **)(uintptr_t)event[1].word[1]);
  if (failed || !event[2].word[0]) return failed;
  xlgc__mutex_lock(&apply->queue->lock);
  xlgc__releaser *releaser = xlgc__registry_releaser(&objects->registry, child);
  releaser->run = (void (*)(void *))(uintptr_t)event[2].word[0];
  releaser->param = event[2].word[1] ? (void *)(uintptr_t)event[2].word[1] : child;
  xlgc__mutex_unlock(&apply->queue->lock);
  return 0;
}

static void describe(const xlgc__apply *apply, const xlgc__record *event, xlgc_error *error) {
  xlgc__op op = xlgc__event_op(event);
  error->what = op_names[op];
  if (op == XLGC__OP_ADD_LINK || op == XLGC__OP_DROP_LINK) {
    error->parent = (void *)(uintptr_t)event[0].word[1];
    error->child = (void *)(uintptr_t)event[1].word[0];
    return;
  }
  uint64_t pool = (uint64_t)apply->graph->objects.pool << 56;
  bool single = op == XLGC__OP_PIN || op == XLGC__OP_UNPIN;
  *(single ? &error->target : &error->source) = XLGC__BARE(event->word[0]) | pool;
  if (!single) error->target = XLGC__BARE(event->word[1]) | pool;
}

static int apply_event(xlgc__apply *apply, const xlgc__record *event) {
  switch (xlgc__event_op(event)) {
  case XLGC__OP_SYNC: return 0;
  case XLGC__OP_ADD_LINK: return apply_add_link(apply, event);
  case XLGC__OP_DROP_LINK: return apply_drop_link(apply, event);
  default: return apply_by_id(apply, event);
  }
}

/* Applies the event at a cursor and moves past it. Returns 0, or XLGC_E_NOMEM, or that a drop lacks its add where that
 * may yet come: the event stays. */
static int apply_at(xlgc__apply *apply, const xlgc_context *context, xlgc__cursor *cursor) {
  const xlgc__record *event = cursor->at;
  apply->context = context;
  apply->position = cursor->events;
  int result = apply_event(apply, event);
  bool lacks_add = result == XLGC_E_NOLINK || result == XLGC_E_NOPIN;
  if (lacks_add && apply->plural && !apply->last_call) return result;
  if (result == XLGC__LATE) apply->late_drops++;
  /* An event that lacks memory is tried again and again, and reported once. */
  if (result < 0 && !(result == XLGC_E_NOMEM && apply->starved == event)) {
    xlgc_error error = {.code = result};
    describe(apply, event, &error);
    report(apply, context->name, cursor->events, &error);
  }
  apply->starved = result == XLGC_E_NOMEM ? event : NULL;
  if (result == XLGC_E_NOMEM) return result;
  apply->events += xlgc__event_is_programs(event);
  xlgc__cursor_advance(cursor);
  return 0;
}

/* -------------------------------------------------------------- the cuts */

void xlgc__cut_note(xlgc__apply *apply) {
  xlgc__queue *queue = apply->queue;
  xlgc__mutex_lock(&queue->lock);
  apply->contexts = queue->contexts;
  xlgc__mutex_unlock(&queue->lock);
  apply->callbacks->cut = xlgc__log_cut(&apply->callbacks->log);
  for (xlgc_context *context = apply->contexts; context; context = context->next)
    context->cut = xlgc__log_cut(&context->log);
  xlgc__full_fence(&apply->fence, 0);
  apply->graced = false;
  for (xlgc_context *context = apply->contexts; context; context = context->next) {
    XLGC__YIELD();
    uint64_t section = atomic_load_explicit(&context->section, memory_order_acquire);
    context->section_seen = section & 1 ? section : 0;
    apply->graced |= section & 1;
  }
  /* Asked last: a context whose add comes before a drop that is before a cut has been created by now. */
  xlgc__mutex_lock(&queue->lock);
  apply->plural = queue->plural;
  xlgc__mutex_unlock(&queue->lock);
  xlgc__cut_resume(apply, false);
}

const xlgc_context *xlgc__cut_grace(xlgc__apply *apply) {
  for (xlgc_context *context = apply->contexts; context; context = context->next) {
    if (!context->section_seen) continue;
    if (xlgc__section_goes_on(context)) return context;
    context->section_seen = 0;
  }
  return NULL;
}

static void save(const xlgc__apply *apply, xlgc_context *context) {
  bool later = apply->plural || apply->graced;
  context->save = later ? xlgc__log_cut(&context->log) : context->cut;
}

void xlgc__cut_save(xlgc__apply *apply) {
  xlgc__mutex_lock(&apply->queue->lock);
  apply->contexts = apply->queue->contexts;
  xlgc__mutex_unlock(&apply->queue->lock);
  save(apply, apply->callbacks);
  for (xlgc_context *context = apply->contexts; context; context = context->next)
    save(apply, context);
  apply->at = NULL;
}

bool xlgc__cut_has_stalled(const xlgc__apply *apply) {
  bool stalled = apply->callbacks->stalled;
  for (const xlgc_context *context = apply->contexts; context && !stalled; context = context->next)
    stalled = context->stalled;
  return stalled;
}

void xlgc__cut_resume(xlgc__apply *apply, bool last_call) {
  apply->callbacks->stalled = false;
  for (xlgc_context *context = apply->contexts; context; context = context->next)
    context->stalled = false;
  apply->at = apply->contexts;
  apply->progress = false;
  apply->last_call = last_call;
}

/* ------------------------------------------------------------- the order */

static xlgc_context *find(const xlgc__apply *apply, uint32_t number) {
  xlgc_context *context = apply->contexts;
  while (context && context->number != number)
    context = context->next;
  return context;
}

/* The next event of a log that is not stalled. */
static bool ready(xlgc_context *context) { return !context->stalled && xlgc__context_peek(context); }

/* Whose event is the next in the order that is known, or NULL. The callbacks' go first, but not before what the program
 * had logged by then. */
static xlgc_context *next_context(xlgc__apply *apply) {
  if (ready(apply->callbacks)) {
    const xlgc__record *event = apply->callbacks->read.at;
    if (xlgc__event_op(event) != XLGC__OP_SYNC) return apply->callbacks;
    xlgc_context *program = find(apply, (uint32_t)event->word[0]);
    if (!program || program->read.records >= event->word[1]) return apply->callbacks;
    if (ready(program)) return program;
  }
  for (; apply->at; apply->at = apply->at->next)
    if (ready(apply->at)) return apply->at;
  return NULL;
}

int xlgc__cut_apply(xlgc__apply *apply, int64_t *budget) {
  for (; *budget > 0; --*budget) {
    xlgc_context *context = next_context(apply);
    if (!context) {
      xlgc__waiting *waits = xlgc__cancel_oldest(&apply->pairs, true);
      bool stuck = !apply->progress || !xlgc__cut_has_stalled(apply);
      if (stuck && !waits) return 0;
      if (waits)
        enter(apply, waits);
      else
        xlgc__cut_resume(apply, apply->last_call);
      continue;
    }
    /* What was applied ahead. */
    bool done = context->read.records < context->ahead.records && !xlgc__event_is_drop(context->read.at);
    if (done) {
      xlgc__cursor_advance(&context->read);
      continue;
    }
    xlgc__prefetch_at(&apply->prefetch, apply->graph, context->read.at, xlgc__context_peek_end(context), *budget);
    int result = apply_at(apply, context, &context->read);
    if (result == XLGC_E_NOMEM) return result;
    context->stalled = result != 0;
    apply->progress |= result == 0;
  }
  return 1;
}

int xlgc__cut_ahead(xlgc__apply *apply, int64_t *budget) {
  for (; *budget > 0; --*budget) {
    xlgc_context *context = apply->at ? apply->at : apply->callbacks;
    const xlgc__record *event = xlgc__context_peek_ahead(context);
    if (event) {
      int result = xlgc__event_is_drop(event) ? (xlgc__cursor_advance(&context->ahead), 0)
                                              : apply_at(apply, context, &context->ahead);
      if (result) return result;
    } else if (context == apply->callbacks) {
      if (!apply->contexts) return 0;
      apply->at = apply->contexts;
    } else if (context->next) {
      apply->at = context->next;
    } else {
      return 0;
    }
  }
  return 1;
}

bool xlgc__apply_loads(xlgc__apply *apply) {
  xlgc__mutex_lock(&apply->queue->lock);
  uint32_t loads, index = xlgc__weaks_take_loads(apply->weaks, &loads);
  xlgc__mutex_unlock(&apply->queue->lock);
  if (index && loads) xlgc__graph_pin(apply->graph, index, loads);
  return index != 0;
}
