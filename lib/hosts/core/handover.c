/* What comes to a host at the wrong time, and how it is worked off later.
 *
 * A host belongs to one thread at a time, the one that runs its engine. Its tables of nodes and links need no lock. But
 * two things come at times when neither the tables nor the engine may be touched, and on any thread:
 *
 *   an engine's collector finalizes a proxy    xlgc_host_proxy_gone, in the middle of the engine's collection
 *   the pool releases an export                release_export, in a callback of a thread that dispatches for the host
 *
 * Both take the lock of all hosts, put the node into a list of its host, set `has_handed_over`, and are done. The lists
 * are drained by the next calls of the host that may do so, a few nodes by each: they begin with
 * xlgc__host_handover_admit.
 *
 * A node whose proxies are gone (`queued`). It counts the proxies that were made and those that are gone. As long as
 * the engine has none, nothing in it needs the object, and the links to it are dropped. But to drop is to log an event.
 * Logging may run a step, and that may run callbacks of the program, which may receive the same id again. So after each
 * drop the node is looked at anew:
 *
 *   proxy of x is finalized    made 1, gone 1    queued
 *   drain                      made 0, gone 0    root -> x is dropped: the pool runs a callback, which receives x:
 *     receive                  making 1          root -> x is made again; the record of the link was still there
 *   drain                      not idle          the node stays, with root -> x
 *
 * When nothing came back, the node has no link any more and is removed.
 *
 * An export with its verdict (`released`). The pool has dropped its links with the object. So the records of the links
 * go without an event, and the engine is entered to cut the pin. That may run finalizers, so it is done only where no
 * value is on its way: by _unpin, at the ends of visits and where messages are handled; the beginning of a call leaves
 * pins alone. When the engine cannot be entered now, the node is handed over again:
 *
 *   a ring through two engines died    the pool notifies export e, whose kind has this host's context as owner
 *   release_export(serial of e)        found by serial: released, in the list. Not found: its host was closed
 *   unpin                              e's links leave the table, its node is freed, adapter->unpin(handle of e)
 *   the engine's next collection       frees the object, finalizes its proxies: those are queued in their turn
 *
 * The engine may have exported the same object anew between the second line and the third, as it has it still: its
 * table of exports has a new node by then, and the pin belongs to that (`pin_is_kept`).
 *
 * Why only here. A call of the host looks up a node or a link, logs an event, and goes on to use the record. During the
 * event a callback may call the host again, which drains. Were the record freed then, the outer call would use freed
 * memory. So a call that is in the middle of the tables raises `busy`, and nothing is drained below it, nor inside of
 * draining itself (`is_draining`). Everything that removes records obeys this: draining; the commit of a summary, which
 * drops links as such a call, with `busy` raised; an export that failed, with the node that it has just made; and the
 * end of a host, when no call is left. All other code may add records and count, never remove them.
 *
 * Unpins of look-ups that could not be logged come last. Without memory for an event draining stops, and the next call
 * tries again. `has_handed_over` is read without the lock: what is handed over at that very moment waits for one call
 * more. */
#include <config.h>

#include "hosts/core/handover.h"

#include "hosts/core/engine.h"
#include "hosts/core/links.h"
#include "hosts/core/nodes.h"
#include "hosts/core/objects.h"

/* ------------------------------------------------------------------ verdicts */

/* The export with a serial number, whose host is not closed, is handed over. */
static xlgc__host_node *hand_over_locked(uint64_t serial) {
  xlgc__host_object *object = xlgc__host_objects_find_serial_locked(serial);
  if (!object) return NULL;
  xlgc__host_objects_take_serial_locked(object);
  atomic_store_explicit(&object->is_over, true, memory_order_relaxed);
  xlgc__host_node *node = object->own;
  if (!node) {
    xlgc__host_objects_leave_locked(object);
    return NULL;
  }
  node->released = true;
  xlgc__host_nodes_enqueue_released_locked(node);
  return node;
}

static void release_export(xlgc_context *context, xlgc_id id, void *address, void *data) {
  (void)context;
  (void)id;
  (void)data;
  xlgc__host_lock_acquire();
  const xlgc__host_node *node = hand_over_locked((uintptr_t)address);
  xlgc__host_lock_release();
  if (node && xlgc__host_engine_is_here(node->host)) xlgc__host_handover_unpin(node->host, XLGC__HOST_HANDOVER_FEW);
}

/* An export's address is its serial number, which is never used again. So a release that comes when its host is closed,
 * or even when its pool's address is in use by another, finds nothing. */
const xlgc_kind xlgc__host_handover_export_kind = {
    .name = "export", .flags = XLGC_KIND_UNINDEXED, .release = release_export, .delivery = XLGC_DELIVER_OWNER};

/* ------------------------------------------------------------------ draining */

static xlgc__host_node *take_queued(xlgc_host *host) {
  xlgc__host_lock_acquire();
  /* What a visit names may be on its way out of the engine, which has no proxy of it any more. */
  xlgc__host_node *node = host->queued;
  while (node && atomic_load_explicit(&node->object->named, memory_order_relaxed))
    node = node->next_queued;
  if (node) {
    LL_DELETE2(host->queued, node, next_queued);
    atomic_fetch_sub_explicit(&host->queued_count, 1, memory_order_relaxed);
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

/* Drops what proxies justified. Returns false without memory for the events, and the node is queued again. */
static bool drop_unjustified(xlgc__host_node *node) {
  xlgc_host *host = node->host;
  int failed = 0;
  host->busy++;
  while (node->in && !failed && xlgc__host_nodes_is_idle(node))
    failed = xlgc__host_links_drop(host, node->in);
  host->busy--;
  if (failed) {
    xlgc__host_lock_acquire();
    xlgc__host_nodes_enqueue_locked(node);
    xlgc__host_lock_release();
  } else if (!node->in && xlgc__host_nodes_is_idle(node)) {
    xlgc__host_nodes_remove(node);
  }
  return !failed;
}

/* What an export held, the root holds now, until proxies are gone, or the engine's own export is let go. */
static void pass_on(xlgc__host_link *link) {
  xlgc__host_node *target = link->target;
  xlgc__host_links_pass_to_root(target->host, link);
  xlgc__host_lock_acquire();
  if (target->is_own) {
    xlgc__host_nodes_propose_locked(target);
    target->is_recent = false;
  } else if (xlgc__host_nodes_is_idle_locked(target)) {
    xlgc__host_nodes_enqueue_locked(target);
  }
  xlgc__host_lock_release();
}

static void remove_released(xlgc__host_node *node) {
  xlgc_host *host = node->host;
  while (node->in)
    xlgc__host_links_remove(host, node->in);
  while (node->out.top) {
    xlgc__host_link *link = xlgc__tree_record(node->out.top, offsetof(xlgc__host_link, by_target));
    if (node->leaves && link->count && !xlgc__host_objects_is_over(link->target->object))
      pass_on(link);
    else
      xlgc__host_links_remove(host, link);
  }
  xlgc__host_nodes_remove(node);
}

/* Cuts the pin. Returns false when the engine cannot be entered, and the node is handed over again. */
static bool unpin_released(xlgc__host_node *node) {
  xlgc_host *host = node->host;
  void *handle = node->handle;
  if (node->pin_is_kept) {
    remove_released(node);
    return true;
  }
  if (xlgc__host_engine_enter(host)) {
    xlgc__host_lock_acquire();
    xlgc__host_nodes_enqueue_released_locked(node);
    xlgc__host_lock_release();
    return false;
  }
  if (node->leaves) atomic_fetch_add_explicit(&host->left, 1, memory_order_relaxed);
  remove_released(node);
  atomic_fetch_add_explicit(&host->unpinned, 1, memory_order_relaxed);
  host->adapter->unpin(host->engine, handle);
  xlgc__host_engine_leave(host);
  return true;
}

/* One thing of what was handed over. Returns false when there is none, or it could not be done. */
static bool drain_one(xlgc_host *host, bool unpins) {
  xlgc__host_node *node = take_queued(host);
  if (node) return drop_unjustified(node);
  node = unpins ? take_released(host) : NULL;
  return node ? unpin_released(node) : xlgc__host_objects_unpin_owed(host);
}

/* Looked at without the lock: what is handed over at this very moment is found the next time. */
static bool has_work(const xlgc_host *host) {
  return atomic_load_explicit(&host->has_handed_over, memory_order_relaxed) ||
         atomic_load_explicit(&host->group->pins_owed, memory_order_relaxed);
}

static bool drain(xlgc_host *host, bool unpins, size_t max) {
  if (host->busy || host->is_draining || !has_work(host)) return false;
  size_t left = max;
  host->is_draining = true;
  while (left && drain_one(host, unpins))
    left--;
  xlgc__host_lock_acquire();
  atomic_store_explicit(&host->has_handed_over, host->queued || host->released, memory_order_relaxed);
  xlgc__host_lock_release();
  host->is_draining = false;
  return !left;
}

bool xlgc__host_handover_drain(xlgc_host *host, size_t max) { return drain(host, false, max); }
bool xlgc__host_handover_unpin(xlgc_host *host, size_t max) { return drain(host, true, max); }

/* A call makes no more than one. */
void xlgc__host_handover_drain_few(xlgc_host *host) {
  bool has_frames = atomic_load_explicit(&host->group->has_frames, memory_order_relaxed);
  if (!has_frames)
    drain(host, false, XLGC__HOST_HANDOVER_FEW);
  else if (atomic_load_explicit(&host->queued_count, memory_order_relaxed) > XLGC__HOST_HANDOVER_LEFT)
    drain(host, false, 1);
}

int xlgc__host_handover_admit(xlgc_host *host) {
  if (!host) return XLGC_E_INVAL;
  if (host->is_closing) return XLGC_E_SHUTDOWN;
  int failed = xlgc__host_engine_claim(host);
  if (failed) return failed;
  xlgc__host_handover_drain_few(host);
  return 0;
}

int xlgc__host_handover_let_cross(xlgc_host *host) {
  int failed = xlgc__host_handover_admit(host);
  return failed ? failed : xlgc_context_check(host->context);
}

int xlgc__host_handover_dispatch_entered(xlgc_host *host, size_t max) {
  size_t nodes = max > XLGC__HOST_HANDOVER_FEW ? max : XLGC__HOST_HANDOVER_FEW;
  xlgc__host_handover_unpin(host, nodes);
  int count = xlgc_context_dispatch(host->context, max);
  xlgc__host_handover_unpin(host, nodes);
  return count;
}
