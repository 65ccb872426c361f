#include <config.h>

#include "hosts/duktape/operation.h"

#include <string.h>

#include "hosts/common/messages.h"
#include "hosts/duktape/thrown.h"
#include "hosts/duktape/values.h"

void xlgc__duktape_operation_fail(duk_context *ctx, const xlgc_visit *visit, int code) {
  xlgc__duktape_thrown_throw(ctx, visit, code);
}

void xlgc__duktape_operation_check(duk_context *ctx, const xlgc__duktape_operation *operation, int code) {
  if (code < 0) xlgc__duktape_operation_fail(ctx, operation->in_visit ? &operation->visit : NULL, code);
}

/* ---------------------------------------------------------------- visits */

void xlgc__duktape_operation_visit(duk_context *ctx, xlgc__duktape_operation *operation, xlgc_id id) {
  int failed = xlgc_visit_begin(&operation->visit, operation->engine->host, id);
  if (failed) xlgc__duktape_operation_fail(ctx, &operation->visit, failed);
  operation->in_visit = true;
}

void xlgc__duktape_operation_end_visit(xlgc__duktape_operation *operation) {
  if (operation->in_visit) xlgc_visit_end(&operation->visit);
  operation->in_visit = false;
}

/* ---------------------------------------------------------------- running */

static void clear(xlgc__duktape_operation *operation) {
  xlgc__duktape_operation_end_visit(operation);
  xlgc_value_clear(&operation->key);
  xlgc_value_clear(&operation->value);
  xlgc_value_clear(&operation->self);
  xlgc_value_clear(&operation->result);
  xlgc__arguments_clear(&operation->arguments);
}

duk_ret_t xlgc__duktape_operation_run(duk_context *ctx, duk_safe_call_function body, int action) {
  xlgc__duktape_engine *engine = xlgc__duktape_engine_find(ctx);
  if (!engine) return duk_error(ctx, DUK_ERR_REFERENCE_ERROR, "%s", XLGC__MESSAGES_CLOSED);
  xlgc__duktape_operation operation;
  memset(&operation, 0, sizeof operation);
  operation.engine = engine;
  operation.action = action;
  (void)xlgc__arguments_begin(&operation.arguments, 0);
  duk_context *before = xlgc__duktape_engine_enter(engine, ctx);
  duk_int_t raised = duk_safe_call(ctx, body, &operation, 0, 1);
  clear(&operation);
  xlgc__duktape_engine_leave(engine, before);
  return raised ? duk_throw(ctx) : 1;
}

/* ---------------------------------------------------------------- values */

void xlgc__duktape_operation_pack(duk_context *ctx, const xlgc__duktape_operation *operation, duk_idx_t index,
                                  xlgc_value *out) {
  int failed = xlgc__duktape_values_pack(operation->engine, ctx, index, out);
  if (failed) xlgc__duktape_operation_fail(ctx, NULL, failed);
}

duk_ret_t xlgc__duktape_operation_unpack(duk_context *ctx, const xlgc__duktape_operation *operation,
                                         const xlgc_value *value) {
  xlgc__duktape_values_check(ctx, value);
  xlgc__duktape_operation_check(ctx, operation, xlgc__duktape_values_unpack(operation->engine, ctx, value));
  return 1;
}

xlgc_id xlgc__duktape_operation_proxy(duk_context *ctx, const xlgc__duktape_operation *operation, duk_idx_t index) {
  xlgc__duktape_engine *engine = operation->engine;
  xlgc_id id = XLGC_ID_NONE;
  int failed = engine->parts->proxy_id(engine, ctx, index, &id);
  if (failed == XLGC_E_UNKNOWN) (void)duk_error(ctx, DUK_ERR_TYPE_ERROR, "%s", XLGC__MESSAGES_NO_PROXY);
  xlgc__duktape_operation_check(ctx, operation, failed);
  return id;
}
