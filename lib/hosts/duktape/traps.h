/* What scripts do with proxies: the traps of a Proxy's handler, and iteration. Each use of a proxy is a visit. */
#ifndef XLGC_DUKTAPE_TRAPS_H
#define XLGC_DUKTAPE_TRAPS_H

#include "hosts/duktape/operation.h"

/* Pushes the handler of all proxies. Raises errors. */
void xlgc__duktape_traps_push(duk_context *ctx);

typedef enum xlgc__duktape_each {
  XLGC__DUKTAPE_EACH_KEY,
  XLGC__DUKTAPE_EACH_VALUE,
  XLGC__DUKTAPE_EACH_NAME, /* keys that can be names of properties, as text */
  XLGC__DUKTAPE_EACH_CALL
} xlgc__duktape_each;

/* Iterates over the object that is visited, and ends the visit. Pushes an array of what was asked for, or calls the
 * function at an index for each element until it answers false, and pushes an empty array. Raises errors. */
void xlgc__duktape_traps_each(duk_context *ctx, xlgc__duktape_operation *operation, xlgc__duktape_each what,
                              duk_idx_t function);

#endif
