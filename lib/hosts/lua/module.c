/* The module `xlgc` as Lua sees it. */
#include <config.h>

#include "hosts/lua/module.h"

#include <limits.h>
#include <string.h>

#include "hosts/common/collector.h"
#include "hosts/common/expect.h"
#include "hosts/common/messages.h"
#include "hosts/common/statistics.h"
#include "hosts/common/why.h"
#include "hosts/lua/errors.h"
#include "hosts/lua/proxy.h"
#include "hosts/lua/summary.h"
#include "hosts/lua/text.h"
#include "hosts/lua/values.h"

static int push_protected(lua_State *L) {
  xlgc__lua_values_unpack_or_throw(L, xlgc__lua_engine_here(L), lua_touserdata(L, 1));
  return 1;
}

/* An object that is pinned until Lua holds it, or fails to. */
static int take_over(lua_State *L, xlgc__lua_engine *engine, const xlgc_value *made) {
  xlgc_context *context = xlgc_host_context(engine->host);
  int failed = xlgc_pin(context, made->as.id);
  if (failed) return xlgc__lua_errors_throw(L, NULL, failed);
  lua_pushlightuserdata(L, (void *)(uintptr_t)made);
  int status = lua_pcall(L, 1, 1, 0);
  xlgc_unpin(context, made->as.id);
  return status ? lua_error(L) : 1;
}

static int make(lua_State *L) {
  xlgc__lua_engine *engine = xlgc__lua_engine_here(L);
  xlgc_value made;
  bool has_fields = !lua_isnoneornil(L, 1);
  if (has_fields && !lua_istable(L, 1)) return luaL_error(L, XLGC__MESSAGES_NEW);
  lua_settop(L, 1);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_pushcclosure(L, push_protected, 1); /* before there is an object to lose */
  int failed = xlgc_managed_create(engine->pool, xlgc_host_context(engine->host), &made);
  if (failed) return xlgc__lua_errors_throw(L, NULL, failed);
  take_over(L, engine, &made);
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
  xlgc__lua_engine *engine = xlgc__lua_engine_here(L);
  if (lua_gc(L, LUA_GCCOUNT) < 0) return luaL_error(L, "xlgc.collect cannot be called by a finalizer");
  lua_State *before = xlgc__lua_engine_enter(engine, L);
  int count = xlgc_hosts_collect(engine->pool);
  xlgc__lua_engine_leave(engine, before);
  if (count == XLGC_E_BUSY) return luaL_error(L, "xlgc.collect: %s", xlgc__messages_of_collection(count));
  if (count < 0) return xlgc__lua_errors_throw(L, NULL, count);
  lua_pushinteger(L, count);
  return 1;
}

/* frame(seconds): is more due? */
static int frame(lua_State *L) {
  xlgc__lua_engine *engine = xlgc__lua_engine_here(L);
  if (lua_gc(L, LUA_GCCOUNT) < 0) return luaL_error(L, "xlgc.frame cannot be called by a finalizer");
  if (lua_type(L, 1) != LUA_TNUMBER) return luaL_error(L, "xlgc.frame: " XLGC__COLLECTOR_FRAME);
  lua_State *before = xlgc__lua_engine_enter(engine, L);
  int more = xlgc__collector_frame(engine->pool, lua_tonumber(L, 1));
  xlgc__lua_engine_leave(engine, before);
  if (more == XLGC_E_INVAL) return luaL_error(L, "xlgc.frame: " XLGC__COLLECTOR_FRAME);
  if (more == XLGC_E_BUSY) return luaL_error(L, "xlgc.frame: %s", xlgc__messages_of_collection(more));
  if (more < 0) return xlgc__lua_errors_throw(L, NULL, more);
  lua_pushboolean(L, more);
  return 1;
}

/* Pushes a text, which is cleared. failed: of the call that has made it. */
static int give_text(lua_State *L, int failed, xlgc_value *text) {
  xlgc__lua_errors_check(L, failed);
  lua_pushlstring(L, text->as.bytes, text->length);
  xlgc_value_clear(text);
  return 1;
}

static int left_out(lua_State *L) {
  xlgc_value names;
  return give_text(L, xlgc__statistics_left_out(xlgc__lua_engine_here(L)->pool, &names), &names);
}

static int metrics(lua_State *L) {
  xlgc_value text;
  return give_text(L, xlgc__statistics_metrics(xlgc__lua_engine_here(L)->host, &text), &text);
}

static bool is_object(lua_State *L, int index) {
  int type = lua_type(L, index);
  return type == LUA_TTABLE || type == LUA_TFUNCTION || type == LUA_TUSERDATA || type == LUA_TTHREAD;
}

/* why(object): what holds it, in words. */
static int say_why(lua_State *L) {
  xlgc__lua_engine *engine = xlgc__lua_engine_here(L);
  if (!is_object(L, 1))
    return luaL_error(L, "xlgc.why: only objects are held: a table, a function, a userdata, a coroutine or a proxy");
  const xlgc__lua_proxy *proxy = xlgc__lua_proxy_at(L, 1);
  xlgc_value words;
  lua_State *before = xlgc__lua_engine_enter(engine, L);
  void *own = (void *)(uintptr_t)lua_topointer(L, 1);
  int failed = xlgc__why(engine->host, engine->pool, proxy ? proxy->id : XLGC_ID_NONE, own, &words);
  xlgc__lua_engine_leave(engine, before);
  return give_text(L, failed, &words);
}

static int note_expected(lua_State *L, xlgc__expect *expect) {
  int failed = 0;
  for (int i = 1; i <= lua_gettop(L) && !failed; i++) {
    const xlgc__lua_proxy *proxy = xlgc__lua_proxy_at(L, i);
    void *own = (void *)(uintptr_t)lua_topointer(L, i);
    failed = is_object(L, i) ? xlgc__expect_add(expect, proxy ? proxy->id : XLGC_ID_NONE, own) : XLGC_E_INVAL;
  }
  return failed;
}

/* expect_gone(object, ...): a function that wants them to be gone. The arguments are overwritten, as nothing else may do
 * that to their places on the stack. */
static int expect_gone(lua_State *L) {
  xlgc__lua_engine *engine = xlgc__lua_engine_here(L);
  xlgc__expect expect = {0};
  const char *words = XLGC__EXPECT_NO_OBJECT;
  xlgc_value made;
  lua_State *before = xlgc__lua_engine_enter(engine, L);
  int failed = note_expected(L, &expect);
  if (failed)
    xlgc__expect_free(&expect);
  else
    failed = xlgc__expect_end(&expect, engine->host, &made, &words);
  xlgc__lua_engine_leave(engine, before);
  for (int i = 1; i <= lua_gettop(L); i++)
    lua_pushnil(L), lua_replace(L, i);
  if (failed == XLGC_E_INVAL || failed == XLGC_E_BUSY) return luaL_error(L, "%s", words);
  xlgc__lua_errors_check(L, failed);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_pushcclosure(L, push_protected, 1);
  return take_over(L, engine, &made);
}

/* weak(object): a function that answers with it while it is there. */
static int weak(lua_State *L) {
  xlgc__lua_engine *engine = xlgc__lua_engine_here(L);
  luaL_argcheck(L, is_object(L, 1), 1, "only objects can be held weakly");
  lua_settop(L, 1);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_pushcclosure(L, push_protected, 1); /* before there is an object to lose */
  const xlgc__lua_proxy *proxy = xlgc__lua_proxy_at(L, 1);
  const xlgc_expected found = {proxy ? proxy->id : XLGC_ID_NONE, (void *)(uintptr_t)lua_topointer(L, 1)};
  xlgc_value made;
  lua_State *before = xlgc__lua_engine_enter(engine, L);
  int failed = xlgc_hosts_weak(engine->host, &found, &made);
  xlgc__lua_engine_leave(engine, before);
  if (failed == XLGC_E_BUSY) return luaL_error(L, "xlgc.weak: %s", xlgc_hosts_why());
  xlgc__lua_errors_check(L, failed);
  return take_over(L, engine, &made);
}

/* What is no proxy is Lua's own, and lives. */
static int alive(lua_State *L) {
  luaL_checkany(L, 1);
  xlgc__lua_engine *engine = xlgc__lua_engine_here(L);
  const xlgc__lua_proxy *proxy = xlgc__lua_proxy_at(L, 1);
  int is = proxy ? xlgc_host_is_alive(engine->pool, proxy->id) : !lua_isnil(L, 1);
  if (is < 0) return xlgc__lua_errors_throw(L, NULL, is);
  lua_pushboolean(L, is);
  return 1;
}

static int stats(lua_State *L) {
  xlgc__lua_engine *engine = xlgc__lua_engine_here(L);
  xlgc__statistics statistics;
  xlgc__lua_errors_check(L, xlgc__statistics_read(engine->pool, engine->host, &engine->counts, &statistics));
  lua_newtable(L);
  const char *name;
  for (size_t i = 0; (name = xlgc__statistics_name(i)) != NULL; i++) {
    lua_pushinteger(L, (lua_Integer)xlgc__statistics_value(&statistics, i));
    lua_setfield(L, -2, name);
  }
  return 1;
}

static const char *note_setting(lua_State *L, xlgc__collector *call) {
  if (lua_type(L, -2) != LUA_TSTRING) return XLGC__COLLECTOR_NO_VALUE;
  if (lua_type(L, -1) == LUA_TNUMBER)
    return xlgc__collector_note_number(call, lua_tostring(L, -2), lua_tonumber(L, -1));
  if (lua_type(L, -1) == LUA_TSTRING) return xlgc__collector_note_text(call, lua_tostring(L, -2), lua_tostring(L, -1));
  return XLGC__COLLECTOR_NO_VALUE;
}

/* collector{pause = 50}: changes what the table has; all or nothing. */
static int collector(lua_State *L) {
  xlgc__lua_engine *engine = xlgc__lua_engine_here(L);
  xlgc__collector call;
  xlgc__collector_begin(&call, engine->pool, engine->host);
  if (!lua_isnoneornil(L, 1) && !lua_istable(L, 1)) return luaL_error(L, "xlgc.collector: the settings are a table");
  lua_settop(L, 1);
  lua_pushnil(L);
  while (lua_istable(L, 1) && lua_next(L, 1)) {
    const char *why = note_setting(L, &call);
    if (why) return luaL_error(L, "xlgc.collector: %s", why);
    lua_pop(L, 1);
  }
  xlgc__lua_errors_check(L, xlgc__collector_end(&call, engine->pool));
  lua_newtable(L);
  const char *name, *word;
  double number;
  for (size_t i = 0; (name = xlgc__collector_setting(&call, i, &number, &word)) != NULL; i++) {
    if (word)
      lua_pushstring(L, word);
    else
      lua_pushnumber(L, number);
    lua_setfield(L, -2, name);
  }
  return 1;
}

static int open_language(lua_State *L) {
  xlgc__lua_engine *engine = xlgc__lua_engine_here(L);
  if (lua_type(L, 1) != LUA_TSTRING) return luaL_error(L, XLGC__MESSAGES_OPEN);
  const char *name = lua_tostring(L, 1);
  xlgc_value object;
  lua_State *before = xlgc__lua_engine_enter(engine, L);
  int failed = xlgc_language_start(engine->host, name, &object);
  xlgc__lua_engine_leave(engine, before);
  const char *why = xlgc__messages_of_start(failed, &object);
  if (why) return luaL_error(L, "%s", why);
  if (failed) return xlgc__lua_errors_throw(L, NULL, failed);
  xlgc__lua_values_unpack_or_throw(L, engine, &object);
  return 1;
}

/* kwargs{sep = ", "}: the table itself, whose fields are arguments by name from now on. */
static int kwargs(lua_State *L) {
  (void)xlgc__lua_engine_here(L);
  if (!lua_istable(L, 1) || lua_getmetatable(L, 1))
    return luaL_error(L, "xlgc.kwargs: the arguments by name are a table without a metatable");
  lua_settop(L, 1);
  xlgc__lua_engine_push(L, XLGC__LUA_NAMED);
  lua_setmetatable(L, 1);
  return 1;
}

/* sorts(base): from now on objects of this state tell other languages base + their type as lua.h numbers it. */
static int sorts(lua_State *L) {
  xlgc__lua_engine *engine = xlgc__lua_engine_here(L);
  lua_Integer base = luaL_checkinteger(L, 1);
  if (base < 0 || base + LUA_NUMTYPES > (lua_Integer)(UINT_MAX >> XLGC_SORT_SHIFT))
    return luaL_error(L, "xlgc.sorts: the number is from 0 to %d", (int)(UINT_MAX >> XLGC_SORT_SHIFT) - LUA_NUMTYPES);
  engine->sorts = (unsigned)base;
  return 0;
}

/* unpack_tuples(is): what it was before. */
static int unpack_tuples(lua_State *L) {
  xlgc__lua_engine *engine = xlgc__lua_engine_here(L);
  bool was = engine->unpacks;
  if (!lua_isnone(L, 1)) engine->unpacks = lua_toboolean(L, 1);
  lua_pushboolean(L, was);
  return 1;
}

/* The module's __index: what is made when it is asked for. */
static int get(lua_State *L) {
  xlgc_value shared;
  if (lua_type(L, 2) != LUA_TSTRING || strcmp(lua_tostring(L, 2), "shared") != 0) return 0;
  xlgc__lua_engine *engine = xlgc__lua_engine_here(L);
  int failed = xlgc_host_shared(engine->host, &shared);
  if (failed) return xlgc__lua_errors_throw(L, NULL, failed);
  xlgc__lua_values_unpack_or_throw(L, engine, &shared);
  return 1;
}

void xlgc__lua_module_push(lua_State *L) {
  static const luaL_Reg functions[] = {{"new", make},
                                       {"collect", collect},
                                       {"left_out", left_out},
                                       {"metrics", metrics},
                                       {"why", say_why},
                                       {"expect_gone", expect_gone},
                                       {"weak", weak},
                                       {"alive", alive},
                                       {"stats", stats},
                                       {"strings", xlgc__lua_text_choose},
                                       {"open", open_language},
                                       {"collector", collector},
                                       {"frame", frame},
                                       {"kwargs", kwargs},
                                       {"unpack_tuples", unpack_tuples},
                                       {"sorts", sorts},
                                       {NULL, NULL}};
  luaL_checkstack(L, 6, NULL);
  lua_newtable(L);
  lua_pushliteral(L, "xlgc arguments by name");
  lua_setfield(L, -2, "__name");
  xlgc__lua_engine_keep(L, XLGC__LUA_NAMED);
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
