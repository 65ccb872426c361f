/* Comparisons that can be trusted: the subjects take turns within one process, several runs each, after a first turn
 * that does not count; what is told is the median, with the least and the greatest beside it.
 *
 * Each result is printed as one line, its fields separated by tabs, for report.awk:
 *   bench, case, n, unit, xlgc: median, min, max; the peer: its name, median, min, max; target, tolerance
 * The target is the ratio peer / xlgc to reach, 0 for none; the tolerance is the part of it that may be lacking. */
#ifndef MEASURE_H
#define MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RUNS_MAX = 15 };

/* What is measured: `run` returns what one run cost, in the unit of the comparison. */
typedef struct subject {
  const char *name; /* as it is printed; xlgc's own does not matter */
  double (*run)(void *data);
  void *data;
  double target, tolerance; /* peers only */
  double values[RUNS_MAX];  /* sorted after `measure` */
} subject;

extern const char *measure_bench; /* the row's name */
extern bool measure_quick;
extern bool measure_warm; /* there is a first turn that does not count; where each run is a process there need not be */
extern int measure_runs;

/* Takes the row's name and `--quick` from the command line; leaves with 2 for anything else. */
void measure_start(int argc, char **argv, const char *bench);
double now_ns(void);
/* The time that this thread has had of a core: for what runs on one thread and waits for nobody, where others use the
 * machine, too. */
double cpu_ns(void);
/* Runs the subjects in turn. */
void measure(const char *what, uint64_t n, subject *subjects, int count);
double median(const subject *subject);
/* Prints a line for the peer against `own`. */
void report(const char *what, uint64_t n, const char *unit, const subject *own, const subject *peer);
/* The same for what is counted, and comes out the same each time. */
void report_count(const char *what, uint64_t n, const char *unit, double own, const char *peer, double peer_value,
                  double target, double tolerance);
/* Both: the first subject is xlgc, the others are its peers; in ns a `unit`. */
void compare(const char *what, uint64_t n, const char *unit, subject *subjects, int count);

/* Leaves with 1 when a call of the library or the system has failed. */
void must(int code, const char *what);
void must_be(bool condition, const char *what);
void *allocate(size_t count, size_t size_bytes);

/* Runs `body` on so many threads, which start it together, and returns the ns from then until the last one ended;
 * ns[i], where not NULL, is told what thread i took. */
double run_threads(int count, void (*body)(void *data, int thread), void *data, double *ns);
/* Did the threads of the last run_threads really run at the same time, each on a core of its own? Only for bodies that
 * do not wait. Where others use the machine, too, threads may run one after the other, and do not contend at all; such
 * runs are to be repeated. */
bool ran_at_once(void);
enum { TRIES_MAX = 30 }; /* how often */

#endif
