/* Functions of Lua's own library that ask for a function take a proxy that can be called. */
#ifndef XLGC_HOSTS_LUA_FUNCTIONS_H
#define XLGC_HOSTS_LUA_FUNCTIONS_H

#include "hosts/lua/engine.h"

/* With the box on top. What the program has replaced by functions of its own, or has not loaded, stays as it is. Raises
 * errors of Lua's. */
void xlgc__lua_functions_equip(lua_State *L);

#endif
