#include <config.h>

#include "alloc.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define MARK UINT64_C(0x616C6C6F63617465)

/* Before each block. */
typedef struct header {
  _Alignas(max_align_t) uint64_t mark;
  uint64_t size_bytes;
} header;

static void *allocate(void *data, size_t size_bytes) {
  alloc *alloc = data;
  uint64_t number = alloc->asked++;
  bool fails = alloc->sticky ? number >= alloc->fail_at : number == alloc->fail_at;
  header *block = fails ? NULL : malloc(sizeof *block + size_bytes);
  if (!block) {
    alloc->failed++;
    return NULL;
  }
  *block = (header){MARK, size_bytes};
  alloc->blocks++;
  alloc->bytes += size_bytes;
  return memset(block + 1, ALLOC_POISON, size_bytes);
}

/* Spans of 4 KiB in which something was written. */
static unsigned written_spans(const unsigned char *bytes, size_t size_bytes) {
  enum { SPAN = 4096 };
  unsigned count = 0;
  for (size_t at = 0, last = SIZE_MAX; at < size_bytes; at++)
    if (bytes[at] != ALLOC_POISON && at / SPAN != last) {
      last = at / SPAN;
      count++;
    }
  return count;
}

static void release(void *data, void *memory, size_t size_bytes) {
  alloc *alloc = data;
  header *block = (header *)memory - 1;
  ck_assert_msg(block->mark == MARK, "memory is given back that is not out");
  ck_assert_uint_eq(block->size_bytes, size_bytes);
  alloc->written_pages += written_spans(memory, size_bytes);
  alloc->blocks--;
  alloc->bytes -= size_bytes;
  memset(block, ALLOC_POISON, sizeof *block + size_bytes);
  free(block);
}

xlgc_allocator alloc_functions(alloc *alloc) { return (xlgc_allocator){allocate, release, alloc}; }
