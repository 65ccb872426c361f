/* Mutexes, conditions, the clock and threads: the only file that knows pthreads. The clock and the start of
 * threads go through a table of functions, so that tests can turn time by hand and make a start fail. */
#ifndef XLGC_WAIT_H
#define XLGC_WAIT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

typedef pthread_mutex_t xlgc__mutex;
typedef pthread_cond_t xlgc__condition;
typedef pthread_t xlgc__thread;

typedef struct xlgc__platform_ops {
  uint64_t (*clock_ns)(void);                                                  /* monotonic */
  int (*thread_start)(xlgc__thread *thread, void *(*run)(void *), void *data); /* 0, or not started */
} xlgc__platform_ops;

extern const xlgc__platform_ops xlgc__platform_system;

#define XLGC__MUTEX_INITIALIZER PTHREAD_MUTEX_INITIALIZER

int xlgc__mutex_init(xlgc__mutex *mutex);
void xlgc__mutex_destroy(xlgc__mutex *mutex);
void xlgc__mutex_lock(xlgc__mutex *mutex);
void xlgc__mutex_unlock(xlgc__mutex *mutex);
int xlgc__mutex_try(xlgc__mutex *mutex); /* 0: locked */

int xlgc__condition_init(xlgc__condition *condition);
void xlgc__condition_destroy(xlgc__condition *condition);
void xlgc__condition_wait(xlgc__condition *condition, xlgc__mutex *mutex);
/* Returns after a wake-up, a spurious one included, or when ns have passed. */
void xlgc__condition_wait_for(xlgc__condition *condition, xlgc__mutex *mutex, uint64_t ns);
void xlgc__condition_wake_all(xlgc__condition *condition);

void xlgc__thread_join(xlgc__thread thread);
xlgc__thread xlgc__thread_self(void);
bool xlgc__thread_equal(xlgc__thread a, xlgc__thread b);

/* The one lock of the whole process, for what is not in a pool. Taken before a pool's; held while the process forks, so
 * that the child finds it free and what it guards whole. */
void xlgc__process_lock(void);
void xlgc__process_unlock(void);

/* What this thread has set, or NULL; a value other than NULL is given to xlgc__thread_ends (thread.c) when the thread
 * ends, after which it may be set again by later destructors. _set: 0, or there is no memory. */
void *xlgc__thread_own(void);
int xlgc__thread_set_own(void *own);
void xlgc__thread_ends(void *own);

/* This thread works on something, or (NULL) has stopped to: whoever ends it meanwhile breaks invariant P6, and is
 * told so. */
void xlgc__thread_works_on(const void *what);

/* How often this process has been forked off since the first call of _watch_forks: a pool made under another number
 * belongs to a parent. Written by the child of a fork before it has a second thread, so relaxed is enough. Then
 * xlgc__context_forked (context.c) is called, with the process's lock held. */
extern _Atomic unsigned xlgc__forks XLGC__HIDDEN;
void xlgc__watch_forks(void);
void xlgc__context_forked(void);
static inline unsigned xlgc__fork_generation(void) { return atomic_load_explicit(&xlgc__forks, memory_order_relaxed); }

#endif
