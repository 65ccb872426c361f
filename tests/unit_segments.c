/* Segments: records that never move, indices that come again, memory that goes back, and what outlives it. */
#include <config.h>

#include "base/segments.h"
#include "support/alloc.h"
#include "support/trial.h"

#include <string.h>

enum { RECORDS = 3 * XLGC__SEGMENT_RECORDS };

typedef struct record {
  uint32_t chain, value;
} record;

static alloc memory;
static xlgc__memory mem;
static xlgc__segments s;
static uint64_t seed;

static void start(uint32_t record_bytes) {
  memory = (alloc){.fail_at = ALLOC_NEVER};
  xlgc_allocator functions = alloc_functions(&memory);
  xlgc__memory_init(&mem, &functions);
  xlgc__segments_init(&s, &mem, record_bytes);
}

static void finish(void) {
  ck_assert_uint_eq(s.bytes, memory.bytes);
  ck_assert_uint_eq(mem.bytes, memory.bytes);
  xlgc__segments_destroy(&s);
  ck_assert_uint_eq(memory.blocks, 0);
  ck_assert_uint_eq(mem.bytes, 0);
  ck_assert_uint_gt(mem.bytes_peak, 0);
}

static void grow(void) {
  ok(xlgc__segments_prepare(&s));
  ck_assert(xlgc__segments_adopt(&s));
}

static uint32_t take(void) {
  if (!s.room) grow();
  uint32_t index = xlgc__segments_take(&s);
  ck_assert_uint_ne(index, 0);
  return index;
}

static record *at(uint32_t index) { return xlgc__segments_at(&s, index); }

START_TEST(records_never_move_and_are_nobody_elses) {
  static uint32_t indices[RECORDS];
  static record *places[RECORDS];
  static bool out[RECORDS];
  uint64_t random = seed;
  start(sizeof(record));
  unsigned turns = trial_work(50000), used = 0;
  for (unsigned turn = 0; turn < turns; turn++) {
    uint32_t i = trial_random(&random, RECORDS);
    if (out[i]) {
      ck_assert(at(indices[i]) == places[i] && places[i]->value == i);
      xlgc__segments_give(&s, indices[i]);
      used--;
    } else {
      indices[i] = take();
      places[i] = at(indices[i]);
      places[i]->value = i;
      used++;
    }
    out[i] = !out[i];
    ck_assert_uint_eq(s.used, used);
  }
  for (unsigned i = 0; i < RECORDS; i++)
    if (out[i]) ck_assert(at(indices[i]) == places[i] && places[i]->value == i);
  ck_assert_uint_eq((uintptr_t)xlgc__segments_of(&s, 1)->records % XLGC__CACHE_LINE, 0);
  finish();
}
END_TEST

START_TEST(an_index_comes_again_with_what_it_had) {
  start(sizeof(record));
  uint32_t first = take(), second = take();
  ck_assert_uint_eq(at(first)->value, 0);
  at(first)->value = 7;
  xlgc__segments_give(&s, first);
  ck_assert_uint_eq(take(), first);
  ck_assert_uint_eq(at(first)->value, 7);
  ck_assert_uint_ne(take(), second);
  finish();
}
END_TEST

START_TEST(there_is_no_record_without_room) {
  start(sizeof(record));
  ck_assert_uint_eq(xlgc__segments_take(&s), 0);
  ck_assert(!xlgc__segments_adopt(&s));
  ck_assert_ptr_null(xlgc__segments_find(&s, 1));
  grow();
  for (unsigned i = 1; i < XLGC__SEGMENT_RECORDS; i++)
    ck_assert_uint_eq(take(), i);
  ck_assert_uint_eq(s.room, 0);
  ck_assert_uint_eq(xlgc__segments_take(&s), 0);
  finish();
}
END_TEST

/* Slots of segment 0 that still hold what the allocator left there. */
static unsigned untouched(void) {
  const xlgc__segment *segment = xlgc__segments_of(&s, 1);
  unsigned count = 0;
  for (unsigned slot = 0; slot < XLGC__SEGMENT_RECORDS; slot++) {
    const unsigned char *bytes = segment->records + slot * sizeof(record);
    count += bytes[0] == ALLOC_POISON && !memcmp(bytes, bytes + 1, sizeof(record) - 1);
  }
  return count;
}

START_TEST(the_first_segment_is_touched_as_it_is_used) {
  enum { AT_ONCE = 64 };
  start(sizeof(record));
  for (unsigned i = 0; i < 3; i++)
    ok(xlgc__segments_prepare(&s));
  ck_assert(xlgc__segments_adopt(&s));
  ck_assert_uint_eq(untouched(), XLGC__SEGMENT_RECORDS);
  ck_assert_ptr_null(xlgc__segments_find(&s, 1));
  for (unsigned i = 1; i < XLGC__SEGMENT_RECORDS; i++) {
    ck_assert_uint_eq(xlgc__segments_take(&s), i);
    ck_assert_uint_eq(at(i)->value, 0);
    ck_assert_uint_eq(untouched(), XLGC__SEGMENT_RECORDS - (i / AT_ONCE + 1) * AT_ONCE);
    ck_assert_ptr_eq(xlgc__segments_find(&s, i), at(i));
    if (i % AT_ONCE == AT_ONCE - 1) ck_assert_ptr_null(xlgc__segments_find(&s, i + 1));
  }
  finish();
}
END_TEST

START_TEST(later_segments_are_zero_when_they_are_prepared) {
  start(sizeof(record));
  grow();
  ok(xlgc__segments_prepare(&s));
  static const unsigned char zeros[XLGC__SEGMENT_RECORDS * sizeof(record)];
  ck_assert_mem_eq(s.spares->records, zeros, sizeof zeros);
  finish();
}
END_TEST

START_TEST(without_memory_nothing_changes) {
  for (uint64_t i = 0;; i++) {
    start(sizeof(record));
    memory.fail_at = i;
    int result = xlgc__segments_prepare(&s);
    if (!result) {
      ck_assert_uint_eq(i, 2); /* a directory, and a segment */
      finish();
      return;
    }
    ck_assert_int_eq(result, XLGC_E_NOMEM);
    ck_assert(!xlgc__segments_adopt(&s));
    memory.fail_at = ALLOC_NEVER;
    ck_assert_uint_ne(take(), 0);
    finish();
  }
}
END_TEST

START_TEST(memory_goes_back_and_memos_stay) {
  static uint32_t indices[RECORDS];
  start(sizeof(record));
  for (unsigned i = 0; i < RECORDS; i++)
    indices[i] = take();
  uint32_t numbers = s.numbers;
  for (uint32_t number = 0; number < numbers; number++)
    xlgc__segments_of(&s, number << XLGC__SLOT_BITS | 1)->memo = XLGC__MEMO_MAX - number;
  uint64_t full_bytes = memory.bytes, end = xlgc__segments_end(&s);
  xlgc__segments_trim(&s, 0);
  ck_assert_uint_eq(memory.bytes, full_bytes);
  for (unsigned i = 0; i < RECORDS; i++)
    xlgc__segments_give(&s, indices[i]);
  xlgc__segments_trim(&s, XLGC__SEGMENT_RECORDS);
  ck_assert_uint_ge(s.room, XLGC__SEGMENT_RECORDS);
  ck_assert_uint_lt(s.room, 3 * XLGC__SEGMENT_RECORDS);
  xlgc__segments_trim(&s, 0);
  ck_assert_uint_lt(memory.bytes, full_bytes / 2);
  unsigned gone = 0;
  for (uint32_t number = 0; number < numbers; number++)
    gone += xlgc__segments_find(&s, number << XLGC__SLOT_BITS | 1) == NULL;
  ck_assert_uint_ge(gone, numbers - 1);
  for (unsigned i = 0; i < RECORDS; i++)
    ck_assert_uint_eq(at(take())->value, 0);
  /* The numbers have come again, each with its memo. */
  ck_assert_uint_eq(xlgc__segments_end(&s), end);
  for (uint32_t number = 0; number < numbers; number++)
    ck_assert_uint_eq(xlgc__segments_of(&s, number << XLGC__SLOT_BITS | 1)->memo, XLGC__MEMO_MAX - number);
  finish();
}
END_TEST

START_TEST(spares_wait_until_they_are_adopted) {
  start(sizeof(record));
  for (unsigned i = 0; i < 3; i++)
    ok(xlgc__segments_prepare(&s));
  ck_assert_uint_eq(s.spare_count, 3);
  ck_assert_uint_eq(s.room, 0);
  ck_assert(xlgc__segments_adopt(&s));
  ck_assert_uint_eq(s.spare_count, 2);
  ck_assert_uint_eq(s.room, XLGC__SEGMENT_RECORDS - 1);
  ck_assert_uint_eq(xlgc__segments_end(&s), XLGC__SEGMENT_RECORDS);
  finish();
}
END_TEST

START_TEST(spares_go_back_a_few_at_a_time) {
  enum { SPARES = 3 * XLGC__TRIM_SEGMENTS, KEPT_SPARES = 3 };
  start(sizeof(record));
  grow();
  uint64_t bytes = memory.bytes;
  for (unsigned i = 0; i < SPARES; i++)
    ok(xlgc__segments_prepare(&s));
  uint64_t keep = s.room + KEPT_SPARES * (XLGC__SEGMENT_RECORDS - 1) - XLGC__SEGMENT_RECORDS;
  ck_assert(xlgc__segments_trim(&s, keep));
  ck_assert_uint_eq(s.spare_count, SPARES - XLGC__TRIM_SEGMENTS);
  for (unsigned i = 0; i < 3; i++)
    ck_assert(xlgc__segments_trim(&s, keep));
  ck_assert_uint_eq(s.spare_count, KEPT_SPARES - 1);
  ck_assert(xlgc__segments_trim(&s, 0));
  ck_assert_uint_eq(s.spare_count, 0);
  ck_assert_uint_eq(memory.bytes, bytes);
  finish();
}
END_TEST

/* A thread that still reads the first directory finds there what was in use then. */
START_TEST(the_directory_grows) {
  enum { SEGMENTS = 2050 };
  start(sizeof(uint32_t));
  grow();
  const xlgc__directory *first = s.directory;
  uint64_t entry = xlgc__segments_entry(&s, 0);
  for (unsigned i = 1; i < SEGMENTS; i++) {
    grow();
    ck_assert_uint_gt(((const xlgc__directory *)s.directory)->capacity, i);
    ck_assert_uint_eq(xlgc__segments_entry(&s, 0), entry);
  }
  ck_assert_ptr_ne(s.directory, first);
  ck_assert_uint_eq(first->entries[0], entry);
  ck_assert_uint_eq(xlgc__segments_end(&s), (uint64_t)SEGMENTS << XLGC__SLOT_BITS);
  /* The last that was adopted is used first. */
  uint32_t index = take();
  ck_assert_uint_eq(index >> XLGC__SLOT_BITS, SEGMENTS - 1);
  ck_assert_ptr_eq(xlgc__segments_find(&s, index), xlgc__segments_at(&s, index));
  finish();
}
END_TEST

START_TEST(numbers_end) {
  start(sizeof(record));
  grow();
  uint32_t numbers = s.numbers;
  s.numbers = XLGC__NUMBER_LIMIT;
  ck_assert_int_eq(xlgc__segments_prepare(&s), XLGC_E_FULL);
  s.numbers = numbers;
  finish();
}
END_TEST

static bool system_has_huge_pages(void) {
  xlgc__huge huge = {.block_bytes = 1 << 16};
  xlgc__huge_area *area;
  void *block = xlgc__huge_take(&huge, &area);
  if (block) xlgc__huge_give(&huge, area, block);
  return block != NULL;
}

START_TEST(large_tables_stand_in_huge_pages) {
  enum { RECORD_BYTES = 56, SEGMENTS = 3 * XLGC__SMALL_BYTES / (RECORD_BYTES * XLGC__SEGMENT_RECORDS) };
  static uint32_t indices[SEGMENTS * XLGC__SEGMENT_RECORDS];
  uint64_t random = seed;
  xlgc__memory_init(&mem, &(xlgc_allocator){0});
  xlgc__segments_init(&s, &mem, RECORD_BYTES);
  unsigned count = 0;
  while (s.bytes < XLGC__SMALL_BYTES) {
    ck_assert_ptr_null(s.huge.with_room);
    indices[count++] = take();
  }
  while (count < SEGMENTS * XLGC__SEGMENT_RECORDS) {
    indices[count++] = take();
    uint64_t records_bytes = s.used * RECORD_BYTES;
    MUST(s.bytes >= records_bytes && s.bytes <= records_bytes + records_bytes / 4 + (1 << 18));
    MUST(mem.bytes == s.bytes);
  }
  for (unsigned i = 0; i < count; i++)
    at(indices[i])->value = indices[i];
  ck_assert_int_eq(s.huge.bytes != 0, system_has_huge_pages());
  uint64_t full_bytes = s.bytes;
  /* In a random order, but for the records of one segment. */
  for (unsigned i = count - 1; i > 0; i--) {
    unsigned j = trial_random(&random, i + 1);
    uint32_t index = indices[i];
    indices[i] = indices[j];
    indices[j] = index;
  }
  uint32_t stays = indices[0] >> XLGC__SLOT_BITS;
  for (unsigned i = 0; i < count; i++) {
    MUST(at(indices[i])->value == indices[i]);
    if (indices[i] >> XLGC__SLOT_BITS != stays) xlgc__segments_give(&s, indices[i]);
  }
  ck_assert_uint_eq(s.bytes, full_bytes);
  ck_assert(!xlgc__segments_trim(&s, 0)); /* some at a time */
  while (!xlgc__segments_trim(&s, 0)) {
  }
  ck_assert_uint_eq(mem.bytes, s.bytes);
  ck_assert_uint_le(s.bytes, 3 * XLGC__HUGE_PAGE_BYTES + (1 << 18));
  xlgc__segments_destroy(&s);
  ck_assert_uint_eq(mem.bytes, 0);
  ck_assert_uint_eq(mem.bytes_peak, full_bytes);
}
END_TEST

START_TEST(memory_of_the_users_stands_where_it_is_given) {
  enum { RECORD_BYTES = 1024, SEGMENTS = 2 * XLGC__SMALL_BYTES / (RECORD_BYTES * XLGC__SEGMENT_RECORDS) };
  start(RECORD_BYTES);
  for (unsigned i = 0; i < SEGMENTS; i++)
    grow();
  ck_assert_uint_gt(s.bytes, XLGC__SMALL_BYTES);
  ck_assert_uint_eq(memory.blocks, SEGMENTS + 1);
  finish();
}
END_TEST

int main(void) {
  seed = trial_seed();
  Suite *suite = suite_create("unit_segments");
  TCase *cases = trial_case(suite, "segments");
  tcase_add_test(cases, records_never_move_and_are_nobody_elses);
  tcase_add_test(cases, an_index_comes_again_with_what_it_had);
  tcase_add_test(cases, there_is_no_record_without_room);
  tcase_add_test(cases, the_first_segment_is_touched_as_it_is_used);
  tcase_add_test(cases, later_segments_are_zero_when_they_are_prepared);
  tcase_add_test(cases, without_memory_nothing_changes);
  tcase_add_test(cases, memory_goes_back_and_memos_stay);
  tcase_add_test(cases, spares_wait_until_they_are_adopted);
  tcase_add_test(cases, spares_go_back_a_few_at_a_time);
  tcase_add_test(cases, the_directory_grows);
  tcase_add_test(cases, numbers_end);
  tcase_add_test(cases, large_tables_stand_in_huge_pages);
  tcase_add_test(cases, memory_of_the_users_stands_where_it_is_given);
  return trial_run(suite);
}
