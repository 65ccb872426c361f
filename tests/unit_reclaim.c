/* Carrying out a verdict: what dies and in which order, what follows, what is broken, what becomes pending, what
 * becomes of places; then sets out of any graph against a search from the roots. */
#include <config.h>

#include "ranks/reclaim.h"
#include "support/one_graph.h"

static xlgc__reclaim reclaim;

static int answer_nothing(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)context, (void)id, (void)object, (void)data;
  return XLGC_LET_GO;
}
static const xlgc_kind asking_kind = {.name = "asking", .orphaned = answer_nothing};

static void start(void) {
  open_graph(false);
  xlgc__reclaim_init(&reclaim, &g.graph);
}

static xlgc__list set_of(const uint32_t *members, unsigned count) {
  xlgc__list set = {0, 0};
  for (unsigned i = 0; i < count; i++)
    xlgc__list_append(&g.graph.objects, &set, members[i]);
  return set;
}

/* Returns how many units it took. */
static unsigned carry_out(const uint32_t *members, unsigned count, bool final) {
  unsigned units = 1;
  xlgc__reclaim_begin(&reclaim, set_of(members, count), final);
  while (!xlgc__reclaim_step(&reclaim))
    units++;
  return units;
}
#define CARRY_OUT(final, ...) \
  carry_out((uint32_t[]){__VA_ARGS__}, sizeof(uint32_t[]){__VA_ARGS__} / sizeof(uint32_t), final)

/* Exactly these are on a list, which is then empty. */
static void expect_list(xlgc__list *list, const uint32_t *members, unsigned count) {
  for (unsigned i = 0; i < count; i++)
    ck_assert_uint_eq(xlgc__list_take(&g.graph.objects, list), members[i]);
  ck_assert_uint_eq(list->first, 0);
}
#define EXPECT_DEAD(...) \
  expect_list(&reclaim.dead, (uint32_t[]){__VA_ARGS__}, sizeof(uint32_t[]){__VA_ARGS__} / sizeof(uint32_t))

/* An object that a root has just let go of. */
static uint32_t let_go(uint32_t top, const xlgc_kind *kind) {
  uint32_t index = new_object(kind);
  link_to(top, index);
  unlink_from(top, index);
  return index;
}

/* ------------------------------------------------------------------- deaths */

START_TEST(one_dies_with_its_links) {
  start();
  uint32_t top = new_root(), one = let_go(top, &plain_kind);
  link_to(one, top);
  link_to(one, one);
  CARRY_OUT(false, one);
  EXPECT_DEAD(one);
  ck_assert_uint_eq(at(one)->flags, XLGC__LIVE | XLGC__DEAD);
  ck_assert_uint_eq(at(one)->supporter | at(one)->pins, 0);
  ck_assert_uint_eq(g.graph.links.records.used, 0);
  ck_assert_uint_eq(g.graph.objects.live, 1);
  ck_assert_uint_eq(reclaim.pending.first, 0);
  check_graph(2);
  close_graph();
}
END_TEST

START_TEST(sources_die_before_targets_and_in_a_cycle_the_lower_slot_first) {
  start();
  uint32_t top = new_root(), last = let_go(top, &plain_kind), ring[3];
  for (unsigned i = 0; i < 3; i++)
    ring[i] = let_go(top, &plain_kind);
  uint32_t first = let_go(top, &plain_kind);
  for (unsigned i = 0; i < 3; i++)
    link_to(ring[(i + 1) % 3], ring[i]);
  link_to(first, ring[1]);
  link_to(ring[2], last);
  CARRY_OUT(false, ring[1], last, ring[2], first, ring[0]);
  EXPECT_DEAD(first, ring[0], ring[1], ring[2], last);
  check_graph(6);
  close_graph();
}
END_TEST

START_TEST(a_tree_follows_its_top_without_a_repair) {
  start();
  uint32_t top = new_root(), tree = let_go(top, &plain_kind), child = new_target(tree), grandchild = new_target(child);
  uint32_t shared = new_target(child);
  link_to(top, shared);
  CARRY_OUT(false, tree);
  EXPECT_DEAD(tree, child, grandchild);
  /* The other one that holds it is for a repair to find. */
  ck_assert(is(shared, XLGC__BROKEN));
  ck_assert_uint_eq(count_of(top, shared), 1);
  ck_assert_uint_eq(g.graph.objects.live, 2);
  check_graph(5);
  close_graph();
}
END_TEST

/* What has a say in it, or is on a list of another's, waits for its own verdict. */
START_TEST(who_is_to_be_asked_does_not_follow) {
  start();
  uint32_t top = new_root(), tree = let_go(top, &plain_kind), asking = new_object(&asking_kind);
  uint32_t weak = new_target(tree), pending = new_target(tree), pinned = new_target(tree);
  link_to(tree, asking);
  xlgc__graph_weak(&g.graph, weak);
  at(pending)->flags |= XLGC__PENDING;
  at(pending)->supporter = 0;
  ok(xlgc__graph_pin(&g.graph, pinned, 1));
  CARRY_OUT(false, tree);
  EXPECT_DEAD(tree);
  ck_assert(is(asking, XLGC__BROKEN) && is(weak, XLGC__BROKEN));
  ck_assert(!is(pending, XLGC__BROKEN) && !is(pinned, XLGC__BROKEN));
  close_graph();
}
END_TEST

START_TEST(what_others_hold_keeps_its_certificate) {
  start();
  uint32_t top = new_root(), held = new_target(top), one = let_go(top, &plain_kind);
  link_to(one, held);
  ck_assert_uint_eq(at(held)->supporter, top);
  CARRY_OUT(false, one);
  EXPECT_DEAD(one);
  ck_assert_uint_eq(at(held)->supporter, top);
  ck_assert_uint_eq(g.graph.broken, 0);
  check_graph(3);
  close_graph();
}
END_TEST

START_TEST(places_of_links_that_went_are_listed_with_their_targets) {
  static void *places[3];
  start();
  uint32_t top = new_root(), one = let_go(top, &plain_kind), held = new_target(top);
  make_room(&g.graph.links.records);
  make_room(&g.graph.links.places);
  for (unsigned i = 0; i < 2; i++)
    ok(xlgc__graph_link(&g.graph, one, held, XLGC__NO_TAG, &places[i]));
  ok(xlgc__graph_link(&g.graph, top, held, XLGC__NO_TAG, &places[2]));
  CARRY_OUT(false, one);
  bool listed[3] = {false, false, false};
  for (uint32_t index = reclaim.places, next; index; index = next) {
    const xlgc__place *place = xlgc__segments_at(&g.graph.links.places, index);
    next = place->next;
    ck_assert_uint_eq(place->target, held);
    ck_assert(!listed[place->at - places]);
    listed[place->at - places] = true;
  }
  ck_assert(listed[0] && listed[1] && !listed[2]);
  ck_assert_uint_eq(g.graph.links.places.used, 3); /* given back when they are cleared */
  close_graph();
}
END_TEST

/* ------------------------------------------------------------------ pending */

static void expect_pending(const uint32_t *members, unsigned count) {
  for (unsigned i = 0; i < count; i++) {
    ck_assert(is(members[i], XLGC__PENDING));
    ck_assert(!is(members[i], XLGC__RECLAIMING) && !is(members[i], XLGC__BROKEN) && !is(members[i], XLGC__DEAD));
    ck_assert_uint_eq(at(members[i])->supporter, 0);
  }
  expect_list(&reclaim.pending, members, count);
}

/* _i: why one of the set is to be asked. */
START_TEST(nobody_dies_before_all_have_been_asked) {
  start();
  uint32_t top = new_root(), one = let_go(top, _i == 0 ? &asking_kind : &plain_kind), other = let_go(top, &plain_kind);
  uint32_t below = new_target(other), inner = new_target(other);
  link_to(one, other);
  link_to(other, one);
  if (_i == 1) xlgc__graph_weak(&g.graph, other);
  if (_i == 2) g.graph.met_pending = true;
  CARRY_OUT(false, other, inner, one);
  ck_assert_uint_eq(reclaim.dead.first, 0);
  ck_assert_uint_eq(g.graph.links.records.used, 4);
  ck_assert_uint_eq(g.graph.objects.live, 5);
  ck_assert(is(below, XLGC__BROKEN)); /* supported from inside only */
  expect_pending((uint32_t[]){other, inner, one}, 3);
  /* All have answered. */
  for (uint32_t index = one; index <= inner; index++)
    if (index != below) at(index)->flags &= (uint16_t)~XLGC__PENDING;
  CARRY_OUT(true, one, other, inner);
  EXPECT_DEAD(one, other, inner, below);
  ck_assert_uint_eq(g.graph.links.records.used, 0);
  check_graph(5);
  close_graph();
}
END_TEST

START_TEST(a_set_of_nobody_to_ask_dies_at_once_though_others_are_pending) {
  start();
  uint32_t top = new_root(), asking = let_go(top, &asking_kind), plain = let_go(top, &plain_kind);
  CARRY_OUT(false, asking);
  expect_pending(&asking, 1);
  CARRY_OUT(false, plain);
  EXPECT_DEAD(plain);
  close_graph();
}
END_TEST

/* -------------------------------------------------------- any set of any graph */

enum { OBJECTS = 40, ROOTS = 3 };

static uint64_t seed;
static uint32_t objects[OBJECTS];
static bool reaches[OBJECTS][OBJECTS]; /* by one link or more; the roots come first */

static void draw_graph(uint64_t *random) {
  memset(reaches, 0, sizeof reaches);
  for (unsigned i = 0; i < OBJECTS; i++)
    objects[i] = i < ROOTS ? new_root() : let_go(objects[0], &plain_kind);
  unsigned links = trial_random(random, 3 * OBJECTS);
  for (unsigned i = 0; i < links; i++) {
    unsigned source = trial_random(random, OBJECTS), target = trial_random(random, OBJECTS);
    link_to(objects[source], objects[target]);
    reaches[source][target] = true;
  }
  for (unsigned k = 0; k < OBJECTS; k++)
    for (unsigned i = 0; i < OBJECTS; i++)
      for (unsigned j = 0; j < OBJECTS; j++)
        reaches[i][j] |= reaches[i][k] && reaches[k][j];
}

static bool is_reached(unsigned i) {
  bool reached = i < ROOTS;
  for (unsigned root = 0; root < ROOTS; root++)
    reached |= reaches[root][i];
  return reached;
}

/* The members of a set in any order. Returns how many there are. */
static unsigned draw_set(uint64_t *random, uint32_t *members) {
  unsigned count = 0;
  for (unsigned i = 0; i < OBJECTS; i++) {
    if (is_reached(i)) continue;
    unsigned at = trial_random(random, count + 1);
    members[count++] = members[at];
    members[at] = objects[i];
  }
  return count;
}

/* D2, and that each has died that is not reached. */
static void check_deaths(void) {
  unsigned place[OBJECTS], count = 0;
  memset(place, 0, sizeof place);
  for (uint32_t index; (index = xlgc__list_take(&g.graph.objects, &reclaim.dead)) != 0;) {
    unsigned i = 0;
    while (objects[i] != index)
      i++;
    ck_assert_uint_eq(place[i], 0);
    place[i] = ++count;
  }
  for (unsigned i = 0; i < OBJECTS; i++) {
    ck_assert_int_eq(place[i] == 0, is_reached(i));
    ck_assert_int_eq(place[i] != 0, is(objects[i], XLGC__DEAD));
    for (unsigned j = 0; place[i] && j < OBJECTS; j++)
      if (place[j] && reaches[i][j] && (!reaches[j][i] || i < j)) MUST(i == j || place[i] < place[j]);
  }
  ck_assert_uint_eq(g.graph.objects.live, OBJECTS - count);
}

START_TEST(whole_sets_die_in_order_and_one_unit_is_one_link) {
  uint64_t random = seed;
  unsigned turns = trial_work(300);
  for (unsigned turn = 0; turn < turns; turn++) {
    uint32_t members[OBJECTS];
    start();
    draw_graph(&random);
    unsigned count = draw_set(&random, members);
    if (count) {
      uint64_t links = g.graph.links.records.used, touched = g.graph.touched;
      unsigned units = carry_out(members, count, trial_random(&random, 2));
      links -= g.graph.links.records.used;
      ck_assert_uint_eq(g.graph.touched - touched, links);
      ck_assert_uint_le(units, links + 10 * count + 2);
      check_deaths();
      check_graph(objects[OBJECTS - 1]);
    }
    close_graph();
  }
}
END_TEST

int main(void) {
  seed = trial_seed();
  Suite *suite = suite_create("unit_reclaim");
  TCase *deaths = trial_case(suite, "deaths");
  tcase_add_test(deaths, one_dies_with_its_links);
  tcase_add_test(deaths, sources_die_before_targets_and_in_a_cycle_the_lower_slot_first);
  tcase_add_test(deaths, a_tree_follows_its_top_without_a_repair);
  tcase_add_test(deaths, who_is_to_be_asked_does_not_follow);
  tcase_add_test(deaths, what_others_hold_keeps_its_certificate);
  tcase_add_test(deaths, places_of_links_that_went_are_listed_with_their_targets);
  TCase *pending = trial_case(suite, "pending");
  tcase_add_loop_test(pending, nobody_dies_before_all_have_been_asked, 0, 3);
  tcase_add_test(pending, a_set_of_nobody_to_ask_dies_at_once_though_others_are_pending);
  TCase *random = trial_case(suite, "any set");
  tcase_add_test(random, whole_sets_die_in_order_and_one_unit_is_one_link);
  return trial_run(suite);
}
