/* A JSContext becomes a host, for the program that has it, or one of the library's own for another language. */
#include <config.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <pthread.h>
#include <string>
#include <unistd.h>

#include <js/Array.h>
#include <js/CallAndConstruct.h>
#include <js/CompilationAndEvaluation.h>
#include <js/Context.h>
#include <js/Exception.h>
#include <js/GCVector.h>
#include <js/GlobalObject.h>
#include <js/Initialization.h>
#include <js/Interrupt.h>
#include <js/Realm.h>
#include <js/SourceText.h>
#include <js/Wrapper.h>
#include <js/experimental/TypedData.h>
#include <js/Stack.h>

#include "hosts/common/messages.h"
#include "hosts/mozjs/behaviour.h"
#include "hosts/mozjs/errors.h"
#include "hosts/mozjs/imports.h"
#include "hosts/mozjs/module.h"
#include "hosts/mozjs/proxy.h"
#include "hosts/mozjs/rejections.h"
#include "hosts/mozjs/summary.h"
#include "hosts/mozjs/traps.h"
#include "hosts/mozjs/values.h"
#include "hosts/mozjs/watch.h"
#include "hosts/mozjs/way.h"

/* ------------------------------------------------------------------------ parts */

/* Only a context of the library's own asks then what the program's callbacks know nothing of. */
static void poke(void *data) {
  const auto *engine = static_cast<xlgc__mozjs_engine *>(data);
  if (engine->run_jobs) JS_RequestInterruptCallbackCanWait(engine->cx);
}

static const xlgc_host_adapter adapter = {"mozjs",
                                          XLGC_HOST_ONE_THREAD,
                                          xlgc__mozjs_summary_take,
                                          xlgc__mozjs_engine_unpin,
                                          xlgc__mozjs_engine_collect,
                                          xlgc__mozjs_engine_enter,
                                          xlgc__mozjs_engine_leave,
                                          &xlgc__mozjs_behaviour,
                                          nullptr,
                                          nullptr,
                                          nullptr,
                                          poke,
                                          xlgc__mozjs_summary_prepare,
                                          nullptr,
                                          nullptr,
                                          nullptr,
                                          xlgc__mozjs_way_describe,
                                          xlgc__mozjs_way_find,
                                          xlgc__mozjs_watch_begin,
                                          xlgc__mozjs_watch_object,
                                          xlgc__mozjs_watch_end,
                                          xlgc__mozjs_watch_value,
                                          xlgc__mozjs_way_where,
                                          nullptr,
                                          nullptr,
                                          nullptr};

static const xlgc__mozjs_parts parts = {&adapter, xlgc__mozjs_traps_handler, xlgc__mozjs_proxy_make};

/* ----------------------------------------------------------------- for programs */

static bool make_module(xlgc__mozjs_engine *engine) {
  JSAutoRealm realm(engine->cx, engine->global);
  bool is_made = xlgc__mozjs_module_make(engine);
  JS_ClearPendingException(engine->cx);
  return is_made;
}

static int open(JSContext *cx, JS::HandleObject global, xlgc_pool *pool, xlgc__mozjs_engine **out) {
  if (!pool) pool = xlgc_default_pool();
  if (!pool) return XLGC_E_NOMEM;
  int failed = xlgc__mozjs_engine_open(cx, global, pool, &parts, out);
  if (failed || make_module(*out)) return failed;
  (void)xlgc__mozjs_engine_close(*out); /* where even that fails, the end of the context closes it */
  return XLGC_E_NOMEM;
}

int xlgc_mozjs_open(JSContext *cx, JS::HandleObject global, xlgc_pool *pool, xlgc_host **out) {
  if (!cx || !global || !JS_IsGlobalObject(global)) return XLGC_E_INVAL;
  if (xlgc__mozjs_engine_exists(cx)) return XLGC_E_EXISTS;
  xlgc__mozjs_engine *engine;
  int failed = open(cx, global, pool, &engine);
  if (!failed && out) *out = engine->host;
  return failed;
}

int xlgc_mozjs_close(JSContext *cx) {
  xlgc__mozjs_engine *engine = xlgc__mozjs_engine_find(cx);
  return engine ? xlgc__mozjs_engine_close(engine) : XLGC_E_STATE;
}

/* ------------------------------------------------------------ for other languages */

namespace {

enum { HEAP_MAX_BYTES = 1024 * 1024 * 1024, STACK_RESERVE_BYTES = 256 * 1024 };

const JSClass global_class = {"global",           JSCLASS_GLOBAL_FLAGS, &JS::DefaultGlobalClassOps,
                              JS_NULL_CLASS_SPEC, JS_NULL_CLASS_EXT,    JS_NULL_OBJECT_OPS};

struct private_context;

/* A realm of the thread's context. */
struct private_engine {
  private_context *of = nullptr; /* NULL when it has ended with its thread */
  xlgc__mozjs_engine *engine = nullptr;
  private_engine *next = nullptr;
};

/* SpiderMonkey allows one context a thread: all engines of the thread are realms of it. It ends with the last. */
struct private_context {
  JSContext *cx;
  private_engine *engines = nullptr;
  /* Functions that a FinalizationRegistry wants called. */
  JS::PersistentRooted<JS::GCVector<JSFunction *, 0, js::SystemAllocPolicy>> cleanups;
  xlgc__mozjs_rejections rejections;

  explicit private_context(JSContext *context)
      : cx(context), cleanups(context, JS::GCVector<JSFunction *, 0, js::SystemAllocPolicy>()), rejections(context) {}
};
thread_local private_context *present;

/* ------------------------------------------------------------------ the library */

pthread_mutex_t library = PTHREAD_MUTEX_INITIALIZER;
unsigned contexts;

/* A child of the process that has started SpiderMonkey has none of its threads: there it is neither used nor ended. */
pid_t started_by;
bool has_forked() { return started_by != getpid(); }

/* Ends the thread's engines, as far as they are in no call. */
int end_engine(private_engine *engine);
void end_here() {
  private_engine *engine = present ? present->engines : nullptr;
  while (engine) {
    private_engine *next = engine->next; /* the context may go with this one */
    (void)end_engine(engine);
    engine = next;
  }
}

/* An engine cannot outlive its thread. */
pthread_key_t key;
void end_thread(void *) {
  if (!has_forked()) end_here();
}

/* SpiderMonkey's static destructors crash if it was not shut down before, and it can only be shut down without
 * contexts. That is so neither while threads with engines go on, nor in a child, where it would wait for threads that
 * are not there. The process then ends before these destructors. Where libraries were loaded with the program, theirs
 * run as the loader ends them, those of what needs another before that one's; where they were loaded later, theirs and
 * handlers of exits run in the reverse order of loading. So this library has one of each, and the first that is called
 * ends the process. */
bool is_ours, is_shut_down;
int exit_status;
void shut_down() {
  if (has_forked()) return;
  end_here();
  pthread_mutex_lock(&library);
  is_shut_down = !contexts;
  pthread_mutex_unlock(&library);
  if (is_shut_down) JS_ShutDown();
}
void end_process() {
  if (!is_ours || (is_shut_down && !has_forked())) return;
  fflush(nullptr);
  _exit(exit_status);
}
void note_status(int status, void *) { exit_status = status; }
void end_process_with(int status, void *) {
  note_status(status, nullptr);
  end_process();
}
[[maybe_unused]] const int is_set = on_exit(end_process_with, nullptr);
[[gnu::destructor]] void unload() { end_process(); }

/* Starts SpiderMonkey, if the program has not, and counts one more context. */
bool join_library() {
  pthread_mutex_lock(&library);
  bool works = started_by || !pthread_key_create(&key, end_thread);
  if (works && !started_by) {
    started_by = getpid();
    if (!JS_IsInitialized()) {
      works = JS_Init();
      is_ours = works;
      if (works) works = !atexit(shut_down) && !on_exit(note_status, nullptr);
    }
  }
  contexts += works;
  pthread_mutex_unlock(&library);
  return works;
}
void part_from_library() {
  pthread_mutex_lock(&library);
  contexts--;
  pthread_mutex_unlock(&library);
}

/* ------------------------------------------------------------------------ jobs */

/* Runs inside the collector, where nothing of the engine's may be allocated. Without memory, the registry's callback is
 * not called. */
void want_cleanup(JSFunction *function, JSObject *, void *data) {
  (void)static_cast<private_context *>(data)->cleanups.append(function);
}

void run_jobs(JSContext *cx, JS::HandleValue answer) {
  js::RunJobs(cx);
  while (!present->cleanups.empty()) {
    JS::RootedObject function(cx, JS_GetFunctionObject(present->cleanups.popCopy()));
    JS::RootedValue called(cx, JS::ObjectValue(*function)), result(cx);
    JSAutoRealm realm(cx, function);
    (void)JS::Call(cx, JS::UndefinedHandleValue, called, JS::HandleValueArray::empty(), &result);
    JS_ClearPendingException(cx);
    js::RunJobs(cx);
  }
  JS_ClearPendingException(cx);
  xlgc__mozjs_rejections_tell(&present->rejections, cx, answer);
}

/* --------------------------------------------------------- its `eval`, `run` and `globals` */

/* What follows the name is the global `args` while the text runs. */
class global_arguments {
public:
  explicit global_arguments(xlgc__mozjs_engine *engine) : engine_(engine), before_(engine->cx) {}
  global_arguments(const global_arguments &) = delete;
  ~global_arguments() {
    if (!is_set_) return;
    JS::AutoSaveExceptionState exception(engine_->cx);
    if (had_)
      (void)JS_SetProperty(engine_->cx, engine_->global, "args", before_);
    else
      (void)JS_DeleteProperty(engine_->cx, engine_->global, "args");
    JS_ClearPendingException(engine_->cx);
    exception.restore();
  }
  bool set(const JS::CallArgs &given, unsigned from) {
    JSContext *cx = engine_->cx;
    JS::RootedValueVector values(cx);
    for (unsigned i = from; i < given.length(); i++)
      if (!values.append(given[i])) return false;
    JS::RootedObject array(cx, JS::NewArrayObject(cx, values));
    JS::RootedValue value(cx);
    if (!array || !JS_HasProperty(cx, engine_->global, "args", &had_)) return false;
    if (had_ && !JS_GetProperty(cx, engine_->global, "args", &before_)) return false;
    value.setObject(*array);
    is_set_ = JS_SetProperty(cx, engine_->global, "args", value);
    return is_set_;
  }

private:
  xlgc__mozjs_engine *engine_;
  JS::RootedValue before_;
  bool had_ = false, is_set_ = false;
};

/* Text, also as bytes, which is what a Lua gives whose strings are. */
bool is_text(JS::HandleValue given) {
  return given.isString() || (given.isObject() && JS_IsUint8Array(js::UncheckedUnwrap(&given.toObject())));
}

bool eval(JSContext *cx, unsigned count, JS::Value *values) {
  JS::CallArgs arguments = JS::CallArgsFromVp(count, values);
  xlgc__mozjs_engine *engine = xlgc__mozjs_engine_find(cx);
  xlgc__mozjs_scoped_value code, name;
  if (!engine) return xlgc__mozjs_errors_throw_closed(cx);
  if (!is_text(arguments.get(0))) return xlgc__mozjs_errors_refuse(cx, XLGC__MESSAGES_EVAL);
  bool has_name = !arguments.get(1).isNullOrUndefined();
  if (has_name && !is_text(arguments[1])) return xlgc__mozjs_errors_refuse(cx, XLGC__MESSAGES_EVAL_NAME);
  if (xlgc__mozjs_values_pack(engine, arguments[0], &code.value)) return false;
  if (has_name && xlgc__mozjs_values_pack(engine, arguments[1], &name.value)) return false;
  std::string file(has_name ? std::string(name.value.as.bytes, name.value.length) : "eval");
  JSAutoRealm realm(cx, engine->global);
  global_arguments others(engine);
  constexpr unsigned text_and_name = 2;
  if (count > text_and_name && !others.set(arguments, text_and_name)) return false;
  return xlgc__mozjs_imports_evaluate(engine, code.value.as.bytes, code.value.length, file.c_str(), arguments.rval());
}

bool run(JSContext *cx, unsigned count, JS::Value *values) {
  JS::CallArgs arguments = JS::CallArgsFromVp(count, values);
  xlgc__mozjs_engine *engine = xlgc__mozjs_engine_find(cx);
  xlgc__mozjs_scoped_value name;
  if (!engine) return xlgc__mozjs_errors_throw_closed(cx);
  if (!is_text(arguments.get(0))) return xlgc__mozjs_errors_refuse(cx, XLGC__MESSAGES_RUN);
  if (xlgc__mozjs_values_pack(engine, arguments[0], &name.value)) return false;
  std::string file(name.value.as.bytes, name.value.length);
  if (file.size() != std::strlen(file.c_str())) return xlgc__mozjs_errors_refuse(cx, XLGC__MESSAGES_RUN);
  JSAutoRealm realm(cx, engine->global);
  global_arguments others(engine);
  if (count > 1 && !others.set(arguments, 1)) return false;
  return xlgc__mozjs_imports_run(engine, file.c_str(), arguments.rval());
}

/* What the language that started the engine is given. */
bool make_face(JSContext *cx, JS::HandleObject global, JS::MutableHandleValue out) {
  JS::RootedObject object(cx, JS_NewPlainObject(cx));
  if (!object || !JS_DefineFunction(cx, object, "eval", eval, 1, JSPROP_ENUMERATE) ||
      !JS_DefineFunction(cx, object, "run", run, 1, JSPROP_ENUMERATE))
    return false;
  out.setObject(*object);
  return JS_DefineProperty(cx, object, "globals", global, JSPROP_ENUMERATE);
}

/* --------------------------------------------------------------- start and end */

/* How much of the thread's stack the engine may use: all but a reserve. */
size_t stack_bytes() {
  pthread_attr_t attributes;
  void *lowest;
  size_t size = 0;
  if (pthread_getattr_np(pthread_self(), &attributes)) return 0;
  pthread_attr_getstack(&attributes, &lowest, &size);
  pthread_attr_destroy(&attributes);
  return size > 2 * STACK_RESERVE_BYTES ? size - STACK_RESERVE_BYTES : size / 2;
}

/* What answers false stops the script, which cannot catch that. */
bool goes_on(JSContext *) { return !xlgc_hosts_stopped(); }

JSContext *make_context() {
  JSContext *cx = JS_NewContext(HEAP_MAX_BYTES);
  if (!cx) return nullptr;
  JS_SetNativeStackQuota(cx, stack_bytes());
  if (js::UseInternalJobQueues(cx) && JS::InitSelfHostedCode(cx) && JS_AddInterruptCallback(cx, goes_on)) return cx;
  JS_DestroyContext(cx);
  return nullptr;
}

int make_host(private_context *context, xlgc_pool *pool, xlgc__mozjs_engine **made, xlgc_value *out) {
  JSContext *cx = context->cx;
  JS::RealmOptions options;
  options.creationOptions().setNewCompartmentAndZone();
  options.creationOptions().setWeakRefsEnabled(JS::WeakRefSpecifier::EnabledWithoutCleanupSome);
  JS::RootedObject global(cx, JS_NewGlobalObject(cx, &global_class, nullptr, JS::FireOnNewGlobalHook, options));
  if (!global) return XLGC_E_NOMEM;
  JSAutoRealm realm(cx, global);
  int failed = open(cx, global, pool, made);
  if (failed) return failed;
  (*made)->run_jobs = run_jobs;
  JS::RootedValue face(cx);
  failed = make_face(cx, global, &face) ? xlgc_mozjs_value(cx, face, out) : XLGC_E_NOMEM;
  if (failed) (void)xlgc__mozjs_engine_close(*made);
  return failed;
}

private_context *begin_context() {
  if (!join_library()) return nullptr;
  JSContext *cx = make_context();
  auto *made = cx ? new (std::nothrow) private_context(cx) : nullptr;
  if (made && !pthread_setspecific(key, made)) {
    JS::SetHostCleanupFinalizationRegistryCallback(cx, want_cleanup, made);
    xlgc__mozjs_rejections_listen(&made->rejections, cx);
    xlgc__mozjs_imports_equip(cx);
    return present = made;
  }
  delete made;
  if (cx) JS_DestroyContext(cx);
  part_from_library();
  return nullptr;
}

/* Of no engine any more. */
void end_context() {
  private_context *context = present;
  JSContext *cx = context->cx;
  present = nullptr;
  pthread_setspecific(key, nullptr);
  delete context;
  JS_DestroyContext(cx);
  part_from_library();
}

/* It is of no context any more; its realm goes with the zone, which it has alone. */
void leave_context(private_engine *engine, JS::Zone *zone) {
  private_engine **at = &engine->of->engines;
  while (*at != engine)
    at = &(*at)->next;
  *at = engine->next;
  engine->of = nullptr;
  if (!present->engines) return end_context();
  if (!zone || JS::RuntimeHeapIsBusy() || JS::IsIncrementalGCInProgress(present->cx)) return; /* it goes later */
  JS::PrepareZoneForGC(present->cx, zone);
  JS::NonIncrementalGC(present->cx, JS::GCOptions::Normal, JS::GCReason::API);
}

/* One of this thread. */
int end_engine(private_engine *engine) {
  JS::Zone *zone = nullptr;
  xlgc__mozjs_engine *host = engine->engine;
  if (host->host) {
    zone = JS::GetObjectZone(host->global);
    if (!host->visiting) xlgc__mozjs_rejections_end(&present->rejections, host);
    int failed = xlgc__mozjs_engine_close(host);
    if (failed) return failed;
  }
  xlgc__mozjs_engine_release(host);
  leave_context(engine, zone);
  return 0;
}

int start(xlgc_pool *pool, void **engine, xlgc_value *out) {
  if (started_by && has_forked())
    return xlgc__messages_refuse_start(
        XLGC_E_FORK, out,
        "mozjs was started in the parent process, whose threads a child does not have: start it "
        "in the child only, or in a process that is not forked");
  if (!present && xlgc__mozjs_engine_exists(nullptr))
    return xlgc__messages_refuse_start(XLGC_E_EXISTS, out,
                                       "this thread has a context of mozjs that the program has made, and can have one "
                                       "only: use that, or another thread");
  auto *made = new (std::nothrow) private_engine;
  private_context *context = !made ? nullptr : present ? present : begin_context();
  int failed = context ? make_host(context, pool, &made->engine, out) : XLGC_E_NOMEM;
  if (failed) {
    if (context && !context->engines) end_context();
    delete made;
    return failed;
  }
  made->engine->users++;
  made->of = context;
  made->next = context->engines;
  context->engines = made;
  *engine = made;
  return 0;
}

int end(void *data) {
  auto *engine = static_cast<private_engine *>(data);
  if (engine->of && has_forked()) return 0; /* the parent's */
  if (engine->of && engine->of != present) return XLGC_E_OTHER_THREAD;
  int failed = engine->of ? end_engine(engine) : 0;
  if (failed) return failed;
  delete engine;
  return 0;
}

/* What the collector of the context may have, and has, with all its engines. At its limit SpiderMonkey collects at most
 * once a minute, if it is not told otherwise. */
int limit_memory(void *data, uint64_t bytes_max, uint64_t *bytes) {
  auto *engine = static_cast<private_engine *>(data);
  if (!engine->of || engine->of != present) return XLGC_E_OTHER_THREAD;
  JSContext *cx = engine->of->cx;
  *bytes = JS_GetGCParameter(cx, JSGC_BYTES);
  if (bytes_max == XLGC_LIMIT_AS_IT_IS) return 0;
  if (bytes_max > HEAP_MAX_BYTES) return XLGC_E_INVAL;
  engine->engine->is_limited = bytes_max;
  JS_SetGCParameter(cx, JSGC_MIN_LAST_DITCH_GC_PERIOD, 0);
  JS_SetGCParameter(cx, JSGC_MAX_BYTES, bytes_max ? static_cast<uint32_t>(bytes_max) : uint32_t{HEAP_MAX_BYTES});
  return 0;
}

} // namespace

extern "C" const xlgc_language xlgc_language_mozjs = {"mozjs", start, end, limit_memory};
