/* What releasing a whole structure costs an object, its memory included.
 *
 *   die [--quick]
 *
 * A list, a ring, a binary tree, a random graph (a random tree of n objects with 3 n random links more), and a web
 * (such a graph, which one object alone holds, at 64 places) of n objects, each of which has memory of its own. xlgc is
 * told that the one that holds all is let go; the time ends when a flush has told each object, whose release frees its
 * memory. The peers know, without asking, that all are dead: `free` walks the structure, or for a graph an array of all
 * nodes, and frees each; std::shared_ptr releases the tree by its destructors and the list by a loop, as its destructor
 * would overflow the stack; rings, graphs and webs it would leak.
 *
 * Each run is a process of its own, whose heap no earlier run has shaped. Times are of the processor. */
#include <config.h>

#include "fixture.h"
#include "peer_die.h"
#include "peer_shared_ptr.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ENTRIES = 64 };

typedef struct node {
  struct node *held[OUT_MOST];
  uint64_t payload;
} node;

typedef struct bench {
  shape shape;
  uint64_t n;
  double links, touched; /* xlgc: that there were, and that were touched while all died; an object */
} bench;

/* What a run tells. */
typedef struct outcome {
  double ns, links, touched;
} outcome;

static uint64_t random_state = 88172645463325252;

static uint64_t draw(uint64_t below) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return (random_state >> 16) % below;
}

/* ------------------------------------------------------------------ shapes */

static bool is_random(shape shape) { return shape == GRAPH || shape == WEB; }

/* The first holder of an object. */
static uint64_t before(shape shape, uint64_t i) {
  switch (shape) {
  case TREE: return (i - 1) / 2;
  case GRAPH: return draw(i);
  case WEB: return i <= ENTRIES ? 0 : 1 + draw(i - 1);
  default: return i - 1;
  }
}

/* Tells each link of a shape, to objects that are numbered from 0; the first one holds all. */
static void each_link(const bench *b, void (*link)(void *data, uint64_t source, uint64_t target), void *data) {
  for (uint64_t i = 1; i < b->n; i++)
    link(data, before(b->shape, i), i);
  if (b->shape == RING) link(data, b->n - 1, 0);
  if (!is_random(b->shape)) return;
  uint64_t first = b->shape == WEB;
  for (uint64_t i = 0; i < 3 * b->n; i++) {
    uint64_t source = first + draw(b->n - first);
    link(data, source, first + draw(b->n - first));
  }
}

static node *new_node(void) {
  node *node = allocate(1, sizeof *node);
  node->payload = 1;
  return node;
}

/* -------------------------------------------------------------------- xlgc */

static uint64_t released;

static void release(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)context, (void)id, (void)data;
  released += ((node *)object)->payload;
  free(object);
}

typedef struct managed {
  xlgc_pool *pool;
  xlgc_context *context;
  xlgc_id *ids;
} managed;

static void link_ids(void *data, uint64_t source, uint64_t target) {
  const managed *managed = data;
  must(xlgc_link(managed->context, managed->ids[source], managed->ids[target]), "link");
}

static outcome xlgc_die(const bench *b) {
  static const xlgc_kind kind = {.name = "node", .flags = XLGC_KIND_UNINDEXED, .release = release};
  xlgc_pool *pool = new_pool(0);
  managed managed = {pool, new_context(pool, "die"), allocate(b->n, sizeof *managed.ids)};
  for (uint64_t i = 0; i < b->n; i++)
    must(xlgc_register(managed.context, new_node(), &kind, &managed.ids[i]), "register");
  must(xlgc_pin(managed.context, managed.ids[0]), "pin");
  each_link(b, link_ids, &managed);
  must(xlgc_flush(pool), "flush");
  must_be(!released, "something died early");
  xlgc_statistics before;
  must(xlgc_stats(pool, &before), "stats");
  double start_ns = cpu_ns();
  must(xlgc_unpin(managed.context, managed.ids[0]), "unpin");
  must(xlgc_flush(pool), "flush");
  double ns = cpu_ns() - start_ns;
  must_be(released == b->n, "not all were released");
  outcome outcome = {ns, (double)before.links, (double)(xlgc_links_touched(pool) - before.touched)};
  free(managed.ids);
  destroy_pool(pool);
  return outcome;
}

/* -------------------------------------------------------------------- free */

static void link_nodes(void *data, uint64_t source, uint64_t target) {
  node **nodes = data;
  nodes[source]->held[nodes[source]->held[0] != NULL] = nodes[target];
}

static uint64_t free_row(node *first) {
  uint64_t freed = 0;
  node *at = first;
  while (at) {
    node *next = at->held[0];
    freed += at->payload;
    free(at);
    at = next == first ? NULL : next;
  }
  return freed;
}

static uint64_t free_tree(node *top) {
  if (!top) return 0;
  uint64_t freed = free_tree(top->held[0]) + free_tree(top->held[1]) + top->payload;
  free(top);
  return freed;
}

static uint64_t free_all(node **nodes, uint64_t n) {
  uint64_t freed = 0;
  for (uint64_t i = 0; i < n; i++) {
    freed += nodes[i]->payload;
    free(nodes[i]);
  }
  return freed;
}

static outcome free_die(const bench *b) {
  node **nodes = allocate(b->n, sizeof *nodes);
  for (uint64_t i = 0; i < b->n; i++)
    nodes[i] = new_node();
  if (!is_random(b->shape)) each_link(b, link_nodes, nodes);
  double start_ns = cpu_ns();
  uint64_t freed = is_random(b->shape) ? free_all(nodes, b->n)
                   : b->shape == TREE  ? free_tree(nodes[0])
                                       : free_row(nodes[0]);
  double ns = cpu_ns() - start_ns;
  must_be(freed == b->n, "not all were freed");
  free(nodes);
  return (outcome){.ns = ns};
}

/* -------------------------------------------------------------- shared_ptr */

static outcome shared_ptr_die(const bench *b) {
  must_be(peer_shared_ptr_start(), "shared_ptr would count without atomics");
  uint64_t died;
  double ns = peer_shared_ptr_die(b->shape, b->n, &died);
  must_be(died == b->n, "not all were destroyed");
  return (outcome){.ns = ns};
}

/* -------------------------------------------------------------------- runs */

/* In a process of its own. */
static outcome apart(const bench *b, outcome (*die)(const bench *b)) {
  int ends[2];
  must_be(!pipe(ends), "no pipe");
  fflush(stdout);
  pid_t child = fork();
  must_be(child >= 0, "cannot fork");
  outcome outcome = {0};
  if (child == 0) {
    outcome = die(b);
    must_be(write(ends[1], &outcome, sizeof outcome) == sizeof outcome, "cannot write");
    _exit(0);
  }
  close(ends[1]);
  bool told = read(ends[0], &outcome, sizeof outcome) == sizeof outcome;
  close(ends[0]);
  int status;
  must_be(waitpid(child, &status, 0) == child && status == 0 && told, "a run has failed");
  return outcome;
}

static double run_xlgc(void *data) {
  bench *b = data;
  outcome outcome = apart(b, xlgc_die);
  b->links = outcome.links / (double)b->n;
  b->touched = outcome.touched / (double)b->n;
  return outcome.ns / (double)b->n;
}

static double run_free(void *data) { return apart(data, free_die).ns / (double)((const bench *)data)->n; }
static double run_shared_ptr(void *data) { return apart(data, shared_ptr_die).ns / (double)((const bench *)data)->n; }

static void run_shape(shape shape, uint64_t n, double target) {
  static const char *const names[SHAPES] = {"list", "ring", "tree", "random graph", "web"};
  static const char *const touched_names[SHAPES] = {"list, touched", "ring, touched", "tree, touched", "graph, touched",
                                                    "web, touched"};
  bench b = {.shape = shape, .n = n};
  subject subjects[] = {{.run = run_xlgc, .data = &b},
                        {.name = "free of each", .run = run_free, .data = &b, .target = target},
                        {.name = shape == LIST ? "shared_ptr, by loop" : "shared_ptr",
                         .run = run_shared_ptr,
                         .data = &b,
                         .target = target}};
  compare(names[shape], n, "ns/object", subjects, shape == LIST || shape == TREE ? 3 : 2);
  report_count(touched_names[shape], n, "links/object", b.touched, "links there were", b.links, 0, 0);
}

int main(int argc, char **argv) {
  measure_start(argc, argv, "die");
  measure_warm = false;
  measure_runs = measure_quick ? 3 : 7;
  for (int shape = 0; shape < SHAPES; shape++)
    run_shape((enum shape)shape, 100000, measure_quick ? 0.4 : 0);
  if (measure_quick) return 0;
  for (int shape = 0; shape < SHAPES; shape++) {
    measure_runs = is_random((enum shape)shape) ? 1 : 3;
    run_shape((enum shape)shape, 10000000, 0.4);
  }
  return 0;
}
