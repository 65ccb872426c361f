/* See measure.h. */
#include <config.h>

#include "measure.h"

#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <xlgc.h>

enum { THREADS_MAX = 64 };

const char *measure_bench;
bool measure_quick;
bool measure_warm = true;
int measure_runs = 11;

void measure_start(int argc, char **argv, const char *bench) {
  measure_bench = bench;
  measure_quick = argc == 2 && !strcmp(argv[1], "--quick");
  if (measure_quick) measure_runs = 7;
  if (argc == 1 || measure_quick) return;
  fprintf(stderr, "usage: %s [--quick]\n", bench);
  exit(2);
}

double now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return 1e9 * (double)time.tv_sec + (double)time.tv_nsec;
}

double cpu_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return 1e9 * (double)time.tv_sec + (double)time.tv_nsec;
}

void must_be(bool condition, const char *what) {
  if (condition) return;
  fprintf(stderr, "%s: %s\n", measure_bench, what);
  exit(1);
}

void must(int code, const char *what) {
  if (code >= 0) return;
  fprintf(stderr, "%s: %s: %s\n", measure_bench, what, xlgc_strerror(code));
  exit(1);
}

void *allocate(size_t count, size_t size_bytes) {
  void *memory = calloc(count, size_bytes);
  must_be(memory, "out of memory");
  return memory;
}

/* -------------------------------------------------------------- comparisons */

static void show_progress(const char *what, uint64_t n, int run) {
  if (!isatty(STDERR_FILENO)) return;
  if (run < measure_runs)
    fprintf(stderr, "\r\033[K%s: %s, %" PRIu64 ": run %d of %d", measure_bench, what, n, run + 1, measure_runs);
  else
    fprintf(stderr, "\r\033[K");
}

static int by_value(const void *left, const void *right) {
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

void measure(const char *what, uint64_t n, subject *subjects, int count) {
  for (int run = measure_warm ? -1 : 0; run < measure_runs; run++) {
    show_progress(what, n, run < 0 ? 0 : run);
    for (int i = 0; i < count; i++) {
      double value = subjects[i].run(subjects[i].data);
      if (run >= 0) subjects[i].values[run] = value;
    }
  }
  show_progress(what, n, measure_runs);
  for (int i = 0; i < count; i++)
    qsort(subjects[i].values, (size_t)measure_runs, sizeof *subjects[i].values, by_value);
}

double median(const subject *subject) { return subject->values[measure_runs / 2]; }

void report(const char *what, uint64_t n, const char *unit, const subject *own, const subject *peer) {
  int last = measure_runs - 1;
  printf("%s\t%s\t%" PRIu64 "\t%s\t%.6g\t%.6g\t%.6g\t%s\t%.6g\t%.6g\t%.6g\t%g\t%g\n", measure_bench, what, n, unit,
         median(own), own->values[0], own->values[last], peer->name, median(peer), peer->values[0], peer->values[last],
         peer->target, peer->tolerance);
  fflush(stdout);
}

void report_count(const char *what, uint64_t n, const char *unit, double own, const char *peer, double peer_value,
                  double target, double tolerance) {
  subject subjects[2] = {{.name = ""}, {.name = peer, .target = target, .tolerance = tolerance}};
  for (int run = 0; run < measure_runs; run++) {
    subjects[0].values[run] = own;
    subjects[1].values[run] = peer_value;
  }
  report(what, n, unit, &subjects[0], &subjects[1]);
}

void compare(const char *what, uint64_t n, const char *unit, subject *subjects, int count) {
  measure(what, n, subjects, count);
  for (int i = 1; i < count; i++)
    report(what, n, unit, &subjects[0], &subjects[i]);
}

/* ------------------------------------------------------------------ threads */

typedef struct team {
  void (*body)(void *data, int thread);
  void *data;
  _Atomic int ready;
  int count;
  double start_ns[THREADS_MAX], end_ns[THREADS_MAX], cpu_ns[THREADS_MAX];
} team;

static bool at_once;

typedef struct member {
  team *team;
  int index;
} member;

static void *run_member(void *data) {
  const member *self = data;
  team *team = self->team;
  /* A spin, as a wake-up takes longer than some bursts; it yields, as there may be more threads than cores. */
  atomic_fetch_add(&team->ready, 1);
  for (unsigned spins = 0; atomic_load(&team->ready) < team->count; spins++)
    if (spins % 256 == 255) sched_yield();
  double start_cpu_ns = cpu_ns();
  team->start_ns[self->index] = now_ns();
  team->body(team->data, self->index);
  team->end_ns[self->index] = now_ns();
  team->cpu_ns[self->index] = cpu_ns() - start_cpu_ns;
  return NULL;
}

double run_threads(int count, void (*body)(void *data, int thread), void *data, double *ns) {
  must_be(count <= THREADS_MAX, "too many threads");
  team team = {.body = body, .data = data, .count = count};
  pthread_t threads[THREADS_MAX];
  member members[THREADS_MAX];
  for (int i = 0; i < count; i++) {
    members[i] = (member){&team, i};
    must_be(!pthread_create(&threads[i], NULL, run_member, &members[i]), "cannot start a thread");
  }
  for (int i = 0; i < count; i++)
    pthread_join(threads[i], NULL);
  double first = team.start_ns[0], last = team.end_ns[0], last_start = first, first_end = last;
  at_once = true;
  for (int i = 0; i < count; i++) {
    if (team.start_ns[i] < first) first = team.start_ns[i];
    if (team.end_ns[i] > last) last = team.end_ns[i];
    if (team.start_ns[i] > last_start) last_start = team.start_ns[i];
    if (team.end_ns[i] < first_end) first_end = team.end_ns[i];
    at_once &= team.cpu_ns[i] >= 0.9 * (team.end_ns[i] - team.start_ns[i]);
    if (ns) ns[i] = team.end_ns[i] - team.start_ns[i];
  }
  at_once &= first_end - last_start >= 0.8 * (last - first);
  return last - first;
}

bool ran_at_once(void) { return at_once; }
