#include <config.h>

#include "hosts/core/memory.h"

#include <stdlib.h>
#include <string.h>

void *(*xlgc__host_memory_allocate)(size_t size_bytes) = malloc;

void *xlgc__host_memory_zeroed(size_t size_bytes) {
  void *memory = xlgc__host_memory_allocate(size_bytes);
  return memory ? memset(memory, 0, size_bytes) : NULL;
}
