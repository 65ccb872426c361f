/* Pools: created, shut down, destroyed. */
#include <config.h>

#include "base/process.h"
#include "pool/lifetime.h"

void xlgc_config_init(xlgc_config *config) { xlgc__lifetime_defaults(config); }

int xlgc_pool_create(const xlgc_config *config, xlgc_pool **out) { return xlgc__lifetime_create(config, out); }

unsigned xlgc_forks(void) { return xlgc__process_generation(); }

int xlgc_pool_shutdown(xlgc_pool *pool) {
  if (!pool) return XLGC_E_INVAL;
  if (pool->fork_generation != xlgc__process_generation()) return XLGC_E_FORK;
  return xlgc__lifetime_shutdown(pool);
}

int xlgc_pool_destroy(xlgc_pool *pool) { return pool ? xlgc__lifetime_destroy(pool, NULL, NULL) : 0; }

int xlgc_pool_retain(xlgc_pool *pool) {
  if (!pool) return XLGC_E_INVAL;
  xlgc__lifetime_retain(pool);
  return 0;
}

void xlgc_pool_release(xlgc_pool *pool) {
  if (pool) xlgc__lifetime_release(pool);
}
