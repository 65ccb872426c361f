/* Classes and functions of C++ that scripts use by their members: what a binding library for one language does, case by
 * case in Lua, and the same class in all languages. */
#include <xlgc/duktape.h>
#include <xlgc/lua.h>
#include <xlgc/python.h>
#include <xlgc/script.hpp>

#include "cpp_support.hh"

#include <algorithm>
#include <map>
#include <ostream>
#include <vector>

extern "C" const xlgc_language xlgc_language_mozjs; /* its header wants SpiderMonkey's */

namespace {

template <class Function> std::string message_of(Function function) {
  try {
    function();
  } catch (const std::exception &thrown) {
    return thrown.what();
  }
  return "nothing was thrown";
}

bool has(const std::string &text, const char *part) {
  if (text.find(part) != std::string::npos) return true;
  std::fprintf(stderr, "'%s' is not in: %s\n", part, text.c_str());
  return false;
}

enum class mood { calm = 1, angry = 2 };

class vehicle : public xlgc::scripted<vehicle>, counted {
public:
  int wheels = 4;
  std::string label = "none";
  const int number = 7;
  mood now = mood::calm;
  xlgc::ref<vehicle> trailer{this};
  xlgc::slot onmove{this};
  static inline int made = 0;

  vehicle() { made++; }
  explicit vehicle(int count) : wheels(count) { made++; }
  vehicle(int count, const std::string &text) : wheels(count), label(text) { made++; }

  int speed() const { return speed_; }
  void speed(int kmh) {
    if (kmh < 0) throw std::runtime_error("no car is that slow");
    speed_ = kmh;
  }
  int move(int hours) {
    onmove.hold().call(hours);
    return speed_ * hours;
  }
  bool tows(const vehicle &other) const { return trailer.get() == &other; }
  static int count() { return made; }
  bool operator==(const vehicle &other) const { return wheels == other.wheels; }
  bool operator<(const vehicle &other) const { return wheels < other.wheels; }
  friend std::ostream &operator<<(std::ostream &out, const vehicle &one) { return out << "vehicle " << one.wheels; }

  static void script(xlgc::members<vehicle> &of) {
    of.constructor<>()
        .constructor<int>()
        .constructor<int, const std::string &>()
        .field("wheels", &vehicle::wheels)
        .field("label", &vehicle::label)
        .field("number", &vehicle::number)
        .field("mood", &vehicle::now)
        .field("trailer", &vehicle::trailer)
        .field("onmove", &vehicle::onmove)
        .property("speed", xlgc::choose<int() const>(&vehicle::speed), xlgc::choose<void(int)>(&vehicle::speed))
        .property("twice", [](vehicle &self) { return 2 * self.wheels; })
        .method("move", &vehicle::move)
        .method("tows", &vehicle::tows)
        .method("honk", [](vehicle &self, const std::string &text) { return self.label + " " + text; })
        .method(
            "repeat", [](vehicle &, int) { return "an integer"; },
            [](vehicle &, const std::string &) { return "text"; },
            [](vehicle &, const vehicle &) { return "a vehicle"; })
        .function("count", &vehicle::count)
        .constant("max", 250)
        .variable("made", &vehicle::made);
  }

private:
  int speed_ = 0;
};

class truck : public xlgc::scripted<truck, vehicle> {
public:
  double load = 1.5;
  truck() : scripted(6) {}
  static void script(xlgc::members<truck> &of) {
    of.constructor<>().field("load", &truck::load).method("honk", [](truck &) { return "TOOT"; });
  }
};

/* Elements, and calls. */
class crowd : public xlgc::scripted<crowd> {
public:
  xlgc::ref_vector<vehicle> all{this};
  static void script(xlgc::members<crowd> &of) {
    of.constructor<>()
        .length([](crowd &self) { return self.all.size(); })
        .element([](crowd &self, std::size_t at) { return self.all[at].get(); })
        .method("add", [](crowd &self, vehicle &one) { self.all.push_back(&one); })
        .call([](crowd &self, int at) { return self.all.at(static_cast<std::size_t>(at))->wheels; });
  }
};

/* What is in no list goes to its own functions. */
class bag : public xlgc::scripted<bag> {
public:
  int size = 3;
  std::map<std::string, xlgc::slot> others;
  bool script_get(const xlgc::value &name, xlgc::value &out) override {
    const auto found = others.find(name.text());
    if (found != others.end()) out = found->second;
    return found != others.end();
  }
  void script_set(const xlgc::value &name, const xlgc::value &to) override {
    others.try_emplace(name.text(), this).first->second = to;
  }
  bool script_remove(const xlgc::value &name) override { return others.erase(name.text()) != 0; }
  bool script_names(std::vector<xlgc::value> &out) override {
    scripted::script_names(out);
    for (const auto &one : others)
      out.emplace_back(one.first);
    return true;
  }
  static void script(xlgc::members<bag> &of) { of.constructor<>().field("size", &bag::size); }
};

/* Lua with these classes. */
struct scripting {
  counting_pool pool;
  xlgc::language lua{pool, xlgc_language_lua};
  xlgc::held globals = lua.globals();
  scripting() {
    globals.set("vehicle", xlgc::class_in<vehicle>(pool));
    globals.set("truck", xlgc::class_in<truck>(pool));
    globals.set("crowd", xlgc::class_in<crowd>(pool));
    globals.set("bag", xlgc::class_in<bag>(pool));
  }
  template <class T> T get(const char *name) { return globals.get<T>(name); }
  template <class T> T eval(const char *text) { return lua.eval(text).as<T>(); }
  void run(const char *text) { lua.eval(text); }
  std::string fails(const char *text) {
    return message_of([&] { lua.eval(text); });
  }
};

/* ------------------------------------------------------- the cases in Lua */

void expect_text(int line, const std::string &one, const std::string &other) {
  ck_assert_msg(one == other, "line %d: \"%s\" is not \"%s\"", line, one.c_str(), other.c_str());
}
#define EXPECT_TEXT(one, other) expect_text(__LINE__, one, other)

void runs_a_script(scripting &s) { ck_assert_int_eq(s.eval<int>("return 6 * 7"), 42); }
void an_error_of_a_script(scripting &s) {
  ck_assert(has(s.fails("error('no luck')"), "no luck"));
  ck_assert(has(s.fails("this is no Lua"), "syntax error"));
}
void variables(scripting &s) {
  s.globals.set("i", 5);
  s.globals.set("x", 1.5);
  s.globals.set("b", true);
  s.globals.set("t", "text");
  s.run("i = i + 1 x = x * 2 b = not b t = t .. '!'");
  ck_assert_int_eq(s.get<int>("i"), 6);
  ck_assert(s.get<double>("x") == 3.0 && !s.get<bool>("b"));
  EXPECT_TEXT(s.get<std::string>("t"), "text!");
}
void a_variable_that_is_not_there(scripting &s) {
  ck_assert(!s.get<std::optional<int>>("nothing"));
  ck_assert_int_eq(s.get<std::optional<int>>("nothing").value_or(3), 3);
  ck_assert(has(message_of([&] { s.get<int>("nothing"); }), "expected an integer, not nothing"));
}
void a_variable_is_erased(scripting &s) {
  s.run("gone = 1");
  s.globals.set("gone", nullptr);
  ck_assert(s.eval<bool>("return gone == nil"));
}
void tables_in_tables(scripting &s) {
  s.run("config = {window = {width = 640, title = 'main'}}");
  const xlgc::held window = s.get<xlgc::held>("config").get<xlgc::held>("window");
  ck_assert_int_eq(window.get<int>("width"), 640);
  window.set("width", 800);
  ck_assert_int_eq(s.eval<int>("return config.window.width"), 800);
}
void a_map_for_a_script(scripting &s) {
  s.globals.set("ages", std::map<std::string, int>{{"ann", 3}, {"bob", 4}});
  ck_assert_int_eq(s.eval<int>("return ages.ann + ages.bob"), 7);
}
void a_map_of_a_script(scripting &s) {
  const auto ages = s.eval<std::map<std::string, int>>("return {ann = 3, bob = 4}");
  ck_assert(ages.size() == 2 && ages.at("ann") == 3 && ages.at("bob") == 4);
}
void a_list_for_a_script(scripting &s) {
  s.globals.set("list", std::vector<std::string>{"a", "b"});
  EXPECT_TEXT(
      s.eval<std::string>("list[2] = 'c' local t = '' for _, v in pairs(list) do t = t .. v end return t .. #list"),
      "abc3");
  ck_assert(has(s.fails("list[9] = 1"), "behind its end"));
}
void a_list_of_a_script(scripting &s) {
  ck_assert((s.eval<std::vector<int>>("return {3, 4, 5}") == std::vector<int>{3, 4, 5}));
  ck_assert(has(message_of([&] { s.eval<std::vector<int>>("return {3, 'x'}"); }), "expected an integer, not text"));
}
void goes_through_a_table(scripting &s) {
  std::map<std::string, int> seen;
  const xlgc::held table = s.eval<xlgc::held>("return {one = 1, two = 2}");
  xlgc::visit(s.pool, table).each([&](const xlgc::held &key, const xlgc::held &value) {
    seen[key.as<std::string>()] = value.as<int>();
  });
  ck_assert(seen.size() == 2 && seen["one"] == 1 && seen["two"] == 2);
}
int sum_of(int one, int other) { return one + other; }
void a_function_of_cpp(scripting &s) {
  s.globals.set("sum", sum_of);
  s.globals.set("same", &sum_of);
  ck_assert_int_eq(s.eval<int>("return sum(3, 4) + same(1, 1)"), 9);
}
void a_lambda_with_captures(scripting &s) {
  int calls = 0;
  s.globals.set("count", [&calls](int by) { calls += by; });
  s.globals.set("kept", std::function<std::string(std::string)>([](std::string text) { return text + "?"; }));
  ck_assert(s.eval<bool>("count(3) count(4) return kept('x') == 'x?' and count(0) == nil"));
  ck_assert_int_eq(calls, 7);
}
void a_function_of_a_script(scripting &s) {
  s.run("function add(a, b) return a + b end");
  ck_assert_int_eq(s.get<xlgc::held>("add").call<int>(3, 4), 7);
}
void a_function_of_a_script_to_keep(scripting &s) {
  const auto twice = s.eval<std::function<double(double)>>("return function(x) return 2 * x end");
  ck_assert(twice(1.5) == 3.0);
  ck_assert(!s.eval<std::function<void()>>("return nil"));
  ck_assert(has(message_of([&] { s.eval<std::function<void()>>("return 5"); }), "expected a function"));
}
void several_results_for_cpp(scripting &s) {
  const auto [i, t, o] = s.eval<std::tuple<int, std::string, std::optional<int>>>("return 1, 'two'");
  ck_assert(i == 1 && t == "two" && !o);
  const auto [v, n] = s.eval<std::pair<xlgc::root<vehicle>, int>>("return vehicle(3), 3");
  s.run("collectgarbage()");
  s.pool.flush();
  ck_assert_int_eq(v->wheels, n);
}
void several_results_for_a_script(scripting &s) {
  s.globals.set("split", [](int n) { return std::make_tuple(n / 10, n % 10); });
  ck_assert(s.eval<bool>("local a, b = split(42) return a == 4 and b == 2"));
}
void any_number_of_arguments(scripting &s) {
  s.globals.set("join", [](const std::string &with, xlgc::rest all) {
    std::string out;
    for (const xlgc::value &one : all)
      out += (out.empty() ? "" : with) + one.text();
    return out;
  });
  EXPECT_TEXT(s.eval<std::string>("return join('-', 'a', 'b', 'c') .. join('-')"), "a-b-c");
}
void arguments_that_may_be_missing(scripting &s) {
  s.globals.set("greet", [](const std::string &name, std::optional<int> times) {
    return name + std::to_string(times.value_or(1));
  });
  EXPECT_TEXT(s.eval<std::string>("return greet('a') .. greet('b', 2) .. greet('c', nil)"), "a1b2c1");
}
void arguments_of_several_types(scripting &s) {
  s.globals.set("kind", [](std::variant<bool, int, std::string> one) { return static_cast<int>(one.index()); });
  ck_assert(s.eval<bool>("return kind(true) == 0 and kind(5) == 1 and kind('x') == 2"));
  ck_assert(has(s.fails("kind({})"), "none of the types that are expected is an object"));
}
void overloads(scripting &s) {
  s.run("v = vehicle()");
  EXPECT_TEXT(s.eval<std::string>("return v['repeat'](v, 1) .. v['repeat'](v, 'x') .. v['repeat'](v, v)"),
              "an integertexta vehicle");
  ck_assert(has(s.fails("v['repeat'](v, {})"), "no function of this name takes these arguments: (an object)"));
  s.globals.set("either", xlgc::function_in(
                              s.pool, [](int) { return 1; }, [](int, int) { return 2; }));
  ck_assert(s.eval<bool>("return either(0) == 1 and either(0, 0) == 2"));
}
void wrong_arguments(scripting &s) {
  s.globals.set("sum", sum_of);
  ck_assert(has(s.fails("sum(1, 'x')"), "argument 2: expected an integer, not text"));
  ck_assert(has(s.fails("sum(1)"), "argument 2: expected an integer, not nothing"));
  ck_assert(has(s.fails("sum(1, 2^40)"), "out of range"));
  ck_assert_int_eq(s.eval<int>("return sum(1, 2.0, 'more')"), 3);
}
void an_exception_of_cpp(scripting &s) {
  s.globals.set("fail", [] { throw std::runtime_error("broken"); });
  EXPECT_TEXT(
      s.eval<std::string>("local good, words = pcall(fail) return (good and 'good ' or 'bad ') .. tostring(words)")
          .substr(0, 4),
      "bad ");
  ck_assert(has(s.fails("fail()"), "broken"));
}
void an_error_of_a_called_function(scripting &s) {
  const auto raise = s.eval<std::function<void()>>("return function() error('inside') end");
  ck_assert(has(message_of([&] { raise(); }), "inside"));
}
void a_class(scripting &s) {
  s.run("v = vehicle.new(3) v.onmove = function(h) hours = h end v.speed = 20 way = v:move(2)");
  ck_assert(s.get<int>("way") == 40 && s.get<int>("hours") == 2);
}
void constructors(scripting &s) {
  ck_assert(
      s.eval<bool>("return vehicle().wheels == 4 and vehicle(2).wheels == 2 and vehicle(2, 'bike').label == 'bike'"));
  ck_assert(has(s.fails("vehicle({})"), "no function of this name takes"));
}
void fields(scripting &s) {
  s.run("v = vehicle() v.wheels = v.wheels + 1 v.label = 'car'");
  const auto v = s.get<xlgc::root<vehicle>>("v");
  ck_assert(v->wheels == 5 && v->label == "car");
  ck_assert(has(s.fails("v.wheels = 'x'"), "'wheels' of vehicle: expected an integer, not text"));
  ck_assert(has(s.fails("v.wings = 2"), "no field 'wings'"));
  ck_assert(s.eval<bool>("return v.wings == nil"));
}
void fields_to_read_only(scripting &s) {
  s.run("v = vehicle()");
  ck_assert_int_eq(s.eval<int>("return v.number"), 7);
  ck_assert(has(s.fails("v.number = 8"), "the member 'number' of vehicle cannot be set"));
}
void properties(scripting &s) {
  s.run("v = vehicle() v.speed = 30");
  ck_assert_int_eq(s.eval<int>("return v.speed + v.twice"), 38);
  ck_assert(has(s.fails("v.speed = -1"), "no car is that slow"));
  ck_assert(has(s.fails("v.twice = 1"), "cannot be set"));
}
void what_belongs_to_the_class(scripting &s) {
  vehicle::made = 0;
  ck_assert(
      s.eval<bool>("vehicle() vehicle() return vehicle.count() == 2 and vehicle.max == 250 and vehicle.made == 2"));
  s.run("vehicle.made = 9");
  ck_assert_int_eq(vehicle::made, 9);
  ck_assert(has(s.fails("vehicle.max = 1"), "no such field to set"));
  ck_assert(s.eval<bool>("return vehicle().count() == 10"));
}
void inheritance(scripting &s) {
  s.run("t = truck() v = vehicle() v.trailer = t");
  ck_assert(s.eval<bool>("return t.wheels == 6 and t.load == 1.5 and v:tows(t) and not t:tows(v)"));
  EXPECT_TEXT(s.eval<std::string>("return t:honk() .. v:honk('x') .. vehicle.honk(t, 'y')"), "TOOTnone xnone y");
  ck_assert(s.get<vehicle *>("t") == s.get<truck *>("t"));
}
void an_object_back(scripting &s) {
  const xlgc::root<vehicle> mine = xlgc::make<vehicle>();
  s.globals.set("mine", mine);
  s.run("again = mine");
  ck_assert(s.get<vehicle *>("again") == mine.get());
  ck_assert(!s.get<vehicle *>("nothing"));
  ck_assert(s.get<xlgc::root<xlgc::scriptable>>("again") == mine);
}
void an_object_of_another_class(scripting &s) {
  s.run("c = crowd() v = vehicle()");
  ck_assert(has(message_of([&] { s.get<truck *>("v"); }), "expected truck, not vehicle 4"));
  ck_assert(has(s.fails("c:add(c)"), "expected vehicle, not an object of crowd"));
  ck_assert(has(s.fails("c:add({})"), "argument 1: expected vehicle, not an object"));
  ck_assert(has(s.fails("c:add(nil)"), "expected vehicle, not nothing"));
  ck_assert(has(s.fails("v.honk(c, 'x')"), "a member of vehicle is not used on an object of crowd"));
  ck_assert(has(s.fails("v.honk('x')"), "'honk' is a method: call it on an object"));
}
void comparing(scripting &s) {
  ck_assert(
      s.eval<bool>("local a, b, c = vehicle(2), vehicle(2), vehicle(3) return a == b and a ~= c and a < c and a <= b "
                   "and not (c < a) and not (c <= a) and c > a and a ~= {}"));
  ck_assert(has(s.fails("return crowd() < crowd()"), "crowd has no order"));
}
void text(scripting &s) {
  EXPECT_TEXT(
      s.eval<std::string>("return tostring(vehicle(3)) .. ', ' .. tostring(crowd()) .. ', ' .. tostring(vehicle)"),
      "vehicle 3, an object of crowd, the class vehicle");
}
void elements(scripting &s) {
  s.run("c = crowd() for i = 1, 3 do c:add(vehicle(i)) end");
  ck_assert(s.eval<bool>("local n = 0 for at, v in pairs(c) do n = n + v.wheels end return n == 6 and #c == 3"));
  ck_assert(s.eval<bool>("return c[0].wheels == 1 and c[2].wheels == 3 and c[3] == nil"));
}
void names_in_order(scripting &s) {
  EXPECT_TEXT(s.eval<std::string>("local t = '' for k in pairs(truck()) do t = t .. k .. ' ' end return t"),
              "wheels label number mood trailer onmove speed twice max made load ");
  EXPECT_TEXT(s.eval<std::string>("local t = '' for k in pairs(vehicle) do t = t .. k .. ' ' end return t"),
              "max made ");
}
void objects_that_are_called(scripting &s) {
  ck_assert_int_eq(s.eval<int>("local c = crowd() c:add(vehicle(9)) return c(0)"), 9);
}
void fields_that_come_and_go(scripting &s) {
  s.run("b = bag() b.size = 4 b.other = 'x' b.f = function() return b end");
  EXPECT_TEXT(
      s.eval<std::string>("local t = '' for k in pairs(b) do t = t .. k .. ' ' end return t .. b.other .. b.size"),
      "size f other x4");
  ck_assert(s.eval<bool>("b.other = nil return b.other == nil and b.f() == b"));
}
void enumerations(scripting &s) {
  s.run("v = vehicle() v.mood = 2");
  ck_assert(s.get<vehicle *>("v")->now == mood::angry);
  ck_assert_int_eq(s.eval<int>("return v.mood"), 2);
}
void handlers_and_rings(scripting &s) {
  s.run("do local v, w = vehicle(), vehicle() v.trailer, w.trailer = w, v v.onmove = function() return w, v end end");
  s.run("collectgarbage()");
  expect_alive(2);
  xlgc::collect(s.pool);
  expect_alive(0);
}
void classes_in_a_table(scripting &s) {
  s.run("game = {}");
  s.get<xlgc::held>("game").set("car", xlgc::class_in<vehicle>(s.pool));
  ck_assert(s.eval<bool>("return game.car(5).wheels == 5 and game.car == vehicle"));
}
/* The two that are refused. */
void arithmetic_on_objects(scripting &s) {
  ck_assert(has(s.fails("return vehicle() + vehicle()"), "attempt to perform arithmetic"));
}
void environments(scripting &s) {
  s.run("hidden = 1 inside = load('return hidden', 'text', 't', {})");
  ck_assert(s.eval<bool>("return inside() == nil")); /* by Lua's own means only: C++ gives eval one table of globals */
}

void (*const cases[])(scripting &) = {runs_a_script,
                                      an_error_of_a_script,
                                      variables,
                                      a_variable_that_is_not_there,
                                      a_variable_is_erased,
                                      tables_in_tables,
                                      a_map_for_a_script,
                                      a_map_of_a_script,
                                      a_list_for_a_script,
                                      a_list_of_a_script,
                                      goes_through_a_table,
                                      a_function_of_cpp,
                                      a_lambda_with_captures,
                                      a_function_of_a_script,
                                      a_function_of_a_script_to_keep,
                                      several_results_for_cpp,
                                      several_results_for_a_script,
                                      any_number_of_arguments,
                                      arguments_that_may_be_missing,
                                      arguments_of_several_types,
                                      overloads,
                                      wrong_arguments,
                                      an_exception_of_cpp,
                                      an_error_of_a_called_function,
                                      a_class,
                                      constructors,
                                      fields,
                                      fields_to_read_only,
                                      properties,
                                      what_belongs_to_the_class,
                                      inheritance,
                                      an_object_back,
                                      an_object_of_another_class,
                                      comparing,
                                      text,
                                      elements,
                                      names_in_order,
                                      objects_that_are_called,
                                      fields_that_come_and_go,
                                      enumerations,
                                      handlers_and_rings,
                                      classes_in_a_table,
                                      arithmetic_on_objects,
                                      environments};
enum { CASES = sizeof cases / sizeof *cases };

START_TEST(in_lua) {
  {
    scripting s;
    cases[_i](s);
  }
  expect_alive(0);
}
END_TEST

/* ---------------------------------------------------------- all languages */

/* The object that a method is called on is the same in all, and never an argument. */
const struct {
  const xlgc_language *of;
  const char *make, *method, *unbound, *names, *fails;
} in[] = {
    {&xlgc_language_lua, "v = vehicle.new(3)", "return v:honk('a')", "local f = v.honk return f(v, 'a')",
     "local t = '' for k in pairs(v) do t = t .. k .. ' ' end return t", "v.onmove = nil return v.honk()"},
    {&xlgc_language_python, "v = vehicle(3)", "v.honk('a')", "vehicle.honk(v, 'a')", "''.join(k + ' ' for k in v)",
     "vehicle.honk()"},
    {&xlgc_language_mozjs, "v = new vehicle(3)", "v.honk('a')", "v.honk.call(v, 'a')",
     "Object.keys(v).map(k => k + ' ').join('')", "var f = v.honk; f()"},
    {&xlgc_language_duktape, "v = new vehicle(3)", "v.honk('a')", "v.honk.call(v, 'a')",
     "Object.keys(v).map(function(k) { return k + ' ' }).join('')", "var f = v.honk; f()"},
};
enum { LANGUAGES = sizeof in / sizeof *in };

START_TEST(in_each_language) {
  {
    counting_pool pool;
    xlgc::language language(pool, *in[_i].of);
    const xlgc::held globals = language.globals();
    globals.set("vehicle", xlgc::class_in<vehicle>(pool));
    language.eval(in[_i].make);
    const auto v = globals.get<xlgc::root<vehicle>>("v");
    ck_assert_int_eq(v->wheels, 3);
    EXPECT_TEXT(language.eval(in[_i].method).as<std::string>(), "none a");
    EXPECT_TEXT(language.eval(in[_i].unbound).as<std::string>(), "none a");
    EXPECT_TEXT(language.eval(in[_i].names).as<std::string>(),
                "wheels label number mood trailer onmove speed twice max made ");
    ck_assert(has(message_of([&] { language.eval(in[_i].fails); }), "'honk' is a method: call it on an object"));
  }
  expect_alive(0);
}
END_TEST

/* An object without members has its own functions, with the same self. */
class button : public xlgc::scriptable {
public:
  bool script_callable() const override { return true; }
  xlgc::value script_call(const xlgc::value &self, const std::vector<xlgc::value> &given) override {
    return (self.is_object() ? "self " : "none ") + std::to_string(given.size());
  }
};
class panel : public xlgc::scriptable {
public:
  xlgc::ref<button> press{this, xlgc::make<button>()};
  bool script_get(const xlgc::value &name, xlgc::value &out) override {
    if (!name.is_text() || name.text() != "press") return false;
    out = press;
    return true;
  }
};

START_TEST(the_same_self_without_members) {
  counting_pool pool;
  xlgc::language language(pool, *in[_i].of);
  language.globals().set("panel", xlgc::make<panel>());
  const bool is_lua = in[_i].of == &xlgc_language_lua;
  EXPECT_TEXT(language.eval(is_lua ? "return panel:press(1)" : "panel.press(1)").as<std::string>(), "self 1");
  /* What has neither names nor elements is not passed over in silence. */
  if (is_lua) ck_assert(has(message_of([&] { language.eval("for k in pairs(panel) do end"); }), "neither names nor"));
}
END_TEST

/* A value that is held outlives the pool, whatever it is: what is C++'s stays, what is an engine's does nothing. */
START_TEST(held_beyond_the_pool) {
  xlgc::held table, object, both;
  xlgc::root<vehicle> last;
  {
    xlgc::pool pool;
    xlgc::language lua(pool, xlgc_language_lua);
    lua.globals().set("vehicle", xlgc::class_in<vehicle>(pool));
    table = lua.eval("return {}");
    object = lua.eval("v = vehicle(5) return v");
    both = lua.eval("return {}, v");
    last = xlgc::make<vehicle>();
  }
  expect_alive(2);
  last = nullptr;
  table = xlgc::held();
  expect_alive(2);
  xlgc::held copy = both;
  both = xlgc::held();
  object = xlgc::held();
  expect_alive(2);
  copy = xlgc::held();
  expect_alive(0);
}
END_TEST

/* Why something is there. */
START_TEST(distances_and_paths) {
  counting_pool pool;
  xlgc::root<vehicle> first = xlgc::make<vehicle>(), second = xlgc::make<vehicle>(), third = xlgc::make<vehicle>();
  first->trailer = second;
  second->trailer = third;
  const vehicle *last = third.get();
  const xlgc_id middle = xlgc::id_of(second.get());
  second = nullptr;
  third = nullptr;
  ck_assert_uint_eq(pool.distance(last), 2);
  ck_assert((pool.path(last) == std::vector<xlgc_id>{middle, xlgc::id_of(first.get())}));
  ck_assert(pool.path(first.get()).empty());
  expect_error(XLGC_E_STALE, pool.distance(middle + (UINT64_C(1) << 33)));
}
END_TEST

class image : public xlgc::scripted<image> {
public:
  static inline int alive = 0, most = 0;
  image() { most = std::max(most, ++alive); }
  ~image() { alive--; }
};

/* A script's temporaries are freed the sooner the more hangs on each: its collector sees proxies only. */
START_TEST(temporaries_have_a_weight) {
  xlgc::pool pool;
  xlgc::language lua(pool, xlgc_language_lua);
  std::size_t bytes = 0;
  lua.globals().set("make", [&] {
    xlgc::root<image> made = xlgc::make<image>();
    if (bytes) pool.weigh(made.get(), bytes);
    return made;
  });
  int most[2];
  for (int i = 0; i < 2; i++) {
    bytes = i ? 1 << 20 : 0;
    image::most = 0;
    lua.eval("for i = 1, 3000 do make() end");
    most[i] = image::most;
    ck_assert_int_ge(xlgc_hosts_collect(pool.native()), 0);
    ck_assert_int_eq(image::alive, 0);
  }
  std::printf("%d at once, and %d of 1 MiB\n", most[0], most[1]);
  ck_assert_int_lt(most[1], 10);
  ck_assert_int_gt(most[0], 10);
}
END_TEST

} // namespace

int main() {
  Suite *suite = suite_create("hosts_members");
  TCase *lua = trial_case(suite, "lua");
  tcase_add_loop_test(lua, in_lua, 0, CASES);
  TCase *all = trial_case(suite, "all");
  tcase_add_loop_test(all, in_each_language, 0, LANGUAGES);
  tcase_add_loop_test(all, the_same_self_without_members, 0, LANGUAGES);
  tcase_add_test(lua, temporaries_have_a_weight);
  TCase *pools = trial_case(suite, "pools");
  tcase_add_test(pools, held_beyond_the_pool);
  tcase_add_test(pools, distances_and_paths);
  return trial_run(suite);
}
