/* How long a program waits at a time, while a large heap churns and large structures die.
 *
 *   pause [--quick]
 *
 * Beside the graph of graph.h with 10^7 objects (quick: 2*10^5) a list, a doubly linked ring or a tree of 10^6 objects
 * (quick: 2*10^4) is built, in portions of 8 objects, and let go; so many portions follow. With each portion a group of
 * 8 is replaced and a pointer moved (churn.h). After each portion xlgc is given one xlgc_step(256), which is what is
 * timed; under Boehm's collector in incremental mode each GC_MALLOC is, and a GC_collect_a_little after each portion.
 * The third is a breadth-first search over the objects of xlgc's heap, as they lie in memory: the least work of a
 * program that stops to look for what lives. Each run has the next of the three shapes. At its end xlgc must have
 * told all that died, and not more.
 *
 * What the machine does to a step is not to be told from what the step does: a virtual one may take a page of memory
 * away and bring it back, at milliseconds, while nothing in this system notices. So each side works in three processes,
 * one after the other. Those with xlgc do the same, step for step, and of each step the least of the three counts;
 * Boehm's collector looks at the clock, so it has the best of the three processes. What a single one saw is told as
 * well.
 *
 * The C library's malloc is told to merge free blocks at once and to keep the memory it has: else it does both inside some
 * call of free, here of a release callback's or of xlgc's own, and takes 1 to 5 ms at a time for it. Programs that care
 * for pauses have to do the same.
 *
 *   longest             of the steps, in the thread's own time; what marker threads do for Boehm's collector meanwhile
 *                       does not count
 *   99.9 %              of the steps are not longer, beside the longest of the peers
 *   longest, one        that a single process saw
 *   over 1 ms, of 10^6  how many of a million steps, or calls of the peer, took one process longer than a millisecond */
#include <config.h>

#include "churn.h"
#include "fixture.h"

#include <gc/gc.h>
#include <limits.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PORTION = 8, UNITS = 256, TIMES = 3 };

/* One of the processes of a side. */
typedef struct worker {
  pid_t child;
  int to, from;
  uint32_t *waits_ns; /* of its last run, in memory that it shares */
} worker;

typedef struct side {
  worker workers[TIMES];
  bool repeats;               /* each step does what it did in the other processes */
  double longest_ns, most_ns; /* of all, of 99.9 % */
  double one_ns, over;        /* the longest of one process; a million's over 1 ms there */
} side;

static uint32_t heap_objects, structure_objects;

/* ---------------------------------------------------------- what was waited */

static uint32_t *waits_ns; /* this process's */
static size_t waits, waits_room;
static double began_ns;

static void begin_wait(void) {
  must_be(waits < waits_room, "more steps than there is room for");
  began_ns = cpu_ns();
}

static void end_wait(void) {
  double ns = cpu_ns() - began_ns;
  waits_ns[waits++] = ns < UINT32_MAX ? (uint32_t)ns : UINT32_MAX;
}

static int by_value(const void *left, const void *right) {
  uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
  return (a > b) - (a < b);
}

static void see_one(side *side, size_t count) {
  const uint32_t *ns = side->workers[0].waits_ns;
  size_t over = 0;
  side->one_ns = 0;
  for (size_t i = 0; i < count; i++) {
    if (ns[i] > side->one_ns) side->one_ns = ns[i];
    over += ns[i] > 1000000;
  }
  side->over = 1e6 * (double)over / (double)count;
}

/* Of each step the least into what the first worker says. */
static void fold(side *side, size_t count) {
  for (int time = 1; time < TIMES; time++)
    for (size_t i = 0; i < count; i++)
      if (side->workers[time].waits_ns[i] < side->workers[0].waits_ns[i])
        side->workers[0].waits_ns[i] = side->workers[time].waits_ns[i];
}

/* All workers have run. */
static void evaluate(side *side, size_t count) {
  must_be(count >= 1000, "too few steps for a percentile");
  see_one(side, count);
  if (side->repeats) fold(side, count);
  for (int time = 0; time < (side->repeats ? 1 : TIMES); time++) {
    uint32_t *ns = side->workers[time].waits_ns;
    qsort(ns, count, sizeof *ns, by_value);
    if (!time || ns[count - 1] < side->longest_ns) side->longest_ns = ns[count - 1];
    if (!time || ns[count - 1 - count / 1000] < side->most_ns) side->most_ns = ns[count - 1 - count / 1000];
  }
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

static double search(uint32_t groups) {
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
  must_be(end == (size_t)groups * GROUP, "the search did not find all");
  return ns;
}

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

/* ---------------------------------------------------------------- processes */

/* What a worker is asked for, by a byte. It answers with a double: how many steps it took, how long the search took. */
enum { RUN = 'r', SEARCH = 's', STOP = 'e' };

static void be_own(int in, int out) {
  must_be(mallopt(M_MXFAST, 0) && mallopt(M_TRIM_THRESHOLD, INT_MAX), "mallopt");
  heap heap = {.collector = &own};
  churn churn;
  heap_build(&heap, heap_objects / GROUP);
  churn_start(&churn, &own, heap.groups);
  uint64_t died_before = own_died();
  for (char asked; read(in, &asked, 1) == 1 && asked != STOP; waits = 0) {
    double answer;
    if (asked == RUN) {
      work(&churn, step);
      must(xlgc_flush(own_pool()), "flush");
      must_be(own_died() - died_before == churn.dropped, "not those died that had to");
      answer = (double)waits;
    } else {
      answer = search(heap.groups);
    }
    must_be(write(out, &answer, sizeof answer) == sizeof answer, "cannot answer");
  }
  heap_destroy(&heap);
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
  for (char asked; read(in, &asked, 1) == 1 && asked != STOP; waits = 0) {
    work(&churn, collect_a_little);
    double answer = (double)waits;
    must_be(write(out, &answer, sizeof answer) == sizeof answer, "cannot answer");
  }
}

static void start(side *side, void (*be)(int in, int out)) {
  for (int time = 0; time < TIMES; time++) {
    worker *worker = &side->workers[time];
    worker->waits_ns =
        mmap(NULL, waits_room * sizeof *waits_ns, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    must_be(worker->waits_ns != MAP_FAILED, "out of memory");
    int to[2], from[2];
    must_be(!pipe(to) && !pipe(from), "cannot create a pipe");
    worker->child = fork();
    must_be(worker->child >= 0, "cannot fork");
    if (!worker->child) {
      close(to[1]), close(from[0]);
      waits_ns = worker->waits_ns;
      be(to[0], from[1]);
      _exit(0);
    }
    close(to[0]), close(from[1]);
    worker->to = to[1];
    worker->from = from[0];
  }
}

static double ask(const worker *worker, char what) {
  double answer = 0;
  must_be(write(worker->to, &what, 1) == 1 && read(worker->from, &answer, sizeof answer) == sizeof answer,
          "a worker has failed");
  return answer;
}

static void stop(const side *side) {
  for (int time = 0; time < TIMES; time++) {
    const worker *worker = &side->workers[time];
    char what = STOP;
    int status;
    must_be(write(worker->to, &what, 1) == 1 && waitpid(worker->child, &status, 0) == worker->child && !status,
            "a worker has failed");
  }
}

static double run_side(void *data) {
  side *side = data;
  double steps = ask(&side->workers[0], RUN);
  for (int time = 1; time < TIMES; time++)
    must_be(ask(&side->workers[time], RUN) == steps, "the workers do not do the same");
  evaluate(side, (size_t)steps);
  return side->longest_ns;
}

static double run_search(void *data) { return ask(&((const side *)data)->workers[0], SEARCH); }
static double most(void *data) { return ((const side *)data)->most_ns; }
static double one(void *data) { return ((const side *)data)->one_ns; }
static double over(void *data) { return ((const side *)data)->over; }

int main(int argc, char **argv) {
  measure_start(argc, argv, "pause");
  measure_runs = CHURN_SHAPES;
  heap_objects = measure_quick ? 200000 : 10000000;
  structure_objects = heap_objects / 10;
  /* Two a portion, and as many objects as are made in it. */
  waits_room = 2 * (structure_objects / PORTION + 1) * (PORTION + 2) + structure_objects;
  side sides[2] = {{.repeats = true}, {.repeats = false}};
  start(&sides[0], be_own);
  start(&sides[1], be_peer);
  enum { OWN, OWN_MOST, OWN_ONE, OWN_OVER, SEARCHES, PEER, PEER_ONE, PEER_OVER, SUBJECTS };
  subject s[SUBJECTS] = {
      [OWN] = {.run = run_side, .data = &sides[0]},
      [OWN_MOST] = {.run = most, .data = &sides[0]},
      [OWN_ONE] = {.run = one, .data = &sides[0]},
      [OWN_OVER] = {.run = over, .data = &sides[0]},
      [SEARCHES] = {.name = "breadth-first search", .run = run_search, .data = &sides[0], .target = 1000},
      [PEER] = {.name = "bdwgc incremental", .run = run_side, .data = &sides[1], .target = 1000},
      [PEER_ONE] = {.name = "bdwgc incremental", .run = one, .data = &sides[1]},
      [PEER_OVER] = {.name = "bdwgc incremental", .run = over, .data = &sides[1]},
  };
  measure("steps", heap_objects, s, SUBJECTS);
  report("longest", heap_objects, "ns", &s[OWN], &s[SEARCHES]);
  report("longest", heap_objects, "ns", &s[OWN], &s[PEER]);
  report("99.9 %", heap_objects, "ns", &s[OWN_MOST], &s[SEARCHES]);
  report("99.9 %", heap_objects, "ns", &s[OWN_MOST], &s[PEER]);
  report("longest, one", heap_objects, "ns", &s[OWN_ONE], &s[PEER_ONE]);
  report("over 1 ms, of 10^6", heap_objects, "steps", &s[OWN_OVER], &s[PEER_OVER]);
  stop(&sides[0]);
  stop(&sides[1]);
  return 0;
}
