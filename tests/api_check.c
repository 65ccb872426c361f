/* Pools that check what the program reports: each thing reported wrongly is found once, where it happens, with the
 * kind, the field, the context and the number of the event; and nothing that is right is. In both settings. */
#include <config.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xlgc/cpp.h>

#include "support/alloc.h"
#include "support/trial.h"

struct node {
  long value;
  struct node *left, *right;
};

static const xlgc_field fields[] = {XLGC_FIELD(struct node, left), XLGC_FIELD(struct node, right)};
static const xlgc_described_kind described = {
    {.name = "node", .flags = XLGC_KIND_DESCRIBED}, sizeof(struct node), fields, 2};
static const xlgc_kind plain = {.name = "plain"};

enum { TEXTS = 8 };
static struct {
  xlgc_pool *pool;
  xlgc_context *context;
  size_t count;
  char texts[TEXTS][400];
  xlgc_error last;
  char survivor[100];
} t;

static void on_error(void *data, const xlgc_error *error) {
  (void)data;
  if (t.count < TEXTS)
    ck_assert_uint_lt(xlgc_error_text(error, t.texts[t.count], sizeof t.texts[0]), sizeof t.texts[0]);
  t.count++;
  t.last = *error;
}

static void on_survivor(void *data, const xlgc_survivor *one) {
  (void)data;
  snprintf(t.survivor, sizeof t.survivor, "%s by event %u of %s", one->kind->name, (unsigned)one->position,
           one->context ? one->context : "nobody");
}

static xlgc_config config_for(int setting) {
  xlgc_config config;
  xlgc_config_init(&config);
  config.setting = setting;
  config.check = 1;
  config.on_error = on_error;
  config.on_survivor = on_survivor;
  return config;
}

static void start_with(const xlgc_config *config) {
  memset(&t, 0, sizeof t);
  ok(xlgc_pool_create(config, &t.pool));
  ok(xlgc_context_create(t.pool, "main", &t.context));
}

static void start(int setting) {
  xlgc_config config = config_for(setting);
  start_with(&config);
}

/* Nothing was wrong that the test has not expected. */
static void finish(void) {
  ck_assert_msg(t.count == 0, "%s", t.texts[0]);
  ok(xlgc_verify(t.pool, NULL, 0));
  ok(xlgc_pool_destroy(t.pool));
  ck_assert_uint_eq(t.count, 0);
}

static xlgc_id object(struct node *node) {
  xlgc_id id;
  ok(xlgc_register(t.context, node, &described.kind, &id));
  return id;
}

static xlgc_id root(struct node *node) {
  xlgc_id id = object(node);
  ok(xlgc_pin(t.context, id));
  return id;
}

/* Its object is gone. */
static xlgc_id dead_object(struct node *node) {
  xlgc_id id = root(node);
  ok(xlgc_unpin(t.context, id));
  ok(xlgc_flush(t.pool));
  ok(xlgc_flush(t.pool));
  return id;
}

/* One thing was found since this was asked last, and this is its text. */
static void expect_text(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void expect_text(const char *format, ...) {
  char text[sizeof t.texts[0]];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  ck_assert_uint_eq(t.count, 1);
  ck_assert_str_eq(t.texts[0], text);
  t.count = 0;
}

#define PLACE_TEXT "a pointer is not as it was reported; report each change of it, at the place where it is"

/* --------------------------------------------------------------- pointers */

/* Pointers that are changed and reported as they should be, in either order. */
START_TEST(what_is_right_is_not_reported) {
  start(_i);
  struct node a = {0}, b = {0}, c = {0};
  xlgc_id top = root(&a), one = object(&b), other = object(&c);
  for (int i = 0; i < 3; i++) {
    ok(xlgc_link_at(t.context, top, one, &a.left, 0));
    a.left = &b;
    ok(xlgc_link_at(t.context, top, other, &a.left, 0));
    a.left = &c;
    ok(xlgc_unlink_at(t.context, top, one, &a.left));
    ck_assert_int_eq(xlgc_check(t.pool), 0);
    ok(xlgc_link_at(t.context, top, one, &a.right, 0));
    a.right = &b;
    ok(xlgc_unlink_at(t.context, top, other, &a.left));
    a.left = NULL;
    ok(xlgc_link_at(t.context, top, other, &a.left, 0));
    ok(xlgc_link_at(t.context, top, one, &a.left, 0));
    ok(xlgc_unlink_at(t.context, top, one, &a.left)); /* taken back */
    a.left = &c;
    ck_assert_int_eq(xlgc_check(t.pool), 0);
    ok(xlgc_unlink_at(t.context, top, one, &a.right));
    a.right = NULL;
    ok(xlgc_unlink_at(t.context, top, other, &a.left));
    a.left = NULL;
    ok(xlgc_link(t.context, top, one));
    ok(xlgc_relink(t.context, top, one, other));
    ok(xlgc_relink(t.context, top, other, XLGC_ID_NONE));
    ok(xlgc_pin(t.context, one));
    ok(xlgc_pin(t.context, other));
    ok(xlgc_apply(t.pool));
    if (i == 2) break;
    ok(xlgc_unpin(t.context, one));
    ok(xlgc_unpin(t.context, other));
    ok(xlgc_link(t.context, top, one));
    ok(xlgc_link(t.context, top, other));
  }
  ck_assert_int_eq(xlgc_check(t.pool), 0);
  finish();
}
END_TEST

/* The add of a new target, without the drop of the old one. */
START_TEST(pointers_that_were_overwritten) {
  start(_i);
  struct node a = {0}, b = {0}, c = {0};
  xlgc_id top = root(&a), one = object(&b), other = object(&c);
  ok(xlgc_link_at(t.context, top, one, &a.right, 0));
  ok(xlgc_link_at(t.context, top, other, &a.right, 0));
  a.right = &c;
  ck_assert_uint_eq(t.count, 0);
  ck_assert_int_eq(xlgc_check(t.pool), 1);
  expect_text(
      "link: " PLACE_TEXT ": node %#" PRIx64 " -> node %#" PRIx64
      ", at node.right, event 1 of context 'main'; the place has event 2 of context 'main', for object %#" PRIx64,
      top, one, other);
  ok(xlgc_link_at(t.context, top, one, &a.right, 0));
  a.right = &b;
  expect_text(
      "link: " PLACE_TEXT ": node %#" PRIx64 " -> node %#" PRIx64
      ", at node.right, event 1 of context 'main'; the place has event 3 of context 'main', for object %#" PRIx64,
      top, one, one);
  ok(xlgc_unlink_at(t.context, top, other, &a.right));
  ck_assert_int_eq(xlgc_check(t.pool), 0);
  finish();
}
END_TEST

/* The change of a pointer, without any report. */
START_TEST(pointers_that_were_changed_silently) {
  start(_i);
  struct node a = {0}, b = {0}, c = {0};
  xlgc_id top = root(&a), source = object(&b), target = object(&c);
  ok(xlgc_link(t.context, top, source));
  ok(xlgc_link_at(t.context, source, target, &b.left, 0));
  b.left = &c;
  ck_assert_int_eq(xlgc_check(t.pool), 0);
  b.left = NULL;
  ck_assert_int_eq(xlgc_check(t.pool), 1);
  expect_text("place: " PLACE_TEXT ": node %#" PRIx64 " -> node %#" PRIx64 ", at node.left, event 2 of context 'main'",
              source, target);
  /* Again at the last moment. */
  ok(xlgc_unlink(t.context, top, source));
  ok(xlgc_flush(t.pool));
  expect_text("place: " PLACE_TEXT ": node %#" PRIx64 " -> node %#" PRIx64 ", at node.left, event 2 of context 'main'",
              source, target);
  finish();
}
END_TEST

/* Two pointers of an object to the same one: each is dropped by itself, in either order. */
START_TEST(pointers_to_the_same_object) {
  start(_i);
  struct node a = {0}, b = {0};
  xlgc_id top = root(&a), one = object(&b);
  for (int first = 0; first < 2; first++) {
    ok(xlgc_link_at(t.context, top, one, &a.left, 0));
    ok(xlgc_link_at(t.context, top, one, &a.right, 0));
    a.left = a.right = &b;
    ok(xlgc_unlink_at(t.context, top, one, first ? &a.left : &a.right));
    *(first ? &a.left : &a.right) = NULL;
    ck_assert_int_eq(xlgc_check(t.pool), 0);
    ok(xlgc_unlink_at(t.context, top, one, first ? &a.right : &a.left));
    a.left = a.right = NULL;
    ck_assert_int_eq(xlgc_check(t.pool), 0);
    ok(xlgc_pin(t.context, one));
    ok(xlgc_apply(t.pool));
  }
  finish();
}
END_TEST

/* A new target is taken back: the pointer is known as before. */
START_TEST(changes_that_are_taken_back) {
  start(_i);
  struct node a = {0}, b = {0}, c = {0};
  xlgc_id top = root(&a), one = object(&b), other = root(&c);
  ok(xlgc_link_at(t.context, top, one, &a.left, 0));
  a.left = &b;
  ok(xlgc_link_at(t.context, top, other, &a.left, 0));
  ok(xlgc_unlink_at(t.context, top, other, &a.left));
  ck_assert_int_eq(xlgc_check(t.pool), 0);
  a.left = NULL;
  ck_assert_int_eq(xlgc_check(t.pool), 1);
  expect_text("place: " PLACE_TEXT ": node %#" PRIx64 " -> node %#" PRIx64 ", at node.left, event 2 of context 'main'",
              top, one);
  finish();
}
END_TEST

/* What was noted of objects that are gone is forgotten. */
START_TEST(notes_go_with_their_objects) {
  start(_i);
  struct node a = {0}, b = {0};
  xlgc_id top = root(&a);
  xlgc_statistics before, after;
  for (int i = 0; i < 2000; i++) {
    xlgc_id one = root(&b);
    ok(xlgc_link(t.context, one, top));
    ok(xlgc_link_at(t.context, one, top, &b.left, 0));
    b.left = &a;
    ok(xlgc_unpin(t.context, one));
    ok(xlgc_flush(t.pool));
    if (i == 1000) ok(xlgc_stats(t.pool, &before));
  }
  ok(xlgc_stats(t.pool, &after));
  ck_assert_uint_le(after.bytes, before.bytes);
  finish();
}
END_TEST

START_TEST(drops_at_another_place) {
  start(_i);
  struct node a = {0}, b = {0}, c = {0};
  xlgc_id top = root(&a), one = object(&b), other = object(&c);
  ok(xlgc_link_at(t.context, top, one, &a.left, 0));
  a.left = &b;
  ok(xlgc_link_at(t.context, top, other, &a.right, 0));
  a.right = &c;
  ok(xlgc_unlink_at(t.context, top, one, &a.right));
  expect_text(
      "unlink: " PLACE_TEXT ": node %#" PRIx64 " -> node %#" PRIx64
      ", at node.right, event 3 of context 'main'; the place has event 2 of context 'main', for object %#" PRIx64,
      top, one, other);
  /* It is dropped all the same. */
  ok(xlgc_flush(t.pool));
  ck_assert_int_eq(xlgc_check(t.pool), 0);
  xlgc_statistics statistics;
  ok(xlgc_stats(t.pool, &statistics));
  ck_assert_uint_eq(statistics.objects, 2);
  ck_assert_uint_eq(statistics.errors, 1);
  finish();
}
END_TEST

/* What the application of an event finds names the field as well. */
START_TEST(events_that_cannot_be_applied) {
  start(_i);
  struct node a = {0}, b = {0}, gone = {0};
  xlgc_id top = root(&a), one = object(&b), dead = dead_object(&gone);
  ok(xlgc_link_at(t.context, top, dead, &a.left, 0));
  ok(xlgc_flush(t.pool));
  ck_assert_int_eq(t.last.code, XLGC_E_STALE);
  ck_assert_str_eq(t.last.field, "left");
  expect_text("link: this id's object is gone; drop ids when their object is released: node %#" PRIx64
              " -> object %#" PRIx64 ", at node.left, event 3 of context 'main'",
              top, dead);
  ok(xlgc_link(t.context, dead, one));
  ok(xlgc_flush(t.pool));
  expect_text("link: this id's object is gone; drop ids when their object is released: object %#" PRIx64
              " -> node %#" PRIx64 ", event 4 of context 'main'",
              dead, one);
  ok(xlgc_unlink_at(t.context, top, one, &a.right));
  ok(xlgc_flush(t.pool));
  expect_text("unlink: there is no such link to drop; it was dropped before or never added: node %#" PRIx64
              " -> node %#" PRIx64 ", at node.right, event 5 of context 'main'",
              top, one);
  finish();
}
END_TEST

/* Events of refs have no place with them: it is found by the number of the event. */
START_TEST(refs_that_cannot_be_applied) {
  start(_i);
  struct node a = {0}, b = {0}, gone = {0};
  xlgc_id top = root(&a), one = object(&b), dead = dead_object(&gone);
  ok(xlgc_cpp_link(t.context, top, one, &a.left));
  for (int relinks = 0; relinks < 2; relinks++) {
    unsigned position = (unsigned)xlgc_context_position(t.context);
    ok(relinks ? xlgc_cpp_relink(t.context, top, one, dead, &a.left) : xlgc_cpp_link(t.context, top, dead, &a.right));
    ok(xlgc_flush(t.pool));
    expect_text("link: this id's object is gone; drop ids when their object is released: node %#" PRIx64
                " -> object %#" PRIx64 ", at node.%s, event %u of context 'main'",
                top, dead, relinks ? "left" : "right", position);
  }
  finish();
}
END_TEST

/* In a pool that does not check they are links like others. */
START_TEST(refs_in_a_pool_that_does_not_check) {
  xlgc_config config = config_for(_i);
  config.check = 0;
  start_with(&config);
  struct node a = {0}, b = {0}, c = {0};
  xlgc_id top = root(&a), one = object(&b), other = object(&c);
  for (unsigned i = 0; i < 4; i++) /* the first one takes other ways than the next */
    ok(xlgc_cpp_link(t.context, top, one, &a.left));
  for (unsigned i = 0; i < 3; i++)
    ok(xlgc_cpp_unlink(t.context, top, one, &a.left));
  ok(xlgc_cpp_relink(t.context, top, one, other, &a.left));
  ok(xlgc_cpp_unlink(t.context, top, other, &a.left));
  ok(xlgc_flush(t.pool));
  xlgc_object_info info;
  ck_assert_int_eq(xlgc_info(t.pool, one, &info), XLGC_E_STALE);
  ck_assert_int_eq(xlgc_info(t.pool, other, &info), XLGC_E_STALE);
  finish();
}
END_TEST

/* Of two events for one pair, neither has the place of the other. */
START_TEST(refs_of_one_pair_are_told_apart) {
  start(_i);
  struct node a = {0}, gone = {0};
  xlgc_id top = root(&a), dead = dead_object(&gone);
  ok(xlgc_cpp_link(t.context, top, dead, &a.left));
  ok(xlgc_cpp_link(t.context, top, dead, &a.right));
  ok(xlgc_flush(t.pool));
  ck_assert_uint_eq(t.count, 2);
  ck_assert_ptr_null(strstr(t.texts[0], "node.right"));
  ck_assert_ptr_null(strstr(t.texts[1], "node.left"));
  t.count = 0;
  finish();
}
END_TEST

/* ---------------------------------------------------------------- fields */

START_TEST(places_are_named_as_far_as_they_are_known) {
  start(_i);
  struct node a = {0}, b = {0};
  char many[8192];
  xlgc_id top = root(&a), one = object(&b), loose;
  ok(xlgc_register(t.context, many, &plain, &loose));
  static const struct {
    int of_plain;
    size_t at, offset_bytes;
    const char *field;
  } all[] = {{0, offsetof(struct node, left), offsetof(struct node, left), "left"},
             {0, offsetof(struct node, right) + 1, offsetof(struct node, right) + 1, "right"},
             {0, 0, 0, NULL},
             {0, sizeof(struct node), SIZE_MAX, NULL},
             {1, 40, 40, NULL},
             {1, 4095, 4095, NULL},
             {1, 4096, SIZE_MAX, NULL}};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    void *place = (all[i].of_plain ? many : (char *)&a) + all[i].at;
    ok(xlgc_unlink_at(t.context, all[i].of_plain ? loose : top, one, place));
    ok(xlgc_flush(t.pool));
    ck_assert_uint_eq(t.count, 1);
    t.count = 0;
    ck_assert_ptr_eq(t.last.place, place);
    ck_assert_uint_eq(t.last.offset_bytes, all[i].offset_bytes);
    ck_assert_pstr_eq(t.last.field, all[i].field);
    ck_assert_str_eq(t.last.source_kind, all[i].of_plain ? "plain" : "node");
  }
  finish();
}
END_TEST

START_TEST(texts_are_cut_where_room_ends) {
  xlgc_error error = {.code = XLGC_E_NOPIN, .what = "unpin", .target = 7, .context = "main", .position = 3};
  char text[200], part[20];
  size_t length = xlgc_error_text(&error, NULL, 0);
  ck_assert_uint_eq(xlgc_error_text(&error, text, sizeof text), length);
  ck_assert_uint_eq(strlen(text), length);
  ck_assert_str_eq(text, "unpin: the object is not pinned; every unpin needs a pin before it: object 0x7, event 3 of "
                         "context 'main'");
  memset(part, 'x', sizeof part);
  ck_assert_uint_eq(xlgc_error_text(&error, part, 10), length);
  ck_assert_mem_eq(part, "unpin: th\0x", 11);
}
END_TEST

/* -------------------------------------------------------------- survivors */

START_TEST(survivors_say_what_holds_them) {
  for (int held = 0; held < 3; held++) {
    start(_i);
    struct node a = {0}, b = {0};
    xlgc_id top = root(&a);
    ok(xlgc_pin(t.context, top));
    ok(xlgc_unpin(t.context, top));
    if (held) ok(xlgc_link(t.context, top, object(&b)));
    if (held == 2) ok(xlgc_link(t.context, top, top));
    ok(xlgc_pool_shutdown(t.pool));
    static const char *const said[] = {"node by event 0 of main", "node by event 3 of main", "node by event 3 of main"};
    ck_assert_str_eq(t.survivor, said[held]);
    ok(xlgc_pool_destroy(t.pool));
    ck_assert_uint_eq(t.count, 0);
  }
}
END_TEST

/* ------------------------------------------------------------- the switch */

START_TEST(pools_check_when_they_are_told_to) {
  xlgc_config config = config_for(_i);
  for (int how = 0; how < 4; how++) {
    static const char *const environment[] = {NULL, "1", "0", ""};
    config.check = 0;
    if (environment[how]) setenv("XLGC_CHECK", environment[how], 1);
    start_with(&config);
    ck_assert_int_eq(xlgc_check(t.pool), how == 1 ? 0 : XLGC_E_STATE);
    finish();
    unsetenv("XLGC_CHECK");
  }
  ck_assert_int_eq(xlgc_check(NULL), XLGC_E_INVAL);
}
END_TEST

/* Without memory for what it notes, a pool says nothing that does not follow from what it has. */
START_TEST(gaps_are_no_errors) {
  for (unsigned fail_at = 0; fail_at < 60; fail_at++) {
    alloc memory = {.fail_at = ALLOC_NEVER};
    xlgc_config config = config_for(_i);
    config.allocator = alloc_functions(&memory);
    start_with(&config);
    enum { NODES = 20 };
    static struct node nodes[NODES];
    memset(nodes, 0, sizeof nodes);
    xlgc_id ids[NODES];
    for (unsigned i = 0; i < NODES; i++)
      ids[i] = root(&nodes[i]);
    ok(xlgc_link(t.context, ids[0], ids[1]));
    memory.fail_at = memory.asked + fail_at;
    for (unsigned i = 1; i < NODES; i++)
      if (!xlgc_link_at(t.context, ids[i - 1], ids[i], &nodes[i - 1].left, 0)) nodes[i - 1].left = &nodes[i];
    memory.fail_at = ALLOC_NEVER;
    ck_assert_int_eq(xlgc_check(t.pool), 0);
    for (unsigned i = 1; i < NODES; i++) {
      if (!nodes[i - 1].left) continue;
      nodes[i - 1].left = NULL;
      ok(xlgc_unlink_at(t.context, ids[i - 1], ids[i], &nodes[i - 1].left));
    }
    finish();
    ck_assert_uint_eq(memory.blocks, 0);
  }
}
END_TEST

/* A destructor that does not return, as one that throws, leaves nothing behind. */
START_TEST(destructors_that_do_not_end) {
  static const xlgc_kind kind = {.name = "never ends",
                                 .flags = XLGC_KIND_OF_CPP | XLGC_KIND_HELD_FIRST | XLGC_KIND_UNINDEXED};
  struct {
    xlgc_cpp_header header;
    struct node node;
  } one = {{.id = XLGC_ID_NONE}, {0}};
  alloc memory = {.fail_at = ALLOC_NEVER};
  xlgc_config config = config_for(_i);
  config.allocator = alloc_functions(&memory);
  start_with(&config);
  ok(xlgc_register(t.context, &one.node, &kind, &one.header.id));
  ok(xlgc_pin(t.context, one.header.id));
  ok(xlgc_unpin(t.context, one.header.id));
  ok(xlgc_flush(t.pool));
  ck_assert_uint_eq(one.header.id, XLGC_CPP_TOLD_AND_CHECKED);
  finish();
  ck_assert_uint_eq(memory.blocks, 0);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("api_check");
  TCase *all = trial_case(suite, "checks");
  tcase_add_loop_test(all, what_is_right_is_not_reported, 0, 2);
  tcase_add_loop_test(all, pointers_that_were_overwritten, 0, 2);
  tcase_add_loop_test(all, pointers_that_were_changed_silently, 0, 2);
  tcase_add_loop_test(all, pointers_to_the_same_object, 0, 2);
  tcase_add_loop_test(all, changes_that_are_taken_back, 0, 2);
  tcase_add_loop_test(all, notes_go_with_their_objects, 0, 2);
  tcase_add_loop_test(all, drops_at_another_place, 0, 2);
  tcase_add_loop_test(all, events_that_cannot_be_applied, 0, 2);
  tcase_add_loop_test(all, refs_that_cannot_be_applied, 0, 2);
  tcase_add_loop_test(all, refs_in_a_pool_that_does_not_check, 0, 2);
  tcase_add_loop_test(all, refs_of_one_pair_are_told_apart, 0, 2);
  tcase_add_loop_test(all, places_are_named_as_far_as_they_are_known, 0, 2);
  tcase_add_test(all, texts_are_cut_where_room_ends);
  tcase_add_loop_test(all, survivors_say_what_holds_them, 0, 2);
  tcase_add_loop_test(all, pools_check_when_they_are_told_to, 0, 2);
  tcase_add_loop_test(all, gaps_are_no_errors, 0, 2);
  tcase_add_loop_test(all, destructors_that_do_not_end, 0, 2);
  return trial_run(suite);
}
