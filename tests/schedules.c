/* Small scenarios of two to four threads, each run under every schedule with a few preemptions (schedule/explore.h): what
 * the contract owes threads, where luck would seldom show that it is not kept.
 *
 * Objects are structs that know whether they were released; touching one afterwards is the failure to be found. Both
 * the touch and the release stand at a point of their own. The program's lock is a mutex of the library's making, so
 * that the explorer knows it. Pools take their memory from an arena, which makes new ones cheap.
 *
 * SCHEDULE=... repeats the one that a failure printed, and shows every step of it; SCHEDULE=NAME runs one scenario.
 * XLGC_LONG allows one preemption more. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xlgc.h>

#include "base/compiler.h"
#include "base/platform.h"
#include "pool/pool.h"
#include "schedule/arena.h"
#include "schedule/explore.h"
#include "support/trial.h"

enum { THINGS_MAX = 6, CONTEXTS_MAX = 4, AUTOMAKE_SKIP = 77 };

/* ------------------------------------------------------------- the world */

typedef struct thing {
  explore_variable variable;
  xlgc_id id;
  unsigned released, cleared, asked, survived;
} thing;

/* All that a scenario has; zero when it begins. */
static struct {
  xlgc_pool *pool;
  xlgc_context *contexts[CONTEXTS_MAX];
  xlgc__mutex lock; /* the program's */
  explore_variable place_variable;
  xlgc_id place; /* a pointer that threads share */
  thing things[THINGS_MAX];
  xlgc_weak *weak;
  unsigned errors;
  uint64_t events; /* logged with success, where a scenario counts them */
  bool flags[4];   /* a scenario's own */
  unsigned made, holders;
  unsigned dropper; /* the context through which the root lets go of x */
  unsigned owner;
} w;

static thing *const root = &w.things[0], *const x = &w.things[1], *const y = &w.things[2];

#define must(call) explore_check((call) == 0)

static void *allocate(void *data, size_t size_bytes) {
  (void)data;
  return arena_allocate(size_bytes);
}

static void release_memory(void *data, void *memory, size_t size_bytes) {
  (void)data;
  arena_release(memory, size_bytes);
}

static void release(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)context;
  (void)data;
  thing *released = object;
  explore_access(&released->variable, "a release");
  explore_check(released->id == id);
  explore_check(!released->released);
  released->released++;
}

static const xlgc_kind kind = {.name = "thing", .flags = XLGC_KIND_UNINDEXED, .release = release};

/* Touches an object that must be there. */
static void use(thing *used) {
  explore_access(&used->variable, "a use");
  explore_check(!used->released);
}

static void on_error(void *data, const xlgc_error *error) {
  (void)data;
  explore_fail("error: %s: %s", error->what, xlgc_errname(error->code));
}

static void on_survivor(void *data, const xlgc_survivor *survivor) {
  (void)data;
  thing *survived = survivor->object;
  survived->survived++;
}

static xlgc_config small_config(void) {
  xlgc_config config;
  xlgc_config_init(&config);
  config.queue_events = config.queue_reserve = 1016;
  config.allocator = (xlgc_allocator){.allocate = allocate, .release = release_memory};
  config.on_error = on_error;
  config.on_survivor = on_survivor;
  return config;
}

static void register_thing(xlgc_context *context, thing *made, const xlgc_kind *of) {
  must(xlgc_register(context, made, of, &made->id));
}

/* A pool with contexts; root is pinned, and holds x, to which the place points. */
static void open_with(const xlgc_config *config, unsigned contexts, const xlgc_kind *kind_of_x) {
  memset(&w, 0, sizeof w);
  must(xlgc__mutex_init(&w.lock));
  must(xlgc_pool_create(config, &w.pool));
  static const char *const names[CONTEXTS_MAX] = {"first", "second", "third", "fourth"};
  for (unsigned i = 0; i < contexts; i++)
    must(xlgc_context_create(w.pool, names[i], &w.contexts[i]));
  register_thing(w.contexts[0], root, &kind);
  must(xlgc_pin(w.contexts[0], root->id));
  register_thing(w.contexts[0], x, kind_of_x);
  must(xlgc_link(w.contexts[0], root->id, x->id));
  must(xlgc_flush(w.pool));
  w.place = x->id;
  w.dropper = 1;
}

static void open_world(unsigned contexts) {
  xlgc_config config = small_config();
  open_with(&config, contexts, &kind);
}

static void flush(void) { must(xlgc_flush(w.pool)); }

/* Lets go of the root, and ends the pool: everything has been released, once. */
static void close_world(void) {
  must(xlgc_unpin(w.contexts[0], root->id));
  flush();
  for (unsigned i = 0; i < THINGS_MAX; i++)
    explore_check(w.things[i].released == (w.things[i].id != XLGC_ID_NONE));
  must(xlgc_pool_destroy(w.pool));
  for (unsigned i = 0; i < THINGS_MAX; i++)
    explore_check(!w.things[i].survived);
  xlgc__mutex_destroy(&w.lock);
}

static void run_together(void (*const *runs)(void *), unsigned count) {
  unsigned threads[8];
  for (unsigned i = 0; i < count; i++)
    threads[i] = explore_start(runs[i], NULL);
  for (unsigned i = 0; i < count; i++)
    explore_join(threads[i]);
}
#define together(...)                                  \
  run_together((void (*const[])(void *)){__VA_ARGS__}, \
               sizeof((void (*[])(void *)){__VA_ARGS__}) / sizeof(void (*)(void *)))

/* Leaves something to apply, so that the next step begins a round whether or not the threads have logged yet. */
static void make_a_round_due(void) {
  must(xlgc_pin(w.contexts[0], root->id));
  must(xlgc_unpin(w.contexts[0], root->id));
}

static void lock(void) { xlgc__mutex_lock(&w.lock); }
static void unlock(void) { xlgc__mutex_unlock(&w.lock); }

/* A step may find another thread at work, or a section open. */
static void step(size_t units) {
  int result = xlgc_step(w.pool, units);
  explore_check(result >= 0 || result == XLGC_E_BUSY || result == XLGC_E_HELD);
}

static void steps_twice(void *data) {
  (void)data;
  step(3);
  step(1000);
}

static void steps_once(void *data) {
  (void)data;
  step(1000);
}

static void flushes(void *data) {
  (void)data;
  flush();
}

/* The program's lock spans changing the place and logging the drop. */
static void drops(void *data) {
  (void)data;
  lock();
  w.place = XLGC_ID_NONE;
  must(xlgc_unlink(w.contexts[w.dropper], root->id, x->id));
  unlock();
}

/* ------------------------------------------------------------- hand-over */

static void takes(void *data) {
  (void)data;
  lock();
  xlgc_id taken = w.place;
  if (taken) must(xlgc_pin(w.contexts[!w.dropper], taken));
  unlock();
  if (!taken) return;
  use(x);
  must(xlgc_unpin(w.contexts[!w.dropper], taken));
}

/* Cuts are taken context by context, the newer ones first or the older ones: both ways around. */
static void hand_over_with(unsigned dropper, void (*worker)(void *)) {
  open_world(2);
  w.dropper = dropper;
  make_a_round_due();
  together(takes, drops, worker);
  flush();
  explore_check(x->released == 1);
  close_world();
}

static void hand_over(void) { hand_over_with(1, steps_twice); }
static void hand_over_older(void) { hand_over_with(0, steps_twice); }
static void hand_over_flush(void) { hand_over_with(1, flushes); }
static void hand_over_older_flush(void) { hand_over_with(0, flushes); }

/* ------------------------------------------------- the cancelling trap */

static thing *const carrier = &w.things[2], *const taker = &w.things[3];
enum { WITH_CARRIER, WITH_TAKER };

static void carries(void *data) {
  (void)data;
  lock();
  if (w.place) {
    must(xlgc_link(w.contexts[0], carrier->id, x->id));
    w.flags[WITH_CARRIER] = true;
  }
  unlock();
  lock();
  if (w.flags[WITH_CARRIER]) {
    w.flags[WITH_CARRIER] = false;
    must(xlgc_unlink(w.contexts[0], carrier->id, x->id));
  }
  unlock();
}

static void takes_over(void *data) {
  (void)data;
  lock();
  if (w.flags[WITH_CARRIER]) {
    must(xlgc_link(w.contexts[2], taker->id, x->id));
    w.flags[WITH_TAKER] = true;
  }
  unlock();
  if (w.flags[WITH_TAKER]) use(x);
}

static void cancelling(void) {
  open_world(3);
  register_thing(w.contexts[0], carrier, &kind);
  must(xlgc_pin(w.contexts[0], carrier->id));
  register_thing(w.contexts[0], taker, &kind);
  must(xlgc_pin(w.contexts[0], taker->id));
  flush();
  together(carries, takes_over, drops, steps_once);
  flush();
  if (w.flags[WITH_TAKER]) {
    use(x);
    must(xlgc_unlink(w.contexts[2], taker->id, x->id));
    flush();
  }
  explore_check(x->released == 1);
  must(xlgc_unpin(w.contexts[0], carrier->id));
  must(xlgc_unpin(w.contexts[0], taker->id));
  close_world();
}

/* -------------------------------------------------------------- sections */

/* What a section reads is shared without a lock. */
static xlgc_id load_place(void) {
  explore_access(&w.place_variable, "reading the place");
  return w.place;
}

static void drops_unlocked(void *data) {
  (void)data;
  explore_access(&w.place_variable, "overwriting the place");
  w.place = XLGC_ID_NONE;
  must(xlgc_unlink(w.contexts[1], root->id, x->id));
}

static void looks(void *data) {
  (void)data;
  must(xlgc_enter(w.contexts[0]));
  if (load_place()) use(x);
  must(xlgc_leave(w.contexts[0]));
}

static void looks_and_keeps(void *data) {
  (void)data;
  must(xlgc_enter(w.contexts[0]));
  xlgc_id seen = load_place();
  if (seen) must(xlgc_pin(w.contexts[0], seen));
  must(xlgc_leave(w.contexts[0]));
  if (!seen) return;
  use(x);
  must(xlgc_unpin(w.contexts[0], seen));
}

/* A round may begin in one section and end in the next. */
static void looks_again(void *data) {
  (void)data;
  must(xlgc_enter(w.contexts[0]));
  if (load_place()) use(x);
  must(xlgc_safepoint(w.contexts[0]));
  if (load_place()) use(x);
  must(xlgc_leave(w.contexts[0]));
}

static void sections_with(void (*reader)(void *), void (*worker)(void *)) {
  open_world(2);
  together(reader, drops_unlocked, worker);
  flush();
  explore_check(x->released == 1);
  close_world();
}

static void sections(void) { sections_with(looks, steps_twice); }
static void sections_flush(void) { sections_with(looks, flushes); }
static void sections_keep(void) { sections_with(looks_and_keeps, steps_twice); }
static void sections_keep_flush(void) { sections_with(looks_and_keeps, flushes); }
static void sections_safepoint(void) { sections_with(looks_again, flushes); }

/* ------------------------------------------------------- weak references */

static void cleared(void *data, xlgc_weak *weak) {
  (void)weak;
  thing *gone = data;
  explore_access(&gone->variable, "a clearing");
  explore_check(!gone->released && !gone->cleared);
  gone->cleared++;
}

static void unpins_root(void *data) {
  (void)data;
  must(xlgc_unpin(w.contexts[1], root->id));
}

/* Keeps what it gets to the end. */
static void loads(void *data) {
  (void)data;
  must(xlgc_weak_load(w.weak, &w.place));
  if (w.place) use(w.place == x->id ? x : root);
}

static void loads_and_lets_go(void *data) {
  (void)data;
  loads(data);
  if (w.place) must(xlgc_unpin(w.contexts[0], w.place));
  w.place = XLGC_ID_NONE;
}

/* The root holds x; one of both has a weak reference, and the root's last pin goes. */
static void weak_with(thing *referred, void (*loader)(void *), void (*worker)(void *)) {
  open_world(2);
  w.place = XLGC_ID_NONE;
  must(xlgc_weak_create(w.contexts[0], referred->id, cleared, referred, &w.weak));
  flush();
  together(loader, unpins_root, worker);
  flush();
  if (w.place) {
    explore_check(w.place == referred->id);
    use(referred);
    use(x);
    explore_check(!referred->cleared);
    explore_check(root->released == (referred != root));
    must(xlgc_unpin(w.contexts[0], w.place));
    flush();
  }
  xlgc_id loaded;
  must(xlgc_weak_load(w.weak, &loaded));
  explore_check(!loaded);
  must(xlgc_weak_destroy(w.weak));
  explore_check(referred->cleared == 1);
  explore_check(x->released == 1 && root->released == 1);
  must(xlgc_pool_destroy(w.pool));
}

static void weak_held(void) { weak_with(x, loads, steps_twice); }
static void weak_holder(void) { weak_with(root, loads, steps_twice); }
static void weak_flush(void) { weak_with(x, loads, flushes); }
static void weak_again(void) { weak_with(root, loads_and_lets_go, flushes); }

/* Interning makes things with the same key; the last things of the world are for it. */
static const char key[] = "key";

static void release_interned(xlgc_context *context, xlgc_id id, void *object, void *data) {
  thing *interned = object;
  interned->id = id;
  explore_access(&w.place_variable, "a release of what was interned");
  explore_check(!w.holders || w.place != id);
  release(context, id, object, data);
}

static const xlgc_kind interned_kind = {.name = "interned", .flags = XLGC_KIND_UNINDEXED, .release = release_interned};

static int make(void *data, const void *sought, size_t key_bytes, xlgc_interned *made) {
  (void)data;
  (void)sought;
  (void)key_bytes;
  *made = (xlgc_interned){.object = &w.things[2 + w.made++], .kind = &interned_kind, .key = key};
  return 0;
}

/* While one has the object with the key, there is no other. */
static void interns(xlgc_context *context) {
  xlgc_id id;
  must(xlgc_intern(context, key, sizeof key, 1, make, NULL, &id));
  explore_access(&w.place_variable, "comparing what was interned");
  explore_check(!w.holders || w.place == id);
  w.place = id;
  w.holders++;
  explore_access(&w.place_variable, "letting go of it");
  w.holders--;
  must(xlgc_unpin(context, id));
}

static void interns_first(void *data) {
  (void)data;
  interns(w.contexts[0]);
}

static void interns_second(void *data) {
  (void)data;
  interns(w.contexts[1]);
}

static void intern_with(void (*worker)(void *)) {
  open_world(2);
  together(interns_first, interns_second, worker);
  flush();
  for (unsigned i = 2; i < 2 + w.made; i++)
    explore_check(w.things[i].released == 1);
  close_world();
}

static void intern(void) { intern_with(steps_once); }
static void intern_flush(void) { intern_with(flushes); }

/* -------------------------------------------------------------- shutdown */

/* Lets go of x and y in turn; which of both was accepted is noted. */
static void lets_go_if_it_can(void *data) {
  (void)data;
  thing *const things[] = {x, y};
  for (unsigned i = 0; i < 2; i++) {
    int result = xlgc_unlink(w.contexts[0], root->id, things[i]->id);
    explore_check(result == 0 || result == XLGC_E_SHUTDOWN);
    explore_check(result || !i || w.flags[0]);
    w.flags[i] = result == 0;
  }
}

static void shuts_down(void *data) {
  (void)data;
  must(xlgc_pool_shutdown(w.pool));
}

static void steps_until_shut(void *data) {
  (void)data;
  int result = xlgc_step(w.pool, 3);
  explore_check(result >= 0 || result == XLGC_E_BUSY || result == XLGC_E_SHUTDOWN);
}

/* It ends once: released, or reported as left. A drop that was accepted during the shutdown may come too late. */
static void expect_end(const thing *one, bool let_go) {
  explore_check(!one->released || let_go);
  explore_check(one->released + one->survived == 1);
}

static void shutdown_with(bool worker, void (*third)(void *)) {
  open_world(1);
  register_thing(w.contexts[0], y, &kind);
  must(xlgc_link(w.contexts[0], root->id, y->id));
  flush();
  if (worker) must(xlgc_worker_start(w.pool));
  if (third)
    together(lets_go_if_it_can, shuts_down, third);
  else
    together(lets_go_if_it_can, shuts_down);
  explore_check(xlgc_pool_shutdown(w.pool) == XLGC_E_SHUTDOWN);
  explore_check(xlgc_pin(w.contexts[0], x->id) == XLGC_E_SHUTDOWN);
  must(xlgc_pool_destroy(w.pool));
  expect_end(x, w.flags[0]);
  expect_end(y, w.flags[1]);
  explore_check(!root->released && root->survived == 1);
}

static void shutdown_alone(void) { shutdown_with(false, steps_until_shut); }
static void shutdown_worker(void) { shutdown_with(true, NULL); }

/* What is registered in the very moment of the shutdown is reported by the destroy at the latest. */
static void registers_if_it_can(void *data) {
  (void)data;
  int result = xlgc_register(w.contexts[0], y, &kind, &y->id);
  explore_check(result == 0 || result == XLGC_E_SHUTDOWN);
  w.flags[0] = result == 0;
}

static void shutdown_born(void) {
  open_world(1);
  together(registers_if_it_can, shuts_down);
  must(xlgc_pool_destroy(w.pool));
  explore_check(y->released + y->survived == w.flags[0]);
}

static void enters_if_it_can(void *data) {
  (void)data;
  int result = xlgc_enter(w.contexts[0]);
  explore_check(result == 0 || result == XLGC_E_SHUTDOWN);
  if (result) return;
  if (load_place()) use(x);
  must(xlgc_leave(w.contexts[0]));
}

static void drops_if_it_can(void *data) {
  (void)data;
  explore_access(&w.place_variable, "overwriting the place");
  w.place = XLGC_ID_NONE;
  int result = xlgc_unlink(w.contexts[1], root->id, x->id);
  explore_check(result == 0 || result == XLGC_E_SHUTDOWN);
  w.flags[0] = result == 0;
}

static void shutdown_section(void) {
  open_world(2);
  together(enters_if_it_can, drops_if_it_can, shuts_down);
  must(xlgc_pool_destroy(w.pool));
  expect_end(x, w.flags[0]);
}

/* -------------------------------------------------- contexts that come and go */

static void comes_and_goes(void *data) {
  (void)data;
  xlgc_context *own;
  must(xlgc_context_create(w.pool, "passing", &own));
  lock();
  xlgc_id taken = w.place;
  if (taken) must(xlgc_pin(own, taken));
  unlock();
  if (taken) {
    use(x);
    must(xlgc_unpin(own, taken));
  }
  must(xlgc_context_destroy(own));
}

static void context_passing_with(void (*worker)(void *)) {
  open_world(2);
  make_a_round_due();
  together(comes_and_goes, drops, worker);
  flush();
  explore_check(x->released == 1);
  close_world();
}

static void context_passing(void) { context_passing_with(steps_once); }
static void context_passing_flush(void) { context_passing_with(flushes); }

/* The same with the thread's own context, which ends with it. */
static void uses_its_own(void *data) {
  (void)data;
  xlgc_context *own, *again;
  must(xlgc_context_here(w.pool, &own));
  must(xlgc_context_here(w.pool, &again));
  explore_check(own == again);
  lock();
  xlgc_id taken = w.place;
  if (taken) must(xlgc_pin(own, taken));
  unlock();
  if (!taken) return;
  use(x);
  must(xlgc_unpin(own, taken));
}

static void context_here(void) {
  open_world(2);
  together(uses_its_own, drops, steps_once);
  flush();
  explore_check(x->released == 1);
  close_world();
}

/* A thread with a context of its own ends beside the pool's end. */
static void lets_go_by_its_own(void *data) {
  (void)data;
  xlgc_context *own;
  int result = xlgc_context_here(w.pool, &own);
  if (!result) result = xlgc_unlink(own, root->id, x->id);
  explore_check(result == 0 || result == XLGC_E_SHUTDOWN);
  w.flags[0] = result == 0;
}

static void shutdown_here(void) {
  open_world(1);
  together(lets_go_by_its_own, shuts_down);
  must(xlgc_pool_destroy(w.pool));
  expect_end(x, w.flags[0]);
}

static void comes_and_stays(void *data) {
  (void)data;
  xlgc_context *own;
  must(xlgc_context_create(w.pool, "left behind", &own));
  lock();
  xlgc_id taken = w.place;
  if (taken) must(xlgc_pin(own, taken));
  unlock();
  if (taken) {
    use(x);
    must(xlgc_unpin(own, taken));
  }
  lock();
  w.contexts[2] = own;
  unlock();
}

static void drops_and_adopts(void *data) {
  drops(data);
  lock();
  xlgc_context *ended = w.contexts[2];
  w.contexts[2] = NULL;
  unlock();
  if (ended) must(xlgc_context_adopt(w.contexts[1], ended));
}

static void context_adopted(void) {
  open_world(2);
  together(comes_and_stays, drops_and_adopts, steps_once);
  if (w.contexts[2]) must(xlgc_context_adopt(w.contexts[1], w.contexts[2]));
  flush();
  explore_check(x->released == 1);
  close_world();
}

/* ----------------------------------------------------- the queue's bound */

/* How many events the queue takes of the first context when the second has logged as many as `other`. */
static unsigned queue_room(unsigned other) {
  static unsigned room;
  if (room) return room;
  xlgc_config config = small_config();
  config.when_full = XLGC_FULL_FAIL;
  open_with(&config, 2, &kind);
  for (unsigned i = 0; i < other; i++)
    must(xlgc_pin(w.contexts[1], x->id));
  unsigned count = 0;
  while (!xlgc_pin(w.contexts[0], x->id))
    count++;
  must(xlgc_pool_destroy(w.pool));
  room = count;
  return room;
}

/* Pins and unpins in turn, so that all of it together changes nothing. */
static void log_one(xlgc_context *context, unsigned number) {
  must(number % 2 ? xlgc_unpin(context, x->id) : xlgc_pin(context, x->id));
  w.events++;
}

enum { OTHERS = 14 };
static unsigned filled;

static void logs_first(void *data) {
  (void)data;
  log_one(w.contexts[0], filled);
}

static void logs_second(void *data) {
  (void)data;
  log_one(w.contexts[1], OTHERS);
}

static void bound_with(int when_full, bool worker, void (*third)(void *)) {
  filled = queue_room(OTHERS) & ~1u;
  xlgc_config config = small_config();
  config.when_full = when_full;
  open_with(&config, 2, &kind);
  xlgc_statistics before, after;
  must(xlgc_stats(w.pool, &before));
  for (unsigned i = 0; i < OTHERS; i++)
    log_one(w.contexts[1], i);
  for (unsigned i = 0; i < filled; i++)
    log_one(w.contexts[0], i);
  if (worker) must(xlgc_worker_start(w.pool));
  if (third)
    together(logs_first, logs_second, third);
  else
    together(logs_first, logs_second);
  if (worker) must(xlgc_worker_stop(w.pool));
  log_one(w.contexts[0], filled + 1);
  log_one(w.contexts[1], OTHERS + 1);
  flush();
  explore_check(!x->released);
  must(xlgc_stats(w.pool, &after));
  explore_check(!after.queued);
  explore_check(after.events - before.events == w.events);
  close_world();
}

static void bound_wait(void) { bound_with(XLGC_FULL_WAIT, true, NULL); }
static void bound_help(void) { bound_with(XLGC_FULL_HELP, false, steps_once); }
static void bound_help_worker(void) { bound_with(XLGC_FULL_HELP, true, NULL); }

/* ------------------------------------------------------------ the worker */

static void lets_go(void *data) {
  (void)data;
  must(xlgc_unlink(w.contexts[1], root->id, x->id));
}

/* Starts and stops beside a mutator: what was logged is applied by then or by the flush. */
static void worker_starts(void) {
  open_world(2);
  unsigned thread = explore_start(lets_go, NULL);
  must(xlgc_worker_start(w.pool));
  explore_check(xlgc_worker_start(w.pool) == XLGC_E_STATE);
  must(xlgc_worker_stop(w.pool));
  explore_join(thread);
  explore_check(xlgc_worker_stop(w.pool) == XLGC_E_STATE);
  flush();
  explore_check(x->released == 1);
  close_world();
}

static bool x_is_released(void *data) {
  (void)data;
  return x->released;
}

/* A chunk that gets full wakes the worker: it need not sleep to the end of its period. */
static void fills_a_chunk(void *data) {
  (void)data;
  must(xlgc_unlink(w.contexts[1], root->id, x->id));
  for (unsigned i = 0; i < 2; i++) {
    must(xlgc_pin(w.contexts[1], root->id));
    must(xlgc_unpin(w.contexts[1], root->id));
  }
}

static void worker_wakes(void) {
  enum { CHUNK = 510, BEFORE = 3 };
  open_world(2);
  for (unsigned i = 0; i + BEFORE < OTHERS + CHUNK; i++)
    must(i % 2 ? xlgc_unpin(w.contexts[1], root->id) : xlgc_pin(w.contexts[1], root->id));
  if ((OTHERS + CHUNK - BEFORE) % 2) must(xlgc_unpin(w.contexts[1], root->id));
  flush();
  must(xlgc_worker_start(w.pool));
  uint64_t start_ns = explore_clock_ns();
  unsigned thread = explore_start(fills_a_chunk, NULL);
  explore_join(thread);
  if (!x->released) explore_block(x_is_released, NULL, UINT64_MAX, "the release");
  explore_check(explore_clock_ns() == start_ns);
  must(xlgc_worker_stop(w.pool));
  close_world();
}

/* A thread that waits for the pool has it before one that has had it and comes back. */
static void reads_often(void *data) {
  (void)data;
  for (unsigned i = 0; i < 3; i++) {
    const xlgc__turn *waited = w.pool->turns;
    uint64_t distance;
    must(xlgc_distance(w.pool, x->id, &distance));
    explore_check(!waited || w.pool->turns != waited);
  }
}

static void reads_once(void *data) {
  (void)data;
  uint64_t distance;
  must(xlgc_distance(w.pool, x->id, &distance));
}

static void turns_with(void (*other)(void *)) {
  open_world(2);
  make_a_round_due();
  together(reads_often, other);
  close_world();
}

static void turns_flush(void) { turns_with(flushes); }
static void turns_read(void) { turns_with(reads_once); }

/* So has the worker: it does not only try now and then. */
static bool worker_waits(void *data) {
  (void)data;
  return w.pool->turns;
}

static void release_beside_worker(xlgc_context *context, xlgc_id id, void *object, void *data) {
  release(context, id, object, data);
  if (xlgc__thread_equal(w.pool->worker.thread, xlgc__thread_self())) return;
  uint64_t deadline_ns = explore_clock_ns() + 4 * w.pool->config.worker_period_ns;
  explore_block(worker_waits, NULL, deadline_ns, "the worker's turn");
  explore_check(worker_waits(NULL));
}

static void turns_worker(void) {
  static const xlgc_kind awaited = {.name = "awaited", .flags = XLGC_KIND_UNINDEXED, .release = release_beside_worker};
  xlgc_config config = small_config();
  open_with(&config, 2, &awaited);
  must(xlgc_unlink(w.contexts[0], root->id, x->id));
  must(xlgc_worker_start(w.pool));
  together(steps_once);
  must(xlgc_worker_stop(w.pool));
  flush();
  close_world();
}

/* ------------------------------------------------------------ mailboxes */

static void release_at_owner(xlgc_context *context, xlgc_id id, void *object, void *data) {
  explore_check(!w.owner || explore_self() == w.owner);
  release(context, id, object, data);
}

static int ask_owner(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)context;
  (void)id;
  (void)data;
  thing *asked = object;
  explore_check(!w.owner || explore_self() == w.owner);
  explore_access(&asked->variable, "a question");
  explore_check(!asked->released);
  asked->asked++;
  return XLGC_LET_GO;
}

static const xlgc_kind owned_kind = {
    .name = "owned", .flags = XLGC_KIND_UNINDEXED, .release = release_at_owner, .delivery = XLGC_DELIVER_OWNER};
static const xlgc_kind asked_kind = {.name = "asked",
                                     .flags = XLGC_KIND_UNINDEXED,
                                     .release = release_at_owner,
                                     .orphaned = ask_owner,
                                     .delivery = XLGC_DELIVER_OWNER};

static void drops_and_flushes(void *data) {
  drops(data);
  flush();
}

static void dispatches(void *data) {
  (void)data;
  w.owner = explore_self();
  explore_check(xlgc_context_dispatch(w.contexts[0], 1) >= 0);
  explore_check(xlgc_context_dispatch(w.contexts[0], 1) >= 0);
}

static void dispatch_all(void) {
  int handled;
  do {
    handled = xlgc_context_dispatch(w.contexts[0], 8);
    explore_check(handled >= 0);
  } while (handled > 0);
}

static void mailbox(void) {
  xlgc_config config = small_config();
  open_with(&config, 2, &owned_kind);
  w.owner = 1;
  together(dispatches, drops_and_flushes, steps_once);
  flush();
  w.owner = explore_self();
  dispatch_all();
  explore_check(x->released == 1);
  close_world();
}

/* A context that has a question to answer may end instead: then it is answered where the work is done. */
static void dispatches_and_ends(void *data) {
  (void)data;
  explore_check(xlgc_context_dispatch(w.contexts[0], 1) >= 0);
  must(xlgc_context_destroy(w.contexts[0]));
  w.contexts[0] = w.contexts[1];
}

static void mailbox_question(void) {
  xlgc_config config = small_config();
  open_with(&config, 2, &asked_kind);
  together(dispatches_and_ends, drops_and_flushes);
  flush();
  explore_check(x->released == 1 && x->asked == 1);
  close_world();
}

/* What is asked makes a reference to itself, and lets go; another thread loads that, or not. */
static int weaken_owner(xlgc_context *context, xlgc_id id, void *object, void *data) {
  ask_owner(context, id, object, data);
  xlgc_weak *weak;
  if (w.weak) return XLGC_LET_GO;
  must(xlgc_weak_create(context, id, cleared, object, &weak));
  xlgc__mutex_lock(&w.lock);
  w.weak = weak;
  xlgc__mutex_unlock(&w.lock);
  return XLGC_LET_GO;
}

static const xlgc_kind weakened_kind = {.name = "weakened",
                                        .flags = XLGC_KIND_UNINDEXED,
                                        .release = release_at_owner,
                                        .orphaned = weaken_owner,
                                        .delivery = XLGC_DELIVER_OWNER};

static void loads_what_was_made(void *data) {
  xlgc__mutex_lock(&w.lock);
  bool made = w.weak != NULL;
  xlgc__mutex_unlock(&w.lock);
  if (made) loads(data);
}

static void weak_asked(void) {
  xlgc_config config = small_config();
  open_with(&config, 2, &weakened_kind);
  must(xlgc_unlink(w.contexts[1], root->id, x->id));
  w.place = XLGC_ID_NONE;
  together(dispatches_and_ends, loads_what_was_made, flushes);
  flush();
  explore_check(x->released == !w.place && x->cleared == !w.place);
  if (w.place) must(xlgc_unpin(w.contexts[1], w.place));
  flush();
  explore_check(x->cleared == 1);
  must(xlgc_weak_destroy(w.weak));
  close_world();
}

/* ------------------------------------------------------- the explorer itself */

/* Defects that it must find, or its silence about the library means nothing. */

static unsigned counter;
static xlgc__condition came;

static void counts_up(void *data) {
  (void)data;
  XLGC__YIELD();
  unsigned seen = counter;
  XLGC__YIELD();
  counter = seen + 1;
}

static void lost_update(void) {
  counter = 0;
  together(counts_up, counts_up);
  explore_check(counter == 2);
}

static xlgc__mutex locks[2];

static void locks_forwards(void *data) {
  (void)data;
  xlgc__mutex_lock(&locks[0]);
  xlgc__mutex_lock(&locks[1]);
  xlgc__mutex_unlock(&locks[1]);
  xlgc__mutex_unlock(&locks[0]);
}

static void locks_backwards(void *data) {
  (void)data;
  xlgc__mutex_lock(&locks[1]);
  xlgc__mutex_lock(&locks[0]);
  xlgc__mutex_unlock(&locks[0]);
  xlgc__mutex_unlock(&locks[1]);
}

static void lock_order(void) { together(locks_forwards, locks_backwards); }

static void waits(void *data) {
  (void)data;
  xlgc__mutex_lock(&locks[0]);
  XLGC__YIELD();
  if (!counter) xlgc__condition_wait(&came, &locks[0]);
  xlgc__mutex_unlock(&locks[0]);
}

static void wakes_without_the_lock(void *data) {
  (void)data;
  XLGC__YIELD();
  counter = 1;
  xlgc__condition_wake_all(&came);
}

static void lost_wake(void) {
  counter = 0;
  together(waits, wakes_without_the_lock);
}

/* Both must take all their turns one after the other's, which takes four preemptions. */
static explore_variable turns;
static void takes_turns(void *data) {
  (void)data;
  for (unsigned i = 0; i < 3; i++) {
    explore_access(&turns, "a turn");
    if (counter == 2 * i + (explore_self() == 2)) counter++;
  }
}

static void in_turns(void) {
  counter = 0;
  together(takes_turns, takes_turns);
  explore_check(counter < 6);
}

/* ------------------------------------------------------------- scenarios */

static const explore_scenario defects[] = {
    {"a-lost-update", 2, lost_update, 1, false, 0},
    {"a-lock-order", 2, lock_order, 1, false, 0},
    {"a-lost-wake", 2, lost_wake, 1, false, 0},
    {"in-turns", 2, in_turns, 5, false, 0},
};

static const explore_scenario scenarios[] = {
    {"hand-over", 3, hand_over, 2, false, 0},
    {"hand-over-flush", 3, hand_over_flush, 2, false, 0},
    {"hand-over-older", 3, hand_over_older, 2, false, 0},
    {"hand-over-older-flush", 3, hand_over_older_flush, 2, false, 0},
    {"cancelling", 4, cancelling, 2, false, 0},
    {"sections", 3, sections, 2, false, 0},
    {"sections-flush", 3, sections_flush, 2, false, 0},
    {"sections-keep", 3, sections_keep, 2, false, 0},
    {"sections-keep-flush", 3, sections_keep_flush, 2, false, 0},
    {"sections-safepoint", 3, sections_safepoint, 2, false, 0},
    {"weak-held", 3, weak_held, 2, false, 0},
    {"weak-holder", 3, weak_holder, 2, false, 0},
    {"weak-flush", 3, weak_flush, 2, false, 0},
    {"weak-again", 3, weak_again, 2, false, 0},
    {"intern", 3, intern, 2, false, 0},
    {"intern-flush", 3, intern_flush, 2, false, 0},
    {"shutdown", 3, shutdown_alone, 2, false, 0},
    {"shutdown-worker", 3, shutdown_worker, 2, false, 0},
    {"shutdown-born", 2, shutdown_born, 2, false, 0},
    {"shutdown-section", 3, shutdown_section, 2, false, 0},
    {"context-passing", 3, context_passing, 2, false, 0},
    {"context-passing-flush", 3, context_passing_flush, 2, false, 0},
    {"context-here", 3, context_here, 2, true, 0},
    {"shutdown-here", 2, shutdown_here, 2, true, 0},
    {"context-adopted", 3, context_adopted, 2, false, 0},
    {"bound-wait", 3, bound_wait, 2, false, 60000},
    {"bound-help", 3, bound_help, 2, false, 20000},
    {"bound-help-worker", 3, bound_help_worker, 2, false, 40000},
    {"worker-starts", 2, worker_starts, 2, false, 0},
    {"turns-flush", 2, turns_flush, 2, false, 0},
    {"turns-read", 2, turns_read, 2, false, 0},
    {"turns-worker", 2, turns_worker, 2, false, 0},
    {"worker-wakes", 2, worker_wakes, 2, false, 0},
    {"mailbox", 3, mailbox, 2, false, 0},
    {"mailbox-question", 2, mailbox_question, 2, false, 0},
    {"weak-asked", 3, weak_asked, 2, false, 0},
};

START_TEST(finds_defects) {
  printf("This is to fail: ");
  ck_assert_msg(!explore(&defects[_i]), "%s was not found", defects[_i].name);
}
END_TEST

START_TEST(all_schedules) { ck_assert_msg(explore(&scenarios[_i]), "%s: see what was printed", scenarios[_i].name); }
END_TEST

int main(void) {
  if (TRIAL_SANITIZED) {
    printf("skipped: the address and thread sanitizers do not follow coroutines from stack to stack\n");
    return AUTOMAKE_SKIP;
  }
  if (getenv("XLGC_NOT_AGAIN")) {
    printf("skipped: has been run with another build\n");
    return AUTOMAKE_SKIP;
  }
  Suite *suite = suite_create("schedules");
  TCase *cases = trial_case(suite, "schedules");
  tcase_set_timeout(cases, 6 * trial_timeout_s()); /* millions of runs each */
  if (!getenv("SCHEDULE")) tcase_add_loop_test(cases, finds_defects, 0, sizeof defects / sizeof *defects);
  tcase_add_loop_test(cases, all_schedules, 0, sizeof scenarios / sizeof *scenarios);
  return trial_run(suite);
}
