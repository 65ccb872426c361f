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
  enum { ADDRESSES = 1000 };
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
  ck_assert_uint_gt(refused, ADDRESSES);
  for (uint32_t i = 0; i < ADDRESSES; i++)
    ck_assert_uint_eq(xlgc__addresses_find(&t.addresses, &addresses[i]), i + 1);
  finish();
}
END_TEST

int main(void) {
  Suite *suite = suite_create("unit_addresses");
  TCase *addresses = trial_case(suite, "addresses");
  tcase_add_test(addresses, an_address_is_put_to_new_use_once_told);
  tcase_add_test(addresses, an_address_without_memory_is_not_entered);
  return trial_run(suite);
}
