/* The pool's threads. The worker steps the pool. It is woken when a chunk of events is full. It also checks by
 * itself after a period, which grows up to a bound while there is nothing to do. The clean-up thread delivers its
 * mailbox. */
#ifndef XLGC_WORKER_H
#define XLGC_WORKER_H

#include "pool/pool.h"

/* XLGC_E_STATE, XLGC_E_THREAD, XLGC_E_SHUTDOWN. */
int xlgc__worker_start(xlgc_pool *pool);
int xlgc__worker_start_cleaner(xlgc_pool *pool);
/* Waits until the thread has ended. XLGC_E_STATE when there is none, XLGC_E_DEADLOCK on that thread. */
int xlgc__worker_stop(xlgc_pool *pool);
int xlgc__worker_stop_cleaner(xlgc_pool *pool);
/* Starts the clean-up thread if it does not run, and gives it the backlog. */
void xlgc__worker_need_cleaner(xlgc_pool *pool);
/* Neither thread runs any more, whichever thread stops them; and in a pool that was shut down none will. Not on one of
 * them. */
void xlgc__worker_end_all(xlgc_pool *pool);

#endif
