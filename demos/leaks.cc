/* leaks: four leaks that users of language bridges have reported, each built a hundred times over and freed.
 *
 * Each first has what a bridge with pins has: every engine's own full collection, which frees none of them; then one
 * collection that sees all heaps.
 */
#include <xlgc/lua.h>
#include <xlgc/python.h>
#include <xlgc/script.hpp>

#include <cstdio>
#include <functional>
#include <map>
#include <string>

extern "C" const xlgc_language xlgc_language_mozjs; /* its header wants SpiderMonkey's */

namespace {

constexpr int times = 100;
bool all_well = true;

void plainly(xlgc::pool &pool, bool plain) {
  if (int failed = xlgc_hosts_plain(pool.native(), plain)) throw xlgc::error(failed, "do without summaries");
}

/* Builds the ring many times; `left` says how many are still there. */
void show(const char *what, const char *ring, xlgc::pool &pool, const std::function<void()> &build,
          const std::function<long()> &left) {
  for (int i = 0; i < times; i++)
    build();
  plainly(pool, true);
  for (int i = 0; i < 3; i++)
    xlgc::collect(pool);
  const long leaked = left();
  plainly(pool, false);
  xlgc::collect(pool);
  const long remain = left();
  all_well = all_well && leaked == times && remain == 0;
  std::printf("%-28s %-58s %8ld %8ld\n", what, ring, leaked, remain);
}

/* A function that a script has put into the shared object. */
class function {
public:
  function(xlgc::pool &pool, const xlgc::held &shared, const char *name)
      : pool_(pool), of_(xlgc::visit(pool, shared).get(name)) {}
  template <class... Arguments> xlgc::held operator()(const Arguments &...arguments) {
    return xlgc::visit(pool_, of_).call({xlgc::value(arguments)...});
  }

private:
  xlgc::pool &pool_;
  xlgc::held of_;
};

/* A dictionary that holds a Lua table that holds the dictionary. */
void lupa_152() {
  xlgc::pool pool;
  xlgc::language lua(pool, xlgc_language_lua), python(pool, xlgc_language_python);
  lua.eval("local xlgc = require 'xlgc'\n"
           "local left = 0\n"
           "local counted = { __gc = function() left = left - 1 end }\n"
           "function xlgc.shared.table() left = left + 1 return setmetatable({}, counted) end\n"
           "function xlgc.shared.left() return left end");
  python.eval("import xlgc\n"
              "def tie(table):\n"
              "    dictionary = {'table': table}\n"
              "    table['dict'] = dictionary\n"
              "xlgc.shared.tie = tie\n");
  const xlgc::held shared = lua.eval("return require('xlgc').shared");
  function table(pool, shared, "table"), tie(pool, shared, "tie"), left(pool, shared, "left");
  show(
      "scoder/lupa#152", "Python dict -> Lua table -> dict", pool, [&] { tie(table().get()); },
      [&] { return static_cast<long>(left()->integer()); });
}

/* A Python object and a JavaScript closure that hold each other. */
void pythonmonkey_151() {
  xlgc::pool pool;
  xlgc::language javascript(pool, xlgc_language_mozjs), python(pool, xlgc_language_python);
  python.eval("import xlgc\n"
              "class Session:\n"
              "    left = 0\n"
              "    def __init__(self):\n"
              "        Session.left += 1\n"
              "    def __del__(self):\n"
              "        Session.left -= 1\n"
              "xlgc.shared.Session = Session\n"
              "xlgc.shared.left = lambda: Session.left\n");
  javascript.eval("xlgc.shared.tie = (session) => { session.resume = () => session; };");
  const xlgc::held shared = javascript.eval("xlgc.shared");
  function session(pool, shared, "Session"), tie(pool, shared, "tie"), left(pool, shared, "left");
  show(
      "PythonMonkey#151", "Python object -> JavaScript closure -> object", pool, [&] { tie(session().get()); },
      [&] { return static_cast<long>(left()->integer()); });
}

/* What a toolkit of C++ has: an object that calls what was connected to its signal, or set as its callback. */
class widget : public xlgc::scriptable {
public:
  static inline long alive;
  widget() { alive++; }
  ~widget() override { alive--; }
  bool script_get(const xlgc::value &name, xlgc::value &out) override {
    const auto found = properties_.find(name.text());
    if (found == properties_.end()) return false;
    out = found->second;
    return true;
  }
  void script_set(const xlgc::value &name, const xlgc::value &to) override {
    properties_.try_emplace(name.text(), this).first->second = to;
  }

private:
  std::map<std::string, xlgc::slot> properties_;
};

/* A handler that closes over the widget it is connected to. */
void node_gtk_455() {
  xlgc::pool pool;
  xlgc::language javascript(pool, xlgc_language_mozjs);
  javascript.eval("xlgc.shared.connect = (button) => { button.clicked = () => { button.label = 'clicked'; }; };");
  const xlgc::held shared = javascript.eval("xlgc.shared");
  function connect(pool, shared, "connect");
  show(
      "node-gtk#455", "C++ widget -> JavaScript handler -> widget", pool,
      [&] { connect(xlgc::value(pool.make<widget>())); }, [] { return widget::alive; });
}

/* A C++ object with a function member, which Lua sets to a function with the object for an upvalue. */
void sol2_1443() {
  xlgc::pool pool;
  xlgc::language lua(pool, xlgc_language_lua);
  lua.eval("local xlgc = require 'xlgc'\n"
           "function xlgc.shared.set(object) object.callback = function() return object end end");
  const xlgc::held shared = lua.eval("return require('xlgc').shared");
  function set(pool, shared, "set");
  show(
      "sol2#1443", "C++ object -> Lua function -> upvalue -> object", pool,
      [&] { set(xlgc::value(pool.make<widget>())); }, [] { return widget::alive; });
}

} // namespace

int main() {
  try {
    std::printf("%-28s %-58s %8s %8s\n", "reported as", "ring, built 100 times", "pins", "xlgc");
    lupa_152();
    pythonmonkey_151();
    node_gtk_455();
    sol2_1443();
    std::puts(all_well ? "left with pins only, and after one collection of xlgc: as they should be"
                       : "something is left that should have gone, or went too early");
    return all_well ? 0 : 1;
  } catch (const std::exception &thrown) {
    std::fprintf(stderr, "leaks: %s\n", thrown.what());
    return 1;
  }
}
