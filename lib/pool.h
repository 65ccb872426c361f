/* The pool: one graph with its queue, its round and its worker, and the turn, which one thread has at a time to work on
 * them. */
#ifndef XLGC_POOL_H
#define XLGC_POOL_H

#include "round.h"

struct xlgc_pool {
  xlgc__mem mem;
  xlgc__graph graph;
  xlgc__queue queue;
  xlgc__round round;
  xlgc_config config;
  const xlgc__wait_ops *wait;
  unsigned fork_generation;
  /* The turn and the worker: guarded by queue.lock, changes are signalled on queue.progress. */
  bool taken;
  unsigned waiting; /* threads that want it */
  xlgc__thread owner;
  bool worker_runs, worker_stops;
  xlgc__thread worker;
};

/* Takes the turn. wait: until another thread gives it back, else XLGC_E_BUSY. XLGC_E_BUSY also to the thread that has
 * it, which is inside a callback; XLGC_E_FORK in a child. */
int xlgc__pool_enter(xlgc_pool *pool, bool wait);
void xlgc__pool_leave(xlgc_pool *pool);
/* Is this thread inside one of the pool's callbacks? */
bool xlgc__pool_inside(xlgc_pool *pool);

/* With the turn: works for at most `units`, beginning rounds as needed. 1: work is left. 0, or XLGC_E_NOMEM. */
int xlgc__pool_work(xlgc_pool *pool, int64_t units);
/* With the turn: all that was logged before and all that follows from it; what the program logs meanwhile need not be.
 * 0, or XLGC_E_NOMEM. */
int xlgc__pool_flush(xlgc_pool *pool);
/* The queue has no room, or there is no memory for more of it: does what the policy says. Returns 0 to try
 * again, 1 to try a last time, as the queue has been worked off, or what the caller is to be told. */
int xlgc__pool_make_way(xlgc_pool *pool, int failed);
/* With the turn: the object that an id names, for the functions that read. XLGC_E_STALE, XLGC_E_FOREIGN. */
int xlgc__pool_resolve(const xlgc_pool *pool, xlgc_id id, uint32_t *out);
/* Takes the turn, applies everything, and resolves an id. On success the caller leaves. */
int xlgc__pool_enter_reading(xlgc_pool *pool, xlgc_id id, uint32_t *out);

#endif
