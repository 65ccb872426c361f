# Rings through Python objects of every shape go by collections that come by themselves, whatever else there is in Python;
# and what is held by any of these shapes stays.
import collections
import functools
import sys
import types
import weakref

import xlgc

N = 200

lua = xlgc.open("lua")
new_table = lua.eval("return function() return {number = 7} end")
nothing = lua.eval("return function() end")


class Plain:
    pass


class Slots:
    __slots__ = ("t",)


def instance(t):
    o = Plain()
    o.t = t
    return o


def slots(t):
    o = Slots()
    o.t = t
    return o


def key(t):
    return {instance(t): 1}


def closure(t):
    return lambda: t


def default(t):
    def function(t=t):
        return t

    return function


def method(t):
    return instance(t).__eq__


def generator(t):
    def run():
        yield 1
        yield t

    g = run()
    next(g)
    return g


def coroutine(t):
    async def run():
        await wait(t)

    @types.coroutine
    def wait(t):
        yield t

    c = run()
    c.send(None)
    return instance(c)


def local_class(t):
    class Local:
        table = t

    return Local


def local_instance(t):
    class Local:
        pass

    o = Local()
    o.t = t
    o.mine = Local
    return o


def inherited(t):
    class Named(Plain):
        table = property(lambda self: t)

    return Named()


def fresh_module(t):
    module = types.ModuleType("fresh")
    module.t = t
    return module


def namespace(t):
    names = {"t": t}
    exec("def function(): return t", names)
    return names["function"]


def error(t):
    try:
        raise ValueError(t)
    except ValueError as caught:
        return instance(caught)


def callback(t):
    o = Plain()
    o.heard = weakref.ref(o, lambda _: t)
    return o


SHAPES = [
    instance, slots, key, closure, default, method, generator, coroutine, local_class, local_instance, inherited,
    fresh_module, namespace, error, callback, lambda t: [t], lambda t: (1, (2, t)), lambda t: {"t": t},
    lambda t: {instance(t)}, lambda t: collections.deque([t]), lambda t: functools.partial(print, t),
    lambda t: iter([t, t]), lambda t: memoryview(b"1") and types.SimpleNamespace(t=t),
]


def make_ring(shape):
    t = new_table()
    o = shape(t)
    t.x = o
    return o


# A ring of Lua's needs its collector, too, which is charged little by little.
def settle(collections=20):
    last = xlgc.stats()["host_collections"] + collections
    for _ in range(100000):
        nothing()
        if xlgc.stats()["host_collections"] >= last:
            return
    raise AssertionError("no collection comes")


def objects():
    return xlgc.stats()["objects"]


def by_itself():
    xlgc.collector(pause=1, share=0, max_age=1e-9, step_size=1)


def test_rings_of_every_shape_go():
    by_itself()
    import gc

    for number, shape in enumerate(SHAPES):
        settle()
        before = objects()
        for _ in range(N):
            make_ring(shape)
        gc.collect()  # some shapes make garbage of Python's own, such as tracebacks
        settle()
        assert objects() - before <= 4, f"{number} {shape}: {objects() - before} objects left of {2 * N}"


def test_what_is_held_stays():
    by_itself()
    for number, shape in enumerate(SHAPES):
        t = new_table()
        o = shape(t)
        of_t = weakref.ref(t)
        t.x = o  # only o, in a variable here, holds the table
        del t
        settle()
        assert of_t() is not None and of_t().number == 7, f"{number} {shape}"
        del o
    unknown = [new_table() for _ in range(50)]  # nothing that was exported reaches them
    settle()
    assert [t.number for t in unknown] == [7] * 50
    t = new_table()
    t.all = [shape(t) for shape in SHAPES]
    kept, tables = t.all, [t]
    del t
    settle(20)
    assert [tables[0].all is kept] == [True] and len(kept) == len(SHAPES)


def web(count):
    return [{"a": i, "b": [i]} for i in range(count)]


def ring_with(shared):
    t = new_table()
    o = Plain()
    o.t, o.shared = t, shared
    t.x = o
    return o


# All exports reach a large part of the heap, which a module's name or a frame holds.
def large(hold):
    settle()
    before = objects()
    for _ in range(N):
        ring_with(hold)
    live = ring_with(hold)
    for _ in range(40):
        settle(1)
        if objects() - before <= 6:
            break
    assert objects() - before <= 6, f"{objects() - before} objects left of {2 * N}"
    assert live.t.number == 7


def test_large_heaps_of_a_module():
    module = sys.modules["large"] = types.ModuleType("large")
    try:
        by_itself()
        module.big = web(200000)
        large(module.big)
    finally:
        del sys.modules["large"]


# Each collection that there is none of costs time, and may look at twice as much as the one before.
def test_large_heaps_of_a_frame():
    xlgc.collector(step_size=20)
    large(web(100000))
