#include <config.h>

#include "hosts/duktape/traps.h"

#include <string.h>

#include "hosts/common/messages.h"
#include "hosts/common/numbers.h"
#include "hosts/common/sequence.h"
#include "hosts/duktape/proxy.h"

/* Arguments of every trap: the target first, then a property's name, if it has one. */
enum { TARGET, NAME };
enum { GET, SET, HAS, DELETE, KEYS, APPLY, CONSTRUCT, TRAPS };

/* ------------------------------------------------------------- properties */

/* The name "7" is what a script wrote as 7; Duktape gives either as it is. */
static void pack_key(duk_context *ctx, xlgc__duktape_operation *operation) {
  xlgc_value *key = &operation->key;
  bool is_list = operation->traits & XLGC_SEQUENCE;
  xlgc__duktape_operation_pack(ctx, operation, NAME, key);
  if (key->type == XLGC_INTEGER && (!is_list || key->as.integer >= 0)) {
    key->traits = is_list ? 0 : XLGC_NAME;
    return;
  }
  if (key->type != XLGC_STRING) {
    xlgc_value_clear(key);
    duk_to_string(ctx, NAME);
    xlgc__duktape_operation_pack(ctx, operation, NAME, key);
  }
  if (key->type == XLGC_STRING) xlgc__numbers_name(key, operation->traits);
}

static duk_ret_t describe(duk_context *ctx, void *data) {
  xlgc__duktape_operation *operation = data;
  duk_push_this(ctx);
  xlgc__duktape_operation_visit(ctx, operation, xlgc__duktape_operation_proxy(ctx, operation, -1));
  xlgc__duktape_operation_check(ctx, operation, xlgc_visit_describe(&operation->visit, &operation->result));
  return xlgc__duktape_operation_unpack(ctx, operation, &operation->result);
}
static duk_ret_t call_describe(duk_context *ctx) { return xlgc__duktape_operation_run(ctx, describe, 0); }

/* What has elements, but neither names nor places, as a set, is an array in JSON. Without a length, as a generator, it is
 * not looked at: that would change it. */
static duk_ret_t plain(duk_context *ctx, void *data) {
  xlgc__duktape_operation *operation = data;
  size_t length;
  duk_push_this(ctx);
  xlgc__duktape_operation_visit(ctx, operation, xlgc__duktape_operation_proxy(ctx, operation, -1));
  int way = xlgc_visit_length(&operation->visit, &length);
  if (!way) way = xlgc_visit_iterate(&operation->visit, &operation->value);
  if (way >= 0) xlgc__duktape_operation_unpack(ctx, operation, &operation->value);
  if (way == XLGC_ITERATES_VALUES)
    xlgc__duktape_traps_each(ctx, operation, XLGC__DUKTAPE_EACH_VALUE, 0);
  else
    duk_push_this(ctx);
  return 1;
}
static duk_ret_t call_plain(duk_context *ctx) { return xlgc__duktape_operation_run(ctx, plain, 0); }

/* Pushes what a proxy has whatever its object has. */
static bool push_built_in(duk_context *ctx, const xlgc__duktape_operation *operation) {
  if (duk_get_heapptr(ctx, NAME) == operation->engine->to_primitive) {
    duk_push_c_function(ctx, call_describe, 1);
    return true;
  }
  if (duk_is_symbol(ctx, NAME)) {
    duk_push_undefined(ctx);
    return true;
  }
  const char *name = duk_get_string(ctx, NAME);
  if (!duk_is_function(ctx, TARGET) || !name) return false;
  if (strcmp(name, "call") != 0 && strcmp(name, "apply") != 0 && strcmp(name, "bind") != 0) return false;
  duk_get_prop_string(ctx, TARGET, name);
  return true;
}

static bool is_list(const xlgc__duktape_operation *operation) {
  return (operation->traits & (XLGC_SEQUENCE | XLGC_CALLABLE)) == XLGC_SEQUENCE;
}

static bool is_length(duk_context *ctx) {
  const char *name = duk_get_string(ctx, NAME);
  return name && strcmp(name, "length") == 0;
}

/* What an array has of itself is not looked for in a list of another language: its `pop` and `sort` are JavaScript's. The
 * target is an array. */
static bool push_of_arrays(duk_context *ctx, xlgc__duktape_operation *operation) {
  if (!is_list(operation) || !duk_is_string(ctx, NAME)) return false;
  if (is_length(ctx)) {
    size_t length;
    xlgc__duktape_operation_check(ctx, operation, xlgc_visit_length(&operation->visit, &length));
    duk_push_number(ctx, (double)length);
    return true;
  }
  if (strcmp(duk_get_string(ctx, NAME), "toString") == 0) return false;
  duk_dup(ctx, NAME);
  duk_get_prop(ctx, TARGET);
  if (duk_is_function(ctx, -1)) return true;
  duk_pop(ctx);
  return false;
}

static duk_ret_t get(duk_context *ctx, xlgc__duktape_operation *operation) {
  if (push_built_in(ctx, operation) || push_of_arrays(ctx, operation)) return 1;
  pack_key(ctx, operation);
  int answer = xlgc_visit_get(&operation->visit, &operation->key, &operation->result);
  xlgc__duktape_operation_check(ctx, operation, answer);
  if (answer != XLGC_ABSENT) return xlgc__duktape_operation_unpack(ctx, operation, &operation->result);
  const char *name = duk_get_string(ctx, NAME);
  if (name && strcmp(name, "toString") == 0)
    duk_push_c_function(ctx, call_describe, 0);
  else if (name && !is_list(operation) && strcmp(name, "toJSON") == 0)
    duk_push_c_function(ctx, call_plain, 1);
  else
    duk_push_undefined(ctx);
  return 1;
}

static duk_ret_t set(duk_context *ctx, xlgc__duktape_operation *operation) {
  pack_key(ctx, operation);
  xlgc__duktape_operation_pack(ctx, operation, 2, &operation->value);
  xlgc_visit *visit = &operation->visit;
  const xlgc_value *key = &operation->key, *value = &operation->value;
  bool list = is_list(operation);
  int failed = !list            ? xlgc_visit_set(visit, key, value)
               : is_length(ctx) ? xlgc__sequence_set_length(visit, value)
                                : xlgc__sequence_set(visit, key, value);
  xlgc__duktape_operation_check(ctx, operation, failed);
  duk_push_true(ctx);
  return 1;
}

static duk_ret_t has(duk_context *ctx, xlgc__duktape_operation *operation) {
  if (push_of_arrays(ctx, operation)) {
    duk_push_true(ctx);
    return 1;
  }
  pack_key(ctx, operation);
  int answer = xlgc_visit_get(&operation->visit, &operation->key, &operation->result);
  xlgc__duktape_operation_check(ctx, operation, answer);
  duk_push_boolean(ctx, answer != XLGC_ABSENT);
  return 1;
}

static duk_ret_t delete_property(duk_context *ctx, xlgc__duktape_operation *operation) {
  pack_key(ctx, operation);
  xlgc__duktape_operation_check(ctx, operation, xlgc_visit_remove(&operation->visit, &operation->key));
  duk_push_true(ctx);
  return 1;
}

/* Duktape asks the target which names are enumerable, so the target gets these names too. */
static void name_in_target(duk_context *ctx, duk_idx_t names) {
  duk_uarridx_t count = (duk_uarridx_t)duk_get_length(ctx, names);
  for (duk_uarridx_t i = 0; i < count; i++) {
    duk_get_prop_index(ctx, names, i);
    duk_push_undefined(ctx);
    duk_def_prop(ctx, TARGET, DUK_DEFPROP_HAVE_VALUE | DUK_DEFPROP_SET_WEC | DUK_DEFPROP_FORCE);
  }
}

static duk_ret_t own_keys(duk_context *ctx, xlgc__duktape_operation *operation) {
  xlgc__duktape_traps_each(ctx, operation, XLGC__DUKTAPE_EACH_NAME, 0);
  name_in_target(ctx, duk_get_top_index(ctx));
  return 1;
}

/* ------------------------------------------------------------------ calls */

static void pack_arguments(duk_context *ctx, xlgc__duktape_operation *operation, duk_idx_t list) {
  xlgc__arguments *arguments = &operation->arguments;
  size_t count = duk_get_length(ctx, list);
  xlgc__duktape_operation_check(ctx, operation, xlgc__arguments_begin(arguments, count));
  for (; arguments->count < count; arguments->count++) {
    duk_get_prop_index(ctx, list, (duk_uarridx_t)arguments->count);
    xlgc__duktape_operation_pack(ctx, operation, -1, &arguments->all[arguments->count]);
    duk_pop(ctx);
  }
}

static duk_ret_t call(duk_context *ctx, xlgc__duktape_operation *operation, const xlgc_value *self, duk_idx_t list) {
  const xlgc__arguments *arguments = &operation->arguments;
  pack_arguments(ctx, operation, list);
  operation->visit.habits = XLGC_CALLS_LOOSELY;
  int answer = xlgc_visit_call(&operation->visit, self, arguments->all, arguments->count, &operation->result);
  xlgc__duktape_operation_check(ctx, operation, answer);
  return xlgc__duktape_operation_unpack(ctx, operation, &operation->result);
}

static duk_ret_t apply(duk_context *ctx, xlgc__duktape_operation *operation) {
  bool has_self = duk_is_object(ctx, 1) && !duk_is_buffer_data(ctx, 1);
  if (has_self) xlgc__duktape_operation_pack(ctx, operation, 1, &operation->self);
  return call(ctx, operation, has_self ? &operation->self : NULL, 2);
}

static duk_ret_t construct(duk_context *ctx, xlgc__duktape_operation *operation) {
  return call(ctx, operation, NULL, 1);
}

/* -------------------------------------------------------------- iteration */

/* The element is the operation's key and value. Returns false behind the last. A visit for each, as code may run
 * between two of them. */
static bool read_element(duk_context *ctx, xlgc__duktape_operation *operation, int way, int64_t position) {
  xlgc__duktape_operation_visit(ctx, operation, operation->self.as.id);
  int answer = xlgc_visit_next(&operation->visit, &operation->key, &operation->value);
  xlgc__duktape_operation_check(ctx, operation, answer);
  if (way == XLGC_ITERATES_VALUES) {
    xlgc_value_clear(&operation->key);
    operation->key.type = XLGC_INTEGER;
    operation->key.as.integer = position;
  }
  return answer != XLGC_ABSENT;
}

static void end_element(xlgc__duktape_operation *operation) {
  xlgc__duktape_operation_end_visit(operation);
  xlgc_value_clear(&operation->key);
  xlgc_value_clear(&operation->value);
}

/* Returns whether the iteration goes on. */
static bool call_with_element(duk_context *ctx, xlgc__duktape_operation *operation, duk_idx_t function) {
  duk_dup(ctx, function);
  xlgc__duktape_operation_unpack(ctx, operation, &operation->value);
  xlgc__duktape_operation_unpack(ctx, operation, &operation->key);
  xlgc__duktape_operation_end_visit(operation);
  duk_call(ctx, 2);
  bool goes_on = !duk_is_boolean(ctx, -1) || duk_get_boolean(ctx, -1);
  duk_pop(ctx);
  return goes_on;
}

static bool can_be_name(const xlgc_value *key) { return key->type == XLGC_NIL || xlgc__numbers_is_name(key); }

static void add_element(duk_context *ctx, xlgc__duktape_operation *operation, xlgc__duktape_each what, duk_idx_t list) {
  if (what == XLGC__DUKTAPE_EACH_NAME && !can_be_name(&operation->key))
    (void)duk_error(ctx, DUK_ERR_TYPE_ERROR, "%s", XLGC__MESSAGES_KEY_NO_NAME);
  xlgc__duktape_operation_unpack(ctx, operation,
                                 what == XLGC__DUKTAPE_EACH_VALUE ? &operation->value : &operation->key);
  if (what == XLGC__DUKTAPE_EACH_NAME) duk_to_string(ctx, -1);
  duk_put_prop_index(ctx, list, (duk_uarridx_t)duk_get_length(ctx, list));
}

typedef struct iteration {
  xlgc__duktape_operation *operation;
  xlgc__duktape_each what;
  duk_idx_t function, list;
  int way;
  bool is_at_end;
} iteration;

static duk_ret_t go_through(duk_context *ctx, void *data) {
  iteration *iteration = data;
  xlgc__duktape_operation *operation = iteration->operation;
  bool goes_on = true;
  for (int64_t position = 0; goes_on; position++) {
    iteration->is_at_end = !read_element(ctx, operation, iteration->way, position);
    goes_on = !iteration->is_at_end;
    if (goes_on && iteration->what == XLGC__DUKTAPE_EACH_CALL)
      goes_on = call_with_element(ctx, operation, iteration->function);
    else if (goes_on)
      add_element(ctx, operation, iteration->what, iteration->list);
    end_element(operation);
  }
  return 0;
}

/* After an error that is the one to be raised. */
static void close_quietly(xlgc__duktape_operation *operation) {
  xlgc_visit visit;
  if (xlgc_visit_begin(&visit, operation->engine->host, operation->self.as.id)) return;
  (void)xlgc_visit_close(&visit);
  xlgc_visit_end(&visit);
}

static void close_cursor(duk_context *ctx, xlgc__duktape_operation *operation) {
  xlgc__duktape_operation_visit(ctx, operation, operation->self.as.id);
  xlgc__duktape_operation_check(ctx, operation, xlgc_visit_close(&operation->visit));
  xlgc__duktape_operation_end_visit(operation);
}

void xlgc__duktape_traps_each(duk_context *ctx, xlgc__duktape_operation *operation, xlgc__duktape_each what,
                              duk_idx_t function) {
  iteration iteration = {.operation = operation, .what = what, .function = function};
  duk_require_stack(ctx, 16);
  iteration.way = xlgc_visit_iterate(&operation->visit, &operation->self);
  xlgc__duktape_operation_check(ctx, operation, iteration.way);
  xlgc__duktape_operation_unpack(ctx, operation, &operation->self);
  xlgc__duktape_operation_end_visit(operation);
  iteration.list = duk_push_array(ctx);
  if (duk_safe_call(ctx, go_through, &iteration, 0, 1)) {
    end_element(operation);
    if (!iteration.is_at_end) close_quietly(operation);
    (void)duk_throw(ctx);
  }
  duk_pop(ctx);
  if (!iteration.is_at_end) close_cursor(ctx, operation);
  duk_remove(ctx, iteration.list - 1);
}

/* ------------------------------------------------------------- the handler */

static const struct trap {
  const char *name;
  int arguments;
  duk_ret_t (*act)(duk_context *ctx, xlgc__duktape_operation *operation);
} traps[TRAPS] = {[GET] = {"get", 3, get},
                  [SET] = {"set", 4, set},
                  [HAS] = {"has", 2, has},
                  [DELETE] = {"deleteProperty", 2, delete_property},
                  [KEYS] = {"ownKeys", 1, own_keys},
                  [APPLY] = {"apply", 3, apply},
                  [CONSTRUCT] = {"construct", 3, construct}};

/* A symbol is the name of no property of another engine's object. Pushes what the trap answers to it. */
static duk_ret_t answer_symbol(duk_context *ctx, int action) {
  if (action == SET) return duk_error(ctx, DUK_ERR_TYPE_ERROR, "%s", XLGC__MESSAGES_CANNOT_PASS("a symbol"));
  duk_push_boolean(ctx, action == DELETE);
  return 1;
}

static duk_ret_t act(duk_context *ctx, void *data) {
  xlgc__duktape_operation *operation = data;
  int action = operation->action;
  duk_require_stack(ctx, 16);
  const xlgc__duktape_proxy *proxy = xlgc__duktape_proxy_of_target(operation->engine, duk_get_heapptr(ctx, TARGET));
  if (!proxy) xlgc__duktape_operation_fail(ctx, NULL, XLGC_E_STALE);
  if ((action == SET || action == HAS || action == DELETE) && duk_is_symbol(ctx, NAME))
    return answer_symbol(ctx, action);
  operation->traits = proxy->traits;
  xlgc__duktape_operation_visit(ctx, operation, proxy->id);
  return traps[action].act(ctx, operation);
}

static duk_ret_t run_trap(duk_context *ctx) {
  return xlgc__duktape_operation_run(ctx, act, duk_get_current_magic(ctx));
}

void xlgc__duktape_traps_push(duk_context *ctx) {
  duk_push_bare_object(ctx);
  for (int i = 0; i < TRAPS; i++) {
    duk_push_c_function(ctx, run_trap, traps[i].arguments);
    duk_set_magic(ctx, -1, i);
    duk_put_prop_string(ctx, -2, traps[i].name);
  }
}
