# Python uses Python's objects through another engine: mirror(x) is an object of a toy engine that does what x does, so
# that each step crosses twice, once with Python as the caller and once as the owner.
import collections
import collections.abc
import gc
import operator
import types
import weakref

import xlgc


def raises(kind, function, words=None):
    try:
        function()
    except kind as error:
        assert type(error) is kind, type(error)
        if words is not None:
            assert str(error) == words, str(error)
        return error
    raise AssertionError("no " + kind.__name__)


class Thing:
    limit = 5

    def __init__(self, x=0):
        self.x = x

    def double(self):
        return 2 * self.x

    def __str__(self):
        return "thing %r" % self.x


def test_attributes():
    thing = Thing(3)
    m = mirror(thing)
    assert m.x == 3 and m.limit == 5 and m["x"] == 3
    m.x = 4
    assert thing.x == 4
    m["x"] = 5
    assert thing.x == 5
    m.new = m
    assert thing.new is m and m.new is m
    del m.new
    assert not hasattr(thing, "new") and not hasattr(m, "new")
    raises(AttributeError, lambda: delattr(m, "new"))
    raises(AttributeError, lambda: m.nothing)
    raises(KeyError, lambda: m["nothing"])
    assert getattr(m, "_private", 1) == 1
    m._private = 2
    assert thing._private == 2
    assert m.double() == 10  # comes home as Python's own bound method
    assert mirror(Thing).limit == 5
    assert mirror(types).SimpleNamespace is types.SimpleNamespace

    class Strict:
        __slots__ = ("a",)

        @property
        def fails(self):
            raise ValueError("on purpose")

    raises(xlgc.Error, lambda: setattr(mirror(Strict()), "b", 1))
    raises(xlgc.Error, lambda: mirror(Strict()).fails, "ValueError: on purpose")
    raises(AttributeError, lambda: mirror(Strict()).a)


def test_special_names_are_the_proxys():
    m = mirror([1])
    assert m.__class__ is xlgc.Proxy and m.__doc__ == xlgc.Proxy.__doc__
    raises(AttributeError, lambda: m.__add__)
    raises(AttributeError, lambda: m.__wrapped__)
    thing = mirror(types.SimpleNamespace(__a=1, a__=2, __=3, _____=4))
    assert getattr(thing, "__a") == 1 and thing.a__ == 2 and getattr(thing, "__") == 3
    assert not isinstance(m, list)


def test_items():
    items = [1, 2, 3]
    m = mirror(items)
    assert m[0] == 1 and m[1] == 2 and m[-1] == 3 and len(m) == 3
    m[1] = 5
    assert items == [1, 5, 3]
    del m[0]
    assert items == [5, 3]
    raises(IndexError, lambda: m[9])
    raises(AttributeError, lambda: m.nothing)
    raises(KeyError, lambda: m["nothing"])
    assert m[slice(0, 1)] == [5]
    raises(xlgc.Error, lambda: m[1.5])
    m.append(7)
    assert items[-1] == 7
    assert mirror((1, 2))[1] == 2 and mirror("never") == "never"
    assert mirror(range(5))[2] == 2


def test_mappings():
    table = {"a": 1, 5: "five", None: "none", (1, 2): "pair", b"x": "bytes", 1.5: "half"}
    m = mirror(table)
    assert m.a == 1 and m["a"] == 1 and m[5] == "five" and m[None] == "none" and m[b"x"] == "bytes" and m[1.5] == "half"
    assert m[(1, 2)] == "pair"
    assert m.keys is not None  # an attribute, when there is no such item
    m.keys = 7
    assert table["keys"] == 7 and m.keys == 7
    del m.keys
    assert "keys" not in table
    m.b = 2
    m["c"] = 3
    assert table["b"] == 2 and table["c"] == 3
    raises(AttributeError, lambda: m.nothing)
    raises(AttributeError, lambda: delattr(m, "nothing"))
    raises(KeyError, lambda: m["nothing"])
    raises(IndexError, lambda: m[77])
    raises(xlgc.Error, lambda: mirror({})[[]], "TypeError: unhashable type: 'list'")
    for kind in collections.OrderedDict, collections.UserDict, collections.Counter, collections.ChainMap:
        m = mirror(kind())
        m.x = 1
        assert m["x"] == 1 and list(m) == ["x"]

    class Own(collections.abc.Mapping):
        def __getitem__(self, key):
            return {"keys": 1, "b": 2}[key]

        def __iter__(self):
            return iter(["keys", "b"])

        def __len__(self):
            return 2

    m = mirror(Own())
    assert m.keys == 1 and m.b == 2 and dict(xlgc.items(m)) == {"keys": 1, "b": 2}
    assert mirror(types.MappingProxyType({"a": 1})).a == 1
    raises(xlgc.Error, lambda: setattr(mirror(types.MappingProxyType({})), "a", 1))


def test_looking_makes_nothing():
    class Own(dict):
        def __missing__(self, key):
            self[key] = 1
            return 1

    class Wrapped(collections.UserDict):
        def __missing__(self, key):
            self.data[key] = 1
            return 1

    for table in collections.Counter(a=2), collections.defaultdict(list, a=2), Own(a=2), Wrapped(a=2):
        before, m = dict(table), mirror(table)
        assert m.a == 2 and m["a"] == 2 and "a" in m and "nothing" not in m
        raises(AttributeError, lambda: m.nothing)
        raises(KeyError, lambda: m["nothing"])
        raises(IndexError, lambda: m[77])
        assert m.items is not None
        assert dict(table) == before
    assert mirror(collections.Counter("aab")).most_common(1)[0][0] == "a"


def test_attribute_before_item():
    class Both:
        attribute = 1

        def __getitem__(self, key):
            if key == "item":
                return 2
            raise KeyError(key)

    m = mirror(Both())
    assert m.attribute == 1 and m.item == 2 and m["item"] == 2 and m["attribute"] == 1
    raises(AttributeError, lambda: m.neither)
    # A class is no container of what its brackets make.
    raises(AttributeError, lambda: mirror(list).nothing)
    assert mirror(dict)[1] == dict[1]


def test_values_cross():
    def same(x):
        return x

    m = mirror(same)
    for value in (None, True, False, 0, -1, 2**53, 2**63 - 1, -(2**63), 2**63, -(2**63) - 1, 2**1000, 0.5, -0.0, 1e308, float("inf"), "", "ä", "a\0b",
                  "\U0001f600", "\ud800", b"", b"\xff\0"):
        back = m(value)
        assert back == value and type(back) is type(value) and repr(back) == repr(value)
    for value in [1], (1,), {}, {1}, object(), Thing, Thing(), same, m, mirror, xlgc, 1j:
        assert m(value) is value
    assert m(float("nan")) != m(float("nan"))
    for value in bytearray(b"x"), memoryview(bytearray(b"x")):
        assert m(value) is value
    assert m(memoryview(b"ab")) == b"ab" and type(m(memoryview(b"ab"))) is bytes

    class Text(str):
        pass

    assert type(m(Text("a"))) is str
    import enum

    assert m(enum.IntEnum("E", "a").a) == 1 and type(m(enum.IntEnum("E", "a").a)) is int
    raises(UnicodeEncodeError, lambda: m("\ud83d\ude00"))
    raises(xlgc.Error, mirror(lambda: "\ud83d\ude00"))


def test_calls():
    def function(*arguments):
        return list(arguments)

    m = mirror(function)
    assert callable(m) and type(m) is not xlgc.Proxy and isinstance(m, xlgc.Proxy)
    assert m() == [] and m(1) == [1] and m(1, "a", None) == [1, "a", None]
    assert m(*range(100)) == list(range(100))
    raises(TypeError, lambda: m(a=1))
    assert mirror(lambda: (1, 2))() == (1, 2)
    assert mirror(lambda: None)() is None
    thing = mirror(Thing)(8)
    assert type(thing) is Thing and thing.x == 8
    raises(xlgc.Error, lambda: mirror(lambda: 1)(1, 2))
    assert not callable(mirror(Thing()))
    raises(TypeError, lambda: mirror(Thing())())
    assert list(map(mirror(lambda x: x + 1), [1, 2])) == [2, 3]
    assert sorted([3, 1, 2], key=mirror(lambda x: -x)) == [3, 2, 1]


def test_several_results():
    assert several(0) is None
    assert several(1) == 0
    assert several(2) == (0, 1)
    assert several(5) == (0, 1, 2, 3, 4)


def test_methods():
    function = mirror(lambda *arguments: arguments)
    m = mirror({"f": function, "g": mirror(lambda: 1)})
    method = m.f
    assert type(method).__name__ == "Method" and callable(method)
    assert method.__func__ is function and method.__self__ is m
    assert m.f == method and m.f is not method and hash(m.f) == hash(method) and m.f != m.g and m["f"] == method
    assert not (method == 1) and method != function
    raises(TypeError, lambda: method < method)
    assert method(1, 2) == (1, 2) and last_self() is m
    assert function(1) == (1,) and last_self() is None
    assert m.f() == () and last_self() is m
    assert "xlgc method" in repr(method)
    raises(TypeError, lambda: method(a=1))
    # One that is stored elsewhere goes on being bound.
    other = mirror(method)
    assert other(5) == (5,) and last_self() is m
    # From a managed object it is the plain proxy, and without the trait too.
    assert xlgc.new(f=function).f is function
    plain = mirror(lambda: 1, 1)
    assert mirror({"f": plain}).f is plain and callable(plain)
    assert {method: 1}[m.f] == 1


def test_errors():
    def fail(error):
        def function(*unused):
            raise error

        return mirror(function)

    raises(xlgc.Error, fail(ValueError("some words")), "ValueError: some words")
    raises(xlgc.Error, fail(ValueError()), "ValueError")
    raises(xlgc.Error, fail(KeyError("k")), "KeyError: 'k'")
    raises(KeyboardInterrupt, fail(KeyboardInterrupt()))
    assert raises(SystemExit, fail(SystemExit(3))).code == 3
    raises(MemoryError, fail(MemoryError()))
    raises(xlgc.Error, fail(xlgc.Error("x")), "x")
    raises(xlgc.Error, fail(ValueError("a\ud800b")), "ValueError: a\\ud800b")
    raises(xlgc.Error, fail(ValueError("ä" * 5000)), "ValueError: " + "ä" * 5000)
    raises(xlgc.Error, fail(StopIteration(1)), "StopIteration: 1")

    class Bad(Exception):
        def __str__(self):
            raise RuntimeError

    raises(xlgc.Error, fail(Bad()), "Bad")
    raises(xlgc.Error, fail(Thing.__class__("Made", (Exception,), {})("y")), "Made: y")
    try:
        fail(ValueError("z"))()
    except RuntimeError as error:
        assert type(error) is xlgc.Error
    raises(xlgc.LengthError, lambda: len(bare()), "length?")
    for words in ("iterate?", lambda: iter(bare())), ("get?", lambda: bare().x):
        raises(xlgc.Error, words[1], words[0])
    # Python goes on as before.
    assert mirror(lambda: 1)() == 1


def test_codes():
    raises(MemoryError, lambda: fails(-1))
    raises(ReferenceError, lambda: fails(-3))
    raises(xlgc.Error, lambda: fails(-11))
    # The host is closed from within a call that Python makes.
    assert "call again" in str(raises(xlgc.Error, lambda: fails(1)))
    assert xlgc.new(a=1).a == 1


def test_length_and_truth():
    assert len(mirror([])) == 0 and len(mirror({1: 2})) == 1 and len(mirror(range(10**6))) == 10**6
    raises(xlgc.LengthError, lambda: len(mirror(Thing())), "TypeError: object of type 'Thing' has no len()")
    assert issubclass(xlgc.LengthError, xlgc.Error) and issubclass(xlgc.LengthError, TypeError)
    assert bool(mirror([])) is True and bool(mirror(Thing())) is True


def test_iteration():
    assert list(mirror([1, "a", None])) == [1, "a", None]
    assert list(mirror({"a": 1, 2: 3})) == ["a", 2]
    assert list(xlgc.items(mirror({"a": 1, 2: 3}))) == [("a", 1), (2, 3)]
    assert list(xlgc.values(mirror({"a": 1, 2: 3}))) == [1, 3]
    assert list(xlgc.keys(mirror({"a": 1, 2: 3}))) == ["a", 2]
    assert list(xlgc.items(mirror("xy".split()))) == [(0, "xy")]
    assert list(xlgc.items(mirror(["a", "b"]))) == [(0, "a"), (1, "b")]
    assert sorted(mirror({3, 1, 2})) == [1, 2, 3]
    assert list(mirror(i * i for i in range(4))) == [0, 1, 4, 9]
    assert list(mirror(range(3))) == [0, 1, 2] and list(mirror(iter([5]))) == [5]
    assert list(mirror([])) == []
    a, b, *c = mirror([1, 2, 3, 4])
    assert (a, b, c) == (1, 2, [3, 4])
    assert 2 in mirror([1, 2]) and 3 not in mirror([1, 2]) and "a" in mirror({"a": 1})
    assert [x for x in mirror([[1], [2]])] == [[1], [2]]
    assert max(mirror([1, 5, 2])) == 5 and dict(mirror([("a", 1)])) == {"a": 1} and sum(mirror((1, 2))) == 3

    def generate():
        yield 1
        raise ValueError("in the middle")

    iterator = iter(mirror(generate()))
    assert next(iterator) == 1
    raises(xlgc.Error, lambda: next(iterator), "ValueError: in the middle")
    raises(StopIteration, lambda: next(iterator))
    raises(xlgc.Error, lambda: iter(mirror(object())), "TypeError: 'object' object is not iterable")
    thing = Thing()
    thing.shown = 5
    assert dict(xlgc.items(mirror(thing))) == vars(thing) and "shown" in vars(thing)
    table = {1: 1}
    iterator = iter(mirror(table))
    table[2] = 2
    raises(xlgc.Error, lambda: next(iterator), "RuntimeError: dictionary changed size during iteration")

    class Bad(dict):
        def items(self):
            return [1, (1, 2, 3)]

    raises(xlgc.Error, lambda: list(mirror(Bad())))
    # The iterator holds what it goes through.
    watched = collections.deque([1, 2, 3])
    iterator = iter(mirror(watched))
    del watched
    gc.collect()
    xlgc.collect()
    assert list(iterator) == [1, 2, 3]
    raises(xlgc.Error, lambda: next_of(mirror([1])), "this object is no cursor")


def test_comparison():
    items = [1]
    m = mirror(items)
    assert m == m and not (m != m) and m == [1] and m == items and m != [2] and m == mirror([1]) and mirror([1]) != [2]
    assert [1] == m and not [2] == m
    assert m == mirror(items) and m is not mirror(items)
    five = mirror(2**70)
    assert five < 2**71 and five <= 2**70 and not five < 5 and five > 5 and five >= 2**70 and not five > 2**70
    assert 5 < five and 2**71 > five and mirror(2**71) > five and five < mirror(2**71) and five <= mirror(2**70)
    raises(xlgc.Error, lambda: m < 1)
    raises(xlgc.Error, lambda: mirror(Thing()) > mirror(Thing()))

    class Bad:
        def __eq__(self, other):
            raise ValueError

    assert not mirror(Bad()) == 1 and mirror(Bad()) != 1
    assert not m == "\ud800"
    assert not m == None and m != 1.5

    class Array:
        def __eq__(self, other):
            return self

        def __bool__(self):
            raise ValueError("ambiguous")

    assert not mirror(Array()) == 1


def test_printing():
    m = mirror(Thing(3))
    assert str(m) == "thing 3" and repr(m) == "<xlgc proxy: thing 3>" and "%s" % m == "thing 3" and f"{m}" == "thing 3"
    assert str(mirror([1, "a"])) == "[1, 'a']"
    assert str(mirror(types.SimpleNamespace(x="\ud800"))).endswith(")")

    class Bad:
        def __str__(self):
            raise ValueError("no")

    raises(xlgc.Error, lambda: str(mirror(Bad())), "ValueError: no")
    raises(xlgc.Error, lambda: repr(mirror(Bad())), "ValueError: no")

    class Odd:
        def __str__(self):
            return "\ud800"

    assert str(mirror(Odd())) == "\\ud800"


def test_one_proxy_an_object():
    m = mirror([1])
    table = mirror({"m": m})
    assert table["m"] is m and table.m is m
    watch = weakref.ref(m)
    del m
    assert watch() is not None and table.m is watch()
    table.clear()
    gc.collect()
    assert watch() is None


def test_recursion():
    depths = []

    def back(f, depth):
        depths.append(depth)
        return f(f, depth + 1)

    f = mirror(back)
    error = raises(xlgc.Error, lambda: f(f, 0))
    assert "stack overflow" in str(error) or "RecursionError" in str(error), str(error)[-200:]
    assert len(depths) > 20
    assert mirror(lambda: 1)() == 1

    def own(depth):
        return own(depth + 1)

    error = raises(xlgc.Error, lambda: mirror(own)(0))
    assert str(error).startswith("RecursionError")
    # A list in itself, through another engine.
    items = []
    items.append(mirror(items))
    assert "[...]" in str(mirror(items))


def test_reentrance():
    # What is visited lets go of itself, and collects, while it is.
    table = {}

    def function():
        table.clear()
        gc.collect()
        xlgc.collect()
        return "done"

    table["f"] = mirror(function)
    m = mirror(table)
    function_of = table["f"]
    del function
    assert m.f() == "done" and function_of() == "done"

    class Item:
        def __eq__(self, other):
            xlgc.collect()
            return True

    assert mirror([Item()]) == [1]
    m = mirror(i for i in map(lambda x: (xlgc.collect(), x)[1], range(5)))
    assert list(m) == [0, 1, 2, 3, 4]
    raises(xlgc.Error, lambda: mirror(close)(), "the pool is at work on this or another thread; call again after it has returned")


def test_attributes_by_operator():
    assert operator.attrgetter("x")(mirror(Thing(2))) == 2
    assert operator.itemgetter("x")(mirror({"x": 4})) == 4
    assert operator.length_hint(mirror([1, 2])) == 2
    raises(TypeError, lambda: mirror({}) + 1)


def test_threads_take_turns():
    import time

    import _thread

    inside, errors, done = [], [], []
    shared = xlgc.new()

    def function(k):
        inside.append(k)
        if inside != [k]:
            errors.append(inside[:])
        shared[k] = k
        time.sleep(0.0005)
        inside.remove(k)
        return k

    m = mirror(function)
    refused = []

    def other():
        try:
            m(0)
        except xlgc.Error as error:
            refused.append("another thread" in str(error))

    _thread.start_new_thread(other, ())
    while not refused:
        time.sleep(0.001)
    assert refused == [True]
    share()

    def work(k):
        try:
            for i in range(30):
                assert m(k) == k and shared[k] == k
                if i % 10 == 0:
                    xlgc.collect()
        except BaseException as error:
            errors.append(error)
        done.append(k)

    for k in range(4):
        _thread.start_new_thread(work, (k,))
    while len(done) < 4:
        shared.x = len(done)
        time.sleep(0.001)
    assert not errors, errors
