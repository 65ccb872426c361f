/* A proxy is used: the engine of its object is entered, and left. */
#include <config.h>

#include "hosts/core/calls.h"

#include "hosts/core/engine.h"
#include "hosts/core/handover.h"
#include "hosts/core/links.h"
#include "hosts/core/nodes.h"
#include "hosts/core/objects.h"

/* The host of an export, counted as entered; NULL when that is closed. */
static xlgc_host *count_in_locked(const xlgc__host_object *object) {
  xlgc_host *owner = object->own ? object->own->host : NULL;
  if (!owner || owner->is_closing) return NULL;
  atomic_fetch_add_explicit(&owner->depth, 1, memory_order_relaxed);
  return owner;
}

/* The thread's last access to the host, which may be closed from then on. */
static void count_out(xlgc_host *host) { atomic_fetch_sub_explicit(&host->depth, 1, memory_order_release); }

/* Enters the engine of a host that was counted in. */
static int enter_counted(xlgc_host *host, const xlgc__host_object *object, void **handle) {
  int failed = xlgc__host_engine_enter(host);
  if (failed) return failed;
  xlgc__host_handover_drain(host);
  failed = object->own ? xlgc__host_links_from_root(host, object->own) : XLGC_E_STALE;
  if (failed) {
    xlgc__host_engine_leave(host);
    return failed;
  }
  xlgc__host_engine_touch(host);
  *handle = object->own->handle;
  return 0;
}

/* to: the host that was counted in, or NULL. */
static int enter(const xlgc__host_object *object, xlgc_host *to, xlgc_host **owner, void **handle) {
  *owner = NULL;
  *handle = NULL;
  if (!to) return object->is_export ? XLGC_E_STALE : 0;
  int failed = enter_counted(to, object, handle);
  if (failed)
    count_out(to);
  else
    *owner = to;
  return failed;
}

int xlgc__host_calls_enter(xlgc__host_object *object, xlgc_host **owner, void **handle) {
  xlgc__host_lock_acquire();
  xlgc_host *to = count_in_locked(object);
  xlgc__host_lock_release();
  return enter(object, to, owner, handle);
}

/* Is there a proxy, and its object? *to: the object's host, counted in, or NULL when it has none. */
static int look_at_proxy(const xlgc__host_node *proxy, xlgc_host **to) {
  xlgc__host_lock_acquire();
  int failed = xlgc__host_nodes_is_idle_locked(proxy)               ? XLGC_E_UNKNOWN
               : xlgc__host_objects_is_closed_locked(proxy->object) ? XLGC_E_STALE
                                                                    : 0;
  *to = failed ? NULL : count_in_locked(proxy->object);
  xlgc__host_lock_release();
  return failed;
}

int xlgc_host_enter(xlgc_host *from, xlgc_id id, xlgc_host **owner, void **handle) {
  int failed = xlgc__host_handover_admit(from);
  if (failed) return failed;
  if (id == XLGC_ID_NONE || !owner || !handle) return XLGC_E_INVAL;
  xlgc__host_node *proxy = xlgc__host_nodes_find(from, id);
  if (!proxy) return XLGC_E_UNKNOWN;
  xlgc_host *to;
  failed = look_at_proxy(proxy, &to);
  if (!failed) failed = xlgc__host_links_from_root(from, proxy);
  if (failed) {
    if (to) count_out(to);
    return failed;
  }
  xlgc__host_engine_touch(from);
  return enter(proxy->object, to, owner, handle);
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
