/* A heap of Duktape's as a host: how it is opened and ended, and what pins its exports. */
#include <config.h>

#include "engine.h"

/* ------------------------------------------------------------------- pins */

typedef struct pinning {
  xlgc__duktape_engine *engine;
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

static bool fill_slot(xlgc__duktape_engine *engine, duk_context *ctx, void *object, duk_uarridx_t slot) {
  pinning pinning = {engine, object, slot};
  if (!duk_check_stack(ctx, 8)) return false;
  bool is = duk_safe_call(ctx, put_in_slot, &pinning, 0, 0) == 0;
  return is;
}

bool xlgc__duktape_pins_take_slot(xlgc__duktape_slots *slots, duk_uarridx_t *out) {
  if (!slots->free_count && slots->count >= slots->room) {
    size_t room = slots->room ? 2 * slots->room : 64;
    duk_uarridx_t *memory = realloc(slots->free, room * sizeof *memory);
    if (!memory) return false;
    slots->free = memory;
    slots->room = room;
  }
  *out = slots->free_count ? slots->free[--slots->free_count] : slots->count++;
  return true;
}

void xlgc__duktape_pins_give_slot(xlgc__duktape_slots *slots, duk_uarridx_t slot) {
  slots->free[slots->free_count++] = slot;
}

static void remove_pin(xlgc__duktape_engine *engine, xlgc__duktape_pin *pin) {
  xlgc__duktape_pins_give_slot(&engine->pin_slots, pin->slot);
  HASH_DEL(engine->exports, pin);
  free(pin);
}

static int make_pin(xlgc__duktape_engine *engine, duk_context *ctx, void *object, xlgc__duktape_pin **out) {
  xlgc__duktape_pin *made = calloc(1, sizeof *made);
  if (!made || !xlgc__duktape_pins_take_slot(&engine->pin_slots, &made->slot)) {
    free(made);
    return XLGC_E_NOMEM;
  }
  made->object = object;
  HASH_ADD_PTR(engine->exports, object, made);
  if (made->failed) {
    xlgc__duktape_pins_give_slot(&engine->pin_slots, made->slot);
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
static void cut(xlgc__duktape_engine *engine, xlgc__duktape_pin *pin) {
  HASH_DEL(engine->exports, pin);
  bool is = fill_slot(engine, engine->current, NULL, pin->slot);
  if (is) {
    xlgc__duktape_pins_give_slot(&engine->pin_slots, pin->slot);
    free(pin);
    return;
  }
  pin->next_owed = engine->owed;
  engine->owed = pin;
}

void xlgc__duktape_pins_retry(xlgc__duktape_engine *engine) {
  for (xlgc__duktape_pin *pin; (pin = engine->owed) != NULL;) {
    if (!fill_slot(engine, engine->current, NULL, pin->slot)) return;
    engine->owed = pin->next_owed;
    xlgc__duktape_pins_give_slot(&engine->pin_slots, pin->slot);
    free(pin);
  }
}

static void unpin(void *data, void *handle) {
  xlgc__duktape_engine *engine = data;
  xlgc__duktape_pin *pin;
  HASH_FIND_PTR(engine->exports, &handle, pin);
  if (!pin) return;
  if (engine->ends)
    remove_pin(engine, pin);
  else
    cut(engine, pin);
}

int xlgc__duktape_pins_export(xlgc__duktape_engine *engine, duk_context *ctx, duk_idx_t index, xlgc_id *id) {
  void *object = duk_get_heapptr(ctx, index);
  if (xlgc_host_exported(engine->host, object, id) == 0) return 0;
  xlgc__duktape_pin *pin;
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
  xlgc__duktape_engine *engine = data;
  xlgc__duktape_pins_retry(engine);
  int failed = xlgc__duktape_summary_drop_proxies(engine, engine->current);
  /* Twice, as the second one frees what finalizers were called for in the first. */
  for (unsigned i = 0; i < 2 && !failed; i++)
    duk_gc(engine->current, 0);
  return failed == XLGC_E_BUSY ? 0 : failed;
}

static int enter(void *data) { return ((xlgc__duktape_engine *)data)->main ? 0 : XLGC_E_SHUTDOWN; }
static void leave(void *data) { (void)data; }

static const xlgc_host_adapter adapter = {.name = "duktape",
                                          .summarise = xlgc__duktape_summary_take,
                                          .unpin = unpin,
                                          .collect = collect,
                                          .enter = enter,
                                          .leave = leave,
                                          .behaviour = &xlgc__duktape_behaviour};

/* ----------------------------------------------------------- its beginning */

#define STASHED XLGC__DUKTAPE_HIDDEN("xlgc")
#define POINTER XLGC__DUKTAPE_HIDDEN("engine")

static xlgc__duktape_engine *engine_of(duk_context *ctx, duk_idx_t index) {
  duk_get_prop_string(ctx, index, POINTER);
  xlgc__duktape_engine *engine = duk_get_pointer(ctx, -1);
  duk_pop(ctx);
  return engine;
}

xlgc__duktape_engine *xlgc__duktape_engine_find(duk_context *ctx) {
  if (!duk_check_stack(ctx, 8)) return NULL;
  duk_push_heap_stash(ctx);
  xlgc__duktape_engine *engine = duk_get_prop_string(ctx, -1, STASHED) ? engine_of(ctx, -1) : NULL;
  duk_pop_2(ctx);
  return engine;
}

static void free_engine(xlgc__duktape_engine *engine) {
  xlgc__duktape_pin *pin, *next;
  HASH_ITER(hh, engine->exports, pin, next) {
    HASH_DEL(engine->exports, pin);
    free(pin);
  }
  while ((pin = engine->owed) != NULL) {
    engine->owed = pin->next_owed;
    free(pin);
  }
  xlgc__duktape_proxy_forget(engine);
  free(engine->pin_slots.free);
  free(engine->held_slots.free);
  free(engine);
}

/* The heap is destroyed: the host ends, and nothing of the heap is touched. */
static duk_ret_t end(duk_context *ctx) {
  xlgc__duktape_engine *engine = engine_of(ctx, 0);
  if (!engine) return 0;
  engine->ends = true;
  duk_push_pointer(ctx, NULL);
  duk_put_prop_string(ctx, 0, POINTER);
  /* A host that is in use cannot be closed, and remains, without a heap. */
  if (!engine->host || xlgc_host_close(engine->host) == 0)
    free_engine(engine);
  else
    engine->main = engine->current = NULL;
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
  xlgc__duktape_engine *engine = data;
  duk_push_heap_stash(ctx);
  duk_idx_t self = duk_push_bare_object(ctx);
  engine->self = duk_get_heapptr(ctx, self);
  duk_push_pointer(ctx, NULL);
  duk_put_prop_string(ctx, self, POINTER);
  duk_push_bare_array(ctx);
  engine->pins = keep(ctx, self, "pins");
  duk_push_bare_array(ctx);
  engine->held = keep(ctx, self, "held");
  xlgc__duktape_proxy_push_traps(ctx);
  engine->traps = keep(ctx, self, "traps");
  duk_push_c_function(ctx, rest, 0);
  engine->rest = keep(ctx, self, "rest");
  engine->less = keep_script(ctx, self, "less", "(function(a,b){return a<b})");
  engine->less_or_equal = keep_script(ctx, self, "less_or_equal", "(function(a,b){return a<=b})");
  duk_get_global_string(ctx, "Symbol");
  duk_get_prop_string(ctx, -1, "toPrimitive");
  engine->primitive = duk_get_heapptr(ctx, -1);
  duk_put_prop_string(ctx, self, "primitive");
  duk_pop(ctx);
  duk_push_c_function(ctx, end, 2);
  duk_set_finalizer(ctx, self);
  xlgc__duktape_module_push(ctx);
  duk_put_global_string(ctx, "xlgc");
  duk_put_prop_string(ctx, -2, STASHED);
  return 0;
}

/* From here on it is found. */
static duk_ret_t connect(duk_context *ctx, void *data) {
  xlgc__duktape_engine *engine = data;
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
  if (xlgc__duktape_engine_find(ctx)) return XLGC_E_EXISTS;
  xlgc__duktape_engine *engine = calloc(1, sizeof *engine);
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

int xlgc_duktape_gc(duk_context *ctx) {
  if (!ctx) return XLGC_E_INVAL;
  xlgc__duktape_engine *engine = xlgc__duktape_engine_find(ctx);
  if (!engine) return XLGC_E_SHUTDOWN;
  duk_context *before = engine->current;
  engine->current = ctx;
  engine->uses++;
  int failed = engine->walk ? XLGC_E_BUSY : collect(engine);
  engine->uses--;
  engine->current = before;
  return failed;
}

int xlgc_duktape_close(duk_context *ctx) {
  if (!ctx) return XLGC_E_INVAL;
  xlgc__duktape_engine *engine = xlgc__duktape_engine_find(ctx);
  if (!engine) return 0;
  if (engine->uses || engine->walk) return XLGC_E_BUSY;
  int failed = xlgc_host_close(engine->host);
  if (failed) return failed;
  engine->host = NULL;
  disconnect(ctx);
  free_engine(engine);
  return 0;
}
