/* Whether scripts of a heap have finalizers. Duktape does not show which objects have one, nor could they be looked
 * for. So Duktape.fin is replaced by a function that does the same, and notes it. From then on each export that reaches
 * a proxy is taken to reach a finalizer. */
#include <config.h>

#include "hosts/duktape/finalizers.h"

/* As Duktape.fin: with one argument, answers its finalizer. */
static duk_ret_t set_finalizer(duk_context *ctx) {
  xlgc__duktape_engine *engine = xlgc__duktape_engine_find(ctx);
  duk_require_object(ctx, 0);
  if (duk_get_top(ctx) < 2) {
    duk_get_finalizer(ctx, 0);
    return 1;
  }
  duk_set_top(ctx, 2);
  if (engine) engine->has_finalizers = true;
  duk_set_finalizer(ctx, 0);
  return 0;
}

void xlgc__duktape_finalizers_equip(duk_context *ctx) {
  if (duk_get_global_string(ctx, "Duktape")) {
    duk_push_c_function(ctx, set_finalizer, DUK_VARARGS);
    duk_put_prop_string(ctx, -2, "fin");
  }
  duk_pop(ctx);
}

void xlgc__duktape_finalizers_tell(const xlgc__duktape_engine *engine, xlgc_summary *summary, xlgc_id export) {
  if (engine->has_finalizers) (void)xlgc_summary_edge(summary, export, xlgc_host_root(engine->host));
}
