# xlgc.lupa: what programs that are written for lupa ask of it.
import gc
import threading
import weakref

import xlgc
from xlgc import lupa
from raising import raises


def test_code():
    lua = lupa.LuaRuntime()
    assert lua.eval("1 + 1") == 2 and lua.eval("...", 1, 2) == (1, 2) and lua.execute("x = 5 return x") == 5
    assert lua.eval(b"x") == 5 and lua.compile("return x")() == 5
    assert lua.globals().x == 5 and lua.globals()["x"] == 5 and lua.require("string").char(65) == "A"
    assert lua.lua_version == lupa.LUA_VERSION and lua.lua_implementation == "Lua 5.4"
    assert lua.eval("xlgc") is None
    raises(lupa.LuaSyntaxError, "error loading code", lua.eval, "1 +")
    raises(TypeError, "Expected string", lua.eval, 1)
    error = raises(lupa.LuaError, "chunk:2: words\nstack traceback:\n", lua.execute, "\nerror('words')", name="=chunk")
    assert isinstance(error, xlgc.Error) and error.language == "lua" and error.message == "chunk:2: words"
    raises(ValueError, "at home", lua.eval("function(f) f() end"), fail)
    lua.execute("debug = nil")
    assert "traceback" not in str(raises(lupa.LuaError, "words", lua.execute, "error('words')"))


def fail():
    raise ValueError("at home")


def test_tables():
    lua = lupa.LuaRuntime()
    t = lua.table(1, 2, x=3)
    assert (t[1], t[2], t.x, t["x"], t.y, t["y"], t[9]) == (1, 2, 3, 3, None, None, None)
    assert len(t) == 2 and bool(lua.table()) and list(t) == [1, 2, "x"] and list(t.values()) == [1, 2, 3]
    assert list(t.items()) == [(1, 1), (2, 2), ("x", 3)] and list(t.keys()) == [1, 2, "x"]
    assert "x" in t and "y" not in t and lupa.lua_type(t) == "table" and callable(t)
    t.y, t[None] = 4, 5
    assert t.y == 4 and t[None] == 5 and lua.eval("function(t) return t[python.none] end")(t) == 5
    del t.y, t["x"], t["nothing"]
    assert t.y is None and t.x is None
    assert str(t).startswith("<Lua table at 0x") and repr(t) == str(t)
    assert str(lua.eval("setmetatable({}, {__tostring = function() return 'me' end})")) == "me"
    raises(TypeError, "non-string", str, lua.eval("setmetatable({}, {__tostring = function() end})"))
    data = {"a": [1, {"b": 2}], "c": (3,)}
    data["self"] = data
    made = lua.table_from(data, recursive=True)
    assert made.a[2].b == 2 and made.c[1] == 3 and made["self"] == made
    assert list(lua.table_from({"k": 1}, [7, 8], t).keys()) and len(lua.table_from(range(250))) == 250
    raises(TypeError, "", lua.table_from, 5)
    assert lua.table_from(data)["a"] is data["a"]
    for f in (lua.eval("print"), lua.eval("function() end")):
        assert lupa.lua_type(f) == "function" and str(f).startswith("<Lua function at 0x")
        raises(TypeError, "not supported on functions", lambda: f[1])
        raises(AttributeError, "not supported on functions", lambda: f.x)
        raises(TypeError, "only supported for tables", list, f)
    assert lupa.lua_type({}) is None and lupa.lua_type(lua.eval("io.stdout")) == "userdata"


def test_objects_of_python():
    lua = lupa.LuaRuntime()
    read, write = lua.eval("function(o, k) return o[k] end"), lua.eval("function(o, k, v) o[k] = v end")

    class X:
        a = 1

    x, d = X(), {"get": 1}
    assert read(x, "a") == 1 and read(d, "get") == 1
    raises(AttributeError, "nothing", read, x, "nothing")
    raises(KeyError, "items", read, d, "items")
    assert lua.eval("function(o) return python.as_attrgetter(o).get('get') end")(d) == 1
    assert read(lupa.as_attrgetter(d), "get")("get") == 1 and read(lupa.as_itemgetter(d), "get") == 1
    write(x, "b", 2)
    write(lupa.as_itemgetter(d), "k", 3)
    assert x.b == 2 and d["k"] == 3
    assert lua.eval("tostring(python.none)") == "None" and lua.eval("python.none") is None
    raises(TypeError, "not callable", lua.eval, "python.none()")
    assert lua.eval("python.builtins.len('abc')") == 3 and lua.eval("python.eval('1 + 2')") == 3
    assert lupa.LuaRuntime(register_eval=False, register_builtins=False).eval("python.eval or python.builtins") is None
    lists = lua.eval("function(o, how) local t = {} for a, b in python[how](o) do t[#t + 1] = {a, b} end return t end")

    def pairs(*given):
        return [(pair[1], pair[2]) for pair in lists(*given).values()]
    assert pairs([1, None], "iter") == [(1, None), (None, None)]
    assert pairs([5, 6], "enumerate") == [(0, 5), (1, 6)]
    assert pairs([(1, 2)], "iterex") == [(1, 2)] and pairs([(1, 2)], "iter") == [((1, 2), None)]
    raises(lupa.LuaError, "an integer is wanted", lua.eval, "python.enumerate(python.builtins, 'x')")
    raises(lupa.LuaError, "not a python object", lua.eval, "python.iter({})")
    assert list(lua.eval("function(f) local t = {3, 1} table.sort(t, python.as_function(f)) return t end")(
        lambda a, b: a < b).values()) == [1, 3]
    assert lua.eval("function(f) return f() end")(lambda: (1, 2)) == (1, 2)
    unpacks = lupa.LuaRuntime(unpack_returned_tuples=True)
    assert unpacks.eval("function(f) return select('#', f()) end")(lambda: (1, 2)) == 2
    assert unpacks.eval("function(o) local n = 0 for i, a, b in python.enumerate(o) do n = n + a * b end return n end")(
        [(2, 3)]) == 6


def test_arguments():
    lua = lupa.LuaRuntime()

    def take(*arguments, **named):
        return arguments, named
    assert lua.eval("function(f) return f(1, python.args{2, k = 3}) end")(take) == ((1, 2), {"k": 3})
    raises(TypeError, "neither", lua.eval("function(f) f(python.args{[1.5] = 1}) end"), take)
    raises(IndexError, "out of range", lua.eval("function(f) f(python.args{[3] = 1}) end"), take)
    call = lua.eval("function(f, ...) return f(...) end")
    assert lua.eval("function(f) return f{1, k = 2} end")(lupa.unpacks_lua_table(take)) == ((1,), {"k": 2})

    class C:
        @lupa.unpacks_lua_table_method
        def m(self, *arguments, **named):
            return arguments, named
    assert lua.eval("function(o) return o:m{1, k = 2} end")(C()) == ((1,), {"k": 2})
    assert call(lupa.unpacks_lua_table(take), 1, 2) == ((1, 2), {})
    raises(OverflowError, "", call, take, 1 << 64)
    lua.set_overflow_handler(float)
    assert call(take, 1 << 64) == ((float(1 << 64),), {})
    lua.execute("python.set_overflow_handler(function(n) return 7 end)")
    assert call(take, 1 << 64) == ((7,), {})
    raises(lupa.LuaError, "expected nil", lua.execute, "python.set_overflow_handler(1)")
    raises(ValueError, "callable", lua.set_overflow_handler, 1)


def test_coroutines():
    lua = lupa.LuaRuntime()
    f = lua.eval("function(n) for i = 1, n do coroutine.yield(i) end end")
    assert list(f.coroutine(3)) == [1, 2, 3] and lupa.lua_type(f.coroutine(1)) == "thread"
    made = lua.eval("coroutine.create(function(n) local got = coroutine.yield(n) return got end)")
    assert lupa.lua_type(made) == "function"
    one, other = made(5), made(6)
    assert next(one) == 5 and next(other) == 6 and bool(one)
    assert one.send(8) == 8 and not one
    raises(StopIteration, "", next, one)
    raises(TypeError, "just-started", made(1).send, 2)
    raises(lupa.LuaError, "attempt to call", other)
    raises(AttributeError, "", setattr, other, "x", 1)
    raises(lupa.LuaError, "inside", next, lua.eval("function() error('inside') end").coroutine())


def test_filters():
    def denies(obj, name, setting):
        if name.startswith("_"):
            raise AttributeError("denied")
        return name + "1"

    class X:
        a, a1, _b = 0, 1, 2

    lua = lupa.LuaRuntime(attribute_filter=denies)
    read = lua.eval("function(o, k) return o[k] end")
    assert read(X(), "a") == 1
    raises(AttributeError, "denied", read, X(), "_b")
    seen = []
    lua = lupa.LuaRuntime(attribute_handlers=(lambda o, k: 42, lambda o, k, v: seen.append((k, v))))
    assert lua.eval("function(o) o.x = 1 return o.anything end")(X()) == 42 and seen == [("x", 1)]
    for wrong in ({"attribute_filter": 1}, {"attribute_handlers": (1,)}, {"attribute_handlers": (len, 1)},
                  {"attribute_handlers": (len, len), "attribute_filter": len}, {"overflow_handler": 1}):
        raises(ValueError, "", lupa.LuaRuntime, **wrong)


def test_memory():
    lua = lupa.LuaRuntime(max_memory=100000)
    assert lua.get_max_memory() == 100000 and lua.get_max_memory(total=True) > 100000
    raises(lupa.LuaMemoryError, "", lua.eval, "('a'):rep(1000000)")
    raises(MemoryError, "", lua.eval, "('a'):rep(1000000)")
    lua.set_max_memory(0)
    assert len(lua.eval("('a'):rep(1000000)")) == 1000000
    assert lua.get_memory_used(total=True) > lua.get_memory_used()
    lua = lupa.LuaRuntime()
    assert lua.get_max_memory() is None and lua.get_memory_used() is None
    raises(RuntimeError, "on LuaRuntime creation", lua.set_max_memory, 1)
    with lua.nogc():
        assert not lua.eval("collectgarbage('isrunning')")
    assert lua.eval("collectgarbage('isrunning')")
    lua.gccollect()


def test_rings_are_freed():
    class Handler:
        pass

    def make():
        lua = lupa.LuaRuntime(attribute_handlers=(lambda o, k: lua.eval("1"), None))
        handler = Handler()
        handler.lua, handler.state = lua, lua.table(handler=handler)
        return weakref.ref(handler), weakref.ref(type(handler.state))

    gone = [make() for _ in range(3)]
    for _ in range(3):
        xlgc.collect()
        gc.collect()
    assert not any(handler() or state() for handler, state in gone)


def test_what_outlives_its_runtime():
    table = lupa.LuaRuntime().table(1, 2)
    xlgc.collect()
    gc.collect()
    assert type(table).__name__ == "_LuaTable" and table[1] == 1 and table.x is None and str(table)


def test_locks_and_threads():
    lock = lupa.FastRLock()
    with lock:
        assert lock.acquire(False)
        lock.release()
    raises(RuntimeError, "", lock.release)
    lua, found = lupa.LuaRuntime(), []
    f = lua.eval("function(n) local s = 0 for i = 1, n do s = s + i end return s end")
    threads = [threading.Thread(target=lambda: found.append(f(1000))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [500500] * 4


def test_an_exception_that_lua_has_caught_comes_back_as_itself():
    error = ValueError("oh")

    def fails():
        raise error

    lua = lupa.LuaRuntime()
    assert lua.eval("function(f) local ok, e = pcall(f); return ok, e end")(fails) == (False, error)
    assert lua.eval("function(f) local ok, e = pcall(f); return {e = e} end")(fails).e is error
    # To others it is an error with a stack; and what Lua threw is Lua's.
    assert lua.eval("function(f) local ok, e = pcall(f); return e.type .. tostring(e.original) end")(fails) == "ValueErroroh"
    words = lua.eval("function() local ok, e = pcall(error, 'oh'); return e end")()
    assert words == "oh"


def test_names_of_items_are_bytes_where_strings_are():
    lua = lupa.LuaRuntime(encoding=None)
    items = {b"one": 1, "text": 2}
    assert lua.eval("function(d) return d.one, d['one'] end")(items) == (1, 1)
    lua.eval("function(d) d.one = 10; d.new = 3 end")(items)
    assert items == {b"one": 10, "text": 2, b"new": 3}
    raises(KeyError, "text", lua.eval("function(d) return d.text end"), items)

    class Attributes:
        one = 1

    assert lua.eval("function(o) o.two = 2; return o.one end")(Attributes) == 1 and Attributes.two == 2
    assert lua.eval("function(d) return python.as_attrgetter(d).keys() end")(items) == items.keys()


def test_text_is_an_object_where_strings_are_bytes():
    lua = lupa.LuaRuntime(encoding=None)
    call = lua.eval("function(f, ...) return f(...) end")
    for given in ("\xe9", b"b", "", "a\0b", "\ud800"):
        seen = []
        assert call(lambda x: seen.append(x) or x, given) == given and seen == [given]
        assert type(seen[0]) is type(given)
    assert lua.eval("function(t) return type(t), tostring(t), #t, t[1], 'a' .. t .. t .. 1 end")("h\xe4") == (
        b"userdata", b"h\xc3\xa4", 2, "\xe4", b"ah\xc3\xa4h\xc3\xa41")
    assert lua.eval("function(t, u, v) return t == u, t == v, t < v, t <= u, t == 'a' end")("a", "a", "b") == (
        True, False, True, True, False)
    raises(lupa.LuaError, "tostring makes it a string", lua.eval("function(t) return t < 'x' end"), "a")
    # Names are strings, whatever they name.
    table = lua.table()
    table["k"], table[b"j"] = "v", b"w"
    assert list(sorted(table.items())) == [("j", b"w"), ("k", "v")] and table.k == "v" and table[b"k"] == "v"
    # What the runtime tells of itself is text.
    assert lua.lua_version == (5, 4) and lua.lua_implementation == "Lua 5.4" and repr(table).startswith("<Lua table at 0x")
    raises(lupa.LuaSyntaxError, "error loading code: [string", lua.execute, "x = = 1")
    raises(IndexError, "table index out of range", lua.eval, "python.builtins.print(python.args{[3] = 1})")
    assert lua.require("string") and lua.eval("xlgc") is None
    with lua.nogc():
        pass


def test_strings_are_text_in_an_encoding():
    lua = lupa.LuaRuntime("ISO-8859-15")
    assert lua.eval("#'\xe4\xf6\u20ac'") == 3 and lua.eval("'\\xa4'") == "\u20ac" and lua.eval("#...", "\u20ac") == 1
    assert lua.eval("function(s) return s:byte(1, -1) end")("\xe9\u20ac") == (0xE9, 0xA4)
    lua.globals()["\u20ac"] = {"\xe9": "\u20ac"}
    assert lua.eval("_G['\\xa4']['\\xe9'] == '\\xa4'") and "\u20ac" in list(lua.globals())
    raises(lupa.LuaError, "cannot be written in iso8859-15", lua.eval, "...", "\u0416")
    raises(UnicodeEncodeError, "0416", lua.eval, "'\u0416'")
    raises(lupa.LuaError, "\u20ac\xe9", lua.execute, "error('\u20ac\xe9')")
    # What Python throws has its words too, and those that there are not are UTF-8.
    def fail(words):
        raise ValueError(words)
    assert lua.eval("function(f, ...) return (select(2, pcall(f, ...))).message end")(fail, "\u20ac") == "\u20ac"
    # Code in an encoding of its own.
    assert lupa.LuaRuntime(source_encoding="latin1").eval("#'\xe9'") == 1
    assert lupa.LuaRuntime("cp932").eval("...", "\u8868\\") == "\u8868\\"
    raises(lupa.LuaError, "no text in cp1252", lupa.LuaRuntime("cp1252").eval, "'\\x81'")
    for wrong in ("utf-16", "iso2022_jp", "utf-7"):
        raises(xlgc.Error, "in which ASCII is as it is", lupa.LuaRuntime, wrong)
    raises(LookupError, "unknown encoding: nonsense", lupa.LuaRuntime, "nonsense")


def test_the_encoding_may_change_at_any_time():
    engine = xlgc.open("lua")
    engine.globals.text = "\xe9" * 200
    assert engine.strings("latin1") == "text" and engine.strings() == "latin1"
    engine.eval('''for i = 1, 200 do
        setmetatable({}, {__gc = function() xlgc.strings(i % 2 == 0 and "latin1" or "cp1252") end})
    end''')
    for _ in range(2000):
        assert engine.eval("...", "", "\xe9\xf6" * 50) == "\xe9\xf6" * 50
    assert engine.strings("UTF-8") in ("latin1", "cp1252") and engine.globals.text == "\xe9" * 200
    for wrong in (1, "", "latin1\0", "latin1//TRANSLIT", "nonsense"):
        raises(xlgc.Error, "strings: ", engine.strings, wrong)
    engine.close()


def test_metatables_tell_what_can_be_done():
    lua = lupa.LuaRuntime()
    metatable = lua.eval("function(o, name) return getmetatable(o)[name] ~= nil end")
    assert all(metatable(len, name) for name in ("__call", "__index", "__newindex", "__len"))
    assert not metatable(len, "__gc")
    # It is a copy.
    lua.execute("local o = ...; getmetatable(o).__index = nil; seen = o.real", 1j)
    assert lua.globals().seen == 0
