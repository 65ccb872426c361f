/* A Lua state as a host. Lua has it through a box, a userdata that all functions of the module and all proxies lead to,
 * and that is emptied when the host ends: so what outlives the host finds that out. */
#ifndef XLGC_LUA_ENGINE_H
#define XLGC_LUA_ENGINE_H

#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>

#include <xlgc/lua.h>

#include "hosts/common/address_map.h"
#include "hosts/common/condense.h"
#include "hosts/common/encoding.h"
#include "hosts/common/limit.h"
#include "hosts/common/trace.h"

typedef struct xlgc__lua_engine xlgc__lua_engine;

/* What files call of files that stand on them; language.c has the table of all. */
typedef struct xlgc__lua_parts {
  const xlgc_host_adapter *adapter;
  /* Makes the tables in the registry that are not the engine's own, with the box on top. Raises errors of Lua's. */
  void (*equip)(lua_State *L);
  /* See proxy.h. */
  int (*proxy_pack)(lua_State *L, xlgc__lua_engine *engine, int index, xlgc_value *out);
  int (*proxy_find)(lua_State *L, xlgc__lua_engine *engine, const xlgc_value *object, const void *handle);
  int (*proxy_make)(lua_State *L, xlgc__lua_engine *engine, const xlgc_value *object, void **handle);
} xlgc__lua_parts;

struct xlgc__lua_engine {
  lua_State *main, *current; /* current: the thread that called the library last. NULL when the state has ended */
  lua_State *running;        /* the coroutine that runs, where it is known; or NULL */
  lua_State *aux;            /* a thread of the library's own, for what must not fail and for walks */
  const xlgc__lua_parts *parts;
  xlgc_host *host;
  xlgc_pool *pool;
  unsigned flags;
  xlgc__limit *limit;           /* of its memory, or NULL */
  xlgc__encoding *encoding;     /* of its strings, or NULL: they are UTF-8, or bytes */
  unsigned uses;                /* of the host by this state's own code, one inside the other */
  unsigned sorts;               /* what is added to the types of objects for others, or 0: they are not told */
  bool is_apart;                /* text that arrives is no string; see apart.h */
  bool unpacks;                 /* tuples that come back are several results */
  unsigned visits;              /* by other engines, one inside the other */
  unsigned watches;             /* made so far */
  unsigned finalized_once;      /* proxies that are to be finalized a second time */
  size_t uncharged;             /* bytes that hang on new proxies, of which Lua's collector has not been told */
  xlgc__condense_counts counts; /* of the last summary */
  struct {                      /* the largest arrays of summaries, kept for the next: to make them takes page faults */
    xlgc__address_map addresses;
    void *records;
    size_t record_room;
  } kept;
  struct {                         /* see image.c */
    unsigned watcher;              /* the number of the last one */
    bool watches;                  /* it is not finalized */
    bool is_cleaning;              /* the collector goes round for the next image */
    unsigned rounds, parts, skips; /* of that */
  } image;
  void (*end_state)(lua_State *L); /* ends it with the host, see engine.c; NULL: the program does that */
  lua_CFunction protected; /* that answers the innermost visit by another engine */
  xlgc__trace trace;       /* of the error that has ended it */
  struct {
    lua_Hook function; /* the program's own, while the main thread has another */
    int mask, count;
    volatile bool is_poked;
    volatile unsigned pokes; /* how many have come */
  } hook;
};

/* Values in the registry. PINS, PROXIES and KNOWN are tables in parts; see tables.h. PINS is also there as
 * "xlgc.pins". */
typedef enum xlgc__lua_key {
  XLGC__LUA_BOX,
  XLGC__LUA_AUX,
  XLGC__LUA_PINS,    /* handle -> object */
  XLGC__LUA_PROXIES, /* id -> proxy, weak values: those that can be given out */
  XLGC__LUA_KNOWN,   /* proxy -> true, weak keys: all that are in memory */
  XLGC__LUA_PROXY,   /* metatable of proxies */
  XLGC__LUA_CURSOR,  /* metatable of cursors */
  XLGC__LUA_CLOSING, /* metatable of cursors that close something */
  XLGC__LUA_NAMED,   /* metatable of arguments by name */
  XLGC__LUA_BIG,     /* metatable of integers of more than 64 bits */
  XLGC__LUA_APART,   /* metatable of text that is no string */
  XLGC__LUA_ERROR,   /* metatable of errors that others have thrown */
  XLGC__LUA_MODULE,
  XLGC__LUA_WATCHER, /* metatable of watchers; see image.c */
  XLGC__LUA_WATCHED, /* number -> object, weak values; see watch.c */
  XLGC__LUA_WORK,    /* an empty table that grew large, for the next summary */
  XLGC__LUA_KEYS
} xlgc__lua_key;

/* Pushes one. Needs one place on the stack, and cannot fail. */
int xlgc__lua_engine_push(lua_State *L, xlgc__lua_key key);
/* Takes it from the top of the stack. */
void xlgc__lua_engine_keep(lua_State *L, xlgc__lua_key key);

/* Makes a state a host. On error as xlgc_lua_open. */
int xlgc__lua_engine_open(lua_State *L, xlgc_pool *pool, unsigned flags, const xlgc__lua_parts *parts);
/* On error as xlgc_lua_close. */
int xlgc__lua_engine_close(lua_State *L);
/* Ends a state of the library's own, and its host: its last finalizers run while that is open. On error as
 * xlgc_lua_close: then it has not ended. */
int xlgc__lua_engine_end(lua_State *L, void (*end_state)(lua_State *L));
/* Of a thread whose state is open, or NULL. Cannot fail. */
xlgc__lua_engine *xlgc__lua_engine_find(lua_State *L);
/* For functions of the library, whose first upvalue is the box: the engine, or an error of Lua's. */
xlgc__lua_engine *xlgc__lua_engine_here(lua_State *L);
/* For finalizers, which have it as well: NULL when the host has ended. */
xlgc__lua_engine *xlgc__lua_engine_of_upvalue(lua_State *L);

/* A thread's code uses the host from here to there: nothing may raise between. Returns what _leave wants back. */
lua_State *xlgc__lua_engine_enter(xlgc__lua_engine *engine, lua_State *L);
void xlgc__lua_engine_leave(xlgc__lua_engine *engine, lua_State *before);

/* The adapter's functions. */
int xlgc__lua_engine_collect(void *engine);
void xlgc__lua_engine_ending(void *engine);

#endif
