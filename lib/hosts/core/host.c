/* A host: how it begins and ends, and its counters. The hosts use nothing of the library but what any program could. */
#include <config.h>

#include "hosts/core/engine.h"
#include "hosts/core/groups.h"
#include "hosts/core/handover.h"
#include "hosts/core/image.h"
#include "hosts/core/late.h"
#include "hosts/core/links.h"
#include "hosts/core/nodes.h"
#include "hosts/core/objects.h"
#include "hosts/core/owned.h"
#include "hosts/core/started.h"
#include "hosts/core/stops.h"
#include "hosts/core/watches.h"

static const xlgc_kind root_kind = {.name = "host", .flags = XLGC_KIND_UNINDEXED};

/* ------------------------------------------------------------------ opening */

static int enter_pool(xlgc_host *host, xlgc_pool *pool) {
  int failed = xlgc_pool_retain(pool);
  if (failed) return failed;
  failed = xlgc_context_create(pool, host->adapter->name, &host->context);
  if (!failed) failed = xlgc_register(host->context, host->engine, &root_kind, &host->root);
  if (!failed) failed = xlgc__host_groups_join(host, pool);
  if (failed) return failed;
  failed = xlgc_pin(host->context, host->root);
  if (failed) xlgc__host_groups_part(host);
  return failed;
}

int xlgc_host_open(xlgc_pool *pool, const xlgc_host_adapter *adapter, void *engine, xlgc_host **out) {
  if (!pool || !out || !adapter || !adapter->summarise || !adapter->unpin || !adapter->enter != !adapter->leave ||
      !adapter->size != !adapter->begin_image || !adapter->size != !adapter->end_image)
    return XLGC_E_INVAL;
  xlgc__host_groups_watch_forks();
  xlgc_host *host = xlgc__host_memory_zeroed(sizeof *host);
  if (!host) return XLGC_E_NOMEM;
  host->adapter = adapter;
  host->engine = engine;
  xlgc__host_engine_bind(host);
  int failed = enter_pool(host, pool);
  if (failed) {
    if (host->root) xlgc__host_objects_give_up(host->context, host->root);
    xlgc_context_destroy(host->context);
    xlgc_pool_release(pool);
    free(host);
    return failed;
  }
  *out = host;
  return 0;
}

/* ------------------------------------------------------------------ closing */

static bool is_in_use_locked(const xlgc_host *host) {
  bool is_entered = atomic_load_explicit(&host->depth, memory_order_acquire);
  return is_entered || host->busy || host->visiting || host->is_draining;
}

/* The engine's last finalizers run, if it ends before its host. */
static int end_engine(xlgc_host *host) {
  if (!host->adapter->ending) return 0;
  xlgc__host_lock_acquire();
  bool in_use = is_in_use_locked(host);
  xlgc__host_lock_release();
  if (in_use) return XLGC_E_BUSY;
  host->adapter->ending(host->engine);
  return xlgc__host_started_end_all(host);
}

/* From then on the host takes nothing but another close. */
static int begin_closing(xlgc_host *host) {
  xlgc__host_lock_acquire();
  bool in_use = is_in_use_locked(host);
  if (!in_use) host->is_closing = true;
  xlgc__host_lock_release();
  return in_use ? XLGC_E_BUSY : 0;
}

static bool is_last_locked(const xlgc_host *host) { return host->group->hosts == host && !host->next; }

static bool is_last(const xlgc_host *host) {
  xlgc__host_lock_acquire();
  bool is = is_last_locked(host);
  xlgc__host_lock_release();
  return is;
}

/* The last host of a pool lets go of what they share. */
static int drop_shared(xlgc_host *host) {
  xlgc__host_lock_acquire();
  xlgc__host_group *group = host->group;
  xlgc_id shared = is_last_locked(host) ? group->shared : XLGC_ID_NONE;
  if (shared != XLGC_ID_NONE) group->shared = XLGC_ID_NONE;
  xlgc__host_lock_release();
  if (shared == XLGC_ID_NONE) return 0;
  int failed = xlgc__host_objects_unless_over(xlgc_unpin(host->context, shared));
  if (!failed) return 0;
  xlgc__host_lock_acquire();
  group->shared = shared;
  xlgc__host_lock_release();
  return failed;
}

static int drop_links_of_exports(xlgc_host *host) {
  xlgc__host_link *link, *next;
  int failed = 0;
  DL_FOREACH_SAFE(host->links, link, next) {
    if (failed) break;
    if (link->source) failed = xlgc__host_links_drop(host, link);
  }
  return failed;
}

static int unpin_root(xlgc_host *host) {
  if (host->root_is_unpinned) return 0;
  int failed = xlgc_unpin(host->context, host->root);
  host->pool_is_over = failed == XLGC_E_SHUTDOWN;
  failed = xlgc__host_objects_unless_over(failed);
  host->root_is_unpinned = !failed;
  return failed;
}

static int unpin_bell(xlgc_host *host) {
  xlgc_id bell = atomic_exchange_explicit(&host->bell, XLGC_ID_NONE, memory_order_acquire);
  int failed = bell == XLGC_ID_NONE ? 0 : xlgc__host_objects_unless_over(xlgc_unpin(host->context, bell));
  if (failed) atomic_store_explicit(&host->bell, bell, memory_order_release);
  return failed;
}

/* All that has to be logged when a host ends; what the root is linked to goes with the root. */
static int log_end(xlgc_host *host) {
  host->busy++;
  int failed = drop_links_of_exports(host);
  if (!failed) failed = unpin_bell(host);
  if (!failed) failed = unpin_root(host);
  if (!failed) failed = drop_shared(host);
  host->busy--;
  return failed;
}

/* Unpinning may run code of the engine, which finds the host closed. */
static void clear_tables(xlgc_host *host) {
  xlgc__host_link *link, *next;
  host->busy++;
  xlgc__host_late_end(host);
  DL_FOREACH_SAFE(host->links, link, next) { xlgc__host_links_remove(host, link); }
  for (xlgc__host_node *node; (node = host->nodes) != NULL;) {
    bool unpins = node->is_own && !node->pin_is_kept;
    void *handle = node->handle;
    xlgc__host_nodes_remove(node);
    if (!unpins) continue;
    atomic_fetch_add_explicit(&host->unpinned, 1, memory_order_relaxed);
    host->adapter->unpin(host->engine, handle);
  }
}

static void free_host(xlgc_host *host) {
  xlgc_pool *pool = host->group->pool;
  xlgc__host_image_end(host, true);
  xlgc__host_facts_free(&host->late.facts);
  xlgc__host_stops_free(host);
  xlgc_context *context = host->context;
  while (xlgc__host_objects_unpin_owed(host)) {
  }
  if (host->pool_is_over && is_last(host)) xlgc__host_owned_abandon(pool);
  xlgc__host_lock_acquire();
  xlgc__host_started_forget_host_locked(host);
  xlgc__host_lock_release();
  xlgc__host_groups_part(host);
  xlgc_context_destroy(context);
  xlgc_pool_release(pool);
  free(host);
}

/* Of an engine that is this thread's. */
static int end_host(xlgc_host *host) {
  xlgc__host_handover_unpin(host, SIZE_MAX);
  int failed = xlgc__host_started_end_all(host);
  if (!failed) failed = end_engine(host);
  if (!failed) failed = begin_closing(host);
  if (!failed) failed = log_end(host);
  if (!failed) failed = xlgc__host_engine_enter(host);
  if (failed) return failed;
  /* From here on nothing can fail. */
  xlgc__host_watches_end(host);
  clear_tables(host);
  xlgc__host_engine_leave(host);
  return 0;
}

int xlgc_host_close(xlgc_host *host) {
  if (!host) return 0;
  int failed = xlgc__host_engine_try_own(host);
  if (failed) return failed;
  failed = end_host(host);
  xlgc__host_engine_give(host);
  if (!failed) free_host(host);
  return failed;
}

/* ------------------------------------------------------------------ reading */

xlgc_context *xlgc_host_context(const xlgc_host *host) { return host->context; }
xlgc_id xlgc_host_root(const xlgc_host *host) { return host->root; }
const char *xlgc_host_name(const xlgc_host *host) { return host->adapter->name; }

int xlgc_host_stats(const xlgc_host *host, xlgc_host_statistics *out) {
  if (!host || !out) return XLGC_E_INVAL;
  *out = host->statistics;
  out->unpinned = atomic_load_explicit(&host->unpinned, memory_order_relaxed);
  out->proxies = 0;
  for (const xlgc__host_node *node = host->nodes; node; node = node->next)
    out->proxies += !xlgc__host_nodes_is_idle(node) && !node->is_own;
  out->links = host->link_count;
  out->epoch = xlgc__host_engine_epoch(host);
  xlgc__host_lock_acquire();
  out->collections = host->group->pace.collections;
  xlgc__host_lock_release();
  return 0;
}
