/* Weak references and interned objects as the program sees them. */
#include <config.h>

#include "base/process.h"
#include "pool/contexts.h"
#include "pool/policy.h"
#include "queue/writer.h"

static xlgc_id with_pool(const xlgc_pool *pool, uint64_t id) { return (xlgc_id)pool->graph.objects.pool << 56 | id; }

int xlgc_weak_create(xlgc_context *context, xlgc_id id, void (*cleared)(void *data, xlgc_weak *weak), void *data,
                     xlgc_weak **out) {
  if (!context || !out || id == XLGC_ID_NONE) return XLGC_E_INVAL;
  int failed = xlgc__contexts_admit(context);
  if (failed) return failed;
  if ((id ^ context->log.prefix) >= XLGC__BARE_LIMIT) return XLGC_E_FOREIGN;
  /* Room first: once there is a reference, it may be cleared. */
  failed = xlgc__policy_reserve(context, 1);
  if (failed) return failed;
  xlgc_pool *pool = context->pool;
  xlgc_weak *weak = NULL;
  xlgc__mutex_lock(&pool->queue.lock);
  failed = xlgc__object_state(&pool->graph.objects, id);
  if (!failed) failed = xlgc__weak_create(&pool->round.weaks, XLGC__BARE(id), cleared, data, &weak);
  if (!failed) weak->pool = pool;
  xlgc__mutex_unlock(&pool->queue.lock);
  if (failed) return failed;
  *out = weak;
  /* The event comes before any by which the caller might let go. */
  xlgc__record event = xlgc__event(XLGC__OP_WEAK, id, 0);
  failed = xlgc__writer_log(context, &event, 1, 0, true);
  context->extras += !failed;
  return failed;
}

int xlgc_weak_load(xlgc_weak *weak, xlgc_id *out) {
  if (!weak || !out) return XLGC_E_INVAL;
  xlgc_pool *pool = weak->pool;
  if (pool->fork_generation != xlgc__process_generation()) return XLGC_E_FORK;
  xlgc__mutex_lock(&pool->queue.lock);
  uint64_t id = xlgc__weak_load(&pool->round.weaks, weak);
  /* The pin of an object that has died goes with it. */
  *out = id && !xlgc__object_state(&pool->graph.objects, id) ? with_pool(pool, id) : XLGC_ID_NONE;
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
static int enter(xlgc_context *context, const xlgc_interned *made, size_t key_bytes, uint32_t hash, uint64_t *made_id,
                 uint64_t *id) {
  xlgc_pool *pool = context->pool;
  xlgc__weaks *weaks = &pool->round.weaks;
  xlgc__objects *objects = &pool->graph.objects;
  uint32_t index;
  int failed = xlgc__contexts_make_object(context, made->object, made->kind, &index);
  if (failed) return failed;
  *made_id = xlgc__object_bare_id(xlgc__object_at(objects, index), index);
  *id = xlgc__intern_find(weaks, made->key, key_bytes, hash);
  if (*id) return 0;
  failed = xlgc__intern_put(weaks, *made_id, made->key, key_bytes, hash);
  if (failed) {
    xlgc__object_discard(objects, index);
    return failed;
  }
  xlgc__object_at(objects, index)->flags |= XLGC__WEAK;
  *id = *made_id;
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
  uint64_t id = xlgc__intern_find(&pool->round.weaks, key, key_bytes, hash), made_id = 0;
  if (id) *out = with_pool(pool, id);
  xlgc__mutex_unlock(&pool->queue.lock);
  if (id) return 0;
  xlgc_interned made = {NULL, NULL, NULL};
  failed = make(data, key, key_bytes, &made);
  if (failed) return failed;
  if (key_bytes && !made.key) return XLGC_E_INVAL;
  /* For the two events that make an orphan of an object that came too late, and a SYNC record before them. */
  failed = xlgc__writer_reserve(context, 3, true);
  if (failed) return failed;
  xlgc__mutex_lock(&pool->queue.lock);
  failed = enter(context, &made, key_bytes, hash, &made_id, &id);
  xlgc__mutex_unlock(&pool->queue.lock);
  if (failed) return failed;
  *out = with_pool(pool, id);
  if (made_id == id) return 0;
  /* No object will ever link to the one made: a pin that comes and goes makes an orphan of it. */
  xlgc__record events[2] = {xlgc__event(XLGC__OP_PIN, made_id, made_id), xlgc__event(XLGC__OP_UNPIN, made_id, made_id)};
  return xlgc__writer_log(context, events, 2, 0, true);
}
