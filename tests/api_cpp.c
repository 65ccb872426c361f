/* What xlgc.hpp has once a process and once a thread, called as its modules do. */
#include <config.h>

#include <pthread.h>
#include <xlgc/cpp.h>

#include "support/recorder.h"

START_TEST(modules_agree_or_not) {
  xlgc_cpp_module one = {.layout = "a", .bytes = 8}, same = one, text = {.layout = "b", .bytes = 8}, size = one;
  size.bytes = 16;
  ok(xlgc_cpp_agree());
  ok(xlgc_cpp_join(&one));
  ok(xlgc_cpp_join(&same));
  ck_assert(xlgc_cpp_has(&one) && xlgc_cpp_has(&same) && !xlgc_cpp_has(&text) && !xlgc_cpp_has(NULL));
  ck_assert_int_eq(xlgc_cpp_join(&text), XLGC_E_LAYOUT);
  ck_assert_int_eq(xlgc_cpp_agree(), XLGC_E_LAYOUT);
  ck_assert_int_eq(xlgc_cpp_join(&size), XLGC_E_LAYOUT);
  one.natives = &text.natives;
  ck_assert(xlgc_cpp_has(&text.natives) && !xlgc_cpp_has(&one.natives));
  xlgc_cpp_leave(&text);
  ck_assert_int_eq(xlgc_cpp_agree(), XLGC_E_LAYOUT);
  xlgc_cpp_leave(&one); /* the first of all */
  ck_assert_int_eq(xlgc_cpp_agree(), XLGC_E_LAYOUT);
  xlgc_cpp_leave(&size);
  ok(xlgc_cpp_agree());
  ck_assert(xlgc_cpp_has(&same) && !xlgc_cpp_has(&one));
  xlgc_cpp_leave(&same);
  ck_assert(!xlgc_cpp_has(&same));
  ok(xlgc_cpp_join(&one));
  xlgc_cpp_leave(&one);
  ok(xlgc_cpp_agree());
}
END_TEST

/* A pool that is left of modules that have gone. */
START_TEST(modules_agree_with_pools_that_are_left) {
  xlgc_cpp_module one = {.layout = "a", .bytes = 8}, same = one, text = {.layout = "b", .bytes = 8}, size = one;
  xlgc_cpp_module late = text;
  xlgc_cpp_pool pool = {0}, other = {0};
  size.bytes = 16;
  ok(xlgc_cpp_join(&one));
  ck_assert_int_eq(xlgc_cpp_join(&late), XLGC_E_LAYOUT); /* after the pool's module has found that all agree */
  xlgc_cpp_pool_opens(&pool);
  xlgc_cpp_leave(&one);
  ck_assert_int_eq(xlgc_cpp_agree(), XLGC_E_LAYOUT);
  xlgc_cpp_leave(&late);
  ok(xlgc_cpp_agree());
  ck_assert_int_eq(xlgc_cpp_join(&text), XLGC_E_LAYOUT);
  xlgc_cpp_leave(&text);
  ck_assert_int_eq(xlgc_cpp_join(&size), XLGC_E_LAYOUT);
  xlgc_cpp_leave(&size);
  ok(xlgc_cpp_join(&same));
  xlgc_cpp_pool_opens(&other);
  xlgc_cpp_leave(&same);
  ck_assert_int_eq(xlgc_cpp_join(&text), XLGC_E_LAYOUT);
  xlgc_cpp_pool_ends(&pool);
  ck_assert_int_eq(xlgc_cpp_agree(), XLGC_E_LAYOUT);
  xlgc_cpp_pool_ends(&other);
  ok(xlgc_cpp_agree());
  xlgc_cpp_pool_opens(&pool);
  ok(xlgc_cpp_agree());
  ck_assert_int_eq(xlgc_cpp_join(&one), XLGC_E_LAYOUT);
  xlgc_cpp_leave(&one);
  xlgc_cpp_leave(&text);
  xlgc_cpp_pool_ends(&pool);
}
END_TEST

/* What was logged is applied; what it finds is called as the configuration says. */
START_TEST(room_is_made_without_calling_back) {
  unsigned released = 0;
  xlgc_kind kind = {.name = "counted", .release = recorder_count_release, .data = &released};
  xlgc_config config;
  xlgc_config_init(&config);
  config.when_full = XLGC_FULL_FAIL;
  config.help_tells = _i ? XLGC_HELP_TELLS_NOW : XLGC_HELP_TELLS_LATER;
  xlgc_pool *pool;
  xlgc_context *context;
  xlgc_id id;
  xlgc_statistics is;
  ok(xlgc_pool_create(&config, &pool));
  ok(xlgc_context_here(pool, &context));
  ok(xlgc_register(context, &kind, &kind, &id));
  ok(xlgc_pin(context, id));
  ok(xlgc_unpin(context, id));
  ok(xlgc_cpp_make_room(pool, SIZE_MAX));
  ok(xlgc_stats(pool, &is));
  ck_assert_uint_eq(is.queued, 0);
  ck_assert_uint_eq(is.backlog, !_i);
  ck_assert_uint_eq(released, _i);
  ok(xlgc_flush(pool));
  ck_assert_uint_eq(released, 1);
  ok(xlgc_pool_destroy(pool));
  ck_assert_int_eq(xlgc_cpp_make_room(NULL, 1), XLGC_E_INVAL);
}
END_TEST

static xlgc_cpp_pool *seen[4];
static size_t seen_count;
static void see(void *data, xlgc_cpp_pool *pool) {
  ck_assert_ptr_eq(data, &seen_count);
  seen[seen_count++] = pool;
}
static size_t see_all(void) {
  seen_count = 0;
  xlgc_cpp_each_pool(see, &seen_count);
  return seen_count;
}

/* The first is the common one; after its end the next that is made. */
START_TEST(pools_come_and_go) {
  xlgc_cpp_pool one = {0}, other = {0}, third = {0};
  ck_assert_ptr_null(xlgc_cpp_common());
  xlgc_cpp_pool_opens(&one);
  xlgc_cpp_pool_opens(&other);
  ck_assert_ptr_eq(xlgc_cpp_common(), &one);
  xlgc_cpp_pool_closes(&other);
  ck_assert_ptr_eq(xlgc_cpp_common(), &one);
  xlgc_cpp_pool_closes(&one);
  ck_assert_ptr_null(xlgc_cpp_common());
  xlgc_cpp_pool_opens(&third);
  ck_assert_ptr_eq(xlgc_cpp_common(), &third);
  ck_assert_uint_eq(see_all(), 3);
  xlgc_cpp_pool_ends(&other);
  ck_assert_uint_eq(see_all(), 2);
  ck_assert(seen[0] == &third && seen[1] == &one);
  xlgc_cpp_pool_closes(&third);
  xlgc_cpp_pool_ends(&third);
  xlgc_cpp_pool_ends(&one);
  ck_assert_uint_eq(see_all(), 0);
}
END_TEST

static void *of_another_thread(void *mine) {
  xlgc_cpp_thread *here = xlgc_cpp_here();
  ck_assert(here != mine && !here->pool && !here->context && !here->making);
  return NULL;
}

START_TEST(threads_have_their_own) {
  pthread_t thread;
  xlgc_cpp_frame frame = {0};
  xlgc_cpp_thread *here = xlgc_cpp_here();
  ck_assert(!here->pool && !here->context && !here->making);
  here->making = &frame;
  ck_assert_ptr_eq(xlgc_cpp_here(), here);
  ck_assert_int_eq(pthread_create(&thread, NULL, of_another_thread, here), 0);
  pthread_join(thread, NULL);
  ck_assert_ptr_eq(xlgc_cpp_here()->making, &frame);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("api_cpp");
  TCase *cases = trial_case(suite, "state");
  tcase_add_test(cases, modules_agree_or_not);
  tcase_add_test(cases, modules_agree_with_pools_that_are_left);
  tcase_add_loop_test(cases, room_is_made_without_calling_back, 0, 2);
  tcase_add_test(cases, pools_come_and_go);
  tcase_add_test(cases, threads_have_their_own);
  return trial_run(suite);
}
