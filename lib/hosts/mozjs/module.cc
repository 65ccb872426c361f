/* The global `xlgc` and the prototypes of proxies are made by a script. It is given an object of natives: the functions
 * that need C++. */
#include <config.h>

#include "hosts/mozjs/module.h"

#include <cstdio>

#include <js/Array.h>
#include <js/CallAndConstruct.h>
#include <js/CharacterEncoding.h>
#include <js/CompilationAndEvaluation.h>
#include <js/Conversions.h>
#include <js/Object.h>
#include <js/PropertySpec.h>
#include <js/SourceText.h>
#include <js/Wrapper.h>

#include "hosts/common/messages.h"
#include "hosts/common/collector.h"
#include "hosts/common/statistics.h"
#include "hosts/common/expect.h"
#include "hosts/common/why.h"
#include "hosts/mozjs/behaviour.h"
#include "hosts/mozjs/errors.h"
#include "hosts/mozjs/traps.h"
#include "hosts/mozjs/values.h"

#include <xlgc/version.h>

static const char script[] = R"((function (native, callables) {
  "use strict";
  const assign = Object.assign, Promise = globalThis.Promise, create = Object.create, define = Object.defineProperty, keys = Object.keys;
  const own = {
    toString() { return native.describe(this); },
    *[Symbol.iterator]() {
      const [cursor, hasPairs] = native.iterate(this);
      let element = null;
      try {
        while ((element = native.next(cursor)) !== undefined) yield hasPairs ? element : element[1];
      } finally {
        if (element !== undefined) native.close(cursor);
      }
    },
    /* What has elements, but neither names nor places, as a set, is an array there. */
    toJSON() { return native.isCollection(this) ? [...this] : this; },
    [Symbol.toPrimitive]() { return native.describe(this); },
    [Symbol.toStringTag]: "xlgc proxy",
  };
  /* What is waited for in another language. */
  const promise = awaited => new Promise(awaited[native.then]);
  const waiting = {
    then(fulfilled, rejected) { return promise(this).then(fulfilled, rejected); },
    catch(rejected) { return promise(this).catch(rejected); },
    finally(settled) { return promise(this).finally(settled); },
  };
  const prototype = (parent, names, own) => {
    const made = create(parent);
    for (const name of names) define(made, name, { value: own[name], writable: true, configurable: true });
    return made;
  };
  const xlgc = {
    new(fields) {
      const made = native.create(fields);
      if (fields !== undefined && fields !== null) for (const name of keys(fields)) made[name] = fields[name];
      return made;
    },
    get shared() { return native.shared(); },
    collect() { return native.collect(); },
    frame(seconds) { return native.frame(seconds); },
    collector(settings) {
      const changes = [];
      if (settings !== undefined && Object(settings) !== settings)
        throw new TypeError("xlgc.collector: the settings are an object");
      if (settings !== undefined) for (const name of keys(settings)) changes.push(name, settings[name]);
      return native.collector(...changes);
    },
    alive(value) { return native.alive(value); },
    weak(object) { return native.weak(object); },
    why(object) { return native.why(object); },
    expectGone(...objects) { return native.expectGone(...objects); },
    stats() { return native.stats(); },
    leftOut() { return native.leftOut(); },
    metrics() { return native.metrics(); },
    open(language) { return native.open(language); },
    kwargs(fields) { return assign(native.named(fields), fields); },
    length(value) { return native.length(value); },
    version: native.version,
  };
  const names = Reflect.ownKeys(own);
  const plain = prototype(null, names, own);
  return [xlgc, plain, prototype(callables, names, own),
          prototype(Array.prototype, names.filter(name => name !== Symbol.toStringTag), own),
          prototype(plain, keys(waiting), waiting), (a, b) => a < b, (a, b) => a <= b,
          ...[Number, String, Boolean, BigInt].map(of => callables.call.bind(of.prototype.valueOf))];
}))";

/* ------------------------------------------------------------------- natives */

static xlgc__mozjs_engine *engine_of(JSContext *cx) {
  xlgc__mozjs_engine *engine = xlgc__mozjs_engine_find(cx);
  if (engine && engine->host) return engine;
  xlgc__mozjs_errors_throw_closed(cx);
  return nullptr;
}

/* The first argument as an object of its own compartment, or NULL. */
static JSObject *object_argument(const JS::CallArgs &arguments) {
  return arguments.get(0).isObject() ? js::UncheckedUnwrap(&arguments[0].toObject()) : nullptr;
}

/* A proxy as the first argument. */
static bool begin(JSContext *cx, const JS::CallArgs &arguments, xlgc__mozjs_visit *visit) {
  JS::RootedObject object(cx, object_argument(arguments));
  return object ? visit->begin(cx, object) : xlgc__mozjs_errors_refuse(cx, XLGC__MESSAGES_NO_PROXY);
}

static bool give(xlgc__mozjs_engine *engine, int failed, const xlgc_value *value, const JS::CallArgs &arguments) {
  if (failed < 0) xlgc__mozjs_errors_throw(engine->cx, nullptr, failed);
  return failed >= 0 && !xlgc__mozjs_values_unpack(engine, value, arguments.rval());
}

static bool describe(JSContext *cx, unsigned count, JS::Value *values) {
  JS::CallArgs arguments = JS::CallArgsFromVp(count, values);
  xlgc__mozjs_visit visit;
  xlgc__mozjs_scoped_value text;
  if (!begin(cx, arguments, &visit)) return false;
  int failed = xlgc_visit_describe(&visit.visit, &text.value);
  if (failed) return visit.fail(failed);
  return !xlgc__mozjs_values_unpack(visit.engine, &text.value, arguments.rval());
}

static bool pair(JSContext *cx, JS::HandleValue one, JS::HandleValue other, const JS::CallArgs &arguments) {
  JS::RootedValueArray<2> both(cx);
  both[0].set(one);
  both[1].set(other);
  JSObject *array = JS::NewArrayObject(cx, both);
  if (array) arguments.rval().setObject(*array);
  return array != nullptr;
}

static bool iterate(JSContext *cx, unsigned count, JS::Value *values) {
  JS::CallArgs arguments = JS::CallArgsFromVp(count, values);
  xlgc__mozjs_visit visit;
  xlgc__mozjs_scoped_value made;
  if (!begin(cx, arguments, &visit)) return false;
  int answer = xlgc_visit_iterate(&visit.visit, &made.value);
  if (answer < 0) return visit.fail(answer);
  JS::RootedValue cursor(cx), has_pairs(cx, JS::BooleanValue(answer == XLGC_ITERATES_PAIRS));
  return !xlgc__mozjs_values_unpack(visit.engine, &made.value, &cursor) && pair(cx, cursor, has_pairs, arguments);
}

static bool next(JSContext *cx, unsigned count, JS::Value *values) {
  JS::CallArgs arguments = JS::CallArgsFromVp(count, values);
  xlgc__mozjs_visit visit;
  xlgc__mozjs_scoped_value key, value;
  if (!begin(cx, arguments, &visit)) return false;
  int answer = xlgc_visit_next(&visit.visit, &key.value, &value.value);
  arguments.rval().setUndefined();
  if (answer == XLGC_ABSENT) return true;
  if (answer) return visit.fail(answer);
  JS::RootedValue at_key(cx), at_value(cx);
  return !xlgc__mozjs_values_unpack(visit.engine, &key.value, &at_key) &&
         !xlgc__mozjs_values_unpack(visit.engine, &value.value, &at_value) && pair(cx, at_key, at_value, arguments);
}

static bool close(JSContext *cx, unsigned count, JS::Value *values) {
  JS::CallArgs arguments = JS::CallArgsFromVp(count, values);
  xlgc__mozjs_visit visit;
  arguments.rval().setUndefined();
  if (!begin(cx, arguments, &visit)) return false;
  int answer = xlgc_visit_close(&visit.visit);
  return answer < 0 ? visit.fail(answer) : true;
}

/* Is it iterated over by values, and has it a length? Then that changes nothing. */
static bool is_collection(JSContext *cx, unsigned count, JS::Value *values) {
  JS::CallArgs arguments = JS::CallArgsFromVp(count, values);
  xlgc__mozjs_visit visit;
  xlgc__mozjs_scoped_value cursor;
  size_t length;
  arguments.rval().setBoolean(false);
  if (!begin(cx, arguments, &visit)) return false;
  if (xlgc_visit_length(&visit.visit, &length)) return true;
  int answer = xlgc_visit_iterate(&visit.visit, &cursor.value);
  JS::RootedValue kept(cx);
  if (answer >= 0 && xlgc__mozjs_values_unpack(visit.engine, &cursor.value, &kept)) return false;
  arguments.rval().setBoolean(answer == XLGC_ITERATES_VALUES);
  return true;
}

static bool create(JSContext *cx, unsigned count, JS::Value *values) {
  JS::CallArgs arguments = JS::CallArgsFromVp(count, values);
  xlgc__mozjs_engine *engine = engine_of(cx);
  xlgc_value made;
  if (!engine) return false;
  if (!arguments.get(0).isObject() && !arguments.get(0).isNullOrUndefined())
    return xlgc__mozjs_errors_refuse(cx, XLGC__MESSAGES_NEW);
  int failed = xlgc_managed_create(engine->pool, xlgc_host_context(engine->host), &made);
  return give(engine, failed, &made, arguments);
}

/* An object for arguments by name. */
static bool named(JSContext *cx, unsigned count, JS::Value *values) {
  JS::CallArgs arguments = JS::CallArgsFromVp(count, values);
  if (!arguments.get(0).isObject()) return xlgc__mozjs_errors_refuse(cx, XLGC__MESSAGES_KWARGS);
  JSObject *made = JS_NewObject(cx, &xlgc__mozjs_values_named);
  if (made) arguments.rval().setObject(*made);
  return made != nullptr;
}

static bool shared(JSContext *cx, unsigned count, JS::Value *values) {
  JS::CallArgs arguments = JS::CallArgsFromVp(count, values);
  xlgc__mozjs_engine *engine = engine_of(cx);
  xlgc_value found;
  return engine && give(engine, xlgc_host_shared(engine->host, &found), &found, arguments);
}

static bool collect(JSContext *cx, unsigned count, JS::Value *values) {
  JS::CallArgs arguments = JS::CallArgsFromVp(count, values);
  xlgc__mozjs_engine *engine = engine_of(cx);
  if (!engine) return false;
  xlgc_value unpinned = {};
  int answer = xlgc_hosts_collect(engine->pool);
  if (answer == XLGC_E_BUSY) {
    char words[200];
    snprintf(words, sizeof words, "xlgc.collect: %s", xlgc__messages_of_collection(answer));
    xlgc__mozjs_errors_throw_text(cx, JSEXN_ERR, words);
    return false;
  }
  unpinned.type = XLGC_INTEGER;
  unpinned.as.integer = answer;
  return give(engine, answer, &unpinned, arguments);
}

static bool frame(JSContext *cx, unsigned count, JS::Value *values) {
  JS::CallArgs arguments = JS::CallArgsFromVp(count, values);
  xlgc__mozjs_engine *engine = engine_of(cx);
  if (!engine) return false;
  bool is_number = arguments.get(0).isNumber();
  int answer = is_number ? xlgc__collector_frame(engine->pool, arguments[0].toNumber()) : XLGC_E_INVAL;
  if (answer == XLGC_E_BUSY || answer == XLGC_E_INVAL) {
    const char *why = answer == XLGC_E_BUSY ? xlgc__messages_of_collection(answer) : XLGC__COLLECTOR_FRAME;
    char words[200];
    snprintf(words, sizeof words, "xlgc.frame: %s", why);
    JSExnType type = answer == XLGC_E_BUSY ? JSEXN_ERR : is_number ? JSEXN_RANGEERR : JSEXN_TYPEERR;
    xlgc__mozjs_errors_throw_text(cx, type, words);
    return false;
  }
  xlgc_value more = {};
  more.type = XLGC_BOOLEAN;
  more.as.boolean = answer > 0;
  return give(engine, answer, &more, arguments);
}

/* *why: NULL, or words for what is wrong. */
static bool note_setting(JSContext *cx, const char *name, JS::HandleValue value, xlgc__collector *call,
                         const char **why) {
  *why = XLGC__COLLECTOR_NO_VALUE;
  if (value.isNumber()) *why = xlgc__collector_note_number(call, name, value.toNumber());
  if (!value.isString()) return true;
  JS::RootedString string(cx, value.toString());
  JS::UniqueChars text = JS_EncodeStringToUTF8(cx, string);
  if (text) *why = xlgc__collector_note_text(call, name, text.get());
  return text != nullptr;
}

/* Names and values by turns. */
static bool note_settings(JSContext *cx, const JS::CallArgs &changes, xlgc__collector *call) {
  for (unsigned i = 0; i + 1 < changes.length(); i += 2) {
    JS::RootedString text(cx, JS::ToString(cx, changes[i]));
    JS::UniqueChars name = text ? JS_EncodeStringToUTF8(cx, text) : nullptr;
    const char *why;
    if (!name || !note_setting(cx, name.get(), changes[i + 1], call, &why)) return false;
    if (!why) continue;
    char words[240];
    snprintf(words, sizeof words, "xlgc.collector: %s", why);
    const bool is_value = changes[i + 1].isNumber() || changes[i + 1].isString();
    xlgc__mozjs_errors_throw_text(cx, is_value ? JSEXN_RANGEERR : JSEXN_TYPEERR, words);
    return false;
  }
  return true;
}

static bool collector(JSContext *cx, unsigned count, JS::Value *values) {
  JS::CallArgs arguments = JS::CallArgsFromVp(count, values);
  xlgc__mozjs_engine *engine = engine_of(cx);
  if (!engine) return false;
  xlgc__collector call;
  xlgc__collector_begin(&call, engine->pool, engine->host);
  if (!note_settings(cx, arguments, &call)) return false;
  int failed = xlgc__collector_end(&call, engine->pool);
  if (failed) xlgc__mozjs_errors_throw(cx, nullptr, failed);
  JS::RootedObject object(cx, failed ? nullptr : JS_NewPlainObject(cx));
  JS::RootedValue value(cx);
  if (!object) return false;
  const char *word;
  double number;
  for (size_t i = 0; const char *name = xlgc__collector_setting(&call, i, &number, &word); i++) {
    JSString *text = word ? JS_NewStringCopyZ(cx, word) : nullptr;
    if (word && !text) return false;
    value.set(word ? JS::StringValue(text) : JS::NumberValue(number));
    if (!JS_DefineProperty(cx, object, name, value, JSPROP_ENUMERATE)) return false;
  }
  arguments.rval().setObject(*object);
  return true;
}

static bool left_out(JSContext *cx, unsigned count, JS::Value *values) {
  JS::CallArgs arguments = JS::CallArgsFromVp(count, values);
  xlgc__mozjs_engine *engine = engine_of(cx);
  xlgc__mozjs_scoped_value names;
  return engine && give(engine, xlgc__statistics_left_out(engine->pool, &names.value), &names.value, arguments);
}

static bool metrics(JSContext *cx, unsigned count, JS::Value *values) {
  JS::CallArgs arguments = JS::CallArgsFromVp(count, values);
  xlgc__mozjs_engine *engine = engine_of(cx);
  xlgc__mozjs_scoped_value text;
  return engine && give(engine, xlgc__statistics_metrics(engine->host, &text.value), &text.value, arguments);
}

/* The id of a proxy; of an own object the handle, which is that of its export if it has one. Returns false, with an
 * exception, for a proxy of a host that was closed. */
static bool find(xlgc__mozjs_engine *engine, JSObject *object, xlgc_expected *out) {
  const xlgc__mozjs_proxy *proxy = xlgc__mozjs_engine_proxy_of(object);
  auto exported = engine->exports.lookup(object);
  out->id = proxy ? proxy->id : XLGC_ID_NONE;
  out->handle = exported ? static_cast<void *>(*exported) : static_cast<void *>(object);
  if (!proxy || proxy->engine->host == engine->host) return true;
  xlgc__mozjs_errors_throw(engine->cx, nullptr, XLGC_E_STALE);
  return false;
}

static bool why(JSContext *cx, unsigned count, JS::Value *values) {
  JS::CallArgs arguments = JS::CallArgsFromVp(count, values);
  xlgc__mozjs_engine *engine = engine_of(cx);
  JSObject *object = object_argument(arguments);
  if (!engine) return false;
  if (!object) return xlgc__mozjs_errors_refuse(cx, "xlgc.why: only objects are held");
  xlgc_expected found;
  if (!find(engine, object, &found)) return false;
  xlgc__mozjs_scoped_value words;
  const int failed = xlgc__why(engine->host, engine->pool, found.id, found.handle, &words.value);
  return give(engine, failed, &words.value, arguments);
}

/* Returns 0, XLGC_E_*, or 1 with an exception. */
static int note_expected(xlgc__mozjs_engine *engine, const JS::CallArgs &arguments, xlgc__expect *expect) {
  int failed = 0;
  for (unsigned i = 0; i < arguments.length() && !failed; i++) {
    if (!arguments[i].isObject()) return XLGC_E_INVAL;
    xlgc_expected found;
    failed = !find(engine, js::UncheckedUnwrap(&arguments[i].toObject()), &found);
    if (!failed) failed = xlgc__expect_add(expect, found.id, found.handle);
  }
  return failed;
}

/* Nothing is allocated in the engine until the objects are watched. */
static bool expect_gone(JSContext *cx, unsigned count, JS::Value *values) {
  JS::CallArgs arguments = JS::CallArgsFromVp(count, values);
  xlgc__mozjs_engine *engine = engine_of(cx);
  if (!engine) return false;
  xlgc__expect expect = {};
  const char *words = XLGC__EXPECT_NO_OBJECT;
  xlgc__mozjs_scoped_value made;
  int failed = note_expected(engine, arguments, &expect);
  if (failed)
    xlgc__expect_free(&expect);
  else
    failed = xlgc__expect_end(&expect, engine->host, &made.value, &words);
  for (unsigned i = 0; i < arguments.length(); i++)
    arguments[i].setUndefined();
  if (failed > 0) return false;
  if (failed == XLGC_E_INVAL || failed == XLGC_E_BUSY) return xlgc__mozjs_errors_refuse(cx, words);
  return give(engine, failed, &made.value, arguments);
}

static bool weak(JSContext *cx, unsigned count, JS::Value *values) {
  JS::CallArgs arguments = JS::CallArgsFromVp(count, values);
  xlgc__mozjs_engine *engine = engine_of(cx);
  JSObject *object = object_argument(arguments);
  if (!engine) return false;
  if (!object) return xlgc__mozjs_errors_refuse(cx, "xlgc.weak: only objects can be held weakly");
  xlgc_expected found;
  if (!find(engine, object, &found)) return false;
  xlgc__mozjs_scoped_value made;
  const int failed = xlgc_hosts_weak(engine->host, &found, &made.value);
  if (failed == XLGC_E_BUSY) return xlgc__mozjs_errors_refuse(cx, xlgc_hosts_why());
  return give(engine, failed, &made.value, arguments);
}

static bool alive(JSContext *cx, unsigned count, JS::Value *values) {
  JS::CallArgs arguments = JS::CallArgsFromVp(count, values);
  JSObject *object = object_argument(arguments);
  const xlgc__mozjs_proxy *proxy = object ? xlgc__mozjs_engine_proxy_of(object) : nullptr;
  int answer = 1;
  if (proxy) answer = proxy->engine->host ? xlgc_host_is_alive(proxy->engine->pool, proxy->id) : 0;
  if (answer < 0) xlgc__mozjs_errors_throw(cx, nullptr, answer);
  arguments.rval().setBoolean(answer > 0);
  return answer >= 0;
}

static bool open(JSContext *cx, unsigned count, JS::Value *values) {
  JS::CallArgs arguments = JS::CallArgsFromVp(count, values);
  xlgc__mozjs_engine *engine = engine_of(cx);
  if (!engine) return false;
  if (!arguments.get(0).isString()) return xlgc__mozjs_errors_refuse(cx, XLGC__MESSAGES_OPEN);
  JS::RootedString text(cx, arguments[0].toString());
  JS::UniqueChars name = JS_EncodeStringToUTF8(cx, text);
  if (!name) return false;
  xlgc_value opened;
  int failed = xlgc_language_start(engine->host, name.get(), &opened);
  if (const char *why = xlgc__messages_of_start(failed, &opened)) {
    JS_ReportErrorUTF8(cx, "%s", why);
    return false;
  }
  return give(engine, failed, &opened, arguments);
}

static bool length_of_object(JSContext *cx, JS::HandleObject object, const JS::CallArgs &arguments, size_t *out) {
  if (!xlgc__mozjs_engine_proxy_of(js::UncheckedUnwrap(object))) return xlgc__mozjs_behaviour_length(cx, object, out);
  xlgc__mozjs_visit visit;
  if (!begin(cx, arguments, &visit)) return false;
  int failed = xlgc_visit_length(&visit.visit, out);
  return failed ? visit.fail(failed) : true;
}

static bool length(JSContext *cx, unsigned count, JS::Value *values) {
  JS::CallArgs arguments = JS::CallArgsFromVp(count, values);
  JS::RootedObject object(cx);
  size_t found = 0;
  if (arguments.get(0).isString()) {
    found = JS_GetStringLength(arguments[0].toString());
  } else {
    if (!JS_ValueToObject(cx, arguments.get(0), &object)) return false;
    if (!object) return xlgc__mozjs_errors_refuse(cx, "null and undefined have no length");
    if (!length_of_object(cx, object, arguments, &found)) return false;
  }
  arguments.rval().setNumber(static_cast<double>(found));
  return true;
}

static bool stats(JSContext *cx, unsigned count, JS::Value *values) {
  JS::CallArgs arguments = JS::CallArgsFromVp(count, values);
  xlgc__mozjs_engine *engine = engine_of(cx);
  if (!engine) return false;
  xlgc__statistics all;
  int failed = xlgc__statistics_read(engine->pool, engine->host, &engine->counts, &all);
  if (failed) xlgc__mozjs_errors_throw(cx, nullptr, failed);
  JS::RootedObject object(cx, failed ? nullptr : JS_NewPlainObject(cx));
  JS::RootedValue value(cx);
  if (!object) return false;
  arguments.rval().setObject(*object);
  for (size_t i = 0; const char *name = xlgc__statistics_name(i); i++) {
    value.setNumber(static_cast<double>(xlgc__statistics_value(&all, i)));
    if (!JS_DefineProperty(cx, object, name, value, JSPROP_ENUMERATE)) return false;
  }
  return true;
}

/* ---------------------------------------------------------------- the module */

static const JSFunctionSpec natives[] = {JS_FN("describe", describe, 1, 0),
                                         JS_FN("iterate", iterate, 1, 0),
                                         JS_FN("next", next, 1, 0),
                                         JS_FN("close", close, 1, 0),
                                         JS_FN("isCollection", is_collection, 1, 0),
                                         JS_FN("create", create, 0, 0),
                                         JS_FN("shared", shared, 0, 0),
                                         JS_FN("collect", collect, 0, 0),
                                         JS_FN("frame", frame, 1, 0),
                                         JS_FN("alive", alive, 1, 0),
                                         JS_FN("weak", weak, 1, 0),
                                         JS_FN("open", open, 1, 0),
                                         JS_FN("length", length, 1, 0),
                                         JS_FN("stats", stats, 0, 0),
                                         JS_FN("leftOut", left_out, 0, 0),
                                         JS_FN("metrics", metrics, 0, 0),
                                         JS_FN("collector", collector, 0, 0),
                                         JS_FN("named", named, 1, 0),
                                         JS_FN("why", why, 1, 0),
                                         JS_FN("expectGone", expect_gone, 1, 0),
                                         JS_FS_END};

static bool make_natives(JSContext *cx, JS::MutableHandleValue out) {
  JS::RootedObject object(cx, JS_NewPlainObject(cx));
  JS::RootedString version(cx, JS_NewStringCopyZ(cx, XLGC_VERSION)),
      then(cx, JS_NewStringCopyZ(cx, XLGC__MESSAGES_THEN));
  if (!object || !version || !then) return false;
  out.setObject(*object);
  return JS_DefineFunctions(cx, object, natives) && JS_DefineProperty(cx, object, "version", version, 0) &&
         JS_DefineProperty(cx, object, "then", then, 0);
}

static bool evaluate(JSContext *cx, JS::MutableHandleValue out) {
  JS::CompileOptions options(cx);
  options.setFileAndLine(XLGC__MOZJS_MODULE_FILE, 1);
  JS::SourceText<mozilla::Utf8Unit> text;
  return text.init(cx, script, sizeof script - 1, JS::SourceOwnership::Borrowed) &&
         JS::Evaluate(cx, options, text, out);
}

bool xlgc__mozjs_module_make(xlgc__mozjs_engine *engine) {
  JSContext *cx = engine->cx;
  JS::RootedValue function(cx), result(cx);
  JS::RootedValueArray<2> arguments(cx);
  JS::RootedObject callables(cx, JS::GetRealmFunctionPrototype(cx));
  if (!callables || !make_natives(cx, arguments[0]) || !evaluate(cx, &function)) return false;
  arguments[1].setObject(*callables);
  if (!JS::Call(cx, JS::UndefinedHandleValue, function, arguments, &result)) return false;
  JS::RootedObject array(cx, &result.toObject());
  for (unsigned i = 0; i < XLGC__MOZJS_MADE_COUNT; i++) {
    if (!JS_GetElement(cx, array, i, &result)) return false;
    engine->made[i] = &result.toObject();
  }
  JS::RootedValue module(cx, JS::ObjectValue(*engine->made[XLGC__MOZJS_MADE_MODULE]));
  return JS_DefineProperty(cx, engine->global, "xlgc", module, 0);
}
