#include <config.h>

#include "hosts/python/awaiting.h"

#include "hosts/python/engine.h"
#include "hosts/python/errors.h"
#include "hosts/python/proxy.h"
#include "hosts/python/thrown.h"
#include "hosts/python/visit.h"

/* Whatever settles a promise may do so on another thread than the loop's. Nothing here holds more than the promise's own
 * functions do: the loop holds no task. A promise that is resolved with a `Failed` asks that for its `then`, and so is
 * rejected with what is thrown there, as the other language has it when Python throws. asyncio's own CancelledError is no
 * Exception, and would end the code of the other language. */
static const char source[] =
    "def loop_of():\n"
    "    import asyncio\n"
    "    try: return asyncio.get_running_loop()\n"
    "    except RuntimeError:\n"
    "        raise RuntimeError('what is waited for needs a running event loop of asyncio on this thread') from None\n"
    "\n"
    "def wait(promise, error):\n"
    "    loop = loop_of()\n"
    "    future = loop.create_future()\n"
    "    def settle(way, value):\n"
    "        if not future.done(): way(value)\n"
    "    def later(way, value):\n"
    "        if not loop.is_closed(): loop.call_soon_threadsafe(settle, way, value)\n"
    "    promise.then(lambda value=None, *more: later(future.set_result, value),\n"
    "                 lambda reason=None, *more: later(future.set_exception, error(promise, reason)))\n"
    "    return future.__await__()\n"
    "\n"
    "class Failed:\n"
    "    def __init__(self, error): self.error = error\n"
    "    def then(self, *functions): raise self.error\n"
    "\n"
    "def then_of(awaitable):\n"
    "    def then(resolve):\n"
    "        import asyncio, concurrent.futures\n"
    "        loop_of()\n"
    "        def done(task):\n"
    "            error = concurrent.futures.CancelledError() if task.cancelled() else task.exception()\n"
    "            resolve(Failed(error) if error is not None else task.result())\n"
    "        asyncio.ensure_future(awaitable).add_done_callback(done)\n"
    "    return then\n";

static const char kept[] = "_awaiting";

/* Made at first use, and kept in the module. Returns a borrowed reference. */
static PyObject *find_functions(void) {
  PyObject *module = PyModule_GetDict(xlgc__python_engine.module), *names = PyDict_GetItemString(module, kept);
  if (names) return names;
  PyObject *code = Py_CompileString(source, "xlgc", Py_file_input), *none = NULL;
  names = code ? PyDict_New() : NULL;
  if (names && !PyDict_SetItemString(names, "__builtins__", PyEval_GetBuiltins()))
    none = PyEval_EvalCode(code, names, names);
  int failed = none ? PyDict_SetItemString(module, kept, names) : -1;
  Py_XDECREF(none);
  Py_XDECREF(names);
  Py_XDECREF(code);
  return failed ? NULL : names;
}

/* A new reference to one of the functions. */
static PyObject *find_function(const char *name) {
  if (!xlgc__python_engine_find()) {
    xlgc__python_errors_throw_closed();
    return NULL;
  }
  PyObject *names = find_functions();
  return names ? Py_XNewRef(PyDict_GetItemString(names, name)) : NULL;
}

/* ------------------------------------------------------------- Python's own */

PyObject *xlgc__python_awaiting_then(PyObject *awaitable) {
  PyObject *function = find_function("then_of"), *then = function ? PyObject_CallOneArg(function, awaitable) : NULL;
  Py_XDECREF(function);
  return then;
}

/* ---------------------------------------------------------------- promises */

/* What a promise was rejected with, as an exception. */
static PyObject *make_error(PyObject *unused, PyObject *arguments) {
  (void)unused;
  PyObject *promise, *reason;
  xlgc_visit visit;
  if (!PyArg_UnpackTuple(arguments, "error", 2, 2, &promise, &reason)) return NULL;
  if (PyExceptionInstance_Check(reason)) return Py_NewRef(reason);
  if (xlgc__python_visit_begin(promise, &visit)) return NULL;
  const char *language = xlgc_visit_language(&visit);
  return xlgc__python_visit_end(&visit) ? NULL : xlgc__python_thrown_make(language, reason);
}

static PyMethodDef make_error_method = {"xlgc_error", make_error, METH_VARARGS, NULL};

static PyObject *await(PyObject *self) {
  PyObject *function = find_function("wait"), *error = function ? PyCFunction_New(&make_error_method, NULL) : NULL;
  PyObject *iterator = error ? PyObject_CallFunctionObjArgs(function, self, error, NULL) : NULL;
  Py_XDECREF(error);
  Py_XDECREF(function);
  return iterator;
}

static int forget(PyObject *self) {
  (void)self;
  return 0;
}

static PyType_Slot slots[] = {
    {Py_tp_dealloc, xlgc__python_proxy_dealloc},
    {Py_tp_traverse, xlgc__python_proxy_traverse},
    {Py_tp_clear, forget},
    {Py_am_await, await},
    {Py_tp_doc, (void *)"A promise of another language, which can be awaited in a coroutine of asyncio."},
    {0, NULL},
};

PyType_Spec xlgc__python_awaiting_spec = {
    .name = "xlgc.AwaitableProxy",
    .basicsize = sizeof(xlgc__python_proxy),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};
