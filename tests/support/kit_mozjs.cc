#include <config.h>

#include "kit_mozjs.h"

#include <cstring>

#include <js/Array.h>
#include <js/CallAndConstruct.h>
#include <js/CompilationAndEvaluation.h>
#include <js/Conversions.h>
#include <js/Exception.h>
#include <js/GlobalObject.h>
#include <js/Initialization.h>
#include <js/SourceText.h>

#include "trial.h"

namespace {
uint64_t things_made, things_freed;
void finalize_thing(JS::GCContext *, JSObject *) { things_freed++; }
const JSClassOps thing_operations = {nullptr, nullptr,        nullptr, nullptr, nullptr,
                                     nullptr, finalize_thing, nullptr, nullptr, nullptr};
const JSClass thing_class = {"thing",           JSCLASS_FOREGROUND_FINALIZE, &thing_operations, JS_NULL_CLASS_SPEC,
                             JS_NULL_CLASS_EXT, JS_NULL_OBJECT_OPS};
const JSClass global_class = {"global",           JSCLASS_GLOBAL_FLAGS, &JS::DefaultGlobalClassOps,
                              JS_NULL_CLASS_SPEC, JS_NULL_CLASS_EXT,    JS_NULL_OBJECT_OPS};

bool make_thing(JSContext *cx, unsigned count, JS::Value *values) {
  JS::CallArgs arguments = JS::CallArgsFromVp(count, values);
  JSObject *made = JS_NewObject(cx, &thing_class);
  if (!made) return false;
  things_made++;
  arguments.rval().setObject(*made);
  return true;
}
bool full_gc(JSContext *cx, unsigned count, JS::Value *values) {
  JS::CallArgs arguments = JS::CallArgsFromVp(count, values);
  JS_GC(cx);
  arguments.rval().setUndefined();
  return true;
}
bool drain(JSContext *cx, unsigned count, JS::Value *values) {
  JS::CallArgs arguments = JS::CallArgsFromVp(count, values);
  js::RunJobs(cx);
  arguments.rval().setUndefined();
  return true;
}
} // namespace

JSObject *make_global(JSContext *cx, bool own_zone) {
  JS::RealmOptions options;
  if (own_zone) options.creationOptions().setNewCompartmentAndZone();
  options.creationOptions().setWeakRefsEnabled(JS::WeakRefSpecifier::EnabledWithoutCleanupSome);
  JS::RootedObject global(cx, JS_NewGlobalObject(cx, &global_class, nullptr, JS::FireOnNewGlobalHook, options));
  MUST(global);
  JSAutoRealm realm(cx, global);
  MUST(JS_DefineFunction(cx, global, "thing", make_thing, 0, 0));
  MUST(JS_DefineFunction(cx, global, "gc", full_gc, 0, 0));
  MUST(JS_DefineFunction(cx, global, "drain", drain, 0, 0));
  return global;
}

script *open_script(xlgc_pool *pool) {
  if (!JS_IsInitialized()) {
    MUST(JS_Init());
    atexit(JS_ShutDown); /* without, the process crashes when it exits */
  }
  auto *made = new script;
  made->cx = JS_NewContext(1024 * 1024 * 1024);
  MUST(made->cx);
  JS_SetNativeStackQuota(made->cx, 4 * 1024 * 1024);
  MUST(js::UseInternalJobQueues(made->cx));
  MUST(JS::InitSelfHostedCode(made->cx));
  made->global.init(made->cx, make_global(made->cx, false));
  JS::EnterRealm(made->cx, made->global);
  int failed = xlgc_mozjs_open(made->cx, made->global, pool, &made->host);
  ck_assert_msg(failed == 0, "%s", xlgc_errname(failed));
  made->pool = pool;
  made->globals.init(made->cx, JS::NewArrayObject(made->cx, HOSTS_GLOBALS + HOSTS_SUSPENDED));
  MUST(made->globals);
  return made;
}

void end_context(script *is) {
  JSContext *cx = is->cx;
  JS::LeaveRealm(cx, nullptr);
  delete is;
  JS_DestroyContext(cx);
}
void close_script(void *engine) {
  auto *is = static_cast<script *>(engine);
  ok(xlgc_mozjs_close(is->cx));
  end_context(is);
  ck_assert_uint_eq(things_made, things_freed);
}

void evaluate(script *is, const char *text, JS::MutableHandleValue out) {
  JS::CompileOptions options(is->cx);
  options.setFileAndLine("test", 1);
  JS::SourceText<mozilla::Utf8Unit> source;
  MUST(source.init(is->cx, text, strlen(text), JS::SourceOwnership::Borrowed));
  if (JS::Evaluate(is->cx, options, source, out)) return;
  JS::RootedValue thrown(is->cx);
  MUST(JS_GetPendingException(is->cx, &thrown));
  JS_ClearPendingException(is->cx);
  JS::RootedString words(is->cx, JS::ToString(is->cx, thrown));
  JS::UniqueChars bytes = JS_EncodeStringToUTF8(is->cx, words);
  ck_abort_msg("%s: %s", text, bytes.get());
}

const xlgc__mozjs_engine *inside(void *engine) {
  auto *is = static_cast<script *>(engine);
  xlgc_object_info info;
  ok(xlgc_info(is->pool, xlgc_host_root(is->host), &info));
  return static_cast<xlgc__mozjs_engine *>(info.object);
}

namespace {
JSContext *context_of(void *engine) { return static_cast<script *>(engine)->cx; }

void put(void *engine, unsigned global, JS::HandleValue value) {
  auto *is = static_cast<script *>(engine);
  JS::RootedObject globals(is->cx, is->globals);
  MUST(JS_SetElement(is->cx, globals, global, value));
}
void look(void *engine, unsigned global, JS::MutableHandleValue out) {
  auto *is = static_cast<script *>(engine);
  JS::RootedObject globals(is->cx, is->globals);
  MUST(JS_GetElement(is->cx, globals, global, out));
}
JSObject *object_at(void *engine, unsigned global) {
  JS::RootedValue value(context_of(engine));
  look(engine, global, &value);
  MUST(value.isObject());
  return &value.toObject();
}

bool is_proxy(JSObject *object) { return strcmp(JS::GetClass(object)->name, "xlgc proxy") == 0; }

void *kit_open(xlgc_pool *pool) { return open_script(pool); }
xlgc_host *kit_host(void *engine) { return static_cast<script *>(engine)->host; }
void kit_make(void *engine, unsigned global, unsigned number) {
  JSContext *cx = context_of(engine);
  JS::RootedObject made(cx, JS_NewObject(cx, &thing_class));
  MUST(made);
  things_made++;
  JS::RootedValue value(cx, JS::NumberValue(number)), object(cx, JS::ObjectValue(*made));
  MUST(JS_SetProperty(cx, made, "number", value));
  put(engine, global, object);
}
unsigned kit_number(void *engine, unsigned global) {
  JSContext *cx = context_of(engine);
  JS::RootedObject object(cx, object_at(engine, global));
  JS::RootedValue value(cx);
  MUST(JS_GetProperty(cx, object, "number", &value) && value.isNumber());
  return static_cast<unsigned>(value.toNumber());
}
int kit_holds(void *engine, unsigned global) {
  JS::RootedValue value(context_of(engine));
  look(engine, global, &value);
  if (!value.isObject()) return HOSTS_NOTHING;
  return is_proxy(&value.toObject()) ? HOSTS_PROXY : HOSTS_OBJECT;
}
void kit_set(void *engine, unsigned object, unsigned field, unsigned from) {
  JSContext *cx = context_of(engine);
  JS::RootedObject at(cx, object_at(engine, object));
  JS::RootedValue value(cx);
  look(engine, from, &value);
  MUST(JS_SetElement(cx, at, field, value));
}
void kit_get(void *engine, unsigned to, unsigned object, unsigned field) {
  JSContext *cx = context_of(engine);
  JS::RootedObject at(cx, object_at(engine, object));
  JS::RootedValue value(cx);
  MUST(JS_GetElement(cx, at, field, &value));
  put(engine, to, value);
}
void kit_copy(void *engine, unsigned to, unsigned from) {
  JS::RootedValue value(context_of(engine));
  look(engine, from, &value);
  put(engine, to, value);
}
void kit_drop(void *engine, unsigned global) { put(engine, global, JS::UndefinedHandleValue); }
bool kit_same(void *engine, unsigned one, unsigned other) {
  JS::RootedValue first(context_of(engine)), second(context_of(engine));
  look(engine, one, &first);
  look(engine, other, &second);
  return first == second;
}
int kit_give(void *engine, unsigned global, xlgc_id *id) {
  JS::RootedValue value(context_of(engine));
  look(engine, global, &value);
  xlgc_value out;
  int failed = xlgc_mozjs_value(context_of(engine), value, &out);
  if (!failed) *id = out.type == XLGC_OBJECT ? out.as.id : XLGC_ID_NONE;
  return failed;
}
int kit_take(void *engine, unsigned global, xlgc_id id) {
  JS::RootedValue value(context_of(engine));
  xlgc_value in = {};
  in.type = XLGC_OBJECT;
  in.as.id = id;
  int failed = xlgc_mozjs_push(context_of(engine), &in, &value);
  if (!failed) put(engine, global, value);
  return failed;
}
void kit_land(void *engine, unsigned global, void *handle) {
  JS::RootedValue value(context_of(engine), JS::ObjectValue(*static_cast<xlgc__mozjs_export *>(handle)->object));
  put(engine, global, value);
}
void kit_end(void *engine) { end_context(static_cast<script *>(engine)); }
bool kit_call(void *engine, xlgc_id function_id) {
  JSContext *cx = context_of(engine);
  JS::RootedValue function(cx), result(cx);
  xlgc_value value = {};
  value.type = XLGC_OBJECT;
  value.traits = XLGC_CALLABLE;
  value.as.id = function_id;
  const bool raised = xlgc_mozjs_push(cx, &value, &function) ||
                      !JS_CallFunctionValue(cx, nullptr, function, JS::HandleValueArray::empty(), &result);
  JS_ClearPendingException(cx);
  return raised;
}
void kit_collect(void *engine) { JS_GC(context_of(engine)); }

void kit_suspend(void *engine, unsigned slot, unsigned global) {
  auto *is = static_cast<script *>(engine);
  JS::RootedValue function(is->cx), value(is->cx), generator(is->cx);
  evaluate(is, "(function (held) { const g = (function* (it) { yield; return it; })(held); g.next(); return g; })",
           &function);
  look(engine, global, &value);
  JS::RootedObject globals(is->cx, is->globals);
  MUST(JS_CallFunctionValue(is->cx, globals, function, JS::HandleValueArray(value), &generator));
  put(engine, HOSTS_GLOBALS + slot, generator);
}
void kit_resume(void *engine, unsigned slot) { kit_drop(engine, HOSTS_GLOBALS + slot); }
uint64_t kit_objects(void *) { return things_made - things_freed; }
uint64_t kit_pins(void *engine) { return inside(engine)->pins; }
uint64_t kit_unpins(void *engine) { return inside(engine)->unpins; }
uint64_t kit_statistic(void *engine, const char *name) {
  auto *is = static_cast<script *>(engine);
  JS::RootedValue statistics(is->cx), number(is->cx);
  evaluate(is, "xlgc.stats()", &statistics);
  JS::RootedObject object(is->cx, &statistics.toObject());
  MUST(JS_GetProperty(is->cx, object, name, &number));
  return number.isNumber() ? static_cast<uint64_t>(number.toNumber()) : HOSTS_NO_STATISTIC;
}
} // namespace

const hosts_engine kit_mozjs = {"mozjs",     kit_open,  close_script, kit_end,      kit_call,    kit_host,   kit_make,
                                kit_number,  kit_holds, kit_set,      kit_get,      kit_copy,    kit_drop,   kit_same,
                                kit_give,    kit_take,  kit_land,     kit_collect,  kit_suspend, kit_resume, nullptr,
                                kit_objects, kit_pins,  kit_unpins,   kit_statistic};
