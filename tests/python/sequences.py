# Lists of other languages as sequences of Python's, Python's lists as arrays of JavaScript's, and live views.
import collections
import collections.abc
import json

import xlgc
from raising import raises

js, duktape, lua = xlgc.open("mozjs"), xlgc.open("duktape"), xlgc.open("lua")


def arrays_are_sequences(engine):
    a = engine.eval("[1, 2, 3, 4]")
    assert isinstance(a, xlgc.Proxy) and isinstance(a, collections.abc.MutableSequence)
    assert a[-1] == 4 and a[1:3] == [2, 3] and a[::-1] == [4, 3, 2, 1] and list(reversed(a)) == [4, 3, 2, 1]
    assert 3 in a and 7 not in a and a == [1, 2, 3, 4] and [1, 2, 3, 4] == a and a != [1] and a < [2] and a != (1, 2, 3, 4)
    assert a + [5] == [1, 2, 3, 4, 5] and [0] + a == [0, 1, 2, 3, 4] and a + a == 2 * a == a * 2
    raises(TypeError, "unsupported operand type(s) for +", lambda: a + (5,))
    first, *rest = a
    assert first == 1 and rest == [2, 3, 4]
    match a:
        case [1, *rest]:
            assert rest == [2, 3, 4]
        case _:
            raise AssertionError
    a += [5]
    assert a == [1, 2, 3, 4, 5]
    a.append(6)
    a.extend([7, 8])
    assert len(a) == 8 and a.index(7) == 6 and a.count(7) == 1
    raises(ValueError, "70 is not in list", lambda: a.index(70))
    a.insert(0, 0)
    assert a == [0, 1, 2, 3, 4, 5, 6, 7, 8]
    a.remove(0)
    del a[0]
    del a[-1]
    assert a == [2, 3, 4, 5, 6, 7] and a.length == 6
    a[1:3] = ["x"]
    assert a == [2, "x", 5, 6, 7]
    del a[::2]
    assert a == ["x", 6]
    a[-1] = 9
    assert a == ["x", 9] and a["length"] == 2 and a.pop() == 9 and a
    a.clear()
    assert not a and a == [] and len(a) == 0 and a.copy() == []
    raises(IndexError, "0", lambda: a[0])
    raises(IndexError, "there is no such place in the list", lambda: a[-1])
    raises(IndexError, "there is no such place in the list", lambda: a.__setitem__(-1, 2))
    raises(IndexError, "list assignment index out of range", lambda: a.__delitem__(0))
    raises(TypeError, "unhashable type: 'xlgc.SequenceProxy'", lambda: hash(a))
    raises(AttributeError, "has no attribute 'nothing'", lambda: a.nothing)
    assert engine.eval("[1,2]") == engine.eval("[1,2]") and [engine.eval("[1]")] == [[1]]
    nested = engine.eval("[[1, 2], [3]]")
    assert nested == [[1, 2], [3]] and [sum(x) for x in nested] == [3, 3]
    assert engine.eval("(function (a) { return a; })")(nested) is nested


# Each line is what an array would answer.
USES = """(function (l) { var r = [];
 function t(f) { try { r.push(f()); } catch (e) { r.push(String(e)); } }
 t(function () { return Array.isArray(l) + '' + l.length; });
 t(function () { return JSON.stringify(l); });
 t(function () { return l.map(function (x) { return x * 2; }).join(); });
 t(function () { return l.push(9, 8) + ' ' + l.pop() + ' ' + l.shift() + ' ' + JSON.stringify(l); });
 t(function () { return l.unshift(1, 2) + JSON.stringify(l); });
 t(function () { return l.splice(1, 2).join() + JSON.stringify(l); });
 t(function () { return l.splice(1, 0, 'a', 'b', 'c').join() + JSON.stringify(l); });
 t(function () { return JSON.stringify(l.sort()) + JSON.stringify(l.reverse()) + l.indexOf('a'); });
 t(function () { l.length = 2; return JSON.stringify(l); });
 t(function () { l[4] = 5; return JSON.stringify(l) + JSON.stringify(l.concat([1], l)); });
 t(function () { return Object.keys(l).join() + (1 in l) + (9 in l) + ('map' in l) + ('length' in l); });
 t(function () { l[1e9] = 2; });
 t(function () { return l[-1] + '' + (delete l[-1]) + l.length; });
 t(function () { return l.slice(-2).join() + l.filter(function (x) { return x; }).length; });
 t(function () { var n = 0; for (var i in l) n++; return n; });
 return r.join('\\n'); })"""
ANSWERS = """true3
[1,2,3]
2,4,6
5 8 1 [2,3,9]
5[1,2,2,3,9]
2,2[1,3,9]
[1,"a","b","c",3,9]
[1,3,9,"a","b","c"]["c","b","a",9,3,1]2
["c","b"]
["c","b",null,null,5]["c","b",null,null,5,1,"c","b",null,null,5]
0,1,2,3,4truefalsetruetrue
Error: a list cannot have so many elements that are nothing
undefinedtrue5
,53
5"""


def lists_are_arrays(engine):
    l = [1, 2, 3]
    said = engine.eval(USES)(l)
    assert said.split("\n") == ANSWERS.split("\n"), said
    assert l == ["c", "b", None, None, 5]
    push = engine.eval("(function (l) { l.push(7); return JSON.stringify(l); })")
    again = engine.eval("(function (l) { try { l.push(1); } catch (e) { throw new Error(e); } })")
    raises(xlgc.Error, "TypeError: 'tuple' object does not support item assignment", again, (1, 2))
    assert push(collections.UserList([1])) == "[1,7]" and push(collections.deque([1])) == "[1,7]"
    assert engine.eval("JSON.stringify")({"a": [1, {"b": (2, 3)}]}) == '{"a":[1,{"b":[2,3]}]}'
    assert engine.eval("JSON.stringify")(xlgc.open("lua").eval("return {a = 1}")) == '{"a":1}'


class Plain:
    def __init__(self):
        self.a, self.b = 1, [1]


def others_in_json(engine):
    text = engine.eval("(function (x) { try { return JSON.stringify(x); } catch (e) { return String(e); } })")
    for value, expected in (
        (Plain(), '{"a":1,"b":[1]}'),
        ({1}, "[1]"),
        (frozenset([3]), "[3]"),
        ({}.keys(), "[]"),
        ({"a": 2}.items(), '[["a",2]]'),
        (collections.Counter("aab"), '{"a":2,"b":1}'),
        (collections.defaultdict(int, a=1), '{"a":1}'),
        (range(3), "[0,1,2]"),
        ((i for i in [1]), "{}"),
        (object(), "TypeError: 'object' object is not iterable"),
    ):
        assert text(value) == expected, (value, text(value))
    keys = engine.eval("(function (x) { return Object.keys(x).join(); })")
    assert keys(Plain()) == "a,b" and sorted(keys({True: 1, None: 2, 1.5: 3}).split(",")) == ["1.5", "null", "true"]
    raises(xlgc.Error, "a key of this object is no name of a property: iterate over it instead", keys, {(1, 2): 3})


def views():
    t = lua.eval("return {10, 20, 30}")
    s = xlgc.sequence(t)
    assert s == [10, 20, 30] and s[0] == 10 and s[-1] == 30 and s[1:] == [20, 30] and list(reversed(s)) == [30, 20, 10]
    s.append(40)
    s.insert(0, 5)
    del s[1]
    s[0] = 6
    assert s == [6, 20, 30, 40], s
    assert lua.eval("return function(t) return table.concat(t, ',') end")(t) == "6,20,30,40"
    s[1:3] = []
    assert s == [6, 40] and len(t) == 2
    assert s.pop() == 40 and s.index(6) == 0 and 6 in s
    for f in lambda: s[5], lambda: s[-9], lambda: s.__setitem__(7, 1):
        raises(IndexError, "there is no such place in the sequence", f)
    m = xlgc.mapping(lua.eval("return {a = 1, keys = 2, [3] = 4}"))
    assert dict(m) == {"a": 1, "keys": 2, 3: 4} and m["keys"] == 2 and len(m) == 3 and m.get("x", 5) == 5 and m == {"a": 1, "keys": 2, 3: 4}
    m["b"] = 6
    del m["a"]
    assert sorted(map(str, m)) == ["3", "b", "keys"] and m.pop("b") == 6
    for k in "nope", 99:
        raises(KeyError, repr(k), lambda: m[k])
        raises(KeyError, repr(k), lambda: m.__delitem__(k))
    assert json.dumps(lua.eval("return {1, {x = {2, 3}}, 'a'}"), default=xlgc.plain) == '[1, {"x": [2, 3]}, "a"]'
    assert json.dumps(js.eval("({a: [1, {b: null}], c: new Set([1])})"), default=xlgc.plain) == '{"a": [1, {"b": null}], "c": [1]}'
    raises(TypeError, "Object of type CallableProxy has no plain form", lambda: json.dumps(lua.eval("return print"), default=xlgc.plain))
    raises(TypeError, "what is equal to this object is for its own language to say", lambda: hash(lua.eval("return setmetatable({}, {__eq = function() return true end})")))
    assert "plain" in dir(xlgc) and "plain" in xlgc.__all__ and repr(s) == "xlgc.sequence([6])", repr(s)
    raises(AttributeError, "module 'xlgc' has no attribute 'nothing'", lambda: xlgc.nothing)


for one in js, duktape:
    arrays_are_sequences(one)
    lists_are_arrays(one)
    others_in_json(one)
assert js.eval("l => { const [a, ...b] = l; return [...l, ...b, l.at(-1), l instanceof Array].join() }")([1, 2]) == "1,2,2,2,true"
assert js.eval("l => l.flatMap(x => [x, x]).length + Math.max(...l) + l.includes(2)")([1, 2]) == 7
views()
print("as sequences")
