/* How other engines use objects of a script: each function works in the object's own realm. */
#include <config.h>

#include "hosts/mozjs/behaviour.h"

#include <cstring>

#include <js/Array.h>
#include <js/CallAndConstruct.h>
#include <js/Conversions.h>
#include <js/Equality.h>
#include <js/MapAndSet.h>
#include <js/Object.h>
#include <js/Symbol.h>
#include <js/friend/StackLimits.h>

#include "hosts/common/messages.h"
#include "hosts/common/numbers.h"
#include "hosts/mozjs/errors.h"
#include "hosts/mozjs/thrown.h"
#include "hosts/mozjs/values.h"

namespace {

/* ------------------------------------------------------------------- cursors */

/* Steps through an iterator, or through the properties that an object had. At the end ITERATED is undefined. */
enum { ITERATED, NEXT, MODE, POSITION, CURSOR_SLOTS };
enum { OF_PAIRS, OF_VALUES, OF_PROPERTIES };

const JSClass cursor_class = {"xlgc cursor",     JSCLASS_HAS_RESERVED_SLOTS(CURSOR_SLOTS),
                              JS_NULL_CLASS_OPS, JS_NULL_CLASS_SPEC,
                              JS_NULL_CLASS_EXT, JS_NULL_OBJECT_OPS};

bool make_cursor(JSContext *cx, JS::HandleValue iterated, JS::HandleValue next, int mode, JS::MutableHandleValue out) {
  JS::RootedObject cursor(cx, JS_NewObject(cx, &cursor_class));
  if (!cursor) return false;
  JS::SetReservedSlot(cursor, ITERATED, iterated);
  JS::SetReservedSlot(cursor, NEXT, next);
  JS::SetReservedSlot(cursor, MODE, JS::Int32Value(mode));
  JS::SetReservedSlot(cursor, POSITION, JS::Int32Value(0));
  out.setObject(*cursor);
  return true;
}

bool cursor_of_properties(JSContext *cx, JS::HandleObject object, JS::MutableHandleValue out) {
  JS::Rooted<JS::IdVector> ids(cx, JS::IdVector(cx));
  if (!JS_Enumerate(cx, object, &ids)) return false;
  JS::RootedValueVector names(cx);
  JS::RootedValue name(cx);
  for (size_t i = 0; i < ids.length(); i++) {
    JS::RootedId id(cx, ids[i]);
    if (!JS_IdToValue(cx, id, &name)) return false;
    JS::RootedString text(cx, JS::ToString(cx, name));
    if (!text || !names.append(JS::StringValue(text))) return false;
  }
  JS::RootedObject array(cx, JS::NewArrayObject(cx, names));
  if (!array) return false;
  JS::RootedValue of(cx, JS::ObjectValue(*object)), kept(cx, JS::ObjectValue(*array));
  return make_cursor(cx, of, kept, OF_PROPERTIES, out);
}

bool no_iterator(JSContext *cx) { return xlgc__mozjs_errors_refuse(cx, XLGC__MESSAGES_NO_ITERATION); }

bool cursor_of(JSContext *cx, JS::HandleObject object, JS::MutableHandleValue out, bool *has_pairs) {
  JS::RootedId id(cx, JS::GetWellKnownSymbolKey(cx, JS::SymbolCode::iterator));
  JS::RootedValue method(cx), iterator(cx), next(cx), self(cx, JS::ObjectValue(*object));
  if (!JS::IsMapObject(cx, object, has_pairs) || !JS_GetPropertyById(cx, object, id, &method)) return false;
  if (method.isNullOrUndefined()) {
    *has_pairs = true;
    return JS::IsCallable(object) ? no_iterator(cx) : cursor_of_properties(cx, object, out);
  }
  if (!JS::Call(cx, self, method, JS::HandleValueArray::empty(), &iterator)) return false;
  if (!iterator.isObject()) return no_iterator(cx);
  JS::RootedObject over(cx, &iterator.toObject());
  if (!JS_GetProperty(cx, over, "next", &next)) return false;
  return make_cursor(cx, iterator, next, *has_pairs ? OF_PAIRS : OF_VALUES, out);
}

uint32_t take_position(JSObject *cursor) {
  int position = JS::GetReservedSlot(cursor, POSITION).toInt32();
  if (position < INT32_MAX) JS::SetReservedSlot(cursor, POSITION, JS::Int32Value(position + 1));
  return static_cast<uint32_t>(position);
}

void end_cursor(JSObject *cursor) { JS::SetReservedSlot(cursor, ITERATED, JS::UndefinedValue()); }

bool has_ended(JSObject *cursor) { return JS::GetReservedSlot(cursor, ITERATED).isUndefined(); }

bool next_property(JSContext *cx, JS::HandleObject cursor, JS::MutableHandleValue key, JS::MutableHandleValue out,
                   bool *has) {
  JS::RootedObject object(cx, &JS::GetReservedSlot(cursor, ITERATED).toObject());
  JS::RootedObject names(cx, &JS::GetReservedSlot(cursor, NEXT).toObject());
  JS::RootedId id(cx);
  uint32_t count;
  if (!JS::GetArrayLength(cx, names, &count)) return false;
  for (*has = false; !*has;) {
    uint32_t position = take_position(cursor);
    if (position >= count) return true;
    if (!JS_GetElement(cx, names, position, key) || !JS_ValueToId(cx, key, &id)) return false;
    if (!JS_HasOwnPropertyById(cx, object, id, has)) return false;
  }
  return JS_GetPropertyById(cx, object, id, out);
}

bool step_of_iterator(JSContext *cx, JS::HandleObject cursor, JS::MutableHandleValue key, JS::MutableHandleValue out,
                      bool *has) {
  JS::RootedValue iterator(cx, JS::GetReservedSlot(cursor, ITERATED)), next(cx, JS::GetReservedSlot(cursor, NEXT));
  JS::RootedValue result(cx), done(cx);
  if (!JS::Call(cx, iterator, next, JS::HandleValueArray::empty(), &result)) return false;
  if (!result.isObject()) return no_iterator(cx);
  JS::RootedObject step(cx, &result.toObject());
  if (!JS_GetProperty(cx, step, "done", &done)) return false;
  *has = !JS::ToBoolean(done);
  if (!*has) return true;
  if (!JS_GetProperty(cx, step, "value", out)) return false;
  key.setNumber(take_position(cursor));
  if (JS::GetReservedSlot(cursor, MODE).toInt32() != OF_PAIRS || !out.isObject()) return true;
  JS::RootedObject pair(cx, &out.toObject());
  return JS_GetElement(cx, pair, 0, key) && JS_GetElement(cx, pair, 1, out);
}

/* An iterator that has said that it is done, or has failed, is not told that it is left. */
bool next_of_iterator(JSContext *cx, JS::HandleObject cursor, JS::MutableHandleValue key, JS::MutableHandleValue out,
                      bool *has) {
  bool worked = step_of_iterator(cx, cursor, key, out, has);
  if (!worked || !*has) end_cursor(cursor);
  return worked;
}

/* As `break` does it in a loop. */
bool leave_iterator(JSContext *cx, JS::HandleValue iterator) {
  JS::RootedObject object(cx, &iterator.toObject());
  JS::RootedValue function(cx), result(cx);
  if (!JS_GetProperty(cx, object, "return", &function)) return false;
  if (function.isNullOrUndefined()) return true;
  if (!JS::Call(cx, iterator, function, JS::HandleValueArray::empty(), &result)) return false;
  return result.isObject() || xlgc__mozjs_errors_refuse(cx, "what `return` of an iterator answers is no object");
}

/* -------------------------------------------------------------------- visits */

/* The visited object, in its realm. */
struct visited {
  xlgc__mozjs_engine *engine;
  JSContext *cx;
  JS::RootedObject object;
  JSAutoRealm realm;
  js::AutoCheckRecursionLimit recursion;

  explicit visited(xlgc_visit *visit)
      : engine(static_cast<xlgc__mozjs_engine *>(visit->engine)), cx(engine->cx),
        object(cx, static_cast<xlgc__mozjs_export *>(visit->handle)->object.get()), realm(cx, object), recursion(cx) {}
  bool has_room() { return recursion.check(cx); }
};

bool to_id(visited &at, const xlgc_value *key, JS::MutableHandleId out) {
  if (!xlgc__numbers_is_name(key)) return xlgc__mozjs_errors_refuse(at.cx, XLGC__MESSAGES_NO_NAME);
  JS::RootedValue name(at.cx);
  return !xlgc__mozjs_values_unpack(at.engine, key, &name) && JS_ValueToId(at.cx, name, out);
}

/* The answer of a visit. worked: false after a failure, which has left an exception. */
int answer(xlgc_visit *visit, const visited &at, bool worked, int answer = 0) {
  return worked ? answer : xlgc__mozjs_thrown_raise(at.engine, visit);
}

int get(xlgc_visit *visit, const xlgc_value *key, xlgc_value *out) {
  visited at(visit);
  JS::RootedId id(at.cx);
  JS::RootedValue value(at.cx);
  bool has = true;
  bool worked = at.has_room() && to_id(at, key, &id) && JS_GetPropertyById(at.cx, at.object, id, &value) &&
                (!value.isUndefined() || JS_HasPropertyById(at.cx, at.object, id, &has)) &&
                !xlgc__mozjs_values_pack(at.engine, value, out);
  return answer(visit, at, worked, has ? 0 : XLGC_ABSENT);
}

/* Refuses what a script in strict mode would be refused. */
bool is_allowed(visited &at, const JS::ObjectOpResult &result) {
  return result.ok() || xlgc__mozjs_errors_refuse(at.cx, "the object does not let this property be changed");
}

int set(xlgc_visit *visit, const xlgc_value *key, const xlgc_value *given) {
  visited at(visit);
  JS::RootedId id(at.cx);
  JS::RootedValue value(at.cx), self(at.cx, JS::ObjectValue(*at.object));
  JS::ObjectOpResult result;
  return answer(visit, at,
                at.has_room() && to_id(at, key, &id) && !xlgc__mozjs_values_unpack(at.engine, given, &value) &&
                    JS_ForwardSetPropertyTo(at.cx, at.object, id, value, self, result) && is_allowed(at, result));
}

int remove(xlgc_visit *visit, const xlgc_value *key) {
  visited at(visit);
  JS::RootedId id(at.cx);
  bool has = false;
  JS::ObjectOpResult result;
  bool worked = at.has_room() && to_id(at, key, &id) && JS_HasOwnPropertyById(at.cx, at.object, id, &has) &&
                (!has || (JS_DeletePropertyById(at.cx, at.object, id, result) && is_allowed(at, result)));
  return answer(visit, at, worked, has ? 0 : XLGC_ABSENT);
}

/* A class, and a constructor of the language's own, has a property `prototype` that cannot be written. Those that convert
 * values are called all the same. */
bool is_class(visited &at, bool *is) {
  *is = false;
  if (!JS::IsConstructor(at.object)) return true;
  switch (JS::IdentifyStandardConstructor(at.object)) {
  case JSProto_String:
  case JSProto_Number:
  case JSProto_Boolean:
  case JSProto_Symbol:
  case JSProto_BigInt: return true;
  default: break;
  }
  JS::Rooted<mozilla::Maybe<JS::PropertyDescriptor>> own(at.cx);
  if (!JS_GetOwnPropertyDescriptor(at.cx, at.object, "prototype", &own)) return false;
  *is = own.isSome() && own->isDataDescriptor() && !own->writable();
  return true;
}

bool call_it(visited &at, const xlgc_value *self, const xlgc_value *arguments, size_t count,
             JS::MutableHandleValue out) {
  JS::RootedValueVector given(at.cx);
  if (!given.growBy(count)) return false;
  for (size_t i = 0; i < count; i++)
    if (xlgc__mozjs_values_unpack(at.engine, &arguments[i], given[i])) return false;
  JS::RootedValue called(at.cx, JS::ObjectValue(*at.object)), on(at.cx);
  bool constructs;
  if (!is_class(at, &constructs)) return false;
  if (constructs) {
    JS::RootedObject made(at.cx);
    if (!JS::Construct(at.cx, called, given, &made)) return false;
    out.setObject(*made);
    return true;
  }
  if (self && xlgc__mozjs_values_unpack(at.engine, self, &on)) return false;
  return JS::Call(at.cx, on, called, given, out);
}

int call(xlgc_visit *visit, const xlgc_value *self, const xlgc_value *arguments, size_t count, xlgc_value *out) {
  visited at(visit);
  JS::RootedValue result(at.cx);
  bool worked = at.has_room() && call_it(at, self, arguments, count, &result);
  int raised = worked ? 0 : xlgc__mozjs_thrown_raise(at.engine, visit);
  if (at.engine->run_jobs && xlgc__mozjs_engine_is_outermost(at.engine)) at.engine->run_jobs(at.cx, result);
  /* The result is packed last: no code runs until the calling engine has received it. */
  return raised ? raised : answer(visit, at, !xlgc__mozjs_values_pack(at.engine, result, out));
}

int length(xlgc_visit *visit, size_t *out) {
  visited at(visit);
  return answer(visit, at, at.has_room() && xlgc__mozjs_behaviour_length(at.cx, at.object, out));
}

int iterate(xlgc_visit *visit, xlgc_value *out) {
  visited at(visit);
  JS::RootedValue cursor(at.cx);
  bool has_pairs = false;
  bool worked = at.has_room() && cursor_of(at.cx, at.object, &cursor, &has_pairs) &&
                !xlgc__mozjs_values_pack(at.engine, cursor, out);
  return answer(visit, at, worked, has_pairs ? XLGC_ITERATES_PAIRS : XLGC_ITERATES_VALUES);
}

int next(xlgc_visit *visit, xlgc_value *key, xlgc_value *out) {
  visited at(visit);
  if (JS::GetClass(at.object) != &cursor_class) {
    static const char text[] = "TypeError: " XLGC__MESSAGES_NO_CURSOR;
    return xlgc_visit_raise(visit, text, sizeof text - 1);
  }
  if (has_ended(at.object)) return XLGC_ABSENT;
  JS::RootedValue at_key(at.cx), at_value(at.cx);
  bool has = false;
  bool by_name = JS::GetReservedSlot(at.object, MODE).toInt32() == OF_PROPERTIES;
  bool worked =
      at.has_room() && (by_name ? next_property : next_of_iterator)(at.cx, at.object, &at_key, &at_value, &has);
  if (worked && has)
    worked = !xlgc__mozjs_values_pack(at.engine, at_key, key) && !xlgc__mozjs_values_pack(at.engine, at_value, out);
  return answer(visit, at, worked, has ? 0 : XLGC_ABSENT);
}

int close(xlgc_visit *visit) {
  visited at(visit);
  if (JS::GetClass(at.object) != &cursor_class) return XLGC_ABSENT;
  if (has_ended(at.object)) return 0;
  bool by_name = JS::GetReservedSlot(at.object, MODE).toInt32() == OF_PROPERTIES;
  JS::RootedValue iterated(at.cx, JS::GetReservedSlot(at.object, ITERATED));
  end_cursor(at.object);
  return answer(visit, at, by_name || (at.has_room() && leave_iterator(at.cx, iterated)));
}

bool has_order(visited &at, JS::HandleValue other, xlgc_order order, bool *out) {
  JSAutoRealm realm(at.cx, at.engine->global);
  JS::RootedValueArray<2> both(at.cx);
  both[0].setObject(*at.object);
  both[1].set(other);
  if (!JS_WrapValue(at.cx, both[0]) || !JS_WrapValue(at.cx, both[1])) return false;
  JS::RootedValue function(at.cx), result(at.cx);
  function.setObject(*at.engine->made[order == XLGC_LESS ? XLGC__MOZJS_MADE_LESS : XLGC__MOZJS_MADE_LESS_OR_EQUAL]);
  if (!JS::Call(at.cx, JS::UndefinedHandleValue, function, both, &result)) return false;
  *out = JS::ToBoolean(result);
  return true;
}

int compare(xlgc_visit *visit, const xlgc_value *given, xlgc_order order, bool *out) {
  visited at(visit);
  JS::RootedValue other(at.cx), self(at.cx, JS::ObjectValue(*at.object));
  if (order == XLGC_EQUAL && *out) return 0;
  bool worked = at.has_room() && !xlgc__mozjs_values_unpack(at.engine, given, &other);
  if (order != XLGC_EQUAL) return answer(visit, at, worked && has_order(at, other, order, out));
  if (!worked || !JS::StrictlyEqual(at.cx, self, other, out)) *out = false;
  JS_ClearPendingException(at.cx);
  return 0;
}

int describe(xlgc_visit *visit, xlgc_value *out) {
  visited at(visit);
  JS::RootedValue self(at.cx, JS::ObjectValue(*at.object));
  JS::RootedString text(at.cx, at.has_room() ? JS::ToString(at.cx, self) : nullptr);
  if (!text) return xlgc__mozjs_thrown_raise(at.engine, visit);
  self.setString(text);
  return answer(visit, at, !xlgc__mozjs_values_pack(at.engine, self, out));
}

/* Of an object that is no collection: its property `length`, if that is a length, or how many properties it has. */
bool length_of_plain(JSContext *cx, JS::HandleObject object, size_t *out) {
  bool has = false;
  JS::RootedValue number(cx);
  if (!JS_HasProperty(cx, object, "length", &has) || !JS_GetProperty(cx, object, "length", &number)) return false;
  if (has && number.isNumber() && number.toNumber() >= 0 &&
      number.toNumber() <= static_cast<double>(XLGC__NUMBERS_LARGEST)) {
    *out = static_cast<size_t>(number.toNumber());
    return true;
  }
  JS::Rooted<JS::IdVector> ids(cx, JS::IdVector(cx));
  if (!JS_Enumerate(cx, object, &ids)) return false;
  *out = ids.length();
  return true;
}

} // namespace

bool xlgc__mozjs_behaviour_length(JSContext *cx, JS::HandleObject object, size_t *out) {
  bool is_map = false, is_set = false;
  if (!JS::IsMapObject(cx, object, &is_map) || !JS::IsSetObject(cx, object, &is_set)) return false;
  if (JS::IsCallable(object)) return xlgc__mozjs_errors_refuse(cx, "a function has no length");
  if (!is_map && !is_set) return length_of_plain(cx, object, out);
  *out = is_map ? JS::MapSize(cx, object) : JS::SetSize(cx, object);
  return true;
}

const xlgc_behaviour xlgc__mozjs_behaviour = {get,  set,     remove,   call,    length, iterate,
                                              next, compare, describe, nullptr, close};
