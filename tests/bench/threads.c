/* What an event costs in all, logged and applied, with more and more threads on one pool.
 *
 *   threads [--quick]
 *
 * Each thread moves links at random between sources of its own and targets that all share; it keeps some links, and
 * drops the oldest for each that it makes, so a link lives for a while. A worker applies; the time ends when a flush
 * has applied the rest. In all, events, sources and the links that are kept are as many for any number of threads. The
 * peer is one locked list whose worker does the like: it keeps the number of links of each pair in a hash table
 * (uthash). It knows nothing of roots and could not tell an orphan, which here nothing is, as all objects are
 * pinned. */
#include <config.h>

#include "fixture.h"
#include "peer_list.h"

#include <stdlib.h>

enum { THREADS_MOST = 8, SOURCES = 2048, TARGETS = 4096, WINDOW = 4096 };

typedef struct link {
  uint32_t source, target;
} link;

typedef struct bench {
  uint64_t events; /* of all threads */
  int threads;
  xlgc_pool *pool;
  xlgc_context *context[THREADS_MOST];
  xlgc_id source[THREADS_MOST][SOURCES], target[TARGETS];
  peer_list *list;
} bench;

/* Where the events go; a call through a pointer for both. */
typedef void change(const bench *b, int thread, link pair, bool add);

static void to_pool(const bench *b, int thread, link pair, bool add) {
  xlgc_id source = b->source[thread][pair.source], target = b->target[pair.target];
  xlgc_context *context = b->context[thread];
  must(add ? xlgc_link(context, source, target) : xlgc_unlink(context, source, target), "link or unlink");
}

static void to_list(const bench *b, int thread, link pair, bool add) {
  xlgc_id source = b->source[thread][pair.source], target = b->target[pair.target];
  add ? peer_list_link(b->list, source, target) : peer_list_unlink(b->list, source, target);
}

static void mutate(const bench *b, int thread, change *change) {
  link kept[WINDOW];
  uint32_t window = WINDOW / (uint32_t)b->threads, sources = SOURCES / (uint32_t)b->threads;
  uint64_t random = 88172645463325252 + 7919 * (uint64_t)thread, n = b->events / 2 / (uint64_t)b->threads;
  for (uint64_t i = 0; i < n; i++) {
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    link next = {(uint32_t)(random >> 20) % sources, (uint32_t)(random >> 32) % TARGETS}, *place = &kept[i % window];
    change(b, thread, next, true);
    if (i >= window) change(b, thread, *place, false);
    *place = next;
  }
  for (uint64_t i = 0; i < window && i < n; i++)
    change(b, thread, kept[i], false);
}

static void mutate_pool(void *data, int thread) { mutate(data, thread, to_pool); }
static void mutate_list(void *data, int thread) { mutate(data, thread, to_list); }

static double xlgc_run(void *data) {
  bench *b = data;
  must(xlgc_worker_start(b->pool), "start the worker");
  double start_ns = now_ns();
  run_threads(b->threads, mutate_pool, b, NULL);
  must(xlgc_flush(b->pool), "flush");
  double ns = now_ns() - start_ns;
  must(xlgc_worker_stop(b->pool), "stop the worker");
  return ns / (double)b->events;
}

static double list_run(void *data) {
  bench *b = data;
  b->list = peer_list_create(PEER_LIST_COUNT);
  peer_list_worker_start(b->list);
  double start_ns = now_ns();
  run_threads(b->threads, mutate_list, b, NULL);
  peer_list_flush(b->list);
  double ns = now_ns() - start_ns;
  must_be(!peer_list_pairs(b->list), "the list's table is wrong");
  peer_list_destroy(b->list);
  return ns / (double)b->events;
}

static bench *new_bench(uint64_t events, int threads) {
  bench *b = allocate(1, sizeof *b);
  b->events = events;
  b->threads = threads;
  b->pool = new_pool(0);
  for (int thread = 0; thread < threads; thread++) {
    b->context[thread] = new_context(b->pool, "mutator");
    for (int i = 0; i < SOURCES / threads; i++)
      b->source[thread][i] = new_pinned(b->context[thread]);
  }
  for (int i = 0; i < TARGETS; i++)
    b->target[i] = new_pinned(b->context[0]);
  must(xlgc_flush(b->pool), "flush");
  return b;
}

int main(int argc, char **argv) {
  measure_start(argc, argv, "threads");
  enum { COUNTS = 4 };
  const int counts[COUNTS] = {1, 2, 4, 8};
  uint64_t events = measure_quick ? 100000 : 2000000;
  /* All numbers of threads take turns too, as they are compared with one another. */
  bench *benches[COUNTS];
  subject subjects[2 * COUNTS];
  for (int i = 0; i < COUNTS; i++) {
    benches[i] = new_bench(events, counts[i]);
    subjects[2 * i] = (subject){.run = xlgc_run, .data = benches[i]};
    subjects[2 * i + 1] = (subject){.name = "list, worker counts", .run = list_run, .data = benches[i]};
  }
  measure("events applied", events, subjects, 2 * COUNTS);
  for (int i = 0; i < COUNTS; i++)
    report("events applied", (uint64_t)counts[i], "ns/event", &subjects[2 * i], &subjects[2 * i + 1]);
  subject two = subjects[2];
  two.name = "xlgc, 2 threads";
  two.target = 1;
  two.tolerance = 0.1;
  report("8 against 2 threads", 8, "ns/event", &subjects[6], &two);
  for (int i = 0; i < COUNTS; i++) {
    destroy_pool(benches[i]->pool);
    free(benches[i]);
  }
  return 0;
}
