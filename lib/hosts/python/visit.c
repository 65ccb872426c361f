/* Python code uses an object of another engine. */
#include <config.h>

#include "hosts/python/visit.h"

#include "hosts/common/arguments.h"
#include "hosts/python/engine.h"
#include "hosts/python/errors.h"
#include "hosts/python/interrupt.h"
#include "hosts/python/thrown.h"
#include "hosts/python/values.h"

int xlgc__python_visit_begin(PyObject *proxy, xlgc_visit *visit) {
  if (!xlgc__python_engine_is_current(proxy)) {
    xlgc__python_errors_throw_stale(proxy);
    return -1;
  }
  int failed = xlgc_visit_begin(visit, xlgc__python_engine.host, xlgc__python_engine_id_of(proxy));
  if (failed) {
    xlgc__python_thrown_throw(visit, failed);
    return -1;
  }
  xlgc__python_engine.visits++;
  xlgc__python_interrupt_begin();
  return 0;
}

/* Finalizers may run, which are to find no exception. */
int xlgc__python_visit_end(xlgc_visit *visit) {
  PyObject *type, *value, *traceback;
  xlgc__python_engine.visits--;
  PyErr_Fetch(&type, &value, &traceback);
  xlgc_visit_end(visit);
  PyErr_Restore(type, value, traceback);
  return xlgc__python_interrupt_end() ? -1 : 0;
}

PyObject *xlgc__python_visit_end_with(xlgc_visit *visit, PyObject *result) {
  if (xlgc__python_visit_end(visit)) Py_CLEAR(result);
  return result;
}

/* ------------------------------------------------------------------- calls */

/* Other threads of Python's, if there are any, run while the other engine does. Natives are called with the interpreter's
 * lock, as it may be what keeps them apart. */
static int call_without_lock(xlgc_visit *visit, const xlgc_value *self, const xlgc__arguments *arguments,
                             xlgc_value *out) {
  bool has_others = PyThreadState_Next(PyInterpreterState_ThreadHead(PyInterpreterState_Get())) != NULL;
  PyThreadState *thread = visit->owner && has_others ? PyEval_SaveThread() : NULL;
  int failed = xlgc_visit_call(visit, self, arguments->all, arguments->count, out);
  if (thread) PyEval_RestoreThread(thread);
  return failed;
}

static PyObject *call_values(xlgc_visit *visit, const xlgc_value *self, const xlgc__arguments *arguments) {
  xlgc_value value;
  PyObject *result = NULL;
  int failed = call_without_lock(visit, self, arguments, &value);
  if (failed)
    xlgc__python_thrown_throw(visit, failed);
  else
    result = xlgc__python_values_unpack(&value);
  xlgc_value_clear(&value);
  return result;
}

static PyObject *pack_and_call(xlgc_visit *visit, PyObject *self, PyObject *arguments, xlgc__arguments *packed) {
  size_t count = (size_t)PyTuple_GET_SIZE(arguments);
  xlgc_value of_self;
  int failed = self ? xlgc__python_values_pack(self, true, &of_self) : 0;
  for (; !failed && packed->count < count; packed->count += !failed)
    failed = xlgc__python_values_pack(PyTuple_GET_ITEM(arguments, (Py_ssize_t)packed->count), true,
                                      &packed->all[packed->count]);
  return failed ? NULL : call_values(visit, self ? &of_self : NULL, packed);
}

PyObject *xlgc__python_visit_call(PyObject *proxy, PyObject *self, PyObject *arguments, PyObject *keywords) {
  if (keywords && PyDict_GET_SIZE(keywords)) {
    PyErr_SetString(PyExc_TypeError, "arguments by name do not cross to another language");
    return NULL;
  }
  xlgc_visit visit;
  xlgc__arguments packed;
  if (xlgc__arguments_begin(&packed, (size_t)PyTuple_GET_SIZE(arguments))) return PyErr_NoMemory();
  PyObject *result = NULL;
  if (!xlgc__python_visit_begin(proxy, &visit)) {
    result = pack_and_call(&visit, self, arguments, &packed);
    result = xlgc__python_visit_end_with(&visit, result);
  }
  xlgc__arguments_clear(&packed);
  return result;
}
