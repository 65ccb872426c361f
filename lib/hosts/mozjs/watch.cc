/* A watch is a weak pointer, which the collector updates as those of proxies. */
#include <config.h>

#include "hosts/mozjs/watch.h"

#include <new>

#include "hosts/mozjs/engine.h"
#include "hosts/mozjs/values.h"

int xlgc__mozjs_watch_begin(void *data, void *handle, void **out) {
  auto *engine = static_cast<xlgc__mozjs_engine *>(data);
  auto *watch = new (std::nothrow) xlgc__mozjs_watch;
  if (!watch) return XLGC_E_NOMEM;
  auto pin = engine->exports.iter();
  while (!pin.done() && pin.get() != handle)
    pin.next();
  watch->object = pin.done() ? static_cast<JSObject *>(handle) : pin.get()->object.get();
  engine->watches.insertBack(watch);
  *out = watch;
  return 0;
}

/* An export is known by its pin. */
void *xlgc__mozjs_watch_object(void *data, void *watch) {
  auto *engine = static_cast<xlgc__mozjs_engine *>(data);
  JSObject *object = static_cast<xlgc__mozjs_watch *>(watch)->object;
  auto exported = object ? engine->exports.lookup(object) : decltype(engine->exports.lookup(object))();
  return exported ? static_cast<void *>(*exported) : static_cast<void *>(object);
}

void xlgc__mozjs_watch_end(void *data, void *ended) {
  auto *watch = static_cast<xlgc__mozjs_watch *>(ended);
  /* It may be finalized. */
  if (static_cast<xlgc__mozjs_engine *>(data)->context_ends) watch->object.unbarrieredSet(nullptr);
  delete watch;
}

int xlgc__mozjs_watch_value(void *data, void *watch, xlgc_value *out) {
  auto *engine = static_cast<xlgc__mozjs_engine *>(data);
  JS::RootedObject object(engine->cx, static_cast<xlgc__mozjs_watch *>(watch)->object);
  if (!object) return 0;
  JSAutoRealm realm(engine->cx, object);
  JS::RootedValue value(engine->cx, JS::ObjectValue(*object));
  if (!xlgc__mozjs_values_pack(engine, value, out)) return 0;
  JS_ClearPendingException(engine->cx);
  return XLGC_E_NOMEM;
}
