/* Ids of no object, of no pool or of another one, and NULL. */
#include <config.h>

#include "support/one_pool.h"

/* ------------------------------------------------------------ unknown ids */

/* All that takes an id at once refuses this one, and logs nothing. */
static void expect_refused(xlgc_id known, xlgc_id bad, int code) {
  uint64_t position = xlgc_context_position(r.context);
  ck_assert_int_eq(xlgc_link(r.context, known, bad), code);
  ck_assert_int_eq(xlgc_link(r.context, bad, known), code);
  ck_assert_int_eq(xlgc_unlink(r.context, known, bad), code);
  ck_assert_int_eq(xlgc_unlink(r.context, bad, known), code);
  ck_assert_int_eq(xlgc_link_at(r.context, known, bad, NULL, 0), code);
  ck_assert_int_eq(xlgc_unlink_at(r.context, bad, known, NULL), code);
  ck_assert_int_eq(xlgc_relink(r.context, bad, known, known), code);
  ck_assert_int_eq(xlgc_relink(r.context, bad, XLGC_ID_NONE, XLGC_ID_NONE), code);
  ck_assert_int_eq(xlgc_pin(r.context, bad), code);
  ck_assert_int_eq(xlgc_unpin(r.context, bad), code);
  ck_assert_uint_eq(xlgc_context_position(r.context), position);
}

static void expect_unreadable(xlgc_id bad, int code) {
  uint64_t distance;
  size_t length;
  xlgc_object_info info;
  ck_assert_int_eq(xlgc_distance(r.pool, bad, &distance), code);
  ck_assert_int_eq(xlgc_path(r.pool, bad, NULL, 0, &length), code);
  ck_assert_int_eq(xlgc_info(r.pool, bad, &info), code);
  ck_assert_int_eq(xlgc_each_target(r.pool, bad, recorder_no_link, NULL), code);
  ck_assert_int_eq(xlgc_each_source(r.pool, bad, recorder_no_link, NULL), code);
}

START_TEST(event_on_id_zero_or_all_ones) {
  start(_i);
  xlgc_id top = root();
  expect_refused(top, XLGC_ID_NONE, XLGC_E_INVAL);
  expect_refused(top, UINT64_MAX, XLGC_E_FOREIGN);
  expect_unreadable(XLGC_ID_NONE, XLGC_E_FOREIGN);
  expect_unreadable(UINT64_MAX, XLGC_E_FOREIGN);
  ck_assert_int_eq(xlgc_relink(r.context, top, UINT64_MAX, top), XLGC_E_FOREIGN);
  ck_assert_int_eq(xlgc_relink(r.context, top, top, UINT64_MAX), XLGC_E_FOREIGN);
  flush();
  ck_assert_uint_eq(recorder_statistics(&r).errors, 0);
  finish();
}
END_TEST

START_TEST(event_on_garbage_id_of_this_pool) {
  start(_i);
  xlgc_id top = root(), pool_byte = top & UINT64_C(0xff) << 56;
  const xlgc_id garbage[] = {pool_byte,
                             top + 1,
                             top ^ UINT64_C(1) << 32,
                             pool_byte | UINT32_MAX,
                             pool_byte | UINT64_MAX >> 8,
                             pool_byte | UINT64_C(1) << 32,
                             pool_byte | UINT64_C(1) << 32 | 1 << 21};
  for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++) {
    uint64_t position = xlgc_context_position(r.context);
    expect_unreadable(garbage[i], XLGC_E_STALE);
    hold(top, garbage[i]);
    flush();
    recorder_expect_error(&r, XLGC_E_STALE, "link", top, garbage[i], position);
    drop(garbage[i], top);
    flush();
    recorder_expect_error(&r, XLGC_E_STALE, "unlink", garbage[i], top, position + 1);
    ok(xlgc_pin(r.context, garbage[i]));
    flush();
    recorder_expect_error(&r, XLGC_E_STALE, "pin", XLGC_ID_NONE, garbage[i], position + 2);
  }
  ck_assert_uint_eq(recorder_statistics(&r).links, 0);
  finish();
}
END_TEST

START_TEST(link_across_two_pools) {
  start(_i);
  static recorder other;
  recorder_open(&other, _i);
  xlgc_id mine = root(), theirs = recorder_root(&other);
  expect_refused(mine, theirs, XLGC_E_FOREIGN);
  expect_unreadable(theirs, XLGC_E_FOREIGN);
  recorder_close(&other);
  finish();
}
END_TEST

/* ------------------------------------------------------------------ NULL */

START_TEST(null_arguments) {
  start(_i);
  xlgc_id top = root(), id;
  uint64_t distance;
  size_t length;
  xlgc_object_info info;
  xlgc_statistics statistics;
  ck_assert_int_eq(xlgc_pool_create(NULL, NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_context_create(NULL, NULL, &r.context), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_context_create(r.pool, NULL, NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_register(NULL, NULL, NULL, &id), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_register(r.context, NULL, NULL, NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_lookup(NULL, NULL, &id), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_lookup(r.pool, NULL, NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_address(NULL, id, (void *[1]){NULL}), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_address(r.pool, id, NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_worker_start(NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_worker_stop(NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_distance(NULL, top, &distance), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_distance(r.pool, top, NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_path(NULL, top, NULL, 0, &length), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_path(r.pool, top, NULL, 0, NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_path(r.pool, top, NULL, 1, &length), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_find_root(NULL, &top, 1, NULL, 0, &id), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_find_root(r.pool, &top, 1, NULL, 0, NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_find_root(r.pool, NULL, 1, NULL, 0, &id), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_find_root(r.pool, &top, 1, NULL, 1, &id), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_each_target(NULL, top, recorder_no_link, NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_each_target(r.pool, top, NULL, NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_each_source(r.pool, top, NULL, NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_info(NULL, top, &info), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_info(r.pool, top, NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_stats(NULL, &statistics), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_stats(r.pool, NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_verify(NULL, NULL, 0), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_add_link(NULL, &id, NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_add_link(&id, NULL, NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_drop_link(NULL, &id, NULL, NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_drop_link(&id, NULL, NULL, NULL), XLGC_E_INVAL);
  ok(xlgc_pool_destroy(NULL));
  ok(xlgc_context_destroy(NULL));
  finish();
}
END_TEST

START_TEST(null_pool_for_work) {
  start(_i);
  ck_assert_int_eq(xlgc_step(NULL, 1), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_step_for(NULL, 1), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_flush(NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_apply(NULL), XLGC_E_INVAL);
  finish();
}
END_TEST

START_TEST(null_context_for_barriers) {
  start(_i);
  xlgc_id top = root();
  ck_assert_int_eq(xlgc_link(NULL, top, top), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_unlink(NULL, top, top), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_relink(NULL, top, top, top), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_link_at(NULL, top, top, NULL, 0), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_unlink_at(NULL, top, top, NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_pin(NULL, top), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_unpin(NULL, top), XLGC_E_INVAL);
  finish();
}
END_TEST

int main(void) {
  Suite *suite = suite_create("misuse_arguments");
  TCase *ids = trial_case(suite, "ids");
  tcase_add_loop_test(ids, event_on_id_zero_or_all_ones, 0, 2);
  tcase_add_loop_test(ids, event_on_garbage_id_of_this_pool, 0, 2);
  tcase_add_loop_test(ids, link_across_two_pools, 0, 2);
  TCase *nulls = trial_case(suite, "null");
  tcase_add_loop_test(nulls, null_arguments, 0, 2);
  tcase_add_loop_test(nulls, null_pool_for_work, 0, 2);
  tcase_add_loop_test(nulls, null_context_for_barriers, 0, 2);
  return trial_run(suite);
}
