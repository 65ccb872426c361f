/* The engine at its limits: whole structures that die at once on a small stack, counts and generations at their maximum.
 * What happens when ranks run out is in unit_renumber. */
#include <config.h>

#include "lib/pool.h"
#include "support/recorder.h"

#include <pthread.h>
#include <stdlib.h>

static recorder r;

static xlgc__object *object_of(xlgc_id id) { return xlgc__graph_object(&r.pool->graph, (uint32_t)id); }

static void flush(void) { ok(xlgc_flush(r.pool)); }

static void finish(void) {
  ok(xlgc_verify(r.pool, NULL, 0));
  recorder_close(&r);
}

/* ------------------------------------------------------------ deep structures */

enum { STACK_BYTES = 1 << 17 };

typedef struct structure {
  bool ring, both_ways, forwards; /* forwards: linked from the root on, or from the end */
} structure;

static const structure structures[] = {{false, false, true}, {false, false, false}, {true, false, true},
                                       {false, true, true},  {false, true, false},  {true, true, false}};
enum { STRUCTURES = sizeof structures / sizeof *structures };

static xlgc_id *nodes;
static unsigned node_count;

/* For a thread, which must not assert. */
static void *flush_all(void *result) {
  int *done = result;
  *done = xlgc_flush(r.pool);
  return NULL;
}

static void *step_by_units(void *result) {
  int *done = result;
  while ((*done = xlgc_step(r.pool, 1)) == 1) {
  }
  return NULL;
}

static void on_small_stack(void *(*run)(void *)) {
  pthread_attr_t attributes;
  pthread_t thread;
  int result = -1;
  ok(pthread_attr_init(&attributes));
  ok(pthread_attr_setstacksize(&attributes, STACK_BYTES));
  ok(pthread_create(&thread, &attributes, run, &result));
  ok(pthread_join(thread, NULL));
  ok(pthread_attr_destroy(&attributes));
  ok(result);
}

static void build(structure s) {
  node_count = trial_work(100000);
  nodes = calloc(node_count, sizeof *nodes);
  ck_assert_ptr_nonnull(nodes);
  for (unsigned i = 0; i < node_count; i++)
    ok(xlgc_register(r.context, NULL, &r.kind, &nodes[i]));
  ok(xlgc_pin(r.context, nodes[0]));
  for (unsigned k = 1; k < node_count; k++) {
    unsigned i = s.forwards ? k : node_count - k;
    ok(xlgc_link(r.context, nodes[i - 1], nodes[i]));
    if (s.both_ways) ok(xlgc_link(r.context, nodes[i], nodes[i - 1]));
  }
  if (s.ring) ok(xlgc_link(r.context, nodes[node_count - 1], nodes[0]));
}

START_TEST(long_structures_die_on_a_small_stack) {
  structure s = structures[_i / 2];
  recorder_open(&r, _i % 2);
  build(s);
  on_small_stack(step_by_units);
  ck_assert_uint_eq(r.told_count, 0);
  ck_assert_uint_eq(recorder_distance(&r, nodes[node_count - 1]), node_count - 1);
  ok(xlgc_unpin(r.context, nodes[0]));
  on_small_stack(flush_all);
  ck_assert_uint_eq(r.told_count, node_count);
  ck_assert_uint_eq(recorder_statistics(&r).links, 0);
  free(nodes);
  finish();
}
END_TEST

/* A list that grows at its head, as programs do it: the new head is pinned, takes the old one over, whose pin then goes. */
START_TEST(pinned_heads_of_a_growing_list_need_no_repair) {
  recorder_open(&r, _i);
  xlgc_id first = XLGC_ID_NONE;
  for (unsigned i = 0; i < 4000; i++) {
    xlgc_id head;
    ok(xlgc_register(r.context, NULL, NULL, &head));
    ok(xlgc_pin(r.context, head));
    if (first) ok(xlgc_link(r.context, head, first));
    if (first) ok(xlgc_unpin(r.context, first));
    first = head;
  }
  flush();
  ck_assert_uint_lt(recorder_statistics(&r).touched, 3 * 4000);
  ok(xlgc_unpin(r.context, first));
  flush();
  ck_assert_uint_eq(recorder_statistics(&r).orphans, 4000);
  finish();
}
END_TEST

/* ------------------------------------------------------------------ counts */

START_TEST(a_links_count_stays_at_its_maximum) {
  recorder_open(&r, _i);
  xlgc_id root = recorder_root(&r), held = recorder_held(&r, root);
  flush();
  xlgc__links *links = &r.pool->graph.links;
  xlgc__link *link = xlgc__link_at(links, *xlgc__link_slot(links, &object_of(root)->tree[XLGC__OUT], (uint32_t)held));
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
  /* It dies with who holds it. */
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
  trial_seed();
  Suite *suite = suite_create("unit_rank");
  TCase *cases = trial_case(suite, "limits");
  tcase_add_loop_test(cases, long_structures_die_on_a_small_stack, 0, 2 * STRUCTURES);
  tcase_add_test(cases, pinned_heads_of_a_growing_list_need_no_repair);
  tcase_add_loop_test(cases, a_links_count_stays_at_its_maximum, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(cases, a_pin_count_stays_at_its_maximum, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(cases, a_slot_is_retired_after_its_last_generation, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(cases, generations_outlive_a_segment, XLGC_CERTIFIED, XLGC_EXACT + 1);
  return trial_run(suite);
}
