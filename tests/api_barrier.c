/* The barriers, as inline code of C or C++ (support/barriers.h) and as functions: the same records, the same errors, on
 * across the ends of chunks; and in a forked child none of its contexts takes an event. */
#include <config.h>

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "queue/context.h"
#include "support/barriers.h"
#include "support/one_pool.h"

/* A function's name by itself is the function. */
static const barriers barriers_called = {xlgc_link, xlgc_unlink, xlgc_relink, xlgc_pin, xlgc_unpin};

enum { INLINE, CALLED, WAYS };
static const barriers *const ways[WAYS] = {&barriers_inline, &barriers_called};

static xlgc_context *another(const char *name) {
  xlgc_context *context;
  ok(xlgc_context_create(r.pool, name, &context));
  return context;
}

/* ----------------------------------------------------------------- records */

/* All of these fit into a new context's own chunk; the first makes room for the others. */
static void log_some(const barriers *by, xlgc_context *context, xlgc_id top, xlgc_id one, xlgc_id other) {
  ok(by->link(context, top, one));
  ck_assert_uint_eq(xlgc_context_position(context), 1);
  ok(by->link(context, top, one));
  ok(by->relink(context, top, one, other));
  ok(by->pin(context, one));
  ok(by->unpin(context, one));
  ok(by->unlink(context, top, other));
  ok(by->relink(context, top, XLGC_ID_NONE, other));
  ok(by->relink(context, top, other, XLGC_ID_NONE));
  ok(by->relink(context, top, XLGC_ID_NONE, XLGC_ID_NONE));
  ok(by->unlink(context, top, one));
  ck_assert_uint_eq(xlgc_context_position(context), 10);
}

START_TEST(both_ways_log_the_same_records) {
  start(_i);
  xlgc_id top = root(), one = held_by(top), other = held_by(top);
  flush();
  xlgc_context *contexts[WAYS];
  for (unsigned way = 0; way < WAYS; way++) {
    contexts[way] = another("way");
    log_some(ways[way], contexts[way], top, one, other);
  }
  const xlgc__chunk *first = &contexts[INLINE]->own, *second = &contexts[CALLED]->own;
  ck_assert_ptr_eq(contexts[INLINE]->log.last, first);
  ck_assert_ptr_eq(xlgc__log_next(&contexts[INLINE]->log), first->records + 10);
  ck_assert_ptr_eq(xlgc__log_next(&contexts[CALLED]->log), second->records + 10);
  ck_assert_mem_eq(first->records, second->records, 10 * sizeof *first->records);
  flush();
  ck_assert_uint_eq(recorder_count(&r, top, one), 1);
  ck_assert_uint_eq(recorder_count(&r, top, other), 1);
  finish();
}
END_TEST

/* Events of one record and of two, so that each place of a chunk comes to be its last. */
START_TEST(logging_goes_on_at_the_end_of_a_chunk) {
  const barriers *by = ways[_i];
  start(XLGC_CERTIFIED);
  xlgc_id top = root(), one = held_by(top), other = held_by(top);
  flush();
  uint64_t seed = trial_seed(), position = xlgc_context_position(r.context);
  unsigned ones = 1, others = 1, pins = 0;
  for (unsigned i = 0; i < 20 * XLGC__CHUNK_RECORDS; i++) {
    if (trial_random(&seed, 3) == 0 && ones) {
      ok(by->relink(r.context, top, one, other));
      ones--, others++, position += 2;
    } else if (trial_random(&seed, 3) == 0 && others) {
      ok(by->unlink(r.context, top, other));
      others--, position++;
    } else if (trial_random(&seed, 2) == 0) {
      ok(by->link(r.context, top, one));
      ones++, position++;
    } else if (pins && trial_random(&seed, 2) == 0) {
      ok(by->unpin(r.context, one));
      pins--, position++;
    } else {
      ok(by->pin(r.context, one));
      pins++, position++;
    }
    ck_assert_uint_eq(xlgc_context_position(r.context), position);
  }
  ok(by->pin(r.context, other));
  flush();
  xlgc_object_info info;
  ok(xlgc_info(r.pool, one, &info));
  ck_assert_uint_eq(info.pins, pins);
  ck_assert_uint_eq(recorder_count(&r, top, one), ones);
  ck_assert_uint_eq(recorder_count(&r, top, other), others);
  finish();
}
END_TEST

/* Is the next event, of one record, logged without a look at the pool? */
static bool without_asking(const xlgc_context *context, uint32_t links) {
  return xlgc__log_room(&context->log, 1, links) != NULL;
}

/* Before the first link a chunk has no credit: links ask, and all else does not. */
START_TEST(what_makes_no_link_takes_no_memory_for_it) {
  const barriers *by = ways[_i];
  start(XLGC_CERTIFIED);
  xlgc_id top = root(), one = object(), other = object();
  flush();
  uint64_t before = recorder_statistics(&r).link_bytes;
  unsigned asked = 0;
  for (unsigned i = 0; i < 2 * XLGC__CHUNK_RECORDS; i++) {
    asked += !without_asking(r.context, 0);
    ok(by->pin(r.context, one));
    ck_assert_uint_eq(r.context->log.last->credit, 0);
    ck_assert(!without_asking(r.context, 1));
    asked += !without_asking(r.context, 0);
    ok(by->unpin(r.context, one));
  }
  ck_assert_uint_le(asked, 6); /* at the ends of chunks */
  ck_assert_uint_eq(recorder_statistics(&r).link_bytes, before);
  ok(by->link(r.context, top, one));
  ck_assert_uint_eq(r.context->log.last->credit, r.context->log.last->capacity);
  ck_assert(without_asking(r.context, 1));
  ok(by->relink(r.context, top, one, other));
  flush();
  ck_assert_uint_eq(recorder_count(&r, top, other), 1);
  finish();
}
END_TEST

/* ------------------------------------------------------------------ errors */

/* How many of the calls with an id `bad` beside a good one are answered otherwise, or log. */
static unsigned wrong_answers(const barriers *by, xlgc_context *context, xlgc_id good, xlgc_id bad, int code) {
  uint64_t position = context ? xlgc_context_position(context) : 0;
  unsigned wrong = 0;
  wrong += by->link(context, good, bad) != code;
  wrong += by->link(context, bad, good) != code;
  wrong += by->link(context, bad, bad) != code;
  wrong += by->unlink(context, good, bad) != code;
  wrong += by->unlink(context, bad, good) != code;
  wrong += by->relink(context, bad, good, good) != code;
  wrong += by->relink(context, bad, XLGC_ID_NONE, XLGC_ID_NONE) != code;
  if (bad != XLGC_ID_NONE) {
    wrong += by->relink(context, good, bad, good) != code;
    wrong += by->relink(context, good, good, bad) != code;
    wrong += by->relink(context, good, XLGC_ID_NONE, bad) != code;
    wrong += by->relink(context, good, bad, XLGC_ID_NONE) != code;
  }
  wrong += by->pin(context, bad) != code;
  wrong += by->unpin(context, bad) != code;
  if (context) wrong += xlgc_context_position(context) != position;
  return wrong;
}

START_TEST(bad_ids_and_no_context) {
  const barriers *by = ways[_i];
  static recorder other;
  start(XLGC_CERTIFIED);
  recorder_open(&other, XLGC_CERTIFIED);
  xlgc_id top = root(), theirs = recorder_root(&other), flipped = UINT64_C(1) << 56;
  ck_assert_uint_eq(wrong_answers(by, r.context, top, XLGC_ID_NONE, XLGC_E_INVAL), 0);
  ck_assert_uint_eq(wrong_answers(by, NULL, top, top, XLGC_E_INVAL), 0);
  const xlgc_id foreign[] = {theirs, UINT64_MAX, 1, UINT64_MAX >> 8, top ^ UINT64_MAX};
  for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
    ck_assert_uint_eq(wrong_answers(by, r.context, top, foreign[i], XLGC_E_FOREIGN), 0);
  for (; flipped; flipped <<= 1)
    ck_assert_uint_eq(wrong_answers(by, r.context, top, top ^ flipped, XLGC_E_FOREIGN), 0);
  recorder_close(&other);
  finish();
}
END_TEST

START_TEST(the_queues_bound) {
  const barriers *by = ways[_i];
  xlgc_config config = recorder_config(&r);
  config.when_full = XLGC_FULL_FAIL;
  config.queue_events = config.queue_reserve = 1020;
  recorder_open_with(&r, &config);
  xlgc_id top = root(), held = held_by(top);
  flush();
  uint64_t links = 0;
  int code;
  while ((code = by->link(r.context, top, held)) == 0)
    links++;
  ck_assert_int_eq(code, XLGC_E_QUEUE);
  ck_assert_uint_ge(links, 1020);
  ck_assert_uint_eq(wrong_answers(by, r.context, top, top, XLGC_E_QUEUE), 1); /* a relink of nothing logs nothing */
  flush();
  ck_assert_uint_eq(recorder_count(&r, top, held), links + 1);
  ok(by->link(r.context, top, held));
  flush();
  ck_assert_uint_eq(recorder_count(&r, top, held), links + 2);
  finish();
}
END_TEST

/* Ids that no pool ever gave out are refused as all others are. */
static unsigned wrong_in_refused(const barriers *by, xlgc_context *context, xlgc_id top, int code) {
  return wrong_answers(by, context, top, top, code) + wrong_answers(by, context, UINT64_MAX, UINT64_MAX, code) +
         wrong_answers(by, context, UINT64_MAX >> 8, UINT64_MAX >> 8, code) + wrong_answers(by, context, 1, 1, code);
}

START_TEST(a_pool_that_was_shut_down) {
  const barriers *by = ways[_i];
  start(XLGC_CERTIFIED);
  xlgc_id top = root();
  xlgc_context *second = another("second");
  ok(by->pin(second, top));
  ok(xlgc_pool_shutdown(r.pool));
  ck_assert_uint_eq(wrong_in_refused(by, r.context, top, XLGC_E_SHUTDOWN), 0);
  ck_assert_uint_eq(wrong_in_refused(by, second, top, XLGC_E_SHUTDOWN), 0);
  ok(xlgc_pool_destroy(r.pool));
}
END_TEST

/* ------------------------------------------------------------------- forks */

enum { CONTEXTS = 40 };
static struct {
  const barriers *by;
  recorder other; /* a second pool */
  xlgc_context *contexts[CONTEXTS];
  xlgc_id tops[CONTEXTS]; /* of the pool that each is of */
} f;

/* Runs `run` in a child, which returns how many answers were wrong there. */
static void expect_good_child(unsigned (*run)(void)) {
  pid_t child = fork();
  ck_assert_int_ge(child, 0);
  if (child == 0) {
    unsigned wrong = run();
    _exit(wrong < 100 ? (int)wrong : 100);
  }
  int status;
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert_msg(WIFEXITED(status), "the child ended by signal %d", WTERMSIG(status));
  ck_assert_int_eq(WEXITSTATUS(status), 0);
}

static unsigned wrong_in_a_child(void) {
  unsigned wrong = 0;
  for (unsigned i = 0; i < CONTEXTS; i++)
    if (f.contexts[i]) wrong += wrong_in_refused(f.by, f.contexts[i], f.tops[i], XLGC_E_FORK);
  return wrong;
}

static void create(unsigned i, recorder *recorder, xlgc_id top) {
  f.tops[i] = top;
  ok(xlgc_context_create(recorder->pool, NULL, &f.contexts[i]));
  ok(f.by->pin(f.contexts[i], top)); /* it has room for more from here on */
}

/* Contexts of two pools come and go, in every order. */
START_TEST(no_context_takes_an_event_in_a_child) {
  f.by = ways[_i];
  start(XLGC_CERTIFIED);
  recorder_open(&f.other, XLGC_CERTIFIED);
  uint64_t seed = trial_seed();
  xlgc_id top = root(), theirs = recorder_root(&f.other);
  for (unsigned turn = 0; turn < 8; turn++) {
    for (unsigned i = 0; i < CONTEXTS; i++) {
      bool ours = trial_random(&seed, 2);
      if (f.contexts[i] && trial_random(&seed, 2)) {
        ok(xlgc_context_destroy(f.contexts[i]));
        f.contexts[i] = NULL;
      } else if (!f.contexts[i]) {
        create(i, ours ? &r : &f.other, ours ? top : theirs);
      }
    }
    expect_good_child(wrong_in_a_child);
    ok(xlgc_flush(r.pool));
    ok(xlgc_flush(f.other.pool));
    expect_good_child(wrong_in_a_child);
    for (unsigned i = 0; i < CONTEXTS; i++)
      if (f.contexts[i]) ok(f.by->link(f.contexts[i], f.tops[i], f.tops[i]));
  }
  recorder_close(&f.other);
  finish();
}
END_TEST

static void with_one_context(int way, unsigned (*in_the_child)(void)) {
  f.by = ways[way];
  start(XLGC_CERTIFIED);
  f.contexts[0] = r.context;
  f.tops[0] = root();
  expect_good_child(in_the_child);
  finish();
}

/* The child of a child, with a pool of its own; which can then be destroyed, and so can the copies. */
static unsigned wrong_in_a_grandchild(void) {
  unsigned wrong = wrong_in_a_child();
  wrong += xlgc_pool_destroy(r.pool) != 0;
  return wrong + (xlgc_pool_destroy(f.other.pool) != 0);
}

static unsigned fork_again(void) {
  unsigned wrong = wrong_in_a_child();
  recorder_open(&f.other, XLGC_CERTIFIED);
  create(1, &f.other, recorder_root(&f.other));
  wrong += f.by->link(f.contexts[1], f.tops[1], f.tops[1]) != 0;
  expect_good_child(wrong_in_a_grandchild);
  wrong += f.by->link(f.contexts[1], f.tops[1], f.tops[1]) != 0;
  wrong += xlgc_pool_destroy(f.other.pool) != 0;
  return wrong;
}

START_TEST(a_childs_own_pool_is_refused_in_its_child) { with_one_context(_i, fork_again); }
END_TEST

/* From inside a callback, the callback's context is refused in the child as well. */
static void fork_in_release(recorder *recorder, xlgc_context *context, xlgc_id id, void *object) {
  (void)recorder;
  (void)id;
  (void)object;
  f.contexts[1] = context;
  f.tops[1] = f.tops[0];
  expect_good_child(wrong_in_a_child);
  ok(f.by->pin(context, f.tops[0]));
}

START_TEST(fork_inside_a_callback) {
  f.by = ways[_i];
  start(XLGC_CERTIFIED);
  xlgc_id top = root(), held = held_by(top);
  f.contexts[0] = r.context;
  f.tops[0] = top;
  r.on_release = fork_in_release;
  drop(top, held);
  flush();
  expect_told(&r, held);
  finish();
}
END_TEST

/* A shutdown that cannot be finished lets contexts take events again: but not in the child. */
static unsigned take_again(void) {
  xlgc__context_refuse(r.context, false);
  return wrong_in_a_child();
}

START_TEST(nothing_in_a_child_makes_a_context_take_events_again) { with_one_context(_i, take_again); }
END_TEST

int main(void) {
  Suite *suite = suite_create("api_barrier");
  TCase *records = trial_case(suite, "records");
  tcase_add_loop_test(records, both_ways_log_the_same_records, 0, 2);
  tcase_add_loop_test(records, logging_goes_on_at_the_end_of_a_chunk, 0, WAYS);
  tcase_add_loop_test(records, what_makes_no_link_takes_no_memory_for_it, 0, WAYS);
  TCase *errors = trial_case(suite, "errors");
  tcase_add_loop_test(errors, bad_ids_and_no_context, 0, WAYS);
  tcase_add_loop_test(errors, the_queues_bound, 0, WAYS);
  tcase_add_loop_test(errors, a_pool_that_was_shut_down, 0, WAYS);
  TCase *forks = trial_case(suite, "forks");
  tcase_add_loop_test(forks, no_context_takes_an_event_in_a_child, 0, WAYS);
  tcase_add_loop_test(forks, a_childs_own_pool_is_refused_in_its_child, 0, WAYS);
  tcase_add_loop_test(forks, fork_inside_a_callback, 0, WAYS);
  tcase_add_loop_test(forks, nothing_in_a_child_makes_a_context_take_events_again, 0, WAYS);
  return trial_run(suite);
}
