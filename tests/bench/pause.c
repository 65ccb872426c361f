/* How long a program waits at a time, while a large heap churns and large structures die.
 *
 *   pause [--quick]
 *
 * Beside the graph of graph.h with 10^7 objects (quick: 3*10^5) a list, a doubly linked ring or a tree of 10^6 objects
 * (quick: 3*10^4) is built, in portions of 8 objects, and let go; so many portions follow. With each portion a group of
 * 8 is replaced and a pointer moved (churn.h). After each portion xlgc is given one xlgc_step(256), which is what is
 * timed; under Boehm's collector in incremental mode each GC_MALLOC is, and a GC_collect_a_little after each portion.
 * The third is a breadth-first search over the objects of xlgc's heap, as they lie in memory: the least that somebody
 * would do who stops to look for what lives. Boehm's collector works in a process of its own. Each run has the next of
 * the three shapes. At its end xlgc must have told all that died, and not more.
 *
 * The C library's malloc is told to merge free blocks at once and to keep the memory it has: else it does both inside some
 * call of free, here of a release callback's or of xlgc's own, and takes 1 to 5 ms at a time for it. Programs that care
 * for pauses have to do the same.
 *
 *   longest             in the thread's own time, as on the clock a step may be in somebody else's; what marker threads
 *                       do for Boehm's collector meanwhile does not count
 *   99.9 %              of the steps are not longer, beside the longest of the peers
 *   over 1 ms, of 10^6  how many of a million steps, or calls of the peer, took longer than a millisecond
 *   longest, clock      what the machine made of it; with other work on it that may be anything */
#include <config.h>

#include "churn.h"
#include "fixture.h"

#include <gc/gc.h>
#include <limits.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PORTION = 8, UNITS = 256 };

typedef struct pauses {
  double longest_ns, most_ns; /* of all, of 99.9 % */
  double over;                /* of a million */
  double longest_clock_ns;
} pauses;

static uint32_t heap_objects, structure_objects;

/* ---------------------------------------------------------- what was waited */

static uint32_t *waits_ns;
static size_t waits, waits_room;
static double longest_clock_ns, began_clock_ns, began_ns;

static void begin_wait(void) {
  if (waits == waits_room) {
    waits_room = waits_room ? 2 * waits_room : 1 << 16;
    waits_ns = realloc(waits_ns, waits_room * sizeof *waits_ns);
    must_be(waits_ns, "out of memory");
  }
  began_clock_ns = now_ns();
  began_ns = cpu_ns();
}

static void end_wait(void) {
  double ns = cpu_ns() - began_ns, clock_ns = now_ns() - began_clock_ns;
  waits_ns[waits++] = ns < UINT32_MAX ? (uint32_t)ns : UINT32_MAX;
  if (clock_ns > longest_clock_ns) longest_clock_ns = clock_ns;
}

static int by_value(const void *left, const void *right) {
  uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
  return (a > b) - (a < b);
}

static pauses end_waits(void) {
  must_be(waits >= 1000, "too few steps for a percentile");
  qsort(waits_ns, waits, sizeof *waits_ns, by_value);
  size_t over = waits;
  while (over && waits_ns[over - 1] > 1000000)
    over--;
  pauses told = {.longest_ns = waits_ns[waits - 1],
                 .longest_clock_ns = longest_clock_ns,
                 .most_ns = waits_ns[waits - 1 - waits / 1000],
                 .over = 1e6 * (double)(waits - over) / (double)waits};
  waits = 0;
  longest_clock_ns = 0;
  return told;
}

/* --------------------------------------------------------------------- runs */

/* One structure is built and dies; `breathe` after each portion. */
static void work(churn *c, void (*breathe)(void)) {
  static unsigned runs;
  churn_begin(c, (churn_shape)(runs++ % CHURN_SHAPES), structure_objects);
  for (bool more = true; more; breathe()) {
    more = churn_grow(c, PORTION);
    churn_once(c);
  }
  churn_drop(c);
  for (uint32_t i = 0; i < structure_objects; i += PORTION) {
    churn_once(c);
    breathe();
  }
}

static void step(void) {
  begin_wait();
  int left = xlgc_step(own_pool(), UNITS);
  end_wait();
  must(left, "step");
}

typedef struct bench {
  churn churn;
  heap heap;
  uint64_t died_before;
  pauses own, peer;
  int to_peer, from_peer;
} bench;

static double own_run(void *data) {
  bench *b = data;
  work(&b->churn, step);
  must(xlgc_flush(own_pool()), "flush");
  must_be(own_died() - b->died_before == b->churn.dropped, "not those died that had to");
  b->own = end_waits();
  return b->own.longest_ns;
}

static double peer_run(void *data) {
  bench *b = data;
  must_be(write(b->to_peer, "", 1) == 1 && read(b->from_peer, &b->peer, sizeof b->peer) == sizeof b->peer,
          "the peer has failed");
  return b->peer.longest_ns;
}

static double own_clock(void *data) { return ((const bench *)data)->own.longest_clock_ns; }
static double own_most(void *data) { return ((const bench *)data)->own.most_ns; }
static double own_over(void *data) { return ((const bench *)data)->own.over; }
static double peer_clock(void *data) { return ((const bench *)data)->peer.longest_clock_ns; }
static double peer_over(void *data) { return ((const bench *)data)->peer.over; }

static double search(void *data) {
  const bench *b = data;
  static uint32_t mark;
  static node **queue;
  if (!queue) queue = allocate(heap_objects, sizeof(node *));
  mark++;
  double start_ns = cpu_ns();
  size_t end = 1;
  queue[0] = own.nodes[0];
  queue[0]->mark = mark;
  for (size_t next = 0; next < end; next++)
    for (int field = 0; field < NODE_FIELDS; field++) {
      node *target = queue[next]->field[field];
      if (!target || target->mark == mark) continue;
      target->mark = mark;
      queue[end++] = target;
    }
  double ns = cpu_ns() - start_ns;
  must_be(end == (size_t)b->heap.groups * GROUP, "the search did not find all");
  return ns;
}

/* -------------------------------------------------------------------- Boehm */

static node *timed_make(uint32_t number) {
  begin_wait();
  node *made = GC_MALLOC(sizeof *made);
  end_wait();
  must_be(made, "out of memory");
  made->number = number;
  return made;
}

static void collect_a_little(void) {
  begin_wait();
  GC_collect_a_little();
  end_wait();
}

static void be_peer(int in, int out) {
  GC_INIT();
  GC_enable_incremental();
  must_be(GC_is_incremental_mode(), "the peer is not incremental");
  heap heap = {.collector = &peer_boehm};
  churn churn;
  heap_build(&heap, heap_objects / GROUP);
  peer_boehm.make = timed_make;
  churn_start(&churn, &peer_boehm, heap.groups);
  char byte;
  while (read(in, &byte, 1) == 1) {
    work(&churn, collect_a_little);
    pauses told = end_waits();
    if (write(out, &told, sizeof told) != sizeof told) _exit(1);
  }
  _exit(0);
}

static pid_t start_peer(bench *b) {
  int to[2], from[2];
  must_be(!pipe(to) && !pipe(from), "cannot create a pipe");
  pid_t child = fork();
  must_be(child >= 0, "cannot fork");
  if (!child) {
    close(to[1]), close(from[0]);
    be_peer(to[0], from[1]);
  }
  close(to[0]), close(from[1]);
  b->to_peer = to[1];
  b->from_peer = from[0];
  return child;
}

int main(int argc, char **argv) {
  measure_start(argc, argv, "pause");
  must_be(mallopt(M_MXFAST, 0) && mallopt(M_TRIM_THRESHOLD, INT_MAX), "mallopt");
  measure_runs = CHURN_SHAPES;
  heap_objects = measure_quick ? 300000 : 10000000;
  structure_objects = heap_objects / 10;
  bench b = {.heap = {.collector = &own}};
  pid_t child = start_peer(&b);
  heap_build(&b.heap, heap_objects / GROUP);
  churn_start(&b.churn, &own, b.heap.groups);
  b.died_before = own_died();
  enum { OWN, OWN_MOST, OWN_OVER, OWN_CLOCK, SEARCH, PEER, PEER_OVER, PEER_CLOCK, SUBJECTS };
  subject s[SUBJECTS] = {
      [OWN] = {.run = own_run, .data = &b},
      [OWN_MOST] = {.run = own_most, .data = &b},
      [OWN_OVER] = {.run = own_over, .data = &b},
      [OWN_CLOCK] = {.run = own_clock, .data = &b},
      [SEARCH] = {.name = "breadth-first search", .run = search, .data = &b, .target = 1000},
      [PEER] = {.name = "bdwgc incremental", .run = peer_run, .data = &b, .target = 1000},
      [PEER_OVER] = {.name = "bdwgc incremental", .run = peer_over, .data = &b},
      [PEER_CLOCK] = {.name = "bdwgc incremental", .run = peer_clock, .data = &b},
  };
  measure("steps", heap_objects, s, SUBJECTS);
  report("longest", heap_objects, "ns", &s[OWN], &s[SEARCH]);
  report("longest", heap_objects, "ns", &s[OWN], &s[PEER]);
  report("99.9 %", heap_objects, "ns", &s[OWN_MOST], &s[SEARCH]);
  report("99.9 %", heap_objects, "ns", &s[OWN_MOST], &s[PEER]);
  report("over 1 ms, of 10^6", heap_objects, "steps", &s[OWN_OVER], &s[PEER_OVER]);
  report("longest, clock", heap_objects, "ns", &s[OWN_CLOCK], &s[PEER_CLOCK]);
  close(b.to_peer);
  int status;
  must_be(waitpid(child, &status, 0) == child && !status, "the peer has failed");
  heap_destroy(&b.heap);
  return 0;
}
