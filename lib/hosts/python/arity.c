#include <config.h>

#include "hosts/python/arity.h"

#include <string.h>

typedef struct arity {
  Py_ssize_t least, most; /* by position */
} arity;

static const Py_ssize_t any = PY_SSIZE_T_MAX;

static bool read_any(PyObject *callable, unsigned depth, arity *out);

/* bound: arguments that are there already, such as self. */
static void take_off(arity *arity, Py_ssize_t bound) {
  arity->least = arity->least > bound ? arity->least - bound : 0;
  if (arity->most != any) arity->most = arity->most > bound ? arity->most - bound : 0;
}

static void read_function(PyObject *function, arity *out) {
  const PyCodeObject *code = (PyCodeObject *)PyFunction_GET_CODE(function);
  PyObject *defaults = PyFunction_GET_DEFAULTS(function);
  out->most = code->co_flags & CO_VARARGS ? any : code->co_argcount;
  out->least = code->co_argcount - (defaults ? PyTuple_GET_SIZE(defaults) : 0);
}

/* --------------------------------------------------------- functions of C */

/* The end of a parameter, which a comma or the last bracket ends; those in brackets and quotes do not. */
static const char *end_of_parameter(const char *text, bool *has_default) {
  unsigned depth = 0;
  char quote = 0;
  for (*has_default = false; *text; text++) {
    if (quote) {
      if (*text == quote) quote = 0;
    } else if (*text == '\'' || *text == '"') {
      quote = *text;
    } else if (strchr("([{", *text)) {
      depth++;
    } else if (strchr(")]}", *text)) {
      if (!depth--) break;
    } else if (*text == ',' && !depth) {
      break;
    } else if (*text == '=') {
      *has_default = true;
    }
  }
  return text;
}

/* "($module, a, b=None, /, *, c)": its last parameters are by name only. */
static bool read_signature(const char *text, arity *out) {
  *out = (arity){0, 0};
  if (*text++ != '(') return false;
  while (*text && *text != ')') {
    bool has_default;
    const char *end = end_of_parameter(text, &has_default);
    if (*text == '*') {
      if (text[1] != ',' && text[1] != '*' && text[1] != ')') out->most = any;
      return true;
    }
    if (*text != '$' && *text != '/') {
      out->most++;
      out->least += !has_default;
    }
    for (text = end; *text == ',' || *text == ' ';)
      text++;
  }
  return *text == ')';
}

static bool read_builtin(PyObject *function, arity *out) {
  int flags = PyCFunction_GET_FLAGS(function);
  if (flags & (METH_NOARGS | METH_O)) {
    out->least = out->most = flags & METH_O ? 1 : 0;
    return true;
  }
  PyObject *signature = PyObject_GetAttrString(function, "__text_signature__");
  const char *text = signature && PyUnicode_Check(signature) ? PyUnicode_AsUTF8(signature) : NULL;
  bool is = text && read_signature(text, out);
  Py_XDECREF(signature);
  PyErr_Clear();
  return is;
}

/* ---------------------------------------------------- what leads to others */

/* The function of Python that a type has by this name, without its first argument. */
static bool read_method(PyTypeObject *type, const char *name, arity *out) {
  PyObject *found = PyObject_GetAttrString((PyObject *)type, name);
  PyErr_Clear();
  bool is = found && PyFunction_Check(found);
  if (is) read_function(found, out);
  if (is) take_off(out, 1);
  Py_XDECREF(found);
  return is;
}

static bool read_type(PyTypeObject *type, arity *out) {
  if (!PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE) || Py_TYPE(type) != &PyType_Type) return false;
  if (read_method(type, "__init__", out) || read_method(type, "__new__", out)) return true;
  *out = (arity){0, 0};
  return type->tp_init == PyBaseObject_Type.tp_init && type->tp_new == PyBaseObject_Type.tp_new;
}

static bool read_partial(PyObject *partial, unsigned depth, arity *out) {
  PyObject *function = PyObject_GetAttrString(partial, "func"), *given = PyObject_GetAttrString(partial, "args");
  PyObject *named = PyObject_GetAttrString(partial, "keywords");
  PyErr_Clear();
  bool is = function && given && named && PyTuple_Check(given) && PyDict_Check(named) && !PyDict_GET_SIZE(named) &&
            read_any(function, depth, out);
  if (is) take_off(out, PyTuple_GET_SIZE(given));
  Py_XDECREF(named);
  Py_XDECREF(given);
  Py_XDECREF(function);
  return is;
}

/* depth: of what wraps another, which may be itself. Returns false when it is not known. */
static bool read_any(PyObject *callable, unsigned depth, arity *out) {
  enum { DEPTH_MAX = 8 };
  if (PyFunction_Check(callable)) {
    read_function(callable, out);
    return true;
  }
  if (PyCFunction_Check(callable)) return read_builtin(callable, out);
  if (PyType_Check(callable)) return read_type((PyTypeObject *)callable, out);
  if (depth == DEPTH_MAX) return false;
  if (PyMethod_Check(callable)) {
    bool is = read_any(PyMethod_GET_FUNCTION(callable), depth + 1, out);
    if (is) take_off(out, 1);
    return is;
  }
  if (strcmp(Py_TYPE(callable)->tp_name, "functools.partial") == 0) return read_partial(callable, depth + 1, out);
  return PyType_HasFeature(Py_TYPE(callable), Py_TPFLAGS_HEAPTYPE) && read_method(Py_TYPE(callable), "__call__", out);
}

/* ------------------------------------------------------------------ fitting */

bool xlgc__python_arity_least(PyObject *callable, Py_ssize_t *out) {
  arity arity;
  if (!read_any(callable, 0, &arity)) return false;
  *out = arity.least;
  return true;
}

PyObject *xlgc__python_arity_fit(PyObject *callable, PyObject *arguments, PyObject *named) {
  Py_ssize_t count = PyTuple_GET_SIZE(arguments), wanted = count;
  arity arity;
  if (!read_any(callable, 0, &arity)) return arguments;
  if (count > arity.most) wanted = arity.most;
  if (count < arity.least && !named) wanted = arity.least;
  if (wanted == count) return arguments;
  PyObject *tuple = PyTuple_New(wanted);
  for (Py_ssize_t i = 0; tuple && i < wanted; i++)
    PyTuple_SET_ITEM(tuple, i, Py_NewRef(i < count ? PyTuple_GET_ITEM(arguments, i) : Py_None));
  Py_DECREF(arguments);
  return tuple;
}
