#include <config.h>

#include "hosts/core/lock.h"

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void xlgc__host_lock_acquire(void) { pthread_mutex_lock(&lock); }
void xlgc__host_lock_release(void) { pthread_mutex_unlock(&lock); }

/* A child has the tables as they were at a moment when no thread was in the middle of them. */
static void watch_forks(void) {
  pthread_atfork(xlgc__host_lock_acquire, xlgc__host_lock_release, xlgc__host_lock_release);
}
void xlgc__host_lock_watch_forks(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, watch_forks);
}
