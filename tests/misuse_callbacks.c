/* What callbacks must not do, and what ends the process with a sentence where invariants are checked: leave by a jump, end
 * their thread, and, for an allocator, call the library. */
#include <config.h>

#include "base/invariant.h"
#include "support/one_pool.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a process says that misuses the library so, until it ends: one line, and SIGABRT. */
static void expect_abort(void (*misuse)(void), const char *words) {
  int ends[2], status;
  ok(pipe(ends));
  pid_t child = fork();
  ck_assert_int_ge(child, 0);
  if (child == 0) {
    dup2(ends[1], STDERR_FILENO);
    misuse();
    _exit(0);
  }
  close(ends[1]);
  char said[512];
  size_t length = 0;
  for (ssize_t count; length < sizeof said - 1; length += (size_t)count)
    if ((count = read(ends[0], said + length, sizeof said - 1 - length)) <= 0) break;
  said[length] = 0;
  close(ends[0]);
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "not aborted: %s", said);
  ck_assert_msg(strstr(said, words) && strchr(said, '\n') == said + length - 1, "it said: %s", said);
}

static jmp_buf outside;

static void jump(recorder *recorder, xlgc_context *context, xlgc_id id, void *object) {
  (void)recorder;
  (void)context;
  (void)id;
  (void)object;
  longjmp(outside, 1);
}

static void end_thread(recorder *recorder, xlgc_context *context, xlgc_id id, void *object) {
  (void)recorder;
  (void)context;
  (void)id;
  (void)object;
  pthread_exit(NULL);
}

static void let_one_go(void) {
  xlgc_id top = root(), held = held_by(top);
  drop(top, held);
}

static void jump_out(void) {
  start(XLGC_CERTIFIED);
  let_one_go();
  r.on_release = jump;
  if (!setjmp(outside)) xlgc_flush(r.pool);
  xlgc_flush(r.pool);
}

START_TEST(releaser_jumps_out) { expect_abort(jump_out, "xlgc: invariant P6 broken: !jumped_out "); }
END_TEST

static void *flush_and_end(void *unused) {
  xlgc_flush(r.pool);
  return unused;
}

static void end_the_thread(void) {
  start(XLGC_CERTIFIED);
  let_one_go();
  r.on_release = end_thread;
  pthread_t thread;
  ok(pthread_create(&thread, NULL, flush_and_end, NULL));
  pthread_join(thread, NULL);
}

START_TEST(releaser_ends_its_thread) {
  expect_abort(end_the_thread, "xlgc: invariant P6 broken: !a_callback_ended_its_thread ");
}
END_TEST

static xlgc_pool *pool;

static void *allocate(void *data, size_t size_bytes) {
  (void)data;
  xlgc_id found;
  if (pool) xlgc_lookup(pool, "nothing", &found);
  return malloc(size_bytes);
}

static void release(void *data, void *memory, size_t size_bytes) {
  (void)data;
  (void)size_bytes;
  free(memory);
}

static void call_from_the_allocator(void) {
  xlgc_config config;
  xlgc_config_init(&config);
  config.allocator = (xlgc_allocator){allocate, release, NULL};
  ok(xlgc_pool_create(&config, &pool));
  xlgc_context *context;
  xlgc_id id;
  ok(xlgc_context_create(pool, "allocates", &context));
  ok(xlgc_register(context, NULL, NULL, &id));
}

START_TEST(allocator_hook_calls_the_library) {
  expect_abort(call_from_the_allocator, "xlgc: invariant P6 broken: !locked_already ");
}
END_TEST

int main(void) {
  if (XLGC_INVARIANTS < 1) {
    printf("skipped: found out only with --enable-invariants\n");
    return 77;
  }
  Suite *suite = suite_create("misuse_callbacks");
  TCase *cases = trial_case(suite, "callbacks");
  tcase_add_test(cases, releaser_jumps_out);
  tcase_add_test(cases, releaser_ends_its_thread);
  tcase_add_test(cases, allocator_hook_calls_the_library);
  return trial_run(suite);
}
