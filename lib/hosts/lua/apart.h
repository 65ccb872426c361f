/* Text that is told from bytes, where the state's strings are bytes: userdata that hold it in UTF-8, can be compared,
 * told as a string and joined to one, and go out as text. */
#ifndef XLGC_LUA_APART_H
#define XLGC_LUA_APART_H

#include "hosts/lua/engine.h"

/* Makes the metatable in the registry. */
void xlgc__lua_apart_equip(lua_State *L);
/* Pushes one. Raises for lack of memory. */
void xlgc__lua_apart_push(lua_State *L, const char *text, size_t length);
/* If one is there: its value, whose bytes are Lua's. */
bool xlgc__lua_apart_at(lua_State *L, int index, xlgc_value *out);
/* If one is there, the string that tostring makes of it takes its place. Raises for lack of memory. */
void xlgc__lua_apart_join(lua_State *L, int index);

#endif
