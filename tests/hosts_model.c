/* The conformance kit on toy engines, and what no binding can be made to do: memory that runs out, engines that move
 * at the wrong moment, finalizers on other threads, misuse. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "hosts/core/copy.h"
#include "hosts/core/memory.h"
#include "support/threads.h"
#include "support/toy.h"
#include "support/trial.h"

/* --------------------------------------------------------- tests of its own */

static xlgc_pool *pool;
static uint64_t errors;

static void count_error(void *data, const xlgc_error *error) {
  (void)data;
  (void)error;
  errors++;
}

static void open_pool(void) {
  xlgc_config config;
  xlgc_config_init(&config);
  config.on_error = count_error;
  ok(xlgc_pool_create(&config, &pool));
}
static void close_pool(void) {
  ok(xlgc_flush(pool));
  ck_assert_uint_eq(errors, 0);
  ok(xlgc_verify(pool, NULL, 0));
  ok(xlgc_pool_destroy(pool));
}

/* An object in `from`, and a proxy of it in a global of `to`. */
static xlgc_id pass_new(toy *from, toy *to, unsigned global, unsigned number) {
  xlgc_id id;
  toy_make(from, 0, number);
  ok(toy_give(from, 0, &id));
  toy_drop(from, 0);
  ok(toy_take(to, global, id));
  return id;
}

/* Is what the global holds there, and the right one? */
static int use(toy *from, unsigned global, unsigned number) {
  xlgc_host *owner;
  void *handle;
  int failed = xlgc_host_enter(from->host, toy_at(from, global)->id, &owner, &handle);
  if (failed) return failed;
  ck_assert_uint_eq(toy_good(handle)->number, number);
  return xlgc_host_leave(owner);
}

START_TEST(misuse_is_answered) {
  open_pool();
  toy *a = toy_open(pool, 0), *b = toy_open(pool, 0);
  xlgc_host *host;
  xlgc_host_adapter half = toy_adapter;
  half.leave = NULL;
  ck_assert_int_eq(xlgc_host_open(pool, &half, a, &host), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_host_open(NULL, &toy_adapter, a, &host), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_host_open(pool, NULL, a, &host), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_host_open(pool, &toy_adapter, a, NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_host_close(NULL), 0);
  xlgc_id id = pass_new(a, b, 1, 5), other;
  void *handle, *proxy = toy_at(b, 1);
  ck_assert_int_eq(xlgc_host_export(a->host, NULL, &other), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_host_export(NULL, proxy, &other), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_host_exported(a->host, proxy, &other), XLGC_E_UNKNOWN);
  ck_assert_int_eq(xlgc_host_receive(a->host, XLGC_ID_NONE, &handle), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_host_receive(b->host, id ^ (UINT64_C(1) << 32), &handle), XLGC_E_STALE);
  ck_assert_int_eq(xlgc_host_receive(b->host, id ^ (UINT64_C(1) << 56), &handle), XLGC_E_FOREIGN);
  ck_assert_int_eq(xlgc_host_proxy_made(b->host, id, proxy), XLGC_E_STATE);
  ck_assert_int_eq(xlgc_host_proxy_failed(b->host, id), XLGC_E_STATE);
  ck_assert_int_eq(xlgc_host_proxy_dying(b->host, id, a), XLGC_E_STATE);
  ck_assert_int_eq(xlgc_host_proxy_gone(b->host, id + 1, proxy), XLGC_E_UNKNOWN);
  ck_assert_int_eq(xlgc_host_proxy_gone(NULL, id, proxy), 0);
  ck_assert_int_eq(xlgc_host_leave(a->host), XLGC_E_STATE);
  ck_assert_int_eq(xlgc_host_enter(b->host, xlgc_host_root(a->host), &host, &handle), XLGC_E_UNKNOWN);
  ck_assert_int_eq(xlgc_summary_root(NULL, id), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_hosts_collect(NULL), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_host_is_alive(pool, XLGC_ID_NONE), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_host_is_alive(pool, id), 1);
  /* Inside, it cannot end. */
  ok(xlgc_host_enter(b->host, id, &host, &handle));
  ck_assert_ptr_eq(host, a->host);
  ck_assert_int_eq(xlgc_host_close(host), XLGC_E_BUSY);
  ok(xlgc_host_leave(host));
  /* What a summary says of strangers fails it. */
  a->fails = XLGC_E_NOMEM;
  ck_assert_int_eq(xlgc_host_summarise(a->host), XLGC_E_NOMEM);
  ck_assert_int_eq(xlgc_hosts_collect(pool), XLGC_E_NOMEM);
  a->fails = 0;
  ck_assert_int_eq(use(b, 1, 5), 0);
  toy_close(a), toy_close(b);
  close_pool();
}
END_TEST

static int no_summary(void *engine, xlgc_summary *summary) {
  (void)engine;
  (void)summary;
  return 0;
}
static const xlgc_host_adapter no_adapter = {.name = "none", .summarise = no_summary, .unpin = toy_unpin};

static xlgc_id bad_id;
static int bad_kind;
static int bad_summarise(void *engine, xlgc_summary *summary) {
  (void)engine;
  if (bad_kind == 0) ck_assert_int_eq(xlgc_summary_root(summary, bad_id), XLGC_E_UNKNOWN);
  if (bad_kind == 1) ck_assert_int_eq(xlgc_summary_edge(summary, bad_id, bad_id), XLGC_E_INVAL);
  if (bad_kind == 2) ck_assert_int_eq(xlgc_host_summarise(*(xlgc_host **)engine), XLGC_E_BUSY);
  if (bad_kind == 3) ck_assert_int_eq(xlgc_host_close(*(xlgc_host **)engine), XLGC_E_BUSY);
  return 0;
}
static const xlgc_host_adapter bad_adapter = {.name = "bad", .summarise = bad_summarise, .unpin = toy_unpin};

START_TEST(summaries_of_strangers_fail) {
  static const int expected[] = {XLGC_E_UNKNOWN, XLGC_E_INVAL, 0, 0};
  open_pool();
  toy *a = toy_open(pool, 0);
  toy_make(a, 0, 1);
  ok(toy_give(a, 0, &bad_id));
  xlgc_host *host;
  ok(xlgc_host_open(pool, &bad_adapter, &host, &host));
  for (bad_kind = 0; bad_kind < 4; bad_kind++)
    ck_assert_int_eq(xlgc_host_summarise(host), expected[bad_kind]);
  ok(xlgc_host_close(host));
  toy_close(a);
  close_pool();
}
END_TEST

/* ---- other objects of the pool */

static unsigned told;
static void tell(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)context, (void)id, (void)object, (void)data;
  told++;
}

START_TEST(other_objects_of_the_pool) {
  static const xlgc_kind kind = {.name = "C++", .release = tell};
  open_pool();
  toy *a = toy_open(pool, 0), *b = toy_open(pool, TOY_OFTEN | TOY_LATE);
  xlgc_context *context;
  xlgc_id object, id;
  ok(xlgc_context_create(pool, "C++", &context));
  ok(xlgc_register(context, &told, &kind, &object));
  /* A ring: a's object -> the C++ object -> b's object -> a's. */
  toy_make(a, 0, 1);
  ok(toy_take(a, 1, object));
  toy_set(a, 0, 0, 1);
  toy_drop(a, 1);
  toy_make(b, 0, 2);
  ok(toy_give(b, 0, &id));
  ok(xlgc_link(context, object, id));
  ok(toy_give(a, 0, &id));
  ok(toy_take(b, 1, id));
  toy_set(b, 0, 0, 1);
  toy_drop(b, 1), toy_drop(b, 0);
  xlgc_host *owner = a->host;
  void *handle;
  ck_assert_int_ge(xlgc_hosts_collect(pool), 0);
  ck_assert_uint_eq(told, 0);
  ok(xlgc_host_enter(a->host, object, &owner, &handle));
  ck_assert_ptr_null(owner);
  ck_assert_int_eq(xlgc_host_is_alive(pool, object), 1);
  toy_drop(a, 0);
  ck_assert_int_eq(xlgc_hosts_collect(pool), 2);
  ck_assert_int_ge(xlgc_hosts_collect(pool), 0);
  ck_assert_uint_eq(told, 1);
  ck_assert_uint_eq(a->objects + b->objects, 0);
  ck_assert_int_eq(xlgc_host_is_alive(pool, object), 0);
  /* A finalizer finds a proxy that no code could find: in time, and too late. */
  ok(xlgc_register(context, &told, &kind, &object));
  ok(toy_take(a, 1, object));
  toy_thing *proxy = toy_at(a, 1);
  for (unsigned late = 0; late < 2; late++) {
    toy_drop(a, 1);
    ok(xlgc_host_summarise(a->host));
    if (late) ok(xlgc_flush(pool));
    toy_put(a, 1, proxy);
    ck_assert_int_eq(xlgc_host_enter(a->host, object, &owner, &handle), late ? XLGC_E_STALE : 0);
    ok(xlgc_flush(pool));
    ck_assert_uint_eq(told, 1 + late);
  }
  toy_close(a), toy_close(b);
  close_pool();
}
END_TEST

/* An export that a C++ object goes on holding when its host is closed is known for one as long as there are hosts. */
START_TEST(exports_outlive_their_host) {
  open_pool();
  toy *a = toy_open(pool, 0), *b = toy_open(pool, 0);
  xlgc_context *context;
  xlgc_id holder, id;
  void *handle;
  ok(xlgc_context_create(pool, "C++", &context));
  ok(xlgc_register(context, NULL, NULL, &holder));
  toy_make(a, 0, 1);
  ok(toy_give(a, 0, &id));
  ok(xlgc_link(context, holder, id));
  toy_close(a);
  ck_assert_int_eq(xlgc_host_receive(b->host, id, &handle), XLGC_E_STALE);
  ck_assert_int_eq(xlgc_host_is_alive(pool, id), 0);
  if (_i) ok(xlgc_unlink(context, holder, id));
  ok(xlgc_flush(pool));
  ck_assert_int_eq(xlgc_host_receive(b->host, id, &handle), XLGC_E_STALE);
  toy_close(b);
  if (!_i) ok(xlgc_unlink(context, holder, id));
  close_pool();
}
END_TEST

/* An engine gets hold of an object whose export is condemned, and exports it again: it keeps its one pin. */
START_TEST(condemned_export_is_exported_again) {
  open_pool();
  toy *a = toy_open(pool, 0), *b = toy_open(pool, 0);
  xlgc_id id = pass_new(a, b, 1, 5), again;
  toy_thing *object = a->all;
  ok(xlgc_host_summarise(a->host));
  toy_drop(b, 1);
  toy_collect(b);
  ok(xlgc_host_summarise(b->host));
  ok(xlgc_flush(pool)); /* a has not heard of it */
  ck_assert_uint_eq(a->pins, 1);
  ck_assert_int_eq(xlgc_host_is_alive(pool, id), 0);
  ck_assert_int_eq(toy_take(b, 1, id), XLGC_E_STALE);
  toy_put(a, 2, object); /* by a weak reference of the engine's, say */
  ok(toy_give(a, 2, &again));
  ck_assert_uint_ne(again, id);
  ok(toy_take(b, 1, again));
  ck_assert_int_eq(xlgc_host_dispatch(a->host, 10), 1);
  ck_assert_uint_eq(a->unpins, 0);
  ck_assert_uint_eq(a->pins, 1);
  toy_drop(a, 2);
  ck_assert_int_ge(xlgc_hosts_collect(pool), 0);
  ck_assert_int_eq(use(b, 1, 5), 0);
  toy_drop(b, 1);
  ck_assert_int_eq(xlgc_hosts_collect(pool), 1);
  ck_assert_uint_eq(a->unpins, 1);
  ck_assert_uint_eq(a->objects, 0);
  toy_close(a), toy_close(b);
  close_pool();
}
END_TEST

/* A proxy that no code could find, and that a finalizer has found, of an object that is condemned and not yet
 * unpinned. */
START_TEST(condemned_export_is_not_entered) {
  open_pool();
  toy *a = toy_open(pool, 0), *b = toy_open(pool, 0);
  xlgc_id id = pass_new(a, b, 1, 5);
  toy_thing *proxy = toy_at(b, 1);
  ok(xlgc_host_summarise(a->host));
  toy_drop(b, 1);
  ok(xlgc_host_summarise(b->host));
  if (_i) { /* in time */
    toy_put(b, 1, proxy);
    ck_assert_int_eq(use(b, 1, 5), 0);
  }
  ok(xlgc_flush(pool));
  toy_put(b, 1, proxy);
  ck_assert_int_eq(use(b, 1, 5), _i ? 0 : XLGC_E_STALE);
  ck_assert_int_eq(toy_take(b, 2, id), _i ? 0 : XLGC_E_STALE);
  /* Summaries pass it over. */
  ok(xlgc_host_summarise(b->host));
  ok(xlgc_flush(pool));
  ck_assert_int_eq(xlgc_host_dispatch(a->host, 10), !_i);
  ck_assert_int_eq(use(b, 1, 5), _i ? 0 : XLGC_E_STALE);
  toy_close(a), toy_close(b);
  close_pool();
}
END_TEST

/* ---- the gate */

static toy *gate[2];
static int gate_moves, gate_reported;

/* While the second engine is being summarised, the holder moves to the first, which has been. */
static void move_in_summary(toy *toy) {
  (void)toy;
  if (gate_moves <= 0) return;
  gate_moves--;
  struct toy *from = gate[1], *to = gate[0];
  unsigned holder = toy_at(from, 1) ? 1 : 0;
  if (!holder) {
    from = gate[0], to = gate[1];
    if (!toy_at(from, 1)) return;
  }
  if (gate_reported)
    ok(toy_take(to, 1, toy_at(from, 1)->id));
  else
    ok(xlgc_host_moved(to->host));
  if (gate_reported) toy_drop(from, 1);
}

START_TEST(collections_are_redone_when_something_moved) {
  open_pool();
  toy *a = toy_open(pool, 0), *b = toy_open(pool, 0), *c = toy_open(pool, 0);
  gate[0] = a, gate[1] = b;
  pass_new(c, b, 1, 7);
  b->in_summary = move_in_summary;
  gate_reported = 1;
  for (gate_moves = 1; gate_moves <= 4; gate_moves++) {
    int moves = gate_moves;
    xlgc_host_statistics before, after;
    ok(xlgc_host_stats(c->host, &before));
    ck_assert_int_eq(xlgc_hosts_collect(pool), 0);
    ok(xlgc_host_stats(c->host, &after));
    ck_assert_uint_eq(after.summaries - before.summaries, (unsigned)moves + 1);
    gate_moves = moves;
    ck_assert_int_eq(use(toy_at(a, 1) ? a : b, 1, 7), 0);
  }
  /* All the time: each summary is right by itself, but for a silent engine's. */
  gate_moves = 1000;
  ck_assert_int_eq(xlgc_hosts_collect(pool), 0);
  gate_moves = 0;
  ck_assert_int_eq(use(toy_at(a, 1) ? a : b, 1, 7), 0);
  toy *silent = toy_open(pool, TOY_UNREPORTED);
  gate_moves = 1000;
  ck_assert_int_eq(xlgc_hosts_collect(pool), XLGC_E_BUSY);
  gate_moves = 0;
  toy_close(silent);
  ck_assert_int_eq(use(toy_at(a, 1) ? a : b, 1, 7), 0);
  toy_drop(a, 1), toy_drop(b, 1);
  ck_assert_int_eq(xlgc_hosts_collect(pool), 1);
  toy_close(a), toy_close(b), toy_close(c);
  close_pool();
}
END_TEST

/* What enters after the walk has passed by, and before the summary is installed. */
static xlgc_id late_id;
static void enter_in_summary(toy *toy) {
  if (!late_id) return;
  ok(toy_take(toy, 1, late_id));
  late_id = XLGC_ID_NONE;
}

START_TEST(what_enters_during_a_summary_is_kept) {
  open_pool();
  toy *a = toy_open(pool, 0), *b = toy_open(pool, 0), *c = toy_open(pool, 0);
  for (unsigned again = 0; again < 2; again++) {
    late_id = pass_new(c, b, 1, 7);
    if (again) { /* it has been in hand before */
      ok(toy_take(a, 1, late_id));
      toy_drop(a, 1);
    }
    a->in_summary = enter_in_summary;
    ok(xlgc_host_summarise(a->host));
    a->in_summary = NULL;
    toy_drop(b, 1);
    toy_collect(b);
    ok(xlgc_host_summarise(b->host));
    ok(xlgc_host_summarise(c->host));
    ok(xlgc_flush(pool));
    ck_assert_int_eq(xlgc_host_dispatch(c->host, 10), 0);
    ck_assert_int_eq(use(a, 1, 7), 0);
    toy_drop(a, 1);
    ck_assert_int_eq(xlgc_hosts_collect(pool), 1);
  }
  toy_close(a), toy_close(b), toy_close(c);
  close_pool();
}
END_TEST

/* Code of a silent engine takes things from what only exports reach, and nobody is told. */
START_TEST(silent_engines) {
  open_pool();
  toy *a = toy_open(pool, TOY_UNREPORTED), *b = toy_open(pool, 0), *c = toy_open(pool, 0);
  ck_assert_int_eq(xlgc_host_summarise(a->host), XLGC_E_STATE);
  for (unsigned i = 0; i < 20; i++) {
    /* b holds a's object, which holds c's. */
    xlgc_id id;
    toy_make(c, 0, 3);
    ok(toy_give(c, 0, &id));
    toy_drop(c, 0);
    toy_make(a, 0, 1);
    ok(toy_take(a, 1, id));
    toy_set(a, 0, 0, 1);
    ok(toy_give(a, 0, &id));
    ok(toy_take(b, 0, id));
    toy_thing *object = toy_at(a, 0);
    toy_drop(a, 0), toy_drop(a, 1);
    ck_assert_int_eq(xlgc_hosts_collect(pool), 0);
    /* A timer of a's. */
    toy_put(a, 5, object->fields[0]);
    toy_drop(b, 0);
    toy_collect(b);
    ok(xlgc_host_summarise(b->host));
    ok(xlgc_host_summarise(c->host));
    ok(xlgc_flush(pool));
    ck_assert_int_eq(xlgc_host_dispatch(a->host, 10), 0);
    ck_assert_int_eq(xlgc_host_dispatch(c->host, 10), 0);
    toy_collect(a);
    ck_assert_int_eq(use(a, 5, 3), 0);
    ck_assert_int_eq(xlgc_hosts_collect(pool), 1);
    ck_assert_int_eq(use(a, 5, 3), 0);
    toy_drop(a, 5);
    ck_assert_int_eq(xlgc_hosts_collect(pool), 1);
    ck_assert_uint_eq(a->objects + c->objects, 0);
  }
  toy_close(a), toy_close(b), toy_close(c);
  close_pool();
}
END_TEST

/* Without summaries what no ring holds goes, and rings stay until there are summaries again. */
START_TEST(plain_hosts) {
  open_pool();
  toy *a = toy_open(pool, 0), *b = toy_open(pool, 0);
  ck_assert_int_eq(xlgc_hosts_plain(NULL, 1), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_hosts_plain(pool, 2), XLGC_E_INVAL);
  ok(xlgc_hosts_plain(pool, 1));
  for (unsigned ring = 0; ring < 2; ring++) {
    xlgc_id id;
    toy_make(a, 0, 1);
    toy_make(b, 0, 2);
    ok(toy_give(a, 0, &id));
    ok(toy_take(b, 1, id));
    toy_set(b, 0, 0, 1);
    if (ring) {
      ok(toy_give(b, 0, &id));
      ok(toy_take(a, 1, id));
      toy_set(a, 0, 0, 1);
    }
    toy_drop(a, 0), toy_drop(a, 1), toy_drop(b, 0), toy_drop(b, 1);
    for (unsigned tries = 0; tries < 3; tries++)
      ck_assert_int_ge(xlgc_hosts_collect(pool), 0);
    ck_assert_uint_eq(a->objects + b->objects, ring ? 2 : 0);
  }
  ok(xlgc_hosts_plain(pool, 0));
  ck_assert_int_eq(xlgc_hosts_collect(pool), 2);
  ck_assert_uint_eq(a->objects + b->objects, 0);
  toy_close(a), toy_close(b);
  close_pool();
}
END_TEST

/* Several proxies of an object, of which one is given out: condemned ones, whose finalizers come in any order. */
START_TEST(proxies_overlap) {
  static char proxies[4];
  open_pool();
  toy *a = toy_open(pool, 0);
  xlgc_host *host;
  xlgc_host_statistics statistics;
  xlgc_id id;
  void *handle;
  toy_make(a, 0, 1);
  ok(toy_give(a, 0, &id));
  ok(xlgc_host_open(pool, &no_adapter, NULL, &host));
  ck_assert_int_eq(xlgc_host_receive(host, id, &handle), XLGC_HOST_NEW);
  ck_assert_ptr_null(handle);
  ok(xlgc_host_proxy_failed(host, id));
  ok(xlgc_host_stats(host, &statistics));
  ck_assert_uint_eq(statistics.proxies, 0);
  ck_assert_int_eq(xlgc_host_receive(host, id, &handle), XLGC_HOST_NEW);
  ok(xlgc_host_proxy_made(host, id, &proxies[1]));
  ck_assert_int_eq(xlgc_host_proxy_dying(host, id, &proxies[1]), XLGC_HOST_NEW);
  ok(xlgc_host_proxy_made(host, id, &proxies[2]));
  ck_assert_int_eq(xlgc_host_receive(host, id, &handle), XLGC_HOST_FOUND);
  ck_assert_ptr_eq(handle, &proxies[2]);
  ok(xlgc_host_proxy_gone(host, id, &proxies[2]));
  ck_assert_int_eq(xlgc_host_receive(host, id, &handle), XLGC_HOST_NEW);
  ok(xlgc_host_proxy_made(host, id, &proxies[3]));
  ok(xlgc_host_proxy_gone(host, id, &proxies[1]));
  ck_assert_int_eq(xlgc_host_receive(host, id, &handle), XLGC_HOST_FOUND);
  ck_assert_ptr_eq(handle, &proxies[3]);
  ok(xlgc_host_proxy_gone(host, id, &proxies[3]));
  ck_assert_int_eq(xlgc_host_proxy_gone(host, id, &proxies[3]), XLGC_E_UNKNOWN);
  ok(xlgc_host_dispatch(host, 0));
  ok(xlgc_host_stats(host, &statistics));
  ck_assert_uint_eq(statistics.proxies, 0);
  ck_assert_uint_eq(statistics.links, 0);
  ok(xlgc_host_close(host));
  toy_close(a);
  close_pool();
}
END_TEST

/* An engine's collector may let go of any number of proxies at once. The next call works off a few of them. */
START_TEST(a_call_works_off_a_few) {
  enum { PROXIES = 1000 };
  static char proxies[PROXIES];
  static xlgc_id ids[PROXIES];
  open_pool();
  toy *a = toy_open(pool, 0);
  xlgc_host *host;
  xlgc_host_statistics statistics;
  void *handle;
  ok(xlgc_host_open(pool, &no_adapter, NULL, &host));
  for (int i = 0; i < PROXIES; i++) {
    toy_make(a, 0, 1);
    ok(toy_give(a, 0, &ids[i]));
    ck_assert_int_eq(xlgc_host_receive(host, ids[i], &handle), XLGC_HOST_NEW);
    ok(xlgc_host_proxy_made(host, ids[i], &proxies[i]));
  }
  for (int i = 0; i < PROXIES; i++)
    ok(xlgc_host_proxy_gone(host, ids[i], &proxies[i]));
  ok(xlgc_host_stats(host, &statistics));
  ck_assert_uint_eq(statistics.links, PROXIES);
  ck_assert_int_eq(xlgc_host_receive(host, ids[0], &handle), XLGC_HOST_NEW);
  ok(xlgc_host_proxy_failed(host, ids[0]));
  ok(xlgc_host_stats(host, &statistics));
  ck_assert_uint_lt(statistics.links, PROXIES);
  ck_assert_uint_gt(statistics.links, PROXIES - PROXIES / 10);
  ok(xlgc_host_dispatch(host, PROXIES));
  ok(xlgc_host_stats(host, &statistics));
  ck_assert_uint_eq(statistics.links, 0);
  ok(xlgc_host_close(host));
  toy_close(a);
  close_pool();
}
END_TEST

/* Logging an event may run the program's callbacks, which may call the very host that logs it. */
enum { NESTED = 3000 };
static struct {
  xlgc_host *host;
  xlgc_id ids[NESTED], again;
  unsigned told, failed;
} nested;

static void tell_nested(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)context, (void)id, (void)data;
  unsigned number = (unsigned)((xlgc_id *)object - nested.ids);
  void *handle;
  nested.told++;
  /* Others are gone, this one's proxy too; something else comes in. */
  (void)xlgc_host_proxy_gone(nested.host, nested.ids[number], object);
  unsigned other = number * 7 % NESTED;
  (void)xlgc_host_proxy_gone(nested.host, nested.ids[other], &nested.ids[other]);
  (void)xlgc_host_proxy_gone(nested.host, nested.ids[(other + 1) % NESTED], &nested.ids[(other + 1) % NESTED]);
  nested.failed += xlgc_host_dispatch(nested.host, 0) < 0;
  int result = xlgc_host_receive(nested.host, nested.again, &handle);
  nested.failed += result < 0;
  if (result == XLGC_HOST_NEW) nested.failed += xlgc_host_proxy_made(nested.host, nested.again, &nested.again) != 0;
  if (number % 3 == 0) nested.failed += xlgc_host_proxy_gone(nested.host, nested.again, &nested.again) != 0;
}

START_TEST(callbacks_in_the_middle) {
  static const xlgc_kind kind = {.name = "C++", .flags = XLGC_KIND_UNINDEXED, .release = tell_nested};
  xlgc_config config;
  xlgc_config_init(&config);
  config.on_error = count_error;
  config.queue_events = 1016;
  config.help_tells = XLGC_HELP_TELLS_NOW;
  ok(xlgc_pool_create(&config, &pool));
  ok(xlgc_host_open(pool, &no_adapter, NULL, &nested.host));
  xlgc_context *context = xlgc_host_context(nested.host);
  ok(xlgc_register(context, NULL, NULL, &nested.again));
  ok(xlgc_pin(context, nested.again));
  for (unsigned i = 0; i < NESTED; i++) {
    void *handle;
    ok(xlgc_register(context, &nested.ids[i], &kind, &nested.ids[i]));
    ck_assert_int_eq(xlgc_host_receive(nested.host, nested.ids[i], &handle), XLGC_HOST_NEW);
    ok(xlgc_host_proxy_made(nested.host, nested.ids[i], &nested.ids[i]));
  }
  /* Its summary is empty: all links go, and help is given meanwhile. */
  ok(xlgc_host_summarise(nested.host));
  ck_assert_uint_gt(nested.told, 0);
  ok(xlgc_flush(pool));
  ck_assert_uint_eq(nested.told, NESTED);
  ck_assert_uint_eq(nested.failed, 0);
  xlgc_host_statistics statistics;
  ok(xlgc_host_summarise(nested.host));
  ok(xlgc_host_stats(nested.host, &statistics));
  ck_assert_uint_eq(statistics.links, 0);
  ok(xlgc_host_close(nested.host));
  close_pool();
}
END_TEST

/* ---- threads */

enum { GONE = 2000 };

typedef struct goner {
  xlgc_host *host;
  xlgc_id ids[GONE];
  stage stage;
  unsigned failed;
} goner;

static void finalize_elsewhere(void *data) {
  goner *goner = data;
  for (unsigned i = 0; i < GONE; i++) {
    if (i % 100 == 0) await(&goner->stage, (int)i / 100);
    goner->failed += xlgc_host_proxy_gone(goner->host, goner->ids[i], &goner->ids[i]) != 0;
    goner->failed += xlgc_host_is_alive(pool, goner->ids[i]) < 0;
  }
}

START_TEST(proxies_are_gone_on_another_thread) {
  static goner goner;
  open_pool();
  toy *a = toy_open(pool, 0);
  ok(xlgc_host_open(pool, &no_adapter, NULL, &goner.host));
  for (unsigned i = 0; i < GONE; i++) {
    void *handle;
    toy_make(a, 0, i);
    ok(toy_give(a, 0, &goner.ids[i]));
    ck_assert_int_eq(xlgc_host_receive(goner.host, goner.ids[i], &handle), XLGC_HOST_NEW);
    ok(xlgc_host_proxy_made(goner.host, goner.ids[i], &goner.ids[i]));
  }
  toy_drop(a, 0);
  ok(xlgc_host_summarise(a->host));
  ok(xlgc_worker_start(pool));
  job job;
  begin(&job, finalize_elsewhere, &goner);
  for (unsigned i = 0; i < GONE / 100; i++) {
    reach(&goner.stage, (int)i);
    ck_assert_int_ge(xlgc_host_dispatch(goner.host, 10), 0);
    ok(xlgc_host_summarise(a->host));
    ck_assert_int_ge(xlgc_host_dispatch(a->host, 100000), 0);
  }
  end(&job);
  ck_assert_uint_eq(goner.failed, 0);
  ok(xlgc_worker_stop(pool));
  ck_assert_int_ge(xlgc_host_dispatch(goner.host, 10), 0);
  ck_assert_int_ge(xlgc_hosts_collect(pool), 0);
  ck_assert_uint_eq(a->objects, 0);
  ck_assert_uint_eq(a->unpins, GONE);
  ok(xlgc_host_close(goner.host));
  toy_close(a);
  close_pool();
}
END_TEST

/* Two engines on two threads, with a worker, each of which summarises itself when it likes; holders move between
 * them. */
enum { EXCHANGED = 3000 };
static struct {
  toy *toys[2];
  uint64_t seed;
  pthread_mutex_t lock; /* of the program's, for the slot: the pin is the slot's */
  xlgc_id slot;
  _Atomic unsigned lost;
} exchange = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void trade(void *data) {
  toy *toy = data;
  xlgc_context *context = xlgc_host_context(toy->host);
  uint64_t random = exchange.seed + (toy == exchange.toys[1]);
  unsigned rounds = trial_work(EXCHANGED);
  for (unsigned i = 0; i < rounds; i++) {
    unsigned global = trial_random(&random, 8);
    pthread_mutex_lock(&exchange.lock);
    xlgc_id id = exchange.slot, given = XLGC_ID_NONE;
    int failed = id ? toy_take(toy, global, id) : 0;
    if (!id) toy_make(toy, global, i);
    if (!failed) failed = toy_give(toy, global, &given);
    if (!failed) failed = xlgc_pin(context, given);
    if (!failed && id) failed = xlgc_unpin(context, id);
    exchange.slot = given;
    if (trial_random(&random, 2)) { /* lets it go, or keeps it as well */
      toy_drop(toy, global);
      if (trial_random(&random, 3) == 0) {
        if (given) xlgc_unpin(context, given);
        exchange.slot = XLGC_ID_NONE;
      }
    }
    exchange.lost += failed != 0;
    pthread_mutex_unlock(&exchange.lock);
    if (trial_random(&random, 4) == 0) toy_collect(toy);
    if (trial_random(&random, 8) == 0) exchange.lost += xlgc_host_summarise(toy->host) != 0;
    exchange.lost += xlgc_host_dispatch(toy->host, 100) < 0;
    for (unsigned j = 0; j < 8; j++) {
      toy_thing *thing = toy_at(toy, j);
      if (thing) exchange.lost += xlgc_host_is_alive(pool, thing->id) != 1 && thing->is_proxy;
    }
  }
}

START_TEST(engines_on_two_threads) {
  exchange.seed = trial_seed();
  open_pool();
  job jobs[2];
  for (unsigned i = 0; i < 2; i++)
    exchange.toys[i] = toy_open(pool, i ? TOY_REUSES | TOY_OFTEN : TOY_LATE | TOY_OFTEN);
  ok(xlgc_worker_start(pool));
  for (unsigned i = 0; i < 2; i++)
    begin(&jobs[i], trade, exchange.toys[i]);
  for (unsigned i = 0; i < 2; i++)
    end(&jobs[i]);
  ok(xlgc_worker_stop(pool));
  ck_assert_uint_eq(exchange.lost, 0);
  for (unsigned i = 0; i < 2; i++)
    ok(xlgc_host_adopt(exchange.toys[i]->host));
  if (exchange.slot) ok(xlgc_unpin(xlgc_host_context(exchange.toys[0]->host), exchange.slot));
  for (unsigned i = 0; i < 2; i++)
    memset(exchange.toys[i]->globals, 0, sizeof exchange.toys[i]->globals);
  for (unsigned i = 0; i < 3; i++)
    ck_assert_int_ge(xlgc_hosts_collect(pool), 0);
  for (unsigned i = 0; i < 2; i++) {
    ck_assert_uint_eq(exchange.toys[i]->objects, 0);
    toy_close(exchange.toys[i]);
  }
  close_pool();
}
END_TEST

/* ---- memory */

static struct {
  uint64_t asked, fail_at;
  bool sticky;
} memory;

static void *scarce(size_t size_bytes) {
  uint64_t number = memory.asked++;
  bool fails = memory.sticky ? number >= memory.fail_at : number == memory.fail_at;
  return fails ? NULL : malloc(size_bytes);
}

/* A call that may lack memory: then it is made again, with memory. */
#define RETRY(call)                                           \
  do {                                                        \
    int result_ = (call);                                     \
    if (result_ == XLGC_E_NOMEM) {                            \
      memory.fail_at = UINT64_MAX;                            \
      result_ = (call);                                       \
    }                                                         \
    ck_assert_msg(result_ >= 0, "%s", xlgc_errname(result_)); \
  } while (0)

static uint64_t scarcity(uint64_t fail_at, bool sticky) {
  open_pool();
  memory.asked = 0;
  memory.fail_at = fail_at;
  memory.sticky = sticky;
  toy *engines[2];
  for (unsigned i = 0; i < 2; i++) {
    engines[i] = calloc(1, sizeof **engines);
    engines[i]->flags = i ? TOY_LATE : TOY_REUSES;
    RETRY(xlgc_host_open(pool, &toy_adapter, engines[i], &engines[i]->host));
  }
  xlgc_id id;
  for (unsigned i = 0; i < 24; i++) {
    for (unsigned j = 0; j < 2; j++)
      toy_make(engines[j], 0, i + 1);
    for (unsigned j = 0; j < 2; j++) {
      RETRY(toy_give(engines[j], 0, &id));
      RETRY(toy_take(engines[!j], 1, id));
      toy_set(engines[!j], 0, 0, 1);
      if (i == 3) toy_copy(engines[!j], 2, 1);
    }
    if (i == 10) RETRY(xlgc_hosts_collect(pool));
  }
  for (unsigned j = 0; j < 2; j++)
    RETRY(xlgc_host_summarise(engines[j]->host));
  for (unsigned j = 0; j < 2; j++)
    toy_drop(engines[j], 0), toy_drop(engines[j], 1);
  RETRY(xlgc_hosts_collect(pool));
  RETRY(xlgc_hosts_collect(pool));
  ck_assert_uint_eq(engines[0]->objects + engines[1]->objects, 2);
  for (unsigned j = 0; j < 2; j++)
    RETRY(use(engines[j], 2, 4));
  if (fail_at % 2) {
    toy_drop(engines[0], 2), toy_drop(engines[1], 2);
    RETRY(xlgc_hosts_collect(pool));
    RETRY(xlgc_hosts_collect(pool));
    ck_assert_uint_eq(engines[0]->objects + engines[1]->objects, 0);
  }
  toy_close(engines[0]), toy_close(engines[1]);
  close_pool();
  return memory.asked;
}

START_TEST(every_allocation_fails) {
  xlgc__host_memory_allocate = scarce;
  uint64_t asked = scarcity(UINT64_MAX, _i);
  ck_assert_uint_gt(asked, 100);
  unsigned stride = trial_work(10) < 10 ? 3 : 1;
  for (uint64_t at = 0; at < asked; at += stride)
    scarcity(at, _i);
}
END_TEST

int main(void) {
  const hosts_engine toys[] = {toy_plain, toy_reusing, toy_late, toy_imaged};
  Suite *suite = suite_create("hosts_model");
  xlgc__host_copy_looks = 3;
  hosts_conformance(suite, toys, 4);
  TCase *cases = trial_case(suite, "toy engines");
  tcase_add_test(cases, misuse_is_answered);
  tcase_add_test(cases, summaries_of_strangers_fail);
  tcase_add_test(cases, other_objects_of_the_pool);
  tcase_add_loop_test(cases, exports_outlive_their_host, 0, 2);
  tcase_add_test(cases, condemned_export_is_exported_again);
  tcase_add_loop_test(cases, condemned_export_is_not_entered, 0, 2);
  tcase_add_test(cases, collections_are_redone_when_something_moved);
  tcase_add_test(cases, what_enters_during_a_summary_is_kept);
  tcase_add_test(cases, silent_engines);
  tcase_add_test(cases, plain_hosts);
  tcase_add_test(cases, proxies_overlap);
  tcase_add_test(cases, a_call_works_off_a_few);
  tcase_add_test(cases, callbacks_in_the_middle);
  tcase_add_test(cases, proxies_are_gone_on_another_thread);
  tcase_add_test(cases, engines_on_two_threads);
  tcase_add_loop_test(cases, every_allocation_fails, 0, 2);
  return trial_run(suite);
}
