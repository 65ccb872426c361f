/* Enumerates the schedules of a scenario: a few threads on the real library, of which one runs at a time, and another
 * goes on only where the code stands at a point: before it locks or waits or wakes, at the start and end of threads, and
 * before each access to memory that is shared without a lock (XLGC__YIELD).
 *
 * The search is iterative context bounding (Musuvathi and Qadeer, PLDI 2007): all schedules with no preemption, then all
 * with one, and so on up to a bound. A preemption is a switch away from a thread that could go on; which thread runs
 * when one blocks or ends is a free choice. Most defects show with two or three preemptions, and there are far fewer
 * such schedules than schedules. It goes depth first over the choices, and comes back to a choice by running
 * the scenario again from its start.
 *
 * Of schedules that differ only in the order of steps that have nothing to do with one another, one is enough (the same
 * paper's caching of happens-before graphs). Each step belongs to a variable: a mutex, a condition, a thread, an object
 * of the scenario's, or the memory shared without locks, taken as one. What every thread has seen is a function of the
 * order of each variable's steps. A hash of that, in which the order of the steps among variables does not show, with
 * the threads' positions and the number of the running one names a state; a run that comes to a state that was met
 * before, with at least as many preemptions left, is given up there. The table of states forgets, which costs only
 * time. With SCHEDULES_ALL in the environment nothing is cut short. For the same reason an unlock is no point: what
 * others could do there they can do at the next point as well. All this rests on there being a point before each access
 * to what is shared.
 *
 * Steps are made one after another and are seen by all at once: what processors and compilers reorder is not explored
 * here, but left to the thread sanitizer.
 *
 * Time is the explorer's. It passes only when no thread can go on, up to the next deadline that somebody waits for;
 * without one it is a deadlock. */
#ifndef EXPLORE_H
#define EXPLORE_H

#include <stdbool.h>
#include <stdint.h>

/* What steps belong to. Zero is a good start; it need not be zero again for each run. */
typedef struct explore_variable {
  uint64_t run, steps;
} explore_variable;

typedef struct explore_scenario {
  const char *name;
  unsigned threads;       /* for the report: how many there are beside the main one, the library's included */
  void (*run)(void);      /* the main thread: sets up, starts threads, joins them, checks, tears down */
  unsigned preemptions;   /* the bound; XLGC_LONG adds one */
  bool whole_runs;        /* the library keeps something beyond the arena that only the run's end clears away */
  unsigned schedules_max; /* where each costs much; 0: many */
} explore_scenario;

/* Runs all schedules and prints a line about them; with SCHEDULE=NAME:... in the environment only that one, if it is
 * this scenario's, and prints every point of it; with SCHEDULE=NAME only that scenario. Returns false after a failure, which has been printed. */
bool explore(const explore_scenario *scenario);

/* ------------------------------------------------- for a scenario's code */

/* Notes a failure when `good` is false; the run ends there and does not come back. */
#define explore_check(good) explore_check_(good, #good, __FILE__, __LINE__)
void explore_check_(bool good, const char *text, const char *file, int line);

/* Starts a thread; it is not a point, so that all that are started in a row start from the same state. */
unsigned explore_start(void (*run)(void *data), void *data);
void explore_join(unsigned thread);

/* ------------------------------------ for what is written in place of threads */

/* Is a run under way? Outside of one there is one thread, and nothing here has an effect. */
bool explore_runs(void);
unsigned explore_self(void);
uint64_t explore_clock_ns(void);

/* What the running thread has set, or NULL. A value other than NULL is given to `end` when the thread ends; should that
 * set it again, then again. */
void *explore_own(void);
void explore_set_own(void *own, void (*end)(void *own));

/* A point: another thread may go on here. about: for the trace. */
void explore_point(const char *about);
/* Others go on until ready(data); `deadline` is a time at which it may become so, or UINT64_MAX. */
void explore_block(bool (*ready)(void *data), void *data, uint64_t deadline_ns, const char *about);
/* The running thread makes a step of the variable's. */
void explore_step(explore_variable *variable);
/* A point, then a step of it. */
void explore_access(explore_variable *variable, const char *about);
/* The number of the run; state that outlives runs is stale when it was made in another. */
uint64_t explore_run_number(void);
/* Ends the run as a failure. */
_Noreturn void explore_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
