/* The interpreter as a host: opening and closing it, its lock, pins and its own collector. Pins are references. */
#include <config.h>

#include "engine.h"

/* How deep a thread can be inside the engine. */
enum { DEPTH_MAX = 1024 };

xlgc__python_state xlgc__python;

/* Whether each of this thread's entries found the lock held. */
static _Thread_local struct {
  unsigned depth;
  unsigned char states[DEPTH_MAX];
} entries;

/* An interpreter that is gone leaves nothing to lock; only a host that could not be closed before is closed then. */
enum { NO_INTERPRETER = 2 };

static int enter(void *engine) {
  (void)engine;
  if (entries.depth == DEPTH_MAX) return XLGC_E_FULL;
  bool runs = Py_IsInitialized();
  if (!runs && !xlgc__python.is_closing) return XLGC_E_SHUTDOWN;
  entries.states[entries.depth++] = runs ? (unsigned char)PyGILState_Ensure() : NO_INTERPRETER;
  return 0;
}

static void leave(void *engine) {
  (void)engine;
  unsigned char state = entries.states[--entries.depth];
  if (state != NO_INTERPRETER) PyGILState_Release((PyGILState_STATE)state);
}

static void unpin(void *engine, void *handle) {
  (void)engine;
  if (Py_IsInitialized()) Py_DECREF((PyObject *)handle);
}

/* Also when the program has switched automatic collections off. */
void xlgc__python_engine_collect(void) {
  bool is_enabled = PyGC_Enable();
  PyGC_Collect();
  if (!is_enabled) PyGC_Disable();
}

static int collect(void *engine) {
  (void)engine;
  xlgc__python_engine_collect();
  return 0;
}

static const xlgc_host_adapter adapter = {
    .name = "python",
    .summarise = xlgc__python_summary_take,
    .unpin = unpin,
    .collect = collect,
    .enter = enter,
    .leave = leave,
    .behaviour = &xlgc__python_behaviour,
};

/* ------------------------------------------------------- opening and closing */

bool xlgc__python_engine_is_main(void) { return PyInterpreterState_Get() == PyInterpreterState_Main(); }

/* The interpreter's memory is gone, and another may be started. */
static void forget(void) {
  if (!xlgc__python.host) xlgc__python = (xlgc__python_state){.life = xlgc__python.life};
  xlgc__python.ends_with_python = false;
}

static PyObject *at_exit(PyObject *self, PyObject *unused) {
  (void)self, (void)unused;
  xlgc__python.was_closed = true;
  (void)xlgc_python_close();
  Py_RETURN_NONE;
}

static PyMethodDef at_exit_method = {"xlgc_at_exit", at_exit, METH_NOARGS, NULL};

static int watch_the_end(void) {
  if (xlgc__python.ends_with_python) return 0;
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
  xlgc__python.ends_with_python = true;
  return 0;
}

static PyObject *find_get_objects(void) {
  PyObject *module = PyImport_ImportModule("gc");
  PyObject *function = module ? PyObject_GetAttrString(module, "get_objects") : NULL;
  Py_XDECREF(module);
  return function;
}

static void let_go(void) {
  xlgc__python.types = NULL;
  if (!Py_IsInitialized()) return;
  xlgc__python_proxy_drop_spares();
  Py_CLEAR(xlgc__python.get_objects);
  Py_CLEAR(xlgc__python.module);
}

/* With an exception when it fails for one. */
static int open_host(xlgc_pool *pool) {
  PyObject *module = xlgc__python_module_find();
  PyObject *get_objects = module ? find_get_objects() : NULL;
  int failed = !get_objects || watch_the_end() ? XLGC_E_NOMEM : xlgc__python_gil_prepare();
  /* Python code ran: it may have opened the host itself. */
  if (!failed && xlgc__python.host) failed = XLGC_E_EXISTS;
  if (!failed) failed = xlgc_host_open(pool, &adapter, &xlgc__python, &xlgc__python.host);
  if (failed) {
    Py_XDECREF(module);
    Py_XDECREF(get_objects);
    return failed;
  }
  xlgc__python.pool = pool;
  xlgc__python.life++;
  xlgc__python.was_closed = false;
  xlgc__python.module = module;
  xlgc__python.types = PyModule_GetState(module);
  xlgc__python.get_objects = get_objects;
  return 0;
}

int xlgc_python_open(xlgc_pool *pool, xlgc_host **out) {
  if (!out) return XLGC_E_INVAL;
  *out = NULL;
  if (!Py_IsInitialized() || !PyGILState_Check() || !xlgc__python_engine_is_main()) return XLGC_E_STATE;
  if (xlgc__python.host) return XLGC_E_EXISTS;
  if (!pool) pool = xlgc_default_pool();
  if (!pool) return XLGC_E_NOMEM;
  PyObject *type, *error, *traceback;
  PyErr_Fetch(&type, &error, &traceback);
  int failed = open_host(pool);
  PyErr_Restore(type, error, traceback);
  *out = xlgc__python.host;
  return failed;
}

int xlgc_python_close(void) {
  if (!xlgc__python.host) return 0;
  if (Py_IsInitialized() && !PyGILState_Check()) return XLGC_E_STATE;
  if (xlgc__python.visits) return XLGC_E_BUSY;
  bool is_nested = xlgc__python.is_closing;
  xlgc__python.is_closing = true;
  int failed = xlgc_host_close(xlgc__python.host);
  xlgc__python.is_closing = is_nested;
  if (failed) return failed;
  xlgc__python.host = NULL;
  xlgc__python.was_closed = true;
  let_go();
  return 0;
}

xlgc_host *xlgc_python_host(void) { return xlgc__python.host; }

xlgc_host *xlgc__python_engine_find(void) {
  if (xlgc__python.host) return xlgc__python.host;
  if (xlgc__python.was_closed) {
    xlgc__python_engine_raise_words(XLGC_E_SHUTDOWN, "xlgc was closed in this interpreter");
    return NULL;
  }
  xlgc_host *host;
  int failed = xlgc_python_open(NULL, &host);
  if (failed) xlgc__python_engine_raise(failed);
  return host;
}
