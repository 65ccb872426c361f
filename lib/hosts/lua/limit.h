#ifndef XLGC_HOSTS_LUA_LIMIT_H
#define XLGC_HOSTS_LUA_LIMIT_H

#include <lua.h>

#include "hosts/common/limit.h"

/* Counts the memory of a new state. Returns 0 or XLGC_E_NOMEM. */
int xlgc__lua_limit_begin(lua_State *L);
/* Closes it. */
void xlgc__lua_limit_end(lua_State *L);
/* Of a state whose memory is counted, or NULL. */
xlgc__limit *xlgc__lua_limit_of(lua_State *L);
/* The language's `limit_memory`. */
int xlgc__lua_limit_set(void *engine, uint64_t bytes_max, uint64_t *bytes);

#endif
