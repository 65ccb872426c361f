/* Exceptions for what xlgc has answered. */
#include <config.h>

#include "hosts/mozjs/errors.h"

#include <cstring>

#include <js/CharacterEncoding.h>
#include <js/ErrorReport.h>

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

bool xlgc__mozjs_errors_hidden(JSContext *cx, const char *name, JS::MutableHandleId out) {
  JS::RootedString text(cx, JS_NewStringCopyZ(cx, name));
  JS::Symbol *symbol = text ? JS::GetSymbolFor(cx, text) : nullptr;
  if (symbol) out.set(JS::PropertyKey::Symbol(symbol));
  return symbol != nullptr;
}
