/* Objects go out by their pins, and come in as themselves or as proxies; all else is copied. */
#include <config.h>

#include "hosts/mozjs/values.h"

#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

#include <js/Array.h>
#include <js/BigInt.h>
#include <js/CallAndConstruct.h>
#include <js/CharacterEncoding.h>
#include <js/Class.h>
#include <js/Date.h>
#include <js/Object.h>
#include <js/ProtoKey.h>
#include <js/Wrapper.h>

#include "hosts/common/export.h"
#include "hosts/common/messages.h"
#include "hosts/common/numbers.h"
#include "hosts/common/receive.h"
#include "hosts/common/utf8.h"
#include "hosts/mozjs/errors.h"
#include "hosts/mozjs/memory.h"

const JSClass xlgc__mozjs_values_named = {
    "Object", 0, JS_NULL_CLASS_OPS, JS_NULL_CLASS_SPEC, JS_NULL_CLASS_EXT, JS_NULL_OBJECT_OPS};

static bool is_closed(xlgc__mozjs_engine *engine) {
  return !engine->host && !xlgc__mozjs_errors_throw_closed(engine->cx);
}

/* ---------------------------------------------------------------- to others */

static const uint16_t *units_of(const JS::AutoRequireNoGC &stays, JSLinearString *text) {
  static_assert(sizeof(char16_t) == sizeof(uint16_t));
  return reinterpret_cast<const uint16_t *>(JS::GetTwoByteLinearStringChars(stays, text));
}

/* A surrogate that stands alone stays one. */
static int pack_text(JSContext *cx, JS::HandleString text, xlgc_value *out) {
  JSLinearString *linear = JS_EnsureLinearString(cx, text);
  if (!linear) return XLGC_E_NOMEM;
  const bool is_wide = !JS::LinearStringHasLatin1Chars(linear);
  const size_t units = JS::GetLinearStringLength(linear);
  size_t bytes = is_wide ? 3 * units : JS::GetDeflatedUTF8StringLength(linear);
  auto *memory = static_cast<char *>(malloc(bytes ? bytes : 1));
  if (!memory) return xlgc__mozjs_errors_throw(cx, nullptr, XLGC_E_NOMEM);
  out->type = XLGC_STRING;
  out->memory = memory;
  out->as.bytes = memory;
  JS::AutoCheckCannotGC stays;
  out->length = is_wide ? xlgc__utf8_from_utf16(units_of(stays, linear), units, memory)
                        : JS::DeflateStringToUTF8Buffer(linear, mozilla::Span(memory, bytes));
  return 0;
}

/* From here on the object is found to have this pin. */
static int add_pin(void *data, void *handle) {
  auto *engine = static_cast<xlgc__mozjs_engine *>(data);
  auto *pin = static_cast<xlgc__mozjs_export *>(handle);
  auto at = engine->exports.lookupForAdd(pin->object.unbarrieredGet());
  if (at) return XLGC__EXPORT_HAD_PIN;
  if (!engine->exports.add(at, pin)) return XLGC_E_NOMEM;
  engine->pins++;
  return XLGC__EXPORT_PINNED;
}

static void remove_pin(void *data, void *handle) {
  auto *engine = static_cast<xlgc__mozjs_engine *>(data);
  engine->exports.remove(static_cast<xlgc__mozjs_export *>(handle)->object.unbarrieredGet());
  engine->pins--;
}

static int export_object(xlgc__mozjs_engine *engine, JSObject *object, xlgc_id *id) {
  static const xlgc__export_pins pins = {add_pin, remove_pin};
  if (!js::MovableCellHasher<JSObject *>::ensureHash(object)) return XLGC_E_NOMEM;
  auto found = engine->exports.lookup(object);
  auto *pin = found ? *found : new (std::nothrow) xlgc__mozjs_export{JS::Heap<JSObject *>(object)};
  if (!pin) return XLGC_E_NOMEM;
  bool is_new = !found;
  int failed = xlgc__export_handle(engine->host, pin, &pins, engine, id);
  if (failed && is_new) delete pin;
  return failed;
}

static bool pack_proxy(xlgc__mozjs_engine *engine, const xlgc__mozjs_proxy *proxy, xlgc_value *out) {
  out->type = XLGC_OBJECT;
  out->as.id = proxy->id;
  out->traits = proxy->traits;
  return proxy->engine == engine;
}

static int pack_buffer(xlgc__mozjs_engine *engine, JS::HandleObject object, xlgc_value *out) {
  const xlgc__mozjs_proxy *proxy = xlgc__mozjs_memory_find(engine, object);
  if (proxy) return pack_proxy(engine, proxy, out) ? 0 : XLGC_E_STALE;
  return xlgc__mozjs_memory_copy(object, out);
}

static int pack_date(JSContext *cx, JS::HandleObject object, xlgc_value *out) {
  JSAutoRealm realm(cx, object);
  double milliseconds;
  if (!js::DateGetMsecSinceEpoch(cx, object, &milliseconds)) return XLGC_E_NOMEM;
  if (xlgc__numbers_date(milliseconds, out)) return 0;
  xlgc__mozjs_errors_throw_text(cx, JSEXN_RANGEERR, XLGC__MESSAGES_NO_DATE);
  return XLGC_E_INVAL;
}

namespace {

/* A class whose objects are values; of classes derived from it they are objects as others. */
struct value_class {
  js::ESClass is;
  JSProtoKey prototype;
  xlgc__mozjs_made value_of; /* or XLGC__MOZJS_MADE_COUNT */
};

} // namespace

static const value_class value_classes[] = {
    {js::ESClass::Date, JSProto_Date, XLGC__MOZJS_MADE_COUNT},
    {js::ESClass::Number, JSProto_Number, XLGC__MOZJS_MADE_NUMBER_OF},
    {js::ESClass::String, JSProto_String, XLGC__MOZJS_MADE_TEXT_OF},
    {js::ESClass::Boolean, JSProto_Boolean, XLGC__MOZJS_MADE_BOOLEAN_OF},
    {js::ESClass::BigInt, JSProto_BigInt, XLGC__MOZJS_MADE_BIG_OF},
};

/* out: NULL for what is no value. */
static bool find_value_class(JSContext *cx, JS::HandleObject object, js::ESClass of, const value_class **out) {
  *out = nullptr;
  for (const value_class &one : value_classes) {
    if (one.is != of) continue;
    JSAutoRealm realm(cx, object);
    JS::RootedObject has(cx), standard(cx);
    if (!JS_GetPrototype(cx, object, &has) || !JS_GetClassPrototype(cx, one.prototype, &standard)) return false;
    if (has == standard) *out = &one;
  }
  return true;
}

/* What an object of a number, text or boolean holds, as the script's own function tells. */
static int pack_held(xlgc__mozjs_engine *engine, JS::HandleObject object, xlgc__mozjs_made value_of, xlgc_value *out) {
  JSContext *cx = engine->cx;
  JSAutoRealm realm(cx, engine->global);
  JS::RootedValue function(cx, JS::ObjectValue(*engine->made[value_of])), held(cx, JS::ObjectValue(*object));
  if (!JS_WrapValue(cx, &held)) return XLGC_E_NOMEM;
  const JS::RootedValue argument(cx, held);
  if (!JS::Call(cx, JS::UndefinedHandleValue, function, JS::HandleValueArray(argument), &held)) return XLGC_E_NOMEM;
  return xlgc__mozjs_values_pack(engine, held, out);
}

static unsigned traits_of(JSObject *object, js::ESClass of) {
  if (JS::GetClass(object) == &xlgc__mozjs_values_named) return XLGC_NAMED;
  if (JS::IsCallable(object)) return XLGC_CALLABLE | XLGC_SELF_APART;
  if (of == js::ESClass::Promise) return XLGC_AWAITED;
  return of == js::ESClass::Array ? unsigned(XLGC_SEQUENCE) : 0u;
}

/* An error that another language has thrown is what was thrown, where it comes back to that as a value. */
static bool pack_home(xlgc__mozjs_engine *engine, JS::HandleObject error, xlgc_value *out, bool *is) {
  JSContext *cx = engine->cx;
  JSAutoRealm realm(cx, error);
  JS::RootedId id(cx);
  JS::RootedValue cause(cx);
  bool carries = false;
  if (!xlgc__mozjs_errors_hidden(cx, XLGC__MOZJS_ERRORS_FLAGS, &id)) return false;
  if (!JS_HasOwnPropertyById(cx, error, id, &carries)) return false;
  if (!carries) return true;
  if (!JS_GetProperty(cx, error, "cause", &cause)) return false;
  JSObject *original = cause.isObject() ? js::UncheckedUnwrap(&cause.toObject()) : nullptr;
  const xlgc__mozjs_proxy *proxy = original ? xlgc__mozjs_engine_proxy_of(original) : nullptr;
  *is = proxy && proxy->engine == engine && xlgc_visit_comes_home(engine->host, proxy->id) &&
        pack_proxy(engine, proxy, out);
  return true;
}

/* An object that is no proxy. */
static int pack_own(xlgc__mozjs_engine *engine, JS::HandleObject object, xlgc_value *out) {
  JSContext *cx = engine->cx;
  js::ESClass of;
  const value_class *value_class;
  if (!JS::GetBuiltinClass(cx, object, &of) || !find_value_class(cx, object, of, &value_class)) return XLGC_E_NOMEM;
  if (value_class && of == js::ESClass::Date) return pack_date(cx, object, out);
  if (value_class) return pack_held(engine, object, value_class->value_of, out);
  bool comes_home = false;
  if (of == js::ESClass::Error && !pack_home(engine, object, out, &comes_home)) return XLGC_E_NOMEM;
  if (comes_home) return 0;
  int failed = export_object(engine, object, &out->as.id);
  out->type = XLGC_OBJECT;
  out->traits = traits_of(object, of);
  return failed;
}

static int pack_object(xlgc__mozjs_engine *engine, JS::HandleObject given, xlgc_value *out) {
  JSContext *cx = engine->cx;
  if (is_closed(engine)) return XLGC_E_SHUTDOWN;
  JS::RootedObject object(cx, js::UncheckedUnwrap(given));
  int failed = 0;
  if (const xlgc__mozjs_proxy *proxy = xlgc__mozjs_engine_proxy_of(object)) {
    if (!pack_proxy(engine, proxy, out)) failed = XLGC_E_STALE;
  } else if (xlgc__mozjs_memory_is_buffer(object)) {
    failed = pack_buffer(engine, object, out);
  } else {
    failed = pack_own(engine, object, out);
  }
  if (!failed || JS_IsExceptionPending(cx)) return failed;
  return xlgc__mozjs_errors_throw(cx, nullptr, failed);
}

static int pack_big(JSContext *cx, JS::BigInt *big, xlgc_value *out) {
  out->type = XLGC_INTEGER;
  if (JS::BigIntFits(big, &out->as.integer)) return 0;
  JS::Rooted<JS::BigInt *> kept(cx, big);
  JS::RootedString digits(cx, JS::BigIntToString(cx, kept, 16));
  int failed = digits ? pack_text(cx, digits, out) : XLGC_E_NOMEM;
  if (!failed) out->type = XLGC_BIG;
  return failed;
}

int xlgc__mozjs_values_pack(xlgc__mozjs_engine *engine, JS::HandleValue from, xlgc_value *out) {
  JSContext *cx = engine->cx;
  *out = xlgc_value{};
  if (from.isNullOrUndefined()) return 0;
  if (from.isBoolean()) {
    out->type = XLGC_BOOLEAN;
    out->as.boolean = from.toBoolean();
    return 0;
  }
  if (from.isNumber()) {
    xlgc__numbers_pack(from.toNumber(), out);
    return 0;
  }
  if (from.isString()) {
    JS::RootedString text(cx, from.toString());
    return pack_text(cx, text, out);
  }
  if (from.isBigInt()) return pack_big(cx, from.toBigInt(), out);
  if (!from.isObject()) {
    xlgc__mozjs_errors_refuse(cx, XLGC__MESSAGES_CANNOT_PASS("a symbol"));
    return XLGC_E_INVAL;
  }
  JS::RootedObject object(cx, &from.toObject());
  return pack_object(engine, object, out);
}

int xlgc__mozjs_values_pack_key(JSContext *cx, JS::HandleId id, unsigned traits, xlgc_value *out) {
  *out = xlgc_value{};
  if (id.isInt()) {
    out->traits = traits & XLGC_SEQUENCE ? 0 : XLGC_NAME;
    out->type = XLGC_INTEGER;
    out->as.integer = id.toInt();
  }
  if (!id.isString()) return 0;
  JS::RootedString text(cx, id.toString());
  int failed = pack_text(cx, text, out);
  if (failed) return failed;
  xlgc__numbers_name(out, traits);
  return 0;
}

/* -------------------------------------------------------------- from others */

static bool unpack_integer(JSContext *cx, int64_t number, JS::MutableHandleValue out) {
  if (number >= -XLGC__NUMBERS_LARGEST && number <= XLGC__NUMBERS_LARGEST) {
    out.setNumber(static_cast<double>(number));
    return true;
  }
  JS::BigInt *big = JS::NumberToBigInt(cx, number);
  if (big) out.setBigInt(big);
  return big != nullptr;
}

static bool unpack_big(JSContext *cx, const xlgc_value *from, JS::MutableHandleValue out) {
  JS::BigInt *big = JS::SimpleStringToBigInt(cx, mozilla::Span(from->as.bytes, from->length), 16);
  if (big) out.setBigInt(big);
  return big != nullptr;
}

/* Text in which a surrogate stands alone, which is no UTF-8. */
static JSString *unpack_surrogates(JSContext *cx, const xlgc_value *from) {
  std::unique_ptr<uint16_t[]> units(new (std::nothrow) uint16_t[from->length + 1]);
  if (!units) {
    JS_ReportOutOfMemory(cx);
    return nullptr;
  }
  size_t length = xlgc__utf8_to_utf16(from->as.bytes, from->length, units.get());
  if (length == SIZE_MAX) {
    xlgc__mozjs_errors_refuse(cx, XLGC__MESSAGES_NO_TEXT);
    return nullptr;
  }
  return JS_NewUCStringCopyN(cx, reinterpret_cast<const char16_t *>(units.get()), length);
}

static bool unpack_buffer(JSContext *cx, const xlgc_value *from, JS::MutableHandleValue out) {
  JSObject *array = xlgc__mozjs_memory_unpack(cx, from);
  if (array) out.setObject(*array);
  return array != nullptr;
}

static bool unpack_date(JSContext *cx, const xlgc_value *from, JS::MutableHandleValue out) {
  JS::ClippedTime time = JS::TimeClip(xlgc__numbers_milliseconds(from));
  if (!time.isValid()) {
    xlgc__mozjs_errors_throw_text(cx, JSEXN_RANGEERR, XLGC__MESSAGES_FAR_DATE);
    return false;
  }
  JSObject *date = JS::NewDateObject(cx, time);
  if (date) out.setObject(*date);
  return date != nullptr;
}

static bool unpack_text(JSContext *cx, const xlgc_value *from, JS::MutableHandleValue out) {
  JSString *text = JS_NewStringCopyUTF8N(cx, JS::UTF8Chars(from->as.bytes, from->length));
  if (!text && JS_IsExceptionPending(cx) && !JS_IsThrowingOutOfMemory(cx)) {
    JS_ClearPendingException(cx);
    text = unpack_surrogates(cx, from);
  }
  if (text) out.setString(text);
  return text != nullptr;
}

namespace {

/* The object for an id that comes in. */
struct received {
  xlgc__mozjs_engine *engine;
  unsigned traits;
  JS::RootedObject object;
};

} // namespace

static int receive_own(void *data, void *handle) {
  static_cast<received *>(data)->object = static_cast<xlgc__mozjs_export *>(handle)->object;
  return 0;
}

static int receive_found(void *data, void *handle) {
  auto *out = static_cast<received *>(data);
  out->object = static_cast<xlgc__mozjs_proxy *>(handle)->object;
  return out->object ? 0 : XLGC__RECEIVE_DYING;
}

static int receive_new(void *data, xlgc_id id, void **handle) {
  auto *out = static_cast<received *>(data);
  xlgc__mozjs_proxy *proxy = out->engine->parts->proxy_make(out->engine, id, out->traits);
  if (!proxy) return XLGC_E_NOMEM;
  out->object = proxy->object;
  *handle = proxy;
  return 0;
}

static int unpack_object(xlgc__mozjs_engine *engine, const xlgc_value *from, JS::MutableHandleValue out) {
  static const xlgc__receive_ways ways = {receive_own, receive_found, receive_new};
  JSContext *cx = engine->cx;
  if (is_closed(engine)) return XLGC_E_SHUTDOWN;
  received object = {engine, from->traits, JS::RootedObject(cx)};
  int failed = xlgc__receive_id(engine->host, from->as.id, &ways, &object);
  if (failed) return xlgc__mozjs_errors_throw(cx, nullptr, failed);
  if (from->traits & XLGC_MEMORY && xlgc__mozjs_engine_proxy_of(object.object)) {
    object.object = xlgc__mozjs_memory_of(engine, object.object);
    if (!object.object) return XLGC_E_RAISED;
  }
  out.setObject(*object.object);
  return JS_WrapValue(cx, out) ? 0 : XLGC_E_NOMEM;
}

static int unpack_several(xlgc__mozjs_engine *engine, const xlgc_value *from, JS::MutableHandleValue out) {
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

static bool unpack_plain(JSContext *cx, const xlgc_value *from, JS::MutableHandleValue out) {
  switch (from->type) {
  case XLGC_BOOLEAN: out.setBoolean(from->as.boolean); return true;
  case XLGC_INTEGER: return unpack_integer(cx, from->as.integer, out);
  case XLGC_NUMBER: out.set(JS_NumberValue(from->as.number)); return true;
  case XLGC_STRING: return unpack_text(cx, from, out);
  case XLGC_BIG: return unpack_big(cx, from, out);
  case XLGC_BUFFER: return unpack_buffer(cx, from, out);
  case XLGC_DATE: return unpack_date(cx, from, out);
  default: out.setNull(); return true;
  }
}

int xlgc__mozjs_values_unpack(xlgc__mozjs_engine *engine, const xlgc_value *from, JS::MutableHandleValue out) {
  if (from->type == XLGC_OBJECT) return unpack_object(engine, from, out);
  if (from->type == XLGC_SEVERAL) return unpack_several(engine, from, out);
  return unpack_plain(engine->cx, from, out) ? 0 : XLGC_E_NOMEM;
}

/* ------------------------------------------------------------- for programs */

int xlgc_mozjs_value(JSContext *cx, JS::HandleValue value, xlgc_value *out) {
  if (!out) return XLGC_E_INVAL;
  *out = xlgc_value{};
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
