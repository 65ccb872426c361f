/* An object of an engine becomes known to the pool, and is found again by its handle. */
#include <config.h>

#include <xlgc/why.h>

#include "hosts/core/engine.h"
#include "hosts/core/handover.h"
#include "hosts/core/links.h"
#include "hosts/core/nodes.h"
#include "hosts/core/objects.h"
#include "hosts/core/sites.h"
#include "hosts/core/visits.h"

static void *serial_address(uint64_t serial) { return (void *)(uintptr_t)serial; }

/* An object of the pool, with its node and its serial number, that nothing holds yet. */
static int register_export(xlgc_host *host, xlgc__host_node **out) {
  uint64_t serial = xlgc__host_objects_make_serial();
  xlgc_id id;
  int failed = xlgc_register(host->context, serial_address(serial), &xlgc__host_handover_export_kind, &id);
  if (failed) return failed;
  failed = xlgc__host_nodes_make(host, id, true, out);
  if (failed) {
    xlgc__host_objects_give_up(host->context, id);
    return failed;
  }
  xlgc__host_object *object = (*out)->object;
  xlgc__host_lock_acquire();
  xlgc__host_objects_give_serial_locked(object, serial);
  object->own = *out;
  xlgc__host_lock_release();
  return 0;
}

/* From then on it is found by its handle, in the place of an old one that was released. */
static int index_export(xlgc_host *host, xlgc__host_node *made, xlgc__host_node *old) {
  if (old) xlgc__tree_remove(&host->exports, &old->by_handle);
  xlgc__tree_add(&host->exports, (uintptr_t)made->handle, &made->by_handle);
  xlgc__host_lock_acquire();
  made->is_own = true;
  xlgc__host_lock_release();
  xlgc__host_nodes_count_export(made, 1);
  return xlgc__host_links_from_root(host, made);
}

static void unmake_export(xlgc_host *host, xlgc__host_node *made) {
  xlgc_id id = made->object->id;
  while (made->in)
    xlgc__host_links_remove(host, made->in);
  xlgc__host_lock_acquire();
  xlgc__host_objects_take_serial_locked(made->object);
  xlgc__host_lock_release();
  xlgc__host_nodes_remove(made);
  xlgc__host_objects_give_up(host->context, id);
}

/* What is usual is not noted. */
static void weigh(const xlgc_host *host, xlgc__host_node *export) {
  size_t bytes = host->adapter->bytes ? host->adapter->bytes(host->engine, export->handle) : 0, kib = bytes / 1024;
  if (!kib || xlgc_object_bytes_set(host->group->pool, export->object->id, bytes)) return;
  export->weight = kib < UINT32_MAX ? (unsigned)kib : UINT32_MAX;
}

static int make_export(xlgc_host *host, void *handle, xlgc__host_node *old, xlgc__host_node **out) {
  int failed = register_export(host, out);
  if (failed) return failed;
  (*out)->handle = handle;
  weigh(host, *out);
  failed = index_export(host, *out, old);
  if (failed) unmake_export(host, *out);
  return failed;
}

/* Its id goes out, by a value that is received before the innermost visit ends. */
static xlgc_id give(xlgc_host *host, const xlgc__host_node *export) {
  xlgc__host_visits_name(host, export->object);
  xlgc__host_engine_touch(host);
  return export->object->id;
}

int xlgc_host_export(xlgc_host *host, void *handle, xlgc_id *out) {
  int failed = xlgc__host_handover_let_cross(host);
  if (failed) return failed;
  if (!handle || !out) return XLGC_E_INVAL;
  failed = xlgc__host_visits_reserve();
  if (failed) return failed;
  xlgc__host_node *old = xlgc__host_nodes_find_export(host, handle), *made = NULL;
  failed = old && !old->released ? xlgc__host_links_from_root(host, old) : XLGC_E_STALE;
  if (failed && failed != XLGC_E_STALE) return failed;
  if (failed == XLGC_E_STALE) {
    host->busy++;
    failed = make_export(host, handle, old, &made);
    /* The engine has got hold of an object whose export was released: its pin is the new one's. */
    if (!failed && old) {
      old->pin_is_kept = true;
      xlgc__host_nodes_count_export(old, -1);
    }
    host->busy--;
    if (failed) return failed;
    host->statistics.exported += !old;
    xlgc__host_sites_note(host, made->object->id);
  }
  *out = give(host, made ? made : old);
  return old ? 1 : 0;
}

int xlgc_host_exported(xlgc_host *host, void *handle, xlgc_id *out) {
  int failed = xlgc__host_handover_let_cross(host);
  if (failed) return failed;
  if (!handle || !out) return XLGC_E_INVAL;
  xlgc__host_node *node = xlgc__host_nodes_find_export(host, handle);
  failed = node && !node->released ? xlgc__host_links_from_root(host, node) : XLGC_E_UNKNOWN;
  if (failed) return failed == XLGC_E_STALE ? XLGC_E_UNKNOWN : failed;
  failed = xlgc__host_visits_reserve();
  if (failed) return failed;
  *out = give(host, node);
  return 0;
}
