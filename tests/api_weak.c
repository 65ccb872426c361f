/* Weak references and interned keys, by what is promised of them. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "support/alloc.h"
#include "support/one_pool.h"
#include "support/threads.h"

/* What notifiers said, in order with the recorder's letters: each notes how much the recorder had said by then. */
static struct {
  unsigned count;
  xlgc_weak *weak[16];
  size_t said[16], told[16];
  xlgc_id loaded;
  bool destroys;
} cleared;

static void on_cleared(void *data, xlgc_weak *weak) {
  recorder *recorder = data;
  cleared.weak[cleared.count] = weak;
  cleared.said[cleared.count] = recorder->said_count;
  cleared.told[cleared.count++] = recorder->told_count;
  ok(xlgc_weak_load(weak, &cleared.loaded));
  ck_assert_uint_eq(cleared.loaded, XLGC_ID_NONE);
  if (cleared.destroys) ok(xlgc_weak_destroy(weak));
}

static xlgc_weak *weaken(xlgc_id id) {
  xlgc_weak *weak;
  ok(xlgc_weak_create(r.context, id, on_cleared, &r, &weak));
  return weak;
}

static xlgc_id load(xlgc_weak *weak) {
  xlgc_id id = 77;
  ok(xlgc_weak_load(weak, &id));
  return id;
}

START_TEST(weak_reference_does_not_hold) {
  start(_i);
  xlgc_id top = root(), held = held_by(top);
  xlgc_weak *weak = weaken(held);
  flush();
  ck_assert_uint_eq(load(weak), held);
  ok(xlgc_unpin(r.context, held));
  flush();
  expect_none_told(&r);
  drop(top, held);
  flush();
  expect_told(&r, held);
  ck_assert_uint_eq(load(weak), XLGC_ID_NONE);
  ck_assert_uint_eq(cleared.count, 1);
  ck_assert_ptr_eq(cleared.weak[0], weak);
  ck_assert_uint_eq(cleared.told[0], 0);
  flush();
  ck_assert_uint_eq(cleared.count, 1);
  ok(xlgc_weak_destroy(weak));
  ok(xlgc_weak_destroy(NULL));
  finish();
}
END_TEST

START_TEST(weak_reference_to_a_new_object_that_is_dropped_at_once) {
  start(_i);
  xlgc_id held = object();
  xlgc_weak *weak = weaken(held);
  ok(xlgc_pin(r.context, held));
  ok(xlgc_unpin(r.context, held));
  flush();
  expect_told(&r, held);
  ck_assert_uint_eq(cleared.count, 1);
  ok(xlgc_weak_destroy(weak));
  finish();
}
END_TEST

START_TEST(weak_load_keeps_what_it_reaches) {
  start(_i);
  xlgc_id top = root(), held = held_by(top), below = held_by(held);
  xlgc_weak *weak = weaken(held);
  flush();
  drop(top, held);
  ck_assert_uint_eq(load(weak), held);
  flush();
  expect_none_told(&r);
  ck_assert_uint_eq(cleared.count, 0);
  ok(xlgc_unpin(r.context, held));
  flush();
  expect_told(&r, held, below);
  ck_assert_uint_eq(load(weak), XLGC_ID_NONE);
  ok(xlgc_weak_destroy(weak));
  finish();
}
END_TEST

START_TEST(weak_loads_are_counted) {
  start(_i);
  xlgc_id top = root(), held = held_by(top);
  xlgc_weak *weak = weaken(held);
  for (unsigned i = 0; i < 5; i++)
    ck_assert_uint_eq(load(weak), held);
  drop(top, held);
  for (unsigned i = 0; i < 5; i++) {
    flush();
    expect_none_told(&r);
    ok(xlgc_unpin(r.context, held));
  }
  flush();
  expect_told(&r, held);
  ok(xlgc_weak_destroy(weak));
  finish();
}
END_TEST

/* Looked up after so many units of the round in which its last holder dies, it is there, and stays, or it is not. */
START_TEST(weak_load_while_its_holder_dies) {
  bool saved = false, lost = false;
  for (unsigned units = 0; !lost; units++) {
    start(_i);
    xlgc_id top = root(), holder = held_by(top), child = held_by(holder), loaded;
    xlgc_weak *weak;
    ok(xlgc_weak_create(r.context, child, NULL, NULL, &weak));
    flush();
    drop(top, holder);
    for (unsigned i = 0; i < units; i++)
      ck_assert_int_ge(xlgc_step(r.pool, 1), 0);
    ok(xlgc_weak_load(weak, &loaded));
    lost = loaded == XLGC_ID_NONE;
    saved |= !lost;
    flush();
    xlgc_object_info info;
    ck_assert_int_eq(xlgc_info(r.pool, child, &info), lost ? XLGC_E_STALE : 0);
    if (!lost) ok(xlgc_unpin(r.context, loaded));
    flush();
    ok(xlgc_weak_destroy(weak));
    finish();
  }
  ck_assert(saved);
}
END_TEST

START_TEST(weak_load_of_an_object_in_a_cycle) {
  start(_i);
  xlgc_id top = root(), x = held_by(top), y = held_by(x);
  hold(y, x);
  xlgc_weak *first = weaken(x), *second = weaken(y);
  flush();
  drop(top, x);
  ck_assert_uint_eq(load(second), y);
  flush();
  expect_none_told(&r);
  ok(xlgc_unpin(r.context, y));
  flush();
  ck_assert_uint_eq(r.told_count, 2);
  ck_assert_uint_eq(cleared.count, 2);
  /* Both are cleared before either is released. */
  ck_assert_uint_eq(cleared.told[0] + cleared.told[1], 0);
  r.told_count = 0;
  ck_assert_uint_eq(load(first), XLGC_ID_NONE);
  ck_assert_uint_eq(load(second), XLGC_ID_NONE);
  ok(xlgc_weak_destroy(first));
  ok(xlgc_weak_destroy(second));
  finish();
}
END_TEST

START_TEST(two_weak_references_of_one_object) {
  start(_i);
  xlgc_id top = root(), held = held_by(top);
  xlgc_weak *first = weaken(held), *second = weaken(held), *third = weaken(held);
  flush();
  ok(xlgc_weak_destroy(second));
  drop(top, held);
  flush();
  expect_told(&r, held);
  ck_assert_uint_eq(cleared.count, 2);
  unsigned of_first = cleared.weak[1] == first; /* nothing is said of their order */
  ck_assert_ptr_eq(cleared.weak[of_first], first);
  ck_assert_ptr_eq(cleared.weak[!of_first], third);
  ok(xlgc_weak_destroy(first));
  ok(xlgc_weak_destroy(third));
  finish();
}
END_TEST

START_TEST(weak_reference_destroyed_in_its_notifier) {
  start(_i);
  cleared.destroys = true;
  xlgc_id top = root(), held = held_by(top);
  weaken(held);
  weaken(held);
  drop(top, held);
  flush();
  expect_told(&r, held);
  ck_assert_uint_eq(cleared.count, 2);
  finish();
}
END_TEST

static xlgc_weak *others[2];
static void destroy_the_other(void *data, xlgc_weak *weak) {
  (void)data;
  cleared.count++;
  ok(xlgc_weak_destroy(others[weak == others[0]]));
  ok(xlgc_weak_destroy(weak));
}

START_TEST(weak_reference_destroyed_in_the_notifier_of_another) {
  start(_i);
  xlgc_id top = root(), held = held_by(top);
  for (unsigned i = 0; i < 2; i++)
    ok(xlgc_weak_create(r.context, held, destroy_the_other, NULL, &others[i]));
  drop(top, held);
  flush();
  expect_told(&r, held);
  ck_assert_uint_eq(cleared.count, 1);
  finish();
}
END_TEST

START_TEST(weak_reference_without_notifier_destroyed_before_and_after) {
  start(_i);
  xlgc_id top = root(), held = held_by(top), other = held_by(top);
  xlgc_weak *weak, *early;
  ok(xlgc_weak_create(r.context, held, NULL, NULL, &weak));
  ok(xlgc_weak_create(r.context, other, NULL, NULL, &early));
  ck_assert_uint_eq(load(early), other);
  ok(xlgc_weak_destroy(early)); /* the pin stays */
  drop(top, held);
  drop(top, other);
  flush();
  expect_told(&r, held);
  ok(xlgc_unpin(r.context, other));
  flush();
  expect_told(&r, other);
  ok(xlgc_weak_destroy(weak));
  finish();
}
END_TEST

START_TEST(weak_reference_and_a_reprieve) {
  start(_i);
  r.answer = XLGC_KEEP;
  xlgc_id top = root(), held = recorder_object(&r, &r.asking);
  hold(top, held);
  xlgc_id below = held_by(held);
  xlgc_weak *weak = weaken(held), *deeper = weaken(below);
  flush();
  drop(top, held);
  flush();
  ck_assert_uint_eq(r.asked_count, 1);
  ck_assert_uint_eq(cleared.count, 0);
  ck_assert_uint_eq(load(weak), held);
  ok(xlgc_unpin(r.context, held));
  ck_assert_uint_eq(load(deeper), below);
  r.answer = XLGC_LET_GO;
  flush();
  expect_told(&r, held);
  ck_assert_uint_eq(cleared.count, 1);
  ok(xlgc_unpin(r.context, below));
  flush();
  expect_told(&r, below);
  ck_assert_uint_eq(cleared.count, 2);
  ok(xlgc_weak_destroy(weak));
  ok(xlgc_weak_destroy(deeper));
  finish();
}
END_TEST

static xlgc_weak *watched;
static xlgc_id found_inside = 77;
static void load_inside(recorder *recorder) {
  (void)recorder;
  ok(xlgc_weak_load(watched, &found_inside));
}

/* The object is doubted, but the decision has not fallen: an object that is asked may still find it. */
START_TEST(weak_load_while_being_asked_saves) {
  start(_i);
  r.on_other = load_inside;
  xlgc_id top = root(), held = recorder_object(&r, &r.asking);
  hold(top, held);
  watched = weaken(held);
  flush();
  drop(top, held);
  flush();
  ck_assert_str_eq(r.said, "a");
  ck_assert_uint_eq(found_inside, held);
  r.on_other = NULL;
  flush();
  expect_none_told(&r);
  ok(xlgc_unpin(r.context, held));
  flush();
  expect_told(&r, held);
  ok(xlgc_weak_destroy(watched));
  finish();
}
END_TEST

/* ------------------------------------------- references made while asking */

enum { ITSELF, ASKED_BEFORE, NOT_YET_ASKED, NOT_TO_BE_ASKED, TARGETS };
enum { BY_FLUSH, BY_WORKER, BY_MAILBOX, WAYS };

/* Two objects that are asked and one that is not, which all die at once. One of those that are asked makes a reference
 * to one of the three and loads it, and lets go itself. */
static struct {
  int target;
  xlgc_id asked[2], silent;
  _Atomic unsigned count;
  xlgc_id chosen, found;
  xlgc_weak *weak;
  bool loads, destroys;
} asking;

static xlgc_id choose(xlgc_id id) {
  switch (asking.target) {
  case ITSELF: return id;
  case NOT_TO_BE_ASKED: return asking.silent;
  default: return asking.asked[id == asking.asked[0]];
  }
}

static int weaken_while_asked(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)object;
  (void)data;
  bool second = atomic_fetch_add(&asking.count, 1) != 0;
  if (second != (asking.target == ASKED_BEFORE) || asking.weak) return XLGC_LET_GO;
  asking.chosen = choose(id);
  ok(xlgc_weak_create(context, asking.chosen, on_cleared, &r, &asking.weak));
  if (asking.loads) ok(xlgc_weak_load(asking.weak, &asking.found));
  if (asking.destroys) ok(xlgc_weak_destroy(asking.weak));
  return XLGC_LET_GO;
}

/* Their last holder goes, and they are asked in the way that is to be tried. */
static void let_them_die(int way) {
  xlgc_id top = root();
  asking.asked[0] = recorder_object(&r, &r.asking);
  asking.asked[1] = recorder_object(&r, &r.asking);
  hold(top, asking.asked[0]);
  hold(top, asking.asked[1]);
  asking.silent = held_by(asking.asked[0]);
  flush();
  drop(top, asking.asked[0]);
  drop(top, asking.asked[1]);
  if (way == BY_WORKER) ok(xlgc_worker_start(r.pool));
  while (way == BY_WORKER && atomic_load(&asking.count) < 2)
    nap_ms(1);
  if (way == BY_WORKER) ok(xlgc_worker_stop(r.pool));
  while (way == BY_MAILBOX && xlgc_flush(r.pool) == XLGC_E_HELD)
    ck_assert_int_gt(xlgc_context_dispatch(r.context, 1), 0);
  flush();
}

static void start_asking(int at) {
  recorder_open(&r, at % 2);
  asking.target = at / 2 % TARGETS;
  r.asking.orphaned = weaken_while_asked;
  r.asking.delivery = at / 2 / TARGETS == BY_MAILBOX ? XLGC_DELIVER_OWNER : XLGC_DELIVER_INLINE;
}

static void finish_asking(unsigned told) {
  while (xlgc_context_dispatch(r.context, 1) > 0 || xlgc_step(r.pool, 1000) > 0) {
  }
  ck_assert_uint_eq(r.told_count, told);
  r.told_count = 0;
}

START_TEST(weak_reference_made_and_loaded_while_asked_saves) {
  start_asking(_i);
  asking.loads = true;
  let_them_die(_i / 2 / TARGETS);
  ck_assert_uint_eq(asking.found, asking.chosen);
  bool saves_silent = asking.chosen == asking.asked[0];
  finish_asking(saves_silent ? 1 : 2);
  xlgc_object_info info;
  ok(xlgc_info(r.pool, asking.chosen, &info));
  ck_assert_uint_eq(info.pins, 1);
  ck_assert_uint_eq(load(asking.weak), asking.chosen);
  ck_assert_uint_eq(cleared.count, 0);
  ok(xlgc_unpin(r.context, asking.chosen));
  ok(xlgc_unpin(r.context, asking.chosen));
  asking.loads = false;
  while (xlgc_flush(r.pool) == XLGC_E_HELD)
    ck_assert_int_gt(xlgc_context_dispatch(r.context, 1), 0);
  finish_asking(saves_silent ? 2 : 1);
  ck_assert_uint_eq(cleared.count, 1);
  ck_assert_uint_eq(load(asking.weak), XLGC_ID_NONE);
  ok(xlgc_weak_destroy(asking.weak));
  finish();
}
END_TEST

START_TEST(weak_reference_made_while_asked_is_cleared) {
  start_asking(_i);
  let_them_die(_i / 2 / TARGETS);
  finish_asking(3);
  ck_assert_uint_eq(cleared.count, 1);
  ck_assert_uint_eq(cleared.told[0], 0);
  ck_assert_uint_eq(load(asking.weak), XLGC_ID_NONE);
  ok(xlgc_weak_destroy(asking.weak));
  finish();
}
END_TEST

START_TEST(weak_reference_made_and_destroyed_while_asked) {
  start_asking(_i);
  asking.loads = asking.destroys = true;
  let_them_die(_i / 2 / TARGETS);
  bool saves_silent = asking.chosen == asking.asked[0];
  finish_asking(saves_silent ? 1 : 2);
  ok(xlgc_unpin(r.context, asking.chosen));
  while (xlgc_flush(r.pool) == XLGC_E_HELD)
    ck_assert_int_gt(xlgc_context_dispatch(r.context, 1), 0);
  finish_asking(saves_silent ? 2 : 1);
  ck_assert_uint_eq(cleared.count, 0);
  finish();
}
END_TEST

static int pin_while_asked(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)object;
  (void)data;
  ok(xlgc_pin(context, id));
  return XLGC_LET_GO;
}

/* Unlike what is loaded: it is applied after the answers. */
START_TEST(pin_while_asked_keeps_nothing) {
  start(_i);
  r.asking.orphaned = pin_while_asked;
  xlgc_id top = root(), held = recorder_object(&r, &r.asking);
  hold(top, held);
  drop(top, held);
  flush();
  expect_told(&r, held);
  ck_assert_uint_eq(r.error_count, 1);
  ck_assert_int_eq(r.errors[0].code, XLGC_E_RELEASED);
  ck_assert_str_eq(r.errors[0].what, "pin");
  r.error_count = 0;
  finish();
}
END_TEST

/* ------------------------------------------------------- while releasing */

static void load_and_weaken(recorder *recorder, xlgc_context *context, xlgc_id id, void *object) {
  (void)recorder;
  (void)object;
  xlgc_weak *weak = NULL;
  ok(xlgc_weak_load(watched, &found_inside));
  ck_assert_int_eq(xlgc_weak_create(context, id, NULL, NULL, &weak), XLGC_E_RELEASED);
  ck_assert_ptr_null(weak);
}

START_TEST(weak_load_from_inside_a_releaser_answers_none) {
  start(_i);
  xlgc_id top = root(), held = held_by(top);
  watched = weaken(held);
  r.on_release = load_and_weaken;
  drop(top, held);
  flush();
  ck_assert_uint_eq(found_inside, XLGC_ID_NONE);
  expect_told(&r, held);
  ok(xlgc_weak_destroy(watched));
  finish();
}
END_TEST

static void load_watched(recorder *recorder, xlgc_context *context, xlgc_id id, void *object) {
  (void)recorder;
  (void)context;
  (void)id;
  (void)object;
  ok(xlgc_weak_load(watched, &found_inside));
  ck_assert_uint_eq(found_inside, XLGC_ID_NONE);
}

/* Neither finds the other, whichever is told first. */
START_TEST(weak_load_from_inside_the_releaser_of_a_neighbour) {
  start(_i % 2);
  r.on_release = load_watched;
  xlgc_id top = root(), x = held_by(top), y = held_by(x);
  hold(y, x);
  watched = weaken(_i / 2 ? x : y);
  flush();
  drop(top, x);
  flush();
  ck_assert_uint_eq(r.told_count, 2);
  r.told_count = 0;
  ok(xlgc_weak_destroy(watched));
  finish();
}
END_TEST

START_TEST(weak_reference_to_a_transient_object) {
  start(_i);
  xlgc_id passing = recorder_object(&r, &r.passing);
  xlgc_weak *weak = weaken(passing);
  ck_assert_uint_eq(load(weak), passing);
  flush();
  ck_assert_uint_eq(r.forgotten_count, 0);
  ok(xlgc_unpin(r.context, passing));
  flush();
  ck_assert_uint_eq(r.forgotten_count + r.told_count, 1);
  ck_assert_uint_eq(cleared.count, 1);
  ck_assert_uint_eq(load(weak), XLGC_ID_NONE);
  r.told_count = 0;
  ok(xlgc_weak_destroy(weak));
  finish();
}
END_TEST

/* A reference that is made, and loaded, after so many units of the round that would forget the object. */
START_TEST(weak_reference_to_a_transient_object_that_is_being_forgotten) {
  bool saved = false, lost = false;
  for (unsigned units = 0; !lost; units++) {
    start(_i);
    xlgc_id passing = recorder_object(&r, &r.passing), loaded = XLGC_ID_NONE;
    xlgc_weak *weak = NULL;
    for (unsigned i = 0; i < units; i++)
      ck_assert_int_ge(xlgc_step(r.pool, 1), 0);
    int made = xlgc_weak_create(r.context, passing, on_cleared, &r, &weak);
    lost = made != 0;
    if (!lost) loaded = load(weak);
    saved |= !lost;
    flush();
    ck_assert_uint_eq(r.forgotten_count, lost);
    if (!lost) ck_assert_uint_eq(loaded, passing);
    if (!lost) ok(xlgc_unpin(r.context, loaded));
    flush();
    ok(xlgc_weak_destroy(weak));
    r.told_count = 0;
    finish();
    memset(&r, 0, sizeof r);
    cleared.count = 0;
  }
  ck_assert(saved);
}
END_TEST

START_TEST(weak_reference_by_stale_foreign_and_no_id) {
  start(_i);
  xlgc_id top = root(), held = held_by(top), id;
  xlgc_weak *weak = NULL;
  drop(top, held);
  flush();
  expect_told(&r, held);
  flush(); /* the slot is free */
  ck_assert_int_eq(xlgc_weak_create(r.context, held, NULL, NULL, &weak), XLGC_E_STALE);
  xlgc_id next = held_by(top); /* takes the slot */
  ck_assert_int_eq(xlgc_weak_create(r.context, held, NULL, NULL, &weak), XLGC_E_STALE);
  ck_assert_int_eq(xlgc_weak_create(r.context, next ^ (UINT64_C(1) << 56), NULL, NULL, &weak), XLGC_E_FOREIGN);
  ck_assert_int_eq(xlgc_weak_create(r.context, XLGC_ID_NONE, NULL, NULL, &weak), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_weak_create(NULL, next, NULL, NULL, &weak), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_weak_create(r.context, next, NULL, NULL, NULL), XLGC_E_INVAL);
  ck_assert_ptr_null(weak);
  ck_assert_int_eq(xlgc_weak_load(NULL, &id), XLGC_E_INVAL);
  finish();
}
END_TEST

START_TEST(weak_references_left_at_the_pools_end) {
  start(_i);
  xlgc_id top = root(), held = held_by(top);
  weaken(top);
  weaken(held);
  drop(top, held);
  recorder_close(&r);
  ck_assert_uint_eq(cleared.count, 1);
  ck_assert_uint_eq(r.survivor_count, 1);
}
END_TEST

/* ----------------------------------------------------------- out of memory */

static alloc memory;

static void start_counting(int setting) {
  memory.fail_at = ALLOC_NEVER;
  xlgc_config config = recorder_config(&r);
  config.setting = setting;
  config.allocator = alloc_functions(&memory);
  recorder_open_with(&r, &config);
}

START_TEST(weak_reference_without_memory) {
  start_counting(_i);
  xlgc_id top = root(), held = held_by(top);
  flush();
  xlgc_weak *weak = NULL;
  unsigned failures = 0;
  for (;;) {
    uint64_t blocks = memory.blocks;
    memory.fail_at = memory.asked + failures;
    int result = xlgc_weak_create(r.context, held, on_cleared, &r, &weak);
    memory.fail_at = ALLOC_NEVER;
    if (!result) break;
    ck_assert_int_eq(result, XLGC_E_NOMEM);
    ck_assert_ptr_null(weak);
    ck_assert_uint_eq(memory.blocks, blocks);
    failures++;
  }
  ck_assert_uint_ge(failures, 1);
  drop(top, held);
  flush();
  expect_told(&r, held);
  ck_assert_uint_eq(cleared.count, 1);
  ok(xlgc_weak_destroy(weak));
  finish();
  ck_assert_uint_eq(memory.blocks, 0);
}
END_TEST

/* --------------------------------------------------------------- interning */

enum { NOT_MADE = 42 };

static struct maker {
  unsigned calls;
  int answer;
  const char *copy; /* the key made; NULL: a copy of its own */
  void *object;
  void (*inside)(const void *key, size_t key_bytes);
} maker;

static char copies[64][16];
static unsigned copy_count;

static int make(void *data, const void *key, size_t key_bytes, xlgc_interned *made) {
  struct maker *maker = data;
  maker->calls++;
  if (maker->inside) maker->inside(key, key_bytes);
  if (maker->answer) return maker->answer;
  if (key_bytes) memcpy(copies[copy_count], key, key_bytes);
  *made = (xlgc_interned){maker->object, &r.kind, copies[copy_count++]};
  return 0;
}

static xlgc_id intern(const char *key, uint32_t hash) {
  xlgc_id id = 77;
  ok(xlgc_intern(r.context, key, strlen(key), hash, make, &maker, &id));
  return id;
}

START_TEST(same_key_same_object_pinned_each_time) {
  start(_i);
  xlgc_id first = intern("one", 1), again = intern("one", 1), other = intern("two", 2);
  ck_assert_uint_eq(first, again);
  ck_assert_uint_ne(first, other);
  ck_assert_uint_eq(maker.calls, 2);
  ok(xlgc_unpin(r.context, first));
  flush();
  expect_none_told(&r);
  ok(xlgc_unpin(r.context, again));
  flush();
  expect_told(&r, first);
  ck_assert_uint_eq(intern("two", 2), other);
  ok(xlgc_unpin(r.context, other));
  ok(xlgc_unpin(r.context, other));
  flush();
  expect_told(&r, other);
  finish();
}
END_TEST

START_TEST(different_keys_with_equal_hashes) {
  start(_i);
  xlgc_id ids[4];
  const char *keys[] = {"a", "b", "ab", ""};
  for (unsigned i = 0; i < 4; i++)
    ids[i] = intern(keys[i], 7);
  for (unsigned i = 0; i < 4; i++) {
    ck_assert_uint_eq(intern(keys[i], 7), ids[i]);
    for (unsigned j = 0; j < i; j++)
      ck_assert_uint_ne(ids[i], ids[j]);
    ok(xlgc_unpin(r.context, ids[i]));
    ok(xlgc_unpin(r.context, ids[i]));
  }
  ck_assert_uint_eq(maker.calls, 4);
  flush();
  ck_assert_uint_eq(r.told_count, 4);
  r.told_count = 0;
  finish();
}
END_TEST

static xlgc_id made_anew;
static void intern_inside(recorder *recorder, xlgc_context *context, xlgc_id id, void *object) {
  (void)id;
  (void)object;
  recorder->on_release = NULL;
  ok(xlgc_intern(context, "one", 3, 1, make, &maker, &made_anew));
}

/* Also from the releaser of the last one. */
START_TEST(key_that_is_gone_makes_way) {
  start(_i);
  xlgc_id first = intern("one", 1);
  ok(xlgc_unpin(r.context, first));
  r.on_release = intern_inside;
  flush();
  expect_told(&r, first);
  ck_assert_uint_ne(made_anew, first);
  ck_assert_uint_eq(maker.calls, 2);
  ck_assert_uint_eq(intern("one", 1), made_anew);
  ok(xlgc_unpin(r.context, made_anew));
  ok(xlgc_unpin(r.context, made_anew));
  flush();
  expect_told(&r, made_anew);
  finish();
}
END_TEST

START_TEST(key_of_no_bytes) {
  start(_i);
  xlgc_id empty, again;
  ok(xlgc_intern(r.context, NULL, 0, 0, make, &maker, &empty));
  ok(xlgc_intern(r.context, "anything", 0, 0, make, &maker, &again));
  ck_assert_uint_eq(empty, again);
  ok(xlgc_unpin(r.context, empty));
  ok(xlgc_unpin(r.context, empty));
  flush();
  expect_told(&r, empty);
  finish();
}
END_TEST

START_TEST(interned_object_is_held_by_links_and_found_again) {
  start(_i);
  xlgc_id top = root(), one = intern("one", 1);
  hold(top, one);
  ok(xlgc_unpin(r.context, one));
  flush();
  ck_assert_uint_eq(intern("one", 1), one);
  drop(top, one);
  flush();
  expect_none_told(&r);
  ok(xlgc_unpin(r.context, one));
  xlgc_weak *weak = weaken(one);
  flush();
  expect_told(&r, one);
  ck_assert_uint_eq(cleared.count, 1);
  ok(xlgc_weak_destroy(weak));
  finish();
}
END_TEST

START_TEST(maker_that_fails) {
  start(_i);
  xlgc_id id = 77;
  maker.answer = NOT_MADE;
  ck_assert_int_eq(xlgc_intern(r.context, "one", 3, 1, make, &maker, &id), NOT_MADE);
  maker.answer = XLGC_E_NOMEM;
  ck_assert_int_eq(xlgc_intern(r.context, "one", 3, 1, make, &maker, &id), XLGC_E_NOMEM);
  ck_assert_uint_eq(id, 77);
  ck_assert_uint_eq(recorder_statistics(&r).objects, 0);
  maker.answer = 0;
  id = intern("one", 1);
  ok(xlgc_unpin(r.context, id));
  flush();
  expect_told(&r, id);
  finish();
}
END_TEST

START_TEST(maker_whose_address_is_taken) {
  start(_i);
  xlgc_id top = root(), id = 77;
  maker.object = &r.addresses[0];
  ck_assert_int_eq(xlgc_intern(r.context, "one", 3, 1, make, &maker, &id), XLGC_E_EXISTS);
  ck_assert_uint_eq(id, 77);
  ck_assert_uint_eq(recorder_statistics(&r).objects, 1);
  ok(xlgc_unpin(r.context, top));
  flush();
  expect_told(&r, top);
  finish();
}
END_TEST

static xlgc_id faster;
static unsigned left_to_log;
static void be_faster(const void *key, size_t key_bytes) {
  maker.inside = NULL;
  ok(xlgc_intern(r.context, key, key_bytes, 1, make, &maker, &faster));
  int full = 0;
  for (; left_to_log && !full; left_to_log += !full)
    full = xlgc_pin(r.context, faster);
  ck_assert_int_eq(full, left_to_log ? XLGC_E_QUEUE : 0);
}

START_TEST(maker_that_is_beaten_leaves_an_orphan) {
  start(_i);
  maker.inside = be_faster;
  xlgc_id id = intern("one", 1);
  ck_assert_uint_eq(id, faster);
  ck_assert_uint_eq(maker.calls, 2);
  flush();
  ck_assert_uint_eq(r.told_count, 1);
  ck_assert_uint_ne(r.told[0], id);
  r.told_count = 0;
  ok(xlgc_unpin(r.context, id));
  flush();
  expect_none_told(&r);
  ok(xlgc_unpin(r.context, id));
  flush();
  expect_told(&r, id);
  finish();
}
END_TEST

/* What was made has to go, so its events go beyond the bound: the look-up has no XLGC_E_QUEUE. */
START_TEST(maker_that_is_beaten_with_a_full_queue) {
  xlgc_config config = recorder_config(&r);
  config.setting = _i;
  config.when_full = XLGC_FULL_FAIL;
  config.queue_events = 1;
  recorder_open_with(&r, &config);
  maker.inside = be_faster;
  left_to_log = 1;
  xlgc_id id = 77;
  ok(xlgc_intern(r.context, "one", 3, 1, make, &maker, &id));
  ck_assert_uint_eq(id, faster);
  unsigned pins = left_to_log - 1;
  ck_assert_uint_gt(pins, 0);
  flush();
  ck_assert_uint_eq(recorder_statistics(&r).objects, 1);
  ck_assert_uint_eq(r.told_count, 1);
  xlgc_object_info info;
  ok(xlgc_info(r.pool, faster, &info));
  ck_assert_uint_eq(info.pins, pins + 2);
}
END_TEST

START_TEST(interning_without_memory) {
  start_counting(_i);
  xlgc_id top = root(), id;
  flush();
  unsigned failures = 0;
  for (;;) {
    uint64_t objects = recorder_statistics(&r).objects;
    memory.fail_at = memory.asked + failures;
    int result = xlgc_intern(r.context, "one", 3, 1, make, &maker, &id);
    memory.fail_at = ALLOC_NEVER;
    if (!result) break;
    ck_assert_int_eq(result, XLGC_E_NOMEM);
    ck_assert_uint_eq(recorder_statistics(&r).objects, objects);
    failures++;
  }
  ck_assert_uint_ge(failures, 1);
  hold(top, id);
  ok(xlgc_unpin(r.context, id));
  flush();
  expect_none_told(&r);
  drop(top, id);
  flush();
  expect_told(&r, id);
  finish();
  ck_assert_uint_eq(memory.blocks, 0);
}
END_TEST

START_TEST(interning_with_bad_arguments) {
  start(_i);
  xlgc_id id;
  ck_assert_int_eq(xlgc_intern(NULL, "a", 1, 0, make, &maker, &id), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_intern(r.context, NULL, 1, 0, make, &maker, &id), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_intern(r.context, "a", 1, 0, NULL, &maker, &id), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_intern(r.context, "a", 1, 0, make, &maker, NULL), XLGC_E_INVAL);
  ck_assert_uint_eq(maker.calls, 0);
  r.kind.delivery = 99;
  ck_assert_int_eq(xlgc_intern(r.context, "a", 1, 0, make, &maker, &id), XLGC_E_INVAL);
  ck_assert_uint_eq(recorder_statistics(&r).objects, 0);
  finish();
}
END_TEST

/* ------------------------------------------------------------------- races */

typedef struct thing {
  _Atomic unsigned released;
  char key[4];
  xlgc_id id;
} thing;

static struct {
  pthread_mutex_t lock; /* of the reference */
  xlgc_weak *weak;
  thing *thing;
  _Atomic bool stop;
  _Atomic unsigned wrong, found, missed;
} race = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void release_thing(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)context;
  (void)id;
  (void)data;
  atomic_fetch_add(&((thing *)object)->released, 1);
}

static const xlgc_kind thing_kind = {.name = "thing", .flags = XLGC_KIND_UNINDEXED, .release = release_thing};

static void load_again_and_again(void *data) {
  (void)data;
  xlgc_context *context;
  if (xlgc_context_here(r.pool, &context)) race.wrong++;
  while (!atomic_load(&race.stop)) {
    xlgc_id id = XLGC_ID_NONE;
    pthread_mutex_lock(&race.lock);
    thing *one = race.thing;
    if (race.weak) race.wrong += xlgc_weak_load(race.weak, &id) != 0;
    pthread_mutex_unlock(&race.lock);
    if (id == XLGC_ID_NONE) {
      race.missed++;
      continue;
    }
    race.found++;
    race.wrong += id != one->id || atomic_load(&one->released);
    nanosleep(&(struct timespec){.tv_nsec = 1000}, NULL);
    race.wrong += atomic_load(&one->released) != 0;
    race.wrong += xlgc_unpin(context, id) != 0;
  }
}

static void start_worker(int setting) {
  xlgc_config config = recorder_config(&r);
  config.setting = setting;
  config.worker_period_ns = 50 * 1000;
  recorder_open_with(&r, &config);
  ok(xlgc_worker_start(r.pool));
}

/* A thing that the loaders' reference names from here on, pinned. */
static void offer(thing *one) {
  ok(xlgc_register(r.context, one, &thing_kind, &one->id));
  ok(xlgc_pin(r.context, one->id));
  pthread_mutex_lock(&race.lock);
  ok(xlgc_weak_destroy(race.weak));
  ok(xlgc_weak_create(r.context, one->id, NULL, NULL, &race.weak));
  race.thing = one;
  pthread_mutex_unlock(&race.lock);
}

START_TEST(weak_load_racing_with_release) {
  unsigned turns = trial_work(5000);
  thing *things = calloc(turns, sizeof *things);
  ck_assert_ptr_nonnull(things);
  start_worker(_i);
  job loaders[2];
  begin(&loaders[0], load_again_and_again, NULL);
  begin(&loaders[1], load_again_and_again, NULL);
  for (unsigned i = 0; i < turns; i++) {
    offer(&things[i]);
    /* The last one stays until a loader has found it, at the latest. */
    while (i == turns - 1 && !race.found)
      nap_ms(1);
    ok(xlgc_unpin(r.context, things[i].id));
    if (i % 4 == 0) nanosleep(&(struct timespec){.tv_nsec = 30000}, NULL);
  }
  atomic_store(&race.stop, true);
  end(&loaders[0]);
  end(&loaders[1]);
  ok(xlgc_worker_stop(r.pool));
  flush();
  ck_assert_uint_eq(race.wrong, 0);
  for (unsigned i = 0; i < turns; i++)
    ck_assert_uint_eq(things[i].released, 1);
  ok(xlgc_weak_destroy(race.weak));
  ck_assert_uint_eq(recorder_statistics(&r).objects, 0);
  finish();
  free(things);
}
END_TEST

enum { KEYS = 4, INTERNERS = 3 };

static struct {
  thing *things;
  _Atomic size_t made;
  size_t room;
  unsigned turns;
} interns;

static int make_thing(void *data, const void *key, size_t key_bytes, xlgc_interned *made) {
  thing **mine = data;
  size_t at = atomic_fetch_add(&interns.made, 1);
  if (at >= interns.room) return NOT_MADE;
  *mine = &interns.things[at];
  memcpy((*mine)->key, key, key_bytes);
  *made = (xlgc_interned){*mine, &thing_kind, (*mine)->key};
  return 0;
}

static void intern_again_and_again(void *data) {
  (void)data;
  xlgc_context *context;
  if (xlgc_context_here(r.pool, &context)) race.wrong++;
  for (unsigned i = 0; i < interns.turns; i++) {
    char key[4] = {(char)('a' + i % KEYS), 'x', 'y', 'z'};
    thing *mine = NULL;
    xlgc_id id, again;
    int result = xlgc_intern(context, key, sizeof key, 5, make_thing, &mine, &id);
    if (result == NOT_MADE) return;
    race.wrong += result != 0;
    /* While it is pinned it is the only one. */
    thing *other = NULL;
    race.wrong += xlgc_intern(context, key, sizeof key, 5, make_thing, &other, &again) != 0;
    race.wrong += id != again || other != NULL;
    race.wrong += xlgc_unpin(context, id) | xlgc_unpin(context, again);
  }
}

START_TEST(interned_look_up_racing) {
  interns.turns = trial_work(5000);
  interns.room = (size_t)interns.turns * INTERNERS;
  ck_assert_ptr_nonnull(interns.things = calloc(interns.room, sizeof *interns.things));
  start_worker(_i);
  job jobs[INTERNERS];
  for (unsigned i = 0; i < INTERNERS; i++)
    begin(&jobs[i], intern_again_and_again, NULL);
  for (unsigned i = 0; i < INTERNERS; i++)
    end(&jobs[i]);
  ok(xlgc_worker_stop(r.pool));
  flush();
  ck_assert_uint_eq(race.wrong, 0);
  for (size_t i = 0; i < interns.room; i++)
    ck_assert_uint_eq(interns.things[i].released, i < interns.made);
  ck_assert_uint_eq(recorder_statistics(&r).objects, 0);
  finish();
  free(interns.things);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("api_weak");
  TCase *references = trial_case(suite, "references");
  tcase_add_loop_test(references, weak_reference_does_not_hold, 0, 2);
  tcase_add_loop_test(references, weak_reference_to_a_new_object_that_is_dropped_at_once, 0, 2);
  tcase_add_loop_test(references, weak_load_keeps_what_it_reaches, 0, 2);
  tcase_add_loop_test(references, weak_loads_are_counted, 0, 2);
  tcase_add_loop_test(references, weak_load_while_its_holder_dies, 0, 2);
  tcase_add_loop_test(references, weak_load_of_an_object_in_a_cycle, 0, 2);
  tcase_add_loop_test(references, two_weak_references_of_one_object, 0, 2);
  tcase_add_loop_test(references, weak_reference_destroyed_in_its_notifier, 0, 2);
  tcase_add_loop_test(references, weak_reference_destroyed_in_the_notifier_of_another, 0, 2);
  tcase_add_loop_test(references, weak_reference_without_notifier_destroyed_before_and_after, 0, 2);
  tcase_add_loop_test(references, weak_reference_and_a_reprieve, 0, 2);
  tcase_add_loop_test(references, weak_load_while_being_asked_saves, 0, 2);
  tcase_add_loop_test(references, weak_reference_made_and_loaded_while_asked_saves, 0, 2 * TARGETS * WAYS);
  tcase_add_loop_test(references, weak_reference_made_while_asked_is_cleared, 0, 2 * TARGETS * WAYS);
  tcase_add_loop_test(references, weak_reference_made_and_destroyed_while_asked, 0, 2 * TARGETS * WAYS);
  tcase_add_loop_test(references, pin_while_asked_keeps_nothing, 0, 2);
  tcase_add_loop_test(references, weak_load_from_inside_a_releaser_answers_none, 0, 2);
  tcase_add_loop_test(references, weak_load_from_inside_the_releaser_of_a_neighbour, 0, 4);
  tcase_add_loop_test(references, weak_reference_to_a_transient_object, 0, 2);
  tcase_add_loop_test(references, weak_reference_to_a_transient_object_that_is_being_forgotten, 0, 2);
  tcase_add_loop_test(references, weak_reference_by_stale_foreign_and_no_id, 0, 2);
  tcase_add_loop_test(references, weak_references_left_at_the_pools_end, 0, 2);
  tcase_add_loop_test(references, weak_reference_without_memory, 0, 2);
  TCase *keys = trial_case(suite, "keys");
  tcase_add_loop_test(keys, same_key_same_object_pinned_each_time, 0, 2);
  tcase_add_loop_test(keys, different_keys_with_equal_hashes, 0, 2);
  tcase_add_loop_test(keys, key_that_is_gone_makes_way, 0, 2);
  tcase_add_loop_test(keys, key_of_no_bytes, 0, 2);
  tcase_add_loop_test(keys, interned_object_is_held_by_links_and_found_again, 0, 2);
  tcase_add_loop_test(keys, maker_that_fails, 0, 2);
  tcase_add_loop_test(keys, maker_whose_address_is_taken, 0, 2);
  tcase_add_loop_test(keys, maker_that_is_beaten_leaves_an_orphan, 0, 2);
  tcase_add_loop_test(keys, maker_that_is_beaten_with_a_full_queue, 0, 2);
  tcase_add_loop_test(keys, interning_without_memory, 0, 2);
  tcase_add_loop_test(keys, interning_with_bad_arguments, 0, 2);
  TCase *races = trial_case(suite, "races");
  tcase_add_loop_test(races, weak_load_racing_with_release, 0, 2);
  tcase_add_loop_test(races, interned_look_up_racing, 0, 2);
  return trial_run(suite);
}
