/* What other engines do with objects of Lua. */
#ifndef XLGC_LUA_BEHAVIOUR_H
#define XLGC_LUA_BEHAVIOUR_H

#include <lua.h>
#include <xlgc/bridge.h>

extern const xlgc_behaviour xlgc__lua_behaviour;
/* Makes the metatable of cursors in the registry. */
void xlgc__lua_behaviour_equip(lua_State *L);

#endif
