/* Mutexes, conditions, the clock, threads, forks and what keeps the library loaded: the file to be ported to another
 * system. The clock and the start of threads go through a table of functions, so that tests can set the time and make a
 * start fail. */
#ifndef XLGC_PLATFORM_H
#define XLGC_PLATFORM_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

/* Keeps the code of this library in memory for good, when it is in something that dlclose would unload. */
void xlgc__platform_stay(void);

/* The return addresses of the calls that this thread is in, the last one first: up to `room`. Returns how many, 0 where
 * the system has no way to tell. */
unsigned xlgc__platform_calls(void **calls, unsigned room);
/* Writes what people know a return address by: function and offset, and in brackets the file and the offset in it, as
 * addr2line wants it. */
void xlgc__platform_place(const void *address, char *text, size_t size_bytes);

/* From now on these are called when the process forks, in the thread that does. Nothing where there are no forks. */
void xlgc__platform_at_fork(void (*before)(void), void (*in_parent)(void), void (*in_child)(void));

void xlgc__thread_join(xlgc__thread thread);
xlgc__thread xlgc__thread_self(void);
/* What the system calls this thread, which a program can set, or "thread" where it has no name. size_bytes: at least 16. */
void xlgc__thread_name(char *name, size_t size_bytes);
bool xlgc__thread_equal(xlgc__thread a, xlgc__thread b);

#endif
