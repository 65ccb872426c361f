/* Where the memory of the hosts comes from. */
#ifndef XLGC_HOSTS_MEMORY_H
#define XLGC_HOSTS_MEMORY_H

#include <stddef.h>

/* malloc; tests set another. */
extern void *(*xlgc__host_memory_allocate)(size_t size_bytes);
/* Memory that is zero, or NULL. */
void *xlgc__host_memory_zeroed(size_t size_bytes);

#endif
