/* What a short-lived object of a tree costs, from being made to being freed.
 *
 *   trees [--quick]
 *
 * binary-trees and GCBench, in C on the public API, beside the same programs with malloc and free, with
 * std::shared_ptr, and on Boehm's collector. The time is the thread's own, divided by the objects made, which every way
 * counts by walking over them. xlgc works when enough is waiting (help_events), at most 2^14 units when a tree is let go,
 * and in the end; all is released within the time. Fewer trees are made than the programs make by default, as many objects at each depth; the greatest depth,
 * n, decides how much lives. */
#include <config.h>

#include "measure.h"
#include "peer_shared_ptr.h"
#include "trees.h"

enum { WAYS = 5 };

typedef struct bench {
  uint64_t (*run)(const trees_size *size);
  const trees_size *size;
} bench;

static uint64_t objects; /* of the last run, which all have to agree on */

static double run(void *data) {
  const bench *b = data;
  double start_ns = cpu_ns();
  uint64_t made = b->run(b->size);
  double ns = cpu_ns() - start_ns;
  must_be(!objects || made == objects, "another number of objects");
  objects = made;
  return ns / (double)made;
}

/* ways: of the table's, from its beginning. */
static void compare_ways(const char *what, int depth, const trees_size *size, bool is_gcbench, int ways) {
  static const trees_way *const all[] = {&trees_own, &trees_boehm, &trees_malloc, &trees_shared_ptr, &trees_own_pins};
  bench benches[WAYS];
  subject subjects[WAYS];
  objects = 0;
  for (int i = 0; i < ways; i++) {
    benches[i] = (bench){is_gcbench ? all[i]->gcbench : all[i]->binary_trees, size};
    subjects[i] = (subject){.name = all[i]->name, .run = run, .data = &benches[i], .target = i == 1 ? 0.5 : 0};
  }
  compare(what, (uint64_t)depth, "ns/object", subjects, ways);
}

int main(int argc, char **argv) {
  measure_start(argc, argv, "trees");
  must_be(peer_shared_ptr_start(), "shared_ptr would count without atomics");
  uint64_t count = measure_quick ? 1 << 13 : 1 << 18;
  int most = measure_quick ? 12 : 16;
  trees_size size = {.stretch = most + 1, .lived = most, .most = most, .objects = count};
  measure_runs = 7;
  compare_ways("binary-trees", most, &size, false, WAYS);
  size = measure_quick ? (trees_size){.stretch = 13, .lived = 11, .most = 12, .objects = count, .array = 50000}
                       : (trees_size){.stretch = 18, .lived = 16, .most = 16, .objects = count, .array = 500000};
  compare_ways("GCBench", size.most, &size, true, WAYS);
  measure_runs = 3; /* which take long */
  for (int depth = 18; depth <= (measure_quick ? 0 : 20); depth += 2) {
    size = (trees_size){.stretch = depth + 1, .lived = depth, .most = depth, .objects = count};
    compare_ways("binary-trees", depth, &size, false, WAYS - 1);
  }
  return 0;
}
