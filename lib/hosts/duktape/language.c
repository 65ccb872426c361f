/* Duktape as a language that engines of others start. */
#include <config.h>

#include "engine.h"

#include <string.h>

static duk_ret_t eval(duk_context *ctx) {
  duk_require_string(ctx, 0);
  duk_eval(ctx);
  return 1;
}

static duk_ret_t push_object(duk_context *ctx, void *data) {
  (void)data;
  duk_push_object(ctx);
  duk_push_c_function(ctx, eval, 1);
  duk_put_prop_string(ctx, -2, "eval");
  duk_push_global_object(ctx);
  duk_put_prop_string(ctx, -2, "globals");
  return 1;
}

static int start(xlgc_pool *pool, void **made, xlgc_value *out) {
  duk_context *ctx = duk_create_heap_default();
  if (!ctx) return XLGC_E_NOMEM;
  int failed = xlgc_duktape_open(ctx, pool, NULL);
  if (!failed && duk_safe_call(ctx, push_object, NULL, 0, 1)) failed = XLGC_E_NOMEM;
  if (!failed) failed = xlgc_duktape_value(ctx, -1, out);
  if (failed) {
    duk_destroy_heap(ctx);
    return failed;
  }
  duk_pop(ctx);
  *made = ctx;
  return 0;
}

static int end(void *made) {
  int failed = xlgc_duktape_close(made);
  if (failed) return failed;
  duk_destroy_heap(made);
  return 0;
}

const xlgc_language xlgc_language_duktape = {.name = "duktape", .start = start, .end = end};
