#include <config.h>

#include "hosts/lua/apart.h"

#include <string.h>

bool xlgc__lua_apart_at(lua_State *L, int index, xlgc_value *out) {
  if (lua_type(L, index) != LUA_TUSERDATA || !lua_getmetatable(L, index)) return false;
  xlgc__lua_engine_push(L, XLGC__LUA_APART);
  bool is = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  if (!is) return false;
  out->type = XLGC_STRING;
  out->as.bytes = lua_touserdata(L, index);
  out->length = lua_rawlen(L, index);
  return true;
}

void xlgc__lua_apart_push(lua_State *L, const char *text, size_t length) {
  luaL_checkstack(L, 2, NULL);
  void *room = lua_newuserdatauv(L, length, 0);
  if (length) memcpy(room, text, length);
  xlgc__lua_engine_push(L, XLGC__LUA_APART);
  lua_setmetatable(L, -2);
}

void xlgc__lua_apart_join(lua_State *L, int index) {
  xlgc_value text;
  luaL_checkstack(L, 2, NULL);
  index = lua_absindex(L, index);
  if (!xlgc__lua_apart_at(L, index, &text)) return;
  lua_pushlstring(L, text.as.bytes, text.length);
  lua_replace(L, index);
}

/* Both operands become strings, or numbers that Lua can join. */
static int concatenate(lua_State *L) {
  xlgc__lua_apart_join(L, 1);
  xlgc__lua_apart_join(L, 2);
  lua_concat(L, 2);
  return 1;
}

static int compare(lua_State *L, int order) {
  xlgc_value one, other;
  if (!xlgc__lua_apart_at(L, 1, &one) || !xlgc__lua_apart_at(L, 2, &other))
    return luaL_error(L, "text of another language can be compared with such text only: tostring makes it a string");
  xlgc__lua_apart_join(L, 1);
  xlgc__lua_apart_join(L, 2);
  lua_pushboolean(L, lua_compare(L, 1, 2, order));
  return 1;
}

static int equal(lua_State *L) {
  xlgc_value one, other;
  bool is = xlgc__lua_apart_at(L, 1, &one) && xlgc__lua_apart_at(L, 2, &other) && one.length == other.length;
  lua_pushboolean(L, is && memcmp(one.as.bytes, other.as.bytes, one.length) == 0);
  return 1;
}

static int less(lua_State *L) { return compare(L, LUA_OPLT); }
static int less_or_equal(lua_State *L) { return compare(L, LUA_OPLE); }

static int describe(lua_State *L) {
  xlgc_value text;
  if (!xlgc__lua_apart_at(L, 1, &text)) return luaL_typeerror(L, 1, "xlgc text");
  lua_settop(L, 1);
  xlgc__lua_apart_join(L, 1);
  return 1;
}

static int length(lua_State *L) {
  xlgc_value text;
  if (!xlgc__lua_apart_at(L, 1, &text)) return luaL_typeerror(L, 1, "xlgc text");
  lua_pushinteger(L, (lua_Integer)text.length);
  return 1;
}

void xlgc__lua_apart_equip(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"__eq", equal},           {"__lt", less}, {"__le", less_or_equal}, {"__tostring", describe}, {"__len", length},
      {"__concat", concatenate}, {NULL, NULL}};
  lua_newtable(L);
  luaL_setfuncs(L, functions, 0);
  lua_pushliteral(L, "xlgc text");
  lua_pushvalue(L, -1);
  lua_setfield(L, -3, "__name");
  lua_setfield(L, -2, "__metatable");
  xlgc__lua_engine_keep(L, XLGC__LUA_APART);
}
