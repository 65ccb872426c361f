/* Tables of objects in the registry, which grow with the program. Each is a table of parts with a few hundred entries: one
 * of Lua's is built anew as it grows, which takes long where it is large.
 *
 * A part has the entries of neighbours: ids whose slots are, or objects whose addresses are. A weak table's parts have
 * weak entries and are held themselves. */
#ifndef XLGC_LUA_TABLES_H
#define XLGC_LUA_TABLES_H

#include "hosts/lua/engine.h"

/* Which part an id's entry, or an object's, is in. */
static inline uintptr_t xlgc__lua_tables_part_of_id(xlgc_id id) { return (uintptr_t)(uint32_t)id >> 8; }
static inline uintptr_t xlgc__lua_tables_part_of(const void *object) { return (uintptr_t)object >> 16; }

/* Makes the tables. May raise errors. */
void xlgc__lua_tables_equip(lua_State *L);
/* Pushes a part, which is made if need be; may raise errors. */
void xlgc__lua_tables_need(lua_State *L, xlgc__lua_key key, uintptr_t part);
/* Pushes a part, or nil, and returns whether there is one. Needs two places on the stack, and cannot fail. */
bool xlgc__lua_tables_push(lua_State *L, xlgc__lua_key key, uintptr_t part);
/* Pushes the object with a handle: nil when it is not pinned. Needs three places on the stack, and cannot fail. */
void xlgc__lua_tables_push_pinned(lua_State *L, const void *handle);
/* Takes it out. Needs three places on the stack, and cannot fail. */
void xlgc__lua_tables_unpin(lua_State *L, const void *handle);
/* The same for the adapter. */
void xlgc__lua_tables_unpin_export(void *engine, void *handle);
/* Pushes the metatable of the table on top, if it has one, and returns whether it has; says what is weak in the table.
 * Needs two places on the stack. */
bool xlgc__lua_tables_push_metatable(lua_State *L, bool *weak_keys, bool *weak_values);
/* Goes on to the next part of the table at an index, as lua_next: takes the key before from the stack, and pushes the
 * next key and its part. Parts without entries are taken out. */
bool xlgc__lua_tables_next(lua_State *L, int index);
/* Takes the parts without entries out of the table at an index. */
void xlgc__lua_tables_trim(lua_State *L, int index);

#endif
