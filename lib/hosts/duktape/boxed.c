#include <config.h>

#include "hosts/duktape/boxed.h"

static void *keep(duk_context *ctx, const char *expression) {
  duk_eval_string(ctx, expression);
  return xlgc__duktape_engine_keep(ctx, expression);
}

void xlgc__duktape_boxed_equip(xlgc__duktape_engine *engine, duk_context *ctx) {
  static const char *const expressions[XLGC__DUKTAPE_BOXED][2] = {
      {"Number.prototype", "Number.prototype.valueOf"},
      {"String.prototype", "String.prototype.valueOf"},
      {"Boolean.prototype", "Boolean.prototype.valueOf"},
  };
  for (unsigned i = 0; i < XLGC__DUKTAPE_BOXED; i++) {
    engine->boxed[i].prototype = keep(ctx, expressions[i][0]);
    engine->boxed[i].value_of = keep(ctx, expressions[i][1]);
  }
}

/* What has the prototype may be another object: then the function says so. */
static bool push_value(duk_context *ctx, duk_idx_t index, void *value_of) {
  duk_push_heapptr(ctx, value_of);
  duk_dup(ctx, index);
  bool is = duk_pcall_method(ctx, 0) == DUK_EXEC_SUCCESS;
  if (!is) duk_pop(ctx);
  return is;
}

bool xlgc__duktape_boxed_push(const xlgc__duktape_engine *engine, duk_context *ctx, duk_idx_t index) {
  duk_get_prototype(ctx, index);
  const void *prototype = duk_get_heapptr(ctx, -1);
  duk_pop(ctx);
  if (!prototype) return false;
  for (unsigned i = 0; i < XLGC__DUKTAPE_BOXED; i++)
    if (engine->boxed[i].prototype == prototype)
      return push_value(ctx, duk_normalize_index(ctx, index), engine->boxed[i].value_of);
  return false;
}
