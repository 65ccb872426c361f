#include <config.h>

#include "base/process.h"

#include <pthread.h>
#include <stdbool.h>

#include "base/invariant.h"
#include "base/platform.h"

_Atomic unsigned xlgc__process_forks;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t process = PTHREAD_MUTEX_INITIALIZER;
static pthread_key_t own_key;
static bool own_key_is_made;
static void (*when_thread_ends)(void *own);
static void (*when_forked)(void);
#if XLGC_INVARIANTS >= 1
static pthread_key_t work_key;
static bool work_key_is_made;

static void ended_at_work(void *pool) {
  const bool a_callback_ended_its_thread = pool != NULL;
  XLGC__INVARIANT("P6", !a_callback_ended_its_thread);
}
#endif

void xlgc__process_lock(void) { pthread_mutex_lock(&process); }
void xlgc__process_unlock(void) { pthread_mutex_unlock(&process); }

void xlgc__process_works_on(const void *pool) {
#if XLGC_INVARIANTS >= 1
  if (work_key_is_made) pthread_setspecific(work_key, pool);
#else
  (void)pool;
#endif
}

static void forked(void) {
  atomic_fetch_add_explicit(&xlgc__process_forks, 1, memory_order_relaxed);
  xlgc__process_works_on(NULL);
  when_forked();
  xlgc__process_unlock();
}

static void watch(void) {
  xlgc__platform_stay();
  xlgc__platform_at_fork(xlgc__process_lock, xlgc__process_unlock, forked);
  own_key_is_made = pthread_key_create(&own_key, when_thread_ends) == 0;
#if XLGC_INVARIANTS >= 1
  work_key_is_made = pthread_key_create(&work_key, ended_at_work) == 0;
#endif
}

void xlgc__process_watch(void (*thread_ends)(void *own), void (*in_child)(void)) {
  xlgc__process_lock();
  when_thread_ends = thread_ends;
  when_forked = in_child;
  xlgc__process_unlock();
  pthread_once(&once, watch);
}

void *xlgc__process_own(void) { return own_key_is_made ? pthread_getspecific(own_key) : NULL; }
int xlgc__process_set_own(void *own) { return own_key_is_made ? pthread_setspecific(own_key, own) : -1; }
