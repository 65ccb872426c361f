/* Proxies: what scripts have of other engines' objects, and what each use of one becomes. */
#include <config.h>

#include "engine.h"

#include <stdio.h>
#include <string.h>

#define OBJECT HIDDEN("proxy")

enum { GET, SET, HAS, DELETE, KEYS, APPLY, CONSTRUCT };

/* ------------------------------------------------------------------ tables */

static proxy *find_target(engine *engine, const void *target) {
  proxy *proxy;
  HASH_FIND(by_target, engine->targets, &target, sizeof target, proxy);
  return proxy;
}

static void remove_proxy(engine *engine, proxy *proxy) {
  HASH_DELETE(hh, engine->proxies, proxy);
  HASH_DELETE(by_target, engine->targets, proxy);
  free(proxy);
}

static bool add_proxy(engine *engine, proxy *proxy) {
  HASH_ADD_PTR(engine->proxies, object, proxy);
  if (proxy->failed) return false;
  HASH_ADD(by_target, engine->targets, target, sizeof proxy->target, proxy);
  if (proxy->failed) HASH_DELETE(hh, engine->proxies, proxy);
  return !proxy->failed;
}

void xlgc__duktape_forget(engine *engine) {
  proxy *proxy, *next;
  HASH_ITER(hh, engine->proxies, proxy, next) { remove_proxy(engine, proxy); }
}

/* One that was let go, and came back by a finalizer, is still known by what its target holds: itself. */
proxy *xlgc__duktape_proxy_at(engine *engine, duk_context *ctx, duk_idx_t index, bool *is_stale) {
  void *object = duk_get_heapptr(ctx, index);
  proxy *proxy;
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
  engine *engine;
  proxy *proxy;
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
static void let_go(engine *engine, duk_context *ctx, duk_uarridx_t slot) {
  duk_push_heapptr(ctx, engine->held);
  duk_push_undefined(ctx);
  duk_put_prop_index(ctx, -2, slot);
  duk_pop(ctx);
  xlgc__duktape_give_slot(&engine->held_slots, slot);
}

void xlgc__duktape_proxy_gone(engine *engine, duk_context *ctx, proxy *proxy) {
  duk_uarridx_t slot = proxy->slot;
  (void)xlgc_host_proxy_gone(engine->host, proxy->id, proxy);
  remove_proxy(engine, proxy);
  let_go(engine, ctx, slot);
}

static int failed_proxy(engine *engine, proxy *proxy) {
  xlgc__duktape_give_slot(&engine->held_slots, proxy->slot);
  free(proxy);
  return XLGC_E_NOMEM;
}

/* Pushes a new one. */
static int make_proxy(engine *engine, duk_context *ctx, xlgc_id id, unsigned traits) {
  making making = {engine, calloc(1, sizeof(proxy)), (traits & XLGC_CALLABLE) != 0};
  proxy *proxy = making.proxy;
  if (!proxy || !xlgc__duktape_take_slot(&engine->held_slots, &proxy->slot)) {
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

int xlgc__duktape_push_object(engine *engine, duk_context *ctx, xlgc_id id, unsigned traits) {
  void *handle;
  int result = xlgc_host_receive(engine->host, id, &handle);
  if (result == XLGC_HOST_OWN) duk_push_heapptr(ctx, handle);
  if (result == XLGC_HOST_FOUND) {
    proxy *proxy = handle;
    duk_push_heapptr(ctx, proxy->object);
  }
  if (result != XLGC_HOST_NEW) return result < 0 ? result : 0;
  int failed = make_proxy(engine, ctx, id, traits);
  if (failed) {
    (void)xlgc_host_proxy_failed(engine->host, id);
    return failed;
  }
  void *object = duk_get_heapptr(ctx, -1);
  proxy *made;
  HASH_FIND_PTR(engine->proxies, &object, made);
  return xlgc_host_proxy_made(engine->host, id, made);
}

/* ------------------------------------------------------------------- using */

static void end_visits(use *use) {
  if (use->in_next) xlgc_visit_end(&use->next);
  if (use->in_visit) xlgc_visit_end(&use->visit);
  use->in_next = use->in_visit = false;
}

static void clear(use *use) {
  end_visits(use);
  xlgc_value_clear(&use->key);
  xlgc_value_clear(&use->value);
  xlgc_value_clear(&use->self);
  xlgc_value_clear(&use->result);
  for (size_t i = 0; i < use->count; i++)
    xlgc_value_clear(&use->arguments[i]);
  free(use->arguments);
}

/* Runs the body, which may raise, and ends after it what has to be ended. */
duk_ret_t xlgc__duktape_use(duk_context *ctx, duk_safe_call_function body, int action) {
  use use;
  memset(&use, 0, sizeof use);
  use.action = action;
  use.engine = xlgc__duktape_engine(ctx);
  if (!use.engine) return duk_error(ctx, DUK_ERR_REFERENCE_ERROR, "xlgc was closed here");
  use.before = use.engine->current;
  use.engine->current = ctx;
  use.engine->uses++;
  if (HASH_COUNT(use.engine->proxies) > use.engine->sweep_at && !use.engine->walk)
    (void)xlgc__duktape_sweep(use.engine, ctx);
  duk_int_t raised = duk_safe_call(ctx, body, &use, 0, 1);
  clear(&use);
  use.engine->uses--;
  use.engine->current = use.before;
  return raised ? duk_throw(ctx) : 1;
}

void xlgc__duktape_fail(duk_context *ctx, const xlgc_visit *visit, int code) {
  const char *words = visit ? xlgc_visit_message(visit, code) : xlgc_strerror(code);
  duk_errcode_t sort = code == XLGC_E_STALE ? DUK_ERR_REFERENCE_ERROR : DUK_ERR_ERROR;
  xlgc__duktape_push_text(ctx, words, strlen(words));
  (void)duk_error(ctx, sort, "%s", duk_get_string(ctx, -1));
}

static void check(duk_context *ctx, const use *use, int code) {
  if (code < 0) xlgc__duktape_fail(ctx, &use->visit, code);
}

void xlgc__duktape_visit(duk_context *ctx, use *use, xlgc_id id) {
  int failed = xlgc_visit_begin(&use->visit, use->engine->host, id);
  check(ctx, use, failed);
  use->in_visit = true;
}

static void get_value(duk_context *ctx, use *use, duk_idx_t index, xlgc_value *out) {
  int failed = xlgc__duktape_value(use->engine, ctx, index, out);
  if (failed == XLGC_E_INVAL) (void)duk_error(ctx, DUK_ERR_TYPE_ERROR, "this value cannot go to another language");
  if (failed == XLGC_E_STALE)
    (void)duk_error(ctx, DUK_ERR_REFERENCE_ERROR, "this object is gone: its host was closed, or a finalizer had it");
  check(ctx, use, failed);
}

static duk_ret_t push_result(duk_context *ctx, use *use, const xlgc_value *value) {
  check(ctx, use, xlgc__duktape_push(use->engine, ctx, value));
  return 1;
}

/* The name "7" is what a script wrote as 7. */
static void get_key(duk_context *ctx, use *use, duk_idx_t index) {
  get_value(ctx, use, index, &use->key);
  xlgc_value *key = &use->key;
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

static void get_arguments(duk_context *ctx, use *use, duk_idx_t list) {
  size_t count = duk_get_length(ctx, list);
  use->arguments = calloc(count + 1, sizeof *use->arguments);
  if (!use->arguments) check(ctx, use, XLGC_E_NOMEM);
  for (; use->count < count; use->count++) {
    duk_get_prop_index(ctx, list, (duk_uarridx_t)use->count);
    get_value(ctx, use, -1, &use->arguments[use->count]);
    duk_pop(ctx);
  }
}

/* ------------------------------------------------------------------- traps */

static duk_ret_t describe(duk_context *ctx, void *data) {
  use *use = data;
  bool is_stale = false;
  duk_push_this(ctx);
  proxy *proxy = duk_is_object(ctx, -1) ? xlgc__duktape_proxy_at(use->engine, ctx, -1, &is_stale) : NULL;
  if (!proxy) return duk_error(ctx, DUK_ERR_TYPE_ERROR, "this is no object of another language");
  xlgc__duktape_visit(ctx, use, proxy->id);
  check(ctx, use, xlgc_visit_describe(&use->visit, &use->result));
  return push_result(ctx, use, &use->result);
}
static duk_ret_t call_describe(duk_context *ctx) { return xlgc__duktape_use(ctx, describe, 0); }

/* What a proxy has whatever its object has. */
static bool get_built_in(duk_context *ctx, const use *use) {
  if (duk_get_heapptr(ctx, 1) == use->engine->primitive) {
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

static duk_ret_t get(duk_context *ctx, use *use) {
  duk_dup(ctx, 1);
  if (get_built_in(ctx, use)) return 1;
  duk_pop(ctx);
  get_key(ctx, use, 1);
  int answer = xlgc_visit_get(&use->visit, &use->key, &use->result);
  check(ctx, use, answer);
  if (answer != XLGC_ABSENT) return push_result(ctx, use, &use->result);
  const char *name = duk_get_string(ctx, 1);
  if (name && strcmp(name, "toString") == 0)
    duk_push_c_function(ctx, call_describe, 0);
  else
    duk_push_undefined(ctx);
  return 1;
}

static duk_ret_t call(duk_context *ctx, use *use, duk_idx_t self, duk_idx_t list) {
  bool has_self = self >= 0 && duk_is_object(ctx, self) && !duk_is_buffer_data(ctx, self);
  if (has_self) get_value(ctx, use, self, &use->self);
  get_arguments(ctx, use, list);
  check(ctx, use, xlgc_visit_call(&use->visit, has_self ? &use->self : NULL, use->arguments, use->count, &use->result));
  return push_result(ctx, use, &use->result);
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
  use *use = data;
  duk_require_stack(ctx, 16);
  proxy *proxy = find_target(use->engine, duk_get_heapptr(ctx, 0));
  if (!proxy) xlgc__duktape_fail(ctx, NULL, XLGC_E_STALE);
  bool is_symbol = use->action <= DELETE && duk_is_symbol(ctx, 1);
  if (is_symbol && use->action == SET) return duk_error(ctx, DUK_ERR_TYPE_ERROR, "a symbol is no name elsewhere");
  if (is_symbol && use->action != GET) {
    duk_push_boolean(ctx, use->action == DELETE);
    return 1;
  }
  xlgc__duktape_visit(ctx, use, proxy->id);
  int answer;
  switch (use->action) {
  case GET: return get(ctx, use);
  case SET:
    get_key(ctx, use, 1);
    get_value(ctx, use, 2, &use->value);
    check(ctx, use, xlgc_visit_set(&use->visit, &use->key, &use->value));
    duk_push_true(ctx);
    return 1;
  case HAS:
    get_key(ctx, use, 1);
    answer = xlgc_visit_get(&use->visit, &use->key, &use->result);
    check(ctx, use, answer);
    duk_push_boolean(ctx, answer != XLGC_ABSENT);
    return 1;
  case DELETE:
    get_key(ctx, use, 1);
    check(ctx, use, xlgc_visit_remove(&use->visit, &use->key));
    duk_push_true(ctx);
    return 1;
  case KEYS:
    xlgc__duktape_each(ctx, use, EACH_NAME, 0);
    shadow(ctx, duk_get_top_index(ctx));
    return 1;
  case APPLY: return call(ctx, use, 1, 2);
  default: return call(ctx, use, -1, 1);
  }
}

static duk_ret_t run_trap(duk_context *ctx) { return xlgc__duktape_use(ctx, trap, duk_get_current_magic(ctx)); }

void xlgc__duktape_push_traps(duk_context *ctx) {
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
static bool push_name(duk_context *ctx, use *use) {
  xlgc_type type = use->key.type;
  if (type != XLGC_STRING && type != XLGC_INTEGER && type != XLGC_NUMBER) return false;
  push_result(ctx, use, &use->key);
  duk_to_string(ctx, -1);
  return true;
}

static bool take_element(duk_context *ctx, use *use, int what, duk_idx_t function, duk_idx_t list) {
  duk_uarridx_t count = (duk_uarridx_t)duk_get_length(ctx, list);
  if (what == EACH_CALL) {
    duk_dup(ctx, function);
    push_result(ctx, use, &use->value);
    push_result(ctx, use, &use->key);
    xlgc_visit_end(&use->next);
    use->in_next = false;
    duk_call(ctx, 2);
    bool goes_on = !duk_is_boolean(ctx, -1) || duk_get_boolean(ctx, -1);
    duk_pop(ctx);
    return goes_on;
  }
  if (what == EACH_NAME && !push_name(ctx, use)) return true;
  if (what != EACH_NAME) push_result(ctx, use, what == EACH_KEY ? &use->key : &use->value);
  duk_put_prop_index(ctx, list, count);
  return true;
}

void xlgc__duktape_each(duk_context *ctx, use *use, int what, duk_idx_t function) {
  duk_require_stack(ctx, 16);
  int way = xlgc_visit_iterate(&use->visit, &use->self);
  check(ctx, use, way);
  push_result(ctx, use, &use->self);
  xlgc_visit_end(&use->visit);
  use->in_visit = false;
  duk_idx_t list = duk_push_array(ctx);
  bool goes_on = true;
  for (int64_t position = 0; goes_on; position++) {
    /* A visit for each, as code may run between them. */
    int answer = xlgc_visit_begin(&use->next, use->engine->host, use->self.as.id);
    if (answer) xlgc__duktape_fail(ctx, &use->next, answer);
    use->in_next = true;
    answer = xlgc_visit_next(&use->next, &use->key, &use->value);
    if (answer < 0) xlgc__duktape_fail(ctx, &use->next, answer);
    if (way == XLGC_ITERATES_VALUES) {
      xlgc_value_clear(&use->key);
      use->key.type = XLGC_INTEGER;
      use->key.as.integer = position;
    }
    goes_on = answer != XLGC_ABSENT && take_element(ctx, use, what, function, list);
    if (use->in_next) xlgc_visit_end(&use->next);
    use->in_next = false;
    xlgc_value_clear(&use->key);
    xlgc_value_clear(&use->value);
  }
  duk_remove(ctx, list - 1);
}
