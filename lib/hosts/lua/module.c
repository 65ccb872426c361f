/* The module `xlgc` as Lua sees it. */
#include <config.h>

#include "engine.h"

#include <string.h>

/* Pushes an object that the state has in hand, or raises. */
static void push(lua_State *L, xlgc__lua_state *state, const xlgc_value *value) {
  int failed = xlgc__lua_push_value(L, state, value);
  if (failed) xlgc__lua_raise(L, NULL, failed);
}

static int push_protected(lua_State *L) {
  push(L, xlgc__lua_here(L), lua_touserdata(L, 1));
  return 1;
}

/* An object that is pinned until Lua holds it, or fails to. */
static int take_over(lua_State *L, xlgc__lua_state *state, const xlgc_value *made) {
  xlgc_context *context = xlgc_host_context(state->host);
  int failed = xlgc_pin(context, made->as.id);
  if (failed) return xlgc__lua_raise(L, NULL, failed);
  lua_pushlightuserdata(L, (void *)(uintptr_t)made);
  int status = lua_pcall(L, 1, 1, 0);
  xlgc_unpin(context, made->as.id);
  return status ? lua_error(L) : 1;
}

static int make(lua_State *L) {
  xlgc__lua_state *state = xlgc__lua_here(L);
  xlgc_value made;
  bool has_fields = !lua_isnoneornil(L, 1);
  if (has_fields) luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_pushcclosure(L, push_protected, 1); /* before there is an object to lose */
  int failed = xlgc_managed_create(state->pool, xlgc_host_context(state->host), &made);
  if (failed) return xlgc__lua_raise(L, NULL, failed);
  take_over(L, state, &made);
  lua_pushnil(L);
  while (has_fields && lua_next(L, 1)) {
    lua_pushvalue(L, -2);
    lua_insert(L, -2);
    lua_settable(L, 2);
  }
  lua_settop(L, 2);
  return 1;
}

static int collect(lua_State *L) {
  xlgc__lua_state *state = xlgc__lua_here(L);
  if (lua_gc(L, LUA_GCCOUNT) < 0) return luaL_error(L, "xlgc.collect cannot be called by a finalizer");
  lua_State *outer = xlgc__lua_enter(L, state);
  xlgc__lua_why_busy = NULL;
  int count = xlgc_hosts_collect(state->pool);
  xlgc__lua_leave(state, outer);
  if (count == XLGC_E_BUSY)
    return luaL_error(L, "xlgc.collect: %s", xlgc__lua_why_busy ? xlgc__lua_why_busy : "a collection runs already");
  if (count < 0) return xlgc__lua_raise(L, NULL, count);
  lua_pushinteger(L, count);
  return 1;
}

/* What is no proxy is Lua's own, and lives. */
static int alive(lua_State *L) {
  luaL_checkany(L, 1);
  xlgc__lua_state *state = xlgc__lua_here(L);
  const xlgc__lua_proxy *proxy = xlgc__lua_proxy_at(L, 1);
  int is = proxy ? xlgc_host_is_alive(state->pool, proxy->id) : !lua_isnil(L, 1);
  if (is < 0) return xlgc__lua_raise(L, NULL, is);
  lua_pushboolean(L, is);
  return 1;
}

static void set_number(lua_State *L, const char *name, uint64_t number) {
  lua_pushinteger(L, (lua_Integer)number);
  lua_setfield(L, -2, name);
}

static int stats(lua_State *L) {
  const xlgc__lua_state *state = xlgc__lua_here(L);
  xlgc_statistics pool;
  xlgc_host_statistics host;
  int failed = xlgc_stats(state->pool, &pool);
  if (!failed) failed = xlgc_host_stats(state->host, &host);
  if (failed) return xlgc__lua_raise(L, NULL, failed);
  const struct {
    const char *name;
    uint64_t number;
  } numbers[] = {
      {"objects", pool.objects},
      {"links", pool.links},
      {"events", pool.events},
      {"errors", pool.errors},
      {"orphans", pool.orphans},
      {"rounds", pool.rounds},
      {"queued", pool.queued},
      {"bytes", pool.bytes},
      {"bytes_peak", pool.bytes_peak},
      {"host_exports", host.exports},
      {"host_proxies", host.proxies},
      {"host_links", host.links},
      {"host_exported", host.exported},
      {"host_unpinned", host.unpinned},
      {"host_links_made", host.links_made},
      {"host_links_dropped", host.links_dropped},
      {"host_summaries", host.summaries},
      {"host_epoch", host.epoch},
  };
  lua_newtable(L);
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
    set_number(L, numbers[i].name, numbers[i].number);
  return 1;
}

static int open_language(lua_State *L) {
  xlgc__lua_state *state = xlgc__lua_here(L);
  const char *name = luaL_checkstring(L, 1);
  xlgc_value object;
  lua_State *outer = xlgc__lua_enter(L, state);
  int failed = xlgc_language_start(state->host, name, &object);
  xlgc__lua_leave(state, outer);
  if (failed == XLGC_E_UNKNOWN) return luaL_error(L, "xlgc.open: the language '%s' is not installed", name);
  if (failed) return xlgc__lua_raise(L, NULL, failed);
  push(L, state, &object);
  return 1;
}

/* The module's __index: what is made when it is asked for. */
static int get(lua_State *L) {
  xlgc_value shared;
  if (lua_type(L, 2) != LUA_TSTRING || strcmp(lua_tostring(L, 2), "shared") != 0) return 0;
  xlgc__lua_state *state = xlgc__lua_here(L);
  int failed = xlgc_host_shared(state->host, &shared);
  if (failed) return xlgc__lua_raise(L, NULL, failed);
  push(L, state, &shared);
  return 1;
}

void xlgc__lua_make_module(lua_State *L) {
  static const luaL_Reg functions[] = {{"new", make},    {"collect", collect},    {"alive", alive},
                                       {"stats", stats}, {"open", open_language}, {NULL, NULL}};
  luaL_checkstack(L, 6, NULL);
  lua_newtable(L);
  lua_pushvalue(L, -2);
  luaL_setfuncs(L, functions, 1);
  lua_pushlightuserdata(L, NULL);
  lua_setfield(L, -2, "null");
  lua_pushstring(L, xlgc_version());
  lua_setfield(L, -2, "version");
  lua_createtable(L, 0, 1);
  lua_pushvalue(L, -3);
  lua_pushcclosure(L, get, 1);
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, -2);
}
