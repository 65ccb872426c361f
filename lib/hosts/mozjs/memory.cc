#include <config.h>

#include "hosts/mozjs/memory.h"

#include <cstring>

#include <js/Array.h>
#include <js/ArrayBuffer.h>
#include <js/SharedArrayBuffer.h>
#include <js/WeakMap.h>
#include <js/experimental/TypedData.h>

#include "hosts/common/memory.h"
#include "hosts/mozjs/errors.h"

/* ------------------------------------------------------------------ elements */

static unsigned elements_of(JSObject *object) {
  if (!JS_IsArrayBufferViewObject(object)) return 0;
  switch (JS_GetArrayBufferViewType(object)) {
  case JS::Scalar::Int8: return 'b';
  case JS::Scalar::Int16: return 'h';
  case JS::Scalar::Uint16: return 'H';
  case JS::Scalar::Int32: return 'i';
  case JS::Scalar::Uint32: return 'I';
  case JS::Scalar::BigInt64: return 'q';
  case JS::Scalar::BigUint64: return 'Q';
  case JS::Scalar::Float32: return 'f';
  case JS::Scalar::Float64: return 'd';
  default: return 0;
  }
}

static JSObject *make_array(JSContext *cx, JS::HandleObject buffer, unsigned elements, size_t bytes) {
  const auto length = static_cast<int64_t>(bytes / xlgc__memory_element_bytes(elements));
  switch (elements) {
  case 'b': return JS_NewInt8ArrayWithBuffer(cx, buffer, 0, length);
  case 'h': return JS_NewInt16ArrayWithBuffer(cx, buffer, 0, length);
  case 'H': return JS_NewUint16ArrayWithBuffer(cx, buffer, 0, length);
  case 'i': return JS_NewInt32ArrayWithBuffer(cx, buffer, 0, length);
  case 'I': return JS_NewUint32ArrayWithBuffer(cx, buffer, 0, length);
  case 'q': return JS_NewBigInt64ArrayWithBuffer(cx, buffer, 0, length);
  case 'Q': return JS_NewBigUint64ArrayWithBuffer(cx, buffer, 0, length);
  case 'f': return JS_NewFloat32ArrayWithBuffer(cx, buffer, 0, length);
  case 'd': return JS_NewFloat64ArrayWithBuffer(cx, buffer, 0, length);
  default: return JS_NewUint8ArrayWithBuffer(cx, buffer, 0, length);
  }
}

/* -------------------------------------------------------------------- copies */

bool xlgc__mozjs_memory_is_buffer(JSObject *object) {
  return JS::IsArrayBufferObject(object) || JS::IsSharedArrayBufferObject(object) || JS_IsArrayBufferViewObject(object);
}

int xlgc__mozjs_memory_copy(JSObject *object, xlgc_value *out) {
  size_t length = 0;
  bool is_shared;
  uint8_t *data = nullptr;
  JS::AutoCheckCannotGC stays;
  if (JS::IsArrayBufferObject(object))
    JS::GetArrayBufferLengthAndData(object, &length, &is_shared, &data);
  else if (JS::IsSharedArrayBufferObject(object))
    JS::GetSharedArrayBufferLengthAndData(object, &length, &is_shared, &data);
  else
    js::GetArrayBufferViewLengthAndData(object, &length, &is_shared, &data);
  int failed = xlgc_value_copy(out, XLGC_BUFFER, reinterpret_cast<char *>(data), data ? length : 0);
  if (!failed) out->traits = elements_of(object) << XLGC_SORT_SHIFT;
  return failed;
}

JSObject *xlgc__mozjs_memory_unpack(JSContext *cx, const xlgc_value *from) {
  JS::RootedObject buffer(cx, JS::NewArrayBuffer(cx, from->length));
  if (!buffer) return nullptr;
  if (from->length) {
    bool is_shared;
    JS::AutoCheckCannotGC stays;
    memcpy(JS::GetArrayBufferData(buffer, &is_shared, stays), from->as.bytes, from->length);
  }
  return make_array(cx, buffer, xlgc__memory_elements(from), from->length);
}

/* -------------------------------------------------------------------- shared */

/* What the weak map has for a buffer. */
enum { PROXY, ARRAY, ENTRIES };

/* In the proxy itself. */
enum { SLOT };

static JSObject *buffer_of(JSContext *cx, JS::HandleObject object) {
  bool is_shared;
  return JS_IsArrayBufferViewObject(object) ? JS_GetArrayBufferViewBuffer(cx, object, &is_shared) : object.get();
}

static bool get_entry(JSContext *cx, JS::HandleValue entry, uint32_t which, JS::MutableHandleValue out) {
  JS::RootedObject pair(cx, &entry.toObject());
  return JS_GetElement(cx, pair, which, out) && out.isObject();
}

const xlgc__mozjs_proxy *xlgc__mozjs_memory_find(xlgc__mozjs_engine *engine, JS::HandleObject object) {
  JSContext *cx = engine->cx;
  if (!engine->borrowed_count || JS::GetCompartment(object) != JS::GetCompartment(engine->global)) return nullptr;
  JSAutoRealm realm(cx, engine->global);
  JS::RootedObject map(cx, engine->borrowed), buffer(cx, buffer_of(cx, object));
  JS::RootedValue entry(cx), proxy(cx), array(cx);
  bool is = buffer && JS::GetWeakMapEntry(cx, map, buffer, &entry) && entry.isObject() &&
            get_entry(cx, entry, PROXY, &proxy) && get_entry(cx, entry, ARRAY, &array) &&
            (object == buffer || object == &array.toObject());
  if (!buffer) JS_ClearPendingException(cx);
  return is ? xlgc__mozjs_engine_proxy_of(&proxy.toObject()) : nullptr;
}

/* The lender frees it, when the proxy gives it back. */
static void leave_contents(void *, void *) {}

static bool enter_into_map(xlgc__mozjs_engine *engine, JS::HandleObject buffer, JS::HandleObject proxy,
                           JS::HandleObject array) {
  JSContext *cx = engine->cx;
  JS::RootedValueArray<ENTRIES> both(cx);
  both[PROXY].setObject(*proxy);
  both[ARRAY].setObject(*array);
  if (!engine->borrowed) engine->borrowed = JS::NewWeakMapObject(cx);
  JS::RootedObject map(cx, engine->borrowed), pair(cx, map ? JS::NewArrayObject(cx, both) : nullptr);
  JS::RootedValue entry(cx);
  if (!pair) return false;
  entry.setObject(*pair);
  return JS::SetWeakMapEntry(cx, map, buffer, entry);
}

/* The memory is the proxy's from the beginning on; without an array nothing can read it. */
static JSObject *make_shared(xlgc__mozjs_engine *engine, JS::HandleObject proxy, const xlgc_memory &memory) {
  static char nothing;
  JSContext *cx = engine->cx;
  JS::RootedObject buffer(
      cx, JS::NewExternalArrayBuffer(cx, memory.length, memory.length ? memory.bytes : &nothing, leave_contents));
  JS::RootedObject array(cx, buffer ? make_array(cx, buffer, memory.elements, memory.length) : nullptr);
  if (!array || !enter_into_map(engine, buffer, proxy, array)) return nullptr;
  js::SetProxyReservedSlot(proxy, SLOT, JS::ObjectValue(*array));
  return array;
}

static bool borrow(xlgc__mozjs_engine *engine, xlgc__mozjs_proxy *proxy) {
  if (proxy->memory.give_back) return true;
  xlgc_visit visit;
  int failed = xlgc_visit_begin(&visit, engine->host, proxy->id);
  if (failed) {
    xlgc__mozjs_errors_throw(engine->cx, &visit, failed);
    return false;
  }
  failed = xlgc_visit_memory(&visit, &proxy->memory);
  if (failed) xlgc__mozjs_errors_throw(engine->cx, &visit, failed);
  xlgc_visit_end(&visit);
  engine->borrowed_count += !failed;
  return !failed;
}

JSObject *xlgc__mozjs_memory_of(xlgc__mozjs_engine *engine, JS::HandleObject proxy) {
  JS::Value known = js::GetProxyReservedSlot(proxy, SLOT);
  if (known.isObject()) return &known.toObject();
  JSAutoRealm realm(engine->cx, engine->global);
  xlgc__mozjs_proxy *record = xlgc__mozjs_engine_proxy_of(proxy);
  return borrow(engine, record) ? make_shared(engine, proxy, record->memory) : nullptr;
}
