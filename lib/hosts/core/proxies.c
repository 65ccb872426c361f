/* An object of the pool becomes known to an engine, whose proxies of it come and go. */
#include <config.h>

#include <limits.h>
#include <xlgc/why.h>

#include "hosts/core/engine.h"
#include "hosts/core/groups.h"
#include "hosts/core/handover.h"
#include "hosts/core/links.h"
#include "hosts/core/nodes.h"
#include "hosts/core/objects.h"
#include "hosts/core/visits.h"

/* The node of an id that comes in, with a link from the root. */
static int let_in(xlgc_host *host, xlgc_id id, xlgc__host_node **out) {
  xlgc__host_node *node = xlgc__host_nodes_find(host, id);
  int failed = node ? 0 : xlgc__host_nodes_make(host, id, false, &node);
  if (failed) return failed;
  xlgc__host_lock_acquire();
  failed = xlgc__host_objects_is_closed_locked(node->object) ? XLGC_E_STALE : 0;
  xlgc__host_lock_release();
  if (!failed) failed = xlgc__host_links_from_root(host, node);
  if (failed) {
    xlgc__host_lock_acquire();
    xlgc__host_nodes_enqueue_locked(node);
    xlgc__host_lock_release();
  }
  *out = node;
  return failed;
}

/* What stands for a node in the engine, or is to be made for it. */
static int answer_handle(xlgc__host_node *node, void **handle) {
  xlgc__host_lock_acquire();
  bool found = node->made > node->gone && node->handle;
  *handle = node->is_own || found ? node->handle : NULL;
  if (!*handle) node->making++;
  xlgc__host_lock_release();
  return node->is_own ? XLGC_HOST_OWN : found ? XLGC_HOST_FOUND : XLGC_HOST_NEW;
}

int xlgc_host_receive(xlgc_host *host, xlgc_id id, void **handle) {
  int failed = xlgc__host_handover_let_cross(host);
  if (failed) return failed;
  if (id == XLGC_ID_NONE || !handle) return XLGC_E_INVAL;
  failed = xlgc__host_visits_reserve();
  if (failed) return failed;
  xlgc__host_node *node;
  failed = let_in(host, id, &node);
  if (failed) return failed;
  if (node->is_own) xlgc__host_visits_name(host, node->object);
  xlgc__host_engine_touch(host);
  return answer_handle(node, handle);
}

/* A large object counts as some visits, so that a step comes sooner: what temporaries like it have left is freed then. */
static void count_bytes(xlgc_host *host, xlgc_id id) {
  enum { VISIT_BYTES = 1 << 14 };
  size_t bytes;
  if (xlgc_object_bytes(host->group->pool, id, &bytes)) return;
  size_t visits = bytes / VISIT_BYTES, room = UINT_MAX / 2 - host->ends;
  host->ends += (unsigned)(visits < room ? visits : room);
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
  count_bytes(host, id);
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
    /* Its record stays while the pin is there. */
    if (loaded != XLGC_ID_NONE) {
      object->users++;
      group->users++;
    }
  }
  xlgc__host_lock_release();
  if (failed || loaded == XLGC_ID_NONE) return failed;
  xlgc__host_objects_unpin(context, object);
  xlgc__host_groups_leave_object(object);
  return 1;
}
