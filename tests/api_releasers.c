/* What callbacks may do: their events are queued and applied after them, their memory is theirs; and what they may not. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "support/one_pool.h"

/* ---------------------------------------------------------------- events */

static xlgc_id the_root, the_other;

static void revive(recorder *recorder, xlgc_context *context, xlgc_id id, void *object) {
  (void)recorder;
  (void)object;
  ok(xlgc_link(context, the_root, id));
  ok(xlgc_link(context, id, the_root));
  ok(xlgc_pin(context, id));
}

START_TEST(link_to_a_released_object_is_rejected) {
  start(_i);
  the_root = root();
  xlgc_id held = held_by(the_root);
  drop(the_root, held);
  r.on_release = revive;
  flush();
  expect_told(&r, held);
  ck_assert_uint_eq(r.error_count, 3);
  for (uint64_t i = 0; i < 3; i++) {
    ck_assert_int_eq(r.errors[i].code, XLGC_E_RELEASED);
    ck_assert_uint_eq(r.errors[i].position, i);
  }
  ck_assert_str_eq(r.error_context, "callbacks");
  ck_assert_str_eq(r.errors[0].what, "link");
  ck_assert_uint_eq(r.errors[0].source, the_root);
  ck_assert_uint_eq(r.errors[0].target, held);
  ck_assert_str_eq(r.errors[2].what, "pin");
  ck_assert_uint_eq(recorder_statistics(&r).errors, 3);
  r.error_count = 0;
  ck_assert(!recorder_knows(&r, held));
  flush();
  expect_none_told(&r);
  finish();
}
END_TEST

/* Gives up `the_other`, and takes what it held. */
static xlgc_id taken;
static void hand_over(recorder *recorder, xlgc_context *context, xlgc_id id, void *object) {
  (void)id;
  (void)object;
  recorder->on_release = NULL;
  uint64_t queued = recorder_statistics(recorder).queued;
  ok(xlgc_unlink(context, the_root, the_other));
  ok(xlgc_link(context, the_root, taken));
  ck_assert_uint_eq(recorder_statistics(recorder).queued, queued + 3); /* with how far the program was */
  ck_assert_uint_eq(recorder->told_count, 1);
}

START_TEST(releaser_drops_and_adds_are_queued) {
  start(_i);
  the_root = root();
  xlgc_id first = held_by(the_root), second = held_by(first);
  the_other = held_by(the_root);
  taken = held_by(the_other);
  flush();
  drop(the_root, first);
  r.on_release = hand_over;
  flush();
  expect_told(&r, first, second, the_other);
  ck_assert_uint_eq(recorder_count(&r, the_root, taken), 1);
  finish();
}
END_TEST

static void pin_other(recorder *recorder, xlgc_context *context, xlgc_id id, void *object) {
  (void)recorder;
  (void)id;
  (void)object;
  ok(xlgc_unlink(context, the_root, the_other));
  ok(xlgc_pin(context, the_other));
}

START_TEST(releaser_pins) {
  start(_i);
  the_root = root();
  the_other = held_by(the_root);
  xlgc_id first = held_by(the_root);
  drop(the_root, first);
  r.on_release = pin_other;
  flush();
  expect_told(&r, first);
  xlgc_object_info info;
  ok(xlgc_info(r.pool, the_other, &info));
  ck_assert_uint_eq(info.pins, 1);
  r.on_release = NULL;
  ok(xlgc_unpin(r.context, the_other));
  flush();
  expect_told(&r, the_other);
  finish();
}
END_TEST

static xlgc_id made;
static void make(recorder *recorder, xlgc_context *context, xlgc_id id, void *object) {
  (void)id;
  (void)object;
  recorder->on_release = NULL;
  ok(xlgc_register(context, &recorder->addresses[sizeof recorder->addresses - 1], &recorder->kind, &made));
  ok(xlgc_link(context, the_root, made));
}

/* What a releaser reports comes after what the program had reported by then, and before what it reports later. */
static void take_turns(recorder *recorder, xlgc_context *context, xlgc_id id, void *object) {
  (void)id;
  (void)object;
  for (int i = 0; i < 300; i++) {
    ok(xlgc_pin(recorder->context, the_other));
    ok(xlgc_unpin(context, the_other));
    ok(xlgc_pin(context, the_other));
    ok(xlgc_unpin(recorder->context, the_other));
  }
}

START_TEST(releaser_and_program_take_turns_in_order) {
  start(_i);
  the_root = root();
  the_other = held_by(the_root);
  xlgc_id first = held_by(the_root);
  drop(the_root, first);
  r.on_release = take_turns;
  flush();
  expect_told(&r, first);
  r.on_release = NULL;
  ck_assert_uint_eq(recorder_statistics(&r).errors, 0);
  finish();
}
END_TEST

START_TEST(releaser_registers) {
  start(_i);
  the_root = root();
  xlgc_id first = held_by(the_root);
  drop(the_root, first);
  r.on_release = make;
  flush();
  expect_told(&r, first);
  ck_assert_uint_eq(recorder_distance(&r, made), 1);
  drop(the_root, made);
  flush();
  expect_told(&r, made);
  finish();
}
END_TEST

static void drop_what_it_held(recorder *recorder, xlgc_context *context, xlgc_id id, void *object) {
  (void)object;
  ok(xlgc_unlink(context, id, the_other));
  ok(xlgc_unlink(context, id, recorder->told[0]));
}

START_TEST(releaser_drops_what_the_object_held) {
  start(_i);
  the_root = root();
  the_other = held_by(the_root);
  xlgc_id first = held_by(the_root), second = held_by(first);
  hold(second, first);
  hold(first, the_other);
  hold(second, the_other);
  drop(the_root, first);
  r.on_release = drop_what_it_held;
  flush();
  expect_told(&r, first, second);
  ck_assert_uint_eq(recorder_statistics(&r).late_drops, 4);
  ck_assert_uint_eq(recorder_statistics(&r).errors, 0);
  ck_assert_uint_eq(recorder_count(&r, the_root, the_other), 1);
  finish();
}
END_TEST

/* Objects with memory of their own: a ring whose places are pointers inside the nodes. */
enum { RING = 16 };
struct node {
  struct node *next, *previous;
};

static unsigned nodes_freed;
static void free_node(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)context;
  (void)id;
  (void)data;
  const struct node *node = object;
  nodes_freed += !node->next && !node->previous;
  free(object);
}

/* The first one that is told frees all of them. */
static struct node *ring[RING];
static void free_ring(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)context;
  (void)id;
  (void)object;
  (void)data;
  for (size_t i = 0; i < RING; i++) {
    nodes_freed += ring[i] && !ring[i]->next && !ring[i]->previous;
    free(ring[i]);
    ring[i] = NULL;
  }
}

static void let_a_ring_die(const xlgc_kind *kind) {
  xlgc_id ids[RING], top = root();
  for (size_t i = 0; i < RING; i++) {
    ck_assert_ptr_nonnull(ring[i] = calloc(1, sizeof *ring[i]));
    ok(xlgc_register(r.context, ring[i], kind, &ids[i]));
  }
  for (size_t i = 0; i < RING; i++) {
    size_t next = (i + 1) % RING;
    ring[i]->next = ring[next];
    ring[next]->previous = ring[i];
    ok(xlgc_link_at(r.context, ids[i], ids[next], &ring[i]->next, 0));
    ok(xlgc_link_at(r.context, ids[next], ids[i], &ring[next]->previous, 0));
  }
  hold(top, ids[3]);
  flush();
  ck_assert_uint_eq(nodes_freed, 0);
  drop(top, ids[3]);
  flush();
  ck_assert_uint_eq(nodes_freed, RING);
}

START_TEST(releaser_frees_its_object) {
  static const xlgc_kind kind = {.release = free_node};
  start(_i);
  let_a_ring_die(&kind);
  finish();
}
END_TEST

START_TEST(releaser_frees_holders_and_held) {
  static const xlgc_kind kind = {.release = free_ring};
  start(_i);
  let_a_ring_die(&kind);
  finish();
}
END_TEST

/* ----------------------------------------------------- calls */

static unsigned refusals;
static void try_everything(recorder *recorder) {
  uint64_t distance;
  size_t length;
  xlgc_id found;
  xlgc_object_info info;
  xlgc_statistics statistics;
  xlgc_context *context;
  ck_assert_int_eq(xlgc_step(recorder->pool, 1), XLGC_E_BUSY);
  ck_assert_int_eq(xlgc_step_for(recorder->pool, 1), XLGC_E_BUSY);
  ck_assert_int_eq(xlgc_flush(recorder->pool), XLGC_E_BUSY);
  ck_assert_int_eq(xlgc_apply(recorder->pool), XLGC_E_BUSY);
  ck_assert_int_eq(xlgc_distance(recorder->pool, the_root, &distance), XLGC_E_BUSY);
  ck_assert_int_eq(xlgc_path(recorder->pool, the_root, NULL, 0, &length), XLGC_E_BUSY);
  ck_assert_int_eq(xlgc_each_target(recorder->pool, the_root, recorder_no_link, NULL), XLGC_E_BUSY);
  ck_assert_int_eq(xlgc_each_source(recorder->pool, the_root, recorder_no_link, NULL), XLGC_E_BUSY);
  ck_assert_int_eq(xlgc_info(recorder->pool, the_root, &info), XLGC_E_BUSY);
  ck_assert_int_eq(xlgc_verify(recorder->pool, NULL, 0), XLGC_E_BUSY);
  ck_assert_int_eq(xlgc_pool_shutdown(recorder->pool), XLGC_E_DEADLOCK);
  ck_assert_int_eq(xlgc_cleaner_stop(recorder->pool), XLGC_E_DEADLOCK);
  int created = xlgc_context_create(recorder->pool, "second", &context);
  /* Survivors are reported when the pool is shut already. */
  ck_assert_int_eq(created, recorder->survivor_count ? XLGC_E_SHUTDOWN : 0);
  if (!created) ok(xlgc_context_destroy(context));
  ck_assert_int_eq(xlgc_pool_destroy(recorder->pool), XLGC_E_DEADLOCK);
  ck_assert_int_eq(xlgc_worker_stop(recorder->pool), XLGC_E_DEADLOCK);
  ok(xlgc_stats(recorder->pool, &statistics));
  ok(xlgc_lookup(recorder->pool, &recorder->addresses[0], &found));
  refusals++;
}

static void try_everything_in_release(recorder *recorder, xlgc_context *context, xlgc_id id, void *object) {
  (void)context;
  (void)id;
  (void)object;
  try_everything(recorder);
}

START_TEST(callbacks_step_flush_query_destroy) {
  start(_i);
  the_root = root();
  xlgc_id held = recorder_object(&r, &r.asking), passing = recorder_object(&r, &r.passing);
  hold(the_root, held);
  hold(passing, held);
  flush();
  drop(the_root, held);
  drop(passing, held);
  drop(passing, held);
  r.on_release = try_everything_in_release;
  r.on_other = try_everything;
  flush();
  ck_assert_str_eq(r.said, "eatf");
  ck_assert_uint_eq(refusals, 4);
  recorder_close(&r);
  ck_assert_str_eq(r.said, "eatfs");
  ck_assert_uint_eq(refusals, 5);
}
END_TEST

static size_t reported;
static void report(void *context, const xlgc_survivor *object) {
  ck_assert_str_eq(object->kind->name, "short-lived");
  ck_assert_uint_eq(object->id, ((xlgc_id *)context)[reported++]);
}

/* Kinds that go: what is left of their objects is reported, stays in the pool, and is released without a callback. */
START_TEST(kinds_retire) {
  static xlgc_kind kind, owned, anew[2];
  start(_i);
  kind = r.kind;
  kind.name = "short-lived";
  kind.data = &reported;
  owned = kind;
  owned.delivery = XLGC_DELIVER_OWNER;
  xlgc_id ids[3] = {root(), 0, 0};
  for (size_t i = 1; i < 3; i++) {
    ok(xlgc_register(r.context, NULL, i == 1 ? &kind : &owned, &ids[i]));
    hold(ids[i - 1], ids[i]);
  }
  ck_assert_int_eq(xlgc_kinds_retire(NULL, &reported, report, NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_kinds_retire(r.pool, NULL, report, NULL), XLGC_E_INVAL);
  ok(xlgc_flush(r.pool));
  ok(xlgc_kinds_retire(r.pool, &reported, report, &ids[1]));
  ck_assert_uint_eq(reported, 2);
  memset(&kind, 0xff, sizeof kind);
  memset(&owned, 0xff, sizeof owned);
  ok(xlgc_kinds_retire(r.pool, &reported, report, NULL));
  ck_assert_uint_eq(reported, 2);
  /* Kinds that get the numbers of those that went. */
  for (size_t i = 0; i < 2; i++) {
    xlgc_id other;
    anew[i] = r.kind;
    ok(xlgc_register(r.context, NULL, &anew[i], &other));
    ok(xlgc_pin(r.context, other));
  }
  ok(xlgc_verify(r.pool, NULL, 0));
  uint64_t distance;
  ok(xlgc_distance(r.pool, ids[2], &distance));
  ck_assert_uint_eq(distance, 2);
  ok(xlgc_unpin(r.context, ids[0]));
  flush();
  expect_told(&r, ids[0]);
  ck_assert_uint_eq(recorder_statistics(&r).objects, 2);
  finish();
}
END_TEST

/* ----------------------------------------------------------------- orders */

static xlgc_kind held_first;

static xlgc_id part_of(xlgc_id holder) {
  xlgc_id id = recorder_object(&r, &held_first);
  hold(holder, id);
  return id;
}

enum { ORDER_BY_FLUSH, ORDER_BY_UNITS, ORDER_BY_MAIL, ORDER_AFTER_HELP, ORDER_KEPT, ORDER_AT_THE_END, ORDERS };

static void start_order(int setting, int way) {
  static const unsigned deliveries[ORDERS] = {[ORDER_BY_MAIL] = XLGC_DELIVER_OWNER};
  xlgc_config config = recorder_config(&r);
  config.setting = setting;
  config.queue_events = 64;
  recorder_open_with(&r, &config);
  held_first = way == ORDER_KEPT ? r.asking : r.kind;
  held_first.flags |= XLGC_KIND_HELD_FIRST;
  held_first.delivery = deliveries[way];
}

/* What was dropped is found, by this way. */
static void find_by(int way, xlgc_id top) {
  switch (way) {
  case ORDER_BY_UNITS:
    while (xlgc_step(r.pool, 1) > 0) {
    }
    break;
  case ORDER_AFTER_HELP:
    for (int i = 0; i < 1000; i++) {
      hold(top, top);
      drop(top, top);
    }
    expect_none_told(&r);
    ck_assert_uint_eq(recorder_statistics(&r).backlog, 6);
    break;
  case ORDER_KEPT:
    r.answer = XLGC_KEEP;
    flush();
    expect_none_told(&r);
    r.answer = XLGC_LET_GO;
    break;
  case ORDER_AT_THE_END: return;
  }
  flush();
  if (way == ORDER_BY_MAIL) ck_assert_int_eq(xlgc_context_dispatch(r.context, SIZE_MAX), 5);
}

/* After all others, those that others hold first, in a cycle in the reverse order of slots. */
START_TEST(kinds_whose_targets_go_first) {
  int way = _i >> 1;
  start_order(_i & 1, way);
  xlgc_id top = root(), a = part_of(top), b = part_of(a), c = held_by(b), d = part_of(c), f = 0, e = part_of(d);
  f = part_of(e);
  hold(f, e);
  hold(a, d);
  flush();
  drop(top, a);
  find_by(way, top);
  if (way == ORDER_AT_THE_END) ok(xlgc_pool_shutdown(r.pool));
  expect_told(&r, c, f, e, d, b, a);
  if (way != ORDER_AT_THE_END) {
    finish();
    return;
  }
  recorder_expect_no_error(&r);
  recorder_close(&r);
}
END_TEST

/* A child signs off at its parent, which it knows by a plain pointer, and which is freed as it is released. */
typedef struct family {
  struct family *parent;
  unsigned children;
} family;
static unsigned freed;

static void sign_off(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)context;
  (void)id;
  (void)data;
  family *one = object;
  ck_assert_uint_eq(one->children, 0);
  if (one->parent) {
    ck_assert_uint_gt(one->parent->children, 0);
    one->parent->children--;
  }
  freed++;
  free(one);
}

static xlgc_id make_family(family *parent, xlgc_id holder, unsigned depth) {
  static const xlgc_kind kind = {.name = "family", .flags = XLGC_KIND_HELD_FIRST, .release = sign_off};
  family *one = calloc(1, sizeof *one);
  xlgc_id id;
  ok(xlgc_register(r.context, one, &kind, &id));
  hold(holder, id);
  one->parent = parent;
  if (parent) parent->children++;
  for (unsigned i = 0; depth && i < 5; i++)
    (void)make_family(one, id, depth - 1);
  return id;
}

START_TEST(children_sign_off_at_their_parents) {
  start(_i & 1);
  xlgc_id top = root(), family = make_family(NULL, top, 5);
  flush();
  drop(top, family);
  if (_i & 2)
    while (xlgc_step(r.pool, 7) > 0) {
    }
  flush();
  ck_assert_uint_eq(freed, 1 + 5 + 25 + 125 + 625 + 3125);
  finish();
}
END_TEST

int main(void) {
  Suite *suite = suite_create("api_releasers");
  TCase *events = trial_case(suite, "events");
  tcase_add_loop_test(events, link_to_a_released_object_is_rejected, 0, 2);
  tcase_add_loop_test(events, releaser_drops_and_adds_are_queued, 0, 2);
  tcase_add_loop_test(events, releaser_pins, 0, 2);
  tcase_add_loop_test(events, releaser_and_program_take_turns_in_order, 0, 2);
  tcase_add_loop_test(events, releaser_registers, 0, 2);
  tcase_add_loop_test(events, releaser_drops_what_the_object_held, 0, 2);
  tcase_add_loop_test(events, releaser_frees_its_object, 0, 2);
  tcase_add_loop_test(events, releaser_frees_holders_and_held, 0, 2);
  TCase *calls = trial_case(suite, "calls");
  tcase_add_loop_test(calls, callbacks_step_flush_query_destroy, 0, 2);
  tcase_add_loop_test(calls, kinds_retire, 0, 2);
  TCase *orders = trial_case(suite, "orders");
  tcase_add_loop_test(orders, kinds_whose_targets_go_first, 0, 2 * ORDERS);
  tcase_add_loop_test(orders, children_sign_off_at_their_parents, 0, 4);
  return trial_run(suite);
}
