#include <config.h>

#include "hosts/core/handover.h"

static void released(xlgc_context *context, xlgc_id id, void *address, void *data);

/* An export's address is its serial number, which is never used again: so a release that comes when its host is
 * closed, or even its pool's number is in use by another, finds nothing. */
const xlgc_kind xlgc__host_handover_export_kind = {
    .name = "export", .flags = XLGC_KIND_UNINDEXED, .release = released, .delivery = XLGC_DELIVER_OWNER};

/* ------------------------------------------------------------- the engine */

int xlgc__host_engine_enter(xlgc_host *host) { return host->adapter->enter ? host->adapter->enter(host->engine) : 0; }
void xlgc__host_engine_leave(xlgc_host *host) {
  if (host->adapter->leave) host->adapter->leave(host->engine);
}
void xlgc__host_engine_touch(xlgc_host *host) { atomic_fetch_add_explicit(&host->epoch, 1, memory_order_relaxed); }

/* -------------------------------------------------------- what is handed over */

/* The pool's verdict on an export, on the thread that dispatches. */
static void released(xlgc_context *context, xlgc_id id, void *address, void *data) {
  (void)context;
  (void)id;
  (void)data;
  uint64_t serial = (uintptr_t)address;
  xlgc__host_node *node = NULL;
  xlgc__host_lock_acquire();
  xlgc__host_object *object = xlgc__host_objects_find_serial_locked(serial);
  if (object) {
    xlgc__host_objects_take_serial_locked(object);
    node = object->own;
    if (!node) xlgc__host_objects_leave_locked(object);
  }
  if (node) {
    node->released = true;
    xlgc__host_nodes_enqueue_released_locked(node);
  }
  xlgc__host_lock_release();
  if (node) xlgc__host_handover_drain(node->host);
}

/* Proxies are gone: drops what they justified. Returns whether there was memory to say so. */
static bool tidy(xlgc__host_node *node) {
  xlgc_host *host = node->host;
  int failed = 0;
  host->busy++;
  while (node->in && !failed && xlgc__host_nodes_is_idle(node))
    failed = xlgc__host_links_drop(host, node->in);
  host->busy--;
  if (!failed && !node->in && xlgc__host_nodes_is_idle(node)) xlgc__host_nodes_remove(node);
  return !failed;
}

/* Its links went with it, in the pool. Returns whether the engine could be entered. */
static bool finish(xlgc__host_node *node) {
  xlgc_host *host = node->host;
  if (!node->pin_is_kept && xlgc__host_engine_enter(host)) return false;
  while (node->in)
    xlgc__host_links_remove(host, node->in);
  while (node->out)
    xlgc__host_links_remove(host, node->out);
  void *handle = node->handle;
  bool unpins = !node->pin_is_kept;
  xlgc__host_nodes_remove(node);
  if (!unpins) return true;
  host->statistics.unpinned++;
  host->adapter->unpin(host->engine, handle);
  xlgc__host_engine_leave(host);
  return true;
}

static xlgc__host_node *take_queued(xlgc_host *host) {
  xlgc__host_lock_acquire();
  xlgc__host_node *node = host->queued;
  if (node) {
    host->queued = node->next_queued;
    node->is_queued = false;
    node->made -= node->gone;
    node->gone = 0;
  }
  xlgc__host_lock_release();
  return node;
}

static xlgc__host_node *take_released(xlgc_host *host) {
  xlgc__host_lock_acquire();
  xlgc__host_node *node = host->released;
  if (node) host->released = node->next_released;
  xlgc__host_lock_release();
  return node;
}

static void give_back_released(xlgc__host_node *node) {
  xlgc__host_lock_acquire();
  xlgc__host_nodes_enqueue_released_locked(node);
  xlgc__host_lock_release();
}

/* Looked at without the lock: what is handed over at this very moment is found the next time. */
static bool has_work(const xlgc_host *host) {
  return atomic_load_explicit(&host->has_handed_over, memory_order_relaxed) ||
         atomic_load_explicit(&host->group->pins_owed, memory_order_relaxed);
}

void xlgc__host_handover_drain(xlgc_host *host) {
  if (host->busy || host->is_draining || !has_work(host)) return;
  host->is_draining = true;
  for (bool goes_on = true; goes_on;) {
    xlgc__host_node *node = take_queued(host);
    if (node) {
      goes_on = tidy(node);
      if (goes_on) continue;
      xlgc__host_lock_acquire();
      xlgc__host_nodes_enqueue_locked(node);
      xlgc__host_lock_release();
    } else if ((node = take_released(host)) != NULL) {
      goes_on = finish(node);
      if (!goes_on) give_back_released(node);
    } else {
      goes_on = xlgc__host_objects_unpin_owed(host);
    }
  }
  xlgc__host_lock_acquire();
  atomic_store_explicit(&host->has_handed_over, host->queued || host->released, memory_order_relaxed);
  xlgc__host_lock_release();
  host->is_draining = false;
}

int xlgc__host_handover_admit(xlgc_host *host) {
  if (!host) return XLGC_E_INVAL;
  if (host->is_closing) return XLGC_E_SHUTDOWN;
  xlgc__host_handover_drain(host);
  return 0;
}

uint64_t xlgc__host_engine_epoch(const xlgc_host *host) {
  return atomic_load_explicit(&host->epoch, memory_order_relaxed);
}
