#include <config.h>

#include "hosts/core/handover.h"

static void released(xlgc_context *context, xlgc_id id, void *address, void *data);

/* An export's address is its serial number, which is never used again: so a release that comes when its host is
 * closed, or even its pool's number is in use by another, finds nothing. */
const xlgc_kind xlgc__host_export_kind = {
    .name = "export", .flags = XLGC_KIND_UNINDEXED, .release = released, .delivery = XLGC_DELIVER_OWNER};

/* ------------------------------------------------------------- the engine */

int xlgc__host_enter_engine(xlgc_host *host) { return host->adapter->enter ? host->adapter->enter(host->engine) : 0; }
void xlgc__host_leave_engine(xlgc_host *host) {
  if (host->adapter->leave) host->adapter->leave(host->engine);
}
void xlgc__host_move(xlgc_host *host) { atomic_fetch_add_explicit(&host->epoch, 1, memory_order_relaxed); }

/* -------------------------------------------------------- what is handed over */

/* The pool's verdict on an export, on the thread that dispatches. */
static void released(xlgc_context *context, xlgc_id id, void *address, void *data) {
  (void)context;
  (void)id;
  (void)data;
  uint64_t serial = (uintptr_t)address;
  node *node = NULL;
  xlgc__host_lock();
  object *object = xlgc__host_find_serial(serial);
  if (object) {
    xlgc__host_take_serial(object);
    node = object->own;
    if (!node) xlgc__host_leave_object(object);
  }
  if (node) {
    node->released = true;
    xlgc__host_enqueue_released(node);
  }
  xlgc__host_unlock();
  if (node) xlgc__host_drain(node->host);
}

/* Proxies are gone: drops what they justified. Returns whether there was memory to say so. */
static bool tidy(node *node) {
  xlgc_host *host = node->host;
  int failed = 0;
  host->busy++;
  while (node->in && !failed && xlgc__host_is_idle(node))
    failed = xlgc__host_drop_link(host, node->in);
  host->busy--;
  if (!failed && !node->in && xlgc__host_is_idle(node)) xlgc__host_remove_node(node);
  return !failed;
}

/* Its links went with it, in the pool. Returns whether the engine could be entered. */
static bool finish(node *node) {
  xlgc_host *host = node->host;
  if (!node->pin_is_kept && xlgc__host_enter_engine(host)) return false;
  while (node->in)
    xlgc__host_remove_link(host, node->in);
  while (node->out)
    xlgc__host_remove_link(host, node->out);
  void *handle = node->handle;
  bool unpins = !node->pin_is_kept;
  xlgc__host_remove_node(node);
  if (!unpins) return true;
  host->statistics.unpinned++;
  host->adapter->unpin(host->engine, handle);
  xlgc__host_leave_engine(host);
  return true;
}

static node *take_queued(xlgc_host *host) {
  xlgc__host_lock();
  node *node = host->queued;
  if (node) {
    host->queued = node->next_queued;
    node->is_queued = false;
    node->made -= node->gone;
    node->gone = 0;
  }
  xlgc__host_unlock();
  return node;
}

static node *take_released(xlgc_host *host) {
  xlgc__host_lock();
  node *node = host->released;
  if (node) host->released = node->next_released;
  xlgc__host_unlock();
  return node;
}

static void give_back_released(node *node) {
  xlgc__host_lock();
  xlgc__host_enqueue_released(node);
  xlgc__host_unlock();
}

/* Looked at without the lock: what is handed over at this very moment is found the next time. */
static bool has_work(const xlgc_host *host) {
  return atomic_load_explicit(&host->has_handed_over, memory_order_relaxed) ||
         atomic_load_explicit(&host->group->pins_owed, memory_order_relaxed);
}

void xlgc__host_drain(xlgc_host *host) {
  if (host->busy || host->is_draining || !has_work(host)) return;
  host->is_draining = true;
  for (bool goes_on = true; goes_on;) {
    node *node = take_queued(host);
    if (node) {
      goes_on = tidy(node);
      if (goes_on) continue;
      xlgc__host_lock();
      xlgc__host_enqueue(node);
      xlgc__host_unlock();
    } else if ((node = take_released(host)) != NULL) {
      goes_on = finish(node);
      if (!goes_on) give_back_released(node);
    } else {
      goes_on = xlgc__host_settle_pins(host);
    }
  }
  xlgc__host_lock();
  atomic_store_explicit(&host->has_handed_over, host->queued || host->released, memory_order_relaxed);
  xlgc__host_unlock();
  host->is_draining = false;
}

int xlgc__host_admit(xlgc_host *host) {
  if (!host) return XLGC_E_INVAL;
  if (host->is_closing) return XLGC_E_SHUTDOWN;
  xlgc__host_drain(host);
  return 0;
}

uint64_t xlgc__host_epoch_of(const xlgc_host *host) { return atomic_load_explicit(&host->epoch, memory_order_relaxed); }
