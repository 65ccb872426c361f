/* A proxy's record belongs to the proxy, which frees it when it is finalized. */
#include <config.h>

#include "hosts/mozjs/proxy.h"

#include <new>

#include "hosts/common/receive.h"

static const JSClass proxy_class = PROXY_CLASS_DEF("xlgc proxy", JSCLASS_HAS_RESERVED_SLOTS(1));

static xlgc__mozjs_made prototype_for(unsigned traits) {
  if (traits & XLGC_CALLABLE) return XLGC__MOZJS_MADE_CALLABLE_PROTOTYPE;
  if (traits & XLGC_SEQUENCE) return XLGC__MOZJS_MADE_LIST_PROTOTYPE;
  return traits & XLGC_AWAITED ? XLGC__MOZJS_MADE_AWAITED_PROTOTYPE : XLGC__MOZJS_MADE_PROTOTYPE;
}

xlgc__mozjs_proxy *xlgc__mozjs_proxy_make(xlgc__mozjs_engine *engine, xlgc_id id, unsigned traits) {
  auto *proxy = new (std::nothrow) xlgc__mozjs_proxy;
  if (!proxy) {
    JS_ReportOutOfMemory(engine->cx);
    return nullptr;
  }
  proxy->engine = engine;
  proxy->id = id;
  proxy->traits = traits;
  proxy->bytes = xlgc__receive_weight(engine->pool, id);
  JSAutoRealm realm(engine->cx, engine->global);
  JS::RootedValue data(engine->cx, JS::PrivateValue(proxy));
  js::ProxyOptions options;
  options.setClass(&proxy_class);
  proxy->object =
      js::NewProxyObject(engine->cx, engine->parts->handler(), data, engine->made[prototype_for(traits)], options);
  if (!proxy->object) {
    delete proxy;
    return nullptr;
  }
  JS::AddAssociatedMemory(proxy->object, proxy->bytes, JS::MemoryUse::Embedding1);
  engine->proxies.insertBack(proxy);
  engine->users++;
  return proxy;
}

void xlgc__mozjs_proxy_finalize(JSObject *object) {
  JS::Value data = js::GetProxyPrivate(object);
  if (data.isUndefined()) return;
  auto *proxy = static_cast<xlgc__mozjs_proxy *>(data.toPrivate());
  xlgc__mozjs_engine *engine = proxy->engine;
  xlgc__mozjs_engine_give_back(proxy);
  xlgc_host_proxy_gone(engine->host, proxy->id, proxy);
  proxy->object.unbarrieredSet(nullptr);
  JS::RemoveAssociatedMemory(object, proxy->bytes, JS::MemoryUse::Embedding1);
  delete proxy;
  xlgc__mozjs_engine_release(engine);
}
