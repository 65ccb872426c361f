/* Kinds and their owners: which share a number, whose objects are whose heir's, when a number can be given anew. */
#include <config.h>

#include "table/kinds.h"
#include "support/alloc.h"
#include "support/trial.h"

#include <string.h>

static struct {
  alloc memory;
  xlgc__memory mem;
  xlgc__kinds kinds;
} t;

static uint64_t seed;

static const xlgc_kind plain = {.name = "plain"}, other = {.name = "other"};
static const xlgc_kind owned = {.name = "owned", .delivery = XLGC_DELIVER_OWNER};
static const xlgc_kind owned_too = {.name = "owned too", .delivery = XLGC_DELIVER_OWNER};

/* Owners are only told apart, never looked into. */
static char owners[8];
static xlgc_context *owner(unsigned i) { return (xlgc_context *)(void *)&owners[i]; }

static void start(void) {
  t.memory = (alloc){.fail_at = ALLOC_NEVER};
  xlgc_allocator functions = alloc_functions(&t.memory);
  xlgc__memory_init(&t.mem, &functions);
  ok(xlgc__kinds_init(&t.kinds, &t.mem));
}

static void finish(void) {
  xlgc__kinds_destroy(&t.kinds);
  ck_assert_uint_eq(t.memory.blocks, 0);
}

static uint16_t number(const xlgc_kind *kind, unsigned of) {
  uint16_t out;
  ok(xlgc__kinds_number(&t.kinds, kind, owner(of), &out));
  ck_assert_ptr_eq(xlgc__kinds_at(&t.kinds, out)->kind, kind);
  return out;
}

/* An object's. */
static uint16_t take(const xlgc_kind *kind, unsigned of) {
  uint16_t out = number(kind, of);
  xlgc__kinds_count_in(&t.kinds, out);
  return out;
}

static void give(uint16_t number) { xlgc__kinds_count_out(&t.kinds, number); }

static xlgc_context *owner_of(uint16_t number) { return xlgc__kinds_at(&t.kinds, number)->owner; }

/* ------------------------------------------------------------------- kinds */

START_TEST(a_kind_has_a_number_for_each_owner_if_it_asks_for_one) {
  start();
  uint16_t none;
  ok(xlgc__kinds_number(&t.kinds, NULL, owner(0), &none));
  ck_assert_uint_eq(none, 0);
  ck_assert_uint_eq(xlgc__kinds_at(&t.kinds, 0)->kind->delivery, XLGC_DELIVER_INLINE);
  ck_assert_uint_ne(number(&plain, 0), 0);
  ck_assert_uint_eq(number(&plain, 0), number(&plain, 1));
  ck_assert_uint_ne(number(&plain, 0), number(&other, 0));
  ck_assert_ptr_null(owner_of(number(&plain, 0)));
  ck_assert_uint_ne(number(&owned, 0), number(&owned, 1));
  ck_assert_uint_ne(number(&owned, 0), number(&owned_too, 0));
  ck_assert_uint_eq(number(&owned, 1), number(&owned, 1));
  ck_assert_ptr_eq(owner_of(number(&owned, 0)), owner(0));
  ck_assert_ptr_eq(owner_of(number(&owned, 1)), owner(1));
  finish();
}
END_TEST

START_TEST(without_an_heir_objects_are_nobodys) {
  start();
  uint16_t mine = take(&owned, 0), mine_too = take(&owned_too, 0), yours = take(&owned, 1), shared = take(&plain, 0);
  xlgc__kinds_disown(&t.kinds, owner(0), NULL);
  ck_assert_ptr_null(owner_of(mine));
  ck_assert_ptr_null(owner_of(mine_too));
  ck_assert_ptr_eq(owner_of(yours), owner(1));
  ck_assert_ptr_eq(xlgc__kinds_at(&t.kinds, mine)->kind, &owned);
  ck_assert_uint_eq(number(&plain, 1), shared);
  /* Another context may stand where the one that ended stood. Its objects are its own. */
  uint16_t anew = take(&owned, 0);
  ck_assert(anew != mine && anew != mine_too && anew != yours);
  ck_assert_ptr_eq(owner_of(anew), owner(0));
  ck_assert_ptr_null(owner_of(mine));
  finish();
}
END_TEST

START_TEST(heirs_have_heirs) {
  start();
  uint16_t mine = take(&owned, 0), yours = take(&owned, 1);
  xlgc__kinds_disown(&t.kinds, owner(0), owner(1));
  ck_assert_ptr_eq(owner_of(mine), owner(1));
  ck_assert_uint_eq(number(&owned, 1), yours);
  xlgc__kinds_disown(&t.kinds, owner(1), owner(2));
  ck_assert_ptr_eq(owner_of(mine), owner(2));
  ck_assert_ptr_eq(owner_of(yours), owner(2));
  ck_assert(number(&owned, 2) != mine && number(&owned, 2) != yours);
  xlgc__kinds_disown(&t.kinds, owner(2), NULL);
  ck_assert_ptr_null(owner_of(mine));
  ck_assert_ptr_null(owner_of(yours));
  finish();
}
END_TEST

START_TEST(a_number_is_used_again_when_its_last_object_is_gone) {
  start();
  uint16_t mine = take(&owned, 0);
  ck_assert_uint_eq(take(&owned, 0), mine);
  ck_assert_uint_eq(take(&owned, 0), mine);
  give(mine); /* one of three, before its owner ends */
  xlgc__kinds_disown(&t.kinds, owner(0), owner(1));
  give(mine);
  uint16_t yours = take(&owned_too, 1);
  ck_assert_uint_ne(yours, mine);
  ck_assert_ptr_eq(owner_of(mine), owner(1));
  give(mine);
  ck_assert_uint_eq(take(&owned_too, 2), mine);
  ck_assert_ptr_eq(owner_of(mine), owner(2));
  ck_assert_ptr_eq(owner_of(yours), owner(1));
  /* A context that ended before has no say in it any more. */
  xlgc__kinds_disown(&t.kinds, owner(1), NULL);
  ck_assert_ptr_eq(owner_of(mine), owner(2));
  finish();
}
END_TEST

START_TEST(a_number_without_objects_is_used_again_when_its_owner_ends) {
  start();
  uint16_t mine = take(&owned, 0);
  give(mine);
  ck_assert_uint_eq(number(&owned, 0), mine); /* not before */
  ck_assert_uint_ne(number(&owned, 1), mine);
  xlgc__kinds_disown(&t.kinds, owner(0), owner(1));
  ck_assert_uint_eq(number(&plain, 0), mine);
  ck_assert_ptr_null(owner_of(mine));
  /* For good: a kind that is nobody's has no owner that ends. */
  xlgc__kinds_count_in(&t.kinds, mine);
  give(mine);
  ck_assert_uint_ne(number(&other, 0), mine);
  finish();
}
END_TEST

/* Kinds that go are read no more, whichever state their numbers are in, and the numbers are used again. */
START_TEST(kinds_retire) {
  static const char mark = 0;
  xlgc_kind shared = {.name = "shared", .data = (void *)&mark}, mine = shared;
  mine.delivery = XLGC_DELIVER_OWNER;
  xlgc_kind yours = mine;
  start();
  uint16_t stays = take(&plain, 0), goes[4] = {number(&shared, 0), take(&mine, 0), take(&mine, 1), number(&yours, 2)};
  for (unsigned i = 0; i < 4; i++)
    ck_assert(xlgc__kinds_have(&t.kinds, goes[i], &mark));
  give(goes[1]);
  xlgc__kinds_disown(&t.kinds, owner(1), NULL);
  xlgc__kinds_disown(&t.kinds, owner(2), NULL);
  give(goes[2]);
  xlgc__kinds_retire(&t.kinds, &mark);
  memset(&shared, 0xff, sizeof shared);
  memset(&mine, 0xff, sizeof mine);
  memset(&yours, 0xff, sizeof yours);
  for (unsigned i = 0; i < 4; i++)
    ck_assert_str_eq(xlgc__kinds_at(&t.kinds, goes[i])->kind->name, "object");
  ck_assert_uint_eq(number(&plain, 0), stays);
  uint32_t count = t.kinds.count;
  uint16_t anew[] = {number(&other, 0), number(&owned, 0), number(&owned_too, 0), number(&owned, 1)};
  for (unsigned i = 0; i < 4; i++)
    ck_assert_uint_ne(anew[i], stays);
  ck_assert_uint_eq(t.kinds.count, count);
  finish();
}
END_TEST

/* Owners come and go by far more often than there are numbers. */
START_TEST(numbers_do_not_run_out) {
  start();
  for (unsigned i = 0; i < 3 * XLGC__KIND_PAGES * XLGC__KIND_PAGE; i++) {
    uint16_t mine = take(&owned, i % 2);
    if (i % 3) give(mine);
    xlgc__kinds_disown(&t.kinds, owner(i % 2), NULL);
    if (i % 3 == 0) give(mine);
  }
  ck_assert_uint_le(t.kinds.count, 2);
  finish();
}
END_TEST

START_TEST(numbers_are_not_more_than_an_object_can_say) {
  enum { KINDS = XLGC__KIND_PAGES * XLGC__KIND_PAGE };
  static xlgc_kind kinds[KINDS];
  uint16_t out;
  start();
  for (unsigned i = 1; i < KINDS; i++)
    ck_assert_uint_eq(number(&kinds[i], 0), i);
  ck_assert_int_eq(xlgc__kinds_number(&t.kinds, &plain, NULL, &out), XLGC_E_FULL);
  ck_assert_int_eq(xlgc__kinds_number(&t.kinds, &owned, owner(0), &out), XLGC_E_FULL);
  ck_assert_uint_eq(number(&kinds[KINDS - 1], 0), KINDS - 1);
  finish();
}
END_TEST

/* ------------------------------------------------------------ random owners */

enum { OBJECTS = 200, OWNERS = sizeof owners };

static struct {
  uint16_t number; /* 0: no object */
  const xlgc_kind *kind;
  unsigned owner; /* OWNERS: nobody */
} objects[OBJECTS];

/* One assertion for all: each costs more than what it checks. */
static void check_objects(void) {
  unsigned wrong = 0;
  for (unsigned i = 0; i < OBJECTS; i++) {
    if (!objects[i].number) continue;
    const xlgc__kind *slot = xlgc__kinds_at(&t.kinds, objects[i].number);
    bool has_owner = objects[i].kind->delivery == XLGC_DELIVER_OWNER && objects[i].owner < OWNERS;
    wrong += slot->kind != objects[i].kind || slot->owner != (has_owner ? owner(objects[i].owner) : NULL);
  }
  ck_assert_uint_eq(wrong, 0);
}

static void end_owner(unsigned ends, unsigned heir) {
  xlgc__kinds_disown(&t.kinds, owner(ends), heir < OWNERS ? owner(heir) : NULL);
  for (unsigned i = 0; i < OBJECTS; i++)
    if (objects[i].owner == ends) objects[i].owner = heir;
}

/* Each object's number says its kind and whose it is, whatever became of the contexts that made it. */
START_TEST(numbers_say_whose_an_object_is) {
  static const xlgc_kind *const kinds[] = {&plain, &other, &owned, &owned_too};
  uint64_t random = seed;
  unsigned turns = trial_work(30000);
  start();
  for (unsigned turn = 0; turn < turns; turn++) {
    unsigned i = trial_random(&random, OBJECTS), of = trial_random(&random, OWNERS);
    const xlgc_kind *kind = kinds[trial_random(&random, 4)];
    t.memory.fail_at = trial_random(&random, 4) ? ALLOC_NEVER : t.memory.asked + trial_random(&random, 3);
    if (trial_random(&random, 20) == 0) {
      end_owner(of, (of + 1 + trial_random(&random, OWNERS - 1)) % OWNERS);
    } else if (trial_random(&random, 20) == 0) {
      end_owner(of, OWNERS);
    } else if (objects[i].number) {
      give(objects[i].number);
      objects[i].number = 0;
    } else if (xlgc__kinds_number(&t.kinds, kind, owner(of), &objects[i].number)) {
      objects[i].number = 0;
    } else {
      xlgc__kinds_count_in(&t.kinds, objects[i].number);
      objects[i].kind = kind;
      objects[i].owner = of;
    }
    check_objects();
  }
  /* What lives at one time bounds what was ever given. */
  ck_assert_uint_le(t.kinds.count, 1 + 2 + 2 * OWNERS + OBJECTS);
  finish();
}
END_TEST

/* ------------------------------------------------------------------ memory */

/* Whichever allocation fails, the call says so, nothing has a number, and with memory it can be done. */
START_TEST(out_of_memory_is_an_answer) {
  bool failed = true;
  for (uint64_t i = 0; failed; i++) {
    uint16_t out[3] = {0};
    start();
    number(&owned_too, 0);
    t.memory.fail_at = t.memory.asked + i;
    failed = false;
    for (unsigned j = 0; j < 3; j++) {
      int result = xlgc__kinds_number(&t.kinds, &owned, owner(j), &out[j]);
      ck_assert(result == 0 || (result == XLGC_E_NOMEM && out[j] == 0));
      failed |= result != 0;
    }
    t.memory.fail_at = ALLOC_NEVER;
    for (unsigned j = 0; j < 3; j++) {
      uint16_t now = number(&owned, j);
      ck_assert(!out[j] || out[j] == now);
      ck_assert_ptr_eq(owner_of(now), owner(j));
    }
    ck_assert_uint_eq(t.kinds.count, 1 + 1 + 3); /* none was lost */
    ck_assert(failed == (t.memory.failed != 0));
    finish();
  }
}
END_TEST

/* The table of the first kind and the pages, and the growing of a table that is full of owners. */
START_TEST(out_of_memory_at_any_kind_is_an_answer) {
  enum { KINDS = 3 * XLGC__KIND_PAGE };
  static xlgc_kind kinds[KINDS];
  unsigned refused = 0;
  start();
  for (unsigned i = 0; i < KINDS; i++) {
    uint16_t out = 0;
    int result = XLGC_E_NOMEM;
    for (uint64_t ahead = 0; result; ahead++) {
      t.memory.fail_at = t.memory.asked + ahead;
      result = xlgc__kinds_number(&t.kinds, &kinds[i], NULL, &out);
      ck_assert(result == 0 || (result == XLGC_E_NOMEM && out == 0));
      refused += result != 0;
    }
    ck_assert_uint_eq(out, i + 1);
  }
  ck_assert_uint_gt(refused, KINDS);
  for (unsigned i = 0; i < KINDS; i++)
    ck_assert_uint_eq(number(&kinds[i], 0), i + 1);
  finish();
  t.memory = (alloc){.fail_at = 0};
  xlgc_allocator functions = alloc_functions(&t.memory);
  xlgc__memory_init(&t.mem, &functions);
  ck_assert_int_eq(xlgc__kinds_init(&t.kinds, &t.mem), XLGC_E_NOMEM);
  ck_assert_uint_eq(t.memory.blocks, 0);
}
END_TEST

int main(void) {
  seed = trial_seed();
  Suite *suite = suite_create("unit_kinds");
  TCase *kinds = trial_case(suite, "kinds");
  tcase_add_test(kinds, a_kind_has_a_number_for_each_owner_if_it_asks_for_one);
  tcase_add_test(kinds, without_an_heir_objects_are_nobodys);
  tcase_add_test(kinds, heirs_have_heirs);
  tcase_add_test(kinds, a_number_is_used_again_when_its_last_object_is_gone);
  tcase_add_test(kinds, a_number_without_objects_is_used_again_when_its_owner_ends);
  tcase_add_test(kinds, kinds_retire);
  tcase_add_test(kinds, numbers_do_not_run_out);
  tcase_add_test(kinds, numbers_are_not_more_than_an_object_can_say);
  tcase_add_test(kinds, numbers_say_whose_an_object_is);
  tcase_add_test(kinds, out_of_memory_is_an_answer);
  tcase_add_test(kinds, out_of_memory_at_any_kind_is_an_answer);
  return trial_run(suite);
}
