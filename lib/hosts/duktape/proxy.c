/* Proxies: what scripts have of other engines' objects, and what each use of one becomes. */
#include <config.h>

#include "engine.h"

#include <stdio.h>
#include <string.h>

#define OBJECT XLGC__DUKTAPE_HIDDEN("proxy")

enum { GET, SET, HAS, DELETE, KEYS, APPLY, CONSTRUCT };

/* ------------------------------------------------------------------ tables */

static xlgc__duktape_proxy *find_target(xlgc__duktape_engine *engine, const void *target) {
  xlgc__duktape_proxy *proxy;
  HASH_FIND(by_target, engine->targets, &target, sizeof target, proxy);
  return proxy;
}

static void remove_proxy(xlgc__duktape_engine *engine, xlgc__duktape_proxy *proxy) {
  HASH_DELETE(hh, engine->proxies, proxy);
  HASH_DELETE(by_target, engine->targets, proxy);
  free(proxy);
}

static bool add_proxy(xlgc__duktape_engine *engine, xlgc__duktape_proxy *proxy) {
  HASH_ADD_PTR(engine->proxies, object, proxy);
  if (proxy->failed) return false;
  HASH_ADD(by_target, engine->targets, target, sizeof proxy->target, proxy);
  if (proxy->failed) HASH_DELETE(hh, engine->proxies, proxy);
  return !proxy->failed;
}

void xlgc__duktape_proxy_forget(xlgc__duktape_engine *engine) {
  xlgc__duktape_proxy *proxy, *next;
  HASH_ITER(hh, engine->proxies, proxy, next) { remove_proxy(engine, proxy); }
}

/* One that was let go, and came back by a finalizer, is still known by what its target holds: itself. */
xlgc__duktape_proxy *xlgc__duktape_proxy_at(xlgc__duktape_engine *engine, duk_context *ctx, duk_idx_t index,
                                            bool *is_stale) {
  void *object = duk_get_heapptr(ctx, index);
  xlgc__duktape_proxy *proxy;
  HASH_FIND_PTR(engine->proxies, &object, proxy);
  if (proxy) return proxy;
  duk_get_prop_string(ctx, index, OBJECT);
  *is_stale = duk_get_heapptr(ctx, -1) == object;
  duk_pop(ctx);
  return NULL;
}

/* ------------------------------------------------------------------ making */

static duk_ret_t stand_in(duk_context *ctx) {
  (void)ctx;
  return 0;
}

typedef struct making {
  xlgc__duktape_engine *engine;
  xlgc__duktape_proxy *proxy;
  bool is_callable;
} making;

static duk_ret_t make(duk_context *ctx, void *data) {
  making *making = data;
  if (making->is_callable)
    duk_push_c_function(ctx, stand_in, DUK_VARARGS);
  else
    duk_push_object(ctx);
  making->proxy->target = duk_get_heapptr(ctx, -1);
  duk_dup(ctx, -1);
  duk_push_heapptr(ctx, making->engine->traps);
  duk_push_proxy(ctx, 0);
  making->proxy->object = duk_get_heapptr(ctx, -1);
  duk_dup(ctx, -1);
  duk_put_prop_string(ctx, -3, OBJECT);
  duk_push_heapptr(ctx, making->engine->rest);
  duk_set_finalizer(ctx, -3);
  duk_push_heapptr(ctx, making->engine->held);
  duk_dup(ctx, -3);
  duk_put_prop_index(ctx, -2, making->proxy->slot);
  duk_pop(ctx);
  return 1;
}

/* The slot is there, so nothing is allocated. */
static void let_go(xlgc__duktape_engine *engine, duk_context *ctx, duk_uarridx_t slot) {
  duk_push_heapptr(ctx, engine->held);
  duk_push_undefined(ctx);
  duk_put_prop_index(ctx, -2, slot);
  duk_pop(ctx);
  xlgc__duktape_pins_give_slot(&engine->held_slots, slot);
}

void xlgc__duktape_proxy_gone(xlgc__duktape_engine *engine, duk_context *ctx, xlgc__duktape_proxy *proxy) {
  duk_uarridx_t slot = proxy->slot;
  (void)xlgc_host_proxy_gone(engine->host, proxy->id, proxy);
  remove_proxy(engine, proxy);
  let_go(engine, ctx, slot);
}

static int failed_proxy(xlgc__duktape_engine *engine, xlgc__duktape_proxy *proxy) {
  xlgc__duktape_pins_give_slot(&engine->held_slots, proxy->slot);
  free(proxy);
  return XLGC_E_NOMEM;
}

/* Pushes a new one. */
static int make_proxy(xlgc__duktape_engine *engine, duk_context *ctx, xlgc_id id, unsigned traits) {
  making making = {engine, calloc(1, sizeof(xlgc__duktape_proxy)), (traits & XLGC_CALLABLE) != 0};
  xlgc__duktape_proxy *proxy = making.proxy;
  if (!proxy || !xlgc__duktape_pins_take_slot(&engine->held_slots, &proxy->slot)) {
    free(proxy);
    return XLGC_E_NOMEM;
  }
  proxy->id = id;
  if (duk_safe_call(ctx, make, &making, 0, 1)) {
    duk_pop(ctx);
    return failed_proxy(engine, proxy);
  }
  if (add_proxy(engine, proxy)) return 0;
  duk_pop(ctx);
  duk_uarridx_t slot = proxy->slot;
  free(proxy);
  let_go(engine, ctx, slot);
  return XLGC_E_NOMEM;
}

int xlgc__duktape_proxy_make(xlgc__duktape_engine *engine, duk_context *ctx, xlgc_id id, unsigned traits) {
  void *handle;
  int result = xlgc_host_receive(engine->host, id, &handle);
  if (result == XLGC_HOST_OWN) duk_push_heapptr(ctx, handle);
  if (result == XLGC_HOST_FOUND) {
    xlgc__duktape_proxy *proxy = handle;
    duk_push_heapptr(ctx, proxy->object);
  }
  if (result != XLGC_HOST_NEW) return result < 0 ? result : 0;
  int failed = make_proxy(engine, ctx, id, traits);
  if (failed) {
    (void)xlgc_host_proxy_failed(engine->host, id);
    return failed;
  }
  void *object = duk_get_heapptr(ctx, -1);
  xlgc__duktape_proxy *made;
  HASH_FIND_PTR(engine->proxies, &object, made);
  return xlgc_host_proxy_made(engine->host, id, made);
}

/* ------------------------------------------------------------------- using */

static void end_visits(xlgc__duktape_operation *operation) {
  if (operation->in_next) xlgc_visit_end(&operation->next);
  if (operation->in_visit) xlgc_visit_end(&operation->visit);
  operation->in_next = operation->in_visit = false;
}

static void clear(xlgc__duktape_operation *operation) {
  end_visits(operation);
  xlgc_value_clear(&operation->key);
  xlgc_value_clear(&operation->value);
  xlgc_value_clear(&operation->self);
  xlgc_value_clear(&operation->result);
  for (size_t i = 0; i < operation->count; i++)
    xlgc_value_clear(&operation->arguments[i]);
  free(operation->arguments);
}

/* Runs the body, which may raise, and ends after it what has to be ended. */
duk_ret_t xlgc__duktape_operation_run(duk_context *ctx, duk_safe_call_function body, int action) {
  xlgc__duktape_operation operation;
  memset(&operation, 0, sizeof operation);
  operation.action = action;
  operation.engine = xlgc__duktape_engine_find(ctx);
  if (!operation.engine) return duk_error(ctx, DUK_ERR_REFERENCE_ERROR, "xlgc was closed here");
  operation.before = operation.engine->current;
  operation.engine->current = ctx;
  operation.engine->uses++;
  if (HASH_COUNT(operation.engine->proxies) > operation.engine->sweep_at && !operation.engine->walk)
    (void)xlgc__duktape_summary_drop_proxies(operation.engine, ctx);
  duk_int_t raised = duk_safe_call(ctx, body, &operation, 0, 1);
  clear(&operation);
  operation.engine->uses--;
  operation.engine->current = operation.before;
  return raised ? duk_throw(ctx) : 1;
}

void xlgc__duktape_operation_fail(duk_context *ctx, const xlgc_visit *visit, int code) {
  const char *words = visit ? xlgc_visit_message(visit, code) : xlgc_strerror(code);
  duk_errcode_t sort = code == XLGC_E_STALE ? DUK_ERR_REFERENCE_ERROR : DUK_ERR_ERROR;
  xlgc__duktape_values_push_text(ctx, words, strlen(words));
  (void)duk_error(ctx, sort, "%s", duk_get_string(ctx, -1));
}

static void check(duk_context *ctx, const xlgc__duktape_operation *operation, int code) {
  if (code < 0) xlgc__duktape_operation_fail(ctx, &operation->visit, code);
}

void xlgc__duktape_operation_visit(duk_context *ctx, xlgc__duktape_operation *operation, xlgc_id id) {
  int failed = xlgc_visit_begin(&operation->visit, operation->engine->host, id);
  check(ctx, operation, failed);
  operation->in_visit = true;
}

static void get_value(duk_context *ctx, xlgc__duktape_operation *operation, duk_idx_t index, xlgc_value *out) {
  int failed = xlgc__duktape_values_pack(operation->engine, ctx, index, out);
  if (failed == XLGC_E_INVAL) (void)duk_error(ctx, DUK_ERR_TYPE_ERROR, "this value cannot go to another language");
  if (failed == XLGC_E_STALE)
    (void)duk_error(ctx, DUK_ERR_REFERENCE_ERROR, "this object is gone: its host was closed, or a finalizer had it");
  check(ctx, operation, failed);
}

static duk_ret_t push_result(duk_context *ctx, xlgc__duktape_operation *operation, const xlgc_value *value) {
  check(ctx, operation, xlgc__duktape_values_unpack(operation->engine, ctx, value));
  return 1;
}

/* The name "7" is what a script wrote as 7. */
static void get_key(duk_context *ctx, xlgc__duktape_operation *operation, duk_idx_t index) {
  get_value(ctx, operation, index, &operation->key);
  xlgc_value *key = &operation->key;
  if (key->type != XLGC_STRING || !key->length || key->length > 15) return;
  int64_t number = 0;
  for (size_t i = 0; i < key->length; i++) {
    if (key->as.bytes[i] < '0' || key->as.bytes[i] > '9' || (i && !number)) return;
    number = 10 * number + (key->as.bytes[i] - '0');
  }
  xlgc_value_clear(key);
  key->type = XLGC_INTEGER;
  key->as.integer = number;
}

static void get_arguments(duk_context *ctx, xlgc__duktape_operation *operation, duk_idx_t list) {
  size_t count = duk_get_length(ctx, list);
  operation->arguments = calloc(count + 1, sizeof *operation->arguments);
  if (!operation->arguments) check(ctx, operation, XLGC_E_NOMEM);
  for (; operation->count < count; operation->count++) {
    duk_get_prop_index(ctx, list, (duk_uarridx_t)operation->count);
    get_value(ctx, operation, -1, &operation->arguments[operation->count]);
    duk_pop(ctx);
  }
}

/* ------------------------------------------------------------------- traps */

static duk_ret_t describe(duk_context *ctx, void *data) {
  xlgc__duktape_operation *operation = data;
  bool is_stale = false;
  duk_push_this(ctx);
  xlgc__duktape_proxy *proxy =
      duk_is_object(ctx, -1) ? xlgc__duktape_proxy_at(operation->engine, ctx, -1, &is_stale) : NULL;
  if (!proxy) return duk_error(ctx, DUK_ERR_TYPE_ERROR, "this is no object of another language");
  xlgc__duktape_operation_visit(ctx, operation, proxy->id);
  check(ctx, operation, xlgc_visit_describe(&operation->visit, &operation->result));
  return push_result(ctx, operation, &operation->result);
}
static duk_ret_t call_describe(duk_context *ctx) { return xlgc__duktape_operation_run(ctx, describe, 0); }

/* What a proxy has whatever its object has. */
static bool get_built_in(duk_context *ctx, const xlgc__duktape_operation *operation) {
  if (duk_get_heapptr(ctx, 1) == operation->engine->primitive) {
    duk_push_c_function(ctx, call_describe, 1);
    return true;
  }
  const char *name = duk_get_string(ctx, 1);
  if (duk_is_symbol(ctx, 1)) {
    duk_push_undefined(ctx);
    return true;
  }
  if (!duk_is_function(ctx, 0) || !name) return false;
  if (strcmp(name, "call") != 0 && strcmp(name, "apply") != 0 && strcmp(name, "bind") != 0) return false;
  duk_get_prop(ctx, 0);
  return true;
}

static duk_ret_t get(duk_context *ctx, xlgc__duktape_operation *operation) {
  duk_dup(ctx, 1);
  if (get_built_in(ctx, operation)) return 1;
  duk_pop(ctx);
  get_key(ctx, operation, 1);
  int answer = xlgc_visit_get(&operation->visit, &operation->key, &operation->result);
  check(ctx, operation, answer);
  if (answer != XLGC_ABSENT) return push_result(ctx, operation, &operation->result);
  const char *name = duk_get_string(ctx, 1);
  if (name && strcmp(name, "toString") == 0)
    duk_push_c_function(ctx, call_describe, 0);
  else
    duk_push_undefined(ctx);
  return 1;
}

static duk_ret_t call(duk_context *ctx, xlgc__duktape_operation *operation, duk_idx_t self, duk_idx_t list) {
  bool has_self = self >= 0 && duk_is_object(ctx, self) && !duk_is_buffer_data(ctx, self);
  if (has_self) get_value(ctx, operation, self, &operation->self);
  get_arguments(ctx, operation, list);
  check(ctx, operation,
        xlgc_visit_call(&operation->visit, has_self ? &operation->self : NULL, operation->arguments, operation->count,
                        &operation->result));
  return push_result(ctx, operation, &operation->result);
}

/* Duktape asks the target which names are enumerable, so it has them too. */
static void shadow(duk_context *ctx, duk_idx_t names) {
  size_t count = duk_get_length(ctx, names);
  for (size_t i = 0; i < count; i++) {
    duk_get_prop_index(ctx, names, (duk_uarridx_t)i);
    duk_push_undefined(ctx);
    duk_def_prop(ctx, 0, DUK_DEFPROP_HAVE_VALUE | DUK_DEFPROP_SET_WEC | DUK_DEFPROP_FORCE);
  }
}

static duk_ret_t trap(duk_context *ctx, void *data) {
  xlgc__duktape_operation *operation = data;
  duk_require_stack(ctx, 16);
  xlgc__duktape_proxy *proxy = find_target(operation->engine, duk_get_heapptr(ctx, 0));
  if (!proxy) xlgc__duktape_operation_fail(ctx, NULL, XLGC_E_STALE);
  bool is_symbol = operation->action <= DELETE && duk_is_symbol(ctx, 1);
  if (is_symbol && operation->action == SET) return duk_error(ctx, DUK_ERR_TYPE_ERROR, "a symbol is no name elsewhere");
  if (is_symbol && operation->action != GET) {
    duk_push_boolean(ctx, operation->action == DELETE);
    return 1;
  }
  xlgc__duktape_operation_visit(ctx, operation, proxy->id);
  int answer;
  switch (operation->action) {
  case GET: return get(ctx, operation);
  case SET:
    get_key(ctx, operation, 1);
    get_value(ctx, operation, 2, &operation->value);
    check(ctx, operation, xlgc_visit_set(&operation->visit, &operation->key, &operation->value));
    duk_push_true(ctx);
    return 1;
  case HAS:
    get_key(ctx, operation, 1);
    answer = xlgc_visit_get(&operation->visit, &operation->key, &operation->result);
    check(ctx, operation, answer);
    duk_push_boolean(ctx, answer != XLGC_ABSENT);
    return 1;
  case DELETE:
    get_key(ctx, operation, 1);
    check(ctx, operation, xlgc_visit_remove(&operation->visit, &operation->key));
    duk_push_true(ctx);
    return 1;
  case KEYS:
    xlgc__duktape_proxy_each(ctx, operation, XLGC__DUKTAPE_EACH_NAME, 0);
    shadow(ctx, duk_get_top_index(ctx));
    return 1;
  case APPLY: return call(ctx, operation, 1, 2);
  default: return call(ctx, operation, -1, 1);
  }
}

static duk_ret_t run_trap(duk_context *ctx) {
  return xlgc__duktape_operation_run(ctx, trap, duk_get_current_magic(ctx));
}

void xlgc__duktape_proxy_push_traps(duk_context *ctx) {
  static const struct {
    const char *name;
    int arguments;
  } traps[] = {[GET] = {"get", 3},
               [SET] = {"set", 4},
               [HAS] = {"has", 2},
               [DELETE] = {"deleteProperty", 2},
               [KEYS] = {"ownKeys", 1},
               [APPLY] = {"apply", 3},
               [CONSTRUCT] = {"construct", 3}};
  duk_push_bare_object(ctx);
  for (int i = 0; i <= CONSTRUCT; i++) {
    duk_push_c_function(ctx, run_trap, traps[i].arguments);
    duk_set_magic(ctx, -1, i);
    duk_put_prop_string(ctx, -2, traps[i].name);
  }
}

/* ---------------------------------------------------------------- iterating */

/* A name of an element, as text; false when it can be none. */
static bool push_name(duk_context *ctx, xlgc__duktape_operation *operation) {
  xlgc_type type = operation->key.type;
  if (type != XLGC_STRING && type != XLGC_INTEGER && type != XLGC_NUMBER) return false;
  push_result(ctx, operation, &operation->key);
  duk_to_string(ctx, -1);
  return true;
}

static bool take_element(duk_context *ctx, xlgc__duktape_operation *operation, int what, duk_idx_t function,
                         duk_idx_t list) {
  duk_uarridx_t count = (duk_uarridx_t)duk_get_length(ctx, list);
  if (what == XLGC__DUKTAPE_EACH_CALL) {
    duk_dup(ctx, function);
    push_result(ctx, operation, &operation->value);
    push_result(ctx, operation, &operation->key);
    xlgc_visit_end(&operation->next);
    operation->in_next = false;
    duk_call(ctx, 2);
    bool goes_on = !duk_is_boolean(ctx, -1) || duk_get_boolean(ctx, -1);
    duk_pop(ctx);
    return goes_on;
  }
  if (what == XLGC__DUKTAPE_EACH_NAME && !push_name(ctx, operation)) return true;
  if (what != XLGC__DUKTAPE_EACH_NAME)
    push_result(ctx, operation, what == XLGC__DUKTAPE_EACH_KEY ? &operation->key : &operation->value);
  duk_put_prop_index(ctx, list, count);
  return true;
}

void xlgc__duktape_proxy_each(duk_context *ctx, xlgc__duktape_operation *operation, int what, duk_idx_t function) {
  duk_require_stack(ctx, 16);
  int way = xlgc_visit_iterate(&operation->visit, &operation->self);
  check(ctx, operation, way);
  push_result(ctx, operation, &operation->self);
  xlgc_visit_end(&operation->visit);
  operation->in_visit = false;
  duk_idx_t list = duk_push_array(ctx);
  bool goes_on = true;
  for (int64_t position = 0; goes_on; position++) {
    /* A visit for each, as code may run between them. */
    int answer = xlgc_visit_begin(&operation->next, operation->engine->host, operation->self.as.id);
    if (answer) xlgc__duktape_operation_fail(ctx, &operation->next, answer);
    operation->in_next = true;
    answer = xlgc_visit_next(&operation->next, &operation->key, &operation->value);
    if (answer < 0) xlgc__duktape_operation_fail(ctx, &operation->next, answer);
    if (way == XLGC_ITERATES_VALUES) {
      xlgc_value_clear(&operation->key);
      operation->key.type = XLGC_INTEGER;
      operation->key.as.integer = position;
    }
    goes_on = answer != XLGC_ABSENT && take_element(ctx, operation, what, function, list);
    if (operation->in_next) xlgc_visit_end(&operation->next);
    operation->in_next = false;
    xlgc_value_clear(&operation->key);
    xlgc_value_clear(&operation->value);
  }
  duk_remove(ctx, list - 1);
}
