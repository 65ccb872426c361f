/* The n-th allocation fails, for every n, once or with all that follow: each call that lacks memory says so and has
 * changed nothing, and once memory is back all comes out as it would have. And: letting go never needs memory. */
#include <config.h>

#include "base/invariant.h"
#include "support/alloc.h"
#include "support/trial.h"

#include <string.h>

/* More than a segment of objects and of links, more than a chunk of events, more kinds than there is room for first, and
 * addresses enough for their index to grow. */
enum {
  INDEXED = 2100,
  OTHERS = 1800,
  KINDS = 20,
  CELLS = 300,
  CHUNK = 510,
  RESERVE = 3 * CHUNK,
  ENDS = 2 * CHUNK,
  LEAST = 40
};

static struct {
  alloc alloc;
  xlgc_pool *pool;
  xlgc_context *context;
  xlgc_kind kinds[KINDS], quiet, passing;
  xlgc_id root, indexed[INDEXED], others[OTHERS], ends[ENDS];
  char addresses[INDEXED];
  void *cells[CELLS];
  uint64_t refused, reported; /* calls that said XLGC_E_NOMEM, and errors */
  uint64_t forgotten, told;
  uint64_t order; /* a hash of what was told, in order */
} t;

static uint64_t seed;

/* ---------------------------------------------------------------- scenario */

static void memory_is_back(void) { t.alloc.fail_at = ALLOC_NEVER; }

/* A call that may lack memory: then it is made again, with memory. */
#define RETRY(call)                                          \
  do {                                                       \
    int result = (call);                                     \
    if (result == XLGC_E_NOMEM) {                            \
      ck_assert_uint_gt(t.alloc.failed, 0);                  \
      t.refused++;                                           \
      memory_is_back();                                      \
      result = (call);                                       \
    }                                                        \
    ck_assert_str_eq(xlgc_errname(result), xlgc_errname(0)); \
  } while (0)

static void hear(char what, xlgc_id id) {
  /* Only the slot: pools have their own numbers, and a slot may have been handed out before. */
  t.order = (t.order ^ (uint32_t)id ^ (uint64_t)what << 56) * UINT64_C(0x100000001B3);
}

/* Each object that goes holds, drops and makes something. */
static void release(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)object;
  (void)data;
  hear('t', id);
  t.told++;
  if (t.told > ENDS) return;
  xlgc_id end;
  RETRY(xlgc_register(context, NULL, &t.quiet, &end));
  RETRY(xlgc_link(context, t.root, end));
  t.ends[t.told - 1] = end;
}

static void forget(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)context;
  (void)object;
  (void)data;
  hear('f', id);
  t.forgotten++;
}

static void on_error(void *data, const xlgc_error *error) {
  (void)data;
  ck_assert_str_eq(xlgc_errname(error->code), "XLGC_E_NOMEM");
  ck_assert_str_eq(error->what, "link");
  t.reported++;
}

static void open_pool(int setting) {
  xlgc_config config;
  xlgc_config_init(&config);
  config.setting = setting;
  config.allocator = alloc_functions(&t.alloc);
  config.on_error = on_error;
  config.queue_reserve = RESERVE;
  config.when_full = XLGC_FULL_FAIL;
  RETRY(xlgc_pool_create(&config, &t.pool));
  RETRY(xlgc_context_create(t.pool, "sweep", &t.context));
}

static void register_all(void) {
  for (unsigned i = 0; i < KINDS; i++)
    t.kinds[i] = (xlgc_kind){.name = "told", .release = release};
  t.quiet = (xlgc_kind){.name = "quiet"};
  t.passing = (xlgc_kind){.name = "passing", .flags = XLGC_KIND_TRANSIENT, .forgotten = forget};
  RETRY(xlgc_register(t.context, NULL, &t.quiet, &t.root));
  /* So many that some of the events below are the first of a chunk for which there is no memory in reserve. */
  for (unsigned i = 0; i < RESERVE - INDEXED / 4; i++)
    RETRY(xlgc_pin(t.context, t.root));
  for (unsigned i = 0; i < INDEXED; i++)
    RETRY(xlgc_register(t.context, &t.addresses[i], i % 2 ? &t.passing : &t.kinds[i % KINDS], &t.indexed[i]));
  for (unsigned i = 0; i < OTHERS; i++)
    RETRY(xlgc_register(t.context, NULL, &t.quiet, &t.others[i]));
}

/* A chain of all from the root on, with places at its beginning. */
static void link_all(uint64_t *random) {
  xlgc_id holder = t.root;
  for (unsigned i = 0; i < INDEXED; i += 2) {
    void **cell = &t.cells[i % CELLS];
    *cell = &t.addresses[i];
    RETRY(xlgc_link_at(t.context, holder, t.indexed[i], cell, i % (XLGC_TAG_MAX + 1)));
    holder = t.indexed[i];
  }
  for (unsigned i = 0; i < OTHERS; i++) {
    RETRY(xlgc_link(t.context, holder, t.others[i]));
    xlgc_id other = t.others[trial_random(random, OTHERS)];
    RETRY(xlgc_link(t.context, other, t.others[i]));
    holder = t.others[i];
  }
}

static void scenario(int setting) {
  uint64_t random = seed;
  open_pool(setting);
  register_all();
  link_all(&random);
  RETRY(xlgc_flush(t.pool));
  RETRY(xlgc_verify(t.pool, NULL, 0));
  RETRY(xlgc_relink(t.context, t.root, t.indexed[0], t.others[OTHERS / 2]));
  RETRY(xlgc_flush(t.pool));
  for (unsigned i = 0; i < t.told && i < ENDS; i++)
    RETRY(xlgc_unlink(t.context, t.root, t.ends[i]));
  RETRY(xlgc_flush(t.pool));
  xlgc_statistics is;
  ok(xlgc_stats(t.pool, &is));
  t.order = (t.order ^ is.objects) * 31 + is.links;
  RETRY(xlgc_verify(t.pool, NULL, 0));
  ck_assert_uint_eq(is.bytes, t.alloc.bytes);
  ok(xlgc_pool_destroy(t.pool));
  ck_assert_uint_eq(t.alloc.blocks, 0);
  ck_assert_uint_eq(t.alloc.bytes, 0);
}

static void run(int setting, uint64_t fail_at, bool sticky) {
  memset(&t, 0, sizeof t);
  t.alloc = (alloc){.fail_at = fail_at, .sticky = sticky};
  scenario(setting);
}

/* ------------------------------------------------------------------- tests */

/* Every index; under a sanitizer, some of them. */
static void sweep(int setting, bool sticky) {
  run(setting, ALLOC_NEVER, false);
  uint64_t order = t.order, allocations = t.alloc.asked;
  ck_assert_uint_gt(t.told, 0);
  ck_assert_uint_gt(t.forgotten, 0);
  ck_assert_uint_eq(t.alloc.failed, 0);
  ck_assert_uint_gt(allocations, LEAST);
  unsigned runs = 0, refused = 0, stride = trial_work(10) < 10 ? 5 : 1;
  uint64_t at = seed % stride;
  for (; at < allocations; at += stride) {
    run(setting, at, sticky);
    ck_assert_uint_gt(t.alloc.failed, 0);
    /* A whole verification at the end of each round asks for memory too, and does without; so does a context that wants
     * links for a whole chunk and then asks for a single one. */
    runs++;
    refused += t.refused > 0;
    if (sticky && XLGC_INVARIANTS < 2) ck_assert_uint_gt(t.refused, 0);
    ck_assert_uint_eq(t.order, order);
  }
  if (XLGC_INVARIANTS < 2 && stride == 1) ck_assert_uint_gt(refused, runs / 10 * 9);
  run(setting, at, sticky);
  ck_assert_uint_eq(t.alloc.failed, 0);
}

START_TEST(every_allocation_fails_once) { sweep(_i, false); }
END_TEST

START_TEST(all_from_one_on_fail) { sweep(_i, true); }
END_TEST

/* More events than the queue has memory for in reserve, and no memory from the first of them on. */
START_TEST(letting_go_needs_no_memory) {
  xlgc_config config;
  xlgc_config_init(&config);
  config.setting = _i;
  memset(&t, 0, sizeof t);
  t.alloc.fail_at = ALLOC_NEVER;
  config.allocator = alloc_functions(&t.alloc);
  ok(xlgc_pool_create(&config, &t.pool));
  ok(xlgc_context_create(t.pool, "let go", &t.context));
  for (unsigned i = 0; i < OTHERS; i++) {
    ok(xlgc_register(t.context, NULL, NULL, &t.others[i]));
    ok(xlgc_pin(t.context, t.others[i]));
    ok(xlgc_pin(t.context, t.others[i]));
    if (i) ok(xlgc_link_at(t.context, t.others[i - 1], t.others[i], &t.cells[i % CELLS], 0));
  }
  ok(xlgc_flush(t.pool));
  t.alloc.sticky = true;
  t.alloc.fail_at = 0;
  uint64_t asked = t.alloc.asked;
  for (unsigned i = 0; i < OTHERS; i++)
    ok(xlgc_unpin(t.context, t.others[i]));
  for (unsigned i = 0; i < OTHERS; i++) {
    ok(xlgc_unpin(t.context, t.others[i]));
    if (i % 2) ok(xlgc_unlink(t.context, t.others[i - 1], t.others[i]));
  }
  ok(xlgc_flush(t.pool));
  xlgc_statistics is;
  ok(xlgc_stats(t.pool, &is));
  ck_assert_uint_eq(is.orphans, OTHERS);
  ck_assert_uint_eq(is.links, 0);
  ck_assert_uint_gt(t.alloc.asked, asked);
  ok(xlgc_pool_destroy(t.pool));
  ck_assert_uint_eq(t.alloc.blocks, 0);
}
END_TEST

int main(void) {
  seed = trial_seed();
  Suite *suite = suite_create("oom_sweep");
  TCase *cases = trial_case(suite, "out of memory");
  tcase_add_loop_test(cases, every_allocation_fails_once, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(cases, all_from_one_on_fail, XLGC_CERTIFIED, XLGC_EXACT + 1);
  tcase_add_loop_test(cases, letting_go_needs_no_memory, XLGC_CERTIFIED, XLGC_EXACT + 1);
  return trial_run(suite);
}
