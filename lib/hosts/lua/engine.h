/* What the bridge knows of a Lua state. The struct is the host's engine; Lua has it through a box, a userdata that all
 * functions of the module and all proxies lead to, which is emptied when the host ends: so what outlives the host finds
 * that out. */
#ifndef XLGC_LUA_STATE_H
#define XLGC_LUA_STATE_H

#include <lua.h>
#include <lauxlib.h>
#include <stdbool.h>
#include <xlgc/lua.h>

typedef struct xlgc__lua_state {
  lua_State *main, *current; /* current: the thread that called the bridge last */
  lua_State *aux;            /* a thread of the bridge's own, for what must not fail and for walks */
  xlgc_host *host;
  xlgc_pool *pool;
  unsigned flags;
  unsigned limbo; /* proxies that were finalized once */
  unsigned uses;  /* of the host by this state's own code, one inside the other */
} xlgc__lua_state;

typedef struct xlgc__lua_box {
  xlgc__lua_state *state; /* NULL when the host has ended */
} xlgc__lua_box;

/* A proxy's userdata. It is finalized twice: what is finalized together with it, before or after, may still bring it
 * back, and only when that has not happened it is gone. */
typedef struct xlgc__lua_proxy {
  xlgc_id id;
  xlgc_id read_from; /* the object that this, a method, was last read from */
  unsigned traits;
  bool is_known;             /* the host knows it */
  bool in_limbo, is_spurned; /* finalized once; finalized for good */
} xlgc__lua_proxy;

/* Tables in the registry, by the addresses of these. PINS is also there as "xlgc.pins". */
typedef enum xlgc__lua_slot {
  XLGC__LUA_BOX,
  XLGC__LUA_PINS,    /* handle -> object */
  XLGC__LUA_PROXIES, /* id -> proxy, weak values: those that can be given out */
  XLGC__LUA_KNOWN,   /* proxy -> true, weak keys: all that are in memory */
  XLGC__LUA_PROXY,   /* metatable of proxies */
  XLGC__LUA_CURSOR,  /* metatable of cursors */
  XLGC__LUA_MODULE,
  XLGC__LUA_AUX,
  XLGC__LUA_SLOTS
} xlgc__lua_slot;

/* Pushes one. Needs one place on the stack, and cannot fail. */
int xlgc__lua_get(lua_State *L, xlgc__lua_slot slot);
/* Of a thread whose state is open, or NULL. Cannot fail. */
xlgc__lua_state *xlgc__lua_state_of(lua_State *L);
/* For functions of the bridge, whose first upvalue is the box: the state, or an error. */
xlgc__lua_state *xlgc__lua_here(lua_State *L);

/* A thread's code uses the host from here to there: nothing may raise between. Returns what _leave wants back. */
lua_State *xlgc__lua_enter(lua_State *L, xlgc__lua_state *state);
void xlgc__lua_leave(xlgc__lua_state *state, lua_State *outer);

/* lua_pcall, with what is below the call kept visible. */
int xlgc__lua_call(lua_State *L, int nargs, int nresults, int msgh);
/* Is something on this thread's stack that no walk can see? */
bool xlgc__lua_hides(lua_State *L);
bool xlgc__lua_runs(lua_State *L);
/* Runs `function(data)` on the state's current thread, protected. Returns 0, XLGC_E_NOMEM or XLGC_E_RAISED, with the
 * error's text, if `visit` is given, as its message. The stack is as before. */
int xlgc__lua_protected(xlgc__lua_state *state, lua_CFunction function, void *data, xlgc_visit *visit);

/* Opens a state, and pushes the module. */
int xlgc__lua_open(lua_State *L, xlgc_pool *pool, unsigned flags, xlgc_host **out);

/* ---- values.c. These raise errors of Lua for lack of memory, and answer XLGC_E_* for what else goes wrong. */

/* Texts are Lua's and not copied. */
int xlgc__lua_to_value(lua_State *L, xlgc__lua_state *state, int index, xlgc_value *out);
int xlgc__lua_push_value(lua_State *L, xlgc__lua_state *state, const xlgc_value *value);
/* A copy that is text: bytes that are none become question marks. */
int xlgc__lua_copy_text(xlgc_value *out, const char *bytes, size_t length);
/* Copies, so that it can be a result. */
int xlgc__lua_to_result(lua_State *L, xlgc__lua_state *state, int index, xlgc_value *out);
/* The proxy at an index, or NULL. */
xlgc__lua_proxy *xlgc__lua_proxy_at(lua_State *L, int index);
/* Sees to it that what is at an index can be used: it may have been finalized. */
int xlgc__lua_revive(lua_State *L, xlgc__lua_state *state, int index, xlgc__lua_proxy *proxy);
void xlgc__lua_unpin(void *engine, void *handle);

/* ---- the rest */

extern const xlgc_host_adapter xlgc__lua_adapter;    /* adapter.c */
extern const xlgc_behaviour xlgc__lua_behaviour;     /* behaviour.c */
extern _Thread_local const char *xlgc__lua_why_busy; /* summary.c: the last summary of this thread's, or NULL */
int xlgc__lua_summarise(void *, xlgc_summary *);     /* summary.c */
void xlgc__lua_fill_proxy_metatable(lua_State *L);   /* proxy.c: the box is on top, below it the table */
void xlgc__lua_make_module(lua_State *L);            /* module.c: pushes it; the box is on top */
/* An error of Lua's, with the sentence for a code. */
int xlgc__lua_raise(lua_State *L, const xlgc_visit *visit, int code);

#endif
