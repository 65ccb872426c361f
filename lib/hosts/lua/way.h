/* How an object is held inside a Lua state, for people: the adapter's `describe`, `find_way`
 * and `where`. */
#ifndef XLGC_LUA_WAY_H
#define XLGC_LUA_WAY_H

#include <stddef.h>

void xlgc__lua_way_describe(void *engine, void *handle, char *text, size_t size_bytes);
void xlgc__lua_way_where(void *engine, char *text, size_t size_bytes);
int xlgc__lua_way_find(void *engine, void *const *from, size_t from_count, void *to, size_t budget,
                       void (*step)(void *data, const char *text), void *data);

#endif
