/* Proxies: userdata that stand for objects of other engines, and of the pool. */
#ifndef XLGC_LUA_PROXY_H
#define XLGC_LUA_PROXY_H

#include "hosts/lua/engine.h"

/* A proxy is finalized twice. What is finalized together with it, before or after, may still use it or store it; only when
 * that has not happened until the second time it is gone. */
typedef struct xlgc__lua_proxy {
  xlgc_id id;
  xlgc_id read_from; /* the object that this, a method, was last read from */
  unsigned traits;
  bool is_known; /* the host knows it */
  bool is_finalized_once, is_gone;
  bool is_ended; /* a cursor that has given its last element */
} xlgc__lua_proxy;

/* The proxy at an index, or NULL. */
xlgc__lua_proxy *xlgc__lua_proxy_at(lua_State *L, int index);
/* The id of a proxy, for a place among many: it is used, whether it was finalized once or for good. Returns 0 or
 * XLGC_E_*. */
int xlgc__lua_proxy_revive(lua_State *L, xlgc__lua_engine *engine, int index, xlgc__lua_proxy *proxy);
/* A walk has met it: it is not to be finalized a second time. */
void xlgc__lua_proxy_met(xlgc__lua_engine *engine, xlgc__lua_proxy *proxy);

/* For xlgc__lua_parts. _pack: the id of the proxy at an index; XLGC_ABSENT for what is none. _find: pushes the proxy with
 * this handle, or answers XLGC__RECEIVE_DYING. _make: pushes a new one. */
int xlgc__lua_proxy_pack(lua_State *L, xlgc__lua_engine *engine, int index, xlgc_value *out);
int xlgc__lua_proxy_find(lua_State *L, xlgc__lua_engine *engine, const xlgc_value *object, const void *handle);
int xlgc__lua_proxy_make(lua_State *L, xlgc__lua_engine *engine, const xlgc_value *object, void **handle);

/* The metamethod __gc, whose upvalue is the box. */
int xlgc__lua_proxy_finalize(lua_State *L);

#endif
