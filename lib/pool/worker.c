#include <config.h>

#include "pool/worker.h"

#include "pool/contexts.h"
#include "pool/ownership.h"
#include "pool/steps.h"

enum { WORK_UNITS = 1 << 14, PERIOD_GROWTH = 16, MAIL_PORTION = 64 };

/* -------------------------------------------------------------- threads */

static int start(xlgc_pool *pool, xlgc__helper *helper, void *(*run)(void *pool)) {
  xlgc__mutex_lock(&pool->queue.lock);
  int failed = helper->runs ? XLGC_E_STATE : pool->shut ? XLGC_E_SHUTDOWN : 0;
  if (!failed) {
    helper->stops = false;
    if (pool->platform->thread_start(&helper->thread, run, pool)) failed = XLGC_E_THREAD;
    helper->runs = !failed;
  }
  xlgc__mutex_unlock(&pool->queue.lock);
  return failed;
}

static int stop(xlgc_pool *pool, xlgc__helper *helper) {
  xlgc__mutex_lock(&pool->queue.lock);
  /* Its own thread cannot wait for its end, also when another thread does so already. */
  bool itself = helper->runs && xlgc__thread_equal(helper->thread, xlgc__thread_self());
  int failed = itself ? XLGC_E_DEADLOCK : helper->runs && !helper->stops ? 0 : XLGC_E_STATE;
  if (!failed) {
    helper->stops = true;
    xlgc__condition_wake_all(&pool->queue.progress);
  }
  xlgc__mutex_unlock(&pool->queue.lock);
  if (failed) return failed;
  xlgc__thread_join(helper->thread);
  xlgc__mutex_lock(&pool->queue.lock);
  helper->runs = helper->stops = false;
  xlgc__condition_wake_all(&pool->queue.progress);
  xlgc__mutex_unlock(&pool->queue.lock);
  return 0;
}

/* Delivers some of a mailbox on the thread it belongs to, whose context is made with the first message. */
static bool deliver(xlgc_pool *pool, xlgc__mailbox *mailbox, xlgc_context **context, const char *name) {
  xlgc__mutex_lock(&pool->queue.lock);
  bool any = mailbox->list.first != 0;
  xlgc__mutex_unlock(&pool->queue.lock);
  if (!any) return false;
  if (!*context) {
    if (xlgc__contexts_open(pool, name, context)) return false;
    (*context)->of_pool = true;
  }
  return xlgc__delivery_deliver(&pool->round.delivery, mailbox, *context, MAIL_PORTION) != 0;
}

/* --------------------------------------------------------------- worker */

/* The worker waits, unless there is more to do already. result: of its last step. Lock taken. */
static void rest(xlgc_pool *pool, int result, uint64_t *period_ns) {
  xlgc__queue *queue = &pool->queue;
  if (pool->worker.stops || pool->round.delivery.worker.list.first) return;
  if (atomic_load_explicit(&queue->wanted, memory_order_relaxed)) return;
  uint64_t wait_ns = result == XLGC_E_HELD ? xlgc__steps_patience_ns(pool) : *period_ns;
  xlgc__condition_wait_for(&queue->progress, &queue->lock, wait_ns);
  if (result == 0 && *period_ns / PERIOD_GROWTH < pool->config.worker_period_ns) *period_ns += *period_ns / 2;
}

static void *work(void *data) {
  xlgc_pool *pool = data;
  xlgc__queue *queue = &pool->queue;
  xlgc__delivery *delivery = &pool->round.delivery;
  uint64_t period_ns = pool->config.worker_period_ns;
  xlgc__mutex_lock(&queue->lock);
  while (!pool->worker.stops) {
    xlgc__mutex_unlock(&queue->lock);
    XLGC__YIELD();
    atomic_store_explicit(&queue->wanted, false, memory_order_relaxed);
    int result = xlgc__steps_run_as_worker(pool, WORK_UNITS);
    bool delivered = deliver(pool, &delivery->worker, &pool->worker_context, "worker");
    xlgc__mutex_lock(&queue->lock);
    if (result == 1 || delivered)
      period_ns = pool->config.worker_period_ns;
    else
      rest(pool, result, &period_ns);
  }
  xlgc__mutex_unlock(&queue->lock);
  return NULL;
}

int xlgc__worker_start(xlgc_pool *pool) { return start(pool, &pool->worker, work); }
int xlgc__worker_stop(xlgc_pool *pool) { return stop(pool, &pool->worker); }

/* -------------------------------------------------------------- cleaner */

static void *clean(void *data) {
  xlgc_pool *pool = data;
  xlgc__queue *queue = &pool->queue;
  xlgc__delivery *delivery = &pool->round.delivery;
  xlgc__mutex_lock(&queue->lock);
  while (!pool->cleaner.stops) {
    if (!delivery->cleaner.list.first) {
      xlgc__condition_wait(&queue->progress, &queue->lock);
      continue;
    }
    xlgc__mutex_unlock(&queue->lock);
    bool delivered = deliver(pool, &delivery->cleaner, &pool->cleaner_context, "clean-up thread");
    xlgc__mutex_lock(&queue->lock);
    /* Without memory for its context it tries again. */
    if (!delivered) xlgc__condition_wait_for(&queue->progress, &queue->lock, pool->config.worker_period_ns);
  }
  xlgc__mutex_unlock(&queue->lock);
  return NULL;
}

int xlgc__worker_start_cleaner(xlgc_pool *pool) { return start(pool, &pool->cleaner, clean); }
int xlgc__worker_stop_cleaner(xlgc_pool *pool) { return stop(pool, &pool->cleaner); }

void xlgc__worker_need_cleaner(xlgc_pool *pool) {
  xlgc__queue *queue = &pool->queue;
  xlgc__delivery *delivery = &pool->round.delivery;
  xlgc__mutex_lock(&queue->lock);
  bool needed = xlgc__delivery_backlog(delivery) && !pool->shut, runs = pool->cleaner.runs;
  xlgc__mutex_unlock(&queue->lock);
  if (!needed || (!runs && xlgc__worker_start_cleaner(pool))) return;
  /* Another thread that works calls the backlog itself, or comes here after it. */
  if (xlgc__ownership_take(pool, false)) return;
  xlgc__mutex_lock(&queue->lock);
  if (pool->cleaner.runs) xlgc__delivery_mail_backlog(delivery, &delivery->cleaner);
  xlgc__ownership_give_locked(pool);
  xlgc__mutex_unlock(&queue->lock);
}

void xlgc__worker_end_all(xlgc_pool *pool) {
  xlgc__worker_stop(pool);
  xlgc__worker_stop_cleaner(pool);
  xlgc__mutex_lock(&pool->queue.lock);
  while (pool->worker.runs || pool->cleaner.runs)
    xlgc__condition_wait(&pool->queue.progress, &pool->queue.lock);
  xlgc__mutex_unlock(&pool->queue.lock);
}
