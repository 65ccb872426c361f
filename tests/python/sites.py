"""Where objects went out first, and where Python made them: shown by why, in all languages."""

import os
import subprocess
import sys
import tracemalloc
import unittest

import xlgc

KEEP = {"lua": "kept = {}; function keep(x) kept[#kept + 1] = x end",
        "mozjs": "var kept = []; function keep(x) { kept.push(x) }",
        "duktape": "var kept = []; function keep(x) { kept.push(x) }"}
# The object goes out in the third line of a function called `give`.
GIVE = {"lua": "function give(out)\n  local made = {}\n  out(made)\nend",
        "mozjs": "function give(out) {\n  var made = {};\n  out(made);\n}",
        "duktape": "function give(out) {\n  var made = {};\n  out(made);\n}"}


class Page:
    pass


class Slotted:
    """Python 3.11 itself does not find where objects with a dictionary were made."""
    __slots__ = ("text",)


def line():
    return sys._getframe(1).f_lineno


class Sites(unittest.TestCase):
    def setUp(self):
        xlgc.collector(sites=1)
        self.addCleanup(xlgc.collector, sites=0)

    def test_python_says_where(self):
        for language in KEEP:
            engine = xlgc.open(language)
            engine.eval(KEEP[language])
            page = Page()
            engine.globals.keep(page); at = line()
            with self.subTest(language):
                self.assertIn(f"Page, exported at {__file__}:{at} in Sites.test_python_says_where", xlgc.why(page))

    def test_others_say_where(self):
        for language in GIVE:
            engine = xlgc.open(language)
            engine.eval(GIVE[language])
            taken = []
            engine.globals.give(taken.append); at = line()
            with self.subTest(language):
                words = xlgc.why(taken[0])
                self.assertRegex(words, rf"{language}: \w+, exported at [^\n]*:3\b")
                if language == "duktape":
                    self.assertIn(":3 in give", words)

    def test_what_is_asked_for(self):
        for language in GIVE:
            engine = xlgc.open(language)
            engine.eval("shown = {}" if language == "lua" else "var shown = {}")
            shown = engine.globals.shown; at = line()
            with self.subTest(language):
                self.assertIn(f"asked for at {__file__}:{at} in Sites.test_what_is_asked_for", xlgc.why(shown))

    def test_both(self):
        lua = xlgc.open("lua")
        lua.eval("kept = {}; function run(f)\n\nf() end")
        def ask():
            return lua.globals.kept
        at = ask.__code__.co_firstlineno + 1
        lua.globals.run(ask)
        self.assertRegex(xlgc.why(lua.globals.kept), rf":3[^\n]*, visited at [^\n]*:{at} in ")

    def test_off(self):
        xlgc.collector(sites=0)
        engine = xlgc.open("lua")
        engine.eval(KEEP["lua"])
        page = Page()
        engine.globals.keep(page)
        self.assertNotIn("exported at", xlgc.why(page))

    def test_one_in_many(self):
        xlgc.collector(sites=10)
        engine = xlgc.open("lua")
        engine.eval(KEEP["lua"])
        pages = [Page() for _ in range(1000)]
        for page in pages:
            engine.globals.keep(page)
        known = sum("exported at" in xlgc.why(page) for page in pages)
        # 100 are expected, with a standard deviation below 10; the lots are the same in each run.
        self.assertGreater(known, 50)
        self.assertLess(known, 150)

    def test_a_site_goes_with_its_object(self):
        engine = xlgc.open("lua")
        engine.eval("function look(x) return xlgc.why(x) end; xlgc = require and require('xlgc') or xlgc")
        for _ in range(3):
            page = Page()
            engine.globals.look(page)
            del page
            xlgc.collect()
        xlgc.collector(sites=0)
        page = Page()
        self.assertNotIn("exported at", engine.globals.look(page))

    def test_values_out_of_range(self):
        for bad in (-1, 1.5, 1 << 21, float("nan")):
            with self.assertRaises(ValueError) as raised:
                xlgc.collector(sites=bad)
            self.assertIn("sites is a whole number of objects, from 0 to 1048576", str(raised.exception))

    def test_presets_leave_it(self):
        xlgc.collector(preset="low_latency")
        self.assertEqual(xlgc.collector(preset="usual")["sites"], 1)

    def test_environment(self):
        program = "import xlgc; print(xlgc.collector()['sites'])"
        def run(text):
            return subprocess.run([sys.executable, "-c", program], env={**os.environ, "XLGC_SITES": text},
                                  capture_output=True, text=True, check=True)
        self.assertEqual(float(run("7").stdout), 7)
        wrong = run("many")
        self.assertEqual(float(wrong.stdout), 0)
        self.assertIn("XLGC_SITES=many has no effect", wrong.stderr)

    def test_pythons_own_memory_of_it(self):
        xlgc.collector(sites=0)
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        page = Slotted(); at = line()
        engine = xlgc.open("lua")
        engine.eval(KEEP["lua"])
        engine.globals.keep(page)
        self.assertIn(f"Slotted, made at {__file__}:{at}", xlgc.why(page))


if __name__ == "__main__":
    unittest.main()
