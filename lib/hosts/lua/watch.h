/* Objects of a state are watched, not held: the adapter's `watch`, `watched`, `unwatch` and `watched_value`. */
#ifndef XLGC_LUA_WATCH_H
#define XLGC_LUA_WATCH_H

#include "hosts/lua/engine.h"

/* Makes the table. May raise errors. */
void xlgc__lua_watch_equip(lua_State *L);
int xlgc__lua_watch_begin(void *engine, void *handle, void **out);
void *xlgc__lua_watch_object(void *engine, void *watch);
void xlgc__lua_watch_end(void *engine, void *watch);
int xlgc__lua_watch_value(void *engine, void *watch, xlgc_value *out);

#endif
