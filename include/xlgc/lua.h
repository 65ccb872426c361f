/* xlgc: the bridge for Lua 5.4. A Lua state of the embedding program becomes a host of a pool. Other engines can hold
 * and use its tables, functions, userdata and threads, and it theirs; rings through several engines are collected.
 *
 * Lua then has the module `xlgc`, see xlgc-lua(3); in the stock interpreter `require "xlgc"` opens the state by itself,
 * on the default pool.
 *
 * What a summary sees. It walks the state from its registry, as Lua's own collector does: globals, loaded modules,
 * upvalues, suspended coroutines, and the stack of calls that run. Lua's public interface does not show the values that
 * a C program left on a stack below the first running call. So
 *   - while no call runs, a summary sees all of the main stack;
 *   - calls by xlgc_lua_pcall and xlgc_lua_resume, and all calls of the bridge, keep what lies below them visible;
 *   - inside another call that was made from the bottom of the main stack a summary answers XLGC_E_BUSY, unless the
 *     state was opened with XLGC_LUA_BARE;
 *   - on a thread other than the main one, what lies below its first call is not seen, and this is not noticed: if the
 *     program used lua_pcall or lua_resume for it while the main thread runs too, or if it is suspended;
 *   - while a coroutine is being closed, in a `__close`, a summary answers XLGC_E_BUSY.
 *
 * Threads. As a Lua state, all this is used by one thread at a time.
 */
#ifndef XLGC_LUA_H
#define XLGC_LUA_H

#include <lua.h>

#include <xlgc/bridge.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  /* The program needs nothing that lies below its calls; the stand-alone program lua5.4 is such a one. */
  XLGC_LUA_BARE = 1,
  /* Strings cross as bytes. Otherwise they are text, and one that is no UTF-8 raises an error. Names of fields are text
   * wherever they can be. The state may choose anew, or an encoding, by the module's `strings`. */
  XLGC_LUA_BYTES = 2
};

/* Makes a state a host, and installs the module `xlgc` as a global and for `require`. L: any thread of the state. pool:
 * NULL for xlgc_default_pool. flags: XLGC_LUA_*. out: the host, may be NULL.
 * On error XLGC_E_EXISTS when the state is open, XLGC_E_BUSY inside a finalizer, XLGC_E_NOMEM, or as xlgc_host_open;
 * nothing has changed then. Ownership: the state's, until xlgc_lua_close or lua_close, whichever comes first; the pool
 * may be destroyed before that. Threads: the state's. Cost: some tables. */
XLGC_API int xlgc_lua_open(lua_State *L, xlgc_pool *pool, unsigned flags, xlgc_host **out);

/* Ends the host while the state lives on: its objects answer XLGC_E_STALE elsewhere, and its proxies raise an error.
 * lua_close does this by itself. On error XLGC_E_STATE when the state is not open, XLGC_E_BUSY while other engines call
 * it or it calls them, or as xlgc_host_close; then it is still open. Threads: the state's. */
XLGC_API int xlgc_lua_close(lua_State *L);

/* The value at an index, for another engine; an object is exported, as by xlgc_host_export. out: the value; texts are
 * copied; a string is bytes when it is no UTF-8, or with XLGC_LUA_BYTES. On error XLGC_E_STATE when the state is not open, XLGC_E_NOMEM, XLGC_E_INVAL for what cannot cross (light
 * userdata but xlgc.null), or as xlgc_host_export. Ownership: the caller clears out with xlgc_value_clear. Threads: the
 * state's. */
XLGC_API int xlgc_lua_value(lua_State *L, int index, xlgc_value *out);

/* Pushes a value; an object arrives as its proxy, or as itself when it is the state's own. value: not XLGC_SEVERAL; an
 * object that its giver holds. On error as xlgc_host_receive, XLGC_E_STATE, XLGC_E_NOMEM, XLGC_E_INVAL, and nothing is
 * pushed. Threads: the state's. */
XLGC_API int xlgc_lua_push(lua_State *L, const xlgc_value *value);

/* lua_pcall, but summaries see what lies on the stack below the call while it runs. Parameters and result as of
 * lua_pcall; without memory for the stack it answers LUA_ERRMEM, with nil as the error value. Threads: the state's.
 * Cost: lua_pcall; at the bottom of a stack, what lies below is copied. */
XLGC_API int xlgc_lua_pcall(lua_State *L, int nargs, int nresults, int msgh);

/* lua_resume, in the same way: for starting a thread that has something below its function. A thread that was started
 * by this and has yielded may be resumed by either. Parameters and result as of lua_resume. Threads: the state's. */
XLGC_API int xlgc_lua_resume(lua_State *L, lua_State *from, int nargs, int *nresults);

/* The language Lua, for xlgc_language_start: a private state with the standard libraries. */
extern XLGC_API const xlgc_language xlgc_language_lua;

#ifdef __cplusplus
}
#endif

#endif
