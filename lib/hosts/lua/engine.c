/* Opens and closes a Lua state as a host, and calls into it. What is here can be called from C without protection: it
 * raises no error of Lua's. */
#include <config.h>

#include "engine.h"

#include <stdlib.h>
#include <string.h>

static const char slots[XLGC__LUA_SLOTS];

int xlgc__lua_get(lua_State *L, xlgc__lua_slot slot) { return lua_rawgetp(L, LUA_REGISTRYINDEX, &slots[slot]); }

static xlgc__lua_box *box_of(lua_State *L) {
  if (!lua_checkstack(L, 1)) return NULL;
  xlgc__lua_get(L, XLGC__LUA_BOX);
  xlgc__lua_box *box = lua_touserdata(L, -1);
  lua_pop(L, 1);
  return box;
}

xlgc__lua_state *xlgc__lua_state_of(lua_State *L) {
  xlgc__lua_box *box = box_of(L);
  return box ? box->state : NULL;
}

xlgc__lua_state *xlgc__lua_here(lua_State *L) {
  xlgc__lua_box *box = lua_touserdata(L, lua_upvalueindex(1));
  if (!box || !box->state) {
    lua_pushliteral(L, "ReferenceError: xlgc was closed in this Lua state");
    lua_error(L);
  }
  return box->state;
}

lua_State *xlgc__lua_enter(lua_State *L, xlgc__lua_state *state) {
  lua_State *outer = state->current;
  state->current = L;
  state->uses++;
  return outer;
}
void xlgc__lua_leave(xlgc__lua_state *state, lua_State *outer) {
  state->current = outer;
  state->uses--;
}

/* ------------------------------------------------------------------ calls */

static int return_from_anchored(lua_State *L, int status, lua_KContext anchored) {
  (void)status;
  return lua_gettop(L) - (int)anchored;
}

/* The first function of a thread, whose arguments are a count, so many values that it keeps in sight, and the function to
 * be called with its arguments. */
static int call_anchored(lua_State *L) {
  int anchored = (int)lua_tointeger(L, 1) + 1;
  lua_callk(L, lua_gettop(L) - anchored - 1, LUA_MULTRET, anchored, return_from_anchored);
  return return_from_anchored(L, LUA_OK, anchored);
}

bool xlgc__lua_runs(lua_State *L) {
  lua_Debug frame;
  return lua_getstack(L, 0, &frame);
}

/* Puts call_anchored before a function and its arguments. Returns how many more arguments there are, or -1. */
static int anchor(lua_State *L, int nargs) {
  int below = lua_gettop(L) - nargs - 1;
  if (xlgc__lua_runs(L)) return 0;
  if (!lua_checkstack(L, below + 3)) return -1;
  lua_pushcfunction(L, call_anchored);
  lua_pushinteger(L, below);
  for (int i = 1; i <= below; i++)
    lua_pushvalue(L, i);
  lua_rotate(L, below + 1, below + 2);
  return below + 2;
}

static int no_memory(lua_State *L, int nargs) {
  lua_settop(L, lua_gettop(L) - nargs - 1);
  lua_pushnil(L);
  return LUA_ERRMEM;
}

int xlgc__lua_call(lua_State *L, int nargs, int nresults, int msgh) {
  if (msgh) msgh = lua_absindex(L, msgh);
  int more = anchor(L, nargs);
  return more < 0 ? no_memory(L, nargs) : lua_pcall(L, nargs + more, nresults, msgh);
}

bool xlgc__lua_hides(lua_State *L) {
  lua_Debug frame;
  if (!lua_getstack(L, 0, &frame)) return false;
  int found = 0, beyond = 1;
  while (lua_getstack(L, beyond, &frame)) {
    found = beyond;
    beyond *= 2;
  }
  while (beyond - found > 1) {
    int middle = found + (beyond - found) / 2;
    if (lua_getstack(L, middle, &frame))
      found = middle;
    else
      beyond = middle;
  }
  if (!lua_checkstack(L, 1) || !lua_getstack(L, found, &frame)) return true;
  lua_getinfo(L, "f", &frame);
  bool anchored = lua_tocfunction(L, -1) == call_anchored;
  lua_pop(L, 1);
  return !anchored;
}

static int make_text(lua_State *L) {
  if (lua_type(L, 1) != LUA_TSTRING) luaL_tolstring(L, 1, NULL);
  return 1;
}

static int tell(lua_State *L, int status, xlgc_visit *visit) {
  if (status == LUA_ERRMEM) return XLGC_E_NOMEM;
  if (!visit) return XLGC_E_RAISED;
  if (lua_type(L, -1) != LUA_TSTRING) return xlgc_visit_raise(visit, "an error without words", 22);
  size_t length;
  const char *bytes = lua_tolstring(L, -1, &length);
  xlgc_value text;
  if (xlgc__lua_copy_text(&text, bytes, length)) return XLGC_E_NOMEM;
  int failed = xlgc_visit_raise(visit, text.as.bytes, text.length);
  xlgc_value_clear(&text);
  return failed;
}

int xlgc__lua_protected(xlgc__lua_state *state, lua_CFunction function, void *data, xlgc_visit *visit) {
  lua_State *L = state->current;
  int top = lua_gettop(L);
  if (!lua_checkstack(L, 4)) return XLGC_E_NOMEM;
  lua_pushcfunction(L, make_text);
  lua_pushcfunction(L, function);
  lua_pushlightuserdata(L, data);
  int status = xlgc__lua_call(L, 1, 0, top + 1);
  int failed = status == LUA_OK ? 0 : tell(L, status, visit);
  lua_settop(L, top);
  return failed;
}

int xlgc_lua_pcall(lua_State *L, int nargs, int nresults, int msgh) {
  xlgc__lua_state *state = xlgc__lua_state_of(L);
  lua_State *outer = state ? state->current : NULL;
  if (state) state->current = L;
  int status = xlgc__lua_call(L, nargs, nresults, msgh);
  state = xlgc__lua_state_of(L);
  if (state && outer) state->current = outer;
  return status;
}

int xlgc_lua_resume(lua_State *L, lua_State *from, int nargs, int *nresults) {
  xlgc__lua_state *state = xlgc__lua_state_of(L);
  lua_State *outer = state ? state->current : NULL;
  int more = lua_status(L) == LUA_OK && lua_gettop(L) > nargs ? anchor(L, nargs) : 0;
  if (more < 0) {
    *nresults = 1;
    return no_memory(L, nargs);
  }
  if (state) state->current = L;
  int status = lua_resume(L, from, nargs + more, nresults);
  state = xlgc__lua_state_of(L);
  if (state && outer) state->current = outer;
  return status;
}

/* ----------------------------------------------------------------- closing */

/* The state goes on, or ends just now. */
static int end_host(xlgc__lua_box *box) {
  xlgc__lua_state *state = box->state;
  if (!state) return XLGC_E_STATE;
  if (state->uses) return XLGC_E_BUSY;
  int failed = xlgc_host_close(state->host);
  if (failed) return failed;
  box->state = NULL;
  free(state);
  return 0;
}

/* The end of the Lua state. A host that cannot be closed now, since it is being called, is left without an engine. */
static int finalize_box(lua_State *L) {
  xlgc__lua_box *box = lua_touserdata(L, 1);
  if (!box || !box->state) return 0;
  xlgc__lua_state *state = box->state;
  if (end_host(box)) {
    state->main = state->current = state->aux = NULL;
    box->state = NULL;
  }
  return 0;
}

static void forget(lua_State *L) {
  static const xlgc__lua_slot mine[] = {XLGC__LUA_BOX,   XLGC__LUA_PINS,   XLGC__LUA_PROXIES, XLGC__LUA_KNOWN,
                                        XLGC__LUA_PROXY, XLGC__LUA_CURSOR, XLGC__LUA_MODULE,  XLGC__LUA_AUX};
  for (size_t i = 0; i < sizeof mine / sizeof *mine; i++) {
    lua_pushnil(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &slots[mine[i]]);
  }
}

int xlgc_lua_close(lua_State *L) {
  if (!L) return XLGC_E_INVAL;
  xlgc__lua_box *box = box_of(L);
  int failed = box ? end_host(box) : XLGC_E_STATE;
  if (!failed) forget(L);
  return failed;
}

/* ----------------------------------------------------------------- opening */

typedef struct opening {
  xlgc_pool *pool;
  unsigned flags;
  bool installs, began;
  int failed;
  xlgc__lua_box *box;
} opening;

static void keep(lua_State *L, xlgc__lua_slot slot) { lua_rawsetp(L, LUA_REGISTRYINDEX, &slots[slot]); }

static void make_weak_table(lua_State *L, const char *mode, xlgc__lua_slot slot) {
  lua_newtable(L);
  lua_createtable(L, 0, 1);
  lua_pushstring(L, mode);
  lua_setfield(L, -2, "__mode");
  lua_setmetatable(L, -2);
  keep(L, slot);
}

static void make_box(lua_State *L, opening *opening) {
  opening->box = lua_newuserdatauv(L, sizeof *opening->box, 0);
  opening->box->state = NULL;
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, finalize_box);
  lua_setfield(L, -2, "__gc");
  lua_setmetatable(L, -2);
  lua_pushvalue(L, -1);
  keep(L, XLGC__LUA_BOX);
}

/* With the box on top, and there again. */
static void make_tables(lua_State *L, lua_State **aux) {
  lua_newtable(L);
  lua_pushvalue(L, -1);
  lua_setfield(L, LUA_REGISTRYINDEX, "xlgc.pins");
  keep(L, XLGC__LUA_PINS);
  make_weak_table(L, "v", XLGC__LUA_PROXIES);
  make_weak_table(L, "k", XLGC__LUA_KNOWN);
  lua_newtable(L);
  keep(L, XLGC__LUA_CURSOR);
  lua_newtable(L);
  lua_pushvalue(L, -2);
  xlgc__lua_fill_proxy_metatable(L);
  lua_pop(L, 1);
  keep(L, XLGC__LUA_PROXY);
  xlgc__lua_make_module(L);
  keep(L, XLGC__LUA_MODULE);
  *aux = lua_newthread(L);
  if (!lua_checkstack(*aux, LUA_MINSTACK)) luaL_error(L, "not enough memory");
  keep(L, XLGC__LUA_AUX);
}

static int start_host(lua_State *aux, opening *opening) {
  xlgc__lua_state *state = calloc(1, sizeof *state);
  if (!state) return XLGC_E_NOMEM;
  state->pool = opening->pool;
  state->flags = opening->flags;
  state->aux = aux;
  lua_rawgeti(aux, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
  state->main = state->current = lua_tothread(aux, -1);
  lua_pop(aux, 1);
  int failed = xlgc_host_open(state->pool, &xlgc__lua_adapter, state, &state->host);
  if (failed)
    free(state);
  else
    opening->box->state = state;
  return failed;
}

static int open_protected(lua_State *L) {
  opening *opening = lua_touserdata(L, 1);
  lua_State *aux;
  if (xlgc__lua_state_of(L)) {
    opening->failed = XLGC_E_EXISTS;
    return 0;
  }
  opening->began = true;
  make_box(L, opening);
  make_tables(L, &aux);
  opening->failed = start_host(aux, opening);
  xlgc__lua_get(L, XLGC__LUA_MODULE);
  if (!opening->installs || opening->failed) return 1;
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  lua_pushvalue(L, -2);
  lua_setfield(L, -2, "xlgc");
  lua_pushglobaltable(L);
  lua_pushliteral(L, "xlgc");
  lua_pushvalue(L, -4);
  lua_rawset(L, -3);
  lua_settop(L, 2);
  return 0;
}

static int open_state(lua_State *L, xlgc_pool *pool, unsigned flags, bool installs, xlgc_host **out) {
  if (!L || flags & ~(unsigned)XLGC_LUA_BARE) return XLGC_E_INVAL;
  if (!pool) pool = xlgc_default_pool();
  if (!pool) return XLGC_E_NOMEM;
  if (lua_gc(L, LUA_GCCOUNT) < 0) return XLGC_E_BUSY; /* inside a finalizer, perhaps the state's last ones */
  if (!lua_checkstack(L, 4)) return XLGC_E_NOMEM;
  opening opening = {.pool = pool, .flags = flags, .installs = installs};
  lua_pushcfunction(L, open_protected);
  lua_pushlightuserdata(L, &opening);
  if (xlgc__lua_call(L, 1, installs ? 0 : 1, 0)) {
    lua_pop(L, 1);
    if (!opening.failed) opening.failed = XLGC_E_NOMEM;
    if (opening.box && opening.box->state) end_host(opening.box);
  } else if (opening.failed && !installs) {
    lua_pop(L, 1);
  }
  if (opening.failed && opening.began) forget(L);
  if (!opening.failed && out) *out = opening.box->state->host;
  return opening.failed;
}

int xlgc__lua_open(lua_State *L, xlgc_pool *pool, unsigned flags, xlgc_host **out) {
  return open_state(L, pool, flags, false, out);
}
int xlgc_lua_open(lua_State *L, xlgc_pool *pool, unsigned flags, xlgc_host **out) {
  return open_state(L, pool, flags, true, out);
}
