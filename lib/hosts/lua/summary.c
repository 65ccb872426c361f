/* The summary: walks the heap of a Lua state, first from its roots, then from each export, and tells which proxies and
 * exports it meets. It runs on a thread of the bridge's own, which is no part of what is walked, and with the
 * collector stopped.
 *
 * The first walk justifies what it meets, and tells of it. The second one goes through the rest from all exports
 * together, and makes a graph of it, see graph.c. Objects that were met and are to be scanned lie in a table of Lua's: so
 * memory that runs out is an error of Lua's, and no depth is too deep.
 *
 * Weak tables. Weak values are not followed. The value under a weak key is held while both the table and the key are:
 * the table having been met, a value waits for its key, and is met when the key is. A key that only exports reach is
 * what holds the value, in the graph: were the table to go first, its next summary would say so.
 *
 * In the end, proxies that live and that no walk has met are held by something that cannot be seen, such as an object
 * whose finalizer is yet to run. The roots hold them. */
#include <config.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "graph.h"
#include "seen.h"
#include "engine.h"

enum { STATE = 1, WORK, VALUES, KNOWN, PROXIES, PINS, TOP }; /* on the walk's stack */

typedef struct walk {
  xlgc__lua_state *state;
  lua_State *L;
  xlgc_summary *summary;
  xlgc__lua_seen seen;
  xlgc__lua_graph graph;
  bool justifies; /* the first walk */
  unsigned from;  /* the node of what is scanned, in the second walk; 0 where it begins */
  lua_Integer work;
  /* Values that wait for weak keys: each is in the table VALUES under its number, and knows the next of its key. */
  unsigned *next_waiting, waiting, room;
} walk;

static void need(walk *walk, bool has_memory) {
  if (!has_memory) luaL_error(walk->L, "not enough memory");
}

static xlgc__lua_entry *see(walk *walk, const void *address) {
  xlgc__lua_entry *entry = xlgc__lua_see(&walk->seen, address);
  need(walk, entry != NULL);
  return entry;
}

static bool has_address(int type) {
  return type == LUA_TTABLE || type == LUA_TFUNCTION || type == LUA_TUSERDATA || type == LUA_TTHREAD;
}

/* The value on top is to be scanned. */
static void schedule(walk *walk) { lua_rawseti(walk->L, WORK, ++walk->work); }
/* It is to be met from a node, which is not done here: such values can be a long chain. */
static void schedule_meeting(walk *walk, unsigned from) {
  schedule(walk);
  lua_pushinteger(walk->L, from);
  schedule(walk);
}

static void wake_waiting(walk *walk, const xlgc__lua_entry *entry) {
  for (unsigned waits = entry->waiting; waits; waits = walk->next_waiting[waits]) {
    lua_rawgeti(walk->L, VALUES, waits);
    schedule_meeting(walk, entry->node);
  }
}

/* Returns whether it was met before. */
static bool mark(walk *walk, xlgc__lua_entry *entry) {
  if (entry->is_justified) return true;
  bool is_new = !entry->node;
  if (walk->justifies) {
    entry->is_justified = true;
    if (entry->id != XLGC_ID_NONE) xlgc_summary_root(walk->summary, entry->id);
    return false;
  }
  if (is_new) entry->node = xlgc__lua_add_node(&walk->graph, entry->id, entry->id != XLGC_ID_NONE && !entry->is_proxy);
  need(walk, entry->node != 0);
  if (walk->from) need(walk, xlgc__lua_add_edge(&walk->graph, walk->from, entry->node));
  return !is_new;
}

/* Takes the value on top. */
static void meet(walk *walk) {
  lua_State *L = walk->L;
  xlgc__lua_entry *entry = has_address(lua_type(L, -1)) ? see(walk, lua_topointer(L, -1)) : NULL;
  if (!entry || mark(walk, entry)) {
    lua_pop(L, 1);
    return;
  }
  wake_waiting(walk, entry);
  if (!entry->is_proxy) {
    schedule(walk);
    return;
  }
  xlgc__lua_proxy *proxy = lua_touserdata(L, -1);
  walk->state->limbo -= proxy->in_limbo;
  proxy->in_limbo = false;
  lua_pop(L, 1);
}

/* ------------------------------------------------------------------ tables */

/* The value on top waits for a key. */
static void let_wait(walk *walk, const void *key) {
  if (walk->waiting + 1 >= walk->room) {
    need(walk, walk->room <= UINT_MAX / 2);
    unsigned room = walk->room ? 2 * walk->room : 64;
    unsigned *more = realloc(walk->next_waiting, room * sizeof *more);
    need(walk, more != NULL);
    walk->next_waiting = more;
    walk->room = room;
  }
  xlgc__lua_entry *entry = see(walk, key);
  lua_rawseti(walk->L, VALUES, ++walk->waiting);
  walk->next_waiting[walk->waiting] = entry->waiting;
  entry->waiting = walk->waiting;
}

/* A weak key is below its value on top, which is taken. */
static void meet_weak_key(walk *walk) {
  lua_State *L = walk->L;
  if (!has_address(lua_type(L, -2)) || !has_address(lua_type(L, -1))) {
    meet(walk);
    return;
  }
  const void *key = lua_topointer(L, -2);
  const xlgc__lua_entry *entry = xlgc__lua_seen_entry(&walk->seen, key);
  if (entry && entry->is_justified)
    meet(walk);
  else if (entry && entry->node)
    schedule_meeting(walk, entry->node);
  else
    let_wait(walk, key);
}

static void scan_table(walk *walk) {
  lua_State *L = walk->L;
  bool weak_keys = false, weak_values = false;
  if (lua_getmetatable(L, -1)) {
    lua_pushliteral(L, "__mode");
    if (lua_rawget(L, -2) == LUA_TSTRING) {
      const char *mode = lua_tostring(L, -1);
      weak_keys = strchr(mode, 'k') != NULL;
      weak_values = strchr(mode, 'v') != NULL;
    }
    lua_pop(L, 1);
    meet(walk);
  }
  if (weak_keys && weak_values) return;
  lua_pushnil(L);
  while (lua_next(L, -2)) {
    if (weak_values)
      lua_pop(L, 1);
    else if (weak_keys)
      meet_weak_key(walk);
    else
      meet(walk);
    if (weak_keys || !has_address(lua_type(L, -1))) continue;
    lua_pushvalue(L, -1);
    meet(walk);
  }
}

/* ------------------------------------------------------------- other sorts */

static void scan_function(walk *walk) {
  for (int i = 1; lua_getupvalue(walk->L, -1, i); i++)
    meet(walk);
}

static void scan_userdata(walk *walk) {
  lua_State *L = walk->L;
  if (lua_getmetatable(L, -1)) meet(walk);
  for (int i = 1; lua_getiuservalue(L, -1, i) != LUA_TNONE; i++)
    meet(walk);
  lua_pop(L, 1);
}

static void meet_from(walk *walk, lua_State *thread) {
  lua_xmove(thread, walk->L, 1);
  meet(walk);
}

static void scan_frame(walk *walk, lua_State *thread, lua_Debug *frame) {
  lua_getinfo(thread, "f", frame);
  meet_from(walk, thread);
  for (int i = 1; lua_getlocal(thread, frame, i); i++)
    meet_from(walk, thread);
  for (int i = -1; lua_getlocal(thread, frame, i); i--)
    meet_from(walk, thread);
}

/* One that does not run yet, or any more, or is between calls, has all it has in its lowest frame. */
static void scan_thread(walk *walk, lua_State *thread) {
  lua_Debug frame;
  need(walk, lua_checkstack(thread, 2));
  if (!xlgc__lua_runs(thread)) {
    for (int i = 1, count = lua_gettop(thread); i <= count; i++) {
      lua_pushvalue(thread, i);
      meet_from(walk, thread);
    }
    return;
  }
  for (int level = 0; lua_getstack(thread, level, &frame); level++)
    scan_frame(walk, thread, &frame);
}

static void take_work(walk *walk) {
  lua_rawgeti(walk->L, WORK, walk->work);
  lua_pushnil(walk->L);
  lua_rawseti(walk->L, WORK, walk->work--);
}

/* Takes the object on top. */
static void scan(walk *walk) {
  lua_State *L = walk->L;
  walk->from = xlgc__lua_seen_entry(&walk->seen, lua_topointer(L, -1))->node;
  switch (lua_type(L, -1)) {
  case LUA_TTABLE: scan_table(walk); break;
  case LUA_TFUNCTION: scan_function(walk); break;
  case LUA_TUSERDATA: scan_userdata(walk); break;
  default: scan_thread(walk, lua_tothread(L, -1)); break;
  }
  lua_pop(L, 1);
}

static void run(walk *walk) {
  while (walk->work) {
    take_work(walk);
    if (lua_type(walk->L, -1) != LUA_TNUMBER) {
      scan(walk);
      continue;
    }
    walk->from = (unsigned)lua_tointeger(walk->L, -1);
    lua_pop(walk->L, 1);
    take_work(walk);
    meet(walk);
  }
}

/* ------------------------------------------------------------------- walks */

static int note_export(void *data, xlgc_id id, void *handle) {
  walk *walk = data;
  xlgc__lua_entry *entry = xlgc__lua_see(&walk->seen, handle);
  if (!entry) return XLGC_E_NOMEM;
  entry->id = id;
  return 0;
}

static void note_proxies(walk *walk) {
  lua_State *L = walk->L;
  lua_pushnil(L);
  while (lua_next(L, KNOWN)) {
    lua_pop(L, 1);
    xlgc__lua_proxy *proxy = lua_touserdata(L, -1);
    if (!proxy->is_known || proxy->is_spurned) continue;
    xlgc__lua_entry *entry = see(walk, proxy);
    entry->id = proxy->id;
    entry->is_proxy = true;
  }
}

/* What is the walk's own is no part of the heap. */
static void pass_over(walk *walk) {
  for (int i = WORK; i < TOP; i++)
    see(walk, lua_topointer(walk->L, i))->is_justified = true;
  see(walk, walk->L)->is_justified = true;
}

static void walk_roots(walk *walk) {
  static const int basic[] = {LUA_TNIL, LUA_TBOOLEAN, LUA_TNUMBER, LUA_TSTRING, LUA_TLIGHTUSERDATA, LUA_TFUNCTION};
  lua_State *L = walk->L, *current = walk->state->current;
  walk->justifies = true;
  lua_pushvalue(L, LUA_REGISTRYINDEX);
  meet(walk);
  need(walk, lua_checkstack(current, 1));
  lua_pushthread(current);
  meet_from(walk, current);
  for (size_t i = 0; i < sizeof basic / sizeof *basic; i++) {
    switch (basic[i]) {
    case LUA_TNIL: lua_pushnil(L); break;
    case LUA_TBOOLEAN: lua_pushboolean(L, false); break;
    case LUA_TNUMBER: lua_pushinteger(L, 0); break;
    case LUA_TSTRING: lua_pushliteral(L, ""); break;
    case LUA_TLIGHTUSERDATA: lua_pushlightuserdata(L, NULL); break;
    default: lua_pushcfunction(L, NULL); break;
    }
    if (lua_getmetatable(L, -1)) meet(walk);
    lua_pop(L, 1);
  }
  lua_pushthread(L);
  if (lua_getmetatable(L, -1)) meet(walk);
  lua_pop(L, 1);
  run(walk);
}

static int meet_export(void *data, xlgc_id id, void *handle) {
  walk *walk = data;
  (void)id;
  walk->from = 0;
  lua_rawgetp(walk->L, PINS, handle);
  meet(walk);
  return 0;
}

static void walk_exports(walk *walk) {
  walk->justifies = false;
  xlgc_summary_each_export(walk->summary, meet_export, walk);
  run(walk);
  need(walk, xlgc__lua_tell_graph(&walk->graph, walk->summary) == 0);
}

static void tell_unmet(walk *walk) {
  for (size_t i = 0; i < walk->seen.room; i++) {
    const xlgc__lua_entry *entry = &walk->seen.entries[i];
    if (entry->is_proxy && !entry->is_justified && !entry->node) xlgc_summary_root(walk->summary, entry->id);
  }
}

static int walk_heap(lua_State *L) {
  walk *walk = lua_touserdata(L, STATE);
  luaL_checkstack(L, LUA_MINSTACK, NULL);
  lua_newtable(L);
  lua_newtable(L);
  xlgc__lua_get(L, XLGC__LUA_KNOWN);
  xlgc__lua_get(L, XLGC__LUA_PROXIES);
  xlgc__lua_get(L, XLGC__LUA_PINS);
  pass_over(walk);
  need(walk, xlgc_summary_each_export(walk->summary, note_export, walk) == 0);
  note_proxies(walk);
  walk_roots(walk);
  walk_exports(walk);
  tell_unmet(walk);
  return 0;
}

/* ------------------------------------------------------------------ summary */

_Thread_local const char *xlgc__lua_why_busy;

static int refuse(const char *why) {
  xlgc__lua_why_busy = why;
  return XLGC_E_BUSY;
}

/* Which threads a program has called itself: one that runs while the main one does not was called from C. */
static bool hides_something(xlgc__lua_state *state) {
  if (state->flags & XLGC_LUA_BARE) return false;
  lua_State *first = xlgc__lua_runs(state->main) ? state->main : state->current;
  return xlgc__lua_hides(first);
}

int xlgc__lua_summarise(void *engine, xlgc_summary *summary) {
  xlgc__lua_state *state = engine;
  if (!state->main) return 0; /* its engine has ended, and holds nothing */
  lua_State *current = state->current;
  if (lua_gc(current, LUA_GCCOUNT) < 0) return refuse("a finalizer of Lua runs");
  if (hides_something(state)) return refuse("a call of Lua runs that was not made by xlgc_lua_pcall");
  lua_gc(current, LUA_GCCOLLECT);
  if (state->limbo) lua_gc(current, LUA_GCCOLLECT);
  walk walk = {.state = state, .L = state->aux, .summary = summary};
  bool collects = lua_gc(current, LUA_GCISRUNNING);
  lua_gc(current, LUA_GCSTOP);
  lua_pushcfunction(walk.L, walk_heap);
  lua_pushlightuserdata(walk.L, &walk);
  int failed = lua_pcall(walk.L, 1, 0, 0) ? XLGC_E_NOMEM : 0;
  lua_settop(walk.L, 0);
  if (collects) lua_gc(current, LUA_GCRESTART);
  xlgc__lua_forget(&walk.seen);
  xlgc__lua_free_graph(&walk.graph);
  free(walk.next_waiting);
  return failed;
}
