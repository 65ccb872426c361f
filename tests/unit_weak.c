/* Cells of weak references and interned keys: each promise by itself, and all together against tables of what there
 * should be, with too little memory now and then. */
#include <config.h>

#include "rounds/weak.h"
#include "support/alloc.h"
#include "support/trial.h"

#include <stdlib.h>
#include <string.h>

enum { OBJECTS = 700, REFERENCES = 1500, KEYS = 500, KEY_MAX = 12 };

/* What there should be. An object without a cell is never doubted nor gone. */
typedef struct object {
  bool there, doubted, gone;
  bool unseen; /* doubted all through the look that is under way */
  uint32_t references, loads;
  void *key; /* its own copy, out until it is cleared; NULL: not interned */
  uint32_t number;
} object;

typedef struct reference {
  xlgc_weak *weak; /* NULL: not made */
  uint32_t object; /* 0: was cleared */
  unsigned notified;
} reference;

static struct {
  alloc memory;
  xlgc__memory mem;
  xlgc__weaks weaks;
  object objects[OBJECTS + 1];
  reference references[REFERENCES];
  uint32_t key_object[KEYS];
  uint32_t reference_count;
  uint64_t saved;
  bool shaken;
  unsigned refused, decisions, cleared;
} t;

static uint64_t seed;

static void start(void) {
  memset(&t, 0, sizeof t);
  t.memory.fail_at = ALLOC_NEVER;
  xlgc_allocator functions = alloc_functions(&t.memory);
  xlgc__memory_init(&t.mem, &functions);
  xlgc__weaks_init(&t.weaks, &t.mem);
}

static void finish(void) {
  xlgc__weaks_destroy(&t.weaks);
  ck_assert_uint_eq(t.memory.blocks, 0);
  for (uint32_t i = 1; i <= OBJECTS; i++)
    free(t.objects[i].key);
}

/* ------------------------------------------------------ promise by promise */

static xlgc_weak *make(uint32_t object, void (*cleared)(void *data, xlgc_weak *weak), void *data) {
  xlgc_weak *weak = NULL;
  ok(xlgc__weak_create(&t.weaks, object, cleared, data, &weak));
  return weak;
}

static void check_loads(uint32_t object, uint32_t loads) {
  ck_assert_uint_eq(xlgc__weaks_take_loads_of(&t.weaks, object), loads);
}

static void check_no_loads(void) {
  uint32_t loads = 1;
  ck_assert_uint_eq(xlgc__weaks_take_loads(&t.weaks, &loads), 0);
  ck_assert_uint_eq(loads, 0);
}

static void notifier(void *data, xlgc_weak *weak) {
  (void)data;
  (void)weak;
}

static bool anything_gone(void) { return t.weaks.gone != NULL; }

/* Clears one step: the reference that is expected, NULL for one without. */
static void check_clear(const xlgc_weak *weak, const void *data) {
  xlgc_weak *got;
  void (*cleared)(void *data, xlgc_weak *weak);
  void *got_data;
  ck_assert(anything_gone());
  ck_assert(xlgc__weaks_clear(&t.weaks, &got, &cleared, &got_data));
  ck_assert_ptr_eq(got, weak);
  ck_assert_ptr_eq(got_data, data);
  ck_assert(cleared == (weak ? notifier : NULL));
}

static void check_nothing_to_clear(void) {
  xlgc_weak *weak;
  void (*cleared)(void *data, xlgc_weak *weak);
  void *data;
  ck_assert(!anything_gone());
  ck_assert(!xlgc__weaks_clear(&t.weaks, &weak, &cleared, &data));
  ck_assert_ptr_null(weak);
}

static uint32_t look_up(const char *key) { return xlgc__intern_find(&t.weaks, key, strlen(key), 7); }
static int put(uint32_t object, const char *key) { return xlgc__intern_put(&t.weaks, object, key, strlen(key), 7); }

START_TEST(loads_are_handed_over_once) {
  uint32_t loads;
  start();
  xlgc_weak *first = make(1, NULL, NULL), *second = make(2, NULL, NULL), *third = make(1, NULL, NULL);
  check_no_loads();
  ck_assert_uint_eq(xlgc__weak_load(&t.weaks, first), 1);
  ck_assert_uint_eq(xlgc__weak_load(&t.weaks, second), 2);
  ck_assert_uint_eq(xlgc__weak_load(&t.weaks, third), 1);
  ck_assert_uint_eq(xlgc__weaks_take_loads(&t.weaks, &loads), 1);
  ck_assert_uint_eq(loads, 2);
  check_loads(1, 0);
  check_loads(2, 1);
  check_no_loads();
  check_loads(3, 0);
  finish();
}
END_TEST

START_TEST(a_doubt_alone_changes_nothing) {
  start();
  xlgc_weak *weak = make(1, notifier, &t);
  xlgc__weaks_add_candidate(&t.weaks, 2); /* has no cell */
  ck_assert_uint_eq(xlgc__weaks_next_candidate(&t.weaks, true), 0);
  xlgc__weaks_add_candidate(&t.weaks, 1);
  xlgc__weaks_add_candidate(&t.weaks, 1);
  ck_assert_uint_eq(xlgc__weaks_next_candidate(&t.weaks, true), 1);
  xlgc__weaks_remove_candidate(&t.weaks, 1);
  ck_assert_uint_eq(xlgc__weaks_next_candidate(&t.weaks, false), 0);
  ck_assert(xlgc__weaks_commit(&t.weaks));
  check_nothing_to_clear();
  ck_assert_uint_eq(xlgc__weak_load(&t.weaks, weak), 1);
  ck_assert_uint_eq(t.weaks.saved, 0);
  check_loads(1, 1);
  finish();
}
END_TEST

START_TEST(doubts_end_while_they_are_looked_through) {
  start();
  for (uint32_t object = 1; object <= 5; object++) {
    make(object, NULL, NULL);
    xlgc__weaks_add_candidate(&t.weaks, object);
  }
  ck_assert_uint_eq(xlgc__weaks_next_candidate(&t.weaks, true), 1);
  xlgc__weaks_remove_candidate(&t.weaks, 1);
  xlgc__weaks_remove_candidate(&t.weaks, 2);
  ck_assert_uint_eq(xlgc__weaks_next_candidate(&t.weaks, false), 3);
  xlgc__weaks_remove_candidate(&t.weaks, 5);
  ck_assert_uint_eq(xlgc__weaks_next_candidate(&t.weaks, false), 4);
  ck_assert_uint_eq(xlgc__weaks_next_candidate(&t.weaks, false), 0);
  ck_assert_uint_eq(xlgc__weaks_next_candidate(&t.weaks, true), 3);
  ck_assert(xlgc__weaks_commit(&t.weaks));
  ck_assert_uint_eq(xlgc__weaks_next_candidate(&t.weaks, false), 0);
  finish();
}
END_TEST

START_TEST(a_load_saves_from_a_doubt) {
  start();
  xlgc_weak *weak = make(1, notifier, &t);
  ok(put(2, "two"));
  check_loads(2, 1);
  for (uint32_t object = 1; object <= 2; object++) {
    xlgc__weaks_add_candidate(&t.weaks, 1);
    xlgc__weaks_add_candidate(&t.weaks, 2);
    ck_assert_uint_eq(object == 1 ? xlgc__weak_load(&t.weaks, weak) : look_up("two"), object);
    ck_assert_uint_eq(t.weaks.saved, object);
    ck_assert(!xlgc__weaks_commit(&t.weaks));
    check_nothing_to_clear();
    check_loads(object, 1);
    xlgc__weaks_remove_candidate(&t.weaks, 1);
    xlgc__weaks_remove_candidate(&t.weaks, 2);
    ck_assert(xlgc__weaks_commit(&t.weaks));
    check_nothing_to_clear();
  }
  ck_assert_uint_eq(xlgc__weak_load(&t.weaks, weak), 1);
  ck_assert_uint_eq(look_up("two"), 2);
  finish();
}
END_TEST

/* Its load was not handed over yet when it was doubted: nothing may be decided over that. */
/* In the order made, and each once: by itself, as a candidate, as one that has ended, or when its cell goes. */
START_TEST(cells_are_fresh_until_they_are_looked_at) {
  start();
  ck_assert_uint_eq(xlgc__weaks_take_fresh(&t.weaks), 0);
  ok(put(9, "nine"));
  for (uint32_t object = 1; object <= 6; object++)
    make(object, NULL, NULL);
  xlgc_weak *weak = make(7, NULL, NULL);
  make(1, NULL, NULL);
  make(9, NULL, NULL);
  xlgc__weak_destroy(&t.weaks, weak);
  ck_assert(xlgc__weaks_take_fresh_of(&t.weaks, 2));
  ck_assert(!xlgc__weaks_take_fresh_of(&t.weaks, 2));
  xlgc__weaks_add_candidate(&t.weaks, 3);
  xlgc__weaks_end(&t.weaks, 4);
  ck_assert_uint_eq(xlgc__weaks_take_fresh(&t.weaks), 1);
  ck_assert_uint_eq(xlgc__weaks_take_fresh(&t.weaks), 5);
  ck_assert_uint_eq(xlgc__weaks_take_fresh(&t.weaks), 6);
  ck_assert_uint_eq(xlgc__weaks_take_fresh(&t.weaks), 0);
  ck_assert(!xlgc__weaks_take_fresh_of(&t.weaks, 1));
  ck_assert_uint_eq(xlgc__weaks_next_candidate(&t.weaks, true), 3);
  ck_assert_uint_eq(xlgc__weaks_next_candidate(&t.weaks, false), 0);
  check_loads(9, 1);
  finish();
}
END_TEST

START_TEST(a_load_before_the_doubt_saves) {
  start();
  xlgc_weak *weak = make(1, NULL, NULL);
  ck_assert_uint_eq(xlgc__weak_load(&t.weaks, weak), 1);
  xlgc__weaks_add_candidate(&t.weaks, 1);
  ck_assert(!xlgc__weaks_commit(&t.weaks));
  ck_assert_uint_eq(xlgc__weaks_next_candidate(&t.weaks, true), 1);
  check_loads(1, 1);
  ck_assert_uint_eq(t.weaks.saved, 0);
  ck_assert(xlgc__weaks_commit(&t.weaks));
  ck_assert(anything_gone());
  finish();
}
END_TEST

START_TEST(what_is_gone_never_comes_back) {
  start();
  xlgc_weak *weak = make(1, notifier, &t), *other;
  ok(put(1, "one"));
  check_loads(1, 1);
  xlgc__weaks_add_candidate(&t.weaks, 1);
  ck_assert(xlgc__weaks_commit(&t.weaks));
  for (int again = 0; again < 2; again++) {
    ck_assert_uint_eq(xlgc__weak_load(&t.weaks, weak), 0);
    ck_assert_uint_eq(look_up("one"), 0);
    ck_assert_int_eq(xlgc__weak_create(&t.weaks, 1, NULL, NULL, &other), XLGC_E_RELEASED);
    xlgc__weaks_remove_candidate(&t.weaks, 1);
    xlgc__weaks_add_candidate(&t.weaks, 1);
    ck_assert_uint_eq(xlgc__weaks_next_candidate(&t.weaks, true), 0);
    ck_assert(xlgc__weaks_commit(&t.weaks));
  }
  check_no_loads();
  check_clear(weak, &t);
  check_nothing_to_clear();
  ck_assert_uint_eq(xlgc__weak_load(&t.weaks, weak), 0);
  ck_assert_uint_eq(xlgc__weaks_bytes(&t.weaks), 0);
  /* The slot's next object is another one. */
  other = make(1, NULL, NULL);
  ck_assert_uint_eq(xlgc__weak_load(&t.weaks, weak), 0);
  ck_assert_uint_eq(xlgc__weak_load(&t.weaks, other), 1);
  xlgc__weak_destroy(&t.weaks, weak);
  finish();
}
END_TEST

START_TEST(a_key_that_is_gone_makes_way) {
  start();
  ok(put(1, "key"));
  check_loads(1, 1);
  ck_assert_uint_eq(look_up("another"), 0);
  ck_assert_uint_eq(look_up(""), 0);
  xlgc__weaks_add_candidate(&t.weaks, 1);
  ck_assert(!put(2, "another") && !put(3, ""));
  ck_assert(xlgc__weaks_commit(&t.weaks));
  ok(put(4, "key"));
  ck_assert_uint_eq(look_up("key"), 4);
  check_clear(NULL, NULL);
  check_nothing_to_clear();
  ck_assert_uint_eq(look_up("key"), 4);
  ck_assert_uint_eq(look_up("another"), 2);
  ck_assert_uint_eq(xlgc__intern_find(&t.weaks, NULL, 0, 7), 3);
  ck_assert_uint_eq(xlgc__intern_find(&t.weaks, "key", 3, 8), 0);
  check_loads(4, 3);
  check_loads(3, 2);
  check_loads(2, 2);
  finish();
}
END_TEST

/* A table that grows finds the new entry all the same. */
START_TEST(a_key_that_is_gone_stays_away) {
  char keys[40][2] = {{0}};
  start();
  ok(put(1, "key"));
  check_loads(1, 1);
  xlgc__weaks_add_candidate(&t.weaks, 1);
  ck_assert(xlgc__weaks_commit(&t.weaks));
  ok(put(2, "key"));
  for (uint32_t i = 0; i < 40; i++) {
    keys[i][0] = (char)('0' + i);
    ok(put(3 + i, keys[i]));
    ck_assert_uint_eq(look_up("key"), 2);
  }
  finish();
}
END_TEST

/* Interned and referred to: one cell, whose loads are counted together and whose doubt is one. */
START_TEST(an_object_has_one_cell) {
  start();
  xlgc_weak *weak = make(1, notifier, &t);
  xlgc__weaks_add_candidate(&t.weaks, 1);
  uint64_t blocks = t.memory.blocks;
  ok(put(1, "one"));
  ck_assert_uint_eq(t.memory.blocks, blocks);
  ck_assert(!xlgc__weaks_commit(&t.weaks));
  ck_assert_uint_eq(xlgc__weak_load(&t.weaks, weak), 1);
  check_loads(1, 2);
  ck_assert(!xlgc__weaks_commit(&t.weaks));
  ck_assert(xlgc__weaks_commit(&t.weaks));
  xlgc__weak_destroy(&t.weaks, weak);
  ck_assert_uint_eq(look_up("one"), 0);
  check_clear(NULL, NULL);
  check_nothing_to_clear();
  finish();
}
END_TEST

START_TEST(notifiers_are_given_out_once) {
  int data[3];
  start();
  xlgc_weak *weak[3] = {make(1, notifier, &data[0]), make(1, notifier, &data[1]), make(2, notifier, &data[2])};
  xlgc__weaks_add_candidate(&t.weaks, 1);
  ck_assert(xlgc__weaks_commit(&t.weaks));
  check_clear(weak[0], &data[0]);
  xlgc__weaks_add_candidate(&t.weaks, 2);
  ck_assert(xlgc__weaks_commit(&t.weaks));
  check_clear(weak[1], &data[1]);
  xlgc__weak_destroy(&t.weaks, weak[1]);
  check_clear(weak[2], &data[2]);
  check_nothing_to_clear();
  ck_assert(xlgc__weaks_commit(&t.weaks));
  check_nothing_to_clear();
  finish(); /* frees the two others */
}
END_TEST

/* Destroyed in each state its cell can be in; the cell is freed at once where nothing else needs it. */
enum { TRUSTED, LOADED, DOUBTED, SAVED, GONE, CLEARED, STATES };

START_TEST(a_reference_may_be_destroyed_at_any_time) {
  uint32_t state = (uint32_t)_i;
  start();
  xlgc_weak *weak = make(1, notifier, &t);
  if (state == LOADED) xlgc__weak_load(&t.weaks, weak);
  if (state >= DOUBTED) xlgc__weaks_add_candidate(&t.weaks, 1);
  if (state == SAVED) xlgc__weak_load(&t.weaks, weak);
  if (state >= GONE) ck_assert(xlgc__weaks_commit(&t.weaks));
  if (state == CLEARED) check_clear(weak, &t);
  xlgc__weak_destroy(&t.weaks, weak);
  ck_assert(t.memory.blocks == 0 || (state != TRUSTED && state != CLEARED));
  if (state == SAVED) ck_assert(!xlgc__weaks_commit(&t.weaks));
  if (state == LOADED || state == SAVED) check_loads(1, 1);
  if (state == DOUBTED || state == SAVED) {
    ck_assert_uint_eq(xlgc__weaks_next_candidate(&t.weaks, true), 1);
    xlgc__weaks_remove_candidate(&t.weaks, 1);
  }
  if (state == GONE) check_clear(NULL, NULL);
  check_nothing_to_clear();
  ck_assert_uint_eq(t.memory.blocks, 0);
  finish();
}
END_TEST

START_TEST(a_reference_made_in_doubt_is_doubted) {
  start();
  xlgc_weak *first = make(1, notifier, NULL);
  xlgc__weaks_add_candidate(&t.weaks, 1);
  xlgc_weak *second = make(1, notifier, &t);
  ck_assert(xlgc__weaks_commit(&t.weaks));
  ck_assert_uint_eq(xlgc__weak_load(&t.weaks, second), 0);
  check_clear(first, NULL);
  ck_assert_uint_eq(xlgc__weak_load(&t.weaks, second), 0);
  check_clear(second, &t);
  check_nothing_to_clear();
  finish();
}
END_TEST

/* Every allocation of the first reference fails in turn, then of the first key, whose object has a cell or has none. */
START_TEST(without_memory_nothing_changes) {
  xlgc_weak *weak = NULL;
  uint32_t interned = 1 + (uint32_t)_i;
  start();
  int failed = XLGC_E_NOMEM;
  for (uint64_t fail = 0; failed; fail++) {
    t.memory.fail_at = t.memory.asked + fail;
    failed = xlgc__weak_create(&t.weaks, 1, NULL, NULL, &weak);
    ck_assert_int_eq(failed, fail < 2 ? XLGC_E_NOMEM : 0);
    if (failed) ck_assert_uint_eq(t.memory.blocks, 0);
  }
  uint64_t blocks = t.memory.blocks;
  failed = XLGC_E_NOMEM;
  for (uint64_t fail = 0; failed; fail++) {
    t.memory.fail_at = t.memory.asked + fail;
    failed = put(interned, "key");
    ck_assert_int_eq(failed, fail < interned - 1 ? XLGC_E_NOMEM : 0);
    ck_assert_uint_eq(look_up("key"), failed ? 0 : interned);
    if (failed) ck_assert_uint_eq(t.memory.blocks, blocks);
  }
  check_loads(interned, 2);
  check_no_loads();
  finish();
}
END_TEST

/* ------------------------------------------------------ against the tables */

static bool has_cell(const object *object) {
  return object->references || object->key || object->loads || object->doubted || object->gone;
}

/* Keys of 0 to KEY_MAX bytes. Returns their number. */
static size_t key_bytes(uint32_t number, unsigned char *bytes) {
  if (!number) return 0;
  size_t count = 4 + number % (KEY_MAX - 3);
  memset(bytes, (int)number, count);
  memcpy(bytes, &number, sizeof number);
  return count;
}

/* Good hashes, and those of which all are one. */
static uint32_t key_hash(uint32_t number, bool good) { return good ? number * 2654435761u : 5; }

static void expect_load(uint32_t index, uint32_t is) {
  object *object = &t.objects[index];
  if (!index || object->gone) {
    ck_assert_uint_eq(is, 0);
    return;
  }
  ck_assert_uint_eq(is, index);
  object->loads++;
  t.saved += object->doubted;
  t.shaken |= object->doubted;
}

static void expect_loads(uint32_t index, uint32_t loads) {
  ck_assert_uint_eq(loads, t.objects[index].loads);
  t.objects[index].loads = 0;
}

static bool any_loads(void) {
  for (uint32_t i = 1; i <= OBJECTS; i++)
    if (t.objects[i].loads) return true;
  return false;
}

static void doubt(uint32_t index) {
  object *object = &t.objects[index];
  xlgc__weaks_add_candidate(&t.weaks, index);
  if (!has_cell(object) || object->doubted || object->gone) return;
  object->doubted = true;
  t.shaken |= object->loads != 0;
}

static void trust(uint32_t index) {
  xlgc__weaks_remove_candidate(&t.weaks, index);
  t.objects[index].doubted = t.objects[index].unseen = false;
}

static void look(bool first) {
  for (uint32_t i = 1; i <= OBJECTS && first; i++)
    t.objects[i].unseen = t.objects[i].doubted;
  uint32_t index = xlgc__weaks_next_candidate(&t.weaks, first);
  if (index) ck_assert(t.objects[index].doubted);
  bool left_out = false;
  for (uint32_t i = 1; i <= OBJECTS && !index; i++)
    left_out |= t.objects[i].unseen;
  ck_assert(!left_out);
  t.objects[index].unseen = false;
}

/* Looks through all doubts, which are then neither new nor seen twice; what was loaded is trusted. */
static void look_through(uint64_t *random) {
  uint32_t index, expected = 0, seen = 0;
  for (uint32_t i = 1; i <= OBJECTS; i++) {
    t.objects[i].unseen = t.objects[i].doubted;
    expected += t.objects[i].doubted;
  }
  for (bool first = true; (index = xlgc__weaks_next_candidate(&t.weaks, first)); first = false) {
    ck_assert(t.objects[index].unseen);
    t.objects[index].unseen = false;
    seen++;
    bool loaded = t.objects[index].loads != 0;
    expect_loads(index, xlgc__weaks_take_loads_of(&t.weaks, index));
    if (loaded || trial_random(random, 4) == 0) trust(index);
  }
  ck_assert_uint_eq(seen, expected);
}

static void decide(uint64_t *random) {
  if (trial_random(random, 2)) look_through(random);
  bool decided = xlgc__weaks_commit(&t.weaks);
  ck_assert_int_eq(decided, !t.shaken);
  t.shaken = false;
  t.decisions += decided;
  bool lost = false; /* a load */
  for (uint32_t i = 1; i <= OBJECTS && decided; i++) {
    object *object = &t.objects[i];
    lost |= object->doubted && object->loads;
    object->gone |= object->doubted;
    object->doubted = object->unseen = false;
  }
  ck_assert(!lost);
  if (!decided) look_through(random);
}

/* Where all that is gone was cleared, the slots are free. */
static void expect_cleared(void) {
  for (uint32_t i = 1; i <= OBJECTS; i++) {
    object *object = &t.objects[i];
    if (!object->gone) continue;
    ck_assert_uint_eq(object->references, 0);
    if (t.key_object[object->number] == i) t.key_object[object->number] = 0;
    free(object->key);
    *object = (struct object){0};
  }
}

static void clear(void) {
  xlgc_weak *weak;
  void (*cleared)(void *data, xlgc_weak *weak);
  void *data;
  bool is = xlgc__weaks_clear(&t.weaks, &weak, &cleared, &data);
  if (weak) {
    reference *reference = data;
    ck_assert_ptr_eq(weak, reference->weak);
    ck_assert(cleared == notifier);
    ck_assert_uint_eq(++reference->notified, 1);
    ck_assert(t.objects[reference->object].gone);
    t.objects[reference->object].references--;
    reference->object = 0;
    t.cleared++;
  }
  if (!is) ck_assert_ptr_null(weak);
  if (!anything_gone()) expect_cleared();
}

static void create(uint32_t index) {
  reference *reference = t.references;
  while (reference < t.references + REFERENCES && reference->weak)
    reference++;
  object *object = &t.objects[index];
  if (reference == t.references + REFERENCES || !object->there) return;
  /* Of what is gone and has no reference the cell may have been freed, and nobody makes one for a slot not yet free. */
  if (object->gone && !object->references) return;
  uint64_t blocks = t.memory.blocks;
  int failed = xlgc__weak_create(&t.weaks, index, notifier, reference, &reference->weak);
  if (failed) {
    ck_assert_int_eq(failed, object->gone ? XLGC_E_RELEASED : XLGC_E_NOMEM);
    ck_assert_uint_eq(t.memory.blocks, blocks);
    t.refused += failed == XLGC_E_NOMEM;
    return;
  }
  ck_assert(!object->gone);
  reference->object = index;
  reference->notified = 0;
  object->references++;
  t.reference_count++;
}

static void destroy(reference *reference) {
  if (!reference->weak) return;
  xlgc__weak_destroy(&t.weaks, reference->weak);
  if (reference->object) t.objects[reference->object].references--;
  reference->weak = NULL;
  t.reference_count--;
}

static void intern(uint32_t number, uint32_t index, bool good) {
  unsigned char bytes[KEY_MAX];
  size_t size_bytes = key_bytes(number, bytes);
  uint32_t hash = key_hash(number, good), old = t.key_object[number];
  uint32_t found = xlgc__intern_find(&t.weaks, number ? bytes : NULL, size_bytes, hash);
  expect_load(old, found);
  object *object = &t.objects[index];
  if (found || !object->there || object->gone || object->key) return;
  void *key = malloc(KEY_MAX);
  ck_assert_ptr_nonnull(key);
  memcpy(key, bytes, size_bytes);
  uint64_t blocks = t.memory.blocks;
  int failed = xlgc__intern_put(&t.weaks, index, key, size_bytes, hash);
  if (failed) {
    ck_assert_int_eq(failed, XLGC_E_NOMEM);
    if (!old) ck_assert_uint_eq(t.memory.blocks, blocks);
    t.refused++;
    free(key);
    return;
  }
  object->key = key;
  object->number = number;
  t.key_object[number] = index;
  expect_load(index, index);
}

static void check(void) {
  bool gone = false;
  for (uint32_t i = 1; i <= OBJECTS; i++)
    gone |= t.objects[i].gone;
  ck_assert_int_eq(anything_gone(), gone);
  ck_assert_uint_eq(t.weaks.saved, t.saved);
  ck_assert_uint_eq(xlgc__weaks_bytes(&t.weaks) + t.reference_count * sizeof(xlgc_weak), t.memory.bytes);
}

static void act(uint64_t *random, bool good, bool grows) {
  uint32_t index = 1 + trial_random(random, OBJECTS), loads;
  reference *reference = &t.references[trial_random(random, REFERENCES)];
  switch (trial_random(random, grows ? 16 : 24)) {
  case 0:
  case 1:
  case 2:
    t.objects[index].there = true;
    create(index);
    break;
  case 3:
  case 4:
  case 5:
  case 6:
    t.objects[index].there = true;
    intern(trial_random(random, KEYS), index, good);
    break;
  case 7:
  case 8:
    if (reference->weak) expect_load(reference->object, xlgc__weak_load(&t.weaks, reference->weak));
    break;
  case 9: expect_loads(index, xlgc__weaks_take_loads_of(&t.weaks, index)); break;
  case 10:
  case 11:
    index = xlgc__weaks_take_loads(&t.weaks, &loads);
    ck_assert_int_eq(index == 0, !any_loads());
    ck_assert_int_eq(index == 0, loads == 0);
    expect_loads(index, loads);
    break;
  case 12: trust(index); break;
  case 13: look(trial_random(random, 8) == 0); break;
  case 14: destroy(reference); break;
  case 15: clear(); break;
  case 16: decide(random); break;
  case 17:
  case 18: clear(); break;
  case 19: destroy(reference); break;
  default: doubt(index); break;
  }
}

START_TEST(as_the_tables_say) {
  uint64_t random = seed;
  start();
  unsigned turns = trial_work(150000);
  for (unsigned turn = 0; turn < turns; turn++) {
    t.memory.fail_at = trial_random(&random, 8) ? ALLOC_NEVER : t.memory.asked + trial_random(&random, 3);
    t.memory.sticky = trial_random(&random, 2);
    act(&random, _i == 0, turn % 8000 < 5000);
    if (turn % 20 == 0) check();
  }
  t.memory.fail_at = ALLOC_NEVER;
  ck_assert_uint_gt(t.refused, 0);
  ck_assert_uint_gt(t.decisions, 0);
  ck_assert_uint_gt(t.cleared, 0);
  ck_assert_uint_gt(t.saved, 0);
  /* In one half of the runs everything goes first, in the other the pool does. */
  if (seed % 2) {
    for (uint32_t i = 1; i <= OBJECTS; i++)
      expect_loads(i, xlgc__weaks_take_loads_of(&t.weaks, i));
    for (uint32_t i = 1; i <= OBJECTS; i++)
      doubt(i);
    while (!xlgc__weaks_commit(&t.weaks)) {
    }
    for (uint32_t i = 1; i <= OBJECTS; i++)
      t.objects[i].gone |= t.objects[i].doubted;
    while (anything_gone())
      clear();
    for (uint32_t i = 0; i < REFERENCES; i++)
      destroy(&t.references[i]);
    ck_assert_uint_eq(t.memory.blocks, 0);
  }
  finish();
}
END_TEST

int main(void) {
  seed = trial_seed();
  Suite *suite = suite_create("unit_weak");
  TCase *promises = trial_case(suite, "promises");
  tcase_add_test(promises, loads_are_handed_over_once);
  tcase_add_test(promises, a_doubt_alone_changes_nothing);
  tcase_add_test(promises, doubts_end_while_they_are_looked_through);
  tcase_add_test(promises, a_load_saves_from_a_doubt);
  tcase_add_test(promises, a_load_before_the_doubt_saves);
  tcase_add_test(promises, cells_are_fresh_until_they_are_looked_at);
  tcase_add_test(promises, what_is_gone_never_comes_back);
  tcase_add_test(promises, a_key_that_is_gone_makes_way);
  tcase_add_test(promises, a_key_that_is_gone_stays_away);
  tcase_add_test(promises, an_object_has_one_cell);
  tcase_add_test(promises, notifiers_are_given_out_once);
  tcase_add_loop_test(promises, a_reference_may_be_destroyed_at_any_time, 0, STATES);
  tcase_add_test(promises, a_reference_made_in_doubt_is_doubted);
  tcase_add_loop_test(promises, without_memory_nothing_changes, 0, 2);
  TCase *tables = trial_case(suite, "tables");
  tcase_add_loop_test(tables, as_the_tables_say, 0, 2);
  return trial_run(suite);
}
