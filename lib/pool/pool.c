#include <config.h>

#include "pool/pool.h"

#include <stdio.h>

/* How much is done between looks at the clock, by a thread that helps to make room in the queue, and by one that helps
 * ahead of that, with each chunk that it fills: 32 units a record. */
enum { CLOCK_UNITS = 64, HELP_UNITS = 4096, AHEAD_UNITS = 1 << 14 };

/* ------------------------------------------------------------- the turn */

#if defined(__GNUC__)
#define FRAME() ((uintptr_t)__builtin_frame_address(0))
#else
#define FRAME() ((uintptr_t)0)
#endif

/* Has a callback left the function that called it without returning? `frame` is that of the owner's present call, which
 * stands on the stack below the frame that took the turn, as long as that is there. A stack that a callback switched
 * to is somewhere else. */
static bool left_by_a_jump(const xlgc_pool *pool, uintptr_t frame) {
  enum { NEAR = 1 << 16 };
  return frame && frame >= pool->frame && frame - pool->frame < NEAR;
}

/* Lock held. Waits until the turn is free and takes it. */
static void take_locked(xlgc_pool *pool) {
  pool->waiting++;
  while (pool->taken)
    xlgc__condition_wait(&pool->queue.progress, &pool->queue.lock);
  pool->waiting--;
  pool->taken = true;
  pool->owner = xlgc__thread_self();
  xlgc__thread_works_on(pool);
}

int xlgc__ownership_take(xlgc_pool *pool, bool wait) {
  if (!pool) return XLGC_E_INVAL;
  if (pool->fork_generation != xlgc__fork_generation()) return XLGC_E_FORK;
  int result = 0;
  xlgc__mutex_lock(&pool->queue.lock);
  bool mine = pool->taken && xlgc__thread_equal(pool->owner, xlgc__thread_self());
  const bool jumped_out = mine && left_by_a_jump(pool, FRAME());
  XLGC__INVARIANT("P6", !jumped_out);
  (void)jumped_out;
  /* Who can wait goes before who would come back soon anyway. */
  if (mine || (!wait && (pool->taken || pool->waiting)))
    result = XLGC_E_BUSY;
  else
    take_locked(pool);
  if (!result) pool->frame = FRAME();
  xlgc__mutex_unlock(&pool->queue.lock);
  return result;
}

/* Lock held. */
static void give_locked(xlgc_pool *pool) {
  pool->taken = false;
  xlgc__thread_works_on(NULL);
  xlgc__condition_wake_all(&pool->queue.progress);
}

void xlgc__ownership_give(xlgc_pool *pool) {
  xlgc__mutex_lock(&pool->queue.lock);
  give_locked(pool);
  xlgc__mutex_unlock(&pool->queue.lock);
}

bool xlgc__ownership_is_mine(xlgc_pool *pool) {
  xlgc__mutex_lock(&pool->queue.lock);
  bool inside = pool->taken && xlgc__thread_equal(pool->owner, xlgc__thread_self());
  xlgc__mutex_unlock(&pool->queue.lock);
  return inside;
}

static bool is_of_this_thread(const xlgc_context *context) {
  return xlgc__thread_equal(atomic_load_explicit(&context->thread, memory_order_relaxed), xlgc__thread_self());
}

static bool is_this_thread(const xlgc__helper *helper) {
  return helper->runs && xlgc__thread_equal(helper->thread, xlgc__thread_self());
}

bool xlgc__ownership_delivers(xlgc_pool *pool) {
  xlgc__mutex_lock(&pool->queue.lock);
  bool delivers = is_this_thread(&pool->worker) || is_this_thread(&pool->cleaner);
  for (const xlgc_context *context = pool->queue.contexts; context && !delivers; context = context->next)
    delivers = atomic_load_explicit(&context->dispatching, memory_order_relaxed) && is_of_this_thread(context);
  xlgc__mutex_unlock(&pool->queue.lock);
  return delivers;
}

/* ------------------------------------------------------------------ work */

static uint64_t later(uint64_t now_ns, uint64_t ns) { return now_ns + ns < now_ns ? UINT64_MAX : now_ns + ns; }

/* The round has to wait: notes for whom and since when, and lets the watchdog bark. */
static void note_held(xlgc_pool *pool) {
  const xlgc__round *round = &pool->round;
  uint64_t now = pool->platform->clock_ns();
  if (!pool->held_since_ns) {
    pool->held_since_ns = now;
    pool->held_next_ns = later(now, pool->config.watchdog_ns);
  }
  snprintf(pool->held_by, sizeof pool->held_by, "%s", round->holder);
  if (now < pool->held_next_ns) return;
  pool->held_next_ns = later(now, pool->config.watchdog_ns);
  xlgc_held held = {pool->held_by, round->phase == XLGC__ROUND_GRACE, now - pool->held_since_ns};
  if (pool->config.on_held) pool->config.on_held(pool->config.data, &held);
}

static int run(xlgc_pool *pool, int64_t *units) {
  int result = xlgc__round_run(&pool->round, XLGC__ROUND_IDLE, units);
  if (result == XLGC_E_HELD) {
    note_held(pool);
  } else if (pool->held_since_ns) {
    pool->held_since_ns = 0;
    pool->held_by[0] = 0;
  }
  return result;
}

int xlgc__steps_work(xlgc_pool *pool, int64_t units) {
  xlgc__round *round = &pool->round;
  bool work;
  while ((work = xlgc__round_has_work(round)) && units > 0) {
    /* A round for new events ends the reprieves given before; one that only goes on with the last does not. */
    if (round->phase == XLGC__ROUND_IDLE) xlgc__round_begin(round, xlgc__round_has_news(round));
    int result = run(pool, &units);
    if (result < 0) return result;
  }
  return work;
}

static void note_time(xlgc_pool *pool, uint64_t ns) {
  unsigned power = 0;
  while (power + 1 < XLGC_STEP_TIMES && ns >> (power + 1))
    power++;
  pool->steps[power]++;
  if (ns > pool->longest_step_ns) pool->longest_step_ns = ns;
}

int xlgc_step(xlgc_pool *pool, size_t units) {
  int failed = xlgc__ownership_take(pool, false);
  if (failed) return failed;
  uint64_t start = pool->platform->clock_ns();
  int result = xlgc__steps_work(pool, units > INT64_MAX ? INT64_MAX : (int64_t)units);
  note_time(pool, pool->platform->clock_ns() - start);
  xlgc__ownership_give(pool);
  return result;
}

int xlgc_step_for(xlgc_pool *pool, uint64_t ns) {
  int failed = xlgc__ownership_take(pool, false);
  if (failed) return failed;
  uint64_t start = pool->platform->clock_ns();
  int result;
  do {
    result = xlgc__steps_work(pool, CLOCK_UNITS);
  } while (result == 1 && pool->platform->clock_ns() - start < ns);
  xlgc__ownership_give(pool);
  return result;
}

/* Is there another thread for each question that was mailed to one of the pool's? Lock held. */
static bool others_answer(const xlgc_pool *pool) {
  const xlgc__delivery *delivery = &pool->round.delivery;
  bool worker = !delivery->worker.questions || (pool->worker.runs && !is_this_thread(&pool->worker));
  bool cleaner = !delivery->cleaner.questions || (pool->cleaner.runs && !is_this_thread(&pool->cleaner));
  return worker && cleaner;
}

uint64_t xlgc__steps_patience_ns(const xlgc_pool *pool) {
  uint64_t period_ns = pool->config.worker_period_ns, watchdog_ns = pool->config.watchdog_ns;
  return watchdog_ns < period_ns ? watchdog_ns : period_ns;
}

/* Waits, without the turn, until somebody may have let go of the round. Returns XLGC_E_HELD when that is up to this
 * thread. */
static int wait_for_holder(xlgc_pool *pool) {
  xlgc__queue *queue = &pool->queue;
  xlgc__mutex_lock(&queue->lock);
  const xlgc_context *holder = queue->blocker;
  bool mine = holder ? is_of_this_thread(holder) : !others_answer(pool);
  if (!mine) {
    give_locked(pool);
    xlgc__condition_wait_for(&queue->progress, &queue->lock, xlgc__steps_patience_ns(pool));
    take_locked(pool);
  }
  xlgc__mutex_unlock(&queue->lock);
  return mine ? XLGC_E_HELD : 0;
}

/* Runs the present round to its end, waiting for whoever holds it up. */
static int finish_round(xlgc_pool *pool) {
  for (;;) {
    int64_t unlimited = INT64_MAX;
    int result = run(pool, &unlimited);
    if (result == XLGC_E_HELD) result = wait_for_holder(pool);
    if (result || pool->round.phase == XLGC__ROUND_IDLE) return result;
  }
}

int xlgc__steps_flush(xlgc_pool *pool) {
  xlgc__round *round = &pool->round;
  int result = finish_round(pool);
  if (result) return result;
  /* The first round takes what was logged before, and asks those again that were kept; the others only follow up. While
   * the turn was given back another thread may have done the same. */
  uint64_t first = round->begun + 1;
  bool due = xlgc__round_has_work(round) || round->finalize.kept.first;
  while (due && !result) {
    if (round->phase == XLGC__ROUND_IDLE) xlgc__round_begin(round, round->begun < first);
    result = finish_round(pool);
    due = round->begun < first || xlgc__round_has_follow_up(round);
  }
  return result;
}

int xlgc_flush(xlgc_pool *pool) {
  int failed = xlgc__ownership_take(pool, true);
  if (failed) return failed;
  int result = xlgc__steps_flush(pool);
  xlgc__ownership_give(pool);
  return result;
}

int xlgc__steps_apply_all(xlgc_pool *pool) {
  int result;
  do {
    result = xlgc__round_apply_all(&pool->round);
    if (result == XLGC_E_HELD) {
      note_held(pool);
      result = wait_for_holder(pool) ? XLGC_E_HELD : 1;
    }
  } while (result > 0);
  return result;
}

int xlgc_apply(xlgc_pool *pool) {
  int failed = xlgc__ownership_take(pool, true);
  if (failed) return failed;
  int result = xlgc__steps_apply_all(pool);
  xlgc__ownership_give(pool);
  return result;
}

int xlgc__steps_resolve(const xlgc_pool *pool, xlgc_id id, uint32_t *out) {
  if (id >> 56 != pool->graph.objects.pool) return XLGC_E_FOREIGN;
  *out = xlgc__object_resolve(&pool->graph.objects, id);
  if (!*out || xlgc__graph_object(&pool->graph, *out)->flags & XLGC__DEAD) return XLGC_E_STALE;
  return 0;
}

int xlgc__steps_begin_reading(xlgc_pool *pool, xlgc_id id, uint32_t *out) {
  int failed = xlgc__ownership_take(pool, true);
  if (failed) return failed;
  failed = xlgc__steps_apply_all(pool);
  if (!failed) failed = xlgc__steps_resolve(pool, id, out);
  if (failed) xlgc__ownership_give(pool);
  return failed;
}

/* Waits until another thread may have retired a chunk or stopped to work. */
enum waited { NOBODY_WORKS, WAITED, WAITS_FOR_ME };
static enum waited wait_for_room(xlgc_pool *pool) {
  xlgc__queue *queue = &pool->queue;
  xlgc__mutex_lock(&queue->lock);
  const xlgc_context *holder = queue->blocker;
  enum waited result = pool->taken || pool->worker.runs ? WAITED : NOBODY_WORKS;
  if (holder && is_of_this_thread(holder))
    result = WAITS_FOR_ME;
  else if (holder || result == WAITED)
    xlgc__condition_wait_for(&queue->progress, &queue->lock, pool->config.worker_period_ns);
  xlgc__mutex_unlock(&queue->lock);
  return result;
}

int xlgc__policy_make_room(xlgc_pool *pool, int failed) {
  if (pool->config.when_full == XLGC_FULL_FAIL) return failed;
  if (pool->config.when_full == XLGC_FULL_HELP) {
    int result = xlgc_step(pool, HELP_UNITS);
    if (result >= 0) return result == 0 ? XLGC__ROOM_LAST : XLGC__ROOM_MADE;
    if (result != XLGC_E_BUSY && result != XLGC_E_HELD) return result;
  }
  enum waited waited = wait_for_room(pool);
  if (waited == WAITS_FOR_ME) return XLGC__ROOM_OVER;
  /* Who can help need not find anybody at work. */
  return waited == WAITED || pool->config.when_full == XLGC_FULL_HELP ? XLGC__ROOM_MADE : failed;
}

/* -------------------------------------------------------------- contexts */

int xlgc__contexts_open(xlgc_pool *pool, const char *name, xlgc_context **out) {
  int failed = xlgc__context_create(&pool->queue, pool, pool->graph.objects.pool, name, out);
  if (failed) return failed;
  xlgc__mutex_lock(&pool->queue.lock);
  xlgc__context_open(*out);
  if (pool->shut) xlgc__context_refuse(*out, true);
  xlgc__mutex_unlock(&pool->queue.lock);
  return 0;
}

int xlgc__contexts_close(xlgc_context *context, xlgc_context *heir) {
  xlgc_pool *pool = context->pool;
  xlgc__queue *queue = &pool->queue;
  if (context->dispatching) return XLGC_E_BUSY;
  xlgc__context_strike_off(context);
  xlgc__section_end(context);
  xlgc__mutex_lock(&queue->lock);
  xlgc__registry_disown(&pool->graph.objects.registry, context, heir);
  xlgc__delivery_move(&pool->round.delivery, &context->mailbox, heir ? &heir->mailbox : &queue->stray);
  queue->context_count--;
  XLGC__YIELD();
  atomic_store_explicit(&context->closed, true, memory_order_release);
  xlgc__condition_wake_all(&queue->progress);
  xlgc__mutex_unlock(&queue->lock);
  return 0;
}

/* Does more wait than is good, and nobody works it off? */
static bool help_is_due(xlgc_pool *pool) {
  const xlgc_config *config = &pool->config;
  if (config->when_full != XLGC_FULL_HELP || !config->help_events) return false;
  xlgc__queue *queue = &pool->queue;
  xlgc__mutex_lock(&queue->lock);
  /* Each log keeps its last chunk. */
  uint64_t full = queue->chunks.used > queue->context_count ? queue->chunks.used - queue->context_count : 0;
  bool due = full * XLGC__CHUNK_RECORDS >= config->help_events && !pool->taken && !pool->worker.runs;
  xlgc__mutex_unlock(&queue->lock);
  return due;
}

int xlgc__policy_log_slowly(xlgc_context *context, const xlgc__record *records, uint32_t count, uint32_t links) {
  /* Callbacks do not wait: this thread, or one that waits for it, is the one that would have to work. */
  bool over = context->of_pool || context->dispatching;
  /* One step a chunk, not until all is well: others may log as fast as this thread works. */
  if (!over && help_is_due(context->pool)) xlgc_step(context->pool, AHEAD_UNITS);
  for (int way = XLGC__ROOM_MADE;;) {
    int failed = xlgc__context_log(context, records, count, links, over || way == XLGC__ROOM_OVER);
    if (!failed || way != XLGC__ROOM_MADE) return failed;
    if (xlgc__ownership_is_mine(context->pool))
      way = failed == XLGC_E_QUEUE ? XLGC__ROOM_OVER : failed;
    else
      way = xlgc__policy_make_room(context->pool, failed);
    if (way < 0) return way;
  }
}

int xlgc__contexts_make_object(xlgc_context *context, void *address, const xlgc_kind *kind, uint32_t *out) {
  if (kind && kind->delivery > XLGC_DELIVER_OWNER) return XLGC_E_INVAL;
  xlgc__graph *graph = &context->pool->graph;
  xlgc_context *owner = context->of_pool ? NULL : context;
  return xlgc__object_create(&graph->objects, address, kind, owner, xlgc__graph_birth_rank(graph), out);
}

void xlgc__contexts_refuse(xlgc_pool *pool, bool refuse) {
  for (xlgc_context *context = pool->queue.contexts; context; context = context->next)
    if (!context->of_pool) xlgc__context_refuse(context, refuse);
}

int xlgc__contexts_admit(xlgc_context *context) {
  xlgc_pool *pool = context->pool;
  if (pool->fork_generation != xlgc__fork_generation()) return XLGC_E_FORK;
  bool takes_events = atomic_load_explicit(&context->log.limit, memory_order_relaxed) != 0;
  if (takes_events || context->dispatching || xlgc__ownership_is_mine(pool)) return 0;
  return XLGC_E_SHUTDOWN;
}
