/* The module `xlgc`: what Python code has besides the proxies themselves, and with which the host is opened. */
#include <config.h>

#include "hosts/python/module.h"

#include "hosts/common/collector.h"
#include "hosts/common/expect.h"
#include "hosts/common/messages.h"
#include "hosts/common/statistics.h"
#include "hosts/common/why.h"
#include "hosts/python/awaiting.h"
#include "hosts/python/behaviour.h"
#include "hosts/python/engine.h"
#include "hosts/python/errors.h"
#include "hosts/python/filter.h"
#include "hosts/python/method.h"
#include "hosts/python/operators.h"
#include "hosts/python/proxy.h"
#include "hosts/python/sequence.h"
#include "hosts/python/values.h"
#include "hosts/python/views.h"
#include "hosts/python/visit.h"

/* The host, opened in the default pool if it never was; or NULL with an exception. */
static xlgc_host *find_host(void) {
  bool is_first = !xlgc__python_engine_find() && !xlgc__python_engine.was_closed;
  int failed = is_first ? xlgc__python_module_open(NULL) : 0;
  xlgc_host *host = xlgc__python_engine_find();
  if (failed)
    xlgc__python_errors_throw(NULL, failed);
  else if (!host)
    xlgc__python_errors_throw_closed();
  return failed ? NULL : host;
}

/* What a function of xlgc has answered. value: when it has not failed. */
static PyObject *unpack_answer(int failed, const xlgc_value *value) {
  if (!failed) return xlgc__python_values_unpack(value);
  xlgc__python_errors_throw(NULL, failed);
  return NULL;
}

/* ------------------------------------------------------------------ objects */

/* A new managed object: a proxy of it. */
static PyObject *make_managed(void) {
  xlgc_host *host = find_host();
  if (!host) return NULL;
  xlgc_value made;
  return unpack_answer(xlgc_managed_create(xlgc__python_engine.pool, xlgc_host_context(host), &made), &made);
}

static int set_all(PyObject *object, PyObject *fields) {
  PyObject *key, *value;
  Py_ssize_t position = 0;
  int failed = 0;
  while (!failed && PyDict_Next(fields, &position, &key, &value)) {
    Py_INCREF(key);
    Py_INCREF(value);
    failed = xlgc__python_operators_set(object, key, value);
    Py_DECREF(key);
    Py_DECREF(value);
  }
  return failed;
}

PyDoc_STRVAR(new_doc, "new(fields=(), /, **more)\n--\n\n"
                      "A new managed object, with these fields: a mapping or pairs, as for dict().\n\n"
                      "It belongs to no language: it has named fields, and lives as long as anybody of any\n"
                      "language holds it. A field's name is text, bytes, a number or a boolean.");

static PyObject *module_new(PyObject *module, PyObject *arguments, PyObject *more) {
  (void)module;
  PyObject *fields = PyObject_Call((PyObject *)&PyDict_Type, arguments, more);
  PyObject *made = fields ? make_managed() : NULL;
  if (made && set_all(made, fields)) Py_CLEAR(made);
  Py_XDECREF(fields);
  return made;
}

static PyObject *find_shared(void) {
  xlgc_host *host = find_host();
  if (!host) return NULL;
  xlgc_value value;
  return unpack_answer(xlgc_host_shared(host, &value), &value);
}

PyDoc_STRVAR(getattr_doc,
             "__getattr__(name, /)\n--\n\n"
             "Finds `shared`: the managed object that all engines of the pool have; and what is made at first\n"
             "use: `mapping`, `plain` and `sequence`.");

static PyObject *module_getattr(PyObject *module, PyObject *name) {
  if (PyUnicode_Check(name) && PyUnicode_CompareWithASCIIString(name, "shared") == 0) return find_shared();
  PyObject *found = PyUnicode_Check(name) ? xlgc__python_views_find(module, name) : NULL;
  if (found || PyErr_Occurred()) return found;
  PyErr_Format(PyExc_AttributeError, "module 'xlgc' has no attribute %R", name);
  return NULL;
}

static int add_dir(PyObject *names, const char *name) {
  PyObject *text = PyUnicode_FromString(name);
  int failed = text ? PyList_Append(names, text) : -1;
  Py_XDECREF(text);
  return failed;
}

PyDoc_STRVAR(dir_doc, "__dir__()\n--\n\nThe names in the module, `shared` among them.");

static PyObject *module_dir(PyObject *module, PyObject *unused) {
  (void)unused;
  PyObject *dict = PyModule_GetDict(module), *names = PyDict_Keys(dict);
  int failed = names ? add_dir(names, "shared") : -1;
  for (const char *const *at = xlgc__python_views_names; *at && !failed; at++)
    if (!PyDict_GetItemString(dict, *at)) failed = add_dir(names, *at);
  if (failed || PyList_Sort(names)) Py_CLEAR(names);
  return names;
}

/* --------------------------------------------------------------- collecting */

PyDoc_STRVAR(collect_doc, "collect()\n--\n\n"
                          "Collects in all engines of the pool: rings through several languages that nothing holds\n"
                          "go, then what is garbage in each. Returns how many objects others were holding no more.");

static PyObject *module_collect(PyObject *module, PyObject *unused) {
  (void)module, (void)unused;
  if (!find_host()) return NULL;
  int count = xlgc_hosts_collect(xlgc__python_engine.pool);
  if (count >= 0) return PyLong_FromLong(count);
  if (count == XLGC_E_BUSY)
    PyErr_Format(xlgc__python_engine.types->at[XLGC__PYTHON_ERROR], "xlgc.collect: %s",
                 xlgc__messages_of_collection(count));
  else
    xlgc__python_errors_throw(NULL, count);
  return NULL;
}

PyDoc_STRVAR(frame_doc, "frame(seconds, /)\n--\n\n"
                        "For programs with a main loop, once in each round of it: does what is due in this time, a\n"
                        "collection if it is expected to be over by then. Returns whether more is due.");

static PyObject *module_frame(PyObject *module, PyObject *seconds) {
  (void)module;
  double number = PyFloat_AsDouble(seconds);
  if (PyErr_Occurred() || !find_host()) return NULL;
  int more = xlgc__collector_frame(xlgc__python_engine.pool, number);
  if (more >= 0) return PyBool_FromLong(more);
  if (more == XLGC_E_INVAL)
    PyErr_SetString(PyExc_ValueError, "xlgc.frame: " XLGC__COLLECTOR_FRAME);
  else if (more == XLGC_E_BUSY)
    PyErr_Format(xlgc__python_engine.types->at[XLGC__PYTHON_ERROR], "xlgc.frame: %s",
                 xlgc__messages_of_collection(more));
  else
    xlgc__python_errors_throw(NULL, more);
  return NULL;
}

PyDoc_STRVAR(collector_doc,
             "collector(*, preset=..., mode=..., engine=..., pause=..., share=..., image=..., part=..., max_age=...,"
             " step_size=..., step_multiplier=..., sites=...)\n--\n\n"
             "Changes how much the pool's engines collect by themselves, and returns a dict of all settings.\n"
             "pause: percent by which what crossed and survived grows until the next collection, 0: none;\n"
             "share: percent of the time that collections are to take, 0: they do not rest;\n"
             "image: KiB of its heap from which on Lua is walked in a copy of the process, 0: never;\n"
             "part: links of an engine that one part of a collection looks at, 0: all;\n"
             "max_age: seconds after which one is due in any case; step_size: visits between two\n"
             "steps, 0: nothing is done; step_multiplier: units of work on the pool for each of them.\n"
             "sites: it is noted of 1 in so many objects where they went out first, for why(), 0: of none.\n"
             "mode: 'automatic', 'by_hand' (no collection) or 'off'; engine: the same for Python alone.\n"
             "preset: several at once, 'usual', 'low_latency', 'throughput', 'low_memory' or 'debug'.");

/* Returns NULL, or words for what is wrong; NULL with an exception, too. */
static const char *note_setting(xlgc__collector *call, const char *name, PyObject *value) {
  if (PyUnicode_Check(value)) {
    const char *text = PyUnicode_AsUTF8(value);
    return text ? xlgc__collector_note_text(call, name, text) : NULL;
  }
  double number = PyFloat_AsDouble(value);
  return PyErr_Occurred() ? NULL : xlgc__collector_note_number(call, name, number);
}

static int note_settings(PyObject *keywords, xlgc__collector *call) {
  PyObject *name, *value;
  Py_ssize_t at = 0;
  while (keywords && PyDict_Next(keywords, &at, &name, &value)) {
    const char *text = PyUnicode_AsUTF8(name);
    const char *why = text ? note_setting(call, text, value) : NULL;
    if (PyErr_Occurred()) return -1;
    if (!why) continue;
    PyErr_Format(PyExc_ValueError, "xlgc.collector: %s", why);
    return -1;
  }
  return 0;
}

static PyObject *module_collector(PyObject *module, PyObject *unnamed, PyObject *keywords) {
  (void)module;
  static const char *const nothing[] = {NULL};
  xlgc__collector call;
  if (!find_host() || !PyArg_ParseTupleAndKeywords(unnamed, NULL, ":collector", (char **)(uintptr_t)nothing))
    return NULL;
  xlgc__collector_begin(&call, xlgc__python_engine.pool, xlgc__python_engine.host);
  if (note_settings(keywords, &call)) return NULL;
  int failed = xlgc__collector_end(&call, xlgc__python_engine.pool);
  if (failed) {
    xlgc__python_errors_throw(NULL, failed);
    return NULL;
  }
  PyObject *dict = PyDict_New();
  const char *name, *word;
  double number;
  for (size_t i = 0; dict && (name = xlgc__collector_setting(&call, i, &number, &word)); i++) {
    PyObject *value = word ? PyUnicode_FromString(word) : PyFloat_FromDouble(number);
    if (!value || PyDict_SetItemString(dict, name, value)) Py_CLEAR(dict);
    Py_XDECREF(value);
  }
  return dict;
}

PyDoc_STRVAR(left_out_doc,
             "left_out()\n--\n\n"
             "The engines that the last collection left out, as \"lua, mozjs\": other threads had them, or\n"
             "they belong to others. What they may hold is still there; each was asked to say what that is.");

static PyObject *module_left_out(PyObject *module, PyObject *unused) {
  (void)module, (void)unused;
  xlgc_value names = {.type = XLGC_NIL};
  if (!find_host()) return NULL;
  PyObject *answer = unpack_answer(xlgc__statistics_left_out(xlgc__python_engine.pool, &names), &names);
  xlgc_value_clear(&names);
  return answer;
}

PyDoc_STRVAR(metrics_doc, "metrics()\n--\n\n"
                          "The counters of the pool and of Python's host as OpenMetrics text, for Prometheus.");

static PyObject *module_metrics(PyObject *module, PyObject *unused) {
  (void)module, (void)unused;
  xlgc_value text = {.type = XLGC_NIL};
  xlgc_host *host = find_host();
  if (!host) return NULL;
  PyObject *answer = unpack_answer(xlgc__statistics_metrics(host, &text), &text);
  xlgc_value_clear(&text);
  return answer;
}

PyDoc_STRVAR(why_doc, "why(object, /)\n--\n\n"
                      "What holds an object, in words: the chain of objects through all languages from a root to it,\n"
                      "with the variables and fields in which each holds the next; or what it waits for if nothing\n"
                      "holds it.");

static PyObject *module_why(PyObject *module, PyObject *object) {
  (void)module;
  xlgc_host *host = find_host();
  if (!host) return NULL;
  bool is_proxy = xlgc__python_engine_is_proxy(object);
  if (is_proxy && !xlgc__python_engine_is_current(object)) return xlgc__python_errors_throw(NULL, XLGC_E_STALE), NULL;
  xlgc_value words = {.type = XLGC_NIL};
  xlgc_id id = is_proxy ? xlgc__python_engine_id_of(object) : XLGC_ID_NONE;
  PyObject *answer = unpack_answer(xlgc__why(host, xlgc__python_engine.pool, id, object, &words), &words);
  xlgc_value_clear(&words);
  return answer;
}

PyDoc_STRVAR(expect_gone_doc,
             "expect_gone(*objects)\n--\n\n"
             "A function that wants these objects to be gone when it is called: it collects, and raises an Error that\n"
             "says what holds those that are still there. It holds none of them itself.");

static int note_expected(PyObject *const *objects, Py_ssize_t count, xlgc__expect *expect) {
  int failed = 0;
  for (Py_ssize_t i = 0; i < count && !failed; i++) {
    bool is_proxy = xlgc__python_engine_is_proxy(objects[i]);
    if (is_proxy && !xlgc__python_engine_is_current(objects[i])) return XLGC_E_STALE;
    failed = xlgc__expect_add(expect, is_proxy ? xlgc__python_engine_id_of(objects[i]) : XLGC_ID_NONE, objects[i]);
  }
  return failed;
}

static PyObject *module_expect_gone(PyObject *module, PyObject *const *objects, Py_ssize_t count) {
  (void)module;
  xlgc_host *host = find_host();
  if (!host) return NULL;
  xlgc__expect expect = {0};
  const char *words = NULL;
  xlgc_value made = {.type = XLGC_NIL};
  int failed = note_expected(objects, count, &expect);
  if (failed)
    xlgc__expect_free(&expect);
  else
    failed = xlgc__expect_end(&expect, host, &made, &words);
  if (!words) return unpack_answer(failed, &made);
  PyErr_SetString(PyExc_TypeError, words);
  return NULL;
}

PyDoc_STRVAR(weak_doc,
             "weak(object, /)\n--\n\n"
             "A function that answers with the object while it is there, and with None afterwards; it does not\n"
             "hold it. It follows the object in its own language, not the proxy.");

static PyObject *module_weak(PyObject *module, PyObject *object) {
  (void)module;
  xlgc_host *host = find_host();
  if (!host) return NULL;
  bool is_proxy = xlgc__python_engine_is_proxy(object);
  xlgc_expected found = {is_proxy ? xlgc__python_engine_id_of(object) : XLGC_ID_NONE, object};
  xlgc_value made = {.type = XLGC_NIL};
  int failed =
      is_proxy && !xlgc__python_engine_is_current(object) ? XLGC_E_STALE : xlgc_hosts_weak(host, &found, &made);
  if (failed != XLGC_E_BUSY) return unpack_answer(failed, &made);
  PyErr_SetString(PyExc_TypeError, xlgc_hosts_why());
  return NULL;
}

PyDoc_STRVAR(alive_doc, "alive(object, /)\n--\n\n"
                        "Whether a proxy's object is there still. True for objects of Python's own.");

static PyObject *module_alive(PyObject *module, PyObject *object) {
  (void)module;
  if (!xlgc__python_engine_is_proxy(object)) Py_RETURN_TRUE;
  if (!xlgc__python_engine_is_current(object)) Py_RETURN_FALSE;
  int is = xlgc_host_is_alive(xlgc__python_engine.pool, xlgc__python_engine_id_of(object));
  if (is >= 0) return PyBool_FromLong(is);
  xlgc__python_errors_throw(NULL, is);
  return NULL;
}

static int put(PyObject *dict, const char *name, uint64_t number) {
  PyObject *value = PyLong_FromUnsignedLongLong(number);
  int failed = value ? PyDict_SetItemString(dict, name, value) : -1;
  Py_XDECREF(value);
  return failed;
}

PyDoc_STRVAR(stats_doc, "stats()\n--\n\n"
                        "Counters of the pool, of Python as a host of it (`host_...`), and of its last summary\n"
                        "(`summary_...`): a dict of numbers.");

static PyObject *module_stats(PyObject *module, PyObject *unused) {
  (void)module, (void)unused;
  xlgc_host *host = find_host();
  if (!host) return NULL;
  xlgc__statistics statistics;
  int failed = xlgc__statistics_read(xlgc__python_engine.pool, host, &xlgc__python_engine.counts, &statistics);
  if (failed) {
    xlgc__python_errors_throw(NULL, failed);
    return NULL;
  }
  PyObject *dict = PyDict_New();
  const char *name;
  for (size_t i = 0; dict && (name = xlgc__statistics_name(i)); i++)
    if (put(dict, name, xlgc__statistics_value(&statistics, i))) Py_CLEAR(dict);
  return dict;
}

/* The proxy is new, and nothing else has it. */
static PyObject *as_engine(PyObject *proxy) {
  PyTypeObject *plain = xlgc__python_engine_type(XLGC__PYTHON_PROXY);
  if (!proxy || Py_TYPE(proxy) != plain) return proxy;
  Py_SET_TYPE(proxy, (PyTypeObject *)Py_NewRef(xlgc__python_engine_type(XLGC__PYTHON_ENGINE)));
  Py_DECREF(plain);
  return proxy;
}

PyDoc_STRVAR(register_doc,
             "register(sort, class, /)\n--\n\n"
             "Proxies of objects that tell this sort, a number, are ones of this class from now on, while\n"
             "it is there: one derived from Proxy or CallableProxy, with __slots__ = (). Its names win\n"
             "over the object's. Lua tells sorts when its code has called xlgc.sorts.");
static PyObject *module_register(PyObject *module, PyObject *arguments) {
  (void)module;
  unsigned long sort;
  PyObject *class;
  if (!PyArg_ParseTuple(arguments, "kO:register", &sort, &class) || !find_host()) return NULL;
  if (xlgc__python_proxy_register(sort, class)) return NULL;
  Py_RETURN_NONE;
}

PyDoc_STRVAR(filter_doc,
             "filter(engine, get=None, set=None, strict=False, /)\n--\n\n"
             "What code of this engine reads and writes of Python's objects goes through get(object, key)\n"
             "and set(object, key, value), which has no value for what is to be deleted. What they answer\n"
             "is what is read; NotImplemented: as it is without them; what they raise is an error there.\n"
             "strict: of an object with items there are these only, of others attributes, and to read what\n"
             "is not there is an error. It is a filter, and no promise that code finds no other way.");
static PyObject *module_filter(PyObject *module, PyObject *arguments) {
  (void)module;
  PyObject *engine, *getter = Py_None, *setter = Py_None;
  int is_strict = 0;
  if (!PyArg_ParseTuple(arguments, "O|OOp:filter", &engine, &getter, &setter, &is_strict) || !find_host()) return NULL;
  if (!xlgc__python_engine_is_proxy(engine)) {
    xlgc__python_errors_throw_text(PyExc_TypeError, XLGC__MESSAGES_NO_PROXY);
    return NULL;
  }
  xlgc_visit visit;
  if (xlgc__python_visit_begin(engine, &visit)) return NULL;
  xlgc_id root = visit.owner ? xlgc_host_root(visit.owner) : XLGC_ID_NONE;
  if (xlgc__python_visit_end(&visit) || xlgc__python_filter_put(root, getter, setter, is_strict)) return NULL;
  Py_RETURN_NONE;
}

PyDoc_STRVAR(open_doc, "open(language, /)\n--\n\n"
                       "Starts an engine of another language, \"lua\", \"mozjs\" or \"duktape\", in this process.\n\n"
                       "Returns an object of it: eval(text) runs a text in it and answers what that says, globals\n"
                       "is what its global names are kept in. It ends when Python does.");

static PyObject *module_open(PyObject *module, PyObject *language) {
  (void)module;
  if (!PyUnicode_Check(language)) {
    xlgc__python_errors_throw_text(PyExc_TypeError, XLGC__MESSAGES_OPEN);
    return NULL;
  }
  const char *name = PyUnicode_AsUTF8(language);
  xlgc_host *host = name ? find_host() : NULL;
  if (!host) return NULL;
  xlgc_value value;
  int failed = xlgc_language_start(host, name, &value);
  const char *why = xlgc__messages_of_start(failed, &value);
  if (!why) return as_engine(unpack_answer(failed, &value));
  xlgc__python_errors_throw_text(xlgc__python_engine.types->at[XLGC__PYTHON_ERROR], why);
  return NULL;
}

/* ------------------------------------------------------------------ results */

static PyType_Slot several_slots[] = {
    {Py_tp_doc, (void *)"Several(values=(), /)\n--\n\n"
                        "A tuple that a function returns to another language: several results, where that has such."},
    {0, NULL},
};

static PyType_Spec several_spec = {
    .name = "xlgc.Several",
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = several_slots,
};

PyDoc_STRVAR(several_doc, "several(*values)\n--\n\n"
                          "A tuple for a function to return: to Lua it is several results, elsewhere an array or a\n"
                          "tuple.");
static PyObject *module_several(PyObject *module, PyObject *values) {
  const xlgc__python_types *types = PyModule_GetState(module);
  return PyObject_CallOneArg(types->at[XLGC__PYTHON_SEVERAL], values);
}

/* ---------------------------------------------------------------- iterating */

static PyObject *iterate(PyObject *object, int what) {
  if (xlgc__python_engine_is_proxy(object)) return xlgc__python_method_iterate(object, what);
  xlgc__python_errors_throw_text(PyExc_TypeError, XLGC__MESSAGES_NO_PROXY);
  return NULL;
}

PyDoc_STRVAR(keys_doc, "keys(proxy, /)\n--\n\n"
                       "An iterator over the keys of an object of another language; positions, if it has none.");
static PyObject *module_keys(PyObject *module, PyObject *object) {
  (void)module;
  return iterate(object, XLGC__PYTHON_KEYS);
}

PyDoc_STRVAR(values_doc, "values(proxy, /)\n--\n\nAn iterator over the values in an object of another language.");
static PyObject *module_values(PyObject *module, PyObject *object) {
  (void)module;
  return iterate(object, XLGC__PYTHON_VALUES);
}

PyDoc_STRVAR(items_doc, "items(proxy, /)\n--\n\n"
                        "An iterator over an object of another language: tuples of a key, or position, and a value.");
static PyObject *module_items(PyObject *module, PyObject *object) {
  (void)module;
  return iterate(object, XLGC__PYTHON_ITEMS);
}

static PyMethodDef methods[] = {
    {"new", (PyCFunction)(void (*)(void))module_new, METH_VARARGS | METH_KEYWORDS, new_doc},
    {"collect", module_collect, METH_NOARGS, collect_doc},
    {"frame", module_frame, METH_O, frame_doc},
    {"collector", (PyCFunction)(void (*)(void))module_collector, METH_VARARGS | METH_KEYWORDS, collector_doc},
    {"left_out", module_left_out, METH_NOARGS, left_out_doc},
    {"metrics", module_metrics, METH_NOARGS, metrics_doc},
    {"why", module_why, METH_O, why_doc},
    {"expect_gone", (PyCFunction)(void (*)(void))module_expect_gone, METH_FASTCALL, expect_gone_doc},
    {"weak", module_weak, METH_O, weak_doc},
    {"alive", module_alive, METH_O, alive_doc},
    {"stats", module_stats, METH_NOARGS, stats_doc},
    {"open", module_open, METH_O, open_doc},
    {"register", module_register, METH_VARARGS, register_doc},
    {"filter", module_filter, METH_VARARGS, filter_doc},
    {"several", module_several, METH_VARARGS, several_doc},
    {"keys", module_keys, METH_O, keys_doc},
    {"values", module_values, METH_O, values_doc},
    {"items", module_items, METH_O, items_doc},
    {"__getattr__", module_getattr, METH_O, getattr_doc},
    {"__dir__", module_dir, METH_NOARGS, dir_doc},
    {NULL, NULL, 0, NULL},
};

/* --------------------------------------------------------------- the module */

static PyObject *base_of(const xlgc__python_types *types, unsigned type) {
  switch (type) {
  case XLGC__PYTHON_CALLABLE:
  case XLGC__PYTHON_SEQUENCE:
  case XLGC__PYTHON_AWAITABLE:
  case XLGC__PYTHON_ENGINE: return types->at[XLGC__PYTHON_PROXY];
  case XLGC__PYTHON_METHOD: return types->at[XLGC__PYTHON_CALLABLE];
  case XLGC__PYTHON_SEVERAL: return (PyObject *)&PyTuple_Type;
  default: return NULL;
  }
}

/* One for which nothing was thrown has these. */
static PyObject *make_error_type(void) {
  PyObject *nothing = Py_BuildValue("{s:O,s:s,s:s,s:s,s:s}", "original", Py_None, "language", "", "type", "", "message",
                                    "", "stack", "");
  PyObject *type = NULL;
  if (nothing)
    type =
        PyErr_NewExceptionWithDoc("xlgc.Error",
                                  "An error of another language, with the attributes original, language, type, message "
                                  "and stack; or of the library: then these are None and empty.",
                                  PyExc_RuntimeError, nothing);
  Py_XDECREF(nothing);
  return type;
}

static int make_types(PyObject *module, xlgc__python_types *types) {
  static PyType_Spec *const specs[] = {
      [XLGC__PYTHON_PROXY] = &xlgc__python_proxy_spec,
      [XLGC__PYTHON_CALLABLE] = &xlgc__python_callable_spec,
      [XLGC__PYTHON_SEQUENCE] = &xlgc__python_sequence_spec,
      [XLGC__PYTHON_AWAITABLE] = &xlgc__python_awaiting_spec,
      [XLGC__PYTHON_METHOD] = &xlgc__python_method_spec,
      [XLGC__PYTHON_ITERATOR] = &xlgc__python_iterator_spec,
      [XLGC__PYTHON_CURSOR] = &xlgc__python_cursor_spec,
      [XLGC__PYTHON_ENGINE] = &xlgc__python_operators_engine_spec,
      [XLGC__PYTHON_SEVERAL] = &several_spec,
  };
  for (unsigned i = 0; i < sizeof specs / sizeof *specs; i++) {
    types->at[i] = PyType_FromModuleAndSpec(module, specs[i], base_of(types, i));
    if (!types->at[i]) return -1;
    if (i == XLGC__PYTHON_SEQUENCE && xlgc__python_sequence_register(types->at[i])) return -1;
  }
  PyObject *error = types->at[XLGC__PYTHON_ERROR] = make_error_type();
  /* list() and the like ask for a length, and take a TypeError for none. */
  PyObject *bases = error ? PyTuple_Pack(2, error, PyExc_TypeError) : NULL;
  if (bases)
    types->at[XLGC__PYTHON_LENGTH_ERROR] = PyErr_NewExceptionWithDoc(
        "xlgc.LengthError", "An error of another language when it was asked for a length.", bases, NULL);
  Py_XDECREF(bases);
  if (types->at[XLGC__PYTHON_LENGTH_ERROR])
    types->at[XLGC__PYTHON_ORIGIN] = PyErr_NewExceptionWithDoc(
        "xlgc.Origin", "The cause of an Error: what another language has thrown, as `original`, and its stack as text.",
        NULL, NULL);
  return types->at[XLGC__PYTHON_ORIGIN] ? 0 : -1;
}

/* A module that is made again has the types of the one that the host uses. */
static void share_types(xlgc__python_types *types) {
  for (unsigned i = 0; i < XLGC__PYTHON_TYPES; i++)
    types->at[i] = Py_NewRef(xlgc__python_engine.types->at[i]);
}

static int add_names(PyObject *module, const xlgc__python_types *types) {
  static const char *const names[] = {"CallableProxy", "Engine",  "Error",     "LengthError", "Origin",  "Proxy",
                                      "alive",         "collect", "collector", "expect_gone", "filter",  "frame",
                                      "items",         "keys",    "left_out",  "mapping",     "metrics", "new",
                                      "open",          "plain",   "register",  "sequence",    "several", "shared",
                                      "stats",         "values",  "version",   "weak",        "why"};
  PyObject *all = PyList_New(0);
  int failed = all ? 0 : -1;
  for (size_t i = 0; !failed && i < sizeof names / sizeof *names; i++) {
    PyObject *name = PyUnicode_FromString(names[i]);
    failed = name ? PyList_Append(all, name) : -1;
    Py_XDECREF(name);
  }
  if (!failed) failed = PyModule_AddObjectRef(module, "__all__", all);
  Py_XDECREF(all);
  if (!failed) failed = PyModule_AddObjectRef(module, "Error", types->at[XLGC__PYTHON_ERROR]);
  if (!failed) failed = PyModule_AddObjectRef(module, "LengthError", types->at[XLGC__PYTHON_LENGTH_ERROR]);
  if (!failed) failed = PyModule_AddObjectRef(module, "Origin", types->at[XLGC__PYTHON_ORIGIN]);
  if (!failed) failed = PyModule_AddObjectRef(module, "Proxy", types->at[XLGC__PYTHON_PROXY]);
  if (!failed) failed = PyModule_AddObjectRef(module, "CallableProxy", types->at[XLGC__PYTHON_CALLABLE]);
  if (!failed) failed = PyModule_AddObjectRef(module, "Engine", types->at[XLGC__PYTHON_ENGINE]);
  if (!failed) failed = PyModule_AddStringConstant(module, "__version__", xlgc_version());
  return failed ? failed : PyModule_AddStringConstant(module, "version", xlgc_version());
}

static int execute(PyObject *module) {
  if (!xlgc__python_engine_is_main()) {
    PyErr_SetString(PyExc_ImportError, "xlgc works in the main interpreter only, not in subinterpreters");
    return -1;
  }
  xlgc__python_types *types = PyModule_GetState(module);
  if (xlgc__python_engine.types)
    share_types(types);
  else if (make_types(module, types))
    return -1;
  return add_names(module, types);
}

static int traverse(PyObject *module, visitproc visit, void *arg) {
  const xlgc__python_types *types = PyModule_GetState(module);
  for (unsigned i = 0; types && i < XLGC__PYTHON_TYPES; i++)
    Py_VISIT(types->at[i]);
  return 0;
}

static int clear(PyObject *module) {
  xlgc__python_types *types = PyModule_GetState(module);
  for (unsigned i = 0; types && i < XLGC__PYTHON_TYPES; i++)
    Py_CLEAR(types->at[i]);
  return 0;
}

static void free_module(void *module) { (void)clear(module); }

static PyModuleDef_Slot slots[] = {{Py_mod_exec, execute}, {0, NULL}};

PyDoc_STRVAR(module_doc,
             "Objects of other languages in the same process, as if they were Python's.\n\n"
             "shared is a managed object that all engines of the pool have: what is stored there by one language\n"
             "is found by the others. open(language) starts an engine of one. An object of another language is a\n"
             "Proxy here: its attributes, items, calls, iteration and comparisons are the object's. Text, bytes,\n"
             "numbers, booleans and None cross by value, everything else by proxy. An error of another language is\n"
             "an Error; the use of an object that is gone is a ReferenceError.\n\n"
             "collect() finds rings of objects through several languages, which no language's own collector sees.");

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "xlgc", .m_doc = module_doc,    .m_size = sizeof(xlgc__python_types),
    .m_methods = methods,  .m_slots = slots, .m_traverse = traverse, .m_clear = clear,
    .m_free = free_module,
};

PyObject *xlgc__python_module_define(void) { return PyModuleDef_Init(&definition); }

static PyObject *make_module(void) {
  PyObject *machinery = PyImport_ImportModule("importlib.machinery");
  PyObject *spec = machinery ? PyObject_CallMethod(machinery, "ModuleSpec", "sO", "xlgc", Py_None) : NULL;
  PyObject *made = spec ? PyModule_FromDefAndSpec(&definition, spec) : NULL;
  if (made && (PyModule_AddObjectRef(made, "__spec__", spec) || PyModule_ExecDef(made, &definition))) Py_CLEAR(made);
  Py_XDECREF(spec);
  Py_XDECREF(machinery);
  return made;
}

/* The module in sys.modules, made if there is none: a new reference. */
static PyObject *find_module(void) {
  PyObject *modules = PyImport_GetModuleDict(), *found = PyDict_GetItemString(modules, "xlgc");
  if (found && PyModule_Check(found) && PyModule_GetDef(found) == &definition) {
    Py_INCREF(found);
    return found;
  }
  found = make_module();
  if (found && PyDict_SetItemString(modules, "xlgc", found)) Py_CLEAR(found);
  return found;
}

int xlgc__python_module_open(xlgc_pool *pool) {
  if (!Py_IsInitialized() || !PyGILState_Check() || !xlgc__python_engine_is_main()) return XLGC_E_STATE;
  if (xlgc__python_engine_find()) return XLGC_E_EXISTS;
  if (!pool) pool = xlgc_default_pool();
  if (!pool) return XLGC_E_NOMEM;
  PyObject *type, *error, *traceback;
  PyErr_Fetch(&type, &error, &traceback);
  PyObject *module = find_module();
  int failed = module ? xlgc__python_engine_open(pool, module) : XLGC_E_NOMEM;
  Py_XDECREF(module);
  PyErr_Restore(type, error, traceback);
  return failed;
}
