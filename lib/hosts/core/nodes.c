/* The ids that one host knows. */
#include <config.h>

#include "hosts/core/nodes.h"

#include "hosts/core/objects.h"

xlgc__host_node *xlgc__host_nodes_find(const xlgc_host *host, xlgc_id id) {
  xlgc__host_node *node;
  HASH_FIND(hh, host->nodes, &id, sizeof id, node);
  return node;
}

xlgc__host_node *xlgc__host_nodes_find_export(const xlgc_host *host, const void *handle) {
  xlgc__host_node *node;
  HASH_FIND(by_handle, host->exports, &handle, sizeof handle, node);
  return node;
}

void xlgc__host_nodes_remove(xlgc__host_node *node) {
  xlgc_host *host = node->host;
  xlgc__host_lock_acquire();
  HASH_DELETE(hh, host->nodes, node);
  if (node->object->own == node) node->object->own = NULL;
  if (!node->object->serial || !node->is_own) xlgc__host_objects_leave_locked(node->object);
  xlgc__host_lock_release();
  if (node->is_own && xlgc__host_nodes_find_export(host, node->handle) == node)
    HASH_DELETE(by_handle, host->exports, node);
  host->statistics.exports -= node->is_own;
  free(node);
}

int xlgc__host_nodes_make(xlgc_host *host, xlgc_id id, bool is_own, xlgc__host_node **out) {
  xlgc__host_node *made = xlgc__host_memory_zeroed(sizeof *made);
  if (!made) return XLGC_E_NOMEM;
  made->host = host;
  int failed = xlgc__host_objects_use(host, id, is_own, &made->object);
  if (failed) {
    free(made);
    return failed;
  }
  xlgc__host_lock_acquire();
  HASH_ADD_KEYPTR(hh, host->nodes, &made->object->id, sizeof made->object->id, made);
  if (made->failed) xlgc__host_objects_leave_locked(made->object);
  xlgc__host_lock_release();
  if (made->failed) {
    free(made);
    return XLGC_E_NOMEM;
  }
  *out = made;
  return 0;
}

void xlgc__host_nodes_enqueue_locked(xlgc__host_node *node) {
  if (node->is_queued) return;
  node->is_queued = true;
  LL_PREPEND2(node->host->queued, node, next_queued);
  atomic_store_explicit(&node->host->has_handed_over, true, memory_order_relaxed);
}

void xlgc__host_nodes_enqueue_released_locked(xlgc__host_node *node) {
  LL_PREPEND2(node->host->released, node, next_released);
  atomic_store_explicit(&node->host->has_handed_over, true, memory_order_relaxed);
}

bool xlgc__host_nodes_is_idle_locked(const xlgc__host_node *node) {
  return !node->is_own && node->made == node->gone && !node->making;
}

bool xlgc__host_nodes_is_idle(const xlgc__host_node *node) {
  xlgc__host_lock_acquire();
  bool idle = xlgc__host_nodes_is_idle_locked(node);
  xlgc__host_lock_release();
  return idle;
}
