#ifndef XLGC_LUA_COROUTINES_H
#define XLGC_LUA_COROUTINES_H

#include "hosts/lua/engine.h"

/* Puts them in place of Lua's own, in a state that has its libraries. Raises errors of Lua's. */
void xlgc__lua_coroutines_install(lua_State *L);

#endif
