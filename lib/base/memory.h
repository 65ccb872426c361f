/* The pool's memory: the program's allocator, or malloc, with a count of bytes. */
#ifndef XLGC_MEMORY_H
#define XLGC_MEMORY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <xlgc.h>

typedef struct xlgc__memory {
  xlgc_allocator allocator;
  bool is_users; /* the allocator is the program's */
  /* Statistics only: relaxed. */
  _Atomic uint64_t bytes, bytes_peak;
} xlgc__memory;

void xlgc__memory_init(xlgc__memory *memory, const xlgc_allocator *allocator);
/* Memory whose bytes are undefined, or NULL. */
void *xlgc__memory_allocate_untouched(xlgc__memory *memory, size_t size_bytes);
/* Zeroed memory, or NULL. */
void *xlgc__memory_allocate(xlgc__memory *memory, size_t size_bytes);
/* block: may be NULL. size_bytes: as it was asked for. */
void xlgc__memory_release(xlgc__memory *memory, void *block, size_t size_bytes);
/* Memory that comes from elsewhere is counted as well. */
void xlgc__memory_count_in(xlgc__memory *memory, uint64_t size_bytes);
void xlgc__memory_count_out(xlgc__memory *memory, uint64_t size_bytes);

#endif
