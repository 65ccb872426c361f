/* Chunks and logs: what was appended is read in its order, no event is split, the bound and the reserve hold. */
#include <config.h>

#include "lib/event.h"
#include "support/alloc.h"
#include "support/trial.h"

enum { CHUNK = XLGC__CHUNK_RECORDS, RECORDS_MAX = 3 };

static alloc memory;
static xlgc__mem mem;
static xlgc__chunks chunks;
static xlgc__log the_log;
static uint64_t seed;

static void start(uint64_t bound, uint64_t reserve) {
  memory = (alloc){.fail_at = ALLOC_NEVER};
  xlgc_allocator functions = alloc_functions(&memory);
  xlgc__mem_init(&mem, &functions);
  ok(xlgc__chunks_init(&chunks, &mem, bound, reserve));
  the_log = (xlgc__log){NULL, NULL};
}

static void finish(void) {
  while (the_log.first) {
    xlgc__chunk *chunk = the_log.first;
    the_log.first = chunk->next;
    xlgc__chunks_give(&chunks, chunk);
  }
  ck_assert_uint_eq(chunks.used, 0);
  xlgc__chunks_destroy(&chunks);
  ck_assert_uint_eq(memory.blocks, 0);
}

static const xlgc__op ops[] = {XLGC__OP_LINK,      XLGC__OP_UNLINK,  XLGC__OP_PIN,       XLGC__OP_UNPIN,
                               XLGC__OP_BORN,      XLGC__OP_LINK_AT, XLGC__OP_UNLINK_AT, XLGC__OP_ADD_LINK,
                               XLGC__OP_DROP_LINK, XLGC__OP_SYNC};
static const uint32_t sizes[] = {1, 1, 1, 1, 1, 2, 2, 2, 3, 1};
enum { OPS = sizeof ops / sizeof *ops };

static void append(unsigned op, uint64_t number) {
  xlgc__record records[RECORDS_MAX];
  for (unsigned i = 0; i < RECORDS_MAX; i++)
    records[i] = (xlgc__record){{(uint64_t)ops[op] << 56 | i, number}};
  if (!xlgc__log_has_room(&the_log, sizes[op])) {
    xlgc__chunk *chunk;
    ok(xlgc__chunks_take(&chunks, true, &chunk));
    xlgc__log_extend(&the_log, chunk);
  }
  xlgc__log_append(&the_log, records, sizes[op]);
}

static void retire(void) {
  xlgc__chunk *chunk;
  while ((chunk = xlgc__log_retire(&the_log)) != NULL)
    xlgc__chunks_give(&chunks, chunk);
}

/* The event read next must be this one. */
static void read_one(unsigned op, uint64_t number) {
  const xlgc__record *event = xlgc__log_peek(&the_log);
  if (!event) {
    retire();
    event = xlgc__log_peek(&the_log);
  }
  ck_assert_ptr_nonnull(event);
  ck_assert_uint_eq(xlgc__event_records(event), sizes[op]);
  ck_assert_uint_le(the_log.first->taken + sizes[op], CHUNK);
  for (unsigned i = 0; i < sizes[op]; i++) {
    ck_assert_uint_eq(event[i].word[0], (uint64_t)ops[op] << 56 | i);
    ck_assert_uint_eq(event[i].word[1], number);
  }
  the_log.first->taken += sizes[op];
}

START_TEST(events_are_read_in_their_order) {
  uint64_t writer = seed, reader = seed, both = seed + 1;
  start(UINT32_MAX, 6 * CHUNK);
  uint64_t written = 0, read = 0;
  uint64_t events = trial_work(20000);
  while (read < events) {
    for (unsigned i = trial_random(&both, 2 * CHUNK); i && written < events; i--)
      append(trial_random(&writer, OPS), written++);
    for (unsigned i = trial_random(&both, 2 * CHUNK); i && read < written; i--)
      read_one(trial_random(&reader, OPS), read++);
  }
  ck_assert_ptr_null(xlgc__log_peek(&the_log));
  retire();
  ck_assert_uint_eq(chunks.used, 1); /* the writer's is never retired */
  ck_assert_uint_le(chunks.free_count, 6);
  ck_assert_uint_ge(chunks.free_count + chunks.used, 6);
  finish();
}
END_TEST

START_TEST(a_chunk_that_lacks_the_room_is_closed) {
  start(UINT32_MAX, 0);
  for (unsigned i = 0; i < CHUNK - 2; i++)
    append(0, i);
  ck_assert(xlgc__log_has_room(&the_log, 2));
  ck_assert(!xlgc__log_has_room(&the_log, 3));
  append(8, 4711);
  ck_assert_uint_eq(the_log.first->filled, CHUNK - 2);
  ck_assert_uint_eq(the_log.last->filled, 3);
  ck_assert_ptr_null(xlgc__log_retire(&the_log));
  for (unsigned i = 0; i < CHUNK - 2; i++)
    read_one(0, i);
  read_one(8, 4711);
  finish();
}
END_TEST

START_TEST(the_bound_holds_unless_overruled) {
  enum { BOUND = 8, RESERVE = 5 };
  xlgc__chunk *taken[BOUND + 1];
  start((BOUND - 1) * CHUNK + 1, RESERVE * CHUNK);
  ck_assert_uint_eq(memory.blocks, RESERVE);
  for (unsigned i = 0; i < BOUND; i++)
    ok(xlgc__chunks_take(&chunks, false, &taken[i]));
  ck_assert_int_eq(xlgc__chunks_take(&chunks, false, &taken[BOUND]), XLGC_E_QUEUE);
  ok(xlgc__chunks_take(&chunks, true, &taken[BOUND]));
  ck_assert_uint_eq(memory.blocks, BOUND + 1);
  for (unsigned i = 0; i <= BOUND; i++)
    xlgc__chunks_give(&chunks, taken[i]);
  ck_assert_uint_eq(memory.blocks, RESERVE);
  finish();
}
END_TEST

START_TEST(there_are_enough_for_two_logs_to_go_on) {
  start(1, 0);
  ck_assert_uint_eq(memory.blocks, XLGC__CHUNKS_MIN);
  ck_assert_uint_eq(chunks.bound, XLGC__CHUNKS_MIN);
  finish();
}
END_TEST

START_TEST(the_reserve_needs_no_memory) {
  enum { RESERVE = 5 };
  xlgc__chunk *taken[RESERVE + 1];
  start(UINT32_MAX, RESERVE * CHUNK);
  memory.sticky = true;
  memory.fail_at = 0;
  for (unsigned round = 0; round < 3; round++) {
    for (unsigned i = 0; i < RESERVE; i++) {
      ok(xlgc__chunks_take(&chunks, false, &taken[i]));
      ck_assert(taken[i]->filled == 0 && taken[i]->taken == 0 && taken[i]->next == NULL);
      taken[i]->filled = taken[i]->taken = 7;
    }
    ck_assert_int_eq(xlgc__chunks_take(&chunks, false, &taken[RESERVE]), XLGC_E_NOMEM);
    ck_assert_uint_eq(chunks.used, RESERVE);
    for (unsigned i = 0; i < RESERVE; i++)
      xlgc__chunks_give(&chunks, taken[i]);
  }
  finish();
}
END_TEST

int main(void) {
  seed = trial_seed();
  Suite *suite = suite_create("unit_event");
  TCase *cases = trial_case(suite, "events");
  tcase_add_test(cases, events_are_read_in_their_order);
  tcase_add_test(cases, a_chunk_that_lacks_the_room_is_closed);
  tcase_add_test(cases, the_bound_holds_unless_overruled);
  tcase_add_test(cases, there_are_enough_for_two_logs_to_go_on);
  tcase_add_test(cases, the_reserve_needs_no_memory);
  return trial_run(suite);
}
