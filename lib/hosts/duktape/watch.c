#include <config.h>

#include "hosts/duktape/watch.h"

#include <stdio.h>

#include "hosts/duktape/engine.h"
#include "hosts/duktape/values.h"

#define OBJECT XLGC__DUKTAPE_HIDDEN("object")
#define WATCH XLGC__DUKTAPE_HIDDEN("watch")

typedef struct watch {
  void *object;    /* NULL when it is gone */
  void *companion; /* the same */
  bool is_ended;
} watch;

typedef struct beginning {
  watch *watch;
  char name[40]; /* of the property */
} beginning;

/* The companion's finalizer. */
static duk_ret_t note(duk_context *ctx) {
  duk_get_prop_string(ctx, 0, WATCH);
  watch *watch = duk_get_pointer(ctx, -1);
  if (!watch) return 0;
  watch->object = watch->companion = NULL;
  if (watch->is_ended) free(watch);
  duk_push_pointer(ctx, NULL);
  duk_put_prop_string(ctx, 0, WATCH);
  return 0;
}

/* Scripts may have made the object such that it takes no more properties. */
static duk_ret_t tie(duk_context *ctx, void *data) {
  beginning *beginning = data;
  duk_push_heapptr(ctx, beginning->watch->object);
  duk_push_string(ctx, beginning->name);
  duk_push_bare_object(ctx);
  void *companion = duk_get_heapptr(ctx, -1);
  duk_dup(ctx, -3);
  duk_put_prop_string(ctx, -2, OBJECT);
  duk_push_pointer(ctx, beginning->watch);
  duk_put_prop_string(ctx, -2, WATCH);
  duk_dup(ctx, -1);
  duk_insert(ctx, -4);
  duk_def_prop(ctx, -3, DUK_DEFPROP_HAVE_VALUE | DUK_DEFPROP_SET_CONFIGURABLE | DUK_DEFPROP_FORCE);
  duk_pop(ctx);
  duk_push_c_function(ctx, note, 2);
  duk_set_finalizer(ctx, -2);
  beginning->watch->companion = companion;
  return 0;
}

int xlgc__duktape_watch_begin(void *data, void *handle, void **out) {
  xlgc__duktape_engine *engine = data;
  watch *made = calloc(1, sizeof *made);
  if (!made) return XLGC_E_NOMEM;
  made->object = handle;
  beginning beginning = {.watch = made};
  snprintf(beginning.name, sizeof beginning.name, XLGC__DUKTAPE_HIDDEN("watch%llu"),
           (unsigned long long)++engine->watch_count);
  bool raised = !duk_check_stack(engine->current, 16) || duk_safe_call(engine->current, tie, &beginning, 0, 1);
  duk_pop(engine->current);
  if (raised) {
    free(made);
    return XLGC_E_NOMEM;
  }
  *out = made;
  return 0;
}

void *xlgc__duktape_watch_object(void *engine, void *data) {
  (void)engine;
  return ((const watch *)data)->object;
}

/* The companion stays with its object. */
void xlgc__duktape_watch_end(void *engine, void *data) {
  (void)engine;
  watch *watch = data;
  watch->is_ended = true;
  if (!watch->object) free(watch);
}

typedef struct packing {
  xlgc__duktape_engine *engine;
  void *object;
  xlgc_value *out;
  int failed;
} packing;

static duk_ret_t pack(duk_context *ctx, void *data) {
  packing *packing = data;
  duk_push_heapptr(ctx, packing->object);
  packing->failed = xlgc__duktape_values_pack(packing->engine, ctx, -1, packing->out);
  return 0;
}

int xlgc__duktape_watch_value(void *data, void *ended, xlgc_value *out) {
  xlgc__duktape_engine *engine = data;
  packing packing = {engine, ((const watch *)ended)->object, out, XLGC_E_NOMEM};
  if (!packing.object) return 0;
  if (!duk_check_stack(engine->current, 16)) return XLGC_E_NOMEM;
  if (duk_safe_call(engine->current, pack, &packing, 0, 1)) packing.failed = XLGC_E_NOMEM;
  duk_pop(engine->current);
  return packing.failed;
}
