"""xlgc.why: five leaks in the shape that people report, through two languages each, and what the answer must say of them;
and what it says of all else. Run as a program, as names of its globals are in the answers."""

import gc
import os
import sched
import tempfile
import threading
import weakref

import xlgc


def has(answer, *words):
    at = 0
    for word in words:
        at = answer.find(word, at)
        assert at >= 0, (word, answer)
        at += len(word)


class Widget:
    pass


class Registry:
    all = []


class Slotted:
    __slots__ = ("child",)


CACHE = {}
timers = sched.scheduler()
lua = xlgc.open("lua")


def callback_that_captures_its_owner():
    lua.eval("handlers = {}; function on(name, owner) handlers[name] = function() return owner end end")
    widget = Widget()
    lua.globals.on("click", widget)
    ask = lua.eval("local xlgc = require 'xlgc'; return xlgc.why")
    has(xlgc.why(widget), "lua, by itself\n", "global 'handlers'.click (upvalue 'owner' of eval:1) -> python: __main__.Widget")
    has(ask(widget), "python, by itself\n", "(local 'widget' of callback_that_captures_its_owner, ")
    lua.globals.handlers = None
    xlgc.collect()
    has(xlgc.why(widget), "python, by itself\n", "(local 'widget' of ")


def cache_without_end():
    CACHE["page 7"] = lua.eval("page = {}; return page")
    answer = lua.eval("local xlgc = require 'xlgc'; return xlgc.why(page)")
    has(answer, "python, by itself\n", "module __main__.CACHE['page 7'] -> lua: table")
    CACHE.clear()


def coroutine_that_is_suspended():
    resource = Widget()
    lua.eval("""
        function start(resource)
          pending = coroutine.create(function() local kept = resource; coroutine.yield() return kept end)
          coroutine.resume(pending)
        end""")
    lua.globals.start(resource)
    has(xlgc.why(resource), "lua, by itself\n", "global 'pending' (local 'kept' in eval:3) -> python: __main__.Widget")
    lua.globals.pending = None


def timer_that_was_forgotten():
    timers.enter(1000, 1, lua.eval("function tick() end return tick"))
    answer = lua.eval("local xlgc = require 'xlgc'; return xlgc.why(tick)")
    has(answer, "python, by itself\n", "module __main__.timers._queue[0]", " -> lua: function eval:1")
    timers.cancel(timers.queue[0])


def registry_that_is_global():
    for name in "mozjs", "duktape":
        try:
            engine = xlgc.open(name)
        except (xlgc.Error, ImportError):
            continue
        Registry.all.append(engine.eval("({})"))
        has(xlgc.why(Registry.all[0]), "python, by itself\n", f"module __main__.Registry.all[0] -> {name}: ")
        own = engine.eval("globalThis.kept = {}; xlgc.why(kept)" if name == "mozjs" else "kept = {}; xlgc.why(kept)")
        has(own, f"{name}, by itself\n", "-> this object, which no other language knows")
        Registry.all.clear()


def chain_through_three_objects():
    """The chain goes through all of them, though only the last one is asked for."""
    outer, inner = Widget(), Widget()
    table = lua.eval("middle = {}; return middle")
    outer.table = table
    table.inner = inner
    lua.eval("function keep(o) owner = o end")
    lua.globals.keep(outer)
    lua.globals.middle = None
    del table, outer
    gc.collect()
    xlgc.collect()
    has(xlgc.why(inner), "lua, by itself\n", "global 'owner' -> python: __main__.Widget\n", ".table -> lua: table\n",
        ".inner -> python: __main__.Widget")
    lua.globals.owner = None


def ways_inside_python():
    """From an export, whose way is all that is left of it."""
    lua.eval("function hold(o) held = o end")
    for make, words in (
        (lambda o: {"k": [0, (o,)]}, "['k'][1][0] -> "),
        (lambda o: [{o}], "[0] (an element) -> "),
        (lambda o: (lambda: o), "(variable 'o' around ways_inside_python.<locals>.<lambda>.<locals>.<lambda>, "),
        (lambda o: setattr(s := Slotted(), "child", o) or s, ".child -> "),
        (lambda o: setattr(w := Widget(), "child", o) or w, ".child -> "),
    ):
        lua.globals.hold(make(lua.eval("last = {}; return last")))
        gc.collect()
        xlgc.collect()
        answer = lua.eval("local xlgc = require 'xlgc'; local o = last; last = nil; return xlgc.why(o)")
        has(answer, "lua, by itself\n", "global 'held' -> python: ", words, "lua: table")
    lua.globals.held = None


def open_if_there(*names):
    for name in names:
        try:
            yield name, xlgc.open(name)
        except (xlgc.Error, ImportError):
            print(f"{name} is not there")


LEAKS_IN_JAVASCRIPT = {
    "a callback that captures its owner":
        ("(function (o) { all.handlers = { click: function onClick() { return o; } }; })",
         "global 'all'.handlers.click (variable 'o' around onClick, eval:1) -> "),
    "a cache without end":
        ("(function (o) { all.cache = [0, { 'page 7': o }]; })", "global 'all'.cache[1]['page 7'] -> "),
    "a timer that was forgotten":
        ("(function (o) { all.timers = [{ due: 1000,\n run: (function () { var job = [o]; return function tick() {"
         " return job; }; })() }]; })", "global 'all'.timers[0].run (variable '", ", eval:2)", " -> "),
    "a registry that is global":
        ("(function (o) { function Registry() {} Registry.all = [o]; all.Registry = Registry; })",
         "global 'all'.Registry.all[0] -> "),
    "what objects inherit":
        ("(function (o) { function C() {} C.prototype.kept = o; all.c = new C(); })", "global 'all'.c (its prototype).kept -> "),
    "a getter":
        ("(function (o) { Object.defineProperty(all, 'g', { get: function g() { return o; }, configurable: true }); })",
         "global 'all'.g (its getter", "(variable 'o' around g", ", eval:1) -> "),
    "a hidden name": ("(function (o) { all[Symbol.for('a')] = o; })", "global 'all'[a symbol] -> "),
}
LEAKS_OF_SPIDERMONKEY = {
    "a cache in a Map":
        ("(function (o) { all.cache = new Map([[1, 2], ['page 7', { o }]]); })", "global 'all'.cache.get('page 7').o -> "),
    "by number": ("(function (o) { all.cache = new Map([[7, o]]); })", "global 'all'.cache.get(7) -> "),
    "a key": ("(function (o) { all.cache = new Map([[o, 1]]); })", "global 'all'.cache (a key) -> "),
    "an element": ("(function (o) { all.cache = new Set([[o]]); })", "global 'all'.cache (an element)[0] -> "),
    "a value of a weak map":
        ("(function (o) { all.key = {}; all.cache = new WeakMap([[all.key, { o }]]); })",
         "global 'all'.cache (a value of a WeakMap).o -> "),
    "a generator that is suspended":
        ("(function (o) { all.g = (function* read(from) { yield 1; return from; })(o); all.g.next(); })",
         "global 'all'.g (local 'from' of read, eval:1) -> "),
    "a promise that waits":
        ("(function (o) { all.p = new Promise(() => {}); all.p.then(() => o); })",
         "global 'all'.p (in a Promise) (variable 'o' around ", ", eval:1) -> "),
    "a function that is bound": ("(function (o) { all.b = function () {}.bind(o); })", "global 'all'.b (bound to it) -> "),
    "a top-level let":
        ("let lexical = {}; (function (o) { lexical.o = o; })", "global 'lexical'.o -> "),
}


def ways_inside_javascript():
    """The five leaks, and what else holds, each named by one why; and gone when it is."""
    for name, engine in open_if_there("mozjs", "duktape"):
        engine.eval("var all = {};")
        leaks = {**LEAKS_IN_JAVASCRIPT, **(LEAKS_OF_SPIDERMONKEY if name == "mozjs" else {})}
        for leak, (code, *words) in leaks.items():
            widget = Widget()
            engine.eval(code)(widget)
            xlgc.collect()
            has(xlgc.why(widget), f"{name}, by itself\n", *words, "python: __main__.Widget")
            seen = weakref.ref(widget)
            del widget
            engine.eval("all = {}; " + ("lexical = {}; " if "top-level" in leak else "") + "0")
            xlgc.collect()
            assert seen() is None, (name, leak)


def modules_of_javascript():
    for name, engine in open_if_there("mozjs"):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "store.mjs")
            with open(path, "w", encoding="utf-8") as file:
                file.write("let shelf = [];\nexport function put(o) { shelf.push(o); }\n"
                           "globalThis.put = put;\n")
            engine.run(path)
            widget = Widget()
            engine.globals.put(widget)
            xlgc.collect()
            has(xlgc.why(widget), "mozjs, by itself\n", "'shelf'", "[0] -> python: __main__.Widget")


def calls_in_progress():
    """They are named when nothing else holds the object."""
    lua.eval("local xlgc = require 'xlgc'; function ask(o) xlgc.collect(); return xlgc.why(o) end")
    for name, engine in open_if_there("mozjs"):
        engine.globals.ask = lua.globals.ask
        engine.globals.make = Widget
        has(engine.eval("(function f() { var o = make(); return [ask(o), o]; })()")[0], "mozjs, by itself\n",
            "(a local of f, eval:1) -> python: __main__.Widget")
        has(engine.eval("(function f(o) { return [ask(o), o]; })(make())")[0], "mozjs, by itself\n",
            "(an argument of f, eval:1) -> python: __main__.Widget")
        has(engine.eval("globalThis.g = []; (function f(o) { g[0] = o; var s = ask(o); g = 0; return s; })(make())"),
            "mozjs, by itself\n", "global 'g'[0] -> python: __main__.Widget")


HOLDERS = {
    "lua": ("last = {}; return { child = { last } }", "local xlgc = require 'xlgc'; return function(y) return y.child[1] end",
            "local xlgc = require 'xlgc'; return function(y) local x = y.child; y = nil; return xlgc.why(x) end",
            "last = nil", ".child[1] -> lua: table", ".child -> this object, which no other language knows"),
    "mozjs": ("var last = {}; ({ child: [last] })", "(function (y) { return y.child[0]; })",
              "(function (y) { var x = y.child; y = null; return xlgc.why(x); })", "last = null; 0",
              ".child[0] -> mozjs: Object", ".child -> this object, which no other language knows"),
    "duktape": ("var last = {}; ({ child: [last] })", "(function (y) { return y.child[0]; })",
                "(function (y) { var x = y.child; y = null; return xlgc.why(x); })", "last = null; 0",
                ".child[0] -> duktape: Object", ".child -> this object, which no other language knows"),
}


def held_by_another_export_of_its_engine():
    for name, engine in open_if_there(*HOLDERS):
        make, get, ask, drop, exported, own = HOLDERS[name]
        ask = engine.eval(ask)
        CACHE["held"] = engine.eval(make)
        inner = engine.eval(get)(CACHE["held"])
        engine.eval(drop)

        def why_of_a_local(box):
            object = box.pop()
            return xlgc.why(object)

        box = [inner]
        del inner
        gc.collect()
        xlgc.collect()
        beginning = "python, by itself\n", f"module __main__.CACHE['held'] -> {name}: "
        has(why_of_a_local(box), *beginning, exported)
        has(ask(CACHE["held"]), *beginning, own)
        CACHE.clear()
    widget = Widget()
    widget.child = Widget()
    widget.child.child = Widget()
    lua.eval("function hold(o) held = o end")
    lua.globals.hold(widget)
    inner = widget.child.child
    del widget
    gc.collect()
    xlgc.collect()

    def why_of_own(box):
        object = box.pop()
        return xlgc.why(object)

    box = [inner]
    del inner
    has(why_of_own(box), "lua, by itself\n", "global 'held' -> python: __main__.Widget\n",
        ".child.child -> this object, which no other language knows")
    lua.globals.held = None


def asking_holds_nothing():
    """Neither in a running call, nor in a generator; nor inside of the other languages."""
    def ask_in_a_call():
        mine = Widget()
        seen = weakref.ref(mine)
        xlgc.why(mine)
        del mine
        assert seen() is None

    def generate():
        mine = Widget()
        yield weakref.ref(mine)
        del mine
        yield

    ask_in_a_call()
    steps = generate()
    seen = next(steps)
    Registry.all.append(steps)
    xlgc.why(seen())
    next(steps)
    assert seen() is None
    Registry.all.clear()
    shown = locals()
    xlgc.why(Widget())
    assert shown["steps"] is steps, "the program's own dict of locals stays as it is"
    for name in "lua", "mozjs", "duktape":
        engine = xlgc.open(name)
        ask = engine.eval("local xlgc = require 'xlgc'; return function(o) return xlgc.why(o) end" if name == "lua"
                          else "(function (o) { return xlgc.why(o); })")
        left = []
        for _ in range(3):  # the first one leaves what the engine's functions are known by
            mine = engine.eval("return {}" if name == "lua" else "({})")
            own = Widget()
            for one in mine, own:
                has(xlgc.why(one), "by itself")
                has(ask(one), "by itself")
            del mine, own, one
            gc.collect()
            xlgc.collect()
            xlgc.collect()
            left.append(xlgc.stats()["objects"])
        assert left[2] == left[1], (name, left)
        engine.close()


def only_objects_are_held():
    for bad in ("xlgc.why(1)", "xlgc.why()"):
        try:
            lua.eval("local xlgc = require 'xlgc'; return " + bad)
        except xlgc.Error as error:
            has(str(error), "xlgc.why: only objects are held")
        else:
            assert False, bad


def engines_of_other_threads_are_not_looked_into():
    ready, done = threading.Event(), threading.Event()
    widget = Widget()

    def run():
        own = xlgc.open("lua")
        own.eval("function keep(o) kept = o end")
        own.globals.keep(widget)
        ready.set()
        done.wait()
        own.close()

    thread = threading.Thread(target=run)
    thread.start()
    ready.wait()
    answer = xlgc.why(widget)
    done.set()
    thread.join()
    has(answer, "lua, by itself\n")
    assert "global 'kept'" in answer or "(this thread may not look into it)" in answer, answer


if __name__ == "__main__":
    for test in (callback_that_captures_its_owner, cache_without_end, coroutine_that_is_suspended,
                 timer_that_was_forgotten, registry_that_is_global, chain_through_three_objects,
                 ways_inside_python, ways_inside_javascript, modules_of_javascript, calls_in_progress,
                 held_by_another_export_of_its_engine, asking_holds_nothing, only_objects_are_held, engines_of_other_threads_are_not_looked_into):
        test()
        print(test.__name__)
