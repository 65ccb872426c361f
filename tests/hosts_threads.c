/* Which thread may enter an engine: engines that are bound, shared, and any thread's, on toy engines. */
#include <config.h>

#include <poll.h>
#include <string.h>

#include "hosts/core/tables.h"
#include "support/threads.h"
#include "support/toy.h"
#include "support/trial.h"

static xlgc_pool *pool;
static _Atomic unsigned wrong; /* what threads have found */

/* --------------------------------------------------------------- engines */

/* A toy, and an object of it that is called from other threads. */
typedef struct subject {
  toy *toy;
  xlgc_id id;
  int (*act)(struct subject *subject); /* what the object does */
  _Atomic unsigned inside, calls;
  struct subject *next; /* that it calls */
  stage *stage;
  int refused;
  char words[256];
} subject;

static int call(xlgc_visit *visit, const xlgc_value *self, const xlgc_value *arguments, size_t count, xlgc_value *out) {
  (void)self, (void)arguments, (void)count, (void)out;
  subject *subject = visit->handle;
  subject->calls++;
  return subject->act ? subject->act(subject) : 0;
}
static const xlgc_behaviour callable = {.call = call};

static int visit(subject *subject) {
  xlgc_visit visit;
  xlgc_value out;
  int failed = xlgc_visit_begin_held(&visit, pool, subject->id);
  if (failed) {
    strcpy(subject->words, xlgc_visit_message(&visit, failed));
    return failed;
  }
  failed = xlgc_visit_call(&visit, NULL, NULL, 0, &out);
  xlgc_visit_end(&visit);
  return failed;
}

static void open_subject(subject *subject, bool is_shared, int (*act)(struct subject *subject)) {
  memset(subject, 0, sizeof *subject);
  subject->toy = toy_open(pool, 0);
  subject->act = act;
  toy_make(subject->toy, 0, 1);
  toy_behave(subject->toy, 0, &callable, subject, XLGC_CALLABLE);
  ok(toy_give(subject->toy, 0, &subject->id));
  ok(xlgc_pin(xlgc_host_context(subject->toy->host), subject->id));
  if (is_shared) ok(xlgc_host_share(subject->toy->host));
}

static void close_subject(subject *subject) {
  xlgc_context *context;
  ok(xlgc_context_here(pool, &context));
  ok(xlgc_unpin(context, subject->id));
  toy_close(subject->toy);
}

static void open_pool(void) { ok(xlgc_pool_create(NULL, &pool)); }
static void close_pool(void) {
  xlgc_statistics statistics;
  ok(xlgc_flush(pool));
  ok(xlgc_stats(pool, &statistics));
  ck_assert_uint_eq(statistics.objects, 0);
  ok(xlgc_verify(pool, NULL, 0));
  ok(xlgc_pool_destroy(pool));
  ck_assert_uint_eq(wrong, 0);
}

/* ----------------------------------------------------------------- bound */

static void visit_bound(void *data) {
  subject *subject = data;
  subject->refused = visit(subject);
}
static void adopt(void *data) {
  subject *subject = data;
  wrong += xlgc_host_adopt(subject->toy->host) != 0;
  wrong += visit(subject) != 0;
}

START_TEST(bound_engines_belong_to_one_thread) {
  open_pool();
  subject bound;
  open_subject(&bound, false, NULL);
  ok(visit(&bound));
  run_elsewhere(visit_bound, &bound);
  ck_assert_int_eq(bound.refused, XLGC_E_OTHER_THREAD);
  ck_assert_ptr_nonnull(strstr(bound.words, "another thread"));
  run_elsewhere(adopt, &bound);
  ck_assert_int_eq(visit(&bound), XLGC_E_OTHER_THREAD);
  ok(xlgc_host_adopt(bound.toy->host));
  ok(visit(&bound));
  ck_assert_uint_eq(bound.calls, 3);
  close_subject(&bound);
  close_pool();
}
END_TEST

static void adopt_in_use(void *data) { wrong += xlgc_host_adopt(data) != XLGC_E_OTHER_THREAD; }
static int try_to_adopt(subject *subject) {
  run_elsewhere(adopt_in_use, subject->toy->host);
  run_elsewhere(visit_bound, subject);
  return 0;
}

START_TEST(an_engine_in_use_is_not_adopted) {
  open_pool();
  subject bound;
  open_subject(&bound, false, try_to_adopt);
  ok(visit(&bound));
  ck_assert_int_eq(bound.refused, XLGC_E_OTHER_THREAD);
  close_subject(&bound);
  close_pool();
}
END_TEST

static uint64_t summaries_of(const subject *subject) {
  xlgc_host_statistics statistics;
  ok(xlgc_host_stats(subject->toy->host, &statistics));
  return statistics.summaries;
}

static void collect_without(void *data) {
  char names[8];
  int length = *(int *)data;
  wrong += xlgc_hosts_collect(pool) < 0;
  wrong += xlgc_hosts_left_out(pool, names, sizeof names) != length;
  wrong += xlgc_hosts_left_out(pool, NULL, 0) != length;
  wrong += strcmp(names, length == 3 ? "toy" : "toy, to") != 0;
}

/* It is asked to take its summary by itself: once, and its thread is woken. */
START_TEST(other_threads_engines_are_left_out_and_asked) {
  open_pool();
  subject bound;
  open_subject(&bound, false, NULL);
  xlgc_host *host = bound.toy->host;
  ck_assert_int_ge(xlgc_host_dispatch(host, SIZE_MAX), 0);
  struct pollfd mail = {.fd = xlgc_context_fd(xlgc_host_context(host)), .events = POLLIN};
  ck_assert_int_ge(mail.fd, 0);
  ck_assert_int_eq(poll(&mail, 1, 0), 0);
  uint64_t summaries = summaries_of(&bound);
  int length = 3;
  run_elsewhere(collect_without, &length);
  ck_assert_uint_eq(summaries_of(&bound), summaries);
  ck_assert_int_eq(poll(&mail, 1, 0), 1);
  ck_assert_int_ge(xlgc_host_dispatch(host, SIZE_MAX), 0);
  ck_assert_uint_eq(summaries_of(&bound), summaries + 1);
  ck_assert_int_ge(xlgc_host_dispatch(host, SIZE_MAX), 0);
  ck_assert_uint_eq(summaries_of(&bound), summaries + 1);
  ck_assert_int_eq(poll(&mail, 1, 0), 0);
  /* The end of a call is a safe point as well. */
  subject other;
  open_subject(&other, false, NULL);
  length = 8;
  run_elsewhere(collect_without, &length);
  ok(visit(&bound));
  ck_assert_uint_eq(summaries_of(&bound), summaries + 2);
  /* Here none is left out. */
  ck_assert_int_ge(xlgc_hosts_collect(pool), 0);
  ck_assert_int_eq(xlgc_hosts_left_out(pool, NULL, 0), 0);
  close_subject(&other);
  close_subject(&bound);
  close_pool();
}
END_TEST

/* A ring through engines of two threads goes when each has done its part. */
START_TEST(rings_through_two_threads_are_collected) {
  open_pool();
  subject bound, other;
  open_subject(&bound, false, NULL);
  open_subject(&other, false, NULL);
  toy *a = bound.toy, *b = other.toy;
  xlgc_id id;
  toy_make(a, 1, 7);
  toy_make(b, 1, 8);
  ok(toy_give(a, 1, &id));
  ok(toy_take(b, 2, id));
  toy_set(b, 1, 0, 2);
  ok(toy_give(b, 1, &id));
  ok(toy_take(a, 2, id));
  toy_set(a, 1, 0, 2);
  for (unsigned global = 1; global <= 2; global++)
    toy_drop(a, global), toy_drop(b, global);
  uint64_t before = a->unpins + b->unpins;
  run_elsewhere(adopt, &other);
  ck_assert_int_eq(xlgc_hosts_collect(pool), 0);
  ok(xlgc_host_adopt(b->host));
  ck_assert_int_ge(xlgc_host_dispatch(b->host, SIZE_MAX), 0);
  ok(xlgc_flush(pool));
  ck_assert_int_ge(xlgc_host_dispatch(a->host, SIZE_MAX), 0);
  ck_assert_int_ge(xlgc_host_dispatch(b->host, SIZE_MAX), 0);
  ck_assert_uint_eq(a->unpins + b->unpins - before, 2);
  close_subject(&other);
  close_subject(&bound);
  close_pool();
}
END_TEST

/* ---------------------------------------------------------------- shared */

enum { VISITS = 2000, THREADS = 4 };

static int count_inside(subject *subject) {
  int failed = ++subject->inside == 1 ? 0 : XLGC_E_CORRUPT;
  if (subject->calls % 7 == 0) failed = failed ? failed : visit(subject->next);
  subject->inside--;
  return failed;
}
static void visit_often(void *data) {
  subject *subject = data;
  unsigned visits = trial_work(VISITS);
  for (unsigned i = 0; i < visits; i++)
    wrong += visit(subject) != 0;
}

START_TEST(shared_engines_are_entered_by_one_thread_at_a_time) {
  open_pool();
  subject shared, again;
  open_subject(&shared, true, count_inside);
  open_subject(&again, true, NULL);
  shared.next = &again;
  job jobs[THREADS];
  for (unsigned i = 0; i < THREADS; i++)
    begin(&jobs[i], visit_often, &shared);
  for (unsigned i = 0; i < THREADS; i++)
    end(&jobs[i]);
  ck_assert_uint_eq(shared.calls, THREADS * trial_work(VISITS));
  close_subject(&again);
  close_subject(&shared);
  close_pool();
}
END_TEST

/* Its own code, and only that, uses the host as its own. */
static int use_as_own(subject *subject) {
  xlgc_id id;
  toy_make(subject->toy, 1, 2);
  int failed = toy_give(subject->toy, 1, &id);
  toy_drop(subject->toy, 1);
  return failed;
}
START_TEST(shared_engines_are_used_from_inside) {
  open_pool();
  subject shared;
  xlgc_id id;
  open_subject(&shared, true, use_as_own);
  ck_assert_int_eq(xlgc_host_export(shared.toy->host, &shared, &id), XLGC_E_OTHER_THREAD);
  ck_assert_int_eq(xlgc_host_adopt(shared.toy->host), XLGC_E_OTHER_THREAD);
  ok(visit(&shared));
  ok(xlgc_host_share(shared.toy->host));
  close_subject(&shared);
  close_pool();
}
END_TEST

/* ------------------------------------------------------------------ ends */

/* A language whose function looks into its engine. */
static _Atomic unsigned ends;
static int end_subject(void *engine) {
  subject *subject = engine;
  ends++;
  wrong += subject->inside != 0;
  int failed = xlgc_host_close(subject->toy->host);
  if (!failed) subject->toy->host = NULL;
  return failed;
}
static const xlgc_language language = {.name = "toy", .end = end_subject};

static _Atomic bool may_leave;
static int stay_inside(subject *subject) {
  subject->inside = 1;
  while (!may_leave)
    sched_yield();
  subject->inside = 0;
  return 0;
}
static void visit_once(void *data) { wrong += visit(data) != 0; }

/* The end comes when the call of the other thread is over. */
START_TEST(an_engine_does_not_end_while_another_thread_is_in_it) {
  open_pool();
  subject shared;
  open_subject(&shared, true, stay_inside);
  ok(xlgc_language_started(pool, &language, &shared, shared.id));
  job other;
  begin(&other, visit_once, &shared);
  while (!shared.inside)
    sched_yield();
  ck_assert_int_eq(xlgc_language_end(pool, &language, &shared), 1);
  ck_assert_uint_eq(ends, 0);
  may_leave = true;
  end(&other);
  ck_assert_uint_eq(ends, 1);
  ck_assert_ptr_null(shared.toy->host);
  close_subject(&shared);
  close_pool();
}
END_TEST

/* One that nobody is in ends at once, and one whose own code ends it when that is over. */
static int end_from_inside(subject *subject) {
  return xlgc_language_end(pool, &language, subject) == 1 ? 0 : XLGC_E_CORRUPT;
}
START_TEST(an_engine_ends_at_once_or_after_its_own_call) {
  open_pool();
  subject first, second;
  open_subject(&first, true, NULL);
  open_subject(&second, true, end_from_inside);
  ok(xlgc_language_started(pool, &language, &first, first.id));
  ok(xlgc_language_started(pool, &language, &second, second.id));
  ck_assert_int_eq(xlgc_language_end(pool, &language, &first), 0);
  ck_assert_uint_eq(ends, 1);
  ok(visit(&second));
  ck_assert_ptr_null(second.toy->host);
  ck_assert_uint_eq(ends, 3);
  ck_assert_int_eq(xlgc_language_started(pool, NULL, &second, second.id), XLGC_E_INVAL);
  close_subject(&second);
  close_subject(&first);
  close_pool();
}
END_TEST

/* The pool goes first: what is in a call ends that, and lets nothing out or in. */
static int stay_inside_and_go_on(subject *subject) {
  xlgc_id id;
  stay_inside(subject);
  toy_make(subject->toy, 1, 2);
  subject->refused = toy_give(subject->toy, 1, &id);
  return 0;
}
START_TEST(a_pool_is_destroyed_before_its_hosts) {
  open_pool();
  subject shared, bound;
  open_subject(&shared, true, stay_inside_and_go_on);
  open_subject(&bound, false, NULL);
  job other;
  begin(&other, visit_once, &shared);
  while (!shared.inside)
    sched_yield();
  ok(xlgc_pool_destroy(pool));
  may_leave = true;
  end(&other);
  ck_assert_int_eq(shared.refused, XLGC_E_SHUTDOWN);
  ck_assert_int_eq(visit(&bound), XLGC_E_SHUTDOWN);
  ck_assert_ptr_nonnull(strstr(bound.words, "shut down"));
  ck_assert_int_eq(xlgc_host_enter(bound.toy->host, shared.id, &(xlgc_host *){NULL}, &(void *){NULL}), XLGC_E_SHUTDOWN);
  ck_assert_int_eq(xlgc_host_dispatch(bound.toy->host, SIZE_MAX), 0);
  toy_close(shared.toy);
  ck_assert_int_eq(visit(&bound), XLGC_E_SHUTDOWN);
  toy_close(bound.toy);
  ck_assert_uint_eq(wrong, 0);
}
END_TEST

/* --------------------------------------------------------------- circles */

static bool is_waited_for(const subject *subject) { return subject->toy->host->waiting; }

typedef struct ring {
  subject subjects[3];
  unsigned count;
  _Atomic unsigned inside;
} ring;
static ring circle;

static int go_round(subject *subject) {
  unsigned at = (unsigned)(subject - circle.subjects);
  circle.inside++;
  while (circle.inside < circle.count)
    sched_yield();
  /* The last one waits until the others wait. */
  for (unsigned i = 1; at == circle.count - 1 && i < circle.count; i++)
    while (!is_waited_for(&circle.subjects[i]))
      sched_yield();
  subject->refused = visit(&circle.subjects[(at + 1) % circle.count]);
  return 0;
}
static int be_called(subject *subject) { return subject->calls > 1 ? 0 : go_round(subject); }
static void enter_circle(void *data) { wrong += visit(data) != 0; }

START_TEST(waits_without_end_are_refused) {
  open_pool();
  circle.count = 2 + (unsigned)_i;
  circle.inside = 0;
  for (unsigned i = 0; i < circle.count; i++)
    open_subject(&circle.subjects[i], true, be_called);
  job jobs[3];
  for (unsigned i = 0; i < circle.count; i++)
    begin(&jobs[i], enter_circle, &circle.subjects[i]);
  for (unsigned i = 0; i < circle.count; i++)
    end(&jobs[i]);
  /* The one that would have closed the circle goes on; so do the others then. */
  for (unsigned i = 0; i < circle.count; i++)
    ck_assert_int_eq(circle.subjects[i].refused, i == circle.count - 1 ? XLGC_E_DEADLOCK : 0);
  ck_assert_str_eq(circle.subjects[0].words,
                   circle.count == 2 ? "waiting would never end: the thread in 'toy' waits for 'toy', which this "
                                       "thread is in"
                                     : "waiting would never end: the thread in 'toy' waits for 'toy', the thread in "
                                       "'toy' waits for 'toy', which this thread is in");
  for (unsigned i = 0; i < circle.count; i++)
    close_subject(&circle.subjects[i]);
  close_pool();
}
END_TEST

/* The first thread leaves when the second one waits; that has the engine then, and leaves when the third one waits. */
static int leave_when_waited_for(subject *subject) {
  if (subject->calls == 3) return 0;
  reach(subject->stage, (int)subject->calls);
  while (!is_waited_for(subject))
    sched_yield();
  return 0;
}

START_TEST(a_thread_that_has_waited_waits_no_more) {
  open_pool();
  stage stage = {0};
  subject shared;
  open_subject(&shared, true, leave_when_waited_for);
  shared.stage = &stage;
  job jobs[3];
  for (int i = 0; i < 3; i++) {
    await(&stage, i);
    begin(&jobs[i], enter_circle, &shared);
  }
  for (unsigned i = 0; i < 3; i++)
    end(&jobs[i]);
  ck_assert_uint_eq(shared.calls, 3);
  close_subject(&shared);
  close_pool();
}
END_TEST

/* -------------------------------------------------------- locks of engines */

/* An engine with a lock of its own, as Python has. */
static struct { pthread_mutex_t lock; } own = {.lock = PTHREAD_MUTEX_INITIALIZER};
static _Thread_local unsigned locked;

static int enter_own(void *engine) {
  (void)engine;
  if (!locked++) pthread_mutex_lock(&own.lock);
  return 0;
}
static void leave_own(void *engine) {
  (void)engine;
  if (!--locked) pthread_mutex_unlock(&own.lock);
}
static void *give_way(void *engine) {
  if (!locked) return NULL;
  pthread_mutex_unlock(&own.lock);
  return engine;
}
static void come_back(void *engine, void *token) {
  wrong += engine != token;
  pthread_mutex_lock(&own.lock);
}
static int summarise_nothing(void *engine, xlgc_summary *summary) {
  (void)engine, (void)summary;
  return 0;
}
static void unpin_nothing(void *engine, void *handle) { (void)engine, (void)handle; }
static int visit_nothing(xlgc_visit *visit, const xlgc_value *self, const xlgc_value *arguments, size_t count,
                         xlgc_value *out) {
  (void)visit, (void)self, (void)arguments, (void)count, (void)out;
  return locked ? 0 : XLGC_E_CORRUPT;
}
static const xlgc_behaviour nothing = {.call = visit_nothing};
static const xlgc_host_adapter with_lock = {.name = "locked",
                                            .flags = XLGC_HOST_ANY_THREAD,
                                            .summarise = summarise_nothing,
                                            .unpin = unpin_nothing,
                                            .enter = enter_own,
                                            .leave = leave_own,
                                            .behaviour = &nothing,
                                            .give_way = give_way,
                                            .come_back = come_back};

static subject locking; /* an object of that engine */

/* In the shared engine: waits until the other thread waits for it with the lock, then wants the lock. */
static int want_lock(subject *subject) {
  if (subject->calls > 1) return 0;
  reach(subject->stage, 1);
  while (!is_waited_for(subject))
    sched_yield();
  return visit(&locking);
}

START_TEST(a_thread_that_waits_gives_way) {
  open_pool();
  stage stage = {0};
  subject shared;
  xlgc_host *host;
  open_subject(&shared, true, want_lock);
  shared.stage = &stage;
  ok(xlgc_host_open(pool, &with_lock, &own, &host));
  ok(enter_own(NULL));
  ok(xlgc_host_export(host, &locking, &locking.id));
  ok(xlgc_pin(xlgc_host_context(host), locking.id));
  leave_own(NULL);
  job job;
  begin(&job, enter_circle, &shared);
  await(&stage, 1);
  ok(enter_own(NULL));
  ok(visit(&shared));
  ck_assert_uint_eq(locked, 1);
  leave_own(NULL);
  end(&job);
  ok(xlgc_unpin(xlgc_host_context(host), locking.id));
  ok(xlgc_host_close(host));
  close_subject(&shared);
  close_pool();
}
END_TEST

/* ----------------------------------------------------------- collections */

static void collect_often(void *data) {
  (void)data;
  for (unsigned i = 0; i < 50; i++)
    wrong += xlgc_hosts_collect(pool) < 0;
}

/* One collection at a time: the others wait. */
START_TEST(threads_collect_one_after_the_other) {
  open_pool();
  subject shared;
  open_subject(&shared, true, NULL);
  job jobs[THREADS], visits;
  begin(&visits, visit_often, &shared);
  for (unsigned i = 0; i < THREADS; i++)
    begin(&jobs[i], collect_often, NULL);
  for (unsigned i = 0; i < THREADS; i++)
    end(&jobs[i]);
  end(&visits);
  close_subject(&shared);
  close_pool();
}
END_TEST

static stage in_summary;
static void wait_in_summary(toy *toy) {
  toy->in_summary = NULL;
  reach(&in_summary, 1);
  nap_ms(50);
}
static void collect_once(void *data) {
  (void)data;
  wrong += xlgc_hosts_collect(pool) < 0;
}

/* The engine is not left out only because another thread's collection has it. */
START_TEST(a_collection_waits_for_another) {
  open_pool();
  subject shared;
  open_subject(&shared, true, NULL);
  shared.toy->in_summary = wait_in_summary;
  job job;
  begin(&job, collect_once, NULL);
  await(&in_summary, 1);
  ck_assert_int_ge(xlgc_hosts_collect(pool), 0);
  ck_assert_int_eq(xlgc_hosts_left_out(pool, NULL, 0), 0);
  end(&job);
  close_subject(&shared);
  close_pool();
}
END_TEST

static int refuse_collection(void *engine) {
  (void)engine;
  return xlgc_hosts_refuse("not now");
}

/* That is not taken for an engine which another thread has. */
START_TEST(an_engine_that_refuses_fails_the_collection) {
  open_pool();
  xlgc_host_adapter refusing = with_lock;
  xlgc_host *host;
  refusing.collect = refuse_collection;
  ok(xlgc_host_open(pool, &refusing, &own, &host));
  ck_assert_int_eq(xlgc_hosts_collect(pool), XLGC_E_BUSY);
  ck_assert_str_eq(xlgc_hosts_why(), "not now");
  ok(xlgc_host_close(host));
  close_pool();
}
END_TEST

static int collect_inside(subject *subject) {
  (void)subject;
  return xlgc_hosts_collect(pool) < 0 ? XLGC_E_CORRUPT : 0;
}
START_TEST(an_engine_collects_from_inside) {
  open_pool();
  subject shared;
  open_subject(&shared, true, collect_inside);
  ok(visit(&shared));
  close_subject(&shared);
  close_pool();
}
END_TEST

int main(void) {
  Suite *suite = suite_create("hosts_threads");
  TCase *cases = trial_case(suite, "threads");
  tcase_add_test(cases, bound_engines_belong_to_one_thread);
  tcase_add_test(cases, an_engine_in_use_is_not_adopted);
  tcase_add_test(cases, other_threads_engines_are_left_out_and_asked);
  tcase_add_test(cases, rings_through_two_threads_are_collected);
  tcase_add_test(cases, shared_engines_are_entered_by_one_thread_at_a_time);
  tcase_add_test(cases, shared_engines_are_used_from_inside);
  tcase_add_loop_test(cases, waits_without_end_are_refused, 0, 2);
  tcase_add_test(cases, a_thread_that_has_waited_waits_no_more);
  tcase_add_test(cases, a_thread_that_waits_gives_way);
  tcase_add_test(cases, threads_collect_one_after_the_other);
  tcase_add_test(cases, a_collection_waits_for_another);
  tcase_add_test(cases, an_engine_that_refuses_fails_the_collection);
  tcase_add_test(cases, an_engine_collects_from_inside);
  tcase_add_test(cases, an_engine_does_not_end_while_another_thread_is_in_it);
  tcase_add_test(cases, an_engine_ends_at_once_or_after_its_own_call);
  tcase_add_test(cases, a_pool_is_destroyed_before_its_hosts);
  return trial_run(suite);
}
