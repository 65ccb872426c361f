# Files that engines run by name, the modules that these find, and what is said of those that are not there. Runs in a
# stock interpreter, too.
import os
import pathlib
import tempfile

import xlgc

ENGINES = "lua", "duktape", "mozjs"
ANSWERS = {"lua": "local a, b = ...\nreturn (a or 40) + (b or 2)\n"}
BREAKS = {"lua": "\n\nlocal t = nil\nt.x = 1\n"}
folder = tempfile.TemporaryDirectory()


def put(name, text, encoding="utf-8"):
    path = pathlib.Path(folder.name, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode(encoding))
    return str(path)


def words_of(function, *args, error=xlgc.Error):
    try:
        function(*args)
    except error as caught:
        return str(caught), getattr(caught, "stack", "")
    raise AssertionError("no error")


def put_script(name, table, otherwise):
    return put("main." + name, table.get(name, otherwise))


def test_a_file_is_run_as_its_text_would_be():
    for name in ENGINES:
        engine = xlgc.open(name)
        sums = "var a = typeof args == 'undefined' ? [] : args;\n(a[0] || 40) + (a.length > 1 ? a[1] : 2)\n"
        path = put_script(name, ANSWERS, sums)
        assert engine.run(path) == engine.run(os.fsencode(path)) == 42, name
        assert engine.run(path, 10, 20) == 30 and engine.run(path, 1) == 3, name
        assert engine.eval({"lua": "return args"}.get(name, "typeof args")) in (None, "undefined")
        path = put_script(name, {"lua": "seen = 'from a file'"}, "seen = 'from a file';")
        engine.run(path)
        assert engine.globals.seen == "from a file", name


def test_errors_tell_the_file_and_the_line():
    for name in ENGINES:
        engine = xlgc.open(name)
        path = put_script(name, BREAKS, "\n\nvar t = null;\nt.x = 1;\n")
        words, stack = words_of(engine.run, path)
        assert path + ":4" in words + stack.replace("line ", ""), (name, words, stack)
        path = put_script(name, {"lua": "\nx = = 1"}, "\nx = = 1")
        words, stack = words_of(engine.run, path)
        assert os.path.basename(path) in words + stack and "2" in words + stack, (name, words, stack)
        assert engine.eval({"lua": "return 1"}.get(name, "1")) == 1


def test_what_cannot_be_read():
    for name in ENGINES:
        engine = xlgc.open(name)
        words, _ = words_of(engine.run, "/no/such/file")
        assert words.endswith("/no/such/file: No such file or directory"), (name, words)
        words, _ = words_of(engine.run, folder.name)
        assert words.endswith(folder.name + ": Is a directory"), (name, words)
        words, _ = words_of(engine.run, "/dev/zero")
        assert "/dev/zero: Invalid argument" in words, (name, words)
        for bad in "a\0b", 1, None, pathlib.Path(folder.name):
            words, _ = words_of(engine.run, bad)
            assert "the name of a file" in words, (name, bad, words)
        words, _ = words_of(engine.run)
        assert "the name of a file" in words, (name, words)
        assert engine.run(put_script(name, ANSWERS, "42")) == 42


def test_a_first_line_for_the_shell_and_a_byte_order_mark():
    for name in ENGINES:
        engine = xlgc.open(name)
        rest = BREAKS.get(name, "\n\nvar t = null;\nt.x = 1;\n")[1:]
        for before in "#!/usr/bin/env x\n", "\ufeff\n":
            path = put("shell", before + rest)
            words, stack = words_of(engine.run, path)
            assert "shell:4" in words + stack, (name, words, stack)
        assert engine.run(put("shell", "#! nothing else")) is None, name
        assert engine.run(put("shell", "")) is None, name


def test_an_engine_is_held_by_its_function():
    for name in ENGINES:
        path = put_script(name, ANSWERS, "42")
        run = xlgc.open(name).run
        xlgc.collect()
        assert run(path) == 42, name


def test_modules_of_lua_are_found_by_its_path():
    lua = xlgc.open("lua")
    put("part.lua", "local name = ...\nreturn {name = name, value = 42}")
    main = put("main.lua", "package.path = ... .. '/?.lua;' .. package.path\nreturn (require('part'))")
    part = lua.run(main, folder.name)
    assert part.name == "part" and part.value == 42
    assert lua.eval("return (require('part'))") is part
    words, _ = words_of(lua.eval, "return require('no such part')")
    assert "module 'no such part' not found" in words


def test_duktape_has_no_modules():
    duktape = xlgc.open("duktape")
    words, _ = words_of(duktape.run, put("part.mjs", "export default 1"))
    assert "part.mjs: Duktape has no modules" in words
    words, _ = words_of(duktape.eval, "require('x')")
    assert "require" in words


# --------------------------------------------------------------------- SpiderMonkey's


def test_modules_import_each_other():
    mozjs = xlgc.open("mozjs")
    put("lib/deep/c.mjs", "import { b } from '../b.mjs';\nexport const c = () => b + 1;\nexport let count = 0;\n"
                          "export function more() { return ++count; }\n")
    put("lib/b.mjs", "export const b = 41;\n")
    main = put("main.mjs", "import * as c from './lib/deep/c.mjs';\nimport { more, count } from './lib/../lib/deep/c.mjs';\n"
                           "import { b as same } from '%s/lib/b.mjs';\nmore();\n"
                           "export default c.c() + same - 41;\nexport { count, c };\nexport const url = import.meta.url;\n"
                           % folder.name)
    names = mozjs.run(main)
    assert names["default"] == 42 and names.count == 1
    assert names.url == "file://" + os.path.realpath(main)
    # A file is one module, which runs once; what it exports is live.
    assert mozjs.run(main) is names and names.count == 1
    assert names.c.more() == 2 and names.count == 2
    other = xlgc.open("mozjs").run(main)
    assert other is not names and other.count == 1


def test_modules_in_a_circle():
    mozjs = xlgc.open("mozjs")
    put("even.mjs", "import { odd } from './odd.mjs';\nexport const even = n => n == 0 || odd(n - 1);\n")
    put("odd.mjs", "import { even } from './even.mjs';\nexport const odd = n => n != 0 && even(n - 1);\n")
    even = mozjs.run(os.path.join(folder.name, "even.mjs"))
    odd = mozjs.run(os.path.join(folder.name, "odd.mjs"))
    assert even.even(10) and not even.even(7) and odd.odd(7)
    put("self.mjs", "import { one as same } from './self.mjs';\nexport const one = 1;\nexport default () => same;\n")
    assert mozjs.run(os.path.join(folder.name, "self.mjs"))["default"]() == 1


def test_import_in_the_middle_of_code():
    mozjs = xlgc.open("mozjs")
    put("part.mjs", "export const value = 42;\n")
    put("waits.mjs", "export const value = await Promise.resolve(43);\n")
    main = put("main.js", "seen = [];\nimport('./part.mjs').then(part => seen.push(part.value));\n"
                          "import('./waits.mjs').then(part => seen.push(part.value));\n"
                          "import('./missing.mjs').catch(error => seen.push(error.message));\n")
    mozjs.run(main)
    numbers = sorted(one for one in mozjs.globals.seen if isinstance(one, int))
    (words,) = [one for one in mozjs.globals.seen if isinstance(one, str)]
    assert numbers == [42, 43] and words.endswith("missing.mjs: No such file or directory"), words
    # A text has the name of a file, or imports from where the program is.
    mozjs.eval("import('./part.mjs').then(part => { named = part.value })", main)
    assert mozjs.globals.named == 42
    before = os.getcwd()
    os.chdir(folder.name)
    try:
        mozjs.eval("import('./part.mjs').then(part => { here = part.value })")
        assert mozjs.run("part.mjs") is mozjs.run("./part.mjs")
    finally:
        os.chdir(before)
    assert mozjs.globals.here == 42
    words, _ = words_of(mozjs.run, put("pending.mjs", "await new Promise(() => {});\n"))
    assert "use import()" in words, words


def test_modules_that_cannot_be_had():
    mozjs = xlgc.open("mozjs")
    words, stack = words_of(mozjs.run, put("main.mjs", "\nimport './missing.mjs';\n"))
    assert words.endswith("/missing.mjs: No such file or directory"), words
    words, _ = words_of(mozjs.run, os.path.join(folder.name, "missing.mjs"))
    assert words.endswith("/missing.mjs: No such file or directory"), words
    words, _ = words_of(mozjs.run, put("main.mjs", "import 'lodash';\n"))
    assert "lodash: a module is named by the path of its file" in words, words
    words, stack = words_of(mozjs.run, put("main.mjs", "\n\nexport default = 1;\n"))
    assert "main.mjs" in words + stack and "3" in words + stack, (words, stack)
    put("part.mjs", "export const other = 1;\n")
    words, stack = words_of(mozjs.run, put("main.mjs", "import { value } from './part.mjs';\nexport { value };\n"))
    assert "value" in words, words
    # It is looked for anew when it was mended.
    put("broken.mjs", "export const value = ;\n")
    main = put("mended.mjs", "import { value } from './broken.mjs';\nexport default value;\n")
    words_of(mozjs.run, main)
    put("broken.mjs", "export const value = 42;\n")
    assert mozjs.run(main)["default"] == 42
    words, stack = words_of(mozjs.run, put("throws.mjs", "\n\nthrow new RangeError('oh');\n"))
    assert "oh" in words and "throws.mjs:3" in stack, (words, stack)


# A ring through what a module keeps goes as any.
def test_rings_through_modules_are_freed():
    mozjs = xlgc.open("mozjs")
    kept = mozjs.run(put("keeps.mjs", "export const all = [];\n"))
    counts = []
    for times in range(3):
        for i in range(100):
            mine = mozjs.eval("({})")
            mine.python = {"mine": mine}
            kept.all.push(mine)
        assert len(kept.all) == 100
        del mine
        xlgc.collect()
        assert kept.all[7].python["mine"] is kept.all[7]
        kept.all.length = 0
        xlgc.collect()
        xlgc.collect()
        counts.append(xlgc.stats()["objects"])
    assert counts[1] == counts[2] < 50, counts
