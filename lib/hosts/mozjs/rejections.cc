#include <config.h>

#include "hosts/mozjs/rejections.h"

#include <cstdio>

#include <js/CallAndConstruct.h>
#include <js/Exception.h>
#include <js/Promise.h>
#include <js/Wrapper.h>

#include "hosts/mozjs/thrown.h"

using promises = JS::GCVector<JSObject *, 0, js::SystemAllocPolicy>;

xlgc__mozjs_rejections::xlgc__mozjs_rejections(JSContext *cx) : fresh(cx, promises()), waiting(cx, promises()) {}

namespace {

void take_out(xlgc__mozjs_rejections::list &from, JSObject *promise) {
  promises &all = from.get();
  for (size_t i = 0; i < all.length(); i++)
    if (all[i] == promise) all.erase(all.begin() + i--);
}

/* Without memory it is not heard. */
void note(JSContext *, bool, JS::HandleObject promise, JS::PromiseRejectionHandlingState state, void *data) {
  auto *rejections = static_cast<xlgc__mozjs_rejections *>(data);
  if (state == JS::PromiseRejectionHandlingState::Unhandled) {
    (void)rejections->fresh.append(promise);
    return;
  }
  take_out(rejections->fresh, promise);
  take_out(rejections->waiting, promise);
}

void tell_people(xlgc__mozjs_engine *engine, JS::HandleValue reason) {
  xlgc__thrown noted = {};
  JS::RootedObject nowhere(engine->cx);
  xlgc__mozjs_thrown_note(engine, reason, nowhere, &noted);
  const bool has_type = noted.type.length && !(noted.flags & XLGC_THROWN_GENERAL);
  const xlgc_text words = xlgc__thrown_text(&noted.words), type = xlgc__thrown_text(&noted.type);
  std::fprintf(stderr, "mozjs: a promise was rejected, and nothing handles that: %.*s%s%.*s\n",
               has_type ? static_cast<int>(type.length) : 0, has_type ? type.bytes : "", has_type ? ": " : "",
               static_cast<int>(words.length), words.length ? words.bytes : "");
  if (noted.functions.length)
    std::fprintf(stderr, "%.*s\n", static_cast<int>(noted.functions.length), noted.functions.bytes);
  xlgc__thrown_clear(&noted);
}

/* Returns whether there is a function that has been told. */
bool tell_function(xlgc__mozjs_engine *engine, JS::HandleObject promise, JS::HandleValue reason) {
  JSContext *cx = engine->cx;
  JS::RootedObject module(cx, engine->made[XLGC__MOZJS_MADE_MODULE]);
  JS::RootedValue function(cx), result(cx);
  JS::RootedValueArray<2> arguments(cx);
  arguments[0].set(reason);
  arguments[1].setObject(*promise);
  bool is = JS_GetProperty(cx, module, "onrejection", &function) && function.isObject() &&
            JS::IsCallable(&function.toObject());
  if (is && !JS::Call(cx, JS::UndefinedHandleValue, function, arguments, &result)) {
    JS::RootedValue error(cx);
    if (JS_GetPendingException(cx, &error)) {
      JS_ClearPendingException(cx);
      tell_people(engine, error);
    }
  }
  JS_ClearPendingException(cx);
  return is;
}

/* The engine whose realm it is of, or NULL when that has ended. */
xlgc__mozjs_engine *engine_of(JSContext *cx, JS::HandleObject promise) {
  JSAutoRealm realm(cx, promise);
  return xlgc__mozjs_engine_find(cx);
}

void tell(JSContext *cx, JSObject *rejected, bool has_functions) {
  JS::RootedObject promise(cx, rejected);
  JSAutoRealm realm(cx, promise);
  xlgc__mozjs_engine *engine = xlgc__mozjs_engine_find(cx);
  JS::RootedValue reason(cx, JS::GetPromiseResult(promise));
  if (engine && (!has_functions || !tell_function(engine, promise, reason))) tell_people(engine, reason);
}

void take_all(xlgc__mozjs_rejections::list &from, JS::MutableHandle<promises> to) {
  while (!from.empty())
    (void)to.append(from.popCopy());
}

/* What is left of `from` is of other engines. */
void tell_of(xlgc__mozjs_rejections::list &from, const xlgc__mozjs_engine *engine) {
  JSContext *cx = engine->cx;
  JS::Rooted<promises> all(cx, promises());
  take_all(from, &all);
  for (size_t i = all.length(); i-- > 0;) {
    JS::RootedObject promise(cx, all[i]);
    if (engine_of(cx, promise) == engine)
      tell(cx, promise, false);
    else
      (void)from.append(promise);
  }
}

} // namespace

void xlgc__mozjs_rejections_listen(xlgc__mozjs_rejections *rejections, JSContext *cx) {
  JS::SetPromiseRejectionTrackerCallback(cx, note, rejections);
}

void xlgc__mozjs_rejections_tell(xlgc__mozjs_rejections *rejections, JSContext *cx, JS::HandleValue answer) {
  if (rejections->fresh.empty() && rejections->waiting.empty()) return;
  JS::Rooted<promises> now(cx, promises());
  take_all(rejections->fresh, &now);
  while (!rejections->waiting.empty())
    tell(cx, rejections->waiting.popCopy(), true);
  for (size_t i = now.length(); i-- > 0;) {
    JS::RootedObject promise(cx, now[i]);
    const xlgc__mozjs_engine *engine = engine_of(cx, promise);
    const bool is_answer = answer.isObject() && js::UncheckedUnwrap(&answer.toObject()) == promise;
    if (is_answer || (engine && engine->exports.has(promise)))
      (void)rejections->waiting.append(promise);
    else
      tell(cx, promise, true);
  }
}

void xlgc__mozjs_rejections_end(xlgc__mozjs_rejections *rejections, xlgc__mozjs_engine *engine) {
  tell_of(rejections->waiting, engine);
  tell_of(rejections->fresh, engine);
}
