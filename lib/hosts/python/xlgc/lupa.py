"""Lua with the names of the package lupa, on xlgc: a program comes over by `from xlgc import lupa`.

Objects of Lua are Proxies here too, of classes that behave as lupa's; rings through both languages are freed.
`LuaRuntime` starts an engine, which ends when nothing of it is held any more. Threads may share one. Costs: those of
xlgc, and what the methods of the classes below do in Python.
"""

import builtins
import codecs
import functools
import itertools
import operator
import pathlib
import weakref
from _thread import RLock as FastRLock
from collections.abc import Mapping, Sequence
from contextlib import contextmanager

import xlgc

__version__ = xlgc.__version__
__all__ = [
    "LUA_MAXINTEGER", "LUA_MININTEGER", "LUA_VERSION", "FastRLock", "LuaError", "LuaMemoryError", "LuaRuntime",
    "LuaSyntaxError", "allow_lua_module_loading", "as_attrgetter", "as_itemgetter", "lua_type", "unpacks_lua_table",
    "unpacks_lua_table_method",
]
LUA_VERSION = (5, 4)
LUA_MAXINTEGER, LUA_MININTEGER = (1 << 63) - 1, -(1 << 63)


class LuaError(xlgc.Error):
    """An error of Lua's, with the stack of Lua in its words."""


class LuaSyntaxError(LuaError):
    """Text that is no Lua."""


class LuaMemoryError(LuaError, MemoryError):
    """The memory that the runtime may have is used up."""


class _LuaLengthError(LuaError, xlgc.LengthError):
    """What list() and the like take for an object without a length."""


def _own(line):
    """A line of a stack as Lua writes its own."""
    return line[5:] if line.startswith("lua: ") else line


def _convert(error, state):
    """The error as one of the classes above."""
    if isinstance(error, LuaError):
        return error
    words, stack = str(error), getattr(error, "stack", None)
    if words.startswith(("not enough memory", "out of memory")):
        made = LuaMemoryError(words)
    else:
        if stack and "stack traceback:" not in words and state.has_traceback():
            words += "\nstack traceback:\n" + "\n".join("\t" + _own(line) for line in reversed(stack.splitlines()))
        made = (_LuaLengthError if isinstance(error, xlgc.LengthError) else LuaError)(words)
    made.__dict__.update(error.__dict__)
    made.__cause__, made.__traceback__ = error.__cause__, error.__traceback__
    return made


def _guard(function):
    @functools.wraps(function)
    def guarded(self, *args):
        try:
            return function(self, *args)
        except xlgc.Error as error:
            converted = _convert(error, self._state)
        raise converted
    return guarded


def _fits(value):
    return value.__class__ is not int or LUA_MININTEGER <= value <= LUA_MAXINTEGER


def _fit(state, value):
    """What stands for an integer that Lua does not have."""
    if _fits(value):
        return value
    handler = state.get_handler()
    if handler is None:
        raise OverflowError(f"Lua has no integer of {value.bit_length()} bits")
    return _proxy.__call__(handler, value) if isinstance(handler, xlgc.Proxy) else handler(value)


# ------------------------------------------------------------------ objects of Lua

_proxy = xlgc.CallableProxy


class _LuaObject(_proxy):
    """An object of Lua: an item or attribute that it has not is None."""

    __slots__ = ()
    _kind = "userdata"

    def __call__(self, *args):
        for value in args:
            if not _fits(value):
                args = [_fit(self._state, value) for value in args]
                break
        try:
            return _proxy.__call__(self, *args)
        except xlgc.Error as error:
            converted = _convert(error, self._state)
        raise converted

    def __getitem__(self, key):
        if key is None:
            return self._state.get_none(self)
        try:
            return _proxy.__getitem__(self, key)
        except LookupError:
            return None
        except xlgc.Error as error:
            converted = _convert(error, self._state)
        raise converted

    def __getattr__(self, name):
        if name[:2] == "__" == name[-2:]:
            raise AttributeError(name)
        return self[name]

    def __iter__(self):
        raise TypeError("iteration is only supported for tables")

    __len__ = _guard(_proxy.__len__)

    def __str__(self):
        has_words, text = self._state.text(self)
        if not has_words:
            return repr(self)
        if not isinstance(text, (str, bytes)):
            raise TypeError("__tostring returned non-string object")
        return _text(text)

    __str__ = _guard(__str__)

    def __repr__(self):
        kind, address = map(_text, self._state.describe(self))
        return f"<Lua {kind} at {address}>"


class _LuaTable(_LuaObject):
    __slots__ = ()
    _kind = "table"

    def __iter__(self):
        return xlgc.keys(self)

    def keys(self):
        """An iterator over the keys."""
        return xlgc.keys(self)

    def values(self):
        """An iterator over the values."""
        return xlgc.values(self)

    def items(self):
        """An iterator over pairs of a key and its value."""
        return xlgc.items(self)

    def __contains__(self, key):
        return self[key] is not None

    def __setitem__(self, key, value):
        if key is None:
            self._state.set_none(self, value)
        else:
            _proxy.__setitem__(self, key, value)

    __setitem__ = _guard(__setitem__)

    def __delitem__(self, key):
        self[key] = None

    def __delattr__(self, name):
        self[name] = None


class _LuaFunction(_LuaObject):
    __slots__ = ()
    _kind = "function"

    def coroutine(self, *args):
        """A coroutine of the function, which is given these arguments when it starts."""
        return self._state.create(self, *args)

    def __getitem__(self, key):
        raise TypeError("item/attribute access not supported on functions")

    def __getattr__(self, name):
        raise AttributeError("item/attribute access not supported on functions")


def _lacks(name):
    def get(self):
        raise AttributeError(name)
    return property(get)


class _LuaThread(_LuaFunction):
    """A coroutine; one that has not been started makes others of its function when it is called."""

    __slots__ = ()
    __setitem__, __delitem__ = _lacks("__setitem__"), _lacks("__delitem__")

    @property
    def _kind(self):
        return "thread" if self._state.function_of(self) is None else "function"

    def __setattr__(self, name, value):
        raise AttributeError(name)

    def __call__(self, *args):
        function = self._state.function_of(self)
        if function is None:
            raise LuaError("attempt to call a thread value")
        return function.coroutine(*args)

    def __iter__(self):
        return self

    def __bool__(self):
        return self._state.is_alive(self)

    def _resume(self, waits, *args):
        if not self:
            raise StopIteration
        ended, count, *results = self._state.resume(self, waits, *args)
        if ended and not count:
            raise StopIteration
        return results[0] if count == 1 else tuple(results) if count else None

    _resume = _guard(_resume)

    def __next__(self):
        return self._resume(True)

    def send(self, value):
        """Goes on with this value, or with the elements of a tuple."""
        waits = self._state.waits(self)
        if value is not None and waits:
            raise TypeError("can't send non-None value to a just-started generator")
        if value is None:
            return self._resume(waits, *(() if waits else (None,)))
        return self._resume(False, *(value if isinstance(value, tuple) else (value,)))


_TYPES = ((5, _LuaTable), (6, _LuaFunction), (7, _LuaObject), (8, _LuaThread))  # as lua.h numbers them


def lua_type(obj):
    """What type() of Lua says of an object of Lua; None for others."""
    return obj._kind if isinstance(obj, _LuaObject) else None


# ---------------------------------------------------------------- objects of Python

class _PyProtocolWrapper:
    """An object of Python with its attributes, or its items, for code of Lua."""

    __slots__ = ("_obj",)

    def __init__(self, obj):
        object.__setattr__(self, "_obj", obj)

    def __call__(self, *args, **kwargs):
        return self._obj(*args, **kwargs)

    def __iter__(self):
        return iter(self._obj)

    def __str__(self):
        return str(self._obj)

    def __eq__(self, other):
        return self._obj == (other._obj if isinstance(other, _PyProtocolWrapper) else other)

    def __hash__(self):
        return hash(self._obj)


class _Attributes(_PyProtocolWrapper):
    __slots__ = ()

    def __getattr__(self, name):
        return getattr(self._obj, name)

    def __setattr__(self, name, value):
        setattr(self._obj, name, value)


class _Items(_PyProtocolWrapper):
    __slots__ = ()

    def __getitem__(self, key):
        return self._obj[key]

    def __setitem__(self, key, value):
        self._obj[key] = value


def _bare(obj):
    return obj._obj if isinstance(obj, _PyProtocolWrapper) else obj


def as_attrgetter(obj):
    """For code of Lua: the object with its attributes, also if it has items."""
    return _Attributes(_bare(obj))


def as_itemgetter(obj):
    """For code of Lua: the object with its items."""
    return _Items(_bare(obj))


def _unpack(args):
    if len(args) != 1 or not isinstance(args[0], _LuaTable):
        return args, {}
    length, named, unnamed = len(args[0]), {}, {}
    for key, value in args[0].items():
        if isinstance(key, int) and not isinstance(key, bool):
            if not 1 <= key <= length:
                raise IndexError("table index out of range")
            unnamed[key] = value
        elif isinstance(key, (str, bytes)):
            named[key if isinstance(key, str) else key.decode()] = value
        else:
            raise TypeError("table key is neither an integer nor a string")
    return [unnamed.get(i) for i in range(1, length + 1)], named


def unpacks_lua_table(func):
    """A function that is called from Lua with one table has its fields as arguments by name and position."""
    @functools.wraps(func)
    def wrapper(*args):
        unnamed, named = _unpack(args)
        return func(*unnamed, **named)
    return wrapper


def unpacks_lua_table_method(meth):
    """The same for a method."""
    @functools.wraps(meth)
    def wrapper(self, *args):
        unnamed, named = _unpack(args)
        return meth(self, *unnamed, **named)
    return wrapper


# ------------------------------------------------------------------------- runtimes

_PRELUDE = pathlib.Path(__file__).with_suffix(".lua").read_text(encoding="utf-8")


def _call_none():
    raise TypeError("'NoneType' object is not callable")


def _text(given):
    """Words of the prelude's or of Lua's, which are bytes where strings are."""
    return given.decode("utf-8", "replace") if isinstance(given, bytes) else given


def _raise(name, words):
    raise getattr(builtins, _text(name))(_text(words))


def _next(iterator):
    for value in iterator:
        return xlgc.several(True, value)
    return False


def _next_unpacked(iterator):
    for value in iterator:
        return xlgc.several(True, *value) if isinstance(value, tuple) else xlgc.several(True, value)
    return False


_PY = {"iter": iter, "next": _next, "next_unpacked": _next_unpacked, "as_attrgetter": as_attrgetter,
       "as_itemgetter": as_itemgetter, "call_none": _call_none, "raise": _raise, "get_item": operator.getitem,
       "count": len}
_numbers = itertools.count(1)


class _State:
    """What the objects of a runtime need of it: functions of Lua's, and what the program has given. It lives as long as
    any of them."""


def _start(engine, unpacks):
    """A new state. Proxies of the runtime's objects are of classes of its own, so that each leads to its state."""
    state, sorts = _State(), (next(_numbers) % (1 << 18)) * 16
    state.engine = engine
    state.getter = state.setter = None
    state.classes = [type(base.__name__, (base,), {"__slots__": (), "_state": state}) for _, base in _TYPES]
    for (number, _), cls in zip(_TYPES, state.classes):
        xlgc.register(sorts + number, cls)
    functions = engine.eval(_PRELUDE, "=lupa", sorts, unpacks, _PY)
    for name in ("load", "get_none", "set_none", "set", "copy", "table", "text", "describe", "create", "function_of",
                 "waits", "is_alive", "equip_text", "resume", "collect", "require", "has_traceback", "get_handler", "set_handler"):
        setattr(state, name, functions[name])
    return state


def _check_handlers(attribute_filter, attribute_handlers):
    """The functions for reading and for writing, or None."""
    if attribute_filter is not None and not callable(attribute_filter):
        raise ValueError("attribute_filter must be callable")
    getter = setter = None
    if attribute_handlers:
        try:
            getter, setter = attribute_handlers
        except (TypeError, ValueError):
            raise ValueError("attribute_handlers must be a sequence of two callables") from None
        if any(given is not None and not callable(given) for given in (getter, setter)):
            raise ValueError("attribute_handlers must be a sequence of two callables")
    if attribute_filter is None:
        return getter, setter
    if getter or setter:
        raise ValueError("attribute_filter and attribute_handlers are mutually exclusive")

    def get(obj, name):
        return NotImplemented if hasattr(obj, "__getitem__") else getattr(obj, attribute_filter(obj, name, False))

    def put(obj, name, value):
        if hasattr(obj, "__getitem__"):
            return NotImplemented
        return setattr(obj, attribute_filter(obj, name, True), value)
    return get, put


def _is_item(obj, name):
    return isinstance(name, str) and hasattr(obj, "__getitem__") and not isinstance(obj, _Attributes)


def _get_bytes(obj, name):
    return obj[name.encode()] if _is_item(obj, name) else NotImplemented


def _put_bytes(obj, name, *value):
    if not _is_item(obj, name):
        return NotImplemented
    if value:
        obj[name.encode()] = value[0]
    else:
        del obj[name.encode()]


def _filter(state, getter, setter, is_bytes):
    """The names of items are bytes where strings are, those of attributes text. The engine's filter must not hold the state, which the program's functions may hold in turn."""
    state.getter, state.setter = getter, setter
    held = weakref.ref(state)

    def get(obj, name):
        return held().getter(_bare(obj), name)

    def put(obj, name, value=None):
        return held().setter(_bare(obj), name, value)
    by_name = (_get_bytes, _put_bytes) if is_bytes else (None, None)
    xlgc.filter(state.engine, get if getter else by_name[0], put if setter else by_name[1], True)


def _encoding_name(encoding):
    """The name of an encoding as the C library has it too."""
    name = codecs.lookup(encoding).name
    return "US-ASCII" if name == "ascii" else name.replace("_", "-")


class LuaRuntime:
    """An engine of Lua, with the options and methods of lupa's. Strings of Lua are text in the encoding, or bytes with
    None, where str is an object of Python's; code that is text is given to Lua in source_encoding, which is the same if it is not told."""

    def __init__(self, encoding="UTF-8", source_encoding=None, attribute_filter=None, attribute_handlers=None,
                 register_eval=True, unpack_returned_tuples=False, register_builtins=True, overflow_handler=None,
                 max_memory=None, string_hash_seed=None):
        getter, setter = _check_handlers(attribute_filter, attribute_handlers)
        if overflow_handler is not None and not callable(overflow_handler):
            raise ValueError("overflow_handler must be callable")
        choice = "bytes" if encoding is None else _encoding_name(encoding)
        engine = xlgc.open("lua")
        engine.strings(choice)
        self._source_encoding = codecs.lookup(source_encoding or encoding or "UTF-8").name
        self._state = _start(engine, bool(unpack_returned_tuples))
        self._globals = engine.globals
        self._engine = engine
        if register_eval:
            self._globals.python.eval = eval
        if register_builtins:
            self._globals.python.builtins = builtins
        if encoding is None:
            engine.strings("apart")
            self._state.equip_text("")
        _filter(self._state, getter, setter, encoding is None)
        self.set_overflow_handler(overflow_handler)
        self._limit = None
        self._state.collect()
        self._base = engine.limit_memory()
        if max_memory is not None:
            self._limit = 0
            self.set_max_memory(max_memory)

    # ---- code

    def _compile(self, code, name, mode, prefix=""):
        if isinstance(code, str):
            code = code.encode(self._source_encoding)
        elif not isinstance(code, (bytes, bytearray)):
            raise TypeError(f"Expected string, got {type(code)}")
        name = "<python>" if name is None else name if isinstance(name, str) else name.decode()
        made = self._state.load(prefix.encode() + code, name, mode or "bt")
        if not isinstance(made, tuple):
            return made
        words = str(_text(made[1]))
        raise (LuaMemoryError if words.startswith("not enough memory") else LuaSyntaxError)(
            "error loading code: " + words)

    def eval(self, lua_code, *args, name=None, mode=None):
        """The value of an expression."""
        return self._compile(lua_code, name, mode, "return ")(*args)

    def execute(self, lua_code, *args, name=None, mode=None):
        """Runs statements, and answers what they return."""
        return self._compile(lua_code, name, mode)(*args)

    def compile(self, lua_code, name=None, mode=None):
        """A function of the statements."""
        return self._compile(lua_code, name, mode)

    def require(self, modulename):
        """Loads a module of Lua's."""
        if not isinstance(modulename, (str, bytes)):
            raise TypeError("modulename must be a string")
        try:
            found = self._state.require(modulename)
        except xlgc.Error as error:
            raise _convert(error, self._state) from None
        return found[0] if isinstance(found, tuple) else found

    def globals(self):
        """The table of the global names."""
        return self._globals

    # ---- tables

    def table(self, *items, **kwargs):
        """A new table of these."""
        return self.table_from(items, kwargs)

    def table_from(self, *args, recursive=False):
        """A new table with the items of mappings and tables, and the elements of what else can be iterated over."""
        return self._fill(args, {} if recursive else None)

    def _fill(self, sources, seen):
        made, count = self._state.table(), 0
        for source in sources:
            if seen is not None:
                if id(source) in seen:
                    return seen[id(source)]
                seen[id(source)] = made
            if isinstance(source, _LuaTable):
                self._state.copy(made, source)
            elif isinstance(source, Mapping):
                for key in source:
                    made[key] = self._inner(source[key], seen)
            else:
                values = [self._inner(value, seen) for value in source]
                for at in range(0, len(values), 100):
                    self._state.set(made, count + at, *values[at:at + 100])
                count += len(values)
        return made

    def _inner(self, value, seen):
        is_one = seen is not None and isinstance(value, (Sequence, Mapping)) and not isinstance(value, (str, bytes))
        return self._fill((value,), seen) if is_one else value

    # ---- memory

    def gccollect(self):
        """A collection of Lua's own; rings through both languages go by themselves, or by xlgc.collect()."""
        self._state.collect()

    @contextmanager
    def nogc(self):
        """Lua's collector rests in the block."""
        self._state.collect("stop")
        try:
            yield
        finally:
            self._state.collect("restart")

    def get_max_memory(self, total=False):
        """How many bytes Lua may have, 0 for any, None when this was not set at the start."""
        return self._limit + self._base if total and self._limit else self._limit

    def get_memory_used(self, total=False):
        """How many bytes Lua has, or None."""
        if self._limit is None:
            return None
        return self._engine.limit_memory() - (0 if total else self._base)

    def set_max_memory(self, max_memory, total=False):
        """Changes how many bytes Lua may have."""
        if self._limit is None:
            raise RuntimeError("max_memory must be set on LuaRuntime creation")
        self._limit = max(max_memory - (self._base if total else 0), 1) if max_memory else 0
        self._engine.limit_memory(self._limit + self._base if self._limit else 0)

    # ---- about it

    @property
    def lua_version(self):
        """Its version, as (5, 4)."""
        return tuple(map(int, self.lua_implementation.split()[1].split(".")))

    @property
    def lua_implementation(self):
        """Its name, as "Lua 5.4"."""
        return _text(self._globals._VERSION)

    def set_overflow_handler(self, overflow_handler):
        """The function that says what stands for an argument that is an integer of more than 64 bits; None: an error.
        Such results of Python's functions are objects in Lua."""
        if overflow_handler is not None and not callable(overflow_handler):
            raise ValueError("overflow_handler must be callable")
        self._state.set_handler(overflow_handler)


@contextmanager
def allow_lua_module_loading():
    """Modules of C for Lua can be loaded in any case."""
    yield
