"""xlgc.why: five leaks in the shape that people report, through two languages each, and what the answer must say of them;
and what it says of all else. Run as a program, as names of its globals are in the answers."""

import gc
import sched
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
                 ways_inside_python, asking_holds_nothing, only_objects_are_held, engines_of_other_threads_are_not_looked_into):
        test()
        print(test.__name__)
