#include <config.h>

#include "pool/policy.h"

#include "pool/ownership.h"
#include "pool/steps.h"
#include "pool/worker.h"
#include "queue/writer.h"

/* Units that a thread works to make room in the queue; and units that it works ahead of that, with each chunk that
 * it fills: 32 a record. */
enum { HELP_UNITS = 4096, AHEAD_UNITS = 1 << 14 };

/* Waits until another thread may have retired a chunk or stopped to work. */
enum waited { NONE_WORKS, WAITED, WAITS_FOR_ME };
static enum waited wait_for_room(xlgc_pool *pool) {
  xlgc__queue *queue = &pool->queue;
  xlgc__mutex_lock(&queue->lock);
  const xlgc_context *blocker = queue->blocker;
  enum waited result = pool->owned || pool->worker.runs ? WAITED : NONE_WORKS;
  /* The thread of a scanner may wait for any other, as for a lock that this one has taken: none waits for it here. */
  if (blocker && (queue->blocker_scans || xlgc__ownership_has_context(blocker)))
    result = WAITS_FOR_ME;
  else if (blocker || result == WAITED) {
    pool->wait_for_room++;
    xlgc__condition_wait_for(&queue->progress, &queue->lock, pool->config.worker_period_ns);
    pool->wait_for_room--;
  }
  xlgc__mutex_unlock(&queue->lock);
  return result;
}

int xlgc__policy_help(xlgc_pool *pool, const xlgc_context *context, int64_t units) {
  int result = xlgc__steps_help(pool, context, units);
  if (pool->config.help_tells == XLGC_HELP_TELLS_CLEANER) xlgc__worker_need_cleaner(pool);
  return result;
}

/* What to do after a failure to log: try again; try a last time; log beyond the bound. */
enum { AGAIN, LAST, OVER };

/* The queue has no room, or there is no memory for more of it: does what the policy says. Returns what to do, or the
 * error for the caller. */
static int make_room(xlgc_context *context, int failed) {
  xlgc_pool *pool = context->pool;
  if (pool->config.when_full == XLGC_FULL_FAIL) return failed;
  if (pool->config.when_full == XLGC_FULL_HELP) {
    int result = xlgc__policy_help(pool, context, HELP_UNITS);
    /* All events are applied: then there is room, unless other threads have taken it, but perhaps no memory. */
    if (result == 0 && failed == XLGC_E_NOMEM) return LAST;
    if (result >= 0) return AGAIN;
    if (result != XLGC_E_BUSY && result != XLGC_E_HELD) return result;
  }
  enum waited waited = wait_for_room(pool);
  if (waited == WAITS_FOR_ME) return OVER;
  /* A thread that can help need not find another one that works. */
  return waited == WAITED || pool->config.when_full == XLGC_FULL_HELP ? AGAIN : failed;
}

/* The same for a thread that owns the pool, inside a callback: it cannot wait for itself. */
static int make_room_inside(int failed) { return failed == XLGC_E_QUEUE ? OVER : failed; }

/* Do more events wait than should, to be applied or for the round after that, while no thread works on them? */
static bool help_is_due(xlgc_pool *pool) {
  const xlgc_config *config = &pool->config;
  if (config->when_full != XLGC_FULL_HELP) return false;
  xlgc__queue *queue = &pool->queue;
  xlgc__mutex_lock(&queue->lock);
  /* Each log keeps its last chunk. */
  uint64_t full = queue->chunks.used > queue->context_count ? queue->chunks.used - queue->context_count : 0;
  uint64_t ahead = atomic_load_explicit(&pool->ahead, memory_order_relaxed);
  bool many =
      config->help_events ? full * XLGC__CHUNK_RECORDS + ahead >= config->help_events : ahead >= config->queue_events;
  bool due = many && !pool->owned && !pool->worker.runs;
  xlgc__mutex_unlock(&queue->lock);
  return due;
}

/* Logs these records, or gets room for as many (NULL). */
static int try(xlgc_context *context, const xlgc__record *records, uint32_t count, uint32_t links, bool over) {
  return records ? xlgc__writer_append(context, records, count, links, over)
                 : xlgc__writer_reserve(context, count, over);
}

/* The same, and makes room for it. */
static int log_with_room(xlgc_context *context, const xlgc__record *records, uint32_t count, uint32_t links) {
  xlgc_pool *pool = context->pool;
  /* Callbacks do not wait: this thread, or one that waits for it, is the one that would have to work. */
  bool over = context->of_pool || context->dispatching;
  /* One step a chunk, not until the queue is short: others may log as fast as this thread works. */
  if (!over && help_is_due(pool)) xlgc__policy_help(pool, context, AHEAD_UNITS);
  for (int what = AGAIN;;) {
    int failed = try(context, records, count, links, over || what == OVER);
    if (!failed || what != AGAIN) return failed;
    what = xlgc__ownership_is_mine(pool) ? make_room_inside(failed) : make_room(context, failed);
    if (what < 0) return what;
  }
}

int xlgc__policy_log(xlgc_context *context, const xlgc__record *records, uint32_t count, uint32_t links) {
  return xlgc__writer_try(context, records, count, links) ? 0 : log_with_room(context, records, count, links);
}

int xlgc__policy_reserve(xlgc_context *context, uint32_t count) {
  uint32_t with_sync = count + context->syncs;
  return xlgc__writer_has_room(context, with_sync) ? 0 : log_with_room(context, NULL, with_sync, 0);
}
