/* Work: steps, flushes, and the pool's threads. */
#include <config.h>

#include "base/process.h"
#include "pool/ownership.h"
#include "pool/steps.h"
#include "pool/worker.h"

/* Where another thread works there is nothing for this one to do. */
static int beside_others(xlgc_pool *pool, int result) {
  return result == XLGC_E_BUSY && !xlgc__ownership_is_mine(pool) ? 0 : result;
}

int xlgc_step(xlgc_pool *pool, size_t units) {
  const uint64_t most = INT64_MAX, wanted = units;
  return beside_others(pool, xlgc__steps_run(pool, (int64_t)(wanted < most ? wanted : most)));
}

int xlgc_step_for(xlgc_pool *pool, uint64_t ns) { return beside_others(pool, xlgc__steps_run_for(pool, ns)); }

static int owned(xlgc_pool *pool, int (*work)(xlgc_pool *pool)) {
  int failed = xlgc__ownership_take(pool, true);
  if (failed) return failed;
  int result = work(pool);
  xlgc__ownership_give(pool);
  return result;
}

int xlgc_flush(xlgc_pool *pool) { return owned(pool, xlgc__steps_flush); }
int xlgc_apply(xlgc_pool *pool) { return owned(pool, xlgc__steps_apply_all); }

static int check(const xlgc_pool *pool) {
  if (!pool) return XLGC_E_INVAL;
  return pool->fork_generation != xlgc__process_generation() ? XLGC_E_FORK : 0;
}

/* A callback may be what one of the pool's threads waits for, whichever of them is to end. */
static int check_stop(xlgc_pool *pool) {
  int failed = check(pool);
  return failed ? failed : xlgc__ownership_is_inside(pool) ? XLGC_E_DEADLOCK : 0;
}

int xlgc_worker_start(xlgc_pool *pool) {
  int failed = check(pool);
  return failed ? failed : xlgc__worker_start(pool);
}

int xlgc_worker_stop(xlgc_pool *pool) {
  int failed = check_stop(pool);
  return failed ? failed : xlgc__worker_stop(pool);
}

int xlgc_cleaner_start(xlgc_pool *pool) {
  int failed = check(pool);
  return failed ? failed : xlgc__worker_start_cleaner(pool);
}

int xlgc_cleaner_stop(xlgc_pool *pool) {
  int failed = check_stop(pool);
  return failed ? failed : xlgc__worker_stop_cleaner(pool);
}
