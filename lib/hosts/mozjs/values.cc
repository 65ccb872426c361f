/* Values between scripts and xlgc_value, and errors between exceptions and visits. */
#include <config.h>

#include "errors.h"
#include "values.h"

#include <cmath>
#include <cstdio>
#include <cstring>
#include <new>

#include <js/Array.h>
#include <js/ArrayBuffer.h>
#include <js/BigInt.h>
#include <js/CharacterEncoding.h>
#include <js/Conversions.h>
#include <js/ErrorReport.h>
#include <js/Exception.h>
#include <js/SharedArrayBuffer.h>
#include <js/Wrapper.h>
#include <js/experimental/TypedData.h>

static const int64_t LARGEST = INT64_C(1) << 53; /* up to here, numbers are exact */

/* ---------------------------------------------------------------- to others */

static bool copy_text(JSContext *cx, JS::HandleString text, xlgc_value *out) {
  JSLinearString *linear = JS_EnsureLinearString(cx, text);
  if (!linear) return false;
  size_t bytes = JS::GetDeflatedUTF8StringLength(linear);
  if (xlgc_value_copy(out, XLGC_STRING, "", 0)) {
    JS_ReportOutOfMemory(cx);
    return false;
  }
  void *memory = realloc(out->memory, bytes + 1);
  if (!memory) {
    xlgc_value_clear(out);
    JS_ReportOutOfMemory(cx);
    return false;
  }
  out->memory = memory;
  out->as.bytes = static_cast<char *>(memory);
  out->length = JS::DeflateStringToUTF8Buffer(linear, mozilla::Span(static_cast<char *>(memory), bytes));
  return true;
}

static int number_to_value(double number, xlgc_value *out) {
  bool whole = std::floor(number) == number && std::fabs(number) <= static_cast<double>(LARGEST) &&
               !(number == 0 && std::signbit(number));
  if (whole) {
    out->type = XLGC_INTEGER;
    out->as.integer = static_cast<int64_t>(number);
  } else {
    out->type = XLGC_NUMBER;
    out->as.number = number;
  }
  return 0;
}

static bool is_buffer(JSObject *object) {
  return JS::IsArrayBufferObject(object) || JS::IsSharedArrayBufferObject(object) || JS_IsArrayBufferViewObject(object);
}

static int buffer_to_value(JSContext *cx, JSObject *object, xlgc_value *out) {
  size_t length = 0;
  bool is_shared;
  uint8_t *data = nullptr;
  int failed;
  {
    JS::AutoCheckCannotGC stays;
    if (JS::IsArrayBufferObject(object))
      JS::GetArrayBufferLengthAndData(object, &length, &is_shared, &data);
    else if (JS::IsSharedArrayBufferObject(object))
      JS::GetSharedArrayBufferLengthAndData(object, &length, &is_shared, &data);
    else
      js::GetArrayBufferViewLengthAndData(object, &length, &is_shared, &data);
    failed = xlgc_value_copy(out, XLGC_BUFFER, reinterpret_cast<char *>(data), data ? length : 0);
  }
  return failed ? xlgc__mozjs_errors_throw(cx, nullptr, failed) : 0;
}

static int export_pin(xlgc__mozjs_engine *engine, xlgc__mozjs_export *pin, xlgc_id *id) {
  int answer = xlgc_host_exported(engine->host, pin, id);
  if (answer == XLGC_E_UNKNOWN) answer = xlgc_host_export(engine->host, pin, id);
  return answer < 0 ? answer : 0;
}

/* The object is pinned first, and not any more when it cannot be exported. */
static int export_object(xlgc__mozjs_engine *engine, JSObject *object, xlgc_id *id) {
  if (!js::MovableCellHasher<JSObject *>::ensureHash(object)) return XLGC_E_NOMEM;
  auto found = engine->exports.lookupForAdd(object);
  if (found) return export_pin(engine, *found, id);
  auto *pin = new (std::nothrow) xlgc__mozjs_export;
  if (!pin || !engine->exports.add(found, pin)) {
    delete pin;
    return XLGC_E_NOMEM;
  }
  pin->object = object;
  engine->pins++;
  int failed = export_pin(engine, pin, id);
  if (!failed) return 0;
  engine->exports.remove(object);
  engine->pins--;
  delete pin;
  return failed;
}

static int object_to_value(xlgc__mozjs_engine *engine, JS::HandleObject given, xlgc_value *out) {
  JSContext *cx = engine->cx;
  JS::RootedObject object(cx, js::UncheckedUnwrap(given));
  if (const xlgc__mozjs_proxy *proxy = xlgc__mozjs_engine_proxy_of(object)) {
    if (proxy->engine != engine) return xlgc__mozjs_errors_throw(cx, nullptr, XLGC_E_STALE);
    out->as.id = proxy->id;
    out->traits = proxy->traits;
  } else if (is_buffer(object)) {
    return buffer_to_value(cx, object, out);
  } else {
    int failed = export_object(engine, object, &out->as.id);
    if (failed) return xlgc__mozjs_errors_throw(cx, nullptr, failed);
    if (JS::IsCallable(object)) out->traits = XLGC_CALLABLE | XLGC_SELF_APART;
  }
  out->type = XLGC_OBJECT;
  return 0;
}

static int big_to_value(JSContext *cx, JS::BigInt *big, xlgc_value *out) {
  if (!JS::BigIntFits(big, &out->as.integer))
    return xlgc__mozjs_errors_throw_text(cx, JSEXN_RANGEERR, XLGC_E_INVAL,
                                         "a BigInt of more than 64 bits cannot cross");
  out->type = XLGC_INTEGER;
  return 0;
}

int xlgc__mozjs_values_pack(xlgc__mozjs_engine *engine, JS::HandleValue from, xlgc_value *out) {
  JSContext *cx = engine->cx;
  memset(out, 0, sizeof *out);
  if (from.isNullOrUndefined()) return 0;
  if (from.isBoolean()) {
    out->type = XLGC_BOOLEAN;
    out->as.boolean = from.toBoolean();
    return 0;
  }
  if (from.isNumber()) return number_to_value(from.toNumber(), out);
  if (from.isString()) {
    JS::RootedString text(cx, from.toString());
    return copy_text(cx, text, out) ? 0 : XLGC_E_NOMEM;
  }
  if (from.isBigInt()) return big_to_value(cx, from.toBigInt(), out);
  if (!from.isObject()) return xlgc__mozjs_errors_throw_text(cx, JSEXN_TYPEERR, XLGC_E_INVAL, "a symbol cannot cross");
  if (!engine->host) return xlgc__mozjs_errors_throw(cx, nullptr, XLGC_E_SHUTDOWN);
  JS::RootedObject object(cx, &from.toObject());
  return object_to_value(engine, object, out);
}

/* "0", "-7", "4294967296": a name that a number has become. */
static bool is_whole(const xlgc_value *text, int64_t *number) {
  char again[24];
  if (text->length == 0 || text->length > 17) return false;
  long long read = 0;
  if (sscanf(text->as.bytes, "%lld", &read) != 1 || read < -LARGEST || read > LARGEST) return false;
  *number = read;
  return static_cast<size_t>(snprintf(again, sizeof again, "%lld", read)) == text->length &&
         memcmp(again, text->as.bytes, text->length) == 0;
}

int xlgc__mozjs_values_pack_key(JSContext *cx, JS::HandleId id, xlgc_value *out) {
  memset(out, 0, sizeof *out);
  if (id.isInt()) {
    out->type = XLGC_INTEGER;
    out->as.integer = id.toInt();
  }
  if (!id.isString()) return 0;
  JS::RootedString text(cx, id.toString());
  if (!copy_text(cx, text, out)) return XLGC_E_NOMEM;
  int64_t number;
  static_cast<char *>(out->memory)[out->length] = 0;
  if (is_whole(out, &number)) {
    xlgc_value_clear(out);
    out->type = XLGC_INTEGER;
    out->as.integer = number;
  }
  return 0;
}

/* -------------------------------------------------------------- from others */

static bool integer_from(JSContext *cx, int64_t number, JS::MutableHandleValue out) {
  if (number >= -LARGEST && number <= LARGEST) {
    out.setNumber(static_cast<double>(number));
    return true;
  }
  JS::BigInt *big = JS::NumberToBigInt(cx, number);
  if (big) out.setBigInt(big);
  return big != nullptr;
}

static bool buffer_from(JSContext *cx, const xlgc_value *from, JS::MutableHandleValue out) {
  JS::RootedObject array(cx, JS_NewUint8Array(cx, from->length));
  if (!array) return false;
  out.setObject(*array);
  if (!from->length) return true;
  bool is_shared;
  JS::AutoCheckCannotGC stays;
  memcpy(JS_GetUint8ArrayData(array, &is_shared, stays), from->as.bytes, from->length);
  return true;
}

static int object_from(xlgc__mozjs_engine *engine, const xlgc_value *from, JS::MutableHandleValue out) {
  JSContext *cx = engine->cx;
  if (!engine->host) return xlgc__mozjs_errors_throw(cx, nullptr, XLGC_E_SHUTDOWN);
  void *handle;
  int answer = xlgc_host_receive(engine->host, from->as.id, &handle);
  if (answer < 0) return xlgc__mozjs_errors_throw(cx, nullptr, answer);
  JS::RootedObject object(cx);
  if (answer == XLGC_HOST_OWN) object = static_cast<xlgc__mozjs_export *>(handle)->object;
  if (answer == XLGC_HOST_FOUND) {
    object = static_cast<xlgc__mozjs_proxy *>(handle)->object;
    if (!object) answer = xlgc_host_proxy_dying(engine->host, from->as.id, handle);
  }
  if (answer < 0) return xlgc__mozjs_errors_throw(cx, nullptr, answer);
  if (answer == XLGC_HOST_NEW) object = engine->make_proxy(engine, from->as.id, from->traits);
  if (!object) return XLGC_E_NOMEM;
  out.setObject(*object);
  return JS_WrapValue(cx, out) ? 0 : XLGC_E_NOMEM;
}

static int several_from(xlgc__mozjs_engine *engine, const xlgc_value *from, JS::MutableHandleValue out) {
  JSContext *cx = engine->cx;
  out.setNull();
  if (from->length == 0) return 0;
  if (from->length == 1) return xlgc__mozjs_values_unpack(engine, &from->as.values[0], out);
  JS::RootedObject array(cx, JS::NewArrayObject(cx, 0));
  JS::RootedValue element(cx);
  if (!array) return XLGC_E_NOMEM;
  for (size_t i = 0; i < from->length; i++) {
    int failed = xlgc__mozjs_values_unpack(engine, &from->as.values[i], &element);
    if (failed) return failed;
    if (!JS_DefineElement(cx, array, static_cast<uint32_t>(i), element, JSPROP_ENUMERATE)) return XLGC_E_NOMEM;
  }
  out.setObject(*array);
  return 0;
}

static bool plain_from(JSContext *cx, const xlgc_value *from, JS::MutableHandleValue out) {
  JSString *text;
  switch (from->type) {
  case XLGC_BOOLEAN: out.setBoolean(from->as.boolean); return true;
  case XLGC_INTEGER: return integer_from(cx, from->as.integer, out);
  case XLGC_NUMBER: out.set(JS_NumberValue(from->as.number)); return true;
  case XLGC_STRING:
    text = JS_NewStringCopyUTF8N(cx, JS::UTF8Chars(from->as.bytes, from->length));
    if (text) out.setString(text);
    return text != nullptr;
  case XLGC_BUFFER: return buffer_from(cx, from, out);
  default: out.setNull(); return true;
  }
}

int xlgc__mozjs_values_unpack(xlgc__mozjs_engine *engine, const xlgc_value *from, JS::MutableHandleValue out) {
  if (from->type == XLGC_OBJECT) return object_from(engine, from, out);
  if (from->type == XLGC_SEVERAL) return several_from(engine, from, out);
  return plain_from(engine->cx, from, out) ? 0 : XLGC_E_NOMEM;
}

/* ------------------------------------------------------------- for programs */

int xlgc_mozjs_value(JSContext *cx, JS::HandleValue value, xlgc_value *out) {
  if (!out) return XLGC_E_INVAL;
  memset(out, 0, sizeof *out);
  xlgc__mozjs_engine *engine = xlgc__mozjs_engine_find(cx);
  if (!engine) return XLGC_E_STATE;
  JSAutoRealm realm(cx, engine->global);
  int failed = xlgc__mozjs_values_pack(engine, value, out);
  JS_ClearPendingException(cx);
  return failed;
}

int xlgc_mozjs_push(JSContext *cx, const xlgc_value *value, JS::MutableHandleValue out) {
  if (!value) return XLGC_E_INVAL;
  xlgc__mozjs_engine *engine = xlgc__mozjs_engine_find(cx);
  if (!engine) return XLGC_E_STATE;
  JS::RootedObject global(cx, JS::CurrentGlobalOrNull(cx));
  JSAutoRealm realm(cx, global ? global : engine->global);
  int failed = xlgc__mozjs_values_unpack(engine, value, out);
  JS_ClearPendingException(cx);
  return failed;
}
