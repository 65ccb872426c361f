/* How proxies come and go. */
#include <config.h>

#include "hosts/lua/proxy.h"

#include <string.h>

#include "hosts/common/receive.h"
#include "hosts/lua/tables.h"

xlgc__lua_proxy *xlgc__lua_proxy_at(lua_State *L, int index) {
  xlgc__lua_proxy *proxy = lua_touserdata(L, index);
  if (!proxy || !lua_getmetatable(L, index)) return NULL;
  xlgc__lua_engine_push(L, XLGC__LUA_PROXY);
  bool is = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  return is ? proxy : NULL;
}

/* This is the proxy that is given out from now on. */
static void enlist(lua_State *L, int index, xlgc_id id) {
  index = lua_absindex(L, index);
  xlgc__lua_tables_need(L, XLGC__LUA_PROXIES, xlgc__lua_tables_part_of_id(id));
  lua_pushvalue(L, index);
  lua_rawseti(L, -2, (lua_Integer)id);
  lua_pop(L, 1);
}

/* Pushes the proxy, or nil. */
static bool push_listed(lua_State *L, xlgc_id id) {
  if (!xlgc__lua_tables_push(L, XLGC__LUA_PROXIES, xlgc__lua_tables_part_of_id(id))) return false;
  bool is = lua_rawgeti(L, -1, (lua_Integer)id) != LUA_TNIL;
  lua_remove(L, -2);
  return is;
}

static bool is_listed(lua_State *L, xlgc_id id) {
  bool is = push_listed(L, id);
  lua_pop(L, 1);
  return is;
}

/* ------------------------------------------------------------------- finalizing */

/* Marks it for the finalizer. */
static void mark_again(lua_State *L, int index) {
  lua_getmetatable(L, index);
  lua_setmetatable(L, index);
}

int xlgc__lua_proxy_finalize(lua_State *L) {
  xlgc__lua_engine *engine = xlgc__lua_engine_of_upvalue(L);
  xlgc__lua_proxy *proxy = engine ? xlgc__lua_proxy_at(L, 1) : NULL;
  if (!proxy || !proxy->is_known || proxy->is_gone) return 0;
  if (!proxy->is_finalized_once) {
    proxy->is_finalized_once = true;
    engine->finalized_once++;
    mark_again(L, 1);
    return 0;
  }
  xlgc__lua_proxy_met(engine, proxy);
  proxy->is_gone = true;
  xlgc_host_proxy_gone(engine->host, proxy->id, proxy);
  return 0;
}

void xlgc__lua_proxy_met(xlgc__lua_engine *engine, xlgc__lua_proxy *proxy) {
  engine->finalized_once -= proxy->is_finalized_once;
  proxy->is_finalized_once = false;
}

/* One that was finalized for good is a new one for the host, unless that has another by now. */
static int receive_again(lua_State *L, xlgc__lua_engine *engine, int index, xlgc__lua_proxy *proxy) {
  void *handle;
  int result = xlgc_host_receive(engine->host, proxy->id, &handle);
  if (result != XLGC_HOST_NEW) return result < 0 ? result : 0;
  result = xlgc_host_proxy_made(engine->host, proxy->id, proxy);
  if (result) return result;
  proxy->is_gone = false;
  mark_again(L, index);
  enlist(L, index, proxy->id);
  return 0;
}

int xlgc__lua_proxy_revive(lua_State *L, xlgc__lua_engine *engine, int index, xlgc__lua_proxy *proxy) {
  index = lua_absindex(L, index);
  if (proxy->is_finalized_once) {
    xlgc__lua_proxy_met(engine, proxy);
    if (!is_listed(L, proxy->id)) enlist(L, index, proxy->id);
  }
  return proxy->is_gone ? receive_again(L, engine, index, proxy) : 0;
}

/* -------------------------------------------------------------------- the parts */

int xlgc__lua_proxy_pack(lua_State *L, xlgc__lua_engine *engine, int index, xlgc_value *out) {
  xlgc__lua_proxy *proxy = xlgc__lua_proxy_at(L, index);
  if (!proxy) return XLGC_ABSENT;
  out->as.id = proxy->id;
  out->traits = proxy->traits;
  return xlgc__lua_proxy_revive(L, engine, index, proxy);
}

/* Lua's collector may have found a proxy dead that the host still has: then it is in the table no more. */
int xlgc__lua_proxy_find(lua_State *L, xlgc__lua_engine *engine, const xlgc_value *object, const void *handle) {
  (void)engine;
  push_listed(L, object->as.id);
  xlgc__lua_proxy *proxy = lua_touserdata(L, -1);
  if (proxy != handle) {
    lua_pop(L, 1);
    return XLGC__RECEIVE_DYING;
  }
  proxy->traits |= object->traits;
  return 0;
}

static int make_protected(lua_State *L) {
  const xlgc_value *object = lua_touserdata(L, 1);
  xlgc__lua_proxy *made = lua_newuserdatauv(L, sizeof *made, 0);
  *made = (xlgc__lua_proxy){.id = object->as.id, .traits = object->traits};
  xlgc__lua_tables_need(L, XLGC__LUA_KNOWN, xlgc__lua_tables_part_of_id(made->id));
  lua_pushvalue(L, -2);
  lua_pushboolean(L, true);
  lua_rawset(L, -3);
  lua_pop(L, 1);
  enlist(L, -1, made->id);
  xlgc__lua_engine_push(L, XLGC__LUA_PROXY);
  lua_setmetatable(L, -2);
  return 1;
}

int xlgc__lua_proxy_make(lua_State *L, xlgc__lua_engine *engine, const xlgc_value *object, void **handle) {
  unsigned before = xlgc__limit_lift(engine->limit, XLGC__LIMIT_NONE);
  lua_pushcfunction(L, make_protected);
  lua_pushlightuserdata(L, (void *)(uintptr_t)object);
  int failed = lua_pcall(L, 1, 1, 0);
  xlgc__limit_restore(engine->limit, before);
  if (failed) {
    lua_pop(L, 1);
    return XLGC_E_NOMEM;
  }
  xlgc__lua_proxy *proxy = lua_touserdata(L, -1);
  proxy->is_known = true;
  *handle = proxy;
  return 0;
}
