/* What callbacks must not do, and what ends the process with a sentence where invariants are checked: leave by a jump, end
 * their thread, and, for an allocator, call the library. */
#include <config.h>

#include "base/invariant.h"
#include "support/one_pool.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>

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

START_TEST(releaser_jumps_out) {
  start(XLGC_CERTIFIED);
  let_one_go();
  r.on_release = jump;
  if (!setjmp(outside)) xlgc_flush(r.pool);
  xlgc_flush(r.pool);
}
END_TEST

static void *flush_and_end(void *unused) {
  xlgc_flush(r.pool);
  return unused;
}

START_TEST(releaser_ends_its_thread) {
  start(XLGC_CERTIFIED);
  let_one_go();
  r.on_release = end_thread;
  pthread_t thread;
  ok(pthread_create(&thread, NULL, flush_and_end, NULL));
  pthread_join(thread, NULL);
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

START_TEST(allocator_hook_calls_the_library) {
  xlgc_config config;
  xlgc_config_init(&config);
  config.allocator = (xlgc_allocator){allocate, release, NULL};
  ok(xlgc_pool_create(&config, &pool));
  xlgc_context *context;
  xlgc_id id;
  ok(xlgc_context_create(pool, "allocates", &context));
  ok(xlgc_register(context, NULL, NULL, &id));
}
END_TEST

int main(void) {
  if (XLGC_INVARIANTS < 1) {
    printf("skipped: found out only with --enable-invariants\n");
    return 77;
  }
  Suite *suite = suite_create("misuse_callbacks");
  TCase *cases = trial_case(suite, "callbacks");
  tcase_add_test_raise_signal(cases, releaser_jumps_out, SIGABRT);
  tcase_add_test_raise_signal(cases, releaser_ends_its_thread, SIGABRT);
  tcase_add_test_raise_signal(cases, allocator_hook_calls_the_library, SIGABRT);
  return trial_run(suite);
}
