/* A watch is a weak reference of Python's. */
#include <config.h>

#include "hosts/python/watch.h"

#include "hosts/python/engine.h"
#include "hosts/python/values.h"

int xlgc__python_watch_begin(void *engine, void *handle, void **out) {
  (void)engine;
  PyObject *object = handle;
  if (PyMethod_Check(object)) return xlgc_hosts_refuse("Python makes a bound method anew each time: name its object");
  *out = PyWeakref_NewRef(object, NULL);
  if (*out) return 0;
  bool is_short = PyErr_ExceptionMatches(PyExc_MemoryError);
  PyErr_Clear();
  if (is_short) return XLGC_E_NOMEM;
  return xlgc_hosts_refuse("Python has no weak references to an object of this type (list, dict, tuple, int): name one "
                           "of a class that holds it");
}

void *xlgc__python_watch_object(void *engine, void *watch) {
  (void)engine;
  PyObject *object = PyWeakref_GetObject(watch);
  return object == Py_None ? NULL : object;
}

void xlgc__python_watch_end(void *engine, void *watch) {
  (void)engine;
  if (Py_IsInitialized()) Py_DECREF((PyObject *)watch);
}

int xlgc__python_watch_value(void *engine, void *watch, xlgc_value *out) {
  PyObject *object = xlgc__python_watch_object(engine, watch);
  if (!object) return 0;
  Py_INCREF(object);
  int failed = xlgc__python_values_pack(object, false, out);
  if (failed) PyErr_Clear();
  Py_DECREF(object);
  return failed ? XLGC_E_NOMEM : 0;
}
