/* Weak references of scripts follow the object, from each language to each: it is there as long as any engine keeps it, and
 * what it leads to is there with it; it is gone, once none does, also where it is in a ring through two engines. */
#include <config.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "hosts_languages.hh"

namespace {

/* In each language: make_L(p) makes an object with the field p, in a ring with itself; tie_L(x, y) lets x hold y;
 * keep_L(x) keeps one, or nothing; weak_L(x) holds one weakly; look_L(w) answers "nothing", or the field v of p of what a
 * weak reference gives; is_L(w, x) says whether it gives x. */
const char *const preludes[ENGINES] = {
    "shared = xlgc.shared\n"
    "function shared.make_lua(p) local x = {p = p} x.self = x return x end\n"
    "function shared.tie_lua(x, y) x.other = y end\n"
    "function shared.keep_lua(x) kept = x end\n"
    "function shared.weak_lua(x) return xlgc.weak(x) end\n"
    "function shared.look_lua(w) local x = w() if x == nil then return 'nothing' end return tostring(x.p.v) end\n"
    "function shared.is_lua(w, x) return w() == x end\n",
    "import xlgc\n"
    "shared, kept = xlgc.shared, None\n"
    "class Node:\n"
    "  def __init__(self, p): self.p, self.self = p, self\n"
    "def tie(x, y): x.other = y\n"
    "def keep(x):\n"
    "  global kept\n"
    "  kept = x\n"
    "def look(w):\n"
    "  x = w()\n"
    "  return 'nothing' if x is None else str(x.p.v)\n"
    "shared.make_python, shared.tie_python, shared.keep_python, shared.look_python = Node, tie, keep, look\n"
    "shared.weak_python, shared.is_python = lambda x: xlgc.weak(x), lambda w, x: w() is x\n",
    "var shared = xlgc.shared, kept;\n"
    "shared.make_mozjs = p => { const x = {p}; x.self = x; return x };\n"
    "shared.tie_mozjs = (x, y) => { x.other = y };\n"
    "shared.keep_mozjs = x => { kept = x };\n"
    "shared.weak_mozjs = x => xlgc.weak(x);\n"
    "shared.look_mozjs = w => { const x = w(); return x === undefined || x === null ? 'nothing' : String(x.p.v) };\n"
    "shared.is_mozjs = (w, x) => w() === x;\n",
    "var shared = xlgc.shared, kept;\n"
    "shared.make_duktape = function (p) { var x = {p: p}; x.self = x; return x; };\n"
    "shared.tie_duktape = function (x, y) { x.other = y; };\n"
    "shared.keep_duktape = function (x) { kept = x; };\n"
    "shared.weak_duktape = function (x) { return xlgc.weak(x); };\n"
    "shared.look_duktape = function (w) { var x = w(); return x === undefined || x === null ? 'nothing' : "
    "String(x.p.v); "
    "};\n"
    "shared.is_duktape = function (w, x) { return w() === x; };\n"};

struct engines : all_languages {
  engines() : all_languages([](unsigned i) { return std::vector<std::string>{preludes[i]}; }) {}
  template <class... Arguments> xlgc::held in(unsigned language, const char *function, Arguments &&...arguments) {
    return get(std::string(function) + "_" + names[language]).call(std::forward<Arguments>(arguments)...);
  }
  std::string look(unsigned language, const xlgc::held &weak) { return in(language, "look", weak).as<std::string>(); }
  void collect() {
    for (int round = 0; round < 4; round++)
      ck_assert_int_ge(xlgc_hosts_collect(pool.native()), 0);
  }
  /* Of `owner`, with a field of `other`'s that has 7, which nothing else holds. */
  xlgc::held make(unsigned owner, unsigned other) {
    const xlgc::held held_by_it = in(other, "make", nullptr);
    held_by_it.set("v", 7);
    return in(owner, "make", held_by_it);
  }
};

void expect(engines &all, unsigned looker, const xlgc::held &weak, const char *what, const char *where,
            unsigned owner) {
  const std::string found = all.look(looker, weak);
  ck_assert_msg(found == what, "%s looks at an object of %s, %s: %s, not %s", names[looker], names[owner], where,
                found.c_str(), what);
}

/* The one that holds it weakly, its owner, and the one that it leads to: all of them, the same twice as well. */
void try_triple(engines &all, unsigned holder, unsigned owner, unsigned other) {
  xlgc::held object = all.make(owner, other);
  const xlgc::held weak = all.in(holder, "weak", object);
  for (unsigned i = 0; i < ENGINES; i++)
    ck_assert(all.in(i, "is", weak, object).as<bool>());
  for (unsigned keeper = 0; keeper < ENGINES; keeper++) {
    all.in(keeper, "keep", object);
    object = xlgc::held();
    all.collect();
    expect(all, holder, weak, "7", "which one keeps", owner);
    object = weak.call();
    all.in(keeper, "keep", nullptr);
  }
  all.in(other, "tie", object.get<xlgc::held>("p"), object);
  object = xlgc::held();
  all.collect();
  expect(all, holder, weak, "nothing", "a ring that nothing keeps", owner);
}

START_TEST(it_is_there_as_long_as_one_keeps_it) {
  try {
    engines all;
    for (unsigned holder = 0; holder < ENGINES; holder++)
      for (unsigned owner = 0; owner < ENGINES; owner++)
        for (unsigned other = 0; other < ENGINES; other++)
          try_triple(all, holder, owner, other);
  } catch (const std::exception &thrown) {
    ck_abort_msg("%s", thrown.what());
  }
}
END_TEST

unsigned seed() {
  const char *given = std::getenv("SEED");
  const unsigned is = given ? static_cast<unsigned>(std::strtoul(given, nullptr, 0)) : std::random_device()();
  std::printf("SEED=%u\n", is);
  return is;
}

/* Whenever a weak reference gives an object, what that leads to is there. */
START_TEST(what_it_leads_to_is_there) {
  enum { OBJECTS = 6, STEPS = 600 };
  try {
    engines all;
    std::mt19937 random(seed());
    const auto any = [&](unsigned count) { return static_cast<unsigned>(random() % count); };
    xlgc::held weak[OBJECTS], keeps[ENGINES];
    int kept[ENGINES] = {-1, -1, -1, -1}; /* which one each of them keeps */
    for (unsigned step = 0; step < STEPS; step++) {
      const unsigned which = any(OBJECTS), keeper = any(ENGINES);
      const bool is_kept = std::find(kept, kept + ENGINES, static_cast<int>(which)) != kept + ENGINES;
      xlgc::held object;
      if (weak[which].get().type() != XLGC_NIL) {
        const std::string found = all.look(any(ENGINES), weak[which]);
        ck_assert_msg(found == "7" || (!is_kept && found == "nothing"), "step %u: %s", step, found.c_str());
        object = weak[which].call();
      }
      if (object.get().type() == XLGC_NIL) {
        object = all.make(any(ENGINES), any(ENGINES));
        weak[which] = all.in(any(ENGINES), "weak", object);
      }
      const bool lets_go = any(3) == 0;
      all.in(keeper, "keep", lets_go ? xlgc::held() : object);
      kept[keeper] = lets_go ? -1 : static_cast<int>(which);
      object = xlgc::held();
      if (any(12) == 0) ck_assert_int_ge(xlgc_hosts_collect(all.pool.native()), 0);
      if (any(12) == 0) all.all[LUA]->eval("collectgarbage('step')");
      if (any(12) == 0) ck_assert_int_ge(xlgc_hosts_frame(all.pool.native(), 1000000), 0);
    }
  } catch (const std::exception &thrown) {
    ck_abort_msg("%s", thrown.what());
  }
}
END_TEST

START_TEST(what_cannot_be_held_weakly_is_refused) {
  try {
    engines all;
    const auto refused = [&](unsigned language, const char *text, const char *words) {
      try {
        all.all[language]->eval(text);
      } catch (const xlgc::script_error &e) {
        ck_assert_msg(std::string(e.what()).find(words) != std::string::npos, "%s: %s", text, e.what());
        return;
      }
      ck_abort_msg("%s is not refused", text);
    };
    refused(LUA, "return xlgc.weak(5)", "only objects");
    refused(MOZJS, "xlgc.weak(5)", "only objects");
    refused(DUKTAPE, "xlgc.weak('text')", "only objects");
    refused(PYTHON, "xlgc.weak([])", "no weak references to an object of this type");
    all.shared.set("list", all.all[PYTHON]->eval("[1]"));
    refused(MOZJS, "xlgc.weak(shared.list)", "no weak references to an object of this type");
    refused(LUA, "return xlgc.weak(shared.list)", "no weak references to an object of this type");
    /* The pool's own. */
    xlgc::held weak = all.all[LUA]->eval("own = xlgc.new{v = 1} return xlgc.weak(own)");
    all.shared.set("weak", weak);
    ck_assert(all.all[MOZJS]->eval("shared.weak().v === 1").as<bool>());
    ck_assert(all.all[LUA]->eval("return shared.weak() == own").as<bool>());
    ck_assert(!std::string(all.all[PYTHON]->eval("str(shared.weak)").as<std::string>()).compare("a weak reference"));
    all.all[LUA]->eval("own = nil collectgarbage()");
    all.collect();
    ck_assert(all.all[PYTHON]->eval("shared.weak() is None").as<bool>());
  } catch (const std::exception &thrown) {
    ck_abort_msg("%s", thrown.what());
  }
}
END_TEST

/* The owner ends before the reference does. */
START_TEST(an_engine_that_ends_leaves_nothing) {
  try {
    engines all;
    xlgc::held weak = all.all[PYTHON]->eval("xlgc.weak(xlgc.open('lua').eval('t = {} return t'))");
    const xlgc::held engine = all.all[PYTHON]->eval("xlgc.open('lua')");
    const xlgc::held of_engine = engine.get<xlgc::held>("eval").call("t = {v = 1} return xlgc.weak(t)");
    ck_assert_int_eq(of_engine.call().get<int>("v"), 1);
    engine.get<xlgc::held>("close").call<void>();
    ck_assert_int_eq(of_engine.call().get().type(), XLGC_NIL);
    all.collect();
    ck_assert_int_eq(weak.call().get().type(), XLGC_NIL);
  } catch (const std::exception &thrown) {
    ck_abort_msg("%s", thrown.what());
  }
}
END_TEST

} // namespace

static Suite *make_suite() {
  Suite *suite = suite_create("hosts_weak");
  TCase *cases = trial_case(suite, "weak");
  tcase_add_test(cases, it_is_there_as_long_as_one_keeps_it);
  tcase_add_test(cases, what_it_leads_to_is_there);
  tcase_add_test(cases, what_cannot_be_held_weakly_is_refused);
  tcase_add_test(cases, an_engine_that_ends_leaves_nothing);
  return suite;
}

int main() { return trial_run(make_suite()); }
