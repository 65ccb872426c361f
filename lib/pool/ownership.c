#include <config.h>

#include "pool/ownership.h"

#include <utlist.h>

#include "base/process.h"

#if defined(__GNUC__)
#define FRAME() ((uintptr_t)__builtin_frame_address(0))
#else
#define FRAME() ((uintptr_t)0)
#endif

/* Has a callback left the function that called it without returning? `frame` is that of the owner's present call. As
 * long as the frame that took the pool exists, the present one is below it on the stack. A stack that a callback
 * switched to is far from both. */
static bool left_by_a_jump(const xlgc_pool *pool, uintptr_t frame) {
  enum { NEAR = 1 << 16 };
  return frame && frame >= pool->frame && frame - pool->frame < NEAR;
}

/* Lock taken. */
static bool is_mine(const xlgc_pool *pool) {
  return pool->owned && xlgc__thread_equal(pool->owner, xlgc__thread_self());
}

static void own(xlgc_pool *pool) {
  pool->owned = true;
  pool->owner = xlgc__thread_self();
  xlgc__process_works_on(pool);
}

/* Takes the pool in this thread's turn, so that threads that come again and again keep no other one away. Leaves it
 * when the thread is wanted elsewhere (NULL: never), and returns false. Lock taken. */
static bool take_in_turn(xlgc_pool *pool, bool (*is_wanted)(const xlgc_pool *pool)) {
  bool comes = !pool->owned && !pool->turns;
  if (XLGC__UNLIKELY(!comes)) {
    xlgc__turn turn;
    DL_APPEND(pool->turns, &turn);
    while (!(comes = !pool->owned && pool->turns == &turn) && !(is_wanted && is_wanted(pool)))
      xlgc__condition_wait(&pool->queue.progress, &pool->queue.lock);
    DL_DELETE(pool->turns, &turn);
  }
  if (comes) own(pool);
  return comes;
}

void xlgc__ownership_take_locked(xlgc_pool *pool) { take_in_turn(pool, NULL); }

/* Has the worker to do what the pool's owner may wait for? Lock taken. */
static bool worker_is_wanted(const xlgc_pool *pool) {
  return pool->worker.stops || pool->round.delivery.worker.list.first;
}

bool xlgc__ownership_take_as_worker(xlgc_pool *pool) {
  xlgc__mutex_lock(&pool->queue.lock);
  bool comes = take_in_turn(pool, worker_is_wanted);
  if (comes) pool->frame = FRAME();
  xlgc__mutex_unlock(&pool->queue.lock);
  return comes;
}

int xlgc__ownership_take(xlgc_pool *pool, bool wait) {
  if (!pool) return XLGC_E_INVAL;
  if (pool->fork_generation != xlgc__process_generation()) return XLGC_E_FORK;
  int result = 0;
  xlgc__mutex_lock(&pool->queue.lock);
  bool mine = is_mine(pool);
  const bool jumped_out = mine && left_by_a_jump(pool, FRAME());
  XLGC__INVARIANT("P6", !jumped_out);
  (void)jumped_out;
  /* A thread that can wait goes before one that would come back soon anyway. */
  if (mine || (!wait && (pool->owned || pool->turns)))
    result = XLGC_E_BUSY;
  else
    xlgc__ownership_take_locked(pool);
  if (!result) pool->frame = FRAME();
  xlgc__mutex_unlock(&pool->queue.lock);
  return result;
}

void xlgc__ownership_give_locked(xlgc_pool *pool) {
  pool->owned = false;
  xlgc__process_works_on(NULL);
  /* No other thread: two that find the same round stalled would wake each other without end. */
  if (pool->turns || pool->wait_for_room) xlgc__condition_wake_all(&pool->queue.progress);
}

void xlgc__ownership_give(xlgc_pool *pool) {
  xlgc__mutex_lock(&pool->queue.lock);
  xlgc__ownership_give_locked(pool);
  xlgc__mutex_unlock(&pool->queue.lock);
}

bool xlgc__ownership_is_mine(xlgc_pool *pool) {
  xlgc__mutex_lock(&pool->queue.lock);
  bool mine = is_mine(pool);
  xlgc__mutex_unlock(&pool->queue.lock);
  return mine;
}

bool xlgc__ownership_has_context(const xlgc_context *context) {
  return xlgc__thread_equal(atomic_load_explicit(&context->thread, memory_order_relaxed), xlgc__thread_self());
}

bool xlgc__ownership_is_helper(const xlgc__helper *helper) {
  return helper->runs && xlgc__thread_equal(helper->thread, xlgc__thread_self());
}

bool xlgc__ownership_is_inside(xlgc_pool *pool) {
  xlgc__mutex_lock(&pool->queue.lock);
  bool inside = is_mine(pool) || xlgc__ownership_is_helper(&pool->worker) || xlgc__ownership_is_helper(&pool->cleaner);
  for (const xlgc_context *context = pool->queue.contexts; context && !inside; context = context->next)
    inside = atomic_load_explicit(&context->dispatching, memory_order_relaxed) && xlgc__ownership_has_context(context);
  xlgc__mutex_unlock(&pool->queue.lock);
  return inside;
}
