/* Calls of which each is legal, or answers with an error, in orders that few programs have: a context that is gone
 * while the round that waited for it begins anew; callbacks that find what is being registered, or that stop the pool's
 * threads; ids of objects that were just released; contexts in other hands. */
#include <config.h>

#include <stdlib.h>

#include "support/one_pool.h"
#include "support/threads.h"

static xlgc_context *another(const char *name) {
  xlgc_context *context;
  ok(xlgc_context_create(r.pool, name, &context));
  return context;
}

static void start_bound(int when_full) {
  xlgc_config config = recorder_config(&r);
  config.when_full = when_full;
  config.queue_events = 1;
  config.help_events = 0;
  recorder_open_with(&r, &config);
}

/* Logs pins until one is refused. Returns the refusal, or 0 when more than any bound here were taken. */
static int pin_to_the_bound(xlgc_id id) {
  for (unsigned i = 0; i < 10000; i++) {
    int failed = xlgc_pin(r.context, id);
    if (failed) return failed;
  }
  return 0;
}

/* ------------------------------------------------------ contexts that held */

/* xlgc_apply lets a round that waits for a section begin again with its cut. By then the section has ended. */
START_TEST(context_that_held_is_destroyed) {
  start_bound(XLGC_FULL_WAIT);
  xlgc_context *other = another("other");
  xlgc_id top = root();
  ok(xlgc_enter(other));
  ck_assert_int_eq(xlgc_step(r.pool, 1000), XLGC_E_HELD);
  ok(xlgc_leave(other));
  ok(xlgc_context_destroy(other));
  ok(xlgc_apply(r.pool));
  flush();
  ck_assert_uint_eq(recorder_statistics(&r).contexts, 1);
  ck_assert_str_eq(recorder_statistics(&r).held_by, "");
  ck_assert_int_eq(pin_to_the_bound(top), XLGC_E_QUEUE);
  recorder_close(&r);
}
END_TEST

/* A thread whose section the round waited for, and waits for no more, has the bound again. */
START_TEST(context_that_held_has_a_bound) {
  start_bound(XLGC_FULL_WAIT);
  another("other");
  xlgc_id top = root();
  ok(xlgc_enter(r.context));
  ck_assert_int_eq(xlgc_step(r.pool, 1000), XLGC_E_HELD);
  ok(pin_to_the_bound(top));
  ok(xlgc_leave(r.context));
  if (_i) ok(xlgc_apply(r.pool));
  flush();
  ck_assert_int_eq(pin_to_the_bound(top), XLGC_E_QUEUE);
  recorder_close(&r);
}
END_TEST

/* ------------------------------------------------------------ registering */

/* While one thread registers an object of a transient kind, a callback finds its address and takes it. Then memory is
 * gone. */
static struct {
  xlgc_context *context;
  xlgc_id first, second, found;
  char at, place;
  bool starves;
} late;

static void *allocate(void *data, size_t size_bytes) {
  (void)data;
  return late.starves ? NULL : malloc(size_bytes);
}

static void release(void *data, void *memory, size_t size_bytes) {
  (void)data;
  (void)size_bytes;
  free(memory);
}

static void take_what_is_found(recorder *recorder, xlgc_context *context, xlgc_id id, void *object) {
  (void)context;
  (void)id;
  (void)object;
  if (late.found || xlgc_lookup(recorder->pool, &late.at, &late.found)) return;
  ck_assert_int_eq(xlgc_link(late.context, late.first, late.found), 0);
  static void *place;
  ck_assert_int_eq(xlgc_link_at(late.context, late.first, late.second, &place, 0), 0);
  late.starves = true;
}

START_TEST(object_is_found_while_it_is_registered) {
  xlgc_config config = recorder_config(&r);
  config.queue_events = 1;
  config.help_events = 0;
  config.help_tells = XLGC_HELP_TELLS_NOW;
  config.allocator = (xlgc_allocator){allocate, release, NULL};
  recorder_open_with(&r, &config);
  r.on_release = take_what_is_found;
  late.context = another("another");
  late.first = root();
  late.second = object();
  ok(xlgc_link(late.context, late.first, late.second));
  xlgc_id orphan = object();
  ok(xlgc_pin(r.context, orphan));
  ok(xlgc_unpin(r.context, orphan));
  /* Up to where the next event needs room. */
  enum { BOUND = 14 + 4 * 510, ELSEWHERE = 1 };
  while (recorder_statistics(&r).queued < BOUND + ELSEWHERE)
    ok(xlgc_pin(r.context, late.second));
  expect_none_told(&r);
  xlgc_id id;
  int failed = xlgc_register(r.context, &late.at, &r.passing, &id);
  late.starves = false;
  if (failed) ck_assert_int_eq(failed, XLGC_E_NOMEM);
  ok(xlgc_verify(r.pool, NULL, 0));
  flush();
  finish();
}
END_TEST

/* ------------------------------------------------- ids of released objects */

static size_t cleared_count;
static void count_cleared(void *data, xlgc_weak *weak) {
  (void)data;
  (void)weak;
  cleared_count++;
}

static xlgc_id released(void) {
  xlgc_id id = object();
  ok(xlgc_pin(r.context, id));
  ok(xlgc_unpin(r.context, id));
  size_t before = r.told_count;
  while (r.told_count == before)
    ck_assert_int_ge(xlgc_step(r.pool, 1), 0);
  return id;
}

/* Between its release and the round in which its slot is freed. */
START_TEST(weak_reference_from_a_released_id) {
  start(_i);
  xlgc_weak *weak;
  xlgc_id id = released();
  ck_assert_int_eq(xlgc_weak_create(r.context, id, count_cleared, NULL, &weak), XLGC_E_RELEASED);
  flush();
  ck_assert_int_eq(xlgc_weak_create(r.context, id, count_cleared, NULL, &weak), XLGC_E_STALE);
  root();
  flush();
  ck_assert_uint_eq(cleared_count, 0);
  finish();
}
END_TEST

/* ------------------------------------------------------- stopping threads */

static struct {
  stage stage;
  _Atomic int inside, answers[2];
} helpers;

/* data of the kind: which of the pool's threads it is delivered to, and it stops the other one. */
static void stop_the_other(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)context;
  (void)id;
  (void)object;
  bool on_worker = data != NULL;
  atomic_fetch_add(&helpers.inside, 1);
  while (atomic_load(&helpers.inside) < 2)
    nap_ms(1);
  atomic_store(&helpers.answers[on_worker], on_worker ? xlgc_cleaner_stop(r.pool) : xlgc_worker_stop(r.pool));
}

static bool both_answered(void) { return atomic_load(&helpers.answers[0]) && atomic_load(&helpers.answers[1]); }

START_TEST(helpers_stop_each_other_from_callbacks) {
  static int here;
  static const xlgc_kind on_worker = {.name = "w",
                                      .release = stop_the_other,
                                      .data = &here,
                                      .delivery = XLGC_DELIVER_WORKER},
                         on_cleaner = {.name = "c", .release = stop_the_other, .delivery = XLGC_DELIVER_CLEANER};
  start(XLGC_CERTIFIED);
  const xlgc_kind *kinds[2] = {&on_worker, &on_cleaner};
  for (unsigned i = 0; i < 2; i++) {
    xlgc_id id = recorder_object(&r, kinds[i]);
    ok(xlgc_pin(r.context, id));
    ok(xlgc_unpin(r.context, id));
  }
  flush();
  ok(xlgc_worker_start(r.pool));
  ok(xlgc_cleaner_start(r.pool));
  while (!both_answered())
    nap_ms(1);
  ck_assert_int_eq(helpers.answers[0], XLGC_E_DEADLOCK);
  ck_assert_int_eq(helpers.answers[1], XLGC_E_DEADLOCK);
  ok(xlgc_worker_stop(r.pool));
  ok(xlgc_cleaner_stop(r.pool));
  finish();
}
END_TEST

static int stop_answers[3];
static void stop_from_dispatch(recorder *recorder, xlgc_context *context, xlgc_id id, void *object) {
  (void)context;
  (void)id;
  (void)object;
  stop_answers[0] = xlgc_worker_stop(recorder->pool);
  stop_answers[1] = xlgc_cleaner_stop(recorder->pool);
  stop_answers[2] = xlgc_pool_shutdown(recorder->pool);
}

START_TEST(helpers_are_not_stopped_from_a_dispatch) {
  start(XLGC_CERTIFIED);
  r.kind.delivery = XLGC_DELIVER_OWNER;
  r.on_release = stop_from_dispatch;
  xlgc_id top = root(), held = held_by(top);
  ok(xlgc_worker_start(r.pool));
  ok(xlgc_cleaner_start(r.pool));
  drop(top, held);
  flush();
  ck_assert_int_eq(xlgc_context_dispatch(r.context, 10), 1);
  for (unsigned i = 0; i < 3; i++)
    ck_assert_int_eq(stop_answers[i], XLGC_E_DEADLOCK);
  ok(xlgc_worker_stop(r.pool));
  ok(xlgc_cleaner_stop(r.pool));
  finish();
}
END_TEST

/* A shutdown waits for the release that another thread dispatches, and applies what it logs. */
static struct {
  stage stage;
  xlgc_context *context;
  xlgc_id top, held, other;
  _Atomic bool over;
} busy;

static void release_slowly(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)id;
  (void)object;
  (void)data;
  reach(&busy.stage, 1);
  await(&busy.stage, 2);
  nap_ms(50);
  xlgc_unlink(context, busy.top, busy.other);
  atomic_store(&busy.over, true);
}

static void dispatch_slowly(void *unused) {
  (void)unused;
  xlgc_context_dispatch(busy.context, 1);
}

START_TEST(shutdown_waits_for_a_release_elsewhere) {
  static const xlgc_kind slow = {.name = "slow", .release = release_slowly, .delivery = XLGC_DELIVER_OWNER};
  start(_i);
  busy.context = another("busy");
  busy.top = root();
  busy.other = held_by(busy.top);
  ok(xlgc_register(busy.context, NULL, &slow, &busy.held));
  hold(busy.top, busy.held);
  drop(busy.top, busy.held);
  flush();
  job job;
  begin(&job, dispatch_slowly, NULL);
  await(&busy.stage, 1);
  reach(&busy.stage, 2);
  ok(xlgc_pool_shutdown(r.pool));
  ck_assert(atomic_load(&busy.over));
  ck_assert_uint_eq(recorder_statistics(&r).queued, 0);
  expect_told(&r, busy.other);
  end(&job);
  recorder_close(&r);
}
END_TEST

/* ------------------------------------------------- contexts in other hands */

static int answered;
static void flush_elsewhere(void *data) {
  xlgc_context *context = data;
  xlgc_id id;
  answered = xlgc_register(context, NULL, &r.asking, &id);
  answered |= xlgc_pin(context, id) | xlgc_unpin(context, id);
  if (!answered) answered = xlgc_flush(r.pool);
}

/* Whichever thread made the context, the question waits for the one that uses it. */
START_TEST(flush_in_a_context_made_elsewhere) {
  start(_i);
  r.asking.delivery = XLGC_DELIVER_OWNER;
  run_elsewhere(flush_elsewhere, r.context);
  ck_assert_int_eq(answered, XLGC_E_HELD);
  ck_assert_int_eq(xlgc_context_dispatch(r.context, 10), 1);
  flush();
  ck_assert_int_eq(xlgc_context_dispatch(r.context, 10), 1);
  ck_assert_str_eq(r.said, "at");
  finish();
}
END_TEST

/* The thread that made it adopts another one's mail, and a thread that has taken a context over says so by
 * dispatching. */
static xlgc_context *handed;
static void adopt_and_flush(void *data) {
  answered = xlgc_context_adopt(r.context, data);
  if (!answered) answered = xlgc_flush(r.pool);
}

static void dispatch_and_flush(void *unused) {
  (void)unused;
  answered = xlgc_context_dispatch(handed, 0);
  if (!answered) answered = xlgc_flush(r.pool);
}

START_TEST(flush_in_a_context_handed_over) {
  start(XLGC_CERTIFIED);
  r.asking.delivery = XLGC_DELIVER_OWNER;
  handed = another("handed");
  xlgc_id id;
  ok(xlgc_register(handed, NULL, &r.asking, &id));
  ok(xlgc_pin(handed, id));
  ok(xlgc_unpin(handed, id));
  run_elsewhere(_i ? dispatch_and_flush : adopt_and_flush, handed);
  ck_assert_int_eq(answered, XLGC_E_HELD);
  ck_assert_int_eq(xlgc_context_dispatch(_i ? handed : r.context, 10), 1);
  flush();
  ck_assert_int_eq(xlgc_context_dispatch(_i ? handed : r.context, 10), 1);
  finish();
}
END_TEST

/* A step beside another thread's work has nothing to do, and says so; inside a callback it is refused. */
static struct {
  stage stage;
  int inside[2];
} beside;

static void wait_inside(recorder *recorder, xlgc_context *context, xlgc_id id, void *object) {
  (void)context;
  (void)id;
  (void)object;
  beside.inside[0] = xlgc_step(recorder->pool, 1);
  beside.inside[1] = xlgc_step_for(recorder->pool, 1);
  reach(&beside.stage, 1);
  await(&beside.stage, 2);
}

static void flush_beside(void *unused) {
  (void)unused;
  answered = xlgc_flush(r.pool);
}

START_TEST(steps_beside_another_thread) {
  start(_i);
  r.on_release = wait_inside;
  xlgc_id top = root(), held = held_by(top);
  drop(top, held);
  job job;
  begin(&job, flush_beside, NULL);
  await(&beside.stage, 1);
  ck_assert_int_eq(xlgc_step(r.pool, 1), 0);
  ck_assert_int_eq(xlgc_step_for(r.pool, 1), 0);
  reach(&beside.stage, 2);
  end(&job);
  ok(answered);
  ck_assert_int_eq(beside.inside[0], XLGC_E_BUSY);
  ck_assert_int_eq(beside.inside[1], XLGC_E_BUSY);
  finish();
}
END_TEST

/* ------------------------------------------------- what a step gives back */

/* Counts what is given back, once the pool is there. */
static size_t given, most_given;
static void release_counted(void *data, void *memory, size_t size_bytes) {
  (void)data;
  (void)size_bytes;
  given++;
  free(memory);
}

static void *allocate_any(void *data, size_t size_bytes) {
  (void)data;
  return malloc(size_bytes);
}

/* An object is its own key. */
static int make_interned(void *data, const void *key, size_t key_bytes, xlgc_interned *made) {
  (void)key;
  (void)key_bytes;
  *made = (xlgc_interned){data, NULL, data};
  return 0;
}

/* No step of 100 units gives more than 100 blocks back, whether these are contexts, segments, chunks or the entries of
 * interned objects. */
START_TEST(steps_give_no_more_back_than_their_units) {
  xlgc_config config = recorder_config(&r);
  config.setting = _i;
  config.allocator = (xlgc_allocator){allocate_any, release_counted, NULL};
  recorder_open_with(&r, &config);
  enum { UNITS = 100, CONTEXTS = 500, HELD = 8000 };
  xlgc_context *contexts[CONTEXTS];
  xlgc_id top = root(), id;
  for (unsigned i = 0; i < CONTEXTS; i++)
    contexts[i] = another("many");
  static xlgc_id held[HELD];
  static unsigned keys[HELD];
  for (unsigned i = 0; i < HELD; i++) {
    keys[i] = i;
    ok(xlgc_intern(r.context, &keys[i], sizeof *keys, i * UINT32_C(2654435761), make_interned, &keys[i], &id));
    hold(top, held[i] = id);
    ok(xlgc_unpin(r.context, id));
  }
  flush();
  for (unsigned i = 0; i < HELD; i++)
    drop(top, held[i]);
  for (unsigned i = 0; i < CONTEXTS; i++)
    ok(xlgc_context_destroy(contexts[i]));
  int result;
  size_t all = 0;
  do {
    given = 0;
    result = xlgc_step(r.pool, UNITS);
    all += given;
    if (given > most_given) most_given = given;
  } while (result == 1);
  ok(result);
  ck_assert_uint_ge(all, CONTEXTS + HELD);
  ck_assert_uint_le(most_given, UNITS);
  ck_assert_uint_eq(recorder_statistics(&r).objects, 1);
  finish();
}
END_TEST

/* ------------------------------------------------- what a flush leaves over */

static xlgc_id flushed_too;

static void drop_by_release(recorder *recorder, xlgc_context *context, xlgc_id id, void *object) {
  (void)context;
  (void)object;
  if (id != flushed_too) ck_assert_int_eq(xlgc_unpin(recorder->context, flushed_too), 0);
}

static void drop_on_error(recorder *recorder) {
  if (recorder->error_count == 1) ck_assert_int_eq(xlgc_unpin(recorder->context, flushed_too), 0);
}

/* Events that callbacks log to a context of the program are applied by the same flush. */
START_TEST(flush_applies_what_callbacks_log) {
  start(XLGC_CERTIFIED);
  if (_i & 1) another("another");
  flushed_too = root();
  xlgc_id top = root();
  if (_i & 2) {
    r.on_other = drop_on_error;
    drop(top, flushed_too);
  } else {
    r.on_release = drop_by_release;
    ok(xlgc_unpin(r.context, top));
  }
  flush();
  ck_assert_uint_eq(recorder_statistics(&r).queued, 0);
  if (_i & 2)
    expect_told(&r, flushed_too);
  else
    expect_told(&r, top, flushed_too);
  r.error_count = 0;
  finish();
}
END_TEST

/* With two contexts a wrong drop waits for its add, and xlgc_apply is where it ends to wait. */
START_TEST(apply_reports_a_drop_that_waited) {
  start(_i);
  another("another");
  xlgc_id top = root(), held = held_by(top);
  uint64_t position = xlgc_context_position(r.context);
  drop(held, top);
  ok(xlgc_apply(r.pool));
  ck_assert_uint_eq(recorder_statistics(&r).queued, 0);
  ck_assert_uint_eq(recorder_statistics(&r).errors, 1);
  ck_assert_uint_eq(recorder_count(&r, top, held), 1);
  recorder_expect_error(&r, XLGC_E_NOLINK, "unlink", held, top, position);
  finish();
}
END_TEST

int main(void) {
  Suite *suite = suite_create("misuse_orders");
  TCase *holders = trial_case(suite, "contexts that held");
  tcase_add_test(holders, context_that_held_is_destroyed);
  tcase_add_loop_test(holders, context_that_held_has_a_bound, 0, 2);
  TCase *ids = trial_case(suite, "ids");
  tcase_add_test(ids, object_is_found_while_it_is_registered);
  tcase_add_loop_test(ids, weak_reference_from_a_released_id, 0, 2);
  TCase *threads = trial_case(suite, "threads");
  tcase_add_test(threads, helpers_stop_each_other_from_callbacks);
  tcase_add_test(threads, helpers_are_not_stopped_from_a_dispatch);
  tcase_add_loop_test(threads, shutdown_waits_for_a_release_elsewhere, 0, 2);
  TCase *hands = trial_case(suite, "contexts in other hands");
  tcase_add_loop_test(hands, flush_in_a_context_made_elsewhere, 0, 2);
  tcase_add_loop_test(hands, flush_in_a_context_handed_over, 0, 2);
  TCase *work = trial_case(suite, "work");
  tcase_add_loop_test(work, steps_beside_another_thread, 0, 2);
  tcase_add_loop_test(work, steps_give_no_more_back_than_their_units, 0, 2);
  tcase_add_loop_test(work, flush_applies_what_callbacks_log, 0, 4);
  tcase_add_loop_test(work, apply_reports_a_drop_that_waited, 0, 2);
  return trial_run(suite);
}
