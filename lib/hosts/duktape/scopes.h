/* The variables that a function has around it. */
#ifndef XLGC_DUKTAPE_SCOPES_H
#define XLGC_DUKTAPE_SCOPES_H

#include <stdbool.h>
#include <stddef.h>

#include <xlgc/duktape.h>

/* Finds out where functions have their scopes; 0: that cannot be known. May raise errors. */
size_t xlgc__duktape_scopes_learn(duk_context *ctx);
/* Pushes the scope of the function at an index: an object whose own properties are the variables, and whose prototype is
 * the scope around it. It must not get to scripts. Returns false, with nothing pushed, when there is none. where: as it
 * was learned. */
bool xlgc__duktape_scopes_push(duk_context *ctx, duk_idx_t function, size_t where);

#endif
