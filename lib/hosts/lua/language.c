/* A private Lua state for another language, and the object by which it is used: `eval` and `globals`. */
#include <config.h>

#include "engine.h"

#include <lualib.h>
#include <string.h>

/* As the interactive interpreter: an expression says its value. Called as a method it has the object before the text. */
static int eval(lua_State *L) {
  size_t length;
  if (lua_type(L, 1) == LUA_TTABLE) lua_remove(L, 1);
  const char *text = luaL_checklstring(L, 1, &length);
  lua_settop(L, 1);
  lua_pushfstring(L, "return %s", text);
  if (strlen(text) != length || luaL_loadbuffer(L, lua_tostring(L, 2), length + 7, "=eval")) {
    lua_settop(L, 1);
    if (luaL_loadbuffer(L, text, length, "=eval")) return lua_error(L);
  }
  int base = lua_gettop(L) - 1;
  lua_call(L, 0, LUA_MULTRET);
  return lua_gettop(L) - base;
}

static int set_up(lua_State *L) {
  luaL_openlibs(L);
  lua_createtable(L, 0, 2);
  lua_pushcfunction(L, eval);
  lua_setfield(L, -2, "eval");
  lua_pushglobaltable(L);
  lua_setfield(L, -2, "globals");
  return 1;
}

static int start(xlgc_pool *pool, void **engine, xlgc_value *out) {
  lua_State *L = luaL_newstate();
  if (!L) return XLGC_E_NOMEM;
  lua_pushcfunction(L, set_up);
  int failed = lua_pcall(L, 0, 1, 0) ? XLGC_E_NOMEM : xlgc_lua_open(L, pool, 0, NULL);
  if (!failed) failed = xlgc_lua_value(L, -1, out); /* it stays on the stack, which is a root */
  if (failed)
    lua_close(L);
  else
    *engine = L;
  return failed;
}

static int end(void *engine) {
  int failed = xlgc_lua_close(engine);
  if (failed && failed != XLGC_E_STATE) return failed;
  lua_close(engine);
  return 0;
}

const xlgc_language xlgc_language_lua = {.name = "lua", .start = start, .end = end};
