/* Contexts on one queue, without a pool: a link that was logged finds a record (K1), a refused event is not there, what
 * has been read can go on at the bound, and what a callback logs says how far the program's log had come. */
#include <config.h>

#include "queue/reader.h"
#include "queue/section.h"
#include "queue/writer.h"
#include "table/link.h"
#include "support/alloc.h"
#include "support/trial.h"

#include <string.h>

enum { HELD = 40000, CONTEXTS = 3, EVENT_MAX = 3 };

static struct {
  alloc memory;
  xlgc__memory mem;
  xlgc__segments links;
  xlgc__queue queue;
  xlgc_context *callbacks;
  xlgc_context *all[CONTEXTS];          /* the callbacks' first */
  const xlgc__chunk *reading[CONTEXTS]; /* where each is read, and the links applied from there */
  uint64_t applied[CONTEXTS];
  uint32_t held[HELD];
  unsigned held_count;
} t;

static uint64_t seed;

static xlgc_context *create(const char *name) {
  xlgc_context *context;
  ok(xlgc__context_create(&t.queue, NULL, 7, name, &context));
  return context;
}

static xlgc_context *open(const char *name) {
  xlgc_context *context = create(name);
  xlgc__context_open(context);
  return context;
}

/* With the callbacks' context and no other. */
static void start_with(uint64_t bound, uint64_t reserve) {
  memset(&t, 0, sizeof t);
  t.memory.fail_at = ALLOC_NEVER;
  xlgc_allocator functions = alloc_functions(&t.memory);
  xlgc__memory_init(&t.mem, &functions);
  xlgc__segments_init(&t.links, &t.mem, sizeof(xlgc__link));
  ok(xlgc__queue_init(&t.queue, &t.mem, bound, reserve, &t.links));
  t.callbacks = t.all[0] = create("callbacks");
  t.callbacks->of_pool = t.callbacks->syncs = true;
}

static void start(void) { start_with(UINT32_MAX, 0); }

/* Those that are open go with the queue. */
static void finish(void) {
  xlgc__context_end(t.callbacks);
  xlgc__context_end_all(&t.queue);
  xlgc__queue_destroy(&t.queue, false);
  ck_assert_uint_eq(t.queue.links_reserved, 0);
  ck_assert_uint_eq(t.queue.chunks.used, 0);
  xlgc__segments_destroy(&t.links);
  ck_assert_uint_eq(t.memory.blocks, 0);
}

static int log_one(xlgc_context *context, xlgc__op op, uint64_t number) {
  xlgc__record event = {{(uint64_t)op << 56, number}};
  return xlgc__writer_log(context, &event, 1, op == XLGC__OP_LINK, context->of_pool);
}

/* The event that comes next, whatever is there, or NULL. */
static const xlgc__record *peek(xlgc_context *context) {
  context->cut = xlgc__log_cut(&context->log);
  return xlgc__reader_peek(context);
}

static unsigned read_all(xlgc_context *context) {
  unsigned count = 0;
  for (; peek(context); count++)
    xlgc__cursor_advance(&context->read);
  return count;
}

static void no_memory(bool fails) {
  t.memory.sticky = true;
  t.memory.fail_at = fails ? t.memory.asked : ALLOC_NEVER;
}

/* ------------------------------------------------------------------- links */

static bool is_link(const xlgc__record *event) {
  return xlgc__event_op(event) == XLGC__OP_LINK || xlgc__event_op(event) == XLGC__OP_LINK_AT;
}

/* The chunks of a context: each has credit for its links, and what can be appended without asking has it as well.
 * Returns the credits. */
static uint64_t check_credits(const xlgc_context *context) {
  const xlgc__log *log = &context->log;
  uint64_t credits = 0;
  for (const xlgc__chunk *chunk = context->read.chunk;; chunk = chunk->next) {
    bool last = chunk == log->last;
    const xlgc__record *at = chunk->records, *end = last ? xlgc__log_cut(log) : at + chunk->filled;
    uint32_t links = 0;
    for (; at < end; at += xlgc__event_records(at))
      links += is_link(at);
    ck_assert_ptr_eq(at, end);
    ck_assert_uint_ge(chunk->credit, links);
    ck_assert_uint_le(chunk->credit, chunk->capacity);
    credits += chunk->credit;
    if (!last) continue;
    ck_assert(log->link_end <= end || chunk->credit == chunk->capacity);
    ck_assert(log->link_end <= log->end);
    ck_assert(log->end <= chunk->records + chunk->capacity);
    return credits;
  }
}

/* K1. */
static void check_reserve(void) {
  uint64_t spare = (uint64_t)t.links.spare_count * (XLGC__SEGMENT_RECORDS - 1), credits = 0, applied = 0;
  for (unsigned i = 0; i < CONTEXTS; i++) {
    credits += check_credits(t.all[i]);
    applied += t.applied[i];
  }
  ck_assert_uint_eq(t.queue.links_reserved, credits);
  ck_assert_uint_ge(credits, applied);
  ck_assert_uint_ge(t.links.room + spare, credits - applied);
  ck_assert_uint_le(t.queue.links_room, t.links.room + applied);
}

/* Reads an event up to the cut as the round does; a link takes its record, which must be there. */
static bool read_one(unsigned i) {
  xlgc_context *context = t.all[i];
  const xlgc__record *event = xlgc__reader_peek(context);
  if (context->read.chunk != t.reading[i]) t.applied[i] = 0;
  t.reading[i] = context->read.chunk;
  if (!event) return false;
  if (is_link(event)) {
    if (!t.links.room) xlgc__segments_adopt(&t.links);
    uint32_t index = xlgc__segments_take(&t.links);
    ck_assert_msg(index != 0, "K1: a link that was logged has no record");
    ck_assert_uint_lt(t.held_count, HELD);
    t.held[t.held_count++] = index;
    t.applied[i]++;
  } else if (xlgc__event_op(event) == XLGC__OP_UNLINK && t.held_count) {
    xlgc__segments_give(&t.links, t.held[--t.held_count]);
  }
  xlgc__cursor_advance(&context->read);
  return true;
}

static void end_round(void) {
  xlgc__segments_trim(&t.links, t.queue.links_reserved + XLGC__SEGMENT_RECORDS);
  t.queue.links_room = t.links.room;
}

/* An event of one record or two, or two of one. Refused, it has changed nothing. */
static int log_some(xlgc_context *context, uint64_t *random, bool grows) {
  bool links = trial_random(random, 10) < (grows ? 7u : 3u), two = trial_random(random, 4) == 0;
  bool both = two && trial_random(random, 2);
  xlgc__op op = both ? XLGC__OP_LINK_AT : XLGC__OP_LINK;
  if (!links) op = both ? XLGC__OP_UNLINK_AT : XLGC__OP_UNLINK;
  xlgc__record records[2] = {{{(uint64_t)op << 56, 0}}, {{(uint64_t)(both ? 0 : XLGC__OP_UNLINK) << 56, 0}}};
  uint32_t count = two ? 2 : 1;
  uint64_t reserved = t.queue.links_reserved, used = t.queue.chunks.used;
  uint64_t position = xlgc__log_position(&context->log);
  const xlgc__record *end = xlgc__log_cut(&context->log);
  int result = xlgc__writer_log(context, records, count, links, context->of_pool);
  uint64_t now = xlgc__log_position(&context->log);
  if (!result) {
    ck_assert_uint_eq(now, position + count);
    return 0;
  }
  ck_assert_int_eq(result, XLGC_E_NOMEM);
  ck_assert_uint_eq(now, position);
  ck_assert_ptr_eq(xlgc__log_cut(&context->log), end);
  ck_assert_uint_eq(t.queue.links_reserved, reserved);
  ck_assert_uint_eq(t.queue.chunks.used, used);
  return result;
}

/* Writers and reader in bursts, growing and shrinking. Now and then there is no memory: then the log refuses, and what
 * it took before is good still. */
START_TEST(a_logged_link_has_its_record) {
  uint64_t random = seed;
  unsigned refused = 0, bursts = trial_work(3000);
  start();
  t.all[1] = open("one");
  t.all[2] = open("two");
  for (unsigned burst = 0; burst < bursts; burst++) {
    bool grows = t.held_count < HELD / 4 || (t.held_count < HELD / 2 && burst % 64 < 32);
    xlgc_context *writer = t.all[trial_random(&random, CONTEXTS)];
    no_memory(trial_random(&random, 8) == 0);
    for (unsigned i = trial_random(&random, 600); i; i--) {
      int result = log_some(writer, &random, grows);
      ck_assert(!result || t.memory.failed);
      refused += result != 0;
    }
    check_reserve();
    for (unsigned i = 0; i < CONTEXTS; i++)
      if (trial_random(&random, 2)) t.all[i]->cut = xlgc__log_cut(&t.all[i]->log);
    for (unsigned i = trial_random(&random, 900); i; i--)
      read_one(trial_random(&random, CONTEXTS));
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
  t.all[1] = open("one");
  t.all[2] = open("two");
  for (unsigned i = 0; i < HELD - CONTEXTS; i++)
    ok(log_one(t.all[i % CONTEXTS], XLGC__OP_LINK, i));
  check_reserve();
  no_memory(true);
  for (unsigned i = 0; i < CONTEXTS; i++) {
    t.all[i]->cut = xlgc__log_cut(&t.all[i]->log);
    while (read_one(i)) {
    }
    check_reserve();
  }
  ck_assert_uint_eq(t.held_count, HELD - CONTEXTS);
  finish();
}
END_TEST

/* A context that logs no links sets nothing aside for them, not even in chunks to come. */
START_TEST(only_who_links_pays_for_links) {
  start();
  xlgc_context *context = open("pins");
  for (unsigned i = 0; i < 3 * XLGC__CHUNK_RECORDS; i++)
    ok(log_one(context, XLGC__OP_PIN, i));
  ck_assert_uint_eq(t.queue.links_reserved, 0);
  ck_assert_uint_eq(t.links.spare_count, 0);
  ok(log_one(context, XLGC__OP_LINK, 0));
  ck_assert_uint_eq(t.queue.links_reserved, XLGC__CHUNK_RECORDS);
  finish();
}
END_TEST

/* With link records for less than a whole chunk each link asks, to the last record; what needs none still goes. */
START_TEST(links_are_logged_to_the_last_record) {
  enum { RECORDS = XLGC__SEGMENT_RECORDS - 1 };
  start_with(UINT32_MAX, 2 * RECORDS);
  xlgc_context *context = open("links");
  ok(xlgc__segments_prepare(&t.links));
  no_memory(true);
  for (unsigned i = 0; i < RECORDS; i++)
    ok(log_one(context, XLGC__OP_LINK, i));
  ck_assert_int_eq(log_one(context, XLGC__OP_LINK, 0), XLGC_E_NOMEM);
  ok(log_one(context, XLGC__OP_PIN, 0));
  ck_assert_int_eq(log_one(context, XLGC__OP_LINK, 0), XLGC_E_NOMEM);
  ck_assert_uint_eq(t.queue.links_reserved, RECORDS);
  check_credits(context);
  no_memory(false);
  ok(log_one(context, XLGC__OP_LINK, 0));
  ck_assert_uint_gt(t.queue.links_reserved, RECORDS + 1); /* for what else the chunk may take */
  ck_assert_ptr_nonnull(xlgc__log_room(&context->log, 1, 1));
  check_credits(context);
  ck_assert_uint_eq(read_all(context), RECORDS + 2);
  finish();
}
END_TEST

START_TEST(a_refused_event_is_not_there) {
  start();
  xlgc_context *program = open("program");
  no_memory(true);
  uint64_t logged = 0;
  while (log_one(program, XLGC__OP_PIN, logged) == 0)
    logged++;
  ck_assert_uint_eq(logged, XLGC__OWN_RECORDS + XLGC__CHUNKS_MIN * XLGC__CHUNK_RECORDS);
  ck_assert_int_eq(log_one(program, XLGC__OP_LINK, 0), XLGC_E_NOMEM);
  ck_assert_int_eq(log_one(t.callbacks, XLGC__OP_LINK, 0), XLGC_E_NOMEM);
  ck_assert_uint_eq(t.queue.links_reserved, 0);
  ck_assert_uint_eq(xlgc__log_position(&program->log), logged);
  /* In its own chunk the callbacks' has room, for any event but a link; of that one there is but where the program was. */
  ok(log_one(t.callbacks, XLGC__OP_PIN, 4711));
  ck_assert_uint_eq(xlgc__log_position(&t.callbacks->log) - t.callbacks->extras, 1);
  const xlgc__record *event = peek(t.callbacks);
  ck_assert_int_eq(xlgc__event_op(event), XLGC__OP_SYNC);
  ck_assert_uint_eq(event->word[1], logged);
  xlgc__cursor_advance(&t.callbacks->read);
  event = peek(t.callbacks);
  ck_assert_int_eq(xlgc__event_op(event), XLGC__OP_PIN);
  ck_assert_uint_eq(event->word[1], 4711);
  /* What was taken is there, in its order, and nothing else. */
  for (uint64_t i = 0; i < logged; i++) {
    event = peek(program);
    ck_assert_ptr_nonnull(event);
    ck_assert_uint_eq(event->word[1], i);
    xlgc__cursor_advance(&program->read);
  }
  ck_assert_ptr_null(peek(program));
  ok(log_one(program, XLGC__OP_PIN, logged));
  ck_assert_uint_eq(peek(program)->word[1], logged);
  finish();
}
END_TEST

/* Though there is a chunk for it, but no memory for its record. */
START_TEST(a_refused_link_takes_no_chunk) {
  start();
  xlgc_context *context = open("context");
  for (unsigned i = 0; i < XLGC__OWN_RECORDS; i++)
    ok(log_one(context, XLGC__OP_PIN, i));
  no_memory(true);
  for (unsigned i = 0; i <= XLGC__CHUNKS_MIN; i++) {
    ck_assert_int_eq(log_one(context, XLGC__OP_LINK, 0), XLGC_E_NOMEM);
    ck_assert_uint_eq(t.queue.chunks.used, 0);
    ck_assert_uint_eq(t.queue.links_reserved, 0);
  }
  ok(log_one(context, XLGC__OP_PIN, XLGC__OWN_RECORDS));
  ck_assert_uint_eq(read_all(context), XLGC__OWN_RECORDS + 1);
  finish();
}
END_TEST

/* --------------------------------------------------------------- the bound */

/* Takes what the queue has, to the last record. */
static void fill(xlgc_context *context) {
  int result;
  do
    result = log_one(context, XLGC__OP_PIN, 0);
  while (!result);
  ck_assert_int_eq(result, XLGC_E_QUEUE);
  ck_assert_uint_eq(t.queue.chunks.used, t.queue.chunks.bound);
}

START_TEST(who_has_been_read_goes_on_at_the_bound) {
  start_with(1, 0);
  xlgc_context *behind = open("behind"), *read = open("read");
  for (unsigned i = 0; i < XLGC__OWN_RECORDS + 1; i++)
    ok(log_one(read, XLGC__OP_PIN, i));
  fill(behind);
  ck_assert_uint_eq(read_all(read), XLGC__OWN_RECORDS + 1);
  uint64_t number = 0;
  unsigned own_served = 0;
  for (unsigned round = 0; round < 50; round++) {
    /* To the end of its chunk and on into its own. */
    uint64_t first = number;
    while (log_one(read, XLGC__OP_PIN, number) == 0)
      number++;
    ck_assert_uint_ge(number - first, XLGC__OWN_RECORDS);
    ck_assert_uint_le(number - first, XLGC__OWN_RECORDS + XLGC__CHUNK_RECORDS);
    ck_assert_uint_eq(t.queue.chunks.used, t.queue.chunks.bound);
    for (; first < number; first++) {
      const xlgc__record *event = peek(read);
      ck_assert_ptr_nonnull(event);
      ck_assert_uint_eq(event->word[1], first);
      xlgc__cursor_advance(&read->read);
    }
    ck_assert_ptr_null(peek(read));
    own_served += read->log.last == &read->own;
  }
  ck_assert_uint_ge(own_served, 25);
  /* Nothing came of the other's. */
  ck_assert_uint_eq(read_all(behind), xlgc__log_position(&behind->log));
  finish();
}
END_TEST

START_TEST(the_own_chunk_serves_once_at_a_time) {
  start_with(1, 0);
  xlgc_context *context = open("alone");
  fill(context);
  uint64_t position = xlgc__log_position(&context->log);
  ck_assert_uint_eq(position, XLGC__OWN_RECORDS + t.queue.chunks.bound * XLGC__CHUNK_RECORDS);
  /* One record behind the own chunk's end it can be had again, and stands behind all the others. */
  for (unsigned i = 0; i < XLGC__OWN_RECORDS; i++) {
    ck_assert_ptr_nonnull(peek(context));
    xlgc__cursor_advance(&context->read);
  }
  ck_assert_int_eq(log_one(context, XLGC__OP_PIN, 0), XLGC_E_QUEUE);
  ck_assert_ptr_nonnull(peek(context));
  for (unsigned i = 0; i < XLGC__OWN_RECORDS; i++)
    ok(log_one(context, XLGC__OP_UNPIN, 0));
  ck_assert_int_eq(log_one(context, XLGC__OP_UNPIN, 0), XLGC_E_QUEUE);
  for (unsigned i = 0; i < t.queue.chunks.bound * XLGC__CHUNK_RECORDS; i++) {
    ck_assert_int_eq(xlgc__event_op(peek(context)), XLGC__OP_PIN);
    xlgc__cursor_advance(&context->read);
  }
  ck_assert_uint_eq(xlgc__reader_unread(context), XLGC__OWN_RECORDS);
  ck_assert_int_eq(xlgc__event_op(peek(context)), XLGC__OP_UNPIN);
  ck_assert_uint_eq(t.queue.chunks.used, 0);
  ck_assert_uint_eq(read_all(context), XLGC__OWN_RECORDS);
  finish();
}
END_TEST

START_TEST(callbacks_go_beyond_the_bound) {
  start_with(1, 0);
  fill(open("behind"));
  for (unsigned i = 0; i < 3 * XLGC__CHUNK_RECORDS; i++)
    ok(log_one(t.callbacks, XLGC__OP_LINK, i));
  ck_assert_uint_gt(t.queue.chunks.used, t.queue.chunks.bound);
  finish();
}
END_TEST

/* ------------------------------------------------------------------- order */

/* What the next event of the callbacks' says of the program's only context. */
static void expect_sync(const xlgc_context *program, uint64_t position) {
  const xlgc__record *event = peek(t.callbacks);
  ck_assert_ptr_nonnull(event);
  ck_assert_int_eq(xlgc__event_op(event), XLGC__OP_SYNC);
  ck_assert_uint_eq((uint32_t)event->word[0], program->number);
  ck_assert_uint_eq(event->word[1], position);
  xlgc__cursor_advance(&t.callbacks->read);
}

static void expect_event(uint64_t number) {
  const xlgc__record *event = peek(t.callbacks);
  ck_assert_ptr_nonnull(event);
  ck_assert_int_ne(xlgc__event_op(event), XLGC__OP_SYNC);
  ck_assert_uint_eq(event->word[1], number);
  xlgc__cursor_advance(&t.callbacks->read);
}

START_TEST(a_callbacks_event_says_what_came_before) {
  enum { EVENTS = 2000 };
  uint64_t expected[EVENTS], random = seed, said = UINT64_MAX;
  unsigned syncs = 0;
  start();
  xlgc_context *program = open("program");
  for (unsigned written = 0; written < EVENTS;) {
    if (trial_random(&random, 2)) {
      xlgc__record records[2] = {{{(uint64_t)XLGC__OP_UNLINK_AT << 56, 0}}, {{0, 0}}};
      ok(xlgc__writer_log(program, records, 2, 0, false));
      continue;
    }
    expected[written] = xlgc__log_position(&program->log);
    ok(log_one(t.callbacks, trial_random(&random, 2) ? XLGC__OP_UNPIN : XLGC__OP_LINK, written++));
  }
  for (unsigned i = 0; i < EVENTS; i++) {
    if (expected[i] != said) {
      expect_sync(program, expected[i]);
      syncs++;
    }
    said = expected[i];
    expect_event(i);
  }
  ck_assert_ptr_null(peek(t.callbacks));
  ck_assert_uint_gt(syncs, EVENTS / 4);
  ck_assert_uint_eq(t.callbacks->extras, syncs);
  ck_assert_uint_eq(t.callbacks->read.events, EVENTS);
  ck_assert_uint_eq(t.callbacks->read.records, EVENTS + syncs);
  finish();
}
END_TEST

/* Takes a context off the list, as the round does with one that has ended. */
static void forget(xlgc_context *context) {
  xlgc_context **at = &t.queue.contexts;
  while (*at != context)
    at = &(*at)->next;
  *at = context->next;
  xlgc__context_end(context);
}

/* The round says that the order is known again. */
static void is_known(void) {
  t.queue.plural = false;
  atomic_store(&t.queue.sole, t.queue.contexts);
}

START_TEST(only_of_a_sole_context_something_is_said) {
  start();
  ok(log_one(t.callbacks, XLGC__OP_PIN, 0));
  expect_event(0);
  xlgc_context *first = open("first");
  ck_assert_ptr_eq(atomic_load(&t.queue.sole), first);
  ck_assert(!t.queue.plural);
  ok(log_one(first, XLGC__OP_PIN, 0));
  ok(log_one(t.callbacks, XLGC__OP_PIN, 1));
  expect_sync(first, 1);
  expect_event(1);
  /* Of two contexts nothing. */
  xlgc_context *second = open("second");
  ck_assert_ptr_null(atomic_load(&t.queue.sole));
  ck_assert(t.queue.plural);
  ck_assert_uint_ne(first->number, second->number);
  ok(log_one(first, XLGC__OP_PIN, 0));
  ok(log_one(t.callbacks, XLGC__OP_PIN, 2));
  expect_event(2);
  /* One has ended; but until the round says so, events of both may wait, also when a third takes its place. */
  forget(first);
  ok(log_one(second, XLGC__OP_PIN, 0));
  ok(log_one(t.callbacks, XLGC__OP_PIN, 3));
  expect_event(3);
  forget(second);
  xlgc_context *third = open("third");
  ck_assert_ptr_null(atomic_load(&t.queue.sole));
  ok(log_one(third, XLGC__OP_PIN, 0));
  ok(log_one(t.callbacks, XLGC__OP_PIN, 4));
  expect_event(4);
  /* Its position is one that was said before, but of another context. */
  is_known();
  ok(log_one(t.callbacks, XLGC__OP_PIN, 5));
  expect_sync(third, 1);
  expect_event(5);
  ok(log_one(t.callbacks, XLGC__OP_PIN, 6));
  expect_event(6);
  ck_assert_ptr_null(peek(t.callbacks));
  finish();
}
END_TEST

/* ----------------------------------------------------------------- reading */

START_TEST(what_is_unread_is_counted) {
  uint64_t random = seed, written = 0, read = 0;
  start();
  xlgc_context *context = open("context");
  ck_assert(!xlgc__reader_has_news(context));
  for (unsigned turns = trial_work(5000); turns; turns--) {
    for (unsigned i = trial_random(&random, 60); i; i--) {
      xlgc__record records[EVENT_MAX] = {{{(uint64_t)XLGC__OP_DROP_LINK << 56, 0}}};
      if (trial_random(&random, 2)) records[0].word[0] = (uint64_t)XLGC__OP_BORN << 56;
      uint32_t count = xlgc__event_records(records);
      ok(xlgc__writer_log(context, records, count, 0, false));
      written += count;
    }
    for (unsigned i = trial_random(&random, 60); i && peek(context); i--) {
      read += xlgc__event_records(context->read.at);
      xlgc__cursor_advance(&context->read);
    }
    ck_assert_uint_eq(xlgc__log_position(&context->log), written);
    ck_assert_uint_eq(xlgc__reader_unread(context), written - read);
    ck_assert(xlgc__reader_has_news(context) == (written != read));
  }
  read_all(context);
  ck_assert_uint_eq(xlgc__reader_unread(context), 0);
  ck_assert_uint_le(t.queue.chunks.used, 1);
  finish();
}
END_TEST

START_TEST(reading_stops_at_the_cut_and_ahead_at_the_save) {
  enum { BEFORE = 500, BETWEEN = 700, AFTER = 30 };
  start();
  xlgc_context *context = open("context");
  uint64_t number = 0, read = 0;
  for (unsigned i = 0; i < BEFORE; i++)
    ok(log_one(context, XLGC__OP_PIN, number++));
  context->cut = xlgc__log_cut(&context->log);
  for (unsigned i = 0; i < BETWEEN; i++)
    ok(log_one(context, XLGC__OP_PIN, number++));
  for (const xlgc__record *event; (event = xlgc__reader_peek(context)) != NULL; read++) {
    ck_assert_uint_eq(event->word[1], read);
    xlgc__cursor_advance(&context->read);
  }
  ck_assert_uint_eq(read, BEFORE);
  context->save = xlgc__log_cut(&context->log);
  for (unsigned i = 0; i < AFTER; i++)
    ok(log_one(context, XLGC__OP_PIN, number++));
  uint64_t used = t.queue.chunks.used, ahead = read;
  for (const xlgc__record *event; (event = xlgc__reader_peek_ahead(context)) != NULL; ahead++) {
    ck_assert_uint_eq(event->word[1], ahead);
    xlgc__cursor_advance(&context->ahead);
  }
  ck_assert_uint_eq(ahead, BEFORE + BETWEEN);
  ck_assert_uint_eq(context->ahead.records, ahead);
  ck_assert_uint_eq(t.queue.chunks.used, used);
  ck_assert_ptr_null(xlgc__reader_peek(context));
  ck_assert_uint_eq(xlgc__reader_unread(context), BETWEEN + AFTER);
  /* Overtaken, whose chunks are gone, it begins where the other one is. */
  for (const xlgc__record *event; (event = peek(context)) != NULL; read++) {
    ck_assert_uint_eq(event->word[1], read);
    xlgc__cursor_advance(&context->read);
  }
  ck_assert_uint_eq(read, number);
  context->save = context->cut;
  ck_assert_ptr_null(xlgc__reader_peek_ahead(context));
  ok(log_one(context, XLGC__OP_PIN, number));
  context->save = xlgc__log_cut(&context->log);
  ck_assert_uint_eq(xlgc__reader_peek_ahead(context)->word[1], number);
  finish();
}
END_TEST

START_TEST(a_full_chunk_wakes_the_worker) {
  start();
  xlgc_context *context = open("context");
  for (unsigned i = 0; i < XLGC__OWN_RECORDS + XLGC__CHUNK_RECORDS; i++)
    ok(log_one(context, XLGC__OP_PIN, i));
  ck_assert(!atomic_load(&t.queue.wanted));
  ok(log_one(context, XLGC__OP_PIN, 0));
  ck_assert(atomic_load(&t.queue.wanted));
  finish();
}
END_TEST

/* --------------------------------------------------------- opening and end */

START_TEST(a_context_is_named_and_numbered) {
  start();
  xlgc_context *first = open("a name that is longer than there is room for it"), *second = open(NULL);
  ck_assert_uint_eq(strlen(first->name), sizeof first->name - 1);
  ck_assert_str_eq(second->name, "");
  ck_assert_uint_ne(first->number, second->number);
  ck_assert_uint_eq(first->log.prefix >> 56, 7);
  ck_assert_ptr_eq(t.queue.contexts, second);
  ck_assert_ptr_eq(second->next, first);
  ck_assert_uint_eq(t.queue.numbers, 2);
  xlgc_context *third = NULL;
  no_memory(true);
  ck_assert_int_eq(xlgc__context_create(&t.queue, NULL, 7, NULL, &third), XLGC_E_NOMEM);
  ck_assert_ptr_null(third);
  ck_assert_uint_eq(t.queue.numbers, 2);
  finish();
}
END_TEST

START_TEST(it_has_ended_when_closed_and_read) {
  start();
  xlgc_context *context = open("context");
  ok(log_one(context, XLGC__OP_PIN, 0));
  ck_assert(!(xlgc__reader_is_closed(context) && !xlgc__reader_has_news(context)));
  read_all(context);
  ck_assert(!(xlgc__reader_is_closed(context) && !xlgc__reader_has_news(context)));
  for (unsigned i = 0; i < 2 * XLGC__CHUNK_RECORDS; i++)
    ok(log_one(context, XLGC__OP_PIN, 0));
  atomic_store(&context->closed, true);
  ck_assert(!(xlgc__reader_is_closed(context) && !xlgc__reader_has_news(context)));
  read_all(context);
  ck_assert(xlgc__reader_is_closed(context) && !xlgc__reader_has_news(context));
  finish();
}
END_TEST

/* Whatever it is in the midst of, its chunks and what was set aside for them come back. */
START_TEST(an_ended_context_leaves_nothing) {
  uint64_t random = seed;
  start_with(1, 0);
  for (unsigned i = 0; i < 200; i++) {
    xlgc_context *context = open("context");
    for (unsigned bursts = trial_random(&random, 4); bursts; bursts--) {
      for (unsigned j = trial_random(&random, 1200); j; j--)
        if (log_one(context, XLGC__OP_LINK, j)) break;
      for (unsigned j = trial_random(&random, 1200); j && peek(context); j--)
        xlgc__cursor_advance(&context->read);
    }
    forget(context);
    ck_assert_uint_eq(t.queue.links_reserved, 0);
    ck_assert_uint_eq(t.queue.chunks.used, 0);
  }
  finish();
}
END_TEST

/* ---------------------------------------------------------------- sections */

/* As the round notes it. */
static bool is_inside(xlgc_context *context) {
  uint64_t section = atomic_load(&context->section);
  context->section_seen = section & 1 ? section : 0;
  return context->section_seen != 0;
}

START_TEST(sections_nest) {
  start();
  xlgc_context *context = open("context");
  ck_assert(!is_inside(context));
  for (unsigned depth = 1; depth <= 4; depth++) {
    xlgc__section_enter(context);
    ck_assert(is_inside(context));
  }
  for (unsigned depth = 4; depth > 1; depth--) {
    ck_assert(!xlgc__section_leave(context));
    ck_assert(xlgc__section_goes_on(context));
  }
  ck_assert(!xlgc__section_leave(context));
  ck_assert(!xlgc__section_goes_on(context));
  ck_assert(!is_inside(context));
  finish();
}
END_TEST

START_TEST(the_next_section_is_another_one) {
  start();
  xlgc_context *context = open("context");
  xlgc__section_enter(context);
  ck_assert(is_inside(context));
  for (unsigned i = 0; i < 5; i++) {
    xlgc__section_leave(context);
    ck_assert(!xlgc__section_goes_on(context));
    xlgc__section_enter(context);
    ck_assert(!xlgc__section_goes_on(context));
  }
  ck_assert(is_inside(context));
  ck_assert(xlgc__section_goes_on(context));
  finish();
}
END_TEST

START_TEST(the_end_leaves_from_however_deep) {
  start();
  xlgc_context *context = open("context");
  atomic_store(&t.queue.awaited, true);
  ck_assert(!xlgc__section_end(context));
  for (unsigned depth = 1; depth <= 3; depth++) {
    for (unsigned i = 0; i < depth; i++)
      xlgc__section_enter(context);
    ck_assert(is_inside(context));
    ck_assert(xlgc__section_end(context));
    ck_assert(!xlgc__section_goes_on(context));
    ck_assert(!is_inside(context));
    ck_assert(!xlgc__section_end(context));
    ck_assert(!is_inside(context));
  }
  finish();
}
END_TEST

/* Only the outermost leave lets go, so only that asks whether somebody waits. */
START_TEST(leaving_says_whether_somebody_waits) {
  start();
  xlgc_context *context = open("context");
  xlgc__section_enter(context);
  xlgc__section_enter(context);
  atomic_store(&t.queue.awaited, true);
  ck_assert(!xlgc__section_leave(context));
  ck_assert(xlgc__section_leave(context));
  atomic_store(&t.queue.awaited, false);
  xlgc__section_enter(context);
  ck_assert(!xlgc__section_leave(context));
  ck_assert(xlgc__thread_equal(atomic_load(&context->thread), xlgc__thread_self()));
  finish();
}
END_TEST

int main(void) {
  seed = trial_seed();
  Suite *suite = suite_create("unit_context");
  TCase *links = trial_case(suite, "links");
  tcase_add_test(links, a_logged_link_has_its_record);
  tcase_add_test(links, many_links_are_logged_before_any_is_read);
  tcase_add_test(links, only_who_links_pays_for_links);
  tcase_add_test(links, links_are_logged_to_the_last_record);
  tcase_add_test(links, a_refused_event_is_not_there);
  tcase_add_test(links, a_refused_link_takes_no_chunk);
  TCase *bound = trial_case(suite, "bound");
  tcase_add_test(bound, who_has_been_read_goes_on_at_the_bound);
  tcase_add_test(bound, the_own_chunk_serves_once_at_a_time);
  tcase_add_test(bound, callbacks_go_beyond_the_bound);
  TCase *order = trial_case(suite, "order");
  tcase_add_test(order, a_callbacks_event_says_what_came_before);
  tcase_add_test(order, only_of_a_sole_context_something_is_said);
  TCase *reading = trial_case(suite, "reading");
  tcase_add_test(reading, what_is_unread_is_counted);
  tcase_add_test(reading, reading_stops_at_the_cut_and_ahead_at_the_save);
  tcase_add_test(reading, a_full_chunk_wakes_the_worker);
  TCase *ends = trial_case(suite, "opening and end");
  tcase_add_test(ends, a_context_is_named_and_numbered);
  tcase_add_test(ends, it_has_ended_when_closed_and_read);
  tcase_add_test(ends, an_ended_context_leaves_nothing);
  TCase *sections = trial_case(suite, "sections");
  tcase_add_test(sections, sections_nest);
  tcase_add_test(sections, the_next_section_is_another_one);
  tcase_add_test(sections, the_end_leaves_from_however_deep);
  tcase_add_test(sections, leaving_says_whether_somebody_waits);
  return trial_run(suite);
}
