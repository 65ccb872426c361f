/* A proxy is used: the engine of its object is entered, and left. */
#include <config.h>

#include "hosts/core/calls.h"

#include "hosts/core/engine.h"
#include "hosts/core/handover.h"
#include "hosts/core/links.h"
#include "hosts/core/nodes.h"
#include "hosts/core/objects.h"
#include "hosts/core/safepoint.h"
#include "hosts/core/visits.h"

static int count_host_in_locked(xlgc_host *host) {
  int failed = xlgc__host_engine_take_locked(host);
  if (!failed || failed == XLGC_E_BUSY) atomic_fetch_add_explicit(&host->depth, 1, memory_order_relaxed);
  return failed;
}

/* The host of an export, counted as entered, or NULL when that is closed; and its engine, taken. XLGC_E_BUSY: it is yet
 * to be waited for. */
static int count_in_locked(const xlgc__host_object *object, xlgc_host **to) {
  xlgc_host *owner = object->own ? object->own->host : NULL;
  *to = NULL;
  if (!owner || owner->is_closing) return 0;
  int failed = count_host_in_locked(owner);
  if (!failed || failed == XLGC_E_BUSY) *to = owner;
  return failed;
}

/* The thread's last access to the host, which may be closed from then on. */
static void count_out(xlgc_host *host) { atomic_fetch_sub_explicit(&host->depth, 1, memory_order_release); }

/* The engine of a host that was counted in is taken, also when another thread has it. The host is out when this fails.
 * */
static int await(xlgc_host *host) {
  int failed = xlgc__host_engine_take(host);
  if (failed) count_out(host);
  return failed;
}

/* The engine of a host that was counted in, and taken. */
static int enter_taken(xlgc_host *host) {
  int failed = xlgc__host_engine_enter_taken(host);
  if (failed) return failed;
  xlgc__host_handover_drain_few(host);
  failed = xlgc_context_check(host->context);
  if (failed) xlgc__host_engine_leave(host);
  return failed;
}

/* Enters the engine of a host that was counted in. */
static int enter_counted(xlgc_host *host, const xlgc__host_object *object, void **handle) {
  int failed = enter_taken(host);
  if (failed) return failed;
  failed = xlgc__host_visits_reserve();
  if (!failed) failed = object->own ? xlgc__host_links_from_root(host, object->own) : XLGC_E_STALE;
  if (failed) {
    xlgc__host_engine_leave(host);
    return failed;
  }
  xlgc__host_visits_name_entered(object->own->object);
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
  xlgc_host *to;
  *owner = NULL;
  *handle = NULL;
  xlgc__host_lock_acquire();
  int failed = count_in_locked(object, &to);
  xlgc__host_lock_release();
  if (failed == XLGC_E_BUSY) failed = await(to);
  return failed ? failed : enter(object, to, owner, handle);
}

int xlgc__host_calls_enter_host_locked(xlgc_host *host) {
  int failed = host->is_closing ? XLGC_E_STALE : count_host_in_locked(host);
  xlgc__host_lock_release();
  if (failed == XLGC_E_BUSY) failed = await(host);
  if (failed) return failed;
  failed = enter_taken(host);
  if (failed)
    count_out(host);
  else
    xlgc__host_engine_touch(host);
  return failed;
}

/* Is there a proxy, and its object? *to: the object's host, counted in, or NULL when it has none. XLGC_E_BUSY as there.
 * */
static int look_at_proxy(const xlgc__host_node *proxy, xlgc_host **to) {
  xlgc__host_lock_acquire();
  int failed = xlgc__host_nodes_is_idle_locked(proxy)               ? XLGC_E_UNKNOWN
               : xlgc__host_objects_is_closed_locked(proxy->object) ? XLGC_E_STALE
                                                                    : 0;
  *to = NULL;
  if (!failed) failed = count_in_locked(proxy->object, to);
  xlgc__host_lock_release();
  return failed;
}

/* The caller's host is in the middle of a visit: while the thread waits, none closes it or cuts its proxy off. */
static int enter_object_of(xlgc_host *from, xlgc__host_node *proxy, xlgc_host **owner, void **handle) {
  xlgc_host *to;
  int failed = look_at_proxy(proxy, &to);
  if (failed == XLGC_E_BUSY) failed = await(to);
  if (failed) return failed;
  failed = xlgc__host_links_from_root(from, proxy);
  if (failed) {
    if (!to) return failed;
    xlgc__host_engine_give(to);
    count_out(to);
    return failed;
  }
  xlgc__host_engine_touch(from);
  return enter(proxy->object, to, owner, handle);
}

int xlgc_host_enter(xlgc_host *from, xlgc_id id, xlgc_host **owner, void **handle) {
  int failed = xlgc__host_handover_let_cross(from);
  if (failed) return failed;
  if (id == XLGC_ID_NONE || !owner || !handle) return XLGC_E_INVAL;
  xlgc__host_node *proxy = xlgc__host_nodes_find(from, id);
  if (!proxy) return XLGC_E_UNKNOWN;
  *owner = NULL;
  *handle = NULL;
  xlgc__host_engine_visit(from, 1);
  failed = enter_object_of(from, proxy, owner, handle);
  xlgc__host_engine_visit(from, -1);
  return failed;
}

int xlgc_host_leave(xlgc_host *owner) {
  if (!owner) return XLGC_E_INVAL;
  if (!atomic_load_explicit(&owner->depth, memory_order_relaxed)) return XLGC_E_STATE;
  xlgc__host_engine_touch(owner);
  if (atomic_load_explicit(&owner->depth, memory_order_relaxed) == 1) xlgc__host_safepoint_reach(owner);
  xlgc__host_safepoint_pass(owner);
  xlgc__host_engine_leave(owner);
  count_out(owner);
  return 0;
}

/* As long as it visits, none of what is called here closes it. */
void xlgc__host_calls_returned(xlgc_host *from) {
  xlgc__host_safepoint_pass(from);
  if (from->visiting == 1 && !atomic_load_explicit(&from->depth, memory_order_relaxed))
    xlgc__host_safepoint_reach(from);
  xlgc__host_engine_visit(from, -1);
}

int xlgc_host_moved(xlgc_host *host) {
  if (!host) return XLGC_E_INVAL;
  xlgc__host_engine_touch(host);
  return 0;
}
