/* The digital search tree against an array of what is in. Keys come in a row, at random, and so that their mixed
 * values share as long prefixes as can be. */
#include <config.h>

#include "table/dst.h"
#include "support/trial.h"

#include <string.h>

enum { NODES = 600 };

typedef struct node {
  uint32_t chain, key, child[2];
} node;

static const xlgc__dst_shape shape = {offsetof(node, key), offsetof(node, child), sizeof(node)};

typedef enum keys { IN_A_ROW, RANDOM, ALIKE, KEYS } keys;

static struct {
  xlgc__memory mem;
  xlgc__segments nodes;
  uint32_t root, at[NODES];
  bool in[NODES];
  unsigned count, deepest;
  uint64_t version;
} t;

static uint64_t seed;

static node *node_at(uint32_t index) { return xlgc__segments_at(&t.nodes, index); }

/* The key that is mixed to a value. */
static uint32_t unmix(uint32_t mixed) {
  uint32_t product = mixed ^ mixed >> 15 ^ mixed >> 30, inverse = 1;
  for (unsigned i = 0; i < 5; i++)
    inverse *= 2 - UINT32_C(0x9E3779B1) * inverse;
  return product * inverse;
}

static uint32_t draw_key(keys keys, unsigned i, uint64_t *random) {
  switch (keys) {
  case IN_A_ROW: return i + 1;
  case RANDOM: return trial_random(random, UINT32_MAX);
  /* A bit and all above it clear, then a few that differ in the last ones. */
  default: return unmix(i < 32 ? UINT32_C(1) << (31 - i) : i - 32);
  }
}

static uint32_t find(uint32_t key) { return xlgc__dst_find(&t.nodes, shape, t.root, key); }

static uint32_t *slot(unsigned i) { return xlgc__dst_slot(&t.nodes, shape, &t.root, node_at(t.at[i])->key); }

static void put_in(unsigned i) {
  ck_assert_uint_eq(*slot(i), 0);
  xlgc__dst_put(&t.nodes, shape, slot(i), t.at[i]);
  t.in[i] = true;
  t.count++;
  t.version++;
}

static void take_out(unsigned i) {
  ck_assert_uint_eq(*slot(i), t.at[i]);
  xlgc__dst_remove(&t.nodes, shape, slot(i));
  t.in[i] = false;
  t.count--;
  t.version++;
}

static void start(keys keys, uint64_t *random) {
  memset(&t, 0, sizeof t);
  xlgc__memory_init(&t.mem, &(xlgc_allocator){0});
  xlgc__segments_init(&t.nodes, &t.mem, sizeof(node));
  ok(xlgc__segments_prepare(&t.nodes));
  xlgc__segments_adopt(&t.nodes);
  for (unsigned i = 0; i < NODES;) {
    uint32_t key = draw_key(keys, i, random);
    bool twice = false;
    for (unsigned j = 0; j < i && !twice; j++)
      twice = node_at(t.at[j])->key == key;
    if (twice && keys == ALIKE) key = unmix(i | UINT32_C(1) << 16);
    if (twice && keys == RANDOM) continue;
    t.at[i] = xlgc__segments_take(&t.nodes);
    node_at(t.at[i++])->key = key;
  }
}

static void finish(void) { xlgc__segments_destroy(&t.nodes); }

/* D1, and the depth. Returns the number of nodes. */
static unsigned check_below(uint32_t index, unsigned depth, uint32_t path) {
  if (!index) return 0;
  ck_assert_uint_lt(depth, XLGC__DST_DEPTH);
  if (depth >= t.deepest) t.deepest = depth + 1;
  uint32_t mixed = xlgc__dst_mix(node_at(index)->key);
  if (depth) ck_assert_uint_eq(mixed >> (32 - depth), path);
  unsigned count = 1;
  for (unsigned bit = 0; bit < 2; bit++)
    count += check_below(node_at(index)->child[bit], depth + 1, path << 1 | bit);
  return count;
}

static void check(void) {
  ck_assert_uint_eq(check_below(t.root, 0, 0), t.count);
  for (unsigned i = 0; i < NODES; i++) {
    uint32_t key = node_at(t.at[i])->key;
    ck_assert_msg(find(key) == (t.in[i] ? t.at[i] : 0), "node %u is %s", i, t.in[i] ? "not found" : "found");
  }
}

START_TEST(finds_what_is_in_and_nothing_else) {
  uint64_t random = seed;
  start((keys)_i, &random);
  unsigned turns = trial_work(20000);
  for (unsigned turn = 0; turn < turns; turn++) {
    unsigned i = trial_random(&random, NODES);
    if (t.in[i])
      take_out(i);
    else
      put_in(i);
    if (turn % 100 == 0) check();
  }
  check();
  for (unsigned i = 0; i < NODES; i++)
    if (t.in[i]) take_out(i);
  ck_assert_uint_eq(t.root, 0);
  ck_assert_ptr_eq(slot(0), &t.root);
  finish();
}
END_TEST

START_TEST(is_as_deep_as_a_key_has_bits_and_no_deeper) {
  uint64_t random = seed;
  start(ALIKE, &random);
  for (unsigned i = 0; i < 33; i++)
    put_in(i);
  check();
  ck_assert_uint_eq(t.deepest, XLGC__DST_DEPTH);
  uint32_t leaf = *xlgc__dst_leaf_slot(&t.nodes, shape, &t.root);
  ck_assert(!node_at(leaf)->child[0] && !node_at(leaf)->child[1]);
  finish();
}
END_TEST

/* Whatever is asked for, nothing changes; and a walk goes below its key only if the node is there and to be taken out. */
START_TEST(asking_changes_nothing) {
  uint64_t random = seed;
  start((keys)_i, &random);
  for (unsigned i = 0; i < NODES; i += 2)
    put_in(i);
  for (unsigned turn = 0; turn < 100; turn++) {
    xlgc__dst_walk walks[16];
    unsigned count = trial_random(&random, 17);
    for (unsigned i = 0; i < count; i++) {
      uint32_t root = trial_random(&random, 8) ? t.root : 0, key = node_at(t.at[trial_random(&random, NODES)])->key;
      walks[i] = xlgc__dst_walk_to(shape, root, key, trial_random(&random, 2));
    }
    xlgc__dst_ask(&t.nodes, walks, count);
  }
  check();
  for (unsigned i = 0; i < 4; i++) {
    bool takes = i & 2;
    xlgc__dst_walk walk = xlgc__dst_walk_to(shape, t.root, node_at(t.at[i])->key, takes);
    xlgc__dst_ask(&t.nodes, &walk, 1);
    ck_assert_uint_eq(walk.node, 0);
    ck_assert(walk.below == (takes && t.in[i]));
  }
  finish();
}
END_TEST

START_TEST(cursor_visits_each_once) {
  uint64_t random = seed;
  start((keys)_i, &random);
  for (unsigned size = 0; size < 40; size++) {
    bool visited[NODES + 1] = {false};
    unsigned visits = 0;
    xlgc__dst_cursor cursor;
    xlgc__dst_cursor_start(&cursor);
    for (uint32_t at; (at = xlgc__dst_cursor_next(&cursor, &t.nodes, shape, t.root, t.version)) != 0; visits++) {
      ck_assert(!visited[at]);
      visited[at] = true;
    }
    ck_assert_uint_eq(visits, t.count);
    ck_assert_uint_eq(xlgc__dst_cursor_next(&cursor, &t.nodes, shape, t.root, t.version), 0);
    for (unsigned i = 0; i < 1 + size / 2; i++) {
      unsigned one = trial_random(&random, NODES);
      if (!t.in[one]) put_in(one);
    }
  }
  finish();
}
END_TEST

/* Changes between any two visits; what is in from the first to the last is visited. */
START_TEST(cursor_misses_none_that_stays) {
  uint64_t random = seed;
  start((keys)_i, &random);
  unsigned walks = trial_work(1000);
  for (unsigned walk = 0; walk < walks; walk++) {
    unsigned range = 2 + trial_random(&random, walk % 4 ? 60 : NODES - 2);
    for (unsigned i = 0; i < range; i++)
      if (t.in[i] != (trial_random(&random, 2) == 0)) t.in[i] ? take_out(i) : put_in(i);
    bool stays[NODES], visited[NODES + 1] = {false};
    memcpy(stays, t.in, sizeof stays);
    xlgc__dst_cursor cursor;
    xlgc__dst_cursor_start(&cursor);
    for (unsigned visits = 0; visits < 4 * NODES; visits++) {
      uint32_t at = xlgc__dst_cursor_next(&cursor, &t.nodes, shape, t.root, t.version);
      if (!at) break;
      visited[at] = true;
      for (unsigned changes = trial_random(&random, 4); changes; changes--) {
        unsigned i = trial_random(&random, range);
        if (!t.in[i]) {
          put_in(i);
        } else if (!stays[i] || trial_random(&random, 4) == 0) {
          stays[i] = false;
          take_out(i);
        }
      }
    }
    for (unsigned i = 0; i < NODES; i++)
      ck_assert_msg(!stays[i] || visited[t.at[i]], "node %u was there all the while and is not visited", i);
  }
  check();
  finish();
}
END_TEST

START_TEST(mixing_is_bijective) {
  uint64_t random = seed;
  for (unsigned i = 0; i < 100000; i++) {
    uint32_t mixed = trial_random(&random, UINT32_MAX);
    ck_assert(xlgc__dst_mix(unmix(mixed)) == mixed);
  }
}
END_TEST

int main(void) {
  seed = trial_seed();
  Suite *suite = suite_create("unit_dst");
  TCase *cases = trial_case(suite, "tree");
  tcase_add_loop_test(cases, finds_what_is_in_and_nothing_else, 0, KEYS);
  tcase_add_test(cases, is_as_deep_as_a_key_has_bits_and_no_deeper);
  tcase_add_loop_test(cases, asking_changes_nothing, 0, KEYS);
  tcase_add_loop_test(cases, cursor_visits_each_once, 0, KEYS);
  tcase_add_loop_test(cases, cursor_misses_none_that_stays, 0, KEYS);
  tcase_add_test(cases, mixing_is_bijective);
  return trial_run(suite);
}
