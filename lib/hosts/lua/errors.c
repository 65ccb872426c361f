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

/* What Lua does for lack of memory calls no finalizers, so what waits for them still takes its memory. Proxies wait for
 * two, and are freed by the collection after that. */
static void make_room(xlgc__lua_engine *engine) {
  if (!engine->limit || !engine->limit->has_refused) return;
  if (!xlgc__lua_engine_collect(engine)) lua_gc(engine->current, LUA_GCCOLLECT);
}

static int run_out(xlgc__lua_engine *engine, xlgc_visit *visit) {
  make_room(engine);
  return xlgc__limit_answer(engine->limit, visit);
}

/* The error on top of the stack becomes the visit's. */
static int raise(lua_State *L, int status, xlgc__lua_engine *engine, xlgc_visit *visit) {
  if (status == LUA_ERRMEM) return run_out(engine, visit);
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

/* The call itself is the adapter's work. The function restores the limit. */
static int call_protected(lua_State *L, xlgc__limit *limit, lua_CFunction function, void *data, int handler) {
  unsigned before = xlgc__limit_lift(limit, XLGC__LIMIT_NONE);
  lua_pushcfunction(L, function);
  lua_pushlightuserdata(L, data);
  int status = xlgc__lua_calls_pcall(L, 1, 0, handler);
  xlgc__limit_restore(limit, before); /* an error of Lua's may have left it lifted */
  return status;
}

int xlgc__lua_errors_protect(xlgc__lua_engine *engine, lua_CFunction function, void *data, xlgc_visit *visit) {
  lua_State *L = engine->current;
  int top = lua_gettop(L);
  make_room(engine); /* after an error that the script has caught itself */
  if (engine->limit) engine->limit->has_refused = false;
  if (!lua_checkstack(L, 4)) return xlgc__limit_answer(engine->limit, visit);
  lua_pushcfunction(L, make_text);
  int status = call_protected(L, engine->limit, function, data, top + 1);
  int failed = status == LUA_OK ? 0 : raise(L, status, engine, visit);
  lua_settop(L, top);
  return failed;
}
