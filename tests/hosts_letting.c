/* Exports are let go at the ends of visits: what no ring holds is freed without a collection, and nothing that code can
 * reach is. Each history below loses a live object where one rule is broken. */
#include <config.h>

#include <stdlib.h>

#include "hosts/core/engine.h"
#include "hosts/core/late.h"
#include "hosts/core/memory.h"
#include "hosts/core/summary.h"
#include "support/toy.h"
#include "support/trial.h"

static xlgc_pool *pool;
static toy *a, *b, *c;

/* step_size: as xlgc_hosts_config has it. */
static void begin(unsigned step_size) {
  ok(xlgc_pool_create(NULL, &pool));
  a = toy_open(pool, 0), b = toy_open(pool, 0), c = toy_open(pool, 0);
  xlgc_hosts_config config;
  ok(xlgc_hosts_configuration(pool, &config));
  config.step_size = step_size;
  ok(xlgc_hosts_configure(pool, &config));
}

static void end(void) {
  toy_close(a), toy_close(b), toy_close(c);
  ok(xlgc_flush(pool));
  ok(xlgc_verify(pool, NULL, 0));
  ok(xlgc_pool_destroy(pool));
}

/* Verdicts, and pins are cut; what went out outside of visits is let go. */
static void work(void) {
  ok(xlgc_flush(pool));
  ck_assert_int_ge(xlgc_host_dispatch(a->host, 1000), 0);
  ck_assert_int_ge(xlgc_host_dispatch(b->host, 1000), 0);
  ck_assert_int_ge(xlgc_host_dispatch(c->host, 1000), 0);
}

static void set_out(toy *from, unsigned global, xlgc_visit *visit) {
  ok(xlgc_visit_begin(visit, from->host, toy_at(from, global)->id));
}

/* Visits of c's to an object of b's, which name nothing else: the hosts look at what was proposed. */
static void look_again(toy *at) {
  if (!toy_at(c, 10)) toy_make_in(b, c, 10, 99);
  for (unsigned i = 0; i < 3; i++) {
    xlgc_visit visit;
    set_out(c, 10, &visit);
    toy_pass(c, 10, at, 9); /* b's own comes home, or a proxy */
    toy_drop(at, 9);
    xlgc_visit_end(&visit);
    set_out(at, 8, &visit);
    xlgc_visit_end(&visit);
  }
}

/* What a call is given, and does not keep, is freed when the receiver's collector has found that. */
START_TEST(temporaries_are_freed) {
  begin((unsigned)_i);
  toy_make_in(b, a, 8, 7); /* a function of b's */
  uint64_t most = 0;
  for (unsigned i = 0; i < 2000; i++) {
    xlgc_visit visit;
    set_out(a, 8, &visit);
    toy_make(a, 0, i);
    toy_pass(a, 0, b, 0);
    toy_drop(b, 0);
    xlgc_visit_end(&visit);
    toy_drop(a, 0);
    if (i % 10 == 0) toy_collect(a), toy_collect(b);
    if (a->objects > most) most = a->objects;
  }
  ck_assert_uint_lt(most, _i ? 20 + 4 * (unsigned)_i + 10 : 3000);
  if (!_i) ck_assert_uint_eq(a->objects, 2000); /* nothing is done by itself */
  end();
}
END_TEST

/* The same as results. */
START_TEST(results_are_freed) {
  begin(4);
  toy_make_in(b, a, 8, 7);
  uint64_t most = 0;
  for (unsigned i = 0; i < 2000; i++) {
    xlgc_visit visit;
    set_out(a, 8, &visit);
    toy_make(b, 0, i);
    toy_pass(b, 0, a, 0);
    toy_drop(b, 0);
    xlgc_visit_end(&visit);
    toy_drop(a, 0);
    if (i % 10 == 0) toy_collect(a), toy_collect(b);
    if (b->objects > most) most = b->objects;
  }
  ck_assert_uint_lt(most, 50);
  end();
}
END_TEST

/* An object that is passed again and again is exported once. */
START_TEST(what_is_passed_again_stays) {
  begin(4);
  toy_make_in(b, a, 8, 7);
  toy_make(a, 0, 1);
  xlgc_id first = XLGC_ID_NONE;
  for (unsigned i = 0; i < 1000; i++) {
    xlgc_visit visit;
    set_out(a, 8, &visit);
    xlgc_id id;
    ok(toy_give(a, 0, &id));
    if (!i) first = id;
    ck_assert_uint_eq(id, first);
    ok(toy_take(b, 0, id));
    toy_drop(b, 0);
    xlgc_visit_end(&visit);
    if (i % 5) continue; /* and so once right after a look */
    toy_collect_all(b);
    ok(xlgc_flush(pool));
  }
  toy_drop(a, 0);
  end();
}
END_TEST

/* a: e.f = p, of c's. b holds e. A call stores p in a global of a's, and then e goes. */
START_TEST(what_an_export_reaches_is_held_first) {
  begin(1);
  toy_make(a, 0, 1);
  toy_make_in(c, a, 1, 3);
  toy_set(a, 0, 0, 1);
  toy_pass(a, 0, b, 0);
  toy_drop(a, 0), toy_drop(a, 1);
  toy_make_in(b, a, 8, 7);
  ck_assert_int_eq(xlgc_hosts_collect(pool), 0); /* e -> p is said by the summary, and root -> p no more */
  xlgc_visit visit;
  set_out(b, 0, &visit);
  toy_put(a, 5, toy_good(visit.handle)->fields[0]);
  xlgc_visit_end(&visit);
  look_again(a);
  toy_drop(b, 0);
  toy_collect_all(b);
  look_again(a);
  work();
  toy_collect(a);
  ck_assert_uint_eq(a->objects, 0);
  set_out(a, 5, &visit);
  ck_assert_uint_eq(((toy_thing *)visit.handle)->number, 3);
  xlgc_visit_end(&visit);
  end();
}
END_TEST

/* While a visit to e is open others end; nobody else holds e any more. With a summary of its engine in between: 1. */
START_TEST(what_a_visit_has_entered_stays) {
  begin(1);
  toy_make_in(a, b, 0, 1);
  toy_make_in(b, a, 8, 7);
  xlgc_visit visit;
  set_out(b, 0, &visit);
  xlgc_visit_end(&visit); /* proposed */
  xlgc_visit open;
  set_out(b, 0, &open);
  toy_drop(b, 0);
  toy_collect_all(b);
  look_again(a);
  if (_i) ok(xlgc_host_summarise(a->host));
  look_again(a);
  work();
  ck_assert(toy_good(open.handle) && ((toy_thing *)open.handle)->pinned);
  ck_assert_uint_eq(((toy_thing *)open.handle)->number, 1);
  xlgc_visit_end(&open);
  look_again(a);
  work();
  toy_collect(a);
  ck_assert_uint_eq(a->objects, 0);
  end();
}
END_TEST

/* Two values are on their way, to b: when one is received a finalizer of b's runs, which visits a. The other is there
 * still. With a summary of a's: 1. */
START_TEST(what_is_on_its_way_stays) {
  begin(1);
  toy_make_in(b, a, 8, 7);
  toy_make_in(a, b, 0, 4);
  toy_make(a, 0, 1);
  toy_make(a, 1, 2);
  xlgc_visit visit;
  set_out(a, 8, &visit);
  toy_pass(a, 0, b, 1), toy_pass(a, 1, b, 2); /* both are exports already */
  toy_drop(b, 1), toy_drop(b, 2);
  xlgc_visit_end(&visit);
  toy_collect_all(b); /* and held by a's root only, which would let go of them soon */
  set_out(a, 8, &visit);
  xlgc_id first, second;
  ok(toy_give(a, 0, &first));
  ok(toy_give(a, 1, &second));
  toy_drop(a, 0), toy_drop(a, 1);
  ok(toy_take(b, 1, first));
  for (unsigned i = 0; i < 4; i++) { /* the finalizer */
    xlgc_visit inner;
    set_out(b, 0, &inner);
    xlgc_visit_end(&inner);
    toy_collect_all(b);
    work();
  }
  if (_i) ok(xlgc_host_summarise(a->host));
  work();
  ok(toy_take(b, 2, second));
  xlgc_visit_end(&visit);
  set_out(b, 2, &visit);
  ck_assert_uint_eq(((toy_thing *)visit.handle)->number, 2);
  xlgc_visit_end(&visit);
  end();
}
END_TEST

/* A function of b's returns two objects of c's, of which b keeps nothing. a receives the first, and then a finalizer of a's
 * visits b, whose collector has let go of both meanwhile. With a summary of b's: 1. */
static xlgc_id returned[2];
static int return_two(xlgc_visit *visit, const xlgc_value *self, const xlgc_value *arguments, size_t count,
                      xlgc_value *out) {
  (void)visit, (void)self, (void)arguments, (void)count;
  xlgc_value *two;
  ok(xlgc_value_several(out, 2, &two));
  for (unsigned i = 0; i < 2; i++)
    two[i] = toy_value(b, 1 + i);
  toy_drop(b, 1), toy_drop(b, 2);
  return 0;
}
START_TEST(several_results_stay) {
  static const xlgc_behaviour function = {.call = return_two};
  begin(1);
  toy_make(b, 0, 7);
  toy_behave(b, 0, &function, NULL, XLGC_CALLABLE);
  toy_pass(b, 0, a, 0);
  toy_make_in(b, a, 8, 8);
  toy_make_in(c, b, 1, 1), toy_make_in(c, b, 2, 2);
  ok(xlgc_host_summarise(c->host));
  xlgc_visit visit;
  xlgc_value result;
  set_out(a, 0, &visit);
  ok(xlgc_visit_call(&visit, NULL, NULL, 0, &result));
  ck_assert_uint_eq(result.length, 2);
  for (unsigned i = 0; i < 2; i++)
    returned[i] = result.as.values[i].as.id;
  ok(toy_take(a, 1, returned[0]));
  for (unsigned i = 0; i < 3; i++) { /* the finalizer */
    xlgc_visit inner;
    set_out(a, 8, &inner);
    toy_collect_all(b);
    xlgc_visit_end(&inner);
    if (_i) ok(xlgc_host_summarise(b->host));
    work();
  }
  ok(toy_take(a, 2, returned[1]));
  xlgc_value_clear(&result);
  xlgc_visit_end(&visit);
  for (unsigned i = 0; i < 2; i++) {
    set_out(a, 1 + i, &visit);
    ck_assert_uint_eq(toy_good(visit.handle)->number, 1 + i);
    xlgc_visit_end(&visit);
  }
  toy_drop(a, 1), toy_drop(a, 2);
  toy_collect_all(a);
  look_again(a);
  work();
  toy_collect(c);
  ck_assert_uint_eq(c->objects, 0);
  end();
}
END_TEST

/* What comes home is not let go before it is received. */
START_TEST(what_comes_home_stays) {
  begin(1);
  toy_make_in(b, a, 8, 7);
  toy_make_in(a, b, 0, 1);
  xlgc_visit visit;
  set_out(b, 0, &visit);
  xlgc_visit_end(&visit);
  set_out(a, 8, &visit);
  void *handle;
  ck_assert_int_eq(xlgc_host_receive(a->host, toy_at(b, 0)->id, &handle), XLGC_HOST_OWN);
  toy_drop(b, 0);
  toy_collect_all(b);
  look_again(a);
  work(), work(), work();
  ck_assert(toy_good(handle)->pinned);
  toy_put(a, 4, handle);
  xlgc_visit_end(&visit);
  look_again(a);
  work();
  ck_assert_uint_eq(toy_at(a, 4)->number, 1);
  ck_assert(!toy_at(a, 4)->pinned);
  end();
}
END_TEST

static void hear(toy *at) { ck_assert_int_eq(xlgc_context_dispatch(xlgc_host_context(at->host), 100), 1); }

/* a: in a call, f.y = e and e.x = p. Then e is let go and is an orphan, whose pin is not cut yet. a's next summary ends
 * at e. What f reaches through it is there. a hears of e between the summary's walks (1), or at its end
 * (2). The summary before that may have said e -> p (3 to 5). The next one is installed in parts, later (6 to 11). */
START_TEST(what_is_behind_an_orphan_is_held) {
  int hears = _i % 3;
  bool knows = _i / 3 % 2, is_late = _i / 6;
  begin(1);
  toy_make_in(b, a, 8, 7);
  xlgc_visit first;
  set_out(a, 8, &first);
  toy_make(a, 0, 1); /* f */
  toy_pass(a, 0, b, 0);
  toy_make(a, 1, 2); /* e */
  toy_pass(a, 1, b, 1);
  xlgc_visit_end(&first);
  toy_make_in(c, a, 2, 3); /* p */
  ok(xlgc_host_summarise(c->host));
  if (knows) toy_set(a, 1, 0, 2);
  toy_drop(a, 0), toy_drop(a, 1);
  if (knows) toy_drop(a, 2);
  if (knows) ok(xlgc_host_summarise(a->host));
  xlgc_visit to_f, to_e;
  set_out(b, 0, &to_f);
  set_out(b, 1, &to_e);
  toy_put(a, 0, to_f.handle), toy_put(a, 1, to_e.handle);
  toy_set(a, 0, 0, 1);
  if (!knows) toy_set(a, 1, 0, 2), toy_drop(a, 2);
  toy_drop(a, 0), toy_drop(a, 1);
  xlgc_visit_end(&to_e);
  xlgc_visit_end(&to_f);
  toy_drop(b, 1);
  toy_collect_all(b);
  ok(xlgc_hosts_configure(pool, &(xlgc_hosts_config){.step_size = 1}));
  for (unsigned i = 0; i < 3; i++) { /* a looks, and lets go of e; nobody works on the pool */
    xlgc_visit visit;
    set_out(a, 8, &visit);
    xlgc_visit_end(&visit);
  }
  ok(xlgc_hosts_configure(pool, &(xlgc_hosts_config){.step_size = 0}));
  ok(xlgc_flush(pool)); /* e is told to go; a has not heard of it */
  if (hears == 1) a->before_exports = hear;
  if (hears == 2) a->in_summary = hear;
  ok(is_late ? xlgc__host_summary_answer(a->host) : xlgc_host_summarise(a->host));
  a->before_exports = a->in_summary = NULL;
  work(), work();
  xlgc_visit visit;
  set_out(b, 0, &visit);
  toy_thing *e = ((toy_thing *)visit.handle)->fields[0];
  toy_put(a, 5, toy_good(e)->fields[0]);
  xlgc_visit_end(&visit);
  set_out(a, 5, &visit);
  ck_assert_uint_eq(((toy_thing *)visit.handle)->number, 3);
  xlgc_visit_end(&visit);
  end();
}
END_TEST

/* Into a, while its summary is installed in parts, by a visit that has ended before the next part. */
static void enter_between(unsigned global) {
  xlgc_visit visit;
  set_out(c, 8, &visit);
  toy_make_in(b, a, global, 40 + global);
  xlgc_visit_end(&visit);
  toy_collect_all(b);
}

/* What enters after the summary's walk is not missing in it: between any two of its parts. */
START_TEST(what_enters_amid_a_summary_stays) {
  begin(0);
  toy_make_in(a, c, 8, 7);
  for (unsigned i = 0; i < 4; i++)
    toy_make_in(b, a, i, i);
  xlgc_hosts_config config;
  ok(xlgc_hosts_configuration(pool, &config));
  config.part = 1;
  ok(xlgc_hosts_configure(pool, &config));
  ok(xlgc_host_summarise(a->host));
  unsigned parts = 0, global = 4;
  ok(xlgc__host_engine_take_own(a->host));
  for (int more = 1; more > 0; parts++) {
    more = xlgc__host_late_go_on(a->host);
    ck_assert_int_ge(more, 0);
    if (parts == (unsigned)_i && more) enter_between(global++);
  }
  xlgc__host_engine_give(a->host);
  work(), work();
  for (unsigned i = 0; i < global; i++) {
    xlgc_visit visit;
    set_out(a, i, &visit);
    ck_assert_uint_eq(((toy_thing *)visit.handle)->number, i < 4 ? i : 40 + i);
    xlgc_visit_end(&visit);
  }
  ck_assert_uint_gt(parts, (unsigned)_i);
  end();
}
END_TEST

/* What is exported outside of visits stays, also when a collection comes by itself, until the program dispatches. */
START_TEST(exports_outside_of_visits_stay) {
  begin(1);
  toy_make_in(b, a, 8, 7);
  toy_make_in(a, b, 0, 1);
  ok(xlgc_hosts_configure(pool,
                          &(xlgc_hosts_config){.step_size = 1, .step_multiplier = 64, .pause = 1, .max_age_ns = 1}));
  xlgc_visit visit;
  set_out(b, 0, &visit);
  toy_put(a, 0, visit.handle);
  xlgc_visit_end(&visit);
  xlgc_id id;
  ok(toy_give(a, 0, &id));
  toy_drop(a, 0), toy_drop(b, 0);
  toy_collect(b);
  for (unsigned i = 0; i < 10; i++) {
    toy_make(b, 3, i);
    set_out(a, 8, &visit); /* something crosses */
    toy_pass(b, 3, a, 4);
    xlgc_visit_end(&visit);
  }
  xlgc_host_statistics statistics;
  ok(xlgc_host_stats(a->host, &statistics));
  ck_assert_uint_gt(statistics.collections, 0);
  ck_assert_int_eq(xlgc_host_is_alive(pool, id), 1);
  if (_i) {
    ok(toy_take(b, 0, id));
    work();
    ck_assert_int_eq(xlgc_host_is_alive(pool, id), 1);
  } else {
    work(), work();
    toy_collect(a);
    ck_assert_uint_eq(a->objects, 0);
  }
  end();
}
END_TEST

static bool is_scarce;
static void *scarce(size_t size_bytes) { return is_scarce ? NULL : malloc(size_bytes); }

/* A visit names any number of objects; without memory for that nothing goes out. */
START_TEST(many_names) {
  enum { MANY = 100 };
  xlgc__host_memory_allocate = scarce;
  begin(1);
  toy_make_in(b, a, 8, 7);
  toy_make(a, 0, 0);
  xlgc_visit visit;
  set_out(a, 8, &visit);
  unsigned refused = 0;
  for (unsigned i = 0; i < MANY; i++) {
    xlgc_id id;
    toy_make(a, 0, i);
    is_scarce = true;
    int failed = toy_give(a, 0, &id);
    is_scarce = false;
    ck_assert_int_eq(failed, XLGC_E_NOMEM);
    refused++;
    ok(toy_give(a, 0, &id));
    is_scarce = true;
    int again = toy_give(a, 0, &id);
    is_scarce = false;
    ck_assert(again == 0 || again == XLGC_E_NOMEM);
  }
  ck_assert_uint_eq(refused, MANY);
  toy_drop(a, 0);
  work();
  ck_assert_uint_eq(a->pins, MANY);
  xlgc_visit_end(&visit);
  look_again(a);
  work();
  ck_assert_uint_eq(a->pins, 0);
  end();
}
END_TEST

START_TEST(configuration) {
  xlgc_hosts_config config;
  ok(xlgc_pool_create(NULL, &pool));
  ck_assert_int_eq(xlgc_hosts_configuration(pool, &config), XLGC_E_STATE);
  ck_assert_uint_eq(config.step_size, 64);
  ck_assert_int_eq(xlgc_hosts_configure(pool, &config), XLGC_E_STATE);
  a = toy_open(pool, 0);
  ck_assert_int_eq(xlgc_hosts_configure(NULL, &config), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_hosts_configure(pool, NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_hosts_configuration(pool, NULL), XLGC_E_INVAL);
  config.step_multiplier = (1u << 20) + 1;
  ck_assert_int_eq(xlgc_hosts_configure(pool, &config), XLGC_E_INVAL);
  config.step_multiplier = 1u << 20;
  ok(xlgc_hosts_configure(pool, &config));
  config.step_size = (1u << 20) + 1;
  ck_assert_int_eq(xlgc_hosts_configure(pool, &config), XLGC_E_INVAL);
  ok(xlgc_hosts_configuration(pool, &config));
  ck_assert_uint_eq(config.step_size, 64);
  ck_assert_uint_eq(config.step_multiplier, 1u << 20);
  toy_close(a);
  ok(xlgc_pool_destroy(pool));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("hosts_letting");
  TCase *cases = trial_case(suite, "letting go");
  tcase_add_loop_test(cases, temporaries_are_freed, 0, 9);
  tcase_add_test(cases, results_are_freed);
  tcase_add_test(cases, what_is_passed_again_stays);
  tcase_add_test(cases, what_an_export_reaches_is_held_first);
  tcase_add_loop_test(cases, what_a_visit_has_entered_stays, 0, 2);
  tcase_add_loop_test(cases, what_is_on_its_way_stays, 0, 2);
  tcase_add_loop_test(cases, several_results_stay, 0, 2);
  tcase_add_test(cases, what_comes_home_stays);
  tcase_add_loop_test(cases, what_is_behind_an_orphan_is_held, 0, 12);
  tcase_add_loop_test(cases, what_enters_amid_a_summary_stays, 0, 6);
  tcase_add_loop_test(cases, exports_outside_of_visits_stay, 0, 2);
  tcase_add_test(cases, many_names);
  tcase_add_test(cases, configuration);
  return trial_run(suite);
}
