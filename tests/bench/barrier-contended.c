/* What reporting costs when two threads want the same object.
 *
 *   barrier-contended [--quick]
 *
 * Each thread has its own context of the one pool, and links and unlinks the same target: from a source of its own, or
 * both from the same. The threads start together, each times its own burst, and the cost is the mean of theirs, in ns
 * of the clock a pair. Peers: each thread assigns one shared_ptr, and resets; both append to one locked list. A burst
 * is applied outside of the time; the list's worker frees meanwhile, as it must anyway, or there is none, which is the
 * strict comparison of appending alone. Runs in which the threads of xlgc or shared_ptr did not run at once are
 * repeated. "Sustained" has both workers at work, and all is applied within the time. */
#include <config.h>

#include "fixture.h"
#include "peer_list.h"
#include "peer_shared_ptr.h"

enum { THREADS = 2 };

typedef struct bench {
  uint64_t n; /* pairs a thread and burst */
  xlgc_pool *pool;
  xlgc_context *context[THREADS];
  xlgc_id source[THREADS], target;
  peer_list *list;
} bench;

static double mean_of_pairs(const bench *b, const double *ns) { return (ns[0] + ns[1]) / (THREADS * (double)b->n); }

static void link_unlink(void *data, int thread) {
  const bench *b = data;
  xlgc_context *context = b->context[thread];
  int64_t codes = 0;
  for (uint64_t i = 0; i < b->n; i++) {
    codes += xlgc_link(context, b->source[thread], b->target);
    codes += xlgc_unlink(context, b->source[thread], b->target);
  }
  must_be(!codes, "a link or unlink failed");
}

static double xlgc_run(void *data) {
  bench *b = data;
  double ns[THREADS];
  for (int tries = 0; tries < TRIES_MAX; tries++) {
    run_threads(THREADS, link_unlink, b, ns);
    must(xlgc_flush(b->pool), "flush");
    if (ran_at_once()) break;
  }
  return mean_of_pairs(b, ns);
}

static double xlgc_sustained(void *data) {
  bench *b = data;
  double start_ns = now_ns();
  run_threads(THREADS, link_unlink, b, NULL);
  must(xlgc_flush(b->pool), "flush");
  return (now_ns() - start_ns) / (double)b->n;
}

static void share(void *data, int thread) {
  (void)thread;
  peer_shared_ptr_contended(((const bench *)data)->n);
}

static double shared_ptr_run(void *data) {
  double ns[THREADS];
  for (int tries = 0; tries < TRIES_MAX; tries++) {
    run_threads(THREADS, share, data, ns);
    if (ran_at_once()) break;
  }
  return mean_of_pairs(data, ns);
}

static void append(void *data, int thread) {
  const bench *b = data;
  for (uint64_t i = 0; i < b->n; i++) {
    peer_list_link(b->list, b->source[thread], b->target);
    peer_list_unlink(b->list, b->source[thread], b->target);
  }
}

static double list_run(void *data) {
  bench *b = data;
  double ns[THREADS];
  b->list = peer_list_create(PEER_LIST_FREE);
  peer_list_worker_start(b->list);
  run_threads(THREADS, append, b, ns);
  peer_list_destroy(b->list);
  return mean_of_pairs(b, ns);
}

static double sleeping_list_run(void *data) {
  bench *b = data;
  double ns[THREADS];
  b->list = peer_list_create(PEER_LIST_FREE);
  run_threads(THREADS, append, b, ns);
  peer_list_destroy(b->list);
  return mean_of_pairs(b, ns);
}

static double list_sustained(void *data) {
  bench *b = data;
  b->list = peer_list_create(PEER_LIST_COUNT);
  peer_list_worker_start(b->list);
  double start_ns = now_ns();
  run_threads(THREADS, append, b, NULL);
  peer_list_flush(b->list);
  double ns = now_ns() - start_ns;
  must_be(!peer_list_pairs(b->list), "the list's table is wrong");
  peer_list_destroy(b->list);
  return ns / (double)b->n;
}

static void set_up(bench *b, uint64_t n, bool same_source, size_t records) {
  *b = (bench){.n = n, .pool = new_pool(records)};
  for (int i = 0; i < THREADS; i++) {
    b->context[i] = new_context(b->pool, i ? "second" : "first");
    b->source[i] = i && same_source ? b->source[0] : new_pinned(b->context[i]);
  }
  b->target = new_pinned(b->context[0]);
  must(xlgc_flush(b->pool), "flush");
}

static void burst(bool same_source) {
  bench b;
  uint64_t n = measure_quick ? 50000 : 200000;
  set_up(&b, n, same_source, 2 * THREADS * n + 4000);
  subject subjects[] = {{.run = xlgc_run, .data = &b},
                        {.name = "shared_ptr", .run = shared_ptr_run, .data = &b, .target = 10},
                        {.name = "malloc+mutex list", .run = list_run, .data = &b, .target = 25},
                        {.name = "the list, no worker", .run = sleeping_list_run, .data = &b}};
  compare(same_source ? "same source" : "two sources", n, "ns/pair", subjects, 4);
  destroy_pool(b.pool);
}

static void sustained(void) {
  bench b;
  uint64_t n = measure_quick ? 100000 : 1000000;
  set_up(&b, n, false, 0);
  must(xlgc_worker_start(b.pool), "start the worker");
  subject subjects[] = {{.run = xlgc_sustained, .data = &b},
                        {.name = "shared_ptr", .run = shared_ptr_run, .data = &b},
                        {.name = "list, worker counts", .run = list_sustained, .data = &b}};
  compare("sustained, worker", n, "ns/pair", subjects, 3);
  must(xlgc_worker_stop(b.pool), "stop the worker");
  destroy_pool(b.pool);
}

int main(int argc, char **argv) {
  measure_start(argc, argv, "barrier-contended");
  must_be(peer_shared_ptr_start(), "shared_ptr would count without atomics");
  burst(false);
  burst(true);
  sustained();
  return 0;
}
