/* Moments, as Date has them. Objects of types derived from it are objects like others. */
#ifndef XLGC_DUKTAPE_DATES_H
#define XLGC_DUKTAPE_DATES_H

#include "hosts/duktape/engine.h"

/* Is the object at an index one? Then *out is that. One that is invalid raises an error. */
bool xlgc__duktape_dates_pack(const xlgc__duktape_engine *engine, duk_context *ctx, duk_idx_t index, xlgc_value *out);
void xlgc__duktape_dates_push(const xlgc__duktape_engine *engine, duk_context *ctx, const xlgc_value *value);

#endif
