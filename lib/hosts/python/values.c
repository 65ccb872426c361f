/* Values out of Python and into it. */
#include <config.h>

#include "hosts/python/values.h"

#include <string.h>

#include "hosts/common/export.h"
#include "hosts/common/memory.h"
#include "hosts/common/utf8.h"
#include "hosts/python/bound.h"
#include "hosts/python/dates.h"
#include "hosts/python/engine.h"
#include "hosts/python/errors.h"
#include "hosts/python/lent.h"

/* ------------------------------------------------------------- out of Python */

static int pack_bytes(xlgc_type type, const char *bytes, Py_ssize_t length, bool is_argument, xlgc_value *out) {
  if (!is_argument) {
    if (!xlgc_value_copy(out, type, bytes, (size_t)length)) return 0;
    PyErr_NoMemory();
    return -1;
  }
  out->type = type;
  out->as.bytes = bytes;
  out->length = (size_t)length;
  return 0;
}

static int pin(void *data, void *handle) {
  (void)data;
  xlgc__python_bound_pin(handle);
  return XLGC__EXPORT_PINNED;
}

bool xlgc__python_values_is_awaited(PyObject *object) {
  const PyAsyncMethods *methods = Py_TYPE(object)->tp_as_async;
  return methods && methods->am_await;
}

static int pack_export(PyObject *object, xlgc_value *out) {
  static const xlgc__export_pins pins = {pin, xlgc__python_bound_unpin};
  xlgc_host *host = xlgc__python_engine_find();
  if (!host) {
    xlgc__python_errors_throw_closed();
    return -1;
  }
  object = xlgc__python_bound_find(object);
  int failed = xlgc__export_handle(host, object, &pins, NULL, &out->as.id);
  if (failed) {
    xlgc__python_errors_throw(NULL, failed);
    return -1;
  }
  out->type = XLGC_OBJECT;
  out->traits = PyCallable_Check(object) ? XLGC_CALLABLE | XLGC_SELF_APART : 0;
  if (PyType_HasFeature(Py_TYPE(object), Py_TPFLAGS_SEQUENCE)) out->traits |= XLGC_SEQUENCE;
  if (xlgc__python_values_is_awaited(object)) out->traits |= XLGC_AWAITED;
  return 0;
}

/* What cannot be shared is copied: what cannot be written to, say. */
static int pack_memory(PyObject *object, xlgc_value *out) {
  int can = xlgc__python_lent_can_be(object);
  if (can <= 0) return can ? can : xlgc__python_lent_copy(object, out);
  int failed = pack_export(object, out);
  if (!failed) out->traits = XLGC_MEMORY;
  return failed;
}

/* The language of a function takes that, as it would be read there. Elsewhere a method is called on its object. */
static bool is_function_at_home(PyObject *method, unsigned traits) {
  xlgc_id id = xlgc__python_engine_id_of(method);
  return !(traits & XLGC_METHOD) && xlgc_visit_comes_home(xlgc__python_engine.host, id);
}

static int pack_proxy(PyObject *object, xlgc_value *out) {
  unsigned traits = ((const xlgc__python_proxy *)object)->traits;
  if (xlgc__python_engine_is_method(object) && !is_function_at_home(object, traits)) return pack_export(object, out);
  if (!xlgc__python_engine_is_current(object)) {
    xlgc__python_errors_throw_stale(object);
    return -1;
  }
  out->type = XLGC_OBJECT;
  out->as.id = xlgc__python_engine_id_of(object);
  out->traits = traits;
  return 0;
}

/* An error that another language has thrown is what was thrown, where it comes back to that as a value. Returns whether
 * it is one. */
static bool pack_home(PyObject *error, xlgc_value *out) {
  const xlgc__python_types *types = xlgc__python_engine.types;
  if (!types || !PyObject_TypeCheck(error, (PyTypeObject *)types->at[XLGC__PYTHON_ERROR])) return false;
  PyObject *original = PyObject_GetAttrString(error, "original");
  if (!original) PyErr_Clear();
  bool is = original && xlgc__python_engine_is_proxy(original) && xlgc__python_engine_is_current(original) &&
            xlgc_visit_comes_home(xlgc__python_engine.host, xlgc__python_engine_id_of(original));
  if (is) {
    out->type = XLGC_OBJECT;
    out->as.id = xlgc__python_engine_id_of(original);
    out->traits = ((const xlgc__python_proxy *)original)->traits;
  }
  Py_XDECREF(original);
  return is;
}

/* "0xff", "-0xff": the digits cross without what is before them. */
static int pack_big(PyObject *object, xlgc_value *out) {
  PyObject *text = PyNumber_ToBase(object, 16);
  Py_ssize_t length;
  const char *digits = text ? PyUnicode_AsUTF8AndSize(text, &length) : NULL;
  bool is_below = digits && *digits == '-';
  int failed = digits ? pack_bytes(XLGC_BIG, digits + 2, length - 2, false, out) : -1;
  if (!failed && is_below) ((char *)out->memory)[0] = '-';
  Py_XDECREF(text);
  return failed;
}

static int pack_integer(PyObject *object, xlgc_value *out) {
  int overflow;
  long long number = PyLong_AsLongLongAndOverflow(object, &overflow);
  if (overflow) return pack_big(object, out);
  if (number == -1 && PyErr_Occurred()) return -1;
  out->type = XLGC_INTEGER;
  out->as.integer = number;
  return 0;
}

/* Lone ones cross; two that would be one character elsewhere do not: that is the error that is raised already. */
static int pack_surrogates(PyObject *object, xlgc_value *out) {
  PyObject *type, *error, *traceback;
  PyErr_Fetch(&type, &error, &traceback);
  PyObject *bytes = PyUnicode_AsEncodedString(object, "utf-8", "surrogatepass");
  bool crosses = bytes && xlgc__utf8_is_text(PyBytes_AS_STRING(bytes), (size_t)PyBytes_GET_SIZE(bytes));
  int failed = crosses ? pack_bytes(XLGC_STRING, PyBytes_AS_STRING(bytes), PyBytes_GET_SIZE(bytes), false, out) : -1;
  if (crosses) {
    Py_XDECREF(type);
    Py_XDECREF(error);
    Py_XDECREF(traceback);
  } else {
    PyErr_Restore(type, error, traceback);
  }
  Py_XDECREF(bytes);
  return failed;
}

static int pack_text(PyObject *object, bool is_argument, xlgc_value *out) {
  Py_ssize_t length;
  const char *bytes = PyUnicode_AsUTF8AndSize(object, &length);
  return bytes ? pack_bytes(XLGC_STRING, bytes, length, is_argument, out) : pack_surrogates(object, out);
}

int xlgc__python_values_pack(PyObject *object, bool is_argument, xlgc_value *out) {
  memset(out, 0, sizeof *out);
  if (object == Py_None) return 0;
  if (PyBool_Check(object)) {
    out->type = XLGC_BOOLEAN;
    out->as.boolean = object == Py_True;
    return 0;
  }
  if (PyLong_Check(object)) return pack_integer(object, out);
  if (PyUnicode_Check(object)) return pack_text(object, is_argument, out);
  if (PyFloat_Check(object)) {
    out->type = XLGC_NUMBER;
    out->as.number = PyFloat_AS_DOUBLE(object);
    return 0;
  }
  if (PyBytes_Check(object))
    return pack_bytes(XLGC_BUFFER, PyBytes_AS_STRING(object), PyBytes_GET_SIZE(object), is_argument, out);
  if (xlgc__python_lent_has_memory(object)) return pack_memory(object, out);
  if (xlgc__python_dates_is(object)) return xlgc__python_dates_pack(object, out);
  if (xlgc__python_engine_is_proxy(object)) return pack_proxy(object, out);
  return PyExceptionInstance_Check(object) && pack_home(object, out) ? 0 : pack_export(object, out);
}

/* --------------------------------------------------------------- into Python */

static PyObject *unpack_big(const xlgc_value *value) {
  PyObject *digits = PyUnicode_FromStringAndSize(value->as.bytes, (Py_ssize_t)value->length);
  PyObject *number = digits ? PyLong_FromUnicodeObject(digits, 16) : NULL;
  Py_XDECREF(digits);
  return number;
}

static PyObject *unpack_object(const xlgc_value *value) {
  if (!xlgc__python_engine_find()) {
    xlgc__python_errors_throw_closed();
    return NULL;
  }
  return xlgc__python_engine.parts->proxy_make(value->as.id, value->traits);
}

/* All objects are received, also when one of them cannot be: each must be, once. */
static PyObject *unpack_several(const xlgc_value *value) {
  if (!value->length) Py_RETURN_NONE;
  if (value->length == 1) return xlgc__python_values_unpack(&value->as.values[0]);
  PyObject *tuple = PyTuple_New((Py_ssize_t)value->length);
  bool failed = !tuple;
  for (size_t i = 0; i < value->length; i++) {
    PyObject *type, *error, *traceback;
    PyErr_Fetch(&type, &error, &traceback);
    PyObject *item = xlgc__python_values_unpack(&value->as.values[i]);
    failed |= !item;
    if (tuple)
      PyTuple_SET_ITEM(tuple, (Py_ssize_t)i, item);
    else
      Py_XDECREF(item);
    if (type) PyErr_Restore(type, error, traceback);
  }
  if (failed) Py_CLEAR(tuple);
  return tuple;
}

PyObject *xlgc__python_values_unpack(const xlgc_value *value) {
  const char *bytes = value->length ? value->as.bytes : "";
  switch (value->type) {
  case XLGC_NIL: Py_RETURN_NONE;
  case XLGC_BOOLEAN: return PyBool_FromLong(value->as.boolean);
  case XLGC_INTEGER: return PyLong_FromLongLong(value->as.integer);
  case XLGC_NUMBER: return PyFloat_FromDouble(value->as.number);
  case XLGC_STRING: return PyUnicode_DecodeUTF8(bytes, (Py_ssize_t)value->length, "surrogatepass");
  case XLGC_BUFFER:
    return xlgc__memory_elements(value) ? xlgc__python_lent_unpack(value)
                                        : PyBytes_FromStringAndSize(bytes, (Py_ssize_t)value->length);
  case XLGC_DATE: return xlgc__python_dates_unpack(value->as.integer);
  case XLGC_OBJECT: return unpack_object(value);
  case XLGC_SEVERAL: return unpack_several(value);
  case XLGC_BIG: return unpack_big(value);
  }
  xlgc__python_errors_throw(NULL, XLGC_E_INVAL);
  return NULL;
}
