/* See peer_engine.h. The lines:
 *   build G               the graph of so many groups
 *   hold g...             variables for the groups g, found from the root; they also stand for what is new
 *   change g f t...       is to be assigned: field f of group g becomes group t, or none, -1
 *   dead g...             these will be garbage: their variables are to be given up first, all but weak references
 *   go                    assigns, gives up, collects
 *   check                 answers how many of the dead have gone, and how many of the other variables' groups
 *   new g...              makes such groups again, with no other group in their fields
 *   set g f t...          assigns at once
 *   end                   gives up all variables
 *   cycle n               n times a cycle of three, and a collection; answers how many cycles were found
 * Each is answered with a line, "done" where nothing else is said. */
#include <config.h>

#include "measure.h"
#include "peer_engine.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct engine {
  pid_t process;
  clockid_t clock; /* of the time that the process has had */
  FILE *to, *from;
};

engine *engine_start(const char *interpreter, const char *script) {
  const char *directory = getenv("BENCH_SCRIPTS");
  must_be(directory, "BENCH_SCRIPTS is not set");
  char path[4096];
  must_be(snprintf(path, sizeof path, "%s/%s", directory, script) < (int)sizeof path, "a path is too long");
  int to[2], from[2];
  must_be(!pipe2(to, O_CLOEXEC) && !pipe2(from, O_CLOEXEC), "cannot create a pipe");
  engine *started = allocate(1, sizeof *started);
  started->process = fork();
  must_be(started->process >= 0, "cannot fork");
  if (!started->process) {
    dup2(to[0], STDIN_FILENO);
    dup2(from[1], STDOUT_FILENO);
    execlp(interpreter, interpreter, path, (char *)NULL);
    _exit(127);
  }
  close(to[0]), close(from[1]);
  must_be(!clock_getcpuclockid(started->process, &started->clock), "a process has no clock");
  started->to = fdopen(to[1], "w");
  started->from = fdopen(from[0], "r");
  must_be(started->to && started->from, "cannot open a pipe");
  return started;
}

static double engine_ns(const engine *e) {
  struct timespec time;
  must_be(!clock_gettime(e->clock, &time), "a script has ended");
  return 1e9 * (double)time.tv_sec + (double)time.tv_nsec;
}

static void hear(const engine *e, const char *format, ...) {
  char line[256];
  must_be(!fflush(e->to) && fgets(line, sizeof line, e->from), "a script has ended");
  va_list values;
  va_start(values, format);
  int wanted = 0;
  for (const char *at = format; *at; at++)
    wanted += *at == '%';
  int got = vsscanf(line, format, values);
  va_end(values);
  if (wanted ? got != wanted : strcmp(line, "done\n")) {
    fprintf(stderr, "%s: a script says: %s", measure_bench, line);
    must_be(false, "a script has failed");
  }
}

static void done(const engine *e) { hear(e, ""); }

double engine_build(engine *e, uint32_t groups) {
  double start_ns = engine_ns(e);
  fprintf(e->to, "build %" PRIu32 "\n", groups);
  done(e);
  return engine_ns(e) - start_ns;
}

/* ------------------------------------------------------------------ changes */

/* A set of groups, in the order in which they were added. */
typedef struct set {
  uint8_t *has;
  uint32_t *groups, count;
} set;

static void add(set *s, uint32_t group) {
  if (group == GRAPH_NONE || s->has[group]) return;
  s->has[group] = 1;
  s->groups[s->count++] = group;
}

/* All groups that are named in the changes and in undoing them. */
static set named_groups(uint32_t groups, const graph_plan *plan) {
  set s = {allocate(groups, 1), allocate(groups, sizeof *s.groups), 0};
  for (int i = 0; i < CHANGES; i++) {
    const graph_change *change = &plan->changes[i];
    add(&s, change->group);
    add(&s, change->target);
    add(&s, graph_initial(groups, change->group, change->field));
  }
  for (uint32_t i = 0; i < plan->dead_count; i++) {
    add(&s, plan->dead[i]);
    for (int field = 0; field < GRAPH_FIELDS; field++)
      add(&s, graph_initial(groups, plan->dead[i], field));
  }
  return s;
}

static void say_groups(const engine *e, const char *verb, const uint32_t *groups, uint32_t count) {
  fputs(verb, e->to);
  for (uint32_t i = 0; i < count; i++)
    fprintf(e->to, " %" PRIu32, groups[i]);
  fputc('\n', e->to);
  done(e);
}

static void say_assignment(const engine *e, uint32_t group, int field, uint32_t target) {
  fprintf(e->to, " %" PRIu32 " %d %" PRId64, group, field, target == GRAPH_NONE ? -1 : (int64_t)target);
}

static void prepare(const engine *e, const set *named, const graph_plan *plan) {
  say_groups(e, "hold", named->groups, named->count);
  fputs("change", e->to);
  for (int i = 0; i < CHANGES; i++)
    say_assignment(e, plan->changes[i].group, plan->changes[i].field, plan->changes[i].target);
  fputc('\n', e->to);
  done(e);
  say_groups(e, "dead", plan->dead, plan->dead_count);
}

static void restore(const engine *e, uint32_t groups, const graph_plan *plan) {
  say_groups(e, "new", plan->dead, plan->dead_count);
  fputs("set", e->to);
  for (uint32_t i = 0; i < plan->dead_count; i++)
    for (int field = 0; field < GRAPH_FIELDS; field++)
      say_assignment(e, plan->dead[i], field, graph_initial(groups, plan->dead[i], field));
  for (int i = 0; i < CHANGES; i++) {
    const graph_change *change = &plan->changes[i];
    say_assignment(e, change->group, change->field, graph_initial(groups, change->group, change->field));
  }
  fputc('\n', e->to);
  done(e);
  fputs("end\n", e->to);
  done(e);
}

double engine_change(engine *e, uint32_t groups, const graph_plan *plan) {
  set named = named_groups(groups, plan);
  prepare(e, &named, plan);
  double start_ns = engine_ns(e);
  fputs("go\n", e->to);
  done(e);
  double ns = engine_ns(e) - start_ns;
  uint32_t dead_gone, others_gone;
  fputs("check\n", e->to);
  hear(e, "%" SCNu32 " %" SCNu32, &dead_gone, &others_gone);
  must_be(dead_gone == plan->dead_count, "a script has not found all that is dead");
  must_be(!others_gone, "a script has found dead what lives");
  restore(e, groups, plan);
  free(named.has);
  free(named.groups);
  return ns;
}

double engine_cycles(engine *e, uint64_t count) {
  uint64_t found;
  double start_ns = engine_ns(e);
  fprintf(e->to, "cycle %" PRIu64 "\n", count);
  hear(e, "%" SCNu64, &found);
  double ns = engine_ns(e) - start_ns;
  must_be(found == count, "a script has not found all cycles");
  return ns;
}

void engine_destroy(engine *e) {
  int status;
  fclose(e->to);
  fclose(e->from);
  must_be(waitpid(e->process, &status, 0) == e->process && !status, "a script has failed");
  free(e);
}
