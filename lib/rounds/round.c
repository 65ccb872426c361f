#include <config.h>

#include "rounds/round.h"

#include <stdio.h>

#include "queue/reader.h"
#include "ranks/verify.h"

/* SWEEP_UNITS: slots are walked over under the lock in portions of so many. TRIM_UNITS: what giving some segments back
 * to the system takes. TRIM_CONTEXTS: of ended ones, so many are freed at a time. */
enum { SWEEP_UNITS = 256, TRIM_UNITS = 256, TRIM_CONTEXTS = 16 };

/* Has a context something to be read, or, if that is asked for as well, been closed? */
static bool any_context(const xlgc__round *round, bool or_closed) {
  xlgc__mutex_lock(&round->queue->lock);
  const xlgc_context *context = round->queue->contexts;
  xlgc__mutex_unlock(&round->queue->lock);
  while (context && !xlgc__reader_has_news(context) && !(or_closed && xlgc__reader_is_closed(context)))
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
  if (round->phase != XLGC__ROUND_IDLE || graph->broken || graph->lowered || xlgc__finalize_may_forget(finalize) ||
      finalize->notified.first || finalize->to_recycle.first || xlgc__reader_has_news(round->cut.callbacks))
    return true;
  bool calls = xlgc__delivery_calls(&round->delivery);
  xlgc__mutex_lock(&round->queue->lock);
  bool follows = round->queue->returned.first || (calls && (round->queue->stray.list.first || round->weaks.gone));
  xlgc__mutex_unlock(&round->queue->lock);
  return follows || (calls && (finalize->unasked || round->delivery.backlog.first));
}

bool xlgc__round_has_work(const xlgc__round *round) {
  return xlgc__round_has_follow_up(round) || any_load(round) || any_context(round, true);
}

/* In all: transient objects are forgotten, the others notified. */
static uint64_t died(const xlgc__round *round) { return round->finalize.orphans + round->finalize.forgotten; }

void xlgc__round_begin(xlgc__round *round, bool expire) {
  round->phase = XLGC__ROUND_EXPIRE;
  round->begun++;
  round->blocked = false;
  round->died_before = died(round);
  xlgc__listeners_tell(&round->listeners, XLGC_WORK_ROUND, false, NULL, 0);
  xlgc__finalize_begin(&round->finalize, expire);
}

/* ------------------------------------------------------- what a phase does */

/* What a step returns, beside errors: the phase is done; it goes on; the round goes back to PROPAGATE; it stops, as
 * this thread may not call back. */
enum { DONE, GOES_ON, BACK, STOPS };

static int unless_done(bool done) { return done ? DONE : GOES_ON; }

static int expire(xlgc__round *round, int64_t *budget) {
  (void)budget;
  return unless_done(xlgc__finalize_expire(&round->finalize));
}

static int cut(xlgc__round *round, int64_t *budget) {
  (void)budget;
  xlgc__cut_note(&round->cut);
  return DONE;
}

/* First the pins of look-ups, which need no order. */
static int apply(xlgc__round *round, int64_t *budget) {
  for (; *budget > 0 && xlgc__apply_loads(&round->apply); --*budget) {
  }
  return xlgc__cut_apply(&round->cut, budget);
}

/* The round waits for this context, or for the mailbox of a thread of the pool; or for nothing any more. */
static void wait_for(xlgc__round *round, const xlgc_context *blocker) {
  xlgc__mutex_lock(&round->queue->lock);
  round->queue->blocker = blocker;
  round->queue->blocker_scans = blocker && round->phase == XLGC__ROUND_SCAN;
  xlgc__mutex_unlock(&round->queue->lock);
}

static int block(xlgc__round *round, const xlgc_context *blocker, const char *name) {
  wait_for(round, blocker);
  round->blocker = name;
  round->rounds_blocked += !round->blocked;
  round->blocked = true;
  return XLGC_E_HELD;
}

/* A context whose section the round waits for, or NULL. */
static const xlgc_context *open_section(xlgc__round *round) {
  if (!round->cut.graced) return NULL;
  /* Set first, read after: a section that ends in between is seen here, or its thread sees the flag. */
  XLGC__YIELD();
  atomic_store(&round->queue->awaited, true);
  return xlgc__cut_grace(&round->cut);
}

/* A round that was blocked here may have begun again with its cut, and found no section. */
static int grace(xlgc__round *round, int64_t *budget) {
  (void)budget;
  const xlgc_context *context = open_section(round);
  if (context) return block(round, context, context->name);
  atomic_store_explicit(&round->queue->awaited, false, memory_order_relaxed);
  if (round->blocked) wait_for(round, NULL);
  return DONE;
}

/* A context whose scanners have not been asked since the cut, or NULL; then the name of one is noted. Lock taken. */
static xlgc_context *unscanned(xlgc__round *round) {
  xlgc_context *context = round->queue->contexts;
  while (context && (!context->scanners || context->scanned >= round->cut.number || xlgc__reader_is_closed(context)))
    context = context->next;
  if (context) snprintf(round->scanner, sizeof round->scanner, "%s", context->scanner_name);
  return context;
}

/* Each scanner is asked after the cut. What it reports is logged before the logs' ends are noted again, so it is
 * applied before any verdict. */
static int scan(xlgc__round *round, int64_t *budget) {
  xlgc__queue *queue = round->queue;
  (void)budget;
  xlgc__mutex_lock(&queue->lock);
  xlgc_context *context = queue->scanner_count ? unscanned(round) : NULL;
  round->cut.scanned = queue->scanner_count != 0;
  if (context) atomic_store_explicit(&queue->scan_asked, round->cut.number, memory_order_relaxed);
  xlgc__mutex_unlock(&queue->lock);
  if (!context) {
    if (round->blocked) wait_for(round, NULL);
    return DONE;
  }
  int failed = xlgc__delivery_calls(&round->delivery) ? round->ask_scanners(context) : XLGC_E_HELD;
  if (failed == XLGC_E_HELD) return block(round, context, round->scanner);
  return failed ? failed : GOES_ON;
}

static int save(xlgc__round *round, int64_t *budget) {
  (void)budget;
  xlgc__cut_save(&round->cut);
  return DONE;
}

static int ahead(xlgc__round *round, int64_t *budget) { return xlgc__cut_ahead(&round->cut, budget); }

/* What has stalled, with all adds there; then once more, for good. */
static void resume(xlgc__round *round) { xlgc__cut_resume(&round->cut, false); }
static int stalled(xlgc__round *round, int64_t *budget) {
  int result = xlgc__cut_apply(&round->cut, budget);
  if (result || !xlgc__cut_has_stalled(&round->cut)) return result;
  xlgc__cut_resume(&round->cut, true);
  return GOES_ON;
}

/* Slots are walked over under the lock, a portion at a time. Returns whether the repairs are done. */
static bool sweep(xlgc__round *round, int64_t *budget) {
  int64_t portion = *budget < SWEEP_UNITS ? *budget : SWEEP_UNITS;
  int64_t left = portion;
  xlgc__mutex_lock(&round->queue->lock);
  bool done = xlgc__repair_step(&round->repair, &left);
  xlgc__mutex_unlock(&round->queue->lock);
  *budget -= portion - left;
  return done;
}

/* Repairs stop by themselves where a sweep begins, as that starts from idle. */
static int repair(xlgc__round *round, int64_t *budget) {
  bool done = false;
  while (*budget > 0 && !done)
    done = xlgc__repair_sweeps(&round->repair) ? sweep(round, budget) : xlgc__repair_step(&round->repair, budget);
  return unless_done(done);
}

static int ask(xlgc__round *round, int64_t *budget) {
  (void)budget;
  xlgc__list *pending = &round->repair.reclaim.pending;
  round->asked |= pending->first != 0;
  return unless_done(xlgc__finalize_ask(&round->finalize, pending));
}

static int answers(xlgc__round *round, int64_t *budget) {
  (void)budget;
  bool waits;
  if (!round->asked) return DONE;
  bool done = xlgc__finalize_answer(&round->finalize, &waits);
  if (done && round->blocked) wait_for(round, NULL);
  if (!waits) return unless_done(done);
  const xlgc_context *owner;
  xlgc__mutex_lock(&round->queue->lock);
  const char *name = xlgc__delivery_blocker(&round->delivery, &owner);
  xlgc__mutex_unlock(&round->queue->lock);
  return name ? block(round, owner, name) : GOES_ON;
}

static void begin_propagating(xlgc__round *round) {
  if (round->asked) xlgc__repair_propagate(&round->repair, round->finalize.kept.first);
}
static int propagate(xlgc__round *round, int64_t *budget) { return round->asked ? repair(round, budget) : DONE; }

static int rescue(xlgc__round *round, int64_t *budget) {
  (void)budget;
  bool goes_back;
  if (!round->asked) return DONE;
  bool done = xlgc__finalize_rescue(&round->finalize, &goes_back);
  return goes_back ? BACK : unless_done(done);
}

static void begin_committing(xlgc__round *round) {
  if (round->asked) xlgc__repair_commit(&round->repair);
}
static int commit(xlgc__round *round, int64_t *budget) {
  int result = propagate(round, budget);
  if (result == DONE) round->asked = false;
  return result;
}

/* What was to live whatever the answers were does so until the next round: by then its heir holds it, or what was
 * asked. */
static void begin_forgetting(xlgc__round *round) {
  xlgc__list_join(&round->graph->objects, &round->finalize.kept, &round->repair.reclaim.heirlooms);
}
static int forget(xlgc__round *round, int64_t *budget) {
  (void)budget;
  return unless_done(xlgc__finalize_forget(&round->finalize, &round->repair.reclaim.dead));
}

static int places(xlgc__round *round, int64_t *budget) {
  (void)budget;
  return unless_done(xlgc__finalize_clear_place(&round->finalize, &round->repair.reclaim.places));
}

/* References that were cleared, and are not told so yet, are told before the releases that follow. */
static int clear(xlgc__round *round, int64_t *budget) {
  (void)budget;
  if (!xlgc__delivery_calls(&round->delivery)) {
    xlgc__mutex_lock(&round->queue->lock);
    bool must_call = xlgc__weaks_clears_with_notifier(&round->weaks);
    xlgc__mutex_unlock(&round->queue->lock);
    if (must_call) return STOPS;
  }
  return unless_done(xlgc__finalize_clear_weak(&round->finalize));
}

/* How many objects have died in it so far. */
static uint64_t died_in(const xlgc__round *round) { return died(round) - round->died_before; }

static void begin_notifying(xlgc__round *round) {
  if (round->repair.reclaim.dead.first) xlgc__listeners_tell(&round->listeners, XLGC_WORK_ORPHANS, false, NULL, 0);
}
static int notify(xlgc__round *round, int64_t *budget) {
  if (!xlgc__finalize_notify(&round->finalize, &round->repair.reclaim.dead, budget)) return GOES_ON;
  if (died_in(round)) xlgc__listeners_tell(&round->listeners, XLGC_WORK_ORPHANS, true, NULL, died_in(round));
  return DONE;
}

static int recycle(xlgc__round *round, int64_t *budget) {
  return unless_done(xlgc__finalize_recycle(&round->finalize, budget));
}

/* ---------------------------------------------------------------- trimming */

/* How many link records are to be kept at hand: what one burst of events wanted the next one may want. Lock taken. */
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

/* Frees contexts that have ended and are read to their end. Lock taken. Returns whether none is left. */
static bool free_contexts(xlgc__round *round) {
  xlgc__queue *queue = round->queue;
  int freed = 0;
  for (xlgc_context **at = &queue->contexts, *context; (context = *at) != NULL;) {
    if (!xlgc__reader_is_closed(context) || xlgc__reader_has_news(context)) {
      at = &context->next;
      continue;
    }
    if (freed++ == TRIM_CONTEXTS) return false;
    if (context->scanners && !round->drop_scanners(context, TRIM_UNITS)) return false;
    *at = context->next;
    queue->chunks.bound--;
    xlgc__context_free(context);
  }
  return true;
}

/* With one context left the order of events is known again, once what several contexts logged is applied. Lock
 * taken. */
static void note_order(xlgc__round *round) {
  xlgc__queue *queue = round->queue;
  if (queue->contexts && queue->contexts->next) return;
  if (!xlgc__reader_has_news(round->cut.callbacks)) queue->plural = false;
  atomic_store_explicit(&queue->sole, queue->plural ? NULL : queue->contexts, memory_order_relaxed);
}

/* One table after the other. Lock taken. Returns whether nothing is left to give back. */
static bool trim_memory(xlgc__round *round) {
  xlgc__segments *links = &round->graph->links.records;
  bool all = xlgc__segments_trim(links, links_to_keep(round));
  round->queue->links_room = links->room;
  return all && xlgc__segments_trim(&round->graph->links.places, XLGC__SEGMENT_RECORDS) &&
         xlgc__segments_trim(&round->graph->objects.records, XLGC__SEGMENT_RECORDS) &&
         xlgc__addresses_trim(&round->graph->objects.addresses);
}

static int trim(xlgc__round *round, int64_t *budget) {
  xlgc__mutex_lock(&round->queue->lock);
  bool all = free_contexts(round);
  note_order(round);
  all = all && trim_memory(round);
  xlgc__mutex_unlock(&round->queue->lock);
  if (!all) *budget -= TRIM_UNITS;
  return unless_done(all);
}

/* -------------------------------------------------------------- the phases */

/* In their order. begin: done once, as the phase is reached from the one before. step: the next unit, or more. From
 * RESCUE the round goes back to PROPAGATE as long as a candidate was looked up meanwhile. Without pending objects
 * the phases from ANSWERS to COMMIT have nothing to do. */
static const struct {
  const char *name;
  void (*begin)(xlgc__round *round);
  int (*step)(xlgc__round *round, int64_t *budget);
} phases[XLGC__ROUND_PHASES] = {
    [XLGC__ROUND_EXPIRE] = {"expire", NULL, expire},
    [XLGC__ROUND_CUT] = {"cut", NULL, cut},
    [XLGC__ROUND_APPLY] = {"apply", NULL, apply},
    [XLGC__ROUND_GRACE] = {"grace", NULL, grace},
    [XLGC__ROUND_SCAN] = {"scan", NULL, scan},
    [XLGC__ROUND_SAVE] = {"save", NULL, save},
    [XLGC__ROUND_AHEAD] = {"ahead", NULL, ahead},
    [XLGC__ROUND_STALLED] = {"stalled", resume, stalled},
    [XLGC__ROUND_REPAIR] = {"repair", NULL, repair},
    [XLGC__ROUND_ASK] = {"ask", NULL, ask},
    [XLGC__ROUND_ANSWERS] = {"answers", NULL, answers},
    [XLGC__ROUND_PROPAGATE] = {"propagate", begin_propagating, propagate},
    [XLGC__ROUND_RESCUE] = {"rescue", NULL, rescue},
    [XLGC__ROUND_COMMIT] = {"commit", begin_committing, commit},
    [XLGC__ROUND_FORGET] = {"forget", begin_forgetting, forget},
    [XLGC__ROUND_PLACES] = {"places", NULL, places},
    [XLGC__ROUND_CLEAR] = {"clear", NULL, clear},
    [XLGC__ROUND_NOTIFY] = {"notify", begin_notifying, notify},
    [XLGC__ROUND_RECYCLE] = {"recycle", NULL, recycle},
    [XLGC__ROUND_TRIM] = {"trim", NULL, trim},
};

/* Level 2 of the invariants. */
static void verify(xlgc__round *round) {
#if XLGC_INVARIANTS >= 2
  char why[160];
  xlgc__mutex_lock(&round->queue->lock);
  int broken = xlgc__verify(round->graph, why, sizeof why);
  xlgc__mutex_unlock(&round->queue->lock);
  if (broken == XLGC_E_CORRUPT)
    fprintf(stderr, "xlgc: in phase %s: %s\n", round->phase ? phases[round->phase].name : "idle", why);
  XLGC__INVARIANT("V", broken != XLGC_E_CORRUPT);
#else
  (void)round;
#endif
}

static void end_phase(xlgc__round *round) {
  if (++round->phase < XLGC__ROUND_PHASES) {
    if (phases[round->phase].begin) phases[round->phase].begin(round);
    return;
  }
  round->rounds++;
  round->phase = XLGC__ROUND_IDLE;
  verify(round);
  xlgc__listeners_tell(&round->listeners, XLGC_WORK_ROUND, true, NULL, died_in(round));
}

int xlgc__round_run(xlgc__round *round, xlgc__round_phase until, int64_t *budget) {
  for (; round->phase != until; --*budget) {
    if (*budget <= 0) return 1;
    int result = phases[round->phase].step(round, budget);
    if (result < 0) return result;
    if (result == STOPS) return XLGC__ROUND_STOPS;
    if (result == BACK) round->phase = XLGC__ROUND_PROPAGATE;
    if (result == DONE) end_phase(round);
  }
  return 0;
}

/* As in a round, but for the grace: no orphan is looked for here. */
static int apply_logged(xlgc__round *round) {
  int64_t unlimited = INT64_MAX;
  xlgc__cut_note(&round->cut);
  int result = apply(round, &unlimited);
  if (result) return result;
  xlgc__cut_save(&round->cut);
  result = xlgc__cut_ahead(&round->cut, &unlimited);
  if (result) return result;
  resume(round);
  do
    result = stalled(round, &unlimited);
  while (result > 0);
  return result;
}

int xlgc__round_apply_all(xlgc__round *round) {
  int64_t unlimited = INT64_MAX;
  /* A round that has not begun to repair begins again with its cut. */
  if (round->phase > XLGC__ROUND_CUT && round->phase <= XLGC__ROUND_STALLED) round->phase = XLGC__ROUND_CUT;
  if (round->phase >= XLGC__ROUND_REPAIR && round->phase < XLGC__ROUND_FORGET) {
    int result = xlgc__round_run(round, XLGC__ROUND_FORGET, &unlimited);
    if (result < 0) return result;
  }
  uint64_t operations = round->graph->links.operations;
  int result = apply_logged(round);
  if (operations != round->graph->links.operations) verify(round);
  return result;
}
