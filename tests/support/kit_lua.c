#include <config.h>

#include <lauxlib.h>
#include <lualib.h>
#include <stdlib.h>
#include <xlgc/lua.h>

#include "kits.h"
#include "trial.h"

typedef struct engine {
  lua_State *L;
  xlgc_host *host;
} engine;

/* Objects are tables; ALL has them as weak keys, so it counts those in memory. Globals of the kit are fields of G. */
static const char support[] = "G, S, ALL = {}, {}, setmetatable({}, {__mode = 'k'})\n"
                              "function make(number) local o = {number = number} ALL[o] = true return o end\n"
                              "function suspend(slot, held)\n"
                              "  local co = coroutine.create(function(...) coroutine.yield() return ... end)\n"
                              "  coroutine.resume(co, held)\n"
                              "  S[slot] = co\n"
                              "end\n"
                              "function finalizer(global, field, to)\n"
                              "  setmetatable(G[global], {__gc = function(o) G[to] = o[field] end})\n"
                              "end\n";

static void must(lua_State *L, int status) {
  if (status) ck_abort_msg("%s", lua_tostring(L, -1));
}

static engine *open_with(xlgc_pool *pool, int mode) {
  engine *made = calloc(1, sizeof *made);
  made->L = luaL_newstate();
  luaL_openlibs(made->L);
  lua_gc(made->L, mode, 0, 0, 0);
  must(made->L, luaL_dostring(made->L, support));
  ok(xlgc_lua_open(made->L, pool, 0, &made->host));
  return made;
}
static void *kit_open(xlgc_pool *pool) { return open_with(pool, LUA_GCINC); }
static void *kit_open_generational(xlgc_pool *pool) { return open_with(pool, LUA_GCGEN); }
static void kit_close(void *data) {
  engine *engine = data;
  lua_close(engine->L);
  free(engine);
}
static lua_State *globals(void *data) {
  lua_State *L = ((engine *)data)->L;
  lua_settop(L, 0);
  lua_getglobal(L, "G");
  return L;
}
static bool kit_call(void *data, xlgc_id function) {
  lua_State *L = globals(data);
  xlgc_value value = {.type = XLGC_OBJECT, .traits = XLGC_CALLABLE, .as.id = function};
  bool raised = xlgc_lua_push(L, &value) || xlgc_lua_pcall(L, 0, 0, 0);
  lua_settop(L, 0);
  return raised;
}
static xlgc_host *kit_host(void *data) { return ((engine *)data)->host; }

static void kit_make(void *data, unsigned global, unsigned number) {
  lua_State *L = globals(data);
  lua_getglobal(L, "make");
  lua_pushinteger(L, number);
  must(L, lua_pcall(L, 1, 1, 0));
  lua_rawseti(L, 1, global);
  lua_settop(L, 0);
}
static unsigned kit_number(void *data, unsigned global) {
  lua_State *L = globals(data);
  lua_rawgeti(L, 1, global);
  ck_assert_int_eq(lua_type(L, -1), LUA_TTABLE);
  lua_getfield(L, -1, "number");
  unsigned number = (unsigned)lua_tointeger(L, -1);
  lua_settop(L, 0);
  return number;
}
static int kit_holds(void *data, unsigned global) {
  lua_State *L = globals(data);
  int type = lua_rawgeti(L, 1, global);
  lua_settop(L, 0);
  return type == LUA_TNIL ? HOSTS_NOTHING : type == LUA_TTABLE ? HOSTS_OBJECT : HOSTS_PROXY;
}
static void kit_set(void *data, unsigned object, unsigned field, unsigned from) {
  lua_State *L = globals(data);
  lua_rawgeti(L, 1, object);
  lua_rawgeti(L, 1, from);
  lua_rawseti(L, 2, field);
  lua_settop(L, 0);
}
static void kit_get(void *data, unsigned to, unsigned object, unsigned field) {
  lua_State *L = globals(data);
  lua_rawgeti(L, 1, object);
  lua_rawgeti(L, 2, field);
  lua_rawseti(L, 1, to);
  lua_settop(L, 0);
}
static void kit_copy(void *data, unsigned to, unsigned from) {
  lua_State *L = globals(data);
  lua_rawgeti(L, 1, from);
  lua_rawseti(L, 1, to);
  lua_settop(L, 0);
}
static void kit_drop(void *data, unsigned global) {
  lua_State *L = globals(data);
  lua_pushnil(L);
  lua_rawseti(L, 1, global);
  lua_settop(L, 0);
}
static bool kit_same(void *data, unsigned one, unsigned other) {
  lua_State *L = globals(data);
  lua_rawgeti(L, 1, one);
  lua_rawgeti(L, 1, other);
  bool same = lua_rawequal(L, -1, -2);
  lua_settop(L, 0);
  return same;
}
static int kit_give(void *data, unsigned global, xlgc_id *id) {
  lua_State *L = globals(data);
  xlgc_value value;
  lua_rawgeti(L, 1, global);
  int failed = xlgc_lua_value(L, -1, &value);
  lua_settop(L, 0);
  if (!failed) *id = value.type == XLGC_OBJECT ? value.as.id : XLGC_ID_NONE;
  return failed;
}
static int kit_take(void *data, unsigned global, xlgc_id id) {
  lua_State *L = globals(data);
  xlgc_value value = {.type = XLGC_OBJECT, .as.id = id};
  int failed = xlgc_lua_push(L, &value);
  if (!failed) lua_rawseti(L, 1, global);
  lua_settop(L, 0);
  return failed;
}
static void kit_land(void *data, unsigned global, void *handle) {
  lua_State *L = globals(data);
  lua_getfield(L, LUA_REGISTRYINDEX, "xlgc.pins");
  lua_rawgetp(L, -1, (const void *)((uintptr_t)handle >> 16)); /* its part */
  ck_assert_int_eq(lua_rawgetp(L, -1, handle), LUA_TTABLE);
  lua_rawseti(L, 1, global);
  lua_settop(L, 0);
}
static void kit_collect(void *data) { lua_gc(((engine *)data)->L, LUA_GCCOLLECT); }
static void call_support(void *data, const char *name, int a, int b, int c) {
  lua_State *L = globals(data);
  lua_getglobal(L, name);
  lua_pushinteger(L, a);
  lua_pushinteger(L, b);
  lua_pushinteger(L, c);
  must(L, lua_pcall(L, 3, 0, 0));
  lua_settop(L, 0);
}
static void kit_suspend(void *data, unsigned slot, unsigned global) {
  lua_State *L = globals(data);
  lua_getglobal(L, "suspend");
  lua_pushinteger(L, slot);
  lua_rawgeti(L, 1, global);
  must(L, lua_pcall(L, 2, 0, 0));
  lua_settop(L, 0);
}
static void kit_resume(void *data, unsigned slot) {
  lua_State *L = globals(data);
  lua_getglobal(L, "S");
  lua_pushnil(L);
  lua_rawseti(L, -2, slot);
  lua_settop(L, 0);
}
static void kit_finalizer(void *data, unsigned global, unsigned field, unsigned to) {
  call_support(data, "finalizer", (int)global, (int)field, (int)to);
}
/* In the table on the top of the stack. */
static uint64_t count_pairs(lua_State *L) {
  uint64_t count = 0;
  for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
    count++;
  return count;
}
static uint64_t kit_objects(void *data) {
  lua_State *L = globals(data);
  lua_getglobal(L, "ALL");
  uint64_t count = count_pairs(L);
  lua_settop(L, 0);
  return count;
}
static uint64_t kit_pins(void *data) {
  lua_State *L = globals(data);
  uint64_t count = 0;
  lua_getfield(L, LUA_REGISTRYINDEX, "xlgc.pins");
  for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
    count += count_pairs(L);
  lua_settop(L, 0);
  return count;
}
static uint64_t kit_unpins(void *data) {
  xlgc_host_statistics statistics;
  ok(xlgc_host_stats(((engine *)data)->host, &statistics));
  return statistics.exported - kit_pins(data);
}

static uint64_t kit_statistic(void *data, const char *name) {
  lua_State *L = globals(data);
  must(L, luaL_dostring(L, "return xlgc.stats()"));
  lua_getfield(L, -1, name);
  uint64_t number = lua_isinteger(L, -1) ? (uint64_t)lua_tointeger(L, -1) : HOSTS_NO_STATISTIC;
  lua_settop(L, 0);
  return number;
}

#define LUA(name_, open_)                                                                                             \
  {                                                                                                                   \
    .name = name_, .open = open_, .close = kit_close, .end = kit_close, .call = kit_call, .host = kit_host,           \
    .make = kit_make, .number = kit_number, .holds = kit_holds, .set = kit_set, .get = kit_get, .copy = kit_copy,     \
    .drop = kit_drop, .same = kit_same, .give = kit_give, .take = kit_take, .land = kit_land, .collect = kit_collect, \
    .suspend = kit_suspend, .resume = kit_resume, .finalizer = kit_finalizer, .objects = kit_objects,                 \
    .pins = kit_pins, .unpins = kit_unpins, .statistic = kit_statistic                                                \
  }
const hosts_engine kit_lua = LUA("Lua, incremental", kit_open);
const hosts_engine kit_lua_generational = LUA("Lua, generational", kit_open_generational);
