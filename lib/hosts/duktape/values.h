/* Values between Duktape and other engines. Functions that answer a code may also raise Duktape's errors, for lack of
 * memory: they are called inside protected calls. */
#ifndef XLGC_DUKTAPE_VALUES_H
#define XLGC_DUKTAPE_VALUES_H

#include "hosts/duktape/engine.h"

/* An object that has arguments by name has this property of its own. */
#define XLGC__DUKTAPE_VALUES_NAMED XLGC__DUKTAPE_HIDDEN("named")
/* An Error that carries what another language has thrown: its flags; the value is its `cause`. */
#define XLGC__DUKTAPE_VALUES_THROWN XLGC__DUKTAPE_HIDDEN("thrown")

/* What is at an index, for another engine; an object is exported. out: to be cleared. */
int xlgc__duktape_values_pack(xlgc__duktape_engine *engine, duk_context *ctx, duk_idx_t index, xlgc_value *out);
/* Pushes a value of another engine's; an object enters the heap. Nothing is pushed on error. */
int xlgc__duktape_values_unpack(xlgc__duktape_engine *engine, duk_context *ctx, const xlgc_value *value);
/* Raises an error for a value that Duktape cannot have, to which _unpack answers XLGC_E_INVAL. */
void xlgc__duktape_values_check(duk_context *ctx, const xlgc_value *value);
/* The same for text. */
int xlgc__duktape_values_pack_text(duk_context *ctx, duk_idx_t index, xlgc_value *out);
void xlgc__duktape_values_push_text(duk_context *ctx, const char *text, size_t length);

#endif
