/* Trees that are kept in the pool (xlgc/children.h): one by one; at random beside plain arrays as an oracle, with
 * memory failing; beside other threads. */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xlgc/children.h>

#include "pool/pool.h"
#include "support/alloc.h"
#include "support/one_pool.h"
#include "support/threads.h"

/* ------------------------------------------------------------------ one by one */

static xlgc_child parent_of(xlgc_id child) {
  xlgc_child out;
  ok(xlgc_child_parent(r.pool, child, &out));
  return out;
}
static size_t count_of(xlgc_id parent) {
  size_t count;
  ok(xlgc_child_count(r.pool, parent, &count));
  return count;
}
static size_t depth_of(xlgc_id object) {
  size_t depth;
  ok(xlgc_child_depth(r.pool, object, &depth));
  return depth;
}

static uint64_t released(void) { return recorder_statistics(&r).orphans; }

/* One of many, which the recorder has no room for. */
static const xlgc_kind plain = {.name = "plain"};
static xlgc_id plain_object(void) {
  xlgc_id id;
  ok(xlgc_register(r.context, NULL, &plain, &id));
  return id;
}

/* In every way of reading. */
static void expect_children(xlgc_id parent, const xlgc_id *expected, size_t count) {
  xlgc_child child, read[16];
  size_t stored, position;
  ck_assert_uint_eq(count_of(parent), count);
  ok(xlgc_children(r.pool, parent, 0, read, 16, &stored));
  ck_assert_uint_eq(stored, count);
  ok(xlgc_child_first(r.pool, parent, &child));
  for (size_t i = 0; i < count; i++) {
    ck_assert_uint_eq(read[i].id, expected[i]);
    ck_assert_uint_eq(child.id, expected[i]);
    ok(xlgc_child_position(r.pool, expected[i], &position));
    ck_assert_uint_eq(position, i);
    ck_assert_uint_eq(parent_of(expected[i]).id, parent);
    ok(xlgc_child_next(r.pool, expected[i], &child));
    xlgc_child nth;
    ok(xlgc_child_nth(r.pool, parent, i, &nth));
    ck_assert_uint_eq(nth.id, expected[i]);
  }
  ck_assert_uint_eq(child.id, XLGC_ID_NONE);
  ok(xlgc_child_nth(r.pool, parent, count, &child));
  ck_assert_uint_eq(child.id, XLGC_ID_NONE);
  ok(xlgc_child_last(r.pool, parent, &child));
  for (size_t i = count; i-- > 0;) {
    ck_assert_uint_eq(child.id, expected[i]);
    ok(xlgc_child_previous(r.pool, expected[i], &child));
  }
  ck_assert_uint_eq(child.id, XLGC_ID_NONE);
}
#define EXPECT_CHILDREN(parent, ...) \
  expect_children(parent, (const xlgc_id[]){__VA_ARGS__}, sizeof((const xlgc_id[]){__VA_ARGS__}) / sizeof(xlgc_id))

static xlgc_id under(xlgc_id parent, unsigned tag) {
  xlgc_id id = object();
  ok(xlgc_child_append(r.context, parent, id, tag));
  return id;
}

START_TEST(order_and_tags) {
  start(_i);
  xlgc_id top = root(), a = under(top, 0), b = under(top, 7), c = object();
  EXPECT_CHILDREN(top, a, b);
  ok(xlgc_child_insert(r.context, b, c, 31));
  EXPECT_CHILDREN(top, a, c, b);
  xlgc_child read[3];
  size_t stored;
  ok(xlgc_children(r.pool, top, 1, read, 3, &stored));
  ck_assert_uint_eq(stored, 2);
  ck_assert_uint_eq(read[0].tag, 31);
  ck_assert_uint_eq(read[1].tag, 7);
  ok(xlgc_children(r.pool, top, 0, read, 1, &stored));
  ck_assert_uint_eq(stored, 1);
  ck_assert_uint_eq(read[0].tag, 0);
  ok(xlgc_children(r.pool, top, 0, NULL, 0, &stored));
  ck_assert_uint_eq(stored, 0);
  /* Among siblings, and where it is; the link's tag is the last. */
  ok(xlgc_child_insert(r.context, a, b, 3));
  EXPECT_CHILDREN(top, b, a, c);
  ok(xlgc_child_insert(r.context, b, b, 4));
  EXPECT_CHILDREN(top, b, a, c);
  ok(xlgc_child_append(r.context, top, a, 0));
  ok(xlgc_child_insert(r.context, a, a, 0));
  EXPECT_CHILDREN(top, b, c, a);
  xlgc_id below = under(b, 1), deep = under(below, 2);
  ck_assert_uint_eq(parent_of(below).tag, 4);
  ck_assert_uint_eq(parent_of(b).tag, 0);
  ck_assert_uint_eq(depth_of(deep), 3);
  ck_assert_uint_eq(depth_of(top), 0);
  ck_assert_uint_eq(parent_of(top).id, XLGC_ID_NONE);
  flush();
  ck_assert_uint_eq(released(), 0);
  finish();
}
END_TEST

/* The events of a subtree that moves are two, and those of a child that moves among siblings are none. */
START_TEST(events_are_those_of_links) {
  start(_i);
  xlgc_id top = root(), a = under(top, 1), b = under(top, 1), c = under(a, 1);
  flush();
  uint64_t before = recorder_statistics(&r).events;
  ok(xlgc_child_insert(r.context, a, b, 1));
  flush();
  ck_assert_uint_eq(recorder_statistics(&r).events, before);
  ok(xlgc_child_append(r.context, b, c, 1));
  flush();
  ck_assert_uint_eq(recorder_statistics(&r).events, before + 2);
  ck_assert_uint_eq(recorder_statistics(&r).links, 3);
  finish();
}
END_TEST

START_TEST(what_is_cut_is_released) {
  start(_i);
  xlgc_id top = root(), a = under(top, 0), b = under(a, 0), c = under(b, 0), d = under(top, 0), kept = under(c, 5);
  xlgc_id below = under(kept, 1);
  ok(xlgc_pin(r.context, kept));
  flush();
  ok(xlgc_child_remove(r.context, a));
  EXPECT_CHILDREN(top, d);
  EXPECT_CHILDREN(a, b);
  flush();
  ck_assert_uint_eq(released(), 3);
  ck_assert_uint_eq(parent_of(kept).id, XLGC_ID_NONE);
  ck_assert_uint_eq(parent_of(below).id, kept);
  ck_assert_uint_eq(parent_of(below).tag, 0);
  xlgc_child next;
  ok(xlgc_child_next(r.pool, kept, &next));
  ck_assert_uint_eq(next.id, XLGC_ID_NONE);
  ck_assert_int_eq(xlgc_child_remove(r.context, kept), XLGC_E_UNKNOWN);
  /* Slots that were given back are used anew. */
  xlgc_id e = under(d, 0), f = under(e, 0), g = under(f, 0);
  flush();
  ck_assert_uint_eq(parent_of(kept).id, XLGC_ID_NONE);
  ok(xlgc_child_append(r.context, g, kept, 0));
  ok(xlgc_unpin(r.context, kept));
  flush();
  ck_assert_uint_eq(released(), 3);
  EXPECT_CHILDREN(g, kept);
  finish();
}
END_TEST

/* A child whose link the program has dropped is released, and no child any more. */
START_TEST(a_child_dies_before_its_parent) {
  start(_i);
  xlgc_id top = root(), a = under(top, 0), b = under(top, 0), c = under(top, 0);
  flush();
  drop(top, b);
  flush();
  ck_assert_uint_eq(released(), 1);
  flush();
  root();
  flush();
  EXPECT_CHILDREN(top, a, c);
  finish();
}
END_TEST

/* A parent that never came to be held is taken back; the next object of its slot has no children. */
START_TEST(a_parent_is_taken_back) {
  start(_i);
  xlgc_id parent = plain_object(), child = object(), next;
  ok(xlgc_pin(r.context, child));
  ok(xlgc_child_append(r.context, parent, child, 3));
  ok(xlgc_unregister(r.context, parent));
  ck_assert_uint_eq(parent_of(child).id, XLGC_ID_NONE);
  next = plain_object();
  ck_assert_uint_eq((uint32_t)next, (uint32_t)parent);
  ck_assert_uint_eq(count_of(next), 0);
  ck_assert_uint_eq(parent_of(child).id, XLGC_ID_NONE);
  ok(xlgc_child_append(r.context, next, child, 0));
  ok(xlgc_unpin(r.context, child));
  ok(xlgc_pin(r.context, next));
  flush();
  EXPECT_CHILDREN(next, child);
  finish();
}
END_TEST

START_TEST(bad_calls) {
  start(_i);
  xlgc_child child;
  size_t count;
  xlgc_id top = root(), a = under(top, 0), b = under(a, 0), alone = root();
  ck_assert_int_eq(xlgc_child_append(NULL, top, a, 0), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_child_append(r.context, XLGC_ID_NONE, a, 0), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_child_append(r.context, top, XLGC_ID_NONE, 0), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_child_append(r.context, top, a, XLGC_TAG_MAX + 1), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_child_append(r.context, b, a, 0), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_child_append(r.context, b, top, 0), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_child_append(r.context, b, b, 0), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_child_append(r.context, alone, alone, 0), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_child_append(r.context, UINT64_MAX, a, 0), XLGC_E_FOREIGN);
  ck_assert_int_eq(xlgc_child_append(r.context, top, UINT64_MAX, 0), XLGC_E_FOREIGN);
  ck_assert_int_eq(xlgc_child_append(r.context, top, alone + 1, 0), XLGC_E_STALE);
  ck_assert_int_eq(xlgc_child_append(r.context, alone + 1, a, 0), XLGC_E_STALE);
  ck_assert_int_eq(xlgc_child_insert(r.context, alone, a, 0), XLGC_E_STATE);
  ck_assert_int_eq(xlgc_child_insert(r.context, alone, alone, 0), XLGC_E_STATE);
  ck_assert_int_eq(xlgc_child_insert(r.context, b, a, 0), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_child_remove(NULL, a), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_child_remove(r.context, XLGC_ID_NONE), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_child_remove(r.context, UINT64_MAX), XLGC_E_FOREIGN);
  ck_assert_int_eq(xlgc_child_remove(r.context, alone), XLGC_E_UNKNOWN);
  ck_assert_int_eq(xlgc_child_remove(r.context, alone + 1), XLGC_E_STALE);
  ck_assert_int_eq(xlgc_child_parent(NULL, a, &child), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_child_first(r.pool, a, NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_child_last(r.pool, XLGC_ID_NONE, &child), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_child_next(r.pool, UINT64_MAX, &child), XLGC_E_FOREIGN);
  ck_assert_int_eq(xlgc_child_previous(r.pool, alone + 1, &child), XLGC_E_STALE);
  ck_assert_int_eq(xlgc_child_nth(r.pool, alone + 1, 0, &child), XLGC_E_STALE);
  ck_assert_int_eq(xlgc_children(r.pool, top, 0, NULL, 1, &count), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_children(r.pool, top, 0, &child, 1, NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_child_position(r.pool, top, &count), XLGC_E_UNKNOWN);
  ck_assert_int_eq(xlgc_child_count(r.pool, alone + 1, &count), XLGC_E_STALE);
  ck_assert_int_eq(xlgc_child_depth(r.pool, alone, NULL), XLGC_E_INVAL);
  ok(xlgc_child_nth(r.pool, top, SIZE_MAX, &child));
  ck_assert_uint_eq(child.id, XLGC_ID_NONE);
  ok(xlgc_children(r.pool, top, SIZE_MAX, &child, 1, &count));
  ck_assert_uint_eq(count, 0);
  EXPECT_CHILDREN(top, a);
  EXPECT_CHILDREN(a, b);
  flush();
  ck_assert_uint_eq(released(), 0);
  ok(xlgc_child_remove(r.context, b));
  flush();
  int stale = xlgc_child_append(r.context, top, b, 0);
  MUST(stale == XLGC_E_STALE || stale == XLGC_E_RELEASED);
  finish();
}
END_TEST

/* In the child of a fork, and after a shutdown, when trees can still be read. */
START_TEST(a_pool_that_has_ended) {
  start(_i);
  size_t count = 0;
  xlgc_id top = root(), a = under(top, 0);
  pid_t child = fork();
  if (child == 0) {
    int read = xlgc_child_count(r.pool, top, &count), moved = xlgc_child_append(r.context, top, a, 0);
    _exit(read == XLGC_E_FORK && moved == XLGC_E_FORK && xlgc_child_remove(r.context, a) == XLGC_E_FORK ? 0 : 1);
  }
  int status;
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert_int_eq(status, 0);
  ok(xlgc_pool_shutdown(r.pool));
  ck_assert_int_eq(xlgc_child_append(r.context, top, a, 1), XLGC_E_SHUTDOWN);
  ck_assert_int_eq(xlgc_child_remove(r.context, a), XLGC_E_SHUTDOWN);
  EXPECT_CHILDREN(top, a);
  finish();
}
END_TEST

/* A queue at its bound that nobody empties refuses, and changes nothing. */
START_TEST(a_full_queue) {
  xlgc_config config = recorder_config(&r);
  config.setting = _i;
  config.queue_events = 1;
  config.when_full = XLGC_FULL_FAIL;
  recorder_open_with(&r, &config);
  xlgc_id top = root(), a = under(top, 0), b = under(a, 0);
  int failed = 0;
  for (unsigned i = 0; i < 10000 && !failed; i++)
    failed = xlgc_child_append(r.context, i % 2 ? a : top, b, 0);
  ck_assert_int_eq(failed, XLGC_E_QUEUE);
  xlgc_id parent = parent_of(b).id;
  ck_assert_int_eq(xlgc_child_remove(r.context, b), XLGC_E_QUEUE);
  ck_assert_int_eq(xlgc_child_append(r.context, top, b, 0), XLGC_E_QUEUE);
  ck_assert_uint_eq(parent_of(b).id, parent);
  flush();
  ok(xlgc_child_append(r.context, top, b, 0));
  EXPECT_CHILDREN(top, a, b);
  flush();
  ck_assert_uint_eq(released(), 0);
  finish();
}
END_TEST

/* What a release reads and does: its children, one of which it hands on. */
static xlgc_id heir, adopted;
static size_t seen_count, seen_parents;
static int handed;
static void hand_on(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)object, (void)data;
  xlgc_child first, parent;
  xlgc_child_count(r.pool, id, &seen_count);
  xlgc_child_first(r.pool, id, &first);
  xlgc_child_parent(r.pool, first.id, &parent);
  seen_parents += parent.id != XLGC_ID_NONE;
  if (first.id == adopted) handed = xlgc_child_append(context, heir, adopted, first.tag);
}

START_TEST(inside_a_release) {
  static const xlgc_kind parents = {.name = "parent", .release = hand_on};
  start(_i);
  xlgc_id parent;
  handed = 1;
  heir = root();
  adopted = object();
  ok(xlgc_register(r.context, &parent, &parents, &parent));
  ok(xlgc_pin(r.context, parent));
  ok(xlgc_pin(r.context, adopted));
  ok(xlgc_child_append(r.context, parent, adopted, 9));
  under(parent, 0);
  ok(xlgc_unpin(r.context, parent));
  flush();
  ck_assert_uint_eq(seen_count, 2);
  ck_assert_uint_eq(seen_parents, 0);
  ck_assert_int_eq(handed, 0);
  ok(xlgc_unpin(r.context, adopted));
  flush();
  EXPECT_CHILDREN(heir, adopted);
  ck_assert_uint_eq(released(), 2);
  ck_assert_uint_eq(recorder_statistics(&r).late_drops, 0);
  finish();
}
END_TEST

/* A parent's many children, appended, put in front, or between: the treap stays flat. */
START_TEST(the_treap_is_flat) {
  enum { CHILDREN = 20000 };
  static xlgc_id made[CHILDREN];
  uint64_t random = 1;
  start(XLGC_CERTIFIED);
  xlgc_id top = root();
  for (unsigned i = 0; i < CHILDREN; i++) {
    made[i] = plain_object();
    if (i == 0 || _i == 0)
      ok(xlgc_child_append(r.context, top, made[i], 0));
    else
      ok(xlgc_child_insert(r.context, made[_i == 1 ? i - 1 : trial_random(&random, i)], made[i], 0));
  }
  const xlgc__children *children = &r.pool->graph.children;
  unsigned deepest = 0;
  for (uint32_t child = xlgc__children_nth(children, (uint32_t)top, 0); child;
       child = xlgc__children_neighbour(children, child, true)) {
    unsigned depth = 0;
    for (uint32_t at = child; at; at = xlgc__children_at(children, at)->up)
      depth++;
    if (depth > deepest) deepest = depth;
  }
  /* 14 is the least; a random tree has some 34. */
  ck_assert_uint_gt(deepest, 14);
  ck_assert_uint_lt(deepest, 50);
  flush();
  finish();
}
END_TEST

static unsigned blocks(void) {
  const xlgc__children *children = &r.pool->graph.children;
  unsigned count = 0;
  for (uint32_t i = 0; i < children->capacity; i++)
    count += children->blocks[i] != NULL;
  return count;
}

/* What a tree had is given back, but one block and the directory; and what has no tree has neither. */
START_TEST(memory_comes_back) {
  enum { MADE = 5000 };
  static xlgc_id made[MADE];
  alloc allocator = {.fail_at = ALLOC_NEVER};
  xlgc_config config = recorder_config(&r);
  config.setting = _i;
  config.allocator = alloc_functions(&allocator);
  recorder_open_with(&r, &config);
  xlgc_id top = root();
  for (unsigned i = 0; i < MADE; i++)
    hold(top, made[i] = plain_object());
  flush();
  ck_assert_ptr_null(r.pool->graph.children.blocks);
  for (unsigned i = 0; i < MADE; i++)
    ok(xlgc_child_append(r.context, i % 7 ? made[i - 1] : top, made[i], 0));
  ck_assert_uint_eq(blocks(), (MADE + 2) / XLGC__CHILD_BLOCK_RECORDS + 1);
  for (unsigned i = 0; i < MADE; i++)
    ok(xlgc_child_remove(r.context, made[i]));
  ck_assert_uint_eq(blocks(), 0);
  flush();
  ck_assert_uint_eq(released(), 0);
  finish();
}
END_TEST

/* Wherever memory ends, of blocks and of the first link: no block is left without children, and nothing was logged. */
START_TEST(memory_ends) {
  enum { APART = 600 };
  static xlgc_id made[APART];
  alloc allocator = {.fail_at = ALLOC_NEVER, .sticky = true};
  xlgc_config config = recorder_config(&r);
  config.setting = _i;
  config.allocator = alloc_functions(&allocator);
  recorder_open_with(&r, &config);
  for (unsigned i = 0; i < APART; i++) {
    made[i] = plain_object();
    ok(xlgc_pin(r.context, made[i]));
  }
  flush();
  unsigned refused = 0;
  for (int failed = 1; failed; refused += failed != 0) {
    /* Twice each: what was allocated before, such as the directory, stays. */
    allocator.fail_at = allocator.asked + refused / 2;
    failed = xlgc_child_append(r.context, made[0], made[APART - 1], 0);
    allocator.fail_at = ALLOC_NEVER;
    MUST(!failed || failed == XLGC_E_NOMEM);
    MUST(blocks() == (failed ? 0 : 2));
    ok(xlgc_verify(r.pool, NULL, 0));
    ck_assert_uint_eq(count_of(made[0]), !failed);
    ck_assert_uint_eq(recorder_statistics(&r).links, !failed);
  }
  ck_assert_uint_ge(refused, 3);
  finish();
}
END_TEST

/* ------------------------------------------------------------------ at random, against an oracle */

enum { NODES = 300, MOST_CHILDREN = NODES, OPERATIONS = 100000, PHASE = 500, SPREAD = 128 };

typedef struct node {
  xlgc_id id;
  bool there, pinned, released;
  int parent; /* -1: none */
  unsigned tag;
  int children[MOST_CHILDREN], count;
} node;

static struct {
  alloc allocator;
  xlgc_pool *pool;
  xlgc_context *context;
  uint64_t random, refused, died;
  node nodes[NODES];
} m;

static void release_node(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)context, (void)data;
  node *node = object;
  MUST(node->id == id && !node->released);
  node->released = true;
  m.died++;
}
static const xlgc_kind of_nodes = {.name = "node", .release = release_node};

static unsigned draw(unsigned limit) { return trial_random(&m.random, limit); }

/* Does a root reach it? */
static bool is_held(int at) {
  while (at >= 0 && !m.nodes[at].pinned)
    at = m.nodes[at].parent;
  return at >= 0;
}
static bool is_at_or_below(int at, int above) {
  while (at >= 0 && at != above)
    at = m.nodes[at].parent;
  return at >= 0;
}
static int position_of(int at) {
  const node *parent = &m.nodes[m.nodes[at].parent];
  for (int i = 0; i < parent->count; i++)
    if (parent->children[i] == at) return i;
  return -1;
}

static void take_out(int at) {
  if (m.nodes[at].parent < 0) return;
  node *parent = &m.nodes[m.nodes[at].parent];
  int position = position_of(at);
  memmove(&parent->children[position], &parent->children[position + 1],
          (size_t)(parent->count - position - 1) * sizeof(int));
  parent->count--;
  m.nodes[at].parent = -1;
  m.nodes[at].tag = 0;
}
/* before: -1 for the end. */
static void put_in(int at, int parent, int before, unsigned tag) {
  take_out(at);
  node *over = &m.nodes[parent];
  int position = before < 0 ? over->count : position_of(before);
  memmove(&over->children[position + 1], &over->children[position], (size_t)(over->count - position) * sizeof(int));
  over->children[position] = at;
  over->count++;
  m.nodes[at].parent = parent;
  m.nodes[at].tag = tag;
}

/* One that a root reaches; -1: in some draws none was found. */
static int any_held(void) {
  for (unsigned i = 0; i < 40; i++) {
    int at = (int)draw(NODES);
    if (m.nodes[at].there && is_held(at)) return at;
  }
  return -1;
}

/* A call may fail for want of memory: then all is as before, and it is made again. */
static int tried(int failed) {
  m.allocator.fail_at = ALLOC_NEVER;
  if (failed == XLGC_E_NOMEM) m.refused++;
  return failed;
}
static void check_some(void);
static void starve(void) {
  m.allocator.sticky = draw(2);
  if (draw(2)) m.allocator.fail_at = m.allocator.asked + draw(2);
}
#define TRY(result, call)                            \
  do {                                               \
    starve();                                        \
    (result) = tried(call);                          \
    if ((result) == XLGC_E_NOMEM) check_some();      \
    if ((result) == XLGC_E_NOMEM) (result) = (call); \
  } while (0)

static int index_of(const xlgc_child *child) { return child->id ? (int)((node *)child->object - m.nodes) : -1; }

/* One node of the pool and its place, as the oracle says. */
static void check_node(int at) {
  const node *node = &m.nodes[at];
  xlgc_child read[MOST_CHILDREN], child;
  size_t count, position, depth = 0;
  MUST(xlgc_children(m.pool, node->id, 0, read, MOST_CHILDREN, &count) == 0);
  MUST((int)count == node->count);
  for (int i = 0; i < node->count; i++)
    MUST(index_of(&read[i]) == node->children[i] && read[i].tag == m.nodes[node->children[i]].tag);
  if (count) {
    unsigned nth = draw((unsigned)count);
    MUST(xlgc_child_nth(m.pool, node->id, nth, &child) == 0 && index_of(&child) == node->children[nth]);
  }
  bool has_parent = node->parent >= 0 && is_held(node->parent);
  MUST(xlgc_child_parent(m.pool, node->id, &child) == 0);
  /* A parent that no root reaches is there or not. */
  if (node->parent < 0) MUST(child.id == XLGC_ID_NONE);
  if (!has_parent) return;
  MUST(index_of(&child) == node->parent);
  int own = position_of(at), siblings = m.nodes[node->parent].count;
  MUST(xlgc_child_position(m.pool, node->id, &position) == 0 && (int)position == own);
  MUST(xlgc_child_next(m.pool, node->id, &child) == 0);
  MUST(index_of(&child) == (own + 1 < siblings ? m.nodes[node->parent].children[own + 1] : -1));
  MUST(xlgc_child_previous(m.pool, node->id, &child) == 0);
  MUST(index_of(&child) == (own ? m.nodes[node->parent].children[own - 1] : -1));
  for (int above = node->parent; above >= 0; above = m.nodes[above].parent)
    depth++;
  size_t told;
  MUST(xlgc_child_depth(m.pool, node->id, &told) == 0 && told <= depth);
}
static void check_some(void) {
  for (unsigned i = 0; i < 3; i++) {
    int at = any_held();
    if (at >= 0) check_node(at);
  }
}

/* By slot. */
static int node_of[(SPREAD + 1) * NODES];

/* data: the parent, less what was counted. */
static int check_link(void *data, const xlgc_link_info *link) {
  int *left = data;
  const node *target = &m.nodes[node_of[(uint32_t)link->target]];
  MUST(target->id == link->target && target->parent >= 0 && m.nodes[target->parent].id == link->source);
  MUST(link->count == 1 && link->tag == target->tag);
  --*left;
  return 0;
}

/* After a flush: what is there, and the links of the table. */
static void settle(void) {
  for (int i = 0; i < NODES; i++)
    if (m.nodes[i].there && !is_held(i)) MUST(m.nodes[i].released);
  for (int i = 0; i < NODES; i++)
    if (m.nodes[i].there && is_held(i)) MUST(!m.nodes[i].released);
  for (int i = 0; i < NODES; i++) {
    if (!m.nodes[i].there || m.nodes[i].released) continue;
    if (m.nodes[i].parent >= 0 && m.nodes[m.nodes[i].parent].released) m.nodes[i].parent = -1, m.nodes[i].tag = 0;
  }
  for (int i = 0; i < NODES; i++)
    if (m.nodes[i].released) m.nodes[i] = (node){.parent = -1};
  size_t depth;
  for (int i = 0; i < NODES; i++) {
    if (!m.nodes[i].there) continue;
    int left = m.nodes[i].count;
    check_node(i);
    MUST(xlgc_each_target(m.pool, m.nodes[i].id, check_link, &left) == 0 && left == 0);
    MUST(xlgc_child_depth(m.pool, m.nodes[i].id, &depth) == 0);
    for (int above = m.nodes[i].parent; above >= 0; above = m.nodes[above].parent)
      depth--;
    MUST(depth == 0);
  }
  /* Which looks at all objects. */
  if (draw(20)) return;
  char why[200];
  int failed = xlgc_verify(m.pool, why, sizeof why);
  if (failed) ck_abort_msg("%s", why);
}

static void make_one(void) {
  int result, at = 0, parent = any_held();
  while (at < NODES && m.nodes[at].there)
    at++;
  if (at == NODES || parent < 0) return;
  node *made = &m.nodes[at];
  TRY(result, xlgc_register(m.context, made, &of_nodes, &made->id));
  MUST(result == 0);
  unsigned tag = draw(3) * 15;
  TRY(result, xlgc_child_append(m.context, m.nodes[parent].id, made->id, tag));
  MUST(result == 0);
  made->there = true;
  node_of[(uint32_t)made->id] = at;
  put_in(at, parent, -1, tag);
}

static void move_one(void) {
  int result, at = any_held(), parent = any_held();
  if (at < 0 || parent < 0) return;
  unsigned tag = draw(3) * 15;
  bool bad = is_at_or_below(parent, at);
  int before = m.nodes[parent].count && draw(2) ? m.nodes[parent].children[draw((unsigned)m.nodes[parent].count)] : -1;
  if (before < 0)
    TRY(result, xlgc_child_append(m.context, m.nodes[parent].id, m.nodes[at].id, tag));
  else
    TRY(result, xlgc_child_insert(m.context, m.nodes[before].id, m.nodes[at].id, tag));
  MUST(result == (bad ? XLGC_E_INVAL : 0));
  if (bad) return;
  if (before == at)
    m.nodes[at].tag = tag;
  else
    put_in(at, parent, before, tag);
}

static void cut_one(void) {
  int result, at = any_held();
  if (at < 0) return;
  bool has_parent = m.nodes[at].parent >= 0;
  /* Of a parent that is gone, or is not. */
  bool either = has_parent && !is_held(m.nodes[at].parent);
  TRY(result, xlgc_child_remove(m.context, m.nodes[at].id));
  MUST(either ? !result || result == XLGC_E_UNKNOWN : result == (has_parent ? 0 : XLGC_E_UNKNOWN));
  take_out(at);
}

static void pin_one(void) {
  int result, at = any_held();
  /* The first one stays. */
  if (at <= 0) return;
  if (m.nodes[at].pinned)
    TRY(result, xlgc_unpin(m.context, m.nodes[at].id));
  else
    TRY(result, xlgc_pin(m.context, m.nodes[at].id));
  MUST(result == 0);
  m.nodes[at].pinned = !m.nodes[at].pinned;
}

/* shrinks: it is a time in which much goes. */
static void work(bool shrinks) {
  int result;
  switch (draw(16)) {
  case 0:
  case 1:
  case 2:
  case 3:
    if (shrinks)
      cut_one();
    else
      make_one();
    break;
  case 4:
  case 5: make_one(); break;
  case 6: cut_one(); break;
  case 7: pin_one(); break;
  case 8:
    starve();
    result = tried(xlgc_step(m.pool, draw(40)));
    MUST(result >= 0 || result == XLGC_E_NOMEM);
    break;
  default: move_one();
  }
}

/* Takes all slots but one in some, so that blocks of records come and go. */
static void spread(void) {
  enum { TAKEN = SPREAD * NODES };
  static const xlgc_kind taking = {.name = "taking"};
  static xlgc_id taken[TAKEN];
  for (unsigned i = 0; i < TAKEN; i++) {
    ok(xlgc_register(m.context, NULL, &taking, &taken[i]));
    ok(xlgc_pin(m.context, taken[i]));
  }
  for (unsigned i = 0; i < TAKEN; i += TAKEN / NODES)
    ok(xlgc_unpin(m.context, taken[i]));
  /* A round gives back what the last one has told. */
  ok(xlgc_flush(m.pool));
  ok(xlgc_pin(m.context, taken[1]));
  ok(xlgc_flush(m.pool));
}

START_TEST(random_moves) {
  static uint64_t seed;
  if (!seed) seed = trial_seed();
  memset(&m, 0, sizeof m);
  m.random = seed + (uint64_t)_i;
  m.allocator.fail_at = ALLOC_NEVER;
  xlgc_config config;
  xlgc_config_init(&config);
  config.setting = _i;
  config.allocator = alloc_functions(&m.allocator);
  ok(xlgc_pool_create(&config, &m.pool));
  ok(xlgc_context_create(m.pool, "mover", &m.context));
  for (int i = 0; i < NODES; i++)
    m.nodes[i].parent = -1;
  spread();
  m.nodes[0].there = m.nodes[0].pinned = true;
  ok(xlgc_register(m.context, &m.nodes[0], &of_nodes, &m.nodes[0].id));
  ok(xlgc_pin(m.context, m.nodes[0].id));
  for (unsigned i = 0, n = trial_work(OPERATIONS); i < n; i++) {
    work(i / PHASE % 2);
    check_some();
    if (draw(40)) continue;
    ok(xlgc_flush(m.pool));
    settle();
  }
  ck_assert_uint_gt(m.refused, 100);
  ck_assert_uint_gt(m.died, NODES);
  xlgc_statistics statistics;
  ok(xlgc_stats(m.pool, &statistics));
  ck_assert_uint_eq(statistics.errors, 0);
  ok(xlgc_pool_destroy(m.pool));
  ck_assert_uint_eq(m.allocator.blocks, 0);
}
END_TEST

/* ------------------------------------------------------------------ beside others */

enum { THREADS = 3, TREES = 8, MOVES = 20000 };

static struct {
  xlgc_pool *pool;
  xlgc_id tops[TREES];
  _Atomic uint64_t made, died;
} w;

static void count_death(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)context, (void)id, (void)object, (void)data;
  atomic_fetch_add(&w.died, 1);
}
static const xlgc_kind of_threads = {.name = "child", .release = count_death};

/* Each moves leaves that it has pinned between trees that all threads change, and lets whole trees go. */
static void move_leaves(void *data) {
  uint64_t random = *(uint64_t *)data;
  xlgc_context *context;
  xlgc_id mine = XLGC_ID_NONE, branch;
  xlgc_child child;
  size_t count;
  MUST(xlgc_context_create(w.pool, "mover", &context) == 0);
  for (unsigned i = 0, n = trial_work(MOVES); i < n; i++) {
    xlgc_id top = w.tops[trial_random(&random, TREES)];
    if (!mine) {
      MUST(xlgc_register(context, NULL, &of_threads, &mine) == 0);
      MUST(xlgc_pin(context, mine) == 0);
      atomic_fetch_add(&w.made, 1);
    }
    if (trial_random(&random, 4) == 0) {
      /* Under a branch that may die at once, while the leaf stays: then it has to find its old parent gone. */
      MUST(xlgc_register(context, NULL, &of_threads, &branch) == 0);
      atomic_fetch_add(&w.made, 1);
      MUST(xlgc_child_append(context, top, branch, 0) == 0);
      MUST(xlgc_child_append(context, branch, mine, 1) == 0);
      int cut = xlgc_child_remove(context, branch);
      MUST(cut == 0);
    } else {
      MUST(xlgc_child_append(context, top, mine, 1) == 0);
    }
    MUST(xlgc_child_count(w.pool, top, &count) == 0);
    MUST(xlgc_child_parent(w.pool, mine, &child) == 0);
    if (trial_random(&random, 8)) continue;
    int cut = xlgc_child_remove(context, mine);
    MUST(cut == 0 || cut == XLGC_E_UNKNOWN);
    MUST(xlgc_unpin(context, mine) == 0);
    mine = XLGC_ID_NONE;
  }
  if (mine) MUST(xlgc_unpin(context, mine) == 0);
  MUST(xlgc_context_destroy(context) == 0);
}

START_TEST(beside_others) {
  static uint64_t seeds[THREADS];
  uint64_t seed = trial_seed();
  xlgc_context *context;
  xlgc_config config;
  xlgc_config_init(&config);
  config.setting = _i;
  config.worker_period_ns = 20000;
  ok(xlgc_pool_create(&config, &w.pool));
  ok(xlgc_context_create(w.pool, "main", &context));
  for (unsigned i = 0; i < TREES; i++) {
    ok(xlgc_register(context, NULL, &of_threads, &w.tops[i]));
    ok(xlgc_pin(context, w.tops[i]));
  }
  ok(xlgc_worker_start(w.pool));
  job threads[THREADS];
  for (unsigned i = 0; i < THREADS; i++) {
    seeds[i] = seed + i;
    begin(&threads[i], move_leaves, &seeds[i]);
  }
  for (unsigned i = 0; i < THREADS; i++)
    end(&threads[i]);
  ok(xlgc_worker_stop(w.pool));
  ok(xlgc_flush(w.pool));
  size_t left = 0, count;
  for (unsigned i = 0; i < TREES; i++) {
    ok(xlgc_child_count(w.pool, w.tops[i], &count));
    left += count;
  }
  ck_assert_uint_eq(atomic_load(&w.made), atomic_load(&w.died) + left);
  xlgc_statistics statistics;
  ok(xlgc_stats(w.pool, &statistics));
  ck_assert_uint_eq(statistics.errors, 0);
  ok(xlgc_verify(w.pool, NULL, 0));
  ok(xlgc_pool_destroy(w.pool));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("api_children");
  TCase *tests = trial_case(suite, "children");
  tcase_add_loop_test(tests, order_and_tags, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(tests, events_are_those_of_links, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(tests, what_is_cut_is_released, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(tests, a_child_dies_before_its_parent, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(tests, a_parent_is_taken_back, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(tests, bad_calls, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(tests, a_pool_that_has_ended, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(tests, a_full_queue, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(tests, inside_a_release, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(tests, the_treap_is_flat, 0, 3);
  tcase_add_loop_test(tests, memory_comes_back, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(tests, memory_ends, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(tests, random_moves, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(tests, beside_others, XLGC_CERTIFIED, XLGC_EXACT + 1);
  return trial_run(suite);
}
