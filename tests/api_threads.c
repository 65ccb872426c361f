/* The hazards of several threads: what one thread's log, section, exit, or full queue does to the others. One test a
 * hazard, each in both settings. Contexts as such, the end of a pool, and mailboxes have files of their own. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "pool/pool.h"
#include "support/one_pool.h"
#include "support/threads.h"

enum { CHUNK = 510, SMALL_QUEUE = 2 * CHUNK };

static xlgc_context *another(const char *name) {
  xlgc_context *context;
  ok(xlgc_context_create(r.pool, name, &context));
  return context;
}

/* Works until nothing is left, or something is in the way. */
static int step_all(void) {
  int result;
  while ((result = xlgc_step(r.pool, 1000)) == 1) {
  }
  return result;
}

/* ------------------------------------------------------------------ order */

/* _i: setting, and in which context the add is. */
START_TEST(drop_seen_before_its_add_is_settled_in_the_round) {
  start(_i % 2);
  xlgc_context *first = r.context, *second = another("second");
  xlgc_context *adds = _i / 2 ? first : second, *drops = _i / 2 ? second : first;
  xlgc_id top = root(), held = held_by(top), pinned = object();
  flush();
  ok(xlgc_link(adds, top, held));
  ok(xlgc_pin(adds, pinned));
  ok(xlgc_unlink(drops, top, held));
  ok(xlgc_unpin(drops, pinned));
  flush();
  expect_told(&r, pinned);
  ck_assert_uint_eq(recorder_count(&r, top, held), 1);
  ok(xlgc_unlink(drops, top, held));
  flush();
  expect_told(&r, held);
  finish();
}
END_TEST

/* Each log has a drop that waits for an add behind the other's drop. */
START_TEST(drops_of_two_logs_that_wait_for_each_other) {
  start(_i);
  xlgc_context *first = r.context, *second = another("second");
  xlgc_id top = root(), x = held_by(top), y = held_by(top);
  flush();
  ok(xlgc_unlink(first, top, x));
  ok(xlgc_unlink(second, top, y));
  ok(xlgc_link(first, y, y));
  ok(xlgc_link(second, x, x));
  ok(xlgc_link(first, top, y));
  ok(xlgc_link(second, top, x));
  ok(xlgc_unlink(first, x, x));
  ok(xlgc_unlink(second, y, y));
  flush();
  expect_none_told(&r);
  ck_assert_uint_eq(recorder_count(&r, top, x), 1);
  ck_assert_uint_eq(recorder_count(&r, top, y), 1);
  ck_assert_uint_eq(recorder_count(&r, x, x) + recorder_count(&r, y, y), 0);
  finish();
}
END_TEST

START_TEST(a_debt_at_quiescence_is_an_error) {
  start(_i);
  xlgc_context *second = another("second");
  xlgc_id top = root(), held = held_by(top);
  ok(xlgc_pin(second, top));
  ok(xlgc_unlink(second, held, top));
  ok(xlgc_link(second, top, held)); /* what stands behind it is applied all the same */
  flush();
  ck_assert_uint_eq(r.error_count, 1);
  ck_assert_int_eq(r.errors[0].code, XLGC_E_NOLINK);
  ck_assert_str_eq(r.errors[0].what, "unlink");
  ck_assert_uint_eq(r.errors[0].source, held);
  ck_assert_uint_eq(r.errors[0].target, top);
  ck_assert_uint_eq(r.errors[0].position, 1);
  ck_assert_str_eq(r.error_context, "second");
  r.error_count = 0;
  ck_assert_uint_eq(recorder_count(&r, top, held), 2);
  /* It is forgotten: an add that comes later is none of its business. */
  ok(xlgc_link(r.context, held, top));
  flush();
  ck_assert_uint_eq(recorder_count(&r, held, top), 1);
  finish();
}
END_TEST

/* What two threads share. */
static struct {
  stage stage;
  xlgc_id top, held;
  xlgc_context *context;
  _Atomic int failed;
  _Atomic bool flag;
} both;

static void drop_and_idle(void *data) {
  (void)data;
  both.failed |= xlgc_context_create(r.pool, "idle", &both.context);
  both.failed |= xlgc_unlink(both.context, both.top, both.held);
  reach(&both.stage, 1);
  await(&both.stage, 2);
}

START_TEST(idle_thread_with_a_half_full_chunk_is_found_by_the_round) {
  start(_i);
  both.top = root();
  both.held = held_by(both.top);
  job idle;
  begin(&idle, drop_and_idle, NULL);
  await(&both.stage, 1);
  flush();
  expect_told(&r, both.held);
  reach(&both.stage, 2);
  end(&idle);
  ok(both.failed);
  finish();
}
END_TEST

/* ---------------------------------------------------------- end of threads */

static void drop_here(void *data) {
  const xlgc_id *held = data;
  xlgc_context *context = NULL, *again = NULL;
  both.failed |= xlgc_context_here(r.pool, &context);
  both.failed |= xlgc_context_here(r.pool, &again) || context != again;
  both.failed |= xlgc_unlink(context, both.top, *held);
}

START_TEST(thread_exit_is_flushed) {
  start(_i);
  both.top = root();
  uint64_t contexts = recorder_statistics(&r).contexts;
  for (unsigned i = 0; i < 100; i++) {
    xlgc_id held = held_by(both.top);
    run_elsewhere(drop_here, &held);
    ok(both.failed);
    ck_assert_uint_eq(recorder_statistics(&r).contexts, contexts);
    flush();
    expect_told(&r, held);
  }
  ck_assert_ptr_eq(r.pool->queue.contexts, r.context);
  finish();
}
END_TEST

static pthread_key_t early, late;
static xlgc_id doomed[4];
static unsigned early_calls, late_calls;

static void drop_in_early(void *data) {
  drop_here(&doomed[early_calls++]);
  if (early_calls < 2) pthread_setspecific(early, data);
}

static void drop_in_late(void *data) {
  drop_here(&doomed[2 + late_calls++]);
  if (late_calls < 2) pthread_setspecific(late, data);
}

static void end_with_destructors(void *data) {
  xlgc_context *context;
  both.failed |= xlgc_context_here(r.pool, &context);
  both.failed |= pthread_setspecific(early, data) | pthread_setspecific(late, data);
}

/* Keys made before and after the library's own. */
START_TEST(thread_exit_inside_destructors_of_specific_data_is_flushed) {
  ok(pthread_key_create(&early, drop_in_early));
  start(_i);
  ok(pthread_key_create(&late, drop_in_late));
  both.top = root();
  for (unsigned i = 0; i < 4; i++)
    doomed[i] = held_by(both.top);
  uint64_t contexts = recorder_statistics(&r).contexts;
  run_elsewhere(end_with_destructors, &both);
  ok(both.failed);
  ck_assert_uint_eq(early_calls, 2);
  ck_assert_uint_eq(late_calls, 2);
  ck_assert_uint_eq(recorder_statistics(&r).contexts, contexts);
  flush();
  ck_assert_uint_eq(r.told_count, 4);
  finish();
}
END_TEST

/* Its own context ends with the pool or with the thread, whichever is first. */
static void outlive_the_pool(void *data) {
  (void)data;
  xlgc_context *context;
  both.failed |= xlgc_context_here(r.pool, &context);
  reach(&both.stage, 1);
  await(&both.stage, 2);
  xlgc_pool *other;
  both.failed |= xlgc_pool_create(NULL, &other);
  both.failed |= xlgc_context_here(other, &context);
  both.failed |= xlgc_pool_destroy(other);
}

START_TEST(thread_that_outlives_the_pool_of_its_own_context) {
  start(_i);
  job thread;
  begin(&thread, outlive_the_pool, NULL);
  await(&both.stage, 1);
  recorder_close(&r);
  reach(&both.stage, 2);
  end(&thread);
  ok(both.failed);
}
END_TEST

static void end_inside_a_section(void *data) {
  xlgc_context **context = data;
  if (*context == NULL) both.failed |= xlgc_context_here(r.pool, context);
  both.failed |= xlgc_enter(*context) | xlgc_enter(*context);
}

START_TEST(thread_that_ends_inside_a_section_leaves_it) {
  start(_i);
  xlgc_id top = root(), held = held_by(top);
  flush();
  xlgc_context *own = NULL;
  run_elsewhere(end_inside_a_section, &own);
  ok(both.failed);
  drop(top, held);
  ok(step_all());
  expect_told(&r, held);
  finish();
}
END_TEST

/* _i: setting, and whether there is an heir. */
START_TEST(context_of_a_dead_thread_inside_a_section_is_ended_by_another) {
  start(_i % 2);
  xlgc_id top = root(), held = held_by(top);
  flush();
  xlgc_context *orphaned = another("orphaned");
  run_elsewhere(end_inside_a_section, &orphaned);
  ok(both.failed);
  drop(top, held);
  ck_assert_int_eq(step_all(), XLGC_E_HELD);
  expect_none_told(&r);
  ck_assert_str_eq(recorder_statistics(&r).held_by, "orphaned");
  ok(_i / 2 ? xlgc_context_adopt(r.context, orphaned) : xlgc_context_destroy(orphaned));
  ok(step_all());
  expect_told(&r, held);
  ck_assert_str_eq(recorder_statistics(&r).held_by, "");
  finish();
}
END_TEST

/* --------------------------------------------------------------- sections */

static void block(void *data) {
  bool inside = data != NULL;
  both.failed |= xlgc_context_create(r.pool, "blocked", &both.context);
  both.failed |= xlgc_enter(both.context);
  if (!inside) both.failed |= xlgc_leave(both.context);
  reach(&both.stage, 1);
  await(&both.stage, 2);
  atomic_store(&both.flag, true);
  if (inside) both.failed |= xlgc_leave(both.context);
}

START_TEST(thread_blocked_outside_sections_has_no_effect) {
  start(_i);
  xlgc_id top = root(), held = held_by(top);
  job blocked;
  begin(&blocked, block, NULL);
  await(&both.stage, 1);
  drop(top, held);
  ok(step_all());
  expect_told(&r, held);
  ck_assert_uint_eq(recorder_statistics(&r).rounds_held, 0);
  reach(&both.stage, 2);
  end(&blocked);
  ok(both.failed);
  finish();
}
END_TEST

/* An object that was let go while another thread is inside a section. */
static xlgc_id dropped_beside_a_section(job *blocked) {
  xlgc_id top = root(), held = held_by(top);
  flush();
  begin(blocked, block, &both);
  await(&both.stage, 1);
  drop(top, held);
  return held;
}

START_TEST(thread_blocked_inside_a_section_holds_the_round_and_is_named) {
  start(_i);
  job blocked;
  xlgc_id held = dropped_beside_a_section(&blocked);
  for (unsigned i = 0; i < 3; i++)
    ck_assert_int_eq(step_all(), XLGC_E_HELD);
  ck_assert_int_eq(xlgc_step_for(r.pool, 1000000), XLGC_E_HELD);
  expect_none_told(&r);
  ck_assert_uint_eq(recorder_statistics(&r).rounds_held, 1);
  ck_assert_str_eq(recorder_statistics(&r).held_by, "blocked");
  /* Mutators do not wait. */
  root();
  reach(&both.stage, 2);
  end(&blocked);
  ok(both.failed);
  ok(step_all());
  expect_told(&r, held);
  ck_assert_uint_eq(recorder_statistics(&r).rounds_held, 1);
  ck_assert_str_eq(recorder_statistics(&r).held_by, "");
  finish();
}
END_TEST

START_TEST(flush_waits_for_a_section_of_another_thread) {
  start(_i);
  job blocked;
  xlgc_id held = dropped_beside_a_section(&blocked);
  ck_assert_int_eq(step_all(), XLGC_E_HELD);
  reach(&both.stage, 2);
  flush();
  ck_assert(atomic_load(&both.flag));
  expect_told(&r, held);
  end(&blocked);
  ok(both.failed);
  finish();
}
END_TEST

/* Nobody is judged by reading. */
START_TEST(reading_does_not_wait_for_a_section_of_another_thread) {
  start(_i);
  job blocked;
  xlgc_id held = dropped_beside_a_section(&blocked);
  ck_assert_int_eq(step_all(), XLGC_E_HELD);
  uint64_t distance;
  ok(xlgc_distance(r.pool, held, &distance));
  ck_assert_uint_eq(distance, XLGC_UNREACHABLE);
  ok(xlgc_apply(r.pool));
  ok(xlgc_verify(r.pool, NULL, 0));
  ck_assert_int_eq(step_all(), XLGC_E_HELD);
  expect_none_told(&r);
  reach(&both.stage, 2);
  end(&blocked);
  ok(both.failed);
  flush();
  expect_told(&r, held);
  finish();
}
END_TEST

START_TEST(flush_by_the_thread_that_is_inside_a_section) {
  start(_i);
  xlgc_id top = root(), held = held_by(top);
  flush();
  ok(xlgc_enter(r.context));
  drop(top, held);
  ck_assert_int_eq(xlgc_flush(r.pool), XLGC_E_HELD);
  ck_assert_int_eq(xlgc_flush(r.pool), XLGC_E_HELD);
  expect_none_told(&r);
  ok(xlgc_leave(r.context));
  flush();
  expect_told(&r, held);
  finish();
}
END_TEST

START_TEST(sections_nest_and_the_outermost_counts) {
  start(_i);
  xlgc_id top = root(), held = held_by(top);
  flush();
  for (unsigned i = 0; i < 3; i++)
    ok(xlgc_enter(r.context));
  drop(top, held);
  for (unsigned i = 0; i < 3; i++) {
    ck_assert_int_eq(step_all(), XLGC_E_HELD);
    expect_none_told(&r);
    ok(xlgc_leave(r.context));
  }
  ok(step_all());
  expect_told(&r, held);
  finish();
}
END_TEST

START_TEST(safepoint_lets_the_round_go_on) {
  start(_i);
  xlgc_id top = root(), held = held_by(top), other = held_by(top);
  flush();
  ok(xlgc_enter(r.context));
  ok(xlgc_enter(r.context));
  drop(top, held);
  ck_assert_int_eq(step_all(), XLGC_E_HELD);
  ok(xlgc_safepoint(r.context));
  drop(top, other);
  /* The round that waited is done; the next one waits again. */
  ck_assert_int_eq(step_all(), XLGC_E_HELD);
  expect_told(&r, held);
  ok(xlgc_leave(r.context));
  ck_assert_int_eq(step_all(), XLGC_E_HELD);
  ok(xlgc_leave(r.context));
  ck_assert_int_eq(xlgc_leave(r.context), XLGC_E_SECTION);
  ok(step_all());
  expect_told(&r, other);
  finish();
}
END_TEST

START_TEST(leaving_what_was_not_entered) {
  start(_i);
  ck_assert_int_eq(xlgc_leave(r.context), XLGC_E_SECTION);
  ck_assert_int_eq(xlgc_safepoint(r.context), XLGC_E_SECTION);
  ok(xlgc_enter(r.context));
  ok(xlgc_leave(r.context));
  ck_assert_int_eq(xlgc_leave(r.context), XLGC_E_SECTION);
  ok(step_all());
  finish();
}
END_TEST

/* What a section found is kept by the pin logged in it, however late the round looks. */
START_TEST(what_a_section_pins_is_not_released) {
  start(_i);
  xlgc_context *reader = another("reader");
  xlgc_id top = root(), held = held_by(top), below = held_by(held);
  flush();
  ok(xlgc_enter(reader));
  drop(top, held);
  ck_assert_int_eq(step_all(), XLGC_E_HELD);
  ok(xlgc_pin(reader, below));
  ok(xlgc_leave(reader));
  ok(step_all());
  flush();
  expect_told(&r, held);
  ok(xlgc_unpin(reader, below));
  flush();
  expect_told(&r, below);
  finish();
}
END_TEST

/* --------------------------------------------------------------- watchdog */

static struct {
  _Atomic unsigned barks;
  char context[40];
  int in_section;
  _Atomic uint64_t ns;
} watch;

static void bark(void *data, const xlgc_held *held) {
  (void)data;
  strncpy(watch.context, held->context, sizeof watch.context - 1);
  watch.in_section = held->in_section;
  atomic_store(&watch.ns, held->ns);
  atomic_fetch_add(&watch.barks, 1);
}

static void start_watched(int setting, uint64_t watchdog_ns, uint64_t period_ns) {
  xlgc_config config = recorder_config(&r);
  config.setting = setting;
  config.watchdog_ns = watchdog_ns;
  config.worker_period_ns = period_ns;
  config.on_held = bark;
  recorder_open_with(&r, &config);
}

static void await_barks(unsigned count) {
  while (atomic_load(&watch.barks) < count)
    nap_ms(1);
}

START_TEST(watchdog_says_who_is_inside_a_section) {
  start_watched(_i, 20 * 1000 * 1000, 1000 * 1000);
  ok(xlgc_worker_start(r.pool));
  xlgc_id top = root(), held = held_by(top);
  job blocked;
  begin(&blocked, block, &both);
  await(&both.stage, 1);
  drop(top, held);
  await_barks(3);
  reach(&both.stage, 2);
  end(&blocked);
  ok(xlgc_worker_stop(r.pool));
  ok(both.failed);
  ck_assert_str_eq(watch.context, "blocked");
  ck_assert_int_eq(watch.in_section, 1);
  ck_assert_uint_ge(watch.ns, 3 * 20 * 1000 * 1000);
  flush();
  expect_told(&r, held);
  finish();
}
END_TEST

static void leave_after_barks(void *data) {
  (void)data;
  both.failed |= xlgc_context_create(r.pool, "blocked", &both.context);
  both.failed |= xlgc_enter(both.context);
  reach(&both.stage, 1);
  await_barks(1);
  both.failed |= xlgc_leave(both.context);
}

/* Longer than the test may take: no thread polls for it. */
START_TEST(watchdog_is_in_time_though_the_workers_period_is_long) {
  start_watched(_i, 20 * 1000 * 1000, UINT64_C(1000000) * 1000 * 1000 * 1000);
  xlgc_id top = root(), held = held_by(top);
  flush();
  job blocked;
  begin(&blocked, leave_after_barks, NULL);
  await(&both.stage, 1);
  drop(top, held);
  flush();
  end(&blocked);
  ok(both.failed);
  expect_told(&r, held);
  finish();
}
END_TEST

START_TEST(watchdog_that_is_to_wait_for_ever) {
  start_watched(_i, UINT64_MAX, 1000 * 1000);
  xlgc_id top = root(), held = held_by(top);
  flush();
  ok(xlgc_enter(r.context));
  drop(top, held);
  ck_assert_int_eq(step_all(), XLGC_E_HELD);
  ck_assert_int_eq(step_all(), XLGC_E_HELD);
  ck_assert_uint_eq(watch.barks, 0);
  ok(xlgc_leave(r.context));
  flush();
  expect_told(&r, held);
  finish();
}
END_TEST

static uint64_t fake_ns;
static int64_t fake_pace_ns;
static uint64_t fake_clock(void) { return fake_ns += (uint64_t)fake_pace_ns; }

START_TEST(clock_goes_backwards) {
  start_watched(_i, 1000, 1000 * 1000);
  xlgc__platform_ops fake = xlgc__platform_system;
  fake.clock_ns = fake_clock;
  fake_ns = UINT64_C(1) << 40;
  fake_pace_ns = -1000;
  r.pool->platform = &fake;
  xlgc_id top = root(), held = held_by(top);
  int result;
  while ((result = xlgc_step_for(r.pool, 1000000)) == 1) {
  }
  ok(result);
  ok(xlgc_enter(r.context));
  drop(top, held);
  for (unsigned i = 0; i < 100; i++)
    ck_assert_int_eq(step_all(), XLGC_E_HELD);
  ck_assert_uint_eq(watch.barks, 0);
  fake_pace_ns = 1000000;
  ck_assert_int_eq(step_all(), XLGC_E_HELD);
  ck_assert_uint_eq(watch.barks, 1);
  ck_assert_uint_lt(watch.ns, 10 * 1000000);
  ok(xlgc_leave(r.context));
  ok(step_all());
  expect_told(&r, held);
  finish();
}
END_TEST

static _Atomic unsigned wakes;
static void wake_for_nothing(void *data) {
  (void)data;
  for (; !atomic_load(&both.flag); atomic_fetch_add(&wakes, 1)) {
    xlgc__mutex_lock(&r.pool->queue.lock);
    xlgc__condition_wake_all(&r.pool->queue.progress);
    xlgc__mutex_unlock(&r.pool->queue.lock);
    nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
  }
}

static void hold_a_section_for_some_wakes(void *data) {
  enum { WAKES = 100 };
  xlgc_context *context = data;
  both.failed |= xlgc_enter(context);
  reach(&both.stage, 1);
  await_stalled_round(r.pool);
  for (unsigned start = atomic_load(&wakes); atomic_load(&wakes) < start + WAKES;)
    nap_ms(1);
  both.failed |= xlgc_leave(context);
}

START_TEST(spurious_wake_ups) {
  xlgc_config config = recorder_config(&r);
  config.setting = _i;
  config.when_full = XLGC_FULL_WAIT;
  config.queue_events = SMALL_QUEUE;
  recorder_open_with(&r, &config);
  xlgc_id top = root(), held = held_by(top), lost = held_by(top);
  flush();
  job waker, reader;
  begin(&waker, wake_for_nothing, NULL);
  begin(&reader, hold_a_section_for_some_wakes, another("reader"));
  await(&both.stage, 1);
  drop(top, lost);
  flush();
  expect_told(&r, lost);
  end(&reader);
  ok(xlgc_worker_start(r.pool));
  ok(xlgc_cleaner_start(r.pool));
  for (unsigned i = 0; i < 20 * SMALL_QUEUE; i++)
    hold(top, held);
  ok(xlgc_cleaner_stop(r.pool));
  ok(xlgc_worker_stop(r.pool));
  flush();
  atomic_store(&both.flag, true);
  end(&waker);
  ok(both.failed);
  ck_assert_uint_eq(recorder_count(&r, top, held), 20 * SMALL_QUEUE + 1);
  finish();
}
END_TEST

/* ------------------------------------------------------------------ queue */

static void start_with_queue(int setting, int when_full) {
  xlgc_config config = recorder_config(&r);
  config.setting = setting;
  config.when_full = when_full;
  config.queue_events = SMALL_QUEUE;
  config.queue_reserve = 0;
  config.worker_period_ns = 1000 * 1000;
  recorder_open_with(&r, &config);
}

static unsigned fill(xlgc_context *context) {
  unsigned logged = 0;
  while (logged <= 3 * SMALL_QUEUE && !xlgc_link(context, both.top, both.held))
    logged++;
  return logged;
}

/* _i: fail, or wait where there is no worker. */
START_TEST(queue_at_its_bound_for_two_contexts_fail) {
  start_with_queue(_i % 2, _i / 2 ? XLGC_FULL_WAIT : XLGC_FULL_FAIL);
  xlgc_context *second = another("second");
  both.top = root();
  both.held = held_by(both.top);
  flush();
  unsigned logged = 0;
  for (unsigned i = 0; i < 5; i++) {
    unsigned first = fill(r.context), other = fill(second);
    ck_assert_uint_ge(first, SMALL_QUEUE - 2 * CHUNK);
    ck_assert_uint_le(other, CHUNK);
    ck_assert_int_eq(xlgc_pin(r.context, both.top), XLGC_E_QUEUE);
    ck_assert_int_eq(xlgc_pin(second, both.top), XLGC_E_QUEUE);
    logged += first + other;
    flush();
    xlgc_context *swap = r.context;
    r.context = second;
    second = swap;
  }
  ck_assert_uint_eq(recorder_count(&r, both.top, both.held), logged + 1);
  ck_assert_uint_eq(recorder_statistics(&r).queued, 0);
  finish();
}
END_TEST

static void log_a_lot(void *data) {
  xlgc_context *context = data;
  for (unsigned i = 0; i < 20 * SMALL_QUEUE; i++)
    both.failed |= xlgc_link(context, both.top, both.held);
}

/* _i: setting; help, help beside a worker, wait. */
START_TEST(queue_at_its_bound_for_three_contexts_help_and_wait) {
  start_with_queue(_i % 2, _i / 2 == 2 ? XLGC_FULL_WAIT : XLGC_FULL_HELP);
  both.top = root();
  both.held = held_by(both.top);
  if (_i / 2) ok(xlgc_worker_start(r.pool));
  job jobs[2];
  begin(&jobs[0], log_a_lot, another("second"));
  begin(&jobs[1], log_a_lot, another("third"));
  log_a_lot(r.context);
  end(&jobs[0]);
  end(&jobs[1]);
  ok(both.failed);
  if (_i / 2) ok(xlgc_worker_stop(r.pool));
  flush();
  ck_assert_uint_eq(recorder_count(&r, both.top, both.held), 60 * SMALL_QUEUE + 1);
  finish();
}
END_TEST

static void log_much(recorder *recorder, xlgc_context *context, xlgc_id id, void *object) {
  (void)recorder;
  (void)id;
  (void)object;
  for (unsigned i = 0; i < 3 * SMALL_QUEUE; i++)
    both.failed |= xlgc_link(context, both.top, both.held);
}

/* _i: setting, and the policy. */
START_TEST(worker_and_its_releasers_do_not_wait_at_the_bound) {
  start_with_queue(_i % 2, _i / 2 ? XLGC_FULL_WAIT : XLGC_FULL_HELP);
  both.top = root();
  both.held = held_by(both.top);
  r.on_release = log_much;
  xlgc_id doomed_one = held_by(both.top), doomed_two = held_by(both.top);
  ok(xlgc_worker_start(r.pool));
  job jobs[2];
  begin(&jobs[0], log_a_lot, another("second"));
  begin(&jobs[1], log_a_lot, another("third"));
  drop(both.top, doomed_one);
  log_a_lot(r.context);
  drop(both.top, doomed_two);
  end(&jobs[0]);
  end(&jobs[1]);
  ok(both.failed);
  ok(xlgc_worker_stop(r.pool));
  flush();
  ck_assert_uint_eq(r.told_count, 2);
  ck_assert_uint_eq(recorder_count(&r, both.top, both.held), (60 + 2 * 3) * SMALL_QUEUE + 1);
  finish();
}
END_TEST

/* The round waits for this very thread, so it goes beyond the bound. _i: setting, and the policy. */
START_TEST(section_that_fills_the_queue_goes_beyond_it) {
  start_with_queue(_i % 2, _i / 2 ? XLGC_FULL_WAIT : XLGC_FULL_HELP);
  both.top = root();
  both.held = held_by(both.top);
  flush();
  ok(xlgc_worker_start(r.pool));
  ok(xlgc_enter(r.context));
  for (unsigned i = 0; i < 20 * SMALL_QUEUE; i++)
    hold(both.top, both.held);
  ok(xlgc_leave(r.context));
  ok(xlgc_worker_stop(r.pool));
  flush();
  ck_assert_uint_eq(recorder_count(&r, both.top, both.held), 20 * SMALL_QUEUE + 1);
  finish();
}
END_TEST

/* The same where it is the mailbox that the round waits for. */
START_TEST(owner_of_a_question_that_fills_the_queue_goes_beyond_it) {
  start_with_queue(_i % 2, _i / 2 ? XLGC_FULL_WAIT : XLGC_FULL_HELP);
  both.top = root();
  both.held = held_by(both.top);
  r.asking.delivery = XLGC_DELIVER_OWNER;
  xlgc_id asked = recorder_object(&r, &r.asking);
  hold(both.top, asked);
  flush();
  drop(both.top, asked);
  ck_assert_int_eq(step_all(), XLGC_E_HELD);
  ok(xlgc_worker_start(r.pool));
  for (unsigned i = 0; i < 20 * SMALL_QUEUE; i++)
    hold(both.top, both.held);
  ck_assert_int_eq(xlgc_context_dispatch(r.context, 10), 1);
  ok(xlgc_worker_stop(r.pool));
  flush();
  ck_assert_uint_eq(recorder_count(&r, both.top, both.held), 20 * SMALL_QUEUE + 1);
  ck_assert_int_eq(xlgc_context_dispatch(r.context, 10), 1);
  expect_told(&r, asked);
  finish();
}
END_TEST

/* ------------------------------------------------------- places, two pools */

static _Atomic(void *) place;
static char elsewhere;

static void change_place(void *data) {
  reach(&both.stage, 1);
  for (unsigned spins = *(unsigned *)data; spins; spins--)
    atomic_load(&place);
  atomic_store(&place, &elsewhere);
}

START_TEST(place_changed_by_the_program_while_it_is_cleared) {
  start(_i);
  unsigned turns = trial_work(300);
  static char addresses[2];
  for (unsigned i = 0; i < turns; i++) {
    xlgc_id source, target;
    ok(xlgc_register(r.context, &addresses[0], &r.kind, &source));
    ok(xlgc_register(r.context, &addresses[1], &r.kind, &target));
    ok(xlgc_pin(r.context, source));
    atomic_store(&place, &addresses[1]);
    ok(xlgc_link_at(r.context, source, target, (void *)&place, 0));
    flush();
    ok(xlgc_unpin(r.context, source));
    unsigned spins = i * 7 % 2000;
    reach(&both.stage, 0);
    job changer;
    begin(&changer, change_place, &spins);
    while (!atomic_load(&both.stage.at)) {
    }
    flush();
    end(&changer);
    ck_assert_ptr_eq(atomic_load(&place), &elsewhere);
    expect_told(&r, source, target);
    flush();
  }
  finish();
}
END_TEST

static struct side {
  xlgc_pool *pool;
  xlgc_context *context;
  xlgc_id id;
  unsigned wrong;
} sides[2];

static void link_across(void *data) {
  struct side *own = data, *other = own == sides ? &sides[1] : &sides[0];
  xlgc_weak *weak;
  uint64_t distance;
  for (unsigned i = 0; i < 2000; i++) {
    own->wrong += xlgc_link(own->context, own->id, other->id) != XLGC_E_FOREIGN;
    own->wrong += xlgc_link(own->context, other->id, own->id) != XLGC_E_FOREIGN;
    own->wrong += xlgc_unlink(own->context, own->id, other->id) != XLGC_E_FOREIGN;
    own->wrong += xlgc_relink(own->context, own->id, own->id, other->id) != XLGC_E_FOREIGN;
    own->wrong += xlgc_pin(own->context, other->id) != XLGC_E_FOREIGN;
    own->wrong += xlgc_weak_create(own->context, other->id, NULL, NULL, &weak) != XLGC_E_FOREIGN;
    own->wrong += xlgc_link(own->context, own->id, own->id) != 0;
    own->wrong += i % 100 == 0 && xlgc_distance(own->pool, other->id, &distance) != XLGC_E_FOREIGN;
  }
}

START_TEST(two_pools_and_links_across_them_from_two_threads) {
  xlgc_config config;
  xlgc_config_init(&config);
  config.setting = _i;
  job jobs[2];
  for (unsigned i = 0; i < 2; i++) {
    ok(xlgc_pool_create(&config, &sides[i].pool));
    ok(xlgc_context_create(sides[i].pool, "side", &sides[i].context));
    ok(xlgc_register(sides[i].context, NULL, NULL, &sides[i].id));
    ok(xlgc_pin(sides[i].context, sides[i].id));
    ok(xlgc_worker_start(sides[i].pool));
  }
  ck_assert_int_eq(xlgc_context_adopt(sides[0].context, sides[1].context), XLGC_E_FOREIGN);
  for (unsigned i = 0; i < 2; i++)
    begin(&jobs[i], link_across, &sides[i]);
  for (unsigned i = 0; i < 2; i++) {
    end(&jobs[i]);
    ck_assert_uint_eq(sides[i].wrong, 0);
    xlgc_statistics statistics;
    ok(xlgc_flush(sides[i].pool));
    ok(xlgc_stats(sides[i].pool, &statistics));
    ck_assert_uint_eq(statistics.events, 2001);
    ck_assert_uint_eq(statistics.errors, 0);
    ck_assert_uint_eq(statistics.links, 1);
    ok(xlgc_pool_destroy(sides[i].pool));
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("api_threads");
  TCase *order = trial_case(suite, "order");
  tcase_add_loop_test(order, drop_seen_before_its_add_is_settled_in_the_round, 0, 4);
  tcase_add_loop_test(order, drops_of_two_logs_that_wait_for_each_other, 0, 2);
  tcase_add_loop_test(order, a_debt_at_quiescence_is_an_error, 0, 2);
  tcase_add_loop_test(order, idle_thread_with_a_half_full_chunk_is_found_by_the_round, 0, 2);
  TCase *ends = trial_case(suite, "end of threads");
  tcase_add_loop_test(ends, thread_exit_is_flushed, 0, 2);
  tcase_add_loop_test(ends, thread_exit_inside_destructors_of_specific_data_is_flushed, 0, 2);
  tcase_add_loop_test(ends, thread_that_outlives_the_pool_of_its_own_context, 0, 2);
  tcase_add_loop_test(ends, thread_that_ends_inside_a_section_leaves_it, 0, 2);
  tcase_add_loop_test(ends, context_of_a_dead_thread_inside_a_section_is_ended_by_another, 0, 4);
  TCase *sections = trial_case(suite, "sections");
  tcase_add_loop_test(sections, thread_blocked_outside_sections_has_no_effect, 0, 2);
  tcase_add_loop_test(sections, thread_blocked_inside_a_section_holds_the_round_and_is_named, 0, 2);
  tcase_add_loop_test(sections, flush_waits_for_a_section_of_another_thread, 0, 2);
  tcase_add_loop_test(sections, reading_does_not_wait_for_a_section_of_another_thread, 0, 2);
  tcase_add_loop_test(sections, flush_by_the_thread_that_is_inside_a_section, 0, 2);
  tcase_add_loop_test(sections, sections_nest_and_the_outermost_counts, 0, 2);
  tcase_add_loop_test(sections, safepoint_lets_the_round_go_on, 0, 2);
  tcase_add_loop_test(sections, leaving_what_was_not_entered, 0, 2);
  tcase_add_loop_test(sections, what_a_section_pins_is_not_released, 0, 2);
  TCase *watchdog = trial_case(suite, "watchdog");
  tcase_add_loop_test(watchdog, watchdog_says_who_is_inside_a_section, 0, 2);
  tcase_add_loop_test(watchdog, watchdog_is_in_time_though_the_workers_period_is_long, 0, 2);
  tcase_add_loop_test(watchdog, watchdog_that_is_to_wait_for_ever, 0, 2);
  tcase_add_loop_test(watchdog, clock_goes_backwards, 0, 2);
  tcase_add_loop_test(watchdog, spurious_wake_ups, 0, 2);
  TCase *queue = trial_case(suite, "queue");
  tcase_add_loop_test(queue, queue_at_its_bound_for_two_contexts_fail, 0, 4);
  tcase_add_loop_test(queue, queue_at_its_bound_for_three_contexts_help_and_wait, 0, 6);
  tcase_add_loop_test(queue, worker_and_its_releasers_do_not_wait_at_the_bound, 0, 4);
  tcase_add_loop_test(queue, section_that_fills_the_queue_goes_beyond_it, 0, 4);
  tcase_add_loop_test(queue, owner_of_a_question_that_fills_the_queue_goes_beyond_it, 0, 4);
  TCase *others = trial_case(suite, "places and pools");
  tcase_add_loop_test(others, place_changed_by_the_program_while_it_is_cleared, 0, 2);
  tcase_add_loop_test(others, two_pools_and_links_across_them_from_two_threads, 0, 2);
  return trial_run(suite);
}
