#include <config.h>

#include "round.h"

#include "verify.h"

/* Slots are walked over under the lock in portions of this many units. */
enum { SWEEP_UNITS = 256 };

static uint64_t logged(const xlgc_context *context) {
  return atomic_load_explicit(&context->logged, memory_order_acquire);
}

bool xlgc__round_has_work(const xlgc__round *round) {
  const xlgc__graph *graph = round->graph;
  const xlgc__reap *reap = &round->reap;
  return round->phase != XLGC__ROUND_IDLE || graph->broken || graph->lowered || graph->idle || reap->told.first ||
         reap->buried.first || round->program.applied != logged(&round->program) ||
         round->callbacks.applied != logged(&round->callbacks);
}

void xlgc__round_begin(xlgc__round *round, bool expire) {
  round->phase = XLGC__ROUND_EXPIRE;
  round->cut = logged(&round->program);
  xlgc__reap *reap = &round->reap;
  /* What was told in the round before has had its say by the end of this one. */
  reap->buried = reap->told;
  reap->told = (xlgc__list){0, 0};
  if (!expire) return;
  reap->expiring = reap->kept;
  reap->kept = (xlgc__list){0, 0};
}

/* ----------------------------------------------------------------- apply */

static void report(xlgc__round *round, const xlgc_context *context, xlgc_error *error) {
  round->errors++;
  error->context = context->name;
  error->position = context->applied - context->births_applied - context->first;
  if (round->on_error) round->on_error(round->data, error);
}

/* Lock not held. Gives the link table a spare segment when it has no room (K1 says that there is one). */
static void ensure_link_room(xlgc__round *round) {
  if (XLGC__LIKELY(round->graph->links.records.room)) return;
  xlgc__mutex_lock(&round->queue->lock);
  xlgc__context_settle(&round->program);
  xlgc__context_settle(&round->callbacks);
  xlgc__segments_adopt(&round->graph->links.records);
  round->queue->links_room = round->graph->links.records.room;
  xlgc__mutex_unlock(&round->queue->lock);
}

static int ensure_place_room(xlgc__round *round) {
  xlgc__segments *places = &round->graph->links.places;
  if (places->room) return 0;
  xlgc__mutex_lock(&round->queue->lock);
  int failed = xlgc__segments_prepare(places);
  if (!failed) xlgc__segments_adopt(places);
  xlgc__mutex_unlock(&round->queue->lock);
  return failed;
}

static const char *const op_names[] = {
    [XLGC__OP_LINK] = "link",         [XLGC__OP_UNLINK] = "unlink",      [XLGC__OP_PIN] = "pin",
    [XLGC__OP_UNPIN] = "unpin",       [XLGC__OP_LINK_AT] = "link",       [XLGC__OP_UNLINK_AT] = "unlink",
    [XLGC__OP_ADD_LINK] = "add_link", [XLGC__OP_DROP_LINK] = "drop_link"};

static int apply_link(xlgc__round *round, uint32_t source, uint32_t target, unsigned tag, void **place) {
  int failed = place ? ensure_place_room(round) : 0;
  if (failed) return failed;
  ensure_link_room(round);
  return xlgc__graph_link(round->graph, source, target, tag, place);
}

static int apply_by_id(xlgc__round *round, xlgc__op op, const xlgc__record *event) {
  xlgc__objects *objects = &round->graph->objects;
  uint32_t source = xlgc__object_resolve(objects, event->word[0]);
  if (!source) return XLGC_E_STALE;
  switch (op) {
  case XLGC__OP_PIN: return xlgc__graph_pin(round->graph, source);
  case XLGC__OP_UNPIN: return xlgc__graph_unpin(round->graph, source);
  case XLGC__OP_BORN: xlgc__graph_born(round->graph, source); return 0;
  default: break;
  }
  uint32_t target = xlgc__object_resolve(objects, event->word[1]);
  unsigned tag = (unsigned)(event->word[1] >> 56);
  /* What a released object held may be gone by now as well: dropping it is late, not wrong. */
  bool drops = op == XLGC__OP_UNLINK || op == XLGC__OP_UNLINK_AT;
  if (drops && xlgc__object_at(objects, source)->flags & XLGC__DEAD) return XLGC__LATE;
  if (!target) return XLGC_E_STALE;
  switch (op) {
  case XLGC__OP_LINK: return apply_link(round, source, target, XLGC__NO_TAG, NULL);
  case XLGC__OP_LINK_AT: return apply_link(round, source, target, tag, (void **)(uintptr_t)event[1].word[0]);
  case XLGC__OP_UNLINK: return xlgc__graph_unlink(round->graph, source, target, NULL);
  default: return xlgc__graph_unlink(round->graph, source, target, (void **)(uintptr_t)event[1].word[0]);
  }
}

/* The object at an address, made known if it is not; 0 and an error without memory, or while the object there is dying
 * and its releaser has not been called. Lock held. */
static uint32_t known(xlgc__round *round, void *address, int *failed) {
  xlgc__objects *objects = &round->graph->objects;
  uint32_t index = xlgc__registry_find(&objects->registry, address);
  if (index) {
    if (xlgc__object_at(objects, index)->flags & XLGC__DEAD) *failed = XLGC_E_RELEASED;
    return index;
  }
  *failed = xlgc__object_create(objects, address, round->by_address, xlgc__graph_birth_rank(round->graph), &index);
  return index;
}

static int apply_add_link(xlgc__round *round, const xlgc__record *event) {
  int failed = 0;
  xlgc__mutex_lock(&round->queue->lock);
  uint32_t source = known(round, (void *)(uintptr_t)event[0].word[1], &failed);
  uint32_t target = failed ? 0 : known(round, (void *)(uintptr_t)event[1].word[0], &failed);
  xlgc__mutex_unlock(&round->queue->lock);
  if (!failed) failed = apply_link(round, source, target, XLGC__NO_TAG, (void **)(uintptr_t)event[1].word[1]);
  /* A parent that has come to be known and holds nothing is forgotten again. */
  if (source && failed) xlgc__graph_born(round->graph, source);
  if (target && failed) xlgc__graph_born(round->graph, target);
  return failed;
}

static int apply_drop_link(xlgc__round *round, const xlgc__record *event) {
  xlgc__objects *objects = &round->graph->objects;
  void *child = (void *)(uintptr_t)event[1].word[0];
  xlgc__mutex_lock(&round->queue->lock);
  uint32_t source = xlgc__registry_find_told(&objects->registry, (void *)(uintptr_t)event[0].word[1]);
  uint32_t target = xlgc__registry_find(&objects->registry, child);
  bool late = source && xlgc__object_at(objects, source)->flags & XLGC__DEAD;
  xlgc__mutex_unlock(&round->queue->lock);
  if (late) return XLGC__LATE;
  if (!source || !target) return XLGC_E_NOLINK;
  int failed = xlgc__graph_unlink(round->graph, source, target, (void **)(uintptr_t)event[1].word[1]);
  if (failed || !event[2].word[0]) return failed;
  xlgc__mutex_lock(&round->queue->lock);
  xlgc__releaser *releaser = xlgc__registry_releaser(&objects->registry, child);
  releaser->run = (void (*)(void *))(uintptr_t)event[2].word[0];
  releaser->param = event[2].word[1] ? (void *)(uintptr_t)event[2].word[1] : child;
  xlgc__mutex_unlock(&round->queue->lock);
  return 0;
}

static void describe(xlgc__round *round, xlgc__op op, const xlgc__record *event, xlgc_error *error) {
  error->what = op_names[op];
  if (op == XLGC__OP_ADD_LINK || op == XLGC__OP_DROP_LINK) {
    error->parent = (void *)(uintptr_t)event[0].word[1];
    error->child = (void *)(uintptr_t)event[1].word[0];
    return;
  }
  uint64_t bare = (UINT64_C(1) << 56) - 1, pool = (uint64_t)round->graph->objects.pool << 56;
  bool single = op == XLGC__OP_PIN || op == XLGC__OP_UNPIN;
  *(single ? &error->target : &error->source) = (event->word[0] & bare) | pool;
  if (!single) error->target = (event->word[1] & bare) | pool;
}

/* Applies the context's next event. Returns 0, or XLGC_E_NOMEM: the event stays. */
static int apply_one(xlgc__round *round, xlgc_context *context, const xlgc__record *event) {
  xlgc__op op = (xlgc__op)(event->word[0] >> 56);
  int result = 0;
  switch (op) {
  case XLGC__OP_SYNC: break;
  case XLGC__OP_ADD_LINK: result = apply_add_link(round, event); break;
  case XLGC__OP_DROP_LINK: result = apply_drop_link(round, event); break;
  default: result = apply_by_id(round, op, event); break;
  }
  if (result == XLGC__LATE) round->late_drops++;
  /* An event that lacks memory is tried again and again, and reported once. */
  bool again = result == XLGC_E_NOMEM && round->starved == context->applied + 1;
  if (result < 0 && !again) {
    xlgc_error error = {.code = result};
    describe(round, op, event, &error);
    report(round, context, &error);
  }
  if (result == XLGC_E_NOMEM) {
    round->starved = context->applied + 1;
    return result;
  }
  xlgc__context_advance(context, event);
  return 0;
}

/* The next event in the order that is known (see context.h), or NULL. */
static const xlgc__record *next_event(xlgc__round *round, xlgc_context **context) {
  const xlgc__record *event = xlgc__context_peek(&round->callbacks);
  bool behind = event && event->word[0] >> 56 == XLGC__OP_SYNC && event->word[1] > round->program.applied;
  *context = &round->callbacks;
  if (event && !behind) return event;
  *context = &round->program;
  return round->program.applied < round->cut || behind ? xlgc__context_peek(&round->program) : NULL;
}

/* Returns 0 when all is applied, 1 at the end of the budget, or XLGC_E_NOMEM. */
static int apply(xlgc__round *round, int64_t *budget) {
  for (; *budget > 0; --*budget) {
    xlgc_context *context;
    const xlgc__record *event = next_event(round, &context);
    if (!event) return 0;
    int failed = apply_one(round, context, event);
    if (failed) return failed;
  }
  return 1;
}

static bool repair(xlgc__round *round, int64_t *budget) {
  while (*budget > 0) {
    if (!xlgc__rank_sweeps(&round->rank)) {
      /* It stops by itself where a sweep begins, as that starts from idle. */
      if (xlgc__rank_step(&round->rank, budget)) return true;
      continue;
    }
    int64_t portion = *budget < SWEEP_UNITS ? *budget : SWEEP_UNITS;
    int64_t left = portion;
    xlgc__mutex_lock(&round->queue->lock);
    bool done = xlgc__rank_step(&round->rank, &left);
    xlgc__mutex_unlock(&round->queue->lock);
    *budget -= portion - left;
    if (done) return true;
  }
  return false;
}

/* ------------------------------------------------------------------- run */

static void trim(xlgc__round *round) {
  xlgc__queue *queue = round->queue;
  xlgc__segments *links = &round->graph->links.records;
  xlgc__mutex_lock(&queue->lock);
  xlgc__context_settle(&round->program);
  xlgc__context_settle(&round->callbacks);
  xlgc__segments_trim(links, queue->links_reserved + XLGC__SEGMENT_RECORDS);
  queue->links_room = links->room;
  xlgc__segments_trim(&round->graph->links.places, XLGC__SEGMENT_RECORDS);
  xlgc__segments_trim(&round->graph->objects.records, XLGC__SEGMENT_RECORDS);
  xlgc__mutex_unlock(&queue->lock);
}

/* Level 2 of the invariants. */
static void verify(xlgc__round *round) {
#if XLGC_INVARIANTS >= 2
  char why[160];
  xlgc__mutex_lock(&round->queue->lock);
  int broken = xlgc__verify(round->graph, why, sizeof why);
  xlgc__mutex_unlock(&round->queue->lock);
  if (broken == XLGC_E_CORRUPT) fprintf(stderr, "xlgc: %s\n", why);
  XLGC__INVARIANT("V", broken != XLGC_E_CORRUPT);
#else
  (void)round;
#endif
}

static void end(xlgc__round *round) {
  trim(round);
  round->rounds++;
  verify(round);
}

int xlgc__round_run(xlgc__round *round, xlgc__round_phase until, int64_t *budget) {
  xlgc__reap *reap = &round->reap;
  xlgc__condemn *condemn = &round->rank.condemn;
  for (; round->phase != until; --*budget) {
    if (*budget <= 0) return 1;
    bool done = true;
    switch (round->phase) {
    case XLGC__ROUND_EXPIRE: done = xlgc__reap_expire(reap); break;
    case XLGC__ROUND_APPLY: {
      int result = apply(round, budget);
      if (result < 0) return result;
      done = result == 0;
      break;
    }
    case XLGC__ROUND_REPAIR: done = repair(round, budget); break;
    case XLGC__ROUND_ASK:
      round->asked |= condemn->asked.first != 0;
      done = xlgc__reap_ask(reap, &condemn->asked);
      if (done && round->asked) xlgc__rank_settle(&round->rank, reap->kept.first);
      break;
    case XLGC__ROUND_SETTLE:
      done = !round->asked || repair(round, budget);
      if (done) round->asked = false;
      break;
    case XLGC__ROUND_FORGET: done = xlgc__reap_forget(reap, &condemn->dead); break;
    case XLGC__ROUND_PLACES: done = xlgc__reap_clear_place(reap, &condemn->places); break;
    case XLGC__ROUND_TELL: done = xlgc__reap_tell(reap, &condemn->dead); break;
    case XLGC__ROUND_BURY: done = xlgc__reap_bury(reap); break;
    case XLGC__ROUND_IDLE: break;
    }
    if (!done) continue;
    if (round->phase == XLGC__ROUND_BURY) {
      end(round);
      round->phase = XLGC__ROUND_IDLE;
    } else {
      round->phase++;
    }
  }
  return 0;
}

int xlgc__round_apply_all(xlgc__round *round) {
  int64_t unlimited = INT64_MAX;
  if (round->phase >= XLGC__ROUND_REPAIR && round->phase <= XLGC__ROUND_SETTLE) {
    int result = xlgc__round_run(round, XLGC__ROUND_FORGET, &unlimited);
    if (result < 0) return result;
  }
  round->cut = logged(&round->program);
  uint64_t operations = round->graph->links.operations;
  int result = apply(round, &unlimited);
  if (operations != round->graph->links.operations) verify(round);
  return result;
}
