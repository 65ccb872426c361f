/* xlgc/children.hpp: the children of an object as a range that goes both ways. */
#include <config.h>

#include "cpp_support.hh"

#include <xlgc/children.hpp>

#include <algorithm>
#include <string>
#include <vector>
using xlgc::make;
using xlgc::root;

struct letter : xlgc::object, counted {
  char value;
  explicit letter(char given) : value(given) {}
};

static std::string text_of(const xlgc::children &children) {
  std::string text;
  for (const xlgc_child &child : children)
    text += xlgc::as<letter>(child).value;
  return text;
}

START_TEST(both_ways) {
  counting_pool pool;
  root<letter> top = make<letter>('t');
  std::vector<root<letter>> made;
  for (const char value : std::string("abcd")) {
    made.push_back(make<letter>(value));
    xlgc::append_child(pool, &*top, &*made.back());
  }
  const xlgc::children children(pool, &*top);
  ck_assert(text_of(children) == "abcd");
  xlgc::insert_child(pool, &*made[0], &*made[3], 5);
  ck_assert(text_of(children) == "dabc");
  std::string reversed;
  for (auto at = children.rbegin(); at != children.rend(); ++at)
    reversed += xlgc::as<letter>(*at).value;
  ck_assert_str_eq(reversed.c_str(), "cbad");
  ck_assert_uint_eq(children.size(), 4);
  ck_assert_uint_eq(static_cast<std::size_t>(std::distance(children.begin(), children.end())), 4);
  ck_assert_uint_eq(children[0].tag, 5);
  ck_assert_int_eq(xlgc::as<letter>(children[3]).value, 'c');
  ck_assert_uint_eq(children[4].id, XLGC_ID_NONE);
  auto at = std::find_if(children.begin(), children.end(),
                         [](const xlgc_child &child) { return xlgc::as<letter>(child).value == 'b'; });
  ck_assert_int_eq(xlgc::as<letter>(*at--).value, 'b');
  ck_assert_int_eq(xlgc::as<letter>(*at++).value, 'a');
  ck_assert_uint_eq(at->id, xlgc::id_of(&*made[1]));
  ck_assert(++at == std::prev(children.end()));
  ck_assert(++at == children.end());
  ck_assert(xlgc::children(pool, &*made[0]).empty());
}
END_TEST

START_TEST(while_children_come_and_go) {
  counting_pool pool;
  root<letter> top = make<letter>('t'), other = make<letter>('o');
  std::vector<root<letter>> made;
  for (const char value : std::string("abcdef")) {
    made.push_back(make<letter>(value));
    xlgc::append_child(pool, &*top, &*made.back());
  }
  const xlgc::children children(pool, &*top);
  auto at = children.begin();
  xlgc::remove_child(pool, &*made[1]);
  ck_assert_int_eq(xlgc::as<letter>(*++at).value, 'c');
  xlgc::insert_child(pool, &*made[3], &*made[1]);
  ck_assert_int_eq(xlgc::as<letter>(*++at).value, 'b');
  /* With its child to other siblings, and out of all. */
  xlgc::append_child(pool, &*other, &*made[5]);
  xlgc::insert_child(pool, &*made[5], &*made[1]);
  ck_assert_int_eq(xlgc::as<letter>(*++at).value, 'f');
  xlgc::remove_child(pool, &*made[5]);
  ck_assert(++at == children.end());
  ck_assert(text_of(children) == "acde");
}
END_TEST

START_TEST(what_is_cut_is_destroyed) {
  counting_pool pool;
  root<letter> top = make<letter>('t');
  {
    root<letter> branch = make<letter>('b');
    xlgc::append_child(pool, &*top, &*branch);
    for (int i = 0; i < 10; i++)
      xlgc::append_child(pool, &*branch, &*make<letter>('l'));
  }
  pool.flush();
  ck_assert_int_eq(counted::alive, 12);
  xlgc::remove_child(pool, &xlgc::as<letter>(*xlgc::children(pool, &*top).begin()));
  pool.flush();
  ck_assert_int_eq(counted::alive, 1);
  ck_assert(xlgc::children(pool, &*top).empty());
}
END_TEST

START_TEST(errors) {
  counting_pool pool;
  root<letter> top = make<letter>('t'), child = make<letter>('c');
  xlgc::append_child(pool, &*top, &*child);
  const auto code_of = [](auto call) {
    try {
      call();
    } catch (const xlgc::error &error) {
      return error.code();
    }
    return 0;
  };
  ck_assert_int_eq(code_of([&] { xlgc::append_child(pool, &*child, &*top); }), XLGC_E_INVAL);
  ck_assert_int_eq(code_of([&] { xlgc::insert_child(pool, &*top, &*child); }), XLGC_E_STATE);
  ck_assert_int_eq(code_of([&] { xlgc::remove_child(pool, &*top); }), XLGC_E_UNKNOWN);
  const xlgc::children gone(pool.native(), xlgc::id_of(&*child) + 1);
  ck_assert_int_eq(code_of([&] { (void)gone.begin(); }), XLGC_E_STALE);
  ck_assert_int_eq(code_of([&] { (void)gone.size(); }), XLGC_E_STALE);
  ck_assert_int_eq(code_of([&] { (void)--gone.end(); }), XLGC_E_STALE);
  ck_assert(text_of(xlgc::children(pool, &*top)) == "c");
}
END_TEST

int main() {
  Suite *suite = suite_create("cpp_children");
  TCase *tests = trial_case(suite, "children");
  tcase_add_test(tests, both_ways);
  tcase_add_test(tests, while_children_come_and_go);
  tcase_add_test(tests, what_is_cut_is_destroyed);
  tcase_add_test(tests, errors);
  return trial_run(suite);
}
