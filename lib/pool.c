#include <config.h>

#include "pool.h"

/* How much is done between looks at the clock, and by a thread that helps to make room in the queue. */
enum { CLOCK_UNITS = 64, HELP_UNITS = 4096 };

/* ------------------------------------------------------------- the turn */

int xlgc__pool_enter(xlgc_pool *pool, bool wait) {
  if (!pool) return XLGC_E_INVAL;
  if (pool->fork_generation != xlgc__fork_generation()) return XLGC_E_FORK;
  int result = 0;
  xlgc__mutex_lock(&pool->queue.lock);
  bool mine = pool->taken && xlgc__thread_equal(pool->owner, xlgc__thread_self());
  pool->waiting += wait && !mine;
  while (pool->taken && wait && !mine)
    xlgc__condition_wait(&pool->queue.progress, &pool->queue.lock);
  pool->waiting -= wait && !mine;
  /* Who can wait goes before who would come back soon anyway. */
  if (pool->taken || (!wait && pool->waiting)) {
    result = XLGC_E_BUSY;
  } else {
    pool->taken = true;
    pool->owner = xlgc__thread_self();
  }
  xlgc__mutex_unlock(&pool->queue.lock);
  return result;
}

void xlgc__pool_leave(xlgc_pool *pool) {
  xlgc__mutex_lock(&pool->queue.lock);
  pool->taken = false;
  xlgc__condition_wake_all(&pool->queue.progress);
  xlgc__mutex_unlock(&pool->queue.lock);
}

bool xlgc__pool_inside(xlgc_pool *pool) {
  xlgc__mutex_lock(&pool->queue.lock);
  bool inside = pool->taken && xlgc__thread_equal(pool->owner, xlgc__thread_self());
  xlgc__mutex_unlock(&pool->queue.lock);
  return inside;
}

/* ------------------------------------------------------------------ work */

int xlgc__pool_work(xlgc_pool *pool, int64_t units) {
  xlgc__round *round = &pool->round;
  while (units > 0 && xlgc__round_has_work(round)) {
    if (round->phase == XLGC__ROUND_IDLE) {
      /* A round for new events ends the reprieves given before; one that only goes on with the last does not. */
      uint64_t logged = atomic_load_explicit(&round->program.logged, memory_order_acquire);
      xlgc__round_begin(round, logged != round->program.applied);
    }
    int result = xlgc__round_run(round, XLGC__ROUND_IDLE, &units);
    if (result < 0) return result;
  }
  return xlgc__round_has_work(round);
}

int xlgc_step(xlgc_pool *pool, size_t units) {
  int failed = xlgc__pool_enter(pool, false);
  if (failed) return failed;
  int result = xlgc__pool_work(pool, units > INT64_MAX ? INT64_MAX : (int64_t)units);
  xlgc__pool_leave(pool);
  return result;
}

int xlgc_step_for(xlgc_pool *pool, uint64_t ns) {
  int failed = xlgc__pool_enter(pool, false);
  if (failed) return failed;
  uint64_t start = pool->wait->clock_ns();
  int result;
  do {
    result = xlgc__pool_work(pool, CLOCK_UNITS);
  } while (result == 1 && pool->wait->clock_ns() - start < ns);
  xlgc__pool_leave(pool);
  return result;
}

int xlgc__pool_flush(xlgc_pool *pool) {
  xlgc__round *round = &pool->round;
  uint64_t goal = atomic_load_explicit(&round->program.logged, memory_order_acquire);
  int64_t unlimited = INT64_MAX;
  int result = xlgc__round_run(round, XLGC__ROUND_IDLE, &unlimited);
  for (bool expire = true; !result; expire = false) {
    bool due = round->program.applied < goal || round->graph->broken || round->graph->lowered || round->graph->idle;
    bool told = round->reap.told.first || round->callbacks.applied != atomic_load(&round->callbacks.logged);
    if (!due && !told && !(expire && round->reap.kept.first)) break;
    xlgc__round_begin(round, expire);
    unlimited = INT64_MAX;
    result = xlgc__round_run(round, XLGC__ROUND_IDLE, &unlimited);
  }
  return result;
}

int xlgc_flush(xlgc_pool *pool) {
  int failed = xlgc__pool_enter(pool, true);
  if (failed) return failed;
  int result = xlgc__pool_flush(pool);
  xlgc__pool_leave(pool);
  return result;
}

int xlgc_apply(xlgc_pool *pool) {
  int failed = xlgc__pool_enter(pool, true);
  if (failed) return failed;
  int result = xlgc__round_apply_all(&pool->round);
  xlgc__pool_leave(pool);
  return result;
}

int xlgc__pool_resolve(const xlgc_pool *pool, xlgc_id id, uint32_t *out) {
  if (id >> 56 != pool->graph.objects.pool) return XLGC_E_FOREIGN;
  *out = xlgc__object_resolve(&pool->graph.objects, id);
  if (!*out || xlgc__graph_object(&pool->graph, *out)->flags & XLGC__DEAD) return XLGC_E_STALE;
  return 0;
}

int xlgc__pool_enter_reading(xlgc_pool *pool, xlgc_id id, uint32_t *out) {
  int failed = xlgc__pool_enter(pool, true);
  if (failed) return failed;
  failed = xlgc__round_apply_all(&pool->round);
  if (!failed) failed = xlgc__pool_resolve(pool, id, out);
  if (failed) xlgc__pool_leave(pool);
  return failed;
}

/* Waits until another thread that works on the pool has retired a chunk or has stopped. Returns false when none does. */
static bool wait_for_worker(xlgc_pool *pool) {
  xlgc__mutex_lock(&pool->queue.lock);
  bool works = pool->taken || pool->worker_runs;
  if (works) xlgc__condition_wait_for(&pool->queue.progress, &pool->queue.lock, pool->config.worker_period_ns);
  xlgc__mutex_unlock(&pool->queue.lock);
  return works;
}

int xlgc__pool_make_way(xlgc_pool *pool, int failed) {
  if (pool->config.when_full == XLGC_FULL_FAIL) return failed;
  if (pool->config.when_full == XLGC_FULL_WAIT) return wait_for_worker(pool) ? 0 : failed;
  int result = xlgc_step(pool, HELP_UNITS);
  if (result == XLGC_E_BUSY) return wait_for_worker(pool) ? 0 : failed;
  if (result < 0) return result;
  return result == 0;
}
