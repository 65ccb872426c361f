/* Python code uses an object of another engine: the visit, with the lock that only one thread of Python's has, and calls. */
#include <config.h>

#include "engine.h"

static int begin(PyObject *proxy, xlgc_visit *visit) {
  if (!xlgc__python_proxy_is_current(proxy)) {
    xlgc__python_engine_raise(XLGC_E_STALE);
    return -1;
  }
  int failed = xlgc_visit_begin(visit, xlgc__python.host, xlgc__python_proxy_id(proxy));
  if (!failed) return 0;
  xlgc__python_visit_raise(visit, failed);
  return -1;
}

/* Whether an object has an engine, and so wants the lock, is known once it is visited; while another thread has the
 * lock, the visit must end. */
int xlgc__python_visit_begin(PyObject *proxy, xlgc_visit *visit) {
  for (;;) {
    if (begin(proxy, visit)) return -1;
    if (!visit->owner || xlgc__python_gil_may_acquire()) break;
    xlgc_visit_end(visit);
    xlgc__python_gil_await();
  }
  if (visit->owner) xlgc__python_gil_acquire();
  xlgc__python.visits++;
  return 0;
}

void xlgc__python_visit_end(xlgc_visit *visit) {
  bool is_acquired = visit->owner;
  xlgc_visit_end(visit);
  xlgc__python.visits--;
  if (is_acquired) xlgc__python_gil_release();
}

void xlgc__python_visit_raise(const xlgc_visit *visit, int code) {
  xlgc__python_engine_raise_words(code, xlgc_visit_message(visit, code));
}

/* ------------------------------------------------------------------- calls */

enum { FEW = 8 };

static PyObject *call_values(PyObject *proxy, const xlgc_value *self, const xlgc_value *arguments, size_t count) {
  xlgc_visit visit;
  xlgc_value value;
  if (xlgc__python_visit_begin(proxy, &visit)) return NULL;
  PyObject *result = NULL;
  int failed = xlgc_visit_call(&visit, self, arguments, count, &value);
  if (failed)
    xlgc__python_visit_raise(&visit, failed);
  else
    result = xlgc__python_values_unpack(&value);
  xlgc_value_clear(&value);
  xlgc__python_visit_end(&visit);
  return result;
}

PyObject *xlgc__python_visit_call(PyObject *proxy, PyObject *self, PyObject *arguments, PyObject *keywords) {
  if (keywords && PyDict_GET_SIZE(keywords)) {
    PyErr_SetString(PyExc_TypeError, "arguments by name do not cross to another language");
    return NULL;
  }
  size_t count = (size_t)PyTuple_GET_SIZE(arguments), taken = 0;
  xlgc_value few[FEW], *values = count > FEW ? PyMem_New(xlgc_value, count) : few, of_self;
  if (!values) return PyErr_NoMemory();
  int failed = self ? xlgc__python_values_pack(self, true, &of_self) : 0;
  for (; !failed && taken < count; taken += !failed)
    failed = xlgc__python_values_pack(PyTuple_GET_ITEM(arguments, (Py_ssize_t)taken), true, &values[taken]);
  PyObject *result = failed ? NULL : call_values(proxy, self ? &of_self : NULL, values, count);
  for (size_t i = 0; i < taken; i++)
    xlgc_value_clear(&values[i]);
  if (values != few) PyMem_Free(values);
  return result;
}
