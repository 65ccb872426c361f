/* lib/base/platform and lib/base/process on the coroutines of an exploration (explore.h). Mutexes and conditions keep
 * their state in the memory of the pthread type; what a run that was given up has left there is stale by its number. */
#include <config.h>

#include "base/platform.h"
#include "base/process.h"

#include <stdio.h>
#include <string.h>

#include "base/compiler.h"
#include "explore.h"

/* ------------------------------------------------------------- memory */

static explore_variable memory;

void xlgc__yield(void);
void xlgc__yield(void) { explore_access(&memory, "shared memory"); }

/* -------------------------------------------------------------- mutex */

typedef struct mutex {
  uint64_t run;
  unsigned owner; /* the thread's number + 1, 0 for none */
  explore_variable variable;
} mutex;

_Static_assert(sizeof(mutex) <= sizeof(xlgc__mutex), "a mutex does not fit");

static mutex *mutex_of(xlgc__mutex *theirs) {
  mutex *mutex = (void *)theirs;
  if (mutex->run != explore_run_number()) {
    mutex->run = explore_run_number();
    mutex->owner = 0;
  }
  return mutex;
}

int xlgc__mutex_init(xlgc__mutex *theirs) {
  memset(theirs, 0, sizeof *theirs);
  return 0;
}

void xlgc__mutex_destroy(xlgc__mutex *theirs) {
  if (mutex_of(theirs)->owner) explore_fail("a mutex is destroyed that is locked");
}

static bool is_free(void *data) { return !((mutex *)data)->owner; }

static void take(mutex *mutex) {
  mutex->owner = explore_self() + 1;
  explore_step(&mutex->variable);
}

void xlgc__mutex_lock(xlgc__mutex *theirs) {
  mutex *mutex = mutex_of(theirs);
  if (mutex->owner == explore_self() + 1) explore_fail("thread %u locks a mutex twice", explore_self());
  if (is_free(mutex)) explore_point("a lock");
  if (!is_free(mutex)) explore_block(is_free, mutex, UINT64_MAX, "a lock that is taken");
  take(mutex);
}

int xlgc__mutex_try(xlgc__mutex *theirs) {
  mutex *mutex = mutex_of(theirs);
  explore_point("a try for a lock");
  if (!is_free(mutex)) return -1;
  take(mutex);
  return 0;
}

void xlgc__mutex_unlock(xlgc__mutex *theirs) {
  mutex *mutex = mutex_of(theirs);
  if (mutex->owner != explore_self() + 1)
    explore_fail("thread %u unlocks a mutex that it has not locked", explore_self());
  mutex->owner = 0;
}

/* ---------------------------------------------------------- condition */

typedef struct condition {
  uint64_t run;
  uint32_t wakes;
  uint32_t waits;
  mutex *mutex; /* the last wait's */
  explore_variable variable;
} condition;

_Static_assert(sizeof(condition) <= sizeof(xlgc__condition), "a condition does not fit");

static condition *condition_of(xlgc__condition *theirs) {
  condition *condition = (void *)theirs;
  if (condition->run != explore_run_number()) {
    memset(condition, 0, sizeof *condition);
    condition->run = explore_run_number();
  }
  return condition;
}

int xlgc__condition_init(xlgc__condition *theirs) {
  memset(theirs, 0, sizeof *theirs);
  return 0;
}

void xlgc__condition_destroy(xlgc__condition *theirs) {
  if (condition_of(theirs)->waits) explore_fail("a condition is destroyed that is waited for");
}

/* One who waits. */
typedef struct waiter {
  condition *condition;
  mutex *mutex;
  uint32_t wakes;
  uint64_t deadline_ns;
} waiter;

static bool is_woken(void *data) {
  const waiter *waiter = data;
  bool woken = waiter->wakes != waiter->condition->wakes || explore_clock_ns() >= waiter->deadline_ns;
  return woken && is_free(waiter->mutex);
}

static void wait_until(xlgc__condition *theirs, xlgc__mutex *their_mutex, uint64_t deadline_ns, const char *about) {
  mutex *mutex = mutex_of(their_mutex);
  if (mutex->owner != explore_self() + 1) explore_fail("thread %u waits without the lock", explore_self());
  condition *condition = condition_of(theirs);
  /* A wake-up by one who does not have the mutex may come, and be lost, just before. */
  explore_access(&condition->variable, "a wait");
  condition->mutex = mutex;
  condition->waits++;
  waiter waiter = {condition, mutex, condition->wakes, deadline_ns};
  mutex->owner = 0;
  explore_block(is_woken, &waiter, deadline_ns, about);
  condition->waits--;
  take(mutex);
}

void xlgc__condition_wait(xlgc__condition *condition, xlgc__mutex *mutex) {
  wait_until(condition, mutex, UINT64_MAX, "a wake-up");
}

void xlgc__condition_wait_for(xlgc__condition *condition, xlgc__mutex *mutex, uint64_t ns) {
  uint64_t now = explore_clock_ns();
  wait_until(condition, mutex, now + ns < now ? UINT64_MAX : now + ns, "a wake-up or a time");
}

void xlgc__condition_wake_all(xlgc__condition *theirs) {
  condition *condition = condition_of(theirs);
  /* With the mutex nobody can come to wait just now. */
  bool alone = condition->mutex && condition->mutex->owner == explore_self() + 1;
  if (!alone) explore_point("a wake");
  explore_step(&condition->variable);
  condition->wakes++;
}

/* ------------------------------------------------------ clock and threads */

static uint64_t clock_ns(void) { return explore_clock_ns(); }

/* The library's threads return something, of which it makes no use. */
static struct starting {
  void *(*run)(void *data);
  void *data;
} starting[16];

static void run_started(void *data) {
  struct starting *mine = data;
  mine->run(mine->data);
}

static int thread_start(xlgc__thread *thread, void *(*run)(void *), void *data) {
  static unsigned next;
  struct starting *mine = &starting[next++ % (sizeof starting / sizeof *starting)];
  *mine = (struct starting){run, data};
  *thread = (xlgc__thread)explore_start(run_started, mine);
  explore_point("going on after a thread's start");
  return 0;
}

const xlgc__platform_ops xlgc__platform_system = {clock_ns, thread_start};

void xlgc__thread_join(xlgc__thread thread) { explore_join((unsigned)thread); }
xlgc__thread xlgc__thread_self(void) { return (xlgc__thread)explore_self(); }
unsigned xlgc__platform_calls(void **calls, unsigned room) {
  (void)calls, (void)room;
  return 0;
}
void xlgc__platform_place(const void *address, char *text, size_t size_bytes) {
  snprintf(text, size_bytes, "%p", address);
}
void xlgc__thread_name(char *name, size_t size_bytes) { snprintf(name, size_bytes, "thread"); }
bool xlgc__thread_equal(xlgc__thread a, xlgc__thread b) { return a == b; }

static xlgc__mutex process = XLGC__MUTEX_INITIALIZER;
static void (*when_thread_ends)(void *own);

void xlgc__process_lock(void) { xlgc__mutex_lock(&process); }
void xlgc__process_unlock(void) { xlgc__mutex_unlock(&process); }

void *xlgc__process_own(void) { return explore_own(); }
int xlgc__process_set_own(void *own) {
  explore_set_own(own, when_thread_ends);
  return 0;
}

void xlgc__process_works_on(const void *pool) { (void)pool; }

_Atomic unsigned xlgc__process_forks;
void xlgc__process_watch(void (*thread_ends)(void *own), void (*forked)(void)) {
  when_thread_ends = thread_ends;
  (void)forked;
}
