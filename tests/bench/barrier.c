/* What reporting costs a thread that has the pool, or a shared_ptr, to itself.
 *
 *   barrier [--quick]
 *
 * A burst is logged and timed, and applied outside of the time; "sustained" is the same with the events applied within
 * the time. One assignment of a shared_ptr takes one reference and drops one, as a pair of events does. */
#include <config.h>

#include "fixture.h"
#include "logs.h"
#include "peer_shared_ptr.h"

typedef struct bench {
  uint64_t n; /* pairs a burst */
  int bursts; /* a run */
  xlgc_pool *pool;
  xlgc_context *context;
  xlgc_id source, one, two;
  logs *log;
} bench;

/* In the loops that are timed codes are only added up: all that are no success are negative. */

static double link_unlink(void *data) {
  const bench *b = data;
  double ns = 0;
  for (int burst = 0; burst < b->bursts; burst++) {
    int64_t codes = 0;
    double start_ns = now_ns();
    for (uint64_t i = 0; i < b->n; i++) {
      codes += xlgc_link(b->context, b->source, b->one);
      codes += xlgc_unlink(b->context, b->source, b->one);
    }
    ns += now_ns() - start_ns;
    must_be(!codes, "a link or unlink failed");
    must(xlgc_flush(b->pool), "flush");
  }
  return ns / (double)(b->n * (uint64_t)b->bursts);
}

static double relink(void *data) {
  const bench *b = data;
  double ns = 0;
  for (int burst = 0; burst < b->bursts; burst++) {
    int64_t codes = xlgc_link(b->context, b->source, b->two);
    double start_ns = now_ns();
    for (uint64_t i = 0; i < b->n; i += 2) {
      codes += xlgc_relink(b->context, b->source, b->two, b->one);
      codes += xlgc_relink(b->context, b->source, b->one, b->two);
    }
    ns += now_ns() - start_ns;
    codes += xlgc_unlink(b->context, b->source, b->two);
    must_be(!codes, "a relink failed");
    must(xlgc_flush(b->pool), "flush");
  }
  return ns / (double)(b->n * (uint64_t)b->bursts);
}

static double pin_unpin(void *data) {
  const bench *b = data;
  double ns = 0;
  for (int burst = 0; burst < b->bursts; burst++) {
    int64_t codes = 0;
    double start_ns = now_ns();
    for (uint64_t i = 0; i < b->n; i++) {
      codes += xlgc_pin(b->context, b->one);
      codes += xlgc_unpin(b->context, b->one);
    }
    ns += now_ns() - start_ns;
    must_be(!codes, "a pin or unpin failed");
    must(xlgc_flush(b->pool), "flush");
  }
  return ns / (double)(b->n * (uint64_t)b->bursts);
}

/* Far more events than the queue holds; all are applied when the time ends. */
static double sustained(void *data) {
  const bench *b = data;
  uint64_t n = b->n * (uint64_t)b->bursts;
  int64_t codes = 0;
  double start_ns = now_ns();
  for (uint64_t i = 0; i < n; i += 2) {
    codes += xlgc_relink(b->context, b->source, b->two, b->one);
    codes += xlgc_relink(b->context, b->source, b->one, b->two);
  }
  codes += xlgc_flush(b->pool);
  double ns = now_ns() - start_ns;
  must_be(!codes, "a relink or the flush failed");
  return ns / (double)n;
}

static double shared_ptr_assign(void *data) {
  const bench *b = data;
  double ns = 0;
  for (int burst = 0; burst < b->bursts; burst++)
    ns += peer_shared_ptr_assign(b->n);
  return ns / (double)(b->n * (uint64_t)b->bursts);
}

#define LOG_RUN(name)                                  \
  static double log_##name(void *data) {               \
    const bench *b = data;                             \
    double ns = 0;                                     \
    for (int burst = 0; burst < b->bursts; burst++) {  \
      logs_rewind(b->log);                             \
      double start_ns = now_ns();                      \
      for (uint64_t i = 0; i < b->n; i++)              \
        logs_append_##name(b->log, b->source, b->one); \
      ns += now_ns() - start_ns;                       \
    }                                                  \
    return ns / (double)(b->n * (uint64_t)b->bursts);  \
  }
LOG_RUN(store)
LOG_RUN(spin_lock)
LOG_RUN(mutex)

static void set_up(bench *b, uint64_t n, int bursts, size_t records) {
  *b = (bench){.n = n, .bursts = bursts, .pool = new_pool(records)};
  b->context = new_context(b->pool, "barrier");
  b->source = new_pinned(b->context);
  b->one = new_pinned(b->context);
  b->two = new_pinned(b->context);
  must(xlgc_flush(b->pool), "flush");
}

static void against_shared_ptr(bench *b, const char *what, double (*run)(void *data), double target) {
  subject subjects[] = {{.run = run, .data = b},
                        {.name = "shared_ptr", .run = shared_ptr_assign, .data = b, .target = target}};
  compare(what, b->n, "ns/pair", subjects, 2);
}

/* n pairs a burst: few, whose records stay in the cache, and many, which go to memory. */
static void bursts(uint64_t n, int count) {
  bench b;
  set_up(&b, n, count, 2 * n + 2000);
  against_shared_ptr(&b, "link+unlink", link_unlink, 2);
  against_shared_ptr(&b, "relink", relink, 2);
  against_shared_ptr(&b, "pin+unpin", pin_unpin, 2);
  destroy_pool(b.pool);

  b.log = logs_create(n);
  subject subjects[] = {{.run = log_store, .data = &b},
                        {.name = "spin lock an event", .run = log_spin_lock, .data = &b},
                        {.name = "mutex an event", .run = log_mutex, .data = &b}};
  compare("log without a lock", n, "ns/event", subjects, 3);
  logs_destroy(b.log);
}

/* With the default queue; a link lies there from the start to the end. */
static void sustained_cases(bool worker) {
  bench b;
  set_up(&b, 100000, measure_quick ? 5 : 20, 0);
  b.n *= (uint64_t)b.bursts;
  b.bursts = 1;
  must(xlgc_link(b.context, b.source, b.two), "link");
  if (worker) must(xlgc_worker_start(b.pool), "start the worker");
  against_shared_ptr(&b, worker ? "sustained, worker" : "sustained, flush", sustained, 0);
  if (worker) must(xlgc_worker_stop(b.pool), "stop the worker");
  must(xlgc_unlink(b.context, b.source, b.two), "unlink");
  destroy_pool(b.pool);
}

int main(int argc, char **argv) {
  measure_start(argc, argv, "barrier");
  must_be(peer_shared_ptr_start(), "shared_ptr would count without atomics");
  bursts(10000, measure_quick ? 10 : 50);
  bursts(400000, measure_quick ? 1 : 4);
  sustained_cases(true);
  sustained_cases(false);
  return 0;
}
