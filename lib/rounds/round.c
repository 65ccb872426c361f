#include <config.h>

#include "rounds/round.h"

#include "ranks/verify.h"

/* SWEEP_UNITS: slots are walked over under the lock in portions of so many. TRIM_UNITS: what giving some segments back
 * to the system takes. */
enum { SWEEP_UNITS = 256, TRIM_UNITS = 64 };

/* Has a context something to be read, or, if that is asked for as well, been closed? */
static bool any_context(const xlgc__round *round, bool or_closed) {
  xlgc__mutex_lock(&round->queue->lock);
  const xlgc_context *context = round->queue->contexts;
  xlgc__mutex_unlock(&round->queue->lock);
  while (context && !xlgc__context_has_news(context) && !(or_closed && xlgc__context_is_closed(context)))
    context = context->next;
  return context != NULL;
}

static bool any_load(const xlgc__round *round) {
  xlgc__mutex_lock(&round->queue->lock);
  bool loaded = round->weaks.loaded != NULL;
  xlgc__mutex_unlock(&round->queue->lock);
  return loaded;
}

bool xlgc__round_has_news(const xlgc__round *round) { return any_load(round) || any_context(round, false); }

bool xlgc__round_has_follow_up(const xlgc__round *round) {
  const xlgc__graph *graph = round->graph;
  const xlgc__finalize *finalize = &round->finalize;
  if (round->phase != XLGC__ROUND_IDLE || graph->broken || graph->lowered || graph->idle || finalize->notified.first ||
      finalize->to_recycle.first || xlgc__context_has_news(round->apply.callbacks))
    return true;
  xlgc__mutex_lock(&round->queue->lock);
  bool delivery = round->queue->returned.first || round->queue->stray.count;
  xlgc__mutex_unlock(&round->queue->lock);
  return delivery;
}

bool xlgc__round_has_work(const xlgc__round *round) {
  return xlgc__round_has_follow_up(round) || any_load(round) || any_context(round, true);
}

void xlgc__round_begin(xlgc__round *round, bool expire) {
  round->phase = XLGC__ROUND_EXPIRE;
  round->begun++;
  round->held = false;
  xlgc__finalize_begin(&round->finalize, expire);
}

/* ----------------------------------------------------------------- parts */

static bool repair(xlgc__round *round, int64_t *budget) {
  while (*budget > 0) {
    if (!xlgc__repair_sweeps(&round->rank)) {
      /* It stops by itself where a sweep begins, as that starts from idle. */
      if (xlgc__repair_step(&round->rank, budget)) return true;
      continue;
    }
    int64_t portion = *budget < SWEEP_UNITS ? *budget : SWEEP_UNITS;
    int64_t left = portion;
    xlgc__mutex_lock(&round->queue->lock);
    bool done = xlgc__repair_step(&round->rank, &left);
    xlgc__mutex_unlock(&round->queue->lock);
    *budget -= portion - left;
    if (done) return true;
  }
  return false;
}

/* Events logged and not yet applied, in order; first the pins of look-ups, which need no order. Returns as apply
 * does. */
static int apply(xlgc__round *round, int64_t *budget) {
  for (; *budget > 0 && xlgc__apply_loads(&round->apply); --*budget) {
  }
  return xlgc__cut_apply(&round->apply, budget);
}

/* What has stalled, with all adds there; then once more, for good. */
static int resume(xlgc__round *round, int64_t *budget) {
  int result = xlgc__cut_apply(&round->apply, budget);
  if (result || !xlgc__cut_has_stalled(&round->apply)) return result;
  xlgc__cut_resume(&round->apply, true);
  return 1;
}

/* The round waits for this context, or for another mailbox of this name; or for nobody any more. */
static void wait_for(xlgc__round *round, const xlgc_context *holder) {
  xlgc__mutex_lock(&round->queue->lock);
  round->queue->blocker = holder;
  xlgc__mutex_unlock(&round->queue->lock);
}

static int hold(xlgc__round *round, const xlgc_context *holder, const char *name) {
  wait_for(round, holder);
  round->holder = name;
  round->rounds_held += !round->held;
  round->held = true;
  return XLGC_E_HELD;
}

static int grace(xlgc__round *round) {
  if (!round->apply.graced) return 0;
  /* Said first, looked at after: who leaves in between is seen here, or sees it. */
  XLGC__YIELD();
  atomic_store(&round->queue->awaited, true);
  const xlgc_context *context = xlgc__cut_grace(&round->apply);
  if (context) return hold(round, context, context->name);
  atomic_store_explicit(&round->queue->awaited, false, memory_order_relaxed);
  if (round->held) wait_for(round, NULL);
  return 0;
}

static int answers(xlgc__round *round) {
  bool waits;
  bool done = xlgc__finalize_answer(&round->finalize, &waits);
  if (done && round->held) wait_for(round, NULL);
  if (!waits) return !done;
  const xlgc_context *owner;
  xlgc__mutex_lock(&round->queue->lock);
  const char *name = xlgc__delivery_blocker(&round->delivery, &owner);
  xlgc__mutex_unlock(&round->queue->lock);
  return name ? hold(round, owner, name) : 1;
}

/* How many link records are to be kept at hand: what one burst of events wanted the next one may want. Lock held. */
static uint64_t links_to_keep(xlgc__round *round) {
  xlgc__queue *queue = round->queue;
  if (round->events_trimmed != round->apply.events) {
    round->events_trimmed = round->apply.events;
    queue->links_wanted_before = queue->links_wanted;
    queue->links_wanted = queue->links_reserved;
  }
  uint64_t before = queue->links_wanted_before, now = queue->links_wanted;
  return (before > now ? before : now) + XLGC__SEGMENT_RECORDS;
}

/* Gives back what is not needed any more: contexts that have ended, memory of the tables. Returns whether that was
 * all. */
static bool trim(xlgc__round *round) {
  xlgc__queue *queue = round->queue;
  xlgc__segments *links = &round->graph->links.records;
  xlgc__mutex_lock(&queue->lock);
  for (xlgc_context **at = &queue->contexts, *context; (context = *at) != NULL;) {
    if (!xlgc__context_is_closed(context) || xlgc__context_has_news(context)) {
      at = &context->next;
      continue;
    }
    *at = context->next;
    queue->chunks.bound--;
    xlgc__context_free(context);
  }
  if (!queue->contexts || !queue->contexts->next) {
    /* What several contexts logged has been applied, so from here on the order is known again. */
    bool known = !xlgc__context_has_news(round->apply.callbacks);
    if (known) queue->plural = false;
    atomic_store_explicit(&queue->sole, queue->plural ? NULL : queue->contexts, memory_order_relaxed);
  }
  bool all = xlgc__segments_trim(links, links_to_keep(round));
  queue->links_room = links->room;
  all &= xlgc__segments_trim(&round->graph->links.places, XLGC__SEGMENT_RECORDS);
  all &= xlgc__segments_trim(&round->graph->objects.records, XLGC__SEGMENT_RECORDS);
  xlgc__mutex_unlock(&queue->lock);
  return all;
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

/* ------------------------------------------------------------------- run */

/* The next unit, or more, of the present phase. Returns 0 when the phase is done, 1 when not, or an error. */
static int run_phase(xlgc__round *round, int64_t *budget) {
  xlgc__finalize *finalize = &round->finalize;
  xlgc__reclaim *reclaim = &round->rank.reclaim;
  bool done = true, spares;
  switch (round->phase) {
  case XLGC__ROUND_IDLE: break;
  case XLGC__ROUND_EXPIRE: done = xlgc__finalize_expire(finalize); break;
  case XLGC__ROUND_CUT: xlgc__cut_note(&round->apply); break;
  case XLGC__ROUND_APPLY: return apply(round, budget);
  case XLGC__ROUND_GRACE: {
    int held = grace(round);
    if (!held) xlgc__cut_save(&round->apply);
    return held;
  }
  case XLGC__ROUND_AHEAD: {
    int result = xlgc__cut_ahead(&round->apply, budget);
    if (!result) xlgc__cut_resume(&round->apply, false);
    return result;
  }
  case XLGC__ROUND_STALLED: return resume(round, budget);
  case XLGC__ROUND_REPAIR: done = repair(round, budget); break;
  case XLGC__ROUND_ASK:
    round->asked |= reclaim->asked.first != 0;
    done = xlgc__finalize_ask(finalize, &reclaim->asked);
    break;
  case XLGC__ROUND_ANSWERS: {
    int result = round->asked ? answers(round) : 0;
    if (!result && round->asked) xlgc__repair_propagate(&round->rank, finalize->kept.first);
    return result;
  }
  case XLGC__ROUND_PROPAGATE: done = !round->asked || repair(round, budget); break;
  case XLGC__ROUND_RESCUE:
    if (!round->asked) break;
    done = xlgc__finalize_rescue(finalize, &spares);
    if (spares) round->phase = XLGC__ROUND_PROPAGATE;
    if (done) xlgc__repair_commit(&round->rank);
    break;
  case XLGC__ROUND_COMMIT:
    done = !round->asked || repair(round, budget);
    if (done) round->asked = false;
    break;
  case XLGC__ROUND_FORGET: done = xlgc__finalize_forget(finalize, &reclaim->dead); break;
  case XLGC__ROUND_PLACES: done = xlgc__finalize_clear_place(finalize, &reclaim->places); break;
  case XLGC__ROUND_CLEAR: done = xlgc__finalize_clear_weak(finalize); break;
  case XLGC__ROUND_NOTIFY: done = xlgc__finalize_notify(finalize, &reclaim->dead); break;
  case XLGC__ROUND_RECYCLE:
    done = xlgc__finalize_recycle(finalize, budget);
    if (!done || trim(round)) break;
    *budget -= TRIM_UNITS;
    done = false;
    break;
  }
  return !done;
}

int xlgc__round_run(xlgc__round *round, xlgc__round_phase until, int64_t *budget) {
  for (; round->phase != until; --*budget) {
    if (*budget <= 0) return 1;
    int result = run_phase(round, budget);
    if (result < 0) return result;
    if (result) continue;
    if (round->phase == XLGC__ROUND_RECYCLE) {
      round->rounds++;
      verify(round);
      round->phase = XLGC__ROUND_IDLE;
    } else {
      round->phase++;
    }
  }
  return 0;
}

int xlgc__round_apply_all(xlgc__round *round) {
  int64_t unlimited = INT64_MAX;
  /* A round that has not come to judge anybody yet begins anew with its cut. */
  if (round->phase > XLGC__ROUND_CUT && round->phase <= XLGC__ROUND_STALLED) round->phase = XLGC__ROUND_CUT;
  if (round->phase >= XLGC__ROUND_REPAIR && round->phase < XLGC__ROUND_FORGET) {
    int result = xlgc__round_run(round, XLGC__ROUND_FORGET, &unlimited);
    if (result < 0) return result;
  }
  uint64_t operations = round->graph->links.operations;
  /* As in a round, but for the grace: nobody is judged here. */
  xlgc__cut_note(&round->apply);
  int result = apply(round, &unlimited);
  if (!result) {
    xlgc__cut_save(&round->apply);
    result = xlgc__cut_ahead(&round->apply, &unlimited);
  }
  if (!result) {
    xlgc__cut_resume(&round->apply, false);
    do
      result = resume(round, &unlimited);
    while (result > 0);
  }
  if (operations != round->graph->links.operations) verify(round);
  return result;
}
