/* xlgc.hpp: finalizers of objects, which are functions of any sort. */
#include <config.h>

#include "cpp_support.hh"

#include <memory>
#include <string>

using xlgc::make;
using xlgc::ref;
using xlgc::root;

static std::string called;

struct finalized : xlgc::object, counted {
  ref<finalized> next{this};
  int value;
  explicit finalized(int number) : value(number) {}
  ~finalized() { called += 'D'; }
};

static void by_function() { called += 'f'; }

START_TEST(the_newest_first_and_before_the_destructor) {
  counting_pool pool;
  called.clear();
  root<finalized> one = make<finalized>(1);
  pool.finalize(&*one, by_function);
  std::unique_ptr<std::string> owned(new std::string("o"));
  const finalized *plain = &*one;
  pool.finalize(plain, [owned = std::move(owned), plain] {
    ck_assert_int_eq(plain->value, 1);
    called += *owned;
  });
  auto shared = std::make_shared<int>(0);
  const xlgc_finalizer removed = pool.finalize(plain, [shared] { called += 'x'; });
  ck_assert_int_eq(static_cast<int>(shared.use_count()), 2);
  ck_assert(pool.remove_finalizer(removed));
  ck_assert_int_eq(static_cast<int>(shared.use_count()), 1);
  ck_assert(!pool.remove_finalizer(removed));
  pool.flush();
  ck_assert_str_eq(called.c_str(), "");
  one = nullptr;
  pool.flush();
  ck_assert_str_eq(called.c_str(), "ofD");
}
END_TEST

/* Its function is destroyed once, also with what is left as the pool ends. */
START_TEST(what_is_left_when_the_pool_ends) {
  called.clear();
  auto shared = std::make_shared<int>(0);
  root<finalized> left;
  {
    counting_pool pool;
    left = make<finalized>(2);
    left->next = make<finalized>(3);
    pool.finalize(&*left, [shared] { called += 'a'; });
    pool.finalize(&*left->next, [shared] { called += 'b'; });
    ck_assert_int_eq(static_cast<int>(shared.use_count()), 3);
  }
  ck_assert_int_eq(static_cast<int>(shared.use_count()), 1);
  ck_assert_str_eq(called.c_str(), "ba");
  left = nullptr;
  ck_assert_str_eq(called.c_str(), "baDD");
}
END_TEST

int main() {
  Suite *suite = suite_create("cpp_finalizers");
  TCase *all = trial_case(suite, "finalizers");
  tcase_add_test(all, the_newest_first_and_before_the_destructor);
  tcase_add_test(all, what_is_left_when_the_pool_ends);
  return trial_run(suite);
}
