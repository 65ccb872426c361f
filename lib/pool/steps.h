/* Steps: rounds are run, in portions or to their end, by the thread that owns the pool. */
#ifndef XLGC_STEPS_H
#define XLGC_STEPS_H

#include "pool/pool.h"

/* Take the pool if no other thread has it, work, and count how long that took. 1: work is left. 0, XLGC_E_BUSY,
 * XLGC_E_FORK, XLGC_E_NOMEM or XLGC_E_HELD. */
int xlgc__steps_run(xlgc_pool *pool, int64_t units);
int xlgc__steps_run_for(xlgc_pool *pool, uint64_t ns);
/* The same for the worker, which waits for its turn; XLGC_E_BUSY when it has something else to do first. */
int xlgc__steps_run_as_worker(xlgc_pool *pool, int64_t units);
/* The same for a thread that reports, in this context: calls back only as the configuration says. */
int xlgc__steps_help(xlgc_pool *pool, const xlgc_context *context, int64_t units);

/* Calls the objects that wait for a thread that may, up to `max`, if no other thread works on the pool. Returns how
 * many. */
size_t xlgc__steps_tell_backlog(xlgc_pool *pool, size_t max);

/* For the thread that owns the pool. */

/* Works for at most `units`, beginning rounds as needed. 1: work is left. 0, XLGC_E_NOMEM or XLGC_E_HELD. */
int xlgc__steps_work(xlgc_pool *pool, int64_t units);
/* All that was logged before and all that follows from it; what the program logs meanwhile need not be. The pool is
 * given back while there is a blocker to wait for. 0, XLGC_E_NOMEM, or XLGC_E_HELD when this thread is the blocker. */
int xlgc__steps_flush(xlgc_pool *pool);
/* Waits until every callback that another thread delivers has returned; the pool is given back meanwhile. Returns
 * whether there was any. */
bool xlgc__steps_wait_for_deliveries(xlgc_pool *pool);
/* Applies everything, waiting as a flush does for what blocks a round. 0, XLGC_E_NOMEM, XLGC_E_HELD. */
int xlgc__steps_apply_all(xlgc_pool *pool);
/* The object that an id names, for the functions that read. XLGC_E_STALE, XLGC_E_FOREIGN. */
int xlgc__steps_resolve(const xlgc_pool *pool, xlgc_id id, uint32_t *out);
/* The same, also for a dead one. */
int xlgc__steps_resolve_any(const xlgc_pool *pool, xlgc_id id, uint32_t *out);

/* Takes the pool, applies everything, and resolves an id. On success the caller gives the pool back. */
int xlgc__steps_begin_reading(xlgc_pool *pool, xlgc_id id, uint32_t *out);
/* The same of no object in particular. */
int xlgc__steps_begin_reading_all(xlgc_pool *pool);
/* Searches (nearest.h) avoid these objects, those that are gone apart, or do so no more. XLGC_E_FOREIGN for one of another
 * pool: those before it are avoided then. */
int xlgc__steps_avoid(const xlgc_pool *pool, const xlgc_id *ids, size_t count, bool is_avoided);
/* How long to wait at most before checking again what blocks a round. */
uint64_t xlgc__steps_patience_ns(const xlgc_pool *pool);

#endif
