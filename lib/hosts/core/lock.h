/* The lock of all hosts of the process. It is taken before a pool's, for a few steps, and never while an adapter or the
 * pool is called. */
#ifndef XLGC_HOSTS_LOCK_H
#define XLGC_HOSTS_LOCK_H

void xlgc__host_lock_acquire(void);
void xlgc__host_lock_release(void);
/* From now on the lock is taken while the process forks. child: called in the child, with the lock. */
void xlgc__host_lock_watch_forks(void (*child)(void));

/* With the lock, which is released meanwhile: until another thread calls _wake, or for no reason. */
void xlgc__host_lock_wait(void);
/* With the lock: all that wait look again. */
void xlgc__host_lock_wake(void);

#endif
