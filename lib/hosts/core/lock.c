#include <config.h>

#include "hosts/core/lock.h"

#include <pthread.h>
#include <stddef.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static void (*after_fork)(void);

void xlgc__host_lock_acquire(void) { pthread_mutex_lock(&lock); }
void xlgc__host_lock_release(void) { pthread_mutex_unlock(&lock); }
void xlgc__host_lock_wait(void) { pthread_cond_wait(&changed, &lock); }
void xlgc__host_lock_wake(void) { pthread_cond_broadcast(&changed); }

/* A child has the tables as they were at a moment when no thread was in the middle of them. The threads that waited are
 * not in it. */
static void enter_child(void) {
  pthread_cond_init(&changed, NULL);
  after_fork();
  xlgc__host_lock_release();
}

static void watch_forks(void) { pthread_atfork(xlgc__host_lock_acquire, xlgc__host_lock_release, enter_child); }
void xlgc__host_lock_watch_forks(void (*child)(void)) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  xlgc__host_lock_acquire();
  after_fork = child;
  xlgc__host_lock_release();
  pthread_once(&once, watch_forks);
}
