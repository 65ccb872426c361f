#include <config.h>

#include "hosts/duktape/values.h"

#include <stdint.h>
#include <string.h>

#include "hosts/common/export.h"
#include "hosts/common/messages.h"
#include "hosts/common/numbers.h"
#include "hosts/common/memory.h"
#include "hosts/common/utf8.h"
#include "hosts/duktape/boxed.h"
#include "hosts/duktape/dates.h"
#include "hosts/duktape/memory.h"

/* ------------------------------------------------------------------- text */

/* Duktape keeps text as CESU-8. */
int xlgc__duktape_values_pack_text(duk_context *ctx, duk_idx_t index, xlgc_value *out) {
  size_t length;
  const char *text = duk_get_lstring(ctx, index, &length);
  char *memory = length < SIZE_MAX / 3 - 1 ? malloc(3 * length + 1) : NULL;
  if (!memory) return XLGC_E_NOMEM;
  memset(out, 0, sizeof *out);
  out->type = XLGC_STRING;
  out->length = xlgc__utf8_from_cesu8(text, length, memory);
  out->as.bytes = out->memory = memory;
  return 0;
}

void xlgc__duktape_values_push_text(duk_context *ctx, const char *text, size_t length) {
  size_t bytes = xlgc__utf8_cesu8_length(text, length);
  if (bytes == length) {
    duk_push_lstring(ctx, text, length);
    return;
  }
  char *memory = duk_push_fixed_buffer(ctx, bytes);
  duk_push_lstring(ctx, memory, xlgc__utf8_to_cesu8(text, length, memory));
  duk_remove(ctx, -2);
}

/* ------------------------------------------------------------------ packing */

typedef struct exporting {
  xlgc__duktape_engine *engine;
  duk_context *ctx;
} exporting;

static int pin(void *data, void *handle) {
  const exporting *exporting = data;
  xlgc__duktape_pins *pins = &exporting->engine->exports;
  if (xlgc__duktape_pins_find(pins, handle)) return XLGC__EXPORT_HAD_PIN;
  unsigned before = xlgc__limit_lift(exporting->engine->limit, XLGC__LIMIT_DOUBLED);
  int failed = xlgc__duktape_pins_add(pins, exporting->ctx, handle);
  xlgc__limit_restore(exporting->engine->limit, before);
  return failed;
}

static void unpin(void *data, void *handle) {
  const exporting *exporting = data;
  xlgc__duktape_pins_remove(&exporting->engine->exports, exporting->engine->current, handle);
}

static int pack_object(xlgc__duktape_engine *engine, duk_context *ctx, duk_idx_t index, xlgc_value *out) {
  static const xlgc__export_pins pins = {pin, unpin};
  exporting exporting = {engine, ctx};
  xlgc_id id = XLGC_ID_NONE;
  int failed = engine->parts->proxy_id(engine, ctx, index, &id);
  bool is_own = failed == XLGC_E_UNKNOWN;
  if (is_own) failed = xlgc__export_handle(engine->host, duk_get_heapptr(ctx, index), &pins, &exporting, &id);
  if (failed) return failed;
  out->type = XLGC_OBJECT;
  if (!is_own)
    out->traits = engine->parts->proxy_traits(engine, ctx, index);
  else if (duk_is_function(ctx, index))
    out->traits = XLGC_CALLABLE | XLGC_SELF_APART;
  else if (duk_is_array(ctx, index))
    out->traits = XLGC_SEQUENCE;
  else if (duk_has_prop_string(ctx, index, XLGC__DUKTAPE_VALUES_NAMED))
    out->traits = XLGC_NAMED;
  out->as.id = id;
  return 0;
}

static int pack_buffer(xlgc__duktape_engine *engine, duk_context *ctx, duk_idx_t index, xlgc_value *out) {
  if (xlgc__duktape_memory_push_owner(engine, ctx, index)) {
    int failed = pack_object(engine, ctx, duk_get_top_index(ctx), out);
    duk_pop(ctx);
    return failed;
  }
  unsigned elements = xlgc__duktape_memory_elements(engine, ctx, index);
  size_t length;
  const char *bytes = duk_get_buffer_data(ctx, index, &length);
  int failed = xlgc_value_copy(out, XLGC_BUFFER, bytes, bytes ? length : 0);
  if (!failed) out->traits = elements << XLGC_SORT_SHIFT;
  return failed;
}

/* An error that another language has thrown is what was thrown, where it comes back to that as a value. Returns whether
 * it is one. */
static bool pack_home(xlgc__duktape_engine *engine, duk_context *ctx, duk_idx_t index, xlgc_value *out) {
  if (!duk_is_error(ctx, index)) return false;
  index = duk_normalize_index(ctx, index);
  xlgc_id id;
  bool is = duk_get_prop_string(ctx, index, XLGC__DUKTAPE_VALUES_THROWN) && duk_get_prop_string(ctx, index, "cause") &&
            duk_is_object(ctx, -1) && !engine->parts->proxy_id(engine, ctx, -1, &id) &&
            xlgc_visit_comes_home(engine->host, id);
  if (is)
    *out = (xlgc_value){
        .type = XLGC_OBJECT, .as.id = id, .traits = engine->parts->proxy_traits(engine, ctx, duk_get_top_index(ctx))};
  return is;
}

/* Dates, and numbers, texts and booleans in objects, are values. */
static int pack_whole(xlgc__duktape_engine *engine, duk_context *ctx, duk_idx_t index, xlgc_value *out) {
  duk_idx_t top = duk_get_top(ctx);
  bool is = xlgc__duktape_dates_pack(engine, ctx, index, out) || pack_home(engine, ctx, index, out);
  duk_set_top(ctx, top);
  if (is) return 0;
  if (!xlgc__duktape_boxed_push(engine, ctx, index)) return pack_object(engine, ctx, index, out);
  int failed = xlgc__duktape_values_pack(engine, ctx, -1, out);
  duk_pop(ctx);
  return failed;
}

int xlgc__duktape_values_pack(xlgc__duktape_engine *engine, duk_context *ctx, duk_idx_t index, xlgc_value *out) {
  memset(out, 0, sizeof *out);
  switch (duk_get_type(ctx, index)) {
  case DUK_TYPE_UNDEFINED:
  case DUK_TYPE_NULL: return 0;
  case DUK_TYPE_BOOLEAN:
    out->type = XLGC_BOOLEAN;
    out->as.boolean = duk_get_boolean(ctx, index);
    return 0;
  case DUK_TYPE_NUMBER: xlgc__numbers_pack(duk_get_number(ctx, index), out); return 0;
  case DUK_TYPE_STRING:
    return duk_is_symbol(ctx, index) ? XLGC_E_INVAL : xlgc__duktape_values_pack_text(ctx, index, out);
  case DUK_TYPE_LIGHTFUNC: duk_to_object(ctx, index); return pack_object(engine, ctx, index, out);
  case DUK_TYPE_BUFFER: return pack_buffer(engine, ctx, index, out);
  case DUK_TYPE_OBJECT:
    if (duk_is_buffer_data(ctx, index)) return pack_buffer(engine, ctx, index, out);
    return pack_whole(engine, ctx, index, out);
  default: return XLGC_E_INVAL;
  }
}

/* ---------------------------------------------------------------- unpacking */

static void push_bytes(duk_context *ctx, const xlgc_value *value) {
  void *memory = duk_push_fixed_buffer(ctx, value->length);
  if (value->length) memcpy(memory, value->as.bytes, value->length);
  xlgc__duktape_memory_push_array(ctx, -1, xlgc__memory_elements(value), value->length);
  duk_remove(ctx, -2);
}

static int push_several(xlgc__duktape_engine *engine, duk_context *ctx, const xlgc_value *value) {
  if (!value->length) {
    duk_push_undefined(ctx);
    return 0;
  }
  duk_push_array(ctx);
  for (size_t i = 0; i < value->length; i++) {
    int failed = xlgc__duktape_values_unpack(engine, ctx, &value->as.values[i]);
    if (failed) {
      duk_pop(ctx);
      return failed;
    }
    duk_put_prop_index(ctx, -2, (duk_uarridx_t)i);
  }
  return 0;
}

static bool fits(const xlgc_value *value) {
  if (value->type == XLGC_BIG) return false;
  return value->type != XLGC_INTEGER ||
         (value->as.integer >= -XLGC__NUMBERS_LARGEST && value->as.integer <= XLGC__NUMBERS_LARGEST);
}

int xlgc__duktape_values_unpack(xlgc__duktape_engine *engine, duk_context *ctx, const xlgc_value *value) {
  duk_require_stack(ctx, 8);
  switch (value->type) {
  case XLGC_NIL: duk_push_null(ctx); return 0;
  case XLGC_BOOLEAN: duk_push_boolean(ctx, value->as.boolean); return 0;
  case XLGC_INTEGER:
    if (!fits(value)) return XLGC_E_INVAL;
    duk_push_number(ctx, (double)value->as.integer);
    return 0;
  case XLGC_NUMBER: duk_push_number(ctx, value->as.number); return 0;
  case XLGC_STRING: xlgc__duktape_values_push_text(ctx, value->length ? value->as.bytes : "", value->length); return 0;
  case XLGC_BUFFER: push_bytes(ctx, value); return 0;
  case XLGC_OBJECT: return engine->parts->proxy_make(engine, ctx, value);
  case XLGC_SEVERAL: return push_several(engine, ctx, value);
  case XLGC_DATE: xlgc__duktape_dates_push(engine, ctx, value); return 0;
  case XLGC_BIG: break;
  }
  return XLGC_E_INVAL;
}

static bool all_fit(const xlgc_value *value) {
  bool fit = fits(value);
  for (size_t i = 0; value->type == XLGC_SEVERAL && i < value->length; i++)
    fit &= fits(&value->as.values[i]);
  return fit;
}

void xlgc__duktape_values_check(duk_context *ctx, const xlgc_value *value) {
  if (!all_fit(value)) (void)duk_error(ctx, DUK_ERR_RANGE_ERROR, "%s", XLGC__MESSAGES_NO_INTEGER);
}

/* ------------------------------------------------------ for the program's C */

typedef struct crossing {
  xlgc__duktape_engine *engine;
  duk_idx_t index;
  xlgc_value *out;
  const xlgc_value *value;
  int answer;
} crossing;

static duk_ret_t pack(duk_context *ctx, void *data) {
  crossing *crossing = data;
  crossing->answer = xlgc__duktape_values_pack(crossing->engine, ctx, crossing->index, crossing->out);
  return 0;
}

static duk_ret_t unpack(duk_context *ctx, void *data) {
  crossing *crossing = data;
  crossing->answer = xlgc__duktape_values_unpack(crossing->engine, ctx, crossing->value);
  return crossing->answer ? 0 : 1;
}

/* Runs the body, which answers with one value or none. */
static int cross(duk_context *ctx, duk_safe_call_function body, crossing *crossing) {
  xlgc__duktape_engine *engine = xlgc__duktape_engine_find(ctx);
  if (!engine) return XLGC_E_STATE;
  if (!duk_check_stack(ctx, 16)) return XLGC_E_NOMEM;
  duk_context *before = xlgc__duktape_engine_enter(engine, ctx);
  crossing->engine = engine;
  int raised = duk_safe_call(ctx, body, crossing, 0, 1);
  xlgc__duktape_engine_leave(engine, before);
  return raised ? XLGC_E_NOMEM : crossing->answer;
}

int xlgc_duktape_value(duk_context *ctx, duk_idx_t index, xlgc_value *out) {
  if (!ctx || !out) return XLGC_E_INVAL;
  memset(out, 0, sizeof *out);
  if (!duk_is_valid_index(ctx, index)) return XLGC_E_INVAL;
  crossing crossing = {.index = duk_normalize_index(ctx, index), .out = out};
  duk_idx_t top = duk_get_top(ctx);
  int failed = cross(ctx, pack, &crossing);
  duk_set_top(ctx, top);
  if (failed) xlgc_value_clear(out);
  return failed;
}

int xlgc_duktape_push(duk_context *ctx, const xlgc_value *value) {
  if (!ctx || !value) return XLGC_E_INVAL;
  crossing crossing = {.value = value};
  duk_idx_t top = duk_get_top(ctx);
  int failed = cross(ctx, unpack, &crossing);
  if (failed) duk_set_top(ctx, top);
  return failed;
}
