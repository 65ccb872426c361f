#include <config.h>

#include "hosts/python/views.h"

static const char source[] =
    "import collections.abc as _abc\n"
    "\n"
    "class SequenceView(_abc.MutableSequence):\n"
    "    'A live view of the elements of an object of another language: what xlgc.sequence gives.'\n"
    "    __slots__ = '_of', '_start'\n"
    "    __hash__ = None\n"
    "    def __init__(self, of, start):\n"
    "        self._of, self._start = of, start\n"
    "    def _place(self, at):\n"
    "        length = len(self)\n"
    "        place = at + length if at < 0 else at\n"
    "        if not 0 <= place < length: raise IndexError('there is no such place in the sequence')\n"
    "        return place + self._start\n"
    "    def __len__(self): return len(self._of)\n"
    "    def __iter__(self):\n"
    "        at = 0\n"
    "        while at < len(self):\n"
    "            yield self[at]\n"
    "            at += 1\n"
    "    def __getitem__(self, at):\n"
    "        if isinstance(at, slice): return [self[i] for i in range(*at.indices(len(self)))]\n"
    "        place = self._place(_index(at))\n"
    "        try: return self._of[place]\n"
    "        except LookupError: return None\n"
    "    def _replace(self, elements):\n"
    "        before = len(self)\n"
    "        for i, element in enumerate(elements): self._of[i + self._start] = element\n"
    "        for i in range(before - 1, len(elements) - 1, -1): del self._of[i + self._start]\n"
    "    def __setitem__(self, at, value):\n"
    "        if not isinstance(at, slice): self._of[self._place(_index(at))] = value; return\n"
    "        elements = list(self)\n"
    "        elements[at] = value\n"
    "        self._replace(elements)\n"
    "    def __delitem__(self, at):\n"
    "        elements = list(self)\n"
    "        del elements[at]\n"
    "        self._replace(elements)\n"
    "    def insert(self, at, value):\n"
    "        elements = list(self)\n"
    "        elements.insert(at, value)\n"
    "        self._replace(elements)\n"
    "    def append(self, value): self._of[len(self) + self._start] = value\n"
    "    def __eq__(self, other):\n"
    "        if not isinstance(other, (list, SequenceView)): return NotImplemented\n"
    "        return list(self) == list(other)\n"
    "    def __add__(self, other): return list(self) + list(other)\n"
    "    def __radd__(self, other): return list(other) + list(self)\n"
    "    def __repr__(self): return f'xlgc.sequence({list(self)!r})'\n"
    "\n"
    "class MappingView(_abc.MutableMapping):\n"
    "    'A live view of the items of an object of another language: what xlgc.mapping gives.'\n"
    "    __slots__ = '_of',\n"
    "    __hash__ = None\n"
    "    def __init__(self, of): self._of = of\n"
    "    def __len__(self): return sum(1 for _ in self)\n"
    "    def __iter__(self): return _keys(self._of)\n"
    "    def __getitem__(self, key):\n"
    "        try: return self._of[key]\n"
    "        except IndexError: raise KeyError(key) from None\n"
    "    def __setitem__(self, key, value): self._of[key] = value\n"
    "    def __delitem__(self, key):\n"
    "        try: del self._of[key]\n"
    "        except IndexError: raise KeyError(key) from None\n"
    "    def __repr__(self): return f'xlgc.mapping({dict(self)!r})'\n"
    "\n"
    "def _check(proxy):\n"
    "    if not isinstance(proxy, _proxy): raise TypeError('this is no object of another language')\n"
    "\n"
    "def sequence(proxy, /, start=None):\n"
    "    '''A live view of an object of another language as a MutableSequence, with Python's places from 0.\n"
    "\n"
    "    start: the key of its first element; by default 0 of a list, and 1 of all else, as of Lua's tables.'''\n"
    "    _check(proxy)\n"
    "    return SequenceView(proxy, start if start is not None else 0 if isinstance(proxy, _abc.Sequence) else 1)\n"
    "\n"
    "def mapping(proxy, /):\n"
    "    '''A live view of an object of another language as a MutableMapping, whatever fields it has.'''\n"
    "    _check(proxy)\n"
    "    return MappingView(proxy)\n"
    "\n"
    "def plain(proxy, /):\n"
    "    '''A list of an object's elements or a dict of its items; what is in them stays as it is.\n"
    "\n"
    "    For json.dumps(..., default=xlgc.plain). A table with the keys from 1 on is a list. Raises TypeError for what "
    "has\n"
    "    no elements.'''\n"
    "    if not isinstance(proxy, (_proxy, SequenceView, MappingView)) or callable(proxy):\n"
    "        raise TypeError(f'Object of type {type(proxy).__name__} has no plain form')\n"
    "    if isinstance(proxy, _abc.Sequence): return list(proxy)\n"
    "    items = dict(proxy.items() if isinstance(proxy, MappingView) else _items(proxy))\n"
    "    first = next(iter(items), None)\n"
    "    if type(first) is int and first in (0, 1) and list(items) == list(range(first, first + len(items))):\n"
    "        return list(items.values())\n"
    "    return items\n";

const char *const xlgc__python_views_names[] = {"mapping", "plain", "sequence", NULL};

static bool has_name(PyObject *name) {
  const char *const *at = xlgc__python_views_names;
  while (*at && PyUnicode_CompareWithASCIIString(name, *at) != 0)
    at++;
  return *at != NULL;
}

/* What the text finds of the module. */
static int lend(PyObject *module, PyObject *names) {
  static const char *const lent[][2] = {{"keys", "_keys"}, {"items", "_items"}, {"Proxy", "_proxy"}};
  PyObject *own = PyModule_GetNameObject(module);
  int failed = own ? PyDict_SetItemString(names, "__name__", own) : -1;
  Py_XDECREF(own);
  for (size_t i = 0; i < sizeof lent / sizeof *lent && !failed; i++) {
    PyObject *one = PyObject_GetAttrString(module, lent[i][0]);
    failed = one ? PyDict_SetItemString(names, lent[i][1], one) : -1;
    Py_XDECREF(one);
  }
  return failed;
}

static PyObject *run(PyObject *module) {
  PyObject *names = PyDict_New(), *none = NULL;
  PyObject *operators = names ? PyImport_ImportModule("operator") : NULL;
  PyObject *index = operators ? PyObject_GetAttrString(operators, "index") : NULL;
  PyObject *code = index ? Py_CompileString(source, "xlgc", Py_file_input) : NULL;
  bool is_lent = code && !PyDict_SetItemString(names, "__builtins__", PyEval_GetBuiltins()) &&
                 !PyDict_SetItemString(names, "_index", index) && !lend(module, names);
  if (is_lent) none = PyEval_EvalCode(code, names, names);
  if (!none) Py_CLEAR(names);
  Py_XDECREF(none);
  Py_XDECREF(code);
  Py_XDECREF(index);
  Py_XDECREF(operators);
  return names;
}

static int keep(PyObject *module, PyObject *names) {
  int failed = 0;
  for (const char *const *at = xlgc__python_views_names; *at && !failed; at++)
    failed = PyModule_AddObjectRef(module, *at, PyDict_GetItemString(names, *at));
  return failed;
}

PyObject *xlgc__python_views_find(PyObject *module, PyObject *name) {
  if (!has_name(name)) return NULL;
  PyObject *names = run(module), *found = NULL;
  if (names && !keep(module, names)) found = Py_XNewRef(PyDict_GetItem(names, name));
  Py_XDECREF(names);
  return found;
}
