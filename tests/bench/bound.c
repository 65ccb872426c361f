/* How much garbage a program holds that lets xlgc work in proportion to what it logs, and whether its memory stays
 * within bounds.
 *
 *   bound [--quick]
 *
 * Beside the graph of graph.h with 10^6 objects (quick: 20000) structures of a tenth of that are built in portions of 8
 * objects and let go, lists, rings and trees in turn, while groups are replaced (churn.h). After each portion xlgc is
 * given one step of so many units for each event that was logged since.
 *
 *   garbage held     the most objects that nobody held and that were not released yet, beside those that live; n is the
 *                    units an event. The same every time
 *   resident         memory of the process after this, at 16 units an event, beside what it was when the graph was
 *                    built; and beside that of Boehm's collector after the same, in a process of its own
 *   pool             of xlgc's own memory, the same */
#include <config.h>

#include "churn.h"
#include "fixture.h"

#include <gc/gc.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PORTION = 8 };

static uint32_t heap_objects, structure_objects, structures;

static double resident_bytes(void) {
  uint64_t pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  must_be(file && fscanf(file, "%*u %" SCNu64, &pages) == 1, "the system does not tell how much memory is resident");
  fclose(file);
  return (double)(pages * (uint64_t)sysconf(_SC_PAGESIZE));
}

static double pool_bytes(void) {
  xlgc_statistics stats;
  must(xlgc_stats(own_pool(), &stats), "stats");
  return (double)stats.bytes;
}

/* The structures, one after the other; `breathe` after each portion. Each is followed by as many portions without. */
static void work(churn *c, void (*breathe)(churn *c)) {
  for (uint32_t i = 0; i < structures; i++) {
    churn_begin(c, (churn_shape)(i % CHURN_SHAPES), structure_objects);
    for (bool more = true; more; breathe(c)) {
      more = churn_grow(c, PORTION);
      churn_once(c);
    }
    churn_drop(c);
    for (uint32_t portion = 0; portion < structure_objects; portion += PORTION) {
      churn_once(c);
      breathe(c);
    }
  }
}

static uint64_t units, events, held_most, died_before;

static void step(churn *c) {
  uint64_t held = c->dropped - (own_died() - died_before);
  if (held > held_most) held_most = held;
  must(xlgc_step(own_pool(), units * (own_events() - events)), "step");
  events = own_events();
}

static void no_step(churn *c) { (void)c; }

static subject once(const char *name, double value, double target) {
  subject made = {.name = name, .target = target};
  for (int run = 0; run < measure_runs; run++)
    made.values[run] = value;
  return made;
}

static void garbage_held(churn *c, uint64_t units_an_event, double target) {
  c->dropped = 0;
  died_before = own_died();
  units = units_an_event;
  events = own_events();
  held_most = 0;
  work(c, step);
  must(xlgc_flush(own_pool()), "flush");
  must_be(own_died() - died_before == c->dropped, "not those died that had to");
  subject held = once("", (double)held_most, 0), lives = once("objects that live", heap_objects, target);
  report("garbage held", units, "objects", &held, &lives);
}

/* Boehm's collector: what is resident after it all. */
static double peer_resident(void) {
  int ends[2], status;
  double bytes;
  must_be(!pipe(ends), "cannot create a pipe");
  pid_t child = fork();
  must_be(child >= 0, "cannot fork");
  if (!child) {
    heap heap = {.collector = &peer_boehm};
    churn churn;
    heap_build(&heap, heap_objects / GROUP);
    churn_start(&churn, &peer_boehm, heap.groups);
    work(&churn, no_step);
    bytes = resident_bytes();
    _exit(write(ends[1], &bytes, sizeof bytes) != sizeof bytes);
  }
  close(ends[1]);
  must_be(read(ends[0], &bytes, sizeof bytes) == sizeof bytes, "the peer has failed");
  must_be(waitpid(child, &status, 0) == child && !status, "the peer has failed");
  close(ends[0]);
  return bytes;
}

int main(int argc, char **argv) {
  measure_start(argc, argv, "bound");
  measure_runs = 1; /* nothing that is measured depends on time */
  heap_objects = measure_quick ? 20000 : 1000000;
  structure_objects = heap_objects / 10;
  structures = 12; /* of what dies, more than three times what lives */
  double peer_bytes = peer_resident();
  heap heap = {.collector = &own};
  churn churn;
  heap_build(&heap, heap_objects / GROUP);
  churn_start(&churn, &own, heap.groups);
  subject built = once("when built", resident_bytes(), 0.5), pool_built = once("when built", pool_bytes(), 0.5);
  garbage_held(&churn, 16, 1);
  subject after = once("", resident_bytes(), 0), pool_after = once("", pool_bytes(), 0);
  subject peer = once("bdwgc", peer_bytes, 0);
  report("resident", heap_objects, "bytes", &after, &built);
  report("resident", heap_objects, "bytes", &after, &peer);
  report("pool", heap_objects, "bytes", &pool_after, &pool_built);
  garbage_held(&churn, 8, 0);
  garbage_held(&churn, 4, 0);
  heap_destroy(&heap);
  return 0;
}
