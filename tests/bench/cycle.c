/* What it costs to find one small cycle beside a heap that lives.
 *
 *   cycle [--quick]
 *
 * Beside the graph of graph.h with 10^5 objects a cycle of three objects is made, held, linked, let go and found,
 * before the next one is made: xlgc_flush, after which all three have been told and freed, or a peer's full collection,
 * the only way in which it finds a cycle at once. */
#include <config.h>

#include "fixture.h"
#include "heap.h"
#include "peer_engine.h"

enum { OWN_COUNT = 10000, PEER_COUNT = 3 };

static double cycles(void *data) {
  heap *h = data;
  uint64_t count = h->collector == &own ? OWN_COUNT : PEER_COUNT;
  return heap_cycles(h, count) / (double)count;
}

static double touched(void *data) {
  heap *h = data;
  xlgc_statistics before, after;
  must(xlgc_stats(own_pool(), &before), "stats");
  heap_cycles(h, OWN_COUNT);
  must(xlgc_stats(own_pool(), &after), "stats");
  return (double)(after.touched - before.touched) / OWN_COUNT;
}

static double links(void *data) {
  (void)data;
  xlgc_statistics stats;
  must(xlgc_stats(own_pool(), &stats), "stats");
  return (double)stats.links;
}

int main(int argc, char **argv) {
  measure_start(argc, argv, "cycle");
  const uint32_t n = 100000;
  heap heaps[] = {{.name = "xlgc", .collector = &own},
                  {.name = "bdwgc GC_gcollect", .collector = &peer_boehm},
                  {.name = "CPython gc.collect", .engine = engine_start("/usr/bin/python3", "peer_engine.py")},
                  {.name = "Lua full GC", .engine = engine_start("lua5.4", "peer_engine.lua")},
                  {.name = "SpiderMonkey gc()", .engine = engine_start("js102", "peer_engine.js")}};
  enum { HEAPS = sizeof heaps / sizeof *heaps };
  subject subjects[HEAPS];
  for (int i = 0; i < HEAPS; i++) {
    heap_build(&heaps[i], n / GROUP);
    subjects[i] = (subject){.name = heaps[i].name, .run = cycles, .data = &heaps[i], .target = i == 1 ? 50000 : 0};
  }
  compare("one 3-cycle", n, "ns/cycle", subjects, HEAPS);
  subject counts[] = {{.run = touched, .data = &heaps[0]}, {.name = "links of the heap", .run = links}};
  compare("links touched", n, "links", counts, 2);
  for (int i = 0; i < HEAPS; i++)
    heap_destroy(&heaps[i]);
  return 0;
}
