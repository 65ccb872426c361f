/* What a tree costs that is kept in the pool alone (xlgc/children.h), beside pointers whose links xlgc is told of, and
 * beside pointers alone.
 *
 *   store [--quick]
 *
 * A tree of n objects: each is appended to a random one of those before it, but only the first half has children.
 *   append  builds it
 *   insert  puts n/4 more, each before a random object of the second half
 *   move    takes n times one of the second half to a random parent, before its first child or behind the last
 *   walk    visits all in order, by first child, next sibling and parent
 *   read    visits all, 64 children at a call
 *   list    puts 10^4 objects before the first child of one parent, one after the other, and walks over them
 *   cut     takes off one after the other of the top's children, until all is freed
 *   memory  what the allocator gives, with its header, and what the pool has without its queue
 * With a pool, a flush belongs to what comes before it. A node has the address of what it is about; its id stands
 * beside its pointers, or in that.
 *
 * Each run is a process of its own. Times are of the processor. */
#include <config.h>

#include "fixture.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xlgc/children.h>

enum { STORE, TABLE, POINTERS, WAYS };
enum { APPEND, INSERT, MOVE, WALK, READ, LIST, CUT, BYTES, CASES };
enum { LIST_LENGTH = 10000, AT_ONCE = 64 };

static const char *const case_names[CASES] = {"append", "insert", "move", "walk", "read", "list", "cut", "memory"};
static const char *const units[CASES] = {"ns/object", "ns/object", "ns/object", "ns/object",
                                         "ns/object", "ns/object", "ns/object", "B"};

/* What a run tells. */
typedef struct outcome {
  double cost[CASES];
} outcome;

typedef struct node {
  struct node *parent, *first, *last, *previous, *next;
  uint64_t *about;
} node;
typedef struct told_node {
  node node;
  xlgc_id id;
} told_node;

typedef struct bench {
  int way;
  size_t n, count;
  xlgc_pool *pool;
  xlgc_context *context;
  node **nodes; /* with pointers */
  xlgc_id *ids; /* of the store; the program would have them in what its objects are about */
  size_t freed, bytes;
  uint64_t sum;
} bench;

static uint64_t random_state = 88172645463325252;
static size_t draw(size_t below) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return (size_t)((random_state >> 16) % below);
}

static uint64_t one = 1;

/* ------------------------------------------------------------------ pointers */

static void unhook(node *child) {
  node *parent = child->parent;
  if (!parent) return;
  *(child->previous ? &child->previous->next : &parent->first) = child->next;
  *(child->next ? &child->next->previous : &parent->last) = child->previous;
  child->parent = child->previous = child->next = NULL;
}
static void hook(node *parent, node *before, node *child) {
  child->parent = parent;
  child->next = before;
  child->previous = before ? before->previous : parent->last;
  *(child->previous ? &child->previous->next : &parent->first) = child;
  *(before ? &before->previous : &parent->last) = child;
}
static size_t free_below(node *top) {
  size_t freed = 0;
  for (node *at = top; at; freed++) {
    while (at->first)
      at = at->first;
    node *above = at == top ? NULL : at->parent;
    unhook(at);
    free(at);
    at = above;
  }
  return freed;
}

/* -------------------------------------------------------------------- verbs */

static xlgc_id id_of(const node *node) { return ((const told_node *)(const void *)node)->id; }

static void release(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)context, (void)id;
  bench *b = *(bench **)data;
  if (b->way == TABLE) free(object);
  b->freed++;
}
static bench *current;
static const xlgc_kind kind = {.name = "node", .flags = XLGC_KIND_UNINDEXED, .release = release, .data = &current};

static size_t make(bench *b) {
  size_t number = b->count++;
  node *made = b->way == STORE ? NULL : allocate(1, b->way == TABLE ? sizeof(told_node) : sizeof(node));
  if (made) {
    made->about = &one;
    b->nodes[number] = made;
    b->bytes += malloc_usable_size(made) + sizeof(size_t);
  } else {
    b->bytes += sizeof(xlgc_id);
  }
  xlgc_id *id = b->way == TABLE ? &((told_node *)(void *)made)->id : &b->ids[number];
  if (b->way != POINTERS) must(xlgc_register(b->context, made ? (void *)made : &one, &kind, id), "register");
  return number;
}

static void tell_moved(bench *b, const node *old, const node *now, const node *child) {
  if (old == now) return;
  must(xlgc_link(b->context, id_of(now), id_of(child)), "link");
  if (old) must(xlgc_unlink(b->context, id_of(old), id_of(child)), "unlink");
}

static void append(bench *b, size_t parent, size_t child) {
  if (b->way == STORE) {
    must(xlgc_child_append(b->context, b->ids[parent], b->ids[child], 0), "append");
    return;
  }
  if (b->way == TABLE) tell_moved(b, b->nodes[child]->parent, b->nodes[parent], b->nodes[child]);
  unhook(b->nodes[child]);
  hook(b->nodes[parent], NULL, b->nodes[child]);
}

static void insert(bench *b, size_t before, size_t child) {
  if (b->way == STORE) {
    must(xlgc_child_insert(b->context, b->ids[before], b->ids[child], 0), "insert");
    return;
  }
  node *parent = b->nodes[before]->parent;
  if (b->way == TABLE) tell_moved(b, b->nodes[child]->parent, parent, b->nodes[child]);
  if (before == child) return;
  unhook(b->nodes[child]);
  hook(parent, b->nodes[before], b->nodes[child]);
}

/* Before all other children, if there are any. */
static void prepend(bench *b, size_t parent, size_t child) {
  if (b->way == STORE) {
    xlgc_child first;
    must(xlgc_child_first(b->pool, b->ids[parent], &first), "first");
    must(first.id ? xlgc_child_insert(b->context, first.id, b->ids[child], 0)
                  : xlgc_child_append(b->context, b->ids[parent], b->ids[child], 0),
         "insert");
    return;
  }
  node *at = b->nodes[child], *over = b->nodes[parent];
  if (b->way == TABLE) tell_moved(b, at->parent, over, at);
  unhook(at);
  hook(over, over->first, at);
}

/* Takes the first child of an object off; false: there is none. */
static bool cut_first(bench *b, size_t parent) {
  if (b->way == STORE) {
    xlgc_child first;
    must(xlgc_child_first(b->pool, b->ids[parent], &first), "first");
    if (first.id) must(xlgc_child_remove(b->context, first.id), "remove");
    return first.id != XLGC_ID_NONE;
  }
  node *first = b->nodes[parent]->first;
  if (!first) return false;
  if (b->way == POINTERS) {
    b->freed += free_below(first);
    return true;
  }
  must(xlgc_unlink(b->context, id_of(b->nodes[parent]), id_of(first)), "unlink");
  unhook(first);
  return true;
}

static void settle(bench *b) {
  if (b->pool) must(xlgc_flush(b->pool), "flush");
}

/* ------------------------------------------------------------------- walking */

static size_t walk_nodes(bench *b, const node *top) {
  size_t visited = 0;
  for (const node *at = top;;) {
    visited++;
    b->sum += *at->about;
    if (at->first) {
      at = at->first;
      continue;
    }
    while (at != top && !at->next)
      at = at->parent;
    if (at == top) return visited;
    at = at->next;
  }
}

static size_t walk_store(bench *b, xlgc_id top) {
  size_t visited = 0;
  xlgc_child at = {.id = top, .object = &one}, next;
  for (;;) {
    visited++;
    b->sum += *(uint64_t *)at.object;
    must(xlgc_child_first(b->pool, at.id, &next), "first");
    while (!next.id && at.id != top) {
      must(xlgc_child_next(b->pool, at.id, &next), "next");
      if (!next.id) must(xlgc_child_parent(b->pool, at.id, &at), "parent");
    }
    if (!next.id) return visited;
    at = next;
  }
}

/* With a stack of what is still to be visited, a call for each object. */
static size_t read_store(bench *b, xlgc_id top) {
  size_t visited = 0, depth = 1, room = 1024;
  xlgc_id *stack = allocate(room, sizeof *stack);
  xlgc_child read[AT_ONCE];
  stack[0] = top;
  while (depth) {
    xlgc_id at = stack[--depth];
    size_t stored = AT_ONCE;
    visited++;
    for (size_t from = 0; stored == AT_ONCE; from += stored) {
      must(xlgc_children(b->pool, at, from, read, AT_ONCE, &stored), "read");
      if (depth + stored > room) {
        room = 2 * room + AT_ONCE;
        stack = realloc(stack, room * sizeof *stack);
        must_be(stack, "out of memory");
      }
      for (size_t i = 0; i < stored; i++) {
        b->sum += *(uint64_t *)read[i].object;
        stack[depth++] = read[i].id;
      }
    }
  }
  free(stack);
  return visited;
}

static size_t walk(bench *b, size_t top, bool reads) {
  if (b->way != STORE) return walk_nodes(b, b->nodes[top]);
  return reads ? read_store(b, b->ids[top]) : walk_store(b, b->ids[top]);
}

/* --------------------------------------------------------------------- a run */

static void build_tree(bench *b) {
  size_t top = make(b);
  if (b->pool) must(xlgc_pin(b->context, b->way == TABLE ? id_of(b->nodes[top]) : b->ids[top]), "pin");
  for (size_t i = 1; i < b->n; i++) {
    size_t below = i < b->n / 2 ? i : b->n / 2;
    append(b, draw(below), make(b));
  }
  settle(b);
}

static void insert_more(bench *b) {
  for (size_t i = 0; i < b->n / 4; i++)
    insert(b, b->n / 2 + draw(b->n / 2), make(b));
  settle(b);
}

static void move_all(bench *b) {
  for (size_t i = 0; i < b->n; i++) {
    size_t child = b->n / 2 + draw(b->n / 2), parent = draw(b->n / 2);
    if (draw(2))
      append(b, parent, child);
    else
      prepend(b, parent, child);
  }
  settle(b);
}

static size_t make_list(bench *b) {
  size_t top = make(b);
  append(b, 0, top);
  for (size_t i = 0; i < LIST_LENGTH; i++)
    prepend(b, top, make(b));
  settle(b);
  return walk(b, top, false);
}

static double since(double *start_ns, size_t count) {
  double now = cpu_ns(), per = (now - *start_ns) / (double)count;
  *start_ns = now;
  return per;
}

static outcome run(int way, size_t n) {
  outcome outcome = {{0}};
  size_t most = n + n / 4 + LIST_LENGTH + 1;
  bench b = {.way = way, .n = n};
  current = &b;
  if (way == STORE) b.ids = allocate(most, sizeof *b.ids);
  if (way != STORE) b.nodes = allocate(most, sizeof *b.nodes);
  if (way != POINTERS) b.context = new_context(b.pool = new_pool(0), "store");
  double start_ns = cpu_ns();
  build_tree(&b);
  outcome.cost[APPEND] = since(&start_ns, n);
  insert_more(&b);
  outcome.cost[INSERT] = since(&start_ns, n / 4);
  if (b.pool) {
    xlgc_statistics statistics;
    must(xlgc_stats(b.pool, &statistics), "stats");
    b.bytes += statistics.bytes - statistics.queue_bytes;
  }
  outcome.cost[BYTES] = (double)b.bytes / (double)b.count;
  since(&start_ns, 1);
  move_all(&b);
  outcome.cost[MOVE] = since(&start_ns, n);
  size_t visited = walk(&b, 0, false);
  outcome.cost[WALK] = since(&start_ns, visited);
  must_be(visited == n + n / 4, "not all were visited");
  visited = walk(&b, 0, true);
  outcome.cost[READ] = since(&start_ns, visited);
  must_be(visited == n + n / 4, "not all were read");
  must_be(make_list(&b) == LIST_LENGTH + 1, "not all of the list was visited");
  outcome.cost[LIST] = since(&start_ns, LIST_LENGTH);
  while (cut_first(&b, 0)) {
  }
  settle(&b);
  outcome.cost[CUT] = since(&start_ns, b.freed);
  must_be(b.freed == b.count - 1, "not all were freed");
  return outcome;
}

/* In a process of its own. */
static outcome apart(int way, size_t n) {
  int ends[2];
  must_be(!pipe(ends), "no pipe");
  fflush(stdout);
  pid_t child = fork();
  must_be(child >= 0, "cannot fork");
  outcome outcome = {{0}};
  if (child == 0) {
    outcome = run(way, n);
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

static int by_value(const void *left, const void *right) {
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

/* All cases of a run at once, the ways in turn. */
static void measure_size(size_t n) {
  static const char *const names[WAYS] = {"", "pointers + table", "pointers"};
  static subject subjects[CASES][WAYS];
  for (int turn = 0; turn < measure_runs; turn++)
    for (int way = 0; way < WAYS; way++) {
      outcome outcome = apart(way, n);
      for (int i = 0; i < CASES; i++)
        subjects[i][way].values[turn] = outcome.cost[i];
    }
  for (int i = 0; i < CASES; i++)
    for (int way = 0; way < WAYS; way++) {
      subjects[i][way].name = names[way];
      /* Memory is to be at most 1.5 times that of pointers and the table. */
      subjects[i][way].target = i == BYTES && way == TABLE ? 0.67 : 0;
      qsort(subjects[i][way].values, (size_t)measure_runs, sizeof(double), by_value);
      if (way) report(case_names[i], n, units[i], &subjects[i][STORE], &subjects[i][way]);
    }
}

int main(int argc, char **argv) {
  measure_start(argc, argv, "store");
  measure_size(100000);
  if (measure_quick) return 0;
  measure_runs = 7;
  measure_size(2000000);
  return 0;
}
