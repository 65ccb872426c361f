/* What the parts of the Duktape bridge share: an engine, its exports and its proxies.
 *
 * A proxy is a Proxy of Duktape's around a target, a plain object or function that scripts never see. The engine holds
 * all targets, and each target its Proxy, until a trial finds a target unreachable without that (summary.c): Duktape's
 * finalizers cannot tell, as they are not called at all for what is found unreachable while a coroutine runs, or at the
 * limit of recursion. The finalizer that targets have does nothing, but makes them show in a trial. */
#ifndef XLGC_DUKTAPE_ENGINE_H
#define XLGC_DUKTAPE_ENGINE_H

#include <stdbool.h>
#include <stdlib.h>

#include <xlgc/duktape.h>

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(entry) ((entry)->failed = true)
#include <uthash.h>

#define XLGC__DUKTAPE_HIDDEN(name) ("\xff" name)

typedef struct xlgc__duktape_engine xlgc__duktape_engine;
typedef struct xlgc__duktape_proxy xlgc__duktape_proxy;
typedef struct xlgc__duktape_pin xlgc__duktape_pin;

struct xlgc__duktape_proxy {
  void *object; /* the Proxy; what keys the table */
  void *target;
  xlgc_id id;
  duk_uarridx_t slot;   /* of the target, among those held */
  duk_int_t references; /* of the target, while trials are made */
  bool failed;
  UT_hash_handle hh, by_target;
};

struct xlgc__duktape_pin {
  void *object; /* what keys the table, and the host's handle */
  xlgc_id id;   /* while a summary is taken */
  duk_uarridx_t slot;
  bool failed;
  xlgc__duktape_pin *next_owed;
  UT_hash_handle hh;
};

/* Which of an array are free. */
typedef struct xlgc__duktape_slots {
  duk_uarridx_t count, *free;
  size_t free_count, room;
} xlgc__duktape_slots;

struct xlgc__duktape_engine {
  duk_context *main, *current; /* the thread that runs, for those who call in */
  xlgc_pool *pool;
  xlgc_host *host;
  void *self;        /* in the heap's stash, and holds the following */
  void *pins, *held; /* arrays: exports, targets of proxies */
  void *traps, *less, *less_or_equal, *rest, *primitive;
  xlgc__duktape_slots pin_slots, held_slots;
  xlgc__duktape_pin *exports;
  xlgc__duktape_pin *owed;                /* unpinned, but their slots could not be emptied yet */
  xlgc__duktape_proxy *proxies, *targets; /* the same, by Proxy and by target */
  unsigned uses;                          /* functions of this library that scripts are in */
  struct walk *walk;                      /* of a summary in progress */
  unsigned sweep_at;                      /* that many proxies are worth a look for unreachable ones */
  bool coarse;                            /* the last summary reported too much */
  uint64_t trials;                        /* in all */
  bool ends;
};

/* engine.c */
extern const xlgc_behaviour xlgc__duktape_behaviour;
xlgc__duktape_engine *xlgc__duktape_engine_find(duk_context *ctx);
int xlgc__duktape_pins_export(xlgc__duktape_engine *engine, duk_context *ctx, duk_idx_t index, xlgc_id *id);
void xlgc__duktape_pins_retry(xlgc__duktape_engine *engine);
/* Slots: taking one makes sure that it can be given back. Returns false without memory. */
bool xlgc__duktape_pins_take_slot(xlgc__duktape_slots *slots, duk_uarridx_t *out);
void xlgc__duktape_pins_give_slot(xlgc__duktape_slots *slots, duk_uarridx_t slot);

/* summary.c */
int xlgc__duktape_summary_take(void *data, xlgc_summary *summary);
int xlgc__duktape_summary_drop_proxies(xlgc__duktape_engine *engine, duk_context *ctx);

/* values.c. Those that answer a code may also raise Duktape's errors, for lack of memory: they are called inside
 * protected calls. */
void xlgc__duktape_values_push_text(duk_context *ctx, const char *text, size_t length);
int xlgc__duktape_values_text(duk_context *ctx, duk_idx_t index, xlgc_value *out);
int xlgc__duktape_values_pack(xlgc__duktape_engine *engine, duk_context *ctx, duk_idx_t index, xlgc_value *out);
int xlgc__duktape_values_unpack(xlgc__duktape_engine *engine, duk_context *ctx, const xlgc_value *value);

/* proxy.c */
xlgc__duktape_proxy *xlgc__duktape_proxy_at(xlgc__duktape_engine *engine, duk_context *ctx, duk_idx_t index,
                                            bool *is_stale);
int xlgc__duktape_proxy_make(xlgc__duktape_engine *engine, duk_context *ctx, xlgc_id id, unsigned traits);
void xlgc__duktape_proxy_push_traps(duk_context *ctx);
void xlgc__duktape_proxy_forget(xlgc__duktape_engine *engine);
void xlgc__duktape_proxy_gone(xlgc__duktape_engine *engine, duk_context *ctx, xlgc__duktape_proxy *proxy);

/* A function that scripts call: what has to be ended when it returns or raises. */
typedef struct xlgc__duktape_operation {
  xlgc__duktape_engine *engine;
  duk_context *before;
  int action;
  bool in_visit;
  xlgc_visit visit, next;
  bool in_next;
  xlgc_value key, value, self, result;
  xlgc_value *arguments;
  size_t count;
} xlgc__duktape_operation;

duk_ret_t xlgc__duktape_operation_run(duk_context *ctx, duk_safe_call_function body, int action);
void xlgc__duktape_operation_fail(duk_context *ctx, const xlgc_visit *visit, int code);
void xlgc__duktape_operation_visit(duk_context *ctx, xlgc__duktape_operation *operation, xlgc_id id);
/* Pushes an array of keys or values, or calls a function for each element. */
enum { XLGC__DUKTAPE_EACH_KEY, XLGC__DUKTAPE_EACH_VALUE, XLGC__DUKTAPE_EACH_CALL, XLGC__DUKTAPE_EACH_NAME };
void xlgc__duktape_proxy_each(duk_context *ctx, xlgc__duktape_operation *operation, int what, duk_idx_t function);

/* module.c */
void xlgc__duktape_module_push(duk_context *ctx);

#endif
