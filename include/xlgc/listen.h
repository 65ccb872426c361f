/* xlgc: what the library does, told as it begins and as it ends: for traces, profiles, and tests that want to know.
 *
 * A listener is a table of functions, one for each sort of work. A pool without listeners pays one look at a flag for
 * each step, round and set of orphans, and nothing for an event.
 *
 * The functions run on the thread that works. While a step, a round, a set of orphans or a stall is told, that thread has
 * the pool: calls that would work on it or read from it answer XLGC_E_BUSY, as in any callback; logging is allowed, but
 * events make one more round, so a function that logs in each round makes rounds without end. */
#ifndef XLGC_LISTEN_H
#define XLGC_LISTEN_H

#include <xlgc.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sorts of work. Pools do the first four, hosts of script engines the others (xlgc/host.h). */
enum {
  /* A thread works on the pool: xlgc_step, xlgc_step_for, the worker, a thread that helps as it logs. */
  XLGC_WORK_STEP = 0,
  /* A round, over one step or many, or a flush. `count` at its end: how many objects have died in it. */
  XLGC_WORK_ROUND = 1,
  /* Objects that no root reaches any more are notified, from the first to the last of a round. `count` at the end: how
   * many were. Those that are notified elsewhere may still wait in a mailbox. */
  XLGC_WORK_ORPHANS = 2,
  /* The round cannot go on. `name`: of the context whose section it waits for, or whose answer, or of
   * the scanner that is to be asked. */
  XLGC_WORK_STALL = 3,
  /* A host finds out what its engine holds, and puts that into the pool, in parts. `name`: of the engine. */
  XLGC_WORK_SUMMARY = 4,
  /* The code of an engine waits meanwhile. */
  XLGC_WORK_STOP = 5,
  /* The hosts of the pool collect, over many stops or at once. */
  XLGC_WORK_COLLECTION = 6,
  XLGC_WORKS = 7
};

/* That a piece of work begins, or ends. */
typedef struct xlgc_moment {
  int work;         /* XLGC_WORK_* */
  int ends;         /* 0: it begins */
  uint64_t time_ns; /* on the monotonic clock of the system */
  uint64_t count;   /* see the sort of work; else 0 */
  const char *name; /* see the sort of work; else "". Valid during the call */
} xlgc_moment;

typedef void xlgc_hear(void *data, const xlgc_moment *moment);

/* What of a pool is to be told; NULL: not that. */
typedef struct xlgc_listener {
  xlgc_hear *step, *round, *orphans, *stall, *summary, *stop, *collection;
  void *data; /* handed to them */
} xlgc_listener;

/* Begins to tell a listener. It stays the program's, which changes nothing of it until xlgc_unlisten has returned, or
 * xlgc_pool_destroy: after that none is told, also where hosts retain the pool. One
 * that comes while something is under way hears of its end. On error XLGC_E_INVAL without a pool or listener,
 * XLGC_E_STATE for one that is told already, XLGC_E_FULL for a ninth. Threads: any. Cost: constant. */
XLGC_API int xlgc_listen(xlgc_pool *pool, const xlgc_listener *listener);

/* Ends that. No function of it runs any more when the call returns. On error XLGC_E_UNKNOWN for one that is not told,
 * XLGC_E_DEADLOCK on a thread that is inside a function of a listener. Threads: any. Cost: it waits for calls that are
 * under way. */
XLGC_API int xlgc_unlisten(xlgc_pool *pool, const xlgc_listener *listener);

/* Tells the listeners of a pool: for hosts of engines, and for programs that want work of their own in one trace with the
 * pool's. name: NULL for "". On error XLGC_E_INVAL for a sort of work that there is not. Threads: any. Cost: a look at a
 * flag without listeners. */
XLGC_API int xlgc_tell(xlgc_pool *pool, int work, int ends, const char *name, uint64_t count);

/* Writes the counters of a pool (xlgc_statistics) as OpenMetrics text, with the times of steps as a histogram: what an
 * endpoint for Prometheus answers. text: room for size_bytes bytes with the ending 0; may be NULL when that is 0. Returns
 * the length of the whole in bytes; what does not fit is cut off. On error as xlgc_stats, and XLGC_E_INVAL. Threads and
 * cost: as xlgc_stats. */
XLGC_API int xlgc_metrics(xlgc_pool *pool, char *text, size_t size_bytes);

/* What a sort of work is called: "step". NULL for one that there is not. */
XLGC_API const char *xlgc_work_name(int work);

#ifdef __cplusplus
}
#endif

#endif
