/* Numbers, texts and booleans in objects, as `new Number(1)` makes them. Objects of types derived from these are objects
 * like others. */
#ifndef XLGC_DUKTAPE_BOXED_H
#define XLGC_DUKTAPE_BOXED_H

#include "hosts/duktape/engine.h"

/* Keeps what scripts may change later. With the engine's object on top. */
void xlgc__duktape_boxed_equip(xlgc__duktape_engine *engine, duk_context *ctx);
/* Is the object at an index one? Then the value that it holds is pushed. */
bool xlgc__duktape_boxed_push(const xlgc__duktape_engine *engine, duk_context *ctx, duk_idx_t index);

#endif
