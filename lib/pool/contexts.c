#include <config.h>

#include "pool/contexts.h"

#include "base/process.h"
#include "pool/ownership.h"
#include "queue/section.h"

int xlgc__contexts_open(xlgc_pool *pool, const char *name, xlgc_context **out) {
  int failed = xlgc__context_create(&pool->queue, pool, pool->graph.objects.pool, name, out);
  if (failed) return failed;
  xlgc__mutex_lock(&pool->queue.lock);
  xlgc__context_open(*out);
  if (pool->shut) xlgc__context_refuse(*out, true);
  xlgc__mutex_unlock(&pool->queue.lock);
  return 0;
}

int xlgc__contexts_create(xlgc_pool *pool, const char *name, xlgc_context **out) {
  xlgc__mutex_lock(&pool->queue.lock);
  bool shut = pool->shut;
  pool->queue.context_count += !shut;
  xlgc__mutex_unlock(&pool->queue.lock);
  if (shut) return XLGC_E_SHUTDOWN;
  int failed = xlgc__contexts_open(pool, name, out);
  if (!failed) return 0;
  xlgc__mutex_lock(&pool->queue.lock);
  pool->queue.context_count--;
  xlgc__mutex_unlock(&pool->queue.lock);
  return failed;
}

int xlgc__contexts_close(xlgc_context *context, xlgc_context *heir) {
  xlgc_pool *pool = context->pool;
  xlgc__queue *queue = &pool->queue;
  if (context->dispatching) return XLGC_E_BUSY;
  if (heir) xlgc__context_is_used(heir);
  xlgc__context_strike_off(context);
  xlgc__section_end(context);
  xlgc__mutex_lock(&queue->lock);
  xlgc__kinds_disown(&pool->graph.objects.kinds, context, heir);
  xlgc__delivery_move(&pool->round.delivery, &context->mailbox, heir ? &heir->mailbox : &queue->stray);
  queue->context_count--;
  XLGC__YIELD();
  atomic_store_explicit(&context->closed, true, memory_order_release);
  xlgc__condition_wake_all(&queue->progress);
  xlgc__mutex_unlock(&queue->lock);
  return 0;
}

int xlgc__contexts_make_object(xlgc_context *context, void *address, const xlgc_kind *kind, uint32_t *out) {
  if (kind && kind->delivery > XLGC_DELIVER_OWNER) return XLGC_E_INVAL;
  xlgc__graph *graph = &context->pool->graph;
  xlgc_context *owner = context->of_pool ? NULL : context;
  return xlgc__object_create(&graph->objects, address, kind, owner, xlgc__graph_birth_rank(graph), out);
}

void xlgc__contexts_refuse(xlgc_pool *pool, bool refuse) {
  for (xlgc_context *context = pool->queue.contexts; context; context = context->next)
    if (!context->of_pool) xlgc__context_refuse(context, refuse);
}

int xlgc__contexts_refusal(const xlgc_context *context) {
  xlgc_pool *pool = context->pool;
  if (pool->fork_generation != xlgc__process_generation()) return XLGC_E_FORK;
  if (!atomic_load_explicit(&context->refuses, memory_order_relaxed) || context->dispatching ||
      xlgc__ownership_is_mine(pool))
    return 0;
  return XLGC_E_SHUTDOWN;
}

int xlgc__contexts_admit(xlgc_context *context) {
  int refused = xlgc__contexts_refusal(context);
  if (refused != XLGC_E_FORK && !xlgc__ownership_has_context(context)) xlgc__context_is_used(context);
  return refused;
}
