/* How Python's objects answer to visits of other engines. */
#include <config.h>

#include "hosts/python/behaviour.h"

#include <string.h>

#include "hosts/common/messages.h"
#include "hosts/python/arity.h"
#include "hosts/python/awaiting.h"
#include "hosts/python/engine.h"
#include "hosts/python/filter.h"
#include "hosts/python/lent.h"
#include "hosts/python/method.h"
#include "hosts/python/named.h"
#include "hosts/python/thrown.h"
#include "hosts/python/values.h"

/* Goes once through the elements of an object, for another engine. */
typedef struct cursor {
  PyObject_HEAD PyObject *iterator;
  bool has_pairs;
  int64_t position;
} cursor;

/* A new reference: other engines may drop the object while it is used. */
static PyObject *hold(const xlgc_visit *visit) {
  PyObject *object = visit->handle;
  Py_INCREF(object);
  return object;
}

static int answer(xlgc_visit *visit, PyObject *result, xlgc_value *out) {
  int failed = result && xlgc__python_values_pack(result, false, out) == 0 ? 0 : xlgc__python_thrown_raise(visit);
  Py_XDECREF(result);
  return failed;
}

/* ------------------------------------------------------- items and attributes */

static bool is_mapping(PyObject *object) { return PyType_HasFeature(Py_TYPE(object), Py_TPFLAGS_MAPPING); }

static PyObject *find_attribute(PyObject *object, PyObject *name) {
  PyObject *found = PyObject_GetAttr(object, name);
  if (!found && PyErr_ExceptionMatches(PyExc_AttributeError)) PyErr_Clear();
  return found;
}

/* A look-up calls no __missing__, which would make an item, or answer for any name. */
static int has_item(PyObject *object, PyObject *key) {
  bool makes = is_mapping(object) && !PyDict_CheckExact(object) &&
               PyObject_HasAttrString((PyObject *)Py_TYPE(object), "__missing__");
  return makes ? PySequence_Contains(object, key) : 1;
}

/* is_name: the key is text; lists and the like have no such items. */
static PyObject *find_item(PyObject *object, PyObject *key, bool is_name) {
  if (is_name && PyType_Check(object)) return NULL;
  int has = has_item(object, key);
  if (has <= 0) return NULL;
  PyObject *found = PyObject_GetItem(object, key);
  if (!found && (PyErr_ExceptionMatches(PyExc_LookupError) || (is_name && PyErr_ExceptionMatches(PyExc_TypeError))))
    PyErr_Clear();
  return found;
}

static PyObject *find(PyObject *object, PyObject *key) {
  if (!PyUnicode_Check(key)) return find_item(object, key, false);
  bool is_map = is_mapping(object);
  PyObject *found = is_map ? find_item(object, key, true) : find_attribute(object, key);
  if (found || PyErr_Occurred()) return found;
  return is_map ? find_attribute(object, key) : find_item(object, key, true);
}

/* A name of JavaScript's that is a number is one of an attribute, where there are no items. */
static bool has_items(PyObject *object, bool to_set) {
  const PyTypeObject *type = Py_TYPE(object);
  if (PyType_Check(object)) return false;
  if (to_set)
    return (type->tp_as_mapping && type->tp_as_mapping->mp_ass_subscript) ||
           (type->tp_as_sequence && type->tp_as_sequence->sq_ass_item);
  return (type->tp_as_mapping && type->tp_as_mapping->mp_subscript) ||
         (type->tp_as_sequence && type->tp_as_sequence->sq_item);
}

static bool is_number_name(const xlgc_value *key) { return key->traits & XLGC_NAME && key->type == XLGC_INTEGER; }

/* The key as Python has it, for a change. */
static PyObject *unpack_key(const xlgc_visit *visit, const xlgc_value *key) {
  PyObject *name = xlgc__python_values_unpack(key);
  if (!name || !is_number_name(key) || has_items(visit->handle, true)) return name;
  PyObject *text = PyObject_Str(name);
  Py_DECREF(name);
  return text;
}

static bool is_text(const xlgc_value *key, const char *text) {
  return key->length == strlen(text) && !memcmp(key->as.bytes, text, key->length);
}

/* What `then` of its proxies in JavaScript calls. */
static PyObject *find_then(PyObject *object, const xlgc_value *key) {
  bool is_then = key->traits & XLGC_NAME && key->type == XLGC_STRING && is_text(key, XLGC__MESSAGES_THEN);
  return is_then && xlgc__python_values_is_awaited(object) ? xlgc__python_awaiting_then(object) : NULL;
}

/* What every function of JavaScript has: its name, and how many arguments it wants. */
static PyObject *find_of_function(PyObject *object, const xlgc_value *key) {
  if (!(key->traits & XLGC_NAME) || key->type != XLGC_STRING || !PyCallable_Check(object)) return NULL;
  Py_ssize_t least;
  if (is_text(key, "length") && xlgc__python_arity_least(object, &least)) return PyLong_FromSsize_t(least);
  PyObject *name = is_text(key, "name") ? PyUnicode_FromString("__name__") : NULL;
  PyObject *found = name ? find_attribute(object, name) : NULL;
  Py_XDECREF(name);
  return found;
}

static int get(xlgc_visit *visit, const xlgc_value *key, xlgc_value *out) {
  if (is_number_name(key) && !has_items(visit->handle, false)) return XLGC_ABSENT;
  PyObject *name = xlgc__python_values_unpack(key);
  if (!name) return xlgc__python_thrown_raise(visit);
  PyObject *object = hold(visit), *found = NULL;
  if (!xlgc__python_filter_get(xlgc__python_filter_find(visit->from), object, name, &found)) {
    found = find(object, name);
    if (!found && !PyErr_Occurred()) found = find_then(object, key);
    if (!found && !PyErr_Occurred()) found = find_of_function(object, key);
  }
  Py_DECREF(object);
  Py_DECREF(name);
  return !found && !PyErr_Occurred() ? XLGC_ABSENT : answer(visit, found, out);
}

/* value: NULL deletes it. */
static int change(const xlgc_visit *visit, PyObject *object, PyObject *name, bool is_attribute, PyObject *value) {
  int failed;
  if (xlgc__python_filter_set(xlgc__python_filter_find(visit->from), object, name, value, &failed)) return failed;
  if (is_attribute) return PyObject_SetAttr(object, name, value);
  return value ? PyObject_SetItem(object, name, value) : PyObject_DelItem(object, name);
}

static bool is_attribute_of(PyObject *name, PyObject *object) { return PyUnicode_Check(name) && !is_mapping(object); }

/* The place behind the last of a list. */
static bool is_end(PyObject *object, const xlgc_value *key) {
  if (key->type != XLGC_INTEGER || !PyType_HasFeature(Py_TYPE(object), Py_TPFLAGS_SEQUENCE)) return false;
  if (PyList_Check(object)) return key->as.integer == PyList_GET_SIZE(object);
  Py_ssize_t length = PyObject_Size(object);
  if (length < 0) PyErr_Clear();
  return key->as.integer == length && PyObject_HasAttrString(object, "append");
}

static int append(PyObject *object, PyObject *item) {
  if (PyList_CheckExact(object)) return PyList_Append(object, item);
  PyObject *none = PyObject_CallMethod(object, "append", "O", item);
  Py_XDECREF(none);
  return none ? 0 : -1;
}

static int set(xlgc_visit *visit, const xlgc_value *key, const xlgc_value *value) {
  PyObject *name = unpack_key(visit, key), *item = name ? xlgc__python_values_unpack(value) : NULL;
  int failed = -1;
  if (item) {
    PyObject *object = hold(visit);
    bool is_appended = is_end(object, key);
    failed = is_appended ? append(object, item) : change(visit, object, name, is_attribute_of(name, object), item);
    Py_DECREF(object);
  }
  Py_XDECREF(item);
  Py_XDECREF(name);
  return failed ? xlgc__python_thrown_raise(visit) : 0;
}

/* `remove` of the table of functions; stdio.h has the name. */
static int take_away(xlgc_visit *visit, const xlgc_value *key) {
  PyObject *name = unpack_key(visit, key);
  if (!name) return xlgc__python_thrown_raise(visit);
  PyObject *object = hold(visit);
  bool is_attribute = is_attribute_of(name, object);
  int failed = change(visit, object, name, is_attribute, NULL);
  Py_DECREF(object);
  Py_DECREF(name);
  if (!failed) return 0;
  if (!PyErr_ExceptionMatches(is_attribute ? PyExc_AttributeError : PyExc_LookupError))
    return xlgc__python_thrown_raise(visit);
  PyErr_Clear();
  return XLGC_ABSENT;
}

/* --------------------------------------------------------------------- calls */

/* named: out, a new dict; or NULL when there are none. */
static PyObject *make_arguments(const xlgc_value *arguments, size_t count, PyObject **named) {
  PyObject *tuple = PyTuple_New((Py_ssize_t)count);
  for (size_t i = 0; tuple && i < count; i++) {
    if (xlgc__python_named_is(&arguments[i])) {
      Py_DECREF(tuple);
      return xlgc__python_named_make(arguments, count, named);
    }
    PyObject *argument = xlgc__python_values_unpack(&arguments[i]);
    if (argument)
      PyTuple_SET_ITEM(tuple, (Py_ssize_t)i, argument);
    else
      Py_CLEAR(tuple);
  }
  return tuple;
}

static int answer_several(xlgc_visit *visit, PyObject *tuple, xlgc_value *out) {
  xlgc_value *values;
  size_t count = (size_t)PyTuple_GET_SIZE(tuple);
  int failed = xlgc_value_several(out, count, &values);
  if (failed) PyErr_NoMemory();
  for (size_t i = 0; i < count && !failed; i++)
    failed = xlgc__python_values_pack(PyTuple_GET_ITEM(tuple, (Py_ssize_t)i), false, &values[i]);
  Py_DECREF(tuple);
  if (!failed) return 0;
  xlgc_value_clear(out);
  return xlgc__python_thrown_raise(visit);
}

/* Of a tuple. */
static bool is_several(const xlgc_visit *visit, PyObject *result) {
  return visit->habits & XLGC_CALLS_FOR_SEVERAL ||
         (PyObject *)Py_TYPE(result) == xlgc__python_engine.types->at[XLGC__PYTHON_SEVERAL];
}

static int call(xlgc_visit *visit, const xlgc_value *self, const xlgc_value *arguments, size_t count, xlgc_value *out) {
  (void)self;
  PyObject *named = NULL, *tuple = make_arguments(arguments, count, &named);
  if (!tuple) {
    Py_XDECREF(named);
    return xlgc__python_thrown_raise(visit);
  }
  PyObject *object = hold(visit);
  if (visit->habits & XLGC_CALLS_LOOSELY && !xlgc__python_arity_is(object, (Py_ssize_t)count))
    tuple = xlgc__python_arity_fit(object, tuple, named);
  PyObject *result = tuple ? PyObject_Call(object, tuple, named) : NULL;
  Py_DECREF(object);
  Py_XDECREF(tuple);
  Py_XDECREF(named);
  return result && PyTuple_Check(result) && is_several(visit, result) ? answer_several(visit, result, out)
                                                                      : answer(visit, result, out);
}

static int length(xlgc_visit *visit, size_t *out) {
  PyObject *object = hold(visit);
  Py_ssize_t size = PyObject_Size(object);
  Py_DECREF(object);
  if (size < 0) return xlgc__python_thrown_raise(visit);
  *out = (size_t)size;
  return 0;
}

/* Objects that cannot be compared are not equal. What stops a program, such as KeyboardInterrupt, is passed on. */
static int compare(xlgc_visit *visit, const xlgc_value *other, xlgc_order order, bool *out) {
  static const int operators[] = {[XLGC_EQUAL] = Py_EQ, [XLGC_LESS] = Py_LT, [XLGC_LESS_OR_EQUAL] = Py_LE};
  PyObject *operand = xlgc__python_values_unpack(other);
  if (!operand) return xlgc__python_thrown_raise(visit);
  PyObject *object = hold(visit);
  int is = PyObject_RichCompareBool(object, operand, operators[order]);
  Py_DECREF(object);
  Py_DECREF(operand);
  if (is < 0 && order == XLGC_EQUAL && PyErr_ExceptionMatches(PyExc_Exception)) {
    PyErr_Clear();
    is = 0;
  }
  if (is < 0) return xlgc__python_thrown_raise(visit);
  *out = is;
  return 0;
}

static int describe(xlgc_visit *visit, xlgc_value *out) {
  PyObject *object = hold(visit), *text = PyObject_Str(object);
  PyObject *bytes = text ? PyUnicode_AsEncodedString(text, "utf-8", "backslashreplace") : NULL;
  int failed = !bytes ? xlgc__python_thrown_raise(visit)
                      : xlgc_value_copy(out, XLGC_STRING, PyBytes_AS_STRING(bytes), (size_t)PyBytes_GET_SIZE(bytes));
  Py_XDECREF(bytes);
  Py_XDECREF(text);
  Py_DECREF(object);
  return failed;
}

/* ------------------------------------------------------------------- cursors */

static int cursor_traverse(PyObject *self, visitproc visit, void *arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(((cursor *)self)->iterator);
  return 0;
}

static int cursor_clear(PyObject *self) {
  Py_CLEAR(((cursor *)self)->iterator);
  return 0;
}

static void cursor_dealloc(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  cursor_clear(self);
  PyObject_GC_Del(self);
  Py_DECREF(type);
}

static PyType_Slot cursor_slots[] = {
    {Py_tp_dealloc, cursor_dealloc},
    {Py_tp_traverse, cursor_traverse},
    {Py_tp_clear, cursor_clear},
    {Py_tp_doc, (void *)"What another language iterates over a Python object with."},
    {0, NULL},
};

PyType_Spec xlgc__python_cursor_spec = {
    .name = "xlgc.Cursor",
    .basicsize = sizeof(cursor),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = cursor_slots,
};

/* What is no container, and has attributes of its own, gives these: a new reference to the dictionary. NULL without an
 * exception for all else. */
static PyObject *attributes_of(PyObject *object) {
  bool is_container = Py_TYPE(object)->tp_iter || PySequence_Check(object);
  if (is_container || PyCallable_Check(object) || PyModule_Check(object)) return NULL;
  PyObject *attributes = PyObject_GetAttrString(object, "__dict__");
  if (!attributes) PyErr_Clear();
  if (attributes && !PyDict_Check(attributes)) Py_CLEAR(attributes);
  return attributes;
}

static PyObject *make_iterator(PyObject *object, bool has_pairs) {
  if (!has_pairs) return PyObject_GetIter(object);
  PyObject *items = PyObject_CallMethod(object, "items", NULL);
  PyObject *iterator = items ? PyObject_GetIter(items) : NULL;
  Py_XDECREF(items);
  return iterator;
}

static int iterate(xlgc_visit *visit, xlgc_value *out) {
  PyObject *object = hold(visit), *attributes = attributes_of(object);
  bool has_pairs = attributes || is_mapping(object);
  PyObject *iterator = make_iterator(attributes ? attributes : object, has_pairs);
  Py_XDECREF(attributes);
  Py_DECREF(object);
  cursor *made = iterator ? PyObject_GC_New(cursor, xlgc__python_engine_type(XLGC__PYTHON_CURSOR)) : NULL;
  if (!made) {
    Py_XDECREF(iterator);
    return xlgc__python_thrown_raise(visit);
  }
  made->iterator = iterator;
  made->has_pairs = has_pairs;
  made->position = 0;
  PyObject_GC_Track(made);
  int failed = answer(visit, (PyObject *)made, out);
  return failed ? failed : has_pairs ? XLGC_ITERATES_PAIRS : XLGC_ITERATES_VALUES;
}

static int pack_pair(xlgc_visit *visit, PyObject *pair, xlgc_value *key, xlgc_value *out) {
  PyObject *fields = PySequence_Tuple(pair);
  if (fields && PyTuple_GET_SIZE(fields) != 2) {
    PyErr_SetString(PyExc_TypeError, "items() of a mapping gives pairs");
    Py_CLEAR(fields);
  }
  int failed = !fields || xlgc__python_values_pack(PyTuple_GET_ITEM(fields, 0), false, key) ||
               xlgc__python_values_pack(PyTuple_GET_ITEM(fields, 1), false, out);
  Py_XDECREF(fields);
  if (!failed) return 0;
  xlgc_value_clear(key);
  return xlgc__python_thrown_raise(visit);
}

static int pack_item(xlgc_visit *visit, cursor *self, PyObject *item, xlgc_value *key, xlgc_value *out) {
  if (self->has_pairs) return pack_pair(visit, item, key, out);
  key->type = XLGC_INTEGER;
  key->as.integer = self->position++;
  return xlgc__python_values_pack(item, false, out) ? xlgc__python_thrown_raise(visit) : 0;
}

static bool is_cursor(const xlgc_visit *visit) {
  return Py_TYPE((PyObject *)visit->handle)->tp_dealloc == cursor_dealloc;
}

static int next(xlgc_visit *visit, xlgc_value *key, xlgc_value *out) {
  static const char no_cursor[] = XLGC__MESSAGES_NO_CURSOR;
  cursor *self = visit->handle;
  if (!is_cursor(visit)) return xlgc_visit_raise(visit, no_cursor, sizeof no_cursor - 1);
  PyObject *iterator = self->iterator;
  if (!iterator) return XLGC_ABSENT;
  Py_INCREF(iterator);
  Py_INCREF(self);
  PyObject *item = PyIter_Next(iterator);
  int failed;
  if (item)
    failed = pack_item(visit, self, item, key, out);
  else
    failed = PyErr_Occurred() ? xlgc__python_thrown_raise(visit) : XLGC_ABSENT;
  if (failed == XLGC_ABSENT) cursor_clear((PyObject *)self);
  Py_XDECREF(item);
  Py_DECREF(self);
  Py_DECREF(iterator);
  return failed;
}

/* A generator, of Python's or another one: iterators have no `throw` else. What can be closed only, as a file, is left
 * open at the end of a loop in Python too. */
static bool is_generator(PyObject *iterator) {
  if (PyGen_CheckExact(iterator)) return true;
  PyObject *type = (PyObject *)Py_TYPE(iterator);
  return PyObject_HasAttrString(type, "throw") && PyObject_HasAttrString(type, "close");
}

/* `close` of the table of functions; unistd.h has the name. */
static int close_cursor(xlgc_visit *visit) {
  cursor *self = visit->handle;
  if (!is_cursor(visit)) return XLGC_ABSENT;
  PyObject *iterator = self->iterator;
  self->iterator = NULL;
  if (!iterator) return 0;
  PyObject *none = is_generator(iterator) ? PyObject_CallMethod(iterator, "close", NULL) : Py_NewRef(Py_None);
  int failed = none ? 0 : xlgc__python_thrown_raise(visit);
  Py_XDECREF(none);
  Py_DECREF(iterator);
  return failed;
}

/* The memory of an object of a few types. */
static int memory(xlgc_visit *visit, xlgc_memory *out) {
  PyObject *object = hold(visit);
  int failed = xlgc__python_lent_lend(object, out);
  Py_DECREF(object);
  return failed ? xlgc__python_thrown_raise(visit) : 0;
}

const xlgc_behaviour xlgc__python_behaviour = {
    .get = get,
    .set = set,
    .remove = take_away,
    .call = call,
    .length = length,
    .iterate = iterate,
    .next = next,
    .compare = compare,
    .describe = describe,
    .memory = memory,
    .close = close_cursor,
};
