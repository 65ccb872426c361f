/* What Lua does with proxies. */
#ifndef XLGC_LUA_METAMETHODS_H
#define XLGC_LUA_METAMETHODS_H

#include <lua.h>

/* Calls the proxy at index 1 with the arguments that follow; its upvalue is the box. A metamethod without one difference:
 * none of the arguments is what a method is called on. */
int xlgc__lua_metamethods_call_plainly(lua_State *L);
/* The metamethod __pairs: a function, the cursor, nil, and the cursor again, to be closed. Its first upvalue is the box. */
int xlgc__lua_metamethods_pairs(lua_State *L);
/* Makes the metatable of proxies in the registry, with the box on top of the stack. */
void xlgc__lua_metamethods_equip(lua_State *L);

#endif
