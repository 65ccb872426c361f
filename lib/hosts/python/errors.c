/* Exceptions for what xlgc has answered, and codes for exceptions. */
#include <config.h>

#include "hosts/python/errors.h"

#include <string.h>

#include "hosts/common/messages.h"
#include "hosts/python/engine.h"

static PyObject *type_of(xlgc__messages_sort sort) {
  switch (sort) {
  case XLGC__MESSAGES_REFERENCE: return PyExc_ReferenceError;
  case XLGC__MESSAGES_TYPE: return PyExc_TypeError;
  default: return xlgc__python_engine.types ? xlgc__python_engine.types->at[XLGC__PYTHON_ERROR] : PyExc_RuntimeError;
  }
}

void xlgc__python_errors_throw_text(PyObject *type, const char *text) {
  PyObject *words = PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "replace");
  if (!words) return;
  PyErr_SetObject(type, words);
  Py_DECREF(words);
}

void xlgc__python_errors_throw(const xlgc_visit *visit, int code) {
  xlgc__messages_sort sort = xlgc__messages_sort_of(code);
  if (sort == XLGC__MESSAGES_MEMORY)
    PyErr_NoMemory();
  else
    xlgc__python_errors_throw_text(type_of(sort), xlgc__messages_words(visit, code));
}

void xlgc__python_errors_throw_closed(void) {
  if (xlgc__python_engine.was_closed)
    xlgc__python_errors_throw_text(PyExc_ReferenceError, XLGC__MESSAGES_CLOSED);
  else if (xlgc__python_engine.parents_life)
    xlgc__python_errors_throw_text(PyExc_ReferenceError, XLGC__MESSAGES_PARENTS);
  else
    xlgc__python_errors_throw(NULL, XLGC_E_STATE);
}

void xlgc__python_errors_throw_stale(PyObject *proxy) {
  if (((const xlgc__python_proxy *)proxy)->life <= xlgc__python_engine.parents_life)
    xlgc__python_errors_throw_text(PyExc_ReferenceError, XLGC__MESSAGES_PARENTS);
  else if (xlgc__python_engine.host)
    xlgc__python_errors_throw(NULL, XLGC_E_STALE);
  else
    xlgc__python_errors_throw_closed();
}

int xlgc__python_errors_code(void) {
  return PyErr_ExceptionMatches(PyExc_MemoryError)      ? XLGC_E_NOMEM
         : PyErr_ExceptionMatches(PyExc_ReferenceError) ? XLGC_E_STALE
         : PyErr_ExceptionMatches(PyExc_UnicodeError)   ? XLGC_E_INVAL
                                                        : XLGC_E_STATE;
}
