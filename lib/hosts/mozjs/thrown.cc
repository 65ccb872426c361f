#include <config.h>

#include "hosts/mozjs/thrown.h"

#include <cstring>
#include <utility>

#include <js/CharacterEncoding.h>
#include <js/Conversions.h>
#include <js/ErrorReport.h>
#include <js/Exception.h>
#include <js/SavedFrameAPI.h>
#include <js/Stack.h>
#include <js/Wrapper.h>

#include "hosts/common/messages.h"
#include "hosts/common/thrown.h"
#include "hosts/mozjs/errors.h"
#include "hosts/mozjs/values.h"

namespace {

constexpr char language[] = "mozjs";
constexpr size_t language_length = sizeof language - 1;

/* The symbol under which an Error keeps the stack of what it carries. */
constexpr char stack_name[] = "xlgc.stack";

/* ------------------------------------------------------------------------- functions */

struct position {
  JS::RootedString source;
  uint32_t line = 0, column = 0;

  explicit position(JSContext *cx) : source(cx) {}
  bool read(JSContext *cx, JS::HandleObject frame) {
    return frame && JS::GetSavedFrameSource(cx, nullptr, frame, &source) == JS::SavedFrameResult::Ok &&
           JS::GetSavedFrameLine(cx, nullptr, frame, &line) == JS::SavedFrameResult::Ok &&
           JS::GetSavedFrameColumn(cx, nullptr, frame, &column) == JS::SavedFrameResult::Ok;
  }
  bool is(JSContext *cx, const position &other) const {
    int32_t order = 1;
    return source && other.source && line == other.line && column == other.column &&
           JS_CompareStrings(cx, source, other.source, &order) && order == 0;
  }
};

void add_function(JSContext *cx, xlgc__trace *trace, JS::HandleObject frame, const position &at) {
  JS::RootedString name(cx);
  (void)JS::GetSavedFrameFunctionDisplayName(cx, nullptr, frame, &name, JS::SavedFrameSelfHosted::Exclude);
  JS::UniqueChars file = JS_EncodeStringToUTF8(cx, at.source), words;
  if (name) words = JS_EncodeStringToUTF8(cx, name);
  xlgc__trace_add(trace, language, xlgc__trace_of(file.get()), at.line, xlgc__trace_of(words.get()));
}

/* The functions of a stack, up to the one that has left the engine for the code that visits it now. */
void add_functions(JSContext *cx, xlgc__trace *trace, JS::HandleObject stack) {
  JS::RootedObject frame(cx, stack), outer(cx), next(cx);
  position at(cx), last(cx);
  bool has_last = JS::CaptureCurrentStack(cx, &outer, JS::StackCapture(JS::MaxFrames(1))) && last.read(cx, outer);
  for (unsigned count = 0; frame && count < XLGC__TRACE_FUNCTIONS; count++) {
    if (!at.read(cx, frame) || (has_last && at.is(cx, last))) break;
    add_function(cx, trace, frame, at);
    if (JS::GetSavedFrameParent(cx, nullptr, frame, &next, JS::SavedFrameSelfHosted::Exclude) !=
        JS::SavedFrameResult::Ok)
      break;
    frame = next;
  }
  JS_ClearPendingException(cx);
}

/* -------------------------------------------------------------------- into the engine */

bool put(JSContext *cx, JS::HandleObject error, const char *name, JS::HandleValue value) {
  return JS_DefineProperty(cx, error, name, value, 0);
}

/* What is no text becomes U+FFFD. */
JSString *new_text(JSContext *cx, xlgc_text text) {
  size_t length;
  JS::UTF8Chars bytes(text.length ? text.bytes : "", text.length);
  JS::UniqueTwoByteChars wide(JS::LossyUTF8CharsToNewTwoByteCharsZ(cx, bytes, &length, js::MallocArena).get());
  return wide ? JS_NewUCStringCopyN(cx, wide.get(), length) : nullptr;
}

bool put_text(JSContext *cx, JS::HandleObject error, const char *name, xlgc_text text) {
  JS::RootedString string(cx, new_text(cx, text));
  JS::RootedValue value(cx);
  if (string) value.setString(string);
  return string && put(cx, error, name, value);
}

bool put_hidden(JSContext *cx, JS::HandleObject error, const char *name, JS::HandleValue value) {
  JS::RootedId id(cx);
  return xlgc__mozjs_errors_hidden(cx, name, &id) && JS_DefinePropertyById(cx, error, id, value, 0);
}

/* The functions of other languages, and then those of scripts that have called them. */
bool put_stack(JSContext *cx, JS::HandleObject error, JS::HandleObject own, xlgc_text others) {
  xlgc__trace trace = {};
  xlgc__trace_carry(&trace, others.bytes, others.length);
  JS::RootedObject frame(cx, own), next(cx);
  position at(cx);
  for (; frame && at.read(cx, frame); frame = next) {
    add_function(cx, &trace, frame, at);
    if (JS::GetSavedFrameParent(cx, nullptr, frame, &next, JS::SavedFrameSelfHosted::Exclude) !=
        JS::SavedFrameResult::Ok)
      break;
  }
  bool is_put = put_text(cx, error, "stack", xlgc__trace_text(&trace));
  xlgc__trace_free(&trace);
  JS::RootedString string(cx, new_text(cx, others));
  JS::RootedValue value(cx);
  if (string) value.setString(string);
  return is_put && string && put_hidden(cx, error, stack_name, value);
}

/* original: NULL for none. */
bool make_error(JSContext *cx, const xlgc_thrown *thrown, JS::HandleValue *original, JS::MutableHandleValue out) {
  JS::RootedObject stack(cx);
  JS::RootedString file(cx, JS_GetEmptyString(cx)), message(cx, new_text(cx, thrown->words));
  JS::Rooted<mozilla::Maybe<JS::Value>> cause(cx, mozilla::Nothing());
  position at(cx);
  if (original) cause = mozilla::Some(original->get());
  if (!message || !JS::CaptureCurrentStack(cx, &stack, JS::StackCapture(JS::MaxFrames(XLGC__TRACE_FUNCTIONS))))
    return false;
  if (at.read(cx, stack)) file = at.source;
  if (!JS::CreateError(cx, JSEXN_ERR, stack, file, at.line, at.column, nullptr, message, cause, out)) return false;
  if (!(thrown->flags & XLGC_THROWN_VALUE)) return true;
  JS::RootedObject error(cx, &out.toObject());
  JS::RootedValue flags(cx);
  unsigned others = thrown->flags & ~unsigned{XLGC_THROWN_VALUE};
  flags.setInt32(static_cast<int32_t>(others | (original ? unsigned{XLGC_THROWN_VALUE} : 0)));
  bool has_name = thrown->type.length && !(thrown->flags & XLGC_THROWN_GENERAL);
  return put_hidden(cx, error, XLGC__MOZJS_ERRORS_FLAGS, flags) &&
         (!has_name || put_text(cx, error, "name", thrown->type)) &&
         put_text(cx, error, "language", thrown->language) && put_text(cx, error, "type", thrown->type) &&
         put_stack(cx, error, stack, thrown->stack);
}

void throw_thrown(xlgc__mozjs_engine *engine, const xlgc_thrown *thrown) {
  JSContext *cx = engine->cx;
  JS::RootedValue original(cx), error(cx);
  bool has_original =
      thrown->flags & XLGC_THROWN_VALUE && !xlgc__mozjs_values_unpack(engine, &thrown->value, &original);
  JS_ClearPendingException(cx);
  JS::HandleValue handle = original;
  bool is_own = original.isObject() && !xlgc__mozjs_engine_proxy_of(js::UncheckedUnwrap(&original.toObject()));
  if (has_original && xlgc__thrown_is_home(thrown, language, is_own))
    JS_SetPendingException(cx, original);
  else if (make_error(cx, thrown, has_original ? &handle : nullptr, &error))
    JS_SetPendingException(cx, error);
}

/* ------------------------------------------------------------------ out of the engine */

/* An exception on its way out. */
struct noted {
  xlgc__mozjs_engine *engine;
  JSContext *cx;
  xlgc__thrown is = {};
  const bool has_value;

  noted(xlgc__mozjs_engine *of, bool wants_value) : engine(of), cx(of->cx), has_value(wants_value) {}

  void note_value(JS::HandleValue given) {
    if (has_value && !xlgc__mozjs_values_pack(engine, given, &is.value)) is.flags |= XLGC_THROWN_VALUE;
    JS_ClearPendingException(cx);
  }
  void note_string(JS::HandleValue given, xlgc_value *out) {
    if (given.isString()) (void)xlgc__mozjs_values_pack(engine, given, out);
    JS_ClearPendingException(cx);
  }
  void note_property(JS::HandleObject object, const char *name, xlgc_value *out) {
    JS::RootedValue property(cx);
    if (JS_GetProperty(cx, object, name, &property)) note_string(property, out);
    JS_ClearPendingException(cx);
  }
  bool read_hidden(JS::HandleObject object, const char *name, JS::MutableHandleValue out) {
    JS::RootedId id(cx);
    bool has = false;
    return xlgc__mozjs_errors_hidden(cx, name, &id) && JS_HasOwnPropertyById(cx, object, id, &has) && has &&
           JS_GetPropertyById(cx, object, id, out);
  }
  bool note_carried(JS::HandleObject error);
  void note_type(JS::HandleObject error);
  void note_error(JS::HandleObject error, const JSErrorReport *report);
  void note_other(JS::HandleValue thrown, JS::HandleObject at);
};

/* An Error that carries what another language has thrown goes on as what it was. */
bool noted::note_carried(JS::HandleObject error) {
  JS::RootedValue hidden(cx), cause(cx);
  if (!read_hidden(error, XLGC__MOZJS_ERRORS_FLAGS, &hidden) || !hidden.isInt32()) return false;
  unsigned given = static_cast<unsigned>(hidden.toInt32());
  is.flags = given & ~unsigned{XLGC_THROWN_VALUE};
  if (given & XLGC_THROWN_VALUE && JS_GetProperty(cx, error, "cause", &cause)) note_value(cause);
  note_property(error, "language", &is.language);
  note_property(error, "type", &is.type);
  note_property(error, "message", &is.words);
  if (read_hidden(error, stack_name, &hidden)) note_string(hidden, &is.stack);
  JS::RootedObject frames(cx, JS::ExceptionStackOrNull(error));
  add_functions(cx, &is.functions, frames);
  return true;
}

/* Its name, or that of its class where it is no more than one of the language's own. */
void noted::note_type(JS::HandleObject error) {
  JS::RootedValue constructor(cx);
  xlgc__mozjs_scoped_value own;
  note_property(error, "name", &is.type);
  bool is_standard = xlgc__messages_is_standard(xlgc__thrown_text(&is.type));
  if (is_standard && JS_GetProperty(cx, error, "constructor", &constructor) && constructor.isObject()) {
    JS::RootedObject made_by(cx, &constructor.toObject());
    note_property(made_by, "name", &own.value);
  }
  JS_ClearPendingException(cx);
  if (own.value.length) std::swap(own.value, is.type);
  if (xlgc__messages_is_general(xlgc__thrown_text(&is.type))) is.flags |= XLGC_THROWN_GENERAL;
}

void noted::note_error(JS::HandleObject error, const JSErrorReport *report) {
  note_property(error, "message", &is.words);
  if (is.words.type != XLGC_STRING && report->message()) {
    const char *text = report->message().c_str();
    (void)xlgc_value_copy(&is.words, XLGC_STRING, text, strlen(text));
  }
  note_type(error);
  JS::RootedObject frames(cx, JS::ExceptionStackOrNull(error));
  /* In a text that is not run, as it is wrong, there are no functions yet. */
  if (report->exnType == JSEXN_SYNTAXERR && report->filename)
    xlgc__trace_add(&is.functions, language, xlgc__trace_of(report->filename), report->lineno, {nullptr, 0});
  add_functions(cx, &is.functions, frames);
}

/* A value that is no Error may be one that cannot be turned into text. */
void noted::note_other(JS::HandleValue thrown, JS::HandleObject at) {
  JS::RootedString text(cx, thrown.isSymbol() ? JS_ValueToSource(cx, thrown) : JS::ToString(cx, thrown));
  JS_ClearPendingException(cx);
  JS::RootedValue string(cx);
  if (text) string.setString(text);
  note_string(string, &is.words);
  is.flags |= XLGC_THROWN_GENERAL;
  add_functions(cx, &is.functions, at);
}

void note(noted &out, JS::HandleValue thrown, JS::HandleObject at) {
  JS::RootedObject object(out.cx, thrown.isObject() ? &thrown.toObject() : nullptr);
  const JSErrorReport *report = object ? JS_ErrorFromException(out.cx, object) : nullptr;
  if (report && out.note_carried(object)) return;
  (void)xlgc_value_copy(&out.is.language, XLGC_STRING, language, language_length);
  out.note_value(thrown);
  if (report)
    out.note_error(object, report);
  else
    out.note_other(thrown, at);
}

int raise_text(xlgc_visit *visit, const char *text) { return xlgc_visit_raise(visit, text, strlen(text)); }

/* Where the memory of an engine is limited, what has filled it is garbage now, which SpiderMonkey would find late. */
void collect(xlgc__mozjs_engine *engine) {
  if (engine->is_limited) (void)xlgc__mozjs_engine_collect(engine);
}

} // namespace

int xlgc__mozjs_thrown_throw(xlgc__mozjs_engine *engine, const xlgc_visit *visit, int code) {
  if (code != XLGC_E_RAISED) return xlgc__mozjs_errors_throw(engine->cx, visit, code);
  const xlgc_thrown *thrown = xlgc_visit_thrown(visit);
  if (!thrown) return xlgc__mozjs_errors_throw(engine->cx, visit, code);
  throw_thrown(engine, thrown);
  return code;
}

int xlgc__mozjs_thrown_raise(xlgc__mozjs_engine *engine, xlgc_visit *visit) {
  JSContext *cx = engine->cx;
  if (!JS_IsExceptionPending(cx)) return raise_text(visit, "InternalError: the script was stopped");
  if (JS_IsThrowingOutOfMemory(cx)) {
    JS_ClearPendingException(cx);
    collect(engine);
    return raise_text(visit, "InternalError: out of memory");
  }
  JS::ExceptionStack pending(cx);
  if (!JS::StealPendingExceptionStack(cx, &pending)) {
    JS_ClearPendingException(cx);
    return raise_text(visit, XLGC__MESSAGES_NO_WORDS);
  }
  noted out(engine, true);
  note(out, pending.exception(), pending.stack());
  return xlgc__thrown_throw(&out.is, visit, XLGC__MESSAGES_NO_WORDS);
}

void xlgc__mozjs_thrown_note(xlgc__mozjs_engine *engine, JS::HandleValue thrown, JS::HandleObject at,
                             xlgc__thrown *out) {
  noted all(engine, false);
  note(all, thrown, at);
  *out = all.is;
}
