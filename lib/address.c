/* The face of the original proposal: objects are addresses of the process's default pool. All threads share its one
 * context, under a lock. `shared` is the library's only state that is not in a pool. */
#include <config.h>

#include "pool.h"

static struct {
  xlgc__mutex lock;
  xlgc_pool *pool;
  xlgc_context *context;
} shared = {.lock = XLGC__MUTEX_INITIALIZER};

static void create_shared_locked(void) {
  xlgc_pool *pool;
  if (xlgc_pool_create(NULL, &pool)) return;
  if (xlgc_context_create(pool, "by address", &shared.context))
    xlgc_pool_destroy(pool);
  else
    shared.pool = pool;
}

xlgc_pool *xlgc_default_pool(void) {
  xlgc__mutex_lock(&shared.lock);
  if (!shared.pool) create_shared_locked();
  xlgc_pool *pool = shared.pool;
  xlgc__mutex_unlock(&shared.lock);
  return pool;
}

static int log_shared(const xlgc__record *records, uint32_t count, uint32_t links) {
  xlgc_pool *pool = xlgc_default_pool();
  if (!pool) return XLGC_E_NOMEM;
  if (pool->fork_generation != xlgc__fork_generation()) return XLGC_E_FORK;
  bool inside = xlgc__pool_inside(pool);
  for (int tries = 0;;) {
    xlgc__mutex_lock(&shared.lock);
    int failed = xlgc__context_log(shared.context, records, count, 1, links, inside);
    xlgc__mutex_unlock(&shared.lock);
    if (!failed || inside || tries > 0) return failed;
    /* Not under the lock, so that callbacks can log meanwhile. */
    tries = xlgc__pool_make_way(pool, failed);
    if (tries < 0) return tries;
  }
}

int xlgc_add_link(void *parent, void *child, void *place) {
  if (!parent || !child) return XLGC_E_INVAL;
  xlgc__record records[2] = {{{(uint64_t)XLGC__OP_ADD_LINK << 56, (uintptr_t)parent}},
                             {{(uintptr_t)child, (uintptr_t)place}}};
  return log_shared(records, 2, 1);
}

int xlgc_drop_link(void *parent, void *child, void (*releaser)(void *param), void *param) {
  if (!parent || !child) return XLGC_E_INVAL;
  xlgc__record records[3] = {{{(uint64_t)XLGC__OP_DROP_LINK << 56, (uintptr_t)parent}},
                             {{(uintptr_t)child, 0}},
                             {{(uintptr_t)releaser, (uintptr_t)param}}};
  return log_shared(records, 3, 0);
}
