/* C++ objects for scripts, used here the way an engine uses them. */
#include <xlgc/script.hpp>

#include "cpp_support.hh"

#include <map>
#include <vector>

namespace {

class lamp : public xlgc::scriptable, counted {
public:
  std::map<std::string, xlgc::slot> fields;
  xlgc::ref_vector<lamp> others{this};
  int clicks = 0;

  bool script_get(const xlgc::value &name, xlgc::value &out) override {
    if (name.text() == "bad") throw std::runtime_error("no such lamp");
    if (name.text() == "worse") throw 5;
    const auto found = fields.find(name.text());
    if (found == fields.end()) return false;
    out = found->second;
    return true;
  }
  void script_set(const xlgc::value &name, const xlgc::value &to) override {
    fields.try_emplace(name.text(), this).first->second = to;
  }
  bool script_remove(const xlgc::value &name) override { return fields.erase(name.text()) != 0; }
  bool script_callable() const override { return true; }
  xlgc::value script_call(const xlgc::value &self, const std::vector<xlgc::value> &arguments) override {
    clicks++;
    if (arguments.empty()) return self;
    return arguments[0].text() + "!";
  }
  std::size_t script_length() override { return others.size(); }
  bool script_element(std::size_t position, xlgc::value &out) override {
    if (position >= others.size()) return false;
    out = others[position];
    return true;
  }
  std::string script_text() override { return "a lamp"; }
};

template <class Function> std::string message_of(Function function) {
  try {
    function();
  } catch (const std::exception &thrown) {
    return thrown.what();
  }
  return "nothing was thrown";
}

} // namespace

START_TEST(values) {
  using xlgc::value;
  ck_assert(value().is_nil() && value(nullptr).is_nil());
  ck_assert(value(true).boolean());
  ck_assert_int_eq(value(-3).integer(), -3);
  ck_assert(value(1.5).number() == 1.5 && value(2).number() == 2.0);
  ck_assert(value("text").text() == "text");
  ck_assert(value(std::string(3, '\0')).text().size() == 3);
  ck_assert(value::bytes("\xff\x00").bytes() == "\xff");
  value one("long enough to be on the heap"), two = one, three = std::move(one);
  ck_assert(one.is_nil() && two.text() == three.text());
  two = 5;
  ck_assert_int_eq(two.integer(), 5);
  const value &same = two;
  two = same;
  ck_assert_int_eq(two.integer(), 5);
  ck_assert(message_of([] { value(3).text(); }) == "expected text, not an integer");
  ck_assert(message_of([] { value("x").id(); }) == "expected an object, not text");
  xlgc_value several, *parts;
  ok(xlgc_value_several(&several, 2, &parts));
  ok(xlgc_value_copy(&parts[0], XLGC_STRING, "part", 4));
  value copy(several);
  xlgc_value_clear(&several);
  ck_assert(copy.type() == XLGC_SEVERAL && value(copy.native()->as.values[0]).text() == "part");
  ck_assert_int_eq(value(static_cast<std::uint64_t>(INT64_MAX)).integer(), INT64_MAX);
  ck_assert_int_eq(value(UINT32_MAX).integer(), UINT32_MAX);
  const value large(UINT64_MAX), other = large;
  ck_assert(other.is_big() && !other.is_integer() && other.digits() == "ffffffffffffffff");
  ck_assert(value(static_cast<std::uint64_t>(INT64_MAX) + 1).digits() == "8000000000000000");
  ck_assert(message_of([&] { other.integer(); }) == "expected an integer, not an integer of more than 64 bits");
}
END_TEST

START_TEST(slots_are_links) {
  {
    counting_pool pool;
    xlgc::root<lamp> one = xlgc::make<lamp>(), two = xlgc::make<lamp>();
    pool.events();
    one->script_set("other", two);
    expect_events(pool, 1);
    one->script_set("other", two);
    expect_events(pool, 2);
    one->script_set("other", 5);
    expect_events(pool, 1);
    one->script_set("words", "words");
    expect_events(pool, 0);
    one->script_set("other", two);
    two->script_set("other", one);
    two = nullptr;
    pool.flush();
    ck_assert_int_eq(counted::alive, 2);
    one->script_remove("other");
    pool.flush();
    ck_assert_int_eq(counted::alive, 1);
    one->script_set("self", one);
    one = nullptr;
    pool.flush();
    ck_assert_int_eq(counted::alive, 0);
  }
  ck_assert_int_eq(counted::alive, 0);
}
END_TEST

START_TEST(visiting) {
  counting_pool pool;
  xlgc::root<lamp> one = xlgc::make<lamp>();
  xlgc::value field("field"), key("x");
  {
    xlgc::visit visit(pool, one);
    ck_assert(visit.get(key)->is_nil());
    visit.set(key, "there");
    ck_assert(visit.get(key)->text() == "there");
    ck_assert(visit.text() == "a lamp");
    ck_assert_uint_eq(visit.length(), 0);
    ck_assert(visit.call({"hello"})->text() == "hello!");
    const xlgc::value self(one);
    ck_assert_uint_eq(visit.call({}, &self)->id(), xlgc::id_of(one.get()));
    ck_assert(message_of([&] { visit.get("bad"); }) == "no such lamp");
    try {
      visit.get("worse");
      ck_abort_msg("no exception");
    } catch (int) {
    }
    ck_assert(message_of([&] { visit.get(5); }) == "expected text, not an integer");
    ck_assert(message_of([&] { visit.call({1}); }) == "expected text, not an integer");
  }
  ck_assert(message_of([&] { xlgc::visit(pool, 5); }) == "expected an object, not an integer");
  /* A result is held. */
  xlgc::held kept;
  one->script_set("other", xlgc::make<lamp>());
  kept = xlgc::visit(one.get(), one).get("other");
  one = nullptr;
  pool.flush();
  ck_assert_int_eq(counted::alive, 1);
  kept = xlgc::held();
  pool.flush();
  ck_assert_int_eq(counted::alive, 0);
}
END_TEST

START_TEST(cursors) {
  counting_pool pool;
  xlgc::root<lamp> one = xlgc::make<lamp>();
  for (int i = 0; i < 3; i++)
    one->others.push_back(xlgc::make<lamp>());
  xlgc_context *context;
  ok(xlgc_context_here(pool.native(), &context));
  xlgc_visit visit;
  xlgc_value cursor, key, element;
  ok(xlgc_visit_begin_held(&visit, pool.native(), xlgc::id_of(one.get())));
  ck_assert_int_eq(xlgc_visit_iterate(&visit, &cursor), XLGC_ITERATES_VALUES);
  ok(xlgc_pin(context, cursor.as.id));
  ck_assert_int_eq(xlgc_visit_next(&visit, &key, &element), XLGC_E_RAISED);
  xlgc_visit_end(&visit);
  pool.flush();
  ok(xlgc_visit_begin_held(&visit, pool.native(), cursor.as.id));
  for (int i = 0; i < 3; i++) {
    ok(xlgc_visit_next(&visit, &key, &element));
    ck_assert_int_eq(key.as.integer, i);
    ck_assert_uint_eq(element.as.id, xlgc::id_of(one->others[static_cast<std::size_t>(i)].get()));
    ck_assert(element.traits & XLGC_CALLABLE);
  }
  ck_assert_int_eq(xlgc_visit_next(&visit, &key, &element), XLGC_ABSENT);
  xlgc_visit_end(&visit);
  one = nullptr;
  pool.flush();
  ck_assert_int_eq(counted::alive, 4);
  ok(xlgc_unpin(context, cursor.as.id));
  pool.flush();
  ck_assert_int_eq(counted::alive, 0);
}
END_TEST

/* One that was not made by make() is nobody's; roots outlive the pool. */
START_TEST(ends) {
  lamp on_stack;
  ck_assert(xlgc::value(&on_stack).is_nil());
  on_stack.script_set("x", "y");
  xlgc::root<lamp> late;
  {
    xlgc::pool pool;
    late = pool.make<lamp>();
    late->script_set("other", pool.make<lamp>());
    pool.flush();
  }
  ck_assert_int_eq(counted::alive, 3);
  ck_assert(message_of([&] { late->script_set("x", late); }).size() > 0);
  late = nullptr;
  ck_assert_int_eq(counted::alive, 1);
}
END_TEST

int main() {
  Suite *suite = suite_create("cpp_script");
  TCase *cases = trial_case(suite, "script");
  tcase_add_test(cases, values);
  tcase_add_test(cases, slots_are_links);
  tcase_add_test(cases, visiting);
  tcase_add_test(cases, cursors);
  tcase_add_test(cases, ends);
  return trial_run(suite);
}
