/* A heap of Duktape's as a host: how it is opened and ended, and what pins its exports. */
#include <config.h>

#include "engine.h"

/* ------------------------------------------------------------------- pins */

typedef struct pinning {
  engine *engine;
  void *object; /* NULL to empty the slot */
  duk_uarridx_t slot;
} pinning;

static duk_ret_t put_in_slot(duk_context *ctx, void *data) {
  const pinning *pinning = data;
  duk_push_heapptr(ctx, pinning->engine->pins);
  duk_push_heapptr(ctx, pinning->object);
  duk_put_prop_index(ctx, -2, pinning->slot);
  return 0;
}

static bool fill_slot(engine *engine, duk_context *ctx, void *object, duk_uarridx_t slot) {
  pinning pinning = {engine, object, slot};
  if (!duk_check_stack(ctx, 8)) return false;
  bool is = duk_safe_call(ctx, put_in_slot, &pinning, 0, 0) == 0;
  return is;
}

/* So that a slot can be given back without asking for memory. */
static bool make_room(engine *engine) {
  if (engine->free_count || engine->slots < engine->free_room) return true;
  size_t room = engine->free_room ? 2 * engine->free_room : 64;
  duk_uarridx_t *slots = realloc(engine->free_slots, room * sizeof *slots);
  if (!slots) return false;
  engine->free_slots = slots;
  engine->free_room = room;
  return true;
}

static void remove_pin(engine *engine, pin *pin) {
  engine->free_slots[engine->free_count++] = pin->slot;
  HASH_DEL(engine->exports, pin);
  free(pin);
}

static int make_pin(engine *engine, duk_context *ctx, void *object, pin **out) {
  pin *made = make_room(engine) ? calloc(1, sizeof *made) : NULL;
  if (!made) return XLGC_E_NOMEM;
  made->object = object;
  made->slot = engine->free_count ? engine->free_slots[--engine->free_count] : engine->slots++;
  HASH_ADD_PTR(engine->exports, object, made);
  if (made->failed) {
    engine->free_slots[engine->free_count++] = made->slot;
    free(made);
    return XLGC_E_NOMEM;
  }
  if (!fill_slot(engine, ctx, object, made->slot)) {
    remove_pin(engine, made);
    return XLGC_E_NOMEM;
  }
  *out = made;
  return 0;
}

/* Empties its slot: the object may be freed, and finalizers run that call anything. So the pin leaves the table first: the
 * object may be exported anew meanwhile. Without memory or stack for that it is owed. */
static void cut(engine *engine, pin *pin) {
  HASH_DEL(engine->exports, pin);
  bool is = fill_slot(engine, engine->current, NULL, pin->slot);
  if (is) {
    engine->free_slots[engine->free_count++] = pin->slot;
    free(pin);
    return;
  }
  pin->next_owed = engine->owed;
  engine->owed = pin;
}

void xlgc__duktape_settle(engine *engine) {
  for (pin *pin; (pin = engine->owed) != NULL;) {
    if (!fill_slot(engine, engine->current, NULL, pin->slot)) return;
    engine->owed = pin->next_owed;
    engine->free_slots[engine->free_count++] = pin->slot;
    free(pin);
  }
}

static void unpin(void *data, void *handle) {
  engine *engine = data;
  pin *pin;
  HASH_FIND_PTR(engine->exports, &handle, pin);
  if (!pin) return;
  if (engine->ends)
    remove_pin(engine, pin);
  else
    cut(engine, pin);
}

int xlgc__duktape_export(engine *engine, duk_context *ctx, duk_idx_t index, xlgc_id *id) {
  void *object = duk_get_heapptr(ctx, index);
  if (xlgc_host_exported(engine->host, object, id) == 0) return 0;
  pin *pin;
  HASH_FIND_PTR(engine->exports, &object, pin);
  bool made = !pin;
  int failed = made ? make_pin(engine, ctx, object, &pin) : 0;
  if (failed) return failed;
  int result = xlgc_host_export(engine->host, object, id);
  if (result < 0 && made) cut(engine, pin);
  return result < 0 ? result : 0;
}

/* ---------------------------------------------------------------- adapter */

static int collect(void *data) {
  engine *engine = data;
  xlgc__duktape_settle(engine);
  /* The second one frees what finalizers were run for in the first. */
  duk_gc(engine->current, 0);
  duk_gc(engine->current, 0);
  return 0;
}

static int enter(void *data) { return ((engine *)data)->ends ? XLGC_E_SHUTDOWN : 0; }
static void leave(void *data) { (void)data; }

static const xlgc_host_adapter adapter = {.name = "duktape",
                                          .summarise = xlgc__duktape_summarise,
                                          .unpin = unpin,
                                          .collect = collect,
                                          .enter = enter,
                                          .leave = leave,
                                          .behaviour = &xlgc__duktape_behaviour};

/* ----------------------------------------------------------- its beginning */

#define STASHED HIDDEN("xlgc")
#define POINTER HIDDEN("engine")

static engine *engine_of(duk_context *ctx, duk_idx_t index) {
  duk_get_prop_string(ctx, index, POINTER);
  engine *engine = duk_get_pointer(ctx, -1);
  duk_pop(ctx);
  return engine;
}

engine *xlgc__duktape_engine(duk_context *ctx) {
  if (!duk_check_stack(ctx, 8)) return NULL;
  duk_push_heap_stash(ctx);
  engine *engine = duk_get_prop_string(ctx, -1, STASHED) ? engine_of(ctx, -1) : NULL;
  duk_pop_2(ctx);
  return engine;
}

static void free_engine(engine *engine) {
  pin *pin, *next;
  HASH_ITER(hh, engine->exports, pin, next) {
    HASH_DEL(engine->exports, pin);
    free(pin);
  }
  while ((pin = engine->owed) != NULL) {
    engine->owed = pin->next_owed;
    free(pin);
  }
  xlgc__duktape_forget(engine);
  free(engine->free_slots);
  free(engine);
}

/* The heap is destroyed: the host ends, and nothing of the heap is touched. */
static duk_ret_t end(duk_context *ctx) {
  engine *engine = engine_of(ctx, 0);
  if (!engine) return 0;
  engine->ends = true;
  duk_push_pointer(ctx, NULL);
  duk_put_prop_string(ctx, 0, POINTER);
  /* One that is in use cannot be closed, and remains, without a heap. */
  if (!engine->host || xlgc_host_close(engine->host) == 0) free_engine(engine);
  return 0;
}

static duk_ret_t rest(duk_context *ctx) {
  (void)ctx;
  return 0;
}

static void *keep(duk_context *ctx, duk_idx_t self, const char *name) {
  void *pointer = duk_get_heapptr(ctx, -1);
  duk_put_prop_string(ctx, self, name);
  return pointer;
}

static void *keep_script(duk_context *ctx, duk_idx_t self, const char *name, const char *text) {
  duk_eval_string(ctx, text);
  return keep(ctx, self, name);
}

static duk_ret_t set_up(duk_context *ctx, void *data) {
  engine *engine = data;
  duk_push_heap_stash(ctx);
  duk_idx_t self = duk_push_bare_object(ctx);
  engine->self = duk_get_heapptr(ctx, self);
  duk_push_pointer(ctx, NULL);
  duk_put_prop_string(ctx, self, POINTER);
  duk_push_bare_array(ctx);
  engine->pins = keep(ctx, self, "pins");
  xlgc__duktape_push_traps(ctx);
  engine->traps = keep(ctx, self, "traps");
  duk_push_c_function(ctx, rest, 0);
  engine->rest = keep(ctx, self, "rest");
  duk_push_c_function(ctx, xlgc__duktape_gone, 2);
  engine->gone = keep(ctx, self, "gone");
  engine->less = keep_script(ctx, self, "less", "(function(a,b){return a<b})");
  engine->less_or_equal = keep_script(ctx, self, "less_or_equal", "(function(a,b){return a<=b})");
  duk_get_global_string(ctx, "Symbol");
  duk_get_prop_string(ctx, -1, "toPrimitive");
  engine->primitive = duk_get_heapptr(ctx, -1);
  duk_put_prop_string(ctx, self, "primitive");
  duk_pop(ctx);
  duk_push_c_function(ctx, end, 2);
  duk_set_finalizer(ctx, self);
  xlgc__duktape_push_module(ctx);
  duk_put_global_string(ctx, "xlgc");
  duk_put_prop_string(ctx, -2, STASHED);
  return 0;
}

/* From here on it is found. */
static duk_ret_t connect(duk_context *ctx, void *data) {
  engine *engine = data;
  duk_push_heapptr(ctx, engine->self);
  duk_push_pointer(ctx, engine);
  duk_put_prop_string(ctx, -2, POINTER);
  return 0;
}

/* It is found no more. Both names are there, so nothing is allocated. */
static void disconnect(duk_context *ctx) {
  duk_push_heap_stash(ctx);
  duk_get_prop_string(ctx, -1, STASHED);
  duk_push_pointer(ctx, NULL);
  duk_put_prop_string(ctx, -2, POINTER);
  duk_pop_2(ctx);
}

int xlgc_duktape_open(duk_context *ctx, xlgc_pool *pool, xlgc_host **out) {
  if (!ctx) return XLGC_E_INVAL;
  if (!pool) pool = xlgc_default_pool();
  if (!pool) return XLGC_E_NOMEM;
  if (xlgc__duktape_engine(ctx)) return XLGC_E_EXISTS;
  engine *engine = calloc(1, sizeof *engine);
  if (!engine) return XLGC_E_NOMEM;
  engine->main = engine->current = ctx;
  engine->pool = pool;
  int failed = duk_check_stack(ctx, 16) && !duk_safe_call(ctx, set_up, engine, 0, 0) ? 0 : XLGC_E_NOMEM;
  if (!failed) failed = xlgc_host_open(pool, &adapter, engine, &engine->host);
  if (!failed && duk_safe_call(ctx, connect, engine, 0, 0)) {
    xlgc_host_close(engine->host);
    failed = XLGC_E_NOMEM;
  }
  if (failed) {
    free_engine(engine);
    return failed;
  }
  if (out) *out = engine->host;
  return 0;
}

int xlgc_duktape_close(duk_context *ctx) {
  if (!ctx) return XLGC_E_INVAL;
  engine *engine = xlgc__duktape_engine(ctx);
  if (!engine) return 0;
  if (engine->uses || engine->walk) return XLGC_E_BUSY;
  int failed = xlgc_host_close(engine->host);
  if (failed) return failed;
  engine->host = NULL;
  disconnect(ctx);
  free_engine(engine);
  return 0;
}
