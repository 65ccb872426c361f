#include <config.h>

#include "recorder.h"

#include <stdio.h>
#include <string.h>

static void say(recorder *recorder, char letter) {
  if (recorder->said_count < RECORDER_ROOM - 1) recorder->said[recorder->said_count++] = letter;
  if (letter != 't' && recorder->on_other) recorder->on_other(recorder);
}

static void release(xlgc_context *context, xlgc_id id, void *object, void *data) {
  recorder *recorder = data;
  if (recorder->told_count < RECORDER_ROOM) recorder->told[recorder->told_count] = id;
  recorder->told_count++;
  say(recorder, 't');
  if (recorder->on_release) recorder->on_release(recorder, context, id, object);
}

static int ask(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)context;
  (void)id;
  (void)object;
  recorder *recorder = data;
  recorder->asked_count++;
  say(recorder, 'a');
  return recorder->answer;
}

static void forget(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)context;
  (void)id;
  (void)object;
  recorder *recorder = data;
  recorder->forgotten_count++;
  say(recorder, 'f');
}

static void on_error(void *data, const xlgc_error *error) {
  recorder *recorder = data;
  if (recorder->error_count < RECORDER_ROOM) recorder->errors[recorder->error_count] = *error;
  recorder->error_count++;
  snprintf(recorder->error_context, sizeof recorder->error_context, "%s", error->context);
  say(recorder, 'e');
}

static void on_survivor(void *data, const xlgc_survivor *survivor) {
  recorder *recorder = data;
  if (recorder->survivor_count < RECORDER_ROOM) recorder->survivors[recorder->survivor_count] = *survivor;
  recorder->survivor_count++;
  say(recorder, 's');
}

xlgc_config recorder_config(recorder *recorder) {
  xlgc_config config;
  xlgc_config_init(&config);
  config.on_error = on_error;
  config.on_survivor = on_survivor;
  config.data = recorder;
  return config;
}

void recorder_open_with(recorder *recorder, const xlgc_config *config) {
  recorder->kind = (xlgc_kind){.name = "recorded", .release = release, .data = recorder};
  recorder->asking = recorder->kind;
  recorder->asking.orphaned = ask;
  recorder->passing = recorder->kind;
  recorder->passing.flags = XLGC_KIND_TRANSIENT;
  recorder->passing.forgotten = forget;
  ok(xlgc_pool_create(config, &recorder->pool));
  ok(xlgc_context_create(recorder->pool, "recorder", &recorder->context));
}

void recorder_open(recorder *recorder, int setting) {
  xlgc_config config = recorder_config(recorder);
  config.setting = setting;
  recorder_open_with(recorder, &config);
}

void recorder_close(recorder *recorder) { ok(xlgc_pool_destroy(recorder->pool)); }

xlgc_id recorder_object(recorder *recorder, const xlgc_kind *kind) {
  ck_assert_uint_lt(recorder->address_count, sizeof recorder->addresses);
  xlgc_id id;
  ok(xlgc_register(recorder->context, &recorder->addresses[recorder->address_count++], kind, &id));
  return id;
}

xlgc_id recorder_root(recorder *recorder) {
  xlgc_id id = recorder_object(recorder, &recorder->kind);
  ok(xlgc_pin(recorder->context, id));
  return id;
}

xlgc_id recorder_held(recorder *recorder, xlgc_id holder) {
  xlgc_id id = recorder_object(recorder, &recorder->kind);
  ok(xlgc_link(recorder->context, holder, id));
  return id;
}

void recorder_expect_told(recorder *recorder, const xlgc_id *ids, size_t count) {
  ck_assert_uint_eq(recorder->told_count, count);
  for (size_t i = 0; i < count; i++)
    ck_assert_msg(recorder->told[i] == ids[i], "the %zuth told is %llx, not %llx", i,
                  (unsigned long long)recorder->told[i], (unsigned long long)ids[i]);
  recorder->told_count = 0;
}

void recorder_expect_error(recorder *recorder, int code, const char *what, xlgc_id source, xlgc_id target,
                           uint64_t position) {
  ck_assert_uint_eq(recorder->error_count, 1);
  const xlgc_error *error = &recorder->errors[0];
  ck_assert_str_eq(xlgc_errname(error->code), xlgc_errname(code));
  ck_assert_str_eq(error->what, what);
  ck_assert_uint_eq(error->source, source);
  ck_assert_uint_eq(error->target, target);
  ck_assert_ptr_null(error->parent);
  ck_assert_ptr_null(error->child);
  ck_assert_str_eq(recorder->error_context, "recorder");
  ck_assert_uint_eq(error->position, position);
  recorder->error_count = 0;
}

void recorder_expect_no_error(const recorder *recorder) {
  ck_assert_msg(recorder->error_count == 0, "%s at %s", xlgc_errname(recorder->errors[0].code),
                recorder->errors[0].what);
}

xlgc_statistics recorder_statistics(recorder *recorder) {
  xlgc_statistics statistics;
  ok(xlgc_stats(recorder->pool, &statistics));
  return statistics;
}

uint64_t recorder_distance(recorder *recorder, xlgc_id id) {
  uint64_t distance;
  ok(xlgc_distance(recorder->pool, id, &distance));
  return distance;
}

bool recorder_knows(recorder *recorder, xlgc_id id) {
  xlgc_object_info info;
  int result = xlgc_info(recorder->pool, id, &info);
  ck_assert(result == 0 || result == XLGC_E_STALE);
  return result == 0;
}

void recorder_count_release(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)context;
  (void)id;
  (void)object;
  ++*(unsigned *)data;
}

int recorder_no_link(void *data, const xlgc_link_info *link) {
  (void)data;
  (void)link;
  ck_abort_msg("a link of no object");
  return 0;
}

struct sought {
  xlgc_id target;
  unsigned count;
};

static int note_count(void *data, const xlgc_link_info *link) {
  struct sought *sought = data;
  if (link->target == sought->target) sought->count = link->count;
  return 0;
}

unsigned recorder_count(recorder *recorder, xlgc_id source, xlgc_id target) {
  struct sought sought = {target, 0};
  ok(xlgc_each_target(recorder->pool, source, note_count, &sought));
  return sought.count;
}
