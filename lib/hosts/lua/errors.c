#include <config.h>

#include "hosts/lua/errors.h"

#include <string.h>

#include "hosts/common/messages.h"
#include "hosts/common/utf8.h"
#include "hosts/lua/calls.h"

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

static int make_text(lua_State *L) {
  if (lua_type(L, 1) != LUA_TSTRING) luaL_tolstring(L, 1, NULL);
  return 1;
}

/* The error on top of the stack becomes the visit's. */
static int raise(lua_State *L, int status, xlgc__lua_engine *engine, xlgc_visit *visit) {
  if (status == LUA_ERRMEM) return xlgc__limit_answer(engine->limit, visit);
  if (!visit) return XLGC_E_RAISED;
  if (lua_type(L, -1) != LUA_TSTRING)
    return xlgc_visit_raise(visit, XLGC__MESSAGES_NO_WORDS, strlen(XLGC__MESSAGES_NO_WORDS));
  size_t length;
  const char *bytes = lua_tolstring(L, -1, &length);
  xlgc_value text;
  if (xlgc__utf8_copy(&text, bytes, length)) return XLGC_E_NOMEM;
  int failed = xlgc_visit_raise(visit, text.as.bytes, text.length);
  xlgc_value_clear(&text);
  return failed;
}

int xlgc__lua_errors_protect(xlgc__lua_engine *engine, lua_CFunction function, void *data, xlgc_visit *visit) {
  lua_State *L = engine->current;
  int top = lua_gettop(L);
  if (!lua_checkstack(L, 4)) return xlgc__limit_answer(engine->limit, visit);
  lua_pushcfunction(L, make_text);
  lua_pushcfunction(L, function);
  lua_pushlightuserdata(L, data);
  bool is_lifted = engine->limit && engine->limit->is_lifted;
  int status = xlgc__lua_calls_pcall(L, 1, 0, top + 1);
  xlgc__limit_restore(engine->limit, is_lifted); /* an error of Lua's may have left it lifted */
  int failed = status == LUA_OK ? 0 : raise(L, status, engine, visit);
  lua_settop(L, top);
  return failed;
}
