/* Counters, and the checks of a whole pool. */
#include <config.h>

#include "base/process.h"
#include "pool/audit.h"
#include "pool/counters.h"
#include "pool/ownership.h"
#include "pool/steps.h"
#include "ranks/verify.h"

int xlgc_stats(xlgc_pool *pool, xlgc_statistics *out) { return xlgc__counters_read(pool, out); }

uint64_t xlgc_links_touched(xlgc_pool *pool) {
  xlgc_statistics statistics = {0};
  xlgc__counters_read(pool, &statistics);
  return statistics.touched;
}

int xlgc_verify(xlgc_pool *pool, char *why, size_t size_bytes) {
  if (!pool) return XLGC_E_INVAL;
  int failed = xlgc__ownership_take(pool, true);
  if (failed) return failed;
  failed = xlgc__steps_apply_all(pool);
  if (!failed) {
    xlgc__mutex_lock(&pool->queue.lock);
    failed = xlgc__verify(&pool->graph, why, size_bytes);
    xlgc__mutex_unlock(&pool->queue.lock);
  }
  xlgc__ownership_give(pool);
  return failed;
}

int xlgc_check(xlgc_pool *pool) {
  if (!pool) return XLGC_E_INVAL;
  if (pool->fork_generation != xlgc__process_generation()) return XLGC_E_FORK;
  return pool->queue.ledger ? xlgc__audit_pointers(pool) : XLGC_E_STATE;
}
