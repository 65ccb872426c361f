/* What it costs to change a large heap a little, and then to know all that died of it.
 *
 *   change [--quick]
 *
 * The heap is that of graph.h. A run changes 1000 pointers, of which some thousand objects die, all in
 * knots of cycles, and collects: xlgc_flush, in which each dead object is told and freed; the peers' full
 * collection, which frees nothing yet where it sweeps later. Every subject makes the same changes, and must find dead
 * what a search over the plain graph does; then it restores the graph, outside of the time.
 *
 *   1000 changes    the changes and the collection; and what it takes only to free those that die, which somebody has
 *                   to do in the end, whoever finds them
 *   links touched   by xlgc in that, beside the links there are, which a full collection follows; the same every time
 *   build           an object with its links, once: what xlgc takes earlier than a collector does */
#include <config.h>

#include "fixture.h"
#include "heap.h"
#include "peer_engine.h"

#include <stdlib.h>

static double change(void *data) {
  heap *h = data;
  return heap_change(h, graph_changes(h->groups, h->runs++));
}

static double touched(void *data) { return (double)((const heap *)data)->touched; }

static double links(void *data) {
  (void)data;
  xlgc_statistics stats;
  must(xlgc_stats(own_pool(), &stats), "stats");
  return (double)stats.links;
}

/* Objects of malloc as xlgc's are, of which the dead are freed. */
typedef struct freed {
  uint32_t groups;
  uint64_t runs;
  void **objects;
} freed;

static void *new_object(void) { return allocate(1, sizeof(node) + sizeof(xlgc_id)); }

static double free_dead(void *data) {
  freed *f = data;
  const graph_plan *plan = graph_changes(f->groups, f->runs++);
  double start_ns = cpu_ns();
  for (uint32_t i = 0; i < plan->dead_count; i++)
    for (uint32_t k = 0; k < GROUP; k++)
      free(f->objects[plan->dead[i] * GROUP + k]);
  double ns = cpu_ns() - start_ns;
  for (uint32_t i = 0; i < plan->dead_count; i++)
    for (uint32_t k = 0; k < GROUP; k++)
      f->objects[plan->dead[i] * GROUP + k] = new_object();
  return ns;
}

static freed start_free(uint32_t groups) {
  freed f = {.groups = groups, .objects = allocate((size_t)groups * GROUP, sizeof(void *))};
  for (uint32_t i = 0; i < groups * GROUP; i++)
    f.objects[i] = new_object();
  return f;
}

static void end_free(const freed *f) {
  for (uint32_t i = 0; i < f->groups * GROUP; i++)
    free(f->objects[i]);
  free(f->objects);
}

/* What was measured once. */
static subject once(const char *name, double value) {
  subject made = {.name = name};
  for (int run = 0; run < measure_runs; run++)
    made.values[run] = value;
  return made;
}

static void for_n(uint32_t n, double target) {
  heap heaps[] = {{.name = "xlgc", .collector = &own},
                  {.name = "bdwgc GC_gcollect", .collector = &peer_boehm},
                  {.name = "CPython gc.collect", .engine = engine_start("/usr/bin/python3", "peer_engine.py")},
                  {.name = "Lua full GC", .engine = engine_start("lua5.4", "peer_engine.lua")},
                  {.name = "SpiderMonkey gc()", .engine = engine_start("js102", "peer_engine.js")}};
  enum { HEAPS = sizeof heaps / sizeof *heaps, FREED = HEAPS, TOUCHED, LINKS, SUBJECTS };
  subject subjects[SUBJECTS], builds[HEAPS];
  for (int i = 0; i < HEAPS; i++) {
    builds[i] = once(heaps[i].name, heap_build(&heaps[i], n / GROUP) / (double)n);
    subjects[i] = (subject){.name = heaps[i].name, .run = change, .data = &heaps[i], .target = i == 1 ? target : 0};
  }
  freed freed = start_free(n / GROUP);
  subjects[FREED] = (subject){.name = "free of the dead", .run = free_dead, .data = &freed};
  subjects[TOUCHED] = (subject){.run = touched, .data = &heaps[0]};
  subjects[LINKS] = (subject){.name = "links of the heap", .run = links};
  measure("1000 changes", n, subjects, SUBJECTS);
  for (int i = 1; i <= FREED; i++)
    report("1000 changes", n, "ns", &subjects[0], &subjects[i]);
  report("links touched", n, "links", &subjects[TOUCHED], &subjects[LINKS]);
  for (int i = 1; i < HEAPS; i++)
    report("build", n, "ns/object", &builds[0], &builds[i]);
  for (int i = 0; i < HEAPS; i++)
    heap_destroy(&heaps[i]);
  end_free(&freed);
}

int main(int argc, char **argv) {
  measure_start(argc, argv, "change");
  measure_runs = 7;
  const double targets[] = {100, 1000, 10000};
  const uint32_t sizes[] = {100000, 1000000, 10000000};
  for (int i = 0; i < (measure_quick ? 1 : 3); i++)
    for_n(sizes[i], targets[i]);
  return 0;
}
