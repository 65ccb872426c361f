/* Memory in an image (xlgc_summary_is_image), where malloc may be in the middle of something. It comes from the system
 * in large pieces, and goes with the process. */
#ifndef XLGC_HOSTS_COMMON_IMAGE_H
#define XLGC_HOSTS_COMMON_IMAGE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* This process is an image: from now on the arrays of grow.h are made in such memory. None from before is grown. */
void xlgc__image_enter(void);
/* As realloc. old_bytes: the size of the block at `memory`, which may come from another allocator. NULL without
 * memory. */
void *xlgc__image_reallocate(void *memory, size_t old_bytes, size_t size_bytes);

#ifdef __cplusplus
}
#endif

#endif
