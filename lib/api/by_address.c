/* The interface of the original proposal: objects are addresses of the process's default pool, and each thread logs
 * to its own context of it. */
#include <config.h>

#include "base/process.h"
#include "pool/contexts.h"
#include "pool/lifetime.h"
#include "pool/policy.h"
#include "pool/thread_contexts.h"

/* Set once. Release, and acquire by a thread that reads it: the pool is complete before it is found. */
static _Atomic(xlgc_pool *) shared;

xlgc_pool *xlgc_default_pool(void) {
  xlgc_pool *pool = atomic_load_explicit(&shared, memory_order_acquire);
  if (pool) return pool;
  xlgc_pool *made = NULL;
  if (xlgc__lifetime_create(NULL, &made)) return NULL;
  /* Another thread may have been faster. */
  if (atomic_compare_exchange_strong(&shared, &pool, made)) return made;
  xlgc__lifetime_destroy(made);
  return pool;
}

static int log_here(const xlgc__record *records, uint32_t count, uint32_t links) {
  xlgc_pool *pool = xlgc_default_pool();
  if (!pool) return XLGC_E_NOMEM;
  xlgc_context *context;
  if (pool->fork_generation != xlgc__process_generation()) return XLGC_E_FORK;
  int failed = xlgc__thread_contexts_here(pool, &context);
  if (!failed) failed = xlgc__contexts_admit(context);
  if (!failed) failed = xlgc__policy_log(context, records, count, links);
  if (!failed) context->extras += count - 1;
  return failed;
}

int xlgc_add_link(void *parent, void *child, void *place) {
  if (!parent || !child) return XLGC_E_INVAL;
  xlgc__record records[2] = {{{(uint64_t)XLGC__OP_ADD_LINK << 56, (uintptr_t)parent}},
                             {{(uintptr_t)child, (uintptr_t)place}}};
  return log_here(records, 2, 1);
}

int xlgc_drop_link(void *parent, void *child, void (*releaser)(void *param), void *param) {
  if (!parent || !child) return XLGC_E_INVAL;
  xlgc__record records[3] = {{{(uint64_t)XLGC__OP_DROP_LINK << 56, (uintptr_t)parent}},
                             {{(uintptr_t)child, 0}},
                             {{(uintptr_t)releaser, (uintptr_t)param}}};
  return log_here(records, 3, 0);
}
