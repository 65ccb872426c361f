# Engines that are opened and closed: at the end of a with statement and of a Lua block, with errors, by themselves, and
# many of them. Runs in a stock interpreter, too.
import gc
import threading
import weakref

import xlgc

ENGINES = "lua", "duktape", "mozjs"
OBJECT = {"lua": "return {}", "duktape": "({})", "mozjs": "({})"}


def fails(error, words, function, *arguments):
    try:
        function(*arguments)
    except error as caught:
        assert words in str(caught), caught
    else:
        raise AssertionError("no " + error.__name__)


def use(engine):
    with engine:
        pass


def test_the_end_of_a_with_statement_closes():
    for name in ENGINES:
        with xlgc.open(name) as engine:
            one = engine.eval(OBJECT[name])
            assert xlgc.alive(one)
        fails(ReferenceError, "gone", lambda: engine.eval("1"))
        assert not xlgc.alive(one)


def test_an_error_goes_through():
    class Mine(Exception):
        pass

    for name in ENGINES:
        try:
            with xlgc.open(name) as engine:
                raise Mine
        except Mine:
            fails(ReferenceError, "gone", lambda: engine.eval("1"))


def test_what_is_closed_already():
    for name in ENGINES:
        with xlgc.open(name) as engine:
            engine.close()
        with xlgc.open(name) as engine:
            pass
        fails(ReferenceError, "gone", use, engine)


def test_other_objects():
    lua = xlgc.open("lua")
    fails(TypeError, "no 'close'", use, lua.eval("return {}"))
    closed = lua.eval("closed = 0; return {close = function(self) closed = closed + (self and 1 or 10) end}")
    with closed as same:
        assert same is closed
    assert lua.globals.closed == 10
    fails(xlgc.Error, "oh", use, lua.eval("return {close = function() error('oh', 0) end}"))


class Closes:
    def __init__(self):
        self.count = 0

    def close(self):
        self.count += 1


def test_the_end_of_a_lua_block_closes():
    with xlgc.open("lua") as lua:
        block = lua.eval("return function(x) do local one <close> = x end return 'over' end")
        one = Closes()
        assert block(one) == "over" and one.count == 1
        fails(xlgc.Error, "no function 'close'", block, xlgc.new())
        failing = lua.eval("return function(x) local one <close> = x; error('oh', 0) end")
        fails(xlgc.Error, "oh", failing, one)
        assert one.count == 2
        for name in "duktape", "mozjs":
            engine = xlgc.open(name)
            block(engine)
            fails(ReferenceError, "gone", lambda: engine.eval("1"))
        closing = lua.eval("return function(x) do local one <close> = x; x.close() end return 'over' end")
        assert closing(xlgc.open("duktape")) == "over"


def resident():
    gc.collect()
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4


# One after the other, each with a ring that it leaves.
def test_many_leave_memory_flat():
    def open_and_close(name):
        with xlgc.open(name) as engine:
            mine = [engine.eval(OBJECT[name])]
            mine[0].mine = mine

    def grow(name, count):
        before = resident()
        for i in range(count):
            open_and_close(name)
        return resident() - before

    # What is left behind makes memory grow each time; an engine's own heap may once.
    for name in ENGINES:
        grow(name, 60)
        growths = []
        while not growths or growths[-1] >= 1024:
            growths.append(grow(name, 200))
            assert len(growths) < 5, "%s: KiB more each time: %s" % (name, growths)


# Several of one language at once, each with names of its own; they may hold and call each other's objects.
def test_several_at_once():
    for name in ENGINES:
        engines = [xlgc.open(name) for i in range(4)]
        for i, engine in enumerate(engines):
            engine.eval("mine = %d" % i)
        assert [engine.globals.mine for engine in engines] == [0, 1, 2, 3]
        for one, other in zip(engines, engines[1:]):
            one.globals.other, other.globals.before = other.globals, one.globals
        assert engines[0].globals.other.other.other.mine == 3
        assert engines[0].globals.other.before is engines[0].globals
        engines[1].close()
        fails(ReferenceError, "gone", lambda: engines[0].globals.other.mine)
        assert engines[2].globals.other.mine == 3
        # Rings through them are garbage as any.
        for i in range(100):
            a, b = engines[0].eval(OBJECT[name]), engines[3].eval(OBJECT[name])
            a.b, b.a = b, a
        del a, b
        xlgc.collect()
        before = xlgc.stats()["objects"]
        for i in range(100):
            a, b = engines[0].eval(OBJECT[name]), engines[3].eval(OBJECT[name])
            a.b, b.a = b, a
        del a, b
        xlgc.collect()
        assert xlgc.stats()["objects"] == before, name
        for engine in engines[0], engines[2], engines[3]:
            engine.close()


class Holder:
    """Holds an engine, which holds it."""

    def __init__(self, name):
        self.engine = xlgc.open(name)
        self.engine.globals.holder = self


RETURNS_HOLDER = {"lua": "return function() return holder end"}


# A ring through an engine's own globals: the engine ends when nothing outside of the ring reaches it.
def test_an_engine_that_only_its_own_objects_hold_ends():
    for name in ENGINES:
        holder = Holder(name)
        seen = weakref.ref(holder)
        other = Holder(name)
        del holder
        xlgc.collect()
        assert seen() is None, name
        xlgc.collect()
        assert other.engine.globals.holder is other
        # Any of its objects holds all of it.
        function = other.engine.eval(RETURNS_HOLDER.get(name, "(function () { return holder; })"))
        seen = weakref.ref(other)
        del other
        xlgc.collect()
        xlgc.collect()
        assert function() is seen()
        xlgc.shared.function = function
        del function
        xlgc.collect()
        assert xlgc.shared.function() is seen()
        del xlgc.shared.function
        xlgc.collect()
        xlgc.collect()
        assert seen() is None, name


def test_engines_that_only_hold_each_other_end():
    for name in ENGINES:
        for other in ENGINES:
            one, two = Holder(name), Holder(other)
            one.engine.globals.other, two.engine.globals.other = two.engine.globals, one
            seen = [weakref.ref(one), weakref.ref(two)]
            function = two.engine.eval(RETURNS_HOLDER.get(other, "(function () { return holder; })"))
            del one, two
            xlgc.collect()
            xlgc.collect()
            assert function() is seen[1]() and seen[1]().engine.globals.other is seen[0](), (name, other)
            assert seen[0]().engine.globals.other.holder is seen[1](), (name, other)
            del function
            xlgc.collect()
            xlgc.collect()
            assert [one() for one in seen] == [None, None], (name, other)


# An engine that another has opened ends with that: so long as it is in use, neither ends.
def test_an_engine_stays_for_what_it_has_opened():
    for name in ENGINES:
        holder = Holder("lua")
        seen = weakref.ref(holder)
        inner = holder.engine.eval("xlgc_inner = require('xlgc').open('%s'); return xlgc_inner" % name)
        del holder
        xlgc.collect()
        xlgc.collect()
        assert seen() and inner.eval({"lua": "return 6 * 7"}.get(name, "6 * 7")) == 42, name
        del inner
        xlgc.collect()
        xlgc.collect()
        assert seen() is None, name


# In the middle of a call it stays, though the caller has let go of all of it.
def test_an_engine_that_runs_stays():
    for name in ENGINES:
        holder = Holder(name)
        calls = {"lua": "return function(f) f(); return holder end"}
        function = holder.engine.eval(calls.get(name, "(function (f) { f(); return holder; })"))
        seen = weakref.ref(holder)
        once = [function]
        del holder, function

        def collect():
            xlgc.collect()
            xlgc.collect()

        assert once.pop()(collect) is seen(), name
        xlgc.collect()
        xlgc.collect()
        assert seen() is None, name


# By collections that come by themselves, too: when one is over is the machine's affair.
def test_rings_through_engines_go_by_themselves():
    for name in ENGINES:
        before = xlgc.collector()["pause"]
        xlgc.collector(pause=1, share=0)
        seen = []
        while all(one() for one in seen):
            assert len(seen) < 1000, name
            seen.append(weakref.ref(Holder(name)))
        xlgc.collector(pause=before)
        xlgc.collect()
        xlgc.collect()
        assert not any(one() for one in seen), name


# One inside the call of another, while a third stays open.
def test_many_inside_leave_memory_flat():
    for name in ENGINES:
        with xlgc.open(name) as outer:
            text = {"lua": "return function(f) return f() end"}.get(name, "(function (f) { return f(); })")
            call = outer.eval(text)

            def inside():
                with xlgc.open(name) as engine:
                    return call(lambda: engine.eval({"lua": "return 6 * 7"}.get(name, "6 * 7")))

            for i in range(60):
                assert call(inside) == 42
            before = resident()
            for i in range(400):
                assert call(inside) == 42
            after = resident()
            assert after - before < 2048, "%s: %d KiB more" % (name, after - before)


def test_again_on_other_threads():
    for name in ENGINES:
        said = []

        def run():
            with xlgc.open(name) as engine:
                said.append(xlgc.alive(engine.eval(OBJECT[name])))

        for i in range(8):
            thread = threading.Thread(target=run)
            thread.start()
            thread.join()
        assert said == [True] * 8, name
