#ifndef XLGC_HOSTS_DUKTAPE_LIMIT_H
#define XLGC_HOSTS_DUKTAPE_LIMIT_H

#include <duktape.h>

#include "hosts/common/limit.h"

/* A new heap whose memory is counted, or NULL. */
duk_context *xlgc__duktape_limit_begin(void);
/* This process is an image: from now on the memory of such heaps is that of images. */
void xlgc__duktape_limit_enter_image(void);
/* Destroys it. */
void xlgc__duktape_limit_end(duk_context *ctx);
/* Of a heap whose memory is counted, or NULL. */
xlgc__limit *xlgc__duktape_limit_of(duk_context *ctx);
/* The language's `limit_memory`. */
int xlgc__duktape_limit_set(void *engine, uint64_t bytes_max, uint64_t *bytes);

#endif
