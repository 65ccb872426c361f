/* Calls on a stack of Lua's, and what a walk can see of the values below them. */
#ifndef XLGC_LUA_CALLS_H
#define XLGC_LUA_CALLS_H

#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>

/* lua_pcall and lua_resume, with what is below the call kept visible. Without memory for that: LUA_ERRMEM, and nil. */
int xlgc__lua_calls_pcall(lua_State *L, int nargs, int nresults, int msgh);
int xlgc__lua_calls_resume(lua_State *L, lua_State *from, int nargs, int *nresults);
/* Does a call run on this thread? */
bool xlgc__lua_calls_runs(lua_State *L);
/* Is there something on this thread's stack that no walk can see? */
bool xlgc__lua_calls_hides(lua_State *L);

#endif
