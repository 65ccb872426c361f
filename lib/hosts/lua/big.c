#include <config.h>

#include "hosts/lua/big.h"

#include <string.h>

#include "hosts/common/big.h"

bool xlgc__lua_big_at(lua_State *L, int index, xlgc_value *out) {
  if (lua_type(L, index) != LUA_TUSERDATA || !lua_getmetatable(L, index)) return false;
  xlgc__lua_engine_push(L, XLGC__LUA_BIG);
  bool is = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  if (!is) return false;
  out->type = XLGC_BIG;
  out->as.bytes = lua_touserdata(L, index);
  out->length = lua_rawlen(L, index);
  return true;
}

void xlgc__lua_big_push(lua_State *L, const xlgc_value *value) {
  luaL_checkstack(L, 2, NULL);
  memcpy(lua_newuserdatauv(L, value->length, 0), value->as.bytes, value->length);
  xlgc__lua_engine_push(L, XLGC__LUA_BIG);
  lua_setmetatable(L, -2);
}

/* Beside an integer of Lua's own the sign decides: the other has more than 64 bits. */
static bool is_less(lua_State *L, int one, int other) {
  xlgc_value a, b;
  bool is_one = xlgc__lua_big_at(L, one, &a), is_other = xlgc__lua_big_at(L, other, &b);
  if (is_one && is_other) return xlgc__big_is_less(a.as.bytes, a.length, b.as.bytes, b.length);
  if (is_one && lua_isinteger(L, other)) return *a.as.bytes == '-';
  if (is_other && lua_isinteger(L, one)) return *b.as.bytes != '-';
  return luaL_error(L, "an integer of more than 64 bits can be compared with integers only");
}

static int equal(lua_State *L) {
  xlgc_value a, b;
  bool is = xlgc__lua_big_at(L, 1, &a) && xlgc__lua_big_at(L, 2, &b) && a.length == b.length;
  lua_pushboolean(L, is && memcmp(a.as.bytes, b.as.bytes, a.length) == 0);
  return 1;
}

static int less(lua_State *L) {
  lua_pushboolean(L, is_less(L, 1, 2));
  return 1;
}

static int less_or_equal(lua_State *L) {
  lua_pushboolean(L, !is_less(L, 2, 1));
  return 1;
}

static int describe(lua_State *L) {
  xlgc_value big;
  char text[XLGC__BIG_TEXT_BYTES];
  if (!xlgc__lua_big_at(L, 1, &big)) return luaL_typeerror(L, 1, "xlgc integer");
  lua_pushlstring(L, text, xlgc__big_describe(big.as.bytes, big.length, text));
  return 1;
}

void xlgc__lua_big_equip(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"__eq", equal}, {"__lt", less}, {"__le", less_or_equal}, {"__tostring", describe}, {NULL, NULL}};
  lua_newtable(L);
  luaL_setfuncs(L, functions, 0);
  lua_pushliteral(L, "xlgc integer");
  lua_pushvalue(L, -1);
  lua_setfield(L, -3, "__name");
  lua_setfield(L, -2, "__metatable");
  xlgc__lua_engine_keep(L, XLGC__LUA_BIG);
}
