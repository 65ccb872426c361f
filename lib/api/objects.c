/* Objects: registered, looked up, their kinds and addresses. */
#include <config.h>

#include "base/process.h"
#include "pool/contexts.h"
#include "pool/lifetime.h"
#include "pool/policy.h"
#include "pool/withdrawal.h"
#include "queue/writer.h"

/* A transient object may be forgotten once its registration is applied. */
static int log_born(xlgc_context *context, xlgc_id id) {
  xlgc__record event = xlgc__event(XLGC__OP_BORN, id, 0);
  int failed = xlgc__writer_log(context, &event, 1, 0, true);
  context->extras += !failed;
  return failed;
}

int xlgc_register(xlgc_context *context, void *object, const xlgc_kind *kind, xlgc_id *out) {
  if (!context || !out) return XLGC_E_INVAL;
  xlgc_pool *pool = context->pool;
  int failed = xlgc__contexts_admit(context);
  /* What cannot be logged is not registered; and once it is registered, others find it. */
  bool transient = kind && kind->flags & XLGC_KIND_TRANSIENT;
  if (!failed && transient) failed = xlgc__policy_reserve(context, 1);
  if (failed) return failed;
  uint32_t index;
  xlgc_id id = XLGC_ID_NONE;
  xlgc__mutex_lock(&pool->queue.lock);
  failed = xlgc__contexts_make_object(context, object, kind, &index);
  if (!failed) id = xlgc__object_id(&pool->graph.objects, index);
  bool is_drawn = xlgc__notes_draws(&pool->notes);
  xlgc__mutex_unlock(&pool->queue.lock);
  if (failed) return failed;
  if (is_drawn) xlgc__notes_site(&pool->notes, id, XLGC__CALLER());
  *out = id;
  return transient ? log_born(context, id) : 0;
}

int xlgc_unregister(xlgc_context *context, xlgc_id object) {
  if (!context || object == XLGC_ID_NONE) return XLGC_E_INVAL;
  int failed = xlgc__contexts_admit(context);
  return failed ? failed : xlgc__withdrawal_of(context, object);
}

int xlgc_kinds_retire(xlgc_pool *pool, const void *data, void (*each)(void *context, const xlgc_survivor *object),
                      void *context) {
  return pool && data ? xlgc__lifetime_retire_kinds(pool, data, each, context) : XLGC_E_INVAL;
}

int xlgc_address(xlgc_pool *pool, xlgc_id id, void **out) {
  if (!pool || !out) return XLGC_E_INVAL;
  if (pool->fork_generation != xlgc__process_generation()) return XLGC_E_FORK;
  const xlgc__objects *objects = &pool->graph.objects;
  if (id >> 56 != objects->pool) return XLGC_E_FOREIGN;
  uint32_t index = xlgc__object_find(objects, id);
  if (!index) return XLGC_E_STALE;
  *out = xlgc__object_at(objects, index)->address;
  return 0;
}

int xlgc_lookup(xlgc_pool *pool, const void *object, xlgc_id *out) {
  if (!pool || !out) return XLGC_E_INVAL;
  if (pool->fork_generation != xlgc__process_generation()) return XLGC_E_FORK;
  xlgc__mutex_lock(&pool->queue.lock);
  const xlgc__objects *objects = &pool->graph.objects;
  uint32_t index = xlgc__addresses_find(&objects->addresses, object);
  if (index) *out = xlgc__object_id(objects, index);
  xlgc__mutex_unlock(&pool->queue.lock);
  return index ? 0 : XLGC_E_UNKNOWN;
}
