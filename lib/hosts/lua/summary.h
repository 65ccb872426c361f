/* The summary of a Lua state. */
#ifndef XLGC_LUA_SUMMARY_H
#define XLGC_LUA_SUMMARY_H

#include <xlgc/host.h>

/* The adapter's `summarise`. */
int xlgc__lua_summary_take(void *engine, xlgc_summary *summary);

#endif
