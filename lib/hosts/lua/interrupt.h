/* Code of Lua is stopped from outside, as by Ctrl-C. */
#ifndef XLGC_LUA_INTERRUPT_H
#define XLGC_LUA_INTERRUPT_H

#include "hosts/lua/engine.h"

/* The adapter's `poke`. */
void xlgc__lua_interrupt_poke(void *engine);
/* A visit of the state ends: the program has its own hook again. */
void xlgc__lua_interrupt_end(xlgc__lua_engine *engine);

#endif
