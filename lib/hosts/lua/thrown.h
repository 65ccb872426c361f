/* What is thrown crosses. What Lua threw comes home as it was: a string, a table. What another language threw is a table
 * in Lua, with the fields `original` (the value itself), `language`, `type`, `message` and `stack`, and the words as its
 * text. */
#ifndef XLGC_LUA_THROWN_H
#define XLGC_LUA_THROWN_H

#include "hosts/lua/engine.h"

/* Raises the error of Lua's for what a visit answered. Does not return. */
int xlgc__lua_thrown_throw(lua_State *L, xlgc__lua_engine *engine, const xlgc_visit *visit, int code);
/* Runs `function(data)` on the engine's current thread, protected. Returns 0, XLGC_E_NOMEM, or XLGC_E_RAISED with the
 * error as the visit's. The stack is as before. */
int xlgc__lua_thrown_protect(xlgc__lua_engine *engine, lua_CFunction function, void *data, xlgc_visit *visit);
/* Makes the metatable of these errors in the registry. */
void xlgc__lua_thrown_equip(lua_State *L);

#endif
