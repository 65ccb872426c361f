/* The ids that one host knows. */
#include <config.h>

#include "hosts/core/nodes.h"

#include "hosts/core/objects.h"

xlgc__host_node *xlgc__host_nodes_find(const xlgc_host *host, xlgc_id id) {
  return xlgc__tree_record(xlgc__tree_find(&host->nodes_by_id, id), offsetof(xlgc__host_node, by_id));
}

xlgc__host_node *xlgc__host_nodes_find_export(const xlgc_host *host, const void *handle) {
  return xlgc__tree_record(xlgc__tree_find(&host->exports, (uintptr_t)handle), offsetof(xlgc__host_node, by_handle));
}

void xlgc__host_nodes_count_export(xlgc__host_node *node, int more) {
  xlgc_host *host = node->host;
  unsigned serial = atomic_load_explicit(&host->group->serial, memory_order_relaxed);
  if (more > 0) node->born = serial;
  size_t weight = (size_t)more * (1 + (size_t)node->weight);
  host->statistics.exports += (uint64_t)more;
  atomic_fetch_add_explicit(&host->group->exports, weight, memory_order_relaxed);
  if (node->born == serial) atomic_fetch_add_explicit(&host->group->young, weight, memory_order_relaxed);
}

void xlgc__host_nodes_remove(xlgc__host_node *node) {
  xlgc_host *host = node->host;
  xlgc__host_lock_acquire();
  DL_DELETE(host->nodes, node);
  xlgc__host_nodes_withdraw_locked(node);
  xlgc__tree_remove(&host->nodes_by_id, &node->by_id);
  if (node->object->own == node) node->object->own = NULL;
  if (!node->object->serial || !node->is_own) xlgc__host_objects_leave_locked(node->object);
  xlgc__host_lock_release();
  if (node->is_own && xlgc__host_nodes_find_export(host, node->handle) == node)
    xlgc__tree_remove(&host->exports, &node->by_handle);
  if (node->is_own && !node->pin_is_kept) xlgc__host_nodes_count_export(node, -1);
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
  DL_APPEND(host->nodes, made);
  xlgc__tree_add(&host->nodes_by_id, id, &made->by_id);
  xlgc__host_lock_release();
  *out = made;
  return 0;
}

void xlgc__host_nodes_enqueue_locked(xlgc__host_node *node) {
  if (node->is_queued) return;
  node->is_queued = true;
  LL_PREPEND2(node->host->queued, node, next_queued);
  atomic_fetch_add_explicit(&node->host->queued_count, 1, memory_order_relaxed);
  atomic_store_explicit(&node->host->has_handed_over, true, memory_order_relaxed);
}

void xlgc__host_nodes_enqueue_released_locked(xlgc__host_node *node) {
  LL_PREPEND2(node->host->released, node, next_released);
  atomic_store_explicit(&node->host->has_handed_over, true, memory_order_relaxed);
}

void xlgc__host_nodes_propose_locked(xlgc__host_node *node) {
  xlgc_host *host = node->host;
  node->is_recent = true;
  if (node->is_proposed || node->is_outside || host->adapter->flags & XLGC_HOST_SILENT) return;
  node->is_proposed = true;
  DL_APPEND2(host->proposed, node, prev_listed, next_listed);
  atomic_fetch_add_explicit(&host->proposed_count, 1, memory_order_relaxed);
}

bool xlgc__host_nodes_propose_again(xlgc__host_node *node) {
  if (!atomic_load_explicit(&node->is_proposed, memory_order_relaxed))
    return atomic_load_explicit(&node->is_outside, memory_order_relaxed);
  atomic_store_explicit(&node->is_recent, true, memory_order_relaxed);
  return true;
}

void xlgc__host_nodes_keep_locked(xlgc__host_node *node) {
  if (node->is_outside) return;
  xlgc__host_nodes_withdraw_locked(node);
  node->is_outside = true;
  DL_APPEND2(node->host->outside, node, prev_listed, next_listed);
}

void xlgc__host_nodes_withdraw_locked(xlgc__host_node *node) {
  if (node->is_proposed) DL_DELETE2(node->host->proposed, node, prev_listed, next_listed);
  if (node->is_outside) DL_DELETE2(node->host->outside, node, prev_listed, next_listed);
  node->is_proposed = node->is_outside = false;
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
