/* How far a change reaches: links touched per event, on workloads that programs really have and on a few mean ones.
 *
 *   locality [--quick] [--lines] [--n N] [--setting certified|exact] [NAME...]
 *
 * An event is one call of xlgc_link or xlgc_unlink; pins are not counted, nor is building what a workload starts from.
 * What is touched is the growth of xlgc_links_touched, so it includes what is freed when objects die. The pool is
 * flushed after every `batch` unlinks, and `worst` is the most that one flush touched, with the events before it. A run
 * ends at a number of events, 8 n or more, or when it has touched too many links; then its events are marked with '+'.
 * After each run the pool is verified. Leaves with 1 if a target is missed in the certified setting.
 *
 * --lines prints lines for another program to read instead, and has no targets: workload, n, setting, batch, events,
 * links touched, most of one flush, whether it touched too many; separated by tabs.
 *
 * The numbers drawn follow from SEED in the environment; times are only for orientation. */
#include <config.h>

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xlgc.h>

typedef struct bench {
  xlgc_pool *pool;
  xlgc_context *context;
  xlgc_id root; /* pinned */
  uint32_t n;
  uint64_t random;
  unsigned batch, unlinks; /* flushed after so many unlinks; how many there were since */
  /* From here on: since start_counting. */
  bool counting;
  uint64_t events, events_wanted;
  uint64_t touched_start, touched_cap;
  uint64_t touched; /* at the last flush */
  uint64_t worst;
  xlgc_statistics before;
  double began_s;
} bench;

static void must(int code, const char *what) {
  if (code >= 0) return;
  fprintf(stderr, "locality: %s: %s\n", what, xlgc_strerror(code));
  exit(2);
}

static void *allocate(size_t count, size_t size_bytes) {
  void *memory = calloc(count, size_bytes);
  if (!memory) must(XLGC_E_NOMEM, "allocate");
  return memory;
}

static double now_s(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* A number from 0 to below - 1 (xorshift64). */
static uint32_t draw(bench *b, uint32_t below) {
  b->random ^= b->random << 13;
  b->random ^= b->random >> 7;
  b->random ^= b->random << 17;
  return (uint32_t)((b->random >> 16) % below);
}

/* --------------------------------------------------- what workloads are made of */

static xlgc_id new_object(bench *b) {
  xlgc_id id;
  must(xlgc_register(b->context, NULL, NULL, &id), "register");
  return id;
}

static xlgc_id *new_objects(bench *b, size_t count) {
  xlgc_id *ids = allocate(count, sizeof *ids);
  for (size_t i = 0; i < count; i++)
    ids[i] = new_object(b);
  return ids;
}

static void flush(bench *b) {
  must(xlgc_flush(b->pool), "flush");
  uint64_t touched = xlgc_links_touched(b->pool);
  if (b->counting && touched - b->touched > b->worst) b->worst = touched - b->touched;
  b->touched = touched;
  b->unlinks = 0;
}

static void add(bench *b, xlgc_id source, xlgc_id target) {
  must(xlgc_link(b->context, source, target), "link");
  b->events++;
}

static void drop(bench *b, xlgc_id source, xlgc_id target) {
  must(xlgc_unlink(b->context, source, target), "unlink");
  b->events++;
  if (++b->unlinks >= b->batch) flush(b);
}

static void start_counting(bench *b) {
  flush(b);
  must(xlgc_stats(b->pool, &b->before), "stats");
  b->counting = true;
  b->events = 0;
  b->touched_start = b->touched;
  b->began_s = now_s();
}

static bool capped(const bench *b) { return b->touched - b->touched_start >= b->touched_cap; }

/* Shall the workload go on? */
static bool more(const bench *b) { return b->events < b->events_wanted && !capped(b); }

/* -------------------------------------------------------------------- workloads */

/* The root holds a list and a cursor, which walks along the list. */
static void list_cursor(bench *b) {
  xlgc_id *item = new_objects(b, b->n), cursor = new_object(b);
  add(b, b->root, item[0]);
  for (uint32_t i = 1; i < b->n; i++)
    add(b, item[i - 1], item[i]);
  add(b, b->root, cursor);
  add(b, cursor, item[0]);
  start_counting(b);
  for (uint32_t i = 0; more(b); i = (i + 1) % b->n) {
    add(b, cursor, item[(i + 1) % b->n]);
    drop(b, cursor, item[i]);
  }
  free(item);
}

static void append(bench *b, xlgc_id queue, xlgc_id last, xlgc_id item, bool doubly) {
  add(b, queue, item);
  add(b, last, item);
  if (doubly) add(b, item, last);
  drop(b, queue, last);
}

/* A queue of n items, held at both ends: each turn appends an item and takes one out. */
static void queue_of_items(bench *b, bool doubly) {
  uint32_t room = b->n + 2, first = 0, last = 0;
  xlgc_id *item = allocate(room, sizeof *item), queue = new_object(b);
  add(b, b->root, queue);
  item[0] = new_object(b);
  add(b, queue, item[0]);
  add(b, queue, item[0]);
  for (; last < b->n; last++)
    append(b, queue, item[last], item[last + 1] = new_object(b), doubly);
  start_counting(b);
  while (more(b)) {
    uint32_t next = (last + 1) % room, second = (first + 1) % room;
    append(b, queue, item[last], item[next] = new_object(b), doubly);
    add(b, queue, item[second]);
    if (doubly) drop(b, item[second], item[first]);
    drop(b, queue, item[first]);
    last = next;
    first = second;
  }
  free(item);
}

/* Items hold their successors. */
static void fifo(bench *b) { queue_of_items(b, false); }

/* Items hold their successors and predecessors. */
static void doubly_linked_fifo(bench *b) { queue_of_items(b, true); }

/* A stack, held at its top, grows to n items, shrinks to one, and so on. */
static void stack_of_items(bench *b, bool doubly) {
  xlgc_id *item = allocate(b->n, sizeof *item), stack = new_object(b);
  uint32_t top = 0;
  bool grows = true;
  add(b, b->root, stack);
  item[0] = new_object(b);
  add(b, stack, item[0]);
  start_counting(b);
  while (more(b)) {
    if (top == 0) grows = true;
    if (top == b->n - 1) grows = false;
    if (grows) {
      item[top + 1] = new_object(b);
      add(b, stack, item[top + 1]);
      add(b, item[top + 1], item[top]);
      if (doubly) add(b, item[top], item[top + 1]);
      drop(b, stack, item[top]);
      top++;
    } else {
      if (doubly) drop(b, item[top - 1], item[top]);
      add(b, stack, item[top - 1]);
      drop(b, stack, item[top]);
      top--;
    }
  }
  free(item);
}

/* Items hold the one below. */
static void plain_stack(bench *b) { stack_of_items(b, false); }

/* Items hold the one below and the one above. */
static void doubly_linked_stack(bench *b) { stack_of_items(b, true); }

/* n instances, all held by one array, all hold a hub, as objects do their class. */
static xlgc_id *new_instances(bench *b, xlgc_id array, xlgc_id hub) {
  xlgc_id *instance = new_objects(b, b->n);
  add(b, b->root, array);
  for (uint32_t i = 0; i < b->n; i++) {
    add(b, array, instance[i]);
    add(b, instance[i], hub);
  }
  return instance;
}

/* A global variable lets go of a hub with n instances and takes hold of it again. */
static void hub_let_go(bench *b) {
  xlgc_id global = new_object(b), hub = new_object(b), array = new_object(b);
  add(b, b->root, global);
  add(b, global, hub);
  free(new_instances(b, array, hub));
  start_counting(b);
  while (more(b)) {
    drop(b, global, hub);
    add(b, global, hub);
    flush(b); /* or the two would cancel each other */
  }
}

/* Instances of a hub that only they hold come and go at random. */
static void hub_instances(bench *b) {
  xlgc_id hub = new_object(b), array = new_object(b), *instance = new_instances(b, array, hub);
  start_counting(b);
  while (more(b)) {
    uint32_t i = draw(b, b->n);
    xlgc_id other = new_object(b);
    add(b, array, other);
    add(b, other, hub);
    drop(b, array, instance[i]);
    instance[i] = other;
  }
  free(instance);
}

/* A random tree of n objects with 3 n random links more, one of which at a time moves elsewhere. */
static void random_graph(bench *b) {
  uint32_t extra = 3 * b->n;
  xlgc_id *object = new_objects(b, b->n);
  xlgc_id *source = allocate(extra, sizeof *source), *target = allocate(extra, sizeof *target);
  add(b, b->root, object[0]);
  for (uint32_t i = 1; i < b->n; i++)
    add(b, object[draw(b, i)], object[i]);
  for (uint32_t i = 0; i < extra; i++) {
    source[i] = object[draw(b, b->n)];
    target[i] = object[draw(b, b->n)];
    add(b, source[i], target[i]);
  }
  start_counting(b);
  while (more(b)) {
    uint32_t i = draw(b, extra);
    xlgc_id old_source = source[i], old_target = target[i];
    source[i] = object[draw(b, b->n)];
    target[i] = object[draw(b, b->n)];
    add(b, source[i], target[i]);
    drop(b, old_source, old_target);
  }
  free(object);
  free(source);
  free(target);
}

/* Cycles of three are made, one of them holds a large structure, and are dropped whole. */
static void cycles_of_three(bench *b) {
  xlgc_id kept = new_object(b), *part = new_objects(b, b->n);
  add(b, b->root, kept);
  for (uint32_t i = 0; i < b->n; i++)
    add(b, kept, part[i]);
  free(part);
  start_counting(b);
  while (more(b)) {
    xlgc_id one = new_object(b), two = new_object(b), three = new_object(b);
    add(b, b->root, one);
    add(b, one, two);
    add(b, two, three);
    add(b, three, one);
    add(b, three, kept);
    drop(b, b->root, one);
  }
}

enum { NOBODY = UINT32_MAX };

typedef struct node {
  xlgc_id id;
  uint32_t parent, child[2]; /* NOBODY where there is none */
} node;

static void set_child(node *tree, uint32_t parent, int side, uint32_t child) {
  tree[parent].child[side] = child;
  if (child != NOBODY) tree[child].parent = parent;
}

static node *new_binary_tree(bench *b, xlgc_id holder) {
  node *tree = allocate(b->n, sizeof *tree);
  for (uint32_t i = 0; i < b->n; i++) {
    tree[i] = (node){new_object(b), NOBODY, {NOBODY, NOBODY}};
    if (i == 0) {
      add(b, holder, tree[0].id);
      continue;
    }
    uint32_t at = 0;
    int side = (int)draw(b, 2);
    for (; tree[at].child[side] != NOBODY; side = (int)draw(b, 2))
      at = tree[at].child[side];
    set_child(tree, at, side, i);
    add(b, tree[at].id, tree[i].id);
    add(b, tree[i].id, tree[at].id);
  }
  return tree;
}

/* A binary tree with links to parents is rotated at random, rather near its top; first all links are made. */
static void rotations(bench *b) {
  xlgc_id holder = new_object(b);
  add(b, b->root, holder);
  node *tree = new_binary_tree(b, holder);
  start_counting(b);
  while (more(b)) {
    uint32_t down = draw(b, b->n);
    for (uint32_t climb = draw(b, 20); climb && tree[down].parent != NOBODY; climb--)
      down = tree[down].parent;
    int side = (int)draw(b, 2);
    uint32_t up = tree[down].child[side], parent = tree[down].parent;
    if (up == NOBODY) continue;
    uint32_t middle = tree[up].child[!side];
    xlgc_id top = parent == NOBODY ? holder : tree[parent].id;
    if (middle != NOBODY) {
      add(b, tree[down].id, tree[middle].id);
      add(b, tree[middle].id, tree[down].id);
    }
    add(b, tree[up].id, tree[down].id);
    add(b, top, tree[up].id);
    add(b, tree[down].id, tree[up].id);
    if (parent != NOBODY) add(b, tree[up].id, top);
    drop(b, tree[down].id, tree[up].id);
    if (middle != NOBODY) {
      drop(b, tree[up].id, tree[middle].id);
      drop(b, tree[middle].id, tree[up].id);
    }
    drop(b, top, tree[down].id);
    drop(b, tree[up].id, tree[down].id);
    if (parent != NOBODY) drop(b, tree[down].id, top);
    set_child(tree, down, side, middle);
    if (parent == NOBODY)
      tree[up].parent = NOBODY;
    else
      set_child(tree, parent, tree[parent].child[1] == down, up);
    set_child(tree, up, !side, down);
  }
  free(tree);
}

/* A tree, half of it deep and half wide, in which subtrees move to random places. */
static void moves(bench *b, bool parent_links) {
  xlgc_id *object = new_objects(b, b->n);
  uint32_t *parent = allocate(b->n, sizeof *parent);
  parent[0] = NOBODY;
  add(b, b->root, object[0]);
  for (uint32_t i = 1; i < b->n; i++) {
    bool deep = i > 8 && draw(b, 2);
    parent[i] = deep ? i - 1 - draw(b, 8) : draw(b, i);
    add(b, object[parent[i]], object[i]);
    if (parent_links) add(b, object[i], object[parent[i]]);
  }
  start_counting(b);
  while (more(b)) {
    uint32_t moved = 1 + draw(b, b->n - 1), to = draw(b, b->n), from = parent[moved], at = to;
    while (at != NOBODY && at != moved)
      at = parent[at];
    if (at == moved || to == from) continue;
    add(b, object[to], object[moved]);
    if (parent_links) add(b, object[moved], object[to]);
    drop(b, object[from], object[moved]);
    if (parent_links) drop(b, object[moved], object[from]);
    parent[moved] = to;
  }
  free(object);
  free(parent);
}

/* Only parents hold. */
static void tree_moves(bench *b) { moves(b, false); }

/* Parents and children hold one another, as in a document object model. */
static void dom_moves(bench *b) { moves(b, true); }

/* A list of n items grows at random places. */
static void random_inserts(bench *b) {
  size_t room = b->n + (size_t)b->events_wanted;
  xlgc_id *item = allocate(room, sizeof *item);
  uint32_t *next = allocate(room, sizeof *next), count = b->n;
  for (uint32_t i = 0; i < count; i++) {
    item[i] = new_object(b);
    next[i] = i + 1;
    add(b, i ? item[i - 1] : b->root, item[i]);
  }
  next[count - 1] = NOBODY;
  start_counting(b);
  while (more(b)) {
    uint32_t before = draw(b, count), after = next[before];
    if (after == NOBODY) continue;
    item[count] = new_object(b);
    add(b, item[before], item[count]);
    add(b, item[count], item[after]);
    drop(b, item[before], item[after]);
    next[before] = count;
    next[count++] = after;
  }
  free(item);
  free(next);
}

/* A cursor, the only one to hold a ring of n items, jumps to random ones. */
static void ring_jumps(bench *b) {
  xlgc_id *item = new_objects(b, b->n), cursor = new_object(b);
  add(b, b->root, cursor);
  add(b, cursor, item[0]);
  for (uint32_t i = 0; i < b->n; i++)
    add(b, item[i], item[(i + 1) % b->n]);
  start_counting(b);
  for (uint32_t at = 0; more(b);) {
    uint32_t to = draw(b, b->n);
    if (to == at) continue;
    add(b, cursor, item[to]);
    drop(b, cursor, item[at]);
    at = to;
  }
  free(item);
}

/* Inserts between the last two inserted, in front of a list of n items. */
static void same_gap_inserts(bench *b) {
  xlgc_id left = new_object(b), right = new_object(b), last = right;
  add(b, b->root, left);
  add(b, left, right);
  for (uint32_t i = 0; i < b->n; i++) {
    xlgc_id item = new_object(b);
    add(b, last, item);
    last = item;
  }
  start_counting(b);
  for (bool from_left = false; more(b); from_left = !from_left) {
    xlgc_id item = new_object(b);
    add(b, left, item);
    add(b, item, right);
    drop(b, left, right);
    *(from_left ? &left : &right) = item;
  }
}

typedef struct workload {
  const char *name;
  void (*run)(bench *b);
  unsigned batch;
  double target; /* most links touched per event, certified; 0: none is set */
} workload;

static const workload workloads[] = {
    {"list-cursor", list_cursor, 1, 3},
    {"fifo", fifo, 1, 3},
    {"doubly-linked-fifo", doubly_linked_fifo, 1, 3},
    {"stack", plain_stack, 1, 3},
    {"doubly-linked-stack", doubly_linked_stack, 1, 0},
    {"hub", hub_let_go, 1, 3},
    {"hub-instances", hub_instances, 1, 3},
    {"random-graph", random_graph, 1, 3},
    {"3-cycles", cycles_of_three, 1, 3},
    {"rotations", rotations, 1, 10},
    {"dom-moves", dom_moves, 1, 10},
    {"tree-moves", tree_moves, 1, 0},
    {"random-inserts", random_inserts, 1, 0},
    {"same-gap-inserts", same_gap_inserts, 1, 0},
    {"ring-jumps", ring_jumps, 1, 0},
    {"ring-jumps", ring_jumps, 64, 0},
    {"ring-jumps", ring_jumps, 1024, 0},
};
enum { WORKLOADS = sizeof workloads / sizeof *workloads };

/* ------------------------------------------------------------------------- runs */

typedef struct options {
  bool quick, lines, certified, exact;
  uint32_t n; /* 0: the usual ones */
  uint64_t seed;
  char **names; /* none: all */
  int name_count;
} options;

static double touched_per_event(const bench *b) { return (double)(b->touched - b->touched_start) / (double)b->events; }

static void show_line(const workload *workload, const bench *b, bool certified, bool stopped) {
  printf("%s\t%" PRIu32 "\t%s\t%u\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%d\n", workload->name, b->n,
         certified ? "certified" : "exact", b->batch, b->events, b->touched - b->touched_start, b->worst, stopped);
}

static void show_row(const workload *workload, const bench *b, bool certified, bool stopped,
                     const xlgc_statistics *after, double ns) {
  printf("%-19s %7" PRIu32 " %-9s %5u %8" PRIu64 "%c %11.2f %9" PRIu64 " %8" PRIu64 " %8" PRIu64 " %9.0f",
         workload->name, b->n, certified ? "certified" : "exact", b->batch, b->events, stopped ? '+' : ' ',
         touched_per_event(b), b->worst, after->repairs - b->before.repairs, after->searches - b->before.searches, ns);
}

/* Returns whether the target, if there is one, was met. */
static bool run(const workload *workload, uint32_t n, int setting, const options *options) {
  bench b = {.n = n, .batch = workload->batch, .random = options->seed};
  b.events_wanted = options->quick || n > 12500 ? 8 * (uint64_t)n : 100000;
  b.touched_cap = options->quick ? 5000000 : setting == XLGC_EXACT ? 20000000 : 50000000;
  xlgc_config config;
  xlgc_config_init(&config);
  config.setting = setting;
  must(xlgc_pool_create(&config, &b.pool), "create a pool");
  must(xlgc_context_create(b.pool, "locality", &b.context), "create a context");
  b.root = new_object(&b);
  must(xlgc_pin(b.context, b.root), "pin");
  workload->run(&b);
  bool stopped = capped(&b);
  flush(&b);
  double ns = 1e9 * (now_s() - b.began_s) / (double)b.events;
  xlgc_statistics after;
  must(xlgc_stats(b.pool, &after), "stats");
  bool certified = setting == XLGC_CERTIFIED, met = true;
  if (options->lines) {
    show_line(workload, &b, certified, stopped);
  } else {
    met = !certified || !workload->target || touched_per_event(&b) <= workload->target;
    show_row(workload, &b, certified, stopped, &after, ns);
    if (certified && workload->target) printf("  <= %2.0f %s", workload->target, met ? "met" : "MISSED");
    putchar('\n');
  }
  fflush(stdout);
  char why[200];
  if (after.errors || xlgc_verify(b.pool, why, sizeof why)) {
    fprintf(stderr, "locality: %s: the pool is wrong: %s\n", workload->name,
            after.errors ? "errors were reported" : why);
    exit(2);
  }
  must(xlgc_pool_destroy(b.pool), "destroy the pool");
  return met;
}

static bool run_sizes(const workload *workload, const options *options) {
  const uint32_t usual[] = {1000, 10000, 100000};
  const uint32_t *sizes = options->n ? &options->n : usual;
  int count = options->n ? 1 : options->quick ? 2 : 3;
  uint32_t exact_at = options->n ? options->n : usual[options->quick ? 0 : 1];
  bool met = true;
  for (int i = 0; options->certified && i < count; i++)
    met &= run(workload, sizes[i], XLGC_CERTIFIED, options);
  if (options->exact) run(workload, exact_at, XLGC_EXACT, options);
  return met;
}

static bool is_asked_for(const options *options, const char *name) {
  for (int i = 0; i < options->name_count; i++)
    if (!strcmp(options->names[i], name)) return true;
  return options->name_count == 0;
}

static int usage(void) {
  fprintf(stderr, "usage: locality [--quick] [--lines] [--n N] [--setting certified|exact] [NAME...]\nnames:");
  for (int i = 0; i < WORKLOADS; i++)
    if (i == 0 || strcmp(workloads[i].name, workloads[i - 1].name)) fprintf(stderr, " %s", workloads[i].name);
  fprintf(stderr, "\n");
  return 2;
}

static bool read_options(int argc, char **argv, options *options) {
  int i = 1;
  for (; i < argc && !strncmp(argv[i], "--", 2); i++) {
    const char *value = i + 1 < argc ? argv[i + 1] : "";
    if (!strcmp(argv[i], "--quick")) {
      options->quick = true;
    } else if (!strcmp(argv[i], "--lines")) {
      options->lines = true;
    } else if (!strcmp(argv[i], "--n")) {
      options->n = (uint32_t)strtoul(value, NULL, 10);
      if (options->n < 10 || options->n > 100000000) return false;
      i++;
    } else if (!strcmp(argv[i], "--setting")) {
      options->certified = !strcmp(value, "certified");
      options->exact = !strcmp(value, "exact");
      if (!options->certified && !options->exact) return false;
      i++;
    } else {
      return false;
    }
  }
  options->names = argv + i;
  options->name_count = argc - i;
  for (; i < argc; i++) {
    bool known = false;
    for (int k = 0; k < WORKLOADS; k++)
      known |= !strcmp(argv[i], workloads[k].name);
    if (!known) return false;
  }
  return true;
}

int main(int argc, char **argv) {
  const char *seed = getenv("SEED");
  options options = {.certified = true, .exact = true, .seed = seed ? strtoull(seed, NULL, 0) : 0};
  if (!options.seed) options.seed = 88172645463325252;
  if (!read_options(argc, argv, &options)) return usage();
  if (!options.lines)
    printf("SEED=%" PRIu64 "\n%-19s %7s %-9s %5s %9s %11s %9s %8s %8s %9s  %s\n", options.seed, "workload", "n",
           "setting", "batch", "events ", "links/event", "worst", "repairs", "searches", "ns/event", "target");
  bool met = true;
  for (int i = 0; i < WORKLOADS; i++)
    if (is_asked_for(&options, workloads[i].name)) met &= run_sizes(&workloads[i], &options);
  if (!options.lines) printf("%s\n", met ? "every target is met" : "a target is MISSED");
  return met ? 0 : 1;
}
