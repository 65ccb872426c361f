#include <config.h>

#include "pool/steps.h"

#include <stdio.h>

#include "pool/ownership.h"
#include "queue/reader.h"
#include "ranks/nearest.h"

/* Units between two readings of the clock. */
enum { CLOCK_UNITS = 64 };
/* What a round may have to do for an event beside applying it. */
enum { UNITS_AN_EVENT = 4 };
/* In the backlog, when on_error is told of it. */
enum { BACKLOG_REPORTED = 1 << 16 };

static uint64_t later(uint64_t now_ns, uint64_t ns) { return now_ns + ns < now_ns ? UINT64_MAX : now_ns + ns; }

/* The round has to wait: notes the blocker and the time, and lets the watchdog report it. */
static void note_block(xlgc_pool *pool) {
  const xlgc__round *round = &pool->round;
  uint64_t now = pool->platform->clock_ns();
  if (!pool->blocked_since_ns) {
    pool->blocked_since_ns = now;
    pool->blocked_next_ns = later(now, pool->config.watchdog_ns);
    xlgc__listeners_tell(&pool->round.listeners, XLGC_WORK_STALL, false, round->blocker, 0);
  }
  snprintf(pool->blocker, sizeof pool->blocker, "%s", round->blocker);
  if (now < pool->blocked_next_ns) return;
  pool->blocked_next_ns = later(now, pool->config.watchdog_ns);
  bool scans = round->phase == XLGC__ROUND_SCAN;
  const xlgc_held held = {.context = scans ? pool->queue.blocker->name : pool->blocker,
                          .in_section = round->phase == XLGC__ROUND_GRACE,
                          .ns = now - pool->blocked_since_ns,
                          .scanner = scans ? pool->blocker : NULL};
  if (pool->config.on_held) pool->config.on_held(pool->config.data, &held);
}

/* What became of the round: it has to wait, or not any more. */
static void note_result(xlgc_pool *pool, int result) {
  if (result == XLGC_E_HELD) {
    note_block(pool);
  } else if (pool->blocked_since_ns) {
    xlgc__listeners_tell(&pool->round.listeners, XLGC_WORK_STALL, true, pool->blocker, 0);
    pool->blocked_since_ns = 0;
    pool->blocker[0] = 0;
  }
}

/* The mailbox where the objects wait that a thread finds which reports; NULL: the backlog. */
static xlgc__mailbox *mailbox_for_later(xlgc_pool *pool) {
  if (pool->config.help_tells != XLGC_HELP_TELLS_CLEANER) return NULL;
  xlgc__mutex_lock(&pool->queue.lock);
  bool cleans = pool->cleaner.runs;
  xlgc__mutex_unlock(&pool->queue.lock);
  return cleans ? &pool->round.delivery.cleaner : NULL;
}

static int run(xlgc_pool *pool, int64_t *units) {
  xlgc__finalize *finalize = &pool->round.finalize;
  /* The clean-up thread may have the first of those that are released in an order. */
  finalize->rest = finalize->held_first ? mailbox_for_later(pool) : NULL;
  int result = xlgc__round_run(&pool->round, XLGC__ROUND_IDLE, units);
  note_result(pool, result);
  return result;
}

/* In a round for new events, objects kept so far are roots no more; a round that only goes on with the last one keeps
 * them. They are asked again only by a thread that may. */
static bool expires(const xlgc__round *round) {
  if (!xlgc__delivery_calls(&round->delivery)) return false;
  return round->finalize.unasked || xlgc__round_has_news(round);
}

int xlgc__steps_work(xlgc_pool *pool, int64_t units) {
  xlgc__round *round = &pool->round;
  bool work;
  while ((work = xlgc__round_has_work(round)) && units > 0) {
    if (round->phase == XLGC__ROUND_IDLE) xlgc__round_begin(round, expires(round));
    int result = run(pool, &units);
    if (result < 0) return result;
    if (result == XLGC__ROUND_STOPS) return xlgc__steps_apply_all(pool) ? XLGC_E_HELD : 0;
  }
  return work;
}

static void tell_of_step(xlgc_pool *pool, bool ends) {
  xlgc__listeners_tell(&pool->round.listeners, XLGC_WORK_STEP, ends, NULL, 0);
}

/* A step ends, which began at this time. */
static void end_step(xlgc_pool *pool, uint64_t start_ns) {
  uint64_t ns = pool->platform->clock_ns() - start_ns;
  unsigned power = 0;
  while (power + 1 < XLGC_STEP_TIMES && ns >> (power + 1))
    power++;
  pool->steps[power]++;
  if (ns > pool->longest_step_ns) pool->longest_step_ns = ns;
  tell_of_step(pool, true);
}

static uint64_t events_ahead(const xlgc_pool *pool) { return atomic_load_explicit(&pool->ahead, memory_order_relaxed); }

static void set_events_ahead(xlgc_pool *pool, uint64_t count) {
  atomic_store_explicit(&pool->ahead, count, memory_order_relaxed);
}

/* The rounds that are due for events which reading has applied have got these units, or have nothing left to do. */
static void make_up(xlgc_pool *pool, int64_t units, int result) {
  uint64_t before = events_ahead(pool), events = (uint64_t)units / UNITS_AN_EVENT;
  if (before) set_events_ahead(pool, result && events < before ? before - events : 0);
}

/* One step of the pool's owner, counted. */
static int step(xlgc_pool *pool, int64_t units) {
  tell_of_step(pool, false);
  uint64_t start_ns = pool->platform->clock_ns();
  int result = xlgc__steps_work(pool, units);
  make_up(pool, units, result);
  end_step(pool, start_ns);
  return result;
}

static int step_and_give(xlgc_pool *pool, int64_t units) {
  int result = step(pool, units);
  xlgc__ownership_give(pool);
  return result;
}

int xlgc__steps_run(xlgc_pool *pool, int64_t units) {
  int failed = xlgc__ownership_take(pool, false);
  return failed ? failed : step_and_give(pool, units);
}

int xlgc__steps_run_as_worker(xlgc_pool *pool, int64_t units) {
  if (!xlgc__ownership_take_as_worker(pool)) return XLGC_E_BUSY;
  return step_and_give(pool, units + (int64_t)events_ahead(pool) * UNITS_AN_EVENT);
}

/* Says once that the program lets no thread call back. */
static void report_backlog(xlgc_pool *pool, const xlgc_context *context) {
  if (pool->backlog_reported || xlgc__delivery_backlog(&pool->round.delivery) <= BACKLOG_REPORTED) return;
  xlgc__mutex_lock(&pool->queue.lock);
  bool due = !pool->worker.runs;
  xlgc__mutex_unlock(&pool->queue.lock);
  if (!due) return;
  pool->backlog_reported = true;
  xlgc_error error = {.code = XLGC_E_BACKLOG, .what = "help"};
  xlgc__misuse_report(&pool->round.apply.misuse, context->name, 0, &error);
}

int xlgc__steps_help(xlgc_pool *pool, const xlgc_context *context, int64_t units) {
  int failed = xlgc__ownership_take(pool, false);
  if (failed) return failed;
  xlgc__delivery *delivery = &pool->round.delivery;
  delivery->silent = pool->config.help_tells != XLGC_HELP_TELLS_NOW;
  delivery->later = mailbox_for_later(pool);
  int result = step(pool, units);
  delivery->silent = false;
  delivery->later = NULL;
  report_backlog(pool, context);
  xlgc__ownership_give(pool);
  return result;
}

size_t xlgc__steps_tell_backlog(xlgc_pool *pool, size_t max) {
  xlgc__mutex_lock(&pool->queue.lock);
  bool any = pool->queue.stray.list.first || xlgc__delivery_backlog(&pool->round.delivery);
  xlgc__mutex_unlock(&pool->queue.lock);
  if (!any || xlgc__ownership_take(pool, false)) return 0;
  size_t count = xlgc__finalize_tell_waiting(&pool->round.finalize, max);
  xlgc__ownership_give(pool);
  return count;
}

int xlgc__steps_run_for(xlgc_pool *pool, uint64_t ns) {
  int failed = xlgc__ownership_take(pool, false);
  if (failed) return failed;
  tell_of_step(pool, false);
  uint64_t start_ns = pool->platform->clock_ns();
  int result;
  do {
    result = xlgc__steps_work(pool, CLOCK_UNITS);
    make_up(pool, CLOCK_UNITS, result);
  } while (result == 1 && pool->platform->clock_ns() - start_ns < ns);
  end_step(pool, start_ns);
  xlgc__ownership_give(pool);
  return result;
}

/* Is there another thread for each question that was mailed to one of the pool's? Lock taken. */
static bool others_answer(const xlgc_pool *pool) {
  const xlgc__delivery *delivery = &pool->round.delivery;
  bool worker = !delivery->worker.questions || (pool->worker.runs && !xlgc__ownership_is_helper(&pool->worker));
  bool cleaner = !delivery->cleaner.questions || (pool->cleaner.runs && !xlgc__ownership_is_helper(&pool->cleaner));
  return worker && cleaner;
}

uint64_t xlgc__steps_patience_ns(const xlgc_pool *pool) {
  uint64_t period_ns = pool->config.worker_period_ns, watchdog_ns = pool->config.watchdog_ns;
  return watchdog_ns < period_ns ? watchdog_ns : period_ns;
}

/* Gives the pool back and waits until the blocker may be gone. Returns XLGC_E_HELD when this thread is the blocker. */
static int wait_for_blocker(xlgc_pool *pool) {
  xlgc__queue *queue = &pool->queue;
  xlgc__mutex_lock(&queue->lock);
  const xlgc_context *blocker = queue->blocker;
  bool mine = blocker ? xlgc__ownership_has_context(blocker) : !others_answer(pool);
  if (!mine) {
    xlgc__ownership_give_locked(pool);
    xlgc__condition_wait_for(&queue->progress, &queue->lock, xlgc__steps_patience_ns(pool));
    xlgc__ownership_take_locked(pool);
  }
  xlgc__mutex_unlock(&queue->lock);
  return mine ? XLGC_E_HELD : 0;
}

/* Runs the present round to its end, waiting for what blocks it. */
static int finish_round(xlgc_pool *pool) {
  for (;;) {
    int64_t unlimited = INT64_MAX;
    int result = run(pool, &unlimited);
    if (result == XLGC_E_HELD) result = wait_for_blocker(pool);
    if (result || pool->round.phase == XLGC__ROUND_IDLE) return result;
  }
}

bool xlgc__steps_wait_for_deliveries(xlgc_pool *pool) {
  xlgc__queue *queue = &pool->queue;
  xlgc__mutex_lock(&queue->lock);
  bool any = queue->delivering != 0;
  while (queue->delivering) {
    xlgc__ownership_give_locked(pool);
    xlgc__condition_wait(&queue->progress, &queue->lock);
    xlgc__ownership_take_locked(pool);
  }
  xlgc__mutex_unlock(&queue->lock);
  return any;
}

/* Has this thread logged anything, as its callbacks may have? What others log meanwhile is not waited for. */
static bool has_own_news(xlgc_pool *pool) {
  xlgc__mutex_lock(&pool->queue.lock);
  const xlgc_context *context = pool->queue.contexts;
  xlgc__mutex_unlock(&pool->queue.lock);
  while (context && !(xlgc__reader_has_news(context) && xlgc__ownership_has_context(context)))
    context = context->next;
  return context != NULL;
}

/* Then something may have gone that no event says. */
static bool has_scanners(xlgc_pool *pool) {
  xlgc__mutex_lock(&pool->queue.lock);
  bool any = pool->queue.scanner_count != 0;
  xlgc__mutex_unlock(&pool->queue.lock);
  return any;
}

int xlgc__steps_flush(xlgc_pool *pool) {
  xlgc__round *round = &pool->round;
  int result = finish_round(pool);
  if (result) return result;
  /* The first round takes what was logged before, and asks again the objects that were kept; the others only follow
   * up. While the pool was given back another thread may have done the same. */
  uint64_t first = round->begun + 1;
  bool due = xlgc__round_has_work(round) || round->finalize.kept.first || has_scanners(pool);
  while (due && !result) {
    if (round->phase == XLGC__ROUND_IDLE) xlgc__round_begin(round, round->begun < first);
    result = finish_round(pool);
    due = round->begun < first || xlgc__round_has_follow_up(round) || (!result && has_own_news(pool));
  }
  if (!result) set_events_ahead(pool, 0);
  return result;
}

int xlgc__steps_apply_all(xlgc_pool *pool) {
  uint64_t before = pool->round.apply.events;
  int result;
  do {
    result = xlgc__round_apply_all(&pool->round);
    /* A round that begins again with its cut may have to wait for the same section again. */
    if (pool->round.phase != XLGC__ROUND_CUT) note_result(pool, result);
    if (result == XLGC_E_HELD) result = wait_for_blocker(pool) ? XLGC_E_HELD : 1;
  } while (result > 0);
  set_events_ahead(pool, events_ahead(pool) + pool->round.apply.events - before);
  return result;
}

int xlgc__steps_resolve_any(const xlgc_pool *pool, xlgc_id id, uint32_t *out) {
  if (id >> 56 != pool->graph.objects.pool) return XLGC_E_FOREIGN;
  *out = xlgc__object_resolve(&pool->graph.objects, id);
  return *out ? 0 : XLGC_E_STALE;
}

int xlgc__steps_resolve(const xlgc_pool *pool, xlgc_id id, uint32_t *out) {
  int failed = xlgc__steps_resolve_any(pool, id, out);
  if (failed) return failed;
  return xlgc__graph_object(&pool->graph, *out)->flags & XLGC__DEAD ? XLGC_E_STALE : 0;
}

int xlgc__steps_begin_reading_all(xlgc_pool *pool) {
  int failed = xlgc__ownership_take(pool, true);
  if (failed) return failed;
  failed = xlgc__steps_apply_all(pool);
  if (failed) xlgc__ownership_give(pool);
  return failed;
}

int xlgc__steps_begin_reading(xlgc_pool *pool, xlgc_id id, uint32_t *out) {
  int failed = xlgc__steps_begin_reading_all(pool);
  if (failed) return failed;
  failed = xlgc__steps_resolve(pool, id, out);
  if (failed) xlgc__ownership_give(pool);
  return failed;
}

int xlgc__steps_avoid(const xlgc_pool *pool, const xlgc_id *ids, size_t count, bool is_avoided) {
  for (size_t i = 0; i < count; i++) {
    uint32_t index;
    int failed = xlgc__steps_resolve(pool, ids[i], &index);
    if (failed == XLGC_E_FOREIGN) return failed;
    if (!failed) xlgc__nearest_avoid(&pool->graph, index, is_avoided);
  }
  return 0;
}
