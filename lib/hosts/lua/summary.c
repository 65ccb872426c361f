/* The summary: a walk over the heap of a Lua state, first from its roots, then from its exports, which tells of the
 * proxies and exports that it meets. It runs on a thread of the library's own, which is no part of what is walked, with
 * Lua's collector stopped.
 *
 * What the first walk meets is rooted, and told of. The second one goes through the rest from all exports together, and
 * makes a graph of it, which is condensed. Objects that were met and are to be scanned lie in a table of Lua's. So
 * memory that runs out is an error of Lua's, and no chain is too long.
 *
 * Weak tables. Weak values are not followed. The value under a weak key is reached while both the table and the key
 * are. Once the table was met, a value waits for its key, and is met when the key is. In the graph, a key that only
 * exports reach is what leads to the value: were the table to go first, its next summary would say so.
 *
 * What a weak table has, code may take from it without entering through an export. When that is something which only
 * exports reach, the summary is told so (xlgc_summary_weak).
 *
 * In the end, proxies that live and that no walk has met are reached by something that cannot be seen, such as an
 * object whose finalizer is yet to run. They are told of as rooted. */
#include <config.h>

#include "hosts/lua/summary.h"

#include "hosts/common/address_map.h"
#include "hosts/common/grow.h"
#include "hosts/lua/calls.h"
#include "hosts/lua/frames.h"
#include "hosts/lua/image.h"
#include "hosts/lua/proxy.h"
#include "hosts/lua/tables.h"

enum { WALK = 1, WORK, VALUES, KNOWN, PROXIES, PINS, WATCHED, TOP }; /* on the walk's stack */

#define NONE XLGC__ADDRESS_MAP_NONE

/* What the walks know of an object. */
typedef struct record {
  xlgc_id id;                        /* of an export or a proxy */
  uint32_t node;                     /* in the graph of what exports reach, or NONE */
  uint32_t waiting;                  /* the first value that waits for it as a weak key, or 0 */
  bool is_proxy, is_rooted, is_weak; /* is_weak: a weak table has it */
} record;

typedef struct walk {
  xlgc__lua_engine *engine;
  lua_State *L;
  xlgc_summary *summary;
  xlgc__address_map addresses; /* numbers of records */
  record *records;
  size_t record_room;
  xlgc__condense graph;
  bool is_first;      /* the walk from the roots */
  bool meets_closing; /* a thread that is being closed */
  uint32_t from;      /* the node of what is scanned, in the second walk; NONE where it begins */
  lua_Integer work;
  xlgc__grow_list waiting; /* value n, from 1 on, is in the table VALUES; at[n - 1]: the next one of its key */
} walk;

static void need(walk *walk, int failed) {
  if (failed < 0) luaL_error(walk->L, "not enough memory");
}

/* The record of an address, made when there is none. It stays where it is until the next is made. */
static record *see(walk *walk, const void *address) {
  uint32_t number;
  int is_new = xlgc__address_map_add(&walk->addresses, address, &number);
  need(walk, is_new);
  if (!is_new) return &walk->records[number];
  record *records = xlgc__grow_array(walk->records, walk->addresses.count, &walk->record_room, sizeof *records);
  need(walk, records ? 0 : XLGC_E_NOMEM);
  walk->records = records;
  records[number] = (record){.id = XLGC_ID_NONE, .node = NONE};
  return &records[number];
}

static const record *find_record(const walk *walk, const void *address) {
  uint32_t number = xlgc__address_map_find(&walk->addresses, address);
  return number == NONE ? NULL : &walk->records[number];
}

static bool has_address(int type) {
  return type == LUA_TTABLE || type == LUA_TFUNCTION || type == LUA_TUSERDATA || type == LUA_TTHREAD;
}

/* The value on top is to be scanned. */
static void schedule(walk *walk) { lua_rawseti(walk->L, WORK, ++walk->work); }
/* It is to be met from a node, which is not done here: such values can be a long chain. */
static void schedule_meeting(walk *walk, uint32_t from) {
  schedule(walk);
  lua_pushinteger(walk->L, from);
  schedule(walk);
}

static void wake_waiting(walk *walk, const record *key) {
  for (uint32_t value = key->waiting; value; value = walk->waiting.at[value - 1]) {
    lua_rawgeti(walk->L, VALUES, value);
    schedule_meeting(walk, key->node);
  }
}

static bool is_export(const record *record) { return record->id != XLGC_ID_NONE && !record->is_proxy; }

/* Returns whether it was met before. */
static bool mark(walk *walk, record *record) {
  if (record->is_rooted) return true;
  if (walk->is_first) {
    record->is_rooted = true;
    if (record->id != XLGC_ID_NONE) xlgc_summary_root(walk->summary, record->id);
    return false;
  }
  bool is_new = record->node == NONE;
  if (is_new) need(walk, xlgc__condense_add_node(&walk->graph, record->id, is_export(record), &record->node));
  if (walk->from != NONE) need(walk, xlgc__condense_add_edge(&walk->graph, walk->from, record->node));
  return !is_new;
}

/* Takes the value on top. */
static void meet(walk *walk) {
  lua_State *L = walk->L;
  record *record = has_address(lua_type(L, -1)) ? see(walk, lua_topointer(L, -1)) : NULL;
  if (!record || mark(walk, record)) {
    lua_pop(L, 1);
    return;
  }
  wake_waiting(walk, record);
  if (!record->is_proxy) {
    schedule(walk);
    return;
  }
  xlgc__lua_proxy_met(walk->engine, lua_touserdata(L, -1));
  lua_pop(L, 1);
}

/* ------------------------------------------------------------------ tables */

/* The value on top waits for a key. */
static void let_wait(walk *walk, const void *key) {
  record *record = see(walk, key);
  need(walk, xlgc__grow_push(&walk->waiting, record->waiting));
  record->waiting = (uint32_t)walk->waiting.count;
  lua_rawseti(walk->L, VALUES, record->waiting);
}

/* A weak key is below its value on top, which is taken. */
static void meet_weak_key(walk *walk) {
  lua_State *L = walk->L;
  if (!has_address(lua_type(L, -2)) || !has_address(lua_type(L, -1))) {
    meet(walk);
    return;
  }
  const record *key = find_record(walk, lua_topointer(L, -2));
  if (key && key->is_rooted)
    meet(walk);
  else if (key && key->node != NONE)
    schedule_meeting(walk, key->node);
  else
    let_wait(walk, lua_topointer(L, -2));
}

/* A weak table has the value at an index. */
static void note_weak(walk *walk, int index) {
  if (has_address(lua_type(walk->L, index))) see(walk, lua_topointer(walk->L, index))->is_weak = true;
}

/* The metatable on top is that of what is scanned, below it: does that have a finalizer which may look at what it
 * holds? A file's looks at nothing. */
static void note_finalizer(walk *walk) {
  lua_State *L = walk->L;
  if (walk->from == NONE || luaL_testudata(L, -2, LUA_FILEHANDLE)) return;
  lua_pushliteral(L, "__gc");
  bool has = lua_rawget(L, -2) != LUA_TNIL;
  lua_pop(L, 1);
  if (has) need(walk, xlgc__condense_add_finalizer(&walk->graph, walk->from, xlgc_host_root(walk->engine->host)));
}

static void scan_table(walk *walk) {
  lua_State *L = walk->L;
  bool weak_keys, weak_values;
  if (xlgc__lua_tables_push_metatable(L, &weak_keys, &weak_values)) {
    note_finalizer(walk);
    meet(walk);
  }
  lua_pushnil(L);
  while (lua_next(L, -2)) {
    if (weak_values) note_weak(walk, -1);
    if (weak_keys) note_weak(walk, -2);
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

/* While the parser reads a text from a function, the function that it makes is on the stack, without its upvalues. */
static void scan_function(walk *walk) {
  lua_State *L = walk->L;
  lua_Debug function;
  lua_pushvalue(L, -1);
  lua_getinfo(L, ">u", &function);
  for (int i = 1; i <= function.nups && lua_upvalueid(L, -1, i) && lua_getupvalue(L, -1, i); i++)
    meet(walk);
}

static void scan_userdata(walk *walk) {
  lua_State *L = walk->L;
  if (lua_getmetatable(L, -1)) {
    note_finalizer(walk);
    meet(walk);
  }
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

/* Is the first call of a thread that of a value's own `__close`? Then the thread is being closed, and what it has to
 * close after that is below the call, where no walk can see it. */
static bool closes(walk *walk, lua_State *thread, lua_Debug *first) {
  lua_State *L = walk->L;
  int top = lua_gettop(L);
  bool is = false;
  lua_getinfo(thread, "f", first);
  lua_xmove(thread, L, 1);
  if (lua_getlocal(thread, first, 1)) {
    lua_xmove(thread, L, 1);
    is = luaL_getmetafield(L, -1, "__close") && lua_rawequal(L, -1, top + 1);
  }
  lua_settop(L, top);
  return is;
}

/* One that does not run yet, or any more, or is between calls, has all it has in its lowest frame. */
static void scan_thread(walk *walk, lua_State *thread) {
  xlgc__lua_frames frames = {.thread = thread};
  need(walk, lua_checkstack(thread, 2) ? 0 : XLGC_E_NOMEM);
  if (!xlgc__lua_calls_runs(thread)) {
    for (int i = 1, count = lua_gettop(thread); i <= count; i++) {
      lua_pushvalue(thread, i);
      meet_from(walk, thread);
    }
    return;
  }
  while (xlgc__lua_frames_next(&frames))
    scan_frame(walk, thread, &frames.frame);
  walk->meets_closing |= closes(walk, thread, &frames.frame);
}

static void take_work(walk *walk) {
  lua_rawgeti(walk->L, WORK, walk->work);
  lua_pushnil(walk->L);
  lua_rawseti(walk->L, WORK, walk->work--);
}

/* Takes the object on top. */
static void scan(walk *walk) {
  lua_State *L = walk->L;
  walk->from = find_record(walk, lua_topointer(L, -1))->node;
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
    walk->from = (uint32_t)lua_tointeger(walk->L, -1);
    lua_pop(walk->L, 1);
    take_work(walk);
    meet(walk);
  }
}

/* ------------------------------------------------------------------- walks */

/* Runs under walk_heap's protection. */
static int note_export(void *data, xlgc_id id, void *handle) {
  see(data, handle)->id = id;
  return 0;
}

static void note_proxy(walk *walk, const xlgc__lua_proxy *proxy) {
  if (!proxy->is_known || proxy->is_gone) return;
  record *record = see(walk, proxy);
  record->id = proxy->id;
  record->is_proxy = true;
}

static void note_proxies(walk *walk) {
  lua_State *L = walk->L;
  lua_pushnil(L);
  while (xlgc__lua_tables_next(L, KNOWN)) {
    lua_pushnil(L);
    while (lua_next(L, -2)) {
      lua_pop(L, 1);
      note_proxy(walk, lua_touserdata(L, -1));
    }
    lua_pop(L, 1);
  }
}

/* What is the walk's own is no part of the heap. */
static void pass_over(walk *walk) {
  for (int i = WORK; i < TOP; i++)
    see(walk, lua_topointer(walk->L, i))->is_rooted = true;
  see(walk, walk->L)->is_rooted = true;
}

static void push_example(lua_State *L, int type) {
  switch (type) {
  case LUA_TNIL: lua_pushnil(L); break;
  case LUA_TBOOLEAN: lua_pushboolean(L, false); break;
  case LUA_TNUMBER: lua_pushinteger(L, 0); break;
  case LUA_TSTRING: lua_pushliteral(L, ""); break;
  case LUA_TLIGHTUSERDATA: lua_pushlightuserdata(L, NULL); break;
  case LUA_TFUNCTION: lua_pushcfunction(L, NULL); break;
  default: lua_pushthread(L); break;
  }
}

/* The metatables of all types that have one for all their values. */
static void meet_metatables_of_types(walk *walk) {
  static const int types[] = {LUA_TNIL,           LUA_TBOOLEAN,  LUA_TNUMBER, LUA_TSTRING,
                              LUA_TLIGHTUSERDATA, LUA_TFUNCTION, LUA_TTHREAD};
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    push_example(walk->L, types[i]);
    if (lua_getmetatable(walk->L, -1)) meet(walk);
    lua_pop(walk->L, 1);
  }
}

static void walk_roots(walk *walk) {
  lua_State *current = walk->engine->current;
  walk->is_first = true;
  lua_pushvalue(walk->L, LUA_REGISTRYINDEX);
  meet(walk);
  need(walk, lua_checkstack(current, 1) ? 0 : XLGC_E_NOMEM);
  lua_pushthread(current);
  meet_from(walk, current);
  meet_metatables_of_types(walk);
  run(walk);
}

static int meet_export(void *data, xlgc_id id, void *handle) {
  walk *walk = data;
  (void)id;
  walk->from = NONE;
  xlgc__lua_tables_push_pinned(walk->L, handle);
  meet(walk);
  return 0;
}

static void walk_exports(walk *walk) {
  walk->is_first = false;
  xlgc_summary_each_export(walk->summary, meet_export, walk);
  run(walk);
  need(walk, xlgc__condense_report(&walk->graph, walk->summary));
}

static void tell_the_rest(walk *walk) {
  for (uint32_t i = 0; i < walk->addresses.count; i++) {
    const record *record = &walk->records[i];
    if (record->is_weak && !record->is_rooted && record->node != NONE) xlgc_summary_weak(walk->summary);
    if (record->is_proxy && !record->is_rooted && record->node == NONE) xlgc_summary_root(walk->summary, record->id);
  }
}

static void push_work(lua_State *L) {
  if (xlgc__lua_engine_push(L, XLGC__LUA_WORK) == LUA_TTABLE) return;
  lua_pop(L, 1);
  lua_newtable(L);
  lua_pushvalue(L, -1);
  xlgc__lua_engine_keep(L, XLGC__LUA_WORK);
}

static int walk_heap(lua_State *L) {
  walk *walk = lua_touserdata(L, WALK);
  luaL_checkstack(L, LUA_MINSTACK, NULL);
  push_work(L);
  lua_newtable(L);
  xlgc__lua_engine_push(L, XLGC__LUA_KNOWN);
  xlgc__lua_engine_push(L, XLGC__LUA_PROXIES);
  xlgc__lua_engine_push(L, XLGC__LUA_PINS);
  xlgc__lua_engine_push(L, XLGC__LUA_WATCHED);
  pass_over(walk);
  xlgc_summary_each_export(walk->summary, note_export, walk);
  note_proxies(walk);
  xlgc__lua_tables_trim(L, PROXIES);
  xlgc__lua_tables_trim(L, PINS);
  walk_roots(walk);
  walk_exports(walk);
  tell_the_rest(walk);
  return 0;
}

/* ------------------------------------------------------------------ summary */

/* The collector rests meanwhile. */
static int run_protected(walk *walk) {
  lua_State *current = walk->engine->current;
  bool collects = lua_gc(current, LUA_GCISRUNNING);
  lua_gc(current, LUA_GCSTOP);
  lua_pushcfunction(walk->L, walk_heap);
  lua_pushlightuserdata(walk->L, walk);
  int failed = lua_pcall(walk->L, 1, 0, 0) ? XLGC_E_NOMEM : 0;
  if (failed) lua_pushnil(walk->L), xlgc__lua_engine_keep(walk->L, XLGC__LUA_WORK); /* there is something in it */
  lua_settop(walk->L, 0);
  if (collects) lua_gc(current, LUA_GCRESTART);
  return failed;
}

static void take_kept(walk *walk) {
  walk->addresses = walk->engine->kept.addresses;
  walk->records = walk->engine->kept.records;
  walk->record_room = walk->engine->kept.record_room;
}

static void keep(walk *walk) {
  xlgc__address_map_clear(&walk->addresses);
  walk->engine->kept.addresses = walk->addresses;
  walk->engine->kept.records = walk->records;
  walk->engine->kept.record_room = walk->record_room;
}

int xlgc__lua_summary_take(void *data, xlgc_summary *summary) {
  xlgc__lua_engine *engine = data;
  if (!engine->main) return 0; /* the state has ended, and holds nothing */
  int failed = xlgc__lua_image_refuses(engine);
  if (failed) return failed;
  walk walk = {.engine = engine, .L = engine->aux, .summary = summary};
  bool is_image = xlgc_summary_is_image(summary);
  if (is_image)
    xlgc__lua_image_enter(engine);
  else
    (void)xlgc__lua_engine_collect(engine), take_kept(&walk);
  unsigned before = xlgc__limit_lift(engine->limit, XLGC__LIMIT_NONE);
  failed = run_protected(&walk);
  xlgc__limit_restore(engine->limit, before);
  if (!failed && walk.meets_closing) failed = xlgc_hosts_refuse("a coroutine is being closed");
  if (is_image) return failed; /* and all of it ends */
  engine->counts = walk.graph.counts;
  keep(&walk);
  xlgc__condense_free(&walk.graph);
  xlgc__grow_free(&walk.waiting);
  return failed;
}
