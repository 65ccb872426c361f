/* Eight mutators with the worker, on a graph in the program's own memory. Half of them read it under locks, half in
 * sections; they make, link, move and drop, look up weakly and by key, and let their contexts come and go. Objects know
 * whether they were released, so a thread that meets one that was has found a failure. When all is at rest a search over the
 * program's memory says which objects live; the others must have been released, once each.
 *
 * Memory is put to no second use within a round; each round has a pool and memory of its own. */
#include <config.h>

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <xlgc.h>

#include "support/trial.h"

enum { MUTATORS = 8, ROOTS = 64, SLOTS = 3, TEMPS = 5, KEYS = 512, WEAKS = 512, LIVE_MAX = 40000, DEPTH_MAX = 9 };

/* How events of a round are spread over settings and queues. */
static const struct mix {
  const char *name;
  int when_full;
  size_t queue_events;
  bool worker, cleaner;
} mixes[] = {
    {"help, a long queue", XLGC_FULL_HELP, 1 << 20, true, true},
    {"help, a short queue", XLGC_FULL_HELP, 8192, true, false},
    {"help, no worker", XLGC_FULL_HELP, 16384, false, true},
    {"wait, a short queue", XLGC_FULL_WAIT, 8192, true, true},
    {"fail, a short queue", XLGC_FULL_FAIL, 8192, true, false},
};
enum { MIXES = sizeof mixes / sizeof mixes[0], ROUND_EVENTS = 1100 * 1000 };

/* ------------------------------------------------------------- the program */

typedef struct thing thing;
struct thing {
  pthread_mutex_t lock; /* of the slots, for threads that write them or read them outside sections */
  _Atomic(thing *) slot[SLOTS];
  bool placed[SLOTS]; /* linked with its place */
  xlgc_id id;
  uint32_t key;
  _Atomic unsigned released;
  _Atomic int holds; /* the mutators' pins */
  unsigned asked;    /* the asker's */
  unsigned kept;     /* how often it is left pinned */
  bool reached;      /* the search's */
  bool given_back;   /* interning failed, so the pool never knew it */
};

typedef struct mutator {
  pthread_t thread;
  unsigned number;
  bool in_sections;
  uint64_t random, events, share;
  xlgc_context *context;
  thing *temp[TEMPS]; /* pinned */
  uint64_t met, saved, beaten, retries;
} mutator;

/* A weak reference that mutators share. */
typedef struct reference {
  pthread_mutex_t lock;
  xlgc_weak *weak;
  thing *thing;
} reference;

/* Whose id is whose, for what a look-up by key gives out. */
typedef struct entry {
  _Atomic xlgc_id id;
  _Atomic(thing *) thing;
} entry;

static struct {
  xlgc_pool *pool;
  const struct mix *mix;
  thing *things, *root[ROOTS];
  size_t room;
  _Atomic size_t made;
  _Atomic uint64_t released, asked, cleared, errors;
  reference references[WEAKS];
  entry *entries;
  size_t entry_count;
  mutator mutators[MUTATORS];
  bool everybody_locks;
  _Atomic(const char *) failure;
  _Atomic int code;
} w;

/* Of all rounds; in memory that the processes of all tests share. */
static struct totals { uint64_t events, objects, rounds, rounds_held, saved; } * totals;

static void complain(const char *what, int code) {
  const char *none = NULL;
  if (atomic_compare_exchange_strong(&w.failure, &none, what)) atomic_store(&w.code, code);
}
static bool failed(void) { return atomic_load(&w.failure) != NULL; }

static unsigned dice(mutator *m, unsigned limit) { return trial_random(&m->random, limit); }

/* ------------------------------------------------------------- callbacks */

static void release_thing(xlgc_context *context, xlgc_id id, void *object, void *data) {
  thing *one = object;
  (void)data;
  if (atomic_load(&one->holds) > 0) complain("released while a mutator held it", 0);
  if (atomic_fetch_add(&one->released, 1)) complain("released twice", 0);
  atomic_fetch_add(&w.released, 1);
  if (id % 4) return;
  /* What many programs do, and what is ignored. */
  for (unsigned i = 0; i < SLOTS; i++) {
    thing *held = atomic_load(&one->slot[i]);
    if (!held) continue;
    int code =
        one->placed[i] ? xlgc_unlink_at(context, id, held->id, &one->slot[i]) : xlgc_unlink(context, id, held->id);
    if (code) complain("a releaser's unlink", code);
  }
}

static int ask_thing(xlgc_context *context, xlgc_id id, void *object, void *data) {
  thing *one = object;
  (void)context;
  (void)id;
  (void)data;
  atomic_fetch_add(&w.asked, 1);
  if (atomic_load(&one->released)) complain("asked after its release", 0);
  return one->asked++ < 2 ? XLGC_KEEP : XLGC_LET_GO;
}

/* Its reference may be destroyed meanwhile, so that is left alone. */
static void clear_weak(void *data, xlgc_weak *weak) {
  thing *one = data;
  (void)weak;
  atomic_fetch_add(&w.cleared, 1);
  if (atomic_load(&one->released)) complain("cleared after the release", 0);
}

static void count_error(void *data, const xlgc_error *error) {
  (void)data;
  atomic_fetch_add(&w.errors, 1);
  complain(error->what, error->code);
}

static const xlgc_kind kinds[] = {
    {.name = "unindexed", .flags = XLGC_KIND_UNINDEXED, .release = release_thing},
    {.name = "indexed", .release = release_thing},
    {.name = "asking", .flags = XLGC_KIND_UNINDEXED, .release = release_thing, .orphaned = ask_thing},
    {.name = "owned", .flags = XLGC_KIND_UNINDEXED, .release = release_thing, .delivery = XLGC_DELIVER_OWNER},
    {.name = "cleaned", .release = release_thing, .delivery = XLGC_DELIVER_CLEANER},
};

static const xlgc_kind *any_kind(mutator *m) {
  unsigned which = dice(m, 32);
  if (which == 0) return &kinds[2];
  if (which < 3) return &kinds[3];
  if (which < 5 && w.mix->cleaner) return &kinds[4];
  return &kinds[which % 2];
}

/* --------------------------------------------------------------- logging */

/* The queue is at its bound. Returns whether to try again. */
static bool make_room(mutator *m, int code) {
  if (code != XLGC_E_QUEUE || w.mix->when_full == XLGC_FULL_WAIT) complain("an event", code);
  if (failed()) return false;
  m->retries++;
  if (!w.mix->worker) {
    int result = xlgc_step(w.pool, 1000);
    if (result < 0 && result != XLGC_E_BUSY && result != XLGC_E_HELD) complain("a step", result);
  }
  sched_yield();
  return true;
}

#define LOG(m, call)                   \
  do {                                 \
    int code_;                         \
    while ((code_ = (call)) != 0)      \
      if (!make_room(m, code_)) break; \
    (m)->events++;                     \
  } while (0)

static void meet(mutator *m, const thing *one) {
  m->met++;
  if (atomic_load_explicit(&one->released, memory_order_relaxed)) complain("met after its release", 0);
}

/* After the pin was logged, and before the unpin is. */
static void note_pin(thing *one) { atomic_fetch_add_explicit(&one->holds, 1, memory_order_relaxed); }

static void pin(mutator *m, thing *one) {
  LOG(m, xlgc_pin(m->context, one->id));
  note_pin(one);
}

static void unpin(mutator *m, thing *one) {
  meet(m, one);
  atomic_fetch_sub(&one->holds, 1);
  LOG(m, xlgc_unpin(m->context, one->id));
}

static void keep(mutator *m, thing *one) {
  unsigned at = dice(m, TEMPS);
  if (m->temp[at]) unpin(m, m->temp[at]);
  m->temp[at] = one;
}

static thing *take_thing(void) {
  size_t at = atomic_fetch_add(&w.made, 1);
  if (at >= w.room) {
    atomic_fetch_sub(&w.made, 1);
    return NULL;
  }
  pthread_mutex_init(&w.things[at].lock, NULL);
  return &w.things[at];
}

static uint64_t live(void) { return atomic_load(&w.made) - atomic_load(&w.released); }

/* ---------------------------------------------------------------- slots */

/* With source's lock: its slot holds `now` from here on. The add comes before the pointer, the drop after it. */
static void put(mutator *m, thing *source, unsigned i, thing *now) {
  thing *old = atomic_load(&source->slot[i]);
  bool was_placed = source->placed[i], places = dice(m, 4) == 0;
  void *place = &source->slot[i];
  if (w.everybody_locks && now && old && !was_placed && !places) {
    LOG(m, xlgc_relink(m->context, source->id, old->id, now->id));
    m->events++;
    atomic_store(&source->slot[i], now);
    return;
  }
  if (now && places)
    LOG(m, xlgc_link_at(m->context, source->id, now->id, place, dice(m, XLGC_TAG_MAX + 1)));
  else if (now)
    LOG(m, xlgc_link(m->context, source->id, now->id));
  atomic_store(&source->slot[i], now);
  source->placed[i] = now && places;
  if (old && was_placed)
    LOG(m, xlgc_unlink_at(m->context, source->id, old->id, place));
  else if (old)
    LOG(m, xlgc_unlink(m->context, source->id, old->id));
}

static void put_locked(mutator *m, thing *source, thing *now) {
  pthread_mutex_lock(&source->lock);
  put(m, source, dice(m, SLOTS), now);
  pthread_mutex_unlock(&source->lock);
}

/* ------------------------------------------------------------------ walks */

/* Hand over hand: pins what a slot holds before letting go of what the slot is in. */
static thing *walk_locked(mutator *m) {
  thing *at = w.root[dice(m, ROOTS)];
  pin(m, at);
  for (unsigned steps = dice(m, DEPTH_MAX); steps && !failed(); steps--) {
    pthread_mutex_lock(&at->lock);
    thing *next = atomic_load(&at->slot[dice(m, SLOTS)]);
    if (next) pin(m, next);
    pthread_mutex_unlock(&at->lock);
    if (!next) break;
    meet(m, next);
    unpin(m, at);
    at = next;
  }
  return at;
}

/* In a section, and nothing logged but the pin of what was found. */
static thing *walk_in_section(mutator *m) {
  int code = xlgc_enter(m->context);
  if (code) complain("enter", code);
  thing *at = w.root[dice(m, ROOTS)];
  for (unsigned steps = dice(m, 3 * DEPTH_MAX); steps; steps--) {
    thing *next = atomic_load(&at->slot[dice(m, SLOTS)]);
    if (!next) break;
    meet(m, next);
    at = next;
    if (dice(m, 256) == 0) sched_yield();
    meet(m, at);
  }
  code = xlgc_pin(m->context, at->id);
  if (!code) {
    m->events++;
    note_pin(at);
  } else {
    if (code != XLGC_E_QUEUE) complain("a pin in a section", code);
    at = NULL;
  }
  if (at && dice(m, 64) == 0) {
    code = xlgc_safepoint(m->context);
    if (code) complain("safepoint", code);
    meet(m, at);
  }
  code = xlgc_leave(m->context);
  if (code) complain("leave", code);
  if (!at) make_room(m, XLGC_E_QUEUE);
  return at;
}

static thing *walk(mutator *m) {
  thing *found = NULL;
  while (!found && !failed())
    found = m->in_sections ? walk_in_section(m) : walk_locked(m);
  return found;
}

/* ------------------------------------------------------------------ deeds */

static void make_new(mutator *m, thing *holder) {
  thing *made = take_thing();
  if (!made) return;
  LOG(m, xlgc_register(m->context, made, any_kind(m), &made->id));
  thing *below = m->temp[dice(m, TEMPS)];
  if (below && dice(m, 2)) put_locked(m, made, below);
  put_locked(m, holder, made);
}

static void drop(mutator *m, thing *holder) { put_locked(m, holder, NULL); }

/* What `from` holds goes over to `to`, with all below it. */
static void move(mutator *m, thing *from, thing *to) {
  if (from == to) return;
  thing *first = from < to ? from : to, *second = from < to ? to : from;
  unsigned i = dice(m, SLOTS);
  pthread_mutex_lock(&first->lock);
  pthread_mutex_lock(&second->lock);
  thing *moved = atomic_load(&from->slot[i]);
  if (moved) {
    put(m, to, dice(m, SLOTS), moved);
    put(m, from, i, NULL);
  }
  pthread_mutex_unlock(&second->lock);
  pthread_mutex_unlock(&first->lock);
}

/* Takes out and puts back; in between only a pin holds it. */
static void take_and_put(mutator *m, thing *from, thing *to) {
  unsigned i = dice(m, SLOTS);
  pthread_mutex_lock(&from->lock);
  thing *taken = atomic_load(&from->slot[i]);
  if (taken) {
    pin(m, taken);
    put(m, from, i, NULL);
  }
  pthread_mutex_unlock(&from->lock);
  if (!taken) return;
  if (dice(m, 8) == 0) sched_yield();
  meet(m, taken);
  put_locked(m, to, taken);
  unpin(m, taken);
}

static void refer(mutator *m, thing *one) {
  reference *reference = &w.references[dice(m, WEAKS)];
  pthread_mutex_lock(&reference->lock);
  int code = xlgc_weak_destroy(reference->weak);
  if (code) complain("destroying a weak reference", code);
  LOG(m, xlgc_weak_create(m->context, one->id, clear_weak, one, &reference->weak));
  reference->thing = one;
  pthread_mutex_unlock(&reference->lock);
}

static void load(mutator *m) {
  reference *reference = &w.references[dice(m, WEAKS)];
  xlgc_id id = XLGC_ID_NONE;
  pthread_mutex_lock(&reference->lock);
  thing *one = reference->thing;
  if (reference->weak) {
    int code = xlgc_weak_load(reference->weak, &id);
    if (code) complain("a weak load", code);
  }
  pthread_mutex_unlock(&reference->lock);
  if (id == XLGC_ID_NONE) return;
  if (id != one->id) complain("a weak load gave another object", 0);
  note_pin(one);
  meet(m, one);
  m->saved++;
  if (dice(m, 4) == 0) put_locked(m, w.root[dice(m, ROOTS)], one);
  unpin(m, one);
}

/* ------------------------------------------------------------------- keys */

static entry *entry_of(xlgc_id id) {
  uint64_t mixed = id * UINT64_C(0x9E3779B97F4A7C15);
  for (size_t at = mixed >> 32;; at++) {
    entry *entry = &w.entries[at % w.entry_count];
    xlgc_id none = XLGC_ID_NONE;
    if (atomic_load(&entry->id) == id || atomic_compare_exchange_strong(&entry->id, &none, id) || none == id)
      return entry;
  }
}

struct making {
  mutator *mutator;
  thing *made;
};

enum { NOT_MADE = 42 };

static int make_interned(void *data, const void *key, size_t key_bytes, xlgc_interned *made) {
  struct making *making = data;
  mutator *m = making->mutator;
  thing *one = dice(m, 16) ? take_thing() : NULL;
  if (!one) return NOT_MADE;
  memcpy(&one->key, key, key_bytes);
  if (dice(m, 4) == 0) sched_yield();
  *made = (xlgc_interned){one, &kinds[1], &one->key};
  making->made = one;
  return 0;
}

/* What an id from the table of keys stands for. Whose object was entered says so at once. */
static thing *interned(mutator *m, xlgc_id id, thing *made) {
  entry *entry = entry_of(id);
  xlgc_id mine;
  if (made && !xlgc_lookup(w.pool, made, &mine)) {
    if (mine == id) {
      made->id = id;
      atomic_store(&entry->thing, made);
    } else {
      m->beaten++;
    }
  }
  thing *one;
  while (!(one = atomic_load(&entry->thing)) && !failed())
    sched_yield();
  return one;
}

static void intern(mutator *m) {
  struct making making = {m, NULL};
  uint32_t key = dice(m, KEYS);
  xlgc_id id;
  /* Every other key shares its hash with others. */
  int code = xlgc_intern(m->context, &key, sizeof key, key % 2 ? key : 0, make_interned, &making, &id);
  if (code == NOT_MADE) return;
  if (code) {
    if (code != XLGC_E_QUEUE) complain("interning", code);
    if (making.made) making.made->given_back = true;
    return;
  }
  thing *one = interned(m, id, making.made);
  if (!one) return;
  note_pin(one);
  meet(m, one);
  if (one->key != key) complain("another key's object", 0);
  if (dice(m, 2)) put_locked(m, w.root[dice(m, ROOTS)], one);
  unpin(m, one);
}

/* --------------------------------------------------------------- contexts */

static void open_context(mutator *m) {
  char name[16];
  snprintf(name, sizeof name, "mutator %u", m->number);
  int code = xlgc_context_create(w.pool, name, &m->context);
  if (code) complain("creating a context", code);
}

/* Another context goes on where this one ends, also in the middle of a section. */
static void change_context(mutator *m) {
  xlgc_context *old = m->context;
  if (dice(m, 2) && xlgc_enter(old)) complain("enter", 0);
  open_context(m);
  if (failed()) return;
  int code = dice(m, 2) ? xlgc_context_adopt(m->context, old) : xlgc_context_destroy(old);
  if (code) complain("ending a context", code);
}

/* An add in one context, its drop in another. */
static void pin_and_unpin_elsewhere(mutator *m, thing *one) {
  xlgc_context *own = m->context;
  open_context(m);
  if (failed()) return;
  pin(m, one);
  xlgc_context *other = m->context;
  m->context = own;
  unpin(m, one);
  int code = xlgc_context_destroy(other);
  if (code) complain("ending a context", code);
}

static void work(mutator *m) {
  int code = dice(m, 40) ? xlgc_step(w.pool, 200) : xlgc_flush(w.pool);
  if (code < 0 && code != XLGC_E_BUSY && code != XLGC_E_HELD) complain("a step", code);
}

/* ---------------------------------------------------------------- rounds */

static void act(mutator *m) {
  unsigned which = dice(m, 1000);
  if (live() > LIVE_MAX) {
    thing *root = w.root[dice(m, ROOTS)];
    put_locked(m, root, NULL);
    if (which < 500) return;
  }
  if (which < 40) {
    load(m);
    return;
  }
  if (which < 70) {
    intern(m);
    return;
  }
  if (which < 75) {
    if (which == 70) change_context(m);
    if (which == 71) work(m);
    return;
  }
  thing *found = walk(m), *other = m->temp[dice(m, TEMPS)];
  if (!found) return;
  if (which < 400)
    make_new(m, found);
  else if (which < 560 && other)
    put_locked(m, found, other);
  else if (which < 660)
    drop(m, found);
  else if (which < 760 && other)
    move(m, found, other);
  else if (which < 840 && other)
    take_and_put(m, found, other);
  else if (which < 870)
    refer(m, found);
  else if (which < 880)
    pin_and_unpin_elsewhere(m, found);
  else if (xlgc_context_dispatch(m->context, 8) < 0)
    complain("dispatch", 0);
  if (dice(m, 4))
    unpin(m, found);
  else
    keep(m, found);
}

static void *mutate(void *data) {
  mutator *m = data;
  open_context(m);
  while (m->events < m->share && !failed())
    act(m);
  /* Some pins stay. */
  for (unsigned i = 0; i < TEMPS && !failed(); i++)
    if (m->temp[i] && i % 4) unpin(m, m->temp[i]);
  if (m->number % 2 && !failed()) {
    int code = xlgc_context_destroy(m->context);
    if (code) complain("ending a context", code);
    m->context = NULL;
  }
  return NULL;
}

/* What the program's memory says: all that roots reach. Returns how many that are. */
static size_t search(size_t made) {
  thing **queue = calloc(made, sizeof *queue);
  ck_assert_ptr_nonnull(queue);
  size_t first = 0, last = 0;
  for (size_t i = 0; i < made; i++) {
    w.things[i].reached = atomic_load(&w.things[i].holds) > 0;
    if (w.things[i].reached) queue[last++] = &w.things[i];
  }
  for (; first < last; first++)
    for (unsigned i = 0; i < SLOTS; i++) {
      thing *next = atomic_load(&queue[first]->slot[i]);
      if (!next || next->reached) continue;
      next->reached = true;
      queue[last++] = next;
    }
  free(queue);
  return last;
}

static void check_failure(void) {
  const char *failure = atomic_load(&w.failure);
  ck_assert_msg(!failure, "%s: %s", failure, w.code ? xlgc_errname(w.code) : "");
}

/* Flushes until nothing comes of it any more: askers ask twice for a reprieve, and mail is read. */
static void come_to_rest(void) {
  xlgc_statistics statistics;
  unsigned idle = 0;
  for (unsigned tries = 0; idle < 5; tries++) {
    ck_assert_uint_lt(tries, 20000);
    uint64_t before = atomic_load(&w.released);
    ok(xlgc_flush(w.pool));
    for (unsigned i = 0; i < MUTATORS; i++)
      if (w.mutators[i].context) ck_assert_int_ge(xlgc_context_dispatch(w.mutators[i].context, SIZE_MAX), 0);
    ok(xlgc_stats(w.pool, &statistics));
    idle = statistics.mailed || atomic_load(&w.released) != before ? 0 : idle + 1;
    if (statistics.mailed) nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
  }
}

static void compare(void) {
  size_t made = atomic_load(&w.made), alive = search(made), unknown = 0;
  for (size_t i = 0; i < made; i++) {
    const thing *one = &w.things[i];
    unknown += one->given_back;
    ck_assert_msg(one->released == !(one->reached || one->given_back),
                  "object %zu of %zu is %sheld and was released %u times", i, made, one->reached ? "" : "not ",
                  one->released);
  }
  xlgc_statistics statistics;
  ok(xlgc_stats(w.pool, &statistics));
  ck_assert_uint_eq(statistics.objects, alive);
  ck_assert_uint_eq(statistics.orphans, made - unknown - alive);
  ck_assert_uint_eq(statistics.errors, 0);
  ck_assert_uint_eq(atomic_load(&w.errors), 0);
  char why[160] = "";
  ck_assert_msg(xlgc_verify(w.pool, why, sizeof why) == 0, "%s", why);
  totals->events += statistics.events;
  totals->objects += made;
  totals->rounds += statistics.rounds;
  totals->rounds_held += statistics.rounds_held;
  totals->saved += statistics.weak_saved;
}

static void plant(xlgc_context *context) {
  for (unsigned i = 0; i < ROOTS; i++) {
    w.root[i] = take_thing();
    ok(xlgc_register(context, w.root[i], &kinds[0], &w.root[i]->id));
    ok(xlgc_pin(context, w.root[i]->id));
    note_pin(w.root[i]);
  }
}

static void clear_up(void) {
  for (unsigned i = 0; i < WEAKS; i++)
    ok(xlgc_weak_destroy(w.references[i].weak));
  ok(xlgc_pool_destroy(w.pool));
  for (size_t i = 0; i < atomic_load(&w.made); i++)
    pthread_mutex_destroy(&w.things[i].lock);
  free(w.things);
  free(w.entries);
}

static void run_round(int setting, const struct mix *mix, uint64_t events, uint64_t seed) {
  memset(&w, 0, sizeof w);
  w.mix = mix;
  w.everybody_locks = seed % 4 == 0;
  w.room = events / 4;
  w.entry_count = events / 8 + 16;
  ck_assert_ptr_nonnull(w.things = calloc(w.room, sizeof *w.things));
  ck_assert_ptr_nonnull(w.entries = calloc(w.entry_count, sizeof *w.entries));
  for (unsigned i = 0; i < WEAKS; i++)
    pthread_mutex_init(&w.references[i].lock, NULL);
  xlgc_config config;
  xlgc_config_init(&config);
  config.setting = setting;
  config.when_full = mix->when_full;
  config.queue_events = mix->queue_events;
  config.worker_period_ns = 200 * 1000;
  config.on_error = count_error;
  ok(xlgc_pool_create(&config, &w.pool));
  xlgc_context *context;
  ok(xlgc_context_create(w.pool, "main", &context));
  plant(context);
  if (mix->worker) ok(xlgc_worker_start(w.pool));
  if (mix->cleaner) ok(xlgc_cleaner_start(w.pool));
  for (unsigned i = 0; i < MUTATORS; i++) {
    w.mutators[i] = (mutator){.number = i,
                              .in_sections = i % 2 && !w.everybody_locks,
                              .random = seed * MUTATORS + i,
                              .share = events / MUTATORS};
    ok(pthread_create(&w.mutators[i].thread, NULL, mutate, &w.mutators[i]));
  }
  for (unsigned i = 0; i < MUTATORS; i++)
    ok(pthread_join(w.mutators[i].thread, NULL));
  check_failure();
  come_to_rest();
  if (mix->worker) ok(xlgc_worker_stop(w.pool));
  if (mix->cleaner) ok(xlgc_cleaner_stop(w.pool));
  check_failure();
  compare();
  clear_up();
}

static bool is_long(void) { return getenv("XLGC_LONG") && !TRIAL_SANITIZED; }

/* _i: setting, and which mix. */
START_TEST(what_the_program_reaches_lives_and_the_rest_is_released_once) {
  unsigned rounds = is_long() ? 100 : 1;
  uint64_t events = TRIAL_SANITIZED ? ROUND_EVENTS / 4 : ROUND_EVENTS;
  uint64_t seed = trial_seed();
  for (unsigned i = 0; i < rounds; i++) {
    run_round(_i % 2, &mixes[_i / 2], events, seed + i);
    if (isatty(STDERR_FILENO))
      fprintf(stderr, "\r%s, %s: round %u of %u, %.0f million events in all ", mixes[_i / 2].name,
              _i % 2 ? "exact" : "certified", i + 1, rounds, (double)totals->events / 1e6);
  }
}
END_TEST

int main(void) {
  totals = mmap(NULL, sizeof *totals, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (totals == MAP_FAILED) return EXIT_FAILURE;
  Suite *suite = suite_create("race_stress");
  TCase *load = trial_case(suite, "load");
  tcase_add_loop_test(load, what_the_program_reaches_lives_and_the_rest_is_released_once, 0, 2 * MIXES);
  struct timespec begin, end;
  clock_gettime(CLOCK_MONOTONIC, &begin);
  int result = trial_run(suite);
  clock_gettime(CLOCK_MONOTONIC, &end);
  double seconds = (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
  printf(
      "%llu events, %llu objects, %llu rounds of which %llu waited, %llu saved by a look-up; %.0f s, %.0f events/s\n",
      (unsigned long long)totals->events, (unsigned long long)totals->objects, (unsigned long long)totals->rounds,
      (unsigned long long)totals->rounds_held, (unsigned long long)totals->saved, seconds,
      (double)totals->events / seconds);
  return result;
}
