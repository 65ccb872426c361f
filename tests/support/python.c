#include <config.h>

#include "hosts_python.h"

#include <string.h>

uint64_t py_tokens;

static void token_dealloc(PyObject *self) {
  py_tokens--;
  PyTypeObject *type = Py_TYPE(self);
  type->tp_free(self);
  Py_DECREF(type);
}

static PyObject *token_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords) {
  (void)arguments, (void)keywords;
  PyObject *made = type->tp_alloc(type, 0);
  if (made) py_tokens++;
  return made;
}

void py_start(void) {
  static PyType_Slot slots[] = {{Py_tp_dealloc, token_dealloc}, {Py_tp_new, token_new}, {0, NULL}};
  static PyType_Spec spec = {"Token", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT, slots};
  /* What CPython has until the process ends, such as its static types' dictionaries, is no leak of ours. */
  __lsan_disable();
  PyPreConfig before;
  PyPreConfig_InitIsolatedConfig(&before);
  if (TRIAL_SANITIZED) before.allocator = PYMEM_ALLOCATOR_MALLOC;
  must(!PyStatus_Exception(Py_PreInitialize(&before)));
  PyConfig config;
  PyConfig_InitIsolatedConfig(&config);
  config.site_import = 0;
  config.install_signal_handlers = 0;
  PyStatus status = Py_InitializeFromConfig(&config);
  PyConfig_Clear(&config);
  must(!PyStatus_Exception(status));
  __lsan_enable();
  PyObject *type = PyType_FromSpec(&spec);
  must(type != NULL);
  py_put("Token", type);
  Py_DECREF(type);
}

void py_stop(void) { must(Py_FinalizeEx() == 0); }

static PyObject *globals(void) {
  PyObject *main = PyImport_AddModule("__main__");
  must(main != NULL);
  return PyModule_GetDict(main);
}

void py_run(const char *text) {
  PyObject *done = PyRun_String(text, Py_file_input, globals(), globals());
  if (!done) py_abort(text, __FILE__, __LINE__);
  Py_DECREF(done);
}

PyObject *py_eval(const char *text) {
  PyObject *value = PyRun_String(text, Py_eval_input, globals(), globals());
  if (!value) py_abort(text, __FILE__, __LINE__);
  return value;
}

bool py_is(const char *text) {
  PyObject *value = py_eval(text);
  int is = PyObject_IsTrue(value);
  Py_DECREF(value);
  must(is >= 0);
  return is;
}

void py_put(const char *name, PyObject *object) { must(PyDict_SetItemString(globals(), name, object) == 0); }

bool py_is_proxy(PyObject *object) {
  return strcmp(Py_TYPE(object)->tp_name, "xlgc.Proxy") == 0 ||
         strcmp(Py_TYPE(object)->tp_name, "xlgc.CallableProxy") == 0;
}

void py_abort(const char *what, const char *file, int line) {
  if (PyErr_Occurred()) PyErr_Print();
  ck_abort_msg("%s:%d: %s", file, line, what);
}
