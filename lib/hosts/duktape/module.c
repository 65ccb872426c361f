#include <config.h>

#include "hosts/duktape/module.h"

#include <xlgc/version.h>

#include "hosts/common/collector.h"
#include "hosts/common/expect.h"
#include "hosts/common/messages.h"
#include "hosts/common/statistics.h"
#include "hosts/common/why.h"
#include "hosts/duktape/traps.h"
#include "hosts/duktape/values.h"

/* ------------------------------------------------------ functions of a proxy */

static void visit_argument(duk_context *ctx, xlgc__duktape_operation *operation) {
  xlgc__duktape_operation_visit(ctx, operation, xlgc__duktape_operation_proxy(ctx, operation, 0));
}

static duk_ret_t each(duk_context *ctx, xlgc__duktape_operation *operation) {
  visit_argument(ctx, operation);
  duk_require_function(ctx, 1);
  xlgc__duktape_traps_each(ctx, operation, XLGC__DUKTAPE_EACH_CALL, 1);
  duk_push_undefined(ctx);
  return 1;
}

static duk_ret_t keys(duk_context *ctx, xlgc__duktape_operation *operation) {
  visit_argument(ctx, operation);
  xlgc__duktape_traps_each(ctx, operation, XLGC__DUKTAPE_EACH_KEY, 0);
  return 1;
}

static duk_ret_t values(duk_context *ctx, xlgc__duktape_operation *operation) {
  visit_argument(ctx, operation);
  xlgc__duktape_traps_each(ctx, operation, XLGC__DUKTAPE_EACH_VALUE, 0);
  return 1;
}

static duk_ret_t length(duk_context *ctx, xlgc__duktape_operation *operation) {
  size_t count;
  visit_argument(ctx, operation);
  xlgc__duktape_operation_check(ctx, operation, xlgc_visit_length(&operation->visit, &count));
  duk_push_number(ctx, (double)count);
  return 1;
}

static duk_ret_t compare(duk_context *ctx, xlgc__duktape_operation *operation, xlgc_order order) {
  bool is = false;
  visit_argument(ctx, operation);
  int failed = xlgc__duktape_values_pack(operation->engine, ctx, 1, &operation->value);
  /* What cannot be passed to another language equals nothing there. */
  if (failed && !(failed == XLGC_E_INVAL && order == XLGC_EQUAL)) xlgc__duktape_operation_fail(ctx, NULL, failed);
  xlgc__duktape_operation_check(ctx, operation, xlgc_visit_compare(&operation->visit, &operation->value, order, &is));
  duk_push_boolean(ctx, is);
  return 1;
}

static duk_ret_t equals(duk_context *ctx, xlgc__duktape_operation *operation) {
  if (!duk_strict_equals(ctx, 0, 1)) return compare(ctx, operation, XLGC_EQUAL);
  duk_push_true(ctx);
  return 1;
}
static duk_ret_t less(duk_context *ctx, xlgc__duktape_operation *operation) {
  return compare(ctx, operation, XLGC_LESS);
}
static duk_ret_t less_or_equal(duk_context *ctx, xlgc__duktape_operation *operation) {
  return compare(ctx, operation, XLGC_LESS_OR_EQUAL);
}

/* ----------------------------------------------------- functions of the pool */

static duk_ret_t make(duk_context *ctx, xlgc__duktape_operation *operation) {
  const xlgc__duktape_engine *engine = operation->engine;
  if (!duk_is_object(ctx, 0) && !duk_is_null_or_undefined(ctx, 0))
    return duk_error(ctx, DUK_ERR_TYPE_ERROR, XLGC__MESSAGES_NEW);
  int failed = xlgc_managed_create(engine->pool, xlgc_host_context(engine->host), &operation->value);
  xlgc__duktape_operation_check(ctx, operation, failed);
  xlgc__duktape_operation_unpack(ctx, operation, &operation->value);
  duk_idx_t made = duk_get_top_index(ctx);
  if (!duk_is_object(ctx, 0)) return 1;
  duk_enum(ctx, 0, DUK_ENUM_OWN_PROPERTIES_ONLY);
  while (duk_next(ctx, -1, true))
    duk_put_prop(ctx, made);
  duk_pop(ctx);
  return 1;
}

static duk_ret_t kwargs(duk_context *ctx, xlgc__duktape_operation *operation) {
  (void)operation;
  if (!duk_is_object(ctx, 0)) return duk_error(ctx, DUK_ERR_TYPE_ERROR, XLGC__MESSAGES_KWARGS);
  duk_push_object(ctx);
  duk_push_true(ctx);
  duk_put_prop_string(ctx, 1, XLGC__DUKTAPE_VALUES_NAMED);
  duk_enum(ctx, 0, DUK_ENUM_OWN_PROPERTIES_ONLY);
  while (duk_next(ctx, -1, true))
    duk_put_prop(ctx, 1);
  duk_set_top(ctx, 2);
  return 1;
}

static duk_ret_t shared(duk_context *ctx, xlgc__duktape_operation *operation) {
  int failed = xlgc_host_shared(operation->engine->host, &operation->value);
  xlgc__duktape_operation_check(ctx, operation, failed);
  return xlgc__duktape_operation_unpack(ctx, operation, &operation->value);
}

static duk_ret_t collect(duk_context *ctx, xlgc__duktape_operation *operation) {
  int count = xlgc_hosts_collect(operation->engine->pool);
  if (count == XLGC_E_BUSY)
    return duk_error(ctx, DUK_ERR_ERROR, "xlgc.collect: %s", xlgc__messages_of_collection(count));
  xlgc__duktape_operation_check(ctx, operation, count);
  duk_push_int(ctx, count);
  return 1;
}

static duk_ret_t frame(duk_context *ctx, xlgc__duktape_operation *operation) {
  if (!duk_is_number(ctx, 0)) return duk_error(ctx, DUK_ERR_TYPE_ERROR, "xlgc.frame: " XLGC__COLLECTOR_FRAME);
  int more = xlgc__collector_frame(operation->engine->pool, duk_get_number(ctx, 0));
  if (more == XLGC_E_INVAL) return duk_error(ctx, DUK_ERR_RANGE_ERROR, "xlgc.frame: " XLGC__COLLECTOR_FRAME);
  if (more == XLGC_E_BUSY) return duk_error(ctx, DUK_ERR_ERROR, "xlgc.frame: %s", xlgc__messages_of_collection(more));
  xlgc__duktape_operation_check(ctx, operation, more);
  duk_push_boolean(ctx, more > 0);
  return 1;
}
static const char *note_setting(duk_context *ctx, xlgc__collector *call) {
  const char *name = duk_get_string(ctx, -2);
  if (duk_is_number(ctx, -1)) return xlgc__collector_note_number(call, name, duk_get_number(ctx, -1));
  if (duk_is_string(ctx, -1)) return xlgc__collector_note_text(call, name, duk_get_string(ctx, -1));
  return XLGC__COLLECTOR_NO_VALUE;
}

/* collector({pause: 50}): changes what the object has; all or nothing. */
static duk_ret_t collector(duk_context *ctx, xlgc__duktape_operation *operation) {
  xlgc_pool *pool = operation->engine->pool;
  xlgc__collector call;
  xlgc__collector_begin(&call, pool, operation->engine->host);
  if (!duk_is_undefined(ctx, 0) && !duk_is_object(ctx, 0))
    return duk_error(ctx, DUK_ERR_TYPE_ERROR, "xlgc.collector: the settings are an object");
  if (duk_is_object(ctx, 0)) duk_enum(ctx, 0, DUK_ENUM_OWN_PROPERTIES_ONLY);
  while (duk_is_object(ctx, 0) && duk_next(ctx, -1, 1)) {
    const char *why = note_setting(ctx, &call);
    duk_errcode_t sort = duk_is_number(ctx, -1) || duk_is_string(ctx, -1) ? DUK_ERR_RANGE_ERROR : DUK_ERR_TYPE_ERROR;
    if (why) return duk_error(ctx, sort, "xlgc.collector: %s", why);
    duk_pop_2(ctx);
  }
  xlgc__duktape_operation_check(ctx, operation, xlgc__collector_end(&call, pool));
  duk_push_object(ctx);
  const char *name, *word;
  double number;
  for (size_t i = 0; (name = xlgc__collector_setting(&call, i, &number, &word)) != NULL; i++) {
    if (word)
      duk_push_string(ctx, word);
    else
      duk_push_number(ctx, number);
    duk_put_prop_string(ctx, -2, name);
  }
  return 1;
}

static duk_ret_t left_out(duk_context *ctx, xlgc__duktape_operation *operation) {
  int failed = xlgc__statistics_left_out(operation->engine->pool, &operation->value);
  xlgc__duktape_operation_check(ctx, operation, failed);
  return xlgc__duktape_operation_unpack(ctx, operation, &operation->value);
}

static duk_ret_t metrics(duk_context *ctx, xlgc__duktape_operation *operation) {
  int failed = xlgc__statistics_metrics(operation->engine->host, &operation->value);
  xlgc__duktape_operation_check(ctx, operation, failed);
  return xlgc__duktape_operation_unpack(ctx, operation, &operation->value);
}

/* why(object): what holds it, in words. */
static duk_ret_t say_why(duk_context *ctx, xlgc__duktape_operation *operation) {
  xlgc__duktape_engine *engine = operation->engine;
  xlgc_id id = XLGC_ID_NONE;
  if (!duk_is_object(ctx, 0)) return duk_error(ctx, DUK_ERR_TYPE_ERROR, "xlgc.why: only objects are held");
  int failed = engine->parts->proxy_id(engine, ctx, 0, &id);
  if (!failed || failed == XLGC_E_UNKNOWN)
    failed =
        xlgc__why(engine->host, engine->pool, failed ? XLGC_ID_NONE : id, duk_get_heapptr(ctx, 0), &operation->value);
  xlgc__duktape_operation_check(ctx, operation, failed);
  return xlgc__duktape_operation_unpack(ctx, operation, &operation->value);
}

/* expectGone(object, ...): a function that wants them to be gone. */
static duk_ret_t expect_gone(duk_context *ctx, xlgc__duktape_operation *operation) {
  xlgc__duktape_engine *engine = operation->engine;
  xlgc__expect expect = {0};
  const char *words = XLGC__EXPECT_NO_OBJECT;
  int failed = 0;
  for (duk_idx_t i = 0, count = duk_get_top(ctx); i < count && !failed; i++) {
    xlgc_id id = XLGC_ID_NONE;
    failed = duk_is_object(ctx, i) ? engine->parts->proxy_id(engine, ctx, i, &id) : XLGC_E_INVAL;
    if (!failed || failed == XLGC_E_UNKNOWN) failed = xlgc__expect_add(&expect, id, duk_get_heapptr(ctx, i));
  }
  if (!failed)
    failed = xlgc__expect_end(&expect, engine->host, &operation->value, &words);
  else
    xlgc__expect_free(&expect);
  if (failed == XLGC_E_INVAL || failed == XLGC_E_BUSY) return duk_error(ctx, DUK_ERR_TYPE_ERROR, "%s", words);
  xlgc__duktape_operation_check(ctx, operation, failed);
  return xlgc__duktape_operation_unpack(ctx, operation, &operation->value);
}

/* weak(object): a function that answers with it while it is there. */
static duk_ret_t weak(duk_context *ctx, xlgc__duktape_operation *operation) {
  xlgc__duktape_engine *engine = operation->engine;
  xlgc_expected found = {XLGC_ID_NONE, duk_get_heapptr(ctx, 0)};
  if (!duk_is_object(ctx, 0)) return duk_error(ctx, DUK_ERR_TYPE_ERROR, "xlgc.weak: only objects can be held weakly");
  int failed = engine->parts->proxy_id(engine, ctx, 0, &found.id);
  if (!failed || failed == XLGC_E_UNKNOWN) failed = xlgc_hosts_weak(engine->host, &found, &operation->value);
  if (failed == XLGC_E_BUSY) return duk_error(ctx, DUK_ERR_TYPE_ERROR, "xlgc.weak: %s", xlgc_hosts_why());
  xlgc__duktape_operation_check(ctx, operation, failed);
  return xlgc__duktape_operation_unpack(ctx, operation, &operation->value);
}

/* What is no proxy is there as long as the script has it. */
static duk_ret_t alive(duk_context *ctx, xlgc__duktape_operation *operation) {
  xlgc__duktape_engine *engine = operation->engine;
  xlgc_id id;
  int is = engine->parts->proxy_id(engine, ctx, 0, &id);
  if (!is)
    is = xlgc_host_is_alive(engine->pool, id);
  else
    is = is == XLGC_E_UNKNOWN;
  xlgc__duktape_operation_check(ctx, operation, is);
  duk_push_boolean(ctx, is);
  return 1;
}

static void put_number(duk_context *ctx, const char *name, uint64_t number) {
  duk_push_number(ctx, (double)number);
  duk_put_prop_string(ctx, -2, name);
}

static duk_ret_t stats(duk_context *ctx, xlgc__duktape_operation *operation) {
  const xlgc__duktape_engine *engine = operation->engine;
  xlgc__statistics all;
  int failed = xlgc__statistics_read(engine->pool, engine->host, &engine->counts, &all);
  xlgc__duktape_operation_check(ctx, operation, failed);
  duk_push_object(ctx);
  const char *name;
  for (size_t i = 0; (name = xlgc__statistics_name(i)) != NULL; i++)
    put_number(ctx, name, xlgc__statistics_value(&all, i));
  put_number(ctx, "trials", engine->trial_count);
  return 1;
}

static duk_ret_t open_language(duk_context *ctx, xlgc__duktape_operation *operation) {
  const char *name = duk_get_string(ctx, 0);
  if (!name) return duk_error(ctx, DUK_ERR_TYPE_ERROR, XLGC__MESSAGES_OPEN);
  int failed = xlgc_language_start(operation->engine->host, name, &operation->value);
  const char *why = xlgc__messages_of_start(failed, &operation->value);
  if (why) return duk_error(ctx, DUK_ERR_ERROR, "%s", why);
  xlgc__duktape_operation_check(ctx, operation, failed);
  return xlgc__duktape_operation_unpack(ctx, operation, &operation->value);
}

/* ------------------------------------------------------------- the object */

static const struct function {
  const char *name;
  int arguments;
  duk_ret_t (*act)(duk_context *ctx, xlgc__duktape_operation *operation);
} functions[] = {{"shared", 0, shared}, /* the first one, as a getter */
                 {"each", 2, each},
                 {"keys", 1, keys},
                 {"values", 1, values},
                 {"length", 1, length},
                 {"equals", 2, equals},
                 {"less", 2, less},
                 {"lessOrEqual", 2, less_or_equal},
                 {"new", 1, make},
                 {"collect", 0, collect},
                 {"frame", 1, frame},
                 {"collector", 1, collector},
                 {"leftOut", 0, left_out},
                 {"metrics", 0, metrics},
                 {"why", 1, say_why},
                 {"expectGone", DUK_VARARGS, expect_gone},
                 {"weak", 1, weak},
                 {"alive", 1, alive},
                 {"stats", 0, stats},
                 {"kwargs", 1, kwargs},
                 {"open", 1, open_language}};

static duk_ret_t act(duk_context *ctx, void *data) {
  xlgc__duktape_operation *operation = data;
  return functions[operation->action].act(ctx, operation);
}

static duk_ret_t run_function(duk_context *ctx) {
  return xlgc__duktape_operation_run(ctx, act, duk_get_current_magic(ctx));
}

static void push_function(duk_context *ctx, int number) {
  duk_push_c_function(ctx, run_function, functions[number].arguments);
  duk_set_magic(ctx, -1, number);
}

void xlgc__duktape_module_push(duk_context *ctx) {
  duk_push_object(ctx);
  duk_push_string(ctx, functions[0].name);
  push_function(ctx, 0);
  duk_def_prop(ctx, -3, DUK_DEFPROP_HAVE_GETTER | DUK_DEFPROP_SET_ENUMERABLE);
  for (size_t i = 1; i < sizeof functions / sizeof *functions; i++) {
    push_function(ctx, (int)i);
    duk_put_prop_string(ctx, -2, functions[i].name);
  }
  duk_push_string(ctx, XLGC_VERSION);
  duk_put_prop_string(ctx, -2, "version");
}
