# Calls between Python and other languages: how many arguments, by which names, on what object, and what comes back.
import copy
import functools
import gc
import weakref

import xlgc
from raising import raises

lua = xlgc.open("lua")
engines = {"lua": lua, "mozjs": xlgc.open("mozjs"), "duktape": xlgc.open("duktape")}
scripts = {name: engine for name, engine in engines.items() if name != "lua"}


class C:
    def method(self, *arguments):
        return (self, *arguments)

    @staticmethod
    def static(*arguments):
        return arguments


# ---- what is read from an object is the same again

def test_equal_bound_methods_are_one_export():
    c = C()
    for engine in scripts.values():
        listeners = engine.eval("(function () { var all = []; return {on: function (f) { all.push(f); },"
                                "off: function (f) { var i = all.indexOf(f); if (i >= 0) all.splice(i, 1);"
                                "return i >= 0; }, count: function () { return all.length; }}; })()")
        for on, off in ((c.method, C().method), ([].append, [].append)):
            listeners.on(on)
            assert not listeners.off(off) and listeners.off(on)
        listeners.on(c.method)
        assert listeners.off(c.method) and not listeners.off(c.method)
    same = lua.eval("return function(a, b) return a == b, rawequal(a, b) end")
    assert same(c.method, c.method) == (True, True)
    assert same(c.method, C().method) == (False, False)


def test_bound_methods_are_let_go():
    c = C()
    gone = weakref.ref(c)
    keep = lua.eval("return {}")
    keep.method = c.method
    assert keep.method == c.method
    del c
    assert gone() is not None
    keep.method = None
    del keep
    xlgc.collect()
    gc.collect()
    xlgc.collect()
    assert gone() is None


def test_functions_that_were_read_go_back():
    for engine in scripts.values():
        o = engine.eval("({h: function () { return this === undefined ? 0 : this.x; }, x: 5,"
                        "is: function (f) { return f === this.h; }})")
        f = o.h
        assert f == o.h and hash(f) == hash(o.h) and o.h() == f() == 5
        assert getattr(o, "is")(o.h)
        assert isinstance(o.h, xlgc.Proxy) and callable(o.h)
        assert o.h.__self__ is o
        # Other languages call it on its object, and find it again.
        assert lua.eval("return function(f) return f() end")(f) == 5
        assert lua.eval("return function(f, g) return f == g end")(f, o.h)


def test_functions_are_whole_objects():
    js = engines["mozjs"]
    o = js.eval("({f: function f(a) {}})")
    o.f.color = "red"
    o.f["size"] = 3
    assert o.f.color == "red" and o.f.size == 3 and o.f["color"] == "red"
    assert js.eval("f => f.color + f.size")(o.f) == "red3"
    assert sorted(xlgc.keys(js.eval("({f: new Map([[1, 2]])})").f)) == [1]
    del o.f.color
    raises(AttributeError, "color", getattr, o.f, "color")
    made = js.eval("globalThis.D = class D { constructor(a) { this.a = a; } }; D")
    assert js.globals.D(4).a == 4 and js.eval("(D, x) => x instanceof D")(js.globals.D, made(1))
    assert js.eval("D => new D(6).a")(js.globals.D) == 6
    reference = weakref.ref(o.f)
    assert reference() is None  # each reading makes a view


# ---- how many arguments

def test_scripts_call_with_their_habits():
    for engine in scripts.values():
        call = engine.eval("(function (f) { return f.apply(null, Array.prototype.slice.call(arguments, 1)); })")
        assert call(lambda: 1, 1, 2) == 1
        assert call(lambda a: a, 1, 2) == 1
        assert call(lambda a, b: (a, b)) == (None, None)
        assert call(lambda a, b=5: (a, b)) == (None, 5)
        assert call(lambda a, *more: (a, more), 1, 2, 3) == (1, (2, 3))
        assert call(lambda *, k=7: k, 1) == 7
        assert call(C().method, 1)[1:] == (1,)
        assert call(C.static, 1, 2) == (1, 2)
        assert call(functools.partial(lambda a, b: (a, b), 1), 2, 3) == (1, 2)
        assert call(len, "abc", 1, 2) == 3  # a function of C that takes one
        assert call(abs, -3, 4) == 3
        assert call(dict) == {}

        class Point:
            def __init__(self, x, y=2):
                self.x, self.y = x, y

            def __call__(self, z):
                return self.x + self.y + (z or 0)

        p = call(Point, 1, 2, 3)
        assert (p.x, p.y) == (1, 2) and call(Point).x is None
        assert call(p, 10, 11) == 13 and call(p) == 3
        assert isinstance(call(type("E", (), {}), 1), object)
        raises(TypeError, "k", call, lambda *, k: k)
    js = engines["mozjs"]
    assert list(js.eval("f => [1, 2, 3].map(f)")(lambda x: x * 2)) == [2, 4, 6]
    assert list(js.eval("f => [3, 1, 2].sort(f)")(lambda a, b: a - b)) == [1, 2, 3]
    assert js.eval("P => new P(1, 2, 3).y")(Point) == 2


def test_lua_calls_with_pythons():
    call = lua.eval("return function(f, ...) return f(...) end")
    raises(TypeError, "argument", call, lambda: 1, 1)
    raises(TypeError, "argument", call, lambda a: 1)


# ---- by name

def take(*arguments, **named):
    return arguments, named


def test_arguments_by_name():
    lua_call = lua.eval("return function(f) return f(1, xlgc.kwargs{sep = ', ', n = 2}) end")
    assert lua_call(take) == ((1,), {"sep": ", ", "n": 2})
    assert lua.eval("return function(f) return f(xlgc.kwargs{10, 20, k = 30}, 40) end")(take) == ((10, 20, 40), {"k": 30})
    assert lua.eval("return function(f) return f(xlgc.kwargs{}) end")(take) == ((), {})
    raises(TypeError, "multiple values", lua.eval(
        "return function(f) return f(xlgc.kwargs{a = 1}, xlgc.kwargs{a = 2}) end"), take)
    raises(xlgc.Error, "without a metatable", lua.eval, "return xlgc.kwargs(1)")
    raises(TypeError, "unexpected", lua.eval("return function(f) return f(xlgc.kwargs{b = 1}) end"), lambda a=1: a)
    for engine in scripts.values():
        assert engine.eval("(function (f) { return f(1, xlgc.kwargs({sep: ', ', n: 2})); })")(take) == (
            (1,), {"sep": ", ", "n": 2})
        assert engine.eval("(function (f) { return f(xlgc.kwargs({b: 2})); })")(lambda a=1, b=None: (a, b)) == (1, 2)
        raises(xlgc.Error, "xlgc.kwargs wants an object", engine.eval, "xlgc.kwargs(1)")
        # Elsewhere it is an object like others.
        assert lua.eval("return function(f) return f().sep end")(engine.eval(
            "(function () { return xlgc.kwargs({sep: 5}); })")) == 5
        raises(TypeError, "arguments by name do not cross", lambda: engine.eval("(function () {})")(a=1))


# ---- results

def test_several_results():
    count = lua.eval("return function(f) return select('#', f()), (f()) end")
    assert count(lambda: xlgc.several(1, 2, 3)) == (3, 1)
    assert count(lambda: xlgc.several()) == (0, None)
    assert count(lambda: (1, 2)) == (1, (1, 2))
    assert xlgc.several(1, 2) == (1, 2) and isinstance(xlgc.several(1), tuple)
    own = xlgc.open("lua")
    count = own.eval("return function(f) return select('#', f()) end")
    assert own.eval("return xlgc.unpack_tuples()") is False
    assert own.eval("return xlgc.unpack_tuples(true)") is False
    assert count(lambda: (1, 2)) == 2 and count(lambda: [1, 2]) == 1
    assert own.eval("return xlgc.unpack_tuples(false)") is True and count(lambda: (1, 2)) == 1
    for engine in scripts.values():
        assert engine.eval("(function (f) { var r = f(); return r[0] + r[1]; })")(lambda: xlgc.several(1, 2)) == 3


# ---- on what

def test_methods_of_lua_code():
    c = C()
    lua.globals.c = c
    assert lua.eval("return c:method(1)") == (c, 1)
    assert lua.eval("return c.method(1)") == (c, 1)
    assert lua.eval("local m = c.method return m(1)") == (c, 1)
    assert lua.eval("local m = c.method return m(c)") == (c, c)  # an argument like others
    assert lua.eval("return c.method(c, 1)") == (c, c, 1)
    assert lua.eval("return select(2, pcall(c.method, c, 1))") == (c, 1)  # as c:method(1)
    assert lua.eval("local function f() return c:method(1) end return (f())") == (c, 1)
    assert lua.eval("return c:static(1)") == (1,)
    assert lua.eval("return c.static(c, 1)") == (c, 1)
    o = engines["mozjs"].eval("({f(...a) { return [this === o, a.length]; }})")
    engines["mozjs"].globals.o = o
    lua.globals.o = o
    assert list(lua.eval("return o:f(1)")) == [True, 1]
    assert list(lua.eval("return o.f(o, 1)")) == [False, 2]


def test_lua_takes_proxies_for_functions():
    lua.globals.less = lambda a, b: a > b
    lua.globals.upper = lambda text: text.upper()
    lua.globals.handler = lambda error: "handled"
    lua.globals.parts = iter(["return ", "7", None]).__next__
    assert list(lua.eval("local t = {3, 1, 2} table.sort(t, less) return t").values()) == [3, 2, 1]
    assert lua.eval("return ('ab'):gsub('%w', upper)") == ("AB", 2)
    assert lua.eval("return string.gsub('ab', '.', upper)") == ("AB", 2)
    assert lua.eval("return xpcall(error, handler, 1)") == (False, "handled")
    assert lua.eval("return coroutine.wrap(upper)('x')") == "X"
    assert lua.eval("return select(2, coroutine.resume(coroutine.create(upper), 'y'))") == "Y"
    assert lua.eval("return load(parts)()") == 7
    # Their own errors, names and values are as they were.
    raises(xlgc.Error, "bad argument #1 to 'create' (function expected, got number)", lua.eval, "coroutine.create(1)")
    raises(xlgc.Error, "bad argument #2 to 'sort' (function expected", lua.eval, "table.sort({2, 1}, xlgc.new())")
    assert lua.eval("return pcall(coroutine.wrap(function() return coroutine.yield(1) end))") == (True, 1)
    assert lua.eval("return coroutine.wrap(function() return xpcall(coroutine.yield, error, 8) end)()") == 8
    # What is sorted by a method is no object of it.
    c = C()
    c.less = lambda a, b: id(a) < id(b)
    d = C()
    lua.globals.c, lua.globals.d = c, d
    assert lua.eval("local t = {c, d} local less = c.less table.sort(t, less) return #t") == 2


# ---- classes

def test_classes_of_others_are_no_bases():
    for engine in engines.values():
        proxy = engine.eval("return {}" if engine is lua else "(function () {})")

        def derive():
            class D(proxy):
                pass
        raises(TypeError, "cannot be inherited from", derive)
    raises(xlgc.Error, "cannot be inherited from", engines["mozjs"].eval("C => new (class extends C {})()"), C)
    assert isinstance(engines["mozjs"].eval("C => new C()")(C), C)
    assert isinstance(engines["duktape"].eval("(function (C) { return new C(); })")(C), C)


def test_functions_tell_their_name_and_length():
    class Named:
        name = "own"

        def __call__(self, a): pass

    def two(a, b, c=1, *rest): pass

    for engine in engines["mozjs"], engines["duktape"]:
        tell = engine.eval("(function (f) { return f.name + ' ' + f.length; })")
        assert tell(two) == "two 2" and tell(C) == "C 0" and tell(Named()) == "own 1", tell(Named())
        assert tell(lambda a: a) == "<lambda> 1" and tell(functools.partial(two, 1)).endswith(" 1")
        assert tell([].append) == "append 1"


# ---- Python's habits

def test_engines_have_a_type():
    for engine in engines.values():
        assert isinstance(engine, xlgc.Engine) and isinstance(engine, xlgc.Proxy)
        assert xlgc.Engine.globals.__get__(engine) is engine.globals
    assert xlgc.Engine.eval(lua, "return ...", "chunk", 3) == 3
    with xlgc.open("lua") as engine:
        f = engine.eval("return function() end")
    raises(ReferenceError, "", f)
    assert xlgc.__version__ == xlgc.version


def test_dir_help_copy_repr():
    import pydoc
    table = lua.eval("return {ab = 1, [2] = 3}")
    assert "ab" in dir(table) and "__enter__" in dir(table)
    assert "ab" in dir(engines["mozjs"].eval("({ab: 1})"))
    assert "__call__" in dir(lua.eval("return print"))
    assert "An object of another language" in pydoc.render_doc(table)
    assert copy.copy(table) is table and copy.deepcopy([table])[0] is table
    assert repr(table).startswith("<xlgc proxy: table: 0x")
    assert repr(engines["mozjs"].eval("({f() {}})").f).startswith("<xlgc method <xlgc proxy: ")


def test_filter():
    class X:
        a, _b = 1, 2

    x, engine = X(), xlgc.open("lua")
    read = engine.eval("return function(o, k) return o[k] end")
    write = engine.eval("return function(o, k, v) o[k] = v end")
    seen = []

    def get(object, key):
        if isinstance(key, str) and key.startswith("_"):
            raise AttributeError("no " + key)
        return 10 if key == "ten" else NotImplemented

    def put(object, key, *value):
        if key == "c":
            return NotImplemented
        seen.append((key, *value))

    xlgc.filter(engine, get, put)
    assert read(x, "a") == 1 and read(x, "ten") == 10 and read({"a": 5}, "a") == 5 and read(x, "nothing") is None
    raises(AttributeError, "no _b", read, x, "_b")
    write(x, "c", 3)
    write(x, "d", 4)
    write(x, "d", None)
    assert x.c == 3 and not hasattr(x, "d") and seen == [("d", 4), ("d",)]
    assert lua.eval("return function(o) return o._b end")(x) == 2  # of other engines nothing is filtered
    xlgc.filter(engine, None, None, True)
    raises(AttributeError, "nothing", read, x, "nothing")
    raises(KeyError, "keys", read, {}, "keys")
    xlgc.filter(engine)
    assert read(x, "_b") == 2
    raises(TypeError, "xlgc.filter wants", xlgc.filter, engine, 1)
    raises(TypeError, "no object of another language", xlgc.filter, 1)


def test_classes_of_proxies():
    class Table(xlgc.CallableProxy):
        __slots__ = ()

        def __getitem__(self, key):
            return ("item", xlgc.Proxy.__getitem__(self, key))

        def sum(self):
            return sum(xlgc.values(self))

        def __getattr__(self, name):
            return "no " + name

    engine = xlgc.open("lua")
    xlgc.register(4000 + 5, Table)
    engine.eval("xlgc.sorts(4000)")
    table = engine.eval("return {a = 1, b = 2}")
    assert type(table) is Table and table.sum() == 3 and table["a"] == ("item", 1) and table.a == 1
    assert table.c == "no c" and type(engine.eval("return print")) is xlgc.CallableProxy
    assert engine.eval("return function(t) return t.b end")(table) == 2
    raises(TypeError, "__slots__", xlgc.register, 1, type("T", (xlgc.Proxy,), {}))
    raises(TypeError, "xlgc.register wants", xlgc.register, 1, dict)
    raises(xlgc.Error, "the number is from 0", engine.eval, "xlgc.sorts(-1)")
    del Table, table
    gc.collect()
    assert type(engine.eval("return {}")) is xlgc.Proxy


class Reply(Exception):
    def __init__(self, code):
        super().__init__("WRONGTYPE")
        self.code, self.type = code, "its own"


def test_errors_that_lua_catches():
    first = Reply(7)

    def fail():
        raise first

    engine = xlgc.open("lua")
    engine.globals.fail = fail
    engine.eval("good, e = pcall(fail)")
    assert engine.eval("return type(e), tostring(e), e.type, e.code, e.original.type") == (
        "userdata", "Reply: WRONGTYPE", "Reply", 7, "its own")
    assert engine.eval("e.mine = 1 return e.mine") == 1 and not hasattr(first, "mine")
    names = engine.eval("local names = {} for name in pairs(e) do names[#names + 1] = name end table.sort(names) "
                        "return table.concat(names, ' ')")
    assert names == "language message mine original stack type", names
    raises(xlgc.Error, "an error of another language expected", engine.eval, "getmetatable(e).__index({}, 'type')")
    try:
        engine.eval("error(e, 0)")
    except Reply as error:
        assert error is first
