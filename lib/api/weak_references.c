/* Weak references and interned objects as the program sees them. */
#include <config.h>

#include "base/process.h"
#include "pool/contexts.h"
#include "pool/ownership.h"
#include "pool/policy.h"
#include "queue/writer.h"

/* The object that an id names, for a caller that keeps it alive. Its flags belong to the pool's owner, so only a
 * thread inside a callback reads them. */
static int resolve(xlgc_context *context, xlgc_id id, uint32_t *out) {
  xlgc_pool *pool = context->pool;
  if ((id ^ context->log.prefix) >= XLGC__BARE_LIMIT) return XLGC_E_FOREIGN;
  *out = xlgc__object_find(&pool->graph.objects, id);
  if (!*out) return XLGC_E_STALE;
  bool inside = context->dispatching || xlgc__ownership_is_mine(pool);
  bool dead = inside && xlgc__graph_object(&pool->graph, *out)->flags & XLGC__DEAD;
  return dead ? XLGC_E_RELEASED : 0;
}

int xlgc_weak_create(xlgc_context *context, xlgc_id id, void (*cleared)(void *data, xlgc_weak *weak), void *data,
                     xlgc_weak **out) {
  if (!context || !out || id == XLGC_ID_NONE) return XLGC_E_INVAL;
  int failed = xlgc__contexts_admit(context);
  if (failed) return failed;
  xlgc_pool *pool = context->pool;
  uint32_t index;
  failed = resolve(context, id, &index);
  if (failed) return failed;
  xlgc_weak *weak = NULL;
  xlgc__mutex_lock(&pool->queue.lock);
  failed = xlgc__weak_create(&pool->round.weaks, index, cleared, data, &weak);
  if (!failed) weak->pool = pool;
  xlgc__mutex_unlock(&pool->queue.lock);
  if (failed) return failed;
  /* The event comes before any by which the caller might let go. */
  xlgc__record event = xlgc__event(XLGC__OP_WEAK, id, 0);
  failed = xlgc__policy_log(context, &event, 1, 0);
  context->extras += !failed;
  if (failed)
    xlgc_weak_destroy(weak);
  else
    *out = weak;
  return failed;
}

int xlgc_weak_load(xlgc_weak *weak, xlgc_id *out) {
  if (!weak || !out) return XLGC_E_INVAL;
  xlgc_pool *pool = weak->pool;
  if (pool->fork_generation != xlgc__process_generation()) return XLGC_E_FORK;
  xlgc__mutex_lock(&pool->queue.lock);
  uint32_t index = xlgc__weak_load(&pool->round.weaks, weak);
  *out = index ? xlgc__object_id(&pool->graph.objects, index) : XLGC_ID_NONE;
  xlgc__mutex_unlock(&pool->queue.lock);
  return 0;
}

int xlgc_weak_destroy(xlgc_weak *weak) {
  if (!weak) return 0;
  xlgc_pool *pool = weak->pool;
  if (pool->fork_generation != xlgc__process_generation()) return XLGC_E_FORK;
  xlgc__mutex_lock(&pool->queue.lock);
  xlgc__weak_destroy(&pool->round.weaks, weak);
  xlgc__mutex_unlock(&pool->queue.lock);
  return 0;
}

/* ------------------------------------------------------------- interning */

/* Registers what was made and enters it, unless another thread has entered one meanwhile, which is then found. Lock
 * taken. */
static int enter(xlgc_context *context, const xlgc_interned *made, size_t key_bytes, uint32_t hash,
                 uint32_t *made_index, uint32_t *index) {
  xlgc_pool *pool = context->pool;
  xlgc__weaks *weaks = &pool->round.weaks;
  xlgc__objects *objects = &pool->graph.objects;
  int failed = xlgc__contexts_make_object(context, made->object, made->kind, made_index);
  if (failed) return failed;
  *index = xlgc__intern_find(weaks, made->key, key_bytes, hash);
  if (*index) return 0;
  failed = xlgc__intern_put(weaks, *made_index, made->key, key_bytes, hash);
  if (failed) {
    xlgc__object_discard(objects, *made_index);
    return failed;
  }
  xlgc__object_at(objects, *made_index)->flags |= XLGC__WEAK;
  *index = *made_index;
  return 0;
}

int xlgc_intern(xlgc_context *context, const void *key, size_t key_bytes, uint32_t hash,
                int (*make)(void *data, const void *key, size_t key_bytes, xlgc_interned *made), void *data,
                xlgc_id *out) {
  if (!context || !make || !out || (key_bytes && !key) || key_bytes > UINT32_MAX) return XLGC_E_INVAL;
  int failed = xlgc__contexts_admit(context);
  if (failed) return failed;
  xlgc_pool *pool = context->pool;
  xlgc__mutex_lock(&pool->queue.lock);
  uint32_t index = xlgc__intern_find(&pool->round.weaks, key, key_bytes, hash), made_index = 0;
  if (index) *out = xlgc__object_id(&pool->graph.objects, index);
  xlgc__mutex_unlock(&pool->queue.lock);
  if (index) return 0;
  xlgc_interned made = {NULL, NULL, NULL};
  failed = make(data, key, key_bytes, &made);
  if (failed) return failed;
  if (key_bytes && !made.key) return XLGC_E_INVAL;
  /* For the two events that make an orphan of an object that came too late, and a SYNC record before them. */
  failed = xlgc__writer_reserve(context, 3);
  if (failed) return failed;
  xlgc_id late = XLGC_ID_NONE;
  xlgc__mutex_lock(&pool->queue.lock);
  failed = enter(context, &made, key_bytes, hash, &made_index, &index);
  if (!failed) *out = xlgc__object_id(&pool->graph.objects, index);
  if (!failed && made_index != index) late = xlgc__object_id(&pool->graph.objects, made_index);
  xlgc__mutex_unlock(&pool->queue.lock);
  if (late == XLGC_ID_NONE) return failed;
  /* No object will ever link to it: a pin that comes and goes makes an orphan of it. */
  xlgc__record events[2] = {xlgc__event(XLGC__OP_PIN, late, late), xlgc__event(XLGC__OP_UNPIN, late, late)};
  return xlgc__writer_log(context, events, 2, 0, true);
}
