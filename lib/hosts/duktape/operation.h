/* A function of this library that scripts call: it runs inside the engine, with the values and the visit that end with
 * it, whether it returns or raises an error. Functions here but _run may raise. */
#ifndef XLGC_DUKTAPE_OPERATION_H
#define XLGC_DUKTAPE_OPERATION_H

#include "hosts/common/arguments.h"
#include "hosts/duktape/engine.h"

typedef struct xlgc__duktape_operation {
  xlgc__duktape_engine *engine;
  int action;      /* which of several functions it is */
  unsigned traits; /* of a trap's object */
  xlgc_visit visit;
  bool in_visit;
  xlgc_value key, value, self, result;
  xlgc__arguments arguments;
} xlgc__duktape_operation;

/* Runs the body, whose data is the operation, and which answers with one value; raises what it raises. */
duk_ret_t xlgc__duktape_operation_run(duk_context *ctx, duk_safe_call_function body, int action);

/* Begins the visit of an object that the heap has a proxy of. */
void xlgc__duktape_operation_visit(duk_context *ctx, xlgc__duktape_operation *operation, xlgc_id id);
void xlgc__duktape_operation_end_visit(xlgc__duktape_operation *operation);

/* Raises the error for a code. visit: what answered it, or NULL. */
void xlgc__duktape_operation_fail(duk_context *ctx, const xlgc_visit *visit, int code);
/* Raises an error when the code is below 0. */
void xlgc__duktape_operation_check(duk_context *ctx, const xlgc__duktape_operation *operation, int code);
/* See values.h. */
void xlgc__duktape_operation_pack(duk_context *ctx, const xlgc__duktape_operation *operation, duk_idx_t index,
                                  xlgc_value *out);
/* Returns 1. */
duk_ret_t xlgc__duktape_operation_unpack(duk_context *ctx, const xlgc__duktape_operation *operation,
                                         const xlgc_value *value);
/* The id of the proxy at an index; what is none raises an error. */
xlgc_id xlgc__duktape_operation_proxy(duk_context *ctx, const xlgc__duktape_operation *operation, duk_idx_t index);

#endif
