/* Integers of more than 64 bits, which Lua has none of: userdata that can be compared, told as text and given on. Lua's
 * own error says that there is no arithmetic on them. */
#ifndef XLGC_LUA_BIG_H
#define XLGC_LUA_BIG_H

#include "hosts/lua/engine.h"

/* Makes the metatable in the registry. */
void xlgc__lua_big_equip(lua_State *L);
/* Pushes one. Raises for lack of memory. */
void xlgc__lua_big_push(lua_State *L, const xlgc_value *value);
/* If one is there: its value, whose digits are Lua's. */
bool xlgc__lua_big_at(lua_State *L, int index, xlgc_value *out);

#endif
