/* Condensation against plain reachability on random graphs: what is told, how many edges that takes, and how much is
 * looked at for it. */
#include <config.h>

#include "hosts/common/condense.h"
#include "hosts/common/grow.h"
#include "support/trial.h"

#include <stdlib.h>
#include <string.h>

enum { NODES = 130, BATCH = 64 };

static uint64_t seed;

/* What was told of a graph of a few nodes, whose ids are their numbers and 1. */
static struct {
  xlgc__condense graph;
  bool leads[NODES][NODES];  /* by any path of the graph that ends at the first proxy */
  bool beside[NODES][NODES]; /* by one on which nothing reaches an export, and is reached by it */
  bool told[NODES][NODES];
  unsigned first[NODES]; /* the export with the smallest id among those that it reaches, and that reach it; or itself */
  unsigned told_count;
} t;

static bool has_id(unsigned node) { return t.graph.nodes[node].id != XLGC_ID_NONE; }
static bool is_export(unsigned node) { return t.graph.nodes[node].is_export; }

static uint32_t add_node(xlgc__condense *graph, xlgc_id id, bool is_export) {
  uint32_t number;
  ok(xlgc__condense_add_node(graph, id, is_export, &number));
  return number;
}

static void add_edge(xlgc__condense *graph, uint32_t source, uint32_t target) {
  ok(xlgc__condense_add_edge(graph, source, target));
}

static void note(void *data, xlgc_id source, xlgc_id target) {
  (void)data;
  t.told[source - 1][target - 1] = true;
  t.told_count++;
}

static void count_only(void *data, xlgc_id source, xlgc_id target) {
  (void)source;
  (void)target;
  ++*(unsigned *)data;
}

/* ----------------------------------------------------------------- oracle */

static void close_over(bool relation[NODES][NODES], const bool *may_pass) {
  for (unsigned over = 0; over < NODES; over++)
    for (unsigned i = 0; may_pass[over] && i < NODES; i++)
      for (unsigned j = 0; relation[i][over] && j < NODES; j++)
        relation[i][j] |= relation[over][j];
}

static bool is_same(unsigned one, unsigned other) {
  return one == other || (t.leads[one][other] && t.leads[other][one]);
}

static unsigned find_first(unsigned node) {
  for (unsigned i = 0; i < t.graph.node_count; i++)
    if (is_export(i) && is_same(i, node)) return i;
  return node;
}

static void find_paths(void) {
  bool passes[NODES] = {false};
  for (unsigned i = 0; i < t.graph.edge_count; i++) {
    uint32_t source = t.graph.edges[i].source, target = t.graph.edges[i].target;
    if (has_id(source) && !is_export(source)) continue;
    t.leads[source][target] = t.beside[source][target] = true;
  }
  memset(passes, true, t.graph.node_count);
  close_over(t.leads, passes);
  for (unsigned i = 0; i < t.graph.node_count; i++) {
    t.first[i] = find_first(i);
    passes[i] = !has_id(i) && !is_export(t.first[i]);
  }
  close_over(t.beside, passes);
}

/* Rings of exports that reach each other, and an edge for each pair of rings with a path straight from one to the other. */
static unsigned count_needed(void) {
  static bool straight[NODES][NODES];
  unsigned members[NODES] = {0}, needed = 0;
  memset(straight, false, sizeof straight);
  for (unsigned i = 0; i < t.graph.node_count; i++) {
    members[t.first[i]] += is_export(i);
    for (unsigned j = 0; j < t.graph.node_count; j++)
      straight[t.first[i]][t.first[j]] |= t.beside[i][j];
  }
  for (unsigned i = 0; i < t.graph.node_count; i++) {
    if (members[i] > 1) needed += members[i];
    for (unsigned j = 0; members[i] && j < t.graph.node_count; j++)
      needed += i != j && t.first[j] == j && has_id(j) && straight[i][j];
  }
  return needed;
}

static void check_bounds(const xlgc__condense *graph) {
  ck_assert_uint_eq(graph->counts.nodes, graph->node_count);
  ck_assert_uint_eq(graph->counts.edges, graph->edge_count);
  ck_assert_uint_le(graph->counts.visited, 2 * (graph->node_count + graph->edge_count));
}

/* Each of a ring is told of the one with the next id, the last of the first: the same again by another summary. */
static bool is_next(unsigned one, unsigned other) {
  for (unsigned i = one + 1; i < t.graph.node_count; i++)
    if (is_export(i) && is_same(i, one)) return i == other;
  return other == t.first[one];
}

static void check_told(void) {
  static const bool all[NODES] = {false};
  bool passes[NODES];
  memcpy(passes, all, sizeof passes);
  for (unsigned i = 0; i < t.graph.node_count; i++)
    passes[i] = is_export(i);
  ck_assert_uint_eq(t.told_count, t.graph.counts.told);
  ck_assert_uint_eq(t.told_count, count_needed());
  for (unsigned i = 0; i < NODES; i++)
    for (unsigned j = 0; j < NODES; j++)
      if (t.told[i][j]) MUST(is_export(i) && has_id(j) && t.leads[i][j] && (!is_same(i, j) || is_next(i, j)));
  close_over(t.told, passes);
  for (unsigned i = 0; i < t.graph.node_count; i++)
    for (unsigned j = 0; j < t.graph.node_count; j++)
      MUST(i == j || !is_export(i) || !has_id(j) || t.told[i][j] == t.leads[i][j]);
}

START_TEST(random_graphs) {
  uint64_t random = seed + (uint64_t)_i;
  for (unsigned turn = 0, turns = trial_work(40); turn < turns; turn++) {
    memset(&t, 0, sizeof t);
    unsigned nodes = 1 + trial_random(&random, NODES), edges = trial_random(&random, nodes * (1 + (uint32_t)_i));
    for (unsigned i = 0; i < nodes; i++) {
      unsigned sort = trial_random(&random, 5);
      ck_assert_uint_eq(add_node(&t.graph, sort < 4 ? i + 1 : XLGC_ID_NONE, sort < 3), i);
    }
    for (unsigned i = 0; i < edges; i++)
      add_edge(&t.graph, trial_random(&random, nodes), trial_random(&random, nodes));
    find_paths();
    ok(xlgc__condense_tell(&t.graph, note, NULL));
    check_bounds(&t.graph);
    check_told();
    xlgc__condense_free(&t.graph);
  }
}
END_TEST

/* ----------------------------------------------------------------- shapes */

/* Exports share a list of objects, each of which refers to the next one and to one of `proxies` proxies. */
static void share_list(xlgc__condense *graph, unsigned exports, unsigned objects, unsigned proxies) {
  for (unsigned i = 0; i < exports; i++)
    add_node(graph, i + 1, true);
  for (unsigned i = 0; i < proxies; i++)
    add_node(graph, exports + i + 1, false);
  for (unsigned i = 0; i < objects; i++) {
    uint32_t object = add_node(graph, XLGC_ID_NONE, false);
    if (i) add_edge(graph, object - 1, object);
    add_edge(graph, object, exports + i % proxies);
  }
  for (unsigned i = 0; i < exports; i++)
    add_edge(graph, i, exports + proxies);
}

static void expect(xlgc__condense *graph, unsigned told) {
  unsigned count = 0;
  ok(xlgc__condense_tell(graph, count_only, &count));
  check_bounds(graph);
  ck_assert_uint_eq(count, told);
  xlgc__condense_free(graph);
}

START_TEST(exports_share_many_objects) {
  enum { EXPORTS = 400, OBJECTS = 20000 };
  xlgc__condense graph = {.nodes = NULL};
  share_list(&graph, EXPORTS, OBJECTS, (unsigned)_i);
  uint64_t size = graph.node_count + graph.edge_count;
  unsigned count = 0;
  ok(xlgc__condense_tell(&graph, count_only, &count));
  check_bounds(&graph);
  ck_assert_uint_eq(count, EXPORTS * (unsigned)_i);
  ck_assert_uint_le(graph.counts.steps, (EXPORTS + BATCH - 1) / BATCH * 2 * size);
  if (_i == 1) ck_assert_uint_le(graph.counts.steps, 2 * EXPORTS);
  xlgc__condense_free(&graph);
}
END_TEST

/* Exports that all reach each other by way of one object. */
START_TEST(exports_in_one_ring) {
  enum { EXPORTS = 1000 };
  xlgc__condense graph = {.nodes = NULL};
  for (unsigned i = 0; i < EXPORTS; i++)
    add_node(&graph, i + 1, true);
  uint32_t object = add_node(&graph, XLGC_ID_NONE, false);
  add_edge(&graph, object, add_node(&graph, EXPORTS + 1, false));
  for (unsigned i = 0; i < EXPORTS; i++) {
    add_edge(&graph, i, object);
    add_edge(&graph, object, i);
  }
  expect(&graph, EXPORTS + 1);
}
END_TEST

/* As deep as memory goes: the search keeps no stack of calls. */
START_TEST(one_long_chain) {
  xlgc__condense graph = {.nodes = NULL};
  unsigned length = trial_work(1000000);
  uint32_t before = add_node(&graph, 1, true);
  for (unsigned i = 0; i < length; i++) {
    uint32_t object = add_node(&graph, XLGC_ID_NONE, false);
    add_edge(&graph, before, object);
    before = object;
  }
  add_edge(&graph, before, add_node(&graph, 2, false));
  expect(&graph, 1);
}
END_TEST

START_TEST(nothing_and_one) {
  xlgc__condense graph = {.nodes = NULL};
  expect(&graph, 0);
  add_edge(&graph, add_node(&graph, 1, true), 0);
  expect(&graph, 0);
}
END_TEST

/* ----------------------------------------------------------------- memory */

static unsigned left;
static void *scarce(void *memory, size_t size_bytes) { return left && left-- ? realloc(memory, size_bytes) : NULL; }

static int build_and_tell(xlgc__condense *graph) {
  unsigned count = 0;
  uint32_t number;
  int failed = xlgc__condense_add_node(graph, 1, true, &number);
  if (!failed) failed = xlgc__condense_add_node(graph, 2, false, &number);
  if (!failed) failed = xlgc__condense_add_edge(graph, 0, 1);
  if (!failed) failed = xlgc__condense_tell(graph, count_only, &count);
  ck_assert_uint_eq(count, !failed);
  return failed;
}

START_TEST(memory_is_short) {
  xlgc__grow_reallocate = scarce;
  for (unsigned room = 0, failed = 1; failed; room++) {
    xlgc__condense graph = {.nodes = NULL};
    left = room;
    int answer = build_and_tell(&graph);
    ck_assert(answer == 0 || answer == XLGC_E_NOMEM);
    ck_assert(answer == 0 || room < 10);
    failed = answer != 0;
    xlgc__condense_free(&graph);
  }
}
END_TEST

int main(void) {
  seed = trial_seed();
  Suite *suite = suite_create("unit_condense");
  TCase *cases = trial_case(suite, "condense");
  tcase_add_loop_test(cases, random_graphs, 1, 5);
  tcase_add_loop_test(cases, exports_share_many_objects, 1, 4);
  tcase_add_test(cases, exports_in_one_ring);
  tcase_add_test(cases, one_long_chain);
  tcase_add_test(cases, nothing_and_one);
  tcase_add_test(cases, memory_is_short);
  return trial_run(suite);
}
