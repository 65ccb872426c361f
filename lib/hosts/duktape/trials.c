#include <config.h>

#include "hosts/duktape/trials.h"

#include <string.h>

#include "hosts/common/grow.h"

/* ---------------------------------------------------------------- a trial */

static void put_pin(duk_context *ctx, xlgc__duktape_trials *trials, const xlgc__duktape_pin *pin, bool pinned) {
  trials->looks++;
  xlgc__duktape_pins_put(ctx, &trials->engine->exports.slots, pin->slot, pinned ? pin->object : NULL);
}

void xlgc__duktape_trials_pin_all(duk_context *ctx, xlgc__duktape_trials *trials, bool pinned) {
  for (const xlgc__duktape_pin *pin = trials->engine->exports.all; pin; pin = pin->next)
    put_pin(ctx, trials, pin, pinned);
}

void xlgc__duktape_trials_pin(duk_context *ctx, xlgc__duktape_trials *trials, size_t first, size_t count, bool pinned) {
  for (size_t i = first; i < first + count; i++)
    put_pin(ctx, trials, trials->exports[i], pinned);
}

/* Whether the engine's object has the array of targets; the key is there. */
static void keep_targets(duk_context *ctx, const xlgc__duktape_trials *trials, bool holds) {
  duk_push_heapptr(ctx, trials->engine->self);
  duk_push_heapptr(ctx, holds ? trials->engine->targets.array : NULL);
  duk_put_prop_string(ctx, -2, "targets");
  duk_pop(ctx);
}

void xlgc__duktape_trials_restore(duk_context *ctx, const xlgc__duktape_trials *trials) {
  for (size_t i = 0; i < trials->proxy_count; i++) {
    duk_push_heapptr(ctx, trials->proxies[i]->target);
    duk_pop(ctx);
  }
}

/* How many references the target has. It must not be pushed by its address, which would take it off the list. */
static duk_int_t count_references(duk_context *ctx, const xlgc__duktape_trials *trials, size_t number) {
  duk_push_heapptr(ctx, trials->engine->targets.array);
  duk_get_prop_index(ctx, -1, trials->proxies[number]->slot);
  duk_inspect_value(ctx, -1);
  duk_get_prop_string(ctx, -1, "refc");
  duk_int_t count = duk_get_int(ctx, -1);
  duk_pop_n(ctx, 4);
  return count;
}

bool xlgc__duktape_trials_look(duk_context *ctx, xlgc__duktape_trials *trials, size_t number) {
  trials->looks++;
  trials->is_found[number] = count_references(ctx, trials, number) == trials->proxies[number]->references;
  return trials->is_found[number];
}

void xlgc__duktape_trials_mark(duk_context *ctx, xlgc__duktape_trials *trials) {
  trials->count++;
  duk_gc(ctx, 0);
}

/* ------------------------------------------------------- the body's setting */

/* What is on the stack, from the base on: a thread, and objects that become garbage one after the other. */
enum { THREAD, KEEPER, TRIGGER, ATTEMPT_KEEPER };

static void clear(duk_context *ctx, const xlgc__duktape_trials *trials, duk_idx_t which) {
  duk_push_undefined(ctx);
  duk_replace(ctx, trials->base + which);
}

/* The trigger's finalizer, in which no other is run. */
static duk_ret_t run_body(duk_context *ctx) {
  xlgc__duktape_engine *engine = xlgc__duktape_engine_find(ctx);
  xlgc__duktape_trials *trials = engine ? engine->trials : NULL;
  if (!trials || trials->ran) return 0;
  trials->ran = true;
  keep_targets(ctx, trials, false);
  xlgc__duktape_trials_restore(ctx, trials);
  if (duk_safe_call(ctx, trials->body, trials->data, 0, 0)) trials->failed = XLGC_E_NOMEM;
  xlgc__duktape_trials_pin_all(ctx, trials, true);
  keep_targets(ctx, trials, true);
  xlgc__duktape_trials_restore(ctx, trials);
  return 0;
}

/* On another thread: the finalizers of what only exports reach are attempted. The keeper of the attempt is the youngest
 * object that has a finalizer, so that it is attempted last, and keeps all the others until then. From here to the
 * trials nothing is allocated, so that no collection comes between. */
static duk_ret_t attempt_finalizers(duk_context *ctx, void *data) {
  xlgc__duktape_trials *trials = data;
  duk_context *main = trials->main;
  xlgc__duktape_trials_pin_all(main, trials, false);
  clear(main, trials, KEEPER);
  clear(main, trials, ATTEMPT_KEEPER);
  duk_gc(ctx, 0);
  duk_push_heapptr(main, trials->keeper);
  duk_replace(main, trials->base + KEEPER);
  return 0;
}

static void push_garbage(duk_context *ctx, duk_c_function finalizer) {
  duk_push_bare_object(ctx);
  duk_push_c_function(ctx, finalizer, 2);
  duk_set_finalizer(ctx, -2);
}

/* Pushes an object that is in a ring with itself, so that only a mark-and-sweep finds it unreachable. */
static void push_keeper(duk_context *ctx, const xlgc__duktape_trials *trials) {
  duk_push_bare_object(ctx);
  duk_dup(ctx, -1);
  duk_put_prop_string(ctx, -2, "itself");
  duk_push_heapptr(ctx, trials->engine->no_op);
  duk_set_finalizer(ctx, -2);
}

static void push_exports(duk_context *ctx, const xlgc__duktape_trials *trials) {
  duk_push_bare_array(ctx);
  for (const xlgc__duktape_pin *pin = trials->engine->exports.all; pin; pin = pin->next) {
    duk_push_heapptr(ctx, pin->object);
    duk_put_prop_index(ctx, -2, pin->slot);
  }
}

static void push_objects(duk_context *ctx, xlgc__duktape_trials *trials) {
  trials->base = duk_push_thread(ctx);
  push_keeper(ctx, trials);
  trials->keeper = duk_get_heapptr(ctx, -1);
  push_exports(ctx, trials);
  duk_put_prop_string(ctx, -2, "exports");
  duk_push_heapptr(ctx, trials->engine->targets.array);
  duk_put_prop_string(ctx, -2, "targets");
  /* Its finalizer is put back where it was when it is wanted. */
  duk_push_undefined(ctx);
  duk_set_finalizer(ctx, -2);
  push_garbage(ctx, run_body);
  push_keeper(ctx, trials);
  duk_dup(ctx, trials->base + KEEPER);
  duk_put_prop_string(ctx, -2, "keeper");
}

static duk_ret_t run(duk_context *ctx, void *data) {
  xlgc__duktape_trials *trials = data;
  duk_require_stack(ctx, 32);
  for (size_t i = 0; i < trials->proxy_count; i++)
    trials->proxies[i]->references = count_references(ctx, trials, i);
  trials->main = ctx;
  push_objects(ctx, trials);
  duk_context *other = duk_get_context(ctx, trials->base + THREAD);
  if (trials->unpins_exports && duk_safe_call(other, attempt_finalizers, trials, 0, 0)) {
    trials->failed = XLGC_E_NOMEM;
    trials->unpins_exports = false;
  }
  duk_push_heapptr(ctx, trials->engine->no_op);
  duk_set_finalizer(ctx, trials->base + KEEPER);
  clear(ctx, trials, KEEPER);
  clear(ctx, trials, ATTEMPT_KEEPER);
  clear(ctx, trials, TRIGGER);
  return 0;
}

/* -------------------------------------------------------------- around it */

static duk_ret_t note_run(duk_context *ctx) {
  xlgc__duktape_engine *engine = xlgc__duktape_engine_find(ctx);
  if (engine && engine->trials) engine->trials->ran = true;
  return 0;
}

static duk_ret_t make_garbage(duk_context *ctx, void *data) {
  (void)data;
  push_garbage(ctx, note_run);
  return 0;
}

static const char no_finalizers[] = "a finalizer or a coroutine of Duktape runs";

static int check_finalizers(duk_context *ctx, xlgc__duktape_trials *trials) {
  unsigned before = xlgc__limit_lift(trials->engine->limit, XLGC__LIMIT_DOUBLED);
  bool raised = duk_safe_call(ctx, make_garbage, NULL, 0, 0) != 0;
  xlgc__limit_restore(trials->engine->limit, before);
  bool ran = trials->ran;
  trials->ran = false;
  if (raised) return XLGC_E_NOMEM;
  return ran ? 0 : xlgc_hosts_refuse(no_finalizers);
}

static void begin(xlgc__duktape_trials *trials, xlgc__duktape_engine *engine) {
  memset(trials, 0, sizeof *trials);
  trials->engine = engine;
  engine->trials = trials;
}

int xlgc__duktape_trials_check(xlgc__duktape_engine *engine, duk_context *ctx) {
  xlgc__duktape_trials trials;
  begin(&trials, engine);
  int failed = check_finalizers(ctx, &trials);
  engine->trials = NULL;
  return failed;
}

int xlgc__duktape_trials_begin(xlgc__duktape_trials *trials, xlgc__duktape_engine *engine, duk_context *ctx,
                               bool is_image) {
  begin(trials, engine);
  trials->is_image = is_image;
  int failed = check_finalizers(ctx, trials);
  if (failed) return failed;
  /* What the engine frees by itself needs no trial; the second time for what finalizers left. */
  for (unsigned i = 0; i < 2 && !is_image; i++)
    duk_gc(ctx, 0);
  trials->exports = xlgc__grow_zeroed(2 * engine->exports.by_object.count + 1, sizeof *trials->exports);
  trials->proxies = xlgc__grow_zeroed(engine->by_object.count + 1, sizeof *trials->proxies);
  trials->is_found = xlgc__grow_zeroed(engine->by_object.count + 1, sizeof *trials->is_found);
  if (!trials->exports || !trials->proxies || !trials->is_found) return XLGC_E_NOMEM;
  for (xlgc__duktape_proxy *proxy = engine->proxies; proxy; proxy = proxy->next)
    trials->proxies[trials->proxy_count++] = proxy;
  return 0;
}

int xlgc__duktape_trials_run(xlgc__duktape_trials *trials, duk_context *ctx, duk_safe_call_function body, void *data) {
  trials->body = body;
  trials->data = data;
  unsigned before = xlgc__limit_lift(trials->engine->limit, XLGC__LIMIT_NONE); /* no other finalizer runs there */
  bool raised = duk_safe_call(ctx, run, trials, 0, 0) != 0;
  xlgc__duktape_trials_pin_all(ctx, trials, true);
  keep_targets(ctx, trials, true);
  xlgc__limit_restore(trials->engine->limit, before);
  /* Finds all reachable again: otherwise finalizers that were attempted would never be called. */
  if (!trials->is_image) duk_gc(ctx, 0);
  if (trials->failed) return trials->failed;
  if (raised) return XLGC_E_NOMEM;
  return trials->ran ? 0 : xlgc_hosts_refuse(no_finalizers);
}

void xlgc__duktape_trials_end(xlgc__duktape_trials *trials) {
  trials->engine->trials = NULL;
  xlgc__grow_release(trials->exports);
  xlgc__grow_release(trials->proxies);
  xlgc__grow_release(trials->is_found);
}
