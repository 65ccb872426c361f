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
  return traits & XLGC_SEQUENCE ? XLGC__PYTHON_SEQUENCE : XLGC__PYTHON_PROXY;
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

static int receive_proxy(void *data, xlgc_id id, void **handle) {
  reception *reception = data;
  PyObject *made = reception->made;
  if (!made) return XLGC_E_NOMEM;
  as_proxy(made)->id = id;
  as_proxy(made)->life = xlgc__python_engine.life;
  as_proxy(made)->traits = reception->traits;
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
  reception reception = {.traits = traits, .made = take_spare(which)};
  xlgc_host *host = xlgc__python_engine_find();
  int failed = host ? xlgc__receive_id(host, id, &ways, &reception) : XLGC_E_SHUTDOWN;
  put_back(reception.made, which);
  if (!failed) return reception.result;
  Py_XDECREF(reception.result);
  xlgc__python_errors_throw(NULL, failed);
  return NULL;
}
