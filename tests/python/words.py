# What each mistake of a script is answered with: the error's type and words, which name the cause. Runs in a stock
# interpreter, too.
import pickle
import re

import xlgc

GONE = "ReferenceError: the object is gone: nothing held it any more, or its engine was closed"
NO_KLINGON = re.compile(r"Error: the language 'klingon' is not installed: /.*/libxlgc-klingon\.so\.\d+: "
                        r"there is no such file; where the system looks for libraries: "
                        r"libxlgc-klingon\.so\.\d+: cannot open shared object file")
NO_NAME = "Error: a field's name is text, bytes, a number or a boolean"
NO_CALL = "TypeError: 'xlgc.Proxy' object is not callable"
ONE_PYTHON = "Error: python runs in this process already, and a process can have one only; its objects are found where"
PAIR = "UnicodeEncodeError: 'utf-8' codec can't encode characters in position 0-1: surrogates not allowed"

# In the languages: what makes an object, a function that answers its argument, and one that calls its argument.
OBJECT = {"lua": "return {}", "duktape": "({})", "mozjs": "({})"}
FUNCTION = {"lua": "return function(...) return ... end", "duktape": "(function(x) { return x })", "mozjs": "(x => x)"}
CALL = {"lua": "return function(f, x) return (f(x)) end", "duktape": "(function(f, x) { return f(x) })",
        "mozjs": "((f, x) => f(x))"}
MODULE = {"lua": "return xlgc", "duktape": "xlgc", "mozjs": "xlgc"}
count = 0


def said(function):
    try:
        return repr(function())
    except Exception as error:
        return "%s: %s" % (type(error).__name__, error)


def check(expected, function):
    """Begins with what is expected, which may be a pattern."""
    global count
    count += 1
    is_text = isinstance(expected, str)
    what = said(function)
    good = what.startswith(expected) if is_text else expected.match(what)
    assert good, "got %r, expected %r" % (what[:300], expected if is_text else expected.pattern)


def boom(*arguments):
    raise ValueError("boom")


def throw(error):
    raise error


def test_the_module():
    check("TypeError: xlgc.open wants the name of a language, such as \"lua\"", lambda: xlgc.open(1))
    check("TypeError: xlgc.open() takes exactly one argument (0 given)", lambda: xlgc.open())
    check(NO_KLINGON, lambda: xlgc.open("klingon"))
    for name in "", "../lua", "x" * 100:
        check("Error: the language '%s" % name[:32], lambda: xlgc.open(name))
    check(ONE_PYTHON, lambda: xlgc.open("python"))
    try:
        xlgc.open("klingon")
    except xlgc.Error as error:
        assert (error.original, error.language, error.type, error.message, error.stack) == (None, "", "", "", "")
        # It is Python's own, elsewhere too.
        engine = xlgc.open("lua")
        thrown = engine.eval("(function(f, e) local _, x = pcall(f, e) return x.original == e, x.language end)(...)", "x",
                             throw, error)
        assert thrown == (True, "python")
        engine.close()
    check("TypeError: 'int' object is not iterable", lambda: xlgc.new(1))
    check("TypeError: xlgc.alive() takes exactly one argument (0 given)", lambda: xlgc.alive())
    check("TypeError: this is no object of another language", lambda: list(xlgc.keys(1)))
    check("TypeError: this is no object of another language", lambda: list(xlgc.items([])))


def test_managed_objects():
    one = xlgc.new(a=1)
    check("AttributeError: the object of the other language has no attribute 'b'", lambda: one.b)
    check("KeyError: 'b'", lambda: one["b"])
    check("AttributeError: the object of the other language has no attribute 'b'", lambda: delattr(one, "b"))
    for name in float("nan"), (1,), None, 1j:
        check(NO_NAME, lambda: one.__setitem__(name, 1))
    check(NO_CALL, lambda: one())
    check("Error: this object has no order", lambda: one < one)
    check("TypeError: cannot pickle an object of another language", lambda: pickle.dumps(one))
    check("TypeError: an object of another language that has no 'close' cannot be used in a with", one.__enter__)
    check(PAIR, lambda: setattr(one, "x", "\ud800\udc00"))
    check(PAIR, lambda: one["\ud800\udc00"])
    one["\ud800"] = 1
    assert one["\ud800"] == 1


def check_values(name, engine):
    one, function = engine.eval(OBJECT[name]), engine.eval(FUNCTION[name])
    check("AttributeError: the object of the other language has no attribute 'b'", lambda: one.b)
    check("AttributeError: the object of the other language has no attribute 'b'", lambda: engine.globals.b)
    check("IndexError: 7", lambda: one[7])
    check(NO_CALL, lambda: one())
    check("TypeError: unsupported operand type(s) for +: 'xlgc.Proxy' and 'int'", lambda: one + 1)
    check("TypeError: arguments by name do not cross to another language", lambda: function(a=1))
    check(PAIR, lambda: function("\ud800\udc00"))
    assert function("\ud800") == "\ud800"
    check("TypeError: an object of another language that has no 'close' cannot be used in a with", one.__enter__)
    if name == "lua":
        check("LengthError: attempt to get length of a function value", lambda: len(function))
        check("Error: attempt to compare two table values", lambda: one < one)
        check("Error: table index is nil", lambda: one.__setitem__(None, 1))
        check("Error: table index is NaN", lambda: one.__setitem__(float("nan"), 1))
        check("Error: this object cannot be iterated over", lambda: list(function))
    if name == "mozjs":
        check("LengthError: TypeError: a function has no length", lambda: len(function))
        check("Error: TypeError: a property's name is text, a number or a boolean", lambda: one.__setitem__(None, 1))
        check("Error: TypeError: this object cannot be iterated over", lambda: list(function))


def check_code(name, engine):
    type_error = "Error: " if name == "lua" else "Error: TypeError: "
    for arguments in (1,), (), (None,):
        check(type_error + "eval wants a text", lambda: engine.eval(*arguments))
    check({"lua": "Error: eval:1: unexpected symbol near <eof>",
           "duktape": "Error: SyntaxError: parse error (line 1, end of input)",
           "mozjs": "Error: SyntaxError: expected expression, got end of script"}[name], lambda: engine.eval("(("))
    check({"lua": "Error: eval:1: attempt to index a nil value",
           "duktape": "Error: TypeError: cannot read property 'y' of null",
           "mozjs": "Error: TypeError: null has no properties"}[name],
          lambda: engine.eval("return (nil).y" if name == "lua" else "null.y"))
    call = engine.eval(CALL[name])
    # However often it crosses.
    check("ValueError: boom", lambda: call(boom))
    check("ValueError: boom", lambda: call(lambda x: call(lambda x: call(boom))))
    check("Error: stop", lambda: call(lambda x: call(lambda x: engine.eval(
        "error('stop', 0)" if name == "lua" else "throw new Error('stop')"))))

    def again(x):
        return call(again)

    check(re.compile(".*(stack overflow|stack depth|recursion)"), lambda: again(0))


def check_module(name, engine):
    module = engine.eval(MODULE[name])
    type_error = "Error: " if name == "lua" else "Error: TypeError: "
    for arguments in (), (1,), (None,):
        check(type_error + "xlgc.open wants the name of a language, such as \"lua\"", lambda: module.open(*arguments))
    check(NO_KLINGON, lambda: module.open("klingon"))
    check(ONE_PYTHON, lambda: module.open("python"))
    check(type_error + "xlgc.new wants nothing, or an object with the fields", lambda: module.new(1))


def check_ends(name, engine):
    call, one = engine.eval(CALL[name]), engine.eval(OBJECT[name])
    other = xlgc.open("lua").eval(FUNCTION["lua"])
    check("None", lambda: call(lambda x: engine.close()))
    for use in lambda: one.a, lambda: setattr(one, "a", 1), lambda: call(len), lambda: engine.close():
        check(GONE, use)
    check("Error: " + GONE, lambda: other(one))
    check("False", lambda: xlgc.alive(one))


def test_engines():
    for name in OBJECT:
        with xlgc.open(name) as engine:
            for part in check_values, check_code, check_module, check_ends:
                part(name, engine)


def test_there_were_many():
    assert count > 100, count
