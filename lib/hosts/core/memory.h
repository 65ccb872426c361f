/* What tests may replace in lib/hosts. */
#ifndef HOSTS_MEMORY_H
#define HOSTS_MEMORY_H

#include <stddef.h>

/* malloc, which all memory of the hosts comes from. */
extern void *(*xlgc__host_memory_allocate)(size_t size_bytes);

#endif
