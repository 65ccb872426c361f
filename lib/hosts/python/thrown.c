#include <config.h>

#include "hosts/python/thrown.h"

#include <string.h>

#include "hosts/common/messages.h"
#include "hosts/common/thrown.h"
#include "hosts/python/engine.h"
#include "hosts/python/errors.h"
#include "hosts/python/interrupt.h"
#include "hosts/python/values.h"

static const char language[] = "python";

/* ------------------------------------------------------------------ into Python */

static PyObject *text_of(xlgc_text text) {
  return PyUnicode_DecodeUTF8(text.length ? text.bytes : "", (Py_ssize_t)text.length, "replace");
}

/* Takes the value. Returns 0 or -1. */
static int put(PyObject *error, const char *name, PyObject *value) {
  int failed = value ? PyObject_SetAttrString(error, name, value) : -1;
  Py_XDECREF(value);
  return failed;
}

/* What a traceback shows above the error: where it was thrown. */
static int put_cause(PyObject *error, const xlgc_thrown *thrown, PyObject *original) {
  PyObject *from = text_of(thrown->language), *stack = text_of(thrown->stack);
  PyObject *text =
      from && stack ? PyUnicode_FromFormat("thrown in %U%s%U", from, thrown->stack.length ? "\n" : "", stack) : NULL;
  PyObject *cause = text ? PyObject_CallOneArg(xlgc__python_engine.types->at[XLGC__PYTHON_ORIGIN], text) : NULL;
  Py_XDECREF(text);
  Py_XDECREF(from);
  Py_XDECREF(stack);
  if (!cause || put(cause, "original", Py_NewRef(original))) {
    Py_XDECREF(cause);
    return -1;
  }
  PyException_SetCause(error, cause);
  return 0;
}

/* Whether a message does without the type's name; no attribute for programs. Only what was thrown has it. */
static const char general[] = "_xlgc_general";

static int equip(PyObject *error, const xlgc_thrown *thrown, PyObject *original) {
  return put(error, "original", Py_NewRef(original)) || put(error, "language", text_of(thrown->language)) ||
         put(error, "type", text_of(thrown->type)) || put(error, "message", text_of(thrown->words)) ||
         put(error, "stack", text_of(thrown->stack)) ||
         put(error, general, PyBool_FromLong(thrown->flags & XLGC_THROWN_GENERAL)) ||
         put_cause(error, thrown, original);
}

/* The message of the visit, whole. */
static PyObject *message_of(const xlgc_visit *visit, const xlgc_thrown *thrown) {
  const char *words = xlgc_visit_message(visit, XLGC_E_RAISED);
  size_t length = strlen(words);
  bool ends_with_words = thrown && thrown->words.length;
  if (ends_with_words && thrown->type.length && !(thrown->flags & XLGC_THROWN_GENERAL))
    length = thrown->type.length + strlen(": ") + thrown->words.length;
  else if (ends_with_words)
    length = thrown->words.length;
  return text_of((xlgc_text){words, length});
}

static void set_error(PyObject *type, const xlgc_visit *visit, const xlgc_thrown *thrown, PyObject *original) {
  PyObject *message = message_of(visit, thrown), *error = message ? PyObject_CallOneArg(type, message) : NULL;
  if (error && (!original || !equip(error, thrown, original))) PyErr_SetObject((PyObject *)Py_TYPE(error), error);
  Py_XDECREF(error);
  Py_XDECREF(message);
}

static void set_home(PyObject *error) {
  PyErr_Restore(Py_NewRef((PyObject *)Py_TYPE(error)), Py_NewRef(error), PyException_GetTraceback(error));
}

/* A new reference to what was thrown, or NULL: where it cannot be had, the error is words only. */
static PyObject *receive(const xlgc_thrown *thrown) {
  if (!thrown || !(thrown->flags & XLGC_THROWN_VALUE)) return NULL;
  PyObject *value = xlgc__python_values_unpack(&thrown->value);
  if (!value) PyErr_Clear();
  return value;
}

void xlgc__python_thrown_throw_as(PyObject *type, const xlgc_visit *visit, int code) {
  if (code != XLGC_E_RAISED || !xlgc__python_engine.types) {
    xlgc__python_errors_throw(visit, code);
    return;
  }
  const xlgc_thrown *thrown = xlgc_visit_thrown(visit);
  PyObject *original = receive(thrown);
  if (original && PyExceptionInstance_Check(original))
    set_home(original);
  else
    set_error(type, visit, thrown, original);
  Py_XDECREF(original);
}

void xlgc__python_thrown_throw(const xlgc_visit *visit, int code) {
  const xlgc__python_types *types = xlgc__python_engine.types;
  xlgc__python_thrown_throw_as(types ? types->at[XLGC__PYTHON_ERROR] : NULL, visit, code);
}

/* A field that is text, as bytes: a new reference. Of an object without it, and of what has no fields, those of `instead`,
 * or none. */
static PyObject *text_field(PyObject *object, const char *name, PyObject *instead) {
  PyObject *found = xlgc__python_engine_is_proxy(object) ? PyObject_GetAttrString(object, name) : NULL;
  if (!found || !PyUnicode_Check(found)) {
    PyErr_Clear();
    Py_XDECREF(found);
    found = instead ? PyObject_Str(instead) : PyUnicode_FromString("");
  }
  PyObject *bytes = found ? PyUnicode_AsEncodedString(found, "utf-8", "backslashreplace") : NULL;
  Py_XDECREF(found);
  return bytes;
}

static xlgc_text as_text(PyObject *bytes) {
  return (xlgc_text){PyBytes_AS_STRING(bytes), (size_t)PyBytes_GET_SIZE(bytes)};
}

static PyObject *make_of_texts(const xlgc_thrown *thrown, PyObject *original) {
  PyObject *type = text_of(thrown->type), *words = text_of(thrown->words);
  bool has_type = thrown->type.length && !(thrown->flags & XLGC_THROWN_GENERAL);
  PyObject *message = !type || !words ? NULL
                      : has_type      ? PyUnicode_FromFormat("%U: %U", type, words)
                                      : Py_NewRef(words);
  PyObject *error = message ? PyObject_CallOneArg(xlgc__python_engine.types->at[XLGC__PYTHON_ERROR], message) : NULL;
  if (error && equip(error, thrown, original)) Py_CLEAR(error);
  Py_XDECREF(message);
  Py_XDECREF(words);
  Py_XDECREF(type);
  return error;
}

PyObject *xlgc__python_thrown_make(const char *from, PyObject *original) {
  PyObject *type = text_field(original, "name", NULL), *stack = text_field(original, "stack", NULL);
  PyObject *words = text_field(original, "message", original), *error = NULL;
  if (type && stack && words) {
    xlgc_thrown thrown = {.language = {from, strlen(from)},
                          .type = as_text(type),
                          .words = as_text(words),
                          .stack = as_text(stack),
                          .flags = XLGC_THROWN_VALUE};
    bool is_general = !thrown.type.length || !strcmp(thrown.type.bytes, "Error");
    if (is_general) thrown.flags |= XLGC_THROWN_GENERAL;
    error = make_of_texts(&thrown, original);
  }
  Py_XDECREF(words);
  Py_XDECREF(stack);
  Py_XDECREF(type);
  return error;
}

/* ---------------------------------------------------------------- out of Python */

/* The text that is all of an error's arguments, or NULL: at the limit of recursion Python cannot be asked for it. */
static PyObject *only_text(PyObject *error) {
  if (Py_TYPE(error)->tp_str != ((PyTypeObject *)PyExc_Exception)->tp_str) return NULL;
  PyObject *arguments = ((PyBaseExceptionObject *)error)->args;
  PyObject *first = arguments && PyTuple_GET_SIZE(arguments) == 1 ? PyTuple_GET_ITEM(arguments, 0) : NULL;
  return first && PyUnicode_CheckExact(first) ? Py_NewRef(first) : NULL;
}

/* Takes the text, and what has failed: then there is none. */
static void note_text(PyObject *text, xlgc_value *out) {
  PyObject *bytes = text && PyUnicode_Check(text) ? PyUnicode_AsEncodedString(text, "utf-8", "backslashreplace") : NULL;
  if (bytes) (void)xlgc_value_copy(out, XLGC_STRING, PyBytes_AS_STRING(bytes), (size_t)PyBytes_GET_SIZE(bytes));
  Py_XDECREF(bytes);
  Py_XDECREF(text);
  PyErr_Clear();
}

static void note_value(xlgc__thrown *noted, PyObject *value) {
  if (xlgc__python_values_pack(value, false, &noted->value))
    PyErr_Clear();
  else
    noted->flags |= XLGC_THROWN_VALUE;
}

/* An error that another language has thrown goes on as what it was. Returns whether it is one. */
static bool note_carried(PyObject *error, xlgc__thrown *noted) {
  const xlgc__python_types *types = xlgc__python_engine.types;
  if (!types || !PyObject_TypeCheck(error, (PyTypeObject *)types->at[XLGC__PYTHON_ERROR])) return false;
  PyObject *is_general = PyObject_GetAttrString(error, general);
  PyObject *original = is_general ? PyObject_GetAttrString(error, "original") : NULL;
  if (!original) {
    PyErr_Clear();
    Py_XDECREF(is_general);
    return false;
  }
  note_value(noted, original);
  Py_DECREF(original);
  note_text(PyObject_GetAttrString(error, "language"), &noted->language);
  note_text(PyObject_GetAttrString(error, "type"), &noted->type);
  note_text(PyObject_GetAttrString(error, "message"), &noted->words);
  note_text(PyObject_GetAttrString(error, "stack"), &noted->stack);
  if (is_general == Py_True) noted->flags |= XLGC_THROWN_GENERAL;
  PyErr_Clear();
  Py_DECREF(is_general);
  return true;
}

static void note_own(PyObject *error, xlgc__thrown *noted) {
  const char *name = Py_TYPE(error)->tp_name, *dot = strrchr(name, '.');
  const xlgc__python_types *types = xlgc__python_engine.types;
  note_value(noted, error);
  note_text(PyUnicode_FromString(language), &noted->language);
  note_text(PyUnicode_FromString(dot ? dot + 1 : name), &noted->type);
  PyObject *text = only_text(error);
  note_text(text ? text : PyObject_Str(error), &noted->words);
  /* One that cannot be put into words is its type. */
  if (!noted->words.type) (void)xlgc_value_copy(&noted->words, XLGC_STRING, "", 0);
  if (types && (PyObject *)Py_TYPE(error) == types->at[XLGC__PYTHON_ERROR]) noted->flags |= XLGC_THROWN_GENERAL;
}

static void add_function(xlgc__trace *trace, PyTracebackObject *at) {
  xlgc_value file = {.type = XLGC_NIL}, name = {.type = XLGC_NIL};
  PyObject *line = PyObject_GetAttrString((PyObject *)at, "tb_lineno");
  PyCodeObject *code = PyFrame_GetCode(at->tb_frame);
  note_text(Py_NewRef(code->co_filename), &file);
  note_text(Py_NewRef(code->co_name), &name);
  xlgc__trace_add(trace, language, xlgc__thrown_text(&file), line ? PyLong_AsLong(line) : 0, xlgc__thrown_text(&name));
  PyErr_Clear();
  xlgc_value_clear(&file);
  xlgc_value_clear(&name);
  Py_XDECREF(line);
  Py_DECREF(code);
}

/* In a text that is not run, as it is wrong, there are no functions yet. */
static void add_place(xlgc__trace *trace, PyObject *error) {
  if (!PyErr_GivenExceptionMatches(error, PyExc_SyntaxError)) return;
  xlgc_value file = {.type = XLGC_NIL};
  note_text(PyObject_GetAttrString(error, "filename"), &file);
  PyObject *line = PyObject_GetAttrString(error, "lineno");
  long number = line && PyLong_Check(line) ? PyLong_AsLong(line) : 0;
  if (file.length) xlgc__trace_add(trace, language, xlgc__thrown_text(&file), number, (xlgc_text){NULL, 0});
  PyErr_Clear();
  Py_XDECREF(line);
  xlgc_value_clear(&file);
}

/* The functions of a traceback, which begins with the outermost. */
static void add_functions(xlgc__trace *trace, PyObject *traceback) {
  PyTracebackObject *last[XLGC__TRACE_FUNCTIONS], *at = (PyTracebackObject *)traceback;
  size_t count = 0;
  for (; at && PyTraceBack_Check((PyObject *)at); at = at->tb_next)
    last[count++ % XLGC__TRACE_FUNCTIONS] = at;
  for (size_t i = 0; i < count && i < XLGC__TRACE_FUNCTIONS; i++)
    add_function(trace, last[(count - 1 - i) % XLGC__TRACE_FUNCTIONS]);
}

/* Python's own, of which it has a few set aside, and needs each of them back. */
static bool is_lack_of_memory(PyObject *error) {
  PyObject *arguments = (PyObject *)Py_TYPE(error) == PyExc_MemoryError ? ((PyBaseExceptionObject *)error)->args : NULL;
  return arguments && PyTuple_GET_SIZE(arguments) == 0;
}

int xlgc__python_thrown_raise(xlgc_visit *visit) {
  PyObject *type, *error, *traceback;
  xlgc__thrown noted = {.flags = 0};
  PyErr_Fetch(&type, &error, &traceback);
  PyErr_NormalizeException(&type, &error, &traceback);
  if (error && traceback) PyException_SetTraceback(error, traceback);
  if (error) xlgc__python_interrupt_pass(error);
  bool ran_out = error && is_lack_of_memory(error);
  if (error && !ran_out && !note_carried(error, &noted)) note_own(error, &noted);
  if (error && !ran_out) add_place(&noted.functions, error);
  if (!ran_out) add_functions(&noted.functions, traceback);
  int failed = ran_out ? XLGC_E_NOMEM : xlgc__thrown_throw(&noted, visit, XLGC__MESSAGES_NO_WORDS);
  PyErr_Clear();
  Py_XDECREF(type);
  Py_XDECREF(error);
  Py_XDECREF(traceback);
  return failed;
}
