/* The module `xlgc` as Lua sees it. */
#ifndef XLGC_LUA_MODULE_H
#define XLGC_LUA_MODULE_H

#include <lua.h>

/* Pushes a new one, whose functions have the box, which is on top of the stack. */
void xlgc__lua_module_push(lua_State *L);

#endif
