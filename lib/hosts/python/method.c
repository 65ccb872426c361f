/* Methods, which reading a function from an object of another language gives; and iterators over such objects. */
#include <config.h>

#include "hosts/python/method.h"

#include <structmember.h>

#include "hosts/common/messages.h"
#include "hosts/python/engine.h"
#include "hosts/python/errors.h"
#include "hosts/python/thrown.h"
#include "hosts/python/values.h"
#include "hosts/python/visit.h"

/* ---------------------------------------------------------------- methods */

typedef xlgc__python_method method;

static method *as_method(PyObject *object) { return (method *)object; }

static int method_traverse(PyObject *self, visitproc visit, void *arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(as_method(self)->function);
  Py_VISIT(as_method(self)->self);
  return 0;
}

static int method_clear(PyObject *self) {
  Py_CLEAR(as_method(self)->function);
  Py_CLEAR(as_method(self)->self);
  as_method(self)->proxy.id = XLGC_ID_NONE;
  return 0;
}

void xlgc__python_method_dealloc(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  if (as_method(self)->proxy.weak_references) PyObject_ClearWeakRefs(self);
  method_clear(self);
  PyObject_GC_Del(self);
  Py_DECREF(type);
}

PyObject *xlgc__python_method_bind(PyObject *function, PyObject *self) {
  if (!xlgc__python_engine_find()) {
    xlgc__python_errors_throw_closed();
    return NULL;
  }
  method *made = PyObject_GC_New(method, xlgc__python_engine_type(XLGC__PYTHON_METHOD));
  if (!made) return NULL;
  const xlgc__python_proxy *proxy = (const xlgc__python_proxy *)function;
  made->proxy.id = proxy->id;
  made->proxy.life = proxy->life;
  made->proxy.traits = proxy->traits;
  made->proxy.weak_references = NULL;
  made->function = Py_NewRef(function);
  made->self = Py_NewRef(self);
  PyObject_GC_Track(made);
  return (PyObject *)made;
}

static PyObject *method_call(PyObject *self, PyObject *arguments, PyObject *keywords) {
  PyObject *function = as_method(self)->function, *of = as_method(self)->self;
  if (function) return xlgc__python_visit_call(function, of, arguments, keywords);
  xlgc__python_errors_throw(NULL, XLGC_E_STALE);
  return NULL;
}

static PyObject *method_repr(PyObject *self) {
  return PyUnicode_FromFormat("<xlgc method %R of %R>", as_method(self)->function, as_method(self)->self);
}

static PyObject *method_richcompare(PyObject *self, PyObject *other, int operator) {
  if ((operator!= Py_EQ && operator!= Py_NE) || !xlgc__python_engine_is_proxy(other)) Py_RETURN_NOTIMPLEMENTED;
  if (Py_TYPE(self) != Py_TYPE(other)) return PyBool_FromLong(operator== Py_NE); /* its function is another object */
  const method *a = as_method(self), *b = as_method(other);
  bool is_equal = a->function == b->function && a->self == b->self;
  return PyBool_FromLong(is_equal == (operator== Py_EQ));
}

static Py_hash_t method_hash(PyObject *self) {
  Py_hash_t hash = (Py_hash_t)((uintptr_t)as_method(self)->function >> 4 ^ (uintptr_t)as_method(self)->self);
  return hash == -1 ? -2 : hash;
}

static PyMemberDef method_members[] = {
    {"__func__", T_OBJECT, offsetof(method, function), READONLY, "the function"},
    {"__self__", T_OBJECT, offsetof(method, self), READONLY, "the object it was read from"},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot method_slots[] = {
    {Py_tp_dealloc, xlgc__python_method_dealloc},
    {Py_tp_traverse, method_traverse},
    {Py_tp_clear, method_clear},
    {Py_tp_call, method_call},
    {Py_tp_repr, method_repr},
    {Py_tp_richcompare, method_richcompare},
    {Py_tp_hash, method_hash},
    {Py_tp_members, method_members},
    {Py_tp_doc, (void *)"A function that was read from an object of another language, and is called on it.\n\n"
                        "Else it is as the function."},
    {0, NULL},
};

enum { FLAGS = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE };

PyType_Spec xlgc__python_method_spec = {
    .name = "xlgc.Method",
    .basicsize = sizeof(method),
    .flags = FLAGS,
    .slots = method_slots,
};

/* -------------------------------------------------------------- iterators */

typedef struct iterator {
  PyObject_HEAD PyObject *cursor; /* an object of the other engine; NULL at the end */
  int what;
} iterator;

static iterator *as_iterator(PyObject *object) { return (iterator *)object; }

static int iterator_traverse(PyObject *self, visitproc visit, void *arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(as_iterator(self)->cursor);
  return 0;
}

static int iterator_clear(PyObject *self) {
  Py_CLEAR(as_iterator(self)->cursor);
  return 0;
}

/* Without a cursor it is at its end. Returns below 0 with an exception. */
static int close_cursor(iterator *self) {
  PyObject *cursor = self->cursor;
  xlgc_visit visit;
  self->cursor = NULL;
  if (!cursor) return 0;
  int failed = xlgc__python_visit_begin(cursor, &visit);
  if (!failed) {
    int answer = xlgc_visit_close(&visit);
    if (answer < 0) xlgc__python_thrown_throw(&visit, answer);
    failed = xlgc__python_visit_end(&visit) || answer < 0 ? -1 : 0;
  }
  Py_DECREF(cursor);
  return failed;
}

/* A loop that is left early drops its iterator. What can no longer be told is gone, or ends with its engine. */
static void iterator_finalize(PyObject *self) {
  PyObject *type, *value, *traceback;
  if (!as_iterator(self)->cursor) return;
  PyErr_Fetch(&type, &value, &traceback);
  if (close_cursor(as_iterator(self))) {
    if (PyErr_ExceptionMatches(PyExc_ReferenceError))
      PyErr_Clear();
    else
      PyErr_WriteUnraisable(self);
  }
  PyErr_Restore(type, value, traceback);
}

static PyObject *iterator_close(PyObject *self, PyObject *unused) {
  (void)unused;
  if (close_cursor(as_iterator(self))) return NULL;
  Py_RETURN_NONE;
}

static void iterator_dealloc(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  if (PyObject_CallFinalizerFromDealloc(self)) return;
  PyObject_GC_UnTrack(self);
  iterator_clear(self);
  PyObject_GC_Del(self);
  Py_DECREF(type);
}

/* A new reference to the cursor's proxy. */
static PyObject *make_cursor(PyObject *proxy, int *what) {
  xlgc_visit visit;
  xlgc_value value;
  PyObject *cursor = NULL;
  if (xlgc__python_visit_begin(proxy, &visit)) return NULL;
  int kind = xlgc_visit_iterate(&visit, &value);
  if (kind < 0)
    xlgc__python_thrown_throw(&visit, kind);
  else
    cursor = xlgc__python_values_unpack(&value);
  if (cursor && !xlgc__python_engine_is_proxy(cursor)) {
    xlgc__python_errors_throw_text(PyExc_TypeError, XLGC__MESSAGES_NO_ITERATION);
    Py_CLEAR(cursor);
  }
  if (*what == XLGC__PYTHON_NATURAL) *what = kind == XLGC_ITERATES_PAIRS ? XLGC__PYTHON_KEYS : XLGC__PYTHON_VALUES;
  xlgc_value_clear(&value);
  return xlgc__python_visit_end_with(&visit, cursor);
}

int xlgc__python_method_gives_keys(PyObject *proxy) {
  int what = XLGC__PYTHON_NATURAL;
  PyObject *cursor = make_cursor(proxy, &what);
  if (!cursor) {
    if (!PyErr_ExceptionMatches(PyExc_Exception)) return -1;
    PyErr_Clear();
    return 0;
  }
  Py_DECREF(cursor);
  return what == XLGC__PYTHON_KEYS;
}

PyObject *xlgc__python_method_iterate(PyObject *proxy, int what) {
  PyObject *cursor = make_cursor(proxy, &what);
  if (!cursor) return NULL;
  iterator *made = PyObject_GC_New(iterator, xlgc__python_engine_type(XLGC__PYTHON_ITERATOR));
  if (!made) {
    Py_DECREF(cursor);
    return NULL;
  }
  made->cursor = cursor;
  made->what = what;
  PyObject_GC_Track(made);
  return (PyObject *)made;
}

/* Both are received, also the one that is not wanted: an id that is never received stays held. */
static PyObject *unpack_element(const xlgc_value *key, const xlgc_value *value, int what) {
  xlgc_value both = {.type = XLGC_SEVERAL, .length = 2}, values[2] = {*key, *value};
  both.as.values = values;
  PyObject *pair = xlgc__python_values_unpack(&both);
  if (!pair || what == XLGC__PYTHON_ITEMS) return pair;
  PyObject *element = PyTuple_GET_ITEM(pair, what == XLGC__PYTHON_KEYS ? 0 : 1);
  Py_INCREF(element);
  Py_DECREF(pair);
  return element;
}

static PyObject *iterator_next(PyObject *self) {
  PyObject *cursor = as_iterator(self)->cursor, *element = NULL;
  xlgc_visit visit;
  xlgc_value key, value;
  if (!cursor) return NULL;
  Py_INCREF(cursor);
  if (xlgc__python_visit_begin(cursor, &visit)) {
    Py_DECREF(cursor);
    return NULL;
  }
  int answer = xlgc_visit_next(&visit, &key, &value);
  if (answer == 0)
    element = unpack_element(&key, &value, as_iterator(self)->what);
  else if (answer == XLGC_ABSENT)
    iterator_clear(self);
  else
    xlgc__python_thrown_throw(&visit, answer);
  xlgc_value_clear(&key);
  xlgc_value_clear(&value);
  element = xlgc__python_visit_end_with(&visit, element);
  Py_DECREF(cursor);
  return element;
}

static PyMethodDef iterator_methods[] = {
    {"close", iterator_close, METH_NOARGS,
     "close()\n--\n\nEnds the iteration early, as the end of the iterator's life does: what it goes through is told."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot iterator_slots[] = {
    {Py_tp_dealloc, iterator_dealloc},
    {Py_tp_finalize, iterator_finalize},
    {Py_tp_methods, iterator_methods},
    {Py_tp_traverse, iterator_traverse},
    {Py_tp_clear, iterator_clear},
    {Py_tp_iter, PyObject_SelfIter},
    {Py_tp_iternext, iterator_next},
    {Py_tp_doc, (void *)"Goes through the elements of an object of another language."},
    {0, NULL},
};

PyType_Spec xlgc__python_iterator_spec = {
    .name = "xlgc.Iterator",
    .basicsize = sizeof(iterator),
    .flags = FLAGS,
    .slots = iterator_slots,
};
