/* What Lua does with proxies. */
#ifndef XLGC_LUA_METAMETHODS_H
#define XLGC_LUA_METAMETHODS_H

#include <lua.h>

/* Makes the metatable of proxies in the registry, with the box on top of the stack. */
void xlgc__lua_metamethods_equip(lua_State *L);

#endif
