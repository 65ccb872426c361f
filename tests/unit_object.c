/* Records of objects and links at their limits: counts at their maximum, and generations that end or outlive a segment. */
#include <config.h>

#include "pool/pool.h"
#include "support/recorder.h"

static recorder r;

static xlgc__object *object_of(xlgc_id id) { return xlgc__graph_object(&r.pool->graph, (uint32_t)id); }

static void flush(void) { ok(xlgc_flush(r.pool)); }

static void finish(void) {
  ok(xlgc_verify(r.pool, NULL, 0));
  recorder_close(&r);
}

/* ------------------------------------------------------------------ counts */

START_TEST(a_links_count_stays_at_its_maximum) {
  recorder_open(&r, _i);
  xlgc_id root = recorder_root(&r), held = recorder_held(&r, root);
  flush();
  xlgc__links *links = &r.pool->graph.links;
  xlgc__link *link = xlgc__link_at(links, *xlgc__link_slot(links, &object_of(root)->top[XLGC__OUT], (uint32_t)held));
  link->count = XLGC__COUNT_MAX - 1;
  ok(xlgc_link(r.context, root, held));
  flush();
  recorder_expect_no_error(&r);
  uint64_t position = xlgc_context_position(r.context);
  ok(xlgc_link(r.context, root, held));
  flush();
  recorder_expect_error(&r, XLGC_E_FULL, "link", root, held, position);
  for (unsigned i = 0; i < 3; i++)
    ok(xlgc_unlink(r.context, root, held));
  flush();
  recorder_expect_no_error(&r);
  ck_assert_uint_eq(recorder_count(&r, root, held), XLGC__COUNT_MAX);
  expect_none_told(&r);
  /* It dies with its holder. */
  ok(xlgc_unpin(r.context, root));
  flush();
  expect_told(&r, root, held);
  finish();
}
END_TEST

START_TEST(a_pin_count_stays_at_its_maximum) {
  recorder_open(&r, _i);
  xlgc_id root = recorder_root(&r);
  flush();
  object_of(root)->pins = UINT32_MAX - 1;
  ok(xlgc_pin(r.context, root));
  flush();
  recorder_expect_no_error(&r);
  uint64_t position = xlgc_context_position(r.context);
  ok(xlgc_pin(r.context, root));
  flush();
  recorder_expect_error(&r, XLGC_E_FULL, "pin", XLGC_ID_NONE, root, position);
  for (unsigned i = 0; i < 3; i++)
    ok(xlgc_unpin(r.context, root));
  flush();
  recorder_expect_no_error(&r);
  ck_assert_uint_eq(object_of(root)->pins, UINT32_MAX);
  expect_none_told(&r);
  finish();
}
END_TEST

/* -------------------------------------------------------------- generations */

static xlgc_id told_and_buried(xlgc_id id) {
  ok(xlgc_pin(r.context, id));
  ok(xlgc_unpin(r.context, id));
  flush();
  expect_told(&r, id);
  ck_assert(!recorder_knows(&r, id));
  return recorder_object(&r, &r.kind);
}

START_TEST(a_slot_is_retired_after_its_last_generation) {
  recorder_open(&r, _i);
  xlgc_id id = recorder_object(&r, &r.kind);
  uint32_t slot = (uint32_t)id;
  object_of(id)->generation = XLGC__GENERATION_MAX - 1;
  id = told_and_buried(xlgc__object_id(&r.pool->graph.objects, slot));
  ck_assert_uint_eq((uint32_t)id, slot);
  ck_assert_uint_eq(object_of(id)->generation, XLGC__GENERATION_MAX);
  xlgc_id other = told_and_buried(id);
  ck_assert_uint_ne((uint32_t)other, slot);
  for (unsigned i = 0; i < 10; i++)
    ck_assert_uint_ne((uint32_t)recorder_object(&r, &r.kind), slot);
  ck_assert_uint_eq(recorder_statistics(&r).objects, 11);
  finish();
}
END_TEST

/* The id that the next object will have names nothing before that: no reference is made by guessing it. */
START_TEST(an_id_to_come_names_nothing) {
  recorder_open(&r, _i);
  xlgc_id id = recorder_object(&r, &r.kind), next = id + (UINT64_C(1) << 32);
  ok(xlgc_pin(r.context, id));
  ok(xlgc_unpin(r.context, id));
  flush();
  expect_told(&r, id);
  flush(); /* its slot is free */
  xlgc_weak *weak;
  void *address;
  ck_assert_int_eq(xlgc_weak_create(r.context, next, NULL, NULL, &weak), XLGC_E_STALE);
  ck_assert_int_eq(xlgc_address(r.pool, next, &address), XLGC_E_STALE);
  ck_assert_uint_eq(recorder_object(&r, &r.kind), next);
  ok(xlgc_address(r.pool, next, &address));
  ok(xlgc_weak_create(r.context, next, NULL, NULL, &weak));
  ok(xlgc_weak_destroy(weak));
  finish();
}
END_TEST

/* A segment that went and came back hands out later generations than it ever had. */
START_TEST(generations_outlive_a_segment) {
  enum { COUNT = 4 * XLGC__SEGMENT_RECORDS };
  static xlgc_id first[COUNT], again[COUNT];
  recorder_open(&r, _i);
  for (unsigned life = 0; life < 3; life++) {
    for (unsigned i = 0; i < COUNT; i++) {
      xlgc_id id;
      ok(xlgc_register(r.context, NULL, NULL, &id));
      if (life == 0) first[i] = id;
      ok(xlgc_pin(r.context, id));
      ok(xlgc_unpin(r.context, id));
    }
    uint64_t object_bytes = recorder_statistics(&r).object_bytes;
    flush();
    ck_assert_uint_lt(recorder_statistics(&r).object_bytes, object_bytes);
    for (unsigned i = 0; i < COUNT; i += 97)
      ck_assert(!recorder_knows(&r, first[i]));
  }
  for (unsigned i = 0; i < COUNT; i++)
    ok(xlgc_register(r.context, NULL, NULL, &again[i]));
  for (unsigned i = 0; i < COUNT; i++) {
    ck_assert_uint_gt(object_of(again[i])->generation, 1);
    if (i % 97 == 0) ck_assert(!recorder_knows(&r, first[i]));
  }
  recorder_expect_no_error(&r);
  finish();
}
END_TEST
int main(void) {
  Suite *suite = suite_create("unit_object");
  TCase *counts = trial_case(suite, "counts");
  tcase_add_loop_test(counts, a_links_count_stays_at_its_maximum, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(counts, a_pin_count_stays_at_its_maximum, XLGC_CERTIFIED, XLGC_EXACT + 1);
  TCase *generations = trial_case(suite, "generations");
  tcase_add_loop_test(generations, a_slot_is_retired_after_its_last_generation, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(generations, an_id_to_come_names_nothing, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(generations, generations_outlive_a_segment, XLGC_CERTIFIED, XLGC_EXACT + 1);
  return trial_run(suite);
}
