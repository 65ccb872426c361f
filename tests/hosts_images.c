/* Images: quick summaries that are taken in a copy of the process, late. Toy engines: what happens between an image and
 * its use, copies that are lost, and ways that are closed. The conformance kit has images at random (hosts_model). */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

#include "hosts/core/copy.h"
#include "hosts/core/late.h"
#include "hosts/core/tables.h"
#include "support/toy.h"
#include "support/trial.h"

static xlgc_pool *pool;
static toy *a, *b;
static pid_t test;

static void configure(unsigned pause, unsigned image) {
  xlgc_hosts_config config;
  ok(xlgc_hosts_configuration(pool, &config));
  config.step_size = 1;
  config.share = 0;
  config.max_age_ns = 1;
  config.pause = pause;
  config.image = image;
  ok(xlgc_hosts_configure(pool, &config));
}

/* looks: as xlgc__host_copy_looks; 0: real copies. */
static void begin(unsigned looks) {
  test = getpid();
  xlgc__host_copy_looks = looks;
  ok(xlgc_pool_create(NULL, &pool));
  a = toy_open(pool, TOY_IMAGES), b = toy_open(pool, 0);
  toy_make_in(a, b, 8, 7);
  configure(1, 1);
}

static void end(void) {
  toy_close(a), toy_close(b);
  ok(xlgc_flush(pool));
  ok(xlgc_verify(pool, NULL, 0));
  ok(xlgc_pool_destroy(pool));
}

static xlgc_host_statistics statistics(void) {
  xlgc_host_statistics out;
  ok(xlgc_host_stats(a->host, &out));
  return out;
}

/* A visit of b's to a function of a's. At its end the hosts do a part of what is due. */
static void visit(void) {
  xlgc_visit visit;
  ok(xlgc_visit_begin(&visit, b->host, toy_at(b, 8)->id));
  xlgc_visit_end(&visit);
}

/* Visits until so many collections more are over. A real copy takes its time. */
static void collect(unsigned count) {
  uint64_t wanted = statistics().collections + count;
  for (unsigned i = 0; statistics().collections < wanted; i++) {
    if (xlgc__host_copy_looks) ck_assert_uint_lt(i, 100000);
    visit();
    if (!xlgc__host_copy_looks) usleep(100);
  }
}

static void begin_image(void) {
  uint64_t before = statistics().images;
  for (unsigned i = 0; statistics().images == before; i++) {
    ck_assert_uint_lt(i, 1000);
    visit();
  }
}

static void make_ring(void) {
  toy_make(a, 0, 1), toy_make(b, 0, 2);
  toy_pass(a, 0, b, 1), toy_set(b, 0, 0, 1);
  toy_pass(b, 0, a, 1), toy_set(a, 0, 0, 1);
  toy_drop(a, 0), toy_drop(a, 1), toy_drop(b, 0), toy_drop(b, 1);
  ck_assert_int_ge(xlgc_host_dispatch(a->host, 1000), 0);
  ck_assert_int_ge(xlgc_host_dispatch(b->host, 1000), 0);
}

static void expect_rings_gone(void) {
  toy_collect_all(a), toy_collect_all(b);
  ck_assert_uint_eq(a->objects, 1);
  ck_assert_uint_eq(b->objects, 0);
}

START_TEST(rings_go) {
  begin(_i ? 3 : 0);
  make_ring();
  collect(2);
  expect_rings_gone();
  ck_assert_uint_ge(statistics().images, 1);
  ck_assert_uint_eq(statistics().images_failed, 0);
  xlgc_host_statistics of_b; /* which has one summary a collection, while the copy of a's is waited for */
  ok(xlgc_host_stats(b->host, &of_b));
  ck_assert_uint_le(of_b.summaries, of_b.collections + 1);
  configure(1, 0);
  collect(2);
  uint64_t before = statistics().images;
  make_ring();
  collect(2);
  expect_rings_gone();
  ck_assert_uint_eq(statistics().images, before);
  end();
}
END_TEST

/* A frame ends when there is nothing to do but to wait for the copy. */
START_TEST(frames_do_not_wait) {
  begin(1000);
  make_ring();
  for (unsigned i = 0; i < 3; i++)
    ck_assert_int_eq(xlgc_hosts_frame(pool, UINT64_C(3600000000000)), 1);
  ck_assert_uint_eq(statistics().images, 1);
  ck_assert_uint_eq(statistics().collections, 0);
  for (unsigned i = 0; i < 1001 && !statistics().collections; i++)
    ck_assert_int_ge(xlgc_hosts_frame(pool, UINT64_C(3600000000000)), 0);
  expect_rings_gone();
  end();
}
END_TEST

/* ------------------------------------------------------------------ soundness */

/* b has the export e, which has a proxy of an object of b's. An object that nothing refers to has e, too, and a
 * finalizer that puts e into global 5. */
static void make_garbage_with_finalizer(void) {
  toy_make(a, 0, 1), toy_make_in(b, a, 1, 2), toy_set(a, 0, 0, 1);
  toy_pass(a, 0, b, 0);
  toy_make(a, 2, 3), toy_set(a, 2, 0, 0);
  toy_at(a, 2)->has_finalizer = true;
  toy_at(a, 2)->finalizer_field = 0;
  toy_at(a, 2)->finalizer_to = 5;
  toy_drop(a, 0), toy_drop(a, 1), toy_drop(a, 2);
  ck_assert_int_ge(xlgc_host_dispatch(a->host, 1000), 0);
  ck_assert_int_ge(xlgc_host_dispatch(b->host, 1000), 0);
}

/* b lets e go, and the pool decides before another summary. What e has is there. */
static void expect_reached_by_global(void) {
  configure(0, 1);
  toy_drop(b, 0);
  toy_collect_all(b);
  for (unsigned i = 0; i < 3; i++) {
    ok(xlgc_flush(pool));
    ck_assert_int_ge(xlgc_host_dispatch(a->host, 1000), 0);
    ck_assert_int_ge(xlgc_host_dispatch(b->host, 1000), 0);
  }
  ck_assert_uint_eq(toy_at(a, 5)->number, 1);
  toy_put(a, 6, toy_at(a, 5)->fields[0]);
  xlgc_host *owner;
  void *handle;
  ok(xlgc_host_enter(a->host, toy_at(a, 6)->id, &owner, &handle));
  ck_assert_uint_eq(toy_good(handle)->number, 2);
  ok(xlgc_host_leave(owner));
}

/* No walk meets what waits for its finalizer. It runs after the image is used. */
START_TEST(finalizers_after_an_image) {
  begin(2);
  make_garbage_with_finalizer();
  collect(2);
  ck_assert_uint_ge(statistics().images, 1);
  toy_collect(a);
  expect_reached_by_global();
  end();
}
END_TEST

static void expect_image_of_no_use(void) {
  toy_collect(a);
  collect(1);
  ck_assert_uint_ge(statistics().images_failed, 1);
  expect_reached_by_global();
}

/* It runs between the image and its use. */
START_TEST(finalizers_before_an_image_is_used) {
  begin(5);
  make_garbage_with_finalizer();
  begin_image();
  expect_image_of_no_use();
  end();
}
END_TEST

static void set_part(unsigned part) {
  xlgc_hosts_config config;
  ok(xlgc_hosts_configuration(pool, &config));
  config.part = part;
  ok(xlgc_hosts_configure(pool, &config));
}

/* It runs when some of what the image says has been installed, but not all. */
START_TEST(finalizers_amid_the_parts_of_an_image) {
  begin(1);
  make_garbage_with_finalizer();
  for (unsigned i = 0; i < 6; i++)
    make_ring(); /* facts enough for some visits, which do two parts each */
  set_part(1);
  begin_image();
  for (unsigned i = 0; a->host->late.phase != XLGC__HOST_LATE_ADDS || !a->host->late.next; i++) {
    ck_assert_uint_lt(i, 1000);
    visit();
  }
  expect_image_of_no_use();
  end();
}
END_TEST

/* A summary by hand fails, after finalizers have run, and what they found stays. */
START_TEST(finalizers_before_a_summary_that_fails) {
  begin(2);
  make_garbage_with_finalizer();
  collect(2);
  a->fails = XLGC_E_BUSY;
  ck_assert_int_eq(xlgc_host_summarise(a->host), XLGC_E_BUSY);
  toy_collect(a);
  expect_reached_by_global();
  a->fails = 0;
  end();
}
END_TEST

/* b has the export e, which has a proxy of an object of b's that no summary has said yet. */
static toy_thing *make_export(void) {
  toy_make(a, 0, 1), toy_make_in(b, a, 1, 2), toy_set(a, 0, 0, 1);
  toy_thing *export = toy_at(a, 0);
  toy_pass(a, 0, b, 0);
  toy_drop(a, 0), toy_drop(a, 1);
  ck_assert_int_ge(xlgc_host_dispatch(a->host, 1000), 0);
  ck_assert_int_ge(xlgc_host_dispatch(b->host, 1000), 0);
  return export;
}

static void enter_export(xlgc_visit *visit) {
  ok(xlgc_visit_begin(visit, b->host, toy_at(b, 0)->id));
  ck_assert_uint_eq(((toy_thing *)visit->handle)->number, 1);
}

/* Code that was entered through e before the image puts it into a global after it; the call ends before the image is
 * used. */
START_TEST(calls_that_go_on_after_an_image) {
  begin(2);
  make_export();
  xlgc_visit outer;
  enter_export(&outer);
  begin_image();
  toy_put(a, 5, outer.handle);
  xlgc_visit_end(&outer);
  if (!statistics().collections) collect(1);
  ck_assert_uint_le(statistics().summaries, 2); /* the next may have begun, and is not taken */
  expect_reached_by_global();
  end();
}
END_TEST

/* The same code is entered after the image, and e is let go before the image is used; or is gone by then: 1. */
START_TEST(exports_let_go_after_an_image) {
  begin(1000);
  make_export();
  begin_image();
  xlgc_visit call;
  enter_export(&call);
  toy_put(a, 5, call.handle);
  xlgc_visit_end(&call);
  uint64_t before = statistics().let_go;
  for (unsigned i = 0; i < 5; i++)
    visit();
  ck_assert_uint_gt(statistics().let_go, before);
  if (_i) {
    toy_drop(b, 0);
    toy_collect_all(b);
    ok(xlgc_flush(pool));
    ck_assert_int_ge(xlgc_host_dispatch(a->host, 1000), 0);
    ck_assert(!toy_at(a, 5)->pinned);
  }
  ck_assert_uint_eq(statistics().collections, 0);
  collect(1);
  ck_assert_uint_eq(statistics().images_failed, 0);
  expect_reached_by_global();
  end();
}
END_TEST

/* It was entered before the image, and reaches so much that it is not let go. */
START_TEST(exports_not_let_go_after_an_image) {
  begin(1000);
  toy_thing *e = make_export();
  toy_put(a, 0, e);
  for (unsigned i = 0; i < 10; i++) { /* a list of things, each with two proxies */
    toy_make(a, 1, 10 + i);
    toy_make_in(b, a, 2, 50 + i), toy_set(a, 1, 0, 2);
    toy_make_in(b, a, 2, 70 + i), toy_set(a, 1, 1, 2);
    toy_set(a, 0, i ? 2 : 1, 1);
    toy_put(a, 0, toy_at(a, 1));
  }
  for (unsigned i = 0; i < 3; i++)
    toy_drop(a, i);
  collect(1);
  xlgc_visit call;
  enter_export(&call);
  begin_image();
  toy_put(a, 5, call.handle);
  xlgc_visit_end(&call);
  for (unsigned i = 0; i < 5; i++)
    visit();
  collect(1);
  expect_reached_by_global();
  end();
}
END_TEST

/* From a weak table code takes what only an export holds, at any time. */
START_TEST(weak_references_and_images) {
  begin(2);
  toy_thing *e = make_export();
  a->is_weak = true;
  collect(1);
  uint64_t images = statistics().images;
  ck_assert_uint_ge(statistics().images_failed + 1, images); /* the next may have begun */
  collect(1);
  ck_assert_uint_le(statistics().images, images + 2); /* once a collection */
  toy_put(a, 5, e);
  expect_reached_by_global();
  end();
}
END_TEST

/* ----------------------------------------------------------------- lost copies */

static bool is_copy(void) { return getpid() != test; }
static void die_in_copy(toy *toy) {
  (void)toy;
  if (is_copy()) raise(SIGKILL);
}
static void hang_in_copy(toy *toy) {
  (void)toy;
  while (is_copy())
    pause();
}

static unsigned walks;
static void count_walk(toy *toy) {
  (void)toy;
  walks += !is_copy();
}

/* An image was there, and is of no use when it is wanted: another is taken, nothing is walked through here. */
START_TEST(images_that_are_late) {
  begin(0);
  make_garbage_with_finalizer();
  a->in_summary = count_walk;
  begin_image();
  atomic_store(&a->host->group->is_in_frame, true); /* what begins the summary is a part by itself */
  while (!a->host->is_prepared) {
    ck_assert_int_ge(xlgc__host_late_go_on(a->host), 1);
    usleep(100);
  }
  ck_assert_int_eq(a->host->late.phase, XLGC__HOST_LATE_NONE);
  walks = 0;
  toy_collect(a);
  ck_assert_int_eq(xlgc__host_late_go_on(a->host), 1);
  atomic_store(&a->host->group->is_in_frame, false);
  ck_assert_uint_eq(statistics().images_failed, 1);
  collect(1);
  ck_assert_uint_eq(walks, 0);
  expect_reached_by_global();
  end();
}
END_TEST

/* It is killed before it has walked from the exports, or when it has. */
START_TEST(copies_that_are_killed) {
  begin(0);
  make_ring();
  if (_i)
    a->in_summary = die_in_copy;
  else
    a->before_exports = die_in_copy;
  collect(2);
  expect_rings_gone();
  ck_assert_uint_ge(statistics().images_failed, 2);
  ck_assert_uint_ge(statistics().images_failed + 1, statistics().images); /* the next may have begun */
  end();
}
END_TEST

/* Nothing waits for it: neither a collection by hand, nor the end of its host. */
START_TEST(copies_that_hang) {
  begin(0);
  a->in_summary = hang_in_copy;
  begin_image();
  make_ring();
  ck_assert_int_ge(xlgc_hosts_collect(pool), 2);
  expect_rings_gone();
  begin_image();
  end();
}
END_TEST

#if defined __linux__ && defined SYS_clone
/* The system refuses to make processes, as in a sandbox. A sanitizer that looks for leaks makes one at the end. */
START_TEST(copies_that_are_refused) {
  if (TRIAL_SANITIZED) return;
  begin(0);
  struct sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {.len = sizeof filter / sizeof *filter, .filter = filter};
  ok(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  bool can_refuse = !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
  make_ring();
  collect(2);
  expect_rings_gone();
  if (can_refuse) ck_assert_uint_eq(statistics().images, 0);
  if (can_refuse) ck_assert_uint_ge(statistics().images_failed, 1);
  end();
}
END_TEST
#endif

/* Other threads are in the middle of malloc, and of the pool, when a copy is made. */
static _Atomic bool is_over;
static void *allocate(void *data) {
  for (size_t i = 1; !is_over; i = i * 7 % 5003) {
    void *memory = malloc(i);
    *(volatile char *)memory = 1;
    free(memory);
  }
  return data;
}

START_TEST(copies_beside_other_threads) {
  enum { THREADS = 2 };
  pthread_t threads[THREADS];
  begin(0);
  ok(xlgc_worker_start(pool));
  for (unsigned i = 0; i < THREADS; i++)
    ok(pthread_create(&threads[i], NULL, allocate, NULL));
  unsigned count = trial_work(200);
  for (unsigned i = 0; i < count; i++) {
    make_ring();
    collect(1);
  }
  is_over = true;
  for (unsigned i = 0; i < THREADS; i++)
    ok(pthread_join(threads[i], NULL));
  ok(xlgc_worker_stop(pool));
  ck_assert_uint_eq(statistics().images_failed, 0);
  collect(2);
  ok(xlgc_flush(pool));
  collect(1);
  expect_rings_gone();
  end();
}
END_TEST

/* Does the system make copies of this process? Not all emulators do. */
static void do_nothing(void *data, void *shared) { (void)data, (void)shared; }
static bool are_there_copies(void) {
  xlgc__host_copy copy = {.shared = NULL};
  int state = XLGC__HOST_COPY_RUNS;
  if (xlgc__host_copy_start(&copy, 1, do_nothing, NULL)) return false;
  while (state == XLGC__HOST_COPY_RUNS)
    state = xlgc__host_copy_look(&copy);
  xlgc__host_copy_end(&copy, true);
  return state == XLGC__HOST_COPY_DONE;
}

int main(void) {
  Suite *suite = suite_create("hosts_images");
  bool real = are_there_copies();
  if (!real) printf("not tested: real copies, which this system does not make\n");
  TCase *cases = trial_case(suite, "images");
  tcase_add_loop_test(cases, rings_go, real ? 0 : 1, 2);
  tcase_add_test(cases, frames_do_not_wait);
  tcase_add_test(cases, finalizers_after_an_image);
  tcase_add_test(cases, finalizers_before_an_image_is_used);
  tcase_add_test(cases, finalizers_amid_the_parts_of_an_image);
  tcase_add_test(cases, finalizers_before_a_summary_that_fails);
  tcase_add_test(cases, calls_that_go_on_after_an_image);
  tcase_add_loop_test(cases, exports_let_go_after_an_image, 0, 2);
  tcase_add_test(cases, exports_not_let_go_after_an_image);
  tcase_add_test(cases, weak_references_and_images);
  if (real) tcase_add_test(cases, images_that_are_late);
  if (real) tcase_add_loop_test(cases, copies_that_are_killed, 0, 2);
  if (real) tcase_add_test(cases, copies_that_hang);
#if defined __linux__ && defined SYS_clone
  tcase_add_test(cases, copies_that_are_refused);
#endif
  if (real) tcase_add_test(cases, copies_beside_other_threads);
  return trial_run(suite);
}
