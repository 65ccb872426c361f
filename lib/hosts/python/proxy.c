/* Proxies: Python's objects that stand for objects of other engines, and of the pool: made, found, finalized. They take
 * part in Python's own collection, which overlooks containers of objects that do not; and so would a summary. */
#include <config.h>

#include "hosts/python/proxy.h"

#include "hosts/common/receive.h"
#include "hosts/python/engine.h"
#include "hosts/python/errors.h"

static xlgc__python_proxy *as_proxy(PyObject *object) { return (xlgc__python_proxy *)object; }

static unsigned type_for(unsigned traits) {
  if (traits & XLGC_CALLABLE) return XLGC__PYTHON_CALLABLE;
  if (traits & XLGC_SEQUENCE) return XLGC__PYTHON_SEQUENCE;
  return traits & XLGC_AWAITED ? XLGC__PYTHON_AWAITABLE : XLGC__PYTHON_PROXY;
}

static PyObject *make_empty(unsigned which) {
  PyTypeObject *type = xlgc__python_engine_type(which);
  xlgc__python_proxy *made = PyObject_GC_New(xlgc__python_proxy, type);
  if (!made) return NULL;
  made->id = XLGC_ID_NONE;
  made->life = 0;
  made->traits = 0;
  made->weak_references = NULL;
  return (PyObject *)made;
}

/* It leaves the host's table first: callbacks of weak references may receive the same id. */
void xlgc__python_proxy_dealloc(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  xlgc__python_proxy *proxy = as_proxy(self);
  if (proxy->id != XLGC_ID_NONE) {
    PyObject_GC_UnTrack(self);
    if (xlgc__python_engine_is_current(self)) (void)xlgc_host_proxy_gone(xlgc__python_engine.host, proxy->id, self);
  }
  if (proxy->weak_references) PyObject_ClearWeakRefs(self);
  PyObject_GC_Del(self);
  Py_DECREF(type);
}

int xlgc__python_proxy_traverse(PyObject *self, visitproc visit, void *arg) {
  Py_VISIT(Py_TYPE(self));
  return 0;
}

/* The class that Python code has given for the sort of an object: a new reference, or NULL. */
static PyTypeObject *find_class(unsigned traits) {
  PyObject *sort = xlgc__python_engine.classes ? PyLong_FromUnsignedLong(traits >> XLGC_SORT_SHIFT) : NULL;
  PyObject *found = sort ? PyDict_GetItemWithError(xlgc__python_engine.classes, sort) : NULL;
  Py_XDECREF(sort);
  PyErr_Clear();
  found = found ? PyWeakref_GetObject(found) : NULL;
  return found && PyType_Check(found) ? (PyTypeObject *)Py_NewRef(found) : NULL;
}

static PyObject *take_spare(unsigned which) {
  PyObject **spare = &xlgc__python_engine.spare[which], *proxy = *spare;
  *spare = NULL;
  if (!proxy) proxy = make_empty(which);
  if (!proxy) PyErr_Clear();
  return proxy;
}

static void put_back(PyObject *proxy, unsigned which) {
  PyObject **spare = &xlgc__python_engine.spare[which];
  if (proxy && !*spare && xlgc__python_engine.host)
    *spare = proxy;
  else
    Py_XDECREF(proxy);
}

/* A class has gone: its weak reference is taken out, unless another class has taken its place. */
static PyObject *forget_class(PyObject *sort, PyObject *reference) {
  PyObject *classes = xlgc__python_engine.classes, *found = classes ? PyDict_GetItemWithError(classes, sort) : NULL;
  if (found == reference && PyDict_DelItem(classes, sort)) return NULL;
  if (PyErr_Occurred()) return NULL;
  Py_RETURN_NONE;
}

static PyMethodDef forget_class_method = {"xlgc_forget_class", forget_class, METH_O, NULL};

/* Other engines tell of an object what sort it is; Python code gives proxies of that a class. */
int xlgc__python_proxy_register(unsigned long sort, PyObject *class) {
  const PyTypeObject *type = (const PyTypeObject *)class;
  PyObject *base = xlgc__python_engine.types->at[XLGC__PYTHON_PROXY];
  if (!PyType_Check(class) || !PyType_IsSubtype((PyTypeObject *)class, (PyTypeObject *)base) ||
      type->tp_basicsize != sizeof(xlgc__python_proxy) || type->tp_dictoffset ||
      type->tp_dealloc == xlgc__python_proxy_dealloc) {
    PyErr_SetString(PyExc_TypeError, "xlgc.register wants a class derived from xlgc.Proxy, with __slots__ = ()");
    return -1;
  }
  if (!xlgc__python_engine.classes) xlgc__python_engine.classes = PyDict_New();
  PyObject *number = xlgc__python_engine.classes ? PyLong_FromUnsignedLong(sort) : NULL;
  PyObject *callback = number ? PyCFunction_New(&forget_class_method, number) : NULL;
  PyObject *reference = callback ? PyWeakref_NewRef(class, callback) : NULL;
  int failed = reference ? PyDict_SetItem(xlgc__python_engine.classes, number, reference) : -1;
  Py_XDECREF(reference);
  Py_XDECREF(callback);
  Py_XDECREF(number);
  return failed;
}

typedef struct reception {
  unsigned traits;
  PyObject *made;   /* a proxy that may be needed; NULL without memory */
  PyObject *result; /* a new reference */
} reception;

static int receive_object(void *data, void *handle) {
  reception *reception = data;
  reception->result = Py_NewRef((PyObject *)handle);
  return 0;
}

/* A new proxy, which Python code has not seen yet, becomes one of the class for its sort. No code runs here. */
static void set_class(PyObject *made) {
  unsigned traits = as_proxy(made)->traits;
  PyTypeObject *class = traits >> XLGC_SORT_SHIFT ? find_class(traits) : NULL, *before = Py_TYPE(made);
  if (!class) return;
  Py_SET_TYPE(made, class);
  Py_DECREF(before);
}

static int receive_proxy(void *data, xlgc_id id, void **handle) {
  reception *reception = data;
  PyObject *made = reception->made;
  if (!made) return XLGC_E_NOMEM;
  as_proxy(made)->id = id;
  as_proxy(made)->life = xlgc__python_engine.life;
  as_proxy(made)->traits = reception->traits;
  set_class(made);
  PyObject_GC_Track(made);
  reception->made = NULL;
  *handle = reception->result = made;
  return 0;
}

/* Making an object can run a collection, and that the program's code, which may receive the same id or close the host.
 * So a proxy is made before it is asked for, and kept for the next time if it is not needed. Without memory the id is
 * received all the same: there may be a proxy, and an id that is never received would stay held. */
PyObject *xlgc__python_proxy_make(xlgc_id id, unsigned traits) {
  static const xlgc__receive_ways ways = {.own = receive_object, .found = receive_object, .make = receive_proxy};
  unsigned which = type_for(traits);
  xlgc_host *host = xlgc__python_engine_find();
  reception reception = {.traits = traits, .made = host ? take_spare(which) : NULL};
  int failed = host ? xlgc__receive_id(host, id, &ways, &reception) : XLGC_E_SHUTDOWN;
  put_back(reception.made, which);
  if (!failed) return reception.result;
  Py_XDECREF(reception.result);
  xlgc__python_errors_throw(NULL, failed);
  return NULL;
}
