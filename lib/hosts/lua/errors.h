/* Errors of Lua's for codes. What another language has thrown is in thrown.h. */
#ifndef XLGC_LUA_ERRORS_H
#define XLGC_LUA_ERRORS_H

#include "hosts/lua/engine.h"

/* Raises the error of Lua's for what a function of xlgc answered. visit: may be NULL. Does not return. */
int xlgc__lua_errors_throw(lua_State *L, const xlgc_visit *visit, int code);
/* The same, when the code is one of an error. */
void xlgc__lua_errors_check(lua_State *L, int code);

#endif
