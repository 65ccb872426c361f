/* A full queue, the end of a pool, and forks. */
#include <config.h>

#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/one_pool.h"

static xlgc_id the_root, the_other;

/* ----------------------------------------------------------------- queue */

/* Of a context's own, beside the queue. */
enum { CHUNK = 510, OWN = 14 + CHUNK, SMALL_QUEUE = 2 * CHUNK };

static void start_with_queue(int setting, int when_full, size_t queue_events) {
  xlgc_config config = recorder_config(&r);
  config.setting = setting;
  config.when_full = when_full;
  config.queue_events = queue_events;
  config.queue_reserve = 0;
  recorder_open_with(&r, &config);
}

/* Logs until the queue is full, and returns how many events that were. */
static unsigned fill(xlgc_id top, xlgc_id held) {
  unsigned logged = 0;
  while (logged <= 2 * SMALL_QUEUE && !xlgc_link(r.context, top, held))
    logged++;
  return logged;
}

START_TEST(queue_at_its_bound_fail) {
  start_with_queue(_i, XLGC_FULL_FAIL, SMALL_QUEUE);
  xlgc_id top = root(), held = held_by(top);
  flush();
  unsigned logged = fill(top, held);
  ck_assert_uint_ge(logged, SMALL_QUEUE - CHUNK);
  ck_assert_uint_le(logged, SMALL_QUEUE + OWN);
  uint64_t position = xlgc_context_position(r.context);
  ck_assert_int_eq(xlgc_unlink(r.context, top, held), XLGC_E_QUEUE);
  ck_assert_int_eq(xlgc_relink(r.context, top, held, held), XLGC_E_QUEUE);
  ck_assert_int_eq(xlgc_link_at(r.context, top, held, NULL, 1), XLGC_E_QUEUE);
  ck_assert_uint_eq(xlgc_context_position(r.context), position);
  ck_assert_uint_eq(recorder_statistics(&r).queued, logged);
  xlgc_id passing = 77;
  uint64_t objects = recorder_statistics(&r).objects;
  ck_assert_int_eq(xlgc_register(r.context, NULL, &r.passing, &passing), XLGC_E_QUEUE);
  ck_assert_uint_eq(recorder_statistics(&r).objects, objects);
  ck_assert_uint_eq(passing, 77);
  flush();
  ck_assert_uint_eq(recorder_statistics(&r).queued, 0);
  ck_assert_uint_eq(recorder_count(&r, top, held), logged + 1);
  ok(xlgc_relink(r.context, top, held, held));
  ck_assert_uint_eq(recorder_count(&r, top, held), logged + 1);
  finish();
}
END_TEST

/* More contexts than there are chunks, each with a chunk of its own that has been read. */
START_TEST(queue_at_its_bound_for_idle_contexts_keeps_nobody_from_logging) {
  start_with_queue(_i, XLGC_FULL_FAIL, SMALL_QUEUE);
  xlgc_id top = root();
  for (unsigned i = 0; i < 8; i++) {
    xlgc_context *context;
    ok(xlgc_context_create(r.pool, "idle", &context));
    for (unsigned k = 0; k < 2 * CHUNK; k++) {
      ok(xlgc_pin(context, top));
      if (k % 10 == 9) flush();
    }
    flush();
  }
  finish();
}
END_TEST

START_TEST(queue_at_its_bound_help) {
  start_with_queue(_i, XLGC_FULL_HELP, SMALL_QUEUE);
  xlgc_id top = root(), held = XLGC_ID_NONE;
  for (unsigned i = 0; i < 10 * SMALL_QUEUE; i++) {
    xlgc_id next;
    ok(xlgc_register(r.context, NULL, &r.kind, &next));
    ok(xlgc_relink(r.context, top, held, next));
    held = next;
    ck_assert_uint_le(recorder_statistics(&r).queued, SMALL_QUEUE + OWN);
  }
  ck_assert_uint_gt(recorder_statistics(&r).orphans, 8 * SMALL_QUEUE);
  flush();
  ck_assert_uint_eq(r.told_count, 10 * SMALL_QUEUE - 1);
  finish();
}
END_TEST

/* Returns the most that was waiting while twenty times HELP was logged. */
enum { HELP = 4 * CHUNK };
static uint64_t most_waiting(size_t help_events, int when_full, bool worker) {
  xlgc_config config = recorder_config(&r);
  config.help_events = help_events;
  config.when_full = when_full;
  recorder_open_with(&r, &config);
  xlgc_id top = root(), held = XLGC_ID_NONE;
  size_t told_before = r.told_count;
  if (worker) ok(xlgc_worker_start(r.pool));
  uint64_t most = 0;
  for (unsigned i = 0; i < 20 * HELP; i++) {
    xlgc_id next;
    ok(xlgc_register(r.context, NULL, &r.kind, &next));
    ok(xlgc_relink(r.context, top, held, next));
    held = next;
    uint64_t queued = recorder_statistics(&r).queued;
    if (queued > most) most = queued;
  }
  if (worker) ok(xlgc_worker_stop(r.pool));
  flush();
  ck_assert_uint_eq(r.told_count - told_before, 20 * HELP - 1);
  finish();
  return most;
}

START_TEST(help_comes_before_the_bound) {
  uint64_t most = most_waiting(HELP, XLGC_FULL_HELP, false);
  ck_assert_uint_ge(most, HELP);
  ck_assert_uint_le(most, HELP + OWN + CHUNK);
}
END_TEST

START_TEST(help_is_not_given_where_it_is_not_wanted) {
  ck_assert_uint_gt(most_waiting(0, XLGC_FULL_HELP, false), 19 * HELP);
  ck_assert_uint_gt(most_waiting(HELP, XLGC_FULL_WAIT, false), 19 * HELP);
  ck_assert_uint_gt(most_waiting(HELP, XLGC_FULL_FAIL, false), 19 * HELP);
  most_waiting(HELP, XLGC_FULL_HELP, true);
}
END_TEST

/* The round would have to wait for this very thread. */
START_TEST(help_does_not_come_from_inside_a_section) {
  xlgc_config config = recorder_config(&r);
  config.help_events = HELP;
  recorder_open_with(&r, &config);
  xlgc_id top = root(), held = held_by(top);
  xlgc_enter(r.context);
  for (unsigned i = 0; i < 5 * HELP; i++)
    hold(top, held);
  xlgc_leave(r.context);
  flush();
  ck_assert_uint_eq(recorder_count(&r, top, held), 5 * HELP + 1);
  finish();
}
END_TEST

START_TEST(queue_at_its_bound_wait_without_a_worker) {
  start_with_queue(_i, XLGC_FULL_WAIT, SMALL_QUEUE);
  xlgc_id top = root(), held = held_by(top);
  ck_assert_uint_le(fill(top, held), SMALL_QUEUE + OWN);
  ck_assert_int_eq(xlgc_unlink(r.context, top, held), XLGC_E_QUEUE);
  flush();
  ok(xlgc_unlink(r.context, top, held));
  finish();
}
END_TEST

START_TEST(queue_at_its_bound_wait_with_a_worker) {
  start_with_queue(_i, XLGC_FULL_WAIT, SMALL_QUEUE);
  xlgc_id top = root(), held = held_by(top);
  ok(xlgc_worker_start(r.pool));
  for (unsigned i = 0; i < 20 * SMALL_QUEUE; i++)
    hold(top, held);
  ok(xlgc_worker_stop(r.pool));
  flush();
  ck_assert_uint_eq(recorder_count(&r, top, held), 20 * SMALL_QUEUE + 1);
  finish();
}
END_TEST

/* More than the queue's bound, from inside a release. */
static void log_much(recorder *recorder, xlgc_context *context, xlgc_id id, void *object) {
  (void)id;
  (void)object;
  recorder->on_release = NULL;
  for (unsigned i = 0; i < 3 * SMALL_QUEUE; i++)
    ok(xlgc_link(context, the_root, the_other));
}

/* _i: the policy. */
START_TEST(releasers_at_the_bound_do_not_block) {
  start_with_queue(XLGC_CERTIFIED, _i, SMALL_QUEUE);
  the_root = root();
  the_other = held_by(the_root);
  xlgc_id held = held_by(the_root);
  drop(the_root, held);
  r.on_release = log_much;
  flush();
  expect_told(&r, held);
  ck_assert_uint_eq(recorder_count(&r, the_root, the_other), 3 * SMALL_QUEUE + 1);
  finish();
}
END_TEST

static void log_little(recorder *recorder, xlgc_context *context, xlgc_id id, void *object) {
  (void)recorder;
  (void)id;
  (void)object;
  ok(xlgc_link(context, the_root, the_other));
}

/* Bounds that chunks and the callbacks' own log nearly use up. _i: which one. */
START_TEST(queue_of_any_bound_goes_on) {
  static const size_t bounds[] = {1, 2, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 1, SIZE_MAX};
  start_with_queue(XLGC_CERTIFIED, XLGC_FULL_HELP, bounds[_i]);
  the_root = root();
  the_other = held_by(the_root);
  r.on_release = log_little;
  for (unsigned i = 0; i < 4 * CHUNK; i++) {
    xlgc_id held;
    ok(xlgc_register(r.context, NULL, &r.kind, &held));
    hold(the_root, held);
    drop(the_root, held);
  }
  flush();
  ck_assert_uint_eq(r.told_count, 4 * CHUNK);
  ck_assert_uint_eq(recorder_count(&r, the_root, the_other), 4 * CHUNK + 1);
  finish();
}
END_TEST

START_TEST(idle_threads_half_full_chunk_is_found_by_the_worker) {
  start(_i);
  xlgc_id top = root(), held = held_by(top);
  ok(xlgc_worker_start(r.pool));
  drop(top, held);
  while (recorder_statistics(&r).orphans == 0)
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
  ok(xlgc_worker_stop(r.pool));
  expect_told(&r, held);
  finish();
}
END_TEST

/* ---------------------------------------------------------- end and fork */

START_TEST(shutdown_with_events_pending_lists_survivors_with_holders) {
  start(_i);
  xlgc_id top = root(), lost = held_by(top), held = held_by(top), fresh = recorder_object(&r, NULL);
  ok(xlgc_pin(r.context, top));
  hold(top, held);
  hold(held, held);
  drop(top, lost);
  recorder_close(&r);
  expect_told(&r, lost);
  ck_assert_str_eq(r.said, "tsss");
  static const struct { unsigned pins, holders; } expected[] = {{2, 0}, {0, 2}, {0, 0}};
  xlgc_id ids[] = {top, held, fresh};
  for (size_t i = 0; i < 3; i++) {
    const xlgc_survivor *survivor = &r.survivors[i];
    ck_assert_uint_eq(survivor->id, ids[i]);
    ck_assert_uint_eq(survivor->pins, expected[i].pins);
    ck_assert_uint_eq(survivor->holders, expected[i].holders);
    ck_assert_int_eq(survivor->holder_id == XLGC_ID_NONE, survivor->holders == 0);
    ck_assert_int_eq(survivor->holder == NULL, survivor->holders == 0);
  }
  ck_assert_ptr_eq(r.survivors[0].object, &r.addresses[0]);
  ck_assert_ptr_eq(r.survivors[0].kind, &r.kind);
  /* One of the two that hold it: which one, the order of a search tree decides, whose keys are mixed ids. */
  const xlgc_survivor *second = &r.survivors[1];
  ck_assert(second->holder_id == top || second->holder_id == held);
  ck_assert_ptr_eq(second->holder, second->holder_id == top ? &r.addresses[0] : &r.addresses[2]);
}
END_TEST

START_TEST(context_destroyed_with_events_pending_then_another_created) {
  start(_i);
  xlgc_context *second = NULL;
  xlgc_id top = root(), held = held_by(top);
  recorder_object(&r, &r.passing); /* no event of the program's */
  uint64_t position = xlgc_context_position(r.context);
  drop(held, top);
  drop(top, held);
  ok(xlgc_context_destroy(r.context));
  ok(xlgc_context_create(r.pool, "a name that is longer than what is kept of it", &second));
  flush();
  expect_told(&r, held);
  recorder_expect_error(&r, XLGC_E_NOLINK, "unlink", held, top, position);
  ck_assert_uint_eq(xlgc_context_position(second), 0);
  ok(xlgc_pin(second, top));
  ok(xlgc_unlink(second, top, held));
  flush();
  ck_assert_uint_eq(r.error_count, 1);
  ck_assert_uint_eq(r.errors[0].position, 1);
  ck_assert_int_eq(strncmp(r.error_context, "a name that is longer", 21), 0);
  r.error_count = 0;
  ok(xlgc_context_destroy(second));
  ok(xlgc_context_create(r.pool, NULL, &second));
  ck_assert_uint_eq(xlgc_context_position(second), 0);
  ok(xlgc_unlink(second, top, top));
  flush();
  ck_assert_uint_eq(r.error_count, 1);
  ck_assert_uint_eq(r.errors[0].position, 0);
  ck_assert_str_eq(r.error_context, "");
  r.error_count = 0;
  finish();
}
END_TEST

/* In the child: how many of its calls were answered otherwise than they must be. */
static unsigned wrong_answers_in_a_child(xlgc_id top, xlgc_id held) {
  unsigned wrong = 0;
  uint64_t distance;
  size_t length;
  xlgc_id id;
  xlgc_object_info info;
  xlgc_statistics statistics;
  xlgc_context *context;
  wrong += xlgc_register(r.context, NULL, &r.kind, &id) != XLGC_E_FORK;
  wrong += xlgc_step(r.pool, 1) != XLGC_E_FORK;
  wrong += xlgc_step_for(r.pool, 1) != XLGC_E_FORK;
  wrong += xlgc_flush(r.pool) != XLGC_E_FORK;
  wrong += xlgc_apply(r.pool) != XLGC_E_FORK;
  wrong += xlgc_distance(r.pool, held, &distance) != XLGC_E_FORK;
  wrong += xlgc_path(r.pool, held, NULL, 0, &length) != XLGC_E_FORK;
  wrong += xlgc_find_root(r.pool, &held, 1, NULL, 0, &id) != XLGC_E_FORK;
  wrong += xlgc_info(r.pool, held, &info) != XLGC_E_FORK;
  wrong += xlgc_stats(r.pool, &statistics) != XLGC_E_FORK;
  wrong += xlgc_verify(r.pool, NULL, 0) != XLGC_E_FORK;
  wrong += xlgc_each_target(r.pool, top, recorder_no_link, NULL) != XLGC_E_FORK;
  wrong += xlgc_context_create(r.pool, NULL, &context) != XLGC_E_FORK;
  wrong += xlgc_context_destroy(r.context) != XLGC_E_FORK;
  wrong += xlgc_worker_start(r.pool) != XLGC_E_FORK;
  wrong += xlgc_worker_stop(r.pool) != XLGC_E_FORK;
  wrong += xlgc_add_link(&top, &held, NULL) != 0 || xlgc_drop_link(&top, &held, NULL, NULL) != 0;
  wrong += xlgc_pool_destroy(r.pool) != 0;
  wrong += r.told_count != 0 || r.survivor_count != 0;
  return wrong;
}

static void expect_good_child(xlgc_id top, xlgc_id held) {
  pid_t child = fork();
  ck_assert_int_ge(child, 0);
  if (child == 0) _exit((int)wrong_answers_in_a_child(top, held));
  int status;
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert_msg(WIFEXITED(status), "the child ended by signal %d", WTERMSIG(status));
  ck_assert_int_eq(WEXITSTATUS(status), 0);
}

START_TEST(fork_disables_the_pool_in_the_child) {
  start(_i);
  ck_assert_ptr_nonnull(xlgc_default_pool());
  xlgc_id top = root(), held = held_by(top);
  flush();
  drop(top, held);
  expect_good_child(top, held);
  flush();
  expect_told(&r, held);
  finish();
}
END_TEST

START_TEST(fork_beside_an_idle_worker) {
  start(_i);
  ck_assert_ptr_nonnull(xlgc_default_pool());
  xlgc_id top = root(), held = held_by(top);
  ok(xlgc_worker_start(r.pool));
  while (recorder_statistics(&r).queued)
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
  nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL); /* most likely it waits by now; either way is right */
  expect_good_child(top, held);
  ok(xlgc_worker_stop(r.pool));
  drop(top, held);
  flush();
  expect_told(&r, held);
  finish();
}
END_TEST

int main(void) {
  Suite *suite = suite_create("api_limits");
  TCase *queue = trial_case(suite, "queue");
  tcase_add_loop_test(queue, queue_at_its_bound_fail, 0, 2);
  tcase_add_loop_test(queue, queue_at_its_bound_for_idle_contexts_keeps_nobody_from_logging, 0, 2);
  tcase_add_loop_test(queue, queue_at_its_bound_help, 0, 2);
  tcase_add_test(queue, help_comes_before_the_bound);
  tcase_add_test(queue, help_is_not_given_where_it_is_not_wanted);
  tcase_add_test(queue, help_does_not_come_from_inside_a_section);
  tcase_add_loop_test(queue, queue_at_its_bound_wait_without_a_worker, 0, 2);
  tcase_add_loop_test(queue, queue_at_its_bound_wait_with_a_worker, 0, 2);
  tcase_add_loop_test(queue, releasers_at_the_bound_do_not_block, XLGC_FULL_HELP, XLGC_FULL_FAIL + 1);
  tcase_add_loop_test(queue, queue_of_any_bound_goes_on, 0, 8);
  tcase_add_loop_test(queue, idle_threads_half_full_chunk_is_found_by_the_worker, 0, 2);
  TCase *ends = trial_case(suite, "end and fork");
  tcase_add_loop_test(ends, shutdown_with_events_pending_lists_survivors_with_holders, 0, 2);
  tcase_add_loop_test(ends, context_destroyed_with_events_pending_then_another_created, 0, 2);
  tcase_add_loop_test(ends, fork_disables_the_pool_in_the_child, 0, 2);
  tcase_add_loop_test(ends, fork_beside_an_idle_worker, 0, 2);
  return trial_run(suite);
}
