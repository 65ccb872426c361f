/* Listeners (xlgc/listen.h): what is told of a pool's work, in which order, and who comes and goes meanwhile. */
#include <config.h>

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <xlgc/listen.h>

#include "support/one_pool.h"
#include "support/threads.h"

/* ------------------------------------------------------------------ what was heard */

static char heard[4096];
static uint64_t last_ns;

/* "round( round)2 ": with the name in front of what stalls, and the count where there is one. */
static void note(void *data, const xlgc_moment *moment) {
  ck_assert_ptr_eq(data, heard);
  ck_assert_uint_ge(moment->time_ns, last_ns);
  last_ns = moment->time_ns;
  char count[32] = "";
  if (moment->count) snprintf(count, sizeof count, "%d", (int)moment->count);
  size_t length = strlen(heard);
  snprintf(heard + length, sizeof heard - length, "%s%s%c%s ", moment->name, xlgc_work_name(moment->work),
           moment->ends ? ')' : '(', count);
}

static const xlgc_listener all = {.step = note,
                                  .round = note,
                                  .orphans = note,
                                  .stall = note,
                                  .summary = note,
                                  .stop = note,
                                  .collection = note,
                                  .data = heard};

static void listen(void) { ok(xlgc_listen(r.pool, &all)); }

static void expect_heard(const char *what) {
  ck_assert_str_eq(heard, what);
  heard[0] = 0;
}

/* An object that nothing holds, which the next round is to find. */
static void make_garbage(void) {
  xlgc_id id = object();
  ok(xlgc_pin(r.context, id));
  ok(xlgc_unpin(r.context, id));
}

/* ------------------------------------------------------------------ work */

/* _i: setting. */
START_TEST(steps_rounds_and_orphans) {
  start(_i);
  listen();
  make_garbage();
  make_garbage();
  expect_heard("");
  ck_assert_int_eq(xlgc_step(r.pool, 100000), 0);
  expect_heard("step( round( orphans( orphans)2 round)2 round( round) step) ");
  ck_assert_int_eq(xlgc_step(r.pool, 100000), 0);
  expect_heard("step( step) ");
  root();
  flush();
  expect_heard("round( round) ");
  ok(xlgc_unlisten(r.pool, &all));
  make_garbage();
  flush();
  expect_heard("");
  finish();
}
END_TEST

START_TEST(a_round_over_many_steps) {
  start(_i);
  for (int i = 0; i < 3; i++)
    make_garbage();
  listen();
  while (xlgc_step(r.pool, 1) == 1)
    if (!strstr(heard, "round)")) ck_assert_ptr_nonnull(strstr(heard, "round( step) "));
  ck_assert_ptr_nonnull(strstr(heard, "orphans( "));
  ck_assert_ptr_nonnull(strstr(heard, "orphans)3 "));
  ck_assert_ptr_nonnull(strstr(heard, "round)3 "));
  finish();
}
END_TEST

START_TEST(a_round_that_waits) {
  start(_i);
  make_garbage();
  xlgc_context *reader;
  ok(xlgc_context_create(r.pool, "reader", &reader));
  ok(xlgc_enter(reader));
  listen();
  ck_assert_int_eq(xlgc_step(r.pool, 1000), XLGC_E_HELD);
  expect_heard("step( round( readerstall( step) ");
  ck_assert_int_eq(xlgc_step(r.pool, 1000), XLGC_E_HELD);
  expect_heard("step( step) ");
  ok(xlgc_leave(reader));
  ck_assert_int_ge(xlgc_step(r.pool, 100000), 0);
  ck_assert_ptr_nonnull(strstr(heard, "readerstall) "));
  ck_assert_ptr_nonnull(strstr(heard, "orphans)1 "));
  finish();
}
END_TEST

/* The worker and a flush wait for the same section: each looks now and then, and neither wakes the other by that. */
static _Atomic unsigned looked;
static void count_look(void *data, const xlgc_moment *moment) {
  (void)data;
  looked += moment->ends;
}

static void flush_once(void *data) {
  (void)data;
  MUST(xlgc_flush(r.pool) == 0);
}

static uint64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

START_TEST(two_that_wait_for_a_round) {
  enum { PERIOD_MS = 10 };
  start(_i);
  static const xlgc_listener counting = {.step = count_look};
  ok(xlgc_listen(r.pool, &counting));
  xlgc_context *reader;
  ok(xlgc_context_create(r.pool, "reader", &reader));
  ok(xlgc_enter(reader));
  make_garbage();
  uint64_t start_ms = now_ms();
  ok(xlgc_worker_start(r.pool));
  job flushing;
  begin(&flushing, flush_once, NULL);
  nap_ms(200);
  ok(xlgc_leave(reader));
  end(&flushing);
  ck_assert_uint_le(looked, 50 + 4 * (now_ms() - start_ms) / PERIOD_MS);
  ok(xlgc_worker_stop(r.pool));
  finish();
}
END_TEST

START_TEST(what_a_program_tells) {
  start(_i);
  ok(xlgc_tell(r.pool, XLGC_WORK_STOP, 0, "engine", 0));
  listen();
  ok(xlgc_tell(r.pool, XLGC_WORK_STOP, 0, "engine ", 0));
  ok(xlgc_tell(r.pool, XLGC_WORK_STOP, 1, NULL, 7));
  expect_heard("engine stop( stop)7 ");
  ck_assert_int_eq(xlgc_tell(r.pool, XLGC_WORKS, 0, NULL, 0), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_tell(r.pool, -1, 0, NULL, 0), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_tell(NULL, XLGC_WORK_STOP, 0, NULL, 0), XLGC_E_INVAL);
  ck_assert_ptr_null(xlgc_work_name(XLGC_WORKS));
  expect_heard("");
  finish();
}
END_TEST

/* Objects that are forgotten die as well. */
START_TEST(what_is_forgotten) {
  start(_i);
  xlgc_id id;
  ok(xlgc_register(r.context, NULL, &r.passing, &id));
  listen();
  flush();
  ck_assert_ptr_nonnull(strstr(heard, "orphans( orphans)1 "));
  ck_assert_ptr_nonnull(strstr(heard, "round)1 "));
  finish();
}
END_TEST

/* ------------------------------------------------------------------ listeners */

START_TEST(listeners_come_and_go) {
  start(_i);
  static xlgc_listener many[9];
  ck_assert_int_eq(xlgc_listen(r.pool, NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_listen(NULL, &all), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_unlisten(r.pool, &all), XLGC_E_UNKNOWN);
  for (int i = 0; i < 9; i++) {
    many[i] = (xlgc_listener){.round = note, .data = heard};
    ck_assert_int_eq(xlgc_listen(r.pool, &many[i]), i < 8 ? 0 : XLGC_E_FULL);
  }
  ck_assert_int_eq(xlgc_listen(r.pool, &many[3]), XLGC_E_STATE);
  ok(xlgc_unlisten(r.pool, &many[3]));
  ok(xlgc_listen(r.pool, &many[8]));
  for (int i = 0; i < 7; i++)
    if (i != 3) ok(xlgc_unlisten(r.pool, &many[i]));
  root();
  flush();
  expect_heard("round( round( round) round) ");
  finish();
}
END_TEST

static int answers[3] = {0, 0, 1};
static xlgc_id answering;
static void ask_inside(void *data, const xlgc_moment *moment) {
  (void)moment;
  answers[0] = xlgc_unlisten(r.pool, data);
  answers[1] = xlgc_step(r.pool, 1);
  if (answers[2]) answers[2] = xlgc_pin(r.context, answering);
}

/* What it may call, and what it may not. */
START_TEST(calls_from_a_listener) {
  start(_i);
  static xlgc_listener asking = {.round = ask_inside, .data = &asking};
  answering = root();
  ok(xlgc_listen(r.pool, &asking));
  make_garbage();
  ck_assert_int_ge(xlgc_step(r.pool, 100000), 0);
  ck_assert_int_eq(answers[0], XLGC_E_DEADLOCK);
  ck_assert_int_eq(answers[1], XLGC_E_BUSY);
  ck_assert_int_eq(answers[2], 0);
  ok(xlgc_unlisten(r.pool, &asking));
  finish();
}
END_TEST

START_TEST(none_is_told_after_the_pool) {
  start(_i);
  listen();
  ok(xlgc_pool_retain(r.pool));
  xlgc_pool *retained = r.pool;
  finish();
  heard[0] = 0;
  ok(xlgc_tell(retained, XLGC_WORK_STOP, 0, NULL, 0));
  expect_heard("");
  xlgc_pool_release(retained);
}
END_TEST

/* A call that is under way on another thread is waited for. */
static _Atomic bool inside, may_go, has_left;
static void stay(void *data, const xlgc_moment *moment) {
  (void)data;
  if (moment->ends) return;
  inside = true;
  while (!may_go)
    nap_ms(1);
  has_left = true;
}

static void *step_once(void *data) {
  (void)data;
  return (void *)(intptr_t)xlgc_step(r.pool, 100000);
}

static const xlgc_listener staying = {.round = stay};

static void *unlisten(void *data) {
  (void)data;
  MUST(xlgc_unlisten(r.pool, &staying) == 0);
  MUST(has_left);
  return NULL;
}

START_TEST(the_end_waits_for_calls) {
  start(_i);
  ok(xlgc_listen(r.pool, &staying));
  make_garbage();
  pthread_t stepping, ending;
  ck_assert_int_eq(pthread_create(&stepping, NULL, step_once, NULL), 0);
  while (!inside)
    nap_ms(1);
  ck_assert_int_eq(pthread_create(&ending, NULL, unlisten, NULL), 0);
  nap_ms(20);
  may_go = true;
  ck_assert_int_eq(pthread_join(ending, NULL), 0);
  ck_assert_int_eq(pthread_join(stepping, NULL), 0);
  finish();
}
END_TEST

int main(void) {
  Suite *suite = suite_create("api_listening");
  TCase *work = trial_case(suite, "work");
  tcase_add_loop_test(work, steps_rounds_and_orphans, 0, 2);
  tcase_add_loop_test(work, a_round_over_many_steps, 0, 2);
  tcase_add_loop_test(work, a_round_that_waits, 0, 2);
  tcase_add_loop_test(work, two_that_wait_for_a_round, 0, 2);
  tcase_add_loop_test(work, what_a_program_tells, 0, 2);
  tcase_add_loop_test(work, what_is_forgotten, 0, 2);
  TCase *listeners = trial_case(suite, "listeners");
  tcase_add_loop_test(listeners, listeners_come_and_go, 0, 2);
  tcase_add_loop_test(listeners, calls_from_a_listener, 0, 2);
  tcase_add_loop_test(listeners, none_is_told_after_the_pool, 0, 2);
  tcase_add_loop_test(listeners, the_end_waits_for_calls, 0, 2);
  return trial_run(suite);
}
