/* Two contexts on one queue, without a pool: a link that was logged finds a record (K1), and what a callback logs says
 * how far the program's log had come. */
#include <config.h>

#include "lib/context.h"
#include "support/alloc.h"
#include "support/trial.h"

#include <string.h>

enum { HELD = 40000 };

static struct {
  alloc memory;
  xlgc__mem mem;
  xlgc__segments links;
  xlgc__queue queue;
  xlgc_context program, callbacks;
  uint32_t held[HELD];
  unsigned held_count;
} t;

static uint64_t seed;

static void start(void) {
  memset(&t, 0, sizeof t);
  t.memory.fail_at = ALLOC_NEVER;
  xlgc_allocator functions = alloc_functions(&t.memory);
  xlgc__mem_init(&t.mem, &functions);
  xlgc__segments_init(&t.links, &t.mem, sizeof(xlgc__link));
  ok(xlgc__queue_init(&t.queue, &t.mem, UINT32_MAX, 0, &t.links));
  xlgc__context_init(&t.program, NULL, &t.queue, NULL);
  xlgc__context_init(&t.callbacks, NULL, &t.queue, &t.program);
}

static void finish(void) {
  xlgc__context_destroy(&t.program);
  xlgc__context_destroy(&t.callbacks);
  xlgc__queue_destroy(&t.queue, false);
  xlgc__segments_destroy(&t.links);
  ck_assert_uint_eq(t.memory.blocks, 0);
}

static xlgc__record record(xlgc__op op, uint64_t number) { return (xlgc__record){{(uint64_t)op << 56, number}}; }

static int log_one(xlgc_context *context, xlgc__op op, uint64_t number) {
  xlgc__record event = record(op, number);
  return xlgc__context_log(context, &event, 1, 1, op == XLGC__OP_LINK, false);
}

/* ------------------------------------------------------------------- links */

/* K1, without what has been applied and is not accounted for yet. */
static void check_reserve(void) {
  uint64_t spare = (uint64_t)t.links.spare_count * (XLGC__SEGMENT_RECORDS - 1);
  uint64_t applied = t.program.links_applied + t.callbacks.links_applied;
  ck_assert_uint_ge(t.links.room + spare, t.queue.links_reserved - applied);
  ck_assert_uint_ge(t.queue.links_reserved - applied, t.program.link_credit + t.callbacks.link_credit);
  ck_assert_uint_le(t.queue.links_room, t.links.room + applied);
}

static void settle(void) {
  xlgc__context_settle(&t.program);
  xlgc__context_settle(&t.callbacks);
}

/* Reads an event as the round does; a link takes its record, which must be there. */
static void read_one(xlgc_context *context) {
  const xlgc__record *event = xlgc__context_peek(context);
  if (!event) return;
  xlgc__op op = (xlgc__op)(event->word[0] >> 56);
  if (op == XLGC__OP_LINK) {
    if (!t.links.room) {
      settle();
      xlgc__segments_adopt(&t.links);
      t.queue.links_room = t.links.room;
    }
    uint32_t index = xlgc__segments_take(&t.links);
    ck_assert_msg(index != 0, "K1: a link that was logged has no record");
    ck_assert_uint_lt(t.held_count, HELD);
    t.held[t.held_count++] = index;
  } else if (op == XLGC__OP_UNLINK && t.held_count) {
    xlgc__segments_give(&t.links, t.held[--t.held_count]);
  }
  xlgc__context_advance(context, event);
}

static void end_round(void) {
  settle();
  xlgc__segments_trim(&t.links, t.queue.links_reserved + XLGC__SEGMENT_RECORDS);
  t.queue.links_room = t.links.room;
}

/* Writers and reader in bursts, growing and shrinking. Now and then there is no memory: then the log refuses, and what
 * it took before is good still. */
START_TEST(a_logged_link_has_its_record) {
  uint64_t random = seed;
  unsigned refused = 0, bursts = trial_work(3000);
  start();
  for (unsigned burst = 0; burst < bursts; burst++) {
    bool grows = t.held_count < HELD / 4 || (t.held_count < HELD / 2 && burst % 64 < 32);
    xlgc_context *writer = trial_random(&random, 3) ? &t.program : &t.callbacks;
    t.memory.fail_at = trial_random(&random, 8) ? ALLOC_NEVER : t.memory.asked;
    t.memory.sticky = true;
    for (unsigned i = trial_random(&random, 600); i; i--) {
      bool link = trial_random(&random, 10) < (grows ? 7 : 3);
      int result = log_one(writer, link ? XLGC__OP_LINK : XLGC__OP_UNLINK, 0);
      ck_assert(result == 0 || (result == XLGC_E_NOMEM && t.memory.failed));
      refused += result != 0;
    }
    check_reserve();
    for (unsigned i = trial_random(&random, 900); i; i--)
      read_one(trial_random(&random, 2) ? &t.program : &t.callbacks);
    check_reserve();
    if (trial_random(&random, 4) == 0) end_round();
    check_reserve();
  }
  ck_assert_uint_gt(refused, 0);
  ck_assert_uint_gt(t.links.numbers, 2);
  finish();
}
END_TEST

START_TEST(many_links_are_logged_before_any_is_read) {
  start();
  for (unsigned i = 0; i < HELD; i++)
    ok(log_one(i % 2 ? &t.program : &t.callbacks, XLGC__OP_LINK, i));
  check_reserve();
  /* Each of the callbacks' comes with a record of how far the program was. */
  for (unsigned i = 0; i < 2 * HELD; i++)
    read_one(i % 2 ? &t.program : &t.callbacks);
  ck_assert_uint_eq(t.held_count, HELD);
  check_reserve();
  finish();
}
END_TEST

/* ------------------------------------------------------------------- order */

START_TEST(a_callbacks_event_says_what_came_before) {
  uint64_t random = seed, program = 0, noted = 0;
  uint64_t expected[2000];
  unsigned written = 0, read = 0;
  start();
  while (written < 1000) {
    if (trial_random(&random, 2)) {
      ok(log_one(&t.program, XLGC__OP_PIN, program++));
      continue;
    }
    expected[written] = program;
    ok(log_one(&t.callbacks, XLGC__OP_UNPIN, written++));
  }
  ck_assert_uint_eq(t.callbacks.logged, written);
  ck_assert_uint_eq(t.program.logged, program);
  for (const xlgc__record *event; (event = xlgc__context_peek(&t.callbacks)) != NULL;) {
    if (event->word[0] >> 56 == XLGC__OP_SYNC) {
      ck_assert_uint_gt(event->word[1], noted);
      noted = event->word[1];
    } else {
      ck_assert_uint_eq(event->word[1], read);
      ck_assert_uint_eq(noted, expected[read++]);
    }
    xlgc__context_advance(&t.callbacks, event);
  }
  ck_assert_uint_eq(read, written);
  ck_assert_uint_eq(t.callbacks.applied, written);
  finish();
}
END_TEST

START_TEST(a_refused_event_is_not_there) {
  start();
  t.memory.sticky = true;
  t.memory.fail_at = t.memory.asked;
  uint64_t logged = 0;
  while (log_one(&t.program, XLGC__OP_PIN, logged) == 0)
    logged++;
  ck_assert_uint_eq(logged, XLGC__CHUNKS_MIN * XLGC__CHUNK_RECORDS);
  ck_assert_int_eq(log_one(&t.callbacks, XLGC__OP_PIN, 0), XLGC_E_NOMEM);
  ck_assert_int_eq(log_one(&t.program, XLGC__OP_LINK, 0), XLGC_E_NOMEM);
  ck_assert_uint_eq(t.queue.links_reserved, 0);
  ck_assert_uint_eq(t.program.logged, logged);
  ck_assert_uint_eq(t.callbacks.logged, 0);
  t.memory.fail_at = ALLOC_NEVER;
  ok(log_one(&t.callbacks, XLGC__OP_PIN, 0));
  const xlgc__record *event = xlgc__context_peek(&t.callbacks);
  ck_assert_uint_eq(event->word[0] >> 56, XLGC__OP_SYNC);
  ck_assert_uint_eq(event->word[1], logged);
  finish();
}
END_TEST

START_TEST(positions_count_from_the_owners_first_event) {
  start();
  xlgc__context_open(&t.program, "a name that is longer than there is room for it");
  ck_assert_uint_eq(strlen(t.program.name), sizeof t.program.name - 1);
  ok(log_one(&t.program, XLGC__OP_PIN, 0));
  ok(log_one(&t.program, XLGC__OP_BORN, 1));
  for (const xlgc__record *event; (event = xlgc__context_peek(&t.program)) != NULL;)
    xlgc__context_advance(&t.program, event);
  ck_assert_uint_eq(t.program.applied, 2);
  ck_assert_uint_eq(t.program.births_applied, 1);
  xlgc__context_open(&t.program, NULL);
  ck_assert_uint_eq(t.program.first, 1);
  ck_assert_str_eq(t.program.name, "");
  finish();
}
END_TEST

int main(void) {
  seed = trial_seed();
  Suite *suite = suite_create("unit_context");
  TCase *cases = trial_case(suite, "contexts");
  tcase_add_test(cases, a_logged_link_has_its_record);
  tcase_add_test(cases, many_links_are_logged_before_any_is_read);
  tcase_add_test(cases, a_callbacks_event_says_what_came_before);
  tcase_add_test(cases, a_refused_event_is_not_there);
  tcase_add_test(cases, positions_count_from_the_owners_first_event);
  return trial_run(suite);
}
