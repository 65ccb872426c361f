/* Hosts, exports, proxies and calls as include/xlgc/host.h has them: which links an engine has in the pool between two
 * summaries. Uses nothing of the library but what any program could. */
#include <config.h>

#include "hosts/core/handover.h"
#include "hosts/core/managed.h"

static const xlgc_kind root_kind = {.name = "host", .flags = XLGC_KIND_UNINDEXED};

static void *serial_address(uint64_t serial) { return (void *)(uintptr_t)serial; }

/* A new object that nobody holds: the pool gives it up when a pin has come and gone. */
static void take_back(xlgc_host *host, xlgc_id id) {
  if (!xlgc_pin(host->context, id)) xlgc_unpin(host->context, id);
}

/* ----------------------------------------------------------------- hosts */

int xlgc_host_open(xlgc_pool *pool, const xlgc_host_adapter *adapter, void *engine, xlgc_host **out) {
  if (!pool || !out || !adapter || !adapter->summarise || !adapter->unpin || !adapter->enter != !adapter->leave)
    return XLGC_E_INVAL;
  xlgc__host_lock_watch_forks();
  xlgc_host *host = xlgc__host_memory_zeroed(sizeof *host);
  if (!host) return XLGC_E_NOMEM;
  host->adapter = adapter;
  host->engine = engine;
  int failed = xlgc_context_create(pool, adapter->name, &host->context);
  if (!failed) failed = xlgc_register(host->context, engine, &root_kind, &host->root);
  if (!failed) failed = xlgc__host_groups_join(host, pool);
  if (!failed) {
    failed = xlgc_pin(host->context, host->root);
    if (failed) xlgc__host_groups_part(host);
  }
  if (failed) {
    if (host->root) take_back(host, host->root);
    xlgc_context_destroy(host->context);
    free(host);
    return failed;
  }
  *out = host;
  return 0;
}

static int end_started(xlgc_host *host) {
  for (xlgc__host_started *last; (last = host->started) != NULL;) {
    int failed = last->language->end(last->engine);
    if (failed) return failed;
    LL_DELETE(host->started, last);
    free(last);
  }
  return 0;
}

static bool is_last(const xlgc_host *host) {
  xlgc__host_lock_acquire();
  bool is = host->group->hosts == host && !host->next;
  xlgc__host_lock_release();
  return is;
}

/* The last host of a pool lets go of what they share. */
static int end_shared(xlgc_host *host) {
  xlgc__host_lock_acquire();
  xlgc__host_group *group = host->group;
  xlgc_id shared = XLGC_ID_NONE;
  if (group->hosts == host && !host->next) {
    shared = group->shared;
    group->shared = XLGC_ID_NONE;
  }
  xlgc__host_lock_release();
  if (shared == XLGC_ID_NONE) return 0;
  int failed = xlgc__host_objects_unless_over(xlgc_unpin(host->context, shared));
  if (!failed) return 0;
  xlgc__host_lock_acquire();
  group->shared = shared;
  xlgc__host_lock_release();
  return failed;
}

/* Everything that has to be logged when a host ends. */
static int end_links(xlgc_host *host) {
  xlgc__host_link *link, *next;
  int failed = 0;
  host->busy++;
  HASH_ITER(hh, host->links, link, next) {
    if (failed) break;
    if (link->source) failed = xlgc__host_links_drop(host, link);
  }
  if (!failed && !host->root_is_unpinned) {
    failed = xlgc_unpin(host->context, host->root);
    host->pool_is_over = failed == XLGC_E_SHUTDOWN;
    failed = xlgc__host_objects_unless_over(failed);
    host->root_is_unpinned = !failed;
  }
  if (!failed) failed = end_shared(host);
  host->busy--;
  return failed;
}

int xlgc_host_close(xlgc_host *host) {
  if (!host) return 0;
  xlgc__host_handover_drain(host);
  int failed = end_started(host);
  if (failed) return failed;
  xlgc__host_lock_acquire();
  bool in_use = host->depth || host->busy || host->visiting || host->is_draining;
  if (!in_use) host->is_closing = true;
  xlgc__host_lock_release();
  if (in_use) return XLGC_E_BUSY;
  failed = end_links(host);
  if (!failed) failed = xlgc__host_engine_enter(host);
  if (failed) return failed;
  /* From here on nothing can fail; unpinning may run what it likes, and finds the host closed. */
  host->busy++;
  xlgc__host_link *link, *next_link;
  HASH_ITER(hh, host->links, link, next_link) { xlgc__host_links_remove(host, link); }
  for (xlgc__host_node *node; (node = host->nodes) != NULL;) {
    bool unpins = node->is_own && !node->pin_is_kept;
    void *handle = node->handle;
    xlgc__host_nodes_remove(node);
    if (!unpins) continue;
    host->statistics.unpinned++;
    host->adapter->unpin(host->engine, handle);
  }
  xlgc__host_engine_leave(host);
  while (xlgc__host_objects_unpin_owed(host)) {
  }
  xlgc_context *context = host->context;
  if (host->pool_is_over && is_last(host)) xlgc__host_owned_abandon(host->group->pool);
  xlgc__host_groups_part(host);
  xlgc_context_destroy(context);
  free(host);
  return 0;
}

xlgc_context *xlgc_host_context(const xlgc_host *host) { return host->context; }
xlgc_id xlgc_host_root(const xlgc_host *host) { return host->root; }

/* --------------------------------------------------------------- exports */

/* An object of the pool, with its node and its serial number, that nobody holds yet. */
static int register_export(xlgc_host *host, xlgc__host_node **out) {
  uint64_t serial = xlgc__host_objects_make_serial();
  xlgc_id id;
  int failed = xlgc_register(host->context, serial_address(serial), &xlgc__host_handover_export_kind, &id);
  if (failed) return failed;
  failed = xlgc__host_nodes_make(host, id, true, out);
  if (failed) {
    take_back(host, id);
    return failed;
  }
  xlgc__host_object *object = (*out)->object;
  xlgc__host_lock_acquire();
  if (xlgc__host_objects_give_serial_locked(object, serial)) object->own = *out;
  xlgc__host_lock_release();
  return 0;
}

static int make_export(xlgc_host *host, void *handle, xlgc__host_node **out) {
  xlgc__host_node *made, *old = xlgc__host_nodes_find_export(host, handle);
  int failed = register_export(host, &made);
  if (failed) return failed;
  xlgc_id id = made->object->id;
  failed = made->object->failed ? XLGC_E_NOMEM : 0;
  made->handle = handle;
  if (!failed && old) HASH_DELETE(by_handle, host->exports, old);
  if (!failed) HASH_ADD(by_handle, host->exports, handle, sizeof made->handle, made);
  if (made->failed) failed = XLGC_E_NOMEM;
  if (!failed) {
    xlgc__host_lock_acquire();
    made->is_own = true;
    xlgc__host_lock_release();
    host->statistics.exports++;
    failed = xlgc__host_links_from_root(host, made);
  }
  if (!failed) {
    *out = made;
    return 0;
  }
  while (made->in)
    xlgc__host_links_remove(host, made->in);
  xlgc__host_lock_acquire();
  xlgc__host_objects_take_serial_locked(made->object);
  xlgc__host_lock_release();
  xlgc__host_nodes_remove(made);
  take_back(host, id);
  return failed;
}

int xlgc_host_export(xlgc_host *host, void *handle, xlgc_id *out) {
  int failed = xlgc__host_handover_admit(host);
  if (failed) return failed;
  if (!handle || !out) return XLGC_E_INVAL;
  xlgc__host_node *old = xlgc__host_nodes_find_export(host, handle), *made = NULL;
  failed = old && !old->released ? xlgc__host_links_from_root(host, old) : XLGC_E_STALE;
  if (failed && failed != XLGC_E_STALE) return failed;
  bool is_new = failed;
  if (is_new) {
    host->busy++;
    failed = make_export(host, handle, &made);
    /* The engine has got hold of an object whose export was condemned: its pin is the new one's. */
    if (!failed && old) old->pin_is_kept = true;
    host->busy--;
    if (failed) return failed;
    host->statistics.exported++;
  }
  xlgc__host_engine_touch(host);
  *out = (made ? made : old)->object->id;
  return old ? 1 : 0;
}

int xlgc_host_exported(xlgc_host *host, void *handle, xlgc_id *out) {
  int failed = xlgc__host_handover_admit(host);
  if (failed) return failed;
  if (!handle || !out) return XLGC_E_INVAL;
  xlgc__host_node *node = xlgc__host_nodes_find_export(host, handle);
  failed = node && !node->released ? xlgc__host_links_from_root(host, node) : XLGC_E_UNKNOWN;
  if (failed) return failed == XLGC_E_STALE ? XLGC_E_UNKNOWN : failed;
  xlgc__host_engine_touch(host);
  *out = node->object->id;
  return 0;
}

/* --------------------------------------------------------------- proxies */

int xlgc_host_receive(xlgc_host *host, xlgc_id id, void **handle) {
  int failed = xlgc__host_handover_admit(host);
  if (failed) return failed;
  if (id == XLGC_ID_NONE || !handle) return XLGC_E_INVAL;
  xlgc__host_node *node = xlgc__host_nodes_find(host, id);
  if (!node) {
    failed = xlgc__host_nodes_make(host, id, false, &node);
    if (failed) return failed;
  }
  xlgc__host_lock_acquire();
  failed = xlgc__host_objects_is_closed_locked(node->object) ? XLGC_E_STALE : 0;
  xlgc__host_lock_release();
  if (!failed) failed = xlgc__host_links_from_root(host, node);
  if (failed) {
    xlgc__host_lock_acquire();
    xlgc__host_nodes_enqueue_locked(node);
    xlgc__host_lock_release();
    return failed;
  }
  xlgc__host_engine_touch(host);
  xlgc__host_lock_acquire();
  bool found = node->made > node->gone && node->handle;
  *handle = node->is_own || found ? node->handle : NULL;
  if (!*handle) node->making++;
  xlgc__host_lock_release();
  return node->is_own ? XLGC_HOST_OWN : found ? XLGC_HOST_FOUND : XLGC_HOST_NEW;
}

int xlgc_host_proxy_made(xlgc_host *host, xlgc_id id, void *handle) {
  int failed = xlgc__host_handover_admit(host);
  if (failed) return failed;
  if (!handle) return XLGC_E_INVAL;
  xlgc__host_node *node = xlgc__host_nodes_find(host, id);
  if (!node || !node->making) return XLGC_E_STATE;
  xlgc__host_lock_acquire();
  node->making--;
  node->made++;
  node->handle = handle;
  xlgc__host_lock_release();
  return 0;
}

int xlgc_host_proxy_failed(xlgc_host *host, xlgc_id id) {
  int failed = xlgc__host_handover_admit(host);
  if (failed) return failed;
  xlgc__host_node *node = xlgc__host_nodes_find(host, id);
  if (!node || !node->making) return XLGC_E_STATE;
  xlgc__host_lock_acquire();
  node->making--;
  xlgc__host_nodes_enqueue_locked(node);
  xlgc__host_lock_release();
  return 0;
}

int xlgc_host_proxy_dying(xlgc_host *host, xlgc_id id, void *handle) {
  if (!host) return XLGC_E_INVAL;
  if (host->is_closing) return XLGC_E_SHUTDOWN;
  xlgc__host_node *node = xlgc__host_nodes_find(host, id);
  if (!node || node->is_own || !handle) return XLGC_E_STATE;
  xlgc__host_lock_acquire();
  bool is = node->handle == handle;
  if (is) {
    node->handle = NULL;
    node->making++;
  }
  xlgc__host_lock_release();
  return is ? XLGC_HOST_NEW : XLGC_E_STATE;
}

int xlgc_host_proxy_gone(xlgc_host *host, xlgc_id id, void *handle) {
  if (!host) return 0;
  xlgc__host_lock_acquire();
  xlgc__host_node *node = host->is_closing ? NULL : xlgc__host_nodes_find(host, id);
  bool is = node && node->made > node->gone, closing = host->is_closing;
  if (is) {
    node->gone++;
    if (node->handle == handle) node->handle = NULL;
    xlgc__host_nodes_enqueue_locked(node);
  }
  xlgc__host_lock_release();
  return is || closing ? 0 : XLGC_E_UNKNOWN;
}

int xlgc_host_is_alive(xlgc_pool *pool, xlgc_id id) {
  if (!pool || id == XLGC_ID_NONE) return XLGC_E_INVAL;
  xlgc_context *context;
  int failed = xlgc_context_here(pool, &context);
  if (failed) return failed == XLGC_E_SHUTDOWN ? 0 : failed;
  xlgc_id loaded = XLGC_ID_NONE;
  xlgc__host_lock_acquire();
  xlgc__host_group *group = xlgc__host_groups_find_locked(pool);
  xlgc__host_object *object = group ? xlgc__host_objects_find_locked(group, id) : NULL;
  if (object && !xlgc__host_objects_is_closed_locked(object)) {
    failed = xlgc_weak_load(object->weak, &loaded);
    /* Who has it pinned keeps its record. */
    if (loaded != XLGC_ID_NONE) {
      object->users++;
      group->users++;
    }
  }
  xlgc__host_lock_release();
  if (failed || loaded == XLGC_ID_NONE) return failed;
  xlgc__host_objects_unpin(context, object);
  xlgc__host_lock_acquire();
  xlgc__host_objects_leave_locked(object);
  xlgc__host_groups_leave_locked(group);
  xlgc__host_lock_release();
  return 1;
}

/* ------------------------------------------------------------ being called */

static void count_out(xlgc_host *host) {
  xlgc__host_lock_acquire();
  host->depth--;
  xlgc__host_lock_release();
}

int xlgc__host_calls_enter(xlgc__host_object *object, xlgc_host **owner, void **handle) {
  xlgc__host_lock_acquire();
  xlgc_host *to = object->own ? object->own->host : NULL;
  if (to && to->is_closing) to = NULL;
  if (to) to->depth++;
  xlgc__host_lock_release();
  if (!to) {
    *owner = NULL;
    *handle = NULL;
    return object->is_export ? XLGC_E_STALE : 0;
  }
  int failed = xlgc__host_engine_enter(to);
  if (!failed) {
    xlgc__host_handover_drain(to);
    failed = object->own ? xlgc__host_links_from_root(to, object->own) : XLGC_E_STALE;
    if (failed) xlgc__host_engine_leave(to);
  }
  if (failed) {
    count_out(to);
    return failed;
  }
  xlgc__host_engine_touch(to);
  *owner = to;
  *handle = object->own->handle;
  return 0;
}

int xlgc_host_enter(xlgc_host *from, xlgc_id id, xlgc_host **owner, void **handle) {
  int failed = xlgc__host_handover_admit(from);
  if (failed) return failed;
  if (id == XLGC_ID_NONE || !owner || !handle) return XLGC_E_INVAL;
  xlgc__host_node *proxy = xlgc__host_nodes_find(from, id);
  if (!proxy) return XLGC_E_UNKNOWN;
  xlgc__host_lock_acquire();
  bool idle = xlgc__host_nodes_is_idle_locked(proxy), closed = xlgc__host_objects_is_closed_locked(proxy->object);
  xlgc__host_lock_release();
  failed = idle ? XLGC_E_UNKNOWN : closed ? XLGC_E_STALE : xlgc__host_links_from_root(from, proxy);
  if (failed) return failed;
  xlgc__host_engine_touch(from);
  return xlgc__host_calls_enter(proxy->object, owner, handle);
}

int xlgc_host_leave(xlgc_host *owner) {
  if (!owner) return XLGC_E_INVAL;
  if (!atomic_load_explicit(&owner->depth, memory_order_relaxed)) return XLGC_E_STATE;
  xlgc__host_engine_touch(owner);
  xlgc__host_engine_leave(owner);
  count_out(owner);
  return 0;
}

int xlgc_host_moved(xlgc_host *host) {
  if (!host) return XLGC_E_INVAL;
  xlgc__host_engine_touch(host);
  return 0;
}

/* ---------------------------------------------------------------- reading */

const char *xlgc_host_name(const xlgc_host *host) { return host->adapter->name; }

int xlgc_host_stats(const xlgc_host *host, xlgc_host_statistics *out) {
  if (!host || !out) return XLGC_E_INVAL;
  *out = host->statistics;
  out->proxies = 0;
  for (const xlgc__host_node *node = host->nodes; node; node = node->hh.next)
    out->proxies += !xlgc__host_nodes_is_idle(node) && !node->is_own;
  out->links = HASH_COUNT(host->links);
  out->epoch = xlgc__host_engine_epoch(host);
  return 0;
}
