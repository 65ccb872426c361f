#include <config.h>

#include "hosts/python/named.h"

#include "hosts/python/engine.h"
#include "hosts/python/method.h"
#include "hosts/python/values.h"

/* A new dict of an object's fields. */
static PyObject *copy_fields(PyObject *object) {
  PyObject *dict = PyDict_New(), *pairs = NULL;
  if (dict && xlgc__python_engine_is_proxy(object)) pairs = xlgc__python_method_iterate(object, XLGC__PYTHON_ITEMS);
  if (!pairs || PyDict_MergeFromSeq2(dict, pairs, true)) Py_CLEAR(dict);
  Py_XDECREF(pairs);
  return dict;
}

/* What has the numbers 1, 2, ... is no argument by name, but in the place of the object. */
static int move_positions(PyObject *fields, PyObject *list) {
  for (long i = 1;; i++) {
    PyObject *number = PyLong_FromLong(i), *value = number ? PyDict_GetItemWithError(fields, number) : NULL;
    int failed = !value || PyList_Append(list, value) || PyDict_DelItem(fields, number);
    Py_XDECREF(number);
    if (failed) return PyErr_Occurred() ? -1 : 0;
  }
}

/* named: a new dict, or NULL at first. */
static int add_named(PyObject *object, PyObject *list, PyObject **named) {
  PyObject *fields = copy_fields(object), *key, *value;
  if (fields && !*named) *named = PyDict_New();
  int failed = fields && *named ? move_positions(fields, list) : -1;
  for (Py_ssize_t at = 0; !failed && PyDict_Next(fields, &at, &key, &value);) {
    int has = PyDict_Contains(*named, key);
    if (has > 0) PyErr_Format(PyExc_TypeError, "multiple values for the argument %R", key);
    failed = has ? -1 : PyDict_SetItem(*named, key, value);
  }
  Py_XDECREF(fields);
  return failed;
}

static int add_argument(const xlgc_value *value, PyObject *list, PyObject **named) {
  PyObject *argument = xlgc__python_values_unpack(value);
  int failed = !argument                      ? -1
               : xlgc__python_named_is(value) ? add_named(argument, list, named)
                                              : PyList_Append(list, argument);
  Py_XDECREF(argument);
  return failed;
}

PyObject *xlgc__python_named_make(const xlgc_value *arguments, size_t count, PyObject **named) {
  PyObject *list = PyList_New(0);
  int failed = list ? 0 : -1;
  for (size_t i = 0; !failed && i < count; i++)
    failed = add_argument(&arguments[i], list, named);
  PyObject *tuple = failed ? NULL : PyList_AsTuple(list);
  Py_XDECREF(list);
  return tuple;
}
