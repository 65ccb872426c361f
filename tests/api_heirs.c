/* Heirs (xlgc_bequeath): what an object leaves lives on, chains and rings go one by one; against a model of random
 * graphs, with questions and weak references. */
#include <config.h>

#include <stdbool.h>
#include <string.h>
#include <xlgc/finalizer.h>

#include "support/whole.h"

enum { MOST = 24 };

/* The objects, numbered from 0; their addresses say which. How often each holds each, and the heir. */
static struct {
  xlgc_pool *pool;
  xlgc_context *context;
  xlgc_id id[MOST], heir;
  bool leaves[MOST], is_gone[MOST];
  unsigned holds[MOST][MOST], left[MOST];
  unsigned gone[MOST], gone_count; /* in their order */
  uint64_t random;
  unsigned holder; /* drops object 0 when that is released: late; 0: none does */
  bool is_late;    /* releases drop some of the links that their object has left */
} m;
static char addresses[MOST + 1];

static unsigned number_of(const void *address) { return (unsigned)((const char *)address - addresses); }

static void release(xlgc_context *context, xlgc_id id, void *address, void *data) {
  unsigned i = number_of(address);
  (void)data;
  if (i == MOST) return; /* the heir */
  MUST(!m.is_gone[i]);
  m.is_gone[i] = true;
  m.gone[m.gone_count++] = i;
  if (!i && m.holder) ok(xlgc_unlink(context, m.id[m.holder], id));
  for (unsigned j = 0; j < MOST; j++) {
    unsigned holds = m.holds[i][j];
    /* H1: it has left it to its heir, unless that died before. */
    if (m.leaves[i] && j != i && !m.is_gone[j]) m.left[j] += holds;
    if (!m.leaves[i] || !holds || j == i || m.is_gone[j] || !m.is_late || !trial_random(&m.random, 2)) continue;
    ok(xlgc_unlink(context, id, m.id[j]));
    m.left[j]--;
  }
}
static int answer(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)context, (void)id, (void)object, (void)data;
  return XLGC_LET_GO;
}

static const xlgc_kind kinds[] = {
    {.name = "plain", .flags = XLGC_KIND_UNINDEXED, .release = release},
    {.name = "asked", .flags = XLGC_KIND_UNINDEXED, .release = release, .orphaned = answer},
    {.name = "owned", .flags = XLGC_KIND_UNINDEXED, .release = release, .delivery = XLGC_DELIVER_OWNER}};
enum { KINDS = sizeof kinds / sizeof *kinds };

static void begin(unsigned setting) {
  memset(&m, 0, sizeof m);
  xlgc_config config;
  xlgc_config_init(&config);
  config.setting = (int)setting;
  ok(xlgc_pool_create(&config, &m.pool));
  ok(xlgc_context_create(m.pool, "heirs", &m.context));
  ok(xlgc_register(m.context, &addresses[MOST], &kinds[0], &m.heir));
  ok(xlgc_pin(m.context, m.heir));
}

static void make(unsigned i, const xlgc_kind *kind, bool leaves) {
  ok(xlgc_register(m.context, &addresses[i], kind, &m.id[i]));
  ok(xlgc_pin(m.context, m.id[i]));
  m.leaves[i] = leaves;
  if (leaves) ok(xlgc_bequeath(m.context, m.id[i], m.heir));
}
static void hold(unsigned i, unsigned j) {
  ok(xlgc_link(m.context, m.id[i], m.id[j]));
  m.holds[i][j]++;
}

static void flush(void) {
  int more;
  do {
    ok(xlgc_flush(m.pool));
    char why[200] = "";
    ck_assert_msg(xlgc_verify(m.pool, why, sizeof why) == 0, "%s", why);
    more = xlgc_context_dispatch(m.context, SIZE_MAX);
  } while (more > 0);
  ok(more);
}

/* One flush; what is gone since is this, in this order. */
static void expect_gone(const char *what) {
  char text[MOST + 1] = "";
  unsigned before = m.gone_count;
  flush();
  for (unsigned i = before; i < m.gone_count; i++)
    text[i - before] = (char)('a' + m.gone[i]);
  ck_assert_str_eq(text, what);
}
/* The heir lets go of one, as often as it has it. */
static void take_from_heir(unsigned i) {
  for (; m.left[i]; m.left[i]--)
    ok(xlgc_unlink(m.context, m.heir, m.id[i]));
}
static void end(void) {
  xlgc_context_destroy(m.context);
  ok(xlgc_pool_destroy(m.pool));
}
static void finish(void) {
  ok(xlgc_unpin(m.context, m.heir));
  ck_assert_uint_eq(whole_pool(m.pool).links, 0);
  end();
}

/* ------------------------------------------------------------------ one by one */

START_TEST(a_chain_goes_one_by_one) {
  begin((unsigned)_i);
  for (unsigned i = 0; i < 4; i++)
    make(i, &kinds[i % 2], i != 2);
  for (unsigned i = 0; i < 3; i++)
    hold(i, i + 1);
  hold(0, 1);
  for (unsigned i = 0; i < 4; i++)
    ok(xlgc_unpin(m.context, m.id[i]));
  expect_gone("a");
  MUST(m.left[1] == 2);
  expect_gone("");
  ok(xlgc_unlink(m.context, m.heir, m.id[1]));
  expect_gone(""); /* the count went over, too */
  ok(xlgc_unlink(m.context, m.heir, m.id[1]));
  expect_gone("b");
  take_from_heir(2);
  expect_gone("cd"); /* c leaves nothing */
  finish();
}
END_TEST

START_TEST(a_ring_goes_at_its_lowest_slot) {
  begin((unsigned)_i);
  for (unsigned i = 0; i < 4; i++)
    make(i, &kinds[(unsigned)_i % KINDS], true);
  for (unsigned i = 0; i < 3; i++)
    hold(i, (i + 1) % 3);
  hold(3, 1); /* d leads to the ring */
  m.holder = 2;
  for (unsigned i = 0; i < 4; i++)
    ok(xlgc_unpin(m.context, m.id[i]));
  expect_gone("d");
  take_from_heir(1);
  expect_gone("a");
  /* c holds a no more: its link is gone. */
  ck_assert_uint_eq(whole_pool(m.pool).links, 2); /* the heir to b, and b to c */
  take_from_heir(1);
  expect_gone("b");
  take_from_heir(2);
  expect_gone("c");
  finish();
}
END_TEST

/* Without a pinned heir all goes at once. */
START_TEST(an_heir_that_is_not_pinned_gets_nothing) {
  begin((unsigned)_i);
  for (unsigned i = 0; i < 3; i++)
    make(i, &kinds[0], true);
  hold(0, 1);
  hold(1, 2);
  ok(xlgc_link(m.context, m.heir, m.id[0]));
  ok(xlgc_unpin(m.context, m.heir));
  memset(m.leaves, 0, sizeof m.leaves);
  for (unsigned i = 0; i < 3; i++)
    ok(xlgc_unpin(m.context, m.id[i]));
  flush();
  MUST(m.gone_count == 3);
  whole_pool(m.pool);
  end();
}
END_TEST

START_TEST(bad_calls) {
  begin((unsigned)_i);
  make(0, &kinds[0], false);
  ck_assert_int_eq(xlgc_bequeath(NULL, m.id[0], m.heir), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_bequeath(m.context, XLGC_ID_NONE, m.heir), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_bequeath(m.context, m.id[0], XLGC_ID_NONE), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_bequeath(m.context, m.id[0], m.id[0]), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_bequeath(m.context, m.id[0] ^ UINT64_C(1) << 60, m.heir), XLGC_E_FOREIGN);
  ck_assert_int_eq(xlgc_bequeath(m.context, m.id[0], m.heir ^ UINT64_C(1) << 60), XLGC_E_FOREIGN);
  ok(xlgc_unpin(m.context, m.id[0]));
  expect_gone("a");
  ok(xlgc_unpin(m.context, m.heir));
  end();
}
END_TEST

/* ------------------------------------------------------------------------ random */

static bool is_reached[MOST];
static void reach(unsigned i) {
  if (is_reached[i]) return;
  is_reached[i] = true;
  for (unsigned j = 0; j < MOST; j++)
    if (m.holds[i][j] && !m.is_gone[j]) reach(j);
}

/* Whatever the heir holds lives; of the rest at least something goes by each flush, and nothing that an object has left
 * which went in the same flush. */
static void check_flush(unsigned before) {
  for (unsigned i = before; i < m.gone_count; i++)
    for (unsigned j = 0; j < MOST; j++)
      if (m.leaves[m.gone[i]] && m.holds[m.gone[i]][j] && j != m.gone[i] && m.left[j]) MUST(!m.is_gone[j]);
  memset(is_reached, 0, sizeof is_reached);
  for (unsigned i = 0; i < MOST; i++)
    if (m.left[i]) {
      MUST(!m.is_gone[i]);
      reach(i);
    }
}

START_TEST(random_graphs) {
  uint64_t seed = trial_seed();
  for (unsigned round = 0, rounds = trial_work(400); round < rounds; round++) {
    begin((unsigned)_i);
    m.random = seed + round;
    m.is_late = trial_random(&m.random, 2);
    unsigned count = 2 + trial_random(&m.random, MOST - 2), links = trial_random(&m.random, 3 * count);
    unsigned share = trial_random(&m.random, 4);
    xlgc_weak *weak[MOST] = {NULL};
    for (unsigned i = 0; i < count; i++) {
      make(i, &kinds[trial_random(&m.random, KINDS)], trial_random(&m.random, 3) < share);
      if (!trial_random(&m.random, 3)) ok(xlgc_weak_create(m.context, m.id[i], NULL, NULL, &weak[i]));
    }
    for (unsigned i = 0; i < links; i++)
      hold(trial_random(&m.random, count), trial_random(&m.random, count));
    if (trial_random(&m.random, 2)) flush();
    for (unsigned i = 0; i < count; i++) {
      ok(xlgc_unpin(m.context, m.id[i]));
      if (!trial_random(&m.random, 8)) flush(); /* what nothing holds dies; what others hold is to wait for them */
    }
    for (unsigned tries = 0; m.gone_count < count; tries++) {
      unsigned before = m.gone_count;
      MUST(tries < 4 * MOST);
      flush();
      check_flush(before);
      for (unsigned i = 0; i < count; i++)
        if (!m.is_gone[i] && m.left[i] && trial_random(&m.random, 2)) take_from_heir(i);
    }
    for (unsigned i = 0; i < count; i++)
      xlgc_weak_destroy(weak[i]);
    flush();
    finish();
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("api_heirs");
  TCase *tests = trial_case(suite, "heirs");
  tcase_add_loop_test(tests, a_chain_goes_one_by_one, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(tests, a_ring_goes_at_its_lowest_slot, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(tests, an_heir_that_is_not_pinned_gets_nothing, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(tests, bad_calls, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(tests, random_graphs, XLGC_CERTIFIED, XLGC_EXACT + 1);
  return trial_run(suite);
}
