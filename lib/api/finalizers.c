/* Finalizers of single objects. */
#include <config.h>

#include <xlgc/finalizer.h>

#include "base/process.h"
#include "pool/contexts.h"
#include "pool/policy.h"

static bool is_of_pool(const xlgc_context *context, xlgc_id id) {
  return (id ^ context->log.prefix) < XLGC__BARE_LIMIT;
}

/* Lock taken. */
static int add(xlgc_pool *pool, xlgc_id object, xlgc_finalize *run, void *data, uint64_t *out) {
  const xlgc__objects *objects = &pool->graph.objects;
  xlgc__finalizers *finalizers = &pool->round.delivery.finalizers;
  int failed = xlgc__object_state(objects, object);
  if (!failed && finalizers->closed) failed = XLGC_E_SHUTDOWN;
  if (!failed) failed = xlgc__finalizers_add(finalizers, XLGC__BARE(object), run, data, out);
  if (failed || xlgc__object_mark_finalizers(xlgc__object_at(objects, (uint32_t)object))) return failed;
  /* It has ended meanwhile, as the caller does not hold it. */
  xlgc__finalizers_remove(finalizers, *out, &data);
  return XLGC_E_RELEASED;
}

int xlgc_finalizer_add(xlgc_context *context, xlgc_id object, xlgc_finalize *run, void *data, xlgc_finalizer *out) {
  if (!context || !run || object == XLGC_ID_NONE) return XLGC_E_INVAL;
  int failed = xlgc__contexts_admit(context);
  if (failed) return failed;
  if (!is_of_pool(context, object)) return XLGC_E_FOREIGN;
  uint64_t number = XLGC_FINALIZER_NONE;
  xlgc__mutex_lock(&context->queue->lock);
  failed = add(context->pool, object, run, data, &number);
  xlgc__mutex_unlock(&context->queue->lock);
  if (!failed && out) *out = number;
  return failed;
}

int xlgc_finalizer_remove(xlgc_pool *pool, xlgc_finalizer finalizer, void **data) {
  if (!pool || finalizer == XLGC_FINALIZER_NONE) return XLGC_E_INVAL;
  if (pool->fork_generation != xlgc__process_generation()) return XLGC_E_FORK;
  void *handed = NULL;
  xlgc__mutex_lock(&pool->queue.lock);
  bool removed = xlgc__finalizers_remove(&pool->round.delivery.finalizers, finalizer, &handed);
  xlgc__mutex_unlock(&pool->queue.lock);
  if (removed && data) *data = handed;
  return removed ? 0 : XLGC_E_STALE;
}

int xlgc_bequeath(xlgc_context *context, xlgc_id object, xlgc_id heir) {
  if (!context || object == XLGC_ID_NONE || heir == XLGC_ID_NONE || object == heir) return XLGC_E_INVAL;
  int failed = xlgc__contexts_admit(context);
  if (failed) return failed;
  if (!is_of_pool(context, object) || !is_of_pool(context, heir)) return XLGC_E_FOREIGN;
  xlgc__record event = xlgc__event(XLGC__OP_BEQUEATH, object, heir);
  failed = xlgc__policy_log(context, &event, 1, 0);
  context->extras += !failed;
  return failed;
}
