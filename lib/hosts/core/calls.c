/* A proxy is used: the engine of its object is entered, and left. */
#include <config.h>

#include "hosts/core/calls.h"

#include "hosts/core/engine.h"
#include "hosts/core/handover.h"
#include "hosts/core/links.h"
#include "hosts/core/nodes.h"
#include "hosts/core/objects.h"

static void count_out(xlgc_host *host) {
  xlgc__host_lock_acquire();
  host->depth--;
  xlgc__host_lock_release();
}

/* The host of an export, counted as entered; NULL when that is closed. */
static xlgc_host *count_in(const xlgc__host_object *object) {
  xlgc__host_lock_acquire();
  xlgc_host *owner = object->own ? object->own->host : NULL;
  if (owner && owner->is_closing) owner = NULL;
  if (owner) owner->depth++;
  xlgc__host_lock_release();
  return owner;
}

int xlgc__host_calls_enter(xlgc__host_object *object, xlgc_host **owner, void **handle) {
  xlgc_host *to = *owner = count_in(object);
  *handle = NULL;
  if (!to) return object->is_export ? XLGC_E_STALE : 0;
  int failed = xlgc__host_engine_enter(to);
  if (!failed) {
    xlgc__host_handover_drain(to);
    failed = object->own ? xlgc__host_links_from_root(to, object->own) : XLGC_E_STALE;
    if (failed) xlgc__host_engine_leave(to);
  }
  if (failed) {
    count_out(to);
    *owner = NULL;
    return failed;
  }
  xlgc__host_engine_touch(to);
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
