/* Ranks that run out: with a range of a few thousand instead of 2^63, lists are appended, prepended and queued for many
 * times the range. Every certificate must hold all the time, nothing live may die, and queues, which climb for ever, must
 * have been renumbered. Budgets of one unit give the same. */
#include <config.h>

#include "pool/pool.h"
#include "ranks/verify.h"
#include "support/trial.h"

enum { GAP = 16, LIMIT = 1 << 13, LENGTH = 100, TURNS = 10000 };

static xlgc_pool *pool;
static xlgc_context *context;
static unsigned released;
static int64_t budget;

static void count_release(xlgc_context *from, xlgc_id id, void *object, void *data) {
  (void)from, (void)id, (void)object, (void)data;
  released++;
}

static const xlgc_kind kind = {.name = "node", .flags = XLGC_KIND_UNINDEXED, .release = count_release};

static void setup(void) {
  ok(xlgc_pool_create(NULL, &pool));
  pool->graph.rank_gap = GAP;
  pool->graph.rank_limit = LIMIT;
  ok(xlgc_context_create(pool, "ranks", &context));
  released = 0;
}

static void teardown(void) { ok(xlgc_pool_destroy(pool)); }

static xlgc_id node(void) {
  xlgc_id id;
  ok(xlgc_register(context, NULL, &kind, &id));
  return id;
}

/* One round; now and then the whole pool is verified. */
static void settle(unsigned turn) {
  if (budget) {
    int result;
    while ((result = xlgc_step(pool, (size_t)budget)) == 1) {
    }
    ck_assert_int_eq(result, 0);
  }
  ok(xlgc_flush(pool));
  if (turn % 64) return;
  char why[160];
  ck_assert_msg(xlgc_verify(pool, why, sizeof why) == 0, "%s", why);
}

static void check_renumbered(unsigned deaths) {
  xlgc_statistics statistics;
  ok(xlgc_stats(pool, &statistics));
  ck_assert_uint_gt(statistics.rank_renumberings, 0);
  ck_assert_uint_eq(statistics.errors, 0);
  ck_assert_uint_eq(released, deaths);
}

/* A queue: appended at its tail, taken from its head, for ever. */
static void queue(int both_ways) {
  setup();
  xlgc_id hub = node(), ring[LENGTH];
  ok(xlgc_pin(context, hub));
  unsigned turns = TURNS;
  for (unsigned i = 0; i < turns; i++) {
    xlgc_id *slot = &ring[i % LENGTH], added = node();
    /* The hub holds the tail and the head, which are the same at first. */
    ok(xlgc_link(context, hub, added));
    if (i == 0) ok(xlgc_link(context, hub, added));
    if (i) {
      xlgc_id last = ring[(i - 1) % LENGTH];
      ok(xlgc_link(context, last, added));
      if (both_ways) ok(xlgc_link(context, added, last));
      ok(xlgc_unlink(context, hub, last));
    }
    if (i >= LENGTH) {
      xlgc_id next = ring[(i + 1) % LENGTH];
      ok(xlgc_link(context, hub, next));
      if (both_ways) ok(xlgc_unlink(context, next, *slot));
      ok(xlgc_unlink(context, hub, *slot));
    }
    *slot = added;
    settle(i);
  }
  check_renumbered(turns - LENGTH);
  teardown();
}

START_TEST(queue_for_many_times_the_range) {
  budget = _i;
  queue(0);
}
END_TEST

START_TEST(doubly_linked_queue_for_many_times_the_range) {
  budget = _i;
  queue(1);
}
END_TEST

/* A stack: each new top holds the one below. It is spread over the range again and again, down to the last rank. */
START_TEST(stack_for_many_times_the_range) {
  budget = _i;
  setup();
  xlgc_id hub = node(), top = node();
  ok(xlgc_pin(context, hub));
  ok(xlgc_link(context, hub, top));
  unsigned turns = trial_work(2000);
  for (unsigned i = 0; i < turns; i++) {
    xlgc_id added = node();
    ok(xlgc_link(context, added, top));
    ok(xlgc_link(context, hub, added));
    ok(xlgc_unlink(context, hub, top));
    top = added;
    settle(i);
  }
  ck_assert_uint_eq(released, 0);
  ok(xlgc_unpin(context, hub));
  settle(0);
  ck_assert_uint_eq(released, turns + 2);
  teardown();
}
END_TEST

/* Inserts into one gap, from both of its sides in turn. */
START_TEST(one_gap_for_many_times_its_width) {
  budget = _i;
  setup();
  xlgc_id before = node(), after = node();
  ok(xlgc_pin(context, before));
  ok(xlgc_link(context, before, after));
  unsigned turns = trial_work(1000);
  for (unsigned i = 0; i < turns; i++) {
    xlgc_id added = node();
    ok(xlgc_link(context, before, added));
    ok(xlgc_link(context, added, after));
    ok(xlgc_unlink(context, before, after));
    if (i & 1)
      before = added;
    else
      after = added;
    settle(i);
  }
  ck_assert_uint_eq(released, 0);
  ok(xlgc_verify(pool, NULL, 0));
  teardown();
}
END_TEST

/* Subtrees of a document, with links to parents, move about in a range that is tight from the start: paths are lowered
 * and climbed for all the time, beside children that must not be overtaken. */
START_TEST(subtrees_move_in_a_tight_range) {
  enum { NODES = 60 };
  budget = _i;
  setup();
  uint64_t random = trial_seed() + (uint64_t)_i;
  xlgc_id nodes[NODES];
  unsigned parent[NODES] = {0};
  for (unsigned i = 0; i < NODES; i++) {
    nodes[i] = node();
    if (i == 0) ok(xlgc_pin(context, nodes[0]));
    if (i == 0) continue;
    parent[i] = trial_random(&random, i);
    ok(xlgc_link(context, nodes[parent[i]], nodes[i]));
    ok(xlgc_link(context, nodes[i], nodes[parent[i]]));
  }
  unsigned turns = trial_work(5000);
  for (unsigned turn = 0; turn < turns; turn++) {
    unsigned moved = 1 + trial_random(&random, NODES - 1), to = trial_random(&random, NODES), above = to;
    while (above && above != moved)
      above = parent[above];
    if (above == moved || to == parent[moved]) continue;
    ok(xlgc_link(context, nodes[to], nodes[moved]));
    ok(xlgc_link(context, nodes[moved], nodes[to]));
    ok(xlgc_unlink(context, nodes[parent[moved]], nodes[moved]));
    ok(xlgc_unlink(context, nodes[moved], nodes[parent[moved]]));
    parent[moved] = to;
    settle(0);
  }
  ck_assert_uint_eq(released, 0);
  ok(xlgc_unpin(context, nodes[0]));
  settle(0);
  ck_assert_uint_eq(released, NODES);
  teardown();
}
END_TEST

static unsigned asked;
static xlgc_id lowest;
static bool let_go;

/* Keeps the object, and when the objects are asked for the second time, makes one of the lowest rank lose its pin. */
static int keep(xlgc_context *from, xlgc_id id, void *object, void *data) {
  (void)id, (void)object, (void)data;
  if (++asked == 4) ok(xlgc_unpin(from, lowest));
  return let_go ? XLGC_LET_GO : XLGC_KEEP;
}

/* A repair of an object with the lowest rank of all meets roots that are kept, in a round that goes on with the one in
 * which they were. No root can rank below it. They must still be let go later, all of them. */
START_TEST(no_kept_root_is_lost_where_ranks_end) {
  static const xlgc_kind keeper = {
      .name = "keeper", .flags = XLGC_KIND_UNINDEXED, .release = count_release, .orphaned = keep};
  budget = _i;
  asked = 0;
  let_go = false;
  setup();
  lowest = node();
  ok(xlgc_pin(context, lowest));
  xlgc_id keepers[3];
  for (unsigned i = 0; i < 3; i++) {
    ok(xlgc_register(context, NULL, &keeper, &keepers[i]));
    ok(xlgc_pin(context, keepers[i]));
    ok(xlgc_link(context, keepers[i], lowest));
    ok(xlgc_unpin(context, keepers[i]));
  }
  ok(xlgc_flush(pool));
  ck_assert_uint_eq(asked, 3);
  xlgc__object *object = xlgc__graph_object(&pool->graph, xlgc__object_resolve(&pool->graph.objects, lowest));
  object->rank = 0;
  object->supporter = 0;
  settle(0);
  ck_assert_uint_eq(asked, 6);
  ck_assert_uint_eq(released, 0);
  let_go = true;
  settle(0);
  check_renumbered(4);
  teardown();
}
END_TEST

int main(void) {
  Suite *suite = suite_create("unit_renumber");
  TCase *ranks = trial_case(suite, "ranks that run out");
  /* By flush, and by steps of one unit. */
  tcase_add_loop_test(ranks, queue_for_many_times_the_range, 0, 2);
  tcase_add_loop_test(ranks, doubly_linked_queue_for_many_times_the_range, 0, 2);
  tcase_add_loop_test(ranks, stack_for_many_times_the_range, 0, 2);
  tcase_add_loop_test(ranks, one_gap_for_many_times_its_width, 0, 2);
  tcase_add_loop_test(ranks, subtrees_move_in_a_tight_range, 0, 2);
  tcase_add_loop_test(ranks, no_kept_root_is_lost_where_ranks_end, 0, 2);
  return trial_run(suite);
}
