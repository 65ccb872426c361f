/* The graph by itself: each event's answer, what it leaves in the table and of certificates, and which objects it leaves
 * to be repaired; then all of them in any order against counts in a table. Nothing is repaired here. */
#include <config.h>

#include "support/one_graph.h"

static const xlgc_kind passing_kind = {.name = "passing", .flags = XLGC_KIND_TRANSIENT};

/* -------------------------------------------------------------------- links */

START_TEST(links_are_counted) {
  open_graph(_i);
  uint32_t top = new_root(), held = new_object(&plain_kind);
  ck_assert_int_eq(xlgc__graph_unlink(&g.graph, top, held, NULL), XLGC_E_NOLINK);
  for (uint32_t i = 1; i <= 3; i++) {
    link_to(top, held);
    ck_assert_uint_eq(count_of(top, held), i);
  }
  ck_assert_uint_eq(g.graph.links.records.used, 1);
  ck_assert_uint_eq(count_of(held, top), 0);
  for (uint32_t i = 3; i-- > 0;) {
    unlink_from(top, held);
    ck_assert_uint_eq(count_of(top, held), i);
  }
  ck_assert_uint_eq(g.graph.links.records.used, 0);
  ck_assert_int_eq(xlgc__graph_unlink(&g.graph, top, held, NULL), XLGC_E_NOLINK);
  ck_assert_uint_eq(at(top)->top[XLGC__OUT] | at(held)->top[XLGC__IN], 0);
  ck_assert_uint_eq(g.graph.touched, 6);
  check_graph(2);
  close_graph();
}
END_TEST

START_TEST(a_full_count_stays_for_good) {
  open_graph(_i);
  uint32_t top = new_root(), held = new_target(top);
  xlgc__link_at(&g.graph.links, link_between(top, held))->count = XLGC__COUNT_MAX - 1;
  link_to(top, held);
  ck_assert_int_eq(xlgc__graph_link(&g.graph, top, held, XLGC__NO_TAG, NULL), XLGC_E_FULL);
  for (unsigned i = 0; i < 3; i++)
    unlink_from(top, held);
  ck_assert_uint_eq(count_of(top, held), XLGC__COUNT_MAX);
  close_graph();
}
END_TEST

START_TEST(without_room_nothing_changes) {
  void *place = NULL;
  open_graph(_i);
  uint32_t top = new_root(), held = new_object(&plain_kind);
  xlgc__object before = *at(held);
  ck_assert_int_eq(xlgc__graph_link(&g.graph, top, held, XLGC__NO_TAG, NULL), XLGC_E_NOMEM);
  make_room(&g.graph.links.records);
  ck_assert_int_eq(xlgc__graph_link(&g.graph, top, held, XLGC__NO_TAG, &place), XLGC_E_NOMEM);
  ck_assert_mem_eq(at(held), &before, sizeof before);
  ck_assert_uint_eq(g.graph.links.records.used, 0);
  ck_assert_uint_eq(g.graph.touched, 0);
  make_room(&g.graph.links.places);
  ok(xlgc__graph_link(&g.graph, top, held, XLGC__NO_TAG, &place));
  close_graph();
}
END_TEST

START_TEST(tags_and_places_are_the_links) {
  void *places[2] = {NULL, NULL};
  open_graph(_i);
  uint32_t top = new_root(), held = new_target(top);
  const xlgc__link *link = xlgc__link_at(&g.graph.links, link_between(top, held));
  make_room(&g.graph.links.places);
  for (unsigned i = 0; i < 2; i++)
    ok(xlgc__graph_link(&g.graph, top, held, 3 + i, &places[i]));
  ck_assert_uint_eq(link->tag, 4);
  link_to(top, held);
  ck_assert_uint_eq(link->tag, 4); /* without one it stays */
  ck_assert_uint_eq(g.graph.links.places.used, 2);
  ok(xlgc__graph_unlink(&g.graph, top, held, &places[0]));
  ck_assert_uint_eq(g.graph.links.places.used, 1);
  const xlgc__place *left = xlgc__segments_at(&g.graph.links.places, link->places);
  ck_assert_ptr_eq(left->at, &places[1]);
  unlink_from(top, held);
  unlink_from(top, held);
  ck_assert_uint_eq(g.graph.links.places.used, 1);
  unlink_from(top, held); /* the last one takes it along */
  ck_assert_uint_eq(g.graph.links.places.used, 0);
  close_graph();
}
END_TEST

START_TEST(what_is_dead_takes_no_events) {
  open_graph(_i);
  uint32_t top = new_root(), dead = new_object(&plain_kind);
  at(dead)->flags |= XLGC__DEAD;
  make_room(&g.graph.links.records);
  ck_assert_int_eq(xlgc__graph_link(&g.graph, top, dead, XLGC__NO_TAG, NULL), XLGC_E_RELEASED);
  ck_assert_int_eq(xlgc__graph_link(&g.graph, dead, top, XLGC__NO_TAG, NULL), XLGC_E_RELEASED);
  ck_assert_int_eq(xlgc__graph_unlink(&g.graph, dead, top, NULL), XLGC__LATE);
  ck_assert_int_eq(xlgc__graph_unlink(&g.graph, top, dead, NULL), XLGC_E_NOLINK);
  ck_assert_int_eq(xlgc__graph_pin(&g.graph, dead, 1), XLGC_E_RELEASED);
  ck_assert_int_eq(xlgc__graph_unpin(&g.graph, dead), XLGC_E_NOPIN);
  ck_assert_uint_eq(g.graph.links.records.used, 0);
  close_graph();
}
END_TEST

/* ------------------------------------------------------------- certificates */

START_TEST(the_first_link_makes_a_new_object_depend_on_its_source) {
  open_graph(_i);
  uint32_t top = new_root(), held = new_object(&plain_kind), below = new_object(&plain_kind);
  ck_assert(is(held, XLGC__NEW) && xlgc__object_is_root(at(held)));
  link_to(top, held);
  link_to(held, below);
  ck_assert(!is(held, XLGC__NEW) && !is(below, XLGC__NEW));
  ck_assert_uint_eq(at(held)->supporter, top);
  ck_assert_uint_eq(at(below)->supporter, held);
  if (_i) ck_assert(at(held)->rank == 1 && at(below)->rank == 2);
  ck_assert_uint_eq(g.graph.broken, 0);
  check_graph(3);
  close_graph();
}
END_TEST

START_TEST(only_the_supporters_link_matters) {
  open_graph(_i);
  uint32_t one = new_root(), other = new_root(), held = new_target(one);
  link_to(one, held);
  link_to(other, held);
  unlink_from(other, held);
  unlink_from(one, held);
  ck_assert_uint_eq(at(held)->supporter, one);
  ck_assert_uint_eq(g.graph.broken, 0);
  link_to(other, held);
  unlink_from(one, held);
  ck_assert(is(held, XLGC__BROKEN)); /* finding the other one is a repair */
  ck_assert_uint_eq(at(held)->supporter, 0);
  link_to(one, held);
  ck_assert(is(held, XLGC__BROKEN)); /* also where it would do */
  check_graph(3);
  close_graph();
}
END_TEST

START_TEST(who_holds_only_itself_is_broken) {
  open_graph(_i);
  uint32_t alone = new_object(&plain_kind);
  link_to(alone, alone);
  ck_assert(is(alone, XLGC__BROKEN));
  check_graph(1);
  ok(xlgc__graph_pin(&g.graph, alone, 1));
  ck_assert(!is(alone, XLGC__BROKEN));
  check_graph(1);
  ok(xlgc__graph_unpin(&g.graph, alone));
  ck_assert(is(alone, XLGC__BROKEN));
  check_graph(1);
  close_graph();
}
END_TEST

START_TEST(breaking_happens_once_and_not_to_roots) {
  open_graph(_i);
  uint32_t top = new_root(), held = new_target(top);
  xlgc__graph_break(&g.graph, top);
  ck_assert_uint_eq(g.graph.broken, 0);
  xlgc__graph_break(&g.graph, held);
  xlgc__graph_break(&g.graph, held);
  ck_assert_uint_eq(queue_length(g.graph.broken), 1);
  xlgc__graph_attach(&g.graph, held, top, at(held)->rank + 1);
  ck_assert_uint_eq(g.graph.broken, 0);
  ck_assert_uint_eq(at(held)->supporter, top);
  check_graph(2);
  close_graph();
}
END_TEST

/* ------------------------------------------------------------------- roots */

START_TEST(pins_are_counted_and_make_roots) {
  open_graph(_i);
  uint32_t object = new_object(&plain_kind);
  ck_assert_int_eq(xlgc__graph_unpin(&g.graph, object), XLGC_E_NOPIN);
  ok(xlgc__graph_pin(&g.graph, object, 2));
  ck_assert(!is(object, XLGC__NEW));
  ok(xlgc__graph_unpin(&g.graph, object));
  ck_assert_uint_eq(g.graph.broken, 0);
  ok(xlgc__graph_unpin(&g.graph, object));
  ck_assert(is(object, XLGC__BROKEN));
  ck_assert_int_eq(xlgc__graph_unpin(&g.graph, object), XLGC_E_NOPIN);
  ok(xlgc__graph_pin(&g.graph, object, UINT32_MAX - 1));
  ck_assert_int_eq(xlgc__graph_pin(&g.graph, object, 2), XLGC_E_FULL);
  ck_assert_uint_eq(at(object)->pins, UINT32_MAX - 1);
  ok(xlgc__graph_pin(&g.graph, object, 1));
  for (unsigned i = 0; i < 3; i++)
    ok(xlgc__graph_unpin(&g.graph, object));
  ck_assert_uint_eq(at(object)->pins, UINT32_MAX);
  check_graph(1);
  close_graph();
}
END_TEST

START_TEST(a_root_that_is_held_needs_no_repair_when_it_is_unpinned) {
  open_graph(_i);
  uint32_t top = new_root(), held = new_target(top);
  ok(xlgc__graph_pin(&g.graph, held, 1));
  check_graph(2);
  ok(xlgc__graph_unpin(&g.graph, held));
  /* Exact: a root has distance 0 and no supporter. */
  ck_assert_int_eq(is(held, XLGC__BROKEN), _i);
  check_graph(2);
  close_graph();
}
END_TEST

START_TEST(what_is_kept_is_a_root_until_that_is_taken_back) {
  open_graph(_i);
  uint32_t top = new_root(), held = new_target(top);
  unlink_from(top, held);
  xlgc__graph_keep(&g.graph, held);
  ck_assert(xlgc__object_is_root(at(held)) && !is(held, XLGC__BROKEN));
  check_graph(2);
  xlgc__graph_unkeep(&g.graph, held);
  ck_assert(!xlgc__object_is_root(at(held)) && is(held, XLGC__BROKEN));
  check_graph(2);
  xlgc__graph_weak(&g.graph, held);
  ck_assert(is(held, XLGC__WEAK));
  close_graph();
}
END_TEST

/* ------------------------------------------------- what never became a link */

START_TEST(a_cancelled_link_is_the_end_of_being_new) {
  open_graph(_i);
  uint32_t top = new_root(), fresh = new_object(&plain_kind), held = new_target(top);
  xlgc__graph_cancelled(&g.graph, top, fresh);
  ck_assert(is(fresh, XLGC__BROKEN) && !is(fresh, XLGC__NEW));
  xlgc__graph_cancelled(&g.graph, top, held);
  ck_assert_uint_eq(at(held)->supporter, top);
  check_graph(3);
  close_graph();
}
END_TEST

START_TEST(transient_objects_are_idle_while_they_hold_nothing) {
  open_graph(_i);
  uint32_t passing = new_object(&passing_kind), plain = new_object(&plain_kind);
  xlgc__graph_born(&g.graph, passing);
  xlgc__graph_born(&g.graph, plain);
  ck_assert(is(passing, XLGC__IDLE) && !is(plain, XLGC__IDLE));
  check_graph(2);
  uint32_t other = new_object(&passing_kind), held = new_target(other);
  ck_assert(!is(other, XLGC__IDLE));
  unlink_from(other, held);
  ck_assert(is(other, XLGC__IDLE));
  check_graph(4);
  uint32_t third = new_object(&passing_kind);
  xlgc__graph_cancelled(&g.graph, third, held);
  ck_assert(is(third, XLGC__IDLE));
  /* Held or pinned it is as any other. */
  link_to(plain, passing);
  ok(xlgc__graph_pin(&g.graph, other, 1));
  ck_assert(!is(passing, XLGC__IDLE) && !is(other, XLGC__IDLE));
  ck_assert_uint_eq(queue_length(g.graph.idle), 1);
  check_graph(5);
  close_graph();
}
END_TEST

/* -------------------------------------------------------------------- ranks */

START_TEST(a_roots_rank_is_lowered_to_fit) {
  open_graph(false);
  uint32_t top = new_root(), held = new_target(top);
  uint64_t rank = at(held)->rank;
  ck_assert(xlgc__graph_supports(&g.graph, top, rank));
  at(top)->rank = rank + 7;
  at(held)->supporter = 0;
  ck_assert(xlgc__graph_supports(&g.graph, top, rank));
  ck_assert_uint_eq(at(top)->rank, rank - g.graph.rank_gap);
  ck_assert(xlgc__graph_supports(&g.graph, top, 5));
  ck_assert_uint_eq(at(top)->rank, 2);
  ck_assert(!xlgc__graph_supports(&g.graph, held, rank));
  ck_assert(!g.graph.renumber);
  ck_assert(!xlgc__graph_supports(&g.graph, top, 0)); /* there is no rank below it */
  ck_assert(g.graph.renumber);
  close_graph();
}
END_TEST

/* There is always room for as many objects as there are, one above the other. */
START_TEST(ranks_come_closer_near_the_limit) {
  enum { OBJECTS = 50 };
  open_graph(false);
  for (unsigned i = 0; i < OBJECTS; i++)
    new_root();
  ck_assert_uint_eq(xlgc__graph_above(&g.graph, 100), 100 + g.graph.rank_gap);
  ck_assert(!g.graph.renumber);
  uint64_t rank = g.graph.rank_limit - 3 * OBJECTS;
  for (unsigned i = 0; i < OBJECTS; i++) {
    uint64_t above = xlgc__graph_above(&g.graph, rank);
    ck_assert_uint_gt(above, rank);
    ck_assert_uint_le(above, g.graph.rank_limit);
    rank = above;
  }
  ck_assert(g.graph.renumber);
  close_graph();
}
END_TEST

START_TEST(distances_that_fall_are_handed_on_later) {
  open_graph(true);
  uint32_t top = new_root(), chain[4];
  for (unsigned i = 0; i < 4; i++)
    chain[i] = new_target(i ? chain[i - 1] : top);
  ck_assert_uint_eq(at(chain[3])->rank, 4);
  link_to(top, chain[2]);
  ck_assert_uint_eq(at(chain[2])->rank, 1);
  ck_assert_uint_eq(at(chain[2])->supporter, top);
  ck_assert_uint_eq(g.graph.lowered, chain[2]);
  ck_assert_uint_eq(at(chain[3])->rank, 4);
  xlgc__graph_attach(&g.graph, chain[2], top, 1); /* which does not hand it on */
  ck_assert_uint_eq(g.graph.lowered, chain[2]);
  ok(xlgc__graph_pin(&g.graph, chain[1], 1));
  ck_assert_uint_eq(at(chain[1])->rank, 0);
  ck_assert_uint_eq(queue_length(g.graph.lowered), 2);
  check_graph(5);
  close_graph();
}
END_TEST

/* ------------------------------------------------------ any events, against counts */

enum { OBJECTS = 24 };

static uint64_t seed;
static struct {
  uint32_t count[OBJECTS + 1][OBJECTS + 1], pins[OBJECTS + 1], links;
  bool fresh[OBJECTS + 1], kept[OBJECTS + 1];
} model;

static void do_link(uint32_t source, uint32_t target) {
  link_to(source, target);
  model.links += model.count[source][target]++ == 0;
  model.fresh[target] = false;
}

static void do_unlink(uint32_t source, uint32_t target) {
  int expected = model.count[source][target] ? 0 : XLGC_E_NOLINK;
  ck_assert_int_eq(xlgc__graph_unlink(&g.graph, source, target, NULL), expected);
  if (!expected) model.links -= --model.count[source][target] == 0;
}

static void do_pin(uint32_t index) {
  ok(xlgc__graph_pin(&g.graph, index, 1));
  model.pins[index]++;
  model.fresh[index] = false;
}

static void do_unpin(uint32_t index) {
  int expected = model.pins[index] ? 0 : XLGC_E_NOPIN;
  ck_assert_int_eq(xlgc__graph_unpin(&g.graph, index), expected);
  if (!expected) model.pins[index]--;
}

static void do_keep(uint32_t index) {
  if (model.kept[index])
    xlgc__graph_unkeep(&g.graph, index);
  else if (is(index, XLGC__BROKEN)) /* only what lost its support is asked */
    xlgc__graph_keep(&g.graph, index);
  else
    return;
  model.kept[index] = !model.kept[index];
}

static void do_one(uint64_t *random) {
  uint32_t one = 1 + trial_random(random, OBJECTS), other = 1 + trial_random(random, OBJECTS);
  switch (trial_random(random, 10)) {
  case 0:
  case 1:
  case 2: do_link(one, other); break;
  case 3:
  case 4:
  case 5: do_unlink(one, other); break;
  case 6: do_pin(one); break;
  case 7: do_unpin(one); break;
  case 8: do_keep(one); break;
  default: xlgc__graph_cancelled(&g.graph, one, other); model.fresh[other] = false;
  }
}

static void compare(void) {
  for (uint32_t i = 1; i <= OBJECTS; i++) {
    for (uint32_t k = 1; k <= OBJECTS; k++)
      MUST(count_of(i, k) == model.count[i][k]);
    bool root = model.pins[i] || model.fresh[i] || model.kept[i];
    ck_assert_int_eq(xlgc__object_is_root(at(i)), root);
    ck_assert_uint_eq(at(i)->pins, model.pins[i]);
  }
  ck_assert_uint_eq(g.graph.links.records.used, model.links);
}

START_TEST(any_events_keep_the_invariants) {
  uint64_t random = seed;
  open_graph(_i);
  for (uint32_t i = 1; i <= OBJECTS; i++) {
    ck_assert_uint_eq(new_object(trial_random(&random, 4) ? &plain_kind : &passing_kind), i);
    xlgc__graph_born(&g.graph, i);
    model.fresh[i] = true;
  }
  unsigned turns = trial_work(3000);
  for (unsigned turn = 0; turn < turns; turn++) {
    do_one(&random);
    check_graph(OBJECTS);
    if (turn % 16 == 0) compare();
  }
  compare();
  close_graph();
}
END_TEST

int main(void) {
  seed = trial_seed();
  Suite *suite = suite_create("unit_graph");
  TCase *links = trial_case(suite, "links");
  tcase_add_loop_test(links, links_are_counted, 0, 2);
  tcase_add_loop_test(links, a_full_count_stays_for_good, 0, 2);
  tcase_add_loop_test(links, without_room_nothing_changes, 0, 2);
  tcase_add_loop_test(links, tags_and_places_are_the_links, 0, 2);
  tcase_add_loop_test(links, what_is_dead_takes_no_events, 0, 2);
  TCase *certificates = trial_case(suite, "certificates");
  tcase_add_loop_test(certificates, the_first_link_makes_a_new_object_depend_on_its_source, 0, 2);
  tcase_add_loop_test(certificates, only_the_supporters_link_matters, 0, 2);
  tcase_add_loop_test(certificates, who_holds_only_itself_is_broken, 0, 2);
  tcase_add_loop_test(certificates, breaking_happens_once_and_not_to_roots, 0, 2);
  TCase *roots = trial_case(suite, "roots");
  tcase_add_loop_test(roots, pins_are_counted_and_make_roots, 0, 2);
  tcase_add_loop_test(roots, a_root_that_is_held_needs_no_repair_when_it_is_unpinned, 0, 2);
  tcase_add_loop_test(roots, what_is_kept_is_a_root_until_that_is_taken_back, 0, 2);
  TCase *cancelled = trial_case(suite, "cancelled");
  tcase_add_loop_test(cancelled, a_cancelled_link_is_the_end_of_being_new, 0, 2);
  tcase_add_loop_test(cancelled, transient_objects_are_idle_while_they_hold_nothing, 0, 2);
  TCase *ranks = trial_case(suite, "ranks");
  tcase_add_test(ranks, a_roots_rank_is_lowered_to_fit);
  tcase_add_test(ranks, ranks_come_closer_near_the_limit);
  tcase_add_test(ranks, distances_that_fall_are_handed_on_later);
  TCase *random = trial_case(suite, "any events");
  tcase_add_loop_test(random, any_events_keep_the_invariants, 0, 2);
  return trial_run(suite);
}
