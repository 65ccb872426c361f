#include <config.h>

#include "base/platform.h"

#include "base/invariant.h"

#include <dlfcn.h>
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

const xlgc__platform_ops xlgc__platform_system = {clock_ns, thread_start};

/* Locks are taken for some dozen instructions, so a waiting thread spins a little first where the system supports
 * it. With invariants, a thread that locks twice is found out: an allocator has called the library. */
#if XLGC_INVARIANTS >= 1
#define MUTEX_TYPE PTHREAD_MUTEX_ERRORCHECK
#elif defined(PTHREAD_MUTEX_ADAPTIVE_NP)
#define MUTEX_TYPE PTHREAD_MUTEX_ADAPTIVE_NP
#else
#define MUTEX_TYPE PTHREAD_MUTEX_DEFAULT
#endif

int xlgc__mutex_init(xlgc__mutex *mutex) {
  pthread_mutexattr_t attributes;
  int failed = pthread_mutexattr_init(&attributes);
  if (failed) return failed;
  pthread_mutexattr_settype(&attributes, MUTEX_TYPE);
  failed = pthread_mutex_init(mutex, &attributes);
  pthread_mutexattr_destroy(&attributes);
  return failed;
}

void xlgc__mutex_destroy(xlgc__mutex *mutex) { pthread_mutex_destroy(mutex); }
void xlgc__mutex_lock(xlgc__mutex *mutex) {
  int locked_already = pthread_mutex_lock(mutex);
  XLGC__INVARIANT("P6", !locked_already);
  (void)locked_already;
}
void xlgc__mutex_unlock(xlgc__mutex *mutex) { pthread_mutex_unlock(mutex); }
int xlgc__mutex_try(xlgc__mutex *mutex) { return pthread_mutex_trylock(mutex); }

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

/* Code for a shared object. What is compiled for programs is no part of one, and a static program has no dlopen. */
#if defined(__PIC__) && !defined(__PIE__) && defined(RTLD_NODELETE)
void xlgc__platform_stay(void) {
  Dl_info here;
  if (dladdr(&xlgc__platform_system, &here)) (void)dlopen(here.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
}
#else
void xlgc__platform_stay(void) {}
#endif

void xlgc__thread_join(xlgc__thread thread) { pthread_join(thread, NULL); }
xlgc__thread xlgc__thread_self(void) { return pthread_self(); }
bool xlgc__thread_equal(xlgc__thread a, xlgc__thread b) { return pthread_equal(a, b) != 0; }
