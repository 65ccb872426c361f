/* What each function of the interface does when nothing is wrong; both settings. */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "support/alloc.h"
#include "support/one_pool.h"

/* ----------------------------------------------------------------- words */

START_TEST(version_is_the_headers) {
  ck_assert_str_eq(xlgc_version(), XLGC_VERSION);
  char parts[32];
  snprintf(parts, sizeof parts, "%d.%d.%d", XLGC_VERSION_MAJOR, XLGC_VERSION_MINOR, XLGC_VERSION_PATCH);
  ck_assert_str_eq(xlgc_version(), parts);
}
END_TEST

START_TEST(every_error_has_its_name_and_sentence) {
  static const struct {
    int code;
    const char *name, *sentence;
  } all[] = {
#define X(name, value, text) {XLGC_E_##name, "XLGC_E_" #name, text},
      XLGC_ERRORS(X)
#undef X
  };
  size_t count = sizeof all / sizeof *all;
  ck_assert_uint_eq(count, 26);
  for (size_t i = 0; i < count; i++) {
    ck_assert_int_eq(all[i].code, -(int)i - 1);
    ck_assert_str_eq(xlgc_errname(all[i].code), all[i].name);
    ck_assert_str_eq(xlgc_strerror(all[i].code), all[i].sentence);
  }
  static const int others[] = {1, -27, 4711, INT32_MIN, INT32_MAX};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
    ck_assert_str_eq(xlgc_errname(others[i]), "XLGC_E_?");
    ck_assert_ptr_nonnull(xlgc_strerror(others[i]));
    ck_assert_str_ne(xlgc_strerror(others[i]), xlgc_strerror(0));
  }
  ck_assert_str_ne(xlgc_errname(0), "XLGC_E_?");
}
END_TEST

START_TEST(config_has_defaults) {
  xlgc_config config;
  memset(&config, 0xff, sizeof config);
  xlgc_config_init(&config);
  ck_assert_int_eq(config.setting, XLGC_CERTIFIED);
  ck_assert_int_eq(config.when_full, XLGC_FULL_HELP);
  ck_assert_uint_eq(config.queue_events, 1 << 20);
  ck_assert_uint_eq(config.help_events, 1 << 14);
  ck_assert_uint_eq(config.queue_reserve, 1024);
  ck_assert_uint_eq(config.worker_period_ns, 10 * 1000 * 1000);
  ck_assert(!config.allocator.allocate && !config.allocator.release && !config.allocator.data);
  ck_assert(!config.on_error && !config.on_survivor && !config.data);
}
END_TEST

static void *never_called(void *data, size_t size_bytes) {
  (void)data;
  (void)size_bytes;
  return NULL;
}

START_TEST(bad_configs_are_refused) {
  xlgc_config good = recorder_config(&r), bad[6];
  for (size_t i = 0; i < 6; i++)
    bad[i] = good;
  bad[0].setting = 2;
  bad[1].setting = -1;
  bad[2].when_full = 3;
  bad[3].when_full = -1;
  bad[4].queue_events = 0;
  bad[5].allocator.allocate = never_called;
  xlgc_pool *pool = NULL;
  for (size_t i = 0; i < 6; i++) {
    ck_assert_int_eq(xlgc_pool_create(&bad[i], &pool), XLGC_E_INVAL);
    ck_assert_ptr_null(pool);
  }
}
END_TEST

/* --------------------------------------------------------------- objects */

START_TEST(objects_are_registered_looked_up_and_described) {
  start(_i);
  static char address;
  xlgc_id id, found;
  xlgc_object_info info;
  ck_assert_int_eq(xlgc_lookup(r.pool, &address, &found), XLGC_E_UNKNOWN);
  ok(xlgc_register(r.context, &address, &r.kind, &id));
  ok(xlgc_lookup(r.pool, &address, &found));
  ck_assert_uint_eq(found, id);
  ok(xlgc_info(r.pool, id, &info));
  ck_assert_ptr_eq(info.object, &address);
  ck_assert_ptr_eq(info.kind, &r.kind);
  ck_assert_uint_eq(info.pins, 0);
  ck_assert(info.is_root && info.is_new);
  ok(xlgc_pin(r.context, id));
  ok(xlgc_pin(r.context, id));
  ok(xlgc_info(r.pool, id, &info));
  ck_assert_uint_eq(info.pins, 2);
  ck_assert(info.is_root && !info.is_new);
  xlgc_id held = held_by(id);
  ok(xlgc_info(r.pool, held, &info));
  ck_assert(!info.is_root && !info.is_new);
  xlgc_id plain;
  ok(xlgc_register(r.context, NULL, NULL, &plain));
  ok(xlgc_info(r.pool, plain, &info));
  ck_assert_ptr_null(info.object);
  ck_assert_ptr_nonnull(info.kind);
  ck_assert_ptr_null(info.kind->release);
  finish();
}
END_TEST

START_TEST(unindexed_kinds_are_not_found) {
  start(_i);
  xlgc_kind cookies = r.kind;
  cookies.flags = XLGC_KIND_UNINDEXED;
  static char address;
  xlgc_id first, second, found;
  xlgc_object_info info;
  ok(xlgc_register(r.context, &address, &cookies, &first));
  ok(xlgc_register(r.context, &address, &cookies, &second));
  ck_assert_uint_ne(first, second);
  ck_assert_int_eq(xlgc_lookup(r.pool, &address, &found), XLGC_E_UNKNOWN);
  ok(xlgc_info(r.pool, second, &info));
  ck_assert_ptr_eq(info.object, &address);
  void *at = NULL;
  ok(xlgc_address(r.pool, first, &at));
  ck_assert_ptr_eq(at, &address);
  ck_assert_int_eq(xlgc_address(r.pool, first ^ UINT64_C(1) << 56, &at), XLGC_E_FOREIGN);
  ok(xlgc_pin(r.context, first));
  ok(xlgc_unpin(r.context, first));
  flush();
  expect_told(&r, first);
  flush();
  ck_assert_int_eq(xlgc_address(r.pool, first, &at), XLGC_E_STALE);
  finish();
}
END_TEST

START_TEST(pins_make_roots) {
  start(_i);
  xlgc_id top = root();
  ok(xlgc_pin(r.context, top));
  ok(xlgc_unpin(r.context, top));
  flush();
  expect_none_told(&r);
  ok(xlgc_unpin(r.context, top));
  flush();
  expect_told(&r, top);
  finish();
}
END_TEST

START_TEST(new_objects_stay_until_they_are_taken_back) {
  start(_i);
  xlgc_id fresh = object(), holds = object(), held = held_by(holds);
  flush();
  expect_none_told(&r);
  drop(holds, held);
  flush();
  expect_told(&r, held);
  ok(xlgc_pin(r.context, fresh));
  ok(xlgc_unpin(r.context, fresh));
  flush();
  expect_told(&r, fresh);
  ck_assert(recorder_knows(&r, holds));
  finish();
}
END_TEST

START_TEST(transient_objects_are_forgotten) {
  start(_i);
  xlgc_id frame = recorder_object(&r, &r.passing), held = held_by(frame), useless = recorder_object(&r, &r.passing),
          pinned = recorder_object(&r, &r.passing), top = root(), linked = recorder_object(&r, &r.passing);
  ok(xlgc_pin(r.context, pinned));
  hold(top, linked);
  flush();
  ck_assert_uint_eq(r.forgotten_count, 1);
  ck_assert(!recorder_knows(&r, useless));
  expect_none_told(&r);
  drop(frame, held);
  flush();
  ck_assert_uint_eq(r.forgotten_count, 2);
  ck_assert(!recorder_knows(&r, frame));
  expect_told(&r, held);
  ok(xlgc_unpin(r.context, pinned));
  drop(top, linked);
  flush();
  /* They were held once, so they are orphans as any. */
  ck_assert_uint_eq(r.told_count, 2);
  ck_assert_uint_eq(recorder_statistics(&r).forgotten, 2);
  ck_assert_uint_eq(recorder_statistics(&r).orphans, 3);
  finish();
}
END_TEST

START_TEST(relink_moves_a_pointer) {
  start(_i);
  xlgc_id top = root(), first = object(), second = object();
  uint64_t position = xlgc_context_position(r.context);
  ok(xlgc_relink(r.context, top, XLGC_ID_NONE, first));
  ck_assert_uint_eq(recorder_count(&r, top, first), 1);
  ok(xlgc_relink(r.context, top, first, second));
  flush();
  expect_told(&r, first);
  ck_assert_uint_eq(recorder_count(&r, top, second), 1);
  ok(xlgc_relink(r.context, top, second, second));
  flush();
  expect_none_told(&r);
  ck_assert_uint_eq(recorder_count(&r, top, second), 1);
  ok(xlgc_relink(r.context, top, XLGC_ID_NONE, XLGC_ID_NONE));
  ck_assert_uint_eq(xlgc_context_position(r.context), position + 5);
  ok(xlgc_relink(r.context, top, second, XLGC_ID_NONE));
  flush();
  expect_told(&r, second);
  finish();
}
END_TEST

/* --------------------------------------------------------------- reading */

START_TEST(distance_and_path) {
  start(_i);
  enum { LENGTH = 5 };
  xlgc_id chain[LENGTH + 1], holders[LENGTH];
  size_t length;
  chain[0] = root();
  for (size_t i = 1; i <= LENGTH; i++)
    chain[i] = held_by(chain[i - 1]);
  for (size_t i = 0; i <= LENGTH; i++)
    ck_assert_uint_eq(recorder_distance(&r, chain[i]), i);
  ok(xlgc_path(r.pool, chain[LENGTH], holders, LENGTH, &length));
  ck_assert_uint_eq(length, LENGTH);
  for (size_t i = 0; i < LENGTH; i++)
    ck_assert_uint_eq(holders[i], chain[LENGTH - 1 - i]);
  /* With too little room the nearest ones. */
  memset(holders, 0, sizeof holders);
  ok(xlgc_path(r.pool, chain[LENGTH], holders, 2, &length));
  ck_assert_uint_eq(length, LENGTH);
  ck_assert_uint_eq(holders[0], chain[4]);
  ck_assert_uint_eq(holders[1], chain[3]);
  ck_assert_uint_eq(holders[2], XLGC_ID_NONE);
  ok(xlgc_path(r.pool, chain[LENGTH], NULL, 0, &length));
  ck_assert_uint_eq(length, LENGTH);
  ok(xlgc_path(r.pool, chain[0], holders, LENGTH, &length));
  ck_assert_uint_eq(length, 0);
  /* A short cut, and its end. */
  hold(chain[1], chain[4]);
  ck_assert_uint_eq(recorder_distance(&r, chain[5]), 3);
  ok(xlgc_path(r.pool, chain[5], holders, LENGTH, &length));
  ck_assert_uint_eq(length, 3);
  ck_assert_uint_eq(holders[1], chain[1]);
  ok(xlgc_pin(r.context, chain[4]));
  ck_assert_uint_eq(recorder_distance(&r, chain[5]), 1);
  drop(chain[1], chain[4]);
  ok(xlgc_unpin(r.context, chain[4]));
  flush();
  ck_assert_uint_eq(recorder_distance(&r, chain[5]), 5);
  expect_none_told(&r);
  finish();
}
END_TEST

START_TEST(orphans_have_no_distance_before_the_flush) {
  start(_i);
  xlgc_id top = root(), a = held_by(top), b = held_by(a), holders[4];
  hold(b, a);
  size_t length = 77;
  flush();
  drop(top, a);
  ck_assert_uint_eq(recorder_distance(&r, a), XLGC_UNREACHABLE);
  ck_assert_uint_eq(recorder_distance(&r, b), XLGC_UNREACHABLE);
  ck_assert_int_eq(xlgc_path(r.pool, b, holders, 4, &length), XLGC_E_UNKNOWN);
  ck_assert_uint_eq(length, 77);
  expect_none_told(&r);
  flush();
  expect_told(&r, a, b);
  uint64_t distance;
  ck_assert_int_eq(xlgc_distance(r.pool, a, &distance), XLGC_E_STALE);
  ck_assert_int_eq(xlgc_path(r.pool, b, holders, 4, &length), XLGC_E_STALE);
  finish();
}
END_TEST

/* What reaches the last of some objects, but the first of them, or the first two. */
static xlgc_id beyond(const xlgc_id *but, size_t but_count, xlgc_id object) {
  xlgc_id found = UINT64_MAX;
  ok(xlgc_find_root(r.pool, &object, 1, but, but_count, &found));
  return found;
}

START_TEST(root_beyond_others) {
  start(_i);
  xlgc_id one = root(), other = root(), a = held_by(one), b = held_by(a), c = held_by(b);
  hold(c, a);
  ck_assert_uint_eq(beyond(NULL, 0, c), one);
  ck_assert_uint_eq(beyond(NULL, 0, one), one);
  ck_assert_uint_eq(beyond(&one, 1, c), XLGC_ID_NONE);
  ck_assert_uint_eq(beyond(&one, 1, one), XLGC_ID_NONE);
  /* Not by a path through what is left out, which may be no root. */
  ck_assert_uint_eq(beyond(&b, 1, c), XLGC_ID_NONE);
  ck_assert_uint_eq(beyond(&other, 1, c), one);
  /* What was reported last counts, and a pin, and what is new. */
  hold(other, b);
  ck_assert_uint_eq(beyond(&one, 1, c), other);
  ck_assert_uint_eq(beyond((xlgc_id[]){one, other}, 2, c), XLGC_ID_NONE);
  ok(xlgc_pin(r.context, a));
  ck_assert_uint_eq(beyond((xlgc_id[]){one, other}, 2, c), a);
  ok(xlgc_unpin(r.context, a));
  xlgc_id fresh = object();
  ck_assert_uint_eq(beyond(&one, 1, fresh), fresh);
  /* From several objects at once. Those that are gone count for nothing, here and there. */
  drop(other, b);
  xlgc_id found, gone = held_by(one);
  drop(one, gone);
  flush();
  expect_told(&r, gone);
  ok(xlgc_find_root(r.pool, (xlgc_id[]){gone, c, other}, 3, (xlgc_id[]){gone, one}, 2, &found));
  ck_assert_uint_eq(found, other);
  ok(xlgc_find_root(r.pool, (xlgc_id[]){gone, c}, 2, (xlgc_id[]){gone, one}, 2, &found));
  ck_assert_uint_eq(found, XLGC_ID_NONE);
  ok(xlgc_find_root(r.pool, NULL, 0, NULL, 0, &found));
  ck_assert_uint_eq(found, XLGC_ID_NONE);
  /* An error leaves no trace. */
  const xlgc_id foreign = UINT64_MAX;
  ck_assert_int_eq(xlgc_find_root(r.pool, &c, 1, (xlgc_id[]){one, foreign}, 2, &found), XLGC_E_FOREIGN);
  ck_assert_int_eq(xlgc_find_root(r.pool, (xlgc_id[]){c, foreign}, 2, &other, 1, &found), XLGC_E_FOREIGN);
  ck_assert_uint_eq(found, XLGC_ID_NONE);
  ck_assert_uint_eq(beyond(NULL, 0, c), one);
  ck_assert_uint_eq(recorder_distance(&r, c), 3);
  finish();
}
END_TEST

enum { HELD = 100 };

struct walk {
  unsigned shown, stop_after;
  xlgc_id source, targets[HELD];
  unsigned seen[HELD];
};

static unsigned place_in(const struct walk *walk, xlgc_id target) {
  for (unsigned i = 0; i < HELD; i++)
    if (walk->targets[i] == target) return i;
  ck_abort_msg("an unknown target");
  return 0;
}

static int show(void *data, const xlgc_link_info *link) {
  struct walk *walk = data;
  ck_assert_uint_eq(link->source, walk->source);
  ck_assert_uint_eq(link->count, 1);
  walk->seen[place_in(walk, link->target)]++;
  return ++walk->shown == walk->stop_after ? 42 : 0;
}

static void make_hub(struct walk *walk, xlgc_id source) {
  walk->source = source;
  for (unsigned i = 0; i < HELD; i++)
    walk->targets[i] = held_by(walk->source);
}

START_TEST(each_target_shows_every_link_once_or_stops) {
  start(_i);
  struct walk walk = {0};
  make_hub(&walk, root());
  ok(xlgc_each_target(r.pool, walk.source, show, &walk));
  for (unsigned i = 0; i < HELD; i++)
    ck_assert_uint_eq(walk.seen[i], 1);
  walk.shown = 0;
  walk.stop_after = 7;
  ck_assert_int_eq(xlgc_each_target(r.pool, walk.source, show, &walk), 42);
  ck_assert_uint_eq(walk.shown, 7);
  finish();
}
END_TEST

static int count_sources(void *data, const xlgc_link_info *link) {
  xlgc_id *target = data;
  ck_assert_uint_eq(link->target, target[0]);
  target[1]++;
  return 0;
}

START_TEST(each_source_shows_every_holder) {
  start(_i);
  xlgc_id shared[2] = {object(), 0};
  ok(xlgc_each_source(r.pool, shared[0], count_sources, shared));
  ck_assert_uint_eq(shared[1], 0);
  for (unsigned i = 0; i < HELD; i++)
    hold(object(), shared[0]);
  hold(shared[0], shared[0]);
  ok(xlgc_each_source(r.pool, shared[0], count_sources, shared));
  ck_assert_uint_eq(shared[1], HELD + 1);
  finish();
}
END_TEST

/* Drops one link of the first half, shown or not, and adds one; the second half stays all the while. */
static int drop_and_flush(void *data, const xlgc_link_info *link) {
  struct walk *walk = data;
  for (unsigned i = 0; i < HELD; i++)
    walk->seen[i] += walk->targets[i] == link->target;
  if (walk->shown >= HELD / 2) return 0;
  drop(link->source, walk->targets[walk->shown++]);
  hold(link->source, object());
  if (walk->shown % 2)
    flush();
  else
    ok(xlgc_apply(r.pool));
  return 0;
}

START_TEST(each_target_goes_on_while_links_come_and_go) {
  start(_i);
  struct walk walk = {0};
  make_hub(&walk, root());
  ok(xlgc_each_target(r.pool, walk.source, drop_and_flush, &walk));
  for (unsigned i = HELD / 2; i < HELD; i++)
    ck_assert_uint_ge(walk.seen[i], 1);
  flush();
  ck_assert_uint_eq(r.told_count, walk.shown);
  finish();
}
END_TEST

static int let_source_die(void *data, const xlgc_link_info *link) {
  struct walk *walk = data;
  if (++walk->shown > 1) return 1;
  ok(xlgc_unpin(r.context, link->source));
  flush();
  ck_assert(!recorder_knows(&r, link->source));
  /* Its slot gets another object, with links. */
  make_hub(walk, root());
  flush();
  return 0;
}

START_TEST(each_target_ends_when_the_object_dies) {
  start(_i);
  struct walk walk = {0};
  make_hub(&walk, root());
  ok(xlgc_each_target(r.pool, walk.source, let_source_die, &walk));
  ck_assert_uint_eq(walk.shown, 1);
  ck_assert_uint_eq(r.told_count, HELD + 1);
  finish();
}
END_TEST

START_TEST(apply_tells_nobody) {
  start(_i);
  xlgc_id top = root(), held = held_by(top), asked = recorder_object(&r, &r.asking);
  hold(top, asked);
  drop(top, held);
  drop(top, asked);
  ok(xlgc_apply(r.pool));
  ck_assert_uint_eq(recorder_statistics(&r).queued, 0);
  ck_assert_uint_eq(recorder_statistics(&r).links, 0);
  ck_assert_uint_eq(r.said_count, 0);
  hold(top, held);
  ok(xlgc_apply(r.pool));
  flush();
  expect_told(&r, asked);
  finish();
}
END_TEST

START_TEST(steps_say_whether_work_is_left) {
  start(_i);
  ck_assert_int_eq(xlgc_step(r.pool, 1), 0);
  xlgc_id top = root(), last = top;
  for (unsigned i = 0; i < HELD; i++)
    last = held_by(last);
  ck_assert_int_eq(xlgc_step(r.pool, 0), 1);
  ck_assert_uint_eq(recorder_statistics(&r).events, 0);
  unsigned steps = 0;
  while (xlgc_step(r.pool, 1) == 1)
    steps++;
  ck_assert_uint_ge(steps, HELD);
  ck_assert_uint_eq(recorder_statistics(&r).queued, 0);
  ok(xlgc_unpin(r.context, top));
  ck_assert_int_eq(xlgc_step_for(r.pool, 0), 1);
  ck_assert_uint_lt(r.told_count, HELD + 1);
  ck_assert_int_eq(xlgc_step_for(r.pool, 20 * UINT64_C(1000000000)), 0);
  ck_assert_uint_eq(r.told_count, HELD + 1);
  ck_assert_int_eq(xlgc_step(r.pool, SIZE_MAX), 0);
  finish();
}
END_TEST

START_TEST(stepping_gives_the_verdicts_of_flushing) {
  start(_i);
  xlgc_id top = root(), a = recorder_object(&r, &r.asking), b = held_by(a);
  hold(top, a);
  hold(b, a);
  drop(top, a);
  while (xlgc_step(r.pool, 1) == 1)
    ;
  ck_assert_str_eq(r.said, "att");
  expect_told(&r, a, b);
  finish();
}
END_TEST

/* ------------------------------------------------------------ statistics */

START_TEST(steps_are_timed) {
  start(_i);
  xlgc_statistics now = recorder_statistics(&r);
  ck_assert_uint_eq(now.longest_step_ns, 0);
  enum { STEPS = 50 };
  for (unsigned i = 0; i < STEPS; i++) {
    hold(root(), object());
    ck_assert_int_ge(i % 2 ? xlgc_step(r.pool, 10) : xlgc_step_for(r.pool, 1), 0);
  }
  now = recorder_statistics(&r);
  uint64_t steps = 0;
  unsigned highest = 0;
  for (unsigned i = 0; i < XLGC_STEP_TIMES; i++) {
    steps += now.steps[i];
    if (now.steps[i]) highest = i;
  }
  ck_assert_uint_eq(steps, STEPS);
  ck_assert_uint_lt(now.longest_step_ns, UINT64_C(2) << highest);
  ck_assert_uint_ge(now.longest_step_ns, highest ? UINT64_C(1) << highest : 0);
  finish();
}
END_TEST

START_TEST(statistics_agree_with_what_was_done) {
  start(_i);
  xlgc_statistics before = recorder_statistics(&r), now;
  ck_assert_uint_eq(before.objects + before.links + before.events + before.queued + before.touched, 0);
  ck_assert_uint_gt(before.bytes, 0);
  xlgc_id top = root(), a = held_by(top), b = held_by(a), frame = recorder_object(&r, &r.passing);
  hold(a, b);
  now = recorder_statistics(&r);
  ck_assert_uint_eq(now.objects, 4);
  ck_assert_uint_eq(now.events, 0);
  ck_assert_uint_ge(now.queued, 4);
  flush();
  now = recorder_statistics(&r);
  ck_assert_uint_eq(now.objects, 3);
  ck_assert_uint_eq(now.forgotten, 1);
  ck_assert_uint_eq(now.links, 2);
  ck_assert_uint_eq(now.events, 4);
  ck_assert_uint_eq(now.events, xlgc_context_position(r.context));
  ck_assert_uint_eq(now.queued, 0);
  ck_assert_uint_eq(now.table_operations, 2);
  ck_assert_uint_eq(now.touched, 3);
  ck_assert_uint_eq(now.touched, xlgc_links_touched(r.pool));
  ck_assert_uint_ge(now.rounds, 1);
  ck_assert(!recorder_knows(&r, frame));
  drop(top, a);
  drop(top, a);
  flush();
  ck_assert_uint_eq(r.error_count, 1);
  r.error_count = 0;
  now = recorder_statistics(&r);
  ck_assert_uint_eq(now.objects, 1);
  ck_assert_uint_eq(now.links, 0);
  ck_assert_uint_eq(now.events, 6);
  ck_assert_uint_eq(now.errors, 1);
  ck_assert_uint_eq(now.orphans, 2);
  ck_assert_uint_eq(now.table_operations, 4);
  ck_assert_uint_gt(now.repairs, 0);
  ck_assert_uint_le(now.searches, now.repairs);
  ck_assert_uint_ge(now.bytes_peak, now.bytes);
  ck_assert_uint_ge(now.bytes, now.link_bytes + now.object_bytes + now.index_bytes + now.queue_bytes);
  expect_told(&r, a, b);
  finish();
}
END_TEST

START_TEST(memory_goes_back_after_a_peak) {
  enum { PEAK = 100000 };
  start(_i);
  xlgc_kind cookies = r.kind;
  cookies.flags = XLGC_KIND_UNINDEXED;
  xlgc_id top = root(), last = top;
  flush();
  xlgc_statistics before = recorder_statistics(&r), peak, after;
  for (unsigned i = 0; i < PEAK; i++) {
    xlgc_id next;
    ok(xlgc_register(r.context, NULL, &cookies, &next));
    hold(last, next);
    last = next;
  }
  flush();
  peak = recorder_statistics(&r);
  ck_assert_uint_eq(peak.links, PEAK);
  ck_assert_uint_ge(peak.link_bytes, PEAK * 32);
  ok(xlgc_unpin(r.context, top));
  flush();
  after = recorder_statistics(&r);
  ck_assert_uint_eq(after.objects, 0);
  ck_assert_uint_eq(r.told_count, PEAK + 1);
  ck_assert_uint_le(after.link_bytes, peak.link_bytes / 10);
  ck_assert_uint_le(after.object_bytes, peak.object_bytes / 10);
  ck_assert_uint_le(after.bytes, before.bytes + peak.bytes / 10);
  ck_assert_uint_ge(after.bytes_peak, peak.bytes);
  recorder_close(&r);
}
END_TEST

START_TEST(verify_says_nothing_of_a_good_pool) {
  start(_i);
  char why[80] = "nothing";
  xlgc_id top = root();
  hold(top, held_by(top));
  ok(xlgc_verify(r.pool, why, sizeof why));
  drop(top, held_by(top));
  ok(xlgc_verify(r.pool, NULL, 0));
  flush();
  ok(xlgc_verify(r.pool, why, 1));
  finish();
}
END_TEST

/* ----------------------------------------------------------------- pools */

START_TEST(pools_share_nothing) {
  static recorder other;
  start(_i);
  recorder_open(&other, 1 - _i);
  static char address;
  xlgc_id mine, theirs, found;
  ok(xlgc_register(r.context, &address, &r.kind, &mine));
  ck_assert_int_eq(xlgc_lookup(other.pool, &address, &found), XLGC_E_UNKNOWN);
  ok(xlgc_register(other.context, &address, &other.kind, &theirs));
  ck_assert_uint_ne(mine, theirs);
  ok(xlgc_pin(r.context, mine));
  ok(xlgc_pin(other.context, theirs));
  ok(xlgc_unpin(r.context, mine));
  flush();
  ok(xlgc_flush(other.pool));
  expect_told(&r, mine);
  expect_none_told(&other);
  ck_assert_uint_eq(recorder_statistics(&r).objects, 0);
  ck_assert_uint_eq(recorder_statistics(&other).objects, 1);
  finish();
  ok(xlgc_lookup(other.pool, &address, &found));
  recorder_close(&other);
}
END_TEST

/* A releaser may work on another pool. */
static recorder second;
static void work_on_second(recorder *first, xlgc_context *context, xlgc_id id, void *address) {
  (void)first;
  (void)context;
  (void)id;
  (void)address;
  xlgc_id passed = recorder_root(&second);
  ok(xlgc_unpin(second.context, passed));
  ok(xlgc_flush(second.pool));
  expect_told(&second, passed);
}

START_TEST(releasers_may_work_on_another_pool) {
  start(_i);
  recorder_open(&second, _i);
  r.on_release = work_on_second;
  xlgc_id top = root(), held = held_by(top);
  drop(top, held);
  flush();
  expect_told(&r, held);
  recorder_close(&second);
  finish();
}
END_TEST

/* Memory that is set aside costs no page until it is used. */
START_TEST(a_small_pool_touches_little_memory) {
  enum { PAGES_MAX = 24 };
  if (XLGC_INVARIANTS >= 2) {
    puts("a_small_pool_touches_little_memory: skipped, as verifying all invariants takes memory of its own");
    return;
  }
  alloc memory = {.fail_at = ALLOC_NEVER};
  xlgc_config config = recorder_config(&r);
  config.setting = _i;
  config.allocator = alloc_functions(&memory);
  recorder_open_with(&r, &config);
  xlgc_id top = root(), held = held_by(top);
  flush();
  drop(top, held);
  flush();
  ck_assert_uint_gt(memory.bytes, 2 * PAGES_MAX * 4096);
  recorder_close(&r);
  ck_assert_uint_eq(memory.blocks, 0);
  ck_assert_uint_le(memory.written_pages, PAGES_MAX);
}
END_TEST

START_TEST(many_pools_in_sequence) {
  xlgc_id last = XLGC_ID_NONE;
  for (unsigned i = 0; i < 600; i++) {
    memset(&r, 0, sizeof r);
    start(_i);
    xlgc_id top = root(), held = held_by(top);
    ck_assert_uint_ne(top, last);
    last = top;
    drop(top, held);
    ok(xlgc_pool_destroy(r.pool));
    expect_told(&r, held);
    ck_assert_uint_eq(r.survivor_count, 1);
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("api_basics");
  TCase *words = trial_case(suite, "words");
  tcase_add_test(words, version_is_the_headers);
  tcase_add_test(words, every_error_has_its_name_and_sentence);
  tcase_add_test(words, config_has_defaults);
  tcase_add_test(words, bad_configs_are_refused);
  TCase *objects = trial_case(suite, "objects");
  tcase_add_loop_test(objects, objects_are_registered_looked_up_and_described, 0, 2);
  tcase_add_loop_test(objects, unindexed_kinds_are_not_found, 0, 2);
  tcase_add_loop_test(objects, pins_make_roots, 0, 2);
  tcase_add_loop_test(objects, new_objects_stay_until_they_are_taken_back, 0, 2);
  tcase_add_loop_test(objects, transient_objects_are_forgotten, 0, 2);
  tcase_add_loop_test(objects, relink_moves_a_pointer, 0, 2);
  TCase *reading = trial_case(suite, "reading");
  tcase_add_loop_test(reading, distance_and_path, 0, 2);
  tcase_add_loop_test(reading, orphans_have_no_distance_before_the_flush, 0, 2);
  tcase_add_loop_test(reading, each_target_shows_every_link_once_or_stops, 0, 2);
  tcase_add_loop_test(reading, root_beyond_others, 0, 2);
  tcase_add_loop_test(reading, each_source_shows_every_holder, 0, 2);
  tcase_add_loop_test(reading, each_target_goes_on_while_links_come_and_go, 0, 2);
  tcase_add_loop_test(reading, each_target_ends_when_the_object_dies, 0, 2);
  TCase *work = trial_case(suite, "work");
  tcase_add_loop_test(work, apply_tells_nobody, 0, 2);
  tcase_add_loop_test(work, steps_say_whether_work_is_left, 0, 2);
  tcase_add_loop_test(work, stepping_gives_the_verdicts_of_flushing, 0, 2);
  TCase *statistics = trial_case(suite, "statistics");
  tcase_add_loop_test(statistics, steps_are_timed, 0, 2);
  tcase_add_loop_test(statistics, statistics_agree_with_what_was_done, 0, 2);
  tcase_add_loop_test(statistics, memory_goes_back_after_a_peak, 0, 2);
  tcase_add_loop_test(statistics, verify_says_nothing_of_a_good_pool, 0, 2);
  TCase *pools = trial_case(suite, "pools");
  tcase_add_loop_test(pools, pools_share_nothing, 0, 2);
  tcase_add_loop_test(pools, releasers_may_work_on_another_pool, 0, 2);
  tcase_add_loop_test(pools, a_small_pool_touches_little_memory, 0, 2);
  tcase_add_loop_test(pools, many_pools_in_sequence, 0, 2);
  return trial_run(suite);
}
