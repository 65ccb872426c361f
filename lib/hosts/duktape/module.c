/* The global `xlgc`. */
#include <config.h>

#include "engine.h"

#include <string.h>

#include <xlgc/version.h>

/* Functions of one proxy. */
enum {
  EACH = XLGC__DUKTAPE_EACH_CALL,
  KEYS = XLGC__DUKTAPE_EACH_KEY,
  VALUES = XLGC__DUKTAPE_EACH_VALUE,
  LENGTH = 4,
  EQUALS,
  LESS,
  LESS_OR_EQUAL
};

static xlgc__duktape_proxy *argument(duk_context *ctx, const xlgc__duktape_operation *operation) {
  bool is_stale = false;
  xlgc__duktape_proxy *proxy =
      duk_is_object(ctx, 0) ? xlgc__duktape_proxy_at(operation->engine, ctx, 0, &is_stale) : NULL;
  if (is_stale) xlgc__duktape_operation_fail(ctx, NULL, XLGC_E_STALE);
  if (!proxy) (void)duk_error(ctx, DUK_ERR_TYPE_ERROR, "this is no object of another language");
  return proxy;
}

static void check(duk_context *ctx, const xlgc__duktape_operation *operation, int code) {
  if (code < 0) xlgc__duktape_operation_fail(ctx, operation->in_visit ? &operation->visit : NULL, code);
}

static duk_ret_t compare(duk_context *ctx, xlgc__duktape_operation *operation, xlgc_order order) {
  bool is = false;
  int failed = xlgc__duktape_values_pack(operation->engine, ctx, 1, &operation->value);
  if (failed == XLGC_E_INVAL && order == XLGC_EQUAL) failed = 0; /* it equals nothing elsewhere */
  check(ctx, operation, failed);
  check(ctx, operation, xlgc_visit_compare(&operation->visit, &operation->value, order, &is));
  duk_push_boolean(ctx, is);
  return 1;
}

static duk_ret_t inspect(duk_context *ctx, void *data) {
  xlgc__duktape_operation *operation = data;
  size_t length;
  if (operation->action == EQUALS && duk_strict_equals(ctx, 0, 1)) {
    duk_push_true(ctx);
    return 1;
  }
  xlgc__duktape_operation_visit(ctx, operation, argument(ctx, operation)->id);
  switch (operation->action) {
  case LENGTH:
    check(ctx, operation, xlgc_visit_length(&operation->visit, &length));
    duk_push_number(ctx, (double)length);
    return 1;
  case EQUALS: return compare(ctx, operation, XLGC_EQUAL);
  case LESS: return compare(ctx, operation, XLGC_LESS);
  case LESS_OR_EQUAL: return compare(ctx, operation, XLGC_LESS_OR_EQUAL);
  case EACH: duk_require_function(ctx, 1); break;
  default: break;
  }
  xlgc__duktape_proxy_each(ctx, operation, operation->action, 1);
  if (operation->action == EACH) duk_push_undefined(ctx);
  return 1;
}

/* Functions of the pool. */
enum { NEW, SHARED, COLLECT, ALIVE, STATS, OPEN };

static duk_ret_t make(duk_context *ctx, xlgc__duktape_operation *operation) {
  check(ctx, operation,
        xlgc_managed_create(operation->engine->pool, xlgc_host_context(operation->engine->host), &operation->value));
  check(ctx, operation, xlgc__duktape_values_unpack(operation->engine, ctx, &operation->value));
  duk_idx_t made = duk_get_top_index(ctx);
  if (!duk_is_object(ctx, 0)) return 1;
  duk_enum(ctx, 0, DUK_ENUM_OWN_PROPERTIES_ONLY);
  while (duk_next(ctx, -1, true))
    duk_put_prop(ctx, made);
  duk_pop(ctx);
  return 1;
}

static duk_ret_t alive(duk_context *ctx, xlgc__duktape_operation *operation) {
  bool is_stale = false;
  xlgc__duktape_proxy *proxy =
      duk_is_object(ctx, 0) ? xlgc__duktape_proxy_at(operation->engine, ctx, 0, &is_stale) : NULL;
  int is = proxy ? xlgc_host_is_alive(operation->engine->pool, proxy->id) : !is_stale;
  check(ctx, operation, is);
  duk_push_boolean(ctx, is);
  return 1;
}

static void put_number(duk_context *ctx, const char *name, uint64_t number) {
  duk_push_number(ctx, (double)number);
  duk_put_prop_string(ctx, -2, name);
}

static duk_ret_t count(duk_context *ctx, xlgc__duktape_operation *operation) {
  xlgc_statistics pool;
  xlgc_host_statistics host;
  check(ctx, operation, xlgc_stats(operation->engine->pool, &pool));
  check(ctx, operation, xlgc_host_stats(operation->engine->host, &host));
  duk_push_object(ctx);
  put_number(ctx, "objects", pool.objects);
  put_number(ctx, "links", pool.links);
  put_number(ctx, "events", pool.events);
  put_number(ctx, "exports", host.exports);
  put_number(ctx, "proxies", host.proxies);
  put_number(ctx, "exported", host.exported);
  put_number(ctx, "unpinned", host.unpinned);
  put_number(ctx, "summaries", host.summaries);
  put_number(ctx, "trials", operation->engine->trials);
  return 1;
}

static duk_ret_t manage(duk_context *ctx, void *data) {
  xlgc__duktape_operation *operation = data;
  int answer;
  switch (operation->action) {
  case NEW: return make(ctx, operation);
  case ALIVE: return alive(ctx, operation);
  case STATS: return count(ctx, operation);
  case COLLECT:
    answer = xlgc_hosts_collect(operation->engine->pool);
    check(ctx, operation, answer);
    duk_push_int(ctx, answer);
    return 1;
  case SHARED: check(ctx, operation, xlgc_host_shared(operation->engine->host, &operation->value)); break;
  default:
    answer = xlgc_language_start(operation->engine->host, duk_require_string(ctx, 0), &operation->value);
    if (answer == XLGC_E_UNKNOWN) return duk_error(ctx, DUK_ERR_ERROR, "this language is not installed");
    check(ctx, operation, answer);
  }
  check(ctx, operation, xlgc__duktape_values_unpack(operation->engine, ctx, &operation->value));
  return 1;
}

static duk_ret_t call_inspect(duk_context *ctx) {
  return xlgc__duktape_operation_run(ctx, inspect, duk_get_current_magic(ctx));
}
static duk_ret_t call_manage(duk_context *ctx) {
  return xlgc__duktape_operation_run(ctx, manage, duk_get_current_magic(ctx));
}

void xlgc__duktape_module_push(duk_context *ctx) {
  static const struct {
    const char *name;
    duk_c_function function;
    int arguments, action;
  } functions[] = {{"each", call_inspect, 2, EACH},
                   {"keys", call_inspect, 1, KEYS},
                   {"values", call_inspect, 1, VALUES},
                   {"length", call_inspect, 1, LENGTH},
                   {"equals", call_inspect, 2, EQUALS},
                   {"less", call_inspect, 2, LESS},
                   {"lessOrEqual", call_inspect, 2, LESS_OR_EQUAL},
                   {"new", call_manage, 1, NEW},
                   {"collect", call_manage, 0, COLLECT},
                   {"alive", call_manage, 1, ALIVE},
                   {"stats", call_manage, 0, STATS},
                   {"open", call_manage, 1, OPEN}};
  duk_idx_t module = duk_push_object(ctx);
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    duk_push_c_function(ctx, functions[i].function, functions[i].arguments);
    duk_set_magic(ctx, -1, functions[i].action);
    duk_put_prop_string(ctx, module, functions[i].name);
  }
  duk_push_string(ctx, "shared");
  duk_push_c_function(ctx, call_manage, 0);
  duk_set_magic(ctx, -1, SHARED);
  duk_def_prop(ctx, module, DUK_DEFPROP_HAVE_GETTER | DUK_DEFPROP_SET_ENUMERABLE);
  duk_push_string(ctx, XLGC_VERSION);
  duk_put_prop_string(ctx, module, "version");
}
