/* What the parts of the Duktape bridge share: an engine, its exports and its proxies.
 *
 * A proxy is a Proxy of Duktape's around a target, a plain object or function that scripts never see. The target has a
 * finalizer, as a Proxy cannot have one, and holds the Proxy in turn: so while the finalizer is not called the Proxy is
 * there, and both go together, with the next mark-and-sweep. */
#ifndef XLGC_DUKTAPE_ENGINE_H
#define XLGC_DUKTAPE_ENGINE_H

#include <stdbool.h>
#include <stdlib.h>

#include <xlgc/duktape.h>

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(entry) ((entry)->failed = true)
#include <uthash.h>

#define HIDDEN(name) ("\xff" name)

typedef struct engine engine;
typedef struct proxy proxy;
typedef struct pin pin;

struct proxy {
  void *object; /* the Proxy; what keys the table */
  void *target;
  xlgc_id id;
  duk_int_t references; /* of the target, while a summary is taken */
  bool failed;
  UT_hash_handle hh, by_target;
};

struct pin {
  void *object; /* what keys the table, and the host's handle */
  xlgc_id id;   /* while a summary is taken */
  duk_uarridx_t slot;
  bool failed;
  pin *next_owed;
  UT_hash_handle hh;
};

struct engine {
  duk_context *main, *current; /* the thread that runs, for those who call in */
  xlgc_pool *pool;
  xlgc_host *host;
  void *self; /* in the heap's stash, and holds the following */
  void *pins; /* an array */
  void *traps, *less, *less_or_equal, *rest, *gone, *primitive;
  duk_uarridx_t slots;
  duk_uarridx_t *free_slots;
  size_t free_count, free_room;
  pin *exports;
  pin *owed;                /* unpinned, but their slots could not be emptied yet */
  proxy *proxies, *targets; /* the same, by Proxy and by target */
  unsigned uses;            /* functions of this library that scripts are in */
  struct walk *walk;        /* of a summary in progress */
  bool in_trial;            /* finalizers of targets say nothing */
  bool coarse;              /* the last summary reported too much */
  uint64_t trials;          /* in all */
  bool ends;
};

/* engine.c */
extern const xlgc_behaviour xlgc__duktape_behaviour;
engine *xlgc__duktape_engine(duk_context *ctx);
int xlgc__duktape_export(engine *engine, duk_context *ctx, duk_idx_t index, xlgc_id *id);
void xlgc__duktape_settle(engine *engine);

/* summary.c */
int xlgc__duktape_summarise(void *data, xlgc_summary *summary);

/* values.c. Those that answer a code may also raise Duktape's errors, for lack of memory: they are called inside
 * protected calls. */
void xlgc__duktape_push_text(duk_context *ctx, const char *text, size_t length);
int xlgc__duktape_text(duk_context *ctx, duk_idx_t index, xlgc_value *out);
int xlgc__duktape_value(engine *engine, duk_context *ctx, duk_idx_t index, xlgc_value *out);
int xlgc__duktape_push(engine *engine, duk_context *ctx, const xlgc_value *value);

/* proxy.c */
proxy *xlgc__duktape_proxy_at(engine *engine, duk_context *ctx, duk_idx_t index, bool *is_stale);
int xlgc__duktape_push_object(engine *engine, duk_context *ctx, xlgc_id id, unsigned traits);
void xlgc__duktape_push_traps(duk_context *ctx);
duk_ret_t xlgc__duktape_gone(duk_context *ctx); /* a target's finalizer */
void xlgc__duktape_forget(engine *engine);

/* A function that scripts call: what has to be ended when it returns or raises. */
typedef struct use {
  engine *engine;
  duk_context *before;
  int action;
  bool in_visit;
  xlgc_visit visit, next;
  bool in_next;
  xlgc_value key, value, self, result;
  xlgc_value *arguments;
  size_t count;
} use;

duk_ret_t xlgc__duktape_use(duk_context *ctx, duk_safe_call_function body, int action);
void xlgc__duktape_fail(duk_context *ctx, const xlgc_visit *visit, int code);
void xlgc__duktape_visit(duk_context *ctx, use *use, xlgc_id id);
/* Pushes an array of keys or values, or calls a function for each element. */
enum { EACH_KEY, EACH_VALUE, EACH_CALL, EACH_NAME };
void xlgc__duktape_each(duk_context *ctx, use *use, int what, duk_idx_t function);

/* module.c */
void xlgc__duktape_push_module(duk_context *ctx);

#endif
