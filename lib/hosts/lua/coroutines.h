#ifndef XLGC_LUA_COROUTINES_H
#define XLGC_LUA_COROUTINES_H

#include "hosts/lua/engine.h"

/* Puts them in place of Lua's own, in a state that has its libraries. Raises errors of Lua's. */
void xlgc__lua_coroutines_install(lua_State *L);

/* As coroutine.resume, with the arguments on top. Pushes the results, and returns how many they are; or an error, and
 * returns -1. */
int xlgc__lua_coroutines_resume(lua_State *L, lua_State *co, int count);

#endif
