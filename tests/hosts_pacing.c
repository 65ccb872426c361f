/* The hosts of a pool collect rings by themselves, when that is due; and what weak references of an engine lead to
 * stays meanwhile. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <xlgc/listen.h>

#include "hosts/core/handover.h"
#include "support/toy.h"
#include "support/trial.h"

enum { FLOOR = 1000 };

static xlgc_pool *pool;
static toy *a, *b, *c;

static void begin(unsigned pause, uint64_t max_age_ns) {
  ok(xlgc_pool_create(NULL, &pool));
  a = toy_open(pool, 0), b = toy_open(pool, 0), c = toy_open(pool, 0);
  xlgc_hosts_config config;
  ok(xlgc_hosts_configuration(pool, &config));
  config.step_size = 8;
  config.pause = pause;
  config.share = 0;
  config.max_age_ns = max_age_ns;
  ok(xlgc_hosts_configure(pool, &config));
}

static void end(void) {
  toy_close(a), toy_close(b), toy_close(c);
  ok(xlgc_flush(pool));
  ok(xlgc_verify(pool, NULL, 0));
  ok(xlgc_pool_destroy(pool));
}

/* A call of a's to b: the object in a's global 0 gets a ring with a new one there. */
static void make_ring(unsigned number) {
  xlgc_visit visit;
  if (!toy_at(a, 8)) toy_make_in(b, a, 8, 7);
  toy_make(a, 0, number);
  ok(xlgc_visit_begin(&visit, a->host, toy_at(a, 8)->id));
  toy_make(b, 0, number);
  toy_pass(a, 0, b, 1);
  toy_set(b, 0, 0, 1);
  toy_pass(b, 0, a, 1);
  toy_set(a, 0, 0, 1);
  toy_drop(b, 0), toy_drop(b, 1), toy_drop(a, 1);
  xlgc_visit_end(&visit);
}

/* A ring of many: the first ones are kept, in a list from a's global 3, the others dropped. The engines collect now and
 * then. */
static void make_one_of_many(unsigned number, unsigned kept) {
  make_ring(number);
  if (number < kept) {
    toy_at(a, 0)->fields[1] = number ? toy_at(a, 3) : NULL;
    toy_put(a, 3, toy_at(a, 0));
  }
  toy_drop(a, 0);
  if (number % 16 == 0) toy_collect(a), toy_collect(b);
}

static uint64_t collections(void) {
  xlgc_host_statistics statistics;
  ok(xlgc_host_stats(a->host, &statistics));
  return statistics.collections;
}

/* Rings are made and dropped all the time, some are kept: what is there is never more than the bound. Two objects of a
 * ring, and some steps more may have crossed until the verdict is over. */
START_TEST(rings_go_by_themselves) {
  enum { KEPT = 400, MADE = TRIAL_SANITIZED ? 5000 : 20000 };
  static const unsigned pauses[] = {10, 100, 300};
  unsigned pause = pauses[_i];
  begin(pause, 0);
  uint64_t most = 0;
  for (unsigned i = 0; i < MADE; i++) {
    make_one_of_many(i, KEPT);
    if (a->pins > most) most = a->pins;
  }
  uint64_t bound = 2 * KEPT * (100 + pause) / 100 + FLOOR + 200;
  ck_assert_uint_le(2 * most, bound);
  ck_assert_uint_ge(a->pins, KEPT);
  unsigned count = 0;
  for (const toy_thing *thing = toy_at(a, 3); thing; thing = toy_good(thing->fields[1]))
    count++;
  ck_assert_uint_eq(count, KEPT);
  ck_assert_uint_gt(collections(), 0);
  /* In proportion to what crosses. */
  ck_assert_uint_le(collections(), 2 * MADE / FLOOR + 1);
  toy_drop(a, 3);
  end();
}
END_TEST

/* What a preset leads to, where rings are made and dropped all the time, and some are kept. */
typedef struct effect {
  uint64_t most;        /* exports of a's at once */
  uint64_t collections; /* until all rings were made */
  uint64_t stops;       /* parts of these */
} effect;

static void count_stop(void *data, const xlgc_moment *moment) { ((effect *)data)->stops += !moment->ends; }

static effect try_preset(const char *preset) {
  enum { KEPT = 2000, MADE = TRIAL_SANITIZED ? 8000 : 24000 };
  effect found = {0, 0, 0};
  const xlgc_listener listener = {.stop = count_stop, .data = &found};
  begin(100, 0);
  xlgc_hosts_config config;
  ok(xlgc_hosts_configuration(pool, &config));
  ok(xlgc_hosts_config_set_text(&config, "preset", preset, NULL));
  config.share = 0; /* no rests, and no age, which the machine's speed would decide about */
  config.max_age_ns = 0;
  ok(xlgc_hosts_configure(pool, &config));
  ok(xlgc_listen(pool, &listener));
  for (unsigned i = 0; i < MADE; i++) {
    make_one_of_many(i, KEPT);
    if (i >= KEPT && found.most < a->pins) found.most = a->pins;
  }
  found.collections = collections();
  ok(xlgc_unlisten(pool, &listener));
  toy_drop(a, 3);
  end();
  return found;
}

/* Less memory takes more collections. Where stops are to be short, there are more of them, for as much. */
START_TEST(presets_have_an_effect) {
  effect usual = try_preset("usual"), latency = try_preset("low_latency"), throughput = try_preset("throughput"),
         memory = try_preset("low_memory"), debug = try_preset("debug");
  ck_assert_uint_gt(throughput.most, usual.most);
  ck_assert_uint_gt(usual.most, memory.most);
  ck_assert_uint_gt(memory.most, debug.most);
  ck_assert_uint_lt(throughput.collections, usual.collections);
  ck_assert_uint_lt(usual.collections, memory.collections);
  ck_assert_uint_lt(memory.collections, debug.collections);
  ck_assert_uint_gt(latency.stops * usual.collections, usual.stops * latency.collections);
  ck_assert_uint_lt(throughput.stops * usual.collections, usual.stops * throughput.collections);
}
END_TEST

START_TEST(not_without_a_pause) {
  begin(0, 1);
  for (unsigned i = 0; i < 2000; i++)
    make_ring(i);
  toy_drop(a, 0);
  ck_assert_uint_eq(collections(), 0);
  ck_assert_uint_eq(a->objects, 2000);
  ck_assert_int_ge(xlgc_hosts_collect(pool), 4000);
  ck_assert_uint_eq(a->objects, 0);
  end();
}
END_TEST

static void visit_often(void) {
  for (unsigned i = 0; i < 20; i++) {
    xlgc_visit visit;
    ok(xlgc_visit_begin(&visit, a->host, toy_at(a, 8)->id));
    xlgc_visit_end(&visit);
  }
}

/* The last collection is too long ago: the next step collects, also when nothing has crossed since, and what dies has
 * survived collections. */
START_TEST(old_garbage_goes) {
  begin(100, 0);
  make_ring(1);
  ck_assert_int_ge(xlgc_hosts_collect(pool), 0);
  visit_often();
  ck_assert_uint_eq(collections(), 0);
  toy_drop(a, 0);
  visit_often();
  toy_collect_all(a);
  ck_assert_uint_eq(a->objects, 1);
  xlgc_hosts_config config;
  ok(xlgc_hosts_configuration(pool, &config));
  config.max_age_ns = 1;
  ok(xlgc_hosts_configure(pool, &config));
  visit_often();
  toy_collect_all(a);
  ck_assert_uint_eq(a->objects, 0);
  config.max_age_ns = UINT64_C(3600000000000);
  ok(xlgc_hosts_configure(pool, &config));
  uint64_t before = collections();
  visit_often();
  ck_assert_uint_eq(collections(), before);
  end();
}
END_TEST

static void take_long(toy *at) {
  (void)at;
  nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
}

static uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* What takes long is followed by a rest that is longer. */
START_TEST(collections_rest) {
  begin(100, 0);
  make_ring(1);
  toy_drop(a, 0);
  xlgc_hosts_config config;
  ok(xlgc_hosts_configuration(pool, &config));
  config.max_age_ns = 1;
  config.share = 1;
  ok(xlgc_hosts_configure(pool, &config));
  uint64_t start_ns = now_ns();
  a->in_summary = take_long;
  while (collections() < 2)
    visit_often();
  a->in_summary = NULL;
  ck_assert_uint_ge(now_ns() - start_ns, 2000000000); /* two times 20 ms, and 99 times that between them */
  /* Not when too much has crossed meanwhile: two exports a ring. */
  a->in_summary = take_long;
  for (unsigned i = 0; i < 12 * FLOOR; i++)
    make_ring(i);
  a->in_summary = NULL;
  ck_assert_uint_le(a->pins, 10 * FLOOR);
  config.share = 0;
  ok(xlgc_hosts_configure(pool, &config));
  uint64_t before = collections();
  for (unsigned i = 0; i < 100 && collections() == before; i++)
    visit_often(); /* the parts of one */
  ck_assert_uint_gt(collections(), before);
  end();
}
END_TEST

static const uint64_t SECOND_NS = 1000000000;

static void make_rings(unsigned count) {
  while (count--)
    make_ring(count);
}

static unsigned walks;
static void count_walk(toy *toy) {
  (void)toy;
  walks++;
}

/* A program with a main loop: the ends of visits collect nothing, a frame that has the time does. On a machine that
 * needs a second for this the program counts as one that has no more frames. */
static bool try_frames(void) {
  uint64_t takes_ns, start_ns = now_ns();
  ck_assert_int_eq(xlgc_hosts_due(pool, &takes_ns), 0);
  ck_assert_int_eq(xlgc_hosts_frame(pool, 10 * SECOND_NS), 0);
  make_rings(FLOOR);
  if (now_ns() - start_ns >= SECOND_NS) return false;
  ck_assert_uint_eq(collections(), 0);
  ck_assert_int_eq(xlgc_hosts_due(pool, &takes_ns), 1);
  ck_assert_uint_eq(takes_ns, 0); /* there was none */
  a->in_summary = take_long;
  ck_assert_int_eq(xlgc_hosts_frame(pool, 10 * SECOND_NS), 0);
  a->in_summary = NULL;
  ck_assert_uint_eq(collections(), 1);
  /* It took 20 ms, which a short frame has not. */
  start_ns = now_ns();
  make_rings(2 * FLOOR);
  if (now_ns() - start_ns >= SECOND_NS / 2) return false;
  ck_assert_int_eq(xlgc_hosts_due(pool, &takes_ns), 1);
  ck_assert_uint_ge(takes_ns, 20000000);
  walks = 0;
  a->in_summary = count_walk;
  for (unsigned i = 0; i < 20; i++) /* what comes before it is done */
    ck_assert_int_eq(xlgc_hosts_frame(pool, 1000000), 1);
  a->in_summary = NULL;
  ck_assert_uint_eq(walks, 0);
  ck_assert_uint_eq(collections(), 1);
  ck_assert_uint_ge(a->objects, 2 * FLOOR);
  return true;
}

START_TEST(frames_collect) {
  begin(100, 0);
  if (!try_frames()) printf("not tested: frames, on this machine\n");
  /* No frame after that has the time either, so in the end it is not left to frames. */
  uint64_t most = 0;
  for (; a->pins >= most && a->pins < 20 * FLOOR; make_ring(1))
    most = a->pins;
  ck_assert_uint_lt(most, 12 * FLOOR); /* two exports a ring, 16,000 more than made it due */
  /* Without frames the ends of visits do it again. */
  for (uint64_t before = collections(); collections() == before;)
    make_ring(1);
  toy_drop(a, 0);
  end();
}
END_TEST

/* A frame goes on with what an engine does before its summary while there is time, and a visit has none. */
START_TEST(frames_in_parts) {
  begin(100, 1);
  make_ring(1);
  a->unready = 5;
  ck_assert_int_eq(xlgc_hosts_frame(pool, 1000000000), 1); /* the next is due */
  ck_assert_uint_ge(collections(), 1);
  ck_assert_uint_eq(a->unready, 0);
  xlgc_visit visit;
  ok(xlgc_visit_begin(&visit, a->host, toy_at(a, 8)->id));
  ck_assert_int_eq(xlgc_hosts_frame(pool, 1000), XLGC_E_BUSY);
  ck_assert_str_eq(xlgc_hosts_why(), "a visit is open on this thread");
  xlgc_visit_end(&visit);
  uint64_t takes_ns;
  ck_assert_int_eq(xlgc_hosts_frame(NULL, 1), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_hosts_due(NULL, &takes_ns), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_hosts_due(pool, NULL), XLGC_E_INVAL);
  toy_drop(a, 0);
  end();
}
END_TEST

/* Without hosts a frame is a step. */
START_TEST(frames_without_hosts) {
  uint64_t takes_ns = 1;
  ok(xlgc_pool_create(NULL, &pool));
  ck_assert_int_eq(xlgc_hosts_frame(pool, 1000), 0);
  ck_assert_int_eq(xlgc_hosts_due(pool, &takes_ns), 0);
  ck_assert_uint_eq(takes_ns, 0);
  ok(xlgc_pool_destroy(pool));
}
END_TEST

/* A program's own collection counts: the next by itself is as far off as after one of these. */
START_TEST(collections_by_hand_count) {
  begin(100, 0);
  toy_thing *kept = NULL;
  for (unsigned i = 0; i < FLOOR - 100; i++) {
    make_ring(i);
    toy_at(a, 0)->fields[1] = kept;
    kept = toy_at(a, 0);
    toy_put(a, 3, kept);
    if (i == FLOOR / 2 - 50) ck_assert_int_ge(xlgc_hosts_collect(pool), 0);
  }
  ck_assert_uint_eq(collections(), 0);
  toy_drop(a, 0), toy_drop(a, 3);
  end();
}
END_TEST

/* An engine that cannot be summarised now is tried again later, and nothing is lost meanwhile. */
START_TEST(refused_collections_are_tried_again) {
  begin(100, 0);
  b->fails = XLGC_E_BUSY;
  for (unsigned i = 0; i < 3000; i++)
    make_ring(i);
  ck_assert_uint_eq(collections(), 0);
  ck_assert_uint_eq(a->objects, 3000);
  ck_assert_uint_le(b->walk, 0);
  b->fails = 0;
  for (unsigned i = 0; i < 3000; i++)
    make_ring(i);
  ck_assert_uint_gt(collections(), 0);
  toy_collect_all(a);
  ck_assert_uint_lt(a->objects, 3000);
  toy_drop(a, 0);
  end();
}
END_TEST

/* Rings go that have nothing to do with it, and what it holds stays. */
START_TEST(others_are_collected_without_one_that_refuses) {
  begin(100, 1);
  toy_make_in(c, a, 5, 3);
  toy_make_in(c, b, 5, 4);
  make_ring(1);
  visit_often();
  c->fails = XLGC_E_BUSY;
  for (unsigned i = 0; i < 500; i++)
    make_ring(i);
  toy_drop(a, 0);
  visit_often(), visit_often(); /* the first collection finds the last ring in use */
  toy_collect_all(a), toy_collect_all(b), toy_collect_all(c);
  ck_assert_uint_eq(a->objects, 0);
  char names[20];
  ck_assert_int_eq(xlgc_hosts_left_out(pool, names, sizeof names), 3);
  ck_assert_str_eq(names, "toy");
  a->fails = XLGC_E_BUSY; /* which has a proxy of c's */
  c->fails = 0;
  visit_often();
  toy_collect_all(c);
  ck_assert_uint_eq(c->objects, 2);
  ck_assert_uint_eq(a->pins, 0);
  for (unsigned i = 0; i < 2; i++) {
    xlgc_visit visit;
    toy *at = i ? b : a;
    ok(xlgc_visit_begin(&visit, at->host, toy_at(at, 5)->id));
    ck_assert_uint_eq(toy_good(visit.handle)->number, 3 + i);
    xlgc_visit_end(&visit);
  }
  a->fails = 0;
  end();
}
END_TEST

/* a: o.x is a proxy of p, of c's. b holds o, and a has it in a weak table only. After a collection (alone: a summary of
 * a's) code of a's takes it from there, which nobody hears of; b lets go of o. */
START_TEST(what_weak_references_lead_to_stays) {
  begin(100, 0);
  a->is_weak = true;
  toy_make(a, 0, 1);
  toy_make_in(c, a, 1, 3);
  toy_set(a, 0, 0, 1);
  toy_pass(a, 0, b, 0);
  toy_thing *o = toy_at(a, 0);
  toy_drop(a, 0), toy_drop(a, 1);
  for (unsigned i = 0; i < 2; i++) {
    if (_i)
      ok(xlgc_host_summarise(a->host));
    else
      ck_assert_int_ge(xlgc_hosts_collect(pool), 0);
  }
  ok(xlgc_host_summarise(c->host));
  toy_put(a, 0, toy_good(o));
  toy_drop(b, 0);
  toy_collect_all(b);
  ok(xlgc_flush(pool));
  toy_collect_all(c), toy_collect_all(a);
  toy_put(a, 1, toy_good(toy_at(a, 0)->fields[0]));
  xlgc_visit visit;
  ok(xlgc_visit_begin(&visit, a->host, toy_at(a, 1)->id));
  ck_assert_uint_eq(toy_good(visit.handle)->number, 3);
  xlgc_visit_end(&visit);
  /* It is no root: rings through a go. */
  make_ring(5);
  toy_drop(a, 0), toy_drop(a, 1);
  for (unsigned i = 0; i < 3; i++)
    ck_assert_int_ge(xlgc_hosts_collect(pool), 0);
  ck_assert_uint_eq(a->objects + c->objects, 0);
  end();
}
END_TEST

/* Each setting by its name, in its range; what is wrong is told with the name and the range. */
START_TEST(settings_by_name) {
  begin(100, 0);
  xlgc_hosts_config config;
  const char *why = NULL;
  double value;
  ok(xlgc_hosts_configuration(pool, &config));
  ok(xlgc_hosts_config_set(&config, "pause", 10000, &why));
  ok(xlgc_hosts_config_set(&config, "max_age", 1.5, &why));
  ok(xlgc_hosts_config_set(&config, "step_size", 0, NULL));
  ok(xlgc_hosts_config_set(&config, "step_multiplier", 1 << 20, NULL));
  ck_assert_uint_eq(config.pause, 10000);
  ck_assert_uint_eq(config.max_age_ns, 1500000000);
  ck_assert_uint_eq(config.step_size, 0);
  ck_assert_uint_eq(config.step_multiplier, 1 << 20);
  ok(xlgc_hosts_config_get(&config, "max_age", &value));
  ck_assert_double_eq(value, 1.5);
  static const struct {
    const char *name;
    double value;
    const char *words;
  } bad[] = {
      {"pause", -1, "pause is a whole number of percent, from 0 to 10000, not -1"},
      {"pause", 10001, "pause is a whole number of percent, from 0 to 10000, not 10001"},
      {"step_size", 1.5, "step_size is a whole number of visits, from 0 to 1048576, not 1.5"},
      {"step_multiplier", 0.0 / 0.0, NULL},
      {"max_age", -0.5, "max_age is a number of seconds, from 0 to 1000000000, not -0.5"},
  };
  for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
    xlgc_hosts_config before = config;
    ck_assert_int_eq(xlgc_hosts_config_set(&config, bad[i].name, bad[i].value, &why), XLGC_E_INVAL);
    if (bad[i].words) ck_assert_str_eq(why, bad[i].words);
    ck_assert_mem_eq(&before, &config, sizeof config);
  }
  ck_assert_int_eq(xlgc_hosts_config_set(&config, "paus", 1, &why), XLGC_E_UNKNOWN);
  ck_assert_str_eq(why, "there is no setting 'paus': there are pause, share, image, part, max_age, step_size, "
                        "step_multiplier, mode and sites");
  ck_assert_int_eq(xlgc_hosts_config_get(&config, "paus", &value), XLGC_E_UNKNOWN);
  ck_assert_int_eq(xlgc_hosts_config_get(NULL, "pause", &value), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_hosts_config_set(NULL, "pause", 1, NULL), XLGC_E_INVAL);
  unsigned count = 0;
  while (xlgc_hosts_config_name(count))
    ok(xlgc_hosts_config_get(&config, xlgc_hosts_config_name(count++), &value));
  ck_assert_uint_eq(count, 9);
  end();
}
END_TEST

/* The same by texts, which also name modes, and several settings at once. */
START_TEST(settings_by_text) {
  begin(100, 0);
  xlgc_hosts_config config, usual;
  const char *why = NULL;
  ok(xlgc_hosts_configuration(pool, &config));
  ok(xlgc_hosts_config_set_text(&config, "preset", "usual", &why));
  usual = config;
  ok(xlgc_hosts_config_set_text(&config, "max_age", "1.5", &why));
  ck_assert_uint_eq(config.max_age_ns, 1500000000);
  ok(xlgc_hosts_config_set_text(&config, "mode", "off", &why));
  ck_assert_uint_eq(config.mode, XLGC_HOSTS_OFF);
  ck_assert_str_eq(xlgc_hosts_config_word(&config, "mode"), "off");
  ck_assert_ptr_null(xlgc_hosts_config_word(&config, "pause"));
  ck_assert_ptr_null(xlgc_hosts_config_word(&config, "none"));
  static const char *const presets[] = {"low_latency", "throughput", "low_memory", "debug"};
  for (unsigned i = 0; i < sizeof presets / sizeof *presets; i++) {
    xlgc_hosts_config before = config;
    ok(xlgc_hosts_config_set_text(&config, "preset", presets[i], &why));
    ck_assert_mem_ne(&before, &config, sizeof config);
    ck_assert_uint_eq(config.mode, XLGC_HOSTS_OFF);
    ok(xlgc_hosts_configure(pool, &config));
  }
  static const struct {
    const char *name, *text, *words;
    int failed;
  } bad[] = {
      {"pause", "many", "pause is a whole number of percent, from 0 to 10000, not many", XLGC_E_INVAL},
      {"pause", "", "pause is a whole number of percent, from 0 to 10000, not ", XLGC_E_INVAL},
      {"pause", "12x", "pause is a whole number of percent, from 0 to 10000, not 12x", XLGC_E_INVAL},
      {"mode", "never", "mode is automatic, by_hand or off, not never", XLGC_E_INVAL},
      {"mode", "3", "mode is automatic, by_hand or off, not 3", XLGC_E_INVAL},
      {"preset", "fast", "preset is usual, low_latency, throughput, low_memory or debug", XLGC_E_INVAL},
      {"paus", "1", NULL, XLGC_E_UNKNOWN},
  };
  for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
    xlgc_hosts_config before = config;
    ck_assert_int_eq(xlgc_hosts_config_set_text(&config, bad[i].name, bad[i].text, &why), bad[i].failed);
    if (bad[i].words) ck_assert_str_eq(why, bad[i].words);
    ck_assert_mem_eq(&before, &config, sizeof config);
  }
  ck_assert_int_eq(xlgc_hosts_config_set_text(&config, "pause", NULL, NULL), XLGC_E_INVAL);
  ok(xlgc_hosts_config_set_text(&config, "preset", "usual", NULL));
  config.mode = usual.mode;
  ck_assert_mem_eq(&usual, &config, sizeof config);
  end();
}
END_TEST

static void set_mode(unsigned mode) {
  xlgc_hosts_config config;
  ok(xlgc_hosts_configuration(pool, &config));
  config.mode = mode;
  ok(xlgc_hosts_configure(pool, &config));
}

/* What a call of a's is given, and does not keep; b's object goes with its collector. */
static void pass_often(void) {
  for (unsigned i = 0; i < 1000; i++) {
    xlgc_visit visit;
    toy_make(a, 0, i);
    ok(xlgc_visit_begin(&visit, a->host, toy_at(a, 8)->id));
    toy_pass(a, 0, b, 1);
    toy_drop(b, 1), toy_drop(a, 0);
    xlgc_visit_end(&visit);
    if (i % 16 == 0) toy_collect(a), toy_collect(b);
  }
}

/* By hand, rings wait, also in frames, and what is in none goes. With all values as they were, they go as soon as the
 * hosts are automatic again. */
START_TEST(by_hand_no_rings_go) {
  begin(100, 1);
  set_mode(XLGC_HOSTS_BY_HAND);
  for (unsigned i = 0; i < 2000; i++)
    make_ring(i);
  toy_drop(a, 0);
  ck_assert_uint_eq(a->objects, 2000);
  pass_often();
  ck_assert_uint_le(a->objects, 2000 + 200);
  ck_assert_int_ge(xlgc_hosts_frame(pool, UINT64_C(1000000000)), 0);
  uint64_t ns;
  ck_assert_int_eq(xlgc_hosts_due(pool, &ns), 0);
  ck_assert_uint_eq(collections(), 0);
  set_mode(XLGC_HOSTS_AUTOMATIC);
  while (collections() < 2)
    ck_assert_int_ge(xlgc_hosts_frame(pool, UINT64_C(1000000000)), 0);
  toy_collect_all(a);
  ck_assert_uint_le(a->objects, 200);
  end();
}
END_TEST

/* Off, what is in no ring waits as well, at all hosts or at the one that is visited from. */
START_TEST(off_nothing_goes) {
  begin(100, 1);
  if (!toy_at(a, 8)) toy_make_in(b, a, 8, 7);
  if (_i) {
    ok(xlgc_host_set_mode(a->host, XLGC_HOSTS_OFF));
    ok(xlgc_host_set_mode(b->host, XLGC_HOSTS_OFF));
  } else {
    set_mode(XLGC_HOSTS_OFF);
  }
  pass_often();
  ck_assert_uint_eq(a->objects, 1000);
  ck_assert_int_ge(xlgc_hosts_collect(pool), 0);
  ck_assert_uint_eq(a->objects, 0);
  end();
}
END_TEST

/* Rings through a host by hand stay, others go; the host is named. */
START_TEST(one_host_by_hand) {
  begin(100, 1);
  ck_assert_uint_eq(xlgc_host_mode(a->host), XLGC_HOSTS_AUTOMATIC);
  ck_assert_int_eq(xlgc_host_set_mode(a->host, 3), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_host_set_mode(NULL, 0), XLGC_E_INVAL);
  ok(xlgc_host_set_mode(a->host, XLGC_HOSTS_BY_HAND));
  ck_assert_uint_eq(xlgc_host_mode(a->host), XLGC_HOSTS_BY_HAND);
  toy_make(b, 2, 1);
  toy_pass(b, 2, c, 2);
  toy_make(c, 3, 1);
  toy_pass(c, 3, b, 3);
  toy_set(b, 2, 0, 3), toy_set(c, 3, 0, 2);
  toy_drop(b, 2), toy_drop(b, 3), toy_drop(c, 2), toy_drop(c, 3);
  make_ring(1);
  toy_drop(a, 0);
  for (unsigned i = 0; i < 2; i++) {
    visit_often();
    toy_collect_all(a), toy_collect_all(b), toy_collect_all(c);
  }
  ck_assert_uint_gt(collections(), 0);
  char names[32];
  ck_assert_int_gt(xlgc_hosts_left_out(pool, names, sizeof names), 0);
  ck_assert_str_eq(names, "toy");
  ck_assert_uint_eq(a->objects, 1);
  ck_assert_uint_eq(c->objects, 0);
  ok(xlgc_host_set_mode(a->host, XLGC_HOSTS_AUTOMATIC));
  visit_often();
  toy_collect_all(a);
  ck_assert_uint_eq(a->objects, 0);
  end();
}
END_TEST

START_TEST(settings_of_the_environment) {
  setenv("XLGC_PAUSE", "70", 1);
  setenv("XLGC_MAX_AGE", "-1", 1);
  setenv("XLGC_STEP_SIZE", "many", 1);
  ok(xlgc_pool_create(NULL, &pool));
  a = toy_open(pool, 0);
  xlgc_hosts_config config;
  ok(xlgc_hosts_configuration(pool, &config));
  ck_assert_uint_eq(config.pause, 70);
  ck_assert_uint_eq(config.max_age_ns, UINT64_C(60000000000));
  ck_assert_uint_eq(config.step_size, 64);
  ck_assert_uint_eq(config.mode, XLGC_HOSTS_AUTOMATIC);
  toy_close(a);
  ok(xlgc_pool_destroy(pool));
  setenv("XLGC_PRESET", "low_memory", 1);
  setenv("XLGC_MODE", "by_hand", 1);
  ok(xlgc_pool_create(NULL, &pool));
  a = toy_open(pool, 0);
  ok(xlgc_hosts_configuration(pool, &config));
  ck_assert_uint_eq(config.pause, 70); /* what is named counts more than a preset */
  ck_assert_uint_eq(config.max_age_ns, UINT64_C(10000000000));
  ck_assert_uint_eq(config.mode, XLGC_HOSTS_BY_HAND);
  toy_close(a);
  ok(xlgc_pool_destroy(pool));
}
END_TEST

static size_t count_queued(void) { return atomic_load_explicit(&a->host->queued_count, memory_order_relaxed); }

/* Where frames come, they let go of what proxies have held; calls do that when they have left too much. */
START_TEST(what_is_left_to_frames) {
  begin(0, 0);
  ck_assert_int_ge(xlgc_hosts_frame(pool, 1), 0);
  const size_t left = XLGC__HOST_HANDOVER_LEFT;
  for (size_t i = 0; i < 2 * left; i++) {
    toy_make_in(b, a, 1, 1);
    toy_drop(a, 1);
    toy_collect(a); /* finalizes the proxy */
    if (i == left / 2) ck_assert_uint_gt(count_queued(), left / 4);
    ck_assert_uint_le(count_queued(), left + 2);
  }
  ck_assert_int_ge(xlgc_hosts_frame(pool, 3600 * SECOND_NS), 0);
  ck_assert_uint_eq(count_queued(), 0);
  end();
}
END_TEST

int main(void) {
  Suite *suite = suite_create("hosts_pacing");
  TCase *cases = trial_case(suite, "pacing");
  tcase_add_loop_test(cases, rings_go_by_themselves, 0, 3);
  tcase_add_test(cases, presets_have_an_effect);
  tcase_add_test(cases, not_without_a_pause);
  tcase_add_test(cases, old_garbage_goes);
  tcase_add_test(cases, frames_collect);
  tcase_add_test(cases, frames_in_parts);
  tcase_add_test(cases, frames_without_hosts);
  tcase_add_test(cases, what_is_left_to_frames);
  tcase_add_test(cases, collections_rest);
  tcase_add_test(cases, collections_by_hand_count);
  tcase_add_test(cases, refused_collections_are_tried_again);
  tcase_add_test(cases, others_are_collected_without_one_that_refuses);
  tcase_add_test(cases, settings_by_name);
  tcase_add_test(cases, settings_by_text);
  tcase_add_test(cases, settings_of_the_environment);
  tcase_add_test(cases, by_hand_no_rings_go);
  tcase_add_loop_test(cases, off_nothing_goes, 0, 2);
  tcase_add_test(cases, one_host_by_hand);
  tcase_add_loop_test(cases, what_weak_references_lead_to_stays, 0, 2);
  return trial_run(suite);
}
