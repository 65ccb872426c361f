/* A heap of Duktape's as a host, and what the files of this folder share of it. */
#ifndef XLGC_DUKTAPE_ENGINE_H
#define XLGC_DUKTAPE_ENGINE_H

#include "hosts/common/condense.h"
#include "hosts/common/limit.h"
#include "hosts/duktape/pins.h"

/* The name of a property that scripts cannot see. */
#define XLGC__DUKTAPE_HIDDEN(name) ("\xff" name)

typedef struct xlgc__duktape_engine xlgc__duktape_engine;

/* What files call of files that stand on them. language.c has the table of all. */
typedef struct xlgc__duktape_parts {
  const xlgc_host_adapter *adapter;
  /* Makes what the engine keeps in its object, which is on the top of the stack. Raises errors. */
  void (*equip)(xlgc__duktape_engine *engine, duk_context *ctx);
  /* See proxy.h. */
  int (*proxy_make)(xlgc__duktape_engine *engine, duk_context *ctx, const xlgc_value *object);
  int (*proxy_id)(xlgc__duktape_engine *engine, duk_context *ctx, duk_idx_t index, xlgc_id *id);
  unsigned (*proxy_traits)(const xlgc__duktape_engine *engine, duk_context *ctx, duk_idx_t index);
  void (*proxy_free)(xlgc__duktape_engine *engine, duk_context *ctx);
  /* See summary.h. */
  int (*drop_proxies)(xlgc__duktape_engine *engine, duk_context *ctx);
} xlgc__duktape_parts;

enum { XLGC__DUKTAPE_BOXED = 3 };

struct xlgc__duktape_engine {
  const xlgc__duktape_parts *parts;
  duk_context *main;    /* NULL when the heap has ended before the host could be closed */
  duk_context *current; /* the thread of the heap that runs, on which other engines call it */
  xlgc_pool *pool;
  xlgc_host *host;
  xlgc__limit *limit; /* of its memory, or NULL */
  void *self;         /* an object in the heap's stash, of which the following are properties */
  void *handler, *less, *less_or_equal, *no_op, *to_primitive;
  void *class_of, *date, *date_prototype, *get_time; /* as they were at the beginning */
  struct {
    void *prototype, *value_of;
  } boxed[XLGC__DUKTAPE_BOXED];        /* the same: see boxed.h */
  xlgc__duktape_pins exports;          /* pinned in the property "pins" */
  xlgc__duktape_slots targets;         /* of proxies: the property "targets" */
  struct xlgc__duktape_proxy *proxies; /* all, first to last */
  xlgc__tree by_object, by_target;     /* the same */
  size_t borrowed_count;               /* of them, have memory: memory.h */
  size_t proxy_limit;                  /* with more proxies it is worthwhile to look for dead ones */
  unsigned depth;                      /* functions of this library that scripts are in */
  struct xlgc__duktape_trials *trials; /* in progress, or NULL */
  uint64_t trial_count;                /* in all */
  uint64_t watch_count;                /* the same, see watch.h */
  unsigned image_parts;                /* of what comes before an image, that are over */
  uint64_t image_count;                /* begun */
  xlgc__condense_counts counts;        /* of the last summary; a step is a trial */
  bool is_coarse;                      /* the last summary told too many edges */
  bool has_finalizers;                 /* scripts have set some */
  bool is_ending;                      /* the heap is being destroyed */
  void (*end_heap)(duk_context *ctx);  /* ends it with the host, see engine.c; NULL: the program does that */
};

/* Makes a heap a host. On error as xlgc_duktape_open. */
int xlgc__duktape_engine_open(duk_context *ctx, xlgc_pool *pool, const xlgc__duktape_parts *parts,
                              xlgc__duktape_engine **out);
/* On error as xlgc_duktape_close. */
int xlgc__duktape_engine_close(xlgc__duktape_engine *engine, duk_context *ctx);
/* Ends a heap of the library's own, and its host: its last finalizers run while that is open. On error as
 * xlgc_duktape_close: then it has not ended. */
int xlgc__duktape_engine_end(duk_context *ctx, void (*end_heap)(duk_context *ctx));
/* The adapter's function. */
void xlgc__duktape_engine_ending(void *engine);
/* The engine of a heap, NULL when that is no host. */
xlgc__duktape_engine *xlgc__duktape_engine_find(duk_context *ctx);

/* A thread of the heap calls this library. Lets dead proxies go when there may be many. Returns what _leave wants
 * back. */
duk_context *xlgc__duktape_engine_enter(xlgc__duktape_engine *engine, duk_context *ctx);
void xlgc__duktape_engine_leave(xlgc__duktape_engine *engine, duk_context *before);

/* Makes the value on the top of the stack a property of the engine's object, which is below it. Returns its address. */
void *xlgc__duktape_engine_keep(duk_context *ctx, const char *name);

#endif
