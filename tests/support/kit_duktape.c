#include <config.h>

#include <stdlib.h>
#include <xlgc/duktape.h>

#include "kits.h"
#include "trial.h"

/* An engine of the kit. Its objects are plain ones, or closures, whose fields nobody sees from outside; each has a
 * finalizer, which counts. */
typedef struct heap {
  duk_context *ctx;
  xlgc_host *host;
  bool closures;
  uint64_t objects, exports_seen;
} heap;

static heap *heap_of(duk_context *ctx) {
  duk_push_heap_stash(ctx);
  duk_get_prop_string(ctx, -1, "heap");
  heap *heap = duk_get_pointer(ctx, -1);
  duk_pop_2(ctx);
  return heap;
}

/* A finalizer of the program's: runs once for each object, never for one that is held. */
static duk_ret_t count_down(duk_context *ctx) {
  heap_of(ctx)->objects--;
  return 0;
}

static const char script[] =
    "globals = [];"
    "function plain(number) { return {number: number, fields: []}; }"
    "function closure(number) {"
    "  var fields = [];"
    "  return function (what, field, value) {"
    "    if (what === 'number') return number;"
    "    if (what === 'set') fields[field] = value; else return fields[field];"
    "  };"
    "}"
    "function coroutine(held) { var t = new Duktape.Thread(function (x) { Duktape.Thread.yield(); return x; });"
    "  Duktape.Thread.resume(t, held); return t; }";

static heap *open_heap(xlgc_pool *pool, bool closures) {
  heap *made = calloc(1, sizeof *made);
  MUST(made);
  made->closures = closures;
  made->ctx = closures ? xlgc_duktape_create() : duk_create_heap_default();
  MUST(made->ctx);
  MUST(xlgc_duktape_open(made->ctx, pool, &made->host) == 0);
  duk_push_heap_stash(made->ctx);
  duk_push_pointer(made->ctx, made);
  duk_put_prop_string(made->ctx, -2, "heap");
  duk_push_c_function(made->ctx, count_down, 2);
  duk_put_prop_string(made->ctx, -2, "count_down");
  duk_pop(made->ctx);
  duk_eval_string_noresult(made->ctx, script);
  return made;
}
static void *open_plain(xlgc_pool *pool) { return open_heap(pool, false); }
static void *open_closures(xlgc_pool *pool) { return open_heap(pool, true); }

static void close_heap(void *engine) {
  heap *heap = engine;
  MUST(duk_get_top(heap->ctx) == 0);
  if (heap->objects % 2) MUST(xlgc_duktape_close(heap->ctx) == 0);
  duk_destroy_heap(heap->ctx);
  MUST(heap->objects == 0);
  free(heap);
}

static void end_heap(void *engine) {
  heap *heap = engine;
  duk_destroy_heap(heap->ctx);
  free(heap);
}

static xlgc_host *host_of(void *engine) { return ((heap *)engine)->host; }
static duk_context *ctx_of(void *engine) { return ((heap *)engine)->ctx; }

static void push(void *engine, unsigned global) {
  duk_context *ctx = ctx_of(engine);
  duk_get_global_string(ctx, "globals");
  duk_get_prop_index(ctx, -1, global);
  duk_remove(ctx, -2);
}

static bool call(void *engine, xlgc_id function) {
  duk_context *ctx = ctx_of(engine);
  xlgc_value value = {.type = XLGC_OBJECT, .traits = XLGC_CALLABLE, .as.id = function};
  if (xlgc_duktape_push(ctx, &value)) return true;
  bool raised = duk_pcall(ctx, 0) != DUK_EXEC_SUCCESS;
  duk_pop(ctx);
  return raised;
}

/* From the top of the stack. */
static void put(void *engine, unsigned global) {
  duk_context *ctx = ctx_of(engine);
  duk_get_global_string(ctx, "globals");
  duk_insert(ctx, -2);
  duk_put_prop_index(ctx, -2, global);
  duk_pop(ctx);
}

static void push_finalizer(duk_context *ctx) {
  duk_push_heap_stash(ctx);
  duk_get_prop_string(ctx, -1, "count_down");
  duk_remove(ctx, -2);
}

static void make(void *engine, unsigned global, unsigned number) {
  heap *heap = engine;
  duk_context *ctx = heap->ctx;
  duk_get_global_string(ctx, heap->closures ? "closure" : "plain");
  duk_push_uint(ctx, number);
  duk_call(ctx, 1);
  push_finalizer(ctx);
  duk_set_finalizer(ctx, -2);
  heap->objects++;
  put(engine, global);
}

/* Calls the closure: pushes what it answers. */
static void ask(void *engine, unsigned global, const char *what, unsigned field, unsigned from) {
  duk_context *ctx = ctx_of(engine);
  push(engine, global);
  duk_push_string(ctx, what);
  duk_push_uint(ctx, field);
  push(engine, from);
  duk_call(ctx, 3);
}

static unsigned number(void *engine, unsigned global) {
  heap *heap = engine;
  if (heap->closures) {
    ask(engine, global, "number", 0, HOSTS_GLOBALS);
  } else {
    push(engine, global);
    duk_get_prop_string(heap->ctx, -1, "number");
    duk_remove(heap->ctx, -2);
  }
  unsigned is = duk_require_uint(heap->ctx, -1);
  duk_pop(heap->ctx);
  return is;
}

/* A proxy says so by an id that is no export of this heap's; here simply by its sort: own objects answer a number. */
static int holds(void *engine, unsigned global) {
  duk_context *ctx = ctx_of(engine);
  push(engine, global);
  int is = HOSTS_NOTHING;
  if (duk_is_object(ctx, -1)) {
    duk_get_finalizer(ctx, -1);
    push_finalizer(ctx);
    bool own = duk_strict_equals(ctx, -2, -1) || duk_is_ecmascript_function(ctx, -2);
    duk_pop_2(ctx);
    is = own ? HOSTS_OBJECT : HOSTS_PROXY;
  }
  duk_pop(ctx);
  return is;
}

static void set(void *engine, unsigned object, unsigned field, unsigned from) {
  heap *heap = engine;
  if (heap->closures) {
    ask(engine, object, "set", field, from);
    duk_pop(heap->ctx);
    return;
  }
  push(engine, object);
  duk_get_prop_string(heap->ctx, -1, "fields");
  push(engine, from);
  duk_put_prop_index(heap->ctx, -2, field);
  duk_pop_2(heap->ctx);
}

static void get(void *engine, unsigned to, unsigned object, unsigned field) {
  heap *heap = engine;
  if (heap->closures) {
    ask(engine, object, "get", field, HOSTS_GLOBALS);
  } else {
    push(engine, object);
    duk_get_prop_string(heap->ctx, -1, "fields");
    duk_get_prop_index(heap->ctx, -1, field);
    duk_insert(heap->ctx, -3);
    duk_pop_2(heap->ctx);
  }
  put(engine, to);
}

static void copy(void *engine, unsigned to, unsigned from) {
  push(engine, from);
  put(engine, to);
}
static void drop(void *engine, unsigned global) {
  duk_push_undefined(ctx_of(engine));
  put(engine, global);
}
static bool same(void *engine, unsigned one, unsigned other) {
  push(engine, one);
  push(engine, other);
  bool is = duk_strict_equals(ctx_of(engine), -2, -1);
  duk_pop_2(ctx_of(engine));
  return is;
}

static int give(void *engine, unsigned global, xlgc_id *id) {
  xlgc_value value;
  push(engine, global);
  int failed = xlgc_duktape_value(ctx_of(engine), -1, &value);
  duk_pop(ctx_of(engine));
  *id = failed || value.type != XLGC_OBJECT ? XLGC_ID_NONE : value.as.id;
  xlgc_value_clear(&value);
  return failed;
}

static int take(void *engine, unsigned global, xlgc_id id) {
  xlgc_value value = {.type = XLGC_OBJECT, .as.id = id};
  int failed = xlgc_duktape_push(ctx_of(engine), &value);
  if (!failed) put(engine, global);
  return failed;
}

static void land(void *engine, unsigned global, void *handle) {
  duk_push_heapptr(ctx_of(engine), handle);
  put(engine, global);
}

static void collect(void *engine) { ok(xlgc_duktape_gc(ctx_of(engine))); }

static void suspend(void *engine, unsigned slot, unsigned global) {
  duk_context *ctx = ctx_of(engine);
  duk_get_global_string(ctx, "coroutine");
  push(engine, global);
  duk_call(ctx, 1);
  duk_push_heap_stash(ctx);
  duk_insert(ctx, -2);
  duk_put_prop_index(ctx, -2, slot);
  duk_pop(ctx);
}
static void resume(void *engine, unsigned slot) {
  duk_context *ctx = ctx_of(engine);
  duk_push_heap_stash(ctx);
  duk_del_prop_index(ctx, -1, slot);
  duk_pop(ctx);
}

static void finalizer(void *engine, unsigned global, unsigned field, unsigned to) {
  duk_context *ctx = ctx_of(engine);
  static const char text[] = "(function (field, to, count_down) { return function (o) { count_down(o);"
                             "globals[to] = typeof o === 'function' ? o('get', field) : o.fields[field]; }; })";
  push(engine, global);
  duk_eval_string(ctx, text);
  duk_push_uint(ctx, field);
  duk_push_uint(ctx, to);
  push_finalizer(ctx);
  duk_call(ctx, 3);
  duk_set_finalizer(ctx, -2);
  duk_pop(ctx);
}

static uint64_t objects(void *engine) { return ((heap *)engine)->objects; }
static uint64_t pins(void *engine) {
  xlgc_host_statistics statistics;
  ok(xlgc_host_stats(host_of(engine), &statistics));
  return statistics.exports;
}
static uint64_t unpins(void *engine) {
  xlgc_host_statistics statistics;
  ok(xlgc_host_stats(host_of(engine), &statistics));
  return statistics.unpinned;
}

static uint64_t statistic(void *engine, const char *name) {
  duk_context *ctx = ctx_of(engine);
  duk_eval_string(ctx, "xlgc.stats()");
  duk_get_prop_string(ctx, -1, name);
  uint64_t number = duk_is_number(ctx, -1) ? (uint64_t)duk_get_number(ctx, -1) : HOSTS_NO_STATISTIC;
  duk_pop_2(ctx);
  return number;
}

#define HEAP(name_, open_)                                                                                            \
  {                                                                                                                   \
    .name = name_, .open = open_, .close = close_heap, .end = end_heap, .call = call, .host = host_of, .make = make,  \
    .number = number, .holds = holds, .set = set, .get = get, .copy = copy, .drop = drop, .same = same, .give = give, \
    .take = take, .land = land, .collect = collect, .suspend = suspend, .resume = resume, .finalizer = finalizer,     \
    .objects = objects, .pins = pins, .unpins = unpins, .statistic = statistic                                        \
  }

const hosts_engine kit_duktape = HEAP("Duktape, plain objects", open_plain);
const hosts_engine kit_duktape_closures = HEAP("Duktape, closures", open_closures);
