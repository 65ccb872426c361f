/* Calls of xlgc.h's functions at random: with ids that are valid, stale, of another pool, or made up; in any state, inside
 * callbacks and sections; on one thread, beside a worker, and on several threads. Each answer must be one that is
 * documented for its function, no reference may name another object than its own, and when a pool has come to rest it is
 * whole and its counts add up.
 *
 * What the header leaves to the program is kept: one thread at a time uses a context, nothing is waited for inside a
 * section or on one of the pool's threads, and what is being used is not destroyed. SEED repeats the run of one thread. */
#include <config.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/answers.h"
#include "support/threads.h"
#include "support/trial.h"

enum { IDS = 64, CONTEXTS = 3, WEAKS = 8, ADDRESSES = 48, THREADS = 3, DEPTH_MAX = 2 };

typedef struct reference {
  xlgc_weak *weak;
  xlgc_id id;
} reference;

/* A thread of the program's, with what only it uses. */
typedef struct user {
  uint64_t random;
  unsigned depth; /* of callbacks */
  unsigned sections;
  xlgc_context *contexts[CONTEXTS];
  unsigned inside[CONTEXTS]; /* sections of each */
  reference weaks[WEAKS];
  unsigned calls;
} user;

static struct {
  xlgc_pool *pool;
  _Atomic uint64_t ids[IDS];
  xlgc_id foreign;
  bool several; /* threads */
  _Atomic uint64_t registered, withdrawn, called, errors, answers[FUNCTIONS][ANSWERS_CODES];
  _Atomic uint64_t starved; /* how many allocations are still to fail */
  _Atomic uint64_t helper_random;
  _Atomic unsigned at_work; /* threads */
  _Atomic bool rests;       /* callbacks call nothing any more */
} w;

static char addresses[ADDRESSES];
static void *places[ADDRESSES];
static _Thread_local user *me; /* NULL: one of the pool's threads */

/* ------------------------------------------------------------------ choices */

static uint32_t pick(uint32_t limit) {
  uint64_t state = atomic_fetch_add(&w.helper_random, 1);
  return trial_random(me ? &me->random : &state, limit);
}

/* Any id: mostly of an object that there was, so valid or stale. */
static xlgc_id any_id(void) {
  xlgc_id id = atomic_load(&w.ids[pick(IDS)]);
  switch (pick(40)) {
  case 0: return XLGC_ID_NONE;
  case 1: return w.foreign;
  case 2: return id + 1;
  case 3: return id ^ UINT64_C(1) << (32 + pick(24));
  case 4: return UINT64_MAX;
  default: return id;
  }
}

static void note_id(xlgc_id id) { atomic_store(&w.ids[pick(IDS)], id); }

static bool waits_for_nobody(void) { return me && !me->sections; }

/* The answer of a function is one of its own. */
static int answer(enum function function, int code) {
  if (me) me->calls++;
  int index = answers_index(function, code);
  atomic_fetch_add(&w.answers[function][index], 1);
  return code;
}

/* ---------------------------------------------------------------- callbacks */

static void call(xlgc_context *context);

static void call_some(xlgc_context *context) {
  atomic_fetch_add(&w.called, 1);
  if (atomic_load(&w.rests) || (me && me->depth >= DEPTH_MAX)) return;
  if (me) me->depth++;
  for (unsigned i = pick(3); i; i--)
    call(context);
  if (me) me->depth--;
}

static void release(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)object;
  (void)data;
  note_id(id);
  call_some(context);
}

static int orphaned(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)id;
  (void)object;
  (void)data;
  call_some(context);
  atomic_fetch_sub(&w.called, 1); /* only the last word is counted */
  return pick(4) || atomic_load(&w.rests) ? XLGC_LET_GO : XLGC_KEEP;
}

static void cleared(void *data, xlgc_weak *weak) {
  (void)data;
  xlgc_id id;
  /* Another thread may destroy it meanwhile. */
  if (!w.several && (answer(WEAK_LOAD, xlgc_weak_load(weak, &id)) || id)) abort();
}

/* What is wrong is reported by other wrong calls only now and then, or a flush would never end. */
static void on_error(void *data, const xlgc_error *error) {
  (void)data;
  if (!error->what || !error->context) abort();
  atomic_fetch_add(&w.errors, 1);
  if (me && me->depth < DEPTH_MAX && !atomic_load(&w.rests) && !pick(4)) {
    me->depth++;
    call(me->contexts[0]);
    me->depth--;
  }
}

enum { KINDS = 4 * 2 * 3 };
static xlgc_kind kinds[KINDS];

/* helpers_answer: questions go also to the pool's threads, which answer when they run. */
static void make_kinds(bool helpers_answer) {
  for (unsigned i = 0; i < KINDS; i++)
    kinds[i] = (xlgc_kind){.name = "any",
                           .flags = i / 8,
                           .release = release,
                           .orphaned = i & 4 && (helpers_answer || (i & 3) % 3 == 0) ? orphaned : NULL,
                           .forgotten = release,
                           .delivery = i & 3};
}

static int make(void *data, const void *key, size_t key_bytes, xlgc_interned *made) {
  (void)data;
  (void)key_bytes;
  *made = (xlgc_interned){.kind = &kinds[pick(8)], .key = &addresses[(const char *)key - addresses]};
  return 0;
}

static int each(void *data, const xlgc_link_info *link) {
  (void)data;
  (void)link;
  return pick(8) == 0;
}

/* -------------------------------------------------------------------- calls */

static void call_weak(xlgc_context *context) {
  reference *one = &me->weaks[pick(WEAKS)];
  xlgc_id id;
  if (!one->weak) {
    one->id = any_id();
    reference made = {.id = one->id};
    if (answer(WEAK_CREATE, xlgc_weak_create(context, made.id, pick(2) ? cleared : NULL, NULL, &made.weak))) return;
    /* A callback may have filled the place meanwhile. */
    if (one->weak)
      answer(WEAK_DESTROY, xlgc_weak_destroy(made.weak));
    else
      *one = made;
  } else if (pick(2)) {
    answer(WEAK_LOAD, xlgc_weak_load(one->weak, &id));
    if (id == XLGC_ID_NONE) return;
    if (id != one->id) {
      fprintf(stderr, "a weak reference to %llx gives out %llx\n", (unsigned long long)one->id, (unsigned long long)id);
      abort();
    }
    answer(UNPIN, xlgc_unpin(context, id));
  } else {
    xlgc_weak *weak = one->weak;
    one->weak = NULL;
    answer(WEAK_DESTROY, xlgc_weak_destroy(weak));
  }
}

static void call_reading(void) {
  uint64_t distance;
  size_t length;
  xlgc_id id = any_id(), holders[4];
  xlgc_object_info info;
  xlgc_statistics statistics;
  char why[200] = "";
  switch (pick(8)) {
  case 7: answer(FIND_ROOT, xlgc_find_root(w.pool, &id, 1, &(xlgc_id){any_id()}, pick(2), holders)); break;
  case 0: answer(DISTANCE, xlgc_distance(w.pool, id, &distance)); break;
  case 1: answer(PATH, xlgc_path(w.pool, id, holders, 4, &length)); break;
  case 2: answer(EACH_TARGET, xlgc_each_target(w.pool, id, each, NULL)); break;
  case 3: answer(EACH_SOURCE, xlgc_each_source(w.pool, id, each, NULL)); break;
  case 4: answer(INFO, xlgc_info(w.pool, id, &info)); break;
  case 5: answer(STATS, xlgc_stats(w.pool, &statistics)); break;
  default:
    if (xlgc_verify(w.pool, why, sizeof why) == XLGC_E_CORRUPT) {
      fprintf(stderr, "%s\n", why);
      abort();
    }
    atomic_fetch_add(&w.answers[VERIFY][0], 1);
  }
}

/* Sections, mailboxes, and contexts that come and go; those only where nothing uses them. */
static void call_context(void) {
  unsigned at = pick(CONTEXTS);
  xlgc_context *context = me->contexts[at];
  switch (pick(9)) {
  case 0:
  case 1:
    if (!answer(ENTER, xlgc_enter(context))) me->inside[at]++, me->sections++;
    break;
  case 2:
  case 3:
    if (!answer(LEAVE, xlgc_leave(context))) me->inside[at]--, me->sections--;
    break;
  case 4: answer(SAFEPOINT, xlgc_safepoint(context)); break;
  case 5: answer(DISPATCH, xlgc_context_dispatch(context, pick(5))); break;
  case 6: answer(CONTEXT_FD, xlgc_context_fd(context)); break;
  default: {
    xlgc_context *made;
    if (me->depth || !at || answer(CONTEXT_CREATE, xlgc_context_create(w.pool, "another", &made))) return;
    me->contexts[at] = made;
    me->sections -= me->inside[at];
    me->inside[at] = 0;
    if (pick(2))
      answer(CONTEXT_DESTROY, xlgc_context_destroy(context));
    else
      answer(CONTEXT_ADOPT, xlgc_context_adopt(pick(20) ? made : me->contexts[0], context));
  }
  }
}

static void call_helpers(void) {
  if (!me) {
    if (answer(SHUTDOWN, xlgc_pool_shutdown(w.pool)) != XLGC_E_DEADLOCK) abort();
    answer(WORKER_STOP, xlgc_worker_stop(w.pool));
    answer(CLEANER_STOP, xlgc_cleaner_stop(w.pool));
    return;
  }
  switch (pick(4)) {
  case 0: answer(WORKER_START, xlgc_worker_start(w.pool)); break;
  case 1:
    if (waits_for_nobody()) answer(WORKER_STOP, xlgc_worker_stop(w.pool));
    break;
  case 2: answer(CLEANER_START, xlgc_cleaner_start(w.pool)); break;
  default:
    if (waits_for_nobody()) answer(CLEANER_STOP, xlgc_cleaner_stop(w.pool));
  }
}

static void call_barrier(xlgc_context *context) {
  xlgc_id one = any_id(), other = any_id(), third = any_id();
  unsigned place = pick(ADDRESSES);
  switch (pick(9)) {
  case 0:
  case 1: answer(LINK, xlgc_link(context, one, other)); break;
  case 2: answer(UNLINK, xlgc_unlink(context, one, other)); break;
  case 3: answer(RELINK, xlgc_relink(context, one, other, third)); break;
  case 4: answer(PIN, xlgc_pin(context, one)); break;
  case 5:
  case 6: answer(UNPIN, xlgc_unpin(context, one)); break;
  case 7: answer(LINK_AT, xlgc_link_at(context, one, other, &places[place], pick(34))); break;
  default: answer(UNLINK_AT, xlgc_unlink_at(context, one, other, &places[place]));
  }
}

static void call_register(xlgc_context *context) {
  xlgc_id id;
  const xlgc_kind *kind = &kinds[pick(KINDS)];
  const char *at = &addresses[pick(ADDRESSES)];
  void *found;
  switch (pick(7)) {
  case 6:
    if (!me || !waits_for_nobody()) return;
    if (!answer(UNREGISTER, xlgc_unregister(context, any_id()))) atomic_fetch_add(&w.withdrawn, 1);
    break;
  case 0:
    if (!answer(LOOKUP, xlgc_lookup(w.pool, at, &id))) note_id(id);
    break;
  case 1: answer(ADDRESS, xlgc_address(w.pool, any_id(), &found)); break;
  default:
    if (answer(REGISTER, xlgc_register(context, pick(3) ? NULL : (void *)(uintptr_t)at, kind, &id))) return;
    atomic_fetch_add(&w.registered, 1);
    note_id(id);
    if (pick(2)) return;
    answer(PIN, xlgc_pin(context, id));
    answer(UNPIN, xlgc_unpin(context, id));
  }
}

static void call_intern(xlgc_context *context) {
  xlgc_id id;
  if (answer(INTERN, xlgc_intern(context, &addresses[pick(8)], 1, pick(4), make, NULL, &id))) return;
  note_id(id);
  answer(UNPIN, xlgc_unpin(context, id));
}

static void call_work(void) {
  if (!pick(200)) atomic_store(&w.starved, 1 + pick(3));
  switch (pick(6)) {
  case 0: answer(STEP_FOR, xlgc_step_for(w.pool, pick(20000))); break;
  case 1:
    if (waits_for_nobody()) answer(FLUSH, xlgc_flush(w.pool));
    break;
  case 2:
    if (waits_for_nobody()) answer(APPLY, xlgc_apply(w.pool));
    break;
  default: answer(STEP, xlgc_step(w.pool, pick(100)));
  }
}

/* context: the callback's, or one of this thread's. */
static void call(xlgc_context *context) {
  switch (pick(16)) {
  case 0:
  case 1:
  case 2: call_register(context); break;
  case 3:
    if (me) call_weak(context);
    break;
  case 4: call_intern(context); break;
  case 5: call_work(); break;
  case 6:
    if (me && waits_for_nobody()) call_reading();
    break;
  case 7:
    if (me) call_context();
    break;
  case 8:
    if (!pick(10)) call_helpers();
    break;
  default: call_barrier(context);
  }
}

/* --------------------------------------------------------------- a pool's life */

static void *allocate(void *data, size_t size_bytes) {
  (void)data;
  uint64_t starved = atomic_load(&w.starved);
  if (starved && atomic_compare_exchange_strong(&w.starved, &starved, starved - 1)) return NULL;
  return malloc(size_bytes);
}

static void release_memory(void *data, void *memory, size_t size_bytes) {
  (void)data;
  (void)size_bytes;
  free(memory);
}

static void open_pool(uint64_t *random) {
  xlgc_config config;
  xlgc_config_init(&config);
  config.setting = (int)trial_random(random, 2);
  config.when_full = (int)trial_random(random, 3);
  config.help_tells = (int)trial_random(random, 3);
  config.queue_events = trial_random(random, 2) ? 1020 : 1 << 20;
  config.help_events = trial_random(random, 2) ? 1020 : 0;
  config.worker_period_ns = 100000;
  config.allocator = (xlgc_allocator){allocate, release_memory, NULL};
  config.on_error = on_error;
  ok(xlgc_pool_create(&config, &w.pool));
}

static void open_user(user *one, uint64_t random) {
  *one = (user){.random = random};
  for (unsigned i = 0; i < CONTEXTS; i++)
    ok(xlgc_context_create(w.pool, "user", &one->contexts[i]));
}

static unsigned calls_of_each;

/* Answers questions and leaves all sections, so that rounds go on. */
static void come_out(void) {
  for (unsigned i = 0; i < CONTEXTS; i++)
    answer(DISPATCH, xlgc_context_dispatch(me->contexts[i], 10));
  for (unsigned i = 0; i < CONTEXTS; i++)
    for (; me->inside[i]; me->inside[i]--, me->sections--)
      answer(LEAVE, xlgc_leave(me->contexts[i]));
}

static void *use(void *data) {
  me = data;
  while (me->calls < calls_of_each) {
    call(me->contexts[pick(CONTEXTS)]);
    if (!pick(50)) come_out();
  }
  /* Others may wait for what is asked of this thread, which asks nothing of them any more. */
  me->depth = DEPTH_MAX;
  atomic_fetch_sub(&w.at_work, 1);
  do {
    come_out();
    nap_ms(1);
  } while (atomic_load(&w.at_work));
  come_out();
  for (unsigned i = 0; i < WEAKS; i++)
    xlgc_weak_destroy(me->weaks[i].weak);
  memset(me->weaks, 0, sizeof me->weaks);
  me = NULL;
  return NULL;
}

/* No thread calls any more: what the counts say is what was called. */
static void come_to_rest(user *users, unsigned count) {
  static user last;
  last = (user){.random = users->random, .depth = DEPTH_MAX};
  memcpy(last.contexts, users->contexts, sizeof last.contexts);
  atomic_store(&w.starved, 0);
  atomic_store(&w.rests, true);
  xlgc_worker_stop(w.pool);
  xlgc_cleaner_stop(w.pool);
  me = &last;
  for (unsigned i = 0; i < count; i++)
    for (unsigned j = 0; j < CONTEXTS; j++)
      if (i || j) ok(xlgc_context_adopt(users[0].contexts[0], users[i].contexts[j]));
  ok(xlgc_cleaner_start(w.pool));
  ok(xlgc_worker_start(w.pool));
  xlgc_statistics now;
  for (;;) {
    int failed = xlgc_flush(w.pool), mail = xlgc_context_dispatch(users[0].contexts[0], SIZE_MAX);
    ck_assert(!failed || failed == XLGC_E_HELD);
    ok(xlgc_stats(w.pool, &now));
    if (!failed && !mail && !now.mailed && !now.queued) break;
  }
  ok(xlgc_worker_stop(w.pool));
  ok(xlgc_cleaner_stop(w.pool));
  ok(xlgc_flush(w.pool));
  char why[200] = "";
  ck_assert_msg(xlgc_verify(w.pool, why, sizeof why) == 0, "%s", why);
  ok(xlgc_stats(w.pool, &now));
  ck_assert_uint_eq(now.queued + now.mailed + now.backlog, 0);
  ck_assert_uint_eq(now.errors, atomic_load(&w.errors));
  ck_assert_uint_eq(now.orphans + now.forgotten, atomic_load(&w.called));
  ck_assert_uint_ge(now.objects + now.orphans + now.forgotten + w.withdrawn, w.registered);
  ok(xlgc_pool_shutdown(w.pool));
  me = NULL;
  ok(xlgc_pool_destroy(w.pool));
}

static uint64_t seed;
enum { LIFE_CALLS = 2500 };

/* threads: of the program's; the worker is started and stopped at random. */
static void live(unsigned lives, unsigned threads) {
  static user users[THREADS];
  static uint64_t calls, answers[FUNCTIONS][ANSWERS_CODES];
  xlgc_pool *other;
  xlgc_context *context;
  ok(xlgc_pool_create(NULL, &other));
  ok(xlgc_context_create(other, NULL, &context));
  uint64_t random = seed + threads;
  for (unsigned life = 0; life < lives; life++) {
    memset(&w, 0, sizeof w);
    make_kinds(trial_random(&random, 4) == 0);
    w.several = threads > 1;
    ok(xlgc_register(context, NULL, NULL, &w.foreign));
    open_pool(&random);
    calls_of_each = LIFE_CALLS / threads;
    w.at_work = threads;
    pthread_t running[THREADS];
    for (unsigned i = 0; i < threads; i++)
      open_user(&users[i], random += 1000);
    for (unsigned i = 1; i < threads; i++)
      ok(pthread_create(&running[i], NULL, use, &users[i]));
    use(&users[0]);
    for (unsigned i = 1; i < threads; i++)
      ok(pthread_join(running[i], NULL));
    come_to_rest(users, threads);
    for (unsigned i = 0; i < threads; i++)
      calls += users[i].calls;
    for (unsigned i = 0; i < FUNCTIONS; i++)
      for (unsigned j = 0; j < ANSWERS_CODES; j++)
        answers[i][j] += w.answers[i][j];
  }
  ok(xlgc_pool_destroy(other));
  printf("%u threads, %u pools, %llu calls\n", threads, lives, (unsigned long long)calls);
  for (unsigned i = 0; i < FUNCTIONS; i++) {
    printf("  %-16s", answers_name(i));
    for (unsigned j = 0; j < ANSWERS_CODES; j++)
      if (answers[i][j]) printf(" %s %llu", j ? xlgc_errname(-(int)j) + 7 : "0", (unsigned long long)answers[i][j]);
    printf("\n");
  }
}

START_TEST(any_calls) {
  unsigned lives = trial_work(20);
  live(getenv("XLGC_LONG") ? 100 * lives : lives, (unsigned)_i);
}
END_TEST

int main(void) {
  seed = trial_seed();
  Suite *suite = suite_create("misuse_random");
  TCase *cases = trial_case(suite, "calls");
  tcase_add_loop_test(cases, any_calls, 1, THREADS + 1);
  return trial_run(suite);
}
