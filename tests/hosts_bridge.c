/* The bridge without a language: values, visits, natives, managed and shared objects. The engine here is a C struct
 * whose objects are counters: what matters is which is asked what, and what is held. */
#include <config.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xlgc/bridge.h>

#include "hosts/core/memory.h"
#include "support/one_pool.h"
#include "support/threads.h"
#include "support/trial.h"

/* ---------------------------------------------------------------- an engine */

typedef struct engine {
  xlgc_host *host;
  unsigned unpinned, entered, deepest;
} engine;

static int summarise(void *data, xlgc_summary *summary) {
  (void)data;
  (void)summary;
  return 0;
}
static void unpin(void *data, void *handle) {
  (void)handle;
  ((engine *)data)->unpinned++;
}
static int enter(void *data) {
  ((engine *)data)->entered++;
  return 0;
}
static void leave(void *data) { ((engine *)data)->entered--; }

/* Calls itself through the visitor as deep as it goes. */
static int recurse(xlgc_visit *visit, const xlgc_value *self, const xlgc_value *arguments, size_t count,
                   xlgc_value *out) {
  (void)self;
  (void)arguments;
  (void)count;
  engine *e = visit->engine;
  if (e->entered > e->deepest) e->deepest = e->entered;
  xlgc_visit inner;
  int failed = xlgc_visit_begin_held(&inner, visit->pool, visit->id);
  if (failed) {
    const char *message = xlgc_visit_message(&inner, failed);
    return xlgc_visit_raise(visit, message, strlen(message));
  }
  failed = xlgc_visit_call(&inner, NULL, NULL, 0, out);
  if (failed == XLGC_E_RAISED) {
    const char *message = xlgc_visit_message(&inner, failed);
    xlgc_visit_raise(visit, message, strlen(message));
  }
  xlgc_visit_end(&inner);
  return failed;
}

static const xlgc_behaviour engine_behaviour = {.call = recurse};
static const xlgc_host_adapter adapter = {.name = "counters",
                                          .summarise = summarise,
                                          .unpin = unpin,
                                          .enter = enter,
                                          .leave = leave,
                                          .behaviour = &engine_behaviour};
static const xlgc_host_adapter mute = {.name = "mute", .summarise = summarise, .unpin = unpin};

static void open_engine(engine *e, const xlgc_host_adapter *is) {
  memset(e, 0, sizeof *e);
  ok(xlgc_host_open(r.pool, is, e, &e->host));
}

static xlgc_id receive(engine *e, xlgc_id id) {
  static char proxy;
  void *handle;
  int result = xlgc_host_receive(e->host, id, &handle);
  ck_assert_int_ge(result, 0);
  if (result == XLGC_HOST_NEW) ok(xlgc_host_proxy_made(e->host, id, &proxy));
  return id;
}

/* ------------------------------------------------------------------- words */

static xlgc_value text(const char *words) {
  return (xlgc_value){.type = XLGC_STRING, .as.bytes = words, .length = strlen(words)};
}
static xlgc_value integer(int64_t number) { return (xlgc_value){.type = XLGC_INTEGER, .as.integer = number}; }
static xlgc_value real(double number) { return (xlgc_value){.type = XLGC_NUMBER, .as.number = number}; }
static xlgc_value boolean(bool is) { return (xlgc_value){.type = XLGC_BOOLEAN, .as.boolean = is}; }
static xlgc_value reference(xlgc_id id) { return (xlgc_value){.type = XLGC_OBJECT, .as.id = id}; }

static xlgc_id managed(void) {
  xlgc_value value;
  ok(xlgc_managed_create(r.pool, r.context, &value));
  ck_assert_int_eq(value.type, XLGC_OBJECT);
  ok(xlgc_pin(r.context, value.as.id));
  return value.as.id;
}

static int set(xlgc_id object, xlgc_value name, xlgc_value value) {
  xlgc_visit visit;
  ok(xlgc_visit_begin_held(&visit, r.pool, object));
  int failed = xlgc_visit_set(&visit, &name, &value);
  xlgc_visit_end(&visit);
  return failed;
}
static int get(xlgc_id object, xlgc_value name, xlgc_value *out) {
  xlgc_visit visit;
  ok(xlgc_visit_begin_held(&visit, r.pool, object));
  int failed = xlgc_visit_get(&visit, &name, out);
  xlgc_visit_end(&visit);
  return failed;
}
static int take_away(xlgc_id object, xlgc_value name) {
  xlgc_visit visit;
  ok(xlgc_visit_begin_held(&visit, r.pool, object));
  int failed = xlgc_visit_remove(&visit, &name);
  xlgc_visit_end(&visit);
  return failed;
}
static size_t length(xlgc_id object) {
  xlgc_visit visit;
  size_t count;
  ok(xlgc_visit_begin_held(&visit, r.pool, object));
  ok(xlgc_visit_length(&visit, &count));
  xlgc_visit_end(&visit);
  return count;
}
static bool is_there(xlgc_id id) {
  xlgc_object_info info;
  return xlgc_info(r.pool, id, &info) == 0;
}
static void expect_integer(xlgc_id object, xlgc_value name, int64_t expected) {
  xlgc_value value;
  ok(get(object, name, &value));
  ck_assert_int_eq(value.type, XLGC_INTEGER);
  ck_assert_int_eq(value.as.integer, expected);
}

/* ---------------------------------------------------------------- managed */

START_TEST(names_of_every_sort) {
  start(XLGC_CERTIFIED);
  xlgc_id object = managed();
  xlgc_value value, bytes = {.type = XLGC_BUFFER, .as.bytes = "one", .length = 3};
  xlgc_value with_zero = {.type = XLGC_STRING, .as.bytes = "a\0b", .length = 3};
  xlgc_value names[] = {text("one"),        bytes,     text(""),       with_zero,     integer(1),    integer(0),
                        integer(INT64_MIN), real(0.5), real(INFINITY), boolean(true), boolean(false)};
  size_t count = sizeof names / sizeof names[0];
  for (size_t i = 0; i < count; i++)
    ok(set(object, names[i], integer((int64_t)i)));
  ck_assert_uint_eq(length(object), count);
  for (size_t i = 0; i < count; i++)
    expect_integer(object, names[i], (int64_t)i);
  /* A whole number is an integer's name. */
  expect_integer(object, real(1.0), 4);
  expect_integer(object, real(-0.0), 5);
  ok(set(object, real(1.0), integer(40)));
  expect_integer(object, integer(1), 40);
  ck_assert_int_eq(get(object, text("on"), &value), XLGC_ABSENT);
  ck_assert_int_eq(value.type, XLGC_NIL);
  for (size_t i = 0; i < count; i++) {
    ok(take_away(object, names[i]));
    ck_assert_int_eq(take_away(object, names[i]), XLGC_ABSENT);
  }
  ck_assert_uint_eq(length(object), 0);
  /* What can be no name. */
  ck_assert_int_eq(set(object, real(NAN), integer(1)), XLGC_E_RAISED);
  ck_assert_int_eq(set(object, reference(object), integer(1)), XLGC_E_RAISED);
  ck_assert_int_eq(set(object, (xlgc_value){.type = XLGC_NIL}, integer(1)), XLGC_E_RAISED);
  ck_assert_int_eq(get(object, real(NAN), &value), XLGC_ABSENT);
  /* And no value. */
  xlgc_value several, *parts;
  ok(xlgc_value_several(&several, 2, &parts));
  ck_assert_int_eq(set(object, text("several"), several), XLGC_E_RAISED);
  xlgc_value_clear(&several);
  ck_assert_uint_eq(length(object), 0);
  ck_assert_int_eq(take_away(object, reference(object)), XLGC_ABSENT);
  ok(xlgc_unpin(r.context, object));
  finish();
}
END_TEST

START_TEST(values_are_copied) {
  start(XLGC_CERTIFIED);
  xlgc_id object = managed();
  char words[] = "some words";
  ok(set(object, text("words"), text(words)));
  memset(words, 'x', sizeof words);
  xlgc_value value;
  ok(get(object, text("words"), &value));
  ok(set(object, text("words"), (xlgc_value){.type = XLGC_NIL}));
  ck_assert_str_eq(value.as.bytes, "some words");
  ck_assert_uint_eq(value.length, 10);
  xlgc_value_clear(&value);
  xlgc_value_clear(&value);
  ok(get(object, text("words"), &value)); /* it is there, and nil */
  ck_assert_int_eq(value.type, XLGC_NIL);
  ok(xlgc_unpin(r.context, object));
  finish();
}
END_TEST

START_TEST(fields_hold_objects) {
  start(_i);
  xlgc_id one = managed(), two = managed(), leaf = object();
  ok(xlgc_pin(r.context, leaf));
  ok(set(one, text("two"), reference(two)));
  ok(set(two, text("one"), reference(one)));
  ok(set(two, text("leaf"), reference(leaf)));
  ok(set(two, text("again"), reference(leaf)));
  ok(xlgc_unpin(r.context, leaf));
  ok(xlgc_unpin(r.context, two));
  flush();
  ck_assert(is_there(leaf));
  ok(set(two, text("leaf"), integer(1)));
  flush();
  ck_assert(is_there(leaf));
  ok(take_away(two, text("again")));
  flush();
  ck_assert(!is_there(leaf));
  ok(set(two, text("self"), reference(two)));
  ok(xlgc_unpin(r.context, one));
  flush();
  ck_assert(!is_there(one) && !is_there(two));
  finish();
}
END_TEST

START_TEST(cursors) {
  start(XLGC_CERTIFIED);
  xlgc_id object = managed();
  for (int i = 0; i < 10; i++)
    ok(set(object, integer(i), integer(i * i)));
  xlgc_visit visit;
  xlgc_value cursor, key, value;
  ok(xlgc_visit_begin_held(&visit, r.pool, object));
  ck_assert_int_eq(xlgc_visit_iterate(&visit, &cursor), XLGC_ITERATES_PAIRS);
  ok(xlgc_pin(r.context, cursor.as.id));
  xlgc_visit_end(&visit);
  ok(xlgc_unpin(r.context, object)); /* the cursor holds it */
  flush();
  ok(take_away(object, integer(3)));
  ok(set(object, integer(11), integer(0)));
  int seen = 0;
  for (int i = 0;; i++) {
    ok(xlgc_visit_begin_held(&visit, r.pool, cursor.as.id));
    int answer = xlgc_visit_next(&visit, &key, &value);
    xlgc_visit_end(&visit);
    if (answer) {
      ck_assert_int_eq(answer, XLGC_ABSENT);
      break;
    }
    if (i == 3) i++; /* removed meanwhile */
    ck_assert_int_eq(key.as.integer, i);
    ck_assert_int_eq(value.as.integer, (int64_t)i * i);
    seen++;
  }
  ck_assert_int_eq(seen, 9);
  ok(xlgc_unpin(r.context, cursor.as.id));
  flush();
  ck_assert(!is_there(object));
  finish();
}
END_TEST

/* Several threads write the same fields: each value that was stored is let go once. */
enum { WRITERS = 4, WRITTEN = 3 };
static xlgc_id written_to;

typedef struct writer {
  uint64_t random;
  const char *bad;
  xlgc_context *context;
} writer;

static const char *read_one(writer *writer, const xlgc_value *name) {
  xlgc_visit visit;
  xlgc_value found;
  if (xlgc_visit_begin_held(&visit, r.pool, written_to)) return "begin";
  int answer = xlgc_visit_get(&visit, name, &found);
  /* What is found can be taken until the visit ends. */
  bool taken = answer != 0 || found.type != XLGC_OBJECT ||
               (!xlgc_pin(writer->context, found.as.id) && !xlgc_unpin(writer->context, found.as.id));
  xlgc_visit_end(&visit);
  return answer < 0 ? "get" : taken ? NULL : "take";
}

static const char *write_one(writer *writer, const xlgc_value *name) {
  xlgc_visit visit;
  xlgc_value made;
  const char *bad = NULL;
  if (xlgc_visit_begin_held(&visit, r.pool, written_to)) return "begin";
  if (!trial_random(&writer->random, 4)) {
    if (xlgc_visit_remove(&visit, name) < 0) bad = "remove";
  } else if (xlgc_managed_create(r.pool, writer->context, &made) || xlgc_pin(writer->context, made.as.id)) {
    bad = "create";
  } else {
    if (xlgc_visit_set(&visit, name, &made)) bad = "set";
    if (xlgc_unpin(writer->context, made.as.id)) bad = "unpin";
  }
  xlgc_visit_end(&visit);
  return bad;
}

static void write_fields(void *data) {
  writer *writer = data;
  if (xlgc_context_here(r.pool, &writer->context)) writer->bad = "no context";
  for (unsigned i = 0; i < trial_work(20000) && !writer->bad; i++) {
    xlgc_value name = integer(trial_random(&writer->random, WRITTEN));
    writer->bad = read_one(writer, &name);
    if (!writer->bad) writer->bad = write_one(writer, &name);
  }
}

START_TEST(threads_share_a_managed_object) {
  start(XLGC_CERTIFIED);
  written_to = managed();
  ok(xlgc_worker_start(r.pool));
  job jobs[WRITERS];
  writer writers[WRITERS];
  uint64_t seed = trial_seed();
  for (unsigned i = 0; i < WRITERS; i++) {
    writers[i] = (writer){.random = seed + i};
    begin(&jobs[i], write_fields, &writers[i]);
  }
  for (unsigned i = 0; i < WRITERS; i++)
    end(&jobs[i]);
  for (unsigned i = 0; i < WRITERS; i++)
    ck_assert_msg(!writers[i].bad, "%s", writers[i].bad);
  ok(xlgc_worker_stop(r.pool));
  ok(xlgc_unpin(r.context, written_to));
  flush();
  xlgc_statistics statistics;
  ok(xlgc_stats(r.pool, &statistics));
  ck_assert_uint_eq(statistics.links, 0);
  finish();
}
END_TEST

/* ------------------------------------------------------------- memory runs out */

static uint64_t until_failure;
static bool failed_once;
static void *allocate_until(size_t size_bytes) {
  if (!until_failure--) {
    failed_once = true;
    return NULL;
  }
  return malloc(size_bytes);
}

/* Each function does all or nothing. */
static int use_managed(xlgc_id object, xlgc_id leaf) {
  xlgc_value value, made;
  int failed = set(object, text("leaf"), reference(leaf));
  if (!failed) failed = set(object, text("words"), text("words"));
  if (!failed) failed = get(object, text("words"), &value);
  if (!failed) xlgc_value_clear(&value);
  if (!failed) failed = take_away(object, text("leaf"));
  if (!failed) failed = xlgc_managed_create(r.pool, r.context, &made);
  if (!failed && (xlgc_pin(r.context, made.as.id) || xlgc_unpin(r.context, made.as.id))) failed = XLGC_E_INVAL;
  if (failed) return failed;
  xlgc_visit visit;
  ok(xlgc_visit_begin_held(&visit, r.pool, object));
  failed = xlgc_visit_iterate(&visit, &value);
  xlgc_visit_end(&visit);
  if (failed < 0) return failed;
  ok(xlgc_pin(r.context, value.as.id));
  ok(xlgc_unpin(r.context, value.as.id));
  return 0;
}

START_TEST(memory_runs_out) {
  start(XLGC_CERTIFIED);
  xlgc_id leaf = object(), object = managed();
  ok(xlgc_pin(r.context, leaf));
  bool done = false;
  for (unsigned i = 0; !done; i++) {
    until_failure = i;
    failed_once = false;
    xlgc__host_memory_allocate = allocate_until;
    int failed = use_managed(object, leaf);
    xlgc__host_memory_allocate = malloc;
    done = !failed_once;
    ck_assert_int_eq(failed, done ? 0 : XLGC_E_NOMEM);
    take_away(object, text("words"));
    take_away(object, text("leaf"));
    ck_assert_uint_eq(length(object), 0);
    flush();
    ck_assert_uint_lt(i, 100);
  }
  xlgc_statistics statistics;
  ok(xlgc_stats(r.pool, &statistics));
  ck_assert_uint_eq(statistics.links, 0);
  ck_assert_uint_eq(statistics.objects, 2);
  ok(xlgc_unpin(r.context, object));
  ok(xlgc_unpin(r.context, leaf));
  finish();
}
END_TEST

/* ----------------------------------------------------------------- shared */

START_TEST(shared_by_all_hosts) {
  start(XLGC_CERTIFIED);
  engine one, two;
  xlgc_value mine, yours;
  open_engine(&one, &adapter);
  ok(xlgc_host_shared(one.host, &mine));
  open_engine(&two, &mute);
  ok(xlgc_host_shared(two.host, &yours));
  ck_assert_uint_eq(mine.as.id, yours.as.id);
  ok(set(mine.as.id, text("x"), integer(5)));
  ok(xlgc_host_close(one.host));
  flush();
  expect_integer(yours.as.id, text("x"), 5);
  ok(xlgc_host_close(two.host));
  flush();
  ck_assert(!is_there(yours.as.id));
  /* The next ones have a new one. */
  open_engine(&one, &adapter);
  ok(xlgc_host_shared(one.host, &yours));
  ck_assert_uint_eq(length(yours.as.id), 0);
  ok(xlgc_host_close(one.host));
  finish();
}
END_TEST

START_TEST(pool_that_ends_before_its_hosts) {
  start(XLGC_CERTIFIED);
  engine e;
  xlgc_value shared, cursor;
  xlgc_visit visit;
  open_engine(&e, &adapter);
  ok(xlgc_host_shared(e.host, &shared));
  ok(set(shared.as.id, text("words"), text("words")));
  ok(xlgc_visit_begin_held(&visit, r.pool, shared.as.id));
  ck_assert_int_ge(xlgc_visit_iterate(&visit, &cursor), 0);
  receive(&e, cursor.as.id);
  xlgc_visit_end(&visit);
  ok(xlgc_pool_shutdown(r.pool));
  ck_assert_int_eq(xlgc_host_shared(e.host, &shared), 0);
  ok(xlgc_host_close(e.host)); /* with what nobody can release any more */
  ok(xlgc_pool_destroy(r.pool));
}
END_TEST

/* ----------------------------------------------------------------- visits */

static int describe_native(xlgc_visit *visit, xlgc_value *out) {
  return xlgc_value_copy(out, XLGC_STRING, visit->handle, strlen(visit->handle));
}

START_TEST(natives) {
  start(XLGC_CERTIFIED);
  static const xlgc_behaviour behaviour = {.describe = describe_native};
  static char self[] = "a native";
  xlgc_id id = root();
  xlgc_visit visit;
  xlgc_value value;
  bool is;
  size_t count;
  ck_assert_int_eq(xlgc_visit_begin_held(&visit, r.pool, id), XLGC_E_INVAL);
  ok(xlgc_native_publish(r.pool, id, &behaviour, self));
  ck_assert_int_eq(xlgc_native_publish(r.pool, id, &behaviour, self), XLGC_E_EXISTS);
  const xlgc_behaviour *found = NULL;
  void *handle = NULL;
  ok(xlgc_native_find(r.pool, id, &found, &handle));
  ck_assert(found == &behaviour && handle == self);
  ok(xlgc_visit_begin_held(&visit, r.pool, id));
  ck_assert_ptr_null(visit.owner);
  ok(xlgc_visit_describe(&visit, &value));
  ck_assert_str_eq(value.as.bytes, "a native");
  xlgc_value_clear(&value);
  /* What it cannot do is said in words, and changes nothing. */
  xlgc_value name = text("x");
  ck_assert_int_eq(xlgc_visit_get(&visit, &name, &value), XLGC_E_RAISED);
  ck_assert_ptr_nonnull(strstr(xlgc_visit_message(&visit, XLGC_E_RAISED), "no fields"));
  ck_assert_int_eq(xlgc_visit_set(&visit, &name, &name), XLGC_E_RAISED);
  ck_assert_int_eq(xlgc_visit_remove(&visit, &name), XLGC_E_RAISED);
  ck_assert_int_eq(xlgc_visit_call(&visit, NULL, NULL, 0, &value), XLGC_E_RAISED);
  ck_assert_ptr_nonnull(strstr(xlgc_visit_message(&visit, XLGC_E_RAISED), "called"));
  ck_assert_int_eq(xlgc_visit_length(&visit, &count), XLGC_E_RAISED);
  ck_assert_int_eq(xlgc_visit_iterate(&visit, &value), XLGC_E_RAISED);
  ck_assert_int_eq(xlgc_visit_next(&visit, NULL, NULL), XLGC_E_RAISED);
  value = reference(id);
  ok(xlgc_visit_compare(&visit, &value, XLGC_EQUAL, &is));
  ck_assert(is);
  ok(xlgc_visit_compare(&visit, &name, XLGC_EQUAL, &is));
  ck_assert(!is);
  ck_assert_int_eq(xlgc_visit_compare(&visit, &value, XLGC_LESS, &is), XLGC_E_RAISED);
  ck_assert_str_eq(xlgc_visit_message(&visit, XLGC_E_NOMEM), xlgc_strerror(XLGC_E_NOMEM));
  xlgc_visit_end(&visit);
  ok(xlgc_native_retire(r.pool, id));
  ck_assert_int_eq(xlgc_native_retire(r.pool, id), XLGC_E_UNKNOWN);
  found = NULL;
  ck_assert_int_eq(xlgc_native_find(r.pool, id, &found, &handle), XLGC_E_UNKNOWN);
  ck_assert(!found && handle == self);
  finish();
}
END_TEST

static void visit_an_engine(void *data) {
  (void)data;
  start(XLGC_CERTIFIED);
  engine from, to;
  open_engine(&from, &mute);
  open_engine(&to, &adapter);
  static char thing;
  xlgc_id id;
  xlgc_visit visit;
  xlgc_value value;
  ok(xlgc_host_export(to.host, &thing, &id));
  ck_assert_int_eq(xlgc_visit_begin(&visit, from.host, id), XLGC_E_UNKNOWN); /* it has no proxy */
  receive(&from, id);
  ok(xlgc_visit_begin(&visit, from.host, id));
  ck_assert_ptr_eq(visit.owner, to.host);
  ck_assert_ptr_eq(visit.engine, &to);
  ck_assert_ptr_eq(visit.handle, &thing);
  ck_assert_uint_eq(to.entered, 1);
  ck_assert_int_eq(xlgc_visit_call(&visit, NULL, NULL, 0, &value), XLGC_E_RAISED);
  ck_assert_ptr_nonnull(strstr(xlgc_visit_message(&visit, XLGC_E_RAISED), "stack overflow"));
  ck_assert_uint_gt(to.deepest, 50);
  ck_assert_uint_eq(to.entered, 1);
  ck_assert_int_eq(xlgc_host_close(from.host), XLGC_E_BUSY); /* it is in the middle of it */
  ck_assert_int_eq(xlgc_host_close(to.host), XLGC_E_BUSY);
  xlgc_visit_end(&visit);
  ck_assert_uint_eq(to.entered, 0);
  /* An engine that does not answer, and one that is gone. */
  static char other;
  xlgc_id silent;
  ok(xlgc_host_export(from.host, &other, &silent));
  ck_assert_int_eq(xlgc_visit_begin_held(&visit, r.pool, silent), XLGC_E_INVAL);
  ok(xlgc_host_close(to.host));
  int failed = xlgc_visit_begin(&visit, from.host, id);
  ck_assert_int_eq(failed, XLGC_E_STALE);
  ck_assert_ptr_nonnull(strstr(xlgc_visit_message(&visit, failed), "gone"));
  ck_assert_int_eq(xlgc_visit_begin_held(&visit, r.pool, id), XLGC_E_STALE);
  ok(xlgc_host_close(from.host));
  ck_assert_int_eq(xlgc_visit_begin_held(&visit, r.pool, id), XLGC_E_STALE); /* no host is left that knows it */
  flush();
  ck_assert_int_eq(xlgc_visit_begin_held(&visit, r.pool, id), XLGC_E_STALE);
  finish();
}

/* On a small stack: it calls itself to the end, and the thread sanitizer remembers each depth. */
START_TEST(visits_of_an_engine) { run_on_a_stack_of(2 * 1024 * 1024, visit_an_engine, NULL); }
END_TEST

START_TEST(languages_that_are_not_there) {
  start(XLGC_CERTIFIED);
  engine e;
  open_engine(&e, &mute);
  xlgc_value value;
  static const char *const names[] = {"cobol", "", "../evil", "lua;", "averyveryveryveryveryverylongnameofalanguage"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    ck_assert_int_eq(xlgc_language_start(e.host, names[i], &value), XLGC_E_UNKNOWN);
  ck_assert_int_eq(xlgc_language_start(e.host, NULL, &value), XLGC_E_INVAL);
  ok(xlgc_host_close(e.host));
  finish();
}
END_TEST

START_TEST(arguments) {
  start(XLGC_CERTIFIED);
  static const xlgc_behaviour behaviour = {.get = NULL};
  xlgc_visit visit;
  xlgc_value value, *several;
  xlgc_id id = root();
  ck_assert_int_eq(xlgc_native_publish(NULL, id, &behaviour, NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_native_publish(r.pool, XLGC_ID_NONE, &behaviour, NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_native_publish(r.pool, id, NULL, NULL), XLGC_E_INVAL);
  const xlgc_behaviour *found;
  void *handle;
  ck_assert_int_eq(xlgc_native_find(NULL, id, &found, &handle), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_native_find(r.pool, id, NULL, &handle), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_native_find(r.pool, id, &found, NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_managed_create(NULL, r.context, &value), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_managed_create(r.pool, NULL, &value), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_managed_create(r.pool, r.context, NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_visit_begin(&visit, NULL, id), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_visit_begin_held(&visit, r.pool, XLGC_ID_NONE), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_host_shared(NULL, &value), XLGC_E_INVAL);
  ok(xlgc_value_several(&value, 3, &several));
  ok(xlgc_value_copy(&several[1], XLGC_STRING, "in it", 5));
  xlgc_value_clear(&value); /* with what is in it */
  ok(xlgc_value_several(&value, 0, &several));
  xlgc_value_clear(&value);
  ck_assert_int_eq(xlgc_value_several(&value, SIZE_MAX / 2, &several), XLGC_E_NOMEM);
  ck_assert_int_eq(xlgc_value_copy(&value, XLGC_BUFFER, NULL, SIZE_MAX), XLGC_E_NOMEM);
  ok(xlgc_value_copy(&value, XLGC_BUFFER, NULL, 0));
  ck_assert_str_eq(value.as.bytes, "");
  xlgc_value_clear(&value);
  finish();
}
END_TEST

int main(void) {
  Suite *suite = suite_create("hosts_bridge");
  TCase *cases = trial_case(suite, "managed");
  tcase_add_test(cases, names_of_every_sort);
  tcase_add_test(cases, values_are_copied);
  tcase_add_loop_test(cases, fields_hold_objects, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_test(cases, cursors);
  tcase_add_test(cases, threads_share_a_managed_object);
  tcase_add_test(cases, memory_runs_out);
  cases = trial_case(suite, "shared");
  tcase_add_test(cases, shared_by_all_hosts);
  tcase_add_test(cases, pool_that_ends_before_its_hosts);
  cases = trial_case(suite, "visits");
  tcase_add_test(cases, natives);
  tcase_add_test(cases, visits_of_an_engine);
  tcase_add_test(cases, languages_that_are_not_there);
  tcase_add_test(cases, arguments);
  return trial_run(suite);
}
