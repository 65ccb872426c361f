/* The hosts of a thread are a list. Those of one context, which the library's own may have, are realms of it: a global
 * each, and what the collector calls is the context's. A host's record lives as long as its proxies and its guard, an
 * object of the engine whose finalizer finds out that the context ends. */
#include <config.h>

#include "hosts/mozjs/engine.h"

#include <new>

#include <js/ArrayBuffer.h>
#include <js/Realm.h>
#include <js/experimental/TypedData.h>

static thread_local xlgc__mozjs_engine *engines;

static xlgc__mozjs_engine *first_of(const JSContext *cx) {
  xlgc__mozjs_engine *engine = engines;
  while (engine && engine->cx != cx)
    engine = engine->next;
  return engine;
}

xlgc__mozjs_engine *xlgc__mozjs_engine_find(JSContext *cx) {
  xlgc__mozjs_engine *first = first_of(cx);
  if (!first) return nullptr;
  const JSObject *global = JS::CurrentGlobalOrNull(cx);
  bool is_alone = true;
  for (xlgc__mozjs_engine *engine = first; engine; engine = engine->next) {
    if (engine->cx == cx && engine->global == global) return engine;
    is_alone = is_alone && (engine == first || engine->cx != cx);
  }
  return is_alone ? first : nullptr;
}

bool xlgc__mozjs_engine_exists(const JSContext *cx) { return cx ? first_of(cx) : engines; }

bool xlgc__mozjs_engine_is_outermost(const xlgc__mozjs_engine *called) {
  for (const xlgc__mozjs_engine *engine = engines; engine; engine = engine->next)
    if (engine->cx == called->cx && (engine->visiting || engine->entered.length() > (engine == called))) return false;
  return true;
}

static bool is_here(const xlgc__mozjs_engine *wanted) {
  for (const xlgc__mozjs_engine *engine = engines; engine; engine = engine->next)
    if (engine == wanted) return true;
  return false;
}

const char xlgc__mozjs_engine_family = 0;

xlgc__mozjs_proxy *xlgc__mozjs_engine_proxy_of(JSObject *object) {
  if (!js::IsProxy(object) || js::GetProxyHandler(object)->family() != &xlgc__mozjs_engine_family) return nullptr;
  return static_cast<xlgc__mozjs_proxy *>(js::GetProxyPrivate(object).toPrivate());
}

/* ------------------------------------------------------------ pins, proxies, the end */

void xlgc__mozjs_engine_release(xlgc__mozjs_engine *engine) {
  if (--engine->users == 0) delete engine;
}

void xlgc__mozjs_engine_give_back(xlgc__mozjs_proxy *proxy) {
  proxy->engine->borrowed_count -= proxy->memory.give_back != nullptr;
  xlgc_memory_give_back(&proxy->memory);
}

/* Scripts that go on without the host find such arrays empty. */
static void empty_arrays(xlgc__mozjs_engine *engine) {
  JSContext *cx = engine->cx;
  JSAutoRealm realm(cx, engine->global);
  for (xlgc__mozjs_proxy *proxy : engine->proxies) {
    JS::RootedObject object(cx, proxy->object);
    if (!proxy->memory.give_back || !object) continue;
    JS::Value array = js::GetProxyReservedSlot(object, 0);
    JS::RootedObject view(cx, array.isObject() ? &array.toObject() : nullptr);
    bool is_shared;
    JS::RootedObject buffer(cx, view ? JS_GetArrayBufferViewBuffer(cx, view, &is_shared) : nullptr);
    if (buffer && !JS::DetachArrayBuffer(cx, buffer)) continue;
    xlgc__mozjs_engine_give_back(proxy);
  }
  JS_ClearPendingException(cx);
}

/* Of all hosts of a context. */
static bool trace_pins(JSTracer *tracer, js::SliceBudget &, void *cx) {
  for (xlgc__mozjs_engine *engine = engines; engine; engine = engine->next) {
    if (engine->cx != cx) continue;
    for (auto pin = engine->exports.iter(); !pin.done(); pin.next())
      JS::TraceEdge(tracer, &pin.get()->object, "xlgc export");
  }
  return true;
}

/* Objects are about to be finalized, or have been relocated. */
static void update_proxies(JSTracer *tracer, void *cx) {
  for (xlgc__mozjs_engine *engine = engines; engine; engine = engine->next) {
    if (engine->cx != cx) continue;
    for (xlgc__mozjs_proxy *proxy : engine->proxies)
      if (proxy->object.unbarrieredGet()) JS_UpdateWeakPointerAfterGC(tracer, &proxy->object);
    for (xlgc__mozjs_watch *one : engine->watches)
      if (one->object.unbarrieredGet()) JS_UpdateWeakPointerAfterGC(tracer, &one->object);
  }
}

/* The collector is told of them with the first, and no more with the last. */
static bool watch(JSContext *cx) {
  if (!JS_AddWeakPointerZonesCallback(cx, update_proxies, cx)) return false;
  JS_SetGrayGCRootsTracer(cx, trace_pins, cx);
  return true;
}
static void watch_no_more(JSContext *cx) {
  JS_SetGrayGCRootsTracer(cx, nullptr, nullptr);
  JS_RemoveWeakPointerZonesCallback(cx, update_proxies);
}

/* The engine can be found no more, and nothing of the context leads to it. */
static void let_go(xlgc__mozjs_engine *engine) {
  for (xlgc__mozjs_engine **at = &engines; *at; at = &(*at)->next) {
    if (*at != engine) continue;
    *at = engine->next;
    break;
  }
  if (!first_of(engine->cx)) watch_no_more(engine->cx);
  engine->global.reset();
  engine->guard.reset();
  engine->borrowed.reset();
  engine->modules.reset();
  for (auto &made : engine->made)
    made.reset();
  xlgc__mozjs_engine_release(engine);
}

/* Returns 0, and the host is closed; or a code, and all is as it was. */
static int close_host(xlgc__mozjs_engine *engine) {
  if (engine->visiting) return XLGC_E_BUSY;
  int failed = xlgc_host_close(engine->host);
  if (!failed) engine->host = nullptr;
  return failed;
}

/* The host holds the guard. A collection that finalizes it while the host is open is the context's last. */
static void finalize_guard(JS::GCContext *, JSObject *object) {
  JS::Value data = JS::GetReservedSlot(object, 0);
  if (data.isUndefined()) return;
  auto *engine = static_cast<xlgc__mozjs_engine *>(data.toPrivate());
  if (engine->host) {
    engine->context_ends = true;
    if (!close_host(engine)) let_go(engine);
  }
  xlgc__mozjs_engine_release(engine);
}

static const JSClassOps guard_operations = {nullptr, nullptr,        nullptr, nullptr, nullptr,
                                            nullptr, finalize_guard, nullptr, nullptr, nullptr};
static const JSClass guard_class = {"xlgc guard",      JSCLASS_HAS_RESERVED_SLOTS(1) | JSCLASS_FOREGROUND_FINALIZE,
                                    &guard_operations, JS_NULL_CLASS_SPEC,
                                    JS_NULL_CLASS_EXT, JS_NULL_OBJECT_OPS};

static bool make_guard(xlgc__mozjs_engine *engine) {
  engine->guard.init(engine->cx, JS_NewObject(engine->cx, &guard_class));
  if (!engine->guard) return false;
  JS::SetReservedSlot(engine->guard, 0, JS::PrivateValue(engine));
  engine->users++;
  return true;
}

/* --------------------------------------------------------------- the adapter */

static const char collector_runs[] = "SpiderMonkey's collector runs";

int xlgc__mozjs_engine_enter(void *data) {
  auto *engine = static_cast<xlgc__mozjs_engine *>(data);
  if (engine->context_ends) return 0;
  if (!is_here(engine)) return XLGC_E_OTHER_THREAD;
  if (JS::RuntimeHeapIsBusy()) return xlgc_hosts_refuse(collector_runs);
  if (!engine->entered.append(nullptr)) return XLGC_E_NOMEM;
  engine->entered.back() = JS::EnterRealm(engine->cx, engine->global);
  return 0;
}

void xlgc__mozjs_engine_leave(void *data) {
  auto *engine = static_cast<xlgc__mozjs_engine *>(data);
  if (engine->context_ends) return;
  JS::LeaveRealm(engine->cx, engine->entered.back());
  engine->entered.popBack();
}

void xlgc__mozjs_engine_unpin(void *data, void *handle) {
  auto *engine = static_cast<xlgc__mozjs_engine *>(data);
  auto *pin = static_cast<xlgc__mozjs_export *>(handle);
  if (engine->context_ends) {
    pin->object.unbarrieredSet(nullptr); /* it may be finalized */
  } else if (auto at = engine->exports.lookup(pin->object.unbarrieredGet())) {
    engine->exports.remove(at);
  }
  engine->pins--;
  engine->unpins++;
  delete pin;
}

int xlgc__mozjs_engine_collect(void *data) {
  JSContext *cx = static_cast<xlgc__mozjs_engine *>(data)->cx;
  if (JS::RuntimeHeapIsBusy()) return xlgc_hosts_refuse(collector_runs);
  uint32_t before = JS_GetGCParameter(cx, JSGC_MAJOR_GC_NUMBER);
  JS::PrepareForFullGC(cx);
  JS::NonIncrementalGC(cx, JS::GCOptions::Normal, JS::GCReason::API);
  /* The number stays where the embedding program forbids collections. An incremental one in progress is broken off or
   * ended first. */
  if (JS_GetGCParameter(cx, JSGC_MAJOR_GC_NUMBER) != before) return 0;
  return xlgc_hosts_refuse("the program lets SpiderMonkey not collect now");
}

/* --------------------------------------------------------------- open, close */

/* In the global's realm. */
static int open_host(xlgc__mozjs_engine *engine) {
  if (!make_guard(engine)) return XLGC_E_NOMEM;
  return xlgc_host_open(engine->pool, engine->parts->adapter, engine, &engine->host);
}

int xlgc__mozjs_engine_open(JSContext *cx, JS::HandleObject global, xlgc_pool *pool, const xlgc__mozjs_parts *parts,
                            xlgc__mozjs_engine **out) {
  auto *engine = new (std::nothrow) xlgc__mozjs_engine;
  if (engine && !first_of(cx) && !watch(cx)) {
    delete engine;
    engine = nullptr;
  }
  if (!engine) return XLGC_E_NOMEM;
  engine->cx = cx;
  engine->parts = parts;
  engine->pool = pool;
  engine->next = engines;
  engines = engine;
  engine->global.init(cx, global);
  engine->borrowed.init(cx);
  for (auto &made : engine->made)
    made.init(cx);
  JSAutoRealm realm(cx, global);
  int failed = open_host(engine);
  JS_ClearPendingException(cx);
  if (failed)
    let_go(engine);
  else
    *out = engine;
  return failed;
}

void xlgc__mozjs_engine_end_preparing(xlgc__mozjs_engine *engine) {
  if (engine->is_preparing) JS_SetGCParameter(engine->cx, JSGC_INCREMENTAL_GC_ENABLED, engine->was_incremental);
  engine->is_preparing = false;
}

int xlgc__mozjs_engine_close(xlgc__mozjs_engine *engine) {
  int failed = close_host(engine);
  if (failed) return failed;
  xlgc__mozjs_engine_end_preparing(engine);
  if (engine->borrowed_count) empty_arrays(engine);
  let_go(engine);
  return 0;
}
