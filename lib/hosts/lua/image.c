/* An image does not see what finalizers will find that are yet to run: they are Lua code that starts with garbage. So
 * Lua's collector goes round first, in small steps, until it has finalized what was garbage at the beginning. In that
 * moment the image is taken. A watcher is an object that nothing refers to: Lua finalizes what is garbage later than it
 * before it, and what was garbage in the image after it. */
#include <config.h>

#include "hosts/lua/image.h"

#include <time.h>

#include "hosts/common/image.h"
#include "hosts/lua/calls.h"

enum {
  STEP_KIB = 8,
  PART_NS = 1000000,
  ROUNDS_MAX = 4, /* of the collector, for one image */
  PARTS_MAX = 50,  /* after finalizers have run, until the collector has come round; */
  KIB_OF_PART = 8, /* and one more for so much memory, even on a slow machine */
  SKIPPED = 30    /* images, when it does not */
};

/* ---------------------------------------------------------------- watchers */

static int finalize_watcher(lua_State *L) {
  xlgc__lua_engine *engine = xlgc__lua_engine_of_upvalue(L);
  const unsigned *number = lua_touserdata(L, 1);
  if (!engine || !number) return 0;
  if (*number == engine->image.watcher) engine->image.watches = false;
  (void)xlgc_host_finalizes(engine->host);
  return 0;
}

void xlgc__lua_image_equip(lua_State *L) {
  lua_createtable(L, 0, 1);
  lua_pushvalue(L, -2);
  lua_pushcclosure(L, finalize_watcher, 1);
  lua_setfield(L, -2, "__gc");
  xlgc__lua_engine_keep(L, XLGC__LUA_WATCHER);
}

static int make_watcher(lua_State *L) {
  const xlgc__lua_engine *engine = lua_touserdata(L, 1);
  unsigned *number = lua_newuserdatauv(L, sizeof *number, 0);
  *number = engine->image.watcher;
  xlgc__lua_engine_push(L, XLGC__LUA_WATCHER);
  lua_setmetatable(L, -2);
  return 0;
}

static int watch(xlgc__lua_engine *engine) {
  engine->image.watcher++;
  engine->image.watches = true;
  lua_pushcfunction(engine->aux, make_watcher);
  lua_pushlightuserdata(engine->aux, engine);
  if (!lua_pcall(engine->aux, 1, 0, 0)) return 0;
  lua_settop(engine->aux, 0);
  engine->image.watches = false;
  return XLGC_E_NOMEM;
}

/* ------------------------------------------------------------------ refusal */

/* Which threads a program has called itself: one that runs while the main one does not was called from C. */
static bool hides_something(const xlgc__lua_engine *engine) {
  if (engine->flags & XLGC_LUA_BARE) return false;
  return xlgc__lua_calls_hides(xlgc__lua_calls_runs(engine->main) ? engine->main : engine->current);
}

int xlgc__lua_image_refuses(const xlgc__lua_engine *engine) {
  if (lua_gc(engine->current, LUA_GCCOUNT) < 0) return xlgc_hosts_refuse("a finalizer of Lua runs");
  if (hides_something(engine)) return xlgc_hosts_refuse("a call of Lua runs that was not made by xlgc_lua_pcall");
  return 0;
}

/* ---------------------------------------------------------- the adapter's */

size_t xlgc__lua_image_size(void *data) {
  const xlgc__lua_engine *engine = data;
  if (!engine->main) return 0;
  int kib = lua_gc(engine->current, LUA_GCCOUNT);
  return kib < 0 ? 0 : (size_t)kib * 1024;
}

static uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Lua's collector works for a little while, or until it has come round: true. */
static bool comes_round(const xlgc__lua_engine *engine) {
  uint64_t end_ns = now_ns() + PART_NS;
  bool has = false;
  while (!has && now_ns() < end_ns)
    has = lua_gc(engine->current, LUA_GCSTEP, STEP_KIB) > 0;
  return has;
}

/* Is all finalized that was garbage when the watcher was made, and proxies among that a second time? It is at rest
 * now. */
static bool is_clean(xlgc__lua_engine *engine) {
  engine->image.rounds++;
  engine->image.parts = 0;
  return (!engine->image.watches && !engine->finalized_once) || engine->image.rounds >= ROUNDS_MAX;
}

/* In the generational mode the collector does not come round in steps, but runs finalizers all the same. */
static bool is_generational(xlgc__lua_engine *engine) {
  if (engine->image.watches) engine->image.parts = 0;
  size_t parts_max = PARTS_MAX + xlgc__lua_image_size(engine) / 1024 / KIB_OF_PART;
  if (++engine->image.parts < parts_max) return false;
  engine->image.skips = SKIPPED;
  return true;
}

static int begin_cleaning(xlgc__lua_engine *engine) {
  if (engine->image.skips) {
    engine->image.skips--;
    return XLGC_E_STATE;
  }
  engine->image.is_cleaning = true;
  engine->image.rounds = engine->image.parts = 0;
  return watch(engine);
}

int xlgc__lua_image_begin(void *data) {
  xlgc__lua_engine *engine = data;
  int failed = engine->main ? xlgc__lua_image_refuses(engine) : XLGC_E_SHUTDOWN;
  if (!failed && !engine->image.is_cleaning) failed = begin_cleaning(engine);
  if (!failed) {
    bool is_ready = comes_round(engine) && is_clean(engine);
    if (!is_ready && !is_generational(engine)) return 1;
    failed = is_ready ? watch(engine) : XLGC_E_STATE;
  }
  engine->image.is_cleaning = false;
  return failed;
}

int xlgc__lua_image_end(void *data) {
  const xlgc__lua_engine *engine = data;
  return engine->image.watches ? 0 : XLGC_E_STATE;
}

/* ------------------------------------------------------------- in an image */

static void *allocate(void *data, void *memory, size_t old_bytes, size_t size_bytes) {
  (void)data;
  if (!size_bytes) return NULL;
  return xlgc__image_reallocate(memory, memory ? old_bytes : 0, size_bytes);
}

void xlgc__lua_image_enter(xlgc__lua_engine *engine) {
  xlgc__image_enter();
  lua_setallocf(engine->main, allocate, NULL);
}
