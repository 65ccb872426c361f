#include <config.h>

#include "explore.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "arena.h"
#include "coroutine.h"

enum {
  THREADS_MAX = 7,
  POINTS_MAX = 20000, /* in one run: more is taken for a run that does not end */
  NODES_MAX = POINTS_MAX,
  SWITCHES_MAX = 512,
  TEXT_BYTES = 512,
  NS_START = 1000000000,
  TABLE_BITS = 22
};

/* The most schedules with the same bound, times ten with XLGC_LONG; then a scenario says that it was not exhausted. What
 * is looked at does not depend on how fast the machine is. */
enum { SCHEDULES_MAX = 2000000 };

typedef struct thread {
  coroutine coroutine;
  bool alive;
  bool (*ready)(void *data); /* NULL: it can go on */
  void *data;
  uint64_t deadline_ns;
  void (*run)(void *data);
  void *run_data;
  void *own;
  void (*end_own)(void *own);
  uint64_t steps, points;
  explore_variable end;
  const char *about; /* what it stands before */
} thread;

/* A choice that was made: one of the threads that could go on, the first of them being what happens by itself. */
typedef struct node {
  uint32_t point;
  uint8_t count, taken;
  uint8_t options[THREADS_MAX];
} node;

typedef struct departure {
  uint32_t point;
  uint8_t to;
} departure;

static struct {
  /* The search. */
  const explore_scenario *scenario;
  unsigned bound;
  bool all, replays;
  node nodes[NODES_MAX];
  uint32_t node_count;
  uint64_t run_number;
  uint64_t table[1 << TABLE_BITS]; /* a state's hash, but for its low bits: the preemptions left there + 1 */
  /* What is told of it. */
  uint64_t schedules, cut, deepest;
  /* One run. */
  bool runs, is_cut;
  coroutine explorer;
  thread threads[THREADS_MAX];
  unsigned thread_count, alive_count, self, preemptions;
  uint32_t points, depth;
  uint64_t seen;   /* a hash of what all threads have seen: the sum over all steps */
  uint64_t places; /* and one of where they stand: the sum over the threads */
  uint64_t clock_ns;
  departure departures[SWITCHES_MAX];
  unsigned departure_count;
  char failure[TEXT_BYTES];
  /* The schedule to replay. */
  departure given[SWITCHES_MAX];
  unsigned given_count, given_next;
} x;

bool explore_runs(void) { return x.runs; }
unsigned explore_self(void) { return x.runs ? x.self : 0; }
uint64_t explore_clock_ns(void) { return x.clock_ns; }
uint64_t explore_run_number(void) { return x.run_number; }

void *explore_own(void) { return x.threads[explore_self()].own; }
void explore_set_own(void *own, void (*end)(void *own)) {
  x.threads[explore_self()].own = own;
  x.threads[explore_self()].end_own = end;
}

/* ----------------------------------------------------------------- tell */

/* Appends to a text in a way that a signal handler may use. */
static size_t put_text(char *text, size_t at, const char *what) {
  while (*what && at < TEXT_BYTES - 1)
    text[at++] = *what++;
  return at;
}

static size_t put_number(char *text, size_t at, uint64_t number) {
  char digits[24];
  size_t count = sizeof digits;
  digits[--count] = 0;
  do {
    digits[--count] = (char)('0' + number % 10);
  } while (number /= 10);
  return put_text(text, at, digits + count);
}

/* NAME:POINT.THREAD,... for each point at which not that went on which does so by itself. */
static size_t put_schedule(char *text) {
  size_t at = put_text(text, 0, "SCHEDULE=");
  at = put_text(text, at, x.scenario->name);
  for (unsigned i = 0; i < x.departure_count; i++) {
    at = put_text(text, at, i ? "," : ":");
    at = put_number(text, at, x.departures[i].point);
    at = put_text(text, at, ".");
    at = put_number(text, at, x.departures[i].to);
  }
  if (!x.departure_count) at = put_text(text, at, ":");
  return put_text(text, at, "\n");
}

/* A signal inside a run: says which schedule it was, and lets the signal end the process. */
static void on_signal(int number) {
  char text[TEXT_BYTES];
  size_t count = put_schedule(text);
  if (x.runs && write(STDOUT_FILENO, text, count) < 0) _exit(EXIT_FAILURE);
  signal(number, SIG_DFL);
  raise(number);
}

static void catch_signals(void) {
  static const int numbers[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
    signal(numbers[i], on_signal);
}

void explore_fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(x.failure, sizeof x.failure, format, arguments);
  va_end(arguments);
  coroutine_switch(&x.threads[x.self].coroutine, &x.explorer);
  abort();
}

void explore_check_(bool good, const char *text, const char *file, int line) {
  if (!good) explore_fail("%s:%d: thread %u: not so: %s", file, line, x.self, text);
}

/* -------------------------------------------------------------- states */

/* Steele, Lea and Flood's mixer. */
static uint64_t mixed(uint64_t word) {
  word = (word ^ word >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
  word = (word ^ word >> 27) * UINT64_C(0x94D049BB133111EB);
  return word ^ word >> 31;
}

void explore_step(explore_variable *variable) {
  if (!x.runs) return;
  if (variable->run != x.run_number) *variable = (explore_variable){.run = x.run_number};
  thread *self = &x.threads[x.self];
  uint64_t step =
      mixed((uint64_t)((uintptr_t)variable - (uintptr_t)&x) + UINT64_C(0x9E3779B97F4A7C15) * ++variable->steps);
  x.seen += mixed(step + UINT64_C(0xD1B54A32D192ED03) * ++self->steps + x.self);
}

/* The running thread comes to its next point. */
static void move_on(void) {
  thread *self = &x.threads[x.self];
  uint64_t who = (x.self + 1) * UINT64_C(0x9FB21C651E98DF25);
  x.places -= mixed(who + self->points);
  x.places += mixed(who + ++self->points);
}

/* Was the run in this state before, with at least as many preemptions left? From now on it was. */
static bool met(bool goes_on) {
  enum { LEFT_BITS = 3 };
  uint64_t who = goes_on ? x.self : THREADS_MAX;
  uint64_t name = mixed(x.seen + mixed(x.places + mixed(x.clock_ns + mixed(who + 1)))) >> LEFT_BITS;
  uint64_t *entry = &x.table[name & ((1u << TABLE_BITS) - 1)];
  uint64_t left = x.bound - x.preemptions + 1;
  if (*entry >> LEFT_BITS == name && (*entry & ((1 << LEFT_BITS) - 1)) >= left) return true;
  *entry = name << LEFT_BITS | left;
  return false;
}

/* ------------------------------------------------------------- choices */

static bool can_run(unsigned number) {
  const thread *thread = &x.threads[number];
  return thread->alive && (!thread->ready || thread->ready(thread->data));
}

/* Nobody can go on: it is later. Returns false when nobody waits for that. */
static bool pass_time(void) {
  uint64_t next_ns = UINT64_MAX;
  for (unsigned i = 0; i < x.thread_count; i++) {
    const thread *thread = &x.threads[i];
    bool waits = thread->alive && thread->ready && thread->deadline_ns > x.clock_ns;
    if (waits && thread->deadline_ns < next_ns) next_ns = thread->deadline_ns;
  }
  if (next_ns == UINT64_MAX) return false;
  x.clock_ns = next_ns;
  return true;
}

/* Ends the run as a failure that shows where everybody is. */
static void explain(const char *what) {
  char text[TEXT_BYTES];
  size_t at = put_text(text, 0, what);
  for (unsigned i = 0; i < x.thread_count; i++) {
    if (!x.threads[i].alive) continue;
    at = put_text(text, at, "; thread ");
    at = put_number(text, at, i);
    at = put_text(text, at, " stands before ");
    at = put_text(text, at, x.threads[i].about);
  }
  text[at] = 0;
  explore_fail("%s", text);
}

/* Who may go on, first who does so by itself. */
static unsigned list_options(bool goes_on, uint8_t *options) {
  unsigned count = 0;
  if (goes_on) options[count++] = (uint8_t)x.self;
  if (goes_on && !x.replays && x.preemptions == x.bound) return count;
  for (;;) {
    for (unsigned i = 0; i < x.thread_count; i++)
      if (!(goes_on && i == x.self) && can_run(i)) options[count++] = (uint8_t)i;
    if (count) return count;
    if (!pass_time()) explain("nobody can go on");
  }
}

static unsigned choose_as_given(const uint8_t *options, unsigned count) {
  if (x.given_next == x.given_count || x.given[x.given_next].point != x.points) return options[0];
  uint8_t to = x.given[x.given_next++].to;
  if (!memchr(options, to, count)) explore_fail("the schedule does not fit: thread %u cannot run", to);
  return to;
}

static unsigned choose_by_search(bool goes_on, const uint8_t *options, unsigned count) {
  if (x.depth == x.node_count && !x.is_cut && !x.all && met(goes_on)) x.is_cut = true;
  if (x.is_cut || count == 1) return options[0];
  if (x.depth == x.node_count) {
    if (x.node_count == NODES_MAX) explore_fail("the run has too many choices");
    node *fresh = &x.nodes[x.node_count++];
    *fresh = (node){.point = x.points, .count = (uint8_t)count};
    memcpy(fresh->options, options, count);
  }
  const node *node = &x.nodes[x.depth++];
  if (node->point != x.points || node->count != count || memcmp(node->options, options, count))
    explore_fail("the scenario is not deterministic: the same choices led elsewhere");
  return node->options[node->taken];
}

static void trace(unsigned chosen) {
  printf("  %5u  thread %u stands before %s", x.points, x.self, x.threads[x.self].about);
  if (chosen != x.self) printf(", and thread %u goes on", chosen);
  printf("\n");
}

/* The running thread stands at a point: lets the one that is chosen go on. */
static void choose(bool goes_on) {
  if (x.alive_count == 1 && goes_on) return;
  if (++x.points == POINTS_MAX) explain("the run does not end");
  move_on();
  uint8_t options[THREADS_MAX];
  unsigned count = list_options(goes_on, options);
  unsigned chosen = x.replays ? choose_as_given(options, count) : choose_by_search(goes_on, options, count);
  if (x.is_cut && !x.scenario->whole_runs) coroutine_switch(&x.threads[x.self].coroutine, &x.explorer);
  if (x.replays) trace(chosen);
  if (chosen != options[0]) {
    if (x.departure_count == SWITCHES_MAX) explore_fail("the run has too many switches");
    x.departures[x.departure_count++] = (departure){x.points, (uint8_t)chosen};
  }
  if (chosen == x.self) return;
  x.preemptions += goes_on;
  coroutine *from = &x.threads[x.self].coroutine;
  x.self = chosen;
  coroutine_switch(from, &x.threads[chosen].coroutine);
}

/* ------------------------------------------------------------- threads */

void explore_point(const char *about) {
  if (!x.runs) return;
  x.threads[x.self].about = about;
  choose(true);
}

void explore_access(explore_variable *variable, const char *about) {
  explore_point(about);
  explore_step(variable);
}

void explore_block(bool (*ready)(void *data), void *data, uint64_t deadline_ns, const char *about) {
  if (!x.runs) return;
  thread *self = &x.threads[x.self];
  self->ready = ready;
  self->data = data;
  self->deadline_ns = deadline_ns;
  self->about = about;
  choose(false);
  self->ready = NULL;
}

static void run_thread(void *data) {
  thread *self = data;
  self->run(self->run_data);
  while (self->own) {
    void *own = self->own;
    self->own = NULL;
    self->end_own(own);
  }
  self->alive = false;
  x.alive_count--;
  self->about = "its end";
  explore_step(&self->end);
  if (self == x.threads) {
    for (unsigned i = 1; i < x.thread_count; i++)
      if (x.threads[i].alive) explore_fail("thread %u was not joined", i);
    coroutine_switch(&self->coroutine, &x.explorer);
  }
  choose(false);
}

unsigned explore_start(void (*run)(void *data), void *data) {
  unsigned number = 0;
  while (number < x.thread_count && (x.threads[number].alive || x.threads[number].run))
    number++;
  if (number == THREADS_MAX) explore_fail("the scenario has too many threads");
  if (number == x.thread_count) x.thread_count++;
  thread *started = &x.threads[number];
  started->alive = true;
  x.alive_count++;
  started->ready = NULL;
  started->own = NULL;
  started->run = run;
  started->run_data = data;
  started->steps = started->points = 0;
  coroutine_prepare(&started->coroutine, run_thread, started);
  if (number) explore_step(&started->end);
  return number;
}

static bool has_ended(void *data) { return !((thread *)data)->alive; }

void explore_join(unsigned number) {
  thread *joined = &x.threads[number];
  if (joined->alive) explore_block(has_ended, joined, UINT64_MAX, "a join");
  explore_step(&joined->end);
}

/* -------------------------------------------------------------- search */

static void run_main(void *data) {
  (void)data;
  x.scenario->run();
}

static void run_once(void) {
  x.run_number++;
  x.points = x.depth = 0;
  x.preemptions = x.departure_count = x.given_next = 0;
  x.thread_count = x.alive_count = x.self = 0;
  x.seen = x.places = 0;
  x.clock_ns = NS_START;
  x.is_cut = false;
  x.failure[0] = 0;
  for (unsigned i = 0; i < THREADS_MAX; i++) {
    x.threads[i].run = NULL;
    x.threads[i].alive = false;
  }
  arena_reset();
  explore_start(run_main, NULL);
  x.runs = true;
  coroutine_switch(&x.explorer, &x.threads[0].coroutine);
  x.runs = false;
  x.schedules++;
  x.cut += x.is_cut;
  if (x.points > x.deepest) x.deepest = x.points;
}

/* Goes on to the next choice that is left. Returns false when there is none. */
static bool backtrack(void) {
  while (x.node_count) {
    node *last = &x.nodes[x.node_count - 1];
    if (++last->taken < last->count) return true;
    x.node_count--;
  }
  return false;
}

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static bool report_failure(void) {
  char text[TEXT_BYTES + 1];
  text[put_schedule(text)] = 0;
  printf("%s: %s\n  with %u preemptions, schedule %llu\n  %s", x.scenario->name, x.failure, x.preemptions,
         (unsigned long long)x.schedules, text);
  fflush(stdout);
  return false;
}

static bool replay(const char *schedule) {
  x.replays = true;
  x.given_count = 0;
  for (char *end; *schedule && x.given_count < SWITCHES_MAX; schedule = *end ? end + 1 : end) {
    departure *given = &x.given[x.given_count++];
    given->point = (uint32_t)strtoul(schedule, &end, 10);
    given->to = *end == '.' ? (uint8_t)strtoul(end + 1, &end, 10) : 0;
  }
  printf("%s: one schedule\n", x.scenario->name);
  run_once();
  if (x.failure[0]) return report_failure();
  printf("  nothing is wrong with it\n");
  return true;
}

bool explore(const explore_scenario *scenario) {
  size_t name_length = strlen(scenario->name);
  const char *given = getenv("SCHEDULE");
  if (given && (strncmp(given, scenario->name, name_length) != 0 || !strchr(":", given[name_length]))) return true;
  x.scenario = scenario;
  x.all = getenv("SCHEDULES_ALL") != NULL;
  x.schedules = x.deepest = x.run_number = 0;
  catch_signals();
  if (given && given[name_length]) return replay(given + name_length + 1);
  x.replays = false;
  bool is_long = getenv("XLGC_LONG") != NULL, done = true;
  unsigned last = scenario->preemptions + is_long;
  uint64_t most = scenario->schedules_max ? scenario->schedules_max : SCHEDULES_MAX;
  if (is_long) most *= 10;
  double start = seconds();
  for (x.bound = 0; x.bound <= last && done; x.bound++) {
    x.schedules = x.cut = 0;
    memset(x.table, 0, sizeof x.table);
    x.node_count = 0;
    do {
      run_once();
      if (x.failure[0]) return report_failure();
      done = x.schedules < most;
    } while (done && backtrack());
  }
  double took = seconds() - start;
  printf("%s: %u threads, at most %llu points, %llu schedules (%llu cut short) with up to %u preemptions%s, %.1f s, "
         "%.0f schedules/s\n",
         scenario->name, scenario->threads, (unsigned long long)x.deepest, (unsigned long long)x.schedules,
         (unsigned long long)x.cut, x.bound - 1, done ? ", all of them" : ", NOT ALL of them", took,
         (double)x.schedules / took);
  fflush(stdout);
  return true;
}
