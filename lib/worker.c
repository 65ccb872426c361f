/* The worker: a thread that steps the pool. It is woken when a chunk of events is full, and looks by itself after a
 * period, which grows up to a bound while there is nothing to do. */
#include <config.h>

#include "pool.h"

enum { WORK_UNITS = 1 << 14, PERIOD_GROWTH = 16 };

static void *work(void *data) {
  xlgc_pool *pool = data;
  xlgc__queue *queue = &pool->queue;
  uint64_t period_ns = pool->config.worker_period_ns;
  xlgc__mutex_lock(&queue->lock);
  while (!pool->worker_stops) {
    xlgc__mutex_unlock(&queue->lock);
    atomic_store_explicit(&queue->wanted, false, memory_order_relaxed);
    int result = xlgc_step(pool, WORK_UNITS);
    xlgc__mutex_lock(&queue->lock);
    if (result == 1) {
      period_ns = pool->config.worker_period_ns;
      continue;
    }
    if (pool->worker_stops || atomic_load_explicit(&queue->wanted, memory_order_relaxed)) continue;
    xlgc__condition_wait_for(&queue->progress, &queue->lock, period_ns);
    if (result == 0 && period_ns / PERIOD_GROWTH < pool->config.worker_period_ns) period_ns += period_ns / 2;
  }
  xlgc__mutex_unlock(&queue->lock);
  return NULL;
}

int xlgc_worker_start(xlgc_pool *pool) {
  if (!pool) return XLGC_E_INVAL;
  if (pool->fork_generation != xlgc__fork_generation()) return XLGC_E_FORK;
  xlgc__mutex_lock(&pool->queue.lock);
  int failed = pool->worker_runs ? XLGC_E_STATE : 0;
  if (!failed) {
    pool->worker_stops = false;
    if (pool->wait->thread_start(&pool->worker, work, pool)) failed = XLGC_E_THREAD;
    pool->worker_runs = !failed;
  }
  xlgc__mutex_unlock(&pool->queue.lock);
  return failed;
}

int xlgc_worker_stop(xlgc_pool *pool) {
  if (!pool) return XLGC_E_INVAL;
  if (pool->fork_generation != xlgc__fork_generation()) return XLGC_E_FORK;
  if (xlgc__pool_inside(pool)) return XLGC_E_DEADLOCK;
  xlgc__mutex_lock(&pool->queue.lock);
  int failed = pool->worker_runs && !pool->worker_stops ? 0 : XLGC_E_STATE;
  if (!failed) {
    pool->worker_stops = true;
    xlgc__condition_wake_all(&pool->queue.progress);
  }
  xlgc__mutex_unlock(&pool->queue.lock);
  if (failed) return failed;
  xlgc__thread_join(pool->worker);
  xlgc__mutex_lock(&pool->queue.lock);
  pool->worker_runs = pool->worker_stops = false;
  xlgc__condition_wake_all(&pool->queue.progress);
  xlgc__mutex_unlock(&pool->queue.lock);
  return 0;
}
