/* What Lua does with proxies. */
#ifndef XLGC_LUA_METAMETHODS_H
#define XLGC_LUA_METAMETHODS_H

#include <lua.h>

/* Makes the metatable of proxies in the registry, with the box on top of the stack. */
/* Calls the proxy at index 1 with the arguments that follow; its upvalue is the box. A metamethod without one difference:
 * none of the arguments is what a method is called on. */
int xlgc__lua_metamethods_call_plainly(lua_State *L);
void xlgc__lua_metamethods_equip(lua_State *L);

#endif
