/* A JSContext becomes a host, for the program that has it, or one of the library's own for another language. */
#include <config.h>

#include <cstdlib>
#include <cstring>
#include <new>
#include <pthread.h>

#include <js/CallAndConstruct.h>
#include <js/CompilationAndEvaluation.h>
#include <js/Context.h>
#include <js/GCVector.h>
#include <js/GlobalObject.h>
#include <js/Initialization.h>
#include <js/Realm.h>
#include <js/SourceText.h>
#include <js/Stack.h>

#include "hosts/mozjs/behaviour.h"
#include "hosts/mozjs/errors.h"
#include "hosts/mozjs/module.h"
#include "hosts/mozjs/proxy.h"
#include "hosts/mozjs/summary.h"
#include "hosts/mozjs/traps.h"
#include "hosts/mozjs/values.h"

/* ------------------------------------------------------------------------ parts */

static const xlgc_host_adapter adapter = {"mozjs",
                                          0,
                                          xlgc__mozjs_summary_take,
                                          xlgc__mozjs_engine_unpin,
                                          xlgc__mozjs_engine_collect,
                                          xlgc__mozjs_engine_enter,
                                          xlgc__mozjs_engine_leave,
                                          &xlgc__mozjs_behaviour};

static const xlgc__mozjs_parts parts = {&adapter, xlgc__mozjs_traps_handler, xlgc__mozjs_proxy_make};

/* ----------------------------------------------------------------- for programs */

static bool make_module(xlgc__mozjs_engine *engine) {
  JSAutoRealm realm(engine->cx, engine->global);
  bool is_made = xlgc__mozjs_module_make(engine);
  JS_ClearPendingException(engine->cx);
  return is_made;
}

int xlgc_mozjs_open(JSContext *cx, JS::HandleObject global, xlgc_pool *pool, xlgc_host **out) {
  if (!cx || !global || !JS_IsGlobalObject(global)) return XLGC_E_INVAL;
  if (xlgc__mozjs_engine_find(cx)) return XLGC_E_EXISTS;
  if (!pool) pool = xlgc_default_pool();
  if (!pool) return XLGC_E_NOMEM;
  xlgc__mozjs_engine *engine;
  int failed = xlgc__mozjs_engine_open(cx, global, pool, &parts, &engine);
  if (failed) return failed;
  if (!make_module(engine)) {
    (void)xlgc__mozjs_engine_close(engine); /* where even that fails, the end of the context closes it */
    return XLGC_E_NOMEM;
  }
  if (out) *out = engine->host;
  return 0;
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

struct private_engine {
  JSContext *cx;
  /* Functions that a FinalizationRegistry wants called. */
  JS::PersistentRooted<JS::GCVector<JSFunction *, 0, js::SystemAllocPolicy>> cleanups;

  explicit private_engine(JSContext *context)
      : cx(context), cleanups(context, JS::GCVector<JSFunction *, 0, js::SystemAllocPolicy>()) {}
};

/* SpiderMonkey allows one context a thread. */
thread_local private_engine *present;

/* ------------------------------------------------------------------ the library */

pthread_mutex_t library = PTHREAD_MUTEX_INITIALIZER;
unsigned contexts;

/* SpiderMonkey must be shut down before the process exits, which crashes otherwise, and must have no context then. */
void destroy(private_engine *engine);
void shut_down() {
  if (present) {
    (void)xlgc_mozjs_close(present->cx);
    destroy(present);
  }
  if (!contexts) JS_ShutDown();
}

/* Starts SpiderMonkey, if the program has not, and counts one more context. */
bool join_library() {
  pthread_mutex_lock(&library);
  bool works = JS_IsInitialized();
  if (!works) {
    works = JS_Init();
    if (works) atexit(shut_down);
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
  (void)static_cast<private_engine *>(data)->cleanups.append(function);
}

void run_jobs(JSContext *cx) {
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
}

/* --------------------------------------------------------- its `eval` and `globals` */

bool eval(JSContext *cx, unsigned count, JS::Value *values) {
  JS::CallArgs arguments = JS::CallArgsFromVp(count, values);
  xlgc__mozjs_engine *engine = xlgc__mozjs_engine_find(cx);
  xlgc__mozjs_scoped_value code;
  if (!engine) return xlgc__mozjs_errors_throw_closed(cx);
  if (!arguments.get(0).isString()) return xlgc__mozjs_errors_refuse(cx, "eval wants a text");
  if (xlgc__mozjs_values_pack(engine, arguments[0], &code.value)) return false;
  JSAutoRealm realm(cx, engine->global);
  JS::CompileOptions options(cx);
  options.setFileAndLine("eval", 1);
  JS::SourceText<mozilla::Utf8Unit> text;
  return text.init(cx, code.value.as.bytes, code.value.length, JS::SourceOwnership::Borrowed) &&
         JS::Evaluate(cx, options, text, arguments.rval());
}

/* What the language that started the engine is given. */
bool make_face(JSContext *cx, JS::HandleObject global, JS::MutableHandleValue out) {
  JS::RootedObject object(cx, JS_NewPlainObject(cx));
  if (!object || !JS_DefineFunction(cx, object, "eval", eval, 1, JSPROP_ENUMERATE)) return false;
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

JSContext *make_context() {
  JSContext *cx = JS_NewContext(HEAP_MAX_BYTES);
  if (!cx) return nullptr;
  JS_SetNativeStackQuota(cx, stack_bytes());
  if (js::UseInternalJobQueues(cx) && JS::InitSelfHostedCode(cx)) return cx;
  JS_DestroyContext(cx);
  return nullptr;
}

int make_host(private_engine *made, xlgc_pool *pool, xlgc_value *out) {
  JSContext *cx = made->cx;
  JS::RealmOptions options;
  options.creationOptions().setWeakRefsEnabled(JS::WeakRefSpecifier::EnabledWithoutCleanupSome);
  JS::RootedObject global(cx, JS_NewGlobalObject(cx, &global_class, nullptr, JS::FireOnNewGlobalHook, options));
  if (!global) return XLGC_E_NOMEM;
  JS::SetHostCleanupFinalizationRegistryCallback(cx, want_cleanup, made);
  JSAutoRealm realm(cx, global);
  int failed = xlgc_mozjs_open(cx, global, pool, nullptr);
  if (failed) return failed;
  xlgc__mozjs_engine_find(cx)->run_jobs = run_jobs;
  JS::RootedValue face(cx);
  failed = make_face(cx, global, &face) ? xlgc_mozjs_value(cx, face, out) : XLGC_E_NOMEM;
  if (failed) xlgc_mozjs_close(cx);
  return failed;
}

void destroy(private_engine *engine) {
  JSContext *cx = engine->cx;
  present = nullptr;
  delete engine;
  JS_DestroyContext(cx);
  part_from_library();
}

int start(xlgc_pool *pool, void **engine, xlgc_value *out) {
  if (present || xlgc__mozjs_engine_exists()) return XLGC_E_STATE;
  if (!join_library()) return XLGC_E_NOMEM;
  JSContext *cx = make_context();
  auto *made = cx ? new (std::nothrow) private_engine(cx) : nullptr;
  if (!made) {
    if (cx) JS_DestroyContext(cx);
    part_from_library();
    return XLGC_E_NOMEM;
  }
  present = made;
  int failed = make_host(made, pool, out);
  if (failed)
    destroy(made);
  else
    *engine = made;
  return failed;
}

int end(void *data) {
  auto *engine = static_cast<private_engine *>(data);
  if (engine != present) return XLGC_E_STATE;
  int failed = xlgc_mozjs_close(engine->cx);
  if (failed && failed != XLGC_E_STATE) return failed; /* the program may have closed it */
  destroy(engine);
  return 0;
}

} // namespace

extern "C" const xlgc_language xlgc_language_mozjs = {"mozjs", start, end};
