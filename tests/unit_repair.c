/* Repairs: by themselves on a graph, with what is asked and answered between their parts, against a search; then in a
 * pool, where ranks are set so that each way through a search is taken, and whole structures that die at once, on a
 * small stack. What happens when ranks run out is in unit_renumber. */
#include <config.h>

#include "pool/pool.h"
#include "ranks/repair.h"
#include "ranks/verify.h"
#include "support/one_graph.h"
#include "support/recorder.h"

#include <pthread.h>
#include <stdlib.h>

/* --------------------------------------------------------------- by itself */

static uint64_t seed;
static xlgc__repair repair;

static int answer_nothing(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)context, (void)id, (void)object, (void)data;
  return XLGC_LET_GO;
}
static const xlgc_kind asking_kind = {.name = "asking", .orphaned = answer_nothing};

static void start(bool exact) {
  open_graph(exact);
  xlgc__repair_init(&repair, &g.graph);
}

/* Until it is done or waits, with so many units at a time. */
static void work(int64_t units) {
  for (bool done = false; !done;) {
    int64_t budget = units;
    done = xlgc__repair_step(&repair, &budget);
    ck_assert(budget >= 0 && budget <= units);
    MUST(done || budget == 0 || xlgc__repair_sweeps(&repair));
  }
}

/* All that lives is certified. */
static void expect_whole(void) {
  char why[160] = "";
  int broken = xlgc__verify(&g.graph, why, sizeof why);
  ck_assert_msg(!broken, "%s", why);
}

static void expect_dead(const uint32_t *members, unsigned count) {
  for (unsigned i = 0; i < count; i++)
    ck_assert_uint_eq(xlgc__list_take(&g.graph.objects, &repair.reclaim.dead), members[i]);
  ck_assert_uint_eq(repair.reclaim.dead.first, 0);
}
#define EXPECT_DEAD(...) expect_dead((uint32_t[]){__VA_ARGS__}, sizeof(uint32_t[]){__VA_ARGS__} / sizeof(uint32_t))

START_TEST(a_broken_object_finds_another_source) {
  start(_i);
  uint32_t one = new_root(), other = new_root(), held = new_target(one), below = new_target(held);
  link_to(other, held);
  unlink_from(one, held);
  work(1000);
  ck_assert_uint_eq(at(held)->supporter, other);
  ck_assert_uint_eq(at(below)->supporter, held);
  ck_assert_uint_eq(repair.reclaim.dead.first | g.graph.broken | g.graph.lowered, 0);
  ck_assert_uint_eq(g.graph.repairs, 1);
  expect_whole();
  close_graph();
}
END_TEST

/* Its only source is what it supports. */
START_TEST(a_ring_that_is_let_go_dies) {
  start(_i);
  uint32_t top = new_root(), first = new_target(top), second = new_target(first), third = new_target(second);
  link_to(third, first);
  unlink_from(top, first);
  work(1000);
  EXPECT_DEAD(first, second, third);
  ck_assert_uint_eq(g.graph.objects.live, 1);
  expect_whole();
  close_graph();
}
END_TEST

/* The last of what lost its support is still held, from farther away. */
START_TEST(a_ring_that_is_held_elsewhere_turns_round) {
  start(_i);
  uint32_t top = new_root(), ring[4], far = top;
  for (unsigned i = 0; i < 4; i++)
    ring[i] = new_target(i ? ring[i - 1] : top);
  for (unsigned i = 0; i < 10; i++)
    far = new_target(far);
  link_to(ring[3], ring[0]);
  link_to(far, ring[3]);
  unlink_from(top, ring[0]);
  work(1000);
  ck_assert_uint_eq(repair.reclaim.dead.first, 0);
  ck_assert_uint_eq(at(ring[3])->supporter, far);
  ck_assert_uint_eq(at(ring[0])->supporter, ring[3]);
  expect_whole();
  close_graph();
}
END_TEST

START_TEST(nothing_to_do_is_done_at_once) {
  int64_t budget = 1;
  start(_i);
  new_target(new_root());
  ck_assert(xlgc__repair_step(&repair, &budget));
  ck_assert_int_eq(budget, 1);
  budget = 0;
  ck_assert(!xlgc__repair_step(&repair, &budget));
  close_graph();
}
END_TEST

/* ------------------------------------------------------- with what is asked */

/* A dead structure of which `asking` is to be asked: top -> asking -> below, both of which lose their root. */
static uint32_t asking, below;
static void let_one_be_asked(void) {
  uint32_t top = new_root();
  asking = new_object(&asking_kind);
  link_to(top, asking);
  below = new_target(asking);
  unlink_from(top, asking);
  work(1000);
  ck_assert_uint_eq(repair.reclaim.dead.first, 0);
  ck_assert_uint_eq(xlgc__list_take(&g.graph.objects, &repair.reclaim.pending), asking);
  ck_assert_uint_eq(xlgc__list_take(&g.graph.objects, &repair.reclaim.pending), below);
  ck_assert_uint_eq(repair.reclaim.pending.first, 0);
  ck_assert(is(asking, XLGC__PENDING) && is(below, XLGC__PENDING));
}

static void commit(void) {
  work(1000);
  ck_assert_int_eq(repair.phase, XLGC__REPAIR_WAIT);
  xlgc__repair_commit(&repair);
  work(1000);
  expect_whole();
}

/* `kept`: the first of a list of those that are kept, or 0. */
static void propagate(uint32_t kept) {
  xlgc__repair_propagate(&repair, kept);
  work(1000);
  ck_assert_int_eq(repair.phase, XLGC__REPAIR_WAIT);
}

static void keep(uint32_t index) {
  xlgc__graph_keep(&g.graph, index);
  at(index)->next = 0;
}

START_TEST(who_lets_go_dies_with_what_it_held) {
  start(_i);
  let_one_be_asked();
  xlgc__repair_candidate(&repair, asking);
  xlgc__repair_candidate(&repair, below);
  propagate(0);
  commit();
  EXPECT_DEAD(asking, below);
  close_graph();
}
END_TEST

START_TEST(who_keeps_saves_what_it_holds) {
  start(_i);
  let_one_be_asked();
  keep(asking);
  xlgc__repair_candidate(&repair, below);
  propagate(asking);
  ck_assert_uint_eq(at(below)->supporter, asking);
  commit();
  ck_assert_uint_eq(repair.reclaim.dead.first, 0);
  close_graph();
}
END_TEST

START_TEST(each_that_is_kept_saves_what_it_holds) {
  enum { COUNT = 3 };
  uint32_t kept[COUNT], held[COUNT];
  start(_i);
  for (unsigned i = 0; i < COUNT; i++) {
    let_one_be_asked();
    kept[i] = asking;
    held[i] = below;
  }
  for (unsigned i = COUNT; i-- > 0;) {
    keep(kept[i]);
    if (i + 1 < COUNT) at(kept[i])->next = kept[i + 1];
    xlgc__repair_candidate(&repair, held[i]);
  }
  propagate(kept[0]);
  for (unsigned i = 0; i < COUNT; i++)
    ck_assert_uint_eq(at(held[i])->supporter, kept[i]);
  commit();
  ck_assert_uint_eq(repair.reclaim.dead.first, 0);
  close_graph();
}
END_TEST

START_TEST(what_is_kept_below_does_not_save_its_source) {
  start(_i);
  let_one_be_asked();
  xlgc__repair_candidate(&repair, asking);
  keep(below);
  propagate(below);
  commit();
  EXPECT_DEAD(asking);
  ck_assert(!is(below, XLGC__DEAD));
  close_graph();
}
END_TEST

/* Looked up between the answers and the decision. */
START_TEST(a_candidate_that_is_rescued_saves_what_it_holds) {
  start(_i);
  let_one_be_asked();
  xlgc__repair_candidate(&repair, asking);
  xlgc__repair_candidate(&repair, below);
  propagate(0);
  ok(xlgc__graph_pin(&g.graph, asking, 1));
  xlgc__repair_rescue(&repair, asking);
  commit();
  ck_assert_uint_eq(repair.reclaim.dead.first, 0);
  ck_assert_uint_eq(at(below)->supporter, asking);
  close_graph();
}
END_TEST

/* ------------------------------------------------- any changes, against a search */

enum { FEW = 24 };
typedef struct few {
  uint32_t count[FEW + 1][FEW + 1];
  bool root[FEW + 1], lives[FEW + 1];
} few;

/* What lives after some random changes. Each setting and each budget must come to the same. */
static void change(few *model, uint64_t *random) {
  unsigned changes = 1 + trial_random(random, 12);
  for (unsigned i = 0; i < changes; i++) {
    uint32_t one = 1 + trial_random(random, FEW), other = 1 + trial_random(random, FEW);
    if (!model->lives[one] || !model->lives[other]) continue;
    switch (trial_random(random, 8)) {
    case 0:
      if (model->root[one])
        ok(xlgc__graph_unpin(&g.graph, one));
      else
        ok(xlgc__graph_pin(&g.graph, one, 1));
      model->root[one] = !model->root[one];
      break;
    case 1:
    case 2:
    case 3:
      link_to(one, other);
      model->count[one][other]++;
      break;
    default:
      if (!model->count[one][other]) continue;
      unlink_from(one, other);
      model->count[one][other]--;
    }
  }
}

static unsigned mark(few *model, uint32_t from) {
  if (model->lives[from]) return 0;
  unsigned reached = 1;
  model->lives[from] = true;
  for (uint32_t to = 1; to <= FEW; to++)
    if (model->count[from][to]) reached += mark(model, to);
  return reached;
}

static unsigned search_from_roots(few *model) {
  unsigned reached = 0;
  memset(model->lives, 0, sizeof model->lives);
  for (uint32_t i = 1; i <= FEW; i++)
    if (model->root[i]) reached += mark(model, i);
  for (uint32_t i = 1; i <= FEW; i++)
    if (!model->lives[i]) memset(model->count[i], 0, sizeof model->count[i]);
  return reached;
}

/* _i: setting, and whether each unit is a step of its own. */
START_TEST(what_lives_is_what_a_search_finds) {
  uint64_t random = seed;
  unsigned turns = trial_work(200);
  for (unsigned turn = 0; turn < turns; turn++) {
    static few model;
    memset(&model, 0, sizeof model);
    start(_i % 2);
    for (uint32_t i = 1; i <= FEW; i++) {
      ck_assert_uint_eq(new_root(), i);
      model.root[i] = model.lives[i] = true;
    }
    unsigned reached = FEW;
    for (unsigned i = 0; i < 30 && reached; i++) {
      change(&model, &random);
      work(_i / 2 ? 1 : INT64_MAX);
      expect_whole();
      reached = search_from_roots(&model);
      for (uint32_t k = 1; k <= FEW; k++)
        ck_assert_int_eq(is(k, XLGC__DEAD), !model.lives[k]);
      ck_assert_uint_eq(g.graph.objects.live, reached);
    }
    close_graph();
  }
}
END_TEST

/* ---------------------------------------------------------------- in a pool */

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

/* ------------------------------------------------------------------- repairs */

enum { OBJECTS = 300, CHANGES = 3000 };

/* Each test begins with the seed, as Check forks it. */
static uint32_t draw(uint32_t limit) { return trial_random(&seed, limit); }

/* Each move is repaired by itself: paths are lowered and suspects raised, again and again. */
START_TEST(ranks_stay_right_while_subtrees_move) {
  bool parent_links = _i;
  xlgc_id object[OBJECTS];
  uint32_t parent[OBJECTS] = {0};
  recorder_open(&r, XLGC_CERTIFIED);
  object[0] = recorder_root(&r);
  for (uint32_t i = 1; i < OBJECTS; i++) {
    parent[i] = draw(2) ? i - 1 : draw(i);
    object[i] = recorder_held(&r, object[parent[i]]);
    if (parent_links) ok(xlgc_link(r.context, object[i], object[parent[i]]));
  }
  for (uint32_t move = 0; move < trial_work(CHANGES); move++) {
    uint32_t moved = 1 + draw(OBJECTS - 1), to = draw(OBJECTS), from = parent[moved], at = to;
    while (at && at != moved)
      at = parent[at];
    if (at == moved || to == from) continue;
    ok(xlgc_link(r.context, object[to], object[moved]));
    if (parent_links) ok(xlgc_link(r.context, object[moved], object[to]));
    ok(xlgc_unlink(r.context, object[from], object[moved]));
    if (parent_links) ok(xlgc_unlink(r.context, object[moved], object[from]));
    parent[moved] = to;
    flush();
    ok(xlgc_verify(r.pool, NULL, 0));
  }
  ck_assert_uint_eq(recorder_statistics(&r).orphans, 0);
  finish();
}
END_TEST

START_TEST(ranks_stay_right_while_a_list_grows_within) {
  static xlgc_id item[CHANGES + 1];
  static uint32_t next[CHANGES];
  uint32_t count = 1;
  recorder_open(&r, XLGC_CERTIFIED);
  item[0] = recorder_root(&r);
  next[0] = CHANGES;
  item[CHANGES] = recorder_held(&r, item[0]);
  while (count < trial_work(CHANGES)) {
    uint32_t before = draw(count), after = next[before];
    item[count] = recorder_held(&r, item[before]);
    ok(xlgc_link(r.context, item[count], item[after]));
    ok(xlgc_unlink(r.context, item[before], item[after]));
    next[before] = count;
    next[count++] = after;
    flush();
    if (count % 16 == 0) ok(xlgc_verify(r.pool, NULL, 0));
  }
  ck_assert_uint_eq(recorder_statistics(&r).orphans, 0);
  finish();
}
END_TEST

/* A row of objects, each held by the one before, the first by `holder`; with ranks that rise by one. */
static void make_row(xlgc_id *row, uint32_t count, xlgc_id holder) {
  for (uint32_t i = 0; i < count; i++)
    row[i] = recorder_held(&r, i ? row[i - 1] : holder);
}

static void rank_row(const xlgc_id *row, uint32_t count, uint64_t rank) {
  for (uint32_t i = 0; i < count; i++)
    object_of(row[i])->rank = rank + i;
}

/* What the searches below have a long way back through: held by a root, and of high ranks but for the first. */
enum { DEEP = 100 };
static const uint64_t low = UINT64_C(1) << 40;
static xlgc_id deep[DEEP];

static void rank_deep(xlgc_id root) {
  object_of(root)->rank = low;
  rank_row(deep, DEEP, 4 * low);
  object_of(deep[0])->rank = low + 1;
}

/* A search that is long backwards, while forwards finds one with room below it and then a dense row: that must not be
 * raised, as what it supports was not looked at. */
START_TEST(suspects_without_room_are_not_raised) {
  enum { ROW = 12 };
  xlgc_id row[ROW];
  recorder_open(&r, XLGC_CERTIFIED);
  xlgc_id root = recorder_root(&r);
  make_row(deep, DEEP, root);
  make_row(row, ROW, root);
  flush();
  rank_deep(root);
  rank_row(row, ROW, 3 * low);
  object_of(row[0])->rank = 2 * low;
  ok(xlgc_verify(r.pool, NULL, 0));
  ok(xlgc_link(r.context, deep[DEEP - 1], row[0]));
  ok(xlgc_unlink(r.context, root, row[0]));
  flush();
  ck_assert_uint_gt(object_of(row[0])->rank, 2 * low);
  finish();
}
END_TEST

/* One that is raised, and one that joined its search and need not be: nor need the dense row that this one supports,
 * of which only a part was looked at. */
START_TEST(suspects_of_who_joined_are_not_raised_for_nothing) {
  enum { ROW = 200 };
  xlgc_id row[ROW];
  recorder_open(&r, XLGC_CERTIFIED);
  xlgc_id root = recorder_root(&r), moved = recorder_held(&r, root);
  make_row(deep, DEEP, root);
  make_row(row, ROW, root);
  flush();
  rank_deep(root);
  object_of(moved)->rank = 2 * low;
  rank_row(row, ROW, 3 * low);
  ok(xlgc_verify(r.pool, NULL, 0));
  ok(xlgc_link(r.context, deep[DEEP - 1], moved));
  ok(xlgc_link(r.context, deep[DEEP - 1], row[0]));
  ok(xlgc_unlink(r.context, root, moved));
  ok(xlgc_unlink(r.context, root, row[0]));
  flush();
  ok(xlgc_verify(r.pool, NULL, 0));
  ck_assert_uint_eq(object_of(moved)->rank, 3 * low);
  ck_assert_uint_eq(recorder_statistics(&r).orphans, 0);
  finish();
}
END_TEST

/* A path for the first is found while the holders of one that joined are still being looked at. */
START_TEST(who_joined_and_was_not_looked_at_is_repaired_later) {
  enum { HOLDERS = 1000 };
  recorder_open(&r, XLGC_CERTIFIED);
  xlgc_id root = recorder_root(&r), moved = recorder_held(&r, root), joined = recorder_held(&r, root);
  make_row(deep, DEEP, root);
  for (uint32_t i = 0; i < HOLDERS; i++) {
    xlgc_id holder = recorder_held(&r, deep[0]);
    ok(xlgc_link(r.context, holder, joined));
  }
  flush();
  rank_deep(root);
  object_of(moved)->rank = 2 * low;
  object_of(joined)->rank = 3 * low;
  ok(xlgc_verify(r.pool, NULL, 0));
  ok(xlgc_link(r.context, deep[DEEP - 1], moved));
  ok(xlgc_unlink(r.context, root, moved));
  ok(xlgc_unlink(r.context, root, joined));
  flush();
  ok(xlgc_verify(r.pool, NULL, 0));
  ck_assert_uint_eq(recorder_statistics(&r).orphans, 0);
  finish();
}
END_TEST

/* The first one is in a cycle and held by a long row that lost its support, too; the path that is found leads to one
 * that joined. */
START_TEST(a_path_may_lead_to_who_joined) {
  enum { ROW = 200 };
  xlgc_id row[ROW];
  recorder_open(&r, XLGC_CERTIFIED);
  xlgc_id root = recorder_root(&r), first = recorder_held(&r, root), joined = recorder_held(&r, root);
  xlgc_id other = recorder_held(&r, root);
  make_row(row, ROW, root);
  ok(xlgc_link(r.context, recorder_held(&r, first), first));
  ok(xlgc_link(r.context, row[ROW - 1], first));
  ok(xlgc_link(r.context, other, joined));
  flush();
  object_of(root)->rank = low;
  object_of(first)->rank = 2 * low;
  object_of(joined)->rank = 3 * low;
  object_of(other)->rank = 4 * low;
  rank_row(row, ROW, 5 * low);
  ok(xlgc_verify(r.pool, NULL, 0));
  ok(xlgc_unlink(r.context, root, first));
  ok(xlgc_unlink(r.context, root, joined));
  ok(xlgc_unlink(r.context, root, row[0]));
  flush();
  ok(xlgc_verify(r.pool, NULL, 0));
  ck_assert_uint_eq(recorder_statistics(&r).orphans, ROW + 2);
  finish();
}
END_TEST

/* One that the recorder need not know. */
static xlgc_id held_by(xlgc_id holder) {
  xlgc_id id;
  ok(xlgc_register(r.context, NULL, NULL, &id));
  ok(xlgc_link(r.context, holder, id));
  return id;
}

/* Each has a long way back, and a holder that is known to be low enough only once half of the others have joined: these
 * are not to join the next search again. */
START_TEST(who_joined_in_vain_is_not_searched_again_and_again) {
  enum { MOVED = 64, LEAVES = 3, CHAIN = 1600 };
  const uint64_t apart = UINT64_C(1) << 44;
  xlgc_id moved[MOVED];
  recorder_open(&r, XLGC_CERTIFIED);
  xlgc_id root = recorder_root(&r), last[MOVED];
  for (uint32_t i = 0; i < MOVED; i++) {
    moved[i] = held_by(root);
    for (uint32_t k = 0; k < LEAVES; k++)
      held_by(moved[i]);
    last[i] = root;
    for (uint32_t k = 0; k < CHAIN; k++)
      last[i] = held_by(last[i]);
  }
  flush();
  object_of(root)->rank = apart;
  for (uint32_t i = 0; i < MOVED; i++) {
    uint64_t rank = object_of(moved[i])->rank = (i + 2) * apart;
    for (uint32_t k = 0; k < LEAVES; k++)
      object_of(moved[i] + k + 1)->rank = rank + k + 1;
    for (uint32_t k = 0; k < CHAIN; k++)
      object_of(moved[i] + LEAVES + k + 1)->rank = rank + (MOVED / 2 - 1) * apart + apart / 2 + k;
  }
  ok(xlgc_verify(r.pool, NULL, 0));
  uint64_t before = recorder_statistics(&r).touched;
  for (uint32_t i = 0; i < MOVED; i++) {
    ok(xlgc_link(r.context, last[i], moved[i]));
    ok(xlgc_unlink(r.context, root, moved[i]));
  }
  flush();
  ck_assert_uint_lt(recorder_statistics(&r).touched - before, 200 * MOVED);
  ok(xlgc_verify(r.pool, NULL, 0));
  ck_assert_uint_eq(recorder_statistics(&r).orphans, 0);
  finish();
}
END_TEST

/* A web that was entered at many places dies, or moves, in one search and not in one for each place. One of these holds
 * so many others that nearly all can be reached from it, however the rest is drawn. */
enum { WEB = 2000, ENTRIES = 100, HELD_BY_ENTRY = 16 };
static double touched_by_losing_entries(xlgc_id elsewhere, uint32_t entry) {
  static xlgc_id member[WEB];
  xlgc_id root = recorder_root(&r);
  for (uint32_t i = 0; i < WEB; i++)
    member[i] = recorder_held(&r, i < ENTRIES ? root : member[draw(i)]);
  for (uint32_t i = 0; i < 2 * WEB; i++)
    ok(xlgc_link(r.context, member[draw(WEB)], member[draw(WEB)]));
  for (uint32_t i = 0; i < HELD_BY_ENTRY; i++)
    ok(xlgc_link(r.context, member[entry], member[draw(WEB)]));
  flush();
  uint64_t before = recorder_statistics(&r).touched;
  if (elsewhere) ok(xlgc_link(r.context, elsewhere, member[entry]));
  for (uint32_t i = 0; i < ENTRIES; i++)
    ok(xlgc_unlink(r.context, root, member[i]));
  flush();
  return (double)(recorder_statistics(&r).touched - before) / WEB;
}

START_TEST(a_web_that_loses_all_its_entries_dies_in_one_search) {
  recorder_open(&r, XLGC_CERTIFIED);
  ck_assert_double_lt(touched_by_losing_entries(XLGC_ID_NONE, 0), 10);
  ck_assert_uint_eq(recorder_statistics(&r).orphans, WEB);
  finish();
}
END_TEST

/* _i: the first or the last of those that are looked at is still held from far away. */
START_TEST(a_web_that_loses_all_but_a_far_entry_lives) {
  recorder_open(&r, XLGC_CERTIFIED);
  xlgc_id far = recorder_root(&r);
  for (uint32_t i = 0; i < WEB; i++)
    far = recorder_held(&r, far);
  ck_assert_double_lt(touched_by_losing_entries(far, _i ? ENTRIES - 1 : 0), 10);
  ck_assert_uint_lt(recorder_statistics(&r).orphans, WEB / 2);
  ok(xlgc_verify(r.pool, NULL, 0));
  finish();
}
END_TEST
int main(void) {
  seed = trial_seed();
  Suite *suite = suite_create("unit_repair");
  TCase *alone = trial_case(suite, "by itself");
  tcase_add_loop_test(alone, a_broken_object_finds_another_source, 0, 2);
  tcase_add_loop_test(alone, a_ring_that_is_let_go_dies, 0, 2);
  tcase_add_loop_test(alone, a_ring_that_is_held_elsewhere_turns_round, 0, 2);
  tcase_add_loop_test(alone, nothing_to_do_is_done_at_once, 0, 2);
  TCase *asked = trial_case(suite, "with what is asked");
  tcase_add_loop_test(asked, who_lets_go_dies_with_what_it_held, 0, 2);
  tcase_add_loop_test(asked, who_keeps_saves_what_it_holds, 0, 2);
  tcase_add_loop_test(asked, each_that_is_kept_saves_what_it_holds, 0, 2);
  tcase_add_loop_test(asked, what_is_kept_below_does_not_save_its_source, 0, 2);
  tcase_add_loop_test(asked, a_candidate_that_is_rescued_saves_what_it_holds, 0, 2);
  TCase *random = trial_case(suite, "any changes");
  tcase_add_loop_test(random, what_lives_is_what_a_search_finds, 0, 4);
  TCase *cases = trial_case(suite, "in a pool");
  tcase_add_loop_test(cases, long_structures_die_on_a_small_stack, 0, 2 * STRUCTURES);
  tcase_add_test(cases, pinned_heads_of_a_growing_list_need_no_repair);
  tcase_add_loop_test(cases, ranks_stay_right_while_subtrees_move, 0, 2);
  tcase_add_test(cases, ranks_stay_right_while_a_list_grows_within);
  tcase_add_test(cases, suspects_without_room_are_not_raised);
  tcase_add_test(cases, suspects_of_who_joined_are_not_raised_for_nothing);
  tcase_add_test(cases, who_joined_and_was_not_looked_at_is_repaired_later);
  tcase_add_test(cases, a_path_may_lead_to_who_joined);
  tcase_add_test(cases, who_joined_in_vain_is_not_searched_again_and_again);
  tcase_add_test(cases, a_web_that_loses_all_its_entries_dies_in_one_search);
  tcase_add_loop_test(cases, a_web_that_loses_all_but_a_far_entry_lives, 0, 2);
  return trial_run(suite);
}
