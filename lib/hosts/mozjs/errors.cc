/* Exceptions, both ways: what xlgc has answered is thrown, and what a script throws becomes a visit's error. */
#include <config.h>

#include "hosts/mozjs/errors.h"

#include <cstring>

#include <js/CharacterEncoding.h>
#include <js/Conversions.h>
#include <js/ErrorReport.h>
#include <js/Exception.h>

#include "hosts/common/messages.h"

static const JSErrorFormatString *format_of(void *data, unsigned) {
  return static_cast<const JSErrorFormatString *>(data);
}

void xlgc__mozjs_errors_throw_text(JSContext *cx, JSExnType type, const char *text) {
  JSErrorFormatString format = {"XLGC", "{0}", 1, static_cast<int16_t>(type)};
  size_t length;
  JS::UniqueTwoByteChars wide(
      JS::LossyUTF8CharsToNewTwoByteCharsZ(cx, JS::UTF8Chars(text, strlen(text)), &length, js::MallocArena).get());
  if (wide) JS_ReportErrorNumberUC(cx, format_of, &format, 1, wide.get());
}

static JSExnType type_of(xlgc__messages_sort sort) {
  switch (sort) {
  case XLGC__MESSAGES_REFERENCE: return JSEXN_REFERENCEERR;
  case XLGC__MESSAGES_TYPE: return JSEXN_TYPEERR;
  default: return JSEXN_ERR;
  }
}

int xlgc__mozjs_errors_throw(JSContext *cx, const xlgc_visit *visit, int code) {
  xlgc__messages_sort sort = xlgc__messages_sort_of(code);
  if (sort == XLGC__MESSAGES_MEMORY)
    JS_ReportOutOfMemory(cx);
  else
    xlgc__mozjs_errors_throw_text(cx, type_of(sort), xlgc__messages_words(visit, code));
  return code;
}

bool xlgc__mozjs_errors_refuse(JSContext *cx, const char *text) {
  xlgc__mozjs_errors_throw_text(cx, JSEXN_TYPEERR, text);
  return false;
}

bool xlgc__mozjs_errors_throw_closed(JSContext *cx) {
  xlgc__mozjs_errors_throw_text(cx, JSEXN_REFERENCEERR, XLGC__MESSAGES_CLOSED);
  return false;
}

/* The words of a thrown value, or NULL: it may be one that cannot be turned into text. */
static JS::UniqueChars words_of(JSContext *cx, JS::HandleValue thrown) {
  JS::RootedString text(cx, thrown.isSymbol() ? JS_ValueToSource(cx, thrown) : JS::ToString(cx, thrown));
  JS::UniqueChars words = text ? JS_EncodeStringToUTF8(cx, text) : nullptr;
  JS_ClearPendingException(cx);
  return words;
}

/* What the engine noted when the error was made, or NULL. */
static const char *noted_words(JSContext *cx, JS::HandleValue thrown) {
  if (!thrown.isObject()) return nullptr;
  JS::RootedObject object(cx, &thrown.toObject());
  const JSErrorReport *report = JS_ErrorFromException(cx, object);
  return report && report->message() ? report->message().c_str() : nullptr;
}

static int raise_text(xlgc_visit *visit, const char *text) { return xlgc_visit_raise(visit, text, strlen(text)); }

/* Where the memory of an engine is limited, what has filled it is garbage now, which SpiderMonkey would find late. */
static void collect(JSContext *cx) {
  xlgc__mozjs_engine *engine = xlgc__mozjs_engine_find(cx);
  if (engine && engine->is_limited) (void)xlgc__mozjs_engine_collect(engine);
}

int xlgc__mozjs_errors_raise(JSContext *cx, xlgc_visit *visit) {
  if (!JS_IsExceptionPending(cx)) return raise_text(visit, "InternalError: the script was stopped");
  if (JS_IsThrowingOutOfMemory(cx)) {
    JS_ClearPendingException(cx);
    collect(cx);
    return raise_text(visit, "InternalError: out of memory");
  }
  JS::RootedValue thrown(cx);
  bool has = JS_GetPendingException(cx, &thrown);
  JS_ClearPendingException(cx);
  JS::UniqueChars words = has ? words_of(cx, thrown) : nullptr;
  const char *text = words.get(), *noted = noted_words(cx, thrown);
  if (text && noted) text = xlgc__messages_of_plain(text);
  if (!text) text = noted;
  return raise_text(visit, text ? text : XLGC__MESSAGES_NO_WORDS);
}
