/* Loops of one language over what another one goes through: Lua, Python, both JavaScripts and C++. Each loop is left in
 * each way: by `break`, by an error of its body, at the end, by an error of what it goes through, and each of these where
 * closing fails. What must be closed is closed once, and before the loop's function returns. */
#include <config.h>

#include <cstdio>

#include "hosts_languages.hh"

namespace {

/* How a loop ends. FAILING: what it goes through raises an error behind its first element. */
enum { BREAK, ERROR, END, FAILING, WAYS };
const char *const ways[WAYS] = {"break", "error", "end", "failing"};

/* What is gone through: three elements. Each counts in shared.closed how often it was closed, and raises an error where
 * `closing_fails`. counts: what must have been counted then, by the way. */
struct producer {
  unsigned of;
  const char *name;
  int counts[WAYS];
};
const producer producers[] = {{LUA, "closing", {1, 1, 1, 1}},      {LUA, "coroutine", {1, 1, 1, 1}},
                              {PYTHON, "generator", {1, 1, 1, 1}}, {PYTHON, "thrower", {1, 1, 0, 1}},
                              {PYTHON, "file", {0, 0, 0, 0}},      {MOZJS, "generator", {1, 1, 1, 1}},
                              {MOZJS, "iterator", {1, 1, 0, 0}},   {DUKTAPE, "iterator", {1, 1, 0, 0}}};

/* In each language: NAME_L(fails, closing_fails) makes what the table calls NAME; loop_L(x, way) goes through x, and answers
 * "left", or the words of the error that it met. */
const char *const preludes[ENGINES] = {
    "shared = xlgc.shared\n"
    "function shared.closing_lua(fails, closing_fails)\n"
    "  return setmetatable({1, 2, 3}, {__pairs = function(t)\n"
    "    shared.opened = (shared.opened or 0) + 1\n"
    "    local function step(_, last)\n"
    "      local n = (last or 0) + 1\n"
    "      if fails and n == 2 then error('next fails', 0) end\n"
    "      if n <= 3 then return n, n end\n"
    "    end\n"
    "    return step, t, nil, setmetatable({}, {__close = function(_, e)\n"
    "      shared.closed = shared.closed + 1\n"
    "      if closing_fails then error('close fails', 0) end\n"
    "    end})\n"
    "  end})\n"
    "end\n"
    "function shared.coroutine_lua(fails, closing_fails)\n"
    "  return coroutine.create(function()\n"
    "    local last <close> = setmetatable({}, {__close = function()\n"
    "      shared.closed = shared.closed + 1\n"
    "      if closing_fails then error('close fails', 0) end\n"
    "    end})\n"
    "    coroutine.yield(1)\n"
    "    if fails then error('next fails', 0) end\n"
    "    coroutine.yield(2)\n"
    "    coroutine.yield(3)\n"
    "  end)\n"
    "end\n"
    "function shared.loop_lua(x, way)\n"
    "  local good, e = pcall(function()\n"
    "    for k, v in pairs(x) do\n"
    "      if way == 'break' then break end\n"
    "      if way == 'error' then error('body fails', 0) end\n"
    "    end\n"
    "  end)\n"
    "  return good and 'left' or tostring(e)\n"
    "end\n",
    "import sys, xlgc\n"
    "shared = xlgc.shared\n"
    "def closed(fails):\n"
    "  shared.closed += 1\n"
    "  if fails: raise ValueError('close fails')\n"
    "def generator(fails, closing_fails):\n"
    "  try:\n"
    "    yield 1\n"
    "    if fails: raise ValueError('next fails')\n"
    "    yield 2\n"
    "    yield 3\n"
    "  finally: closed(closing_fails)\n"
    "class File:\n"
    "  def __init__(self, fails, closing_fails): self.at, self.fails, self.closing_fails = 0, fails, closing_fails\n"
    "  def __iter__(self): return self\n"
    "  def __next__(self):\n"
    "    self.at += 1\n"
    "    if self.fails and self.at == 2: raise ValueError('next fails')\n"
    "    if self.at > 3: raise StopIteration\n"
    "    return self.at\n"
    "  def close(self): closed(self.closing_fails)\n"
    "class Thrower(File):\n"
    "  def throw(self, *what): raise what[0]\n"
    "def loop(x, way):\n"
    "  unraised = []\n"
    "  sys.unraisablehook = lambda e: unraised.append(e.exc_value)\n"
    "  try:\n"
    "    for v in x:\n"
    "      if way == 'break': break\n"
    "      if way == 'error': raise KeyError('body fails')\n"
    "  except Exception as e: unraised.insert(0, e)\n"
    "  finally: sys.unraisablehook = sys.__unraisablehook__\n"
    "  return ' then '.join(str(e) for e in unraised) or 'left'\n"
    "shared.generator_python, shared.file_python, shared.thrower_python = generator, File, Thrower\n"
    "shared.loop_python = loop\n",
    "var shared = xlgc.shared;\n"
    "shared.generator_mozjs = function* (fails, closingFails) {\n"
    "  try {\n"
    "    yield 1;\n"
    "    if (fails) throw new Error('next fails');\n"
    "    yield 2;\n"
    "    yield 3;\n"
    "  } finally {\n"
    "    shared.closed++;\n"
    "    if (closingFails) throw new Error('close fails');\n"
    "  }\n"
    "};\n"
    "shared.iterator_mozjs = (fails, closingFails) => {\n"
    "  let at = 0;\n"
    "  return {\n"
    "    [Symbol.iterator]() { return this },\n"
    "    next() {\n"
    "      if (fails && at === 1) throw new Error('next fails');\n"
    "      return at < 3 ? {value: ++at, done: false} : {value: undefined, done: true};\n"
    "    },\n"
    "    return() {\n"
    "      shared.closed++;\n"
    "      if (closingFails) throw new Error('close fails');\n"
    "      return {};\n"
    "    },\n"
    "  };\n"
    "};\n"
    "shared.loop_mozjs = (x, way) => {\n"
    "  try {\n"
    "    for (const v of x) {\n"
    "      if (way === 'break') break;\n"
    "      if (way === 'error') throw new Error('body fails');\n"
    "    }\n"
    "  } catch (e) { return e.message }\n"
    "  return 'left';\n"
    "};\n",
    "var shared = xlgc.shared;\n"
    "shared.iterator_duktape = function (fails, closingFails) {\n"
    "  var at = 0;\n"
    "  return {\n"
    "    next: function () {\n"
    "      if (fails && at === 1) throw new Error('next fails');\n"
    "      return at < 3 ? {value: ++at, done: false} : {value: undefined, done: true};\n"
    "    },\n"
    "    'return': function () {\n"
    "      shared.closed++;\n"
    "      if (closingFails) throw new Error('close fails');\n"
    "      return {};\n"
    "    },\n"
    "  };\n"
    "};\n"
    "shared.loop_duktape = function (x, way) {\n"
    "  try {\n"
    "    xlgc.each(x, function (v) {\n"
    "      if (way === 'break') return false;\n"
    "      if (way === 'error') throw new Error('body fails');\n"
    "    });\n"
    "  } catch (e) { return e.message; }\n"
    "  return 'left';\n"
    "};\n"};

struct engines : all_languages {
  engines() : all_languages([](unsigned i) { return std::vector<std::string>{preludes[i]}; }) {}

  std::string loop_in_cpp(const xlgc::held &over, const std::string &way) {
    try {
      xlgc::visit(pool, over).each([&](const xlgc::held &, const xlgc::held &) {
        if (way == "error") throw std::runtime_error("body fails");
        return way != "break";
      });
    } catch (const xlgc::script_error &e) {
      return e.words();
    } catch (const std::exception &e) {
      return e.what();
    }
    return "left";
  }
  std::string loop(unsigned in, const xlgc::held &over, const std::string &way) {
    if (in == CPP) return loop_in_cpp(over, way);
    return get(std::string("loop_") + names[in]).call<std::string>(over, way);
  }
};

bool has(const std::string &text, const char *part) { return text.find(part) != std::string::npos; }

/* What the loop's function says. Where both the body and closing fail, Lua raises the last error, as for its own loops, and
 * the others the first one. Python, whose iterators are closed as they die, reports what closing raises aside. */
bool says(const std::string &said, unsigned in, const producer &what, int way, bool closing_fails) {
  const bool closes = closing_fails && what.counts[way] != 0;
  const char *const first = way == ERROR ? "body fails" : way == FAILING ? "next fails" : "";
  if (!closes) return way == ERROR || way == FAILING ? has(said, first) : said == "left";
  if (way == END) return has(said, "close fails");
  /* Its `finally` replaces the error: that is one error then. A generator of JavaScript's is as Python's. */
  if (way == FAILING && (std::string(what.name) == "generator" || std::string(what.name) == "coroutine"))
    return has(said, "close fails");
  if (in == PYTHON) return has(said, first) && has(said, "close fails");
  if (in == LUA || way == BREAK) return has(said, "close fails");
  /* The generator that a loop of SpiderMonkey's goes through closes with `finally`, as a script does it. */
  if (in == MOZJS && way == FAILING) return has(said, "close fails");
  return has(said, first);
}

void try_cell(engines &all, const producer &what, unsigned in, int way, bool closing_fails) {
  all.shared.set("closed", 0);
  const std::string make = std::string(what.name) + "_" + names[what.of];
  const xlgc::held over = all.get(make).call(way == FAILING, closing_fails);
  const std::string said = all.loop(in, over, ways[way]);
  const std::string cell = std::string(names[in]) + " over a " + what.name + " of " + names[what.of] + ", " +
                           ways[way] + (closing_fails ? ", closing fails: " : ": ");
  ck_assert_msg(says(said, in, what, way, closing_fails), "%s%s", cell.c_str(), said.c_str());
  const int closed = all.shared.get<int>("closed");
  ck_assert_msg(closed == what.counts[way], "%sclosed %d times", cell.c_str(), closed);
}

START_TEST(what_is_left_is_closed) {
  unsigned cells = 0;
  try {
    engines all;
    for (const producer &what : producers)
      for (unsigned in = 0; in < LANGUAGES; in++)
        for (int way = 0; way < WAYS && in != what.of; way++)
          for (int fails = 0; fails < 2; fails++, cells++)
            try_cell(all, what, in, way, fails);
  } catch (const std::exception &thrown) {
    ck_abort_msg("%s", thrown.what());
  }
  std::printf("%u cells\n", cells);
}
END_TEST

/* A mapping is looked at before it is copied: that makes a cursor which nothing closes. */
START_TEST(what_was_only_looked_at_is_closed_when_it_dies) {
  try {
    engines all;
    all.shared.set("opened", 0);
    all.shared.set("closed", 0);
    all.put("over", all.get("closing_lua").call(false, false));
    ck_assert_int_eq(all.all[PYTHON]->eval("len(dict(shared.over))").as<int>(), 3);
    const int opened = all.shared.get<int>("opened");
    ck_assert_int_lt(all.shared.get<int>("closed"), opened);
    for (int i = 0; i < 4; i++) {
      all.all[PYTHON]->eval("xlgc.collect()");
      all.all[LUA]->eval("collectgarbage()");
    }
    ck_assert_int_eq(all.shared.get<int>("closed"), opened);
  } catch (const std::exception &thrown) {
    ck_abort_msg("%s", thrown.what());
  }
}
END_TEST

/* An iterator by itself, which two loops may share. */
START_TEST(python_iterators_are_closed_by_hand) {
  try {
    engines all;
    xlgc::language &python = *all.all[PYTHON];
    all.shared.set("closed", 0);
    python.eval("it = iter(shared.generator_mozjs(False, False))");
    python.eval("for x in it: break");
    ck_assert_int_eq(all.shared.get<int>("closed"), 0);
    ck_assert_int_eq(python.eval("next(it)").as<int>(), 2);
    python.eval("it.close()");
    ck_assert_int_eq(all.shared.get<int>("closed"), 1);
    python.eval("it.close()");
    ck_assert(python.eval("next(it, 'end') == 'end' and shared.closed == 1").as<bool>());
    /* Closing raises where the program asks for it. */
    python.eval("it = iter(shared.generator_mozjs(False, True)); next(it)\n"
                "try: it.close()\n"
                "except xlgc.Error as e: said = e.message");
    ck_assert(python.eval("said == 'close fails'").as<bool>());
  } catch (const std::exception &thrown) {
    ck_abort_msg("%s", thrown.what());
  }
}
END_TEST

START_TEST(coroutines_of_lua_are_iterators) {
  try {
    engines all;
    xlgc::language &lua = *all.all[LUA], &python = *all.all[PYTHON], &js = *all.all[MOZJS];
    lua.eval("function shared.count(n, ...) return coroutine.create(function(...)\n"
             "  for i = 1, n do coroutine.yield(i * 10, ...) end return 'last' end) end");
    ck_assert(python.eval("list(shared.count(3)) == [10, 20, 30]").as<bool>());
    ck_assert(js.eval("[...shared.count(3)].join() === '10,20,30'").as<bool>());
    ck_assert(all.all[DUKTAPE]->eval("xlgc.values(shared.count(3)).join() === '10,20,30'").as<bool>());
    /* What has begun goes on; what is at its end has no more. */
    python.eval("co = shared.count(3); it = iter(co); first = next(it)");
    ck_assert(python.eval("first == 10 and list(it) == [20, 30] and list(co) == []").as<bool>());
    /* Others have one value for an element. */
    lua.eval("shared.two = coroutine.create(function() coroutine.yield(1, 2) end)");
    python.eval("try: said = list(shared.two)\n"
                "except xlgc.Error as e: said = e.message");
    ck_assert(python.eval("'one value at a time' in said").as<bool>());
    /* One that runs cannot be gone through, nor closed. */
    lua.eval("shared.running = coroutine.create(function()\n"
             "  return pcall(shared.loop_python, shared.running, 'end') end)\n"
             "local good, said, words = coroutine.resume(shared.running)\n"
             "assert(good and said and words:find('cannot resume non%-suspended'), words)");
    /* It yields through no other language, and says so. */
    python.eval("shared.call = lambda f: f()");
    lua.eval("local co = coroutine.create(function() shared.call(coroutine.yield) end)\n"
             "local good, words = coroutine.resume(co)\n"
             "assert(not good and tostring(words):find('attempt to yield'), tostring(words))");
    /* A suspended one that only another engine holds goes with what it holds. */
    python.eval("class Kept: pass\n"
                "import weakref\n"
                "one = Kept(); gone = weakref.ref(one)\n"
                "shared.hold = shared.count(3, one); one.it = iter(shared.hold); del shared.hold");
    lua.eval("collectgarbage()");
    for (int i = 0; i < 3; i++)
      ck_assert_int_ge(xlgc_hosts_collect(all.pool.native()), 0);
    ck_assert(python.eval("gone() is one").as<bool>());
    python.eval("del one");
    for (int i = 0; i < 3; i++)
      ck_assert_int_ge(xlgc_hosts_collect(all.pool.native()), 0);
    ck_assert(python.eval("gone() is None").as<bool>());
  } catch (const std::exception &thrown) {
    ck_abort_msg("%s", thrown.what());
  }
}
END_TEST

} // namespace

static Suite *make_suite() {
  Suite *suite = suite_create("hosts_leaving");
  TCase *cases = trial_case(suite, "leaving");
  tcase_add_test(cases, what_is_left_is_closed);
  tcase_add_test(cases, what_was_only_looked_at_is_closed_when_it_dies);
  tcase_add_test(cases, python_iterators_are_closed_by_hand);
  tcase_add_test(cases, coroutines_of_lua_are_iterators);
  return suite;
}

int main() { return trial_run(make_suite()); }
