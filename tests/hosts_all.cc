/* All languages in one process: the conformance kit on engines of different ones, and scripts that hold, use and call
 * each other's objects: rings, each way to hold one, errors, values, iteration, recursion, an engine's early end. */
#include <config.h>

#include <xlgc/duktape.h>
#include <xlgc/lua.h>
#include <xlgc/python.h>
#include <xlgc/script.hpp>

#include <cstdio>
#include <functional>
#include <memory>
#include <pthread.h>
#include <string>
#include <vector>

#include "support/kits.h"
#include "support/whole.h"

extern "C" const xlgc_language xlgc_language_mozjs; /* its header wants SpiderMonkey's */

namespace {

/* A process has one Python, a thread one context of SpiderMonkey: three in a row, as the kit takes them, never have two
 * of one. Each two of the languages are neighbours somewhere, and each three. */
const hosts_engine orders[] = {kit_lua,   kit_python, kit_mozjs,           kit_duktape, kit_lua_generational,
                               kit_mozjs, kit_python, kit_duktape_closures};

/* -------------------------------------------------------------------- the scripts */

enum { LUA, PYTHON, MOZJS, DUKTAPE, LANGUAGES };
const char *const names[LANGUAGES] = {"lua", "python", "mozjs", "duktape"};
const xlgc_language *const languages[LANGUAGES] = {&xlgc_language_lua, &xlgc_language_python, &xlgc_language_mozjs,
                                                   &xlgc_language_duktape};

/* In each language: thing() makes an object that is counted in `left` until the language's collector frees it; turn(x)
 * goes once around the ring that x is in; call(f, ...) calls f; fail(words) raises; catch_(f, ...) calls f and answers
 * the words of what that raises; same(x) is x; sum(c) iterates over values; recurse(n) calls the next language's. All
 * are in xlgc.shared as NAME_lua and so on. */
const char *const preludes[LANGUAGES] = {
    /* Lua */
    "shared, left = xlgc.shared, 0\n"
    "local counted = {__gc = function() left = left - 1 end}\n"
    "function shared.thing_lua() left = left + 1 return setmetatable({}, counted) end\n"
    "function shared.turn_lua(x) return x.to.to.to.to == x and x.to ~= x and xlgc.alive(x) end\n"
    "function shared.call_lua(f, ...) local r = f(...) return r end\n"
    "function shared.fail_lua(words) error(words, 0) end\n"
    "function shared.catch_lua(f, ...) local good, words = pcall(f, ...) return not good and tostring(words) or nil "
    "end\n"
    "function shared.same_lua(...) return ... end\n"
    "function shared.sum_lua(c) local s = 0 for _, v in pairs(c) do s = s + v end return s end\n"
    "function shared.recurse_lua(n) deepest = n local r = shared.recurse_python(n + 1) return r end\n"
    /* t -> p -> f -> d -> t, of which it answers one */
    "function shared.ring(which)\n"
    "  local all = {t = shared.thing_lua(), p = shared.thing_python(), f = shared.thing_mozjs(), d = "
    "shared.thing_duktape()}\n"
    "  all.t.to, all.p.to, all.f.to, all.d.to = all.p, all.f, all.d, all.t\n"
    "  return all[which]\n"
    "end",
    /* Python */
    "import gc, xlgc\n"
    "shared, left = xlgc.shared, 0\n"
    "class Thing:\n"
    "  def __init__(self):\n"
    "    global left\n"
    "    left += 1\n"
    "  def __del__(self):\n"
    "    global left\n"
    "    left -= 1\n"
    "def turn(x): return x.to.to.to.to is x and x.to is not x and xlgc.alive(x)\n"
    "def call(f, *a): return f(*a)\n"
    "def fail(words): raise ValueError(words)\n"
    "def catch_(f, *a):\n"
    "  try: f(*a)\n"
    "  except Exception as e: return type(e).__name__ + ': ' + str(e)\n"
    "def same(*a): return a[0] if len(a) == 1 else a\n"
    "def add(c): return sum(xlgc.values(c) if isinstance(c, xlgc.Proxy) else c.values() if isinstance(c, dict) else "
    "c)\n"
    "def recurse(n): return shared.recurse_mozjs(n + 1)\n"
    "shared.thing_python, shared.turn_python, shared.call_python, shared.fail_python = Thing, turn, call, fail\n"
    "shared.catch_python, shared.same_python, shared.sum_python, shared.recurse_python = catch_, same, add, recurse\n",
    /* SpiderMonkey */
    "var shared = xlgc.shared, left = 0, registry = new FinalizationRegistry(() => { left-- });\n"
    "shared.thing_mozjs = () => { left++; const f = () => f.to; registry.register(f, 0); return f };\n"
    "shared.turn_mozjs = x => x.to.to.to.to === x && x.to !== x && xlgc.alive(x);\n"
    "shared.call_mozjs = (f, ...a) => f(...a);\n"
    "shared.fail_mozjs = words => { throw new RangeError(words) };\n"
    "shared.catch_mozjs = (f, ...a) => { try { f(...a) } catch (e) { return String(e) } };\n"
    "shared.same_mozjs = (...a) => a.length === 1 ? a[0] : a;\n"
    "shared.sum_mozjs = c => { let s = 0; for (const v of (c[Symbol.iterator] ? c : Object.entries(c))) s += "
    "Array.isArray(v) ? v[1] : v; return s };\n"
    "shared.recurse_mozjs = n => shared.recurse_lua(n + 1);\n",
    /* Duktape */
    "var shared = xlgc.shared, left = 0;\n"
    "shared.thing_duktape = function () { left++; var o = {}; Duktape.fin(o, function () { left--; }); return o; };\n"
    "shared.turn_duktape = function (x) { return x.to.to.to.to === x && x.to !== x && xlgc.alive(x); };\n"
    "shared.call_duktape = function (f) { return f.apply(null, [].slice.call(arguments, 1)); };\n"
    "shared.fail_duktape = function (words) { throw new TypeError(words); };\n"
    "shared.catch_duktape = function (f, a, b) { try { f(a, b); } catch (e) { return String(e); } };\n"
    "shared.same_duktape = function (x) { return x; };\n"
    "shared.sum_duktape = function (c) { var s = 0; if (Array.isArray(c)) c.forEach(function (v) { s += v; });"
    "  else if (Object.getPrototypeOf(c) === Object.prototype) Object.keys(c).forEach(function (k) { s += c[k]; });"
    "  else xlgc.each(c, function (v) { s += v; }); return s; };\n"
    "shared.recurse_duktape = function (n) { return n; };\n",
};

/* An engine of each language in a pool, and what a test says to them; what fails there fails the test. */
class world {
public:
  world() {
    for (unsigned i = 0; i < LANGUAGES; i++)
      start(i);
    for (unsigned i = 0; i < LANGUAGES; i++)
      run(i, preludes[i]);
  }
  ~world() {
    for (unsigned i = 0; i < LANGUAGES; i++)
      end((first_ + i) % LANGUAGES);
    ck_assert_uint_eq(whole_pool(pool.native()).links, 0);
  }
  void start(unsigned which) {
    /* Some of what CPython makes when it starts it never frees, once one of these is imported; also without this
     * library. What the tests make later is looked at. */
    if (which == PYTHON) __lsan_disable();
    engines[which] = std::make_unique<xlgc::language>(pool, *languages[which]);
    if (which == PYTHON) run(PYTHON, "import abc, collections, functools, itertools, types, weakref");
    if (which == PYTHON) __lsan_enable();
  }
  void end(unsigned which) { engines[which].reset(); }
  void end_first(unsigned which) { first_ = which; }

  xlgc::held eval(unsigned which, const std::string &text) {
    try {
      return engines[which]->eval(text);
    } catch (const std::exception &thrown) {
      ck_abort_msg("%s: %s: %s", names[which], text.c_str(), thrown.what());
    }
  }
  void run(unsigned which, const std::string &text) { eval(which, text); }
  /* A text that must be true. */
  void check(unsigned which, const std::string &text) {
    xlgc::held is = eval(which, text);
    ck_assert_msg(is->type() == XLGC_BOOLEAN && is->boolean(), "%s: not true: %s", names[which], text.c_str());
  }
  int64_t integer(unsigned which, const std::string &text) { return eval(which, text)->integer(); }
  std::string text(unsigned which, const std::string &text) { return eval(which, text)->text(); }

  int collect() {
    int count = xlgc_hosts_collect(pool.native());
    ck_assert_msg(count >= 0, "%s", xlgc_errname(count));
    return count;
  }
  int64_t left(unsigned which) {
    run(which, "0"); /* after which JavaScript hears what is gone */
    return integer(which, "left");
  }
  void expect_left(int64_t count) {
    for (unsigned i = 0; i < LANGUAGES; i++)
      if (engines[i])
        ck_assert_msg(left(i) == count, "%s: %lld left, not %lld", names[i], static_cast<long long>(left(i)),
                      static_cast<long long>(count));
  }

  xlgc::pool pool;
  std::unique_ptr<xlgc::language> engines[LANGUAGES];

private:
  unsigned first_ = 0;
};

std::string replaced(std::string text, const std::string &what, const std::string &by) {
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
  return text;
}
bool contains(const std::string &text, const std::string &part) { return text.find(part) != std::string::npos; }

/* A test's body, in which what is thrown fails it. */
void guarded(const std::function<void(world &)> &body) {
  try {
    world all;
    body(all);
  } catch (const std::exception &thrown) {
    ck_abort_msg("%s", thrown.what());
  }
}

/* ------------------------------------------------------------------------ rings */

START_TEST(rings_of_all_languages) {
  guarded([](world &all) {
    enum { RINGS = 1000 };
    ok(hosts_by_hand(all.pool.native()));
    all.run(LUA, "for i = 1, 1000 do shared.ring('t') end");
    all.expect_left(RINGS);
    /* Each engine's own collector; the second for what finalizers have let go. */
    ok(xlgc_hosts_plain(all.pool.native(), 1));
    for (unsigned i = 0; i < 2; i++) {
      all.run(LUA, "collectgarbage()");
      all.run(PYTHON, "gc.collect()");
      all.run(DUKTAPE, "Duktape.gc()");
      all.collect();
    }
    all.expect_left(RINGS);
    ok(xlgc_hosts_plain(all.pool.native(), 0));
    ck_assert_int_ge(all.collect(), LANGUAGES * RINGS);
    all.expect_left(0);
  });
}
END_TEST

/* The headline: a table, an object and a function that closes over the table. */
START_TEST(rings_of_three_languages) {
  guarded([](world &all) {
    ok(hosts_by_hand(all.pool.native()));
    all.run(MOZJS, "shared.closure = t => { const f = () => t; left++; registry.register(f, 0); return f }");
    all.run(LUA, "for i = 1, 1000 do local t = shared.thing_lua() t.p = shared.thing_python() "
                 "t.p.f = shared.closure(t) assert(t.p.f() == t) end");
    ck_assert_int_eq(all.left(LUA) + all.left(PYTHON) + all.left(MOZJS), 3000);
    ck_assert_int_ge(all.collect(), 3000);
    all.expect_left(0);
  });
}
END_TEST

/* ------------------------------------------------------------------------- held */

/* $g is a global name of its own, $x what is held; `before` what is to be done for `use` to be what is held. */
const struct way {
  unsigned language;
  const char *make, *before, *use, *drop;
} ways[] = {
    {LUA, "$g = $x", "", "$g", "$g = nil"},
    {LUA, "$g = {{[$x] = true}}", "", "next($g[1])", "$g = nil"},
    {LUA, "local x = $x $g = function() return x end", "", "$g()", "$g = nil"},
    {LUA, "local x = $x $g = function() return function() return x end end x = x", "", "$g()()", "$g = nil"},
    {LUA, "$g = coroutine.wrap(function(x) coroutine.yield() return x end) $g($x)", "", "$g()", "$g = nil"},
    {LUA, "$g = coroutine.wrap(function(...) coroutine.yield() return ... end) $g($x)", "", "$g()", "$g = nil"},
    {LUA, "$g = coroutine.wrap(function() return $x, coroutine.yield() end) $g()", "", "($g())", "$g = nil"},
    {LUA,
     "$g = coroutine.create(function() for _, x in ipairs {$x} do coroutine.yield() coroutine.yield(x) end end) "
     "coroutine.resume($g)",
     "", "select(2, coroutine.resume($g))", "$g = nil"},
    {LUA, "$g = setmetatable({}, {__index = {x = $x}})", "", "$g.x", "$g = nil"},
    {LUA, "$gk = {} $g = setmetatable({[$gk] = $x}, {__mode = 'k'})", "", "$g[$gk]", "$g, $gk = nil"},
    {LUA, "$g = {} debug.setmetatable($g, {__call = (function(x) return function() return x end end)($x)})", "", "$g()",
     "$g = nil"},
    {LUA, "package.loaded.$g = $x", "", "require '$g'", "package.loaded.$g = nil"},
    {LUA, "debug.getregistry().$g = {$x}", "", "debug.getregistry().$g[1]", "debug.getregistry().$g = nil"},

    {PYTHON, "$g = $x", "", "$g", "del $g"},
    {PYTHON, "$g = [({'x': $x},)]", "", "$g[0][0]['x']", "del $g"},
    {PYTHON, "$g = frozenset([$x])", "", "next(iter($g))", "del $g"},
    {PYTHON, "$g = {$x: 1}", "", "next(iter($g))", "del $g"},
    {PYTHON, "$g = (lambda x: lambda: x)($x)", "", "$g()", "del $g"},
    {PYTHON, "def $g(x=$x): return x", "", "$g()", "del $g"},
    {PYTHON, "class $g: x = $x", "", "$g.x", "del $g"},
    {PYTHON, "class $gC: pass\n$g = $gC()\n$g.x = $x", "", "$g.x", "del $g, $gC"},
    {PYTHON, "class $gS: __slots__ = 'x'\n$g = $gS()\n$g.x = $x", "", "$g.x", "del $g, $gS"},
    {PYTHON, "class $gM:\n  def m(self): return self.x\n$gx = $gM()\n$gx.x = $x\n$g = $gx.m\ndel $gx", "", "$g()",
     "del $g, $gM"},
    {PYTHON, "def $gy(x):\n  yield\n  yield x\n$g = $gy($x)\nnext($g)", "", "next($g)", "del $g, $gy"},
    {PYTHON, "def $gy(x): yield x\n$g = $gy($x)", "", "next($g)", "del $g, $gy"},
    {PYTHON, "$g = (x for x in [$x])", "", "next($g)", "del $g"},
    {PYTHON,
     "@types.coroutine\ndef $gp(x):\n  yield\n  yield x\nasync def $ga(x): await $gp(x)\n"
     "$g = $ga($x)\n$g.send(None)",
     "", "$g.send(None)", "$g.close()\ndel $g, $ga, $gp"},
    {PYTHON, "$g = functools.partial(lambda x: x, $x)", "", "$g()", "del $g"},
    {PYTHON, "$g = functools.lru_cache(lambda: $x)\n$g()", "", "$g()", "del $g"},
    {PYTHON, "try: raise ValueError($x)\nexcept ValueError as e: $g = e", "", "$g.args[0]", "del $g"},
    {PYTHON, "def $gf(x): raise ValueError\ntry: $gf($x)\nexcept ValueError as e: $g = e", "",
     "$g.__traceback__.tb_next.tb_frame.f_locals['x']", "del $g, $gf"},
    {PYTHON, "$g = itertools.repeat($x)", "", "next($g)", "del $g"},
    {PYTHON, "$g = collections.deque([$x])", "", "$g[0]", "del $g"},
    {PYTHON, "$g = types.ModuleType('$g')\n$g.x = $x", "", "$g.x", "del $g"},
    {PYTHON, "import sys\nsys.$g = $x", "", "sys.$g", "del sys.$g"},
    {PYTHON, "class $gK: pass\n$gk = $gK()\n$g = weakref.WeakKeyDictionary({$gk: $x})", "", "$g[$gk]",
     "del $g, $gk, $gK"},
    {PYTHON, "class $g(abc.ABC):\n  x = staticmethod((lambda x: lambda: x)($x))", "", "$g.x()", "del $g"},

    {MOZJS, "var $g = $x", "", "$g", "$g = undefined"},
    {MOZJS, "var $g = [{x: $x}]", "", "$g[0].x", "$g = undefined"},
    {MOZJS, "var $g = (x => () => x)($x)", "", "$g()", "$g = undefined"},
    {MOZJS, "var $g = (x => x).bind(null, $x)", "", "$g()", "$g = undefined"},
    {MOZJS, "var $g = (function () { return arguments })($x)", "", "$g[0]", "$g = undefined"},
    {MOZJS, "var $g = new Map([[$x, 1]])", "", "$g.keys().next().value", "$g = undefined"},
    {MOZJS, "var $g = new Set([$x]).values()", "", "$g.next().value", "$g = undefined"},
    {MOZJS, "var $gk = {}, $g = new WeakMap([[$gk, $x]])", "", "$g.get($gk)", "$g = $gk = undefined"},
    {MOZJS, "var $g = {[Symbol.for('$g')]: $x}", "", "$g[Symbol.for('$g')]", "$g = undefined"},
    {MOZJS, "var $g = new (class { #x = $x; get() { return this.#x } })", "", "$g.get()", "$g = undefined"},
    {MOZJS, "var $g = class { static x = $x }", "", "$g.x", "$g = undefined"},
    {MOZJS, "var $g = Object.create({x: $x})", "", "$g.x", "$g = undefined"},
    {MOZJS, "var $g = new Proxy({x: $x}, {})", "", "$g.x", "$g = undefined"},
    {MOZJS, "var $g = new Error('e', {cause: $x})", "", "$g.cause", "$g = undefined"},
    {MOZJS, "var $g = (function* (x) { yield; yield x })($x); $g.next()", "", "$g.next().value", "$g = undefined"},
    {MOZJS, "var $g = (function* (x) { yield x })($x)", "", "$g.next().value", "$g = undefined"},
    {MOZJS, "var $gw, $g = new Promise(r => { $gw = r }); (async x => { await $g; $g = x })($x)", "$gw()", "$g",
     "$g = $gw = undefined"},
    {MOZJS, "var $gw, $g = new Promise(r => { $gw = r }); (x => { $g.then(() => { $g = x }) })($x)", "$gw()", "$g",
     "$g = $gw = undefined"},
    {MOZJS, "var $gw, $gp = new Promise(r => { $gw = r }), $g = (async x => { await $gp; return x })($x)",
     "$gw(); $g.then(x => { $g = x })", "$g", "$g = $gw = $gp = undefined"},
    {MOZJS, "var $g = Promise.resolve($x)", "$g.then(x => { $g = x })", "$g", "$g = undefined"},
    {MOZJS, "var $g = Promise.reject($x); $g.catch(() => {})", "$g.catch(x => { $g = x })", "$g", "$g = undefined"},
    {MOZJS, "var $g = (async function* (x) { yield; yield x })($x); $g.next()", "$g.next().then(r => { $g = r.value })",
     "$g", "$g = undefined"},

    {DUKTAPE, "var $g = $x", "", "$g", "$g = null"},
    {DUKTAPE, "var $g = [{x: $x}]", "", "$g[0].x", "$g = null"},
    {DUKTAPE, "var $g = (function (x) { return function () { return x; }; })($x)", "", "$g()", "$g = null"},
    {DUKTAPE, "var $g = (function (x) { return x; }).bind(null, $x)", "", "$g()", "$g = null"},
    {DUKTAPE, "var $g = (function () { return arguments; })($x)", "", "$g[0]", "$g = null"},
    {DUKTAPE, "var $g = Object.create({x: $x})", "", "$g.x", "$g = null"},
    {DUKTAPE, "var $g = {}; (function (x) { Object.defineProperty($g, 'x', {get: function () { return x; }}); })($x)",
     "", "$g.x", "$g = null"},
    {DUKTAPE,
     "var $g = new Duktape.Thread(function (x) { Duktape.Thread.yield(); return x; }); Duktape.Thread.resume($g, $x)",
     "", "Duktape.Thread.resume($g)", "$g = null"},
};

std::string filled_in(const char *text, const std::string &global, const char *member) {
  return replaced(replaced(text, "$g", global), "$x", std::string("xlgc.shared.ring('") + member + "')");
}
std::string turn(unsigned language, const std::string &what) {
  return std::string(language == PYTHON ? "turn"
                     : language == LUA  ? "shared.turn_lua"
                                        : "shared.turn_") +
         (language > PYTHON ? names[language] : "") + "(" + what + ")";
}

/* One member of each ring is held, by the first of the ways for a while all together, then they go one by one. */
START_TEST(held_in_each_way) {
  guarded([_i](world &all) {
    static const char *const members[] = {"t", "p", "f", "d"};
    const char *member = members[_i];
    const unsigned count = sizeof ways / sizeof *ways;
    std::vector<std::string> globals;
    for (unsigned i = 0; i < count; i++) {
      globals.push_back("g" + std::to_string(i));
      all.run(ways[i].language, filled_in(ways[i].make, globals[i], member));
    }
    all.collect(), all.collect(), all.collect();
    all.expect_left(count);
    for (unsigned i = 0; i < count; i++) {
      const way &by = ways[i];
      if (*by.before) all.run(by.language, filled_in(by.before, globals[i], member));
      if (*by.before) all.collect();
      all.check(by.language, turn(by.language, filled_in(by.use, globals[i], member)));
      all.run(by.language, filled_in(by.drop, globals[i], member));
      for (unsigned tries = 0; tries < 3 && all.left(LUA) != count - 1 - i; tries++)
        all.collect();
      ck_assert_msg(all.left(LUA) == count - 1 - i, "%s: does not go, or took others along: %s", names[by.language],
                    by.make);
    }
    all.collect();
    all.expect_left(0);
  });
}
END_TEST

/* What does not hold: weak references, and keys and values of dead ones. */
START_TEST(not_held_in_these_ways) {
  guarded([](world &all) {
    all.run(LUA, "w = setmetatable({}, {__mode = 'v'}) w[1] = shared.ring('t')");
    all.run(LUA, "w2 = setmetatable({}, {__mode = 'k'}) w2[{}] = shared.ring('p')");
    all.run(LUA, "w3 = setmetatable({}, {__mode = 'k'}) w3[shared.ring('t')] = 1");
    all.run(PYTHON, "w = weakref.ref(shared.ring('p'))\nw2 = weakref.WeakSet([shared.ring('p')])\n"
                    "w3 = weakref.ref(shared.ring('f'))");
    all.run(MOZJS, "var w = new WeakRef(shared.ring('f')), w2 = new WeakSet([shared.ring('f')]), "
                   "w3 = new WeakMap([[{}, shared.ring('t')]]), w4 = new WeakMap([[shared.ring('f'), 1]])");
    for (unsigned i = 0; i < 3; i++)
      all.collect();
    all.expect_left(0);
    all.check(PYTHON, "w() is None and len(w2) == 0");
    all.check(LUA, "next(w) == nil and next(w2) == nil and next(w3) == nil");
    all.check(MOZJS, "w.deref() === undefined");
  });
}
END_TEST

/* Locals, arguments and what lies on a stack of calls that run, each of another language's, while the last of them
 * collects. */
START_TEST(held_while_calls_run) {
  guarded([](world &all) {
    static const char *const chains[LANGUAGES] = {
        "function shared.chain_lua(depth, next, ...)\n"
        "  local x, many = shared.ring('f'), {...}\n"
        "  local function vararg(...) local r = shared.step(depth) return r, ... end\n"
        "  local r, y = vararg(shared.ring('t'))\n"
        "  assert(shared.turn_lua(x) and shared.turn_lua(y))\n"
        "  return r\n"
        "end",
        "def chain(depth, next, *rest):\n"
        "  x = shared.ring('t')\n"
        "  def star(*a, **k):\n"
        "    r = shared.step(depth)\n"
        "    assert turn(a[0]) and turn(k['k'])\n"
        "    return r\n"
        "  r = star(shared.ring('p'), k=shared.ring('d'))\n"
        "  assert turn(x) and [turn(y) for y in (lambda a: [a])(x)] == [True]\n"
        "  return r\n"
        "shared.chain_python = chain",
        "shared.chain_mozjs = (depth, next) => {\n"
        "  const x = shared.ring('p');\n"
        "  const r = (function (a) { const r = shared.step(depth); if (!shared.turn_mozjs(arguments[0])) throw "
        "Error('lost');"
        "    return r })(shared.ring('f'));\n"
        "  if (!shared.turn_mozjs(x)) throw Error('lost');\n"
        "  for (const y of [x]) if (!shared.turn_mozjs(y)) throw Error('lost');\n"
        "  return r };",
        "shared.chain_duktape = function (depth, next) { var x = shared.ring('t');"
        "  var r = (function (a) { var r = shared.step(depth); if (!shared.turn_duktape(a)) throw Error('lost'); "
        "return r; })"
        "    (shared.ring('d'));"
        "  if (!shared.turn_duktape(x)) throw Error('lost'); return r; };",
    };
    for (unsigned i = 0; i < LANGUAGES; i++)
      all.run(i, chains[i]);
    /* Twice around, then a collection by each of them. */
    all.run(LUA, "local order = {'chain_lua', 'chain_python', 'chain_mozjs', 'chain_duktape'}\n"
                 "function shared.step(depth)\n"
                 "  local f = depth < 8 and shared[order[depth % 4 + 1]]\n"
                 "  if f then local r = f(depth + 1, f) return r end\n"
                 "  xlgc.collect() shared.collect_python() shared.collect_mozjs() shared.collect_duktape()\n"
                 "  return 'done'\n"
                 "end");
    all.run(PYTHON, "shared.collect_python = lambda: xlgc.collect()");
    all.run(MOZJS, "shared.collect_mozjs = () => xlgc.collect()");
    all.run(DUKTAPE, "shared.collect_duktape = function () { return xlgc.collect(); }");
    all.check(LUA, "shared.step(0) == 'done'");
    all.check(PYTHON, "shared.chain_python(2, None) == 'done'");
    all.check(MOZJS, "shared.chain_mozjs(3, null) === 'done'");
    all.check(DUKTAPE, "shared.chain_duktape(1, null) === 'done'");
    for (unsigned i = 0; i < 3; i++)
      all.collect();
    all.expect_left(0);
  });
}
END_TEST

/* Finalizers in dead rings use what they find there of other languages: it works, or is gone and said to be. */
START_TEST(finalizers_use_others) {
  guarded([_i](world &all) {
    all.run(LUA, "told, broken = 0, 0\n"
                 "local final = {__gc = function(o) told = told + 1\n"
                 "  local good, words = pcall(function() return o.to.to end)\n"
                 "  if not good and not words:find('^ReferenceError: ') then broken = broken + 1 end\n"
                 "  if told % 3 == 0 then saved = o end end}\n"
                 "function shared.final_lua() return setmetatable({}, final) end");
    all.run(PYTHON, "told = broken = 0\n"
                    "class Final:\n"
                    "  def __del__(self):\n"
                    "    global told, broken, saved\n"
                    "    told += 1\n"
                    "    try: self.to.to\n"
                    "    except ReferenceError: pass\n"
                    "    except Exception as e: broken += 1\n"
                    "    if told % 3 == 0: saved = self\n"
                    "shared.final_python = Final");
    all.run(MOZJS,
            "var told = 0, broken = 0, finals = new FinalizationRegistry(w => { told++; try { shared.same_lua(w) } "
            "catch (e) { broken++ } });\n"
            "shared.final_mozjs = () => { const f = () => f.to; finals.register(f, told); return f }");
    all.run(DUKTAPE,
            "var told = 0, broken = 0, saved; shared.final_duktape = function () { var o = {};"
            "  Duktape.fin(o, function (o) { told++; try { o.to.to; } catch (e) {"
            "    if (!(e instanceof ReferenceError)) broken++; } if (told % 3 === 0) saved = o; }); return o; }");
    all.run(LUA, "for i = 1, 100 do\n"
                 "  local t, p, f, d = shared.final_lua(), shared.final_python(), shared.final_mozjs(), "
                 "shared.final_duktape()\n"
                 "  t.to, p.to, f.to, d.to = p, f, d, t\n"
                 "end");
    if (_i < LANGUAGES) {
      all.end_first(static_cast<unsigned>(_i)); /* the rings die with the engines */
      return;
    }
    /* What one of them saves lives, with what that holds, until it is forgotten. */
    for (unsigned i = 0; i < 6; i++) {
      all.collect();
      all.run(LUA, "saved = nil");
      all.run(PYTHON, "saved = None");
      all.run(DUKTAPE, "saved = null");
    }
    for (unsigned i = 0; i < LANGUAGES; i++) {
      all.run(i, "0");
      ck_assert_int_ge(all.integer(i, "told"), 100);
      ck_assert_int_eq(all.integer(i, "broken"), 0);
    }
  });
}
END_TEST

/* ------------------------------------------------------------------------ errors */

/* One language calls a second, which calls a third, which calls what fails in a fourth. */
START_TEST(errors_through_three_languages) {
  guarded([](world &all) {
    static const char *const kinds[LANGUAGES] = {"", "ValueError: ", "RangeError: ", "TypeError: "};
    for (unsigned i = 0; i < LANGUAGES * LANGUAGES * LANGUAGES * LANGUAGES; i++) {
      unsigned a = i % 4, b = i / 4 % 4, c = i / 16 % 4, d = i / 64;
      std::string call = std::string("shared.catch_") + names[a] + "(shared.call_" + names[b] + ", ";
      std::string words = std::string("no\xc3\xa9 \xf0\x9f\x98\x80 of ") + names[d];
      all.run(PYTHON, std::string("def inner(*a): return shared.call_") + names[c] + "(shared.fail_" + names[d] +
                          ", '" + words + "')");
      std::string is = all.text(PYTHON, call + "inner)");
      ck_assert_msg(contains(is, kinds[d] + words), "%s", is.c_str());
    }
    for (unsigned i = 0; i < LANGUAGES; i++)
      all.check(i, "1 + 1 == 2");
  });
}
END_TEST

START_TEST(recursion_through_three_languages) {
  guarded([](world &all) {
    for (unsigned round = 0; round < 3; round++) {
      for (unsigned from = 0; from < LANGUAGES; from++) {
        all.run(LUA, "deepest = 0");
        std::string words = all.text(LUA, std::string("shared.catch_") + names[from] + "(shared.recurse_lua, 1)");
        /* Lua's, Python's or JavaScript's words: whose stack ends first, the sizes of their frames decide. */
        ck_assert_msg(contains(words, "too many calls") || contains(words, "overflow") || contains(words, "recursion"),
                      "%s", words.c_str());
        ck_assert_int_gt(all.integer(LUA, "deepest"), 20);
        /* All works afterwards. */
        all.check(LUA, "shared.call_python(shared.call_mozjs, shared.call_duktape, shared.same_lua, 5) == 5");
        all.collect();
      }
      all.run(LUA, "r = shared.ring('f')");
      all.check(LUA,
                "shared.turn_lua(r) and shared.turn_python(r) and shared.turn_mozjs(r) and shared.turn_duktape(r)");
      all.run(LUA, "r = nil");
      for (unsigned i = 0; i < 3; i++)
        all.collect();
      all.expect_left(0);
    }
  });
}
END_TEST

/* On stacks of any size: a language calls itself by way of another, plainly, and out of what its C code calls back. */
const char *const recursions[LANGUAGES][2] = {
    {"deepest = 0 function go(n) deepest = n local r = shared.call_OTHER(go, n + 1) return r end",
     "deepest = 0 function go(n) deepest = n local r = 0\n"
     "  local _ = ('x'):gsub('x', function() r = shared.call_OTHER(go, n + 1) end) return r end"},
    {"def go(n):\n  global deepest\n  deepest = n\n  return shared.call_OTHER(go, n + 1)",
     "def go(n):\n  global deepest\n  deepest = n\n  return sorted([1], key=lambda x: shared.call_OTHER(go, n + "
     "1))[0]"},
    {"globalThis.deepest = 0; globalThis.go = n => { deepest = n; return shared.call_OTHER(go, n + 1) }; 0",
     "globalThis.deepest = 0; globalThis.go = n => { deepest = n;"
     "  return [2, 1].sort(() => shared.call_OTHER(go, n + 1))[0] }; 0"},
    {"deepest = 0; go = function (n) { deepest = n; return shared.call_OTHER(go, n + 1); }; 0",
     "deepest = 0; go = function (n) { deepest = n; return [1].map(function () { return shared.call_OTHER(go, n + 1); "
     "})[0];"
     " }; 0"},
};

void recurse_everywhere(world &all, size_t stack_kib) {
  for (unsigned i = 0; i < LANGUAGES * LANGUAGES * 2; i++) {
    unsigned one = i % LANGUAGES, other = i / LANGUAGES % LANGUAGES, way = i / (LANGUAGES * LANGUAGES);
    if (one == other) continue;
    all.run(one, replaced(recursions[one][way], "OTHER", names[other]));
    all.run(one, one == PYTHON ? "shared.go = go" : one == MOZJS ? "shared.go = go; 0" : "shared.go = go");
    std::string words = all.text(LUA, std::string("shared.catch_") + names[one] + "(shared.go, 1)");
    ck_assert_msg(contains(words, "too many calls") || contains(words, "overflow") || contains(words, "ecursion") ||
                      contains(words, "limit"),
                  "%s", words.substr(words.size() < 200 ? 0 : words.size() - 200).c_str());
    int64_t deepest = all.integer(one, "deepest");
    printf("%zu KiB, %s by %s%s: %lld calls\n", stack_kib, names[one], names[other], way ? " and C" : "",
           static_cast<long long>(deepest));
    ck_assert_int_gt(deepest, 5);
    all.check(LUA, "shared.call_python(shared.call_mozjs, shared.call_duktape, shared.same_lua, 5) == 5");
  }
  all.run(LUA, "shared.go = nil");
}

const size_t stacks_kib[] = {256, 384, 512, 1024, 8192};

void *recurse_on_thread(void *kib) {
  guarded([kib](world &all) { recurse_everywhere(all, *static_cast<const size_t *>(kib)); });
  return nullptr;
}

START_TEST(recursion_on_stacks_of_any_size) {
  pthread_t thread;
  pthread_attr_t attributes;
  size_t kib = stacks_kib[_i];
  ok(pthread_attr_init(&attributes));
  ok(pthread_attr_setstacksize(&attributes, kib * 1024));
  ok(pthread_create(&thread, &attributes, recurse_on_thread, &kib));
  ok(pthread_join(thread, nullptr));
  ok(pthread_attr_destroy(&attributes));
}
END_TEST

/* ------------------------------------------------------------------------ values */

/* What comes home is what went out. */
START_TEST(values_round_trip) {
  guarded([](world &all) {
    /* Through others' `same`, called f; `big`: not through Duktape, whose numbers are doubles. */
    struct text {
      unsigned language;
      const char *is;
      bool big;
    };
    static const text texts[] = {
        {LUA, "select('#', f(nil)) == 1 and f(nil) == nil and (f(xlgc.null) or xlgc.null) == xlgc.null", false},
        {LUA, "f(true) == true and f(false) == false", false},
        {LUA, "f(0) == 0 and math.type(f(-7)) == 'integer' and f(1 << 52) == 1 << 52 and f(-(1 << 53)) == -(1 << 53)",
         false},
        {LUA, "f(math.maxinteger) == math.maxinteger and f(math.mininteger) == math.mininteger", true},
        {LUA, "f((1 << 53) + 1) == (1 << 53) + 1", true},
        {LUA, "f(0.1) == 0.1 and f(-1e308) == -1e308 and f(5e-324) == 5e-324 and f(2.0^70) == 2.0^70", false},
        {LUA, "f(1/0) == 1/0 and f(-1/0) == -1/0 and f(0/0) ~= f(0/0)", false},
        {LUA, "1/f(-0.0) == -1/0 and 1/f(0.0) == 1/0", false},
        {LUA, "f('') == '' and f('text') == 'text' and f('a\\0b') == 'a\\0b'", false},
        {LUA, "f('\\u{1F600}\\u{10FFFF}\\u{FFFF}\\u{E9}') == '\\u{1F600}\\u{10FFFF}\\u{FFFF}\\u{E9}'", false},
        {LUA, "f(('\\u{1F600}'):rep(100000)) == ('\\u{1F600}'):rep(100000)", false},
        {LUA, "f('\\xff\\0\\xfe') == '\\xff\\0\\xfe' and f('\\xed\\xa0\\x80') == '\\xed\\xa0\\x80'", false},
        {LUA, "f(shared.ring) == shared.ring and f(print) == print and (function(m) return f(m) == m end)(xlgc.new())",
         false},
        {LUA, "(function(t) return f(t) == t end)({})", false},
        {LUA, "(function(t) return f(t) == t end)(coroutine.create(print)) and f(io.stdout) == io.stdout", false},
        {PYTHON, "f(None) is None and f(True) is True and f(False) is False", false},
        {PYTHON, "f(0) == 0 and f(-2**53) == -2**53 and f(2**53) == 2**53", false},
        {PYTHON, "f(2**63 - 1) == 2**63 - 1 and f(-2**63) == -2**63 and f(2**53 + 1) == 2**53 + 1", true},
        {PYTHON, "f(2**63) == 2**63 and f(-10**40) == -10**40", true},
        {PYTHON, "f(0.1) == 0.1 and f(1e308) == 1e308 and f(float('inf')) == float('inf')", false},
        {PYTHON, "f(float('nan')) != f(float('nan')) and str(f(-0.0)) in '-0.0'", false},
        {PYTHON, "str(f(-0.0)) == '-0.0'", false},
        {PYTHON,
         "f('') == '' and f('a\\0b') == 'a\\0b' and f('\\U0001F600\\U0010FFFF\\uFFFF\\u00e9') == "
         "'\\U0001F600\\U0010FFFF\\uFFFF\\u00e9'",
         false},
        {PYTHON, "f(bytes(range(256))) == bytes(range(256)) and f(bytearray(b'\\xff')) == b'\\xff'", false},
        {PYTHON, "f(shared) is shared and f(len) is len and f(int) is int and f(turn) is turn", false},
        {PYTHON, "(lambda o: f(o) is o)([1]) and (lambda o: f(o) is o)(object()) and f(...) is ...", false},
        {PYTHON, "(lambda o: f(o) is o)(1j) and (lambda o: f(o) is o)((1, 2))", false},
        {MOZJS, "f(null) == null && f(undefined) == null && f(true) === true && f(false) === false", false},
        {MOZJS, "f(0) === 0 && f(-1) === -1 && f(2 ** 53) === 2 ** 53 && f(0.1) === 0.1 && f(1e21) === 1e21", false},
        {MOZJS, "f(2n ** 62n) === 2n ** 62n && f(-(2n ** 63n)) === -(2n ** 63n)", true},
        {MOZJS, "f(2n ** 63n) === 2n ** 63n && f(-(2n ** 200n) - 3n) === -(2n ** 200n) - 3n", true},
        {MOZJS, "Object.is(f(NaN), NaN) && f(Infinity) === Infinity && f(-Infinity) === -Infinity", false},
        {MOZJS, "Object.is(f(-0), -0) && Object.is(f(0), 0)", false},
        {MOZJS,
         "f('') === '' && f('a\\0b') === 'a\\0b' && f('\\u{1F600}\\u{10FFFF}\\uFFFF\\xe9') === "
         "'\\u{1F600}\\u{10FFFF}\\uFFFF\\xe9'",
         false},
        {MOZJS, "f('x\\ud800y') === 'x\\ud800y'", false},
        {MOZJS, "f(new Uint8Array([0, 255, 254])).join() === '0,255,254'", false},
        {MOZJS, "f(shared) === shared && f(globalThis) === globalThis && f(Map) === Map", false},
        {MOZJS,
         "(o => f(o) === o)({}) && (o => f(o) === o)([1]) && (o => f(o) === o)(new Map) && (o => f(o) === o)(/x/)",
         false},
        {MOZJS, "(o => f(o) === o)(Promise.resolve()) && (o => f(o) === o)((function* () {})())", false},
        {DUKTAPE, "f(null) == null && f(undefined) == null && f(true) === true && f(false) === false", false},
        {DUKTAPE, "f(0) === 0 && f(-1) === -1 && f(9007199254740992) === 9007199254740992 && f(0.1) === 0.1", false},
        {DUKTAPE, "f(NaN) !== f(NaN) && f(Infinity) === Infinity && 1 / f(-0) === -Infinity && 1 / f(0) === Infinity",
         false},
        {DUKTAPE,
         "f('') === '' && f('a\\0b') === 'a\\0b' && f('\\ud83d\\ude00\\uffff\\xe9') === "
         "'\\ud83d\\ude00\\uffff\\xe9'",
         false},
        {DUKTAPE,
         "(function (b) { return b.length === 3 && b[0] === 0 && b[1] === 255 && b[2] === 254; })"
         "(f(new Uint8Array([0, 255, 254])))",
         false},
        {DUKTAPE, "f(shared) === shared && f(Math) === Math && (function (o) { return f(o) === o; })({})", false},
    };
    /* f goes through two others. */
    static const char *const makes[LANGUAGES] = {
        "function f(...) local r = shared.same_A(shared.same_B((...))) return r end",
        "def f(x): return shared.same_A(shared.same_B(x))",
        "var f = x => shared.same_A(shared.same_B(x))",
        "function f(x) { return shared.same_A(shared.same_B(x)); }",
    };
    for (unsigned a = 0; a < LANGUAGES; a++) {
      for (unsigned b = 0; b < LANGUAGES; b++) {
        for (unsigned i = 0; i < LANGUAGES; i++)
          all.run(i, replaced(replaced(makes[i], "same_A", std::string("same_") + names[a]), "same_B",
                              std::string("same_") + names[b]));
        for (const text &text : texts) {
          if (text.big && (a == DUKTAPE || b == DUKTAPE)) continue;
          const std::string is = text.is; /* what is no text crosses Lua as bytes, if at all */
          const bool is_binary = contains(is, "xff\\0") || contains(is, "bytes(") || contains(is, "Uint8Array");
          if (is_binary) all.run(LUA, "xlgc.strings('bytes')");
          all.check(text.language, is);
          if (is_binary) all.run(LUA, "xlgc.strings('text')");
        }
      }
    }
    /* All three others in a row, and several results. */
    all.check(LUA, "shared.same_python(shared.same_mozjs(shared.same_duktape('\\u{1F600}'))) == '\\u{1F600}'");
    all.check(PYTHON, "shared.same_lua(1, 'two', None) == (1, 'two', None)");
    all.check(MOZJS, "shared.same_lua(1, 'two', null).join() === '1,two,'");
    all.check(DUKTAPE, "shared.same_lua(1, 'two').join() === '1,two'");
    all.check(LUA, "(function(a) return a[0] == 1 and a[1] == 'two' and #a == 2 end)(shared.same_python(1, 'two'))");
  });
}
END_TEST

START_TEST(shared_names) {
  guarded([](world &all) {
    all.run(LUA, "shared.from_lua = {n = 1}");
    all.run(PYTHON, "shared.from_python = {'n': 2}");
    all.run(MOZJS, "shared.from_mozjs = {n: 3}");
    all.run(DUKTAPE, "shared.from_duktape = {n: 4}");
    static const char *const sums[LANGUAGES] = {
        "xlgc.shared.from_lua.n + xlgc.shared.from_python.n + xlgc.shared.from_mozjs.n + xlgc.shared.from_duktape.n",
        "xlgc.shared.from_lua.n + xlgc.shared.from_python['n'] + xlgc.shared.from_mozjs.n + xlgc.shared.from_duktape.n",
        "xlgc.shared.from_lua.n + xlgc.shared.from_python.n + xlgc.shared.from_mozjs.n + xlgc.shared.from_duktape.n",
        "xlgc.shared.from_lua.n + xlgc.shared.from_python.n + xlgc.shared.from_mozjs.n + xlgc.shared.from_duktape.n"};
    for (unsigned i = 0; i < LANGUAGES; i++) {
      all.collect();
      ck_assert_int_eq(all.integer(i, sums[i]), 10);
    }
    all.run(PYTHON, "shared[2] = 'two'\nshared.m = xlgc.new(x=1)\nshared.m.self = shared.m\nassert shared.same_lua is "
                    "shared.same_lua");
    all.check(LUA, "shared[2] == 'two' and shared.m.self == shared.m and shared.m.x == 1");
    all.check(MOZJS, "shared[2] === 'two' && shared.m.self === shared.m && 'm' in shared && delete shared.m");
    all.check(DUKTAPE, "shared.m === undefined && !('m' in shared)");
    all.check(PYTHON, "'m' not in shared and not hasattr(shared, 'm')");
    all.run(LUA, "for k in pairs(shared) do shared[k] = nil end");
    all.check(PYTHON, "len(shared) == 0");
  });
}
END_TEST

/* Each language goes over each one's containers of 1, 2 and 3. */
START_TEST(iteration) {
  guarded([](world &all) {
    struct container {
      unsigned language;
      const char *made;
    };
    static const container containers[] = {
        {LUA, "{1, 2, 3}"},
        {LUA, "{a = 1, b = 2, c = 3}"},
        {LUA, "xlgc.new{a = 1, b = 2, c = 3}"},
        {LUA, "setmetatable({}, {__pairs = function() return function(_, k) k = (k or 0) + 1 "
              "if k < 4 then return k, k end end end})"},
        {PYTHON, "[1, 2, 3]"},
        {PYTHON, "(1, 2, 3)"},
        {PYTHON, "{1, 2, 3}"},
        {PYTHON, "{'a': 1, 'b': 2, 'c': 3}"},
        {PYTHON, "range(1, 4)"},
        {PYTHON, "(x for x in (1, 2, 3))"},
        {PYTHON, "map(int, '123')"},
        {MOZJS, "[1, 2, 3]"},
        {MOZJS, "({a: 1, b: 2, c: 3})"},
        {MOZJS, "new Map([['a', 1], ['b', 2], [{}, 3]])"},
        {MOZJS, "new Set([1, 2, 3])"},
        {MOZJS, "(function* () { yield* [1, 2, 3] })()"},
        {DUKTAPE, "[1, 2, 3]"},
        {DUKTAPE, "({a: 1, b: 2, c: 3})"},
    };
    for (const container &container : containers) {
      for (unsigned i = 0; i < LANGUAGES; i++) {
        all.run(PYTHON, "box = None");
        xlgc::held made = all.eval(container.language, container.made);
        xlgc::held sum = all.eval(i, i == PYTHON ? "add" : std::string("shared.sum_") + names[i]);
        if (i == container.language && i != DUKTAPE && i != LUA) continue; /* its own */
        int64_t is = xlgc::visit(all.pool, sum).call({made})->integer();
        ck_assert_msg(is == 6, "%s over %s's %s: %lld", names[i], names[container.language], container.made,
                      static_cast<long long>(is));
      }
    }
    all.collect();
  });
}
END_TEST

/* ------------------------------------------------------------------------- ends */

/* One engine ends; what others have of it is gone, and said to be; they go on. */
START_TEST(early_end) {
  guarded([_i](world &all) {
    const unsigned gone = static_cast<unsigned>(_i % LANGUAGES);
    static const char *const members[LANGUAGES] = {"t", "p", "f", "d"};
    all.run(LUA, "r = shared.ring('t') function shared.keep_lua(x) kept = x end");
    all.run(PYTHON, "def keep(x):\n  global kept\n  kept = x\nshared.keep_python = keep");
    all.run(MOZJS, "var kept; shared.keep_mozjs = x => { kept = x }");
    all.run(DUKTAPE, "var kept; shared.keep_duktape = function (x) { kept = x; }");
    all.run(LUA, std::string("local x = shared.ring('") + members[gone] +
                     "') shared.keep_lua(x) shared.keep_python(x) shared.keep_mozjs(x) shared.keep_duktape(x)");
    if (_i / LANGUAGES) all.collect();
    all.end(gone);
    static const char *const stale[LANGUAGES] = {
        "(function() local good, words = pcall(function() return kept.to end) return not good and "
        "words:find('^ReferenceError: ') == 1 and not xlgc.alive(kept) and kept == kept end)()",
        "(lambda: not xlgc.alive(kept) and kept == kept)()",
        "(() => { try { return kept.to, false } catch (e) { return e instanceof ReferenceError && !xlgc.alive(kept) && "
        "kept "
        "=== kept } })()",
        "(function () { try { kept.to; return false; } catch (e) { return e instanceof ReferenceError && "
        "!xlgc.alive(kept); "
        "} })()"};
    for (unsigned i = 0; i < LANGUAGES; i++)
      if (i != gone) all.check(i, stale[i]);
    if (gone != PYTHON) all.run(PYTHON, "try: kept.to\nexcept ReferenceError: pass\nelse: raise Exception('no error')");
    /* What only the gone one held goes. */
    static const char *const drops[LANGUAGES] = {"kept = nil r = nil", "del kept", "kept = undefined",
                                                 "kept = undefined"};
    for (unsigned i = 0; i < LANGUAGES; i++)
      if (i != gone) all.run(i, drops[i]);
    for (unsigned i = 0; i < 3; i++)
      all.collect();
    all.expect_left(0);
    /* The others' rings go on working: a language again in its place, where it can be had. */
    all.start(gone);
    all.run(gone, preludes[gone]);
    if (gone != LUA) {
      all.run(LUA, "r = shared.ring('t')");
      all.collect();
      all.check(LUA, "shared.turn_lua(r)");
      all.run(LUA, "r = nil");
      for (unsigned i = 0; i < 3; i++)
        all.collect();
      all.expect_left(0);
    }
  });
}
END_TEST

/* They end in every order, with rings that are held and rings that are not. */
START_TEST(ends_in_every_order) {
  guarded([_i](world &all) {
    all.end_first(static_cast<unsigned>(_i % LANGUAGES));
    all.run(LUA, "r = shared.ring('t') shared.ring('p')");
    all.run(PYTHON, "r = shared.ring('f')");
    all.run(MOZJS, "var r = shared.ring('d')");
    all.run(DUKTAPE, "var r = shared.ring('p')");
    if (_i / LANGUAGES) all.collect();
  });
}
END_TEST

/* A script starts the other languages: those end with it. */
START_TEST(started_by_one_another) {
  try {
    for (unsigned from = 0; from < LANGUAGES; from++) {
      xlgc::pool pool;
      xlgc::language first(pool, *languages[from]);
      static const char *const opens[LANGUAGES] = {
          "a, b, c = xlgc.open('python'), xlgc.open('mozjs'), xlgc.open('duktape')",
          "import xlgc\na, b, c = xlgc.open('lua'), xlgc.open('mozjs'), xlgc.open('duktape')",
          "var a = xlgc.open('lua'), b = xlgc.open('python'), c = xlgc.open('duktape')",
          "var a = xlgc.open('lua'), b = xlgc.open('python'), c = xlgc.open('mozjs')"};
      first.eval(opens[from]);
      for (const char *name : {"a", "b", "c"}) {
        ck_assert_int_eq(first.eval(std::string(name) + ".eval('6 * 7')")->integer(), 42);
        first.eval(std::string(name) + ".globals.x = " + name);
        ck_assert_int_eq(first.eval(std::string(name) + ".globals.x.eval('6 * 7')")->integer(), 42);
      }
      ck_assert_int_ge(xlgc_hosts_collect(pool.native()), 0);
      ck_assert_int_eq(first.eval("a.eval('6 * 7') + b.eval('6 * 7') + c.eval('6 * 7')")->integer(), 126);
    }
  } catch (const std::exception &thrown) {
    ck_abort_msg("%s", thrown.what());
  }
}
END_TEST

std::uint64_t count_objects(const xlgc::pool &pool) {
  xlgc_statistics statistics;
  ck_assert_int_eq(xlgc_stats(pool.native(), &statistics), 0);
  return statistics.objects;
}

void collect_thrice(const xlgc::pool &pool) {
  for (unsigned i = 0; i < 3; i++)
    ck_assert_int_ge(xlgc_hosts_collect(pool.native()), 0);
}

/* An engine that a script has started holds, by its global names, what holds it: it ends when the script has let go,
 * and not before. Python stays, as it may have threads. */
START_TEST(rings_through_the_names_of_a_started_engine) {
  static const char *const makes[LANGUAGES] = {
      "function make(name) local e = xlgc.open(name) local h = {e = e, n = 42} e.globals.h = h return h end",
      ("import xlgc\nclass H: pass\ndef make(name):\n  h = H()\n  h.e = xlgc.open(name)\n  h.n = 42\n"
       "  h.e.globals.h = h\n  return h"),
      "function make(name) { const h = {n: 42}; h.e = xlgc.open(name); h.e.globals.h = h; return h }",
      "function make(name) { var h = {n: 42}; h.e = xlgc.open(name); h.e.globals.h = h; return h }"};
  static const char *const drops[LANGUAGES] = {"kept = nil", "kept = None", "kept = null", "kept = null"};
  static const char *const lost[LANGUAGES] = {"make('%s') make('%s')", "make('%s') and make('%s') and None",
                                              "make('%s'), make('%s'), 0", "make('%s'), make('%s'), 0"};
  try {
    for (unsigned from = 0; from < LANGUAGES; from++) {
      xlgc::pool pool;
      xlgc::language first(pool, *languages[from]);
      first.eval(makes[from]);
      first.eval(std::string("kept = ") + (from == PYTHON ? "None" : from == LUA ? "nil" : "null"));
      for (unsigned to = 0; to < LANGUAGES; to++) {
        if (to == PYTHON) continue;
        collect_thrice(pool);
        const std::uint64_t before = count_objects(pool);
        char code[200];
        std::snprintf(code, sizeof code, lost[from], names[to], names[to]);
        first.eval(code);
        first.eval(std::string("kept = make('") + names[to] + "')");
        collect_thrice(pool);
        ck_assert_int_eq(first.eval("kept.e.globals.h.n")->integer(), 42);
        ck_assert_uint_gt(count_objects(pool), before);
        first.eval(drops[from]);
        collect_thrice(pool);
        ck_assert_msg(count_objects(pool) == before, "%s in %s: %u objects, %u before", names[to], names[from],
                      static_cast<unsigned>(count_objects(pool)), static_cast<unsigned>(before));
      }
    }
  } catch (const std::exception &thrown) {
    ck_abort_msg("%s", thrown.what());
  }
}
END_TEST

} // namespace

static Suite *make_suite() {
  Suite *suite = suite_create("hosts_all");
  hosts_conformance(suite, orders, sizeof orders / sizeof *orders);
  TCase *cases = trial_case(suite, "scripts");
  tcase_add_test(cases, rings_of_all_languages);
  tcase_add_test(cases, rings_of_three_languages);
  tcase_add_loop_test(cases, held_in_each_way, 0, 4);
  tcase_add_test(cases, not_held_in_these_ways);
  tcase_add_test(cases, held_while_calls_run);
  tcase_add_loop_test(cases, finalizers_use_others, 0, LANGUAGES + 1);
  tcase_add_test(cases, errors_through_three_languages);
  tcase_add_loop_test(cases, recursion_on_stacks_of_any_size, 0,
                      static_cast<int>(sizeof stacks_kib / sizeof *stacks_kib));
  tcase_add_test(cases, recursion_through_three_languages);
  tcase_add_test(cases, values_round_trip);
  tcase_add_test(cases, shared_names);
  tcase_add_test(cases, iteration);
  tcase_add_loop_test(cases, early_end, 0, 2 * LANGUAGES);
  tcase_add_loop_test(cases, ends_in_every_order, 0, 2 * LANGUAGES);
  tcase_add_test(cases, started_by_one_another);
  tcase_add_test(cases, rings_through_the_names_of_a_started_engine);
  return suite;
}

int main() { return trial_run(make_suite()); }
