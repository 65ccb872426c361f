/* What comes before an image of a heap, in which its trials are made (summary.h). Of a heap whose memory is the
 * library's: an image has none of malloc's. */
#ifndef XLGC_DUKTAPE_IMAGE_H
#define XLGC_DUKTAPE_IMAGE_H

#include "hosts/duktape/engine.h"

/* The adapter's. */
size_t xlgc__duktape_image_size(void *engine);
int xlgc__duktape_image_begin(void *engine);
int xlgc__duktape_image_end(void *engine);

#endif
