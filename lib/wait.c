#include <config.h>

#include "wait.h"

#include <time.h>

#define NS_PER_S 1000000000u

static uint64_t clock_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static int thread_start(xlgc__thread *thread, void *(*run)(void *), void *data) {
  return pthread_create(thread, NULL, run, data);
}

const xlgc__wait_ops xlgc__wait_system = {clock_ns, thread_start};

int xlgc__mutex_init(xlgc__mutex *mutex) { return pthread_mutex_init(mutex, NULL); }
void xlgc__mutex_destroy(xlgc__mutex *mutex) { pthread_mutex_destroy(mutex); }
void xlgc__mutex_lock(xlgc__mutex *mutex) { pthread_mutex_lock(mutex); }
void xlgc__mutex_unlock(xlgc__mutex *mutex) { pthread_mutex_unlock(mutex); }

int xlgc__condition_init(xlgc__condition *condition) {
  pthread_condattr_t attributes;
  int failed = pthread_condattr_init(&attributes);
  if (failed) return failed;
  failed = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  if (!failed) failed = pthread_cond_init(condition, &attributes);
  pthread_condattr_destroy(&attributes);
  return failed;
}

void xlgc__condition_destroy(xlgc__condition *condition) { pthread_cond_destroy(condition); }

void xlgc__condition_wait(xlgc__condition *condition, xlgc__mutex *mutex) { pthread_cond_wait(condition, mutex); }

void xlgc__condition_wait_for(xlgc__condition *condition, xlgc__mutex *mutex, uint64_t ns) {
  uint64_t now = clock_ns(), until = now + ns < now ? UINT64_MAX : now + ns;
  struct timespec deadline = {(time_t)(until / NS_PER_S), (long)(until % NS_PER_S)};
  pthread_cond_timedwait(condition, mutex, &deadline);
}

void xlgc__condition_wake_all(xlgc__condition *condition) { pthread_cond_broadcast(condition); }

void xlgc__thread_join(xlgc__thread thread) { pthread_join(thread, NULL); }
xlgc__thread xlgc__thread_self(void) { return pthread_self(); }
bool xlgc__thread_equal(xlgc__thread a, xlgc__thread b) { return pthread_equal(a, b) != 0; }

_Atomic unsigned xlgc__forks;
static pthread_once_t forks_once = PTHREAD_ONCE_INIT;

static void count_fork(void) { atomic_fetch_add_explicit(&xlgc__forks, 1, memory_order_relaxed); }
static void watch_forks(void) { pthread_atfork(NULL, NULL, count_fork); }
void xlgc__watch_forks(void) { pthread_once(&forks_once, watch_forks); }
