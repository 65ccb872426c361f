/* Errors of Lua's for codes, and codes for errors. */
#ifndef XLGC_LUA_ERRORS_H
#define XLGC_LUA_ERRORS_H

#include "hosts/lua/engine.h"

/* Raises the error of Lua's for what a function of xlgc answered. visit: may be NULL. Does not return. */
int xlgc__lua_errors_throw(lua_State *L, const xlgc_visit *visit, int code);
/* The same, when the code is one of an error. */
void xlgc__lua_errors_check(lua_State *L, int code);
/* Runs `function(data)` on the engine's current thread, protected. Returns 0, XLGC_E_NOMEM or XLGC_E_RAISED, with the
 * error's text, if `visit` is given, as its message. The stack is as before. */
int xlgc__lua_errors_protect(xlgc__lua_engine *engine, lua_CFunction function, void *data, xlgc_visit *visit);

#endif
