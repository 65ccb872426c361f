#include <config.h>

#include "hosts/core/watches.h"

#include "hosts/core/engine.h"
#include "hosts/core/objects.h"

/* The engine is entered. */
static void forget(xlgc_host *host, bool all) {
  xlgc__host_watch *watch, *next, *gone = NULL;
  xlgc__host_lock_acquire();
  DL_FOREACH_SAFE(host->watches, watch, next) {
    if (!all && !watch->is_dropped) continue;
    DL_DELETE(host->watches, watch);
    watch->host = NULL;
    LL_PREPEND(gone, watch);
  }
  xlgc__host_lock_release();
  LL_FOREACH_SAFE(gone, watch, next) {
    host->adapter->unwatch(host->engine, watch->engine_part);
    if (watch->is_dropped) free(watch);
  }
}

void xlgc__host_watches_end(xlgc_host *host) { forget(host, true); }

static bool can_watch(const xlgc_host *host, bool leads) {
  return host->adapter->watch && (!leads || host->adapter->watched_value);
}

/* In the object's engine, which is entered. */
static int begin(xlgc_host *host, void *handle, xlgc__host_watch *watch) {
  forget(host, false);
  int failed = host->adapter->watch(host->engine, handle, &watch->engine_part);
  if (failed) return failed;
  xlgc__host_lock_acquire();
  watch->host = host;
  watch->is_engines = true;
  DL_APPEND(host->watches, watch);
  xlgc__host_lock_release();
  return 0;
}

/* An export of any host is watched by its engine. */
static int begin_elsewhere(const xlgc__host_group *group, xlgc__host_watch *watch) {
  xlgc__host_lock_acquire();
  const xlgc__host_object *object = xlgc__host_objects_find_locked(group, watch->id);
  const xlgc__host_node *own = object ? object->own : NULL;
  if (!own || !can_watch(own->host, watch->leads)) {
    xlgc__host_lock_release();
    return 0;
  }
  xlgc_host *host = own->host;
  void *handle = own->handle;
  if (!xlgc__host_engine_look_locked(host)) return xlgc_hosts_refuse("another thread has the engine of an object");
  int failed = begin(host, handle, watch);
  xlgc__host_engine_look_away(host);
  return failed;
}

bool xlgc__host_watches_lead(const xlgc_host *host) {
  xlgc__host_lock_acquire();
  const xlgc__host_watch *watch = host->watches;
  while (watch && (watch->is_dropped || !watch->leads))
    watch = watch->next;
  xlgc__host_lock_release();
  return watch;
}

int xlgc__host_watches_make(xlgc_host *from, const xlgc_expected *object, bool leads, xlgc__host_watch **out) {
  if (object->id == XLGC_ID_NONE && (!object->handle || !can_watch(from, leads))) return XLGC_E_INVAL;
  xlgc__host_watch *made = xlgc__host_memory_zeroed(sizeof *made);
  if (!made) return XLGC_E_NOMEM;
  made->id = object->id;
  made->leads = leads;
  int failed = made->id == XLGC_ID_NONE ? begin(from, object->handle, made) : begin_elsewhere(from->group, made);
  if (failed)
    free(made);
  else
    *out = made;
  return failed;
}

void xlgc__host_watches_destroy(xlgc__host_watch *watch) {
  if (!watch) return;
  xlgc__host_lock_acquire();
  watch->is_dropped = true;
  bool is_free = !watch->host;
  xlgc__host_lock_release();
  if (is_free) free(watch);
}
