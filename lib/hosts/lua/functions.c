/* The library asks for the type of an argument, and a proxy is a userdata. So these functions are given a function that
 * calls the proxy. A proxy cannot be a function itself: those have no fields. */
#include <config.h>

#include "hosts/lua/functions.h"

#include <lualib.h>

#include "hosts/lua/metamethods.h"
#include "hosts/lua/proxy.h"

enum { BOX = 1, ORIGINAL, POSITION, UPVALUES = POSITION };
enum { PROXY = 2 };

/* The first argument is one like others, also when the proxy was read from it. */
static int call_proxy(lua_State *L) {
  luaL_checkstack(L, 1, "too many arguments");
  lua_pushvalue(L, lua_upvalueindex(PROXY));
  lua_insert(L, 1);
  return xlgc__lua_metamethods_call_plainly(L);
}

/* The original runs in the place of this function: errors name what the program has called, and coroutines yield. */
static int run(lua_State *L) {
  int at = (int)lua_tointeger(L, lua_upvalueindex(POSITION));
  const xlgc__lua_proxy *proxy = lua_type(L, at) == LUA_TUSERDATA ? xlgc__lua_proxy_at(L, at) : NULL;
  if (proxy && proxy->traits & XLGC_CALLABLE) {
    luaL_checkstack(L, 2, NULL);
    lua_pushvalue(L, lua_upvalueindex(BOX));
    lua_pushvalue(L, at);
    lua_pushcclosure(L, call_proxy, 2);
    lua_replace(L, at);
  }
  return lua_tocfunction(L, lua_upvalueindex(ORIGINAL))(L);
}

/* Lua 5.4's own one passes on three results of `__pairs`; the fourth is closed when the loop is left. */
static int run_pairs(lua_State *L) {
  const xlgc__lua_proxy *proxy = lua_type(L, 1) == LUA_TUSERDATA ? xlgc__lua_proxy_at(L, 1) : NULL;
  return proxy ? xlgc__lua_metamethods_pairs(L) : lua_tocfunction(L, lua_upvalueindex(ORIGINAL))(L);
}

/* Is the value on top a function of C that needs nothing of its closure? */
static bool can_be_run(lua_State *L) {
  if (!lua_iscfunction(L, -1)) return false;
  bool has_upvalues = lua_getupvalue(L, -1, 1) != NULL;
  if (has_upvalues) lua_pop(L, 1);
  return !has_upvalues;
}

void xlgc__lua_functions_equip(lua_State *L) {
  static const struct {
    const char *library, *name;
    int position;
    lua_CFunction run;
  } functions[] = {{LUA_GNAME, "load", 1, run},        {LUA_GNAME, "xpcall", 2, run},
                   {LUA_TABLIBNAME, "sort", 2, run},   {LUA_STRLIBNAME, "gsub", 3, run},
                   {LUA_COLIBNAME, "create", 1, run},  {LUA_COLIBNAME, "wrap", 1, run},
                   {LUA_DBLIBNAME, "sethook", 1, run}, {LUA_GNAME, "pairs", 1, run_pairs}};
  int box = lua_gettop(L);
  luaL_checkstack(L, 8, NULL);
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    lua_settop(L, box + 1);
    lua_pushstring(L, functions[i].library);
    if (lua_rawget(L, box + 1) != LUA_TTABLE) continue;
    lua_pushstring(L, functions[i].name);
    lua_pushvalue(L, -1);
    lua_rawget(L, -3);
    if (!can_be_run(L)) continue;
    lua_pushvalue(L, box);
    lua_insert(L, -2);
    lua_pushinteger(L, functions[i].position);
    lua_pushcclosure(L, functions[i].run, UPVALUES);
    lua_rawset(L, -3);
  }
  lua_settop(L, box);
}
