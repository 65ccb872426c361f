/* Values out of Lua and into it. These functions raise errors of Lua's for lack of memory, and answer XLGC_E_* for what
 * else goes wrong. */
#ifndef XLGC_LUA_VALUES_H
#define XLGC_LUA_VALUES_H

#include "hosts/lua/engine.h"

/* Strings are Lua's and not copied; what they are is the state's choice, see text.h. Returns 0 or XLGC_E_*. */
int xlgc__lua_values_pack(lua_State *L, xlgc__lua_engine *engine, int index, xlgc_value *out);
/* The name of a field: a string is text where it can be, whatever the choice. */
int xlgc__lua_values_pack_name(lua_State *L, xlgc__lua_engine *engine, int index, xlgc_value *out);
/* As _pack, with strings copied, which are bytes where they are no text. */
int xlgc__lua_values_copy(lua_State *L, xlgc__lua_engine *engine, int index, xlgc_value *out);
/* As _pack, and raises an error of Lua's for all that goes wrong. */
void xlgc__lua_values_pack_or_throw(lua_State *L, xlgc__lua_engine *engine, int index, xlgc_value *out);
/* Packs what is on top of the stack, with strings copied, and pops it; raises as well. */
void xlgc__lua_values_pop(lua_State *L, xlgc__lua_engine *engine, xlgc_value *out);
/* The same of a name. */
void xlgc__lua_values_pop_name(lua_State *L, xlgc__lua_engine *engine, xlgc_value *out);
/* Pushes a value. Returns 0, or XLGC_E_* and nothing is pushed. */
int xlgc__lua_values_unpack(lua_State *L, xlgc__lua_engine *engine, const xlgc_value *value);
/* The same, and raises. */
void xlgc__lua_values_unpack_or_throw(lua_State *L, xlgc__lua_engine *engine, const xlgc_value *value);
/* The same of what is no name: text is no string where it is to be apart. */
void xlgc__lua_values_give_or_throw(lua_State *L, xlgc__lua_engine *engine, const xlgc_value *value);

#endif
