/* Chunks and logs: what was appended is read in its order up to any cut, no event is split, the bound and the reserve
 * hold. */
#include <config.h>

#include "queue/log.h"
#include "support/alloc.h"
#include "support/threads.h"
#include "support/trial.h"

#include <sched.h>

enum { CHUNK = XLGC__CHUNK_RECORDS, RECORDS_MAX = 3, SMALL_MAX = 20 };

static struct {
  alloc memory;
  xlgc__memory mem;
  xlgc__chunks chunks;
  xlgc__log log;
  xlgc__cursor read, ahead;
  uint64_t writer;          /* what it draws events from, as their reader does once more */
  uint64_t records, events; /* written; of the events, those of the program's */
  uint64_t small;           /* chunks that are not the queue's and are out */
} t;

static uint64_t seed;

static xlgc__chunk *small_chunk(uint32_t capacity) {
  xlgc__chunk *chunk = xlgc__memory_allocate(&t.mem, XLGC__CHUNK_BYTES(capacity));
  ck_assert_ptr_nonnull(chunk);
  chunk->capacity = capacity;
  t.small++;
  return chunk;
}

static void give(xlgc__chunk *chunk) {
  if (chunk->capacity == CHUNK) {
    xlgc__chunks_give(&t.chunks, chunk);
    return;
  }
  xlgc__memory_release(&t.mem, chunk, XLGC__CHUNK_BYTES(chunk->capacity));
  t.small--;
}

static void start_chunks(uint64_t bound, uint64_t reserve) {
  t.memory = (alloc){.fail_at = ALLOC_NEVER};
  xlgc_allocator functions = alloc_functions(&t.memory);
  xlgc__memory_init(&t.mem, &functions);
  ok(xlgc__chunks_init(&t.chunks, &t.mem, bound, reserve));
}

static void finish_chunks(void) {
  ck_assert_uint_eq(t.chunks.used, 0);
  xlgc__chunks_destroy(&t.chunks);
  ck_assert_uint_eq(t.memory.blocks, 0);
}

/* A log that begins in a chunk of its own, as a context's does. */
static void start(uint32_t own) {
  start_chunks(UINT32_MAX, 6 * CHUNK);
  xlgc__chunk *chunk = small_chunk(own);
  xlgc__log_init(&t.log, chunk);
  xlgc__cursor_init(&t.read, chunk);
  xlgc__cursor_init(&t.ahead, chunk);
  t.writer = seed;
  ck_assert_ptr_null(xlgc__log_room(&t.log, 1, 0));
  ck_assert_ptr_eq(xlgc__log_cut(&t.log), t.read.at);
}

/* All has been read. */
static void finish(void) {
  ck_assert_ptr_eq(t.read.chunk, t.log.last);
  ck_assert_ptr_eq(t.read.at, xlgc__log_cut(&t.log));
  ck_assert_uint_eq(t.read.records, t.records);
  ck_assert_uint_eq(t.read.events, t.events);
  ck_assert_uint_eq(t.chunks.used + t.small, 1);
  give(t.log.last);
  finish_chunks();
}

/* ------------------------------------------------------------------ writing */

static const struct {
  xlgc__op op;
  uint32_t records;
  bool is_drop, is_programs;
} ops[] = {
    {XLGC__OP_LINK, 1, false, true},     {XLGC__OP_UNLINK, 1, true, true},    {XLGC__OP_PIN, 1, false, true},
    {XLGC__OP_UNPIN, 1, true, true},     {XLGC__OP_BORN, 1, false, false},    {XLGC__OP_WEAK, 1, false, false},
    {XLGC__OP_LINK_AT, 2, false, true},  {XLGC__OP_UNLINK_AT, 2, true, true}, {XLGC__OP_ADD_LINK, 3, false, true},
    {XLGC__OP_DROP_LINK, 3, true, true}, {XLGC__OP_SYNC, 1, false, false}};
enum { OPS = sizeof ops / sizeof *ops, LINK = 0, DROP_LINK = 9 };

/* Records after the first may look like anything. */
static uint64_t word(unsigned op, unsigned record, uint64_t number) {
  return record ? ~number << 8 * record : (uint64_t)ops[op].op << 56 | number;
}

static xlgc__chunk *some_chunk(uint64_t *random) {
  xlgc__chunk *chunk;
  if (trial_random(random, 2)) return small_chunk(RECORDS_MAX + trial_random(random, SMALL_MAX));
  ok(xlgc__chunks_take(&t.chunks, true, &chunk));
  return chunk;
}

/* Where an event goes that needs the lock. Now and then the next one shall need it again. */
static xlgc__record *make_room(uint64_t *random, uint32_t count) {
  xlgc__log *log = &t.log;
  xlgc__record *at = xlgc__log_next(log);
  if (log->last->records + log->last->capacity - at < (ptrdiff_t)count) {
    xlgc__log_leave(log, some_chunk(random));
    at = log->last->records;
  }
  bool asks = trial_random(random, 4) == 0;
  log->end = asks ? at + count : log->last->records + log->last->capacity;
  return at;
}

static void write_event(unsigned op, uint64_t number, uint64_t *random) {
  xlgc__record records[RECORDS_MAX];
  uint32_t count = ops[op].records;
  for (unsigned i = 0; i < count; i++)
    records[i] = (xlgc__record){{word(op, i, number), number}};
  xlgc__record *at = xlgc__log_room(&t.log, count, 0);
  if (!at) at = make_room(random, count);
  xlgc__log_append(&t.log, at, records, count);
  t.records += count;
  t.events += ops[op].is_programs;
  ck_assert_uint_eq(xlgc__log_position(&t.log), t.records);
}

/* ------------------------------------------------------------------ reading */

/* Is there an event before the cut? Goes on to its chunk; gives those back that are left behind. */
static bool peek(xlgc__cursor *cursor, const xlgc__record *cut, bool gives) {
  while (cursor->at != cut) {
    if (!xlgc__cursor_at_end(cursor, cut)) return true;
    xlgc__chunk *chunk = cursor->chunk;
    ck_assert_ptr_ne(chunk, t.log.last);
    xlgc__cursor_hop(cursor);
    if (gives) give(chunk);
  }
  return false;
}

/* Whether the event the cursor is at is this one, and whole. Moves past it. */
static bool read_event(xlgc__cursor *cursor, unsigned op, uint64_t number) {
  const xlgc__record *event = cursor->at;
  bool good = xlgc__event_op(event) == ops[op].op && xlgc__event_records(event) == ops[op].records;
  good &= xlgc__event_is_drop(event) == ops[op].is_drop && xlgc__event_is_programs(event) == ops[op].is_programs;
  good &= event + ops[op].records <= cursor->chunk->records + cursor->chunk->capacity;
  for (unsigned i = 0; good && i < ops[op].records; i++)
    good = event[i].word[0] == word(op, i, number) && event[i].word[1] == number;
  xlgc__cursor_advance(cursor);
  return good;
}

/* ------------------------------------------------------------ one thread */

/* In bursts. A cut that was noted ends what can be read, however far the log has gone on since. */
START_TEST(events_are_read_in_their_order_up_to_a_cut) {
  uint64_t reader = seed, random = seed + 1;
  uint64_t written = 0, read = 0, before_cut = 0, events = trial_work(100000);
  start(14);
  const xlgc__record *cut = xlgc__log_cut(&t.log);
  while (read < events) {
    uint32_t burst = trial_random(&random, 3) ? 8 : 2 * CHUNK;
    for (unsigned i = trial_random(&random, burst); i && written < events; i--)
      write_event(trial_random(&t.writer, OPS), written++, &random);
    if (trial_random(&random, 2)) {
      cut = xlgc__log_cut(&t.log);
      before_cut = written;
    }
    for (unsigned i = trial_random(&random, burst); i && peek(&t.read, cut, true); i--)
      ck_assert(read_event(&t.read, trial_random(&reader, OPS), read++));
    ck_assert_uint_le(read, before_cut);
    if (!peek(&t.read, cut, true)) ck_assert_uint_eq(read, before_cut);
  }
  ck_assert_uint_le(t.chunks.free_count, 6);
  finish();
}
END_TEST

/* Applies an event, which is due once. */
static void apply(bool *applied, const xlgc__cursor *cursor) {
  uint64_t number = cursor->at->word[1];
  ck_assert(!applied[number]);
  applied[number] = true;
}

/* One cursor runs ahead to a later cut and takes what is no drop; the other follows, takes the drops, and skips what
 * has been taken. So each is taken once, the drops in their order, and none is passed over. */
START_TEST(one_cursor_runs_ahead_and_one_follows) {
  enum { EVENTS = 200000, BURST = CHUNK / 8 };
  static bool applied[EVENTS];
  uint64_t reader = seed, leader = seed, random = seed + 2;
  uint64_t written = 0, read = 0, led = 0, events = trial_work(EVENTS / 10);
  unsigned overtaken = 0, skipped = 0;
  start(3);
  while (read < events) {
    const xlgc__record *cut = xlgc__log_cut(&t.log);
    for (unsigned i = trial_random(&random, BURST); i && written < events; i--)
      write_event(trial_random(&t.writer, OPS), written++, &random);
    for (unsigned i = trial_random(&random, 2 * BURST); i && peek(&t.read, cut, true); i--) {
      bool skips = t.read.records < t.ahead.records && !xlgc__event_is_drop(t.read.at);
      if (!skips) apply(applied, &t.read);
      ck_assert(applied[read]);
      ck_assert(read_event(&t.read, trial_random(&reader, OPS), read++));
      skipped += skips;
    }
    if (trial_random(&random, 2)) continue;
    if (t.ahead.records <= t.read.records) {
      overtaken += t.ahead.records < t.read.records;
      t.ahead = t.read;
      led = read;
      leader = reader;
    }
    const xlgc__record *save = xlgc__log_cut(&t.log);
    for (unsigned i = trial_random(&random, 2 * BURST); i && peek(&t.ahead, save, false); i--) {
      if (!xlgc__event_is_drop(t.ahead.at)) apply(applied, &t.ahead);
      ck_assert(read_event(&t.ahead, trial_random(&leader, OPS), led++));
    }
  }
  ck_assert_uint_gt(overtaken, 0);
  ck_assert_uint_gt(skipped, 0);
  for (uint64_t i = 0; i < events; i++)
    ck_assert(applied[i]);
  finish();
}
END_TEST

START_TEST(a_chunk_that_lacks_the_room_is_left) {
  uint64_t random = seed;
  start(RECORDS_MAX + 2);
  xlgc__chunk *first = t.log.last;
  for (unsigned i = 0; i < RECORDS_MAX; i++)
    write_event(LINK, i, &random);
  t.log.end = first->records + first->capacity;
  ck_assert_ptr_eq(xlgc__log_room(&t.log, 2, 0), first->records + RECORDS_MAX);
  ck_assert_ptr_null(xlgc__log_room(&t.log, 3, 0));
  write_event(DROP_LINK, 4711, &random);
  ck_assert_ptr_ne(t.log.last, first);
  ck_assert_ptr_eq(first->next, t.log.last);
  ck_assert_uint_eq(first->filled, RECORDS_MAX);
  ck_assert_uint_eq(xlgc__log_position(&t.log), 2 * RECORDS_MAX);
  const xlgc__record *cut = xlgc__log_cut(&t.log);
  for (unsigned i = 0; i < RECORDS_MAX; i++) {
    ck_assert(!xlgc__cursor_at_end(&t.read, cut));
    ck_assert(read_event(&t.read, LINK, i));
  }
  /* Before a cut within, though the chunk has been left, it is not gone on from. */
  ck_assert(!xlgc__cursor_at_end(&t.read, first->records + RECORDS_MAX));
  ck_assert(xlgc__cursor_at_end(&t.read, cut));
  ck_assert(peek(&t.read, cut, true));
  ck_assert(read_event(&t.read, DROP_LINK, 4711));
  finish();
}
END_TEST

/* Until the end of what may be appended without the lock the chunk stays; filled to the last record it is left only by
 * the event after that. */
START_TEST(a_full_chunk_is_left_by_the_next_event) {
  uint64_t random = seed;
  start(RECORDS_MAX);
  xlgc__chunk *first = t.log.last;
  write_event(DROP_LINK, 0, &random);
  const xlgc__record *cut = xlgc__log_cut(&t.log);
  ck_assert_ptr_eq(cut, first->records + RECORDS_MAX);
  ck_assert(peek(&t.read, cut, true));
  ck_assert(read_event(&t.read, DROP_LINK, 0));
  ck_assert(!peek(&t.read, cut, true));
  write_event(LINK, 1, &random);
  ck_assert(!peek(&t.read, cut, true)); /* the old cut */
  ck_assert_ptr_eq(t.read.chunk, first);
  cut = xlgc__log_cut(&t.log);
  ck_assert(peek(&t.read, cut, true));
  ck_assert_ptr_eq(t.read.chunk, t.log.last);
  ck_assert(read_event(&t.read, LINK, 1));
  finish();
}
END_TEST

/* ----------------------------------------------------------- two threads */

static struct {
  pthread_mutex_t lock;
  uint64_t events;
  _Atomic bool gives_up; /* the reader does not wait any more */
} shared = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* A chunk within the bound, waited for. Returns with the lock held, or NULL without. */
static xlgc__chunk *wait_for_chunk(void) {
  while (!atomic_load_explicit(&shared.gives_up, memory_order_relaxed)) {
    xlgc__chunk *chunk;
    pthread_mutex_lock(&shared.lock);
    if (xlgc__chunks_take(&t.chunks, false, &chunk) == 0) return chunk;
    pthread_mutex_unlock(&shared.lock);
    sched_yield();
  }
  return NULL;
}

static void write_all(void *data) {
  (void)data;
  for (uint64_t number = 0; number < shared.events; number++) {
    xlgc__record records[RECORDS_MAX];
    unsigned op = trial_random(&t.writer, OPS);
    uint32_t count = ops[op].records;
    for (unsigned i = 0; i < count; i++)
      records[i] = (xlgc__record){{word(op, i, number), number}};
    xlgc__record *at = xlgc__log_room(&t.log, count, 0);
    if (at) {
      xlgc__log_append(&t.log, at, records, count);
    } else {
      xlgc__chunk *chunk = wait_for_chunk();
      if (!chunk) return;
      xlgc__log_leave(&t.log, chunk);
      t.log.end = chunk->records + chunk->capacity;
      xlgc__log_append(&t.log, chunk->records, records, count);
      pthread_mutex_unlock(&shared.lock);
    }
    t.records += count;
    t.events += ops[op].is_programs;
  }
}

/* The writer never takes the lock but at a chunk's end, the reader never but at its end. */
START_TEST(a_thread_writes_and_another_reads) {
  uint64_t reader = seed, random = seed + 3, read = 0;
  bool good = true;
  job writer;
  start(14);
  t.chunks.bound = 4;
  shared.events = trial_work(400000);
  begin(&writer, write_all, NULL);
  while (good && read < shared.events) {
    const xlgc__record *cut = xlgc__log_cut(&t.log);
    bool lingers = trial_random(&random, 64) == 0;
    while (good && t.read.at != cut) {
      if (!xlgc__cursor_at_end(&t.read, cut)) {
        good = read_event(&t.read, trial_random(&reader, OPS), read++);
        continue;
      }
      xlgc__chunk *chunk = t.read.chunk;
      xlgc__cursor_hop(&t.read);
      pthread_mutex_lock(&shared.lock);
      give(chunk);
      pthread_mutex_unlock(&shared.lock);
      if (lingers) sched_yield();
    }
  }
  atomic_store_explicit(&shared.gives_up, true, memory_order_relaxed);
  end(&writer);
  ck_assert_msg(good, "event %llu is not what was written", (unsigned long long)read);
  ck_assert_uint_eq(xlgc__log_position(&t.log), t.records);
  ck_assert_uint_le(t.memory.blocks, 6 + 1);
  finish();
}
END_TEST

/* ---------------------------------------------------------------- chunks */

START_TEST(the_bound_holds_unless_overruled) {
  enum { BOUND = 8, RESERVE = 5 };
  xlgc__chunk *taken[BOUND + 1];
  start_chunks((BOUND - 1) * CHUNK + 1, RESERVE * CHUNK);
  ck_assert_uint_eq(t.memory.blocks, RESERVE);
  for (unsigned i = 0; i < BOUND; i++)
    ok(xlgc__chunks_take(&t.chunks, false, &taken[i]));
  ck_assert_int_eq(xlgc__chunks_take(&t.chunks, false, &taken[BOUND]), XLGC_E_QUEUE);
  ok(xlgc__chunks_take(&t.chunks, true, &taken[BOUND]));
  ck_assert_uint_eq(t.memory.blocks, BOUND + 1);
  for (unsigned i = 0; i <= BOUND; i++)
    xlgc__chunks_give(&t.chunks, taken[i]);
  ck_assert_uint_eq(t.memory.blocks, RESERVE);
  finish_chunks();
}
END_TEST

START_TEST(there_are_enough_for_two_logs_to_go_on) {
  start_chunks(1, 0);
  ck_assert_uint_eq(t.memory.blocks, XLGC__CHUNKS_MIN);
  ck_assert_uint_eq(t.chunks.bound, XLGC__CHUNKS_MIN);
  finish_chunks();
}
END_TEST

START_TEST(the_reserve_needs_no_memory) {
  enum { RESERVE = 5 };
  xlgc__chunk *taken[RESERVE + 1];
  start_chunks(UINT32_MAX, RESERVE * CHUNK);
  t.memory.sticky = true;
  t.memory.fail_at = 0;
  for (unsigned round = 0; round < 3; round++) {
    for (unsigned i = 0; i < RESERVE; i++) {
      ok(xlgc__chunks_take(&t.chunks, false, &taken[i]));
      ck_assert(taken[i]->filled == 0 && taken[i]->credit == 0 && taken[i]->next == NULL);
      ck_assert_uint_eq(taken[i]->capacity, CHUNK);
      taken[i]->filled = taken[i]->credit = 7;
    }
    ck_assert_int_eq(xlgc__chunks_take(&t.chunks, false, &taken[RESERVE]), XLGC_E_NOMEM);
    ck_assert_uint_eq(t.chunks.used, RESERVE);
    for (unsigned i = 0; i < RESERVE; i++)
      xlgc__chunks_give(&t.chunks, taken[i]);
  }
  finish_chunks();
}
END_TEST

START_TEST(without_memory_for_the_reserve_nothing_is_left) {
  for (uint64_t fail_at = 0; fail_at < XLGC__CHUNKS_MIN; fail_at++) {
    t.memory = (alloc){.fail_at = fail_at};
    xlgc_allocator functions = alloc_functions(&t.memory);
    xlgc__memory_init(&t.mem, &functions);
    ck_assert_int_eq(xlgc__chunks_init(&t.chunks, &t.mem, 1, 1), XLGC_E_NOMEM);
    ck_assert_uint_eq(t.memory.blocks, 0);
  }
}
END_TEST

int main(void) {
  seed = trial_seed();
  Suite *suite = suite_create("unit_log");
  TCase *logs = trial_case(suite, "logs");
  tcase_add_test(logs, events_are_read_in_their_order_up_to_a_cut);
  tcase_add_test(logs, one_cursor_runs_ahead_and_one_follows);
  tcase_add_test(logs, a_chunk_that_lacks_the_room_is_left);
  tcase_add_test(logs, a_full_chunk_is_left_by_the_next_event);
  tcase_add_test(logs, a_thread_writes_and_another_reads);
  TCase *cases = trial_case(suite, "chunks");
  tcase_add_test(cases, the_bound_holds_unless_overruled);
  tcase_add_test(cases, there_are_enough_for_two_logs_to_go_on);
  tcase_add_test(cases, the_reserve_needs_no_memory);
  tcase_add_test(cases, without_memory_for_the_reserve_nothing_is_left);
  return trial_run(suite);
}
