/* Opens and closes a Lua state as a host. Functions here raise no errors of Lua's, but for those whose comments say so:
 * they can be called from C without protection. */
#include <config.h>

#include "hosts/lua/engine.h"

#include <stdlib.h>

#include "hosts/common/grow.h"
#include "hosts/common/messages.h"
#include "hosts/lua/calls.h"
#include "hosts/lua/limit.h"

typedef struct box {
  xlgc__lua_engine *engine; /* NULL when the host has ended */
} box;

static const char keys[XLGC__LUA_KEYS];

int xlgc__lua_engine_push(lua_State *L, xlgc__lua_key key) { return lua_rawgetp(L, LUA_REGISTRYINDEX, &keys[key]); }
void xlgc__lua_engine_keep(lua_State *L, xlgc__lua_key key) { lua_rawsetp(L, LUA_REGISTRYINDEX, &keys[key]); }

/* ---------------------------------------------------------------- being found */

static box *find_box(lua_State *L) {
  if (!lua_checkstack(L, 1)) return NULL;
  xlgc__lua_engine_push(L, XLGC__LUA_BOX);
  box *box = lua_touserdata(L, -1);
  lua_pop(L, 1);
  return box;
}

xlgc__lua_engine *xlgc__lua_engine_find(lua_State *L) {
  const box *box = find_box(L);
  return box ? box->engine : NULL;
}

xlgc__lua_engine *xlgc__lua_engine_of_upvalue(lua_State *L) {
  const box *box = lua_touserdata(L, lua_upvalueindex(1));
  return box ? box->engine : NULL;
}

xlgc__lua_engine *xlgc__lua_engine_here(lua_State *L) {
  xlgc__lua_engine *engine = xlgc__lua_engine_of_upvalue(L);
  if (engine) return engine;
  lua_pushliteral(L, "ReferenceError: " XLGC__MESSAGES_CLOSED);
  lua_error(L);
  return NULL;
}

lua_State *xlgc__lua_engine_enter(xlgc__lua_engine *engine, lua_State *L) {
  lua_State *before = engine->current;
  engine->current = L;
  engine->uses++;
  return before;
}

void xlgc__lua_engine_leave(xlgc__lua_engine *engine, lua_State *before) {
  engine->current = before;
  engine->uses--;
}

/* ------------------------------------------------------------------- closing */

static void free_kept(xlgc__lua_engine *engine) {
  xlgc__address_map_free(&engine->kept.addresses);
  xlgc__grow_release(engine->kept.records);
  engine->kept.records = NULL;
  engine->kept.record_room = 0;
}

static void free_engine(xlgc__lua_engine *engine) {
  free_kept(engine);
  xlgc__trace_free(&engine->trace);
  xlgc__encoding_end(engine->encoding);
  free(engine);
}

static int end_host(box *box) {
  xlgc__lua_engine *engine = box->engine;
  if (!engine) return XLGC_E_STATE;
  if (engine->uses) return XLGC_E_BUSY;
  int failed = xlgc_host_close(engine->host);
  if (failed) return failed;
  box->engine = NULL;
  free_engine(engine);
  return 0;
}

/* The end of the Lua state. A host that cannot be closed now, since it is being called, is left without an engine; one
 * that ends its state is closed next. */
static int finalize_box(lua_State *L) {
  box *box = lua_touserdata(L, 1);
  if (!box || !box->engine) return 0;
  xlgc__lua_engine *engine = box->engine;
  if (!engine->end_state && !end_host(box)) return 0;
  engine->main = engine->current = engine->aux = NULL;
  free_kept(engine);
  box->engine = NULL;
  return 0;
}

static void forget(lua_State *L) {
  for (int key = 0; key < XLGC__LUA_KEYS; key++) {
    lua_pushnil(L);
    xlgc__lua_engine_keep(L, (xlgc__lua_key)key);
  }
}

int xlgc__lua_engine_close(lua_State *L) {
  box *box = find_box(L);
  int failed = box ? end_host(box) : XLGC_E_STATE;
  if (!failed) forget(L);
  return failed;
}

/* The box is finalized last, as it was made before all that has finalizers of scripts. */
void xlgc__lua_engine_ending(void *data) {
  xlgc__lua_engine *engine = data;
  if (!engine->end_state || !engine->main) return;
  engine->limit = NULL;
  engine->end_state(engine->main);
}

int xlgc__lua_engine_end(lua_State *L, void (*end_state)(lua_State *L)) {
  const box *box = find_box(L);
  xlgc__lua_engine *engine = box ? box->engine : NULL;
  if (!engine) return XLGC_E_STATE;
  if (engine->uses) return XLGC_E_BUSY;
  engine->end_state = end_state;
  int failed = xlgc_host_close(engine->host);
  bool has_ended = !engine->main;
  engine->end_state = NULL;
  if (!failed) free_engine(engine);
  /* A host that could not be closed then is left without an engine. */
  return has_ended ? 0 : failed;
}

/* ------------------------------------------------------------------- opening */

typedef struct opening {
  xlgc_pool *pool;
  const xlgc__lua_parts *parts;
  unsigned flags;
  bool began;
  int failed;
  box *box;
} opening;

static void make_box(lua_State *L, opening *opening) {
  opening->box = lua_newuserdatauv(L, sizeof *opening->box, 0);
  opening->box->engine = NULL;
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, finalize_box);
  lua_setfield(L, -2, "__gc");
  lua_setmetatable(L, -2);
  lua_pushvalue(L, -1);
  xlgc__lua_engine_keep(L, XLGC__LUA_BOX);
}

static lua_State *make_aux(lua_State *L) {
  lua_State *aux = lua_newthread(L);
  if (!lua_checkstack(aux, LUA_MINSTACK)) luaL_error(L, "not enough memory");
  xlgc__lua_engine_keep(L, XLGC__LUA_AUX);
  return aux;
}

static int start_host(lua_State *aux, opening *opening) {
  xlgc__lua_engine *engine = calloc(1, sizeof *engine);
  if (!engine) return XLGC_E_NOMEM;
  engine->pool = opening->pool;
  engine->parts = opening->parts;
  engine->flags = opening->flags;
  engine->aux = aux;
  engine->limit = xlgc__lua_limit_of(aux);
  lua_rawgeti(aux, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
  engine->main = engine->current = lua_tothread(aux, -1);
  lua_pop(aux, 1);
  int failed = xlgc_host_open(engine->pool, opening->parts->adapter, engine, &engine->host);
  if (failed)
    free_engine(engine);
  else
    opening->box->engine = engine;
  return failed;
}

static int open_protected(lua_State *L) {
  opening *opening = lua_touserdata(L, 1);
  if (xlgc__lua_engine_find(L)) {
    opening->failed = XLGC_E_EXISTS;
    return 0;
  }
  opening->began = true;
  make_box(L, opening);
  opening->parts->equip(L);
  lua_State *aux = make_aux(L);
  opening->failed = start_host(aux, opening);
  return 0;
}

int xlgc__lua_engine_open(lua_State *L, xlgc_pool *pool, unsigned flags, const xlgc__lua_parts *parts) {
  if (!L || flags & ~(unsigned)(XLGC_LUA_BARE | XLGC_LUA_BYTES)) return XLGC_E_INVAL;
  if (!pool) pool = xlgc_default_pool();
  if (!pool) return XLGC_E_NOMEM;
  if (lua_gc(L, LUA_GCCOUNT) < 0) return XLGC_E_BUSY; /* inside a finalizer, perhaps the state's last ones */
  if (!lua_checkstack(L, 4)) return XLGC_E_NOMEM;
  opening opening = {.pool = pool, .flags = flags, .parts = parts};
  lua_pushcfunction(L, open_protected);
  lua_pushlightuserdata(L, &opening);
  if (xlgc__lua_calls_pcall(L, 1, 0, 0)) {
    lua_pop(L, 1);
    opening.failed = XLGC_E_NOMEM;
  }
  if (opening.failed && opening.began) forget(L);
  return opening.failed;
}

/* --------------------------------------------------------------- the adapter */

/* A second time, for proxies that are finalized twice. */
int xlgc__lua_engine_collect(void *data) {
  const xlgc__lua_engine *engine = data;
  if (!engine->main) return 0;
  if (lua_gc(engine->current, LUA_GCCOLLECT) < 0) return XLGC_E_BUSY;
  if (engine->finalized_once) lua_gc(engine->current, LUA_GCCOLLECT);
  return 0;
}

/* ------------------------------------------------------ calls that programs make */

int xlgc_lua_pcall(lua_State *L, int nargs, int nresults, int msgh) {
  xlgc__lua_engine *engine = xlgc__lua_engine_find(L);
  lua_State *before = engine ? engine->current : NULL;
  if (engine) engine->current = L;
  int status = xlgc__lua_calls_pcall(L, nargs, nresults, msgh);
  engine = xlgc__lua_engine_find(L); /* it may have been closed, or opened */
  if (engine && before) engine->current = before;
  return status;
}

int xlgc_lua_resume(lua_State *L, lua_State *from, int nargs, int *nresults) {
  xlgc__lua_engine *engine = xlgc__lua_engine_find(L);
  lua_State *before = engine ? engine->current : NULL;
  if (engine) engine->current = L;
  int status = xlgc__lua_calls_resume(L, from, nargs, nresults);
  engine = xlgc__lua_engine_find(L);
  if (engine && before) engine->current = before;
  return status;
}
