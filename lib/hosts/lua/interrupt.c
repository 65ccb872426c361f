/* Lua can be stopped by a hook only, and one that is always there makes it twice as slow. So it is put there when a
 * poke comes, which Lua lets handlers of signals do. While the code is to stop, the hook stays and raises its error
 * again and again: a pcall catches one, and no more.
 *
 * A hook is one thread's. Which thread of Lua runs is known in states of the library's own only (coroutines.c); the main
 * one, and the one that used the library last, are given the hook as well. */
#include <config.h>

#include "hosts/lua/interrupt.h"

/* pokes: how many had come before it was known that nothing is to stop. A signal may come at any moment here. */
static void give_back(xlgc__lua_engine *engine, lua_State *L, unsigned pokes) {
  lua_sethook(L, engine->hook.function, engine->hook.mask, engine->hook.count);
  if (L == engine->main) engine->hook.is_poked = false;
  if (engine->hook.pokes != pokes) xlgc__lua_interrupt_poke(engine);
}

static void ask(lua_State *L, lua_Debug *unused) {
  (void)unused;
  xlgc__lua_engine *engine = xlgc__lua_engine_find(L);
  unsigned pokes = engine ? engine->hook.pokes : 0;
  if (!engine) {
    lua_sethook(L, NULL, 0, 0);
  } else if (xlgc_hosts_stopped()) {
    xlgc__lua_interrupt_poke(engine); /* the main thread, too, when a coroutine is stopped */
    luaL_error(L, "interrupted");
  } else {
    give_back(engine, L, pokes);
  }
}

void xlgc__lua_interrupt_poke(void *data) {
  xlgc__lua_engine *engine = data;
  lua_State *main = engine->main, *current = engine->current, *running = engine->running;
  if (!main) return;
  engine->hook.pokes++;
  lua_Hook function = lua_gethook(main);
  int mask = lua_gethookmask(main), count = lua_gethookcount(main);
  /* A poke by a signal at this moment has put ours there, and kept the program's. */
  if (!engine->hook.is_poked && function != ask && lua_gethook(main) == function) {
    engine->hook.function = function;
    engine->hook.mask = mask;
    engine->hook.count = count;
  }
  engine->hook.is_poked = true;
  lua_sethook(main, ask, LUA_MASKCOUNT, 1);
  if (current != main) lua_sethook(current, ask, LUA_MASKCOUNT, 1);
  if (running && running != current) lua_sethook(running, ask, LUA_MASKCOUNT, 1);
}

/* The code that is outside of this visit may be meant, too, and would not be met if it does nothing but visit. */
void xlgc__lua_interrupt_end(xlgc__lua_engine *engine) {
  if (!engine->main || !engine->hook.is_poked) return;
  unsigned pokes = engine->hook.pokes;
  if (!engine->visits || !xlgc_hosts_stopped()) give_back(engine, engine->main, pokes);
}
