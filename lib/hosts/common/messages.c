#include <config.h>

#include "hosts/common/messages.h"

#include <string.h>

xlgc__messages_sort xlgc__messages_sort_of(int code) {
  switch (code) {
  case XLGC_E_NOMEM: return XLGC__MESSAGES_MEMORY;
  case XLGC_E_STALE:
  case XLGC_E_SHUTDOWN: return XLGC__MESSAGES_REFERENCE;
  case XLGC_E_INVAL: return XLGC__MESSAGES_TYPE;
  default: return XLGC__MESSAGES_ERROR;
  }
}

const char *xlgc__messages_words(const xlgc_visit *visit, int code) {
  static const xlgc_visit none;
  if (code == XLGC_E_FORK) return XLGC__MESSAGES_PARENTS;
  if (code == XLGC_E_INVAL && !visit) return XLGC__MESSAGES_CANNOT_PASS("this value");
  return xlgc_visit_message(visit ? visit : &none, code);
}

static bool is_name(xlgc_text name, const char *text) {
  return name.length == strlen(text) && memcmp(name.bytes, text, name.length) == 0;
}

bool xlgc__messages_is_standard(xlgc_text name) {
  static const char *const names[] = {"Error",     "EvalError", "RangeError",    "ReferenceError", "SyntaxError",
                                      "TypeError", "URIError",  "InternalError", "AggregateError"};
  bool is = false;
  for (size_t i = 0; i < sizeof names / sizeof *names && !is; i++)
    is = is_name(name, names[i]);
  return is;
}

bool xlgc__messages_is_general(xlgc_text name) { return !name.length || is_name(name, "Error"); }

int xlgc__messages_refuse_start(int code, xlgc_value *out, const char *why) {
  *out = (xlgc_value){.type = XLGC_STRING, .as.bytes = why, .length = strlen(why)};
  return code;
}

const char *xlgc__messages_of_start(int code, const xlgc_value *out) {
  return code && out->type == XLGC_STRING ? out->as.bytes : NULL;
}

const char *xlgc__messages_of_collection(int code) {
  return code == XLGC_E_BUSY ? xlgc_hosts_why() : xlgc_strerror(code);
}
