/* The summary of a Lua state. */
#ifndef XLGC_LUA_SUMMARY_H
#define XLGC_LUA_SUMMARY_H

#include <xlgc/host.h>

/* The adapter's `summarise`. */
int xlgc__lua_summary_take(void *engine, xlgc_summary *summary);
/* Why the last summary on this thread answered XLGC_E_BUSY, or NULL; and forgets it. */
const char *xlgc__lua_summary_take_reason(void);

#endif
