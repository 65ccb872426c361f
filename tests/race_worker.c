/* A mutator with the worker beside it. The program keeps a mirror of what it has done, in which a search says at each
 * moment what it still holds: that must not be released, and in the end the rest must have been, once each. */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pool/pool.h"
#include "support/recorder.h"

static void nap(void) { nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL); }

static xlgc_config eager_config(int setting) {
  xlgc_config config;
  xlgc_config_init(&config);
  config.setting = setting;
  config.worker_period_ns = 50 * 1000;
  return config;
}

/* ---------------------------------------------------------------- mirror */

enum { SLOTS = 64 };

/* What becomes of one object, for good. */
struct record {
  _Atomic unsigned released;
  bool let_go; /* the mirror's: no root reaches it */
};

static struct mirror {
  xlgc_pool *pool;
  xlgc_context *context;
  bool worker_runs;
  uint64_t random;
  struct record *records, *fresh;
  /* What the program holds, slot by slot; sets of slots are words of bits. */
  struct record *record[SLOTS];
  xlgc_id id[SLOTS];
  unsigned pins[SLOTS], count[SLOTS][SLOTS];
  uint64_t targets[SLOTS], pinned, is_new, held;
} m;

static uint64_t bit(unsigned slot) { return UINT64_C(1) << slot; }

/* The slots that roots reach. distance: theirs, may be NULL. */
static uint64_t reached(unsigned *distance) {
  uint64_t seen = 0, level = m.pinned | m.is_new;
  for (unsigned far = 0; level; far++) {
    uint64_t next = 0;
    seen |= level;
    for (; level; level &= level - 1) {
      unsigned slot = (unsigned)__builtin_ctzll(level);
      if (distance) distance[slot] = far;
      next |= m.targets[slot];
    }
    level = next & ~seen;
  }
  return seen;
}

static unsigned pick(uint64_t set) {
  unsigned start = trial_random(&m.random, SLOTS);
  uint64_t turned = start ? set >> start | set << (SLOTS - start) : set;
  return (start + (unsigned)__builtin_ctzll(turned)) % SLOTS;
}

/* Looks at what the mirror's last change lets go, before that is reported: it has not been released yet. */
static void let_go(void) {
  uint64_t now = reached(NULL);
  for (uint64_t lost = m.held & ~now; lost; lost &= lost - 1) {
    unsigned slot = (unsigned)__builtin_ctzll(lost);
    ck_assert_msg(m.record[slot]->released == 0, "released while it was held");
    m.record[slot]->let_go = true;
    memset(m.count[slot], 0, sizeof m.count[slot]);
    m.targets[slot] = 0;
  }
  m.held = now;
}

static void release_record(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)context;
  (void)id;
  (void)data;
  atomic_fetch_add(&((struct record *)object)->released, 1);
}

static const xlgc_kind indexed = {.name = "indexed", .release = release_record};
static const xlgc_kind unindexed = {.name = "unindexed", .flags = XLGC_KIND_UNINDEXED, .release = release_record};

static void make(void) {
  if (m.held == UINT64_MAX) return;
  unsigned slot = pick(~m.held);
  m.record[slot] = m.fresh++;
  ok(xlgc_register(m.context, m.record[slot], trial_random(&m.random, 2) ? &indexed : &unindexed, &m.id[slot]));
  m.is_new |= bit(slot);
  m.held |= bit(slot);
}

static void mirror_link(unsigned source, unsigned target) {
  m.count[source][target]++;
  m.targets[source] |= bit(target);
  m.is_new &= ~bit(target);
}

static void mirror_unlink(unsigned source, unsigned target) {
  if (--m.count[source][target] == 0) m.targets[source] &= ~bit(target);
}

static void change_links(unsigned action) {
  unsigned source = pick(m.held), now = pick(m.held);
  if (action == 0) {
    mirror_link(source, now);
    let_go();
    ok(xlgc_link(m.context, m.id[source], m.id[now]));
    return;
  }
  if (!m.targets[source]) return;
  unsigned old = pick(m.targets[source]);
  if (action == 2) mirror_link(source, now);
  mirror_unlink(source, old);
  let_go();
  if (action == 2)
    ok(xlgc_relink(m.context, m.id[source], m.id[old], m.id[now]));
  else
    ok(xlgc_unlink(m.context, m.id[source], m.id[old]));
}

static void pin(void) {
  unsigned slot = pick(m.held);
  m.pins[slot]++;
  m.pinned |= bit(slot);
  m.is_new &= ~bit(slot);
  ok(xlgc_pin(m.context, m.id[slot]));
}

static void unpin(void) {
  if (!m.pinned) return;
  unsigned slot = pick(m.pinned);
  if (--m.pins[slot] == 0) m.pinned &= ~bit(slot);
  let_go();
  ok(xlgc_unpin(m.context, m.id[slot]));
}

static void ask_one(void) {
  unsigned distance[SLOTS], slot = pick(m.held);
  uint64_t far;
  size_t length;
  reached(distance);
  ok(xlgc_distance(m.pool, m.id[slot], &far));
  ck_assert_uint_eq(far, distance[slot]);
  ok(xlgc_path(m.pool, m.id[slot], NULL, 0, &length));
  ck_assert_uint_eq(length, distance[slot]);
}

static void toggle_worker(void) {
  ok(m.worker_runs ? xlgc_worker_stop(m.pool) : xlgc_worker_start(m.pool));
  m.worker_runs = !m.worker_runs;
}

static void ask_or_work(void) {
  xlgc_statistics statistics;
  switch (trial_random(&m.random, 6)) {
  case 0: ok(xlgc_flush(m.pool)); break;
  case 1: ok(xlgc_apply(m.pool)); break;
  case 2: ok(xlgc_verify(m.pool, NULL, 0)); break;
  case 3: ok(xlgc_stats(m.pool, &statistics)); break;
  case 4: {
    int step = xlgc_step(m.pool, trial_random(&m.random, 100));
    ck_assert(step >= 0 || (m.worker_runs && step == XLGC_E_BUSY));
    break;
  }
  default: ask_one(); break;
  }
}

static void change(void) {
  unsigned dice = trial_random(&m.random, 1000);
  if (!m.held || dice < 150)
    make();
  else if (dice < 850)
    change_links(dice % 3);
  else if (dice < 910)
    pin();
  else if (dice < 998)
    unpin();
  else if (trial_random(&m.random, 20))
    ask_or_work();
  else
    toggle_worker();
}

/* Quiescence: the released are exactly those that were let go. */
static void settle(void) {
  if (m.worker_runs) toggle_worker();
  ok(xlgc_flush(m.pool));
  for (const struct record *record = m.records; record < m.fresh; record++)
    ck_assert_uint_eq(record->released, record->let_go);
  unsigned distance[SLOTS];
  ck_assert_uint_eq(reached(distance), m.held);
  for (uint64_t held = m.held; held; held &= held - 1) {
    unsigned slot = (unsigned)__builtin_ctzll(held);
    uint64_t far;
    ok(xlgc_distance(m.pool, m.id[slot], &far));
    ck_assert_uint_eq(far, distance[slot]);
  }
  xlgc_statistics statistics;
  ok(xlgc_stats(m.pool, &statistics));
  ck_assert_uint_eq(statistics.objects, (unsigned)__builtin_popcountll(m.held));
  ck_assert_uint_eq(statistics.errors, 0);
  ok(xlgc_verify(m.pool, NULL, 0));
}

/* _i: setting, and which queue. */
START_TEST(what_is_held_lives_and_the_rest_is_released_once) {
  static const struct {
    int when_full;
    size_t events;
  } queues[] = {{XLGC_FULL_HELP, 1 << 20}, {XLGC_FULL_HELP, 1500}, {XLGC_FULL_WAIT, 1500}};
  enum { PHASES = 20 };
  unsigned changes = trial_work(8500);
  xlgc_config config = eager_config(_i % 2);
  config.when_full = queues[_i / 2].when_full;
  config.queue_events = queues[_i / 2].events;
  m.random = trial_seed();
  ck_assert_ptr_nonnull(m.records = calloc((size_t)PHASES * changes, sizeof *m.records));
  m.fresh = m.records;
  ok(xlgc_pool_create(&config, &m.pool));
  ok(xlgc_context_create(m.pool, "mutator", &m.context));
  for (unsigned phase = 0; phase < PHASES; phase++) {
    toggle_worker();
    for (unsigned i = 0; i < changes; i++) {
      /* Waiting needs a worker. */
      if (!m.worker_runs && config.when_full == XLGC_FULL_WAIT) toggle_worker();
      change();
    }
    settle();
  }
  ck_assert(m.fresh > m.records + PHASES * changes / 20);
  ok(xlgc_pool_destroy(m.pool));
  free(m.records);
}
END_TEST

/* ---------------------------------------------------- the worker's own life */

static recorder r;

static void start_eager(int setting) {
  xlgc_config config = recorder_config(&r);
  config.setting = setting;
  config.worker_period_ns = 50 * 1000;
  recorder_open_with(&r, &config);
}

START_TEST(worker_is_started_and_stopped_once) {
  start_eager(_i);
  ck_assert_int_eq(xlgc_worker_stop(r.pool), XLGC_E_STATE);
  ok(xlgc_worker_start(r.pool));
  ck_assert_int_eq(xlgc_worker_start(r.pool), XLGC_E_STATE);
  nap(); /* most likely it is idle by now; either way is right */
  ok(xlgc_worker_stop(r.pool));
  ck_assert_int_eq(xlgc_worker_stop(r.pool), XLGC_E_STATE);
  ok(xlgc_worker_start(r.pool));
  recorder_close(&r);
}
END_TEST

START_TEST(stopping_leaves_what_is_logged) {
  start_eager(_i);
  xlgc_id top = recorder_root(&r), held = recorder_held(&r, top);
  ok(xlgc_worker_start(r.pool));
  ok(xlgc_worker_stop(r.pool));
  ok(xlgc_unlink(r.context, top, held));
  ck_assert_uint_ge(recorder_statistics(&r).queued, 1);
  ok(xlgc_flush(r.pool));
  expect_told(&r, held);
  recorder_close(&r);
}
END_TEST

START_TEST(destroying_ends_a_running_worker) {
  unsigned rounds = trial_work(200);
  for (unsigned i = 0; i < rounds; i++) {
    memset(&r, 0, sizeof r);
    start_eager(_i);
    ok(xlgc_worker_start(r.pool));
    xlgc_id top = recorder_root(&r), held = recorder_held(&r, top);
    ok(xlgc_unlink(r.context, top, held));
    ok(xlgc_pool_destroy(r.pool));
    expect_told(&r, held);
    ck_assert_uint_eq(r.survivor_count, 1);
  }
}
END_TEST

static int no_thread(xlgc__thread *thread, void *(*run)(void *), void *data) {
  (void)thread;
  (void)run;
  (void)data;
  return EAGAIN;
}

START_TEST(a_thread_that_cannot_be_started) {
  start_eager(_i);
  xlgc__platform_ops failing = xlgc__platform_system;
  failing.thread_start = no_thread;
  r.pool->platform = &failing;
  ck_assert_int_eq(xlgc_worker_start(r.pool), XLGC_E_THREAD);
  ck_assert_int_eq(xlgc_worker_stop(r.pool), XLGC_E_STATE);
  xlgc_id top = recorder_root(&r), held = recorder_held(&r, top);
  ok(xlgc_unlink(r.context, top, held));
  ok(xlgc_flush(r.pool));
  expect_told(&r, held);
  r.pool->platform = &xlgc__platform_system;
  ok(xlgc_worker_start(r.pool));
  ok(xlgc_worker_stop(r.pool));
  recorder_close(&r);
}
END_TEST

static int stop_answer;
static void stop_inside(recorder *recorder, xlgc_context *context, xlgc_id id, void *object) {
  (void)context;
  (void)id;
  (void)object;
  stop_answer = xlgc_worker_stop(recorder->pool);
}

START_TEST(stopping_from_the_workers_own_callback) {
  start_eager(_i);
  r.on_release = stop_inside;
  xlgc_id top = recorder_root(&r), held = recorder_held(&r, top);
  ok(xlgc_worker_start(r.pool));
  ok(xlgc_unlink(r.context, top, held));
  while (recorder_statistics(&r).orphans == 0)
    nap();
  ok(xlgc_worker_stop(r.pool));
  ck_assert_int_eq(stop_answer, XLGC_E_DEADLOCK);
  recorder_close(&r);
}
END_TEST

/* -------------------------------------------------- callbacks on the worker */

/* An object that, released, makes another of one generation less and lets it go again. */
struct line {
  unsigned generation, released;
};

static struct {
  struct line *fresh;
  xlgc_id top;
  int failed;
} lines; /* the worker's, but for `top` */

static void release_line(xlgc_context *context, xlgc_id id, void *object, void *data);
static xlgc_kind line_kind = {.release = release_line};

static void release_line(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)id;
  (void)data;
  struct line *line = object;
  line->released++;
  if (!line->generation) return;
  struct line *next = lines.fresh++;
  next->generation = line->generation - 1;
  xlgc_id made;
  lines.failed |= xlgc_register(context, next, &line_kind, &made);
  lines.failed |= xlgc_link(context, lines.top, made);
  lines.failed |= xlgc_unlink(context, lines.top, made);
}

START_TEST(releasers_register_and_link_on_the_worker) {
  enum { GENERATIONS = 4 };
  unsigned count = trial_work(5000);
  struct line *all = calloc((size_t)count * GENERATIONS, sizeof *all);
  ck_assert_ptr_nonnull(all);
  lines.fresh = all + count;
  start_eager(_i);
  lines.top = recorder_root(&r);
  ok(xlgc_worker_start(r.pool));
  for (unsigned i = 0; i < count; i++) {
    all[i].generation = GENERATIONS - 1;
    xlgc_id made;
    ok(xlgc_register(r.context, &all[i], &line_kind, &made));
    ok(xlgc_relink(r.context, lines.top, XLGC_ID_NONE, made));
    ok(xlgc_unlink(r.context, lines.top, made));
  }
  ok(xlgc_worker_stop(r.pool));
  ok(xlgc_flush(r.pool));
  ok(lines.failed);
  ck_assert_ptr_eq(lines.fresh, all + (size_t)count * GENERATIONS);
  for (const struct line *line = all; line < lines.fresh; line++)
    ck_assert_uint_eq(line->released, 1);
  ck_assert_uint_eq(recorder_statistics(&r).objects, 1);
  recorder_close(&r);
  free(all);
}
END_TEST

static void let_one_pass(xlgc_id top, const xlgc_kind *kind) {
  xlgc_id id;
  ok(xlgc_register(r.context, NULL, kind, &id));
  ok(xlgc_link(r.context, top, id));
  ok(xlgc_unlink(r.context, top, id));
}

START_TEST(new_kinds_are_registered_while_the_worker_looks_at_others) {
  enum { KINDS = 3000 };
  static xlgc_kind kinds[KINDS];
  static unsigned released[KINDS];
  start_eager(_i);
  xlgc_id top = recorder_root(&r);
  ok(xlgc_worker_start(r.pool));
  for (unsigned i = 0; i < KINDS; i++) {
    kinds[i] = (xlgc_kind){.release = recorder_count_release, .data = &released[i]};
    let_one_pass(top, &kinds[i]);
    let_one_pass(top, &kinds[i / 2]);
    if (i % 64 == 0) nap();
  }
  ok(xlgc_worker_stop(r.pool));
  ok(xlgc_flush(r.pool));
  for (unsigned i = 0; i < KINDS; i++)
    ck_assert_uint_eq(released[i], 1 + 2 * (i < KINDS / 2));
  recorder_close(&r);
}
END_TEST

/* Stale ids, applied by the worker while their slots are handed out anew. */
START_TEST(stale_ids_beside_registering) {
  unsigned turns = trial_work(20000);
  start_eager(_i);
  xlgc_id top = recorder_root(&r), stale = recorder_held(&r, top);
  ok(xlgc_unlink(r.context, top, stale));
  ok(xlgc_flush(r.pool));
  expect_told(&r, stale);
  ok(xlgc_worker_start(r.pool));
  for (unsigned i = 0; i < turns; i++) {
    xlgc_id id;
    ok(xlgc_pin(r.context, stale));
    ok(xlgc_register(r.context, NULL, &r.kind, &id));
    ok(xlgc_relink(r.context, top, XLGC_ID_NONE, id));
    ok(xlgc_unlink(r.context, top, id));
  }
  ok(xlgc_worker_stop(r.pool));
  ok(xlgc_flush(r.pool));
  ck_assert_uint_eq(r.told_count, turns);
  ck_assert_uint_eq(r.error_count, turns);
  ck_assert_int_eq(r.errors[0].code, XLGC_E_STALE);
  recorder_close(&r);
}
END_TEST

/* ----------------------------------------------------------- other threads */

enum { READERS = 3 };

struct reader {
  xlgc_pool *pool;
  xlgc_id top, below;
  void *address;
  _Atomic bool *stop;
  unsigned wrong, turns;
};

static int count_link(void *data, const xlgc_link_info *link) {
  (void)link;
  ++*(unsigned *)data;
  return 0;
}

static void *read_all(void *data) {
  struct reader *reader = data;
  do {
    uint64_t distance;
    size_t length;
    xlgc_id found, holder;
    xlgc_object_info info;
    xlgc_statistics statistics;
    unsigned links = 0;
    reader->wrong += xlgc_distance(reader->pool, reader->below, &distance) != 0 || distance != 1;
    reader->wrong += xlgc_path(reader->pool, reader->below, &holder, 1, &length) != 0 || holder != reader->top;
    reader->wrong += xlgc_lookup(reader->pool, reader->address, &found) != 0 || found != reader->top;
    reader->wrong += xlgc_info(reader->pool, reader->top, &info) != 0 || info.pins != 1;
    xlgc_id root;
    reader->wrong += xlgc_find_root(reader->pool, &reader->below, 1, NULL, 0, &root) != 0 || root != reader->top;
    reader->wrong += xlgc_find_root(reader->pool, &reader->below, 1, &reader->top, 1, &root) != 0 || root;
    reader->wrong += xlgc_each_source(reader->pool, reader->below, count_link, &links) != 0 || links != 1;
    reader->wrong += xlgc_stats(reader->pool, &statistics) != 0 || statistics.objects < 2;
    reader->wrong += xlgc_verify(reader->pool, NULL, 0) != 0;
    int step = xlgc_step(reader->pool, 50);
    reader->wrong += step < 0 && step != XLGC_E_BUSY;
    reader->wrong += reader->turns % 8 == 0 && xlgc_flush(reader->pool) != 0;
    reader->turns++;
  } while (!atomic_load(reader->stop));
  return NULL;
}

/* _i: setting, and whether the worker runs too. */
START_TEST(pool_is_read_and_worked_on_from_any_thread) {
  unsigned turns = trial_work(30000);
  start_eager(_i % 2);
  xlgc_id top = recorder_root(&r), below = recorder_held(&r, top);
  ok(xlgc_flush(r.pool));
  if (_i / 2) ok(xlgc_worker_start(r.pool));
  pthread_t threads[READERS];
  struct reader readers[READERS];
  _Atomic bool stop = false;
  for (unsigned i = 0; i < READERS; i++) {
    readers[i] = (struct reader){.pool = r.pool, .top = top, .below = below, .address = &r.addresses[0], .stop = &stop};
    ok(pthread_create(&threads[i], NULL, read_all, &readers[i]));
  }
  for (unsigned i = 0; i < turns; i++) {
    xlgc_id id;
    ok(xlgc_register(r.context, NULL, &r.kind, &id));
    ok(xlgc_link(r.context, below, id));
    ok(xlgc_unlink(r.context, below, id));
    if (i % 1024 == 0) nap();
  }
  atomic_store(&stop, true);
  for (unsigned i = 0; i < READERS; i++) {
    ok(pthread_join(threads[i], NULL));
    ck_assert_uint_eq(readers[i].wrong, 0);
  }
  if (_i / 2) ok(xlgc_worker_stop(r.pool));
  ok(xlgc_flush(r.pool));
  ck_assert_uint_eq(r.told_count, turns);
  recorder_close(&r);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("race_worker");
  TCase *load = trial_case(suite, "load");
  tcase_add_loop_test(load, what_is_held_lives_and_the_rest_is_released_once, 0, 6);
  TCase *life = trial_case(suite, "life");
  tcase_add_loop_test(life, worker_is_started_and_stopped_once, 0, 2);
  tcase_add_loop_test(life, stopping_leaves_what_is_logged, 0, 2);
  tcase_add_loop_test(life, destroying_ends_a_running_worker, 0, 2);
  tcase_add_loop_test(life, a_thread_that_cannot_be_started, 0, 2);
  tcase_add_loop_test(life, stopping_from_the_workers_own_callback, 0, 2);
  TCase *callbacks = trial_case(suite, "callbacks");
  tcase_add_loop_test(callbacks, releasers_register_and_link_on_the_worker, 0, 2);
  tcase_add_loop_test(callbacks, new_kinds_are_registered_while_the_worker_looks_at_others, 0, 2);
  tcase_add_loop_test(callbacks, stale_ids_beside_registering, 0, 2);
  TCase *threads = trial_case(suite, "threads");
  tcase_add_loop_test(threads, pool_is_read_and_worked_on_from_any_thread, 0, 4);
  return trial_run(suite);
}
