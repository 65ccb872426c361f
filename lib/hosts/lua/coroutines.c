/* coroutine.resume and coroutine.wrap as Lua has them, which also note the coroutine that runs: Lua does not show that
 * to what stops it, as each coroutine has a hook of its own. For states of the library's own. */
#include <config.h>

#include "hosts/lua/coroutines.h"

#include <lualib.h>

static int run(lua_State *L, lua_State *co, int count, int *results) {
  xlgc__lua_engine *engine = xlgc__lua_engine_find(L);
  lua_State *before = engine ? engine->running : NULL;
  if (engine) engine->running = co;
  int status = lua_resume(co, L, count, results);
  engine = xlgc__lua_engine_find(L); /* it may have been closed */
  if (engine) engine->running = before;
  return status;
}

int xlgc__lua_coroutines_resume(lua_State *L, lua_State *co, int count) {
  int results;
  if (!lua_checkstack(co, count)) {
    lua_pushliteral(L, "too many arguments to resume");
    return -1;
  }
  lua_xmove(L, co, count);
  int status = run(L, co, count, &results);
  bool is_well = status == LUA_OK || status == LUA_YIELD;
  if (is_well && !lua_checkstack(L, results + 1)) {
    lua_pop(co, results);
    lua_pushliteral(L, "too many results to resume");
    return -1;
  }
  lua_xmove(co, L, is_well ? results : 1);
  return is_well ? results : -1;
}

static int resume(lua_State *L) {
  lua_State *co = lua_tothread(L, 1);
  luaL_argexpected(L, co, 1, "coroutine");
  int results = xlgc__lua_coroutines_resume(L, co, lua_gettop(L) - 1);
  int count = results < 0 ? 1 : results;
  lua_pushboolean(L, results >= 0);
  lua_insert(L, -(count + 1));
  return count + 1;
}

/* What the coroutine has not closed is closed, and the error may be another one then. */
static int fail(lua_State *L, lua_State *co) {
  int status = lua_status(co);
  if (status != LUA_OK && status != LUA_YIELD) {
    status = lua_resetthread(co);
    lua_xmove(co, L, 1);
  }
  if (status != LUA_ERRMEM && lua_type(L, -1) == LUA_TSTRING) {
    luaL_where(L, 1);
    lua_insert(L, -2);
    lua_concat(L, 2);
  }
  return lua_error(L);
}

static int call_wrapped(lua_State *L) {
  lua_State *co = lua_tothread(L, lua_upvalueindex(1));
  int results = xlgc__lua_coroutines_resume(L, co, lua_gettop(L));
  return results < 0 ? fail(L, co) : results;
}

static int wrap(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_State *co = lua_newthread(L);
  lua_pushvalue(L, 1);
  lua_xmove(L, co, 1);
  lua_pushcclosure(L, call_wrapped, 1);
  return 1;
}

void xlgc__lua_coroutines_install(lua_State *L) {
  static const luaL_Reg functions[] = {{"resume", resume}, {"wrap", wrap}, {NULL, NULL}};
  lua_getglobal(L, LUA_COLIBNAME);
  luaL_setfuncs(L, functions, 0);
  lua_pop(L, 1);
}
