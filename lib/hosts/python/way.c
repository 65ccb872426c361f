/* A search, breadth first, from modules and the calls in progress; or from an export. It is written in Python, and only
 * uses what is of Python's own, so that no code of the program runs. */
#include <config.h>

#include "hosts/python/way.h"

#include <stdio.h>

#include "hosts/python/engine.h"

static const char source[] =
    "import gc as _gc, sys as _sys, types as _types\n"
    "\n"
    "_qualname = type.__dict__['__qualname__'].__get__\n"
    "_module = type.__dict__['__module__'].__get__\n"
    "_mro = type.__dict__['__mro__'].__get__\n"
    "_plain = {str, bytes, int, float, complex, bool, type(None)}\n"
    "\n"
    "def _type_name(t):\n"
    "    module = _module(t)\n"
    "    return _qualname(t) if module == 'builtins' else f'{module}.{_qualname(t)}'\n"
    "\n"
    "def _is_class(o):\n"
    "    return type in _mro(type(o))\n"
    "\n"
    "def _place(code):\n"
    "    return f'{code.co_filename}:{code.co_firstlineno}'\n"
    "\n"
    "def describe(o):\n"
    "    return _describe(o) + _made(o)\n"
    "\n"
    "# Where the program has turned on what Python itself knows of that.\n"
    "def _made(o):\n"
    "    traces = _sys.modules.get('tracemalloc')\n"
    "    trace = traces.get_object_traceback(o) if traces and traces.is_tracing() else None\n"
    "    return f', made at {trace[-1].filename}:{trace[-1].lineno}' if trace else ''\n"
    "\n"
    "def _describe(o):\n"
    "    t = type(o)\n"
    "    if t is _types.FunctionType: return f'function {o.__qualname__} ({_place(o.__code__)})'\n"
    "    if t is _types.MethodType: return 'method ' + _describe(o.__func__)\n"
    "    if t is _types.ModuleType: return f'module {dict.get(_dict(o), \"__name__\")}'\n"
    "    return ('class ' + _type_name(o)) if _is_class(o) else _type_name(t)\n"
    "\n"
    "def _key(key, is_attribute):\n"
    "    if type(key) not in _plain: return f'[a {_type_name(type(key))}]'\n"
    "    return '.' + key if is_attribute and type(key) is str and key.isidentifier() else f'[{key!r}]'\n"
    "\n"
    "def _find_key(of, child, is_attribute):\n"
    "    for key, value in list(dict.items(of)):\n"
    "        if value is child: return _key(key, is_attribute)\n"
    "    return '(a key)'\n"
    "\n"
    "def _locals(frame):\n"
    "    names = frame.f_locals\n"
    "    if names is frame.f_globals: return {}\n"
    "    copy = dict(names)\n"
    "    # A call keeps what f_locals has shown. That is taken back, unless the program or a debugger has it too.\n"
    "    is_shown_only = frame.f_code.co_flags & 1 and frame.f_trace is None and _sys.gettrace() is None\n"
    "    if is_shown_only and _sys.getrefcount(names) <= 3: dict.clear(names)\n"
    "    return copy\n"
    "\n"
    "def _name_local(frame, name):\n"
    "    code = frame.f_code\n"
    "    return f\"(local '{name}' of {code.co_qualname}, {code.co_filename}:{frame.f_lineno})\"\n"
    "\n"
    "def _local(frame, child):\n"
    "    for name, value in _locals(frame).items():\n"
    "        if value is child: return _name_local(frame, name)\n"
    "    return f'(a call of {frame.f_code.co_qualname})'\n"
    "\n"
    "def _attribute(o, child):\n"
    "    for t in _mro(type(o)):\n"
    "        for name, member in type.__dict__['__dict__'].__get__(t).items():\n"
    "            if type(member) is _types.MemberDescriptorType:\n"
    "                try:\n"
    "                    if member.__get__(o) is child: return '.' + name\n"
    "                except AttributeError: pass\n"
    "    own = _dict(o)\n"
    "    found = None if own is None else _find_key(own, child, True)\n"
    "    return f'(in a {_type_name(type(o))})' if found in (None, '(a key)') else found\n"
    "\n"
    "def _step(o, child, before):\n"
    "    t = type(o)\n"
    "    if t is dict: return _find_key(o, child, before is not None and _dict(before) is o)\n"
    "    if t is list or t is tuple:\n"
    "        for i, one in enumerate(o):\n"
    "            if one is child: return f'[{i}]'\n"
    "    if t is set or t is frozenset: return '(an element)'\n"
    "    if t is _types.FrameType: return _local(o, child)\n"
    "    if t is _types.GeneratorType and o.gi_frame is not None: return _local(o.gi_frame, child)\n"
    "    if t is _types.CoroutineType and o.cr_frame is not None: return _local(o.cr_frame, child)\n"
    "    if t is _types.MethodType: return '(self of its method)' if child is o.__self__ else ''\n"
    "    if t is _types.FunctionType and child is o.__globals__: return '(its globals)'\n"
    "    if child is type(o): return '(its class)'\n"
    "    return '' if child is _dict(o) else _attribute(o, child)\n"
    "\n"
    "def _words(path):\n"
    "    words, i = [], 0\n"
    "    while i + 1 < len(path):\n"
    "        o, child = path[i], path[i + 1]\n"
    "        if type(o) is _types.FunctionType and child is o.__closure__ and i + 3 < len(path):\n"
    "            number = [cell is path[i + 2] for cell in child].index(True)\n"
    "            name = o.__code__.co_freevars[number]\n"
    "            words.append(f\"(variable '{name}' around {o.__qualname__}, {_place(o.__code__)})\")\n"
    "            i += 3\n"
    "            continue\n"
    "        words.append(_step(o, child, path[i - 1] if i else None))\n"
    "        i += 1\n"
    "    return [word for word in words if word]\n"
    "\n"
    "def find(start, to, budget):\n"
    "    objects, parents, seen = [], [], set()\n"
    "    def meet(o, by):\n"
    "        if id(o) in seen or (type(o) in _plain and o is not to): return False\n"
    "        seen.add(id(o))\n"
    "        objects.append(o)\n"
    "        parents.append(by)\n"
    "        return o is to\n"
    "    def way(number):\n"
    "        path = [objects[number]]\n"
    "        while type(parents[number]) is int:\n"
    "            number = parents[number]\n"
    "            path.append(objects[number])\n"
    "        return [parents[number], *_words(path[::-1])]\n"
    "    for own in start, objects, parents, seen, _here: seen.add(id(own))\n"
    "    def go_through(number):\n"
    "        while number < len(objects) < budget:\n"
    "            for one in _gc.get_referents(objects[number]):\n"
    "                if meet(one, number): return way(len(objects) - 1)\n"
    "            number += 1\n"
    "    for i, export in enumerate(start):\n"
    "        if meet(export, (i,)): return way(len(objects) - 1)\n"
    "    if not start:\n"
    "        for name, module in list(_sys.modules.items()):\n"
    "            if meet(module, f'module {name}'): return way(len(objects) - 1)\n"
    "    found = go_through(0)\n"
    "    if start or found: return found\n"
    "    last = len(objects)\n"
    "    budget += last\n"
    "    for frame in _sys._current_frames().values():\n"
    "        while frame is not None:\n"
    "            names = {} if frame.f_globals is _here else _locals(frame)\n"
    "            for name, value in names.items():\n"
    "                if meet(value, [_name_local(frame, name)]): return way(len(objects) - 1)\n"
    "            frame = frame.f_back\n"
    "    return go_through(last)\n"
    "\n"
    "_here = globals()\n";

/* An object's dict, or None: without asking its class. */
static PyObject *dict_of(PyObject *self, PyObject *object) {
  (void)self;
  bool has = _PyObject_GetDictPtr(object) || PyType_HasFeature(Py_TYPE(object), Py_TPFLAGS_MANAGED_DICT);
  if (!has) Py_RETURN_NONE;
  PyObject *dict = PyType_Check(object) || PyModule_Check(object) ? Py_NewRef(*_PyObject_GetDictPtr(object))
                                                                  : PyObject_GenericGetDict(object, NULL);
  if (dict) return dict;
  PyErr_Clear();
  Py_RETURN_NONE;
}
static PyMethodDef dict_method = {"_dict", dict_of, METH_O, NULL};

/* The answer is incomplete. That the program is to stop is told to it when it goes on. */
static void drop_exception(void) {
  if (PyErr_ExceptionMatches(PyExc_KeyboardInterrupt)) PyErr_SetInterrupt();
  PyErr_Clear();
}

/* One of the functions above: a new reference, or NULL with an exception. */
static PyObject *find_function(const char *name) {
  PyObject *names = PyDict_New(), *none = NULL;
  PyObject *dict = names ? PyCFunction_New(&dict_method, NULL) : NULL;
  PyObject *code = dict ? Py_CompileString(source, "xlgc", Py_file_input) : NULL;
  bool is_ready = code && !PyDict_SetItemString(names, "__builtins__", PyEval_GetBuiltins()) &&
                  !PyDict_SetItemString(names, "_dict", dict);
  if (is_ready) none = PyEval_EvalCode(code, names, names);
  PyObject *function = none ? Py_XNewRef(PyDict_GetItemString(names, name)) : NULL;
  Py_XDECREF(none);
  Py_XDECREF(code);
  Py_XDECREF(dict);
  Py_XDECREF(names);
  return function;
}

/* Its first part is a name; or that of a call in a list; or the index of an export in a tuple. */
static int tell(PyObject *way, void (*step)(void *data, const char *text), void *data) {
  PyObject *start = PyList_GET_ITEM(way, 0);
  bool is_export = PyTuple_Check(start), is_call = PyList_Check(start);
  for (Py_ssize_t i = is_export; i < PyList_GET_SIZE(way); i++) {
    PyObject *part = PyList_GET_ITEM(way, i);
    const char *text = PyUnicode_AsUTF8(!i && is_call ? PyList_GET_ITEM(part, 0) : part);
    if (!text) return -1;
    step(data, text);
  }
  if (is_export) return (int)PyLong_AsLong(PyTuple_GET_ITEM(start, 0)) + 1;
  return is_call ? XLGC_WAY_CALL : XLGC_WAY_ROOT;
}

static PyObject *make_list(void *const *objects, size_t count) {
  PyObject *list = PyList_New((Py_ssize_t)count);
  for (size_t i = 0; list && i < count; i++)
    PyList_SET_ITEM(list, (Py_ssize_t)i, Py_NewRef(objects[i]));
  return list;
}

int xlgc__python_way_find(void *engine, void *const *from, size_t from_count, void *to, size_t budget,
                          void (*step)(void *data, const char *text), void *data) {
  (void)engine;
  PyObject *before_type, *before_value, *before_trace;
  PyErr_Fetch(&before_type, &before_value, &before_trace);
  PyObject *find = find_function("find");
  PyObject *start = make_list(from, from_count);
  PyObject *way = find && start ? PyObject_CallFunction(find, "OOn", start, to, (Py_ssize_t)budget) : NULL;
  int found = !way ? -1 : way == Py_None ? 0 : tell(way, step, data);
  if (PyErr_Occurred()) drop_exception();
  Py_XDECREF(way);
  Py_XDECREF(start);
  Py_XDECREF(find);
  PyErr_Restore(before_type, before_value, before_trace);
  return found < 0 ? XLGC_E_NOMEM : found;
}

void xlgc__python_way_describe(void *engine, void *handle, char *text, size_t size_bytes) {
  (void)engine;
  PyObject *before_type, *before_value, *before_trace;
  PyErr_Fetch(&before_type, &before_value, &before_trace);
  PyObject *describe = find_function("describe");
  PyObject *words = describe ? PyObject_CallOneArg(describe, handle) : NULL;
  const char *found = words ? PyUnicode_AsUTF8(words) : NULL;
  snprintf(text, size_bytes, "%s", found ? found : Py_TYPE((PyObject *)handle)->tp_name);
  if (PyErr_Occurred()) drop_exception();
  Py_XDECREF(words);
  Py_XDECREF(describe);
  PyErr_Restore(before_type, before_value, before_trace);
}

void xlgc__python_way_where(void *engine, char *text, size_t size_bytes) {
  (void)engine;
  PyFrameObject *frame = PyEval_GetFrame();
  *text = 0;
  if (!frame) return;
  PyObject *before_type, *before_value, *before_trace;
  PyErr_Fetch(&before_type, &before_value, &before_trace);
  PyCodeObject *code = PyFrame_GetCode(frame);
  const char *file = PyUnicode_AsUTF8(code->co_filename), *name = PyUnicode_AsUTF8(code->co_qualname);
  if (file && name) snprintf(text, size_bytes, "%s:%d in %s", file, PyFrame_GetLineNumber(frame), name);
  PyErr_Clear();
  Py_DECREF(code);
  PyErr_Restore(before_type, before_value, before_trace);
}
