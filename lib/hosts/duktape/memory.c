#include <config.h>

#include "hosts/duktape/memory.h"

#include <string.h>

/* Of the array and its ArrayBuffer: the Proxy. Of the target: the array, and the plain buffer. */
#define OWNER XLGC__DUKTAPE_HIDDEN("owner")
#define ARRAY XLGC__DUKTAPE_HIDDEN("array")
#define BUFFER XLGC__DUKTAPE_HIDDEN("buffer")

/* Duktape has no arrays of 64-bit integers. */
static const struct {
  unsigned elements;
  duk_uint_t flag;
  const char *class_name;
} types[] = {
    {'b', DUK_BUFOBJ_INT8ARRAY, "[object Int8Array]"},       {'h', DUK_BUFOBJ_INT16ARRAY, "[object Int16Array]"},
    {'H', DUK_BUFOBJ_UINT16ARRAY, "[object Uint16Array]"},   {'i', DUK_BUFOBJ_INT32ARRAY, "[object Int32Array]"},
    {'I', DUK_BUFOBJ_UINT32ARRAY, "[object Uint32Array]"},   {'f', DUK_BUFOBJ_FLOAT32ARRAY, "[object Float32Array]"},
    {'d', DUK_BUFOBJ_FLOAT64ARRAY, "[object Float64Array]"},
};
enum { TYPES = sizeof types / sizeof *types };

unsigned xlgc__duktape_memory_elements(const xlgc__duktape_engine *engine, duk_context *ctx, duk_idx_t index) {
  if (!duk_is_object(ctx, index)) return 0;
  index = duk_normalize_index(ctx, index);
  duk_push_heapptr(ctx, engine->class_of);
  duk_dup(ctx, index);
  duk_call_method(ctx, 0);
  const char *name = duk_get_string(ctx, -1);
  unsigned found = 0;
  for (unsigned i = 0; i < TYPES && name; i++)
    if (strcmp(types[i].class_name, name) == 0) found = types[i].elements;
  duk_pop(ctx);
  return found;
}

void xlgc__duktape_memory_push_array(duk_context *ctx, duk_idx_t buffer, unsigned elements, size_t bytes) {
  duk_uint_t flag = DUK_BUFOBJ_UINT8ARRAY;
  for (unsigned i = 0; i < TYPES; i++)
    if (types[i].elements == elements) flag = types[i].flag;
  duk_push_buffer_object(ctx, buffer, 0, bytes, flag);
}

/* ------------------------------------------------------------------ borrowed */

bool xlgc__duktape_memory_push_owner(const xlgc__duktape_engine *engine, duk_context *ctx, duk_idx_t index) {
  if (!engine->borrowed_count || !duk_is_object(ctx, index)) return false;
  if (duk_get_prop_string(ctx, index, OWNER)) return true;
  duk_pop(ctx);
  return false;
}

static int borrow(xlgc__duktape_engine *engine, xlgc_id id, xlgc__duktape_borrowed *borrowed) {
  xlgc_visit visit;
  int failed = xlgc_visit_begin(&visit, engine->host, id);
  if (failed) return failed;
  failed = xlgc_visit_memory(&visit, &borrowed->memory);
  xlgc_visit_end(&visit);
  engine->borrowed_count += !failed;
  return failed;
}

/* With the Proxy, which stays, on the top: pushes the array. */
static void make(duk_context *ctx, void *target, xlgc__duktape_borrowed *borrowed) {
  const xlgc_memory *memory = &borrowed->memory;
  duk_idx_t proxy = duk_get_top_index(ctx);
  duk_push_heapptr(ctx, target);
  duk_push_external_buffer(ctx);
  duk_dup(ctx, -1);
  duk_put_prop_string(ctx, -3, BUFFER);
  duk_config_buffer(ctx, -1, memory->bytes, memory->length);
  borrowed->buffer = duk_get_heapptr(ctx, -1);
  duk_push_buffer_object(ctx, -1, 0, memory->length, DUK_BUFOBJ_ARRAYBUFFER);
  xlgc__duktape_memory_push_array(ctx, -1, memory->elements, memory->length);
  for (duk_idx_t i = -2; i <= -1; i++) {
    duk_dup(ctx, proxy);
    duk_put_prop_string(ctx, i - 1, OWNER);
  }
  duk_dup(ctx, -1);
  duk_put_prop_string(ctx, proxy + 1, ARRAY);
}

int xlgc__duktape_memory_show(xlgc__duktape_engine *engine, duk_context *ctx, xlgc_id id, void *target,
                              xlgc__duktape_borrowed *borrowed) {
  duk_require_stack(ctx, 8);
  duk_idx_t proxy = duk_get_top_index(ctx);
  int failed = borrowed->memory.give_back ? 0 : borrow(engine, id, borrowed);
  if (failed) return failed;
  duk_push_heapptr(ctx, target);
  if (!duk_get_prop_string(ctx, -1, ARRAY)) {
    duk_set_top(ctx, proxy + 1);
    make(ctx, target, borrowed);
  }
  duk_replace(ctx, proxy);
  duk_set_top(ctx, proxy + 1);
  return 0;
}

void xlgc__duktape_memory_give_back(xlgc__duktape_engine *engine, duk_context *ctx, xlgc__duktape_borrowed *borrowed) {
  if (!borrowed->memory.give_back) return;
  if (borrowed->buffer && ctx) {
    duk_push_heapptr(ctx, borrowed->buffer);
    duk_config_buffer(ctx, -1, NULL, 0);
    duk_pop(ctx);
  }
  borrowed->buffer = NULL;
  engine->borrowed_count--;
  xlgc_memory_give_back(&borrowed->memory);
}
