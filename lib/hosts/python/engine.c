/* The interpreter as a host: opening and closing it, its lock, pins and its own collector. Pins are references. */
#include <config.h>

#include "hosts/python/engine.h"

#include <pthread.h>

#include "hosts/common/grow.h"

/* How deep a thread can be inside the engine. */
enum { DEPTH_MAX = 1024 };

xlgc__python_state xlgc__python_engine;

/* Whether this thread had the lock already, for each of its entries. */
static _Thread_local struct {
  unsigned depth;
  unsigned char states[DEPTH_MAX];
} entries;

/* An interpreter that is gone leaves nothing to lock; only a host that could not be closed before is closed then. */
enum { NO_INTERPRETER = 2 };

int xlgc__python_engine_enter(void *engine) {
  (void)engine;
  if (entries.depth == DEPTH_MAX) return XLGC_E_FULL;
  bool runs = Py_IsInitialized();
  if (!runs && !xlgc__python_engine.is_closing) return XLGC_E_SHUTDOWN;
  entries.states[entries.depth++] = runs ? (unsigned char)PyGILState_Ensure() : NO_INTERPRETER;
  return 0;
}

void xlgc__python_engine_leave(void *engine) {
  (void)engine;
  unsigned char state = entries.states[--entries.depth];
  if (state != NO_INTERPRETER) PyGILState_Release((PyGILState_STATE)state);
}

void *xlgc__python_engine_give_way(void *engine) {
  (void)engine;
  return Py_IsInitialized() && PyGILState_Check() ? PyEval_SaveThread() : NULL;
}

void xlgc__python_engine_come_back(void *engine, void *token) {
  (void)engine;
  PyEval_RestoreThread(token);
}

/* Also when the program has switched automatic collections off. */
int xlgc__python_engine_collect(void *engine) {
  (void)engine;
  bool is_enabled = PyGC_Enable();
  PyGC_Collect();
  if (!is_enabled) PyGC_Disable();
  return 0;
}

/* ------------------------------------------------------- opening and closing */

bool xlgc__python_engine_is_main(void) { return PyInterpreterState_Get() == PyInterpreterState_Main(); }

/* The interpreter's memory is gone, and another may be started. */
static void forget(void) {
  if (xlgc__python_engine.parts) xlgc__python_engine.parts->bound_forget();
  if (!xlgc__python_engine.host)
    xlgc__python_engine = (xlgc__python_state){.parts = xlgc__python_engine.parts, .life = xlgc__python_engine.life};
  xlgc__python_engine.ends_with_python = false;
}

/* In a child. The host is the parent's, as are all engines that it has started; what they pinned is let go when the
 * interpreter is a host again. Another thread of the parent may have been in the middle of it: then nothing is. */
static void leave_to_parent(void) {
  if (!xlgc__python_engine.host) return;
  xlgc__python_engine.parents_host = xlgc__python_engine.host;
  xlgc__python_engine.parents_life = xlgc__python_engine.life;
  xlgc__python_engine.host = NULL;
  xlgc__python_engine.pool = NULL;
}

static void watch_forks(void) {
  static bool watches;
  if (!watches) watches = !pthread_atfork(NULL, NULL, leave_to_parent);
}

static void let_go_of_parents(void) {
  xlgc_host *host = xlgc__python_engine.parents_host;
  xlgc__python_engine.parents_host = NULL;
  (void)xlgc_host_close(host);
}

static PyObject *at_exit(PyObject *self, PyObject *unused) {
  (void)self, (void)unused;
  xlgc__python_engine.was_closed = true;
  (void)xlgc__python_engine_close();
  Py_RETURN_NONE;
}

static PyMethodDef at_exit_method = {"xlgc_at_exit", at_exit, METH_NOARGS, NULL};

static int watch_the_end(void) {
  if (xlgc__python_engine.ends_with_python) return 0;
  PyObject *function = PyCFunction_New(&at_exit_method, NULL);
  PyObject *module = function ? PyImport_ImportModule("atexit") : NULL;
  PyObject *done = module ? PyObject_CallMethod(module, "register", "O", function) : NULL;
  Py_XDECREF(module);
  Py_XDECREF(function);
  if (!done || Py_AtExit(forget)) {
    Py_XDECREF(done);
    return -1;
  }
  Py_DECREF(done);
  xlgc__python_engine.ends_with_python = true;
  return 0;
}

static PyObject *find_get_objects(void) {
  PyObject *module = PyImport_ImportModule("gc");
  PyObject *function = module ? PyObject_GetAttrString(module, "get_objects") : NULL;
  Py_XDECREF(module);
  return function;
}

int xlgc__python_engine_open(xlgc_pool *pool, PyObject *module) {
  watch_forks();
  let_go_of_parents();
  PyObject *get_objects = find_get_objects();
  int failed = !get_objects || watch_the_end() ? XLGC_E_NOMEM : 0;
  /* Python code ran: it may have opened the host itself. */
  if (!failed && xlgc__python_engine.host) failed = XLGC_E_EXISTS;
  if (!failed)
    failed = xlgc_host_open(pool, xlgc__python_engine.parts->adapter, &xlgc__python_engine, &xlgc__python_engine.host);
  if (failed) {
    Py_XDECREF(get_objects);
    return failed;
  }
  xlgc__grow_reallocate = PyMem_RawRealloc;
  xlgc__grow_release = PyMem_RawFree;
  xlgc__python_engine.pool = pool;
  xlgc__python_engine.life++;
  xlgc__python_engine.was_closed = false;
  xlgc__python_engine.module = Py_NewRef(module);
  xlgc__python_engine.types = PyModule_GetState(module);
  xlgc__python_engine.get_objects = get_objects;
  xlgc__python_engine.counts = (xlgc__condense_counts){.nodes = 0};
  return 0;
}

static void forget_objects(void) {
  xlgc__python_engine.types = NULL;
  xlgc__python_engine.parts->summary_forget();
  xlgc__python_engine.parts->filter_forget();
  if (!Py_IsInitialized()) return;
  for (unsigned i = 0; i < XLGC__PYTHON_PROXIES; i++)
    Py_CLEAR(xlgc__python_engine.spare[i]);
  Py_CLEAR(xlgc__python_engine.classes);
  Py_CLEAR(xlgc__python_engine.get_objects);
  Py_CLEAR(xlgc__python_engine.module);
}

int xlgc__python_engine_close(void) {
  if (!xlgc__python_engine.host) return XLGC_E_STATE;
  if (Py_IsInitialized() && !PyGILState_Check()) return XLGC_E_STATE;
  if (xlgc__python_engine.visits) return XLGC_E_BUSY;
  bool is_nested = xlgc__python_engine.is_closing;
  xlgc__python_engine.is_closing = true;
  int failed = xlgc_host_close(xlgc__python_engine.host);
  xlgc__python_engine.is_closing = is_nested;
  if (failed) return failed;
  xlgc__python_engine.host = NULL;
  xlgc__python_engine.was_closed = true;
  forget_objects();
  return 0;
}

xlgc_host *xlgc__python_engine_find(void) { return xlgc__python_engine.host; }

/* ------------------------------------------------------------ types, proxies */

PyTypeObject *xlgc__python_engine_type(unsigned which) { return (PyTypeObject *)xlgc__python_engine.types->at[which]; }

bool xlgc__python_engine_is_method(PyObject *object) {
  return xlgc__python_engine.parts && Py_TYPE(object)->tp_dealloc == xlgc__python_engine.parts->method_dealloc;
}

bool xlgc__python_engine_has_class(PyObject *object) {
  const xlgc__python_parts *parts = xlgc__python_engine.parts;
  const PyTypeObject *type = Py_TYPE(object);
  if (!parts || !(type->tp_flags & Py_TPFLAGS_HEAPTYPE) || type->tp_basicsize != sizeof(xlgc__python_proxy))
    return false;
  if (type->tp_dealloc == parts->proxy_dealloc) return false;
  while ((type = type->tp_base) != NULL)
    if (type->tp_dealloc == parts->proxy_dealloc) return true;
  return false;
}

bool xlgc__python_engine_is_proxy(PyObject *object) {
  const xlgc__python_parts *parts = xlgc__python_engine.parts;
  destructor dealloc = Py_TYPE(object)->tp_dealloc;
  return parts &&
         (dealloc == parts->proxy_dealloc || dealloc == parts->method_dealloc || xlgc__python_engine_has_class(object));
}

bool xlgc__python_engine_is_current(PyObject *proxy) {
  return xlgc__python_engine.host && ((xlgc__python_proxy *)proxy)->life == xlgc__python_engine.life;
}

xlgc_id xlgc__python_engine_id_of(PyObject *proxy) { return ((xlgc__python_proxy *)proxy)->id; }
