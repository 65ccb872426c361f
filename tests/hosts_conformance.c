#include <config.h>

#include "hosts_conformance.h"

#include <xlgc/bridge.h>

#include <stdio.h>
#include "support/trial.h"

#include <stdlib.h>
#include <string.h>

enum { ENGINES = 3, ONE = HOSTS_SCRATCH, TWO = HOSTS_SCRATCH + 1 };

static const hosts_engine *sorts;
static unsigned sort_count;

typedef struct place {
  const hosts_engine *is;
  void *engine;
} place;

/* Check forks for each test, so each begins with this being zero. */
static struct {
  xlgc_pool *pool;
  place at[ENGINES];
  unsigned count;
  uint64_t errors;
  xlgc_error first;
} k;

static void on_error(void *data, const xlgc_error *error) {
  (void)data;
  if (!k.errors++) k.first = *error;
}

static void open_engines(int first, unsigned count) {
  xlgc_config config;
  xlgc_config_init(&config);
  config.on_error = on_error;
  ok(xlgc_pool_create(&config, &k.pool));
  for (k.count = 0; k.count < count; k.count++) {
    place *place = &k.at[k.count];
    place->is = &sorts[((unsigned)first + k.count) % sort_count];
    place->engine = place->is->open(k.pool);
    ck_assert_ptr_nonnull(place->engine);
  }
}

static void close_engine(place *place) {
  place->is->close(place->engine);
  place->engine = NULL;
}

/* Nothing was misused, and all is well in the pool. */
static void check_pool(void) {
  char why[200] = "";
  ck_assert_msg(!k.errors, "%s at %s", xlgc_errname(k.first.code), k.first.what);
  ck_assert_msg(xlgc_verify(k.pool, why, sizeof why) == 0, "%s", why);
}

static void close_engines(void) {
  for (unsigned i = 0; i < k.count; i++)
    if (k.at[i].engine) close_engine(&k.at[i]);
  ok(xlgc_flush(k.pool));
  check_pool();
  xlgc_statistics statistics;
  ok(xlgc_stats(k.pool, &statistics));
  ck_assert_uint_eq(statistics.links, 0);
  ok(xlgc_pool_destroy(k.pool));
}

/* ------------------------------------------------------------------ words */

static int holds(const place *at, unsigned global) { return at->is->holds(at->engine, global); }
static void make(const place *at, unsigned global, unsigned number) { at->is->make(at->engine, global, number); }
static void drop(const place *at, unsigned global) { at->is->drop(at->engine, global); }
static bool same(const place *at, unsigned one, unsigned other) { return at->is->same(at->engine, one, other); }
static xlgc_id give(const place *at, unsigned global) {
  xlgc_id id = XLGC_ID_NONE;
  ok(at->is->give(at->engine, global, &id));
  return id;
}
static int take(const place *at, unsigned global, xlgc_id id) {
  if (id != XLGC_ID_NONE) return at->is->take(at->engine, global, id);
  drop(at, global);
  return 0;
}
static void pass(const place *from, unsigned global, const place *to, unsigned to_global) {
  ok(take(to, to_global, give(from, global)));
}

static const place *place_of(const xlgc_host *host) {
  for (unsigned i = 0; i < k.count; i++)
    if (k.at[i].engine && k.at[i].is->host(k.at[i].engine) == host) return &k.at[i];
  ck_abort_msg("a host of no engine");
  return NULL;
}

/* Where an object is, and the visit to it, unless it is the engine's own. */
typedef struct trip {
  const place *there;
  xlgc_visit visit;
  bool visits;
} trip;

/* Visits the object in a global, which is not ONE yet there if it is another engine's. */
static int set_out(const place *at, unsigned global, trip *trip) {
  trip->there = at;
  trip->visits = false;
  if (holds(at, global) == HOSTS_OBJECT) {
    at->is->copy(at->engine, ONE, global);
    return 0;
  }
  xlgc_id id = XLGC_ID_NONE;
  int failed = at->is->give(at->engine, global, &id);
  if (!failed) failed = xlgc_visit_begin(&trip->visit, at->is->host(at->engine), id);
  if (failed) return failed;
  ck_assert_ptr_nonnull(trip->visit.owner);
  trip->visits = true;
  trip->there = place_of(trip->visit.owner);
  return 0;
}

static void land(const trip *trip) {
  if (trip->visits) trip->there->is->land(trip->there->engine, ONE, trip->visit.handle);
}

/* Goes where the object in a global is: there it is ONE. */
static int go(const place *at, unsigned global, trip *trip) {
  int failed = set_out(at, global, trip);
  if (!failed) land(trip);
  return failed;
}

static void come_back(trip *trip) {
  drop(trip->there, ONE);
  drop(trip->there, TWO);
  if (trip->visits) xlgc_visit_end(&trip->visit);
}

/* The number of the object, wherever it is. */
static int number(const place *at, unsigned global, unsigned *out) {
  trip trip;
  int failed = go(at, global, &trip);
  if (failed) return failed;
  *out = trip.there->is->number(trip.there->engine, ONE);
  come_back(&trip);
  return 0;
}

static void expect_number(const place *at, unsigned global, unsigned expected) {
  unsigned is = 0;
  ok(number(at, global, &is));
  ck_assert_uint_eq(is, expected);
}

static void set(const place *at, unsigned object, unsigned field, unsigned from) {
  trip trip;
  ok(go(at, object, &trip));
  ok(take(trip.there, TWO, give(at, from)));
  trip.there->is->set(trip.there->engine, ONE, field, TWO);
  come_back(&trip);
}

static int try_get(const place *at, unsigned to, unsigned object, unsigned field) {
  trip trip;
  int failed = go(at, object, &trip);
  if (failed) return failed;
  trip.there->is->get(trip.there->engine, TWO, ONE, field);
  xlgc_id id = XLGC_ID_NONE;
  failed = trip.there->is->give(trip.there->engine, TWO, &id);
  if (!failed) failed = take(at, to, id);
  come_back(&trip);
  return failed;
}
static void get(const place *at, unsigned to, unsigned object, unsigned field) { ok(try_get(at, to, object, field)); }

/* A call into the object's engine, which keeps what it finds there in a global. Returns where. */
static const place *stash(const place *at, unsigned object, unsigned field, unsigned to) {
  trip trip;
  ok(go(at, object, &trip));
  trip.there->is->get(trip.there->engine, to, ONE, field);
  come_back(&trip);
  return trip.there;
}

static void collect_all(void) {
  int count = xlgc_hosts_collect(k.pool);
  ck_assert_msg(count >= 0, "%s", xlgc_errname(count));
}
static void collect_engines(void) {
  for (unsigned i = 0; i < k.count; i++)
    if (k.at[i].engine) k.at[i].is->collect(k.at[i].engine);
}
static void work(void) {
  ok(xlgc_flush(k.pool));
  for (unsigned i = 0; i < k.count; i++)
    if (k.at[i].engine) ck_assert_int_ge(xlgc_host_dispatch(k.at[i].is->host(k.at[i].engine), 1000000), 0);
}
static void summarise(const place *at) { ok(xlgc_host_summarise(at->is->host(at->engine))); }

static uint64_t objects(void) {
  uint64_t count = 0;
  for (unsigned i = 0; i < k.count; i++)
    if (k.at[i].engine) count += k.at[i].is->objects(k.at[i].engine);
  return count;
}
static uint64_t pins(void) {
  uint64_t count = 0;
  for (unsigned i = 0; i < k.count; i++)
    if (k.at[i].engine) count += k.at[i].is->pins(k.at[i].engine);
  return count;
}

/* Every export was unpinned, or is pinned, once; and the host layer and the engine agree. */
static void check_pins(void) {
  for (unsigned i = 0; i < k.count; i++) {
    const place *at = &k.at[i];
    if (!at->engine) continue;
    xlgc_host_statistics statistics;
    ok(xlgc_host_stats(at->is->host(at->engine), &statistics));
    ck_assert_uint_eq(statistics.exports, at->is->pins(at->engine));
    ck_assert_uint_eq(statistics.unpinned, at->is->unpins(at->engine));
    ck_assert_uint_eq(statistics.exported, statistics.exports + statistics.unpinned);
  }
}

/* Collects, until that many objects are left: a finalizer may keep things for one collection more. Twice at least: what
 * is held stays, however often. */
static void expect_left(uint64_t count) {
  for (unsigned tries = 0; tries < 2 || (tries < 4 && objects() != count); tries++)
    collect_all();
  ck_assert_uint_eq(objects(), count);
  check_pins();
}

/* A ring through all engines: in each an object in global 0, whose field 0 holds the next one's. */
static void make_ring(void) {
  for (unsigned i = 0; i < k.count; i++)
    make(&k.at[i], 0, i + 1);
  for (unsigned i = 0; i < k.count; i++) {
    pass(&k.at[(i + 1) % k.count], 0, &k.at[i], 1);
    set(&k.at[i], 0, 0, 1);
    drop(&k.at[i], 1);
  }
}
static void drop_ring(void) {
  for (unsigned i = 0; i < k.count; i++)
    drop(&k.at[i], 0);
}
/* Around it, from where it is held in a global. */
static void check_ring(const place *at, unsigned global) {
  unsigned first;
  ok(number(at, global, &first));
  at->is->copy(at->engine, 5, global);
  for (unsigned i = 0; i < k.count; i++) {
    expect_number(at, 5, (first - 1 + i) % k.count + 1);
    get(at, 5, 5, 0);
  }
  ck_assert(same(at, 5, global));
  drop(at, 5);
}

/* ------------------------------------------------------------------ rings */

static void rings(int first, unsigned engines) {
  enum { RINGS = 1000 };
  open_engines(first, engines);
  unsigned count = RINGS;
  for (unsigned i = 0; i < count; i++)
    make_ring();
  drop_ring();
  for (unsigned i = 0; i < 3; i++) {
    collect_engines();
    work();
  }
  ck_assert_uint_eq(objects(), (uint64_t)count * engines); /* they leak under each one's own collector */
  ck_assert_int_eq(xlgc_hosts_collect(k.pool), (int)(count * engines));
  expect_left(0);
  ck_assert_uint_eq(pins(), 0);
  close_engines();
}

START_TEST(rings_through_two_engines) { rings(_i, 2); }
END_TEST
START_TEST(rings_through_three_engines) { rings(_i, 3); }
END_TEST

START_TEST(ring_of_an_engine_with_itself_through_another) {
  open_engines(_i, 2);
  const place *a = &k.at[0], *b = &k.at[1];
  make(a, 0, 1);
  make(a, 1, 2);
  make(b, 0, 3);
  set(a, 0, 0, 1);
  pass(a, 0, b, 1);
  pass(b, 0, a, 2);
  set(b, 0, 0, 1);
  set(a, 1, 0, 2);
  drop(a, 0), drop(a, 2), drop(b, 0), drop(b, 1);
  expect_left(3);
  drop(a, 1);
  expect_left(0);
  close_engines();
}
END_TEST

/* ------------------------------------------------------------------- held */

START_TEST(held_by_a_global_of_each) {
  open_engines(_i, 3);
  for (unsigned holder = 0; holder < k.count; holder++) {
    make_ring();
    for (unsigned i = 0; i < k.count; i++)
      if (i != holder) drop(&k.at[i], 0);
    expect_left(3);
    check_ring(&k.at[holder], 0);
    collect_engines(), work();
    expect_left(3);
    drop(&k.at[holder], 0);
    expect_left(0);
  }
  close_engines();
}
END_TEST

START_TEST(held_by_a_proxy_in_each) {
  open_engines(_i, 3);
  for (unsigned holder = 0; holder < k.count; holder++) {
    make_ring();
    pass(&k.at[(holder + 1) % 3], 0, &k.at[holder], 2);
    drop_ring();
    expect_left(3);
    check_ring(&k.at[holder], 2);
    drop(&k.at[holder], 2);
    expect_left(0);
  }
  close_engines();
}
END_TEST

START_TEST(held_by_an_object_that_is_held) {
  open_engines(_i, 2);
  const place *a = &k.at[0], *b = &k.at[1];
  make_ring();
  make(a, 2, 7);
  make(a, 3, 8);
  set(a, 2, 1, 3);
  pass(b, 0, a, 4);
  set(a, 3, 2, 4);
  drop_ring();
  drop(a, 3), drop(a, 4);
  expect_left(4);
  get(a, 3, 2, 1), get(a, 4, 3, 2);
  check_ring(a, 4);
  drop(a, 4);
  set(a, 3, 2, 9); /* nothing */
  drop(a, 3);
  expect_left(2);
  drop(a, 2);
  expect_left(0);
  close_engines();
}
END_TEST

START_TEST(held_by_what_is_suspended) {
  open_engines(_i, 3);
  const place *a = &k.at[0];
  if (a->is->suspend) {
    for (unsigned own = 0; own < 2; own++) {
      make_ring();
      if (!own) pass(&k.at[1], 0, a, 0);
      a->is->suspend(a->engine, own, 0);
      drop_ring();
      expect_left(3);
      expect_left(3);
      a->is->resume(a->engine, own);
      expect_left(0);
    }
  }
  close_engines();
}
END_TEST

START_TEST(held_by_the_program) {
  open_engines(_i, 2);
  make_ring();
  xlgc_context *context;
  ok(xlgc_context_create(k.pool, "program", &context));
  xlgc_id id = give(&k.at[1], 0);
  ok(xlgc_pin(context, id));
  drop_ring();
  expect_left(2);
  ok(take(&k.at[0], 3, id));
  check_ring(&k.at[0], 3);
  drop(&k.at[0], 3);
  expect_left(2);
  ok(xlgc_unpin(context, id));
  expect_left(0);
  ok(xlgc_context_destroy(context));
  close_engines();
}
END_TEST

/* A plain reference needs no summary when its proxy is gone and the export was summarised. */
START_TEST(gone_proxies_let_go_at_once) {
  open_engines(_i, 2);
  const place *a = &k.at[0], *b = &k.at[1];
  make(a, 0, 1);
  pass(a, 0, b, 0);
  drop(a, 0);
  collect_all();
  ck_assert_uint_eq(objects(), 1);
  drop(b, 0);
  for (unsigned i = 0; i < 3; i++) {
    b->is->collect(b->engine);
    work();
    a->is->collect(a->engine);
  }
  ck_assert_uint_eq(a->is->pins(a->engine), 0);
  ck_assert_uint_eq(objects(), 0);
  close_engines();
}
END_TEST

/* --------------------------------------------------------------- identity */

START_TEST(one_proxy_an_object) {
  open_engines(_i, 3);
  const place *a = &k.at[0], *b = &k.at[1], *c = &k.at[2];
  make(a, 0, 1);
  xlgc_id id = give(a, 0);
  ck_assert_uint_eq(give(a, 0), id);
  ok(take(b, 0, id));
  ok(take(b, 1, id));
  ck_assert_int_eq(holds(b, 0), HOSTS_PROXY);
  ck_assert(same(b, 0, 1));
  /* By another way. */
  pass(b, 0, c, 0);
  pass(c, 0, b, 2);
  ck_assert(same(b, 0, 2));
  /* And home. */
  pass(c, 0, a, 3);
  ck_assert_int_eq(holds(a, 3), HOSTS_OBJECT);
  ck_assert(same(a, 0, 3));
  ck_assert_uint_eq(a->is->pins(a->engine), 1);
  /* Again when it was gone. */
  for (unsigned i = 0; i < 5; i++) {
    drop(b, 0), drop(b, 1), drop(b, 2);
    if (i % 2) b->is->collect(b->engine);
    if (i == 3) collect_all();
    pass(a, 0, b, 1);
    pass(c, 0, b, 2);
    ck_assert(same(b, 1, 2));
    expect_number(b, 1, 1);
  }
  xlgc_host_statistics statistics;
  ok(xlgc_host_stats(a->is->host(a->engine), &statistics));
  ck_assert_uint_eq(statistics.exported, 1);
  drop(a, 0), drop(a, 3), drop(b, 1), drop(b, 2), drop(c, 0);
  expect_left(0);
  close_engines();
}
END_TEST

START_TEST(exported_again_after_it_was_unpinned) {
  open_engines(_i, 2);
  const place *a = &k.at[0], *b = &k.at[1];
  make(a, 0, 1);
  xlgc_id id = give(a, 0);
  for (unsigned i = 1; i <= 5; i++) {
    pass(a, 0, b, 0);
    expect_number(b, 0, 1);
    drop(b, 0);
    collect_all();
    /* The engine holds it, so it need not be unpinned; or it was, and has a new id. */
    if (give(a, 0) != id) id = give(a, 0);
    check_pins();
  }
  drop(a, 0);
  expect_left(0);
  close_engines();
}
END_TEST

/* ------------------------------------------------------- between summaries */

/* The only holder moves after its new engine was summarised, and before its old one is. */
START_TEST(holder_moves_between_two_summaries) {
  open_engines(_i, 3);
  const place *a = &k.at[0], *b = &k.at[1], *c = &k.at[2];
  for (unsigned way = 0; way < 2; way++) {
    make_ring();
    pass(c, 0, a, 3);
    drop_ring();
    collect_all();
    summarise(b);
    pass(a, 3, b, 3);
    drop(a, 3);
    if (way) a->is->collect(a->engine);
    summarise(a);
    summarise(c);
    work();
    collect_engines();
    work();
    ck_assert_uint_eq(objects(), 3);
    check_ring(b, 3);
    drop(b, 3);
    expect_left(0);
  }
  close_engines();
}
END_TEST

START_TEST(calls_that_keep_what_they_find) {
  open_engines(_i, 3);
  const place *a = &k.at[0], *b = &k.at[1], *c = &k.at[2];
  /* a's object holds c's by a proxy; only b holds a's. */
  make(a, 0, 1);
  make(c, 0, 3);
  pass(c, 0, a, 1);
  set(a, 0, 0, 1);
  pass(a, 0, b, 0);
  drop(a, 0), drop(a, 1), drop(c, 0);
  collect_all();
  ck_assert_uint_eq(objects(), 2);
  /* A call into a keeps it there, after a was summarised; then b lets go. */
  summarise(a);
  ck_assert_ptr_eq(stash(b, 0, 0, 4), a);
  drop(b, 0);
  b->is->collect(b->engine);
  summarise(b);
  summarise(c);
  work();
  collect_engines();
  work();
  expect_number(a, 4, 3);
  expect_left(1);
  expect_number(a, 4, 3);
  drop(a, 4);
  expect_left(0);
  close_engines();
}
END_TEST

/* What is stored in a held export's subgraph by a call. */
START_TEST(calls_that_store_elsewhere) {
  open_engines(_i, 3);
  const place *a = &k.at[0], *b = &k.at[1], *c = &k.at[2];
  make(a, 0, 1);
  make(c, 0, 3);
  pass(a, 0, b, 0);
  drop(a, 0);
  collect_all();
  summarise(a);
  pass(c, 0, b, 1);
  set(b, 0, 2, 1); /* into a */
  drop(b, 1), drop(c, 0);
  b->is->collect(b->engine);
  summarise(b);
  summarise(c);
  work();
  collect_engines();
  work();
  get(b, 1, 0, 2);
  expect_number(b, 1, 3);
  drop(b, 0);
  expect_left(1);
  drop(b, 1);
  expect_left(0);
  close_engines();
}
END_TEST

/* ----------------------------------------------------------------- oracle */

enum { KNOWN_MAX = 4000, USED = 8 };

static struct {
  unsigned fields[KNOWN_MAX][HOSTS_FIELDS]; /* numbers; 0 is nothing */
  unsigned globals[ENGINES][USED];
  unsigned where[KNOWN_MAX];
  bool live[KNOWN_MAX];
  unsigned count;
  unsigned held[ENGINES][HOSTS_SUSPENDED];
} truth;

static unsigned visit(unsigned *stack, unsigned depth, unsigned number) {
  if (!number || truth.live[number]) return depth;
  truth.live[number] = true;
  stack[depth] = number;
  return depth + 1;
}

static uint64_t count_live(void) {
  static unsigned stack[KNOWN_MAX];
  unsigned depth = 0;
  uint64_t live = 0;
  memset(truth.live, 0, sizeof truth.live);
  for (unsigned i = 0; i < ENGINES; i++) {
    for (unsigned j = 0; j < USED; j++)
      depth = visit(stack, depth, truth.globals[i][j]);
    for (unsigned j = 0; j < HOSTS_SUSPENDED; j++)
      depth = visit(stack, depth, truth.held[i][j]);
  }
  while (depth) {
    unsigned number = stack[--depth];
    live++;
    for (unsigned i = 0; i < HOSTS_FIELDS; i++)
      depth = visit(stack, depth, truth.fields[number][i]);
  }
  return live;
}

/* Numbers of objects that are gone are used again, from the next exact moment on. */
static unsigned new_number(void) {
  for (; truth.count + 1 < KNOWN_MAX; truth.count++)
    if (!truth.live[truth.count + 1]) return ++truth.count;
  return 0;
}

static void exact_moment(void) {
  uint64_t live = count_live();
  for (unsigned tries = 0; tries < 3 && objects() != live; tries++)
    collect_all();
  ck_assert_uint_eq(objects(), live);
  check_pins();
  truth.count = 0;
}

static void check_global(unsigned engine, unsigned global) {
  const place *at = &k.at[engine];
  unsigned expected = truth.globals[engine][global];
  if (!expected) {
    ck_assert_int_eq(holds(at, global), HOSTS_NOTHING);
    return;
  }
  ck_assert_int_eq(holds(at, global), truth.where[expected] == engine ? HOSTS_OBJECT : HOSTS_PROXY);
  expect_number(at, global, expected);
}

static void one_move(uint64_t *random, unsigned depth);

/* While a visit to an object lasts more happens: the object may be dropped everywhere, summaries are taken. What its
 * code then finds in it is there. */
static void long_visit(uint64_t *random, unsigned depth, const place *at, unsigned g, unsigned field, unsigned h) {
  unsigned number = truth.globals[at - k.at][g];
  trip trip;
  if (!number || truth.where[number] == (unsigned)(at - k.at)) return;
  ok(set_out(at, g, &trip));
  for (unsigned moves = trial_random(random, 6); moves; moves--)
    one_move(random, depth + 1);
  land(&trip);
  trip.there->is->get(trip.there->engine, h, ONE, field);
  truth.globals[trip.there - k.at][h] = truth.fields[number][field];
  come_back(&trip);
}

static void one_move(uint64_t *random, unsigned depth) {
  unsigned e = trial_random(random, ENGINES), f = trial_random(random, ENGINES);
  unsigned g = trial_random(random, USED), h = trial_random(random, USED), field = trial_random(random, HOSTS_FIELDS);
  const place *at = &k.at[e];
  unsigned number = truth.globals[e][g], slot;
  switch (trial_random(random, 28)) {
  case 0:
  case 1:
  case 2:
  case 3:
    if ((number = new_number()) == 0) break;
    make(at, g, number);
    truth.globals[e][g] = number;
    truth.where[number] = e;
    memset(truth.fields[number], 0, sizeof truth.fields[number]);
    break;
  case 4:
  case 5:
  case 6:
  case 7:
  case 8:
    if (!number) break;
    set(at, g, field, h);
    truth.fields[number][field] = truth.globals[e][h];
    break;
  case 9:
  case 10:
  case 11:
  case 12:
    if (!number) break;
    get(at, h, g, field);
    truth.globals[e][h] = truth.fields[number][field];
    break;
  case 13:
  case 14:
  case 15: /* the holder moves */
    pass(at, g, &k.at[f], h);
    truth.globals[f][h] = number;
    if (e == f && g == h) break;
    drop(at, g);
    truth.globals[e][g] = 0;
    break;
  case 16:
  case 17:
    pass(at, g, &k.at[f], h);
    truth.globals[f][h] = number;
    break;
  case 18:
  case 19:
    if (!number) break;
    const place *there = stash(at, g, field, h);
    truth.globals[there - k.at][h] = truth.fields[number][field];
    break;
  case 20:
  case 21:
    drop(at, g);
    truth.globals[e][g] = 0;
    break;
  case 22: summarise(at); break;
  case 23: at->is->collect(at->engine); break;
  case 24: work(); break;
  case 25:
    if (!at->is->suspend) break;
    slot = trial_random(random, HOSTS_SUSPENDED);
    at->is->resume(at->engine, slot);
    at->is->suspend(at->engine, slot, g);
    truth.held[e][slot] = number;
    break;
  default:
    if (depth < 3) long_visit(random, depth, at, g, field, h);
    break;
  }
  check_global(e, g);
  check_global(f, h);
}

/* Exports are let go as often as can be, or now and then, or never; and so do collections come by themselves, with
 * images or without. */
static void configure(uint64_t *random) {
  xlgc_hosts_config config;
  ok(xlgc_hosts_configuration(k.pool, &config));
  config.step_size = (unsigned[]){1, 1, 5, 0}[trial_random(random, 4)];
  config.share = 0;
  config.image = trial_random(random, 2);
  config.part = trial_random(random, 2) ? trial_random(random, 8) : 2048;
  config.max_age_ns = (uint64_t[]){1, 100000, 0}[trial_random(random, 3)];
  ok(xlgc_hosts_configure(k.pool, &config));
}

START_TEST(random_moves) {
  uint64_t random = trial_seed();
  open_engines(_i, ENGINES);
  unsigned moves = trial_work(20000);
  for (unsigned i = 0; i < moves; i++) {
    if (i % 1000 == 0) configure(&random);
    one_move(&random, 0);
    if (trial_random(&random, 300) == 0) exact_moment();
  }
  exact_moment();
  for (unsigned i = 0; i < ENGINES; i++) {
    for (unsigned j = 0; j < USED; j++)
      check_global(i, j), drop(&k.at[i], j);
    for (unsigned j = 0; j < HOSTS_SUSPENDED; j++)
      if (k.at[i].is->resume) k.at[i].is->resume(k.at[i].engine, j);
  }
  expect_left(0);
  ck_assert_uint_eq(pins(), 0);
  close_engines();
}
END_TEST

/* ------------------------------------------------------------- finalizers */

/* An object of a dead ring has a finalizer that takes hold of a proxy: it has it, or is told clearly that it is
 * gone. */
START_TEST(finalizers_that_take_hold) {
  open_engines(_i, 3);
  const place *a = &k.at[0];
  if (a->is->finalizer) {
    for (unsigned i = 0; i < 50; i++) {
      make_ring();
      a->is->finalizer(a->engine, 0, 0, 6);
      drop_ring();
      if (i % 2) collect_engines();
      collect_all();
      collect_all();
      unsigned is;
      if (holds(a, 6) != HOSTS_NOTHING) {
        int failed = number(a, 6, &is);
        ck_assert(failed == 0 || failed == XLGC_E_STALE);
        ck_assert(failed || is == 2);
        ck_assert_int_eq(number(a, 6, &is), failed);
        drop(a, 6);
      }
    }
    expect_left(0);
  }
  close_engines();
}
END_TEST

/* --------------------------------------------------------------- shutdown */

START_TEST(early_shutdown) {
  open_engines(_i, 3);
  place *a = &k.at[0], *b = &k.at[1], *c = &k.at[2];
  make_ring();
  pass(b, 0, a, 2);
  pass(b, 0, c, 2);
  xlgc_id id = give(b, 0);
  drop_ring();
  collect_all();
  ck_assert_uint_eq(objects(), 3);
  ck_assert_int_eq(xlgc_host_is_alive(k.pool, id), 1);
  close_engine(b);
  unsigned is;
  ck_assert_int_eq(xlgc_host_is_alive(k.pool, id), 0);
  ck_assert_int_eq(number(a, 2, &is), XLGC_E_STALE);
  ck_assert_int_eq(number(c, 2, &is), XLGC_E_STALE);
  ck_assert_int_eq(take(c, 3, id), XLGC_E_STALE);
  /* c's object, which only b held, is gone, and a's, which only c's held. */
  expect_left(0);
  ck_assert_int_eq(number(a, 2, &is), XLGC_E_STALE);
  drop(a, 2);
  /* The others go on. */
  make(c, 4, 9);
  pass(c, 4, a, 4);
  collect_all();
  expect_number(a, 4, 9);
  drop(a, 4), drop(c, 4);
  expect_left(0);
  close_engines();
}
END_TEST

START_TEST(shutdown_in_every_order) {
  static const unsigned orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
  open_engines(_i / 6, 3);
  make_ring();
  make_ring();
  for (unsigned i = 0; i < 3; i++) {
    pass(&k.at[i], 0, &k.at[(i + 1) % 3], 3);
    if (i == 1) collect_all();
  }
  for (unsigned i = 0; i < 3; i++) {
    close_engine(&k.at[orders[_i % 6][i]]);
    if (_i % 2) work();
  }
  close_engines();
}
END_TEST

START_TEST(pool_that_ends_first) {
  open_engines(_i, 3);
  make_ring();
  drop(&k.at[0], 0);
  ok(xlgc_pool_shutdown(k.pool));
  for (unsigned i = 0; i < 3; i++)
    close_engine(&k.at[i]);
  ok(xlgc_pool_destroy(k.pool));
  ck_assert_uint_eq(k.errors, 0);
}
END_TEST

/* ---------------------------------------------------------------- unpinning */

START_TEST(each_export_is_unpinned_once) {
  open_engines(_i, 2);
  const place *a = &k.at[0], *b = &k.at[1];
  for (unsigned i = 0; i < 200; i++) {
    make(a, 0, i);
    for (unsigned j = 0; j <= i % 3; j++)
      pass(a, 0, b, j);
    for (unsigned j = 0; j < 3; j++)
      drop(b, j);
    drop(a, 0);
    if (i % 7 == 0) b->is->collect(b->engine);
    if (i % 11 == 0) work();
    if (i % 17 == 0) collect_all();
    check_pins();
  }
  expect_left(0);
  ck_assert_uint_eq(a->is->unpins(a->engine), 200);
  /* Also one that nobody ever took. */
  make(a, 0, 1);
  give(a, 0);
  drop(a, 0);
  expect_left(0);
  ck_assert_uint_eq(a->is->unpins(a->engine), 201);
  ck_assert_uint_eq(b->is->unpins(b->engine), 0);
  close_engines();
}
END_TEST

/* Nothing is logged for what does not change. */
START_TEST(unchanged_summaries_cost_no_event) {
  open_engines(_i, 3);
  make_ring();
  drop(&k.at[1], 0);
  expect_left(3);
  collect_all();
  xlgc_statistics before, after;
  ok(xlgc_stats(k.pool, &before));
  for (unsigned i = 0; i < 10; i++)
    for (unsigned j = 0; j < 3; j++)
      summarise(&k.at[j]);
  ok(xlgc_flush(k.pool));
  ok(xlgc_stats(k.pool, &after));
  ck_assert_uint_eq(after.events, before.events);
  close_engines();
}
END_TEST

/* ------------------------------------------------------------------- costs */

enum { SHARERS = 100, SHARED = 1000 };

/* a = exports of the first engine, each held by the second one only, which share a chain of objects: each of these
 * refers to the next, and to one of two proxies. in_ring: each export refers to the next one as well. */
static void share_chain(const place *a, const place *b, bool in_ring) {
  make(b, 1, 1);
  make(b, 2, 2);
  pass(b, 1, a, 1);
  pass(b, 2, a, 2);
  for (unsigned i = 0; i < SHARED; i++) {
    make(a, 3, i);
    if (i) a->is->set(a->engine, 3, 0, 0);
    a->is->set(a->engine, 3, 1, 1 + i % 2);
    a->is->copy(a->engine, 0, 3);
  }
  for (unsigned i = 0; i < SHARERS; i++) {
    make(a, 3, i);
    a->is->set(a->engine, 3, 0, 0);
    if (i && in_ring) a->is->set(a->engine, 3, 1, 4);
    if (!i) a->is->copy(a->engine, 5, 3);
    a->is->copy(a->engine, 4, 3);
    pass(a, 3, b, 3);
    make(b, 4, i);
    if (i) b->is->set(b->engine, 4, 0, 0);
    b->is->set(b->engine, 4, 1, 3);
    b->is->copy(b->engine, 0, 4);
  }
  if (in_ring) a->is->set(a->engine, 5, 1, 4);
  for (unsigned i = 0; i < 6; i++) {
    drop(a, i);
    if (i) drop(b, i);
  }
}

static uint64_t statistic(const place *at, const char *name) {
  uint64_t number = at->is->statistic(at->engine, name);
  ck_assert_msg(number != HOSTS_NO_STATISTIC, "%s has no %s", at->is->name, name);
  return number;
}

/* What exports share is walked once, whatever their number, and told of each, or of one of a ring. */
START_TEST(shared_objects_are_walked_once) {
  bool in_ring = _i >= (int)sort_count;
  open_engines(_i % (int)sort_count, 2);
  const place *a = &k.at[0];
  if (a->is->statistic) {
    share_chain(a, &k.at[1], in_ring);
    collect_all();
    summarise(a);
    uint64_t nodes = statistic(a, "summary_nodes"), edges = statistic(a, "summary_edges");
    uint64_t told = statistic(a, "summary_told");
    ck_assert_uint_le(nodes, 10 * (SHARERS + SHARED));
    ck_assert_uint_le(edges, 20 * (SHARERS + SHARED));
    ck_assert_uint_le(told, 2 * SHARERS);
    /* An engine that shows no edges is asked by trials, which cannot tell a ring, and which its own test counts. */
    if (edges) ck_assert_uint_le(statistic(a, "summary_visited"), 2 * (nodes + edges));
    if (edges) ck_assert_uint_eq(told, in_ring ? SHARERS + 2 : 2 * SHARERS);
  }
  close_engines();
}
END_TEST

int hosts_by_hand(xlgc_pool *pool) {
  xlgc_hosts_config config;
  int failed = xlgc_hosts_configuration(pool, &config);
  config.pause = 0;
  return failed ? failed : xlgc_hosts_configure(pool, &config);
}

void hosts_conformance(Suite *suite, const hosts_engine *engines, unsigned count) {
  sorts = engines;
  sort_count = count;
  for (unsigned i = 0; i < count; i++) {
    if (!engines[i].suspend) printf("%s: not tested: what is suspended\n", engines[i].name);
    if (!engines[i].statistic) printf("%s: not tested: what a summary costs\n", engines[i].name);
    if (!engines[i].finalizer) printf("%s: not tested: finalizers\n", engines[i].name);
  }
  TCase *cases = trial_case(suite, "conformance");
  int last = (int)count;
  tcase_add_loop_test(cases, rings_through_two_engines, 0, last);
  tcase_add_loop_test(cases, rings_through_three_engines, 0, last);
  tcase_add_loop_test(cases, ring_of_an_engine_with_itself_through_another, 0, last);
  tcase_add_loop_test(cases, held_by_a_global_of_each, 0, last);
  tcase_add_loop_test(cases, held_by_a_proxy_in_each, 0, last);
  tcase_add_loop_test(cases, held_by_an_object_that_is_held, 0, last);
  tcase_add_loop_test(cases, held_by_what_is_suspended, 0, last);
  tcase_add_loop_test(cases, held_by_the_program, 0, last);
  tcase_add_loop_test(cases, gone_proxies_let_go_at_once, 0, last);
  tcase_add_loop_test(cases, one_proxy_an_object, 0, last);
  tcase_add_loop_test(cases, exported_again_after_it_was_unpinned, 0, last);
  tcase_add_loop_test(cases, holder_moves_between_two_summaries, 0, last);
  tcase_add_loop_test(cases, calls_that_keep_what_they_find, 0, last);
  tcase_add_loop_test(cases, calls_that_store_elsewhere, 0, last);
  tcase_add_loop_test(cases, random_moves, 0, last);
  tcase_add_loop_test(cases, finalizers_that_take_hold, 0, last);
  tcase_add_loop_test(cases, early_shutdown, 0, last);
  tcase_add_loop_test(cases, shutdown_in_every_order, 0, last * 6);
  tcase_add_loop_test(cases, pool_that_ends_first, 0, last);
  tcase_add_loop_test(cases, each_export_is_unpinned_once, 0, last);
  tcase_add_loop_test(cases, unchanged_summaries_cost_no_event, 0, last);
  tcase_add_loop_test(cases, shared_objects_are_walked_once, 0, 2 * last);
}
