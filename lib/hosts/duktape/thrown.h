/* What is thrown crosses. What the heap threw comes home as it was. What another language threw is an Error, whose `cause` is
 * the value itself, with its type as `name`, and `language`, `type`, `message` and `stack`. */
#ifndef XLGC_DUKTAPE_THROWN_H
#define XLGC_DUKTAPE_THROWN_H

#include "hosts/duktape/engine.h"

/* Throws what a function of xlgc has answered. visit: what answered it, or NULL. Does not return. */
void xlgc__duktape_thrown_throw(duk_context *ctx, const xlgc_visit *visit, int code);
/* The error on the top of the stack, which is replaced, becomes the visit's. Returns XLGC_E_RAISED or XLGC_E_NOMEM. */
int xlgc__duktape_thrown_raise(xlgc_visit *visit, duk_context *ctx);

#endif
