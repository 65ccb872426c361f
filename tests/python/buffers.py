# Memory of Python's objects in JavaScript, where it is; arrays of JavaScript in Python; and dates.
import array
import datetime
import gc
import weakref

import xlgc
from raising import raises

ENGINES = {name: xlgc.open(name) for name in ("mozjs", "duktape")}
lua = xlgc.open("lua")
ADD = "(function (a, x) { for (var i = 0; i < a.length; i++) a[i] += x; return a; })"
CLASS = "(function (a) { return Object.prototype.toString.call(a).slice(8, -1) + ' ' + a.length; })"


class Bytes(bytearray):
    pass


def is_shared(js):
    add, ask = js.eval(ADD), js.eval(CLASS)
    for made, name in (
        (bytearray(b"abc"), "Uint8Array 3"),
        (Bytes(b"abc"), "Uint8Array 3"),
        (array.array("b", [1, -1]), "Int8Array 2"),
        (array.array("h", [1, -1]), "Int16Array 2"),
        (array.array("H", [1, 2]), "Uint16Array 2"),
        (array.array("i", [1, -1]), "Int32Array 2"),
        (array.array("I", [1, 2]), "Uint32Array 2"),
        (array.array("f", [1.5]), "Float32Array 1"),
        (array.array("d", [1.5, 2.5]), "Float64Array 2"),
        (memoryview(bytearray(b"abcd")), "Uint8Array 4"),
        (memoryview(bytearray(b"abcd"))[1:3], "Uint8Array 2"),
        (memoryview(bytearray(16)).cast("d"), "Float64Array 2"),
        (memoryview(bytearray(6)).cast("h", (3, 1)), "Int16Array 3"),
        (bytearray(), "Uint8Array 0"),
    ):
        before = memoryview(made).tobytes()
        assert ask(made) == name, (made, ask(made))
        assert add(made, 1) is made
        flat = memoryview(made).cast("B").cast(memoryview(made).format)
        was = memoryview(before).cast(flat.format)
        assert [x - 1 for x in flat] == list(was), (made, before)
    b = bytearray(4)
    keep = js.eval("(function (a) { kept = a; return a.buffer; })")
    assert keep(b) is b  # its ArrayBuffer is the same memory
    b[2] = 7
    assert js.eval("kept[2]") == 7 and js.eval("kept === new Array(kept)[0]") and js.eval("kept.subarray(2)") == b"\7\0"
    js.globals.kept = None


def is_copied(js):
    ask, back = js.eval(CLASS), js.eval("(function (a) { return a; })")
    for made, name in (
        (b"ab", "Uint8Array 2"),
        (memoryview(b"ab"), "Uint8Array 2"),
        (memoryview(bytes(8)).cast("i"), "Int32Array 2"),
        (memoryview(array.array("h", [1, 2, 3]))[::2], "Int16Array 2"),
        (memoryview(bytearray(9))[1:9].cast("d"), "Float64Array 1"),
    ):
        assert ask(made) == name, ask(made)
        assert back(made) == made
    view = js.eval("new Int16Array([1, -2])")
    assert view.format == "h" and view.shape == (2,) and view.tolist() == [1, -2] and view.readonly
    raises(TypeError, "cannot modify read-only memory", lambda: view.__setitem__(0, 1))
    assert js.eval("new Uint8Array([1, 2])") == b"\1\2" and js.eval("new ArrayBuffer(2)") == b"\0\0"
    released = memoryview(bytearray(2))
    released.release()
    raises(ValueError, "operation forbidden on released memoryview object", ask, released)
    assert lua.eval("return function(s) return s end")(bytearray(b"ab")) == "ab"


def is_held(js):
    # As long as JavaScript has the array, the size stays.
    b = bytearray(b"abc")
    js.eval("(function (a) { kept = a; })")(b)
    raises(BufferError, "Existing exports of data: object cannot be re-sized", b.append, 1)
    js.globals.kept = None
    xlgc.collect()
    b.append(1)
    # Whichever of its parts is kept.
    for part in "a.buffer", "new Uint8Array(a.buffer, 1)", "a.subarray(1)", "new DataView(a.buffer)":
        b = Bytes(b"abc")
        js.eval("(function (a) { kept = %s; })" % part)(b)
        seen = weakref.ref(b)
        del b
        xlgc.collect()
        assert seen() == b"abc" and js.eval("kept.byteLength") in (2, 3), part
        raises(BufferError, "object cannot be re-sized", lambda: seen().append(1))
        js.globals.kept = None
        xlgc.collect()
        assert seen() is None, part


def rings_go(js):
    b = Bytes(b"abc")
    b.back = js.eval("(function (a) { var o = {a: a}; a.o = o; return o; })")(b)
    seen = weakref.ref(b)
    del b
    assert xlgc.collect() >= 1
    xlgc.collect()
    gc.collect()
    assert seen() is None
    # One through each: a view of a view.
    outer = Bytes(b"x")
    outer.view = js.eval("(function (a) { var v = new Uint16Array(4); v.a = a; return {v: v, b: a.buffer}; })")(outer)
    seen = weakref.ref(outer)
    del outer
    xlgc.collect()
    xlgc.collect()
    gc.collect()
    assert seen() is None


def ends(name):
    js = xlgc.open(name)
    b = bytearray(b"abc")
    view = js.eval("(function (a) { kept = a; return new Int16Array([1]); })")(b)
    js.close()
    xlgc.collect()
    assert view.tolist() == [1]
    b.append(1)


def dates(js):
    utc = datetime.timezone.utc
    back, time = js.eval("(function (d) { return d; })"), js.eval("(function (d) { return d.getTime(); })")
    moment = datetime.datetime(2024, 2, 29, 12, 0, 0, 123000, utc)
    assert time(moment) == 1709208000123 and back(moment) == moment and back(moment).tzinfo is utc
    far = moment.astimezone(datetime.timezone(datetime.timedelta(hours=-5)))
    assert back(far) == moment
    # Without a time zone it is in the machine's own.
    plain = datetime.datetime(2024, 7, 1, 12)
    assert back(plain) == plain.astimezone(utc)
    # What is less than a millisecond is dropped, also before 1970.
    assert back(moment.replace(microsecond=123999)) == moment
    assert time(datetime.datetime(1969, 12, 31, 23, 59, 59, 999999, utc)) == -1
    assert back(datetime.datetime(1, 1, 2, tzinfo=utc)).year == 1 and js.eval("new Date(0)").year == 1970
    raises(xlgc.Error, "RangeError: an invalid Date cannot be passed to another language", js.eval, "new Date(NaN)")
    raises(OverflowError, "date value out of range", js.eval, "new Date(8.64e15)")
    raises(xlgc.Error, "a property's name is text, a number or a boolean", lambda: js.eval("({})")[moment])
    assert time(type("Own", (datetime.datetime,), {"getTime": lambda self: 5})(2024, 1, 1)) == 5
    in_lua = lua.eval("return function(d) return math.type(d), d end")
    assert in_lua(moment) == ("float", 1709208000.123)
    assert in_lua(moment.replace(microsecond=0)) == ("integer", 1709208000)


for name, engine in ENGINES.items():
    is_shared(engine)
    is_copied(engine)
    is_held(engine)
    rings_go(engine)
    ends(name)
    dates(engine)
js, duktape = ENGINES["mozjs"], ENGINES["duktape"]
# 64 bits: as they are, or as bytes where there is no such array.
wide = array.array("q", [1, -(2**40)])
assert js.eval("(function (a) { a[0] = 2n; return a instanceof BigInt64Array; })")(wide) and wide[0] == 2
assert duktape.eval(CLASS)(wide) == "Uint8Array 16"
assert js.eval("new BigUint64Array([3n])").tolist() == [3]
# From one JavaScript to the other, by Python's object.
both = bytearray(2)
js.eval("(function (f, a) { a[0] = 5; f(a); })")(duktape.eval("(function (a) { a[1] = 6; })"), both)
assert both == b"\5\6"
# What Duktape keeps without the ArrayBuffer is empty when Python's object is let go.
duktape.eval("(function (a) { plain = Uint8Array.plainOf(a); })")(both)
assert duktape.eval("plain.length") == 2
xlgc.collect()
assert duktape.eval("plain.length") == 0 and duktape.eval("new Uint8Array(plain).length") == 0
both.append(1)
print("as buffers")
