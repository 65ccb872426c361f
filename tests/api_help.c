/* Calls that report, and work because much waits: what they find is called by another call, on another thread, or, where
 * the pool was made so, there and then. */
#include <config.h>

#include "support/one_pool.h"
#include "support/threads.h"

enum { HELP = 1020, OBJECTS = 4 * HELP };

static bool reporting; /* this thread is inside a call that reports; callbacks must not run on it */
static pthread_t reporter;
static _Atomic uint64_t called_inside, called_elsewhere, called;

static void note_call(void) {
  called++;
  if (!pthread_equal(pthread_self(), reporter))
    called_elsewhere++;
  else if (reporting)
    called_inside++;
}

static void on_release(recorder *recorder, xlgc_context *context, xlgc_id id, void *object) {
  (void)recorder;
  (void)context;
  (void)id;
  (void)object;
  note_call();
}

static void on_other(recorder *recorder) {
  (void)recorder;
  note_call();
}

static void on_cleared(void *data, xlgc_weak *weak) {
  (void)data;
  (void)weak;
  note_call();
}

static void start_help(int setting, int tells, int when_full) {
  xlgc_config config = recorder_config(&r);
  config.setting = setting;
  config.help_events = when_full ? 0 : HELP;
  config.queue_events = when_full ? HELP : 1 << 20;
  config.help_tells = tells;
  recorder_open_with(&r, &config);
  r.on_release = on_release;
  r.on_other = on_other;
  reporter = pthread_self();
}

/* A report, in which nothing may be called. */
static void report(int failed) {
  reporting = false;
  ok(failed);
}
#define REPORT(call) report((reporting = true, (call)))

/* An object without an address, that is held and let go. */
static xlgc_id come_and_go(const xlgc_kind *kind) {
  xlgc_id id;
  REPORT(xlgc_register(r.context, NULL, kind, &id));
  REPORT(xlgc_pin(r.context, id));
  REPORT(xlgc_unpin(r.context, id));
  return id;
}

static uint64_t step_to_the_end(size_t units) {
  uint64_t steps = 0;
  int result;
  for (; (result = xlgc_step(r.pool, units)) == 1; steps++) {
  }
  ok(result);
  return steps;
}

/* ------------------------------------------------------------------- later */

/* _i: setting; at the bound, or before it. */
START_TEST(what_reports_find_is_called_by_a_step) {
  start_help(_i & 1, XLGC_HELP_TELLS_LATER, _i & 2);
  uint64_t most = 0;
  for (unsigned i = 0; i < OBJECTS; i++) {
    come_and_go(&r.kind);
    uint64_t queued = recorder_statistics(&r).queued;
    if (queued > most) most = queued;
  }
  ck_assert_uint_le(most, HELP + 2 * 510 + 14);
  ck_assert_uint_eq(called, 0);
  xlgc_statistics before = recorder_statistics(&r);
  ck_assert_uint_gt(before.backlog, OBJECTS / 2);
  ck_assert_uint_eq(before.mailed, before.backlog);
  ck_assert_uint_eq(before.orphans, before.backlog);
  ck_assert_uint_ge(step_to_the_end(256), OBJECTS / 256);
  ck_assert_uint_eq(called, OBJECTS);
  ck_assert_uint_eq(called_inside + called_elsewhere, 0);
  xlgc_statistics after = recorder_statistics(&r);
  ck_assert_uint_eq(after.backlog + after.mailed + after.objects + after.queued, 0);
  ck_assert_uint_eq(after.orphans, OBJECTS);
  finish();
}
END_TEST

/* Sources go before their targets, also where a thread that reports found the source and a step finds the target. */
static xlgc_id chain[3];
static unsigned chain_at;
static void expect_next(recorder *recorder, xlgc_context *context, xlgc_id id, void *object) {
  (void)recorder;
  (void)context;
  (void)object;
  for (unsigned i = 0; i < 3; i++)
    if (id == chain[i]) ck_assert_uint_eq(i, chain_at++);
}

START_TEST(what_waits_is_called_first) {
  start_help(_i, XLGC_HELP_TELLS_LATER, 0);
  for (unsigned i = 0; i < 3; i++)
    chain[i] = i ? held_by(chain[i - 1]) : root();
  ok(xlgc_pin(r.context, chain[2]));
  r.on_release = expect_next;
  ok(xlgc_unpin(r.context, chain[0]));
  while (recorder_statistics(&r).backlog < 2)
    come_and_go(&r.kind);
  ok(xlgc_unpin(r.context, chain[2]));
  flush();
  ck_assert_uint_eq(chain_at, 3);
  finish();
}
END_TEST

/* Those that would be asked, or whose weak references have a notifier, stay alive meanwhile. */
START_TEST(questions_wait_for_a_step) {
  start_help(_i & 1, XLGC_HELP_TELLS_LATER, 0);
  xlgc_weak *weak;
  xlgc_id top = root(), watched = held_by(top), asked = recorder_object(&r, &r.asking), below = held_by(asked), loaded;
  hold(top, asked);
  ok(xlgc_weak_create(r.context, watched, on_cleared, NULL, &weak));
  drop(top, watched);
  drop(top, asked);
  r.answer = _i & 2 ? XLGC_KEEP : XLGC_LET_GO;
  while (recorder_statistics(&r).backlog < 2 * HELP)
    come_and_go(&r.kind);
  ck_assert_uint_eq(called, 0);
  ck_assert_uint_eq(recorder_statistics(&r).kept, 0);
  ck_assert(recorder_knows(&r, watched) && recorder_knows(&r, asked) && recorder_knows(&r, below));
  step_to_the_end(100);
  ck_assert_uint_eq(r.asked_count, 1);
  ck_assert_uint_eq(recorder_statistics(&r).kept, r.answer == XLGC_KEEP);
  ck_assert(!recorder_knows(&r, watched));
  ck_assert_int_eq(recorder_knows(&r, asked), r.answer == XLGC_KEEP);
  ck_assert_int_eq(recorder_knows(&r, below), r.answer == XLGC_KEEP);
  ok(xlgc_weak_load(weak, &loaded));
  ck_assert_uint_eq(loaded, XLGC_ID_NONE);
  ok(xlgc_weak_destroy(weak));
  r.answer = XLGC_LET_GO;
  flush();
  ck_assert_uint_eq(called_inside, 0);
  finish();
}
END_TEST

/* A weak reference with a notifier does not keep transient objects from being forgotten, later. */
START_TEST(transient_objects_are_forgotten_meanwhile) {
  start_help(_i, XLGC_HELP_TELLS_LATER, 0);
  xlgc_weak *weak;
  xlgc_id id = recorder_object(&r, &r.passing);
  ok(xlgc_weak_create(r.context, id, on_cleared, NULL, &weak));
  for (unsigned i = 0; i < OBJECTS; i++)
    REPORT(xlgc_register(r.context, NULL, &r.passing, &id));
  ck_assert_uint_eq(called, 0);
  flush();
  ck_assert_uint_eq(called, OBJECTS + 2);
  ck_assert_uint_eq(called_inside, 0);
  ck_assert_uint_eq(recorder_statistics(&r).objects, 0);
  ok(xlgc_weak_destroy(weak));
  finish();
}
END_TEST

/* A step that calls is stopped between clearing and releasing: a report goes on with the round, and calls nothing. */
START_TEST(reports_go_on_with_a_round_that_calls) {
  start_help(_i, XLGC_HELP_TELLS_LATER, 1);
  enum { WATCHED = 20 };
  xlgc_weak *weak[WATCHED];
  xlgc_id top = root(), id;
  for (unsigned i = 0; i < WATCHED; i++) {
    id = held_by(top);
    ok(xlgc_weak_create(r.context, id, on_cleared, NULL, &weak[i]));
    drop(top, id);
  }
  while (!called)
    ck_assert_int_eq(xlgc_step(r.pool, 1), 1);
  uint64_t before = called;
  for (unsigned i = 0; i < 3 * HELP; i++) {
    come_and_go(&r.kind);
    ck_assert_uint_le(recorder_statistics(&r).queued, HELP + 2 * 510 + 14);
  }
  ck_assert_uint_eq(called, before);
  flush();
  ck_assert_uint_eq(called, 3 * HELP + 2 * WATCHED);
  ck_assert_uint_eq(called_inside, 0);
  for (unsigned i = 0; i < WATCHED; i++)
    ok(xlgc_weak_destroy(weak[i]));
  finish();
}
END_TEST

/* A question whose reader has ended is put by any thread that works, but not by one that reports. */
START_TEST(reports_put_off_questions_without_a_reader) {
  start_help(_i, XLGC_HELP_TELLS_LATER, 1);
  xlgc_context *owner;
  ok(xlgc_context_create(r.pool, "owner", &owner));
  r.asking.delivery = XLGC_DELIVER_OWNER;
  xlgc_id top = root(), asked;
  ok(xlgc_register(owner, NULL, &r.asking, &asked));
  hold(top, asked);
  drop(top, asked);
  ck_assert_int_eq(xlgc_step(r.pool, 10000), XLGC_E_HELD);
  ok(xlgc_context_destroy(owner));
  for (unsigned i = 0; i < 3 * HELP; i++)
    come_and_go(&r.kind);
  ck_assert_uint_eq(called, 0);
  flush();
  ck_assert_uint_eq(r.asked_count, 1);
  ck_assert_uint_eq(called, 3 * HELP + 2);
  finish();
}
END_TEST

START_TEST(dispatch_calls_what_waits) {
  start_help(_i, XLGC_HELP_TELLS_LATER, 0);
  while (recorder_statistics(&r).backlog < HELP)
    come_and_go(&r.kind);
  ck_assert_int_eq(xlgc_context_dispatch(r.context, 10), 10);
  ck_assert_uint_eq(called, 10);
  uint64_t left = recorder_statistics(&r).backlog;
  ck_assert_uint_eq(xlgc_context_dispatch(r.context, SIZE_MAX), left);
  ck_assert_uint_eq(recorder_statistics(&r).backlog, 0);
  ck_assert_int_eq(xlgc_context_dispatch(r.context, SIZE_MAX), 0);
  flush();
  finish();
}
END_TEST

START_TEST(worker_calls_what_waits) {
  start_help(_i, XLGC_HELP_TELLS_LATER, 0);
  while (recorder_statistics(&r).backlog < HELP)
    come_and_go(&r.kind);
  ok(xlgc_worker_start(r.pool));
  while (recorder_statistics(&r).backlog)
    nap_ms(1);
  ok(xlgc_worker_stop(r.pool));
  ck_assert_uint_ge(called_elsewhere, HELP);
  ck_assert_uint_eq(called, called_elsewhere);
  flush();
  finish();
}
END_TEST

START_TEST(a_backlog_is_reported_once) {
  start_help(XLGC_CERTIFIED, XLGC_HELP_TELLS_LATER, 0);
  r.on_other = NULL;
  for (unsigned i = 0; i < 65536 + 4 * HELP; i++)
    come_and_go(&r.kind);
  ck_assert_uint_eq(called, 0);
  ck_assert_uint_eq(r.error_count, 1);
  ck_assert_int_eq(r.errors[0].code, XLGC_E_BACKLOG);
  ck_assert_str_eq(r.errors[0].what, "help");
  ck_assert_str_eq(r.error_context, "recorder");
  ck_assert_uint_eq(recorder_statistics(&r).errors, 1);
  r.error_count = 0;
  flush();
  finish();
}
END_TEST

/* ------------------------------------------------------------ now, cleaner */

START_TEST(reports_call_where_the_pool_was_made_so) {
  start_help(_i & 1, XLGC_HELP_TELLS_NOW, _i & 2);
  for (unsigned i = 0; i < OBJECTS; i++)
    come_and_go(&r.kind);
  ck_assert_uint_gt(called_inside, OBJECTS / 2);
  ck_assert_uint_eq(recorder_statistics(&r).backlog, 0);
  flush();
  ck_assert_uint_eq(called, OBJECTS);
  finish();
}
END_TEST

/* Reading applies what was reported. The thread has to do the rest of the work as if it had not read. */
START_TEST(reading_puts_nothing_off_for_ever) {
  enum { EACH = 100 };
  start_help(_i / 2, XLGC_HELP_TELLS_NOW, _i % 2);
  xlgc_id top = root();
  for (int i = 0; i < 4 * OBJECTS; i++) {
    come_and_go(&r.kind);
    uint64_t distance;
    if (i % EACH == 0) ok(xlgc_distance(r.pool, top, &distance));
    ck_assert_uint_lt((uint64_t)i - called, OBJECTS);
  }
  recorder_close(&r);
}
END_TEST

START_TEST(the_cleaner_calls_where_the_pool_was_made_so) {
  start_help(_i, XLGC_HELP_TELLS_CLEANER, 0);
  xlgc_id top = root(), asked = recorder_object(&r, &r.asking);
  hold(top, asked);
  drop(top, asked);
  for (unsigned i = 0; i < OBJECTS; i++)
    come_and_go(&r.kind);
  while (recorder_statistics(&r).mailed)
    nap_ms(1);
  ck_assert_uint_eq(called_inside, 0);
  ck_assert_uint_gt(called_elsewhere, OBJECTS / 2);
  /* The first question was put off, as the thread did not run; a second one is put by it. */
  xlgc_id again = recorder_object(&r, &r.asking);
  hold(top, again);
  drop(top, again);
  for (unsigned i = 0; i < OBJECTS; i++)
    come_and_go(&r.kind);
  while (recorder_statistics(&r).mailed)
    nap_ms(1);
  ok(xlgc_cleaner_stop(r.pool));
  ck_assert_uint_eq(r.asked_count, 1);
  flush();
  recorder_close(&r);
  ck_assert_uint_eq(r.asked_count, 2);
  ck_assert_uint_eq(called, 2 * OBJECTS + 5); /* asked and told; the root survives, and is reported */
}
END_TEST

/* The clean-up thread has begun with those that others hold: the rest of them come after it, whatever finds them. */
enum { LONG = 20000 }; /* more than a thread that reports works off at once */
static xlgc_kind held_first;
static xlgc_id links[LONG];
static _Atomic uint64_t left = LONG, out_of_order;
static _Atomic bool at_last, go_on;

static void wait_at_the_last(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)context;
  (void)object;
  (void)data;
  at_last = true;
  while (!go_on)
    nap_ms(1);
  out_of_order += id != links[--left];
}

START_TEST(the_cleaner_goes_on_with_what_it_has_begun) {
  start_help(_i, XLGC_HELP_TELLS_CLEANER, 0);
  held_first = (xlgc_kind){.name = "link", .flags = XLGC_KIND_HELD_FIRST, .release = wait_at_the_last};
  for (unsigned i = 0; i < LONG; i++) {
    ok(xlgc_register(r.context, NULL, &held_first, &links[i]));
    ok(i ? xlgc_link(r.context, links[i - 1], links[i]) : xlgc_pin(r.context, links[i]));
  }
  flush();
  ok(xlgc_unpin(r.context, links[0]));
  while (!at_last) {
    come_and_go(&r.kind);
    while (recorder_statistics(&r).mailed && !at_last)
      nap_ms(1);
  }
  xlgc_statistics before = recorder_statistics(&r);
  ck_assert_uint_lt(before.mailed, LONG - 1); /* or it would have all of them already */
  flush();
  ck_assert_uint_eq(left, LONG);
  go_on = true;
  while (left)
    nap_ms(1);
  ck_assert_uint_eq(out_of_order, 0);
  ok(xlgc_cleaner_stop(r.pool));
  flush();
  finish();
}
END_TEST

/* -------------------------------------------------- a program with one lock */

static pthread_mutex_t table = PTHREAD_MUTEX_INITIALIZER;
static uint64_t in_table;

static void leave_table(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)context;
  (void)id;
  (void)object;
  (void)data;
  pthread_mutex_lock(&table);
  in_table--;
  pthread_mutex_unlock(&table);
}

START_TEST(one_lock_for_reports_and_callbacks) {
  static const xlgc_kind thing = {.name = "thing", .release = leave_table};
  start_help(XLGC_CERTIFIED, _i ? XLGC_HELP_TELLS_CLEANER : XLGC_HELP_TELLS_LATER, 0);
  for (unsigned i = 0; i < OBJECTS; i++) {
    pthread_mutex_lock(&table);
    come_and_go(&thing);
    in_table++;
    pthread_mutex_unlock(&table);
  }
  flush();
  recorder_close(&r);
  ck_assert_uint_eq(in_table, 0);
}
END_TEST

START_TEST(what_help_tells_is_checked) {
  xlgc_config config;
  xlgc_config_init(&config);
  ck_assert_int_eq(config.help_tells, XLGC_HELP_TELLS_LATER);
  config.help_tells = XLGC_HELP_TELLS_CLEANER + 1;
  ck_assert_int_eq(xlgc_pool_create(&config, &r.pool), XLGC_E_INVAL);
  config.help_tells = -1;
  ck_assert_int_eq(xlgc_pool_create(&config, &r.pool), XLGC_E_INVAL);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("api_help");
  TCase *later = trial_case(suite, "later");
  tcase_add_loop_test(later, what_reports_find_is_called_by_a_step, 0, 4);
  tcase_add_loop_test(later, what_waits_is_called_first, 0, 2);
  tcase_add_loop_test(later, questions_wait_for_a_step, 0, 4);
  tcase_add_loop_test(later, transient_objects_are_forgotten_meanwhile, 0, 2);
  tcase_add_loop_test(later, reports_go_on_with_a_round_that_calls, 0, 2);
  tcase_add_loop_test(later, reports_put_off_questions_without_a_reader, 0, 2);
  tcase_add_loop_test(later, dispatch_calls_what_waits, 0, 2);
  tcase_add_loop_test(later, worker_calls_what_waits, 0, 2);
  tcase_add_test(later, a_backlog_is_reported_once);
  TCase *now = trial_case(suite, "now, and the cleaner");
  tcase_add_loop_test(now, reports_call_where_the_pool_was_made_so, 0, 4);
  tcase_add_loop_test(now, the_cleaner_calls_where_the_pool_was_made_so, 0, 2);
  tcase_add_loop_test(now, the_cleaner_goes_on_with_what_it_has_begun, 0, 2);
  tcase_add_loop_test(now, reading_puts_nothing_off_for_ever, 0, 4);
  tcase_add_test(now, what_help_tells_is_checked);
  TCase *lock = trial_case(suite, "lock");
  tcase_add_loop_test(lock, one_lock_for_reports_and_callbacks, 0, 2);
  return trial_run(suite);
}
