/* A weak table has them by number; a watch is a number. */
#include <config.h>

#include "hosts/lua/watch.h"

#include "hosts/lua/engine.h"
#include "hosts/lua/tables.h"
#include "hosts/lua/values.h"

void xlgc__lua_watch_equip(lua_State *L) {
  lua_newtable(L);
  lua_createtable(L, 0, 1);
  lua_pushliteral(L, "v");
  lua_setfield(L, -2, "__mode");
  lua_setmetatable(L, -2);
  xlgc__lua_engine_keep(L, XLGC__LUA_WATCHED);
}

/* An export's object is pinned; another is on the stack of the module's function. */
static void push_object(lua_State *L, const xlgc__lua_engine *engine, const void *handle) {
  lua_State *caller = engine->current;
  if (!lua_checkstack(caller, 1)) luaL_error(L, "the stack is full");
  xlgc__lua_tables_push_pinned(L, handle);
  for (int i = 1; lua_isnil(L, -1) && i <= lua_gettop(caller); i++) {
    if (lua_topointer(caller, i) != handle) continue;
    lua_pop(L, 1);
    lua_pushvalue(caller, i);
    lua_xmove(caller, L, 1);
  }
}

static int add(lua_State *L) {
  const xlgc__lua_engine *engine = lua_touserdata(L, 1);
  xlgc__lua_engine_push(L, XLGC__LUA_WATCHED);
  push_object(L, engine, lua_touserdata(L, 2));
  lua_rawseti(L, -2, lua_tointeger(L, 3));
  return 0;
}

int xlgc__lua_watch_begin(void *data, void *handle, void **out) {
  xlgc__lua_engine *engine = data;
  lua_State *L = engine->aux;
  if (!L || !lua_checkstack(L, LUA_MINSTACK)) return XLGC_E_NOMEM;
  lua_pushcfunction(L, add);
  lua_pushlightuserdata(L, engine);
  lua_pushlightuserdata(L, handle);
  lua_pushinteger(L, ++engine->watches);
  *out = (void *)(uintptr_t)engine->watches;
  if (!lua_pcall(L, 3, 0, 0)) return 0;
  lua_pop(L, 1);
  return XLGC_E_NOMEM;
}

void *xlgc__lua_watch_object(void *data, void *watch) {
  const xlgc__lua_engine *engine = data;
  lua_State *L = engine->aux;
  if (!L || !lua_checkstack(L, 2)) return NULL;
  xlgc__lua_engine_push(L, XLGC__LUA_WATCHED);
  lua_rawgeti(L, -1, (lua_Integer)(uintptr_t)watch);
  const void *object = lua_topointer(L, -1);
  lua_pop(L, 2);
  return (void *)(uintptr_t)object;
}

void xlgc__lua_watch_end(void *data, void *watch) {
  const xlgc__lua_engine *engine = data;
  lua_State *L = engine->aux;
  if (!engine->main || !L || !lua_checkstack(L, 2) || !xlgc__lua_watch_object(data, watch)) return;
  xlgc__lua_engine_push(L, XLGC__LUA_WATCHED);
  lua_pushnil(L);
  lua_rawseti(L, -2, (lua_Integer)(uintptr_t)watch); /* the key is there, so nothing is allocated */
  lua_pop(L, 1);
}

static int pack(lua_State *L) {
  xlgc__lua_engine *engine = lua_touserdata(L, 1);
  xlgc__lua_engine_push(L, XLGC__LUA_WATCHED);
  if (lua_rawgeti(L, -1, lua_tointeger(L, 2)) != LUA_TNIL) xlgc__lua_values_pop(L, engine, lua_touserdata(L, 3));
  return 0;
}

int xlgc__lua_watch_value(void *data, void *watch, xlgc_value *out) {
  xlgc__lua_engine *engine = data;
  lua_State *L = engine->aux;
  if (!L || !lua_checkstack(L, LUA_MINSTACK)) return XLGC_E_NOMEM;
  lua_pushcfunction(L, pack);
  lua_pushlightuserdata(L, engine);
  lua_pushinteger(L, (lua_Integer)(uintptr_t)watch);
  lua_pushlightuserdata(L, out);
  if (!lua_pcall(L, 3, 0, 0)) return 0;
  lua_pop(L, 1);
  return XLGC_E_NOMEM;
}
