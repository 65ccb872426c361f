/* What is noted of single objects: where they were made (xlgc_sites), how many bytes they are. And what a pool prints of what is left at its end. */
#include <config.h>

#ifndef _WIN32
#include <dlfcn.h>
#endif
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xlgc/why.h>

#include "support/alloc.h"
#include "support/one_pool.h"
#include "support/threads.h"

static char text[4096];
static const char *site_of(xlgc_id id) {
  int length = xlgc_object_site(r.pool, id, text, sizeof text);
  ck_assert_int_eq(length, (int)strlen(text));
  return text;
}

START_TEST(none_is_known_at_first) {
  start(_i);
  unsigned every = 7;
  ok(xlgc_sites_every(r.pool, &every));
  ck_assert_uint_eq(every, 0);
  ck_assert_str_eq(site_of(root()), "");
  finish();
}
END_TEST

static __attribute__((noinline)) xlgc_id make_here(void) {
  static const xlgc_kind kind = {.name = "made here", .flags = XLGC_KIND_UNINDEXED};
  xlgc_id id;
  ok(xlgc_register(r.context, NULL, &kind, &id));
  ok(xlgc_pin(r.context, id));
  return id;
}

/* The first one named is what has called, whatever calls there are inside of the library. */
START_TEST(the_caller_is_named) {
  start(_i);
  ok(xlgc_sites(r.pool, 1));
  xlgc_id made = make_here();
  ck_assert_int_eq(strncmp(site_of(made), "made by ", 8), 0);
#ifndef _WIN32
  Dl_info here;
  ck_assert_int_ne(dladdr((const void *)(uintptr_t)make_here, &here), 0);
  const size_t begin = (uintptr_t)make_here - (uintptr_t)here.dli_fbase;
  char first[4096];
  snprintf(first, sizeof first, "%s", site_of(made));
  *(strstr(first, " < ") ? strstr(first, " < ") : first + strlen(first)) = 0;
  const size_t call = strtoul(strrchr(first, '+') + 1, NULL, 16);
  ck_assert_uint_ge(call, begin);
  ck_assert_uint_lt(call, begin + 4096); /* of any function of this size */
#endif
  char line[4096], site[4096];
  snprintf(site, sizeof site, "%s", site_of(made));
  ck_assert_int_gt(xlgc_object_text(r.pool, made, line, sizeof line), 0);
  ck_assert_ptr_ne(strstr(line, site), NULL);
  ck_assert_int_gt(xlgc_why_text(r.pool, made, 0, line, sizeof line), 0);
  ck_assert_ptr_ne(strstr(line, site), NULL);
  ok(xlgc_sites(r.pool, 0));
  ck_assert_str_eq(site_of(root()), "");
  ck_assert_str_eq(site_of(made), site);
  finish();
}
END_TEST

START_TEST(some_are_drawn) {
  enum { OBJECTS = 10000, EVERY = 10 };
  xlgc_config config = recorder_config(&r);
  config.setting = _i;
  recorder_open_with(&r, &config);
  ok(xlgc_sites(r.pool, EVERY));
  static const xlgc_kind plain = {.name = "plain"};
  static char addresses[OBJECTS];
  unsigned known[2] = {0, 0};
  for (unsigned i = 0; i < OBJECTS; i++) {
    xlgc_id id;
    ok(xlgc_register(r.context, &addresses[i], &plain, &id));
    known[i % 2] += xlgc_object_site(r.pool, id, NULL, 0) > 0;
  }
  /* 500 are expected of each half, with a standard deviation of 21; the lots are the same in each run. */
  for (unsigned i = 0; i < 2; i++) {
    ck_assert_uint_gt(known[i], 400);
    ck_assert_uint_lt(known[i], 600);
  }
  recorder_close(&r);
}
END_TEST

/* A slot that is used again has the site of its new object only. */
START_TEST(sites_go_with_their_objects) {
  start(_i);
  ok(xlgc_sites(r.pool, 1));
  xlgc_id top = root(), old = held_by(top);
  char before[4096];
  snprintf(before, sizeof before, "%s", site_of(old));
  ok(xlgc_sites(r.pool, 0));
  drop(top, old);
  flush();
  ck_assert_int_eq(xlgc_object_site_set(r.pool, old, "nowhere"), XLGC_E_STALE);
  xlgc_id again = XLGC_ID_NONE;
  for (unsigned i = 0; i < 1000 && (uint32_t)again != (uint32_t)old; i++) {
    again = held_by(top);
    ck_assert_str_eq(site_of(again), "");
    if ((uint32_t)again != (uint32_t)old) drop(top, again), flush();
  }
  ck_assert_uint_eq((uint32_t)again, (uint32_t)old);
  ok(xlgc_object_site_set(r.pool, again, "level 2"));
  ck_assert_str_eq(site_of(again), "level 2");
  ck_assert_str_eq(site_of(old), "");
  finish();
}
END_TEST

/* What is said takes the place of what was noted. */
START_TEST(in_words) {
  start(_i);
  ok(xlgc_sites(r.pool, 1));
  xlgc_id made = root();
  ok(xlgc_object_site_set(r.pool, made, "map.c:12\nby the editor\t"));
  ck_assert_str_eq(site_of(made), "map.c:12?by the editor?");
  ok(xlgc_object_site_set(r.pool, made, "map.c:13"));
  ck_assert_str_eq(site_of(made), "map.c:13");
  char little[4];
  ck_assert_int_eq(xlgc_object_site(r.pool, made, little, sizeof little), 8);
  ck_assert_str_eq(little, "map");
  finish();
}
END_TEST

static uint64_t retained_bytes(xlgc_id id) {
  xlgc_retained_size size;
  ok(xlgc_retained(r.pool, id, 1000, &size));
  return size.bytes;
}

static size_t bytes_of(const void *object, const void *data) {
  (void)object, (void)data;
  return 40;
}

START_TEST(bytes_are_noted) {
  static const xlgc_labelled_kind kind = {.described.kind = {.name = "weighs", .flags = XLGC_KIND_LABELLED},
                                          .bytes = bytes_of};
  static char addresses[2];
  start(_i);
  xlgc_id top = root(), one, two;
  size_t bytes;
  ok(xlgc_register(r.context, &addresses[0], &kind.described.kind, &one));
  ok(xlgc_object_bytes(r.pool, one, &bytes));
  ck_assert_uint_eq(bytes, 40);
  ok(xlgc_object_bytes_set(r.pool, one, 1000));
  ok(xlgc_object_bytes(r.pool, one, &bytes));
  ck_assert_uint_eq(bytes, 1040);
  ok(xlgc_object_site_set(r.pool, one, "here")); /* which leaves the bytes as they are */
  ok(xlgc_object_bytes_set(r.pool, one, 2000));
  ck_assert_str_eq(site_of(one), "here");
  hold(top, one);
  ok(xlgc_register(r.context, &addresses[1], &kind.described.kind, &two));
  hold(one, two);
  ck_assert_uint_eq(retained_bytes(top), 2080);
  ok(xlgc_object_bytes_set(r.pool, top, 3));
  ck_assert_uint_eq(retained_bytes(top), 2083);
  drop(top, one);
  flush();
  ck_assert_int_eq(xlgc_object_bytes_set(r.pool, one, 1), XLGC_E_STALE);
  ck_assert_int_eq(xlgc_object_bytes(r.pool, one, &bytes), XLGC_E_STALE);
  for (unsigned i = 0; i < 100; i++) { /* in slots of what is gone */
    xlgc_id again = held_by(top);
    ok(xlgc_object_bytes(r.pool, again, &bytes));
    ck_assert_uint_eq(bytes, 0);
    ok(xlgc_object_site_set(r.pool, again, "there"));
    ok(xlgc_object_bytes(r.pool, again, &bytes));
    ck_assert_uint_eq(bytes, 0);
    drop(top, again);
    flush();
  }
  finish();
}
END_TEST

START_TEST(bad_arguments) {
  start(_i);
  xlgc_id made = root(), foreign = made ^ UINT64_C(1) << 56;
  unsigned every;
  ck_assert_int_eq(xlgc_sites(NULL, 1), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_sites_every(NULL, &every), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_sites_every(r.pool, NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_object_site(NULL, made, text, sizeof text), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_object_site(r.pool, made, NULL, 1), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_object_site(r.pool, foreign, text, sizeof text), XLGC_E_FOREIGN);
  ck_assert_int_eq(xlgc_object_site_set(NULL, made, "x"), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_object_site_set(r.pool, made, NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_object_site_set(r.pool, foreign, "x"), XLGC_E_FOREIGN);
  ck_assert_int_eq(xlgc_object_site_set(r.pool, XLGC_ID_NONE, "x"), XLGC_E_FOREIGN);
  size_t bytes;
  ck_assert_int_eq(xlgc_object_bytes_set(NULL, made, 1), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_object_bytes_set(r.pool, foreign, 1), XLGC_E_FOREIGN);
  ck_assert_int_eq(xlgc_object_bytes(NULL, made, &bytes), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_object_bytes(r.pool, made, NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_object_bytes(r.pool, foreign, &bytes), XLGC_E_FOREIGN);
  finish();
}
END_TEST

/* Without memory an object is made all the same, and its site is not known, or is the one before. */
START_TEST(without_memory) {
  alloc memory = {.fail_at = ALLOC_NEVER};
  xlgc_config config = recorder_config(&r);
  config.setting = _i;
  config.allocator = alloc_functions(&memory);
  recorder_open_with(&r, &config);
  xlgc_id first = root(), second = root();
  ok(xlgc_object_site_set(r.pool, first, "here"));
  for (unsigned at = 0; at < 2; at++) {
    memory.fail_at = memory.asked + at;
    ck_assert_int_eq(xlgc_object_site_set(r.pool, second, "there"), XLGC_E_NOMEM);
    ck_assert_str_eq(site_of(second), "");
  }
  memory.fail_at = memory.asked;
  ck_assert_int_eq(xlgc_object_bytes_set(r.pool, second, 1), XLGC_E_NOMEM);
  memory.fail_at = memory.asked;
  ck_assert_int_eq(xlgc_object_site_set(r.pool, first, "there"), XLGC_E_NOMEM);
  ck_assert_str_eq(site_of(first), "here");
  memory.fail_at = ALLOC_NEVER;
  recorder_close(&r);
  ck_assert_uint_eq(memory.blocks, 0);
}
END_TEST

enum { THREADS = 3, MADE = 3000 };

static void *make_and_ask(void *data) {
  xlgc_context *context;
  char *addresses = data, room[400];
  static const xlgc_kind plain = {.name = "plain"};
  ok(xlgc_context_create(r.pool, "maker", &context));
  for (unsigned i = 0; i < MADE; i++) {
    xlgc_id id;
    ok(xlgc_register(context, &addresses[i], &plain, &id));
    ok(xlgc_pin(context, id));
    if (i % 3 == 0) ok(xlgc_object_site_set(r.pool, id, "by hand"));
    ck_assert_int_ge(xlgc_object_site(r.pool, id, room, sizeof room), 0);
    if (i % 3 == 0) ck_assert_str_eq(room, "by hand");
    size_t bytes;
    ok(xlgc_object_bytes_set(r.pool, id, i));
    ok(xlgc_object_bytes(r.pool, id, &bytes));
    ck_assert_uint_eq(bytes, i);
    ok(xlgc_unpin(context, id));
    if (i % 100 == 0) ok(xlgc_sites(r.pool, i % 200 ? 0 : 2));
  }
  xlgc_context_destroy(context);
  return NULL;
}

START_TEST(beside_each_other) {
  start(_i);
  static char addresses[THREADS][MADE];
  ok(xlgc_worker_start(r.pool));
  pthread_t threads[THREADS];
  for (unsigned i = 0; i < THREADS; i++)
    ck_assert_int_eq(pthread_create(&threads[i], NULL, make_and_ask, addresses[i]), 0);
  for (unsigned i = 0; i < THREADS; i++)
    pthread_join(threads[i], NULL);
  finish();
}
END_TEST

/* ------------------------------------------------------------------ the environment */

/* What is printed for people until the end. */
static FILE *printed;
static void begin_to_print(void) {
  printed = tmpfile();
  ck_assert_ptr_ne(printed, NULL);
  ck_assert_int_ge(dup2(fileno(printed), STDERR_FILENO), 0);
}
static const char *what_was_printed(void) {
  fflush(stderr);
  rewind(printed);
  text[fread(text, 1, sizeof text - 1, printed)] = 0;
  return text;
}

START_TEST(by_the_environment) {
  static const struct {
    const char *value;
    unsigned every;
    bool is_wrong;
  } cases[] = {{"", 0, false},  {"0", 0, false},  {"1", 1, false}, {"250", 250, false},
               {"-1", 0, true}, {"1x", 0, true},  {" 1", 0, true}, {"99999999999999999999", 0, true},
               {"+1", 0, true}, {"many", 0, true}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    setenv("XLGC_SITES", cases[i].value, 1);
    begin_to_print();
    recorder one = {0};
    recorder_open(&one, _i);
    unsigned every;
    ok(xlgc_sites_every(one.pool, &every));
    ck_assert_uint_eq(every, cases[i].every);
    recorder_close(&one);
    ck_assert_int_eq(strstr(what_was_printed(), "has no effect") != NULL, cases[i].is_wrong);
  }
}
END_TEST

START_TEST(what_is_left_is_printed) {
  setenv("XLGC_SURVIVORS", "1", 1);
  begin_to_print();
  start(_i);
  xlgc_id top = root(), gone = held_by(top), left = held_by(top);
  ok(xlgc_object_site_set(r.pool, left, "made at level 2"));
  drop(top, gone);
  ok(xlgc_pool_shutdown(r.pool));
  char expected[200];
  snprintf(expected, sizeof expected, "xlgc: left at the end:\n2 %s; one of them:\n", r.kind.name);
  ck_assert_int_eq(strncmp(what_was_printed(), expected, strlen(expected)), 0);
  ck_assert_uint_eq(r.survivor_count, 2);
  recorder_close(&r);
}
END_TEST

START_TEST(nothing_left_is_not_printed) {
  setenv("XLGC_SURVIVORS", _i ? "1" : "0", 1);
  begin_to_print();
  start(XLGC_CERTIFIED);
  xlgc_id top = root();
  if (_i) ok(xlgc_unpin(r.context, top));
  ok(xlgc_pool_shutdown(r.pool));
  ck_assert_str_eq(what_was_printed(), "");
  recorder_close(&r);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("api_sites");
  TCase *sites = tcase_create("sites"), *environment = tcase_create("environment");
  tcase_add_loop_test(sites, none_is_known_at_first, 0, 2);
  tcase_add_loop_test(sites, the_caller_is_named, 0, 2);
  tcase_add_loop_test(sites, some_are_drawn, 0, 2);
  tcase_add_loop_test(sites, sites_go_with_their_objects, 0, 2);
  tcase_add_loop_test(sites, in_words, 0, 2);
  tcase_add_loop_test(sites, bytes_are_noted, 0, 2);
  tcase_add_loop_test(sites, bad_arguments, 0, 2);
  tcase_add_loop_test(sites, without_memory, 0, 2);
  tcase_add_loop_test(sites, beside_each_other, 0, 2);
  tcase_add_loop_test(environment, by_the_environment, 0, 2);
  tcase_add_loop_test(environment, what_is_left_is_printed, 0, 2);
  tcase_add_loop_test(environment, nothing_left_is_not_printed, 0, 2);
  suite_add_tcase(suite, sites);
  suite_add_tcase(suite, environment);
  return trial_run(suite);
}
