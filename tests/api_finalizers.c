/* Finalizers of single objects (xlgc/finalizer.h): each is called exactly once, in order, on the thread of the kind's
 * release; against a model, with memory failing, and beside other threads. */
#include <config.h>

#include <stdatomic.h>
#include <string.h>
#include <xlgc/finalizer.h>

#include "support/alloc.h"
#include "support/one_pool.h"
#include "support/threads.h"

/* ------------------------------------------------------------------ what was called */

static char called[64];
static void note(char what) {
  size_t length = strlen(called);
  ck_assert_uint_lt(length, sizeof called - 1);
  called[length] = what;
  called[length + 1] = 0;
}
static void expect_called(const char *what) {
  ck_assert_str_eq(called, what);
  called[0] = 0;
}

static char address_of_object;

/* data: the letter. */
static void finalize(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)context, (void)id;
  ck_assert_ptr_eq(object, &address_of_object);
  note(*(char *)data);
}
static void release(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)context, (void)id, (void)object, (void)data;
  note('R');
}
static void forget(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)context, (void)id, (void)object, (void)data;
  note('F');
}

static char letters[] = "abcdefgh";
static xlgc_kind kind = {.name = "finalized", .flags = XLGC_KIND_UNINDEXED, .release = release, .forgotten = forget};

static xlgc_id finalized(unsigned flags, unsigned delivery) {
  xlgc_id id;
  kind.flags = XLGC_KIND_UNINDEXED | flags;
  kind.delivery = delivery;
  ok(xlgc_register(r.context, &address_of_object, &kind, &id));
  return id;
}
static xlgc_finalizer add(xlgc_id id, unsigned letter) {
  xlgc_finalizer made;
  ok(xlgc_finalizer_add(r.context, id, finalize, &letters[letter], &made));
  return made;
}

/* ------------------------------------------------------------------ one by one */

START_TEST(the_newest_first_and_before_the_release) {
  start(_i);
  xlgc_id id = finalized(0, XLGC_DELIVER_INLINE);
  ok(xlgc_pin(r.context, id));
  add(id, 0);
  xlgc_finalizer middle = add(id, 1), newest = add(id, 2);
  add(id, 3);
  void *data = NULL;
  ok(xlgc_finalizer_remove(r.pool, middle, &data));
  ck_assert_ptr_eq(data, &letters[1]);
  ck_assert_int_eq(xlgc_finalizer_remove(r.pool, middle, &data), XLGC_E_STALE);
  flush();
  expect_called("");
  ok(xlgc_unpin(r.context, id));
  flush();
  expect_called("dcaR");
  ck_assert_int_eq(xlgc_finalizer_remove(r.pool, newest, NULL), XLGC_E_STALE);
  finish();
}
END_TEST

START_TEST(transient_and_unregistered_ones) {
  start(_i);
  xlgc_id passing = finalized(XLGC_KIND_TRANSIENT, XLGC_DELIVER_INLINE);
  add(passing, 0);
  flush();
  expect_called("aF");
  xlgc_id id = finalized(0, XLGC_DELIVER_INLINE);
  add(id, 1);
  add(id, 2);
  ok(xlgc_unregister(r.context, id));
  expect_called("cb");
  flush();
  expect_called("");
  finish();
}
END_TEST

/* Without a release, and where the thread that found the object may not call back. */
START_TEST(by_mail_and_later) {
  xlgc_config config = recorder_config(&r);
  config.setting = _i;
  config.queue_events = 1020;
  recorder_open_with(&r, &config);
  xlgc_id id = finalized(0, XLGC_DELIVER_OWNER), top = root();
  kind.release = NULL;
  ok(xlgc_pin(r.context, id));
  add(id, 0);
  ok(xlgc_unpin(r.context, id));
  flush();
  expect_called("");
  ck_assert_int_eq(xlgc_context_dispatch(r.context, 10), 1);
  expect_called("a");
  kind.delivery = XLGC_DELIVER_INLINE;
  xlgc_id last = finalized(0, XLGC_DELIVER_INLINE);
  ok(xlgc_pin(r.context, last));
  add(last, 2);
  ok(xlgc_unpin(r.context, last));
  for (unsigned i = 0; i < 20000; i++)
    ok(xlgc_pin(r.context, top));
  expect_called("");
  ck_assert_uint_eq(recorder_statistics(&r).backlog, 1);
  flush();
  expect_called("c");
  finish();
}
END_TEST

static xlgc_finalizer to_remove;
static int added_inside, removed_inside;
static void remove_another(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)object, (void)data;
  removed_inside = xlgc_finalizer_remove(r.pool, to_remove, NULL);
  added_inside = xlgc_finalizer_add(context, id, finalize, letters, NULL);
  note('x');
}

START_TEST(of_finalizers_themselves) {
  start(_i);
  xlgc_id id = finalized(0, XLGC_DELIVER_INLINE);
  ok(xlgc_pin(r.context, id));
  add(id, 0);
  to_remove = add(id, 1);
  ok(xlgc_finalizer_add(r.context, id, remove_another, NULL, NULL));
  ok(xlgc_unpin(r.context, id));
  flush();
  expect_called("xaR");
  ck_assert_int_eq(removed_inside, 0);
  ck_assert_int_eq(added_inside, XLGC_E_RELEASED);
  finish();
}
END_TEST

/* What a finalizer lets go of at the shutdown goes too. */
static void let_go(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)id, (void)object;
  ok(xlgc_unpin(context, *(xlgc_id *)data));
  added_inside = xlgc_finalizer_add(context, *(xlgc_id *)data, finalize, letters, NULL);
}

START_TEST(at_the_shutdown) {
  start(_i);
  xlgc_id left = finalized(0, XLGC_DELIVER_CLEANER), held = finalized(0, XLGC_DELIVER_INLINE);
  ok(xlgc_pin(r.context, left));
  ok(xlgc_pin(r.context, held));
  ok(xlgc_finalizer_add(r.context, left, let_go, &held, NULL));
  add(left, 0);
  add(held, 1);
  add(left, 2);
  ok(xlgc_pool_shutdown(r.pool));
  expect_called("cbaR");
  ck_assert_uint_eq(r.survivor_count, 1);
  ck_assert_int_eq(added_inside, XLGC_E_SHUTDOWN);
  ck_assert_int_eq(xlgc_finalizer_add(r.context, left, finalize, letters, NULL), XLGC_E_SHUTDOWN);
  finish();
}
END_TEST

START_TEST(bad_calls) {
  start(_i);
  xlgc_id id = finalized(0, XLGC_DELIVER_INLINE);
  ck_assert_int_eq(xlgc_finalizer_add(NULL, id, finalize, letters, NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_finalizer_add(r.context, id, NULL, letters, NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_finalizer_add(r.context, XLGC_ID_NONE, finalize, letters, NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_finalizer_add(r.context, UINT64_MAX, finalize, letters, NULL), XLGC_E_FOREIGN);
  ck_assert_int_eq(xlgc_finalizer_add(r.context, id + 1, finalize, letters, NULL), XLGC_E_STALE);
  ck_assert_int_eq(xlgc_finalizer_remove(NULL, 1, NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_finalizer_remove(r.pool, XLGC_FINALIZER_NONE, NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_finalizer_remove(r.pool, 1, NULL), XLGC_E_STALE);
  ok(xlgc_unregister(r.context, id));
  finish();
}
END_TEST

/* ------------------------------------------------------------------ all orders, against a model */

enum step { ADD, REMOVE, LINK, DROP, KEEP, SHUTDOWN, THREAD_ENDS, STEPS };
enum { LONGEST = 5 };

static struct {
  alloc allocator;
  xlgc_pool *pool;
  xlgc_context *main, *owner; /* owner: of the object */
  xlgc_id top, object;
  xlgc_finalizer finalizers[LONGEST];
  /* What is to be. */
  unsigned made, holds;
  bool there[LONGEST], keeps, dead, shut;
  char expected[64];
} m;

static int asked(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)context, (void)id, (void)object, (void)data;
  return m.keeps ? XLGC_KEEP : XLGC_LET_GO;
}
static void finalize_letter(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)context;
  MUST(id == m.object && object == &address_of_object);
  note(*(char *)data);
}

static void begin_model(int setting, unsigned delivery) {
  static xlgc_kind of_model;
  memset(&m, 0, sizeof m);
  called[0] = 0;
  m.allocator.fail_at = ALLOC_NEVER;
  xlgc_config config;
  xlgc_config_init(&config);
  config.setting = setting;
  config.allocator = alloc_functions(&m.allocator);
  of_model = (xlgc_kind){.name = "model", .release = release, .orphaned = asked, .delivery = delivery};
  MUST(xlgc_pool_create(&config, &m.pool) == 0);
  MUST(xlgc_context_create(m.pool, "main", &m.main) == 0);
  MUST(xlgc_context_create(m.pool, "owner", &m.owner) == 0);
  MUST(xlgc_register(m.main, NULL, NULL, &m.top) == 0);
  MUST(xlgc_register(m.owner, &address_of_object, &of_model, &m.object) == 0);
  MUST(xlgc_link(m.main, m.top, m.object) == 0);
  m.holds = 1;
}

static void come_to_rest(void) {
  int failed = 0;
  if (m.shut) return;
  failed = xlgc_flush(m.pool);
  if (m.owner) xlgc_context_dispatch(m.owner, 10);
  /* A flush would ask again. */
  while (failed == XLGC_E_HELD || failed == 1) {
    failed = xlgc_step(m.pool, 10000);
    if (m.owner) xlgc_context_dispatch(m.owner, 10);
  }
  MUST(failed == 0);
}

/* Those that are there are called now. */
static void expect_finalizers(void) {
  for (unsigned i = m.made; i-- > 0; m.there[i] = false)
    if (m.there[i]) m.expected[strlen(m.expected)] = letters[i]; /* the rest is zero */
}

static void expect_death(void) {
  if (m.dead || m.shut || m.holds || m.keeps) return;
  m.dead = true;
  expect_finalizers();
  strcat(m.expected, "R");
}

static void do_add(void) {
  /* First without memory. */
  m.allocator.fail_at = m.allocator.asked;
  int starved = xlgc_finalizer_add(m.main, m.object, finalize_letter, &letters[m.made], &m.finalizers[m.made]);
  m.allocator.fail_at = ALLOC_NEVER;
  int result = xlgc_finalizer_add(m.main, m.object, finalize_letter, &letters[m.made], &m.finalizers[m.made]);
  if (m.shut || m.dead) {
    MUST(starved == result);
    MUST(m.shut ? result == XLGC_E_SHUTDOWN : result == XLGC_E_RELEASED || result == XLGC_E_STALE);
    return;
  }
  MUST(starved == XLGC_E_NOMEM && result == 0);
  m.there[m.made++] = true;
}

/* The second one if there is one, so that it is now the newest, now the oldest, now between two. */
static void do_remove(void) {
  if (!m.made) return;
  unsigned which = m.made > 1 ? 1 : 0;
  MUST(xlgc_finalizer_remove(m.pool, m.finalizers[which], NULL) == (m.there[which] ? 0 : XLGC_E_STALE));
  m.there[which] = false;
}

static void do_step(enum step step) {
  bool moves = !m.shut && !m.dead;
  switch (step) {
  case ADD: do_add(); break;
  case REMOVE: do_remove(); break;
  case LINK:
    if (!moves) break;
    MUST(xlgc_link(m.main, m.top, m.object) == 0);
    m.holds++;
    break;
  case DROP:
    if (!moves || !m.holds) break;
    MUST(xlgc_unlink(m.main, m.top, m.object) == 0);
    m.holds--;
    break;
  case KEEP: m.keeps = !m.keeps; break;
  case THREAD_ENDS:
    if (m.owner) MUST(xlgc_context_destroy(m.owner) == 0);
    m.owner = NULL;
    break;
  default:
    if (m.shut) return;
    MUST(xlgc_pool_shutdown(m.pool) == 0);
    expect_death();
    m.shut = true;
    expect_finalizers();
  }
  come_to_rest();
  expect_death();
  MUST(strcmp(called, m.expected) == 0);
}

static void run_order(unsigned order, unsigned length, int setting, unsigned delivery) {
  begin_model(setting, delivery);
  for (unsigned i = 0; i < length; i++, order /= STEPS)
    do_step((enum step)(order % STEPS));
  MUST(xlgc_pool_destroy(m.pool) == 0);
  if (!m.shut) {
    expect_death();
    expect_finalizers();
  }
  MUST(strcmp(called, m.expected) == 0);
  MUST(m.allocator.blocks == 0);
}

/* _i: setting. */
START_TEST(every_order_of_five_steps) {
  const unsigned deliveries[] = {XLGC_DELIVER_INLINE, XLGC_DELIVER_OWNER};
  unsigned orders = 1, stride = trial_work(10) < 10 ? 5 : 1;
  for (unsigned i = 0; i < LONGEST; i++)
    orders *= STEPS;
  for (unsigned order = 0; order < orders; order += stride)
    run_order(order, LONGEST, _i, deliveries[(order / STEPS + order) % 2]);
  /* Both deliveries of all that are shorter. */
  for (unsigned order = 0; order < orders / STEPS; order += stride)
    for (unsigned which = 0; which < 2; which++)
      run_order(order, LONGEST - 1, _i, deliveries[which]);
}
END_TEST

/* ------------------------------------------------------------------ threads */

enum { THREADS = 3, OBJECTS = 24, ADDED = 4000 };
typedef struct once {
  _Atomic unsigned calls;
  bool removed, added;
  xlgc_finalizer finalizer;
} once;
static struct {
  xlgc_pool *pool;
  once all[THREADS][ADDED];
} w;

static void count_once(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)context, (void)id, (void)object;
  ((once *)data)->calls++;
}

static void add_and_remove(void *data) {
  once *mine = data;
  uint64_t random = trial_seed() + (uint64_t)(mine - w.all[0]);
  xlgc_context *context;
  static const xlgc_kind by_cleaner = {.name = "cleaner", .delivery = XLGC_DELIVER_CLEANER};
  static const xlgc_kind by_worker = {.name = "inline"};
  static _Atomic(xlgc_weak *) weaks[OBJECTS];
  MUST(xlgc_context_create(w.pool, "adder", &context) == 0);
  for (unsigned i = 0; i < ADDED; i++) {
    unsigned at = trial_random(&random, OBJECTS);
    xlgc_id id = XLGC_ID_NONE;
    if (weaks[at]) MUST(xlgc_weak_load(weaks[at], &id) == 0);
    if (id == XLGC_ID_NONE) {
      xlgc_weak *weak;
      MUST(xlgc_register(context, NULL, i % 2 ? &by_cleaner : &by_worker, &id) == 0);
      MUST(xlgc_pin(context, id) == 0);
      MUST(xlgc_weak_create(context, id, NULL, NULL, &weak) == 0);
      weaks[at] = weak; /* those before are freed with the pool */
    }
    MUST(xlgc_finalizer_add(context, id, count_once, &mine[i], &mine[i].finalizer) == 0);
    mine[i].added = true;
    MUST(xlgc_unpin(context, id) == 0);
    once *other = &mine[trial_random(&random, i + 1)];
    if (trial_random(&random, 2) && !other->removed)
      other->removed = !xlgc_finalizer_remove(w.pool, other->finalizer, NULL);
  }
  if (trial_random(&random, 2)) MUST(xlgc_context_destroy(context) == 0);
}

START_TEST(exactly_once_beside_others) {
  xlgc_config config;
  xlgc_config_init(&config);
  config.setting = _i;
  config.worker_period_ns = 20000;
  ok(xlgc_pool_create(&config, &w.pool));
  ok(xlgc_worker_start(w.pool));
  ok(xlgc_cleaner_start(w.pool));
  job threads[THREADS];
  for (unsigned i = 0; i < THREADS; i++)
    begin(&threads[i], add_and_remove, w.all[i]);
  for (unsigned i = 0; i < THREADS; i++)
    end(&threads[i]);
  ok(xlgc_pool_shutdown(w.pool));
  for (unsigned i = 0; i < THREADS * ADDED; i++) {
    const once *one = &w.all[i / ADDED][i % ADDED];
    MUST(one->calls + one->removed == one->added);
  }
  ok(xlgc_pool_destroy(w.pool));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("api_finalizers");
  TCase *tests = trial_case(suite, "finalizers");
  tcase_add_loop_test(tests, the_newest_first_and_before_the_release, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(tests, transient_and_unregistered_ones, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(tests, by_mail_and_later, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(tests, of_finalizers_themselves, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(tests, at_the_shutdown, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(tests, bad_calls, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(tests, every_order_of_five_steps, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(tests, exactly_once_beside_others, XLGC_CERTIFIED, XLGC_EXACT + 1);
  return trial_run(suite);
}
