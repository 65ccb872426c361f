/* What comes before an image of a Lua state, and how it becomes of no use. */
#ifndef XLGC_LUA_IMAGE_H
#define XLGC_LUA_IMAGE_H

#include "hosts/lua/engine.h"

/* The metatable of watchers. Raises errors of Lua's; the box is on top. */
void xlgc__lua_image_equip(lua_State *L);

/* The adapter's functions. */
size_t xlgc__lua_image_size(void *engine);
int xlgc__lua_image_begin(void *engine);
int xlgc__lua_image_end(void *engine);

/* In the image: Lua's memory comes from elsewhere. */
void xlgc__lua_image_enter(xlgc__lua_engine *engine);

/* Does anything forbid a summary now? Returns 0, or XLGC_E_BUSY and says why. */
int xlgc__lua_image_refuses(const xlgc__lua_engine *engine);

#endif
