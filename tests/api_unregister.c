/* Objects that never came to be held, and are taken back: what is left of them, and what is refused. */
#include <config.h>

#include <stdatomic.h>
#include <string.h>

#include "support/alloc.h"
#include "support/one_pool.h"
#include "support/threads.h"

static unsigned cleared_count;
static void count_cleared(void *data, xlgc_weak *weak) {
  (void)weak;
  ++*(unsigned *)data;
}

static void expect_stale(xlgc_id id) {
  void *address;
  uint64_t distance;
  xlgc_object_info info;
  ck_assert_int_eq(xlgc_address(r.pool, id, &address), XLGC_E_STALE);
  ck_assert_int_eq(xlgc_info(r.pool, id, &info), XLGC_E_STALE);
  ck_assert_int_eq(xlgc_distance(r.pool, id, &distance), XLGC_E_STALE);
  ck_assert_int_eq(xlgc_unregister(r.context, id), XLGC_E_STALE);
}

/* ------------------------------------------------------------------ taken back */

/* _i: setting, in all. */
START_TEST(nothing_is_left) {
  start(_i);
  xlgc_id id = object(), found;
  void *address;
  xlgc_weak *weak;
  ok(xlgc_address(r.pool, id, &address));
  ok(xlgc_weak_create(r.context, id, count_cleared, &cleared_count, &weak));
  uint64_t objects = recorder_statistics(&r).objects;
  ok(xlgc_unregister(r.context, id));
  ok(xlgc_weak_load(weak, &found));
  ck_assert_uint_eq(found, XLGC_ID_NONE);
  expect_stale(id);
  ck_assert_int_eq(xlgc_lookup(r.pool, address, &found), XLGC_E_UNKNOWN);
  ck_assert_uint_eq(recorder_statistics(&r).objects, objects - 1);
  /* Its address and its slot can be used anew. */
  ok(xlgc_register(r.context, address, &r.kind, &found));
  ck_assert_uint_ne(found, id);
  ok(xlgc_unregister(r.context, found));
  flush();
  ck_assert_uint_eq(cleared_count, 1);
  ok(xlgc_weak_destroy(weak));
  ck_assert_uint_eq(r.told_count, 0);
  finish();
  ck_assert_uint_eq(r.survivor_count, 0);
}
END_TEST

/* What it held is dropped: all links, how often they may be made, with and without places. */
START_TEST(what_it_held) {
  start(_i);
  xlgc_id id = object(), child = object(), grandchild = held_by(child), shared = root();
  void *place = NULL;
  hold(id, child);
  hold(id, child);
  ok(xlgc_link_at(r.context, id, child, &place, 3));
  ok(xlgc_link_at(r.context, id, shared, &place, 0));
  flush();
  ok(xlgc_unregister(r.context, id));
  expect_none_told(&r);
  ok(xlgc_verify(r.pool, NULL, 0));
  flush();
  expect_told(&r, child, grandchild);
  ck_assert_uint_eq(recorder_statistics(&r).links, 0);
  ck_assert_uint_eq(recorder_count(&r, shared, child), 0);
  ok(xlgc_unpin(r.context, shared));
  flush();
  expect_told(&r, shared);
  finish();
}
END_TEST

/* Its events, if there are any, are applied first. */
START_TEST(events_that_wait) {
  start(_i);
  xlgc_id id = object(), child = object();
  hold(id, child);
  drop(id, child);
  hold(id, child);
  ok(xlgc_unregister(r.context, id));
  flush();
  expect_told(&r, child);
  /* One that is logged later is of an object that is gone. */
  xlgc_id top = root();
  uint64_t position = xlgc_context_position(r.context);
  hold(top, id);
  flush();
  recorder_expect_error(&r, XLGC_E_STALE, "link", top, id, position);
  ok(xlgc_unpin(r.context, top));
  finish();
}
END_TEST

START_TEST(transient_objects) {
  start(_i);
  xlgc_id id = recorder_object(&r, &r.passing), other = recorder_object(&r, &r.passing);
  ok(xlgc_unregister(r.context, id));
  flush();
  ck_assert_uint_eq(r.forgotten_count, 1); /* the other one */
  ck_assert_int_eq(xlgc_unregister(r.context, other), XLGC_E_STALE);
  ck_assert_int_eq(xlgc_unregister(r.context, id), XLGC_E_STALE);
  finish();
}
END_TEST

START_TEST(parents_by_address) {
  char parent, child;
  xlgc_context *context;
  xlgc_id id, found;
  ok(xlgc_context_here(xlgc_default_pool(), &context));
  ok(xlgc_add_link(&parent, &child, NULL));
  ok(xlgc_lookup(xlgc_default_pool(), &parent, &id));
  ok(xlgc_unregister(context, id));
  ck_assert_int_eq(xlgc_lookup(xlgc_default_pool(), &parent, &found), XLGC_E_UNKNOWN);
  /* Late, as after a release. */
  ok(xlgc_drop_link(&parent, &child, NULL, NULL));
  ok(xlgc_flush(xlgc_default_pool()));
  ck_assert_int_eq(xlgc_lookup(xlgc_default_pool(), &child, &found), XLGC_E_UNKNOWN);
  ok(xlgc_verify(xlgc_default_pool(), NULL, 0));
}
END_TEST

/* In a pool that checks, what it held is not missed. */
START_TEST(in_a_pool_that_checks) {
  xlgc_config config = recorder_config(&r);
  config.setting = _i;
  config.check = 1;
  recorder_open_with(&r, &config);
  xlgc_id id = object(), child = object();
  void *place, *other;
  ok(xlgc_address(r.pool, child, &place));
  ok(xlgc_address(r.pool, child, &other));
  ok(xlgc_link_at(r.context, id, child, &place, 0));
  ok(xlgc_unregister(r.context, id));
  place = NULL;
  ck_assert_int_eq(xlgc_check(r.pool), 0);
  xlgc_id top = root();
  hold(top, object());
  ok(xlgc_unpin(r.context, top));
  flush();
  finish();
}
END_TEST

/* ------------------------------------------------------------------ refused */

static void refuse(xlgc_id id, int code) {
  xlgc_object_info before, after;
  uint64_t objects = recorder_statistics(&r).objects, links = recorder_statistics(&r).links;
  ok(xlgc_info(r.pool, id, &before));
  ck_assert_int_eq(xlgc_unregister(r.context, id), code);
  ok(xlgc_info(r.pool, id, &after));
  ck_assert_int_eq(before.is_root, after.is_root);
  ck_assert_uint_eq(before.pins, after.pins);
  ck_assert_uint_eq(recorder_statistics(&r).objects, objects);
  ck_assert_uint_eq(recorder_statistics(&r).links, links);
}

START_TEST(what_is_or_was_held) {
  start(_i);
  xlgc_id top = root(), child = held_by(top), cut = object(), weakly = object(), itself = object(), id;
  hold(child, cut);
  drop(child, cut); /* both events cancel each other, and it was held all the same */
  xlgc_weak *weak;
  ok(xlgc_weak_create(r.context, weakly, NULL, NULL, &weak));
  ok(xlgc_weak_load(weak, &id));
  hold(itself, itself);
  ck_assert_int_eq(xlgc_unregister(r.context, cut), XLGC_E_WAS_HELD);
  refuse(top, XLGC_E_WAS_HELD);
  refuse(child, XLGC_E_WAS_HELD);
  refuse(weakly, XLGC_E_WAS_HELD);
  ck_assert_int_eq(xlgc_unregister(r.context, itself), XLGC_E_WAS_HELD);
  ok(xlgc_unpin(r.context, weakly));
  flush();
  ck_assert_uint_eq(r.told_count, 3);
  ok(xlgc_weak_destroy(weak));
  ok(xlgc_unpin(r.context, top));
  finish();
}
END_TEST

static int answer_of_callback;
static xlgc_id for_callback;
static void unregister_inside(recorder *recorder, xlgc_context *context, xlgc_id id, void *address) {
  (void)recorder, (void)id, (void)address;
  answer_of_callback = xlgc_unregister(context, for_callback);
}

START_TEST(bad_calls) {
  start(_i);
  xlgc_id id = object();
  ck_assert_int_eq(xlgc_unregister(NULL, id), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_unregister(r.context, XLGC_ID_NONE), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_unregister(r.context, UINT64_MAX), XLGC_E_FOREIGN);
  r.on_release = unregister_inside;
  for_callback = id;
  xlgc_id garbage = root();
  ok(xlgc_unpin(r.context, garbage));
  flush();
  ck_assert_int_eq(answer_of_callback, XLGC_E_BUSY);
  r.on_release = NULL;
  ok(xlgc_pool_shutdown(r.pool));
  ck_assert_int_eq(xlgc_unregister(r.context, id), XLGC_E_SHUTDOWN);
  ck_assert_uint_eq(r.survivor_count, 1);
  recorder_close(&r);
}
END_TEST

/* A round that is under way may be anywhere; and no memory is needed. */
START_TEST(amid_rounds) {
  alloc allocator = {.fail_at = ALLOC_NEVER};
  for (size_t units = 1; units < 60; units++) {
    recorder one = {0};
    xlgc_config config = recorder_config(&one);
    config.setting = _i;
    config.allocator = alloc_functions(&allocator);
    recorder_open_with(&one, &config);
    xlgc_id ids[4], top = recorder_object(&one, &one.asking), child;
    for (unsigned i = 0; i < 4; i++)
      ids[i] = recorder_object(&one, i % 2 ? &one.kind : &one.passing);
    child = recorder_object(&one, &one.kind);
    ok(xlgc_pin(one.context, top));
    ok(xlgc_link(one.context, top, child));
    for (unsigned i = 0; i < 4; i++)
      ok(xlgc_link(one.context, ids[i], child));
    ok(xlgc_unpin(one.context, top));
    ck_assert_int_ge(xlgc_step(one.pool, units), 0);
    allocator.fail_at = allocator.asked;
    allocator.sticky = true;
    for (unsigned i = 0; i < 4; i++)
      ok(xlgc_unregister(one.context, ids[i]));
    allocator.fail_at = ALLOC_NEVER;
    ok(xlgc_verify(one.pool, NULL, 0));
    ok(xlgc_flush(one.pool));
    recorder_expect_no_error(&one);
    ck_assert_uint_eq(one.told_count, 2);
    ck_assert_uint_eq(recorder_statistics(&one).objects, 0);
    recorder_close(&one);
  }
}
END_TEST

/* ------------------------------------------------------------------ threads */

/* Each thread makes objects, some with weak references that others load, and takes back what nothing has held. */
enum { THREADS = 3 };
static struct {
  xlgc_pool *pool;
  _Atomic(xlgc_weak *) shown[THREADS];
  _Atomic unsigned taken, held, released;
} w;

static void release_one(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)context, (void)id, (void)object, (void)data;
  w.released++;
}
static const xlgc_kind shared_kind = {.name = "shared", .release = release_one};

static void make_and_take_back(void *data) {
  unsigned self = *(unsigned *)data;
  uint64_t random = trial_seed() + self;
  xlgc_context *context;
  MUST(xlgc_context_create(w.pool, "maker", &context) == 0);
  unsigned rounds = trial_work(3000);
  for (unsigned i = 0; i < rounds; i++) {
    xlgc_id id, child, found;
    xlgc_weak *weak, *other = w.shown[(self + 1) % THREADS];
    MUST(xlgc_register(context, NULL, &shared_kind, &id) == 0);
    MUST(xlgc_register(context, NULL, &shared_kind, &child) == 0);
    MUST(xlgc_link(context, id, child) == 0);
    MUST(xlgc_weak_create(context, id, NULL, NULL, &weak) == 0);
    w.shown[self] = weak; /* destroyed after the threads */
    if (other && trial_random(&random, 2)) {
      MUST(xlgc_weak_load(other, &found) == 0);
      if (found) MUST(xlgc_unpin(context, found) == 0);
    }
    int result = xlgc_unregister(context, id);
    MUST(result == 0 || result == XLGC_E_WAS_HELD || result == XLGC_E_STALE /* and let go again */);
    *(result ? &w.held : &w.taken) += 1;
    MUST(xlgc_weak_load(weak, &found) == 0);
    MUST(result || found == XLGC_ID_NONE);
    if (found) MUST(xlgc_unpin(context, found) == 0);
  }
  MUST(xlgc_context_destroy(context) == 0);
}

START_TEST(beside_other_threads) {
  xlgc_config config;
  xlgc_config_init(&config);
  config.setting = _i;
  ok(xlgc_pool_create(&config, &w.pool));
  ok(xlgc_worker_start(w.pool));
  job threads[THREADS];
  unsigned numbers[THREADS];
  for (unsigned i = 0; i < THREADS; i++) {
    numbers[i] = i;
    begin(&threads[i], make_and_take_back, &numbers[i]);
  }
  for (unsigned i = 0; i < THREADS; i++)
    end(&threads[i]);
  ok(xlgc_worker_stop(w.pool));
  ok(xlgc_flush(w.pool));
  ok(xlgc_verify(w.pool, NULL, 0));
  /* Each child died with what held it, and so did what was held. */
  ck_assert_uint_eq(w.released, w.taken + 2 * w.held);
  xlgc_statistics is;
  ok(xlgc_stats(w.pool, &is));
  ck_assert_uint_eq(is.objects, 0);
  ck_assert_uint_eq(is.errors, 0);
  ok(xlgc_pool_destroy(w.pool));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("api_unregister");
  TCase *tests = trial_case(suite, "unregister");
  tcase_add_loop_test(tests, nothing_is_left, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(tests, what_it_held, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(tests, events_that_wait, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(tests, transient_objects, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_test(tests, parents_by_address);
  tcase_add_loop_test(tests, in_a_pool_that_checks, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(tests, what_is_or_was_held, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(tests, bad_calls, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(tests, amid_rounds, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(tests, beside_other_threads, XLGC_CERTIFIED, XLGC_EXACT + 1);
  return trial_run(suite);
}
