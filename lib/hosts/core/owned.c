#include <config.h>

#include "hosts/core/owned.h"

#include "hosts/core/objects.h"

static xlgc__host_owned *all;

static void release(xlgc_context *context, xlgc_id id, void *address, void *data) {
  (void)context;
  (void)data;
  xlgc__host_owned *owned = address;
  xlgc_native_retire(owned->pool, id);
  xlgc__host_lock_acquire();
  DL_DELETE(all, owned);
  xlgc__host_lock_release();
  owned->free(owned);
}

static const xlgc_kind kind = {.name = "managed", .flags = XLGC_KIND_UNINDEXED, .release = release};

int xlgc__host_owned_make(xlgc__host_owned *owned, xlgc_pool *pool, xlgc_context *context,
                          void (*free)(xlgc__host_owned *owned), const xlgc_behaviour *behaviour) {
  owned->pool = pool;
  owned->free = free;
  int failed = xlgc_register(context, owned, &kind, &owned->id);
  if (failed) {
    free(owned);
    return failed;
  }
  xlgc__host_lock_acquire();
  DL_APPEND(all, owned);
  xlgc__host_lock_release();
  failed = xlgc_native_publish(pool, owned->id, behaviour, owned);
  if (failed) xlgc__host_objects_give_up(context, owned->id);
  return failed;
}

static xlgc__host_owned *take_one(const xlgc_pool *pool) {
  xlgc__host_owned *owned;
  xlgc__host_lock_acquire();
  DL_FOREACH(all, owned) {
    if (owned->pool == pool) break;
  }
  if (owned) DL_DELETE(all, owned);
  xlgc__host_lock_release();
  return owned;
}

void xlgc__host_owned_abandon(const xlgc_pool *pool) {
  for (xlgc__host_owned *owned; (owned = take_one(pool)) != NULL;) {
    xlgc_native_retire(owned->pool, owned->id);
    owned->free(owned);
  }
}
