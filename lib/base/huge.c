#include <config.h>

#include "base/huge.h"

#include "base/compiler.h"

#if HAVE_DECL_MADV_HUGEPAGE

#include <string.h>
#include <sys/mman.h>
#include <utlist.h>

enum {
  PAGES = 16, /* of an area */
  BLOCK_BYTES_MIN = 1 << 13,
  WORD_BITS = 64,
  WORDS = XLGC__HUGE_PAGE_BYTES / BLOCK_BYTES_MIN * PAGES / WORD_BITS
};
#define AREA_BYTES ((size_t)PAGES * XLGC__HUGE_PAGE_BYTES)

struct xlgc__huge_area {
  xlgc__huge_area *prev, *next; /* among those with room */
  uint32_t used;                /* blocks */
  uint32_t uses[PAGES];         /* blocks that reach into a page; the first has one more, for this */
  uint64_t taken[WORDS];        /* a bit a block */
};

/* Where the first block begins. */
enum { FIRST_AT = (sizeof(xlgc__huge_area) + XLGC__CACHE_LINE - 1) / XLGC__CACHE_LINE * XLGC__CACHE_LINE };

static uint32_t blocks_of(const xlgc__huge *huge) { return (uint32_t)((AREA_BYTES - FIRST_AT) / huge->block_bytes); }

static unsigned char *block_at(const xlgc__huge *huge, xlgc__huge_area *area, uint32_t block) {
  return (unsigned char *)area + FIRST_AT + block * huge->block_bytes;
}

static unsigned char *page_at(xlgc__huge_area *area, size_t page) {
  return (unsigned char *)area + page * XLGC__HUGE_PAGE_BYTES;
}

/* Maps an area that begins at a multiple of a huge page: more addresses than needed are mapped, and the rest is
 * unmapped. */
static unsigned char *map_area(void) {
  size_t more = AREA_BYTES + XLGC__HUGE_PAGE_BYTES;
  unsigned char *memory = mmap(NULL, more, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return NULL;
  size_t before = -(uintptr_t)memory & (XLGC__HUGE_PAGE_BYTES - 1);
  if (before) munmap(memory, before);
  if (before < XLGC__HUGE_PAGE_BYTES) munmap(memory + before + AREA_BYTES, XLGC__HUGE_PAGE_BYTES - before);
  if (!madvise(memory + before, AREA_BYTES, MADV_HUGEPAGE)) return memory + before;
  munmap(memory + before, AREA_BYTES);
  return NULL;
}

static xlgc__huge_area *new_area(xlgc__huge *huge) {
  xlgc__huge_area *area = (void *)map_area();
  if (!area) return NULL;
  area->uses[0] = 1;
  huge->bytes += XLGC__HUGE_PAGE_BYTES;
  DL_PREPEND(huge->with_room, area);
  return area;
}

static uint32_t lowest_free(const xlgc__huge_area *area) {
  uint32_t word = 0;
  while (area->taken[word] == UINT64_MAX)
    word++;
  return word * WORD_BITS + (uint32_t)__builtin_ctzll(~area->taken[word]);
}

/* Counts a block in, or out, at the pages it reaches into. */
static void use_pages(xlgc__huge *huge, xlgc__huge_area *area, const unsigned char *block) {
  size_t first = (size_t)(block - (unsigned char *)area) / XLGC__HUGE_PAGE_BYTES;
  size_t last = (size_t)(block + huge->block_bytes - 1 - (unsigned char *)area) / XLGC__HUGE_PAGE_BYTES;
  for (size_t page = first; page <= last; page++)
    if (area->uses[page]++ == 0) huge->bytes += XLGC__HUGE_PAGE_BYTES;
}
static void leave_pages(xlgc__huge *huge, xlgc__huge_area *area, const unsigned char *block) {
  size_t first = (size_t)(block - (unsigned char *)area) / XLGC__HUGE_PAGE_BYTES;
  size_t last = (size_t)(block + huge->block_bytes - 1 - (unsigned char *)area) / XLGC__HUGE_PAGE_BYTES;
  for (size_t page = first; page <= last; page++) {
    if (--area->uses[page]) continue;
    huge->bytes -= XLGC__HUGE_PAGE_BYTES;
    /* Fails where the program has locked its memory, and then the page is to stay. */
    madvise(page_at(area, page), XLGC__HUGE_PAGE_BYTES, MADV_DONTNEED);
  }
}

void *xlgc__huge_take(xlgc__huge *huge, xlgc__huge_area **area) {
  xlgc__huge_area *from = huge->with_room ? huge->with_room : new_area(huge);
  if (!from) return NULL;
  uint32_t number = lowest_free(from);
  unsigned char *block = block_at(huge, from, number);
  from->taken[number / WORD_BITS] |= UINT64_C(1) << number % WORD_BITS;
  if (++from->used == blocks_of(huge)) DL_DELETE(huge->with_room, from);
  use_pages(huge, from, block);
  /* The block is zero already. The first touch of a page may take long, so it is made here, at the cost of the
   * caller. */
  memset(block, 0, huge->block_bytes);
  *area = from;
  return block;
}

void xlgc__huge_give(xlgc__huge *huge, xlgc__huge_area *area, void *block) {
  uint32_t number = (uint32_t)((size_t)((unsigned char *)block - block_at(huge, area, 0)) / huge->block_bytes);
  area->taken[number / WORD_BITS] &= ~(UINT64_C(1) << number % WORD_BITS);
  if (area->used-- == blocks_of(huge)) DL_PREPEND(huge->with_room, area);
  leave_pages(huge, area, block);
  if (area->used) return;
  DL_DELETE(huge->with_room, area);
  huge->bytes -= XLGC__HUGE_PAGE_BYTES;
  munmap(area, AREA_BYTES);
}

#else

void *xlgc__huge_take(xlgc__huge *huge, xlgc__huge_area **area) {
  (void)huge;
  *area = NULL;
  return NULL;
}

void xlgc__huge_give(xlgc__huge *huge, xlgc__huge_area *area, void *block) { (void)huge, (void)area, (void)block; }

#endif
