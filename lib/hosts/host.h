/* What tests may replace in lib/hosts. */
#ifndef HOST_H
#define HOST_H

#include <stddef.h>

/* malloc, which all memory of the hosts comes from. */
extern void *(*xlgc__host_allocate)(size_t size_bytes);

#endif
