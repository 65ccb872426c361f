/* A search, breadth first, from globals, the calls in progress, modules and what else is in the registry; or from an
 * export. Each object that it comes to has a number, its name in the one that led to it, and the number of that. It
 * runs on the library's own thread, with Lua's collector stopped, and calls nothing of the program's. */
#include <config.h>

#include "hosts/lua/way.h"

#include <stdio.h>

#include "hosts/common/grow.h"
#include "hosts/common/way.h"
#include "hosts/lua/engine.h"
#include "hosts/lua/frames.h"
#include "hosts/lua/tables.h"

enum { NAME_BYTES = 200 };
enum { WAY = 1, SEEN, QUEUE, NAMES }; /* on the search's stack: object -> number, number -> object, number -> name */

typedef struct way {
  xlgc__lua_engine *engine;
  lua_State *L;
  const void *to;
  void *const *from; /* handles of exports */
  size_t from_count;
  size_t budget;
  xlgc__grow_list parents; /* at[n - 1] is that of number n, or 0 */
  uint32_t at;             /* the number of the object that is scanned, or 0 */
  uint32_t scanned;        /* those up to this number have been */
  uint32_t found;
  int begins;         /* what find_way answers */
  const char *prefix; /* of a name with a string key; or NULL */
} way;

/* ---------------------------------------------------------------- what is come to */

/* Takes a name from the top of the stack, and the value below it. */
static void meet(way *way) {
  lua_State *L = way->L;
  int type = lua_type(L, -2);
  bool counts = type == LUA_TTABLE || type == LUA_TFUNCTION || type == LUA_TUSERDATA || type == LUA_TTHREAD;
  if (counts && !way->found && way->parents.count < way->budget) {
    lua_pushvalue(L, -2);
    if (lua_rawget(L, SEEN) == LUA_TNIL) {
      if (xlgc__grow_push(&way->parents, way->at)) luaL_error(L, "not enough memory");
      lua_Integer number = (lua_Integer)way->parents.count;
      lua_pushvalue(L, -3);
      lua_pushinteger(L, number);
      lua_rawset(L, SEEN);
      lua_pushvalue(L, -3);
      lua_rawseti(L, QUEUE, number);
      lua_pushvalue(L, -2);
      lua_rawseti(L, NAMES, number);
      if (lua_topointer(L, -3) == way->to) way->found = (uint32_t)number;
    }
    lua_pop(L, 1);
  }
  lua_pop(L, 2);
}

/* The value on top of another thread is met, by a name. */
static void meet_of(way *way, lua_State *thread, const char *name) {
  lua_xmove(thread, way->L, 1);
  lua_pushstring(way->L, name);
  meet(way);
}

/* It is not to be gone through. */
static void pass_over(way *way, int index) {
  lua_State *L = way->L;
  lua_pushvalue(L, index);
  lua_pushboolean(L, true);
  lua_rawset(L, SEEN);
}

/* ---------------------------------------------------------------- tables */

/* Pushes the name of what a table has under the key at an index. */
static void push_key_name(way *way, int key) {
  lua_State *L = way->L;
  char name[NAME_BYTES];
  switch (lua_type(L, key)) {
  case LUA_TSTRING:
    xlgc__way_name_key(name, sizeof name, way->prefix, lua_tostring(L, key));
    lua_pushstring(L, name);
    break;
  case LUA_TNUMBER:
    if (lua_isinteger(L, key))
      lua_pushfstring(L, "[%I]", (LUAI_UACINT)lua_tointeger(L, key));
    else
      lua_pushfstring(L, "[%f]", (LUAI_UACNUMBER)lua_tonumber(L, key));
    break;
  case LUA_TBOOLEAN: lua_pushstring(L, lua_toboolean(L, key) ? "[true]" : "[false]"); break;
  default: lua_pushfstring(L, "[a %s]", lua_typename(L, lua_type(L, key)));
  }
}

/* What has a weak key is taken to be held by the table. */
static void scan_table(way *way) {
  lua_State *L = way->L;
  bool weak_keys, weak_values;
  if (xlgc__lua_tables_push_metatable(L, &weak_keys, &weak_values)) lua_pushliteral(L, "(its metatable)"), meet(way);
  lua_pushnil(L);
  while (lua_next(L, -2)) {
    push_key_name(way, lua_absindex(L, -2));
    if (weak_values)
      lua_pop(L, 2);
    else
      meet(way);
    if (weak_keys) continue;
    lua_pushvalue(L, -1);
    lua_pushliteral(L, "(a key)");
    meet(way);
  }
}

/* ---------------------------------------------------------------- other sorts */

static void scan_function(way *way) {
  lua_State *L = way->L;
  lua_Debug function;
  lua_pushvalue(L, -1);
  lua_getinfo(L, ">Su", &function);
  const char *name;
  for (int i = 1; i <= function.nups && lua_upvalueid(L, -1, i) && (name = lua_getupvalue(L, -1, i)) != NULL; i++) {
    if (*name)
      lua_pushfstring(L, "(upvalue '%s' of %s:%d)", name, function.short_src, function.linedefined);
    else
      lua_pushliteral(L, "(an upvalue of a C function)");
    meet(way);
  }
}

static void scan_userdata(way *way) {
  lua_State *L = way->L;
  if (lua_getmetatable(L, -1)) lua_pushliteral(L, "(its metatable)"), meet(way);
  for (int i = 1; lua_getiuservalue(L, -1, i) != LUA_TNONE; i++)
    lua_pushliteral(L, "(its user value)"), meet(way);
  lua_pop(L, 1);
}

/* What has no name there, the program's code has not stored. */
static void scan_frame(way *way, lua_State *thread, lua_Debug *frame) {
  lua_getinfo(thread, "Sl", frame);
  const char *name;
  for (int i = 1; (name = lua_getlocal(thread, frame, i)) != NULL; i++) {
    if (*name == '(') {
      lua_pop(thread, 1);
      continue;
    }
    lua_xmove(thread, way->L, 1);
    lua_pushfstring(way->L, "(local '%s' in %s:%d)", name, frame->short_src, frame->currentline);
    meet(way);
  }
  for (int i = -1; lua_getlocal(thread, frame, i); i--)
    meet_of(way, thread, "(an argument in '...')");
  lua_getinfo(thread, "f", frame);
  meet_of(way, thread, "(a function that runs)");
}

static void scan_thread(way *way, lua_State *thread) {
  xlgc__lua_frames frames = {.thread = thread};
  if (thread == way->L || !lua_checkstack(thread, 2)) return;
  while (xlgc__lua_frames_next(&frames))
    scan_frame(way, thread, &frames.frame);
}

/* Takes the object on top. */
static void scan(way *way) {
  lua_State *L = way->L;
  switch (lua_type(L, -1)) {
  case LUA_TTABLE: scan_table(way); break;
  case LUA_TFUNCTION: scan_function(way); break;
  case LUA_TUSERDATA: scan_userdata(way); break;
  default: scan_thread(way, lua_tothread(L, -1));
  }
  lua_pop(L, 1);
}

/* ---------------------------------------------------------------- the search */

/* What a table of the registry has is met by names of its own; the table is not gone through again. */
static void scan_named(way *way, const char *prefix) {
  way->prefix = prefix;
  pass_over(way, lua_absindex(way->L, -1));
  scan_table(way);
  way->prefix = NULL;
  lua_pop(way->L, 1);
}

static void push_thread(lua_State *L, lua_State *thread) {
  lua_pushthread(thread);
  lua_xmove(thread, L, 1);
}

/* What runs is left for later. */
static void meet_roots(way *way) {
  lua_State *L = way->L;
  push_thread(L, way->engine->current);
  pass_over(way, lua_absindex(L, -1));
  lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
  pass_over(way, lua_absindex(L, -1));
  lua_pop(L, 2);
  lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
  scan_named(way, "global ");
  if (lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE) == LUA_TTABLE)
    scan_named(way, "module ");
  else
    lua_pop(L, 1);
  lua_pushvalue(L, LUA_REGISTRYINDEX);
  scan_named(way, "registry ");
}

static void meet_calls(way *way) {
  lua_State *current = way->engine->current;
  way->at = 0;
  scan_thread(way, current);
  lua_rawgeti(way->L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
  lua_State *main = lua_tothread(way->L, -1);
  if (main != current) scan_thread(way, main);
  lua_pop(way->L, 1);
}

static void go_through(way *way) {
  while (way->scanned < way->parents.count && !way->found) {
    way->at = ++way->scanned;
    lua_rawgeti(way->L, QUEUE, (lua_Integer)way->at);
    scan(way);
  }
}

static int search(lua_State *L) {
  way *way = lua_touserdata(L, WAY);
  static const xlgc__lua_key own[] = {XLGC__LUA_PINS,    XLGC__LUA_PROXIES, XLGC__LUA_KNOWN,
                                      XLGC__LUA_WATCHED, XLGC__LUA_MODULE,  XLGC__LUA_WORK};
  luaL_checkstack(L, LUA_MINSTACK, NULL);
  for (int i = SEEN; i <= NAMES; i++)
    lua_newtable(L);
  for (int i = SEEN; i <= NAMES; i++)
    pass_over(way, i);
  for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
    if (xlgc__lua_engine_push(L, own[i]) != LUA_TNIL) pass_over(way, lua_absindex(L, -1));
    lua_pop(L, 1);
  }
  for (size_t i = 0; i < way->from_count; i++) {
    xlgc__lua_tables_push_pinned(L, way->from[i]);
    lua_pushinteger(L, (lua_Integer)i + 1);
    meet(way);
  }
  if (!way->from_count) meet_roots(way);
  go_through(way);
  if (!way->found && !way->from_count) {
    way->budget += way->parents.count;
    way->begins = XLGC_WAY_CALL;
    meet_calls(way);
    go_through(way);
  }
  /* The path, from its end: turned around in place, as each has its parent's number. */
  uint32_t next = 0;
  for (uint32_t number = way->found, parent; number; next = number, number = parent) {
    parent = way->parents.at[number - 1];
    way->parents.at[number - 1] = next;
    way->at = number;
  }
  lua_pushvalue(L, NAMES);
  return 1;
}

static void tell(way *way, void (*step)(void *data, const char *text), void *data) {
  for (uint32_t number = way->at; number; number = way->parents.at[number - 1]) {
    lua_rawgeti(way->L, -1, (lua_Integer)number);
    if (lua_isinteger(way->L, -1))
      way->begins = (int)lua_tointeger(way->L, -1); /* the export */
    else
      step(data, lua_tostring(way->L, -1));
    lua_pop(way->L, 1);
  }
}

int xlgc__lua_way_find(void *data, void *const *from, size_t from_count, void *to, size_t budget,
                       void (*step)(void *data, const char *text), void *step_data) {
  xlgc__lua_engine *engine = data;
  if (!engine->main) return 0;
  way way = {.engine = engine,
             .L = engine->aux,
             .from = from,
             .from_count = from_count,
             .to = to,
             .budget = budget,
             .begins = XLGC_WAY_ROOT};
  bool collects = lua_gc(engine->current, LUA_GCISRUNNING);
  lua_gc(engine->current, LUA_GCSTOP);
  unsigned before = xlgc__limit_lift(engine->limit, XLGC__LIMIT_NONE);
  int top = lua_gettop(way.L);
  lua_pushcfunction(way.L, search);
  lua_pushlightuserdata(way.L, &way);
  int result = lua_pcall(way.L, 1, 1, 0) ? XLGC_E_NOMEM : 0;
  if (!result && way.found) tell(&way, step, step_data);
  lua_settop(way.L, top);
  xlgc__limit_restore(engine->limit, before);
  if (collects) lua_gc(engine->current, LUA_GCRESTART);
  xlgc__grow_free(&way.parents);
  return result ? result : way.found ? way.begins : XLGC_WAY_NONE;
}

void xlgc__lua_way_describe(void *data, void *handle, char *text, size_t size_bytes) {
  const xlgc__lua_engine *engine = data;
  lua_State *L = engine->aux;
  if (!L) return;
  int top = lua_gettop(L);
  xlgc__lua_tables_push_pinned(L, handle);
  const char *sort = lua_typename(L, lua_type(L, -1));
  if (lua_isfunction(L, -1) && !lua_iscfunction(L, -1)) {
    lua_Debug function;
    lua_getinfo(L, ">S", &function);
    snprintf(text, size_bytes, "function %s:%d", function.short_src, function.linedefined);
  } else if (lua_getmetatable(L, -1) && lua_checkstack(L, 2)) {
    lua_pushliteral(L, "__name");
    const char *name = lua_rawget(L, -2) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
    snprintf(text, size_bytes, "%s%s%s", sort, name ? " " : "", name ? name : "");
  } else {
    snprintf(text, size_bytes, "%s", sort);
  }
  lua_settop(L, top);
}

void xlgc__lua_way_where(void *data, char *text, size_t size_bytes) {
  const xlgc__lua_engine *engine = data;
  lua_Debug call;
  *text = 0;
  for (int level = 0; engine->current && lua_getstack(engine->current, level, &call); level++) {
    if (!lua_getinfo(engine->current, "Sln", &call) || call.currentline <= 0) continue;
    snprintf(text, size_bytes, "%s:%d%s%s", call.short_src, call.currentline, call.name ? " in " : "",
             call.name ? call.name : "");
    return;
  }
}
