# Objects of other languages as mappings of Python's.
import xlgc
from raising import raises

OBJECT = {"lua": "return {ab = 1, cd = 2}", "mozjs": "({ab: 1, cd: 2})", "duktape": "({ab: 1, cd: 2})"}
ARRAY = {"lua": "return {10, 20}", "mozjs": "[10, 20]", "duktape": "[10, 20]"}
FUNCTION = {"lua": "return function() end", "mozjs": "(() => 1)", "duktape": "(function () {})"}


for name, text in OBJECT.items():
    engine = xlgc.open(name)
    p = engine.eval(text)
    assert dict(p) == {"ab": 1, "cd": 2}, dict(p)
    assert (lambda **given: given)(**p) == {"ab": 1, "cd": 2}
    assert {**p, "ef": 3} == {"ab": 1, "cd": 2, "ef": 3}
    assert sorted(p.keys()) == ["ab", "cd"] and sorted(p.values()) == [1, 2]
    assert sorted(p.items()) == [("ab", 1), ("cd", 2)]
    assert p.get("ab") == 1 and p.get("nothing") is None and p.get("nothing", 7) == 7
    raises(TypeError, "get expected at least 1 argument, got 0", p.get)
    raises(AttributeError, "has no attribute 'update'", lambda: p.update)
    # Its own fields come first. What is then no mapping is not taken for one.
    p.keys = 3
    assert p.keys == 3 and p["keys"] == 3 and xlgc.items(p)
    raises(TypeError, "'int' object is not callable", lambda: dict(p))
    # A ring through a method is one.
    q = engine.eval(text)
    q.ab = q.items
    del q
    array, function = engine.eval(ARRAY[name]), engine.eval(FUNCTION[name])
    if name == "lua":
        assert dict(array) == {1: 10, 2: 20}
    else:
        raises(AttributeError, "has no attribute 'get'", lambda: array.get)
        assert list(array) == [10, 20]
    raises(AttributeError, "has no attribute 'items'", lambda: function.items)
assert xlgc.collect() >= len(OBJECT)
assert dict(xlgc.new(a=1)) == {"a": 1}
print("as mappings")
