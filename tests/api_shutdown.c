/* The end of a pool that several threads use, and forks of a process that has such pools. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/one_pool.h"
#include "support/threads.h"

static xlgc_context *another(const char *name) {
  xlgc_context *context;
  ok(xlgc_context_create(r.pool, name, &context));
  return context;
}

/* --------------------------------------------------------------- shutdown */

static int no_key(void *data, const void *key, size_t key_bytes, xlgc_interned *made) {
  (void)data;
  (void)key;
  (void)key_bytes;
  (void)made;
  return 1;
}

START_TEST(shutdown_with_events_pending_lists_survivors_then_answers_clearly) {
  start(_i);
  xlgc_context *second = another("second"), *here, *late = NULL;
  ok(xlgc_context_here(r.pool, &here));
  xlgc_id top = root(), lost = held_by(top), held = held_by(top), id;
  ok(xlgc_link(second, held, held));
  ok(xlgc_unlink(here, top, lost));
  ok(xlgc_pool_shutdown(r.pool));
  expect_told(&r, lost);
  ck_assert_str_eq(r.said, "tss");
  ck_assert_uint_eq(r.survivors[0].id, top);
  ck_assert_uint_eq(r.survivors[0].pins, 1);
  ck_assert_uint_eq(r.survivors[1].id, held);
  ck_assert_uint_eq(r.survivors[1].holders, 2);
  /* One of the two that hold it: which one, the order of a search tree decides, whose keys are mixed ids. */
  ck_assert(r.survivors[1].holder_id == top || r.survivors[1].holder_id == held);
  ck_assert_int_eq(xlgc_pool_shutdown(r.pool), XLGC_E_SHUTDOWN);
  xlgc_context *all[] = {r.context, second, here};
  for (unsigned i = 0; i < 3; i++) {
    ck_assert_int_eq(xlgc_register(all[i], NULL, NULL, &id), XLGC_E_SHUTDOWN);
    ck_assert_int_eq(xlgc_link(all[i], top, held), XLGC_E_SHUTDOWN);
    ck_assert_int_eq(xlgc_unlink(all[i], top, held), XLGC_E_SHUTDOWN);
    ck_assert_int_eq(xlgc_relink(all[i], top, held, top), XLGC_E_SHUTDOWN);
    ck_assert_int_eq(xlgc_link_at(all[i], top, held, NULL, 0), XLGC_E_SHUTDOWN);
    ck_assert_int_eq(xlgc_unlink_at(all[i], top, held, NULL), XLGC_E_SHUTDOWN);
    ck_assert_int_eq(xlgc_pin(all[i], top), XLGC_E_SHUTDOWN);
    ck_assert_int_eq(xlgc_unpin(all[i], top), XLGC_E_SHUTDOWN);
    ck_assert_int_eq(xlgc_enter(all[i]), XLGC_E_SHUTDOWN);
    ck_assert_int_eq(xlgc_leave(all[i]), XLGC_E_SECTION);
    xlgc_weak *weak;
    ck_assert_int_eq(xlgc_weak_create(all[i], top, NULL, NULL, &weak), XLGC_E_SHUTDOWN);
    ck_assert_int_eq(xlgc_intern(all[i], "a", 1, 1, no_key, NULL, &id), XLGC_E_SHUTDOWN);
    ck_assert_int_eq(xlgc_context_dispatch(all[i], 10), 0);
  }
  ck_assert_int_eq(xlgc_context_create(r.pool, NULL, &late), XLGC_E_SHUTDOWN);
  ck_assert_int_eq(xlgc_worker_start(r.pool), XLGC_E_SHUTDOWN);
  ck_assert_int_eq(xlgc_cleaner_start(r.pool), XLGC_E_SHUTDOWN);
  ok(xlgc_context_destroy(second));
  ck_assert_uint_eq(recorder_statistics(&r).queued, 0);
  recorder_close(&r);
  ck_assert_str_eq(r.said, "tss");
}
END_TEST

START_TEST(shutdown_with_mail) {
  static const int delivery[] = {XLGC_DELIVER_OWNER, XLGC_DELIVER_CLEANER, XLGC_DELIVER_WORKER};
  start(_i % 2);
  r.kind.delivery = r.asking.delivery = delivery[_i / 2];
  xlgc_id top = root(), held = held_by(top), asked = recorder_object(&r, &r.asking);
  hold(top, asked);
  drop(top, held);
  flush();
  ck_assert_uint_eq(recorder_statistics(&r).mailed, 1);
  drop(top, asked);
  ok(xlgc_pool_shutdown(r.pool));
  expect_told(&r, held, asked);
  /* Mail of earlier rounds is not before a question. */
  ck_assert_str_eq(r.said, "atts");
  ck_assert_uint_eq(recorder_statistics(&r).mailed, 0);
  ck_assert_int_eq(xlgc_context_dispatch(r.context, 10), 0);
  recorder_close(&r);
}
END_TEST

static struct {
  stage stage;
  xlgc_context *context;
  xlgc_id top, held;
  _Atomic int failed;
  int answers[4];
  _Atomic bool left;
} both;

/* Waits until another thread shuts the pool down, whose worker runs. */
static void await_shutdown(void) {
  while (xlgc_worker_start(r.pool) != XLGC_E_SHUTDOWN)
    nap_ms(1);
}

static void hold_a_section(void *data) {
  (void)data;
  both.failed |= xlgc_enter(both.context);
  reach(&both.stage, 1);
  await_shutdown();
  await_stalled_round(r.pool);
  atomic_store(&both.left, true);
  both.failed |= xlgc_leave(both.context);
}

START_TEST(shutdown_waits_for_a_section_of_another_thread) {
  start(_i);
  both.context = another("section");
  xlgc_id top = root(), held = held_by(top);
  ok(xlgc_worker_start(r.pool));
  job job;
  begin(&job, hold_a_section, NULL);
  await(&both.stage, 1);
  drop(top, held);
  ok(xlgc_pool_shutdown(r.pool));
  ck_assert(atomic_load(&both.left));
  expect_told(&r, held);
  end(&job);
  ok(both.failed);
  recorder_close(&r);
}
END_TEST

/* It fails, so nothing is changed: threads run, and mail waits where it was. */
START_TEST(shutdown_inside_an_own_section_changes_nothing) {
  start(_i);
  r.kind.delivery = XLGC_DELIVER_OWNER;
  xlgc_id top = root(), held = held_by(top), mailed = held_by(top);
  drop(top, mailed);
  flush();
  ok(xlgc_worker_start(r.pool));
  ok(xlgc_cleaner_start(r.pool));
  ok(xlgc_enter(r.context));
  drop(top, held);
  ck_assert_int_eq(xlgc_pool_shutdown(r.pool), XLGC_E_HELD);
  ck_assert_int_eq(xlgc_pool_shutdown(r.pool), XLGC_E_HELD);
  hold(top, top);
  ok(xlgc_leave(r.context));
  ck_assert_int_eq(xlgc_worker_start(r.pool), XLGC_E_STATE);
  ck_assert_int_eq(xlgc_cleaner_start(r.pool), XLGC_E_STATE);
  flush();
  expect_none_told(&r);
  ck_assert_int_eq(xlgc_context_dispatch(r.context, 10), 2);
  expect_told(&r, mailed, held);
  recorder_close(&r);
}
END_TEST

START_TEST(destroying_leaves_sections_that_are_open) {
  start(_i);
  xlgc_id top = root(), held = held_by(top);
  flush();
  ok(xlgc_enter(r.context));
  ok(xlgc_enter(another("second")));
  drop(top, held);
  recorder_close(&r);
  expect_told(&r, held);
  ck_assert_uint_eq(r.survivor_count, 1);
}
END_TEST

static void shut_down(recorder *recorder, xlgc_context *context, xlgc_id id, void *object) {
  (void)id;
  (void)object;
  both.answers[0] = xlgc_pool_shutdown(recorder->pool);
  both.answers[1] = xlgc_pin(context, both.top);
}

/* ---------------------------------------------------------------- retained */

static size_t allocated;
static void *count_allocation(void *data, size_t size) {
  (void)data;
  void *made = malloc(size);
  allocated += made ? size : 0;
  return made;
}
static void count_freeing(void *data, void *memory, size_t size) {
  (void)data;
  allocated -= size;
  free(memory);
}

static stage retained_stage;
static void have_a_context(void *data) {
  xlgc_context *here;
  ok(xlgc_context_here(data, &here));
  reach(&retained_stage, 1);
  await(&retained_stage, 2);
}

/* Its contexts, and those of threads, may be used, and end, before its memory goes and after. */
START_TEST(a_retained_pool_is_destroyed_and_stays) {
  xlgc_config config = recorder_config(&r);
  config.setting = _i;
  config.allocator = (xlgc_allocator){.allocate = count_allocation, .release = count_freeing};
  recorder_open_with(&r, &config);
  xlgc_context *second = another("second"), *late;
  xlgc_weak *weak;
  xlgc_id top = root(), held = held_by(top), id;
  job thread;
  ok(xlgc_weak_create(second, held, NULL, NULL, &weak));
  ok(xlgc_context_check(second));
  ck_assert_int_eq(xlgc_pool_retain(NULL), XLGC_E_INVAL);
  ok(xlgc_pool_retain(r.pool));
  ok(xlgc_pool_retain(r.pool));
  begin(&thread, have_a_context, r.pool);
  await(&retained_stage, 1);
  ok(xlgc_pool_destroy(r.pool));
  ck_assert_str_eq(r.said, "ss");
  ck_assert_int_eq(xlgc_pool_destroy(r.pool), XLGC_E_SHUTDOWN);
  ck_assert_int_eq(xlgc_pool_shutdown(r.pool), XLGC_E_SHUTDOWN);
  ck_assert_int_eq(xlgc_context_check(second), XLGC_E_SHUTDOWN);
  ck_assert_int_eq(xlgc_context_check(NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_register(second, NULL, NULL, &id), XLGC_E_SHUTDOWN);
  ck_assert_int_eq(xlgc_unlink(r.context, top, held), XLGC_E_SHUTDOWN);
  ck_assert_int_eq(xlgc_unlink(r.context, held, top), XLGC_E_SHUTDOWN);
  ck_assert_int_eq(xlgc_context_create(r.pool, NULL, &late), XLGC_E_SHUTDOWN);
  ck_assert_int_eq(xlgc_context_dispatch(second, 10), 0);
  xlgc_pool_release(r.pool);
  ok(xlgc_flush(r.pool));
  xlgc_weak_destroy(weak);
  ok(xlgc_context_destroy(second));
  ck_assert_uint_gt(allocated, 0);
  bool ends_before = _i;
  if (ends_before) {
    reach(&retained_stage, 2);
    end(&thread);
  }
  xlgc_pool_release(r.pool);
  ck_assert_uint_eq(allocated, 0);
  ck_assert_str_eq(r.said, "ss");
  if (!ends_before) {
    reach(&retained_stage, 2);
    end(&thread);
  }
  xlgc_pool_release(NULL);
}
END_TEST

START_TEST(shutdown_inside_a_callback) {
  start(_i);
  r.on_release = shut_down;
  both.top = root();
  xlgc_id held = held_by(both.top);
  drop(both.top, held);
  flush();
  ck_assert_int_eq(both.answers[0], XLGC_E_DEADLOCK);
  ok(both.answers[1]);
  expect_told(&r, held);
  finish();
}
END_TEST

/* Callbacks may log as long as there are any. */
START_TEST(releasers_log_during_the_shutdown) {
  start(_i);
  r.on_release = shut_down;
  both.top = root();
  xlgc_id held = held_by(both.top);
  drop(both.top, held);
  ok(xlgc_pool_shutdown(r.pool));
  ok(both.answers[1]);
  ck_assert_uint_eq(r.survivors[0].pins, 2);
  expect_told(&r, held);
  recorder_close(&r);
}
END_TEST

static void log_until_told(void *data) {
  xlgc_context *context = data;
  int result;
  while ((result = xlgc_link(context, both.top, both.held)) == 0) {
  }
  if (result != XLGC_E_SHUTDOWN) both.failed = result;
}

START_TEST(shutdown_beside_threads_that_go_on_logging) {
  start(_i);
  both.top = root();
  both.held = held_by(both.top);
  ok(xlgc_worker_start(r.pool));
  job jobs[3];
  for (unsigned i = 0; i < 3; i++)
    begin(&jobs[i], log_until_told, another("busy"));
  while (recorder_statistics(&r).events < 1000)
    nap_ms(1);
  ok(xlgc_pool_shutdown(r.pool));
  for (unsigned i = 0; i < 3; i++)
    end(&jobs[i]);
  ok(both.failed);
  ck_assert_uint_eq(r.survivor_count, 2);
  recorder_close(&r);
  recorder_expect_no_error(&r);
}
END_TEST

/* It was reported with what it holds, so none of them is asked or told later. */
START_TEST(what_was_kept_at_the_shutdown_is_left) {
  start(_i);
  xlgc_id asked = recorder_object(&r, &r.asking), held = held_by(asked);
  r.answer = XLGC_KEEP;
  ok(xlgc_pin(r.context, asked));
  ok(xlgc_unpin(r.context, asked));
  xlgc_weak *weak;
  ok(xlgc_weak_create(r.context, held, NULL, NULL, &weak));
  ok(xlgc_pool_shutdown(r.pool));
  ck_assert_str_eq(r.said, "ass");
  ck_assert_uint_eq(r.survivors[0].id, asked);
  ck_assert_uint_eq(r.survivors[0].pins, 0);
  ck_assert_uint_eq(r.survivors[1].holder_id, asked);
  r.answer = XLGC_LET_GO;
  for (unsigned i = 0; i < 3; i++)
    flush();
  ck_assert(recorder_knows(&r, asked) && recorder_knows(&r, held));
  ok(xlgc_weak_destroy(weak));
  recorder_close(&r);
  ck_assert_str_eq(r.said, "ass");
}
END_TEST

static bool lets_go;
static void let_go(recorder *recorder) {
  if (!lets_go) return;
  lets_go = false;
  ok(xlgc_unpin(recorder->context, recorder->survivors[0].id));
}

/* It has been reported by then. */
START_TEST(what_a_callback_lets_go_at_the_shutdown_is_left) {
  start(_i);
  xlgc_id asked = recorder_object(&r, &r.asking), held = held_by(asked);
  ok(xlgc_pin(r.context, asked));
  flush();
  lets_go = true;
  r.on_other = let_go;
  ok(xlgc_pool_shutdown(r.pool));
  flush();
  ck_assert(!lets_go && !recorder_knows(&r, asked) && !recorder_knows(&r, held));
  recorder_close(&r);
  ck_assert_str_eq(r.said, "ss");
}
END_TEST

static unsigned late_left;
static void register_late(recorder *recorder) {
  if (!late_left) return;
  late_left--;
  xlgc_id id = recorder_object(recorder, &recorder->asking);
  if (late_left & 1) return;
  ok(xlgc_pin(recorder->context, id));
  ok(xlgc_unpin(recorder->context, id));
}

/* Also into a slot that was passed already. */
START_TEST(what_a_callback_registers_at_the_shutdown_is_reported) {
  enum { LATE = 5 };
  start(_i & 1);
  xlgc_id first = root(), top = root();
  ok(xlgc_unpin(r.context, first));
  for (unsigned i = 0; i < 4; i++)
    flush();
  expect_told(&r, first);
  late_left = LATE;
  r.on_other = register_late;
  r.answer = XLGC_KEEP;
  if (_i & 2) ok(xlgc_pool_shutdown(r.pool));
  recorder_close(&r);
  ck_assert_uint_eq(r.survivor_count, 1 + LATE);
  ck_assert_uint_eq(r.told_count, 0);
  ck_assert_uint_eq(r.survivors[0].id, top);
  for (unsigned i = 0; i <= LATE; i++)
    for (unsigned k = 0; k < i; k++)
      ck_assert_uint_ne(r.survivors[i].id, r.survivors[k].id);
}
END_TEST

/* A question that is being answered on another thread while the pool is shut down. */
static int answer_slowly(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)context;
  (void)id;
  (void)object;
  (void)data;
  reach(&both.stage, 1);
  await_shutdown();
  return XLGC_LET_GO;
}

static void dispatch(void *data) {
  xlgc_context *context = data;
  both.failed |= xlgc_context_dispatch(context, 1) != 1;
}

START_TEST(shutdown_while_an_owner_answers) {
  start(_i);
  xlgc_context *owner = another("owner");
  xlgc_kind slow = r.kind;
  slow.orphaned = answer_slowly;
  slow.delivery = XLGC_DELIVER_OWNER;
  r.asking.delivery = XLGC_DELIVER_OWNER;
  xlgc_id top = root(), first, second;
  ok(xlgc_register(owner, NULL, &slow, &first));
  ok(xlgc_register(owner, NULL, &r.asking, &second));
  hold(top, first);
  hold(first, second);
  drop(top, first);
  ok(xlgc_worker_start(r.pool));
  while (recorder_statistics(&r).mailed < 2)
    nap_ms(1);
  job job;
  begin(&job, dispatch, owner);
  await(&both.stage, 1);
  ok(xlgc_pool_shutdown(r.pool));
  end(&job);
  ok(both.failed);
  expect_told(&r, first, second);
  recorder_close(&r);
}
END_TEST

/* -------------------------------------------------------------------- fork */

static struct {
  recorder other;
  xlgc_pool *shared;
  xlgc_context *contexts[3], *here;
  xlgc_weak *weak;
  xlgc_id top, held;
  unsigned forks;
} f;

/* In the child: how many of its calls were answered otherwise than they must be. */
static unsigned wrong_answers_in_a_child(void) {
  unsigned wrong = 0;
  xlgc_context *context;
  xlgc_statistics statistics;
  xlgc_id id;
  xlgc_weak *weak;
  xlgc_context *all[] = {f.contexts[0], f.contexts[1], f.contexts[2], f.here, f.other.context};
  for (unsigned i = 0; i < 5; i++) {
    wrong += xlgc_register(all[i], NULL, NULL, &id) != XLGC_E_FORK;
    wrong += xlgc_link(all[i], f.top, f.held) != XLGC_E_FORK;
    wrong += xlgc_unlink(all[i], f.top, f.held) != XLGC_E_FORK;
    wrong += xlgc_pin(all[i], f.top) != XLGC_E_FORK;
    wrong += xlgc_enter(all[i]) != XLGC_E_FORK;
    wrong += xlgc_context_dispatch(all[i], 1) != XLGC_E_FORK;
    wrong += xlgc_context_fd(all[i]) != XLGC_E_FORK;
    wrong += xlgc_weak_create(all[i], f.top, NULL, NULL, &weak) != XLGC_E_FORK;
    wrong += xlgc_intern(all[i], "a", 1, 1, no_key, NULL, &id) != XLGC_E_FORK;
    wrong += xlgc_context_destroy(all[i]) != XLGC_E_FORK;
  }
  wrong += xlgc_context_adopt(f.contexts[0], f.contexts[1]) != XLGC_E_FORK;
  wrong += xlgc_weak_load(f.weak, &id) != XLGC_E_FORK;
  wrong += xlgc_weak_destroy(f.weak) != XLGC_E_FORK;
  xlgc_pool *pools[] = {r.pool, f.other.pool, f.shared};
  for (unsigned i = 0; i < 3; i++) {
    wrong += xlgc_context_create(pools[i], "late", &context) != XLGC_E_FORK;
    wrong += xlgc_context_here(pools[i], &context) != XLGC_E_FORK;
    wrong += xlgc_pool_shutdown(pools[i]) != XLGC_E_FORK;
    wrong += xlgc_flush(pools[i]) != XLGC_E_FORK;
    wrong += xlgc_step(pools[i], 1) != XLGC_E_FORK;
    wrong += xlgc_stats(pools[i], &statistics) != XLGC_E_FORK;
    wrong += xlgc_lookup(pools[i], &f, &id) != XLGC_E_FORK;
    wrong += xlgc_cleaner_start(pools[i]) != XLGC_E_FORK;
    wrong += xlgc_cleaner_stop(pools[i]) != XLGC_E_FORK;
  }
  wrong += xlgc_pool_destroy(r.pool) != 0;
  wrong += xlgc_pool_destroy(f.other.pool) != 0;
  wrong += r.told_count != 0 || r.survivor_count != 0;
  /* It may have pools of its own, with this thread's context. */
  xlgc_pool *own;
  wrong += xlgc_pool_create(NULL, &own) != 0;
  wrong += xlgc_context_here(own, &context) != 0;
  wrong += xlgc_register(context, NULL, NULL, &id) != 0 || xlgc_pin(context, id) != 0;
  wrong += xlgc_flush(own) != 0 || xlgc_pool_destroy(own) != 0;
  return wrong;
}

static void expect_good_child(unsigned (*run)(void)) {
  pid_t child = fork();
  ck_assert_int_ge(child, 0);
  if (child == 0) _exit((int)run());
  int status;
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert_msg(WIFEXITED(status), "the child ended by signal %d", WTERMSIG(status));
  ck_assert_int_eq(WEXITSTATUS(status), 0);
}

START_TEST(fork_with_several_contexts_sections_and_pools) {
  start(_i);
  recorder_open(&f.other, _i);
  ok(xlgc_add_link(&f.top, &f.held, NULL));
  f.shared = xlgc_default_pool();
  f.contexts[0] = r.context;
  f.contexts[1] = another("second");
  f.contexts[2] = another("inside");
  ok(xlgc_context_here(r.pool, &f.here));
  f.top = root();
  f.held = held_by(f.top);
  ok(xlgc_weak_create(r.context, f.held, NULL, NULL, &f.weak));
  flush();
  ok(xlgc_enter(f.contexts[2]));
  ok(xlgc_unlink(f.contexts[1], f.top, f.held));
  ck_assert_int_eq(xlgc_flush(r.pool), XLGC_E_HELD);
  expect_good_child(wrong_answers_in_a_child);
  ok(xlgc_leave(f.contexts[2]));
  flush();
  expect_told(&r, f.held);
  ok(xlgc_weak_destroy(f.weak));
  ok(xlgc_pin(f.here, f.top));
  flush();
  recorder_close(&f.other);
  finish();
}
END_TEST

/* Inside a section when the process forks. No call waits for the pool's lock, which is taken, and which no thread has. */
static unsigned use_in_a_child(void) {
  unsigned wrong = xlgc_leave(f.contexts[0]) != XLGC_E_FORK || xlgc_safepoint(f.contexts[1]) != XLGC_E_FORK;
  xlgc_statistics statistics;
  xlgc_object_info info;
  uint64_t distance;
  size_t length;
  xlgc_id id;
  void *address;
  wrong += xlgc_forks() == f.forks;
  wrong += xlgc_stats(r.pool, &statistics) != XLGC_E_FORK;
  wrong += xlgc_links_touched(r.pool) != 0;
  wrong += xlgc_address(r.pool, f.top, &address) != XLGC_E_FORK;
  wrong += xlgc_lookup(r.pool, &f, &id) != XLGC_E_FORK;
  wrong += xlgc_info(r.pool, f.top, &info) != XLGC_E_FORK;
  wrong += xlgc_distance(r.pool, f.top, &distance) != XLGC_E_FORK;
  wrong += xlgc_path(r.pool, f.top, NULL, 0, &length) != XLGC_E_FORK;
  wrong += xlgc_verify(r.pool, NULL, 0) != XLGC_E_FORK;
  wrong += xlgc_step(r.pool, 1) != XLGC_E_FORK;
  wrong += xlgc_step_for(r.pool, 1) != XLGC_E_FORK;
  wrong += xlgc_flush(r.pool) != XLGC_E_FORK;
  wrong += xlgc_apply(r.pool) != XLGC_E_FORK;
  wrong += xlgc_worker_start(r.pool) != XLGC_E_FORK || xlgc_worker_stop(r.pool) != XLGC_E_FORK;
  wrong += xlgc_cleaner_start(r.pool) != XLGC_E_FORK || xlgc_cleaner_stop(r.pool) != XLGC_E_FORK;
  for (unsigned i = 0; i < 2; i++) {
    wrong += xlgc_register(f.contexts[i], NULL, NULL, &id) != XLGC_E_FORK;
    wrong += xlgc_relink(f.contexts[i], f.top, f.top, f.top) != XLGC_E_FORK;
    wrong += xlgc_link_at(f.contexts[i], f.top, f.top, NULL, 0) != XLGC_E_FORK;
    wrong += xlgc_unlink_at(f.contexts[i], f.top, f.top, NULL) != XLGC_E_FORK;
    wrong += xlgc_unpin(f.contexts[i], f.top) != XLGC_E_FORK;
    wrong += xlgc_context_dispatch(f.contexts[i], 1) != XLGC_E_FORK;
    wrong += xlgc_context_destroy(f.contexts[i]) != XLGC_E_FORK;
  }
  return wrong + (xlgc_pool_shutdown(r.pool) != XLGC_E_FORK) + (xlgc_pool_destroy(r.pool) != 0);
}

static stage allocating;
static _Atomic bool blocks;
static void *allocate(void *data, size_t size_bytes) {
  (void)data;
  if (atomic_load(&blocks)) {
    reach(&allocating, 1);
    await(&allocating, 2);
  }
  return calloc(1, size_bytes);
}
static void release_memory(void *data, void *memory, size_t size_bytes) {
  (void)data;
  (void)size_bytes;
  free(memory);
}

static xlgc_kind new_kinds[300];
static void register_new_kinds(void *data) {
  xlgc_context *context = data;
  xlgc_id id;
  for (unsigned i = 0; i < 300; i++)
    both.failed |= xlgc_register(context, NULL, &new_kinds[i], &id);
}

/* ... while another thread is in the middle of a change under the pool's lock, and a round waits for the section. */
START_TEST(fork_inside_a_section_beside_a_thread_that_has_the_pools_lock) {
  xlgc_config config = recorder_config(&r);
  config.setting = _i;
  config.allocator = (xlgc_allocator){allocate, release_memory, NULL};
  recorder_open_with(&r, &config);
  f.contexts[0] = another("first");
  f.contexts[1] = another("second");
  xlgc_id top = root(), held = held_by(top);
  flush();
  ok(xlgc_enter(f.contexts[0]));
  ok(xlgc_enter(f.contexts[1]));
  drop(top, held);
  ck_assert_int_eq(xlgc_flush(r.pool), XLGC_E_HELD);
  xlgc_context *registering = another("registering");
  atomic_store(&blocks, true);
  job job;
  begin(&job, register_new_kinds, registering);
  await(&allocating, 1);
  f.top = top;
  f.forks = xlgc_forks();
  expect_good_child(use_in_a_child);
  atomic_store(&blocks, false);
  reach(&allocating, 2);
  end(&job);
  ok(both.failed);
  ok(xlgc_leave(f.contexts[0]));
  ok(xlgc_leave(f.contexts[1]));
  flush();
  expect_told(&r, held);
  finish();
}
END_TEST

/* Threads that create contexts all the while, explicitly or not. */
static _Atomic bool stop;
static void create_here(void *data) {
  (void)data;
  xlgc_context *context;
  both.failed |= xlgc_context_here(r.pool, &context);
  both.failed |= xlgc_add_link(&f.top, &f.held, NULL) | xlgc_drop_link(&f.top, &f.held, NULL, NULL);
}
static void create_contexts(void *data) {
  while (!atomic_load(&stop)) {
    xlgc_context *context;
    pthread_t thread;
    job one = {.run = create_here, .data = data};
    both.failed |= xlgc_context_create(r.pool, "passing", &context);
    if (!both.failed) both.failed |= xlgc_context_destroy(context);
    both.failed |= pthread_create(&thread, NULL, run_job, &one);
    if (!both.failed) both.failed |= pthread_join(thread, NULL);
  }
}

static unsigned use_a_child(void) {
  xlgc_context *context;
  xlgc_pool *own;
  xlgc_id id;
  unsigned wrong = xlgc_context_here(r.pool, &context) != XLGC_E_FORK;
  wrong += xlgc_context_create(r.pool, NULL, &context) != XLGC_E_FORK;
  wrong += xlgc_add_link(&f.top, &f.held, NULL) != 0 || xlgc_drop_link(&f.top, &f.held, NULL, NULL) != 0;
  wrong += xlgc_pool_create(NULL, &own) != 0 || xlgc_context_here(own, &context) != 0;
  wrong += xlgc_register(context, NULL, NULL, &id) != 0 || xlgc_pin(context, id) != 0;
  wrong += xlgc_pool_destroy(own) != 0;
  pid_t grandchild = fork();
  if (grandchild == 0) _exit(xlgc_context_here(r.pool, &context) != XLGC_E_FORK);
  int status;
  wrong += waitpid(grandchild, &status, 0) != grandchild || status != 0;
  return wrong;
}

START_TEST(fork_while_another_thread_creates_contexts) {
  unsigned turns = trial_work(200);
  start(_i);
  xlgc_context *context;
  ok(xlgc_context_here(r.pool, &context));
  ok(xlgc_add_link(&f.top, &f.held, NULL));
  job jobs[2];
  for (unsigned i = 0; i < 2; i++)
    begin(&jobs[i], create_contexts, NULL);
  for (unsigned i = 0; i < turns; i++)
    expect_good_child(use_a_child);
  atomic_store(&stop, true);
  for (unsigned i = 0; i < 2; i++)
    end(&jobs[i]);
  ok(both.failed);
  flush();
  finish();
}
END_TEST

/* ----------------------------------------------------------- signal handlers */

/* What cannot be had is said: the header is where one looks. */
START_TEST(signal_handlers_are_not_safe_and_that_is_documented) {
  const char *directory = getenv("top_srcdir");
  char path[4096], text[1 << 16], *line;
  snprintf(path, sizeof path, "%s/include/xlgc.h", directory ? directory : ".");
  FILE *header = fopen(path, "r");
  ck_assert_msg(header != NULL, "%s cannot be read", path);
  text[fread(text, 1, sizeof text - 1, header)] = 0;
  fclose(header);
  /* Comments are broken into lines. */
  while ((line = strstr(text, "\n * ")) != NULL)
    memmove(line + 1, line + 4, strlen(line + 4) + 1), *line = ' ';
  ck_assert_ptr_nonnull(strstr(text, "Nothing here is safe in a signal handler."));
}
END_TEST

/* ------------------------------------------------ forks and the default pool */

enum { SHARERS = 3, FORKS = 10 };

static struct sharer {
  char parent, child;
  xlgc_pool *pool;
  unsigned released, wrong;
} sharers[SHARERS];
static _Atomic bool sharers_stop;

static void count_release(void *param) { ++*(unsigned *)param; }

static void use_by_address(struct sharer *one) {
  one->wrong += xlgc_add_link(&one->parent, &one->child, NULL) != 0;
  one->wrong += xlgc_drop_link(&one->parent, &one->child, count_release, &one->released) != 0;
}

static void share(void *data) {
  struct sharer *one = data;
  one->pool = xlgc_default_pool();
  use_by_address(one);
}

static void share_again_and_again(void *data) {
  while (!atomic_load(&sharers_stop))
    use_by_address(data);
}

/* In the child, by threads that all come to the pool first; the sanitizers know no threads there. */
static unsigned share_in_a_child(void) {
  job jobs[SHARERS];
  xlgc_statistics is;
  unsigned wrong = 0;
  memset(sharers, 0, sizeof sharers);
  for (unsigned i = 0; i < SHARERS; i++) {
    if (TRIAL_SANITIZED)
      share(&sharers[i]);
    else
      begin(&jobs[i], share, &sharers[i]);
  }
  for (unsigned i = 0; i < SHARERS && !TRIAL_SANITIZED; i++)
    end(&jobs[i]);
  xlgc_pool *own = xlgc_default_pool();
  wrong += own == f.shared || xlgc_flush(own) != 0 || xlgc_stats(own, &is) != 0;
  wrong += is.errors != 0 || is.objects != 0 || is.links != 0;
  wrong += xlgc_step(f.shared, 1) != XLGC_E_FORK;
  for (unsigned i = 0; i < SHARERS; i++)
    wrong += sharers[i].wrong || sharers[i].pool != own || sharers[i].released != 1;
  return wrong;
}

/* A child has one that its own child has not. */
static unsigned share_in_a_grandchild(void) {
  unsigned wrong = share_in_a_child();
  f.shared = xlgc_default_pool();
  pid_t child = fork();
  if (child == 0) _exit((int)share_in_a_child());
  int status;
  return wrong + (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status));
}

START_TEST(the_default_pool_of_a_child) {
  f.shared = xlgc_default_pool();
  ok(xlgc_add_link(&f.top, &f.held, NULL));
  expect_good_child(share_in_a_grandchild);
  ck_assert_ptr_eq(xlgc_default_pool(), f.shared);
  ok(xlgc_drop_link(&f.top, &f.held, NULL, NULL));
  ok(xlgc_flush(f.shared));
}
END_TEST

START_TEST(the_default_pool_of_a_child_beside_threads_that_use_it) {
  job jobs[SHARERS];
  f.shared = xlgc_default_pool();
  if (_i) ok(xlgc_worker_start(f.shared));
  for (unsigned i = 0; i < SHARERS; i++)
    begin(&jobs[i], share_again_and_again, &sharers[i]);
  for (unsigned i = 0; i < FORKS; i++)
    expect_good_child(share_in_a_child);
  atomic_store(&sharers_stop, true);
  for (unsigned i = 0; i < SHARERS; i++)
    end(&jobs[i]);
  if (_i) ok(xlgc_worker_stop(f.shared));
  ok(xlgc_flush(f.shared));
  for (unsigned i = 0; i < SHARERS; i++)
    ck_assert_uint_eq(sharers[i].wrong, 0);
}
END_TEST

static bool forked_inside;
static void fork_inside(void *param) {
  (void)param;
  expect_good_child(share_in_a_child);
  forked_inside = true;
}

START_TEST(the_default_pool_of_a_child_that_was_forked_inside_a_callback) {
  f.shared = xlgc_default_pool();
  ok(xlgc_add_link(&f.top, &f.held, NULL));
  ok(xlgc_drop_link(&f.top, &f.held, fork_inside, NULL));
  ok(xlgc_flush(f.shared));
  ck_assert(forked_inside);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("api_shutdown");
  TCase *ends = trial_case(suite, "shutdown");
  tcase_add_loop_test(ends, shutdown_with_events_pending_lists_survivors_then_answers_clearly, 0, 2);
  tcase_add_loop_test(ends, shutdown_with_mail, 0, 6);
  tcase_add_loop_test(ends, shutdown_waits_for_a_section_of_another_thread, 0, 2);
  tcase_add_loop_test(ends, shutdown_inside_an_own_section_changes_nothing, 0, 2);
  tcase_add_loop_test(ends, destroying_leaves_sections_that_are_open, 0, 2);
  tcase_add_loop_test(ends, a_retained_pool_is_destroyed_and_stays, 0, 2);
  tcase_add_loop_test(ends, shutdown_inside_a_callback, 0, 2);
  tcase_add_loop_test(ends, releasers_log_during_the_shutdown, 0, 2);
  tcase_add_loop_test(ends, shutdown_beside_threads_that_go_on_logging, 0, 2);
  tcase_add_loop_test(ends, what_was_kept_at_the_shutdown_is_left, 0, 2);
  tcase_add_loop_test(ends, what_a_callback_lets_go_at_the_shutdown_is_left, 0, 2);
  tcase_add_loop_test(ends, what_a_callback_registers_at_the_shutdown_is_reported, 0, 4);
  tcase_add_loop_test(ends, shutdown_while_an_owner_answers, 0, 2);
  TCase *forks = trial_case(suite, "fork");
  tcase_add_loop_test(forks, fork_with_several_contexts_sections_and_pools, 0, 2);
  tcase_add_loop_test(forks, fork_inside_a_section_beside_a_thread_that_has_the_pools_lock, 0, 2);
  tcase_add_loop_test(forks, fork_while_another_thread_creates_contexts, 0, 2);
  tcase_add_test(forks, the_default_pool_of_a_child);
  if (!TRIAL_SANITIZED) tcase_add_loop_test(forks, the_default_pool_of_a_child_beside_threads_that_use_it, 0, 2);
  tcase_add_test(forks, the_default_pool_of_a_child_that_was_forked_inside_a_callback);
  TCase *signals = trial_case(suite, "signals");
  tcase_add_test(signals, signal_handlers_are_not_safe_and_that_is_documented);
  return trial_run(suite);
}
