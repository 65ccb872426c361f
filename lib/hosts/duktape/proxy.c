#include <config.h>

#include "hosts/duktape/proxy.h"

#include "hosts/common/receive.h"

/* What a target knows its Proxy by. */
#define PROXY XLGC__DUKTAPE_HIDDEN("proxy")

/* ------------------------------------------------------------------ tables */

const xlgc__duktape_proxy *xlgc__duktape_proxy_of_target(const xlgc__duktape_engine *engine, const void *target) {
  return xlgc__tree_record(xlgc__tree_find(&engine->by_target, (uintptr_t)target),
                           offsetof(xlgc__duktape_proxy, by_target));
}

static void add(xlgc__duktape_engine *engine, xlgc__duktape_proxy *proxy) {
  DL_APPEND(engine->proxies, proxy);
  xlgc__tree_add(&engine->by_object, (uintptr_t)proxy->object, &proxy->by_object);
  xlgc__tree_add(&engine->by_target, (uintptr_t)proxy->target, &proxy->by_target);
}

static void take_out(xlgc__duktape_engine *engine, xlgc__duktape_proxy *proxy) {
  DL_DELETE(engine->proxies, proxy);
  xlgc__tree_remove(&engine->by_object, &proxy->by_object);
  xlgc__tree_remove(&engine->by_target, &proxy->by_target);
}

void xlgc__duktape_proxy_free(xlgc__duktape_engine *engine, duk_context *ctx) {
  xlgc__duktape_proxy *proxy, *next;
  DL_FOREACH_SAFE(engine->proxies, proxy, next) {
    take_out(engine, proxy);
    xlgc__duktape_memory_give_back(engine, ctx, &proxy->borrowed);
    free(proxy);
  }
}

/* A target still leads to a Proxy that was let go, and so does that Proxy itself. */
static bool was_let_go(duk_context *ctx, duk_idx_t index, const void *object) {
  duk_get_prop_string(ctx, index, PROXY);
  bool is = duk_get_heapptr(ctx, -1) == object;
  duk_pop(ctx);
  return is;
}

static const xlgc__duktape_proxy *proxy_of(const xlgc__duktape_engine *engine, const void *object) {
  return xlgc__tree_record(xlgc__tree_find(&engine->by_object, (uintptr_t)object),
                           offsetof(xlgc__duktape_proxy, by_object));
}

unsigned xlgc__duktape_proxy_traits(const xlgc__duktape_engine *engine, duk_context *ctx, duk_idx_t index) {
  return proxy_of(engine, duk_get_heapptr(ctx, index))->traits;
}

int xlgc__duktape_proxy_id(xlgc__duktape_engine *engine, duk_context *ctx, duk_idx_t index, xlgc_id *id) {
  if (!duk_is_object(ctx, index)) return XLGC_E_UNKNOWN;
  void *object = duk_get_heapptr(ctx, index);
  const xlgc__duktape_proxy *proxy = proxy_of(engine, object);
  if (!proxy) return was_let_go(ctx, index, object) ? XLGC_E_STALE : XLGC_E_UNKNOWN;
  *id = proxy->id;
  return 0;
}

/* ------------------------------------------------------------------ making */

static void let_go(xlgc__duktape_engine *engine, duk_context *ctx, xlgc__duktape_proxy *proxy) {
  duk_uarridx_t slot = proxy->slot;
  free(proxy);
  xlgc__duktape_pins_put(ctx, &engine->targets, slot, NULL);
  xlgc__duktape_pins_give_slot(&engine->targets, slot);
}

void xlgc__duktape_proxy_gone(xlgc__duktape_engine *engine, duk_context *ctx, xlgc__duktape_proxy *proxy) {
  xlgc__duktape_memory_give_back(engine, ctx, &proxy->borrowed);
  (void)xlgc_host_proxy_gone(engine->host, proxy->id, proxy);
  take_out(engine, proxy);
  let_go(engine, ctx, proxy);
}

static duk_ret_t call_target(duk_context *ctx) {
  (void)ctx;
  return 0;
}

typedef struct making {
  xlgc__duktape_engine *engine;
  duk_context *ctx;
  unsigned traits;
  xlgc__duktape_proxy *proxy;
} making;

/* Pushes the Proxy. */
static duk_ret_t push_new(duk_context *ctx, void *data) {
  making *making = data;
  if (making->traits & XLGC_CALLABLE)
    duk_push_c_function(ctx, call_target, DUK_VARARGS);
  else if (making->traits & XLGC_SEQUENCE)
    duk_push_array(ctx);
  else
    duk_push_object(ctx);
  making->proxy->target = duk_get_heapptr(ctx, -1);
  duk_dup(ctx, -1);
  duk_push_heapptr(ctx, making->engine->handler);
  duk_push_proxy(ctx, 0);
  making->proxy->object = duk_get_heapptr(ctx, -1);
  duk_dup(ctx, -1);
  duk_put_prop_string(ctx, -3, PROXY);
  duk_push_heapptr(ctx, making->engine->no_op);
  duk_set_finalizer(ctx, -3);
  xlgc__duktape_pins_put(ctx, &making->engine->targets, making->proxy->slot, making->proxy->target);
  return 1;
}

static xlgc__duktape_proxy *make_record(xlgc__duktape_engine *engine, xlgc_id id) {
  xlgc__duktape_proxy *made = calloc(1, sizeof *made);
  if (!made || !xlgc__duktape_pins_take_slot(&engine->targets, &made->slot)) {
    free(made);
    return NULL;
  }
  made->id = id;
  return made;
}

static int make(void *data, xlgc_id id, void **handle) {
  making *making = data;
  xlgc__duktape_engine *engine = making->engine;
  xlgc__duktape_proxy *proxy = making->proxy = make_record(engine, id);
  if (!proxy) return XLGC_E_NOMEM;
  proxy->traits = making->traits;
  *handle = proxy;
  unsigned before = xlgc__limit_lift(engine->limit, XLGC__LIMIT_DOUBLED);
  bool raised = duk_safe_call(making->ctx, push_new, making, 0, 1) != 0;
  xlgc__limit_restore(engine->limit, before);
  if (!raised) {
    add(engine, proxy);
    return 0;
  }
  duk_pop(making->ctx);
  xlgc__duktape_pins_give_slot(&engine->targets, proxy->slot);
  free(proxy);
  return XLGC_E_NOMEM;
}

static int push_own(void *data, void *handle) {
  const making *making = data;
  duk_push_heapptr(making->ctx, handle);
  return 0;
}

static int push_found(void *data, void *handle) {
  making *making = data;
  making->proxy = handle;
  return push_own(data, making->proxy->object);
}

int xlgc__duktape_proxy_make(xlgc__duktape_engine *engine, duk_context *ctx, const xlgc_value *object) {
  static const xlgc__receive_ways ways = {push_own, push_found, make};
  making making = {engine, ctx, object->traits, NULL};
  int failed = xlgc__receive_id(engine->host, object->as.id, &ways, &making);
  xlgc__duktape_proxy *proxy = making.proxy;
  if (failed || !proxy || !(object->traits & XLGC_MEMORY)) return failed;
  failed = xlgc__duktape_memory_show(engine, ctx, proxy->id, proxy->target, &proxy->borrowed);
  if (failed) duk_pop(ctx);
  return failed;
}
