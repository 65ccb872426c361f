/* Where objects were made. */
#include <config.h>

#include <xlgc/why.h>

#include "base/process.h"
#include "pool/pool.h"

static int refusal(const xlgc_pool *pool, xlgc_id object) {
  if (pool->fork_generation != xlgc__process_generation()) return XLGC_E_FORK;
  return object >> 56 != pool->graph.objects.pool ? XLGC_E_FOREIGN : 0;
}

int xlgc_sites(xlgc_pool *pool, unsigned every) {
  if (!pool) return XLGC_E_INVAL;
  atomic_store_explicit(&pool->sites.every, every, memory_order_relaxed);
  return 0;
}

int xlgc_sites_every(xlgc_pool *pool, unsigned *out) {
  if (!pool || !out) return XLGC_E_INVAL;
  *out = atomic_load_explicit(&pool->sites.every, memory_order_relaxed);
  return 0;
}

int xlgc_object_site(xlgc_pool *pool, xlgc_id object, char *room, size_t size_bytes) {
  if (!pool || (size_bytes && !room)) return XLGC_E_INVAL;
  int refused = refusal(pool, object);
  if (refused) return refused;
  if (size_bytes) room[0] = 0;
  xlgc__text text = {room, size_bytes, 0};
  xlgc__sites_put(&pool->sites, object, "", &text);
  return (int)text.length;
}

int xlgc_object_site_set(xlgc_pool *pool, xlgc_id object, const char *words) {
  if (!pool || !words) return XLGC_E_INVAL;
  int refused = refusal(pool, object);
  if (refused) return refused;
  return xlgc__object_find(&pool->graph.objects, object) ? xlgc__sites_say(&pool->sites, object, words) : XLGC_E_STALE;
}
