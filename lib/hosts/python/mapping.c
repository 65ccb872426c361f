#include <config.h>

#include "hosts/python/mapping.h"

#include "hosts/python/method.h"

PyDoc_STRVAR(keys_doc, "keys()\n--\n\nAn iterator over the keys.");
static PyObject *keys(PyObject *proxy, PyObject *none) {
  (void)none;
  return xlgc__python_method_iterate(proxy, XLGC__PYTHON_KEYS);
}

PyDoc_STRVAR(values_doc, "values()\n--\n\nAn iterator over the values.");
static PyObject *values(PyObject *proxy, PyObject *none) {
  (void)none;
  return xlgc__python_method_iterate(proxy, XLGC__PYTHON_VALUES);
}

PyDoc_STRVAR(items_doc, "items()\n--\n\nAn iterator over tuples of a key and its value.");
static PyObject *items(PyObject *proxy, PyObject *none) {
  (void)none;
  return xlgc__python_method_iterate(proxy, XLGC__PYTHON_ITEMS);
}

PyDoc_STRVAR(get_doc, "get(key, default=None, /)\n--\n\nThe value of the key, or the default.");
static PyObject *get(PyObject *proxy, PyObject *arguments) {
  PyObject *key, *instead = Py_None;
  if (!PyArg_UnpackTuple(arguments, "get", 1, 2, &key, &instead)) return NULL;
  PyObject *found = PyObject_GetItem(proxy, key);
  if (found || !PyErr_ExceptionMatches(PyExc_LookupError)) return found;
  PyErr_Clear();
  Py_INCREF(instead);
  return instead;
}

static PyMethodDef methods[] = {{"keys", keys, METH_NOARGS, keys_doc},
                                {"values", values, METH_NOARGS, values_doc},
                                {"items", items, METH_NOARGS, items_doc},
                                {"get", get, METH_VARARGS, get_doc},
                                {NULL, NULL, 0, NULL}};

PyObject *xlgc__python_mapping_find(PyObject *proxy, PyObject *name) {
  PyMethodDef *method = methods;
  while (method->ml_name && PyUnicode_CompareWithASCIIString(name, method->ml_name) != 0)
    method++;
  if (!method->ml_name || PyCallable_Check(proxy)) return NULL;
  int gives = xlgc__python_method_gives_keys(proxy);
  return gives > 0 ? PyCFunction_New(method, proxy) : NULL;
}
