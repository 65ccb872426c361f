# What Python holds stays, whatever holds it, and goes when that lets go: a ring of an object and a managed object, held
# by either. Runs in a stock interpreter, too.
import collections
import contextvars
import functools
import gc
import itertools
import operator
import sys
import types
import weakref

import _thread
import xlgc


class Node:
    def method(self):
        return self


def ring():
    node, managed = Node(), xlgc.new()
    node.managed, managed.node = managed, node
    return node, managed


def settle():
    gc.collect()
    xlgc.collect()
    xlgc.collect()


def check(hold):
    for which in range(2):
        pair = ring()
        watch = weakref.ref(pair[0])
        holder = hold(pair[which])
        del pair
        settle()
        assert watch() is not None, "lost"
        assert watch().managed.node is watch()
        settle()
        assert watch() is not None, "lost later"
        let_go = getattr(holder, "let_go", None)
        if let_go:
            let_go()
        del holder, let_go
        settle()
        assert watch() is None, "kept"


class Until:
    def __init__(self, let_go):
        self.let_go = let_go


def test_global():
    def hold(x):
        globals()["held"] = x
        return Until(lambda: globals().pop("held"))

    check(hold)


def test_containers():
    check(lambda x: x)
    check(lambda x: (x,))
    check(lambda x: (1, (2, (3, x))))
    check(lambda x: [[[x]]])
    check(lambda x: {1: x})
    check(lambda x: {x: 1})
    check(lambda x: {x})
    check(lambda x: frozenset([x]))
    check(lambda x: collections.deque([x]))
    check(lambda x: collections.OrderedDict(a=x))
    check(lambda x: collections.defaultdict(lambda: x))
    check(lambda x: collections.ChainMap({}, {1: x}))
    check(lambda x: types.MappingProxyType({1: x}))
    check(lambda x: types.SimpleNamespace(x=x))
    check(lambda x: slice(x))
    check(lambda x: types.GenericAlias(list, (x,)))


def test_containers_after_python_has_looked_at_them():
    def looked_at(made):
        for _ in range(3):
            gc.collect()
        assert gc.is_tracked(made)
        return made

    check(lambda x: looked_at((x,)))
    check(lambda x: looked_at({1: x}))
    check(lambda x: looked_at(((x,),)))


def test_instances():
    class Slots:
        __slots__ = ("x", "__weakref__")

    class Dict(dict):
        pass

    class List(list):
        pass

    class Text(str):
        pass

    class Number(int):
        pass

    def with_attribute(made):
        def hold(x):
            held = made()
            held.x = x
            return held

        return hold

    for made in Slots, Dict, List, Text, Number, Node, Exception, lambda: functools.partial(print), lambda: lambda: 0:
        check(with_attribute(made))

    def with_many(x):
        held = Node()
        for i in range(100):
            setattr(held, "a%d" % i, i)
        held.x = x
        return held

    check(with_many)
    check(lambda x: collections.namedtuple("Pair", "a b")(1, x))


def test_classes():
    check(lambda x: type("Made", (), {"x": x}))
    check(lambda x: type("Made", (), {"x": x})())
    check(lambda x: type("Meta", (type,), {"x": x})("Made", (), {}))
    check(lambda x: type("Made", (), {"p": property(lambda self: x)}))
    check(lambda x: staticmethod(lambda: x))
    check(lambda x: classmethod(lambda c: x))
    check(lambda x: super(Node, x) if isinstance(x, Node) else x)


def test_modules():
    def hold(x):
        sys.modules["held_here"] = module = types.ModuleType("held_here")
        module.x = x
        return Until(lambda: sys.modules.pop("held_here"))

    check(hold)


def test_functions():
    def closure(x):
        return lambda: x

    def nested(x):
        def one():
            def two():
                return x

            return two

        return one()

    def default(x):
        def function(y=x):
            pass

        return function

    def keyword_default(x):
        def function(*, y=x):
            pass

        return function

    def attribute(x):
        def function():
            pass

        function.x = x
        return function

    def constant(x):
        def function():
            return 12345

        code = function.__code__
        consts = tuple(x if c == 12345 else c for c in code.co_consts)
        return code.replace(co_consts=consts)

    for hold in closure, nested, default, keyword_default, attribute, constant:
        check(hold)
    check(lambda x: [x].append)
    check(lambda x: x.method if isinstance(x, Node) else x)
    check(lambda x: functools.partial(print, x))
    check(lambda x: functools.partial(print, y=x))
    check(lambda x: operator.itemgetter(x))
    check(lambda x: operator.methodcaller("a", x))

    def cached(x):
        @functools.lru_cache
        def function(n):
            return x if n else None

        function(0)
        return function

    check(cached)

    def result_of_cache(x):
        @functools.lru_cache
        def function(n):
            return n

        function(x)
        return function

    check(result_of_cache)


def test_iterators():
    check(lambda x: iter([x]))
    check(lambda x: iter((x,)))
    check(lambda x: iter({x: 1}))
    check(lambda x: iter({1: x}.items()))
    check(lambda x: {1: x}.values())
    check(lambda x: reversed([x]))
    check(lambda x: zip([x]))
    check(lambda x: map(str, [x]))
    check(lambda x: filter(None, [x]))
    check(lambda x: enumerate([x]))
    check(lambda x: itertools.chain([x]))
    check(lambda x: itertools.cycle([x]))
    check(lambda x: itertools.repeat(x))
    check(lambda x: itertools.tee([x]))
    check(lambda x: iter(lambda: x, 1))
    check(lambda x: collections.deque([x]).__iter__())


def test_suspended():
    def generator(x):
        def generate(y):
            yield 1
            yield y

        made = generate(x)
        next(made)
        return made

    def not_started(x):
        def generate(y):
            yield y

        return generate(x)

    def on_its_stack(x):
        def generate(y):
            yield [y, (yield 1)]

        made = generate(x)
        next(made)
        return made

    def delegating(x):
        def inner(y):
            yield 1
            yield y

        def outer(y):
            yield from inner(y)

        made = outer(x)
        next(made)
        return made

    def expression(x):
        made = (y for y in [1, 2, x])
        next(made)
        return made

    class Wait:
        def __await__(self):
            yield

    def coroutine(x):
        async def run(y):
            await Wait()
            return y

        made = run(x)
        made.send(None)
        return Until(made.close)

    def async_generator(x):
        async def generate(y):
            await Wait()
            yield y

        async def run(z):
            async for _ in generate(z):
                pass

        made = run(x)
        made.send(None)
        return Until(made.close)

    for hold in generator, not_started, on_its_stack, delegating, expression, coroutine, async_generator:
        check(hold)


def test_exceptions_and_frames():
    def traceback(x):
        def fail(y):
            z = y
            raise ValueError

        try:
            fail(x)
        except ValueError as error:
            # the frame of `traceback` itself holds x
            return error.with_traceback(error.__traceback__.tb_next)

    def frame(x):
        def look(y):
            return sys._getframe()

        return look(x)

    def arguments(x):
        return ValueError(x)

    def context(x):
        try:
            try:
                raise KeyError(x)
            except KeyError:
                raise ValueError
        except ValueError as error:
            return error.with_traceback(None)

    check(traceback)
    check(frame)
    check(arguments)

    def plain_context(x):
        error = ValueError()
        error.__context__ = KeyError(x)
        return error

    check(plain_context)
    check(lambda x: Exception(Exception(x)))


def test_threads():
    def local(x):
        held = _thread._local()
        held.x = x
        return held

    check(local)

    def context(x):
        variable = contextvars.ContextVar("held")
        token = variable.set(x)
        return Until(lambda: variable.reset(token))

    def other_context(x):
        variable = contextvars.ContextVar("held")
        made = contextvars.Context()
        made.run(variable.set, x)
        return made

    check(other_context)

    def running(x):
        ready, go, gone = [_thread.allocate_lock() for _ in range(3)]
        for lock in ready, go, gone:
            lock.acquire()

        def run(y):
            ready.release()
            go.acquire()
            del y
            gone.release()

        others = _thread._count()
        _thread.start_new_thread(run, (x,))
        ready.acquire()

        def let_go():
            import time

            go.release()
            gone.acquire()
            while _thread._count() > others:  # it lets go of its arguments before it is not counted any more
                time.sleep(0.001)

        return Until(let_go)

    check(running)


def test_what_does_not_say_what_it_holds():
    # Code objects are unknown to Python's collector, and so are these.
    check(lambda x: (lambda code: code.replace(co_consts=(x,)))((lambda: 0).__code__))

    class Bytes(bytearray):
        pass

    def view(x):
        held = Bytes(b"12")
        held.x = x
        return memoryview(held)

    check(view)


def test_weak_references_do_not_hold():
    node, managed = ring()
    called = []
    watch = weakref.ref(node, lambda _: called.append(1))
    of_proxy = weakref.ref(managed, lambda _: called.append(2))
    values = weakref.WeakValueDictionary({1: node, 2: managed})
    assert of_proxy() is managed and values[2] is managed
    del node, managed
    gc.collect()
    assert watch() is not None  # Python alone cannot see it
    settle()
    assert watch() is None and of_proxy() is None and len(values) == 0
    assert sorted(called) == [1, 2]


def test_frozen():
    for which in range(2):
        pair = ring()
        watch = weakref.ref(pair[0])
        held = [pair[which]]
        del pair
        gc.freeze()
        settle()
        assert watch() is not None
        held = (held,)
        settle()
        assert watch() is not None
        # Also what is frozen goes when it was held by nothing else.
        del held
        settle()
        assert watch() is None, "kept"
        gc.unfreeze()


def test_a_frozen_holder_of_what_is_new():
    holder = Node()
    gc.freeze()
    holder.pair = ring()
    watch = weakref.ref(holder.pair[0])
    settle()
    assert watch() is not None
    del holder.pair
    settle()
    assert watch() is None
    gc.unfreeze()


def test_collector_switched_off():
    node, managed = ring()
    watch = weakref.ref(node)
    node.self = node
    gc.disable()
    try:
        del node, managed
        settle()
        assert watch() is None
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_running_frames():
    def at_depth(depth, x, watch):
        if depth:
            return at_depth(depth - 1, x, watch)
        del x
        settle()
        return watch() is not None

    for which in range(2):
        for depth in 0, 1, 2, 5, 50, 200:
            pair = ring()
            watch = weakref.ref(pair[0])

            def outer(held):
                inside = held.pop()
                return at_depth(depth, None, watch), inside is not None

            box = [pair[which]]
            del pair
            assert outer(box) == (True, True), depth
            settle()
            assert watch() is None, depth


def test_running_in_other_ways():
    def collects(*unused):
        settle()
        return watch() is not None

    for way in range(7):
        pair = ring()
        watch = weakref.ref(pair[0])
        box = [pair[way % 2]]
        del pair
        if way == 0:  # on the stack of a call's arguments
            assert (lambda x, y: y)(box.pop(), collects())
        elif way == 1:
            assert [box.pop(), collects()][1]
        elif way == 2:
            assert [collects() for x in [box.pop()]] == [True]
        elif way == 3:

            def generate(x):
                del x
                yield collects()

            def hold(x):
                for y in generate(None):
                    yield y

            assert list(hold(box.pop())) == [True]
        elif way == 4:
            try:
                raise ValueError(box.pop())
            except ValueError:
                assert collects()
        elif way == 5:

            class Made:
                x = box.pop()
                seen = collects()

            assert Made.seen
            del Made
        elif way == 6:
            assert sorted([1], key=functools.partial(collects, box.pop())) == [1]
            assert True
        settle()
        assert watch() is None, way


def test_what_a_finalizer_finds():
    found = []

    class Finalized(Node):
        def __del__(self):
            found.append(self.managed.number)

    # Garbage for Python's collector, and for nobody else.
    managed = xlgc.new(number=7)
    node = Finalized()
    node.managed, node.self = managed, node
    del node, managed
    xlgc.collect()
    assert found == [7]


def test_a_finalizer_that_takes_hold():
    class Finalized(Node):
        def __del__(self):
            saved.append(self)

    for _ in range(3):
        saved = []
        node = Finalized()
        node.self, node.managed = node, xlgc.new(number=8)
        node.managed.node = node
        del node
        settle()
        assert len(saved) == 1
        try:
            assert saved[0].managed.number == 8
        except ReferenceError:
            pass
        saved.clear()
        settle()


def test_weak_callback_takes_the_same_object():
    managed = xlgc.new(number=1)
    xlgc.shared.managed = managed
    taken = []
    watch = weakref.ref(managed, lambda _: taken.append(xlgc.shared.managed))
    del managed
    assert watch() is None
    assert taken[0] is xlgc.shared.managed and taken[0].number == 1
    del xlgc.shared.managed
