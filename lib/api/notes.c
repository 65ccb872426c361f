/* What is noted of single objects: where they were made, and how many bytes go with them. */
#include <config.h>

#include <xlgc/why.h>

#include "base/process.h"
#include "pool/pool.h"
#include "pool/shown.h"

static int refusal(const xlgc_pool *pool, xlgc_id object) {
  if (pool->fork_generation != xlgc__process_generation()) return XLGC_E_FORK;
  return object >> 56 != pool->graph.objects.pool ? XLGC_E_FOREIGN : 0;
}

int xlgc_sites(xlgc_pool *pool, unsigned every) {
  if (!pool) return XLGC_E_INVAL;
  atomic_store_explicit(&pool->notes.every, every, memory_order_relaxed);
  return 0;
}

int xlgc_sites_every(xlgc_pool *pool, unsigned *out) {
  if (!pool || !out) return XLGC_E_INVAL;
  *out = atomic_load_explicit(&pool->notes.every, memory_order_relaxed);
  return 0;
}

int xlgc_object_site(xlgc_pool *pool, xlgc_id object, char *room, size_t size_bytes) {
  if (!pool || (size_bytes && !room)) return XLGC_E_INVAL;
  int refused = refusal(pool, object);
  if (refused) return refused;
  if (size_bytes) room[0] = 0;
  xlgc__text text = {room, size_bytes, 0};
  xlgc__notes_put(&pool->notes, object, "", &text);
  return (int)text.length;
}

int xlgc_object_site_set(xlgc_pool *pool, xlgc_id object, const char *words) {
  if (!pool || !words) return XLGC_E_INVAL;
  int refused = refusal(pool, object);
  if (refused) return refused;
  return xlgc__object_find(&pool->graph.objects, object) ? xlgc__notes_say(&pool->notes, object, words) : XLGC_E_STALE;
}

int xlgc_object_bytes_set(xlgc_pool *pool, xlgc_id object, size_t bytes) {
  if (!pool) return XLGC_E_INVAL;
  int refused = refusal(pool, object);
  if (refused) return refused;
  return xlgc__object_find(&pool->graph.objects, object) ? xlgc__notes_weigh(&pool->notes, object, bytes)
                                                         : XLGC_E_STALE;
}

/* What does not change as long as an object is there: all else of it belongs to the thread that works on the pool. */
static xlgc_holder show_kind(const xlgc__objects *objects, xlgc_id id, uint32_t index) {
  const xlgc__object *object = xlgc__object_at(objects, index);
  return (xlgc_holder){.id = id, .object = object->address, .kind = xlgc__object_kind(objects, object)};
}

int xlgc_object_bytes(xlgc_pool *pool, xlgc_id object, size_t *out) {
  if (!pool || !out) return XLGC_E_INVAL;
  int refused = refusal(pool, object);
  if (refused) return refused;
  xlgc__mutex_lock(&pool->queue.lock);
  uint32_t index = xlgc__object_find(&pool->graph.objects, object);
  const xlgc_holder found = index ? show_kind(&pool->graph.objects, object, index) : (xlgc_holder){0};
  xlgc__mutex_unlock(&pool->queue.lock);
  if (index) *out = xlgc__shown_bytes(pool, &found);
  return index ? 0 : XLGC_E_STALE;
}
