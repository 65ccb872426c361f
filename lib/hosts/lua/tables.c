#include <config.h>

#include "hosts/lua/tables.h"

#include <string.h>

/* Beside the parts: the metatable that they get. */
enum { METATABLE = 1 };

/* mode: of its parts, as in Lua; NULL where they are not weak. */
static void make(lua_State *L, xlgc__lua_key key, const char *mode) {
  lua_newtable(L);
  if (mode) {
    lua_createtable(L, 0, 1);
    lua_pushstring(L, mode);
    lua_setfield(L, -2, "__mode");
    lua_rawseti(L, -2, METATABLE);
  }
  xlgc__lua_engine_keep(L, key);
}

void xlgc__lua_tables_equip(lua_State *L) {
  make(L, XLGC__LUA_PINS, NULL);
  make(L, XLGC__LUA_PROXIES, "v");
  make(L, XLGC__LUA_KNOWN, "k");
  xlgc__lua_engine_push(L, XLGC__LUA_PINS);
  lua_setfield(L, LUA_REGISTRYINDEX, "xlgc.pins");
}

bool xlgc__lua_tables_push(lua_State *L, xlgc__lua_key key, uintptr_t part) {
  xlgc__lua_engine_push(L, key);
  bool is = lua_rawgetp(L, -1, (const void *)part) != LUA_TNIL;
  lua_remove(L, -2);
  return is;
}

void xlgc__lua_tables_need(lua_State *L, xlgc__lua_key key, uintptr_t part) {
  if (xlgc__lua_tables_push(L, key, part)) return;
  lua_pop(L, 1);
  lua_newtable(L);
  xlgc__lua_engine_push(L, key);
  if (lua_rawgeti(L, -1, METATABLE) != LUA_TNIL)
    lua_setmetatable(L, -3);
  else
    lua_pop(L, 1);
  lua_pushvalue(L, -2);
  lua_rawsetp(L, -2, (const void *)part);
  lua_pop(L, 1);
}

void xlgc__lua_tables_push_pinned(lua_State *L, const void *handle) {
  if (!xlgc__lua_tables_push(L, XLGC__LUA_PINS, xlgc__lua_tables_part_of(handle))) return;
  lua_rawgetp(L, -1, handle);
  lua_remove(L, -2);
}

void xlgc__lua_tables_unpin(lua_State *L, const void *handle) {
  if (xlgc__lua_tables_push(L, XLGC__LUA_PINS, xlgc__lua_tables_part_of(handle))) {
    lua_pushnil(L);
    lua_rawsetp(L, -2, handle);
  }
  lua_pop(L, 1);
}

void xlgc__lua_tables_unpin_export(void *data, void *handle) {
  const xlgc__lua_engine *engine = data;
  if (engine->aux) xlgc__lua_tables_unpin(engine->aux, handle);
}

bool xlgc__lua_tables_push_metatable(lua_State *L, bool *weak_keys, bool *weak_values) {
  *weak_keys = *weak_values = false;
  if (!lua_getmetatable(L, -1)) return false;
  lua_pushliteral(L, "__mode");
  if (lua_rawget(L, -2) == LUA_TSTRING) {
    const char *mode = lua_tostring(L, -1);
    *weak_keys = strchr(mode, 'k') != NULL;
    *weak_values = strchr(mode, 'v') != NULL;
  }
  lua_pop(L, 1);
  return true;
}

static bool has_entries(lua_State *L) {
  lua_pushnil(L);
  bool has = lua_next(L, -2);
  if (has) lua_pop(L, 2);
  return has;
}

bool xlgc__lua_tables_next(lua_State *L, int index) {
  while (lua_next(L, index)) {
    if (lua_type(L, -2) == LUA_TLIGHTUSERDATA) {
      if (has_entries(L)) return true;
      lua_pushvalue(L, -2);
      lua_pushnil(L);
      lua_rawset(L, index);
    }
    lua_pop(L, 1);
  }
  return false;
}

void xlgc__lua_tables_trim(lua_State *L, int index) {
  lua_pushnil(L);
  while (xlgc__lua_tables_next(L, index))
    lua_pop(L, 1);
}
