#include <config.h>

#include "hosts/lua/errors.h"

#include "hosts/common/messages.h"

int xlgc__lua_errors_throw(lua_State *L, const xlgc_visit *visit, int code) {
  const char *words = xlgc__messages_words(visit, code);
  switch (xlgc__messages_sort_of(code)) {
  case XLGC__MESSAGES_MEMORY: lua_pushliteral(L, "not enough memory"); break; /* Lua knows it by this text */
  case XLGC__MESSAGES_REFERENCE: lua_pushfstring(L, "ReferenceError: %s", words); break;
  default: lua_pushstring(L, words); break;
  }
  return lua_error(L);
}

void xlgc__lua_errors_check(lua_State *L, int code) {
  if (code < 0) xlgc__lua_errors_throw(L, NULL, code);
}
