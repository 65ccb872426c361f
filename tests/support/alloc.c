#include <config.h>

#include "alloc.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { POISON = 0xDD };
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
  return memset(block + 1, POISON, size_bytes);
}

static void release(void *data, void *memory, size_t size_bytes) {
  alloc *alloc = data;
  header *block = (header *)memory - 1;
  ck_assert_msg(block->mark == MARK, "memory is given back that is not out");
  ck_assert_uint_eq(block->size_bytes, size_bytes);
  alloc->blocks--;
  alloc->bytes -= size_bytes;
  memset(block, POISON, sizeof *block + size_bytes);
  free(block);
}

xlgc_allocator alloc_functions(alloc *alloc) { return (xlgc_allocator){allocate, release, alloc}; }
