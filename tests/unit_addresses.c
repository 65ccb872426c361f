/* Objects by address. */
#include <config.h>

#include "table/addresses.h"
#include "support/alloc.h"
#include "support/trial.h"

static struct {
  alloc memory;
  xlgc__memory mem;
  xlgc__addresses addresses;
} t;

static void start(void) {
  t.memory = (alloc){.fail_at = ALLOC_NEVER};
  xlgc_allocator functions = alloc_functions(&t.memory);
  xlgc__memory_init(&t.mem, &functions);
  xlgc__addresses_init(&t.addresses, &t.mem);
}

static void finish(void) {
  xlgc__addresses_destroy(&t.addresses);
  ck_assert_uint_eq(t.memory.blocks, 0);
}

static void run(void *param) { (void)param; }

START_TEST(an_address_is_put_to_new_use_once_told) {
  char address;
  start();
  ck_assert_uint_eq(xlgc__addresses_find(&t.addresses, &address), 0);
  ok(xlgc__addresses_put(&t.addresses, &address, 5));
  ck_assert_uint_eq(xlgc__addresses_find(&t.addresses, &address), 5);
  ck_assert_ptr_null(xlgc__addresses_releaser(&t.addresses, &address, 5)->run);
  *xlgc__addresses_releaser(&t.addresses, &address, 5) = (xlgc__releaser){run, &address};
  xlgc__addresses_notify(&t.addresses, &address, 5);
  ck_assert_uint_eq(xlgc__addresses_find(&t.addresses, &address), 0);
  ck_assert_uint_eq(xlgc__addresses_find_notified(&t.addresses, &address), 5);
  /* The old object's entry goes to the new one; then the old one has none that could be removed. */
  t.memory.fail_at = t.memory.asked;
  ok(xlgc__addresses_put(&t.addresses, &address, 6));
  ck_assert_uint_eq(xlgc__addresses_find(&t.addresses, &address), 6);
  ck_assert_ptr_null(xlgc__addresses_releaser(&t.addresses, &address, 6)->run);
  xlgc__addresses_remove(&t.addresses, &address, 5);
  ck_assert_uint_eq(xlgc__addresses_find(&t.addresses, &address), 6);
  xlgc__addresses_remove(&t.addresses, &address, 6);
  ck_assert_uint_eq(xlgc__addresses_find_notified(&t.addresses, &address), 0);
  finish();
}
END_TEST

START_TEST(an_address_without_memory_is_not_entered) {
  enum { ADDRESSES = 3 * XLGC__SEGMENT_RECORDS };
  static char addresses[ADDRESSES];
  unsigned refused = 0;
  start();
  for (uint32_t i = 0; i < ADDRESSES; i++) {
    int result = XLGC_E_NOMEM;
    for (uint64_t ahead = 0; result; ahead++) {
      t.memory.fail_at = t.memory.asked + ahead;
      uint64_t blocks = t.memory.blocks;
      result = xlgc__addresses_put(&t.addresses, &addresses[i], i + 1);
      if (!result) continue;
      ck_assert_int_eq(result, XLGC_E_NOMEM);
      ck_assert_uint_eq(xlgc__addresses_find_notified(&t.addresses, &addresses[i]), 0);
      if (i) ck_assert_uint_eq(t.memory.blocks, blocks);
      refused++;
    }
  }
  ck_assert_uint_ge(refused, 4); /* a directory, and each segment */
  for (uint32_t i = 0; i < ADDRESSES; i++)
    ck_assert_uint_eq(xlgc__addresses_find(&t.addresses, &addresses[i]), i + 1);
  finish();
}
END_TEST

/* Addresses in groups of the same hash: multiples of the inverse of the hash's factor, which are no pointers. Where
 * pointers have 32 bits no two of them have the same hash, and these are just other addresses. */
enum { GROUPS = 50, ALIKE = 4, ADDRESSES = GROUPS * ALIKE };
static const void *alike(uint32_t i) {
  if (UINTPTR_MAX == UINT32_MAX) return (const void *)(uintptr_t)(i + 1);
  uint64_t factor = UINT64_C(0x9E3779B97F4A7C15), inverse = factor;
  for (unsigned steps = 0; steps < 5; steps++)
    inverse *= 2 - factor * inverse;
  return (const void *)(uintptr_t)(inverse * ((uint64_t)(i / ALIKE) << 32 | (i % ALIKE + 1)));
}

START_TEST(addresses_with_the_same_hash) {
  uint32_t object[ADDRESSES] = {0}, objects = 0;
  bool told[ADDRESSES] = {false};
  uint64_t random = trial_seed();
  unsigned work = trial_work(200000);
  start();
  for (unsigned i = 0; i < work; i++) {
    uint32_t one = trial_random(&random, ADDRESSES);
    const void *address = alike(one);
    MUST(xlgc__addresses_find_notified(&t.addresses, address) == object[one]);
    MUST(xlgc__addresses_find(&t.addresses, address) == (told[one] ? 0 : object[one]));
    if (!object[one] || (told[one] && trial_random(&random, 2))) {
      object[one] = ++objects;
      told[one] = false;
      MUST(!xlgc__addresses_put(&t.addresses, address, objects));
    } else if (!told[one]) {
      xlgc__addresses_notify(&t.addresses, address, object[one]);
      xlgc__addresses_notify(&t.addresses, address, 0);
      told[one] = true;
    } else {
      xlgc__addresses_remove(&t.addresses, address, object[one] + 1);
      xlgc__addresses_remove(&t.addresses, address, object[one]);
      object[one] = told[one] = 0;
    }
  }
  finish();
}
END_TEST

int main(void) {
  Suite *suite = suite_create("unit_addresses");
  TCase *addresses = trial_case(suite, "addresses");
  tcase_add_test(addresses, an_address_is_put_to_new_use_once_told);
  tcase_add_test(addresses, an_address_without_memory_is_not_entered);
  tcase_add_test(addresses, addresses_with_the_same_hash);
  return trial_run(suite);
}
