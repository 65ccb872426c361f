/* Exceptions, both ways: what xlgc has answered is thrown, and what Python code throws becomes a visit's error. */
#include <config.h>

#include "hosts/python/errors.h"

#include <string.h>

#include "hosts/common/messages.h"
#include "hosts/python/engine.h"
#include "hosts/python/interrupt.h"

/* ------------------------------------------------------------ into Python */

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

/* ---------------------------------------------------------- out of Python */

static const char *plain_name(const PyTypeObject *type) {
  const char *dot = strrchr(type->tp_name, '.');
  return dot ? dot + 1 : type->tp_name;
}

static bool is_plain(PyObject *error) {
  return xlgc__python_engine.types && (PyObject *)Py_TYPE(error) == xlgc__python_engine.types->at[XLGC__PYTHON_ERROR];
}

/* The text that is all of an error's arguments, or NULL: at the limit of recursion Python cannot be asked for it. */
static PyObject *only_text(PyObject *error) {
  if (Py_TYPE(error)->tp_str != ((PyTypeObject *)PyExc_Exception)->tp_str) return NULL;
  PyObject *arguments = ((PyBaseExceptionObject *)error)->args;
  PyObject *first = arguments && PyTuple_GET_SIZE(arguments) == 1 ? PyTuple_GET_ITEM(arguments, 0) : NULL;
  return first && PyUnicode_CheckExact(first) ? Py_NewRef(first) : NULL;
}

/* "TypeName: words" as bytes, without the name of xlgc.Error; NULL when that raises itself. */
static PyObject *words_of(PyObject *error) {
  PyObject *text = only_text(error);
  if (!text) text = PyObject_Str(error);
  if (!text) {
    PyErr_Clear();
    text = PyUnicode_FromString("");
  }
  const char *name = plain_name(Py_TYPE(error));
  PyObject *all = NULL;
  if (text && PyUnicode_GET_LENGTH(text) && is_plain(error))
    all = Py_NewRef(text);
  else if (text)
    all = PyUnicode_GET_LENGTH(text) ? PyUnicode_FromFormat("%s: %U", name, text) : PyUnicode_FromString(name);
  PyObject *bytes = all ? PyUnicode_AsEncodedString(all, "utf-8", "backslashreplace") : NULL;
  Py_XDECREF(all);
  Py_XDECREF(text);
  return bytes;
}

int xlgc__python_errors_raise(xlgc_visit *visit) {
  static const char no_words[] = XLGC__MESSAGES_NO_WORDS;
  PyObject *type, *error, *traceback;
  PyErr_Fetch(&type, &error, &traceback);
  PyErr_NormalizeException(&type, &error, &traceback);
  if (error) xlgc__python_interrupt_pass(error);
  PyObject *bytes = error ? words_of(error) : NULL;
  PyErr_Clear();
  int failed = bytes ? xlgc_visit_raise(visit, PyBytes_AS_STRING(bytes), (size_t)PyBytes_GET_SIZE(bytes))
                     : xlgc_visit_raise(visit, no_words, sizeof no_words - 1);
  Py_XDECREF(bytes);
  Py_XDECREF(type);
  Py_XDECREF(error);
  Py_XDECREF(traceback);
  return failed;
}

int xlgc__python_errors_code(void) {
  return PyErr_ExceptionMatches(PyExc_MemoryError)      ? XLGC_E_NOMEM
         : PyErr_ExceptionMatches(PyExc_ReferenceError) ? XLGC_E_STALE
         : PyErr_ExceptionMatches(PyExc_UnicodeError)   ? XLGC_E_INVAL
                                                        : XLGC_E_STATE;
}
