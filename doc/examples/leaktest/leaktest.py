# Tests that find leaks between languages: after what a test did, as many objects are exported as before. The last one
# shows what is seen of an object that is held by what was forgotten.
import os
import unittest
import xlgc

lua = xlgc.open("lua")


class Leaks(unittest.TestCase):
    def setUp(self):
        xlgc.collect()
        self.before = xlgc.stats()["host_exports"]

    def leaked(self):
        xlgc.collect()
        return xlgc.stats()["host_exports"] - self.before

    def test_ring(self):
        node = type("Node", (), {})()
        node.table = lua.eval("return {}")
        node.table.node = node
        del node
        self.assertEqual(self.leaked(), 0)

    def test_callback(self):
        call = lua.eval("return function(f) return f(6) end")
        self.assertEqual(call(lambda x: x * 7), 42)
        self.assertEqual(self.leaked(), 0)

    def test_global(self):
        lua.globals["kept"] = [1, 2, 3]
        self.assertEqual(self.leaked(), 1)
        lua.eval("kept = nil")
        self.assertEqual(self.leaked(), 0)


tests = unittest.defaultTestLoader.loadTestsFromTestCase(Leaks)
result = unittest.TextTestRunner(stream=open(os.devnull, "w")).run(tests)
for test, words in result.failures + result.errors:
    print(test, words)
print(result.testsRun, "tests,", len(result.failures + result.errors), "failed")
