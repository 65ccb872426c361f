#include <config.h>

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static void *allocate_malloc(void *data, size_t size_bytes) {
  (void)data;
  return malloc(size_bytes);
}

static void release_free(void *data, void *memory, size_t size_bytes) {
  (void)data;
  (void)size_bytes;
  free(memory);
}

void xlgc__memory_init(xlgc__memory *memory, const xlgc_allocator *allocator) {
  memory->allocator = *allocator;
  memory->is_users = allocator->allocate != NULL;
  if (!memory->is_users) memory->allocator = (xlgc_allocator){allocate_malloc, release_free, NULL};
  atomic_init(&memory->bytes, 0);
  atomic_init(&memory->bytes_peak, 0);
}

void xlgc__memory_count_in(xlgc__memory *memory, uint64_t size_bytes) {
  uint64_t now = atomic_fetch_add_explicit(&memory->bytes, size_bytes, memory_order_relaxed) + size_bytes;
  uint64_t peak = atomic_load_explicit(&memory->bytes_peak, memory_order_relaxed);
  while (now > peak && !atomic_compare_exchange_weak_explicit(&memory->bytes_peak, &peak, now, memory_order_relaxed,
                                                              memory_order_relaxed)) {
  }
}

void xlgc__memory_count_out(xlgc__memory *memory, uint64_t size_bytes) {
  atomic_fetch_sub_explicit(&memory->bytes, size_bytes, memory_order_relaxed);
}

void *xlgc__memory_allocate_untouched(xlgc__memory *memory, size_t size_bytes) {
  void *block = memory->allocator.allocate(memory->allocator.data, size_bytes);
  if (block) xlgc__memory_count_in(memory, size_bytes);
  return block;
}

void *xlgc__memory_allocate(xlgc__memory *memory, size_t size_bytes) {
  void *block = xlgc__memory_allocate_untouched(memory, size_bytes);
  return block ? memset(block, 0, size_bytes) : NULL;
}

void xlgc__memory_release(xlgc__memory *memory, void *block, size_t size_bytes) {
  if (!block) return;
  xlgc__memory_count_out(memory, size_bytes);
  memory->allocator.release(memory->allocator.data, block, size_bytes);
}
