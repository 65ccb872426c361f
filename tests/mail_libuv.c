/* A mailbox in somebody else's event loop: libuv polls its descriptor, and dispatches when it is readable. */
#include <config.h>

#include <stdio.h>
#include <xlgc.h>

#ifndef HAVE_LIBUV

enum { AUTOMAKE_SKIP = 77 };

int main(void) {
  puts("libuv was not found by configure");
  return AUTOMAKE_SKIP;
}

#else

#include <pthread.h>
#include <string.h>
#include <uv.h>

#include "support/recorder.h"

enum { OBJECTS = 1000, PORTION = 16 };

/* Check forks each test, so each begins with these being zero. */
static recorder r;
static struct {
  uv_loop_t loop;
  uv_poll_t mail;
  pthread_t thread;
  unsigned dispatches, told, asked, wrong_thread, failed;
  xlgc_id top;
} l;

static void release_object(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)id;
  (void)object;
  (void)data;
  l.wrong_thread += context != r.context || !pthread_equal(pthread_self(), l.thread);
  l.told++;
}

static int ask_object(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)context;
  (void)id;
  (void)object;
  (void)data;
  l.wrong_thread += !pthread_equal(pthread_self(), l.thread);
  l.asked++;
  return XLGC_LET_GO;
}

static const xlgc_kind told_kind = {.name = "told", .release = release_object, .delivery = XLGC_DELIVER_OWNER};
static const xlgc_kind asked_kind = {
    .name = "asked", .orphaned = ask_object, .release = release_object, .delivery = XLGC_DELIVER_OWNER};

static void on_mail(uv_poll_t *handle, int status, int events) {
  (void)handle;
  if (status || !(events & UV_READABLE)) l.failed++;
  int count = xlgc_context_dispatch(r.context, PORTION);
  if (count <= 0) l.failed++; /* it was not readable for nothing */
  l.dispatches++;
  if (l.told == OBJECTS) uv_poll_stop(&l.mail);
}

/* Another thread that lets go of what the loop's thread has made. */
static void *let_go(void *data) {
  const xlgc_id *held = data;
  xlgc_context *context;
  if (xlgc_context_here(r.pool, &context)) return &l;
  for (unsigned i = 0; i < OBJECTS; i++)
    if (xlgc_unlink(context, l.top, held[i])) return &l;
  return NULL;
}

static void close_handle(uv_handle_t *handle, void *data) {
  (void)data;
  uv_close(handle, NULL);
}

START_TEST(loop_polls_the_descriptor_and_dispatches) {
  static xlgc_id held[OBJECTS];
  recorder_open(&r, _i);
  l.thread = pthread_self();
  l.top = recorder_root(&r);
  for (unsigned i = 0; i < OBJECTS; i++) {
    ok(xlgc_register(r.context, NULL, i % 10 ? &told_kind : &asked_kind, &held[i]));
    ok(xlgc_link(r.context, l.top, held[i]));
  }
  ok(xlgc_worker_start(r.pool));
  int descriptor = xlgc_context_fd(r.context);
  ck_assert_int_ge(descriptor, 0);
  ok(uv_loop_init(&l.loop));
  ok(uv_poll_init(&l.loop, &l.mail, descriptor));
  ok(uv_poll_start(&l.mail, UV_READABLE, on_mail));
  pthread_t thread;
  void *result;
  ok(pthread_create(&thread, NULL, let_go, held));
  ok(uv_run(&l.loop, UV_RUN_DEFAULT));
  ok(pthread_join(thread, &result));
  ck_assert_ptr_null(result);
  ck_assert_uint_eq(l.failed, 0);
  ck_assert_uint_eq(l.wrong_thread, 0);
  ck_assert_uint_eq(l.told, OBJECTS);
  ck_assert_uint_ge(l.asked, OBJECTS / 10);
  ck_assert_uint_ge(l.dispatches, OBJECTS / PORTION);
  uv_walk(&l.loop, close_handle, NULL);
  ok(uv_run(&l.loop, UV_RUN_DEFAULT));
  ok(uv_loop_close(&l.loop));
  ok(xlgc_worker_stop(r.pool));
  ck_assert_uint_eq(recorder_statistics(&r).mailed, 0);
  recorder_expect_no_error(&r);
  recorder_close(&r);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("mail_libuv");
  TCase *loops = trial_case(suite, "libuv");
  tcase_add_loop_test(loops, loop_polls_the_descriptor_and_dispatches, 0, 2);
  return trial_run(suite);
}

#endif
