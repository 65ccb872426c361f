/* The table of functions by which the hosts know Lua. A state is used by one thread, and needs no enter and leave. */
#include <config.h>

#include "engine.h"

/* A second time, for proxies that are finalized twice. */
static int collect(void *engine) {
  xlgc__lua_state *state = engine;
  if (!state->main) return 0;
  if (lua_gc(state->current, LUA_GCCOLLECT) < 0) return XLGC_E_BUSY;
  if (state->limbo) lua_gc(state->current, LUA_GCCOLLECT);
  return 0;
}

const xlgc_host_adapter xlgc__lua_adapter = {
    .name = "lua",
    .summarise = xlgc__lua_summarise,
    .unpin = xlgc__lua_unpin,
    .collect = collect,
    .behaviour = &xlgc__lua_behaviour,
};
