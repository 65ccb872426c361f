/* xlgc.hpp: why an object is alive, what would go with it, and what it was noted to be. */
#include <config.h>

#include "cpp_support.hh"

#include <string>

using xlgc::make;
using xlgc::ref;
using xlgc::root;

namespace zoo {
struct animal : xlgc::object {
  ref<animal> friend_{this};
  char weight[1000];
};
struct big : animal {
  char more[5000];
};
} // namespace zoo

static bool contains(const std::string &text, const std::string &part) { return text.find(part) != std::string::npos; }

START_TEST(chains) {
  counting_pool pool;
  root<zoo::animal> cat = make<zoo::animal>();
  cat->friend_ = make<zoo::animal>();
  pool.note(cat.get(), "zoo.cc:1, the cat");
  pool.note(cat->friend_.get(), "its friend");
  const std::string text = pool.why(cat->friend_.get());
  ck_assert_msg(contains(text, "zoo::animal 0x"), "%s", text.c_str());
  ck_assert_msg(contains(text, ", zoo.cc:1, the cat: pinned 1 time\n"), "%s", text.c_str());
  ck_assert_msg(contains(text, ", its friend"), "%s", text.c_str());
}
END_TEST

START_TEST(sizes) {
  counting_pool pool;
  root<zoo::animal> cat = make<zoo::animal>();
  cat->friend_ = make<zoo::big>();
  const xlgc_retained_size size = pool.retained(cat.get());
  ck_assert_uint_eq(size.objects, 2);
  ck_assert_uint_ge(size.bytes, sizeof(zoo::animal) + sizeof(zoo::big));
  ck_assert_uint_lt(size.bytes, sizeof(zoo::animal) + sizeof(zoo::big) + 200);
  pool.weigh(cat.get(), 1 << 20);
  ck_assert_uint_eq(pool.retained(cat.get()).bytes, size.bytes + (1 << 20));
  char text[1000];
  ck_assert_int_gt(xlgc_kinds_text(pool.native(), text, sizeof text), 0);
  ck_assert_msg(contains(text, "1 zoo::big, "), "%s", text);
}
END_TEST

START_TEST(sites) {
  counting_pool pool;
  root<zoo::animal> before = make<zoo::animal>();
  pool.sites(1);
  root<zoo::animal> cat = make<zoo::animal>();
  pool.sites(0);
  ck_assert(contains(pool.why(cat.get()), ", made by "));
  ck_assert(!contains(pool.why(before.get()), ", made by "));
}
END_TEST

START_TEST(what_is_no_object_of_it) {
  counting_pool pool, other;
  root<zoo::animal> cat = make<zoo::animal>();
  try {
    other.note(cat.get(), "elsewhere");
    ck_abort_msg("nothing was thrown");
  } catch (const xlgc::error &refused) {
    ck_assert_int_eq(refused.code(), XLGC_E_FOREIGN);
  }
}
END_TEST

int main() {
  Suite *suite = suite_create("cpp_why");
  TCase *all = trial_case(suite, "all");
  tcase_add_test(all, chains);
  tcase_add_test(all, sizes);
  tcase_add_test(all, sites);
  tcase_add_test(all, what_is_no_object_of_it);
  return trial_run(suite);
}
