/* The life of a host: from xlgc_duktape_open to its end, which may be the heap's. */
#include <config.h>

#include "hosts/duktape/engine.h"

#include "hosts/duktape/limit.h"

#define STASHED XLGC__DUKTAPE_HIDDEN("xlgc")
#define POINTER XLGC__DUKTAPE_HIDDEN("engine")

/* ---------------------------------------------------------------- finding it */

static xlgc__duktape_engine *engine_of(duk_context *ctx, duk_idx_t index) {
  duk_get_prop_string(ctx, index, POINTER);
  xlgc__duktape_engine *engine = duk_get_pointer(ctx, -1);
  duk_pop(ctx);
  return engine;
}

xlgc__duktape_engine *xlgc__duktape_engine_find(duk_context *ctx) {
  if (!duk_check_stack(ctx, 8)) return NULL;
  duk_push_heap_stash(ctx);
  xlgc__duktape_engine *engine = duk_get_prop_string(ctx, -1, STASHED) ? engine_of(ctx, -1) : NULL;
  duk_pop_2(ctx);
  return engine;
}

duk_context *xlgc__duktape_engine_enter(xlgc__duktape_engine *engine, duk_context *ctx) {
  duk_context *before = engine->current;
  engine->current = ctx;
  engine->depth++;
  if (engine->by_object.count > engine->proxy_limit && !engine->trials) (void)engine->parts->drop_proxies(engine, ctx);
  return before;
}

void xlgc__duktape_engine_leave(xlgc__duktape_engine *engine, duk_context *before) {
  engine->depth--;
  engine->current = before;
}

/* ------------------------------------------------------------------- its end */

/* ctx: NULL when the heap is gone. */
static void free_engine(xlgc__duktape_engine *engine, duk_context *ctx) {
  engine->parts->proxy_free(engine, ctx);
  xlgc__duktape_pins_free(&engine->exports);
  free(engine->targets.free);
  free(engine);
}

/* The heap is destroyed: the host is closed, and nothing of the heap is touched. One that ends its heap is closed when
 * all finalizers have run, of which this is any. */
static duk_ret_t end_heap(duk_context *ctx) {
  xlgc__duktape_engine *engine = engine_of(ctx, 0);
  if (!engine || engine->end_heap) return 0;
  engine->is_ending = true;
  duk_push_pointer(ctx, NULL);
  duk_put_prop_string(ctx, 0, POINTER);
  /* A host that is in use cannot be closed, and remains, without a heap. */
  if (!engine->host || xlgc_host_close(engine->host) == 0)
    free_engine(engine, ctx);
  else
    engine->main = engine->current = NULL;
  return 0;
}

/* The engine is found no more. Both names are there, so nothing is allocated. */
static void disconnect(duk_context *ctx) {
  duk_push_heap_stash(ctx);
  duk_get_prop_string(ctx, -1, STASHED);
  duk_push_pointer(ctx, NULL);
  duk_put_prop_string(ctx, -2, POINTER);
  duk_pop_2(ctx);
}

int xlgc__duktape_engine_close(xlgc__duktape_engine *engine, duk_context *ctx) {
  if (engine->depth || engine->trials) return XLGC_E_BUSY;
  int failed = xlgc_host_close(engine->host);
  if (failed) return failed;
  engine->host = NULL;
  disconnect(ctx);
  free_engine(engine, ctx);
  return 0;
}

void xlgc__duktape_engine_ending(void *data) {
  xlgc__duktape_engine *engine = data;
  if (!engine->end_heap || !engine->main) return;
  engine->limit = NULL;
  engine->end_heap(engine->main);
  engine->is_ending = true;
  engine->main = engine->current = NULL;
}

int xlgc__duktape_engine_end(duk_context *ctx, void (*end_heap)(duk_context *ctx)) {
  xlgc__duktape_engine *engine = xlgc__duktape_engine_find(ctx);
  if (!engine) return XLGC_E_STATE;
  if (engine->depth || engine->trials) return XLGC_E_BUSY;
  engine->end_heap = end_heap;
  int failed = xlgc_host_close(engine->host);
  bool has_ended = !engine->main;
  engine->end_heap = NULL;
  if (!failed) free_engine(engine, NULL);
  /* A host that could not be closed then is left without a heap. */
  return has_ended ? 0 : failed;
}

/* ------------------------------------------------------------- its beginning */

void *xlgc__duktape_engine_keep(duk_context *ctx, const char *name) {
  void *address = duk_get_heapptr(ctx, -1);
  duk_put_prop_string(ctx, -2, name);
  return address;
}

static duk_ret_t set_up(duk_context *ctx, void *data) {
  xlgc__duktape_engine *engine = data;
  duk_push_heap_stash(ctx);
  duk_push_bare_object(ctx);
  engine->self = duk_get_heapptr(ctx, -1);
  duk_push_pointer(ctx, NULL);
  duk_put_prop_string(ctx, -2, POINTER);
  duk_push_bare_array(ctx);
  engine->exports.slots.array = xlgc__duktape_engine_keep(ctx, "pins");
  duk_push_bare_array(ctx);
  engine->targets.array = xlgc__duktape_engine_keep(ctx, "targets");
  engine->parts->equip(engine, ctx);
  duk_push_c_function(ctx, end_heap, 2);
  duk_set_finalizer(ctx, -2);
  duk_put_prop_string(ctx, -2, STASHED);
  return 0;
}

/* From here on the engine is found. */
static duk_ret_t connect(duk_context *ctx, void *data) {
  xlgc__duktape_engine *engine = data;
  duk_push_heapptr(ctx, engine->self);
  duk_push_pointer(ctx, engine);
  duk_put_prop_string(ctx, -2, POINTER);
  return 0;
}

static int start(xlgc__duktape_engine *engine, duk_context *ctx) {
  if (!duk_check_stack(ctx, 16) || duk_safe_call(ctx, set_up, engine, 0, 0)) return XLGC_E_NOMEM;
  int failed = xlgc_host_open(engine->pool, engine->parts->adapter, engine, &engine->host);
  if (failed) return failed;
  if (!duk_safe_call(ctx, connect, engine, 0, 0)) return 0;
  xlgc_host_close(engine->host);
  return XLGC_E_NOMEM;
}

int xlgc__duktape_engine_open(duk_context *ctx, xlgc_pool *pool, const xlgc__duktape_parts *parts,
                              xlgc__duktape_engine **out) {
  if (!pool) pool = xlgc_default_pool();
  if (!pool) return XLGC_E_NOMEM;
  if (xlgc__duktape_engine_find(ctx)) return XLGC_E_EXISTS;
  xlgc__duktape_engine *engine = calloc(1, sizeof *engine);
  if (!engine) return XLGC_E_NOMEM;
  engine->parts = parts;
  engine->main = engine->current = ctx;
  engine->pool = pool;
  engine->limit = xlgc__duktape_limit_of(ctx);
  int failed = start(engine, ctx);
  if (failed) {
    free_engine(engine, ctx);
    return failed;
  }
  *out = engine;
  return 0;
}
