/* What Python code does with proxies: attributes, items, calls, comparisons, copies. */
#include <config.h>

#include "hosts/python/operators.h"

#include <structmember.h>

#include "hosts/common/messages.h"
#include "hosts/python/engine.h"
#include "hosts/python/errors.h"
#include "hosts/python/mapping.h"
#include "hosts/python/method.h"
#include "hosts/python/proxy.h"
#include "hosts/python/thrown.h"
#include "hosts/python/values.h"
#include "hosts/python/visit.h"

/* ------------------------------------------- attributes, items, calls */

/* A function that is to be called on the object it was read from becomes a method. What a native has in a field is its
 * method only where it says so. */
static PyObject *unpack_found(PyObject *self, const xlgc_visit *visit, const xlgc_value *value) {
  PyObject *found = xlgc__python_values_unpack(value);
  bool binds = value->traits & XLGC_SELF_APART && (visit->owner || value->traits & XLGC_METHOD);
  if (!found || !binds || !xlgc__python_engine_is_proxy(found)) return found;
  PyObject *bound = xlgc__python_method_bind(found, self);
  Py_DECREF(found);
  return bound;
}

/* NULL without an exception when there is none. */
static PyObject *find(PyObject *self, PyObject *key) {
  xlgc_value name, value;
  xlgc_visit visit;
  PyObject *found = NULL;
  if (xlgc__python_visit_begin(self, &visit)) return NULL;
  if (!xlgc__python_values_pack(key, true, &name)) {
    int answer = xlgc_visit_get(&visit, &name, &value);
    if (answer == 0)
      found = unpack_found(self, &visit, &value);
    else if (answer != XLGC_ABSENT)
      xlgc__python_thrown_throw(&visit, answer);
    xlgc_value_clear(&value);
    xlgc_value_clear(&name);
  }
  return xlgc__python_visit_end_with(&visit, found);
}

/* value: NULL removes. Returns XLGC_ABSENT when there was none. */
static int change(PyObject *self, PyObject *key, PyObject *value) {
  xlgc_value name, item = {.type = XLGC_NIL};
  xlgc_visit visit;
  if (xlgc__python_visit_begin(self, &visit)) return -1;
  int failed = xlgc__python_values_pack(key, true, &name);
  if (!failed && value) failed = xlgc__python_values_pack(value, true, &item);
  if (!failed) {
    int answer = value ? xlgc_visit_set(&visit, &name, &item) : xlgc_visit_remove(&visit, &name);
    if (answer < 0) xlgc__python_thrown_throw(&visit, answer);
    failed = answer < 0 ? -1 : answer;
  }
  xlgc_value_clear(&item);
  xlgc_value_clear(&name);
  return xlgc__python_visit_end(&visit) ? -1 : failed;
}

int xlgc__python_operators_set(PyObject *proxy, PyObject *key, PyObject *value) { return change(proxy, key, value); }

/* Python asks for such names itself, and means the proxy. */
static bool is_special(PyObject *name) {
  Py_ssize_t length = PyUnicode_GET_LENGTH(name);
  return length > 4 && PyUnicode_READ_CHAR(name, 0) == '_' && PyUnicode_READ_CHAR(name, 1) == '_' &&
         PyUnicode_READ_CHAR(name, length - 1) == '_' && PyUnicode_READ_CHAR(name, length - 2) == '_';
}

static void no_attribute(PyObject *name) {
  PyErr_Format(PyExc_AttributeError, "the object of the other language has no attribute '%U'", name);
}

/* Names of a class that Python code has derived win over the object's. */
static PyObject *find_in_class(PyObject *self, PyObject *name) {
  if (!xlgc__python_engine_has_class(self)) return NULL;
  PyObject *found = PyObject_GenericGetAttr(self, name);
  if (!found && PyErr_ExceptionMatches(PyExc_AttributeError)) PyErr_Clear();
  return found;
}

static PyObject *proxy_getattro(PyObject *self, PyObject *name) {
  if (is_special(name)) return PyObject_GenericGetAttr(self, name);
  PyObject *own = find_in_class(self, name);
  if (own || PyErr_Occurred()) return own;
  PyObject *found = find(self, name);
  if (!found && !PyErr_Occurred()) found = xlgc__python_mapping_find(self, name);
  if (!found && !PyErr_Occurred()) no_attribute(name);
  return found;
}

static int proxy_setattro(PyObject *self, PyObject *name, PyObject *value) {
  if (is_special(name)) return PyObject_GenericSetAttr(self, name, value);
  int failed = change(self, name, value);
  if (failed == XLGC_ABSENT) no_attribute(name);
  return failed ? -1 : 0;
}

static void no_item(PyObject *key) { PyErr_SetObject(PyLong_Check(key) ? PyExc_IndexError : PyExc_KeyError, key); }

static PyObject *proxy_subscript(PyObject *self, PyObject *key) {
  PyObject *found = find(self, key);
  if (!found && !PyErr_Occurred()) no_item(key);
  return found;
}

static int proxy_ass_subscript(PyObject *self, PyObject *key, PyObject *value) {
  int failed = change(self, key, value);
  if (failed == XLGC_ABSENT) no_item(key);
  return failed ? -1 : 0;
}

static Py_ssize_t proxy_length(PyObject *self) {
  xlgc_visit visit;
  if (xlgc__python_visit_begin(self, &visit)) return -1;
  size_t length;
  int failed = xlgc_visit_length(&visit, &length);
  if (failed == XLGC_E_RAISED && xlgc__python_engine.types)
    xlgc__python_thrown_throw_as(xlgc__python_engine.types->at[XLGC__PYTHON_LENGTH_ERROR], &visit, failed);
  else if (failed)
    xlgc__python_thrown_throw(&visit, failed);
  if (xlgc__python_visit_end(&visit)) failed = -1;
  return failed ? -1 : length > PY_SSIZE_T_MAX ? PY_SSIZE_T_MAX : (Py_ssize_t)length;
}

/* A proxy is true, whatever the object's length. */
static int proxy_bool(PyObject *self) {
  (void)self;
  return 1;
}

static PyObject *callable_call(PyObject *self, PyObject *arguments, PyObject *keywords) {
  return xlgc__python_visit_call(self, NULL, arguments, keywords);
}

static PyObject *proxy_iter(PyObject *self) { return xlgc__python_method_iterate(self, XLGC__PYTHON_NATURAL); }

/* -------------------------------------------------------- comparing, printing */

/* -1 with an exception. */
static int ask(PyObject *self, PyObject *other, xlgc_order order) {
  xlgc_value value;
  xlgc_visit visit;
  bool is = false;
  if (xlgc__python_visit_begin(self, &visit)) return -1;
  int failed = xlgc__python_values_pack(other, true, &value);
  if (!failed) {
    failed = xlgc_visit_compare(&visit, &value, order, &is);
    if (failed) xlgc__python_thrown_throw(&visit, failed);
    xlgc_value_clear(&value);
  }
  if (xlgc__python_visit_end(&visit)) failed = -1;
  return failed ? -1 : is;
}

/* Objects whose comparison raises are not equal, unless memory ran out, or what is raised stops the program. */
static int ask_equal(PyObject *self, PyObject *other) {
  int is = self == other ? 1 : ask(self, other, XLGC_EQUAL);
  if (is >= 0 || PyErr_ExceptionMatches(PyExc_MemoryError) || !PyErr_ExceptionMatches(PyExc_Exception)) return is;
  PyErr_Clear();
  return 0;
}

/* A visit can ask for < and <= only. */
static int ask_greater(PyObject *self, PyObject *other, int operator) {
  bool or_equal = operator== Py_GE;
  if (xlgc__python_engine_is_proxy(other)) return ask(other, self, or_equal ? XLGC_LESS_OR_EQUAL : XLGC_LESS);
  int contrary = ask(self, other, or_equal ? XLGC_LESS : XLGC_LESS_OR_EQUAL);
  return contrary < 0 ? -1 : !contrary;
}

static PyObject *proxy_richcompare(PyObject *self, PyObject *other, int operator) {
  int is;
  switch (operator) {
  case Py_EQ: is = ask_equal(self, other); break;
  case Py_NE:
    is = ask_equal(self, other);
    if (is >= 0) is = !is;
    break;
  case Py_LT: is = ask(self, other, XLGC_LESS); break;
  case Py_LE: is = ask(self, other, XLGC_LESS_OR_EQUAL); break;
  default: is = ask_greater(self, other, operator); break;
  }
  return is < 0 ? NULL : PyBool_FromLong(is);
}

/* By identity: an object has one proxy for as long as that is in a set or a dictionary. */
static Py_hash_t proxy_hash(PyObject *self) {
  if (((xlgc__python_proxy *)self)->traits & XLGC_BY_VALUE) {
    PyErr_SetString(PyExc_TypeError, "unhashable: what is equal to this object is for its own language to say");
    return -1;
  }
  Py_hash_t hash = (Py_hash_t)((uintptr_t)self >> 4);
  return hash == -1 ? -2 : hash;
}

static PyObject *proxy_str(PyObject *self) {
  xlgc_visit visit;
  xlgc_value value;
  if (xlgc__python_visit_begin(self, &visit)) return NULL;
  PyObject *text = NULL;
  int failed = xlgc_visit_describe(&visit, &value);
  if (failed)
    xlgc__python_thrown_throw(&visit, failed);
  else
    text = xlgc__python_values_unpack(&value);
  xlgc_value_clear(&value);
  return xlgc__python_visit_end_with(&visit, text);
}

static PyObject *proxy_repr(PyObject *self) {
  PyObject *text = proxy_str(self);
  if (!text && PyErr_ExceptionMatches(PyExc_ReferenceError)) {
    PyErr_Clear();
    return PyUnicode_FromString("<xlgc proxy: gone>");
  }
  PyObject *all = text ? PyUnicode_FromFormat("<xlgc proxy: %S>", text) : NULL;
  Py_XDECREF(text);
  return all;
}

/* ------------------------------------------------------ copies, the types */

/* A proxy refers to nothing that could refer back to it. */
static int proxy_clear(PyObject *self) {
  (void)self;
  return 0;
}

static PyObject *proxy_copy(PyObject *self, PyObject *unused) {
  (void)unused;
  Py_INCREF(self);
  return self;
}

static PyObject *proxy_reduce(PyObject *self, PyObject *unused) {
  (void)self, (void)unused;
  PyErr_SetString(PyExc_TypeError, "cannot pickle an object of another language");
  return NULL;
}

/* Names of the object that are identifiers or could be, and those of the type. */
static int add_names(PyObject *self, PyObject *names) {
  PyObject *keys = xlgc__python_method_iterate(self, XLGC__PYTHON_KEYS), *key;
  if (!keys) return -1;
  int failed = 0;
  while (!failed && (key = PyIter_Next(keys)) != NULL) {
    if (PyUnicode_Check(key)) failed = PyList_Append(names, key);
    Py_DECREF(key);
  }
  Py_DECREF(keys);
  return failed || PyErr_Occurred() ? -1 : 0;
}

static PyObject *proxy_dir(PyObject *self, PyObject *unused) {
  (void)unused;
  PyObject *names = PyObject_Dir((PyObject *)Py_TYPE(self));
  if (!names || !add_names(self, names)) return names;
  if (PyErr_ExceptionMatches(PyExc_Exception))
    PyErr_Clear();
  else
    Py_CLEAR(names);
  return names;
}

static PyObject *proxy_refuse_base(PyObject *self, PyObject *unused) {
  (void)self, (void)unused;
  PyErr_SetString(PyExc_TypeError, XLGC__MESSAGES_NO_BASE);
  return NULL;
}

/* The object's method `close`. */
static PyObject *find_close(PyObject *self) {
  PyObject *name = PyUnicode_FromString("close");
  PyObject *found = name ? find(self, name) : NULL;
  Py_XDECREF(name);
  if (!found && !PyErr_Occurred())
    PyErr_SetString(PyExc_TypeError,
                    "an object of another language that has no 'close' cannot be used in a with statement");
  return found;
}

static PyObject *proxy_enter(PyObject *self, PyObject *unused) {
  (void)unused;
  PyObject *found = find_close(self);
  if (!found) return NULL;
  Py_DECREF(found);
  Py_INCREF(self);
  return self;
}

/* Nothing is left to be closed of an object that is gone. */
static PyObject *proxy_exit(PyObject *self, PyObject *unused) {
  (void)unused;
  PyObject *found = find_close(self);
  if (!found && PyErr_ExceptionMatches(PyExc_ReferenceError)) {
    PyErr_Clear();
    Py_RETURN_NONE;
  }
  PyObject *answer = found ? PyObject_CallNoArgs(found) : NULL;
  Py_XDECREF(found);
  if (!answer) return NULL;
  Py_DECREF(answer);
  Py_RETURN_NONE;
}

static PyMethodDef proxy_methods[] = {
    {"__enter__", proxy_enter, METH_NOARGS, "The proxy itself, whose object must have a method `close`."},
    {"__exit__", proxy_exit, METH_VARARGS, "Calls `close`, unless the object is gone."},
    {"__copy__", proxy_copy, METH_NOARGS, "The proxy itself: what it stands for is in another language."},
    {"__deepcopy__", proxy_copy, METH_O, "The proxy itself: what it stands for is in another language."},
    {"__dir__", proxy_dir, METH_NOARGS, "The names of the object, if it can be iterated over, and of the proxy."},
    {"__mro_entries__", proxy_refuse_base, METH_O, "Raises TypeError: it cannot be the base of a class."},
    {"__reduce_ex__", proxy_reduce, METH_O, "Raises TypeError: an object of another language cannot be pickled."},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef proxy_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(xlgc__python_proxy, weak_references), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot proxy_slots[] = {
    {Py_tp_dealloc, xlgc__python_proxy_dealloc},
    {Py_tp_traverse, xlgc__python_proxy_traverse},
    {Py_tp_clear, proxy_clear},
    {Py_tp_getattro, proxy_getattro},
    {Py_tp_setattro, proxy_setattro},
    {Py_mp_subscript, proxy_subscript},
    {Py_mp_ass_subscript, proxy_ass_subscript},
    {Py_mp_length, proxy_length},
    {Py_nb_bool, proxy_bool},
    {Py_tp_iter, proxy_iter},
    {Py_tp_richcompare, proxy_richcompare},
    {Py_tp_hash, proxy_hash},
    {Py_tp_str, proxy_str},
    {Py_tp_repr, proxy_repr},
    {Py_tp_methods, proxy_methods},
    {Py_tp_members, proxy_members},
    {Py_tp_doc, (void *)"An object of another language, or a managed object.\n\n"
                        "Attributes, items, del, len(), iteration, == and <, str() and calls are those of the object;\n"
                        "names that begin and end with __ are the proxy's own. There is one proxy of an object."},
    {0, NULL},
};

enum { FLAGS = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE };

PyType_Spec xlgc__python_proxy_spec = {
    .name = "xlgc.Proxy",
    .basicsize = sizeof(xlgc__python_proxy),
    .flags = FLAGS | Py_TPFLAGS_BASETYPE,
    .slots = proxy_slots,
};

/* ------------------------------------------------------------------- engines */

/* Calls what the object has by this name. */
static PyObject *call_named(PyObject *self, const char *name, PyObject *arguments) {
  PyObject *text = PyUnicode_FromString(name), *found = text ? find(self, text) : NULL, *result = NULL;
  if (text && !found && !PyErr_Occurred()) no_attribute(text);
  if (found) result = PyObject_Call(found, arguments, NULL);
  Py_XDECREF(found);
  Py_XDECREF(text);
  return result;
}

static PyObject *engine_eval(PyObject *self, PyObject *arguments) { return call_named(self, "eval", arguments); }
static PyObject *engine_run(PyObject *self, PyObject *arguments) { return call_named(self, "run", arguments); }
static PyObject *engine_close(PyObject *self, PyObject *arguments) { return call_named(self, "close", arguments); }
static PyObject *engine_limit_memory(PyObject *self, PyObject *arguments) {
  return call_named(self, "limit_memory", arguments);
}
static PyObject *engine_limit_time(PyObject *self, PyObject *arguments) {
  return call_named(self, "limit_time", arguments);
}

static PyObject *engine_globals(PyObject *self, void *unused) {
  (void)unused;
  PyObject *name = PyUnicode_FromString("globals"), *found = name ? find(self, name) : NULL;
  if (name && !found && !PyErr_Occurred()) no_attribute(name);
  Py_XDECREF(name);
  return found;
}

static PyMethodDef engine_methods[] = {
    {"eval", engine_eval, METH_VARARGS,
     "eval($self, text, name=None, /, *args)\n--\n\nRuns a text, which errors call by the name, and answers its "
     "result."},
    {"run", engine_run, METH_VARARGS,
     "run($self, file, /, *args)\n--\n\nRuns a file as eval() would run its text, and answers its result; a module of "
     "SpiderMonkey's,\nwhose name ends with .mjs, answers what it exports."},
    {"close", engine_close, METH_VARARGS,
     "close($self, /)\n--\n\nEnds the engine: its objects answer with ReferenceError from then on."},
    {"limit_memory", engine_limit_memory, METH_VARARGS,
     "limit_memory($self, bytes=None, /)\n--\n\nHow many bytes it may have at most, 0 for any. Answers how many it "
     "has."},
    {"limit_time", engine_limit_time, METH_VARARGS,
     "limit_time($self, seconds=None, /)\n--\n\nHow many seconds a call into it may take at most, 0 for any."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef engine_getsets[] = {
    {"globals", engine_globals, NULL, "The object in which its global names are.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot engine_slots[] = {
    {Py_tp_dealloc, xlgc__python_proxy_dealloc},
    {Py_tp_traverse, xlgc__python_proxy_traverse},
    {Py_tp_clear, proxy_clear},
    {Py_tp_methods, engine_methods},
    {Py_tp_getset, engine_getsets},
    {Py_tp_doc,
     (void *)"An engine of another language, which open() has started. As a context it closes it at the end."},
    {0, NULL},
};

PyType_Spec xlgc__python_operators_engine_spec = {
    .name = "xlgc.Engine",
    .basicsize = sizeof(xlgc__python_proxy),
    .flags = FLAGS,
    .slots = engine_slots,
};

static PyType_Slot callable_slots[] = {
    {Py_tp_dealloc, xlgc__python_proxy_dealloc},
    {Py_tp_traverse, xlgc__python_proxy_traverse},
    {Py_tp_clear, proxy_clear},
    {Py_tp_call, callable_call},
    {Py_tp_doc, (void *)"A function or class of another language: a Proxy that can be called."},
    {0, NULL},
};

PyType_Spec xlgc__python_callable_spec = {
    .name = "xlgc.CallableProxy",
    .basicsize = sizeof(xlgc__python_proxy),
    .flags = FLAGS | Py_TPFLAGS_BASETYPE, /* of methods */
    .slots = callable_slots,
};
