/* Weak references for scripts: functions of the pool's own that answer with an object as long as it is there. They follow
 * the object, not a proxy: its engine watches it. */
#include <config.h>

#include <string.h>

#include <xlgc/bridge.h>

#include "hosts/core/access.h"
#include "hosts/core/calls.h"
#include "hosts/core/owned.h"
#include "hosts/core/watches.h"

/* follows: what is no object of an engine that can watch. */
typedef struct weak {
  xlgc__host_owned owned;
  xlgc__host_watch *watch;
  xlgc_weak *follows;
} weak;

static void free_weak(xlgc__host_owned *owned) {
  weak *weak = (struct weak *)owned;
  xlgc__host_watches_destroy(weak->watch);
  xlgc_weak_destroy(weak->follows);
  free(weak);
}

/* From the section's begin to the visit's end it stays, so that the visitor can receive it. */
static int load(xlgc_visit *visit, const weak *weak, xlgc_value *out) {
  xlgc_context *context;
  xlgc_id id;
  int failed = xlgc_visit_section(visit);
  if (!failed) failed = xlgc__host_access_context(visit, &context);
  if (!failed) failed = xlgc_weak_load(weak->follows, &id);
  if (failed || id == XLGC_ID_NONE) return failed;
  out->type = XLGC_OBJECT;
  out->as.id = id;
  return xlgc_unpin(context, id);
}

/* In the engine, which may be that of the visitor. */
static int ask(xlgc_visit *visit, const xlgc__host_watch *watch, xlgc_value *out) {
  xlgc__host_lock_acquire();
  xlgc_host *host = watch->host;
  if (!host) {
    xlgc__host_lock_release();
    return 0;
  }
  int failed = xlgc__host_calls_enter_host_locked(host);
  if (failed == XLGC_E_STALE) return 0;
  if (failed == XLGC_E_OTHER_THREAD)
    return xlgc__host_access_complain(visit, "another thread has the engine of the object that is weakly held");
  if (failed) return failed;
  if (watch->host) failed = host->adapter->watched_value(host->engine, watch->engine_part, out);
  xlgc_host_leave(host);
  return failed;
}

static int call(xlgc_visit *visit, const xlgc_value *self, const xlgc_value *arguments, size_t count, xlgc_value *out) {
  (void)self;
  (void)arguments;
  (void)count;
  const weak *weak = visit->handle;
  return weak->follows ? load(visit, weak, out) : ask(visit, weak->watch, out);
}

static int describe(xlgc_visit *visit, xlgc_value *out) {
  static const char text[] = "a weak reference";
  (void)visit;
  return xlgc_value_copy(out, XLGC_STRING, text, sizeof text - 1);
}

static const xlgc_behaviour behaviour = {.call = call, .describe = describe};

int xlgc_hosts_weak(xlgc_host *from, const xlgc_expected *object, xlgc_value *out) {
  if (!from || !object || !out) return XLGC_E_INVAL;
  memset(out, 0, sizeof *out);
  if (from->is_closing) return XLGC_E_SHUTDOWN;
  weak *made = xlgc__host_memory_zeroed(sizeof *made);
  if (!made) return XLGC_E_NOMEM;
  int failed = xlgc__host_watches_make(from, object, true, &made->watch);
  if (!failed && !made->watch->is_engines)
    failed = xlgc_weak_create(from->context, object->id, NULL, NULL, &made->follows);
  if (failed) {
    free_weak(&made->owned);
    return failed;
  }
  failed = xlgc__host_owned_make(&made->owned, from->group->pool, from->context, free_weak, &behaviour);
  if (failed) return failed;
  out->type = XLGC_OBJECT;
  out->traits = XLGC_CALLABLE;
  out->as.id = made->owned.id;
  return 0;
}
