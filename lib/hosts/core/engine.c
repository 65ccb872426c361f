#include <config.h>

#include "hosts/core/engine.h"

#include <stdio.h>

/* ---------------------------------------------------------------- threads */

uintptr_t xlgc__host_engine_thread(void) {
  static _Thread_local char own;
  return (uintptr_t)&own;
}

static bool is_any_threads(const xlgc_host *host) { return host->adapter->flags & XLGC_HOST_ANY_THREAD; }

static uintptr_t thread_of(const xlgc_host *host) { return atomic_load_explicit(&host->thread, memory_order_acquire); }

static void set_thread(xlgc_host *host, uintptr_t thread) {
  atomic_store_explicit(&host->thread, thread, memory_order_release);
}

void xlgc__host_engine_bind(xlgc_host *host) {
  set_thread(host, is_any_threads(host) ? 0 : xlgc__host_engine_thread());
}

bool xlgc__host_engine_is_here(const xlgc_host *host) {
  return is_any_threads(host) || thread_of(host) == xlgc__host_engine_thread();
}

int xlgc__host_engine_claim(xlgc_host *host) {
  if (xlgc__host_engine_is_here(host)) return 0;
  xlgc__host_lock_acquire();
  bool may = !host->is_shared && !(host->adapter->flags & XLGC_HOST_ONE_THREAD) &&
             !atomic_load_explicit(&host->depth, memory_order_acquire) &&
             !atomic_load_explicit(&host->visiting, memory_order_relaxed);
  if (may) set_thread(host, xlgc__host_engine_thread());
  xlgc__host_lock_release();
  return may ? 0 : XLGC_E_OTHER_THREAD;
}

int xlgc_host_adopt(xlgc_host *host) { return host ? xlgc__host_engine_claim(host) : XLGC_E_INVAL; }

int xlgc_host_share(xlgc_host *host) {
  if (!host) return XLGC_E_INVAL;
  if (is_any_threads(host) || host->is_shared) return 0;
  if (host->adapter->flags & XLGC_HOST_ONE_THREAD) return XLGC_E_INVAL;
  int failed = xlgc__host_engine_claim(host);
  if (failed) return failed;
  if (host->busy || host->visiting || atomic_load_explicit(&host->depth, memory_order_relaxed)) return XLGC_E_BUSY;
  xlgc__host_lock_acquire();
  host->is_shared = true;
  set_thread(host, 0);
  xlgc__host_lock_release();
  return 0;
}

/* ---------------------------------------------------------------- waiting */

/* A thread that waits for an engine. */
typedef struct waiter {
  uintptr_t thread;
  xlgc_host *host;
  struct waiter *prev, *next;
} waiter;

static waiter *waiters;
static _Thread_local char circle[256];

const char *xlgc__host_engine_circle(void) { return circle; }

void xlgc__host_engine_forget_waiting_locked(void) { waiters = NULL; }

/* The engine that the thread which has this one waits for, or NULL. */
static const xlgc_host *next_locked(const xlgc_host *host) {
  const waiter *waiter;
  DL_SEARCH_SCALAR(waiters, waiter, thread, thread_of(host));
  return waiter ? waiter->host : NULL;
}

static bool is_circle_locked(const xlgc_host *wanted) {
  const xlgc_host *host = wanted;
  while (host && thread_of(host) != xlgc__host_engine_thread())
    host = next_locked(host);
  return host;
}

static void describe_circle_locked(const xlgc_host *wanted) {
  size_t length = (size_t)snprintf(circle, sizeof circle, "waiting would never end: ");
  for (const xlgc_host *host = wanted; thread_of(host) != xlgc__host_engine_thread() && length < sizeof circle;) {
    const xlgc_host *next = next_locked(host);
    length += (size_t)snprintf(circle + length, sizeof circle - length, "the thread in '%s' waits for '%s', ",
                               host->adapter->name, next->adapter->name);
    host = next;
  }
  if (length < sizeof circle) snprintf(circle + length, sizeof circle - length, "which this thread is in");
}

/* The locks of adapters that this thread has, which it lets go while it waits. */
enum { YIELDING_MAX = 8 };
typedef struct yielding {
  unsigned count;
  struct {
    xlgc_host *host;
    void *token;
  } of[YIELDING_MAX];
} yielding;

/* Counts hosts in, so that they stay. */
static void find_yielding_locked(const xlgc__host_group *group, yielding *out) {
  xlgc_host *host;
  out->count = 0;
  DL_FOREACH(group->hosts, host) {
    if (!host->adapter->give_way || host->is_closing || out->count == YIELDING_MAX) continue;
    atomic_fetch_add_explicit(&host->depth, 1, memory_order_relaxed);
    out->of[out->count++].host = host;
  }
}

static void give_way(yielding *yielding) {
  for (unsigned i = 0; i < yielding->count; i++)
    yielding->of[i].token = yielding->of[i].host->adapter->give_way(yielding->of[i].host->engine);
}

static void come_back(const yielding *yielding) {
  for (unsigned i = yielding->count; i--;) {
    xlgc_host *host = yielding->of[i].host;
    if (yielding->of[i].token) host->adapter->come_back(host->engine, yielding->of[i].token);
    atomic_fetch_sub_explicit(&host->depth, 1, memory_order_release);
  }
}

int xlgc__host_engine_wait_locked(const xlgc__host_group *group, int (*look_locked)(void *data), void *data) {
  yielding yielding;
  int answer;
  find_yielding_locked(group, &yielding);
  xlgc__host_lock_release();
  give_way(&yielding);
  xlgc__host_lock_acquire();
  while ((answer = look_locked(data)) == XLGC_E_BUSY)
    xlgc__host_lock_wait();
  xlgc__host_lock_release();
  come_back(&yielding);
  xlgc__host_lock_acquire();
  return answer;
}

/* With the engine the thread waits for it no more. */
static int look_at_host_locked(void *data) {
  waiter *here = data;
  int failed = xlgc__host_engine_take_locked(here->host);
  if (failed == XLGC_E_BUSY) return failed;
  atomic_fetch_sub(&here->host->waiting, 1);
  DL_DELETE(waiters, here);
  return failed;
}

static int wait_for_host_locked(xlgc_host *host) {
  waiter here = {.thread = xlgc__host_engine_thread(), .host = host};
  DL_APPEND(waiters, &here);
  /* Sequentially consistent, as the store in _give: that thread sees this one waiting, or this one sees it gone. */
  atomic_fetch_add(&host->waiting, 1);
  return xlgc__host_engine_wait_locked(host->group, look_at_host_locked, &here);
}

bool xlgc__host_engine_is_in_any_locked(const xlgc__host_group *group) {
  const xlgc_host *host = group->hosts;
  while (host && !(host->is_shared && thread_of(host) == xlgc__host_engine_thread()))
    host = host->next;
  return host;
}

/* ----------------------------------------------------------- take and give */

int xlgc__host_engine_take_locked(xlgc_host *host) {
  if (is_any_threads(host)) return 0;
  uintptr_t thread = atomic_load(&host->thread);
  if (!host->is_shared) return thread == xlgc__host_engine_thread() ? 0 : XLGC_E_OTHER_THREAD;
  if (thread && thread != xlgc__host_engine_thread()) return XLGC_E_BUSY;
  if (!thread) set_thread(host, xlgc__host_engine_thread());
  host->turns++;
  return 0;
}

int xlgc__host_engine_take(xlgc_host *host) {
  xlgc__host_lock_acquire();
  int failed = xlgc__host_engine_take_locked(host);
  if (failed == XLGC_E_BUSY) {
    if (host->group->has_forked) {
      failed = XLGC_E_FORK;
    } else if (is_circle_locked(host)) {
      describe_circle_locked(host);
      failed = XLGC_E_DEADLOCK;
    } else {
      failed = wait_for_host_locked(host);
    }
  }
  xlgc__host_lock_release();
  return failed;
}

static int try_to_take(xlgc_host *host) {
  xlgc__host_lock_acquire();
  int failed = xlgc__host_engine_take_locked(host);
  xlgc__host_lock_release();
  return failed;
}

int xlgc__host_engine_try_own(xlgc_host *host) {
  return host->is_shared ? try_to_take(host) : xlgc__host_engine_claim(host);
}

int xlgc__host_engine_take_own(xlgc_host *host) {
  return host->is_shared ? xlgc__host_engine_take(host) : xlgc__host_engine_claim(host);
}

void xlgc__host_engine_give(xlgc_host *host) {
  if (!host->is_shared || --host->turns) return;
  atomic_store(&host->thread, 0);
  if (!atomic_load(&host->waiting)) return;
  xlgc__host_lock_acquire();
  xlgc__host_lock_wake();
  xlgc__host_lock_release();
}

/* --------------------------------------------------------- enter and leave */

int xlgc__host_engine_enter_taken(xlgc_host *host) {
  int failed = host->adapter->enter ? host->adapter->enter(host->engine) : 0;
  if (failed) xlgc__host_engine_give(host);
  return failed;
}

int xlgc__host_engine_enter(xlgc_host *host) {
  int failed = try_to_take(host);
  return failed ? failed : xlgc__host_engine_enter_taken(host);
}

void xlgc__host_engine_leave(xlgc_host *host) {
  if (host->adapter->leave) host->adapter->leave(host->engine);
  xlgc__host_engine_give(host);
}

bool xlgc__host_engine_look_locked(xlgc_host *host) {
  bool is_taken = !host->is_closing && !xlgc__host_engine_take_locked(host);
  if (is_taken) atomic_fetch_add_explicit(&host->depth, 1, memory_order_relaxed);
  xlgc__host_lock_release();
  if (!is_taken || !xlgc__host_engine_enter_taken(host)) return is_taken;
  atomic_fetch_sub_explicit(&host->depth, 1, memory_order_release);
  return false;
}

void xlgc__host_engine_look_away(xlgc_host *host) {
  xlgc__host_engine_leave(host);
  atomic_fetch_sub_explicit(&host->depth, 1, memory_order_release);
}

/* Only the engine's thread changes it; others read it when they would claim the host. */
void xlgc__host_engine_visit(xlgc_host *host, int change) {
  unsigned visiting = atomic_load_explicit(&host->visiting, memory_order_relaxed);
  atomic_store_explicit(&host->visiting, visiting + (unsigned)change, memory_order_relaxed);
}

/* ------------------------------------------------------------------- epochs */

void xlgc__host_engine_touch(xlgc_host *host) { atomic_fetch_add_explicit(&host->epoch, 1, memory_order_relaxed); }

uint64_t xlgc__host_engine_epoch(const xlgc_host *host) {
  return atomic_load_explicit(&host->epoch, memory_order_relaxed);
}
