/* The priority queue against a look at all its members: which is first, ties by index; which are in; how deep it is. */
#include <config.h>

#include "table/pqueue.h"
#include "support/trial.h"

#include <string.h>

enum { NODES = 500, DEPTH_MAX = 33 };

typedef struct node {
  uint64_t rank;
  uint32_t child[2];
} node;

static const xlgc__pqueue_shape shape = {offsetof(node, rank), offsetof(node, child)};

static struct {
  xlgc__memory mem;
  xlgc__segments nodes;
  uint32_t root;
  bool in[NODES + 1];
  unsigned count;
} t;

static uint64_t seed;

static node *node_at(uint32_t index) { return xlgc__segments_at(&t.nodes, index); }

static void start(void) {
  memset(&t, 0, sizeof t);
  xlgc__memory_init(&t.mem, &(xlgc_allocator){0});
  xlgc__segments_init(&t.nodes, &t.mem, sizeof(node));
  ok(xlgc__segments_prepare(&t.nodes));
  xlgc__segments_adopt(&t.nodes);
  for (uint32_t i = 1; i <= NODES; i++)
    ck_assert_uint_eq(xlgc__segments_take(&t.nodes), i);
}

static void finish(void) { xlgc__segments_destroy(&t.nodes); }

static bool before(uint32_t a, uint32_t b) {
  uint64_t rank_a = node_at(a)->rank, rank_b = node_at(b)->rank;
  return rank_a != rank_b ? rank_a < rank_b : a < b;
}

static uint32_t first(void) {
  uint32_t found = 0;
  for (uint32_t i = 1; i <= NODES; i++)
    if (t.in[i] && (!found || before(i, found))) found = i;
  return found;
}

static void push(uint32_t index, uint64_t rank) {
  node_at(index)->rank = rank;
  xlgc__pqueue_push(&t.nodes, shape, &t.root, index);
  t.in[index] = true;
  t.count++;
}

static void pop(void) {
  uint32_t expected = first(), is = xlgc__pqueue_pop(&t.nodes, shape, &t.root);
  ck_assert_uint_eq(is, expected);
  t.in[expected] = false;
  t.count -= expected != 0;
}

static void pull(uint32_t index) {
  xlgc__pqueue_remove(&t.nodes, shape, &t.root, index);
  t.in[index] = false;
  t.count--;
}

/* Q1, Q2 and the depth. Returns the number of nodes. */
static unsigned check_below(uint32_t index, uint32_t parent, unsigned depth, uint32_t path) {
  if (!index) return 0;
  ck_assert_uint_lt(depth, DEPTH_MAX);
  ck_assert(t.in[index]);
  if (parent) ck_assert(before(parent, index));
  if (depth) ck_assert_uint_eq(xlgc__dst_mix(index) >> (32 - depth), path);
  unsigned count = 1;
  for (unsigned bit = 0; bit < 2; bit++)
    count += check_below(node_at(index)->child[bit], index, depth + 1, path << 1 | bit);
  return count;
}

static void check(void) { ck_assert_uint_eq(check_below(t.root, 0, 0, 0), t.count); }

/* Ranks of a small range, so that there are ties, and of the whole. */
static const uint32_t ranges[] = {1, 7, UINT32_MAX};
enum { RANGES = sizeof ranges / sizeof *ranges };

START_TEST(the_first_comes_first) {
  uint64_t random = seed;
  start();
  unsigned turns = trial_work(50000);
  for (unsigned turn = 0; turn < turns; turn++) {
    uint32_t index = 1 + trial_random(&random, NODES);
    if (trial_random(&random, 3) == 0)
      pop();
    else if (t.in[index])
      pull(index);
    else
      push(index, trial_random(&random, ranges[_i]));
    if (turn % 50 == 0) check();
  }
  while (t.count)
    pop();
  pop();
  ck_assert_uint_eq(t.root, 0);
  finish();
}
END_TEST

/* Orders of arrival that are hard on heaps. */
START_TEST(arrival_in_order_and_against_it) {
  start();
  for (uint32_t i = 1; i <= NODES; i++) {
    push(i, _i ? i : NODES - i);
    check();
  }
  while (t.count)
    pop();
  finish();
}
END_TEST

int main(void) {
  seed = trial_seed();
  Suite *suite = suite_create("unit_pqueue");
  TCase *cases = trial_case(suite, "queue");
  tcase_add_loop_test(cases, the_first_comes_first, 0, RANGES);
  tcase_add_loop_test(cases, arrival_in_order_and_against_it, 0, 2);
  return trial_run(suite);
}
