/* Values between Duktape and the bridge. Duktape keeps text as CESU-8: characters beyond the first 65536 are two
 * surrogates of three bytes each, and a surrogate may stand alone. */
#include <config.h>

#include "engine.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* ------------------------------------------------------------------- text */

/* The surrogate that these bytes are, 0 if none. */
static unsigned surrogate(const unsigned char *text, size_t left) {
  if (left < 3 || text[0] != 0xed || text[1] < 0xa0) return 0;
  return 0xd000u | (text[1] & 0x3fu) << 6 | (text[2] & 0x3fu);
}

/* One character of CESU-8 as UTF-8. Returns how many bytes were read. */
static size_t take(const unsigned char *text, size_t left, unsigned char *out, size_t *written) {
  unsigned high = surrogate(text, left), low = high ? surrogate(text + 3, left - 3) : 0;
  if (!high) {
    out[0] = text[0];
    *written = 1;
    return 1;
  }
  if (high < 0xdc00 && low >= 0xdc00) {
    unsigned point = 0x10000 + ((high & 0x3ff) << 10 | (low & 0x3ff));
    out[0] = (unsigned char)(0xf0 | point >> 18);
    out[1] = (unsigned char)(0x80 | (point >> 12 & 0x3f));
    out[2] = (unsigned char)(0x80 | (point >> 6 & 0x3f));
    out[3] = (unsigned char)(0x80 | (point & 0x3f));
    *written = 4;
    return 6;
  }
  memcpy(out, "\xef\xbf\xbd", 3);
  *written = 3;
  return 3;
}

/* The length of the character of UTF-8 that begins here, 0 when it is none: strings that C code pushed are any bytes. */
static size_t character(const unsigned char *text, size_t left) {
  unsigned char first = text[0];
  size_t length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (length > left) return 0;
  for (size_t i = 1; i < length; i++)
    if ((text[i] & 0xc0) != 0x80) return 0;
  if (first == 0xe0 && text[1] < 0xa0) return 0;
  if (first == 0xf0 && text[1] < 0x90) return 0;
  if (first == 0xf4 && text[1] > 0x8f) return 0;
  return length;
}

/* Replaces what is no text by U+FFFD. out: at least three times `length`. Returns how much it wrote. */
static size_t to_utf8(const char *text, size_t length, char *out) {
  const unsigned char *from = (const unsigned char *)text;
  unsigned char *to = (unsigned char *)out;
  for (size_t i = 0; i < length;) {
    size_t bytes = character(from + i, length - i), written = bytes;
    if (!bytes) {
      memcpy(to, "\xef\xbf\xbd", written = 3);
      i++;
    } else if (from[i] == 0xed) {
      i += take(from + i, length - i, to, &written);
      for (; written == 1 && bytes > 1; bytes--) /* no surrogate */
        to[written++] = from[i++];
    } else {
      memcpy(to, from + i, bytes);
      i += bytes;
    }
    to += written;
  }
  return (size_t)(to - (unsigned char *)out);
}

int xlgc__duktape_values_text(duk_context *ctx, duk_idx_t index, xlgc_value *out) {
  size_t length;
  const char *text = duk_get_lstring(ctx, index, &length);
  char *memory = length < SIZE_MAX / 3 - 1 ? malloc(3 * length + 1) : NULL;
  if (!memory) return XLGC_E_NOMEM;
  memset(out, 0, sizeof *out);
  out->type = XLGC_STRING;
  out->length = to_utf8(text, length, memory);
  out->as.bytes = out->memory = memory;
  return 0;
}

static void put_surrogate(unsigned char *to, unsigned unit) {
  to[0] = 0xed;
  to[1] = (unsigned char)(0x80 | (unit >> 6 & 0x3f));
  to[2] = (unsigned char)(0x80 | (unit & 0x3f));
}

void xlgc__duktape_values_push_text(duk_context *ctx, const char *text, size_t length) {
  const unsigned char *from = (const unsigned char *)text;
  size_t astral = 0;
  for (size_t i = 0; i < length; i++)
    astral += from[i] >= 0xf0;
  if (!astral) {
    duk_push_lstring(ctx, text, length);
    return;
  }
  unsigned char *memory = duk_push_fixed_buffer(ctx, length + 2 * astral), *to = memory;
  for (size_t i = 0; i < length;) {
    if (from[i] < 0xf0 || length - i < 4) {
      *to++ = from[i++];
      continue;
    }
    unsigned point =
        (from[i] & 7u) << 18 | (from[i + 1] & 0x3fu) << 12 | (from[i + 2] & 0x3fu) << 6 | (from[i + 3] & 0x3fu);
    put_surrogate(to, 0xd800 + ((point - 0x10000) >> 10));
    put_surrogate(to + 3, 0xdc00 + ((point - 0x10000) & 0x3ff));
    to += 6;
    i += 4;
  }
  duk_push_lstring(ctx, (const char *)memory, (size_t)(to - memory));
  duk_remove(ctx, -2);
}

/* ----------------------------------------------------------------- values */

static void number(double is, xlgc_value *out) {
  bool whole = floor(is) == is && fabs(is) <= 0x1p53 && !(is == 0 && signbit(is));
  out->type = whole ? XLGC_INTEGER : XLGC_NUMBER;
  if (whole)
    out->as.integer = (int64_t)is;
  else
    out->as.number = is;
}

static int object(xlgc__duktape_engine *engine, duk_context *ctx, duk_idx_t index, xlgc_value *out) {
  bool is_stale = false;
  xlgc__duktape_proxy *proxy = xlgc__duktape_proxy_at(engine, ctx, index, &is_stale);
  if (is_stale) return XLGC_E_STALE;
  int failed = 0;
  xlgc_id id = XLGC_ID_NONE;
  if (proxy)
    id = proxy->id;
  else
    failed = xlgc__duktape_pins_export(engine, ctx, index, &id);
  if (failed) return failed;
  out->type = XLGC_OBJECT;
  out->traits = duk_is_function(ctx, index) ? XLGC_CALLABLE | XLGC_SELF_APART : 0;
  out->as.id = id;
  return 0;
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
  case DUK_TYPE_NUMBER: number(duk_get_number(ctx, index), out); return 0;
  case DUK_TYPE_STRING: return duk_is_symbol(ctx, index) ? XLGC_E_INVAL : xlgc__duktape_values_text(ctx, index, out);
  case DUK_TYPE_LIGHTFUNC: duk_to_object(ctx, index); return object(engine, ctx, index, out);
  case DUK_TYPE_BUFFER:
  case DUK_TYPE_OBJECT: break;
  default: return XLGC_E_INVAL;
  }
  if (!duk_is_buffer_data(ctx, index)) return object(engine, ctx, index, out);
  size_t length;
  const char *bytes = duk_get_buffer_data(ctx, index, &length);
  return xlgc_value_copy(out, XLGC_BUFFER, bytes, bytes ? length : 0);
}

static void push_bytes(duk_context *ctx, const xlgc_value *value) {
  void *memory = duk_push_fixed_buffer(ctx, value->length);
  if (value->length) memcpy(memory, value->as.bytes, value->length);
  duk_push_buffer_object(ctx, -1, 0, value->length, DUK_BUFOBJ_UINT8ARRAY);
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

int xlgc__duktape_values_unpack(xlgc__duktape_engine *engine, duk_context *ctx, const xlgc_value *value) {
  duk_require_stack(ctx, 8);
  switch (value->type) {
  case XLGC_NIL: duk_push_null(ctx); return 0;
  case XLGC_BOOLEAN: duk_push_boolean(ctx, value->as.boolean); return 0;
  case XLGC_INTEGER: duk_push_number(ctx, (double)value->as.integer); return 0;
  case XLGC_NUMBER: duk_push_number(ctx, value->as.number); return 0;
  case XLGC_STRING: xlgc__duktape_values_push_text(ctx, value->length ? value->as.bytes : "", value->length); return 0;
  case XLGC_BUFFER: push_bytes(ctx, value); return 0;
  case XLGC_OBJECT: return xlgc__duktape_proxy_make(engine, ctx, value->as.id, value->traits);
  case XLGC_SEVERAL: return push_several(engine, ctx, value);
  }
  return XLGC_E_INVAL;
}

/* ------------------------------------------------------ for the program's C */

typedef struct crossing {
  xlgc__duktape_engine *engine;
  duk_idx_t index;
  xlgc_value *out;
  const xlgc_value *value;
  int answer;
} crossing;

static duk_ret_t value_of(duk_context *ctx, void *data) {
  crossing *crossing = data;
  crossing->answer = xlgc__duktape_values_pack(crossing->engine, ctx, crossing->index, crossing->out);
  return 0;
}

static duk_ret_t push_value(duk_context *ctx, void *data) {
  crossing *crossing = data;
  crossing->answer = xlgc__duktape_values_unpack(crossing->engine, ctx, crossing->value);
  return crossing->answer ? 0 : 1;
}

/* body answers with one value, or none. */
static int cross(duk_context *ctx, duk_safe_call_function body, crossing *crossing) {
  xlgc__duktape_engine *engine = xlgc__duktape_engine_find(ctx);
  if (!engine) return XLGC_E_SHUTDOWN;
  if (!duk_check_stack(ctx, 16)) return XLGC_E_NOMEM;
  duk_context *before = engine->current;
  engine->current = ctx;
  engine->uses++;
  crossing->engine = engine;
  int raised = duk_safe_call(ctx, body, crossing, 0, 1);
  engine->uses--;
  engine->current = before;
  return raised ? XLGC_E_NOMEM : crossing->answer;
}

int xlgc_duktape_value(duk_context *ctx, duk_idx_t index, xlgc_value *out) {
  if (!ctx || !out) return XLGC_E_INVAL;
  memset(out, 0, sizeof *out);
  if (!duk_is_valid_index(ctx, index)) return XLGC_E_INVAL;
  crossing crossing = {.index = duk_normalize_index(ctx, index), .out = out};
  duk_idx_t top = duk_get_top(ctx);
  int failed = cross(ctx, value_of, &crossing);
  duk_set_top(ctx, top);
  if (failed) xlgc_value_clear(out);
  return failed;
}

int xlgc_duktape_push(duk_context *ctx, const xlgc_value *value) {
  if (!ctx || !value) return XLGC_E_INVAL;
  crossing crossing = {.value = value};
  duk_idx_t top = duk_get_top(ctx);
  int failed = cross(ctx, push_value, &crossing);
  if (failed) duk_set_top(ctx, top);
  return failed;
}
