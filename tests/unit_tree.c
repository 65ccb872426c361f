/* The tables of hosts: what was added is found until it is removed, and no path is long. */
#include <config.h>

#include "table/tree.h"
#include "support/trial.h"

#include <stdbool.h>

enum { RECORDS = 4096 };

typedef struct record {
  uint64_t key;
  bool is_in;
  xlgc__tree_node node;
} record;

static record records[RECORDS];

static record *find(const xlgc__tree *tree, uint64_t key) {
  return xlgc__tree_record(xlgc__tree_find(tree, key), offsetof(record, node));
}

static unsigned depth_of(const xlgc__tree_node *node) {
  if (!node) return 0;
  unsigned most = 0;
  for (unsigned i = 0; i < XLGC__TREE_WIDTH; i++) {
    unsigned depth = depth_of(node->children[i]);
    if (depth > most) most = depth;
  }
  return 1 + most;
}

/* Keys of several sorts: small numbers, addresses, ids with the pool's number, those that differ in high bits only. */
static uint64_t key_of(unsigned sort, uint64_t i) {
  switch (sort) {
  case 0: return i;
  case 1: return (uint64_t)(uintptr_t)&records[i];
  case 2: return UINT64_C(1) << 56 | (i % 7) << 32 | i;
  default: return i << 48 | UINT64_C(0xBEEF);
  }
}

/* _i: the sort. */
START_TEST(like_an_array) {
  uint64_t random = trial_seed();
  xlgc__tree tree = {NULL, 0};
  size_t count = 0;
  for (unsigned i = 0; i < RECORDS; i++)
    records[i] = (record){.key = key_of((unsigned)_i, i)};
  ck_assert_ptr_null(find(&tree, 1));
  for (unsigned i = 0, n = trial_work(400000); i < n; i++) {
    record *one = &records[trial_random(&random, i < n / 2 ? RECORDS : RECORDS / 64)];
    MUST(find(&tree, one->key) == (one->is_in ? one : NULL));
    if (one->is_in)
      xlgc__tree_remove(&tree, &one->node);
    else
      xlgc__tree_add(&tree, one->key, &one->node);
    one->is_in = !one->is_in;
    count += one->is_in ? 1 : -(size_t)1;
    MUST(tree.count == count);
  }
  for (unsigned i = 0; i < RECORDS; i++)
    MUST(find(&tree, records[i].key) == (records[i].is_in ? &records[i] : NULL));
  while (tree.top)
    xlgc__tree_remove(&tree, tree.top);
  ck_assert_uint_eq(tree.count, 0);
}
END_TEST

/* Twice the logarithm and some: what a search touches grows with no more than that. */
START_TEST(paths_are_short) {
  xlgc__tree tree = {NULL, 0};
  for (unsigned i = 0; i < RECORDS; i++)
    xlgc__tree_add(&tree, key_of((unsigned)_i, i), &records[i].node);
  ck_assert_uint_le(depth_of(tree.top), 2 * 6 + 4);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("unit_tree");
  TCase *cases = trial_case(suite, "tree");
  tcase_add_loop_test(cases, like_an_array, 0, 4);
  tcase_add_loop_test(cases, paths_are_short, 0, 4);
  return trial_run(suite);
}
