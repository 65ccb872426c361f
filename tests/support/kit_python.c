#include <config.h>

#include "hosts_python.h"
#include "kits.h"

static const char kit_source[] = "class Thing:\n"
                                 "  def __init__(self, number):\n"
                                 "    self.number, self.fields, self.token = number, [None] * 3, Token()\n"
                                 "class Finalized(Thing):\n"
                                 "  def __del__(self):\n"
                                 "    if self.to is not None: slots[self.to] = self.fields[self.field]\n"
                                 "    self.to = None\n"
                                 "def wait(what):\n"
                                 "  yield\n"
                                 "def suspend(slot, what):\n"
                                 "  waiting[slot] = wait(what)\n"
                                 "  next(waiting[slot])\n"
                                 "def finalizer(what, field, to):\n"
                                 "  what.field, what.to, what.__class__ = field, to, Finalized\n"
                                 "slots = [None] * 16\n"
                                 "waiting = [None] * 4\n";

static struct { PyObject *slots, *waiting, *thing, *suspend, *finalizer; } kit;

static void *kit_open(xlgc_pool *pool) {
  py_start();
  xlgc_host *host;
  ok(xlgc_python_open(pool, &host));
  py_run(kit_source);
  kit.slots = py_eval("slots");
  kit.waiting = py_eval("waiting");
  kit.thing = py_eval("Thing");
  kit.suspend = py_eval("suspend");
  kit.finalizer = py_eval("finalizer");
  return &kit;
}

static void kit_end(void *engine) {
  (void)engine;
  Py_DECREF(kit.slots);
  Py_DECREF(kit.waiting);
  Py_DECREF(kit.thing);
  Py_DECREF(kit.suspend);
  Py_DECREF(kit.finalizer);
  py_stop();
}

static void kit_close(void *engine) {
  ok(xlgc_python_close());
  kit_end(engine);
  if (py_tokens != 0) ck_abort_msg("objects are left");
}

static xlgc_host *kit_host(void *engine) {
  (void)engine;
  return xlgc_python_host();
}

static PyObject *slot(unsigned global) { return PyList_GET_ITEM(kit.slots, (Py_ssize_t)global); }
static void put(unsigned global, PyObject *object) {
  must(object != NULL);
  must(PyList_SetItem(kit.slots, (Py_ssize_t)global, object) == 0);
}
static PyObject *fields(unsigned global) {
  PyObject *list = PyObject_GetAttrString(slot(global), "fields");
  must(list != NULL);
  Py_DECREF(list); /* the object has it */
  return list;
}

static bool kit_call(void *engine, xlgc_id function) {
  (void)engine;
  xlgc_value value = {.type = XLGC_OBJECT, .traits = XLGC_CALLABLE, .as.id = function};
  PyObject *proxy = xlgc_python_object(&value), *done = proxy ? PyObject_CallNoArgs(proxy) : NULL;
  bool raised = !done;
  Py_XDECREF(done);
  Py_XDECREF(proxy);
  PyErr_Clear();
  return raised;
}
static void kit_make(void *engine, unsigned global, unsigned number) {
  (void)engine;
  put(global, PyObject_CallFunction(kit.thing, "I", number));
}
static unsigned kit_number(void *engine, unsigned global) {
  (void)engine;
  PyObject *number = PyObject_GetAttrString(slot(global), "number");
  must(number != NULL);
  unsigned is = (unsigned)PyLong_AsUnsignedLong(number);
  Py_DECREF(number);
  return is;
}
static int kit_holds(void *engine, unsigned global) {
  (void)engine;
  if (slot(global) == Py_None) return HOSTS_NOTHING;
  return py_is_proxy(slot(global)) ? HOSTS_PROXY : HOSTS_OBJECT;
}
static void kit_set(void *engine, unsigned object, unsigned field, unsigned from) {
  (void)engine;
  must(PyList_SetItem(fields(object), (Py_ssize_t)field, Py_NewRef(slot(from))) == 0);
}
static void kit_get(void *engine, unsigned to, unsigned object, unsigned field) {
  (void)engine;
  put(to, Py_NewRef(PyList_GET_ITEM(fields(object), (Py_ssize_t)field)));
}
static void kit_copy(void *engine, unsigned to, unsigned from) {
  (void)engine;
  put(to, Py_NewRef(slot(from)));
}
static void kit_drop(void *engine, unsigned global) {
  (void)engine;
  put(global, Py_NewRef(Py_None));
}
static bool kit_same(void *engine, unsigned one, unsigned other) {
  (void)engine;
  return slot(one) == slot(other);
}
static int kit_give(void *engine, unsigned global, xlgc_id *id) {
  (void)engine;
  xlgc_value value;
  int failed = xlgc_python_value(slot(global), &value);
  *id = !failed && value.type == XLGC_OBJECT ? value.as.id : XLGC_ID_NONE;
  return failed;
}
static int kit_take(void *engine, unsigned global, xlgc_id id) {
  (void)engine;
  xlgc_value value = {.type = XLGC_OBJECT, .as.id = id};
  PyObject *object = xlgc_python_object(&value);
  if (!object) {
    must(PyErr_ExceptionMatches(PyExc_ReferenceError));
    PyErr_Clear();
    return XLGC_E_STALE;
  }
  put(global, object);
  return 0;
}
static void kit_land(void *engine, unsigned global, void *handle) {
  (void)engine;
  put(global, Py_NewRef((PyObject *)handle));
}
static void kit_collect(void *engine) {
  (void)engine;
  PyGC_Collect();
}
static void kit_suspend(void *engine, unsigned to, unsigned global) {
  (void)engine;
  PyObject *done = PyObject_CallFunction(kit.suspend, "IO", to, slot(global));
  must(done != NULL);
  Py_DECREF(done);
}
static void kit_resume(void *engine, unsigned from) {
  (void)engine;
  must(PyList_SetItem(kit.waiting, (Py_ssize_t)from, Py_NewRef(Py_None)) == 0);
}
static void kit_finalizer(void *engine, unsigned global, unsigned field, unsigned to) {
  (void)engine;
  PyObject *done = PyObject_CallFunction(kit.finalizer, "OII", slot(global), field, to);
  must(done != NULL);
  Py_DECREF(done);
}
static uint64_t kit_objects(void *engine) {
  (void)engine;
  return py_tokens;
}
static uint64_t kit_pins(void *engine) {
  (void)engine;
  xlgc_host_statistics statistics;
  ok(xlgc_host_stats(xlgc_python_host(), &statistics));
  return statistics.exports;
}
static uint64_t kit_unpins(void *engine) {
  (void)engine;
  xlgc_host_statistics statistics;
  ok(xlgc_host_stats(xlgc_python_host(), &statistics));
  return statistics.unpinned;
}

static uint64_t kit_statistic(void *engine, const char *name) {
  (void)engine;
  PyObject *module = PyImport_ImportModule("xlgc");
  must(module != NULL);
  PyObject *statistics = PyObject_CallMethod(module, "stats", NULL);
  must(statistics != NULL);
  PyObject *number = PyDict_GetItemString(statistics, name);
  uint64_t is = number ? PyLong_AsUnsignedLongLong(number) : HOSTS_NO_STATISTIC;
  Py_DECREF(statistics);
  Py_DECREF(module);
  return is;
}

const hosts_engine kit_python = {
    .name = "Python",
    .open = kit_open,
    .close = kit_close,
    .end = kit_end,
    .call = kit_call,
    .host = kit_host,
    .make = kit_make,
    .number = kit_number,
    .holds = kit_holds,
    .set = kit_set,
    .get = kit_get,
    .copy = kit_copy,
    .drop = kit_drop,
    .same = kit_same,
    .give = kit_give,
    .take = kit_take,
    .land = kit_land,
    .collect = kit_collect,
    .suspend = kit_suspend,
    .resume = kit_resume,
    .finalizer = kit_finalizer,
    .objects = kit_objects,
    .pins = kit_pins,
    .unpins = kit_unpins,
    .statistic = kit_statistic,
};
