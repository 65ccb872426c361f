/* What a walk has seen: a table of addresses. */
#ifndef XLGC_LUA_SEEN_H
#define XLGC_LUA_SEEN_H

#include <stdbool.h>
#include <stdint.h>
#include <xlgc.h>

typedef struct xlgc__lua_entry {
  const void *address;
  xlgc_id id;       /* of an export or a proxy */
  unsigned node;    /* in the graph of what exports reach, or 0 */
  unsigned waiting; /* the first value that hangs on it as a weak key, see summary.c */
  bool is_proxy, is_justified;
} xlgc__lua_entry;

typedef struct xlgc__lua_seen {
  xlgc__lua_entry *entries;
  size_t room, count; /* room: a power of two, or 0 */
} xlgc__lua_seen;

/* The entry of an address, made when there is none. It stays where it is until the next is made. NULL without memory. */
xlgc__lua_entry *xlgc__lua_see(xlgc__lua_seen *seen, const void *address);
/* The entry or NULL. */
xlgc__lua_entry *xlgc__lua_seen_entry(const xlgc__lua_seen *seen, const void *address);
void xlgc__lua_forget(xlgc__lua_seen *seen);

#endif
