/* The global `xlgc`. */
#ifndef XLGC_DUKTAPE_MODULE_H
#define XLGC_DUKTAPE_MODULE_H

#include "hosts/duktape/engine.h"

/* Pushes what scripts have as the global `xlgc`. Raises errors. */
void xlgc__duktape_module_push(duk_context *ctx);

#endif
