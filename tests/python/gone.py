"""Leak tests as users write them, with unittest; JavaScript's with a small harness such as node:test. Run as a program;
with pytest as well where that is installed."""

import gc
import importlib.util
import os
import random
import re
import subprocess
import sys
import time
import unittest
import weakref

import xlgc

CACHE = {}


class Page:
    pass


class Roots:
    pass


ROOTS = Roots()


class Python(unittest.TestCase):
    def test_what_goes(self):
        page = Page()
        page.itself = page
        gone = xlgc.expect_gone(page)
        del page
        self.assertIsNone(gone())
        self.assertIsNone(gone())

    def test_asking_holds_nothing(self):
        page = Page()
        seen, gone = weakref.ref(page), xlgc.expect_gone(page)
        del page
        self.assertIsNone(seen())
        gone()

    def test_what_stays_is_named(self):
        lua = xlgc.open("lua")
        lua.eval("cache = {}; function show(page) cache[1] = page end")
        one, other, third = Page(), Page(), Page()
        lua.globals.show(one)
        CACHE["page"] = other
        gone = xlgc.expect_gone(one, third, other)
        del one, other, third
        with self.assertRaises(xlgc.Error) as raised:
            gone()
        words = str(raised.exception)
        self.assertIn("2 of the 3 objects", words)
        self.assertIn("lua, by itself\n  global 'cache'[1] -> python: ", words)
        self.assertIn("module ", words)
        self.assertIn("CACHE['page'] -> ", words)
        lua.eval("cache = {}")
        CACHE.clear()
        gone()

    def test_objects_of_others(self):
        """They are gone when their own engine has freed them."""
        for name, make, drop in (("lua", "kept = {}; return kept", "kept = nil"), ("mozjs", "var kept = {}; kept", "kept = 0"),
                                 ("duktape", "var kept = {}; kept", "kept = 0")):
            with self.subTest(name):
                try:
                    engine = xlgc.open(name)
                except (xlgc.Error, ImportError):
                    self.skipTest(f"{name} is not there")
                object = engine.eval(make)
                gone = xlgc.expect_gone(object)
                with self.assertRaisesRegex(xlgc.Error, "1 of the 1 objects"):
                    gone()
                del object
                with self.assertRaisesRegex(xlgc.Error, f"{name}, by itself\n  global 'kept' -> "):
                    gone()
                engine.eval(drop)
                gone()
                object = engine.eval(make)
                gone = xlgc.expect_gone(object)
                del object
                engine.close()
                gone()

    def test_managed_objects(self):
        object = xlgc.new()
        object.itself = object
        gone = xlgc.expect_gone(object)
        with self.assertRaisesRegex(xlgc.Error, "-> managed"):
            gone()
        del object
        gone()

    def test_what_cannot_be_watched(self):
        with self.assertRaisesRegex(TypeError, "which objects"):
            xlgc.expect_gone()
        for bad in [], {}, (), 1, "text", None:
            with self.assertRaisesRegex(TypeError, "no weak references"):
                xlgc.expect_gone(Page(), bad)
        with self.assertRaisesRegex(TypeError, "bound method"):
            xlgc.expect_gone(self.test_what_goes)

    def test_functions_that_are_never_called(self):
        """They leave nothing behind, in any engine."""
        engines = []
        for name in "lua", "mozjs", "duktape":
            try:
                engines.append(xlgc.open(name))
            except (xlgc.Error, ImportError):
                print(f"{name} is not there")
        counts = []
        for _ in range(4):
            for engine in engines:
                object = engine.eval("return {}" if engine is engines[0] else "({})")
                for _ in range(100):
                    xlgc.expect_gone(object)
            object = None
            gc.collect()
            xlgc.collect()
            xlgc.collect()
            counts.append(xlgc.stats()["objects"])
        self.assertEqual(counts[3], counts[2])


class Node:
    pass


class RandomGraphs(unittest.TestCase):
    """Objects of all engines, each with a number and two fields, held by each other and by global names."""

    GLOBALS = 4
    MAKE = {"lua": "return function(n) return {n = n} end", "mozjs": "(function (n) { return {n: n}; })",
            "duktape": "(function (n) { return {n: n}; })"}
    SET = {"lua": "return function(o, field, x) o[field] = x end", "mozjs": "(function (o, field, x) { o[field] = x; })",
           "duktape": "(function (o, field, x) { o[field] = x; })"}

    def setUp(self):
        seed = int(os.environ.get("SEED", time.time_ns() % 2**32))
        print(f"SEED={seed}")
        self.random = random.Random(seed)
        self.globals, self.makes, self.sets = {"python": ROOTS}, {"python": self.make}, {"python": setattr}
        self.engines = []
        for name in "lua", "mozjs", "duktape":
            try:
                engine = xlgc.open(name)
            except (xlgc.Error, ImportError):
                print(f"{name} is not there")
                continue
            self.engines.append(engine)
            self.globals[name] = engine.globals
            self.makes[name], self.sets[name] = engine.eval(self.MAKE[name]), engine.eval(self.SET[name])

    def make(self, number):
        made = Node()
        made.n = number
        return made

    def build(self, count):
        names, made = list(self.makes), []
        for number in range(count):
            name = self.random.choice(names)
            made.append((name, self.makes[name](number)))
        for _ in range(2 * count):
            (name, one), (_, other) = self.random.choice(made), self.random.choice(made)
            self.sets[name](one, self.random.choice(("f0", "f1")), other)
        for name in names:
            for i in range(self.GLOBALS):
                setattr(self.globals[name], f"g{i}", self.random.choice(made)[1])
        return [one for _, one in made]

    def check_steps(self, words, number):
        """Every step is a link that exists, from a global name on. Returns that."""
        heading, *steps = words.splitlines()[1:]
        engine = heading.split(",")[0]
        begins = re.match(r"  (?:global '|module \S*ROOTS\.)(g\d)'?", steps[0])
        self.assertTrue(begins and heading.endswith("by itself"), words)
        at = getattr(self.globals[engine], begins[1])
        rest = steps[0][begins.end():]
        for step in [rest, *steps[1:]]:
            way, _, sort = step.partition("-> ")
            self.assertRegex(way, r"^ *(\.f[01])* ?$", words)
            for field in re.findall(r"\.(f[01])", way):
                at = getattr(at, field)
            self.assertTrue(sort.split(":")[0] in self.globals or sort.startswith("this object"), words)
        self.assertEqual(at.n, number, words)
        return engine, begins[1]

    def test_each_answer_is_true(self):
        """Without the root that is named the object is gone, or the next one is named."""
        for engine in ROOTS, *(self.globals[name] for name in self.globals):
            for i in range(self.GLOBALS):
                setattr(engine, f"g{i}", None)
        asked = named = 0
        for _ in range(3):
            made = self.build(40)
            number = self.random.randrange(40)
            gone = xlgc.expect_gone(made[number])
            made.clear()
            for _ in range(self.GLOBALS * len(self.globals) + 1):
                try:
                    gone()
                    break
                except xlgc.Error as error:
                    words = str(error)
                engine, name = self.check_steps(words, number)
                setattr(self.globals[engine], name, None)
                named += 1
            else:
                self.fail("it is held by nothing, and there")
            asked += 1
        print(f"{asked} objects, {named} roots named")


LUA = """
local xlgc = require 'xlgc'
local page = {}
page.itself = page
local gone = xlgc.expect_gone(page, function() return page end)
page = nil
gone()
kept = {coroutine.create(function() end)}
gone = xlgc.expect_gone(kept[1])
local ok, words = pcall(gone)
assert(not ok and tostring(words):find("global 'kept'[1] -> ", 1, true), words)
kept = nil
gone()
local theirs = make()
gone = xlgc.expect_gone(theirs)
theirs = nil
gone()
ok, words = pcall(xlgc.expect_gone)
assert(not ok and words:find('which objects', 1, true), words)
ok, words = pcall(xlgc.expect_gone, {}, 'text')
assert(not ok and words:find('only objects', 1, true), words)
"""

# Tests have names, and fail by an exception.
HARNESS = """
var failed = [];
function test(name, run) { try { run(); } catch (e) { failed.push(name + ': ' + e); } }
function throws(run, words) {
  try { run(); } catch (e) {
    if (String(e.message).indexOf(words) < 0) throw new Error(e.message);
    return;
  }
  throw new Error('nothing was thrown, but ' + words + ' was expected');
}
function page() { var made = {}; made.itself = made; return made; }
var kept;

test('a page goes', function () {
  var gone = xlgc.expectGone(page(), function () {}, Object.freeze(page()));
  gone();
});
test('what stays is named', function () {
  kept = { pages: [page()] };
  var gone = xlgc.expectGone(kept.pages[0]);
  throws(gone, "global 'kept'.pages[0] -> ");
  kept = null;
  gone();
});
test('objects of others', function () {
  var theirs = make(), gone = xlgc.expectGone(theirs);
  throws(gone, '1 of the 1 objects');
  theirs = null;
  gone();
});
test('what a callback has around it', function () {
  kept = (function () { var owner = page(); return { on: function onPage() { return owner; }, gone: xlgc.expectGone(owner) }; })();
  throws(kept.gone, "(variable 'owner' around onPage, ");
  kept.on = null;
  kept.gone();
});
test('what cannot be watched', function () {
  throws(function () { xlgc.expectGone(); }, 'which objects');
  throws(function () { xlgc.expectGone({}, 1); }, 'only objects');
});
failed.join('\\n');
"""


class Lua(unittest.TestCase):
    def test_in_lua(self):
        engine = xlgc.open("lua")
        engine.globals.make = Page
        engine.eval(LUA)


class JavaScript(unittest.TestCase):
    def run_in(self, name):
        try:
            engine = xlgc.open(name)
        except (xlgc.Error, ImportError):
            self.skipTest(f"{name} is not there")
        engine.globals.make = Page
        self.assertEqual(engine.eval(HARNESS), "")

    def test_in_spidermonkey(self):
        self.run_in("mozjs")

    def test_in_duktape(self):
        self.run_in("duktape")


if __name__ == "__main__":
    ended = unittest.main(exit=False)
    status = not ended.result.wasSuccessful()
    if importlib.util.find_spec("pytest"):
        status |= subprocess.call([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__]) != 0
    else:
        print("pytest is not there")
    sys.exit(status)
