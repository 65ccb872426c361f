/* Scanners (xlgc/scan.h): roots that no event is logged for. */
#include <config.h>

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <xlgc/listen.h>
#include <xlgc/scan.h>

#include "support/alloc.h"
#include "support/one_pool.h"
#include "support/threads.h"

/* ------------------------------------------------------------------ a host */

enum { DEPTH = 32 };

/* A stack of ids, which counts how often it is asked. */
typedef struct host {
  xlgc_id slots[DEPTH];
  size_t depth;
  unsigned asked;
} host;

static host h;

static void scan_host(xlgc_report *report, void *data) {
  host *host = data;
  host->asked++;
  for (size_t i = 0; i < host->depth; i++)
    xlgc_report_root(report, host->slots[i]);
}

/* A new object that only the host holds. */
static xlgc_id push_new(host *host, xlgc_context *context, const xlgc_kind *kind) {
  xlgc_id *slot = &host->slots[host->depth++];
  MUST(xlgc_register(context, NULL, kind, slot) == 0);
  MUST(xlgc_pin(context, *slot) == 0);
  MUST(xlgc_unpin(context, *slot) == 0);
  return *slot;
}
static xlgc_id push(void) { return push_new(&h, r.context, &r.kind); }
static void push_again(xlgc_id id) { h.slots[h.depth++] = id; }
static void pop(void) { h.depth--; }

static xlgc_scanner begin_host(int setting) {
  xlgc_scanner scanner;
  start(setting);
  ok(xlgc_scanner_add(r.context, "stack", scan_host, &h, &scanner));
  return scanner;
}

static uint32_t pins(xlgc_id id) {
  xlgc_object_info info;
  ok(xlgc_info(r.pool, id, &info));
  return info.pins;
}

/* ------------------------------------------------------------------ one thread */

/* _i: setting. */
START_TEST(what_is_pushed_lives_and_what_is_popped_dies) {
  begin_host(_i);
  xlgc_id one = push(), two = push();
  push_again(one);
  flush();
  expect_none_told(&r);
  ck_assert_uint_eq(pins(one), 1);
  uint64_t events = recorder_statistics(&r).events;
  flush();
  ck_assert_uint_eq(recorder_statistics(&r).events, events); /* nothing is new */
  pop();
  pop();
  flush();
  expect_told(&r, two);
  ck_assert_uint_eq(pins(one), 1);
  pop();
  flush();
  expect_told(&r, one);
  finish();
}
END_TEST

/* It is dropped by all that holds it, and on the stack: before the cut, and as the round goes on. */
START_TEST(what_is_read_from_objects) {
  begin_host(_i);
  xlgc_id top = root(), child = held_by(top), grandchild = held_by(child);
  flush();
  push_again(grandchild);
  push_again(child);
  drop(top, child);
  flush();
  expect_none_told(&r);
  pop();
  flush();
  expect_told(&r, child);
  for (size_t units = 1; units < 40; units++) {
    push_again(held_by(top));
    drop(top, h.slots[h.depth - 1]);
    ck_assert_int_ge(xlgc_step(r.pool, units), 0);
    expect_none_told(&r);
    flush();
    expect_none_told(&r);
    xlgc_id id = h.slots[h.depth - 1];
    pop();
    flush();
    expect_told(&r, id);
  }
  pop();
  flush();
  expect_told(&r, grandchild);
  finish();
}
END_TEST

/* A step has nothing to do as long as nothing is logged; xlgc_scan_now logs what has gone. */
START_TEST(asked_by_the_program) {
  begin_host(_i);
  xlgc_id one = push();
  flush();
  pop();
  unsigned before = h.asked;
  ck_assert_int_eq(xlgc_step(r.pool, 10000), 0);
  ok(xlgc_scan(r.context));
  ck_assert_uint_eq(h.asked, before);
  ok(xlgc_scan_now(r.context));
  ck_assert_uint_eq(h.asked, before + 1);
  ck_assert_int_eq(xlgc_step(r.pool, 10000), 0);
  expect_told(&r, one);
  finish();
}
END_TEST

/* A thread that reports is in the middle of something. */
START_TEST(never_in_a_call_that_reports) {
  begin_host(_i);
  xlgc_id top = root();
  push();
  for (unsigned i = 0; i < 60000; i++)
    ok(xlgc_pin(r.context, top));
  ck_assert_uint_eq(h.asked, 0);
  flush();
  ck_assert_uint_gt(h.asked, 0);
  expect_none_told(&r);
  finish();
}
END_TEST

static xlgc_id read_doubled(const void *slot, void *data) {
  ++*(unsigned *)data;
  return *(const xlgc_id *)slot / 2;
}

START_TEST(ready_made_scanners) {
  start(_i);
  xlgc_id ids[8];
  for (unsigned i = 0; i < 8; i++) {
    ids[i] = object();
    ok(xlgc_pin(r.context, ids[i]));
    ok(xlgc_unpin(r.context, ids[i]));
  }
  struct {
    xlgc_id doubled;
    int other;
  } doubled[2] = {{ids[0] * 2, 0}, {ids[1] * 2, 0}};
  unsigned reads = 0;
  xlgc_root_array array = {doubled, 2, sizeof *doubled, read_doubled, &reads};
  xlgc_id variable = ids[2], empty = XLGC_ID_NONE;
  const xlgc_id *variables[] = {&variable, &empty};
  xlgc_root_globals globals = {variables, 2};
  xlgc_id up[4] = {ids[3], XLGC_ID_NONE, ids[4], ids[7]}, down[4] = {ids[7], ids[7], ids[5], ids[6]};
  xlgc_id *up_base = up, *up_top = up + 3, *down_base = down + 4, *down_top = down + 2;
  xlgc_root_stack grows_up = {.base = &up_base, .top = &up_top}, grows_down = {.base = &down_base, .top = &down_top};
  ok(xlgc_scanner_add(r.context, "array", xlgc_scan_array, &array, NULL));
  ok(xlgc_scanner_add(r.context, "globals", xlgc_scan_globals, &globals, NULL));
  ok(xlgc_scanner_add(r.context, "up", xlgc_scan_stack, &grows_up, NULL));
  ok(xlgc_scanner_add(r.context, "down", xlgc_scan_stack, &grows_down, NULL));
  flush();
  expect_told(&r, ids[7]);
  ck_assert_uint_ge(reads, 2);
  array.count = 1;
  variable = XLGC_ID_NONE;
  up_top = up;
  down_top = down + 3;
  flush();
  ck_assert_uint_eq(r.told_count, 5);
  for (unsigned i = 0; i < 8; i++)
    ck_assert_int_eq(recorder_knows(&r, ids[i]), i == 0 || i == 6);
  r.told_count = 0;
  finish();
}
END_TEST

/* ------------------------------------------------------------------ coming and going */

START_TEST(removed_ones) {
  xlgc_scanner scanner = begin_host(_i), other;
  ok(xlgc_scanner_add(r.context, NULL, scan_host, &h, &other));
  xlgc_id one = push();
  flush();
  ck_assert_uint_eq(pins(one), 2);
  ok(xlgc_scanner_remove(r.context, scanner));
  ck_assert_int_eq(xlgc_scanner_remove(r.context, scanner), XLGC_E_STALE);
  flush();
  ck_assert_uint_eq(pins(one), 1);
  ok(xlgc_scanner_remove(r.context, other));
  unsigned asked = h.asked;
  flush();
  expect_told(&r, one);
  ck_assert_uint_eq(h.asked, asked);
  finish();
}
END_TEST

/* With its context, and though there is no memory. */
START_TEST(a_context_that_ends) {
  alloc allocator = {.fail_at = ALLOC_NEVER};
  xlgc_config config = recorder_config(&r);
  config.setting = _i;
  config.allocator = alloc_functions(&allocator);
  config.check = 1;
  recorder_open_with(&r, &config);
  xlgc_context *theirs;
  ok(xlgc_context_create(r.pool, "theirs", &theirs));
  ok(xlgc_scanner_add(theirs, "stack", scan_host, &h, NULL));
  for (unsigned i = 0; i < 20; i++)
    push_new(&h, theirs, &r.kind);
  flush();
  expect_none_told(&r);
  allocator.fail_at = allocator.asked;
  allocator.sticky = true;
  ok(xlgc_context_destroy(theirs));
  unsigned asked = h.asked;
  flush();
  ck_assert_uint_eq(r.told_count, 20);
  ck_assert_uint_eq(h.asked, asked);
  allocator.fail_at = ALLOC_NEVER;
  r.told_count = 0;
  finish();
}
END_TEST

/* Each report that lacks memory is made again; nothing dies meanwhile. */
START_TEST(without_memory) {
  alloc allocator = {.fail_at = ALLOC_NEVER};
  for (uint64_t at = 0; at < 12; at++) {
    memset(&h, 0, sizeof h);
    memset(&r, 0, sizeof r);
    xlgc_config config = recorder_config(&r);
    config.setting = _i;
    config.allocator = alloc_functions(&allocator);
    recorder_open_with(&r, &config);
    ok(xlgc_scanner_add(r.context, "stack", scan_host, &h, NULL));
    for (unsigned i = 0; i < 8; i++)
      push();
    allocator.fail_at = allocator.asked + at;
    allocator.sticky = true;
    int failed = xlgc_flush(r.pool);
    ck_assert(failed == 0 || failed == XLGC_E_NOMEM);
    if (at < 8) ck_assert_int_eq(failed, XLGC_E_NOMEM);
    expect_none_told(&r);
    allocator.fail_at = ALLOC_NEVER;
    flush();
    expect_none_told(&r);
    h.depth = 0;
    flush();
    ck_assert_uint_eq(r.told_count, 8);
    r.told_count = 0;
    finish();
    ck_assert_uint_eq(allocator.blocks, 0);
  }
}
END_TEST

START_TEST(at_the_shutdown_and_the_end) {
  begin_host(_i);
  xlgc_id one = push(), two = push();
  flush();
  pop();
  ok(xlgc_pool_shutdown(r.pool));
  expect_told(&r, two);
  ck_assert_uint_eq(r.survivor_count, 1);
  ck_assert_uint_eq(r.survivors[0].id, one);
  finish();
  memset(&r, 0, sizeof r);
  memset(&h, 0, sizeof h);
  begin_host(_i);
  push();
  flush();
  /* The host is gone with its pool. */
  recorder_close(&r);
  ck_assert_uint_eq(r.told_count, 1);
  ck_assert_uint_eq(r.survivor_count, 0);
}
END_TEST

static int inside[3];
static xlgc_scanner itself;
static void scan_badly(xlgc_report *report, void *data) {
  (void)data;
  inside[0] = xlgc_report_root(report, UINT64_MAX);
  inside[1] = xlgc_scan_now(r.context);
  inside[2] = xlgc_scanner_remove(r.context, itself);
}

START_TEST(bad_calls) {
  begin_host(_i);
  ck_assert_int_eq(xlgc_scanner_add(NULL, "", scan_host, &h, NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_scanner_add(r.context, "", NULL, &h, NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_scanner_remove(r.context, XLGC_SCANNER_NONE), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_scanner_remove(NULL, 1), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_scan(NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_scan_now(NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_report_root(NULL, 1), XLGC_E_INVAL);
  ok(xlgc_scanner_add(r.context, "bad", scan_badly, NULL, &itself));
  ck_assert_int_eq(xlgc_scan_now(r.context), XLGC_E_FOREIGN);
  ck_assert_int_eq(inside[0], XLGC_E_FOREIGN);
  ck_assert_int_eq(inside[1], XLGC_E_BUSY);
  ck_assert_int_eq(inside[2], XLGC_E_BUSY);
  /* What it has reported is not known, so nothing dies. */
  xlgc_id top = root();
  ok(xlgc_unpin(r.context, top));
  ck_assert_int_eq(xlgc_flush(r.pool), XLGC_E_FOREIGN);
  expect_none_told(&r);
  ok(xlgc_scanner_remove(r.context, itself));
  flush();
  expect_told(&r, top);
  ok(xlgc_pool_shutdown(r.pool));
  ck_assert_int_eq(xlgc_scanner_add(r.context, "", scan_host, &h, NULL), XLGC_E_SHUTDOWN);
  finish();
}
END_TEST

/* ------------------------------------------------------------------ another thread's */

static char stalled_by[32];
static void note_stall(void *data, const xlgc_moment *moment) {
  (void)data;
  if (!moment->ends) strcpy(stalled_by, moment->name);
}
static char held_context[32], held_scanner[32];
static void note_held(void *data, const xlgc_held *held) {
  (void)data;
  ck_assert_int_eq(held->in_section, 0);
  strcpy(held_context, held->context);
  strcpy(held_scanner, held->scanner);
}

static xlgc_context *theirs;
static void begin_theirs(void *data) {
  MUST(xlgc_context_create(r.pool, "theirs", &theirs) == 0);
  MUST(xlgc_scanner_add(theirs, "their stack", scan_host, data, NULL) == 0);
  push_new(data, theirs, &r.kind);
}
static void pass_a_safe_point(void *data) { *(int *)data = xlgc_scan(theirs); }
static void dispatch_theirs(void *data) { *(int *)data = xlgc_context_dispatch(theirs, 1); }

/* _i: setting, and whether it answers at a safe point or with its mailbox. */
START_TEST(one_that_cannot_be_asked_holds_the_verdict) {
  static const xlgc_listener listener = {.stall = note_stall};
  xlgc_config config = recorder_config(&r);
  config.setting = _i % 2;
  config.watchdog_ns = 0;
  config.on_held = note_held;
  recorder_open_with(&r, &config);
  ok(xlgc_listen(r.pool, &listener));
  run_elsewhere(begin_theirs, &h);
  xlgc_id garbage = root();
  ok(xlgc_unpin(r.context, garbage));
  ck_assert_int_eq(xlgc_step(r.pool, 10000), XLGC_E_HELD);
  ck_assert_int_eq(xlgc_step(r.pool, 10000), XLGC_E_HELD);
  expect_none_told(&r);
  ck_assert_str_eq(stalled_by, "their stack");
  ck_assert_str_eq(held_scanner, "their stack");
  ck_assert_str_eq(held_context, "theirs");
  ck_assert_str_eq(recorder_statistics(&r).held_by, "their stack");
  /* Reading waits for nothing. */
  ck_assert_uint_eq(recorder_distance(&r, h.slots[0]), XLGC_UNREACHABLE);
  ck_assert_int_eq(xlgc_step(r.pool, 10000), XLGC_E_HELD);
  int answer = -1;
  run_elsewhere(_i < 2 ? pass_a_safe_point : dispatch_theirs, &answer);
  ok(answer);
  ck_assert_uint_eq(h.asked, 1);
  while (xlgc_step(r.pool, 10000) == XLGC_E_HELD)
    run_elsewhere(pass_a_safe_point, &answer);
  expect_told(&r, garbage);
  ck_assert_uint_eq(recorder_distance(&r, h.slots[0]), 0);
  ok(xlgc_context_destroy(theirs));
  xlgc_id id = h.slots[0];
  flush();
  expect_told(&r, id);
  ok(xlgc_unlisten(r.pool, &listener));
  finish();
}
END_TEST

/* Their thread waits for what this one has, while this one logs to the queue's bound: no thread waits for the other. */
static pthread_mutex_t programs_lock = PTHREAD_MUTEX_INITIALIZER;
static stage their_stage;
static void wait_for_the_lock(void *data) {
  begin_theirs(data);
  reach(&their_stage, 1);
  pthread_mutex_lock(&programs_lock);
  pthread_mutex_unlock(&programs_lock);
  while (their_stage.at < 2)
    MUST(xlgc_scan(theirs) == 0);
  MUST(xlgc_context_destroy(theirs) == 0);
}

/* _i: XLGC_FULL_HELP or XLGC_FULL_WAIT. */
START_TEST(none_waits_for_a_scanner_at_the_bound) {
  xlgc_config config = recorder_config(&r);
  config.when_full = _i;
  config.queue_events = 1020;
  recorder_open_with(&r, &config);
  xlgc_id top = root();
  pthread_mutex_lock(&programs_lock);
  job waiter;
  begin(&waiter, wait_for_the_lock, &h);
  await(&their_stage, 1);
  ok(xlgc_worker_start(r.pool));
  for (unsigned i = 0; i < 5000; i++)
    ok(xlgc_pin(r.context, top));
  pthread_mutex_unlock(&programs_lock);
  flush();
  reach(&their_stage, 2);
  end(&waiter);
  flush();
  ok(xlgc_worker_stop(r.pool));
  ck_assert_uint_eq(r.told_count, 1);
  r.told_count = 0;
  finish();
}
END_TEST

/* ------------------------------------------------------------------ random moves of three threads */

/* Threads push, pop, exchange objects over shared fields, and use what they have: none may be released. */
enum { THREADS = 3, FIELDS = 16, REPORTS = 110000 }; /* with XLGC_LONG, 1.1 million */
typedef struct thing {
  xlgc_id id;
  _Atomic unsigned released;
  struct thing *next; /* of all of a thread's: they are freed at the end, so that each can be looked at until then */
} thing;

static struct {
  xlgc_pool *pool;
  xlgc_id holder;
  pthread_mutex_t lock;
  thing *fields[FIELDS];
  _Atomic unsigned made, released, reported;
  uint64_t seed;
} w;

typedef struct interpreter {
  xlgc_context *context;
  thing *stack[DEPTH];
  unsigned depth, number;
  thing *all;
} interpreter;

static void scan_interpreter(xlgc_report *report, void *data) {
  interpreter *of = data;
  for (unsigned i = 0; i < of->depth; i++)
    MUST(xlgc_report_root(report, of->stack[i]->id) == 0);
  w.reported += of->depth;
}

static void release_thing(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)context, (void)id, (void)data;
  MUST(((thing *)object)->released++ == 0);
  w.released++;
}
static const xlgc_kind thing_kind = {.name = "thing", .flags = XLGC_KIND_UNINDEXED, .release = release_thing};

static void push_thing(interpreter *on) {
  thing *made = calloc(1, sizeof *made);
  MUST(made && xlgc_register(on->context, made, &thing_kind, &made->id) == 0);
  made->next = on->all;
  on->all = made;
  on->stack[on->depth++] = made;
  MUST(xlgc_pin(on->context, made->id) == 0);
  MUST(xlgc_unpin(on->context, made->id) == 0);
  w.made++;
}

/* Stores what is on top, or nothing, in a field; the link comes before the store, the unlink after it. */
static void store(interpreter *on, unsigned field) {
  thing *now = on->depth ? on->stack[on->depth - 1] : NULL, *old;
  pthread_mutex_lock(&w.lock);
  if (now) MUST(xlgc_link(on->context, w.holder, now->id) == 0);
  old = w.fields[field];
  w.fields[field] = now;
  if (old) MUST(xlgc_unlink(on->context, w.holder, old->id) == 0);
  pthread_mutex_unlock(&w.lock);
}

static void load(interpreter *on, unsigned field) {
  pthread_mutex_lock(&w.lock);
  if (w.fields[field]) on->stack[on->depth++] = w.fields[field];
  pthread_mutex_unlock(&w.lock);
}

/* No release may have come while this thread has it. */
static void use_all(const interpreter *on) {
  for (unsigned i = 0; i < on->depth; i++)
    MUST(!on->stack[i]->released);
}

static void move(interpreter *on, uint64_t *random) {
  unsigned field = trial_random(random, FIELDS);
  switch (trial_random(random, 8)) {
  case 0:
  case 1:
    if (on->depth < DEPTH) push_thing(on);
    break;
  case 2: store(on, field); break;
  case 3:
  case 4:
    if (on->depth < DEPTH) load(on, field);
    break;
  case 5: on->depth = trial_random(random, on->depth + 1); break;
  default:
    if (on->depth) on->depth--;
  }
}

static void interpret(void *data) {
  interpreter *on = data;
  uint64_t random = w.seed + on->number;
  MUST(xlgc_context_create(w.pool, "interpreter", &on->context) == 0);
  MUST(xlgc_scanner_add(on->context, "stack", scan_interpreter, on, NULL) == 0);
  unsigned most = trial_work(REPORTS);
  for (unsigned i = 0; w.reported < most; i++) {
    move(on, &random);
    use_all(on);
    MUST((i % 64 ? xlgc_scan(on->context) : xlgc_scan_now(on->context)) == 0);
    if (i % 1000 == 0 && on->number == 0) MUST(xlgc_step(w.pool, 100) >= XLGC_E_HELD);
    use_all(on);
  }
  MUST(xlgc_context_destroy(on->context) == 0);
}

START_TEST(random_reports_of_three_threads) {
  xlgc_config config;
  xlgc_config_init(&config);
  config.setting = _i;
  config.worker_period_ns = 10000;
  xlgc_context *context;
  w.seed = trial_seed();
  ok(pthread_mutex_init(&w.lock, NULL));
  ok(xlgc_pool_create(&config, &w.pool));
  ok(xlgc_context_create(w.pool, "main", &context));
  ok(xlgc_register(context, NULL, NULL, &w.holder));
  ok(xlgc_worker_start(w.pool));
  static interpreter all[THREADS];
  job threads[THREADS];
  for (unsigned i = 0; i < THREADS; i++) {
    all[i].number = i;
    begin(&threads[i], interpret, &all[i]);
  }
  for (unsigned i = 0; i < THREADS; i++)
    end(&threads[i]);
  ok(xlgc_flush(w.pool));
  /* Only what the fields hold is left. */
  unsigned left = 0;
  for (unsigned i = 0; i < FIELDS; i++) {
    bool again = false;
    for (unsigned j = 0; j < i; j++)
      again |= w.fields[i] == w.fields[j];
    left += w.fields[i] && !again;
    if (w.fields[i]) ck_assert_uint_eq(w.fields[i]->released, 0);
  }
  ck_assert_uint_eq(w.made - w.released, left);
  xlgc_statistics is;
  ok(xlgc_stats(w.pool, &is));
  ck_assert_uint_eq(is.errors, 0);
  ok(xlgc_verify(w.pool, NULL, 0));
  ok(xlgc_pool_destroy(w.pool));
  ck_assert_uint_ge(w.reported, trial_work(REPORTS));
  for (unsigned i = 0; i < THREADS; i++)
    while (all[i].all) {
      thing *one = all[i].all;
      all[i].all = one->next;
      free(one);
    }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("api_scanners");
  TCase *tests = trial_case(suite, "scanners");
  tcase_add_loop_test(tests, what_is_pushed_lives_and_what_is_popped_dies, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(tests, what_is_read_from_objects, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(tests, asked_by_the_program, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(tests, never_in_a_call_that_reports, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(tests, ready_made_scanners, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(tests, removed_ones, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(tests, a_context_that_ends, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(tests, without_memory, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(tests, at_the_shutdown_and_the_end, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(tests, bad_calls, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(tests, one_that_cannot_be_asked_holds_the_verdict, 0, 4);
  tcase_add_loop_test(tests, none_waits_for_a_scanner_at_the_bound, XLGC_FULL_HELP, XLGC_FULL_WAIT + 1);
  tcase_add_loop_test(tests, random_reports_of_three_threads, XLGC_CERTIFIED, XLGC_EXACT + 1);
  return trial_run(suite);
}
