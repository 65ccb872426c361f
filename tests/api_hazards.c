/* The hazards of collecting by links: what goes wrong in programs, and what the library must make of it. One test a
 * hazard, each in both settings. Those of releasers, of limits and of wrong arguments have files of their own. */
#include <config.h>

#include <pthread.h>
#include <limits.h>

#include "support/one_pool.h"

/* ----------------------------------------------------------------- links */

START_TEST(self_link_never_supports) {
  start(_i);
  xlgc_id top = root(), held = held_by(top), alone = object();
  hold(held, held);
  flush();
  expect_none_told(&r);
  drop(top, held);
  flush();
  expect_told(&r, held);
  hold(alone, alone);
  flush();
  expect_told(&r, alone);
  hold(top, top);
  ok(xlgc_unpin(r.context, top));
  flush();
  expect_told(&r, top);
  finish();
}
END_TEST

START_TEST(same_link_twice_needs_equal_drops) {
  start(_i);
  xlgc_id top = root(), held = held_by(top);
  hold(top, held);
  hold(top, held);
  ck_assert_uint_eq(recorder_count(&r, top, held), 3);
  ck_assert_uint_eq(recorder_statistics(&r).links, 1);
  drop(top, held);
  drop(top, held);
  flush();
  expect_none_told(&r);
  ck_assert_uint_eq(recorder_count(&r, top, held), 1);
  drop(top, held);
  flush();
  expect_told(&r, held);
  finish();
}
END_TEST

START_TEST(unknown_drop_is_reported) {
  start(_i);
  xlgc_id top = root(), held = held_by(top), other = root();
  uint64_t position = xlgc_context_position(r.context);
  drop(top, other);
  flush();
  recorder_expect_error(&r, XLGC_E_NOLINK, "unlink", top, other, position);
  drop(held, top);
  flush();
  recorder_expect_error(&r, XLGC_E_NOLINK, "unlink", held, top, position + 1);
  ck_assert_uint_eq(recorder_statistics(&r).errors, 2);
  ck_assert_uint_eq(recorder_statistics(&r).links, 1);
  expect_none_told(&r);
  finish();
}
END_TEST

START_TEST(double_drop_cancels_nobody_elses_link) {
  start(_i);
  xlgc_id top = root(), other = root(), held = held_by(top);
  hold(other, held);
  uint64_t position = xlgc_context_position(r.context);
  drop(top, held);
  drop(top, held);
  flush();
  recorder_expect_error(&r, XLGC_E_NOLINK, "unlink", top, held, position + 1);
  expect_none_told(&r);
  ck_assert_uint_eq(recorder_count(&r, other, held), 1);
  hold(top, held); /* and it leaves no debt behind */
  drop(other, held);
  flush();
  expect_none_told(&r);
  drop(top, held);
  flush();
  expect_told(&r, held);
  finish();
}
END_TEST

START_TEST(double_unpin_is_reported) {
  start(_i);
  xlgc_id top = root(), held = held_by(top);
  uint64_t position = xlgc_context_position(r.context);
  ok(xlgc_unpin(r.context, held));
  flush();
  recorder_expect_error(&r, XLGC_E_NOPIN, "unpin", XLGC_ID_NONE, held, position);
  expect_none_told(&r);
  finish();
}
END_TEST

START_TEST(drop_then_readd_inside_a_round_tells_nobody) {
  start(_i);
  xlgc_id top = root(), held = recorder_object(&r, &r.asking), below = held_by(held);
  hold(top, held);
  flush();
  drop(top, held);
  hold(top, held);
  flush();
  drop(held, below);
  drop(top, held);
  hold(top, below);
  hold(below, held);
  flush();
  expect_none_told(&r);
  ck_assert_uint_eq(r.asked_count, 0);
  finish();
}
END_TEST

/* ------------------------------------------------------------- addresses */

START_TEST(address_reused_after_release) {
  start(_i);
  xlgc_id top = root(), old = held_by(top), now, found;
  xlgc_object_info info;
  uint64_t distance;
  ok(xlgc_info(r.pool, old, &info));
  drop(top, old);
  flush();
  expect_told(&r, old);
  ck_assert_int_eq(xlgc_lookup(r.pool, info.object, &found), XLGC_E_UNKNOWN);
  ok(xlgc_register(r.context, info.object, &r.kind, &now));
  ck_assert_uint_ne(now, old);
  ok(xlgc_lookup(r.pool, info.object, &found));
  ck_assert_uint_eq(found, now);
  /* The stale id reaches nothing. */
  ck_assert_int_eq(xlgc_info(r.pool, old, &info), XLGC_E_STALE);
  ck_assert_int_eq(xlgc_distance(r.pool, old, &distance), XLGC_E_STALE);
  hold(top, now);
  uint64_t position = xlgc_context_position(r.context);
  drop(top, old);
  flush();
  recorder_expect_error(&r, XLGC_E_STALE, "unlink", top, old, position);
  hold(now, old);
  flush();
  recorder_expect_error(&r, XLGC_E_STALE, "link", now, old, position + 1);
  ok(xlgc_unpin(r.context, old));
  flush();
  recorder_expect_error(&r, XLGC_E_STALE, "unpin", XLGC_ID_NONE, old, position + 2);
  expect_none_told(&r);
  ck_assert_uint_eq(recorder_count(&r, top, now), 1);
  finish();
}
END_TEST

/* The object's own address, in its own release. */
static xlgc_id reborn;
static void register_again(recorder *recorder, xlgc_context *context, xlgc_id id, void *object) {
  recorder->on_release = NULL;
  xlgc_id found;
  ck_assert_int_eq(xlgc_lookup(recorder->pool, object, &found), XLGC_E_UNKNOWN);
  ok(xlgc_register(context, object, &recorder->kind, &reborn));
  ck_assert_uint_ne(id, reborn);
}

START_TEST(address_reused_inside_its_release) {
  start(_i);
  xlgc_id top = root(), old = held_by(top);
  drop(top, old);
  r.on_release = register_again;
  flush();
  expect_told(&r, old);
  xlgc_id found;
  xlgc_object_info info;
  ok(xlgc_info(r.pool, reborn, &info));
  ok(xlgc_lookup(r.pool, info.object, &found));
  ck_assert_uint_eq(found, reborn);
  ok(xlgc_pin(r.context, reborn));
  ok(xlgc_unpin(r.context, reborn));
  flush();
  expect_told(&r, reborn);
  finish();
}
END_TEST

START_TEST(registered_twice) {
  start(_i);
  static const xlgc_kind unindexed = {.flags = XLGC_KIND_UNINDEXED};
  static char address;
  xlgc_id first, again = 77, found;
  ok(xlgc_register(r.context, &address, &r.kind, &first));
  ck_assert_int_eq(xlgc_register(r.context, &address, &r.kind, &again), XLGC_E_EXISTS);
  ck_assert_int_eq(xlgc_register(r.context, &address, &r.passing, &again), XLGC_E_EXISTS);
  ck_assert_uint_eq(again, 77);
  ck_assert_uint_eq(recorder_statistics(&r).objects, 1);
  /* Cookies and NULL may stand for several. */
  ok(xlgc_register(r.context, &address, &unindexed, &again));
  ok(xlgc_register(r.context, NULL, &r.kind, &again));
  ok(xlgc_register(r.context, NULL, &r.kind, &again));
  ck_assert_uint_eq(recorder_statistics(&r).objects, 4);
  ok(xlgc_lookup(r.pool, &address, &found));
  ck_assert_uint_eq(found, first);
  ck_assert_int_eq(xlgc_lookup(r.pool, NULL, &found), XLGC_E_UNKNOWN);
  finish();
}
END_TEST

/* -------------------------------------------------------------- reprieve */

START_TEST(all_of_a_set_is_asked_before_any_is_released) {
  start(_i);
  xlgc_id top = root(), ids[4];
  for (size_t i = 0; i < 4; i++) {
    ids[i] = recorder_object(&r, &r.asking);
    hold(i ? ids[i - 1] : top, ids[i]);
  }
  hold(ids[3], ids[1]);
  flush();
  drop(top, ids[0]);
  flush();
  ck_assert_str_eq(r.said, "aaaatttt");
  expect_told(&r, ids[0], ids[1], ids[2], ids[3]);
  finish();
}
END_TEST

START_TEST(keep_then_nothing_is_asked_again_at_the_next_flush) {
  start(_i);
  xlgc_id top = root(), kept = recorder_object(&r, &r.asking), below = held_by(kept);
  hold(top, kept);
  hold(below, kept);
  flush();
  drop(top, kept);
  r.answer = XLGC_KEEP;
  flush();
  xlgc_object_info info;
  ok(xlgc_info(r.pool, kept, &info));
  ck_assert(info.is_root && !info.pins && !info.is_new);
  ck_assert_uint_eq(recorder_distance(&r, below), 1);
  ck_assert_uint_eq(r.asked_count, 1);
  ck_assert_int_eq(xlgc_step(r.pool, 1000), 0);
  ck_assert_uint_eq(r.asked_count, 1);
  flush();
  ck_assert_uint_eq(r.asked_count, 2);
  expect_none_told(&r);
  ck_assert_uint_eq(recorder_statistics(&r).kept, 2);
  r.answer = XLGC_LET_GO;
  flush();
  ck_assert_str_eq(r.said, "aaatt");
  expect_told(&r, kept, below);
  finish();
}
END_TEST

START_TEST(keep_then_linked_lives) {
  start(_i);
  xlgc_id top = root(), kept = recorder_object(&r, &r.asking);
  hold(top, kept);
  drop(top, kept);
  r.answer = XLGC_KEEP;
  flush();
  ck_assert_uint_eq(r.asked_count, 1);
  hold(top, kept);
  r.answer = XLGC_LET_GO;
  flush();
  flush();
  ck_assert_uint_eq(r.asked_count, 1);
  expect_none_told(&r);
  ck_assert_uint_eq(recorder_distance(&r, kept), 1);
  drop(top, kept);
  flush();
  expect_told(&r, kept);
  finish();
}
END_TEST

START_TEST(nothing_is_released_twice) {
  start(_i);
  xlgc_id top = root(), kept = recorder_object(&r, &r.asking), again = held_by(kept);
  hold(again, kept);
  hold(top, kept);
  r.answer = XLGC_KEEP;
  for (unsigned i = 0; i < 3; i++) {
    drop(top, kept);
    flush();
    hold(top, kept);
    flush();
  }
  r.answer = XLGC_LET_GO;
  drop(top, kept);
  flush();
  expect_told(&r, kept, again);
  for (unsigned i = 0; i < 3; i++)
    flush();
  expect_none_told(&r);
  ck_assert_uint_eq(recorder_statistics(&r).orphans, 2);
  finish();
}
END_TEST

/* ----------------------------------------------------------------- order */

START_TEST(order_holders_before_held) {
  start(_i);
  /* Registered bottom first, with two ways down. */
  xlgc_id bottom = object(), right = object(), left = object(), upper = object(), top = root();
  hold(left, right);
  hold(left, bottom);
  hold(right, bottom);
  hold(upper, bottom);
  hold(upper, right);
  hold(upper, left);
  hold(top, upper);
  flush();
  drop(top, upper);
  flush();
  expect_told(&r, upper, left, right, bottom);
  finish();
}
END_TEST

START_TEST(order_inside_a_cycle_is_by_age) {
  start(_i);
  xlgc_id below = object(), a = object(), b = object(), c = object(), above = object(), top = root();
  hold(c, a);
  hold(a, b);
  hold(b, c);
  hold(a, below);
  hold(above, c);
  hold(top, above);
  flush();
  drop(top, above);
  flush();
  expect_told(&r, above, a, b, c, below);
  finish();
}
END_TEST

START_TEST(last_root_of_a_cycle_goes) {
  start(_i);
  xlgc_id top = root(), other = root(), a = held_by(top), b = held_by(a), c = held_by(b);
  hold(c, a);
  hold(other, c);
  flush();
  drop(top, a);
  flush();
  expect_none_told(&r);
  ok(xlgc_unpin(r.context, other));
  flush();
  expect_told(&r, other, a, b, c);
  finish();
}
END_TEST

START_TEST(root_inside_a_cycle_is_unpinned) {
  start(_i);
  xlgc_id a = root(), b = held_by(a), c = held_by(b);
  hold(c, a);
  ok(xlgc_pin(r.context, b));
  flush();
  ok(xlgc_unpin(r.context, a));
  flush();
  expect_none_told(&r);
  ok(xlgc_unpin(r.context, b));
  flush();
  expect_told(&r, a, b, c);
  finish();
}
END_TEST

/* -------------------------------------------------------- size and bounds */

/* What happens on a small stack; results are looked at after the join. */
struct shape {
  int setting;
  bool hub;
  unsigned size;
  uint64_t depth, objects_left, orphans;
  bool over_budget;
  int failed;
};

static void *build_and_let_go(void *data) {
  struct shape *shape = data;
  static const xlgc_kind unindexed = {.flags = XLGC_KIND_UNINDEXED};
  xlgc_config config;
  xlgc_config_init(&config);
  config.setting = shape->setting;
  xlgc_pool *pool;
  xlgc_context *context;
  shape->failed = xlgc_pool_create(&config, &pool);
  if (shape->failed) return NULL;
  shape->failed |= xlgc_context_create(pool, NULL, &context);
  xlgc_id top, last;
  shape->failed |= xlgc_register(context, NULL, &unindexed, &top) | xlgc_pin(context, top);
  last = top;
  for (unsigned i = 0; i < shape->size; i++) {
    xlgc_id next;
    shape->failed |= xlgc_register(context, NULL, &unindexed, &next);
    shape->failed |= xlgc_link(context, shape->hub ? top : last, next);
    last = next;
  }
  shape->failed |= xlgc_flush(pool);
  shape->failed |= xlgc_distance(pool, last, &shape->depth);
  shape->failed |= xlgc_unpin(context, top);
  /* A unit, then some more, until all is done: a unit touches one link at most. */
  uint64_t before = xlgc_links_touched(pool);
  int left = 1;
  for (size_t units = 1; left == 1; units = 64 - units) {
    left = xlgc_step(pool, units);
    uint64_t now = xlgc_links_touched(pool);
    shape->over_budget |= now - before > units;
    before = now;
  }
  shape->failed |= left;
  xlgc_statistics statistics;
  shape->failed |= xlgc_stats(pool, &statistics);
  shape->orphans = statistics.orphans;
  shape->objects_left = statistics.objects;
  shape->failed |= xlgc_pool_destroy(pool);
  return NULL;
}

static void run_on_a_small_stack(struct shape *shape) {
  size_t small_bytes = TRIAL_SANITIZED ? 512 * 1024 : 64 * 1024;
  if (small_bytes < (size_t)PTHREAD_STACK_MIN) small_bytes = (size_t)PTHREAD_STACK_MIN;
  pthread_attr_t attributes;
  pthread_t thread;
  ok(pthread_attr_init(&attributes));
  ok(pthread_attr_setstacksize(&attributes, small_bytes));
  ok(pthread_create(&thread, &attributes, build_and_let_go, shape));
  ok(pthread_join(thread, NULL));
  ok(pthread_attr_destroy(&attributes));
  ok(shape->failed);
  ck_assert_uint_eq(shape->depth, shape->hub ? 1 : shape->size);
  ck_assert_uint_eq(shape->orphans, shape->size + 1);
  ck_assert_uint_eq(shape->objects_left, 0);
  ck_assert(!shape->over_budget);
}

START_TEST(long_chain_needs_no_stack_and_keeps_the_budget) {
  run_on_a_small_stack(&(struct shape){.setting = _i, .size = trial_work(1000000)});
}
END_TEST

START_TEST(large_hub_needs_no_stack_and_keeps_the_budget) {
  run_on_a_small_stack(&(struct shape){.setting = _i, .hub = true, .size = trial_work(1000000)});
}
END_TEST

START_TEST(flapping_between_two_holders_is_bounded_work) {
  start(_i);
  enum { HELD = 1000, TURNS = 200 };
  xlgc_id top[2] = {root(), root()}, flapping = held_by(top[0]), last = flapping;
  for (unsigned i = 0; i < HELD; i++)
    last = held_by(i % 2 ? flapping : last);
  flush();
  for (unsigned i = 0; i < TURNS; i++) {
    uint64_t before = xlgc_links_touched(r.pool);
    hold(top[(i + 1) % 2], flapping);
    drop(top[i % 2], flapping);
    flush();
    ck_assert_uint_le(xlgc_links_touched(r.pool) - before, 6);
  }
  uint64_t before = xlgc_links_touched(r.pool);
  for (unsigned i = 0; i < TURNS; i++) {
    drop(top[i % 2], flapping);
    hold(top[(i + 1) % 2], flapping);
  }
  flush();
  ck_assert_uint_le(xlgc_links_touched(r.pool) - before, 2 * TURNS + 6);
  expect_none_told(&r);
  finish();
}
END_TEST

/* ---------------------------------------------------------------- places */

static void *place_of(xlgc_id id) {
  xlgc_object_info info;
  ok(xlgc_info(r.pool, id, &info));
  return info.object;
}

START_TEST(place_is_cleared_when_source_and_target_die_together) {
  start(_i);
  xlgc_id top = root(), source = held_by(top), target = object();
  void *place = place_of(target), *expected = place;
  ok(xlgc_link_at(r.context, source, target, &place, 0));
  flush();
  ck_assert_ptr_eq(place, expected);
  drop(top, source);
  flush();
  expect_told(&r, source, target);
  ck_assert_ptr_null(place);
  finish();
}
END_TEST

START_TEST(place_is_left_alone_when_the_target_lives) {
  start(_i);
  xlgc_id top = root(), source = held_by(top), target = held_by(top);
  void *place = place_of(target), *expected = place;
  ok(xlgc_link_at(r.context, source, target, &place, 0));
  drop(top, source);
  flush();
  expect_told(&r, source);
  ck_assert_ptr_eq(place, expected);
  finish();
}
END_TEST

START_TEST(place_that_the_program_changed_is_left_alone) {
  start(_i);
  xlgc_id top = root(), source = held_by(top), target = object();
  void *place = place_of(target);
  ok(xlgc_link_at(r.context, source, target, &place, 0));
  flush();
  place = &place;
  drop(top, source);
  flush();
  expect_told(&r, source, target);
  ck_assert_ptr_eq(place, &place);
  finish();
}
END_TEST

START_TEST(two_places_of_one_pair) {
  start(_i);
  xlgc_id top = root(), source = held_by(top), target = object();
  void *first = place_of(target), *second = first, *third = first;
  ok(xlgc_link_at(r.context, source, target, &first, 0));
  ok(xlgc_link_at(r.context, source, target, &second, 0));
  ok(xlgc_link_at(r.context, source, target, &third, 0));
  ck_assert_uint_eq(recorder_count(&r, source, target), 3);
  ok(xlgc_unlink_at(r.context, source, target, &second));
  drop(top, source);
  flush();
  expect_told(&r, source, target);
  ck_assert_ptr_null(first);
  ck_assert_ptr_nonnull(second);
  ck_assert_ptr_null(third);
  finish();
}
END_TEST

START_TEST(drop_of_a_plain_link_leaves_the_pairs_place) {
  start(_i);
  xlgc_id top = root(), source = held_by(top), target = held_by(source);
  void *place = place_of(target);
  ok(xlgc_link_at(r.context, source, target, &place, 0));
  drop(source, target);
  drop(top, source);
  flush();
  expect_told(&r, source, target);
  ck_assert_ptr_null(place);
  finish();
}
END_TEST

static int note_tag(void *data, const xlgc_link_info *link) {
  *(unsigned *)data = link->tag;
  return 0;
}

START_TEST(tags_are_kept) {
  start(_i);
  xlgc_id top = root(), held = object();
  unsigned tag = 0;
  ok(xlgc_link_at(r.context, top, held, NULL, 3));
  ok(xlgc_each_target(r.pool, top, note_tag, &tag));
  ck_assert_uint_eq(tag, 3);
  ok(xlgc_link_at(r.context, top, held, NULL, XLGC_TAG_MAX));
  hold(top, held);
  drop(top, held);
  ok(xlgc_each_source(r.pool, held, note_tag, &tag));
  ck_assert_uint_eq(tag, XLGC_TAG_MAX);
  ck_assert_int_eq(xlgc_link_at(r.context, top, held, NULL, XLGC_TAG_MAX + 1), XLGC_E_INVAL);
  ok(xlgc_link_at(r.context, top, held, NULL, 0));
  ok(xlgc_each_target(r.pool, top, note_tag, &tag));
  ck_assert_uint_eq(tag, 0);
  finish();
}
END_TEST

int main(void) {
  Suite *suite = suite_create("api_hazards");
  TCase *links = trial_case(suite, "links");
  tcase_add_loop_test(links, self_link_never_supports, 0, 2);
  tcase_add_loop_test(links, same_link_twice_needs_equal_drops, 0, 2);
  tcase_add_loop_test(links, unknown_drop_is_reported, 0, 2);
  tcase_add_loop_test(links, double_drop_cancels_nobody_elses_link, 0, 2);
  tcase_add_loop_test(links, double_unpin_is_reported, 0, 2);
  tcase_add_loop_test(links, drop_then_readd_inside_a_round_tells_nobody, 0, 2);
  TCase *addresses = trial_case(suite, "addresses");
  tcase_add_loop_test(addresses, address_reused_after_release, 0, 2);
  tcase_add_loop_test(addresses, address_reused_inside_its_release, 0, 2);
  tcase_add_loop_test(addresses, registered_twice, 0, 2);
  TCase *reprieve = trial_case(suite, "reprieve");
  tcase_add_loop_test(reprieve, all_of_a_set_is_asked_before_any_is_released, 0, 2);
  tcase_add_loop_test(reprieve, keep_then_nothing_is_asked_again_at_the_next_flush, 0, 2);
  tcase_add_loop_test(reprieve, keep_then_linked_lives, 0, 2);
  tcase_add_loop_test(reprieve, nothing_is_released_twice, 0, 2);
  TCase *order = trial_case(suite, "order");
  tcase_add_loop_test(order, order_holders_before_held, 0, 2);
  tcase_add_loop_test(order, order_inside_a_cycle_is_by_age, 0, 2);
  tcase_add_loop_test(order, last_root_of_a_cycle_goes, 0, 2);
  tcase_add_loop_test(order, root_inside_a_cycle_is_unpinned, 0, 2);
  TCase *size = trial_case(suite, "size");
  tcase_add_loop_test(size, long_chain_needs_no_stack_and_keeps_the_budget, 0, 2);
  tcase_add_loop_test(size, large_hub_needs_no_stack_and_keeps_the_budget, 0, 2);
  tcase_add_loop_test(size, flapping_between_two_holders_is_bounded_work, 0, 2);
  TCase *places = trial_case(suite, "places");
  tcase_add_loop_test(places, place_is_cleared_when_source_and_target_die_together, 0, 2);
  tcase_add_loop_test(places, place_is_left_alone_when_the_target_lives, 0, 2);
  tcase_add_loop_test(places, place_that_the_program_changed_is_left_alone, 0, 2);
  tcase_add_loop_test(places, two_places_of_one_pair, 0, 2);
  tcase_add_loop_test(places, drop_of_a_plain_link_leaves_the_pairs_place, 0, 2);
  tcase_add_loop_test(places, tags_are_kept, 0, 2);
  return trial_run(suite);
}
