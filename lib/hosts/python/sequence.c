#include <config.h>

#include "hosts/python/sequence.h"

#include <string.h>

#include "hosts/python/engine.h"
#include "hosts/python/proxy.h"
#include "hosts/python/thrown.h"
#include "hosts/python/visit.h"

/* The type of proxies: no other stands between. */
static const PyTypeObject *base_of(PyObject *self) { return Py_TYPE(self)->tp_base; }

static bool is_sequence(PyObject *object) {
  return xlgc__python_engine_is_proxy(object) && PyType_HasFeature(Py_TYPE(object), Py_TPFLAGS_SEQUENCE);
}

/* ------------------------------------------------------------------ elements */

static PyObject *get(PyObject *self, Py_ssize_t at) {
  PyObject *key = PyLong_FromSsize_t(at);
  PyObject *found = key ? base_of(self)->tp_as_mapping->mp_subscript(self, key) : NULL;
  Py_XDECREF(key);
  return found;
}

static int set(PyObject *self, Py_ssize_t at, PyObject *value) {
  PyObject *key = PyLong_FromSsize_t(at);
  int failed = key ? base_of(self)->tp_as_mapping->mp_ass_subscript(self, key, value) : -1;
  Py_XDECREF(key);
  return failed;
}

/* Elements behind the first `length` go. */
static int cut(PyObject *self, Py_ssize_t length) {
  xlgc_visit visit;
  xlgc_value key = {.type = XLGC_STRING, .as.bytes = "length", .length = 6}, to = {.type = XLGC_INTEGER};
  size_t now;
  if (xlgc__python_visit_begin(self, &visit)) return -1;
  to.as.integer = length;
  int failed = xlgc_visit_length(&visit, &now);
  if (visit.owner && !failed && now > (size_t)length) failed = xlgc_visit_set(&visit, &key, &to);
  for (; !visit.owner && failed >= 0 && now > (size_t)length; now--) {
    key = (xlgc_value){.type = XLGC_INTEGER, .as.integer = (int64_t)now - 1};
    failed = xlgc_visit_remove(&visit, &key);
  }
  if (failed < 0) xlgc__python_thrown_throw(&visit, failed);
  return xlgc__python_visit_end(&visit) || failed < 0 ? -1 : 0;
}

/* The elements are those of a list from now on. from: the first that may be another one. */
static int replace(PyObject *self, PyObject *list, Py_ssize_t from) {
  Py_ssize_t length = PyList_GET_SIZE(list);
  int failed = 0;
  for (Py_ssize_t i = from; i < length && !failed; i++)
    failed = set(self, i, PyList_GET_ITEM(list, i));
  return failed ? failed : cut(self, length);
}

/* ---------------------------------------------------------------- subscripts */

/* Fills in the place that a key is, counted from the end if it is below zero. Returns 1; 0 when it is none; -1 with an
 * exception. */
static int place(PyObject *self, PyObject *key, Py_ssize_t *at) {
  if (!PyIndex_Check(key)) return 0;
  *at = PyNumber_AsSsize_t(key, PyExc_IndexError);
  if (*at == -1 && PyErr_Occurred()) return -1;
  if (*at >= 0) return 1;
  Py_ssize_t length = PyObject_Size(self);
  if (length < 0) return -1;
  *at += length;
  if (*at >= 0) return 1;
  PyErr_SetString(PyExc_IndexError, "there is no such place in the list");
  return -1;
}

static PyObject *get_slice(PyObject *self, PyObject *slice) {
  Py_ssize_t start, stop, step, length = PyObject_Size(self);
  if (length < 0 || PySlice_Unpack(slice, &start, &stop, &step)) return NULL;
  Py_ssize_t count = PySlice_AdjustIndices(length, &start, &stop, step);
  PyObject *list = PyList_New(count);
  for (Py_ssize_t i = 0; list && i < count; i++) {
    PyObject *item = get(self, start + i * step);
    if (item)
      PyList_SET_ITEM(list, i, item);
    else
      Py_CLEAR(list);
  }
  return list;
}

static PyObject *subscript(PyObject *self, PyObject *key) {
  Py_ssize_t at;
  if (PySlice_Check(key)) return get_slice(self, key);
  int is = place(self, key, &at);
  if (is < 0) return NULL;
  return is ? get(self, at) : base_of(self)->tp_as_mapping->mp_subscript(self, key);
}

/* What a list of Python's would be after it. */
static int change_copy(PyObject *self, PyObject *key, PyObject *value) {
  PyObject *list = PySequence_List(self);
  int failed = list ? value ? PyObject_SetItem(list, key, value) : PyObject_DelItem(list, key) : -1;
  if (!failed) failed = replace(self, list, 0);
  Py_XDECREF(list);
  return failed;
}

/* An element is set as its own language does; where Python has another habit, so is the whole list. */
static int ass_subscript(PyObject *self, PyObject *key, PyObject *value) {
  Py_ssize_t at;
  if (PySlice_Check(key)) return change_copy(self, key, value);
  int is = place(self, key, &at);
  if (is < 0) return -1;
  if (!is) return base_of(self)->tp_as_mapping->mp_ass_subscript(self, key, value);
  return value ? set(self, at, value) : change_copy(self, key, NULL);
}

static Py_ssize_t length(PyObject *self) { return base_of(self)->tp_as_mapping->mp_length(self); }

static int is_true(PyObject *self) {
  Py_ssize_t count = length(self);
  return count < 0 ? -1 : count > 0;
}

/* ----------------------------------------------------------- as a whole */

/* A list of the elements of a list, or a sequence of another language; NULL without an exception for all else. */
static PyObject *as_list(PyObject *object) {
  if (PyList_Check(object)) return Py_NewRef(object);
  return is_sequence(object) ? PySequence_List(object) : NULL;
}

static PyObject *add(PyObject *one, PyObject *other) {
  PyObject *first = as_list(one), *second = first ? as_list(other) : NULL;
  PyObject *sum = second ? PySequence_Concat(first, second) : NULL;
  Py_XDECREF(first);
  Py_XDECREF(second);
  if (!sum && !PyErr_Occurred()) Py_RETURN_NOTIMPLEMENTED;
  return sum;
}

static PyObject *multiply(PyObject *one, PyObject *other) {
  bool is_first = is_sequence(one);
  PyObject *list = as_list(is_first ? one : other), *times = is_first ? other : one;
  PyObject *product = list && PyIndex_Check(times) ? PyNumber_Multiply(list, times) : NULL;
  Py_XDECREF(list);
  if (!product && !PyErr_Occurred()) Py_RETURN_NOTIMPLEMENTED;
  return product;
}

static PyObject *add_in_place(PyObject *self, PyObject *more) {
  PyObject *items = PySequence_List(more);
  Py_ssize_t at = items ? length(self) : -1;
  int failed = at < 0 ? -1 : 0;
  for (Py_ssize_t i = 0; !failed && i < PyList_GET_SIZE(items); i++)
    failed = set(self, at + i, PyList_GET_ITEM(items, i));
  Py_XDECREF(items);
  return failed ? NULL : Py_NewRef(self);
}

static PyObject *richcompare(PyObject *self, PyObject *other, int operator) {
  if (self == other && operator== Py_EQ) Py_RETURN_TRUE;
  if (!PyList_Check(other) && !is_sequence(other)) return base_of(self)->tp_richcompare(self, other, operator);
  PyObject *mine = as_list(self), *others = mine ? as_list(other) : NULL;
  PyObject *is = others ? PyObject_RichCompare(mine, others, operator) : NULL;
  Py_XDECREF(mine);
  Py_XDECREF(others);
  return is;
}

/* ---------------------------------------------------------------- methods */

static PyObject *insert(PyObject *self, PyObject *arguments) {
  Py_ssize_t at;
  PyObject *value;
  if (!PyArg_ParseTuple(arguments, "nO:insert", &at, &value)) return NULL;
  PyObject *list = PySequence_List(self);
  int failed = list ? PyList_Insert(list, at, value) : -1;
  if (!failed) failed = replace(self, list, 0);
  Py_XDECREF(list);
  if (failed) return NULL;
  Py_RETURN_NONE;
}

static PyObject *clear(PyObject *self, PyObject *none) {
  (void)none;
  if (cut(self, 0)) return NULL;
  Py_RETURN_NONE;
}

static PyObject *copy(PyObject *self, PyObject *none) {
  (void)none;
  return PySequence_List(self);
}

static PyObject *extend(PyObject *self, PyObject *more) {
  PyObject *same = add_in_place(self, more);
  Py_XDECREF(same);
  if (!same) return NULL;
  Py_RETURN_NONE;
}

static PyObject *append(PyObject *self, PyObject *value) {
  Py_ssize_t at = length(self);
  if (at < 0 || set(self, at, value)) return NULL;
  Py_RETURN_NONE;
}

/* What is left to those of a copy: they change nothing. */
static PyObject *call_of_copy(PyObject *self, const char *name, PyObject *arguments) {
  PyObject *list = PySequence_List(self), *function = list ? PyObject_GetAttrString(list, name) : NULL;
  PyObject *result = function ? PyObject_Call(function, arguments, NULL) : NULL;
  Py_XDECREF(function);
  Py_XDECREF(list);
  return result;
}

static PyObject *find_index(PyObject *self, PyObject *arguments) { return call_of_copy(self, "index", arguments); }
static PyObject *count(PyObject *self, PyObject *arguments) { return call_of_copy(self, "count", arguments); }

static PyObject *take_out(PyObject *self, PyObject *value) {
  PyObject *list = PySequence_List(self);
  PyObject *none = list ? PyObject_CallMethod(list, "remove", "O", value) : NULL;
  if (none && replace(self, list, 0)) Py_CLEAR(none);
  Py_XDECREF(list);
  return none;
}

static PyMethodDef methods[] = {
    {"append", append, METH_O, "append(value, /)\n--\n\nAdds an element behind the last."},
    {"clear", clear, METH_NOARGS, "clear()\n--\n\nTakes all elements away."},
    {"copy", copy, METH_NOARGS, "copy()\n--\n\nA list of Python's of the elements."},
    {"count", count, METH_VARARGS, "count(value, /)\n--\n\nHow many elements are equal to the value."},
    {"extend", extend, METH_O, "extend(values, /)\n--\n\nAdds elements behind the last."},
    {"index", find_index, METH_VARARGS,
     "index(value, start=0, stop=..., /)\n--\n\nThe place of the first that is equal."},
    {"insert", insert, METH_VARARGS, "insert(index, value, /)\n--\n\nAdds an element before that place."},
    {"remove", take_out, METH_O, "remove(value, /)\n--\n\nTakes the first away that is equal to the value."},
    {NULL, NULL, 0, NULL},
};

/* A list's own fields come first: pop, reverse and sort are JavaScript's. */
static PyObject *getattro(PyObject *self, PyObject *name) {
  PyObject *found = base_of(self)->tp_getattro(self, name);
  if (found || !PyErr_ExceptionMatches(PyExc_AttributeError)) return found;
  PyMethodDef *method = methods;
  while (method->ml_name && PyUnicode_CompareWithASCIIString(name, method->ml_name) != 0)
    method++;
  if (!method->ml_name) return NULL;
  PyErr_Clear();
  return PyCFunction_New(method, self);
}

/* ------------------------------------------------------------------- the type */

static int forget(PyObject *self) {
  (void)self;
  return 0;
}

static PyType_Slot slots[] = {
    {Py_tp_dealloc, xlgc__python_proxy_dealloc},
    {Py_tp_traverse, xlgc__python_proxy_traverse},
    {Py_tp_clear, forget},
    {Py_tp_getattro, getattro},
    {Py_tp_richcompare, richcompare},
    {Py_tp_hash, PyObject_HashNotImplemented},
    {Py_mp_subscript, subscript},
    {Py_mp_ass_subscript, ass_subscript},
    {Py_mp_length, length},
    {Py_sq_length, length},
    {Py_sq_item, get},
    {Py_nb_bool, is_true},
    {Py_nb_add, add},
    {Py_nb_inplace_add, add_in_place},
    {Py_nb_multiply, multiply},
    {Py_tp_doc, (void *)"A list of another language, such as an array of JavaScript's, as a MutableSequence.\n\n"
                        "It is equal to a list with equal elements, and has no hash."},
    {0, NULL},
};

PyType_Spec xlgc__python_sequence_spec = {
    .name = "xlgc.SequenceProxy",
    .basicsize = sizeof(xlgc__python_proxy),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE |
             Py_TPFLAGS_SEQUENCE,
    .slots = slots,
};

int xlgc__python_sequence_register(PyObject *type) {
  PyObject *module = PyImport_ImportModule("_collections_abc"); /* which is there: the package takes time to import */
  PyObject *abstract = module ? PyObject_GetAttrString(module, "MutableSequence") : NULL;
  PyObject *same = abstract ? PyObject_CallMethod(abstract, "register", "O", type) : NULL;
  Py_XDECREF(same);
  Py_XDECREF(abstract);
  Py_XDECREF(module);
  return same ? 0 : -1;
}
