/* What exists once in the process: its lock, its forks, and what each thread has of its own. */
#ifndef XLGC_PROCESS_H
#define XLGC_PROCESS_H

#include <stdatomic.h>

#include "base/compiler.h"

/* The lock of the process, for what is not in a pool. It is taken before a pool's lock. It is locked while the
 * process forks, so that the child finds it free and the data that it guards consistent. */
void xlgc__process_lock(void);
void xlgc__process_unlock(void);

/* From the first call on, thread_ends(own) is called when a thread ends that has set a value (_set_own). forked() is
 * called in the child of a fork, with the process's lock locked. Later calls change nothing. */
void xlgc__process_watch(void (*thread_ends)(void *own), void (*forked)(void));

/* How often this process has been forked off since the first call of _watch: a pool made under another number belongs
 * to a parent. Written by the child of a fork before it has a second thread, so relaxed is enough. */
extern _Atomic unsigned xlgc__process_forks XLGC__HIDDEN;
static inline unsigned xlgc__process_generation(void) {
  return atomic_load_explicit(&xlgc__process_forks, memory_order_relaxed);
}

/* What this thread has set, or NULL. Later destructors of the thread may set it again. _set_own: 0, or there is no
 * memory. */
void *xlgc__process_own(void);
int xlgc__process_set_own(void *own);

/* This thread works on a pool, or (NULL) no longer does. A thread that ends meanwhile breaks invariant P6, which is
 * then reported. */
void xlgc__process_works_on(const void *pool);

#endif
