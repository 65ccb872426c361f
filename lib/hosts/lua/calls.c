/* The public interface of Lua shows what a running function has on the stack, and not what a C program left below the
 * first one. So a call from the bottom of a stack is made through a function of this library, which has all that lies
 * below as its arguments: these a walk can see. */
#include <config.h>

#include "hosts/lua/calls.h"

static int return_from_anchored(lua_State *L, int status, lua_KContext anchored) {
  (void)status;
  return lua_gettop(L) - (int)anchored;
}

/* The first function of a thread. Its arguments are a count, as many values that it keeps in sight, and the function to
 * be called with its arguments. */
static int call_anchored(lua_State *L) {
  int anchored = (int)lua_tointeger(L, 1) + 1;
  lua_callk(L, lua_gettop(L) - anchored - 1, LUA_MULTRET, anchored, return_from_anchored);
  return return_from_anchored(L, LUA_OK, anchored);
}

bool xlgc__lua_calls_runs(lua_State *L) {
  lua_Debug frame;
  return lua_getstack(L, 0, &frame);
}

/* Puts call_anchored before a function and its arguments. Returns how many more arguments there are, or -1. */
static int anchor(lua_State *L, int nargs) {
  int below = lua_gettop(L) - nargs - 1;
  if (xlgc__lua_calls_runs(L)) return 0;
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

int xlgc__lua_calls_pcall(lua_State *L, int nargs, int nresults, int msgh) {
  if (msgh) msgh = lua_absindex(L, msgh);
  int more = anchor(L, nargs);
  return more < 0 ? no_memory(L, nargs) : lua_pcall(L, nargs + more, nresults, msgh);
}

int xlgc__lua_calls_resume(lua_State *L, lua_State *from, int nargs, int *nresults) {
  int more = lua_status(L) == LUA_OK && lua_gettop(L) > nargs ? anchor(L, nargs) : 0;
  if (more >= 0) return lua_resume(L, from, nargs + more, nresults);
  *nresults = 1;
  return no_memory(L, nargs);
}

/* The level of the first function; levels count from the last one, and are tried by doubling and halving. */
static int find_first_level(lua_State *L, lua_Debug *frame) {
  int found = 0, beyond = 1;
  while (lua_getstack(L, beyond, frame)) {
    found = beyond;
    beyond *= 2;
  }
  while (beyond - found > 1) {
    int middle = found + (beyond - found) / 2;
    if (lua_getstack(L, middle, frame))
      found = middle;
    else
      beyond = middle;
  }
  return found;
}

bool xlgc__lua_calls_hides(lua_State *L) {
  lua_Debug frame;
  if (!xlgc__lua_calls_runs(L)) return false;
  int first = find_first_level(L, &frame);
  if (!lua_checkstack(L, 1) || !lua_getstack(L, first, &frame)) return true;
  lua_getinfo(L, "f", &frame);
  bool anchored = lua_tocfunction(L, -1) == call_anchored;
  lua_pop(L, 1);
  return !anchored;
}
