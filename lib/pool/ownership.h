/* Ownership of a pool: one thread at a time may work on it. It is no lock but a flag under the lock, so that
 * callbacks run with no lock taken. A thread that calls the pool from one of its callbacks gets an error instead of
 * a deadlock. */
#ifndef XLGC_OWNERSHIP_H
#define XLGC_OWNERSHIP_H

#include "pool/pool.h"

/* Takes the pool. wait: for its turn, after the threads that have waited longer, else XLGC_E_BUSY. XLGC_E_BUSY also to
 * the thread that owns it, which is inside a callback; XLGC_E_FORK in a child; XLGC_E_INVAL without a pool. */
int xlgc__ownership_take(xlgc_pool *pool, bool wait);
/* The worker takes the pool in its turn. false: it has to stop, or has messages, which the owner may wait for. */
bool xlgc__ownership_take_as_worker(xlgc_pool *pool);
void xlgc__ownership_give(xlgc_pool *pool);
/* The same with the lock taken, by a thread that may own the pool. _take_locked waits. */
void xlgc__ownership_take_locked(xlgc_pool *pool);
void xlgc__ownership_give_locked(xlgc_pool *pool);

/* Is this thread inside a callback of the thread that works on the pool? */
bool xlgc__ownership_is_mine(xlgc_pool *pool);
/* Is it inside any callback of the pool's, also one that is delivered elsewhere? */
bool xlgc__ownership_is_inside(xlgc_pool *pool);
/* Is it this thread that uses the context? Is this helper this thread? Lock taken for the helper. */
bool xlgc__ownership_has_context(const xlgc_context *context);
bool xlgc__ownership_is_helper(const xlgc__helper *helper);

#endif
