/* Blocks in huge pages: zeros that are nobody else's, pages that go back with the last block in them, and the count of
 * their bytes. */
#include <config.h>

#include "base/compiler.h"
#include "base/huge.h"
#include "support/trial.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BLOCK_BYTES = 112 * 1024 + 64, BLOCKS = 900, AREAS_MOST = 8, AREA_PAGES = 16, SMALL_BYTES = 4096 };

static struct {
  xlgc__huge huge;
  unsigned char *blocks[BLOCKS];
  xlgc__huge_area *areas[BLOCKS];
} t;

static uint64_t seed;

static void start(void) {
  memset(&t, 0, sizeof t);
  t.huge.block_bytes = BLOCK_BYTES;
}

static void take(unsigned i) {
  t.blocks[i] = xlgc__huge_take(&t.huge, &t.areas[i]);
  ck_assert_ptr_nonnull(t.blocks[i]);
  ck_assert_uint_eq((uintptr_t)t.blocks[i] % XLGC__CACHE_LINE, 0);
}

static void give(unsigned i) {
  xlgc__huge_give(&t.huge, t.areas[i], t.blocks[i]);
  t.blocks[i] = NULL;
}

static void finish(void) {
  for (unsigned i = 0; i < BLOCKS; i++)
    if (t.blocks[i]) give(i);
  ck_assert_uint_eq(t.huge.bytes, 0);
  ck_assert_ptr_null(t.huge.with_room);
}

static unsigned find_areas(xlgc__huge_area **areas) {
  unsigned count = 0;
  for (unsigned i = 0; i < BLOCKS; i++) {
    bool known = !t.blocks[i];
    for (unsigned j = 0; j < count; j++)
      known |= areas[j] == t.areas[i];
    if (known) continue;
    MUST(count < AREAS_MOST);
    areas[count++] = t.areas[i];
  }
  return count;
}

/* Does a block, or the area's own record, reach into this page? */
static bool is_used(const xlgc__huge_area *area, size_t page) {
  uintptr_t from = (uintptr_t)area + page * XLGC__HUGE_PAGE_BYTES, end = from + XLGC__HUGE_PAGE_BYTES;
  bool used = page == 0;
  for (unsigned i = 0; i < BLOCKS; i++) {
    uintptr_t block = (uintptr_t)t.blocks[i];
    used |= block && block < end && block + BLOCK_BYTES > from;
  }
  return used;
}

static bool is_resident(const xlgc__huge_area *area, size_t page) {
  unsigned char in_memory[XLGC__HUGE_PAGE_BYTES / SMALL_BYTES], any = 0;
  ok(mincore((unsigned char *)(uintptr_t)area + page * XLGC__HUGE_PAGE_BYTES, XLGC__HUGE_PAGE_BYTES, in_memory));
  for (size_t i = 0; i < XLGC__HUGE_PAGE_BYTES / (size_t)sysconf(_SC_PAGESIZE); i++)
    any |= in_memory[i];
  return any & 1;
}

/* The count is that of the pages in use, and no other is in memory. */
static void check_pages(void) {
  xlgc__huge_area *areas[AREAS_MOST];
  unsigned count = find_areas(areas);
  uint64_t bytes = 0;
  for (unsigned i = 0; i < count; i++)
    for (size_t page = 0; page < AREA_PAGES; page++) {
      bool used = is_used(areas[i], page);
      if (used) bytes += XLGC__HUGE_PAGE_BYTES;
      MUST(used || !is_resident(areas[i], page));
    }
  ck_assert_uint_eq(t.huge.bytes, bytes);
}

static bool is_filled(const unsigned char *block, unsigned char with) {
  return block[0] == with && !memcmp(block, block + 1, BLOCK_BYTES - 1);
}

START_TEST(blocks_are_zeros_and_nobody_elses) {
  uint64_t random = seed;
  start();
  unsigned turns = trial_work(4000), most = BLOCKS;
  for (unsigned turn = 0; turn < turns; turn++) {
    if (turn % 500 == 0) most = 1 + trial_random(&random, BLOCKS);
    unsigned i = trial_random(&random, BLOCKS);
    if (t.blocks[i]) {
      MUST(is_filled(t.blocks[i], (unsigned char)(i | 1)));
      give(i);
    } else if (i < most) {
      take(i);
      MUST(is_filled(t.blocks[i], 0));
      memset(t.blocks[i], (int)(i | 1), BLOCK_BYTES);
    }
    if (turn % 100 == 0) check_pages();
  }
  finish();
}
END_TEST

START_TEST(pages_go_back_with_their_last_block) {
  start();
  for (unsigned i = 0; i < BLOCKS; i++) {
    take(i);
    memset(t.blocks[i], 1, BLOCK_BYTES);
  }
  uint64_t full_bytes = t.huge.bytes;
  ck_assert_uint_ge(full_bytes, (uint64_t)BLOCKS * BLOCK_BYTES);
  ck_assert_uint_le(full_bytes, (uint64_t)BLOCKS * BLOCK_BYTES + 4 * XLGC__HUGE_PAGE_BYTES);
  for (unsigned i = 0; i < BLOCKS; i++)
    if (i % 100) give(i);
  check_pages();
  ck_assert_uint_lt(t.huge.bytes, full_bytes / 2);
  finish();
}
END_TEST

START_TEST(the_lowest_free_block_comes_first) {
  start();
  for (unsigned i = 0; i < 100; i++)
    take(i);
  unsigned char *low = t.blocks[17], *high = t.blocks[80];
  give(80);
  give(17);
  take(17);
  take(80);
  ck_assert_ptr_eq(t.blocks[17], low);
  ck_assert_ptr_eq(t.blocks[80], high);
  finish();
}
END_TEST

int main(void) {
  seed = trial_seed();
  start();
  t.blocks[0] = xlgc__huge_take(&t.huge, &t.areas[0]);
  if (!t.blocks[0]) {
    puts("skipped: the system has no huge pages for programs that ask");
    return 77;
  }
  give(0);
  Suite *suite = suite_create("unit_huge");
  TCase *cases = trial_case(suite, "huge");
  tcase_add_test(cases, blocks_are_zeros_and_nobody_elses);
  tcase_add_test(cases, pages_go_back_with_their_last_block);
  tcase_add_test(cases, the_lowest_free_block_comes_first);
  return trial_run(suite);
}
