#include <config.h>

#include "pool/withdrawal.h"

#include "pool/ownership.h"
#include "pool/steps.h"

/* All that was logged is applied; but other threads may have logged more, or looked it up. Returns the pins of look-ups
 * in `loads`. Lock taken. */
static int why_not(xlgc_pool *pool, uint32_t index, uint32_t *loads) {
  const xlgc__objects *objects = &pool->graph.objects;
  const xlgc__object *object = xlgc__object_at(objects, index);
  bool indexed = object->flags & XLGC__INDEXED;
  *loads = xlgc__weaks_take_loads_of(&pool->round.weaks, xlgc__object_bare_id(object, index));
  if (*loads || !(object->flags & XLGC__NEW)) return XLGC_E_WAS_HELD;
  bool named =
      indexed && xlgc__addresses_is_named(&objects->addresses, object->address, index, pool->queue.cuts_applied);
  return named ? XLGC_E_BUSY : 0;
}

/* Lock taken. */
static void withdraw(xlgc_pool *pool, uint32_t index, xlgc_id id) {
  xlgc__graph *graph = &pool->graph;
  xlgc__weaks_end(&pool->round.weaks, xlgc__object_bare_id(xlgc__graph_object(graph, index), index));
  xlgc__graph_withdraw(graph, index);
  if (pool->queue.ledger) xlgc__ledger_end(pool->queue.ledger, id);
  xlgc__children_end(&graph->children, &graph->objects, index);
  xlgc__object_discard(&graph->objects, index);
}

int xlgc__withdrawal_of(xlgc_context *context, xlgc_id id) {
  xlgc_pool *pool = context->pool;
  uint32_t index, loads;
  int failed = xlgc__steps_begin_reading(pool, id, &index);
  if (failed) return failed;
  const xlgc__object *object = xlgc__graph_object(&pool->graph, index);
  void *address = object->address;
  bool has_finalizers = false;
  xlgc__mutex_lock(&pool->queue.lock);
  failed = why_not(pool, index, &loads);
  if (!failed) has_finalizers = xlgc__object_has_finalizers(object);
  if (!failed) withdraw(pool, index, id);
  xlgc__mutex_unlock(&pool->queue.lock);
  if (loads) xlgc__graph_pin(&pool->graph, index, loads);
  xlgc__ownership_give(pool);
  if (has_finalizers) xlgc__delivery_finalize(&pool->round.delivery, context, id, address);
  return failed;
}
