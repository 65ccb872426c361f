/* The face by address: plain addresses on the process's default pool, from any thread. */
#include <config.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <xlgc.h>

#include "support/trial.h"

/* What releasers were called with, in order. */
enum { ROOM = 16 };
static void *told[ROOM];
static size_t told_count;

static void note(void *param) {
  ck_assert_uint_lt(told_count, ROOM);
  told[told_count++] = param;
}

#define expect_told(...) expect((void *[]){__VA_ARGS__}, sizeof(void *[]){__VA_ARGS__} / sizeof(void *))
#define expect_none_told() ck_assert_uint_eq(told_count, 0)
static void expect(void **params, size_t count) {
  ck_assert_uint_eq(told_count, count);
  for (size_t i = 0; i < count; i++)
    ck_assert_ptr_eq(told[i], params[i]);
  told_count = 0;
}

static char keeper; /* holds what releasers link */

static void hold(void *parent, void *child) { ok(xlgc_add_link(parent, child, NULL)); }
static void drop(void *parent, void *child) { ok(xlgc_drop_link(parent, child, note, NULL)); }
static void flush(void) { ok(xlgc_flush(xlgc_default_pool())); }

static xlgc_statistics statistics(void) {
  xlgc_statistics out;
  ok(xlgc_stats(xlgc_default_pool(), &out));
  return out;
}

static void expect_clean(void) {
  ck_assert_uint_eq(statistics().errors, 0);
  ck_assert_uint_eq(statistics().objects, 0);
  ck_assert_uint_eq(statistics().links, 0);
  ok(xlgc_verify(xlgc_default_pool(), NULL, 0));
}

START_TEST(default_pool_is_one) {
  ck_assert_ptr_nonnull(xlgc_default_pool());
  ck_assert_ptr_eq(xlgc_default_pool(), xlgc_default_pool());
  xlgc_context *context, *same;
  ok(xlgc_context_here(xlgc_default_pool(), &context));
  ok(xlgc_context_here(xlgc_default_pool(), &same));
  ck_assert_ptr_eq(context, same);
}
END_TEST

START_TEST(stack_parents_are_roots_and_forgotten) {
  char frame, object;
  xlgc_id found;
  hold(&frame, &object);
  flush();
  expect_none_told();
  ok(xlgc_lookup(xlgc_default_pool(), &frame, &found));
  uint64_t distance;
  ok(xlgc_distance(xlgc_default_pool(), found, &distance));
  ck_assert_uint_eq(distance, 0);
  drop(&frame, &object);
  flush();
  expect_told(&object);
  ck_assert_int_eq(xlgc_lookup(xlgc_default_pool(), &frame, &found), XLGC_E_UNKNOWN);
  ck_assert_uint_eq(statistics().forgotten, 1);
  expect_clean();
}
END_TEST

START_TEST(chain_is_told_from_its_top) {
  char frame, chain[5];
  hold(&frame, &chain[0]);
  for (size_t i = 1; i < 5; i++) {
    hold(&chain[i - 1], &chain[i]);
    hold(&frame, &chain[i]);
    drop(&frame, &chain[i]);
  }
  flush();
  expect_none_told();
  drop(&frame, &chain[2]); /* unknown */
  flush();
  ck_assert_uint_eq(statistics().errors, 1);
  expect_none_told();
  drop(&frame, &chain[0]);
  flush();
  expect_told(&chain[0], &chain[1], &chain[2], &chain[3], &chain[4]);
  ck_assert_uint_eq(statistics().objects, 0);
}
END_TEST

struct node {
  struct node *next;
};

static unsigned nodes_freed;
static void free_node(void *param) {
  struct node *node = param;
  nodes_freed += node->next == NULL;
  free(node);
}

START_TEST(cycle_with_places) {
  enum { RING = 8 };
  struct node *ring[RING];
  char frame;
  for (size_t i = 0; i < RING; i++) {
    ck_assert_ptr_nonnull(ring[i] = calloc(1, sizeof *ring[i]));
    hold(&frame, ring[i]);
  }
  for (size_t i = 0; i < RING; i++) {
    ring[i]->next = ring[(i + 1) % RING];
    ok(xlgc_add_link(ring[i], ring[i]->next, &ring[i]->next));
    ok(xlgc_drop_link(&frame, ring[i]->next, free_node, NULL));
  }
  flush();
  ck_assert_uint_eq(nodes_freed, RING);
  expect_clean();
}
END_TEST

START_TEST(last_releaser_counts) {
  char frame, other, a, b, c, d, token;
  hold(&frame, &a);
  hold(&other, &a);
  ok(xlgc_drop_link(&other, &a, free, &token));
  ok(xlgc_drop_link(&frame, &a, note, &token));
  flush();
  expect_told(&token);
  /* NULL changes nothing. */
  hold(&frame, &b);
  hold(&other, &b);
  ok(xlgc_drop_link(&other, &b, note, &token));
  ok(xlgc_drop_link(&frame, &b, NULL, &other));
  flush();
  expect_told(&token);
  /* Without a parameter it is the child. */
  hold(&frame, &c);
  ok(xlgc_drop_link(&frame, &c, note, NULL));
  flush();
  expect_told(&c);
  /* None at all. */
  hold(&frame, &d);
  ok(xlgc_drop_link(&frame, &d, NULL, NULL));
  flush();
  expect_none_told();
  ck_assert_uint_eq(statistics().orphans, 4);
  expect_clean();
}
END_TEST

/* A pair of which the first holds the second, and drops it in its destructor. */
static char outer, inner;
static void destruct_outer(void *param) {
  note(param);
  drop(&outer, &inner);
}

START_TEST(destructors_may_drop_what_the_object_held) {
  char frame;
  hold(&frame, &outer);
  hold(&outer, &inner);
  hold(&frame, &inner);
  drop(&frame, &inner);
  ok(xlgc_drop_link(&frame, &outer, destruct_outer, NULL));
  flush();
  expect_told(&outer, &inner);
  ck_assert_uint_eq(statistics().late_drops, 1);
  expect_clean();
}
END_TEST

START_TEST(address_is_reused_after_release) {
  char frame, object;
  for (unsigned i = 0; i < 3; i++) {
    hold(&frame, &object);
    drop(&frame, &object);
    flush();
    expect_told(&object);
    /* The last life's releaser is not this one's. */
    hold(&frame, &object);
    ok(xlgc_drop_link(&frame, &object, NULL, NULL));
    flush();
    expect_none_told();
  }
  expect_clean();
}
END_TEST

/* A second life that begins in the release of the first. */
static void hold_again(void *param) {
  note(param);
  hold(&keeper, param);
}

START_TEST(address_is_reused_inside_its_release) {
  char frame, object;
  hold(&frame, &object);
  ok(xlgc_drop_link(&frame, &object, hold_again, NULL));
  flush();
  expect_told(&object);
  ck_assert_uint_eq(statistics().links, 1);
  ok(xlgc_drop_link(&keeper, &object, NULL, NULL));
  flush();
  expect_none_told();
  ck_assert_uint_eq(statistics().orphans, 2);
  expect_clean();
}
END_TEST

/* A second life on another thread, as the allocator hands the memory out again while the release still runs: what the
 * first one's destructor has dropped is not the second one's. */
static char shelf, target;
static void *live_again(void *object) {
  hold(&shelf, object);
  hold(object, &target);
  return NULL;
}
static void destruct_and_be_followed(void *param) {
  pthread_t other;
  note(param);
  drop(param, &target);
  ok(pthread_create(&other, NULL, live_again, param));
  ok(pthread_join(other, NULL));
}

START_TEST(late_drops_are_not_those_of_the_next_life) {
  char frame, object;
  hold(&shelf, &target);
  hold(&frame, &object);
  hold(&object, &target);
  flush();
  ok(xlgc_drop_link(&frame, &object, destruct_and_be_followed, NULL));
  flush();
  expect_told(&object);
  ck_assert_uint_eq(statistics().late_drops, 1);
  drop(&shelf, &target); /* from here on only the second one holds it */
  flush();
  expect_none_told();
  drop(&shelf, &object);
  flush();
  expect_told(&object, &target);
  expect_clean();
}
END_TEST

START_TEST(unknown_drops_are_counted) {
  char frame, other, object;
  drop(&frame, &object);
  flush();
  ck_assert_uint_eq(statistics().errors, 1);
  hold(&frame, &object);
  drop(&other, &object);
  drop(&frame, &frame);
  flush();
  ck_assert_uint_eq(statistics().errors, 3);
  expect_none_told();
  drop(&frame, &object);
  flush();
  expect_told(&object);
  ck_assert_uint_eq(statistics().errors, 3);
}
END_TEST

START_TEST(wrong_drops_name_no_releaser) {
  char frame, other, stranger, object, token;
  hold(&frame, &object);
  hold(&other, &object);
  hold(&frame, &stranger);
  ok(xlgc_drop_link(&other, &object, note, &token));
  ok(xlgc_drop_link(&other, &object, free, &other));       /* no more */
  ok(xlgc_drop_link(&stranger, &object, free, &stranger)); /* never */
  flush();
  ck_assert_uint_eq(statistics().errors, 2);
  ok(xlgc_drop_link(&object, &object, free, &object));
  ok(xlgc_drop_link(&frame, &object, NULL, NULL));
  flush();
  ck_assert_uint_eq(statistics().errors, 3);
  expect_told(&token);
  drop(&frame, &stranger);
  flush();
  expect_told(&stranger);
  ck_assert_uint_eq(statistics().objects, 0);
}
END_TEST

static char made;
static void make_another(void *param) {
  note(param);
  hold(&keeper, &made);
}

START_TEST(releasers_may_add_links) {
  char frame, object;
  hold(&frame, &object);
  ok(xlgc_drop_link(&frame, &object, make_another, NULL));
  flush();
  expect_told(&object);
  ck_assert_uint_eq(statistics().links, 1);
  drop(&keeper, &made);
  flush();
  expect_told(&made);
  expect_clean();
}
END_TEST

START_TEST(link_to_a_dying_object_loses_no_release) {
  char frame, other, upper, lower;
  hold(&frame, &upper);
  hold(&upper, &lower);
  hold(&frame, &lower);
  drop(&frame, &lower);
  drop(&frame, &upper);
  while (told_count == 0)
    ck_assert_int_eq(xlgc_step(xlgc_default_pool(), 1), 1);
  /* The upper one has been told, the lower one not yet. */
  hold(&other, &lower);
  ok(xlgc_apply(xlgc_default_pool()));
  flush();
  expect_told(&upper, &lower);
}
END_TEST

/* --------------------------------------------------------------- threads */

enum { THREADS = 4, SHARED = 32 };

struct object {
  _Atomic int released;
  unsigned holders; /* of a shared one: guarded by the table's mutex */
};

/* Objects that all threads take and drop. One that nobody holds any more gives its slot to a fresh one. */
struct table {
  pthread_mutex_t mutex;
  struct object *slots[SHARED], *fresh;
};

static void release_object(void *param) {
  struct object *object = param;
  atomic_fetch_add_explicit(&object->released, 1, memory_order_relaxed);
}

struct owner {
  struct object *objects;
  struct table *table;
  unsigned count;
  uint64_t random;
  int failed, early;
  char frame;
};

/* Chains, a hub and a ring of the thread's own, let go one after the other. */
static void *own(void *data) {
  struct owner *owner = data;
  for (unsigned i = 0; i < owner->count; i++) {
    struct object *object = &owner->objects[i];
    owner->failed |= xlgc_add_link(&owner->frame, object, NULL);
    if (i % 8) owner->failed |= xlgc_add_link(object - 1, object, NULL);
    if (i % 8 == 7) owner->failed |= xlgc_add_link(object, object - 7, NULL);
    if (i < 8) continue;
    object -= 8;
    owner->early |= atomic_load_explicit(&object->released, memory_order_relaxed);
    owner->failed |= xlgc_drop_link(&owner->frame, object, release_object, NULL);
  }
  for (unsigned i = owner->count - 8; i < owner->count; i++)
    owner->failed |= xlgc_drop_link(&owner->frame, &owner->objects[i], release_object, NULL);
  return NULL;
}

static void drop_shared(struct owner *owner, unsigned at) {
  struct object *object = owner->table->slots[at];
  owner->early |= atomic_load_explicit(&object->released, memory_order_relaxed);
  owner->failed |= xlgc_drop_link(&owner->frame, object, release_object, NULL);
  if (--object->holders == 0) owner->table->slots[at] = owner->table->fresh++;
}

static void *share(void *data) {
  struct owner *owner = data;
  bool mine[SHARED] = {false};
  for (unsigned i = 0; i < owner->count + SHARED; i++) {
    unsigned at = i < owner->count ? trial_random(&owner->random, SHARED) : i - owner->count;
    pthread_mutex_lock(&owner->table->mutex);
    if (mine[at]) {
      drop_shared(owner, at);
      mine[at] = false;
    } else if (i < owner->count) {
      owner->table->slots[at]->holders++;
      owner->failed |= xlgc_add_link(&owner->frame, owner->table->slots[at], NULL);
      mine[at] = true;
    }
    pthread_mutex_unlock(&owner->table->mutex);
  }
  return NULL;
}

static void run_threads(struct owner *owners, void *(*run)(void *)) {
  pthread_t threads[THREADS];
  ok(xlgc_worker_start(xlgc_default_pool()));
  for (unsigned i = 0; i < THREADS; i++)
    ok(pthread_create(&threads[i], NULL, run, &owners[i]));
  for (unsigned i = 0; i < THREADS; i++)
    ok(pthread_join(threads[i], NULL));
  ok(xlgc_worker_stop(xlgc_default_pool()));
  for (unsigned i = 0; i < THREADS; i++) {
    ok(owners[i].failed);
    ok(owners[i].early);
  }
}

START_TEST(threads_with_objects_of_their_own) {
  static struct owner owners[THREADS];
  unsigned count = trial_work(40000) / 8 * 8;
  for (unsigned i = 0; i < THREADS; i++) {
    owners[i].count = count;
    ck_assert_ptr_nonnull(owners[i].objects = calloc(count, sizeof *owners[i].objects));
  }
  run_threads(owners, own);
  flush();
  for (unsigned i = 0; i < THREADS; i++) {
    for (unsigned j = 0; j < count; j++)
      ck_assert_int_eq(owners[i].objects[j].released, 1);
    free(owners[i].objects);
  }
  expect_clean();
}
END_TEST

START_TEST(threads_that_share_objects) {
  static struct owner owners[THREADS];
  static struct table table = {.mutex = PTHREAD_MUTEX_INITIALIZER};
  unsigned count = trial_work(100000);
  uint64_t random = trial_seed();
  struct object *objects = calloc(THREADS * count + SHARED, sizeof *objects);
  ck_assert_ptr_nonnull(objects);
  table.fresh = objects;
  for (unsigned i = 0; i < SHARED; i++)
    table.slots[i] = table.fresh++;
  for (unsigned i = 0; i < THREADS; i++)
    owners[i] = (struct owner){.table = &table, .count = count, .random = random + i};
  run_threads(owners, share);
  flush();
  ck_assert_uint_gt(table.fresh - objects, 2 * SHARED);
  /* All but those that nobody has taken yet. */
  for (unsigned i = 0; i < SHARED; i++)
    table.slots[i]->released += 1;
  for (const struct object *object = objects; object < table.fresh; object++)
    ck_assert_int_eq(object->released, 1);
  free(objects);
  expect_clean();
}
END_TEST

int main(void) {
  Suite *suite = suite_create("api_address");
  TCase *alone = trial_case(suite, "alone");
  tcase_add_test(alone, default_pool_is_one);
  tcase_add_test(alone, stack_parents_are_roots_and_forgotten);
  tcase_add_test(alone, chain_is_told_from_its_top);
  tcase_add_test(alone, cycle_with_places);
  tcase_add_test(alone, last_releaser_counts);
  tcase_add_test(alone, destructors_may_drop_what_the_object_held);
  tcase_add_test(alone, address_is_reused_after_release);
  tcase_add_test(alone, address_is_reused_inside_its_release);
  tcase_add_test(alone, late_drops_are_not_those_of_the_next_life);
  tcase_add_test(alone, unknown_drops_are_counted);
  tcase_add_test(alone, wrong_drops_name_no_releaser);
  tcase_add_test(alone, releasers_may_add_links);
  tcase_add_test(alone, link_to_a_dying_object_loses_no_release);
  TCase *threads = trial_case(suite, "threads");
  tcase_add_test(threads, threads_with_objects_of_their_own);
  tcase_add_test(threads, threads_that_share_objects);
  return trial_run(suite);
}
