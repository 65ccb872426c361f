/* Everything at once, on toy engines, for the thread sanitizer: four threads that open engines, call across, pass objects
 * on, make rings, collect, close and end, at random, beside a worker. At the end nothing is left. The same with the
 * languages' engines is tests/python/stress.py. */
#include <config.h>

#include <stdlib.h>

#include "support/threads.h"
#include "support/toy.h"
#include "support/trial.h"

enum { THREADS = 4, OFFERED = 8, MOVES = 200000, MOVES_OF_A_THREAD = 100, KEPT = 4 };

static xlgc_pool *pool;
static _Atomic unsigned left, calls;
static _Atomic int unexpected; /* a code that a move may not be answered */

/* Functions of engines that threads offer one another, pinned. */
static struct {
  pthread_mutex_t lock;
  xlgc_id ids[OFFERED];
} offered = {.lock = PTHREAD_MUTEX_INITIALIZER};

static xlgc_context *here(void) {
  xlgc_context *context;
  MUST(xlgc_context_here(pool, &context) == 0);
  return context;
}

/* What a place offers, pinned once more, or XLGC_ID_NONE. */
static xlgc_id take_offered(unsigned place) {
  pthread_mutex_lock(&offered.lock);
  xlgc_id id = offered.ids[place];
  if (id != XLGC_ID_NONE) MUST(xlgc_pin(here(), id) == 0);
  pthread_mutex_unlock(&offered.lock);
  return id;
}
static void give_back(xlgc_id id) {
  if (id != XLGC_ID_NONE) MUST(xlgc_unpin(here(), id) == 0);
}
/* id: pinned; the pin is the place's from then on. */
static void offer(unsigned place, xlgc_id id) {
  pthread_mutex_lock(&offered.lock);
  xlgc_id before = offered.ids[place];
  offered.ids[place] = id;
  pthread_mutex_unlock(&offered.lock);
  give_back(before);
}

static void expect(int answer) {
  switch (answer) {
  case XLGC_E_STALE:
  case XLGC_E_OTHER_THREAD:
  case XLGC_E_DEADLOCK:
  case XLGC_E_BUSY: return;
  default:
    if (answer < 0) unexpected = answer;
  }
}

/* --------------------------------------------------------------- engines */

typedef struct engine {
  toy *toy;
  uint64_t seed;
} engine;

static int end_engine(void *data) {
  engine *engine = data;
  if (engine->toy->host) {
    int failed = xlgc_host_close(engine->toy->host);
    if (failed) return failed;
    engine->toy->host = NULL;
  }
  toy_close(engine->toy);
  free(engine);
  left--;
  return 0;
}
static const xlgc_language language = {.name = "toy", .end = end_engine};

static void visit(xlgc_id id, const xlgc_value *argument) {
  xlgc_visit visit;
  xlgc_value out;
  int failed = xlgc_visit_begin_held(&visit, pool, id);
  expect(failed);
  if (failed) return;
  expect(xlgc_visit_call(&visit, NULL, argument, argument != NULL, &out));
  xlgc_visit_end(&visit);
}

/* The engine's code: keeps what it is given or holds it in a ring, lets go, and calls others. */
static int call(xlgc_visit *at, const xlgc_value *self, const xlgc_value *arguments, size_t count, xlgc_value *out) {
  (void)self, (void)out;
  engine *engine = at->handle;
  toy *toy = engine->toy;
  unsigned kept = 1 + trial_random(&engine->seed, KEPT);
  calls++;
  if (count) {
    int failed = toy_take(toy, HOSTS_SCRATCH, arguments->as.id);
    if (failed) return failed;
    toy_make(toy, kept, kept);
    toy_set(toy, kept, 0, HOSTS_SCRATCH);
    toy_drop(toy, HOSTS_SCRATCH);
  } else {
    toy_drop(toy, kept);
  }
  if (trial_random(&engine->seed, 4)) return 0;
  xlgc_id id = take_offered(trial_random(&engine->seed, OFFERED));
  if (id != XLGC_ID_NONE) visit(id, NULL);
  give_back(id);
  return 0;
}
static const xlgc_behaviour callable = {.call = call};

/* Its function is offered; another language would hold the engine by its object, a program does by a pin. */
static engine *open_engine(uint64_t *seed, xlgc_id *function) {
  static const unsigned sorts[] = {0, TOY_REUSES, TOY_LATE, TOY_OFTEN};
  engine *made = calloc(1, sizeof *made);
  MUST(made);
  left++;
  made->seed = *seed ^ left;
  made->toy = toy_open(pool, sorts[trial_random(seed, sizeof sorts / sizeof *sorts)]);
  toy_make(made->toy, 0, 0);
  toy_behave(made->toy, 0, &callable, made, XLGC_CALLABLE);
  MUST(toy_give(made->toy, 0, function) == 0);
  MUST(xlgc_pin(here(), *function) == 0);
  MUST(xlgc_language_started(pool, &language, made, *function) == 0);
  MUST(xlgc_host_share(made->toy->host) == 0);
  return made;
}

static void end_or_want(engine *engine) {
  int answer = xlgc_language_end(pool, &language, engine);
  MUST(answer == 0 || answer == 1);
}

/* --------------------------------------------------------------- threads */

static void pass(uint64_t *seed) {
  xlgc_id function = take_offered(trial_random(seed, OFFERED)), object = take_offered(trial_random(seed, OFFERED));
  xlgc_value value = {.type = XLGC_OBJECT, .traits = XLGC_CALLABLE, .as.id = object};
  if (function != XLGC_ID_NONE) visit(function, object == XLGC_ID_NONE ? NULL : &value);
  give_back(function);
  give_back(object);
}

static void work(void *data) {
  uint64_t seed = *(uint64_t *)data;
  engine *mine[2] = {NULL};
  for (unsigned move = 0; move < MOVES_OF_A_THREAD; move++) {
    engine **one = &mine[trial_random(&seed, 2)];
    xlgc_id id;
    switch (trial_random(&seed, 12)) {
    case 0:
      if (*one) break;
      *one = open_engine(&seed, &id);
      offer(trial_random(&seed, OFFERED), id);
      break;
    case 1:
      if (!*one) break;
      end_or_want(*one);
      *one = NULL;
      break;
    case 2: expect(xlgc_hosts_collect(pool)); break;
    case 3: offer(trial_random(&seed, OFFERED), XLGC_ID_NONE); break;
    case 4: expect(xlgc_hosts_frame(pool, 100000)); break;
    case 5: xlgc_hosts_poke(); break;
    default: pass(&seed);
    }
  }
  for (unsigned i = 0; i < 2; i++)
    if (mine[i]) end_or_want(mine[i]);
}

START_TEST(everything_at_once) {
  uint64_t seed = trial_seed();
  unsigned rounds = trial_work(MOVES) / (THREADS * MOVES_OF_A_THREAD);
  ok(xlgc_pool_create(NULL, &pool));
  ok(xlgc_worker_start(pool));
  for (unsigned round = 0; round < rounds; round++) {
    job jobs[THREADS];
    uint64_t seeds[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
      seeds[i] = seed ^ (uint64_t)(round * THREADS + i) << 20;
      begin(&jobs[i], work, &seeds[i]);
    }
    for (unsigned i = 0; i < THREADS; i++)
      end(&jobs[i]);
  }
  for (unsigned i = 0; i < OFFERED; i++)
    offer(i, XLGC_ID_NONE);
  ck_assert_str_eq(xlgc_errname(unexpected), xlgc_errname(0));
  ck_assert_uint_gt(calls, rounds);
  xlgc_statistics statistics;
  ok(xlgc_worker_stop(pool));
  ok(xlgc_flush(pool));
  ok(xlgc_stats(pool, &statistics));
  ck_assert_uint_eq(left, 0);
  ck_assert_uint_eq(statistics.objects, 0);
  ck_assert_uint_eq(statistics.errors, 0);
  ok(xlgc_verify(pool, NULL, 0));
  ok(xlgc_pool_destroy(pool));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("hosts_stress");
  TCase *cases = trial_case(suite, "stress");
  tcase_add_test(cases, everything_at_once);
  return trial_run(suite);
}
