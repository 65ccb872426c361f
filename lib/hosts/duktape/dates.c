#include <config.h>

#include "hosts/duktape/dates.h"

#include <string.h>

#include "hosts/common/messages.h"
#include "hosts/common/numbers.h"

/* Whatever its prototype is by now: what has the prototype may be none. */
static bool is_date(const xlgc__duktape_engine *engine, duk_context *ctx, duk_idx_t index) {
  duk_get_prototype(ctx, index);
  bool may_be = duk_get_heapptr(ctx, -1) == engine->date_prototype;
  duk_pop(ctx);
  if (!may_be) return false;
  duk_push_heapptr(ctx, engine->class_of);
  duk_dup(ctx, index);
  duk_call_method(ctx, 0);
  const char *name = duk_get_string(ctx, -1);
  bool is = name && strcmp(name, "[object Date]") == 0;
  duk_pop(ctx);
  return is;
}

bool xlgc__duktape_dates_pack(const xlgc__duktape_engine *engine, duk_context *ctx, duk_idx_t index, xlgc_value *out) {
  index = duk_normalize_index(ctx, index);
  if (!is_date(engine, ctx, index)) return false;
  duk_push_heapptr(ctx, engine->get_time);
  duk_dup(ctx, index);
  duk_call_method(ctx, 0);
  bool is_valid = xlgc__numbers_date(duk_get_number(ctx, -1), out);
  duk_pop(ctx);
  if (!is_valid) (void)duk_error(ctx, DUK_ERR_RANGE_ERROR, "%s", XLGC__MESSAGES_NO_DATE);
  return true;
}

void xlgc__duktape_dates_push(const xlgc__duktape_engine *engine, duk_context *ctx, const xlgc_value *value) {
  duk_push_heapptr(ctx, engine->date);
  duk_push_number(ctx, xlgc__numbers_milliseconds(value));
  duk_new(ctx, 1);
}
