/* Python as a language of a pool: the host's adapter, the public functions, and the interpreter started from another
 * language. A process has one interpreter: the one that runs is taken if there is one, and is not ended then. */
#include <config.h>

#include <string.h>

#include "hosts/common/file.h"
#include "hosts/common/messages.h"
#include "hosts/python/behaviour.h"
#include "hosts/python/bound.h"
#include "hosts/python/engine.h"
#include "hosts/python/errors.h"
#include "hosts/python/filter.h"
#include "hosts/python/interrupt.h"
#include "hosts/python/lent.h"
#include "hosts/python/method.h"
#include "hosts/python/module.h"
#include "hosts/python/proxy.h"
#include "hosts/python/summary.h"
#include "hosts/python/values.h"
#include "hosts/python/version.h"
#include "hosts/python/watch.h"
#include "hosts/python/way.h"

/* What was given back is let go with the export, so that Python may change its size again. */
static void unpin(void *engine, void *handle) {
  if (Py_IsInitialized()) xlgc__python_lent_take_back();
  xlgc__python_bound_unpin(engine, handle);
}

static const xlgc_host_adapter adapter = {
    .name = "python",
    .summarise = xlgc__python_summary_take,
    .unpin = unpin,
    .collect = xlgc__python_engine_collect,
    .enter = xlgc__python_engine_enter,
    .leave = xlgc__python_engine_leave,
    .behaviour = &xlgc__python_behaviour,
    .flags = XLGC_HOST_ANY_THREAD | XLGC_HOST_FREES_AT_ONCE,
    .give_way = xlgc__python_engine_give_way,
    .come_back = xlgc__python_engine_come_back,
    .stops = xlgc__python_interrupt_stops,
    .describe = xlgc__python_way_describe,
    .find_way = xlgc__python_way_find,
    .watch = xlgc__python_watch_begin,
    .watched = xlgc__python_watch_object,
    .unwatch = xlgc__python_watch_end,
    .watched_value = xlgc__python_watch_value,
    .where = xlgc__python_way_where,
    .bytes = xlgc__python_lent_bytes,
};

static const xlgc__python_parts parts = {
    .adapter = &adapter,
    .proxy_dealloc = xlgc__python_proxy_dealloc,
    .method_dealloc = xlgc__python_method_dealloc,
    .proxy_make = xlgc__python_proxy_make,
    .bound_forget = xlgc__python_bound_forget,
    .filter_forget = xlgc__python_filter_forget,
    .summary_forget = xlgc__python_summary_forget,
};

/* -------------------------------------------------------- public functions */

PyObject *xlgc_python_module(void) {
  if (!xlgc__python_version_is_right()) {
    xlgc__python_version_refuse();
    return NULL;
  }
  xlgc__python_engine.parts = &parts;
  return xlgc__python_module_define();
}

int xlgc_python_open(xlgc_pool *pool, xlgc_host **out) {
  xlgc__python_engine.parts = &parts;
  if (out) *out = NULL;
  int failed = xlgc__python_version_is_right() ? xlgc__python_module_open(pool) : XLGC_E_STATE;
  if (out && !failed) *out = xlgc__python_engine_find();
  return failed;
}

int xlgc_python_close(void) { return xlgc__python_engine_close(); }

xlgc_host *xlgc_python_host(void) { return xlgc__python_engine_find(); }

PyObject *xlgc_python_object(const xlgc_value *value) {
  if (value) return xlgc__python_values_unpack(value);
  xlgc__python_errors_throw(NULL, XLGC_E_INVAL);
  return NULL;
}

int xlgc_python_value(PyObject *object, xlgc_value *out) {
  if (!object || !out) return XLGC_E_INVAL;
  memset(out, 0, sizeof *out);
  if (!xlgc__python_engine_find()) return XLGC_E_STATE;
  PyObject *type, *error, *traceback;
  PyErr_Fetch(&type, &error, &traceback);
  int failed = xlgc__python_values_pack(object, false, out) ? xlgc__python_errors_code() : 0;
  PyErr_Restore(type, error, traceback);
  return failed;
}

/* ------------------------------------------- what other languages are given */

static PyObject *compile_text(PyObject *text, PyObject *name) {
  const char *source = PyUnicode_AsUTF8(text);
  if (!source) return NULL;
  PyObject *code = Py_CompileStringObject(source, name, Py_eval_input, NULL, -1);
  if (code || !PyErr_ExceptionMatches(PyExc_SyntaxError)) return code;
  PyErr_Clear();
  return Py_CompileStringObject(source, name, Py_file_input, NULL, -1);
}

/* value: NULL for none. Returns 0 or -1. */
static int set_arguments(PyObject *globals, PyObject *value) {
  if (value) return PyDict_SetItemString(globals, "args", value);
  return PyDict_GetItemString(globals, "args") ? PyDict_DelItemString(globals, "args") : 0;
}

/* The arguments are the global `args` while the code runs. */
static PyObject *run_with(PyObject *code, PyObject *globals, PyObject *arguments) {
  PyObject *before = PyDict_GetItemString(globals, "args"), *type, *error, *traceback;
  Py_XINCREF(before);
  PyObject *result = set_arguments(globals, arguments) ? NULL : PyEval_EvalCode(code, globals, globals);
  PyErr_Fetch(&type, &error, &traceback);
  (void)set_arguments(globals, before);
  PyErr_Restore(type, error, traceback);
  Py_XDECREF(before);
  return result;
}

/* Takes the code, which may be NULL. */
static PyObject *run_code(PyObject *globals, PyObject *code, PyObject *arguments) {
  PyObject *result = NULL;
  if (code && PyTuple_GET_SIZE(arguments))
    result = run_with(code, globals, arguments);
  else if (code)
    result = PyEval_EvalCode(code, globals, globals);
  Py_XDECREF(code);
  return result;
}

/* Text, also as bytes, which is what a Lua gives whose strings are: a new reference, or NULL with an exception. */
static PyObject *as_text(PyObject *given, const char *otherwise) {
  if (given && PyUnicode_Check(given)) return Py_NewRef(given);
  if (given && PyBytes_Check(given)) return PyUnicode_FromEncodedObject(given, "utf-8", "strict");
  PyErr_SetString(PyExc_TypeError, otherwise);
  return NULL;
}

static PyObject *chunk_name(PyObject *given) {
  if (!given || given == Py_None) return PyUnicode_FromString("<xlgc>");
  return as_text(given, XLGC__MESSAGES_EVAL_NAME);
}

static PyObject *eval(PyObject *globals, PyObject *arguments) {
  Py_ssize_t count = PyTuple_GET_SIZE(arguments);
  PyObject *text = as_text(count ? PyTuple_GET_ITEM(arguments, 0) : NULL, XLGC__MESSAGES_EVAL);
  PyObject *name = text ? chunk_name(count > 1 ? PyTuple_GET_ITEM(arguments, 1) : NULL) : NULL;
  PyObject *others = name ? PyTuple_GetSlice(arguments, 2, count) : NULL;
  PyObject *result = others ? run_code(globals, compile_text(text, name), others) : NULL;
  Py_XDECREF(others);
  Py_XDECREF(text);
  Py_XDECREF(name);
  return result;
}

PyDoc_STRVAR(eval_doc,
             "eval(text, name='<xlgc>', /, *args)\n--\n\n"
             "The value of an expression; or runs statements, and the answer is None. Errors tell the name of the\n"
             "text, and its lines; what follows is the global `args` while it runs.");
static PyMethodDef eval_method = {"eval", eval, METH_VARARGS, eval_doc};

/* Python finds out by itself how the text is encoded. */
static PyObject *compile_file(PyObject *name) {
  Py_ssize_t length;
  const char *path = PyUnicode_AsUTF8AndSize(name, &length);
  if (!path) return NULL;
  if (strlen(path) != (size_t)length) {
    PyErr_SetString(PyExc_TypeError, XLGC__MESSAGES_RUN);
    return NULL;
  }
  xlgc__file file;
  if (!xlgc__file_read(&file, path)) {
    PyErr_SetString(PyExc_OSError, file.words);
    return NULL;
  }
  PyObject *code = NULL;
  if (strlen(file.text) == file.length)
    code = Py_CompileStringObject(file.text, name, Py_file_input, NULL, -1);
  else
    PyErr_Format(PyExc_SyntaxError, "%U: a source file cannot have NULs", name);
  xlgc__file_free(&file);
  return code;
}

static PyObject *run(PyObject *globals, PyObject *arguments) {
  Py_ssize_t count = PyTuple_GET_SIZE(arguments);
  PyObject *name = as_text(count ? PyTuple_GET_ITEM(arguments, 0) : NULL, XLGC__MESSAGES_RUN);
  PyObject *others = name ? PyTuple_GetSlice(arguments, 1, count) : NULL;
  PyObject *result = others ? run_code(globals, compile_file(name), others) : NULL;
  Py_XDECREF(others);
  Py_XDECREF(name);
  return result;
}

PyDoc_STRVAR(run_doc, "run(file, /, *args)\n--\n\n"
                      "Runs a file, as eval would run its text; the answer is None.");
static PyMethodDef run_method = {"run", run, METH_VARARGS, run_doc};

static int add_function(PyObject *object, PyMethodDef *method, PyObject *globals) {
  PyObject *function = PyCFunction_New(method, globals);
  int failed = !function || PyObject_SetAttrString(object, method->ml_name, function);
  Py_XDECREF(function);
  return failed;
}

static PyObject *make_object(void) {
  PyObject *main = PyImport_AddModule("__main__"), *types = main ? PyImport_ImportModule("types") : NULL;
  PyObject *globals = main ? PyModule_GetDict(main) : NULL;
  PyObject *object = types ? PyObject_CallMethod(types, "SimpleNamespace", NULL) : NULL;
  if (object && (add_function(object, &eval_method, globals) || add_function(object, &run_method, globals) ||
                 PyObject_SetAttrString(object, "globals", globals)))
    Py_CLEAR(object);
  Py_XDECREF(types);
  return object;
}

/* ----------------------------------------------------------- starting, ending */

static struct {
  bool is_in_use, is_own;
  PyThreadState *thread;
} started;

static int open_host(xlgc_pool *pool, xlgc_value *out) {
  int failed = xlgc_python_open(pool, NULL);
  if (failed) return failed;
  PyObject *object = make_object();
  failed = object ? xlgc_python_value(object, out) : XLGC_E_NOMEM;
  Py_XDECREF(object);
  PyErr_Clear();
  if (failed) (void)xlgc__python_engine_close();
  return failed;
}

static int start_interpreter(void) {
  PyConfig config;
  PyConfig_InitPythonConfig(&config);
  config.install_signal_handlers = 0;
  config.parse_argv = 0;
  PyStatus status = Py_InitializeFromConfig(&config);
  PyConfig_Clear(&config);
  if (PyStatus_Exception(status)) return XLGC_E_NOMEM;
  started.thread = PyEval_SaveThread();
  return 0;
}

static void end_interpreter(void) {
  PyEval_RestoreThread(started.thread);
  Py_FinalizeEx();
}

static int start(xlgc_pool *pool, void **engine, xlgc_value *out) {
  if (started.is_in_use || xlgc__python_engine.host)
    return xlgc__messages_refuse_start(XLGC_E_EXISTS, out,
                                       "python runs in this process already, and a process can have one only; its "
                                       "objects are found where it has put them, such as in xlgc.shared");
  if (!xlgc__python_version_is_right())
    return xlgc__messages_refuse_start(XLGC_E_STATE, out, xlgc__python_version_words());
  started.is_own = !Py_IsInitialized();
  int failed = started.is_own ? start_interpreter() : 0;
  if (failed) return failed;
  PyGILState_STATE state = PyGILState_Ensure();
  failed = open_host(pool, out);
  PyGILState_Release(state);
  if (failed && started.is_own) end_interpreter();
  if (failed) return failed;
  started.is_in_use = true;
  *engine = &started;
  return 0;
}

static int end(void *engine) {
  (void)engine;
  int failed = 0;
  bool runs = Py_IsInitialized();
  if (runs) {
    PyGILState_STATE state = PyGILState_Ensure();
    failed = xlgc__python_engine_close();
    if (failed == XLGC_E_STATE) failed = 0;
    PyGILState_Release(state);
  }
  if (failed) return failed;
  started.is_in_use = false;
  if (runs && started.is_own) end_interpreter();
  return 0;
}

const xlgc_language xlgc_language_python = {.name = "python", .start = start, .end = end};
