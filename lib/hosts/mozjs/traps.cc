/* A trap is what the engine calls for one operation of the language; most are a visit. What the other object has no field
 * for is looked for in the proxy's prototype, which the module makes. */
#include <config.h>

#include "hosts/mozjs/traps.h"

#include <js/friend/StackLimits.h>
#include <js/Wrapper.h>

#include "hosts/common/arguments.h"
#include "hosts/common/messages.h"
#include "hosts/common/numbers.h"
#include "hosts/common/sequence.h"
#include "hosts/mozjs/errors.h"
#include "hosts/mozjs/proxy.h"
#include "hosts/mozjs/thrown.h"
#include "hosts/mozjs/values.h"

/* -------------------------------------------------------------------- visits */

bool xlgc__mozjs_visit::begin(JSContext *cx, JSObject *object) {
  js::AutoCheckRecursionLimit recursion(cx);
  if (!recursion.check(cx)) return false;
  const xlgc__mozjs_proxy *proxy = xlgc__mozjs_engine_proxy_of(object);
  if (!proxy) return xlgc__mozjs_errors_refuse(cx, XLGC__MESSAGES_NO_PROXY);
  if (!proxy->engine->host) return xlgc__mozjs_errors_throw_closed(cx);
  int failed = xlgc_visit_begin(&visit, proxy->engine->host, proxy->id);
  if (failed) {
    xlgc__mozjs_errors_throw(cx, &visit, failed);
    return false;
  }
  engine = proxy->engine;
  engine->visiting++;
  return true;
}

xlgc__mozjs_visit::~xlgc__mozjs_visit() {
  if (!engine) return;
  JS::AutoSaveExceptionState exception(engine->cx); /* what is called at the end is to find none */
  xlgc_visit_end(&visit);
  exception.restore();
  engine->visiting--;
}

bool xlgc__mozjs_visit::fail(int code) {
  xlgc__mozjs_thrown_throw(engine, &visit, code);
  return false;
}

namespace {

unsigned traits_of(JSObject *proxy) { return xlgc__mozjs_engine_proxy_of(proxy)->traits; }

bool is_list(JSObject *proxy) { return (traits_of(proxy) & (XLGC_SEQUENCE | XLGC_CALLABLE)) == XLGC_SEQUENCE; }

bool is_named(JS::HandleId id, const char *name) {
  return id.isString() && JS_LinearStringEqualsAscii(id.toLinearString(), name);
}

bool is_length(JS::HandleId id) { return is_named(id, "length"); }

bool length_of(JSContext *cx, JS::HandleObject proxy, JS::MutableHandleValue out) {
  size_t length;
  xlgc__mozjs_visit visit;
  if (!visit.begin(cx, proxy)) return false;
  int failed = xlgc_visit_length(&visit.visit, &length);
  if (failed) return visit.fail(failed);
  out.setNumber(static_cast<double>(length));
  return true;
}

/* What an array has of itself is not looked for in a list of another language: its `pop` and `sort` are JavaScript's. */
bool is_of_arrays(JSContext *cx, JS::HandleObject proxy, JS::HandleId id, bool *is) {
  JS::RootedObject prototype(cx);
  *is = false;
  if (!is_list(proxy) || !id.isString()) return true;
  return JS_GetPrototype(cx, proxy, &prototype) && (!prototype || JS_HasPropertyById(cx, prototype, id, is));
}

/* Returns 0, XLGC_ABSENT, or a code with an exception. */
int look_up(JSContext *cx, JS::HandleObject proxy, JS::HandleId id, JS::MutableHandleValue out) {
  xlgc__mozjs_scoped_value key, found;
  int answer = xlgc__mozjs_values_pack_key(cx, id, traits_of(proxy), &key.value);
  if (answer) return answer;
  if (key.value.type == XLGC_NIL) return XLGC_ABSENT;
  xlgc__mozjs_visit visit;
  if (!visit.begin(cx, proxy)) return XLGC_E_RAISED;
  if (!visit.visit.behaviour->get) return XLGC_ABSENT;
  answer = xlgc_visit_get(&visit.visit, &key.value, &found.value);
  if (answer < 0) visit.fail(answer);
  return answer ? answer : xlgc__mozjs_values_unpack(visit.engine, &found.value, out);
}

int set_length(xlgc_visit *visit, const xlgc_value *, const xlgc_value *to) {
  return xlgc__sequence_set_length(visit, to);
}

bool store(JSContext *cx, JS::HandleObject proxy, JS::HandleId id, JS::HandleValue value) {
  xlgc__mozjs_scoped_value key, given;
  if (xlgc__mozjs_values_pack_key(cx, id, traits_of(proxy), &key.value)) return false;
  if (key.value.type == XLGC_NIL)
    return xlgc__mozjs_errors_refuse(cx, "a symbol is no name of another language's object");
  xlgc__mozjs_visit visit;
  if (!visit.begin(cx, proxy)) return false;
  if (xlgc__mozjs_values_pack(visit.engine, value, &given.value)) return false;
  auto *set = !is_list(proxy) ? xlgc_visit_set : is_length(id) ? set_length : xlgc__sequence_set;
  int answer = set(&visit.visit, &key.value, &given.value);
  return answer ? visit.fail(answer) : true;
}

/* ---------------------------------------------------------------------- keys */

/* How a key is written as a name, as String() does. */
bool name_of(JSContext *cx, xlgc__mozjs_engine *engine, const xlgc_value *key, JS::MutableHandleId out) {
  if (key->type != XLGC_NIL && !xlgc__numbers_is_name(key))
    return xlgc__mozjs_errors_refuse(cx, XLGC__MESSAGES_KEY_NO_NAME);
  JS::RootedValue name(cx);
  return !xlgc__mozjs_values_unpack(engine, key, &name) && JS_ValueToId(cx, name, out);
}

/* The keys of a cursor's elements. */
bool collect_names(JSContext *cx, JS::HandleObject cursor, JS::MutableHandleIdVector names) {
  xlgc__mozjs_visit visit;
  if (!visit.begin(cx, cursor)) return false;
  JS::RootedId id(cx);
  for (;;) {
    xlgc__mozjs_scoped_value key;
    int answer = xlgc_visit_next(&visit.visit, &key.value, nullptr);
    if (answer == XLGC_ABSENT) return true;
    if (answer) return visit.fail(answer);
    if (!name_of(cx, visit.engine, &key.value, &id) || !names.append(id)) return false;
  }
}

bool append_positions(JSContext *cx, size_t count, JS::MutableHandleIdVector names) {
  JS::RootedId id(cx);
  for (size_t i = 0; i < count; i++) {
    JS::RootedValue number(cx, JS::NumberValue(static_cast<double>(i)));
    if (!JS_ValueToId(cx, number, &id) || !names.append(id)) return false;
  }
  return true;
}

/* A function that cannot be iterated over has no names. */
bool names_of(JSContext *cx, JS::HandleObject proxy, JS::MutableHandleIdVector names) {
  JS::RootedValue cursor(cx);
  {
    xlgc__mozjs_scoped_value made;
    xlgc__mozjs_visit visit;
    if (!visit.begin(cx, proxy)) return false;
    int answer = xlgc_visit_iterate(&visit.visit, &made.value);
    if (answer == XLGC_E_RAISED && traits_of(proxy) & XLGC_CALLABLE) return true;
    if (answer < 0) return visit.fail(answer);
    if (xlgc__mozjs_values_unpack(visit.engine, &made.value, &cursor)) return false;
    if (answer == XLGC_ITERATES_VALUES) {
      size_t length;
      return xlgc_visit_length(&visit.visit, &length) || append_positions(cx, length, names);
    }
  }
  JS::RootedObject object(cx, js::UncheckedUnwrap(&cursor.toObject()));
  return collect_names(cx, object, names);
}

/* A list has a `length`, for scripts that read its elements by number. */
bool length_of_list(JSContext *cx, JS::HandleObject proxy, JS::MutableHandleValue out, bool *has) {
  xlgc__mozjs_scoped_value cursor;
  size_t length;
  xlgc__mozjs_visit visit;
  *has = false;
  if (!visit.begin(cx, proxy)) return false;
  JS::RootedValue kept(cx);
  int answer = xlgc_visit_iterate(&visit.visit, &cursor.value);
  if (answer >= 0 && xlgc__mozjs_values_unpack(visit.engine, &cursor.value, &kept)) return false;
  if (answer != XLGC_ITERATES_VALUES || xlgc_visit_length(&visit.visit, &length)) return true;
  out.setNumber(static_cast<double>(length));
  *has = true;
  return true;
}

/* --------------------------------------------------------------------- calls */

/* The arguments of a call, cleared at the end of its scope. */
struct scoped_arguments {
  xlgc__arguments list = {};

  scoped_arguments() = default;
  scoped_arguments(const scoped_arguments &) = delete;
  ~scoped_arguments() { xlgc__arguments_clear(&list); }
  bool pack(xlgc__mozjs_engine *engine, const JS::CallArgs &given) {
    int failed = xlgc__arguments_begin(&list, given.length());
    if (failed) xlgc__mozjs_errors_throw(engine->cx, nullptr, failed);
    for (unsigned i = 0; i < given.length() && !failed; i++, list.count++)
      failed = xlgc__mozjs_values_pack(engine, given[i], &list.all[i]);
    return !failed;
  }
};

bool call_it(JSContext *cx, JS::HandleObject proxy, const JS::CallArgs &arguments, JS::HandleValue self) {
  unsigned traits = xlgc__mozjs_engine_proxy_of(proxy)->traits;
  xlgc__mozjs_visit visit;
  xlgc__mozjs_scoped_value self_value, result;
  scoped_arguments given;
  if (!visit.begin(cx, proxy) || !given.pack(visit.engine, arguments)) return false;
  bool has_self = self.isObject() && (traits & XLGC_SELF_APART);
  if (has_self && xlgc__mozjs_values_pack(visit.engine, self, &self_value.value)) return false;
  visit.visit.habits = XLGC_CALLS_LOOSELY;
  int answer = xlgc_visit_call(&visit.visit, has_self ? &self_value.value : nullptr, given.list.all, given.list.count,
                               &result.value);
  if (answer) return visit.fail(answer);
  return !xlgc__mozjs_values_unpack(visit.engine, &result.value, arguments.rval());
}

/* ------------------------------------------------------------------ handlers */

class handler final : public js::BaseProxyHandler {
public:
  constexpr handler() : js::BaseProxyHandler(&xlgc__mozjs_engine_family) {}

  bool finalizeInBackground(const JS::Value &) const override { return false; }
  void finalize(JS::GCContext *, JSObject *object) const override { xlgc__mozjs_proxy_finalize(object); }

  bool getOwnPropertyDescriptor(JSContext *cx, JS::HandleObject proxy, JS::HandleId id,
                                JS::MutableHandle<mozilla::Maybe<JS::PropertyDescriptor>> out) const override {
    JS::RootedValue value(cx);
    out.reset();
    if (is_list(proxy) && is_length(id)) {
      if (!length_of(cx, proxy, &value)) return false;
      out.set(mozilla::Some(JS::PropertyDescriptor::Data(value, {JS::PropertyAttribute::Writable})));
      return true;
    }
    bool is;
    if (!is_of_arrays(cx, proxy, id, &is)) return false;
    int answer = is ? int(XLGC_ABSENT) : look_up(cx, proxy, id, &value);
    if (answer < 0) return false;
    if (answer == 0)
      out.set(mozilla::Some(
          JS::PropertyDescriptor::Data(value, {JS::PropertyAttribute::Configurable, JS::PropertyAttribute::Enumerable,
                                               JS::PropertyAttribute::Writable})));
    return true;
  }
  bool defineProperty(JSContext *cx, JS::HandleObject proxy, JS::HandleId id, JS::Handle<JS::PropertyDescriptor> given,
                      JS::ObjectOpResult &result) const override {
    if (given.isAccessorDescriptor())
      return xlgc__mozjs_errors_refuse(cx, "another language's object has no getters and setters");
    if (given.hasValue() && !store(cx, proxy, id, given.value())) return false;
    return result.succeed();
  }
  bool ownPropertyKeys(JSContext *cx, JS::HandleObject proxy, JS::MutableHandleIdVector out) const override {
    return names_of(cx, proxy, out);
  }
  bool delete_(JSContext *cx, JS::HandleObject proxy, JS::HandleId id, JS::ObjectOpResult &result) const override {
    xlgc__mozjs_scoped_value key;
    if (xlgc__mozjs_values_pack_key(cx, id, traits_of(proxy), &key.value)) return false;
    if (key.value.type == XLGC_NIL) return result.succeed();
    xlgc__mozjs_visit visit;
    if (!visit.begin(cx, proxy)) return false;
    int answer = xlgc_visit_remove(&visit.visit, &key.value);
    return answer < 0 ? visit.fail(answer) : result.succeed();
  }
  bool getPrototypeIfOrdinary(JSContext *cx, JS::HandleObject proxy, bool *is,
                              JS::MutableHandleObject out) const override {
    *is = true;
    return JS_GetPrototype(cx, proxy, out);
  }
  bool isArray(JSContext *, JS::HandleObject proxy, JS::IsArrayAnswer *answer) const override {
    *answer = is_list(proxy) ? JS::IsArrayAnswer::Array : JS::IsArrayAnswer::NotArray;
    return true;
  }
  bool preventExtensions(JSContext *, JS::HandleObject, JS::ObjectOpResult &result) const override {
    return result.failCantPreventExtensions();
  }
  bool isExtensible(JSContext *, JS::HandleObject, bool *is) const override {
    *is = true;
    return true;
  }

  bool has(JSContext *cx, JS::HandleObject proxy, JS::HandleId id, bool *is) const override {
    JS::RootedValue value(cx);
    if (is_list(proxy) && is_length(id)) return *is = true;
    if (!is_of_arrays(cx, proxy, id, is) || *is) return *is;
    int answer = look_up(cx, proxy, id, &value);
    *is = answer == 0;
    if (answer != XLGC_ABSENT) return answer == 0;
    JS::RootedObject prototype(cx);
    if (!JS_GetPrototype(cx, proxy, &prototype)) return false;
    return !prototype || JS_HasPropertyById(cx, prototype, id, is);
  }
  bool get(JSContext *cx, JS::HandleObject proxy, JS::HandleValue receiver, JS::HandleId id,
           JS::MutableHandleValue out) const override {
    if (is_list(proxy) && is_length(id)) return length_of(cx, proxy, out);
    bool is;
    if (!is_of_arrays(cx, proxy, id, &is)) return false;
    int answer = is ? int(XLGC_ABSENT) : look_up(cx, proxy, id, out);
    if (answer != XLGC_ABSENT) return answer == 0;
    out.setUndefined();
    bool has = false;
    if (is_length(id) && !is && !isCallable(proxy) && !length_of_list(cx, proxy, out, &has)) return false;
    /* A class that extends this one can be made then, and says why when it is used. */
    if (!has && isCallable(proxy) && is_named(id, "prototype")) {
      out.setNull();
      has = true;
    }
    JS::RootedObject prototype(cx);
    if (has) return true;
    if (!JS_GetPrototype(cx, proxy, &prototype)) return false;
    return !prototype || JS_ForwardGetPropertyTo(cx, prototype, id, receiver, out);
  }
  bool set(JSContext *cx, JS::HandleObject proxy, JS::HandleId id, JS::HandleValue value, JS::HandleValue receiver,
           JS::ObjectOpResult &result) const override {
    /* An object that inherits from the proxy gets a property of its own. */
    if (!receiver.isObject() || js::UncheckedUnwrap(&receiver.toObject()) != proxy)
      return BaseProxyHandler::set(cx, proxy, id, value, receiver, result);
    return store(cx, proxy, id, value) && result.succeed();
  }

  bool isCallable(JSObject *proxy) const override {
    return (xlgc__mozjs_engine_proxy_of(proxy)->traits & XLGC_CALLABLE) != 0;
  }
  bool isConstructor(JSObject *proxy) const override { return isCallable(proxy); }
  bool call(JSContext *cx, JS::HandleObject proxy, const JS::CallArgs &arguments) const override {
    return call_it(cx, proxy, arguments, arguments.thisv());
  }
  bool construct(JSContext *cx, JS::HandleObject proxy, const JS::CallArgs &arguments) const override {
    /* What extends the class is constructed by the class, which does not know it. */
    const JS::Value &target = arguments.newTarget();
    if (!target.isObject() || js::UncheckedUnwrap(&target.toObject()) != proxy)
      return xlgc__mozjs_errors_refuse(cx, XLGC__MESSAGES_NO_BASE);
    if (!call_it(cx, proxy, arguments, JS::UndefinedHandleValue)) return false;
    return arguments.rval().isObject() || xlgc__mozjs_errors_refuse(cx, "what was called with new has made no object");
  }
};

const handler the_handler;

} // namespace

const js::BaseProxyHandler *xlgc__mozjs_traps_handler() { return &the_handler; }
