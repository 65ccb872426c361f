/* What a program that embeds Python does: opening and closing in every order, values, visits from C, threads, memory that
 * runs out, what a summary costs. */
#include <config.h>

#include "hosts_python.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <structmember.h>

#include "support/threads.h"
#include "support/toy.h"
#include "support/whole.h"

static xlgc_pool *pool;
static xlgc_context *context;

static void open_pool(void) {
  ok(xlgc_pool_create(NULL, &pool));
  ok(xlgc_context_create(pool, "program", &context));
}
static void close_pool(void) {
  ok(xlgc_context_destroy(context));
  ck_assert_uint_eq(whole_pool(pool).links, 0);
  ok(xlgc_pool_destroy(pool));
}
static xlgc_host *open_host(void) {
  xlgc_host *host;
  ok(xlgc_python_open(pool, &host));
  ck_assert_ptr_eq(host, xlgc_python_host());
  return host;
}

static void expect_error(const char *text, const char *type) {
  PyObject *main = PyModule_GetDict(PyImport_AddModule("__main__"));
  PyObject *done = PyRun_String(text, Py_file_input, main, main);
  ck_assert_msg(!done, "no error: %s", text);
  PyObject *kind, *error, *traceback;
  PyErr_Fetch(&kind, &error, &traceback);
  ck_assert_str_eq(((PyTypeObject *)kind)->tp_name, type);
  Py_XDECREF(kind);
  Py_XDECREF(error);
  Py_XDECREF(traceback);
}

/* The id of what an expression is, pinned. */
static xlgc_id pinned(const char *text) {
  PyObject *object = py_eval(text);
  xlgc_value value;
  ok(xlgc_python_value(object, &value));
  ck_assert_int_eq(value.type, XLGC_OBJECT);
  ok(xlgc_pin(context, value.as.id));
  Py_DECREF(object);
  return value.as.id;
}

/* ------------------------------------------------------- opening and closing */

START_TEST(misuse_is_answered) {
  xlgc_host *host;
  xlgc_value value;
  ck_assert_int_eq(xlgc_python_open(NULL, NULL), XLGC_E_STATE);
  ck_assert_int_eq(xlgc_python_open(NULL, &host), XLGC_E_STATE);
  ck_assert_ptr_null(host);
  ck_assert_int_eq(xlgc_python_close(), XLGC_E_STATE);
  ck_assert_ptr_null(xlgc_python_host());
  open_pool();
  py_start();
  ck_assert_int_eq(xlgc_python_value(Py_None, &value), XLGC_E_STATE);
  value = (xlgc_value){.type = XLGC_OBJECT, .as.id = 1};
  ck_assert_ptr_null(xlgc_python_object(&value));
  PyErr_Clear();
  ck_assert_ptr_null(xlgc_python_host());
  host = open_host();
  ck_assert_int_eq(xlgc_python_open(pool, &host), XLGC_E_EXISTS);
  ck_assert_ptr_null(host);
  ck_assert_int_eq(xlgc_python_open(NULL, &host), XLGC_E_EXISTS);
  ck_assert_int_eq(xlgc_python_value(NULL, &value), XLGC_E_INVAL);
  ck_assert_int_eq(xlgc_python_value(Py_None, NULL), XLGC_E_INVAL);
  PyThreadState *thread = PyEval_SaveThread();
  ck_assert_int_eq(xlgc_python_close(), XLGC_E_STATE);
  PyEval_RestoreThread(thread);
  /* An exception that is set stays. */
  PyObject *text = PyUnicode_DecodeUTF8("\xed\xa0\xbd\xed\xb8\x80", 6, "surrogatepass");
  must(text != NULL);
  PyErr_SetString(PyExc_ValueError, "mine");
  ck_assert_int_eq(xlgc_python_value(text, &value), XLGC_E_INVAL);
  ck_assert(PyErr_ExceptionMatches(PyExc_ValueError));
  ok(xlgc_python_close());
  ck_assert_int_eq(xlgc_python_close(), XLGC_E_STATE);
  ok(xlgc_python_open(pool, NULL));
  ck_assert(PyErr_ExceptionMatches(PyExc_ValueError));
  PyErr_Clear();
  Py_DECREF(text);
  ck_assert_ptr_null(xlgc_python_object(NULL));
  ck_assert(PyErr_ExceptionMatches(PyExc_TypeError));
  PyErr_Clear();
  value = (xlgc_value){.type = (xlgc_type)77};
  ck_assert_ptr_null(xlgc_python_object(&value));
  PyErr_Clear();
  value = (xlgc_value){.type = XLGC_OBJECT, .as.id = 12345678};
  ck_assert_ptr_null(xlgc_python_object(&value));
  PyErr_Clear();
  py_stop();
  ck_assert_ptr_null(xlgc_python_host());
  ck_assert_int_eq(xlgc_python_close(), XLGC_E_STATE);
  close_pool();
}
END_TEST

START_TEST(subinterpreters_have_no_host) {
  open_pool();
  py_start();
  open_host();
  PyThreadState *first = PyThreadState_Get(), *second = Py_NewInterpreter();
  must(second != NULL);
  xlgc_host *host;
  ck_assert_int_eq(xlgc_python_open(pool, &host), XLGC_E_STATE);
  PyRun_SimpleString("import importlib.machinery, sys\nspec = importlib.machinery.ModuleSpec('xlgc', None)");
  PyObject *spec = py_eval("spec");
  PyModuleDef *definition = (PyModuleDef *)xlgc_python_module();
  PyObject *module = PyModule_FromDefAndSpec(definition, spec);
  must(module != NULL);
  ck_assert_int_eq(PyModule_ExecDef(module, definition), -1);
  ck_assert(PyErr_ExceptionMatches(PyExc_ImportError));
  PyErr_Clear();
  Py_DECREF(module);
  Py_DECREF(spec);
  Py_EndInterpreter(second);
  PyThreadState_Swap(first);
  py_run("import xlgc\nassert xlgc.new(a=1).a == 1");
  py_stop();
  close_pool();
}
END_TEST

/* What Python says its version is. */
static const char *other_version;

const char *Py_GetVersion(void) {
  static const char *(*real)(void);
  if (!real) *(void **)&real = dlsym(RTLD_NEXT, "Py_GetVersion");
  return other_version ? other_version : real();
}

START_TEST(other_versions_are_refused) {
  static const char *const versions[] = {"3.12.4 (main)", "3.10.9 (main)", "3.1.1", "3.111.0", "4.11.0", "3.11"};
  open_pool();
  void *engine;
  xlgc_value out;
  other_version = versions[0];
  ck_assert_int_eq(xlgc_language_python.start(pool, &engine, &out), XLGC_E_STATE);
  other_version = NULL;
  ck_assert_int_eq(PyImport_AppendInittab("xlgc", xlgc_python_module), 0);
  py_start();
  for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
    other_version = versions[i];
    ck_assert_int_eq(xlgc_python_open(pool, NULL), XLGC_E_STATE);
    expect_error("import xlgc", "ImportError");
    py_run("try:\n  import xlgc\nexcept ImportError as error:\n  words = str(error)");
    other_version = NULL;
    char text[200];
    snprintf(text, sizeof text, "words.endswith('Python %.*s') and 'for Python 3.11,' in words",
             (int)strcspn(versions[i], " "), versions[i]);
    must(py_is(text));
  }
  py_run("import xlgc");
  open_host();
  py_stop();
  close_pool();
}
END_TEST

/* What Python has keeps clear of a host that is gone, also at the interpreter's end. */
START_TEST(closing_and_opening_again) {
  open_pool();
  py_start();
  for (unsigned i = 0; i < 4; i++) {
    open_host();
    py_run("import xlgc\nold = xlgc.new(a=1)\nold.list = [1]\niterator = iter(old)\nxlgc.shared.old = old");
    py_run("assert old.a == 1 and xlgc.shared.old is old");
    if (i % 2) ok(xlgc_hosts_collect(pool) >= 0 ? 0 : -1);
    ok(xlgc_python_close());
    expect_error("old.a", "ReferenceError");
    expect_error("old.a = 1", "ReferenceError");
    expect_error("len(old)", "ReferenceError");
    expect_error("str(old)", "ReferenceError");
    expect_error("next(iterator)", "ReferenceError");
    expect_error("iter(old)", "ReferenceError");
    expect_error("old < 1", "ReferenceError");
    py_run("assert repr(old) == '<xlgc proxy: gone>' and old == old and old != 1 and not xlgc.alive(old)");
    expect_error("xlgc.new()", "ReferenceError");
    expect_error("xlgc.shared", "ReferenceError");
    expect_error("xlgc.collect()", "ReferenceError");
    open_host();
    expect_error("old.a", "ReferenceError");
    expect_error("xlgc.new().x = old", "ReferenceError");
    py_run("assert not hasattr(xlgc.shared, 'old')\nnew = xlgc.new(b=2)\nassert new.b == 2 and new != old");
    if (i % 2) py_run("del old, iterator");
    ok(xlgc_python_close());
  }
  py_stop();
  close_pool();
}
END_TEST

/* Interpreters one after another; their ends in every order with the pool's. */
START_TEST(ends_in_every_order) {
  for (unsigned i = 0; i < 4; i++) {
    open_pool();
    py_start();
    py_run("import atexit, sys\ndef late():\n  global seen\n  try: xlgc.new()\n  except ReferenceError: seen = True\n"
           "atexit.register(late)");
    open_host();
    py_run("import xlgc\nkept = xlgc.new(a=1)\nkept.self = kept\nring = xlgc.new()\nring.list = [ring]\n"
           "class Late:\n"
           "  def __init__(self): self.kept, self.self, self.error = kept, self, ReferenceError\n"
           "  def __del__(self):\n"
           "    try: self.kept.a\n"
           "    except self.error: pass\n"
           "late_one = Late()\nsys.late_one = Late()\ndel ring\ncollector = xlgc.collect");
    toy *toy = i % 2 ? toy_open(pool, 0) : NULL;
    if (toy) {
      xlgc_id id = pinned("late_one");
      ok(toy_plain.take(toy, 1, id));
      ok(xlgc_unpin(context, id));
    }
    if (i / 2) {
      ok(xlgc_context_destroy(context));
      ok(xlgc_pool_shutdown(pool));
    }
    if (i % 3 == 0) ok(xlgc_python_close());
    py_stop();
    ck_assert_ptr_null(xlgc_python_host());
    if (toy) {
      xlgc_host *owner;
      void *handle;
      xlgc_id id;
      ok(toy_plain.give(toy, 1, &id));
      if (i / 2 == 0) ck_assert_int_eq(xlgc_host_enter(toy_host(toy), id, &owner, &handle), XLGC_E_STALE);
      toy_close(toy);
    }
    if (i / 2)
      ok(xlgc_pool_destroy(pool));
    else
      close_pool();
  }
}
END_TEST

START_TEST(started_from_another_language) {
  open_pool();
  for (unsigned i = 0; i < 4; i++) {
    bool runs = i == 2;
    if (runs) py_start();
    toy *toy = toy_open(pool, 0);
    xlgc_value object, eval, result, name = {.type = XLGC_STRING, .as.bytes = "eval", .length = 4};
    ok(xlgc_language_start(toy_host(toy), "python", &object));
    xlgc_value again;
    ck_assert_int_eq(xlgc_language_start(toy_host(toy), "python", &again), XLGC_E_EXISTS);
    ok(toy_plain.take(toy, 1, object.as.id));
    xlgc_visit visit;
    ok(xlgc_visit_begin(&visit, toy_host(toy), object.as.id));
    ok(xlgc_visit_get(&visit, &name, &eval));
    ck_assert_uint_eq(eval.traits, XLGC_CALLABLE | XLGC_SELF_APART);
    ok(toy_plain.take(toy, 2, eval.as.id));
    xlgc_visit_end(&visit);
    static const char *const texts[] = {"x = 6", "x * 7", "1 +", "nothing"};
    static const int answers[] = {0, 0, XLGC_E_RAISED, XLGC_E_RAISED};
    for (unsigned j = 0; j < 4; j++) {
      xlgc_value text = {.type = XLGC_STRING, .as.bytes = texts[j], .length = strlen(texts[j])};
      ok(xlgc_visit_begin(&visit, toy_host(toy), eval.as.id));
      ck_assert_int_eq(xlgc_visit_call(&visit, NULL, &text, 1, &result), answers[j]);
      if (j == 1) ck_assert_int_eq(result.as.integer, 42);
      if (j == 2) ck_assert_int_eq(strncmp(xlgc_visit_message(&visit, answers[j]), "SyntaxError: ", 13), 0);
      if (j == 3) ck_assert_int_eq(strncmp(xlgc_visit_message(&visit, answers[j]), "NameError: ", 11), 0);
      xlgc_visit_end(&visit);
    }
    name = (xlgc_value){.type = XLGC_STRING, .as.bytes = "globals", .length = 7};
    ok(xlgc_visit_begin(&visit, toy_host(toy), object.as.id));
    ok(xlgc_visit_get(&visit, &name, &result));
    ok(toy_plain.take(toy, 3, result.as.id));
    xlgc_visit_end(&visit);
    name = (xlgc_value){.type = XLGC_STRING, .as.bytes = "x", .length = 1};
    ok(xlgc_visit_begin(&visit, toy_host(toy), result.as.id));
    ok(xlgc_visit_get(&visit, &name, &result));
    ck_assert_int_eq(result.as.integer, 6);
    xlgc_visit_end(&visit);
    ck_assert_int_ge(xlgc_hosts_collect(pool), 0);
    if (i == 3) { /* the interpreter's own end comes first */
      PyGILState_Ensure();
      Py_FinalizeEx();
    }
    toy_close(toy);
    ck_assert_int_eq(Py_IsInitialized(), runs);
    if (runs) py_stop();
  }
  close_pool();
}
END_TEST

/* ------------------------------------------------------------ visits from C */

START_TEST(program_visits_python) {
  open_pool();
  py_start();
  open_host();
  py_run("class C:\n  x = 1\n  def __del__(self):\n    global gone\n    gone = True\ngone = False");
  xlgc_id id = pinned("C()");
  xlgc_visit visit;
  xlgc_value out, key = {.type = XLGC_STRING, .as.bytes = "x", .length = 1};
  ok(xlgc_visit_begin_held(&visit, pool, id));
  ok(xlgc_visit_get(&visit, &key, &out));
  ck_assert_int_eq(out.as.integer, 1);
  ck_assert_int_eq(xlgc_python_close(), XLGC_E_BUSY);
  size_t length;
  ck_assert_int_eq(xlgc_visit_length(&visit, &length), XLGC_E_RAISED);
  ck_assert_int_eq(xlgc_visit_next(&visit, NULL, NULL), XLGC_E_RAISED);
  bool is;
  key = (xlgc_value){.type = XLGC_NIL};
  ok(xlgc_visit_compare(&visit, &key, XLGC_EQUAL, &is));
  ck_assert(!is);
  ck_assert_int_eq(xlgc_visit_compare(&visit, &key, XLGC_LESS, &is), XLGC_E_RAISED);
  ok(xlgc_visit_describe(&visit, &out));
  ck_assert_int_eq(strncmp(out.as.bytes, "<__main__.C object", 18), 0);
  xlgc_value_clear(&out);
  ck_assert_int_eq(xlgc_visit_remove(&visit, &(xlgc_value){.type = XLGC_STRING, .as.bytes = "y", .length = 1}),
                   XLGC_ABSENT);
  xlgc_visit_end(&visit);
  ck_assert_int_ge(xlgc_hosts_collect(pool), 0); /* what was thrown */
  ck_assert(py_is("not gone"));
  ok(xlgc_unpin(context, id));
  ck_assert_int_eq(xlgc_hosts_collect(pool), 1);
  ck_assert(py_is("gone"));
  /* Values that are no objects. */
  xlgc_value values[3] = {{.type = XLGC_INTEGER, .as.integer = 5}, {.type = XLGC_NIL}, {.type = XLGC_BOOLEAN}};
  xlgc_value several = {.type = XLGC_SEVERAL, .as.values = values};
  for (size_t i = 0; i <= 3; i++) {
    several.length = i;
    PyObject *object = xlgc_python_object(&several);
    must(object != NULL);
    py_put("several", object);
    Py_DECREF(object);
    static const char *const expected[] = {"several is None", "several == 5", "several == (5, None)",
                                           "several == (5, None, False)"};
    ck_assert(py_is(expected[i]));
  }
  py_stop();
  close_pool();
}
END_TEST

/* ------------------------------------------------------------------- heaps */

/* An object that counts how often it is looked at, and may refer to one other. */
typedef struct counted {
  PyObject_HEAD PyObject *to;
} counted;

static uint64_t traversed;
static int count_traverse(PyObject *self, visitproc visit, void *arg) {
  traversed++;
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(((counted *)self)->to);
  return 0;
}
static int counted_clear(PyObject *self) {
  Py_CLEAR(((counted *)self)->to);
  return 0;
}
static void counted_dealloc(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  (void)counted_clear(self);
  PyObject_GC_Del(self);
  Py_DECREF(type);
}
static PyMemberDef counted_members[] = {{"to", T_OBJECT, offsetof(counted, to), 0, NULL}, {NULL, 0, 0, 0, NULL}};
static PyType_Slot counted_slots[] = {{Py_tp_dealloc, counted_dealloc}, {Py_tp_traverse, count_traverse},
                                      {Py_tp_clear, counted_clear},     {Py_tp_members, counted_members},
                                      {Py_tp_new, PyType_GenericNew},   {0, NULL}};
static PyType_Spec counted_spec = {"Counted", sizeof(counted), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
                                   counted_slots};

static void put_counted(void) {
  PyObject *type = PyType_FromSpec(&counted_spec);
  must(type != NULL);
  py_put("Counted", type);
  Py_DECREF(type);
}

/* What exports have in common is looked at once, not once for each: type, methods, their globals. */
START_TEST(summaries_cost_little) {
  open_pool();
  py_start();
  open_host();
  put_counted();
  /* Also what only exports hold, and have in common. */
  py_run("import xlgc\n"
         "class Node:\n  def method(self): return self.field\n"
         "class Hidden: pass\n"
         "def make(share):\n"
         "  root, hidden = xlgc.new(), Hidden()\n"
         "  hidden.nodes, hidden.counted, hidden.end = [], share, xlgc.new()\n"
         "  for i in range(10000):\n"
         "    node = Node()\n"
         "    node.hidden, node.own = hidden, {'x': [i]}\n"
         "    hidden.nodes.append(node)\n"
         "    root[i] = node\n"
         "  xlgc.shared.root = root\n");
  for (unsigned i = 0; i < 2; i++) {
    py_run(i ? "make(Counted())" : "make(None)");
    ck_assert_int_eq(xlgc_hosts_collect(pool), 0);
    traversed = 0;
    ok(xlgc_host_summarise(xlgc_python_host()));
    ck_assert_uint_le(traversed, 8);
    py_run("del xlgc.shared.root");
    ck_assert_int_eq(xlgc_hosts_collect(pool), 10000);
  }
  py_stop();
  close_pool();
}
END_TEST

static uint64_t statistic(const char *name) {
  char text[60];
  snprintf(text, sizeof text, "xlgc.stats()['%s']", name);
  PyObject *number = py_eval(text);
  uint64_t is = PyLong_AsUnsignedLongLong(number);
  Py_DECREF(number);
  return is;
}

/* Exports that share objects: these are looked at once, not once for each export, and no more edges are told than there
 * are pairs of an export and a proxy that it reaches. */
START_TEST(exports_share_objects) {
  enum { EXPORTS = 1000, OBJECTS = 2000 };
  unsigned shared_proxies = (unsigned)_i;
  char text[900];
  open_pool();
  py_start();
  open_host();
  put_counted();
  snprintf(text, sizeof text,
           "import gc, xlgc\n"
           "class Node: __slots__ = ('hub', 'own')\n"
           "root, hub = xlgc.new(), [Counted() for i in range(%u)]\n"
           "for i, counted in enumerate(hub): counted.to = hub[i - 1]\n"
           "hub[0].to = [hub] + [xlgc.new() for i in range(%u)]\n"
           "for i in range(%u):\n"
           "  root[i] = node = Node()\n"
           "  node.hub, node.own = hub[i %% %u], xlgc.new()\n"
           "xlgc.shared.root = root\n"
           "del root, hub, node, counted, i\n",
           OBJECTS, shared_proxies, EXPORTS, OBJECTS);
  py_run(text);
  ck_assert_int_eq(xlgc_hosts_collect(pool), 0);
  traversed = 0;
  py_run("gc.collect()");
  uint64_t by_python = traversed;
  ck_assert_uint_ge(by_python, OBJECTS);
  traversed = 0;
  ok(xlgc_host_summarise(xlgc_python_host()));
  /* Python's own collection; which references are explained; and the graph of what only exports reach. */
  ck_assert_uint_eq(traversed, by_python + 2 * OBJECTS);
  uint64_t nodes = statistic("summary_nodes"), edges = statistic("summary_edges");
  /* The exports, a proxy for each, the shared objects, two lists, and the shared proxies. */
  ck_assert_uint_eq(nodes, 2 * EXPORTS + OBJECTS + 2 + shared_proxies);
  ck_assert_uint_le(statistic("summary_visited"), 2 * (nodes + edges));
  ck_assert_uint_eq(statistic("summary_told"), EXPORTS * (1 + shared_proxies));
  py_run("del xlgc.shared.root");
  ck_assert_int_eq(xlgc_hosts_collect(pool), EXPORTS);
  py_stop();
  close_pool();
}
END_TEST

/* An object that Python's collector knows nothing of holds what it refers to. */
typedef struct box {
  PyObject_HEAD PyObject *content;
} box;
static void box_dealloc(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  Py_XDECREF(((box *)self)->content);
  PyObject_Free(self);
  Py_DECREF(type);
}

START_TEST(unknown_holders_hold) {
  static PyType_Slot slots[] = {{Py_tp_dealloc, box_dealloc}, {0, NULL}};
  static PyType_Spec spec = {"Box", sizeof(box), 0, Py_TPFLAGS_DEFAULT, slots};
  open_pool();
  py_start();
  open_host();
  PyObject *type = PyType_FromSpec(&spec);
  must(type != NULL);
  for (unsigned i = 0; i < 4; i++) {
    py_run("import xlgc\nclass Node: pass\nnode = Node()\nnode.token, node.managed = Token(), xlgc.new()\n"
           "node.managed.node = node");
    box *made = PyObject_New(box, (PyTypeObject *)type);
    must(made != NULL);
    made->content = py_eval(i % 2 ? "node" : "node.managed");
    /* The box is an export itself, or held by C code. */
    xlgc_id id = XLGC_ID_NONE;
    if (i / 2) {
      xlgc_value value;
      ok(xlgc_python_value((PyObject *)made, &value));
      id = value.as.id;
      ok(xlgc_pin(context, id));
      Py_DECREF(made);
    }
    py_run("del node");
    for (unsigned j = 0; j < 3; j++)
      ck_assert_int_eq(xlgc_hosts_collect(pool), 0);
    ck_assert_uint_eq(py_tokens, 1);
    if (i / 2)
      ok(xlgc_unpin(context, id));
    else
      Py_DECREF(made);
    for (unsigned j = 0; j < 3; j++)
      ck_assert_int_ge(xlgc_hosts_collect(pool), 0);
    ck_assert_uint_eq(py_tokens, 0);
  }
  Py_DECREF(type);
  py_stop();
  close_pool();
}
END_TEST

/* ------------------------------------------------------------------ threads */

enum { THREADS = 3 };
typedef struct caller {
  xlgc_id id;
  unsigned failed;
} caller;

static void call_python(void *data) {
  caller *caller = data;
  unsigned rounds = trial_work(1000);
  for (unsigned i = 0; i < rounds; i++) {
    xlgc_visit visit;
    xlgc_value argument = {.type = XLGC_INTEGER, .as.integer = i}, out;
    if (xlgc_visit_begin_held(&visit, pool, caller->id)) {
      caller->failed++;
      continue;
    }
    caller->failed += xlgc_visit_call(&visit, NULL, &argument, 1, &out) != 0 || out.as.integer != (int64_t)i + 1;
    xlgc_visit_end(&visit);
  }
}

/* None has the interpreter's lock; Python code changes threads as it likes. */
START_TEST(threads_of_the_program_call_python) {
  open_pool();
  py_start();
  xlgc_host *host = open_host();
  py_run("import sys, xlgc\nsys.setswitchinterval(1e-5)\n"
         "def f(n):\n  m = xlgc.new(n=n)\n  m.list = [m]\n  for i in range(20): m.i = i\n  return m.n + 1");
  caller callers[THREADS];
  job jobs[THREADS];
  for (unsigned i = 0; i < THREADS; i++)
    callers[i] = (caller){pinned("f"), 0};
  PyThreadState *thread = PyEval_SaveThread();
  for (unsigned i = 0; i < THREADS; i++)
    begin(&jobs[i], call_python, &callers[i]);
  for (unsigned i = 0; i < 20; i++) {
    /* Busy while one of the threads is inside Python, which the interpreter's lock decides. */
    int answer = xlgc_host_dispatch(host, 0);
    ck_assert_msg(answer >= 0 || answer == XLGC_E_BUSY, "%s", xlgc_errname(answer));
  }
  for (unsigned i = 0; i < THREADS; i++)
    end(&jobs[i]);
  PyEval_RestoreThread(thread);
  for (unsigned i = 0; i < THREADS; i++) {
    ck_assert_uint_eq(callers[i].failed, 0);
    ok(xlgc_unpin(context, callers[i].id));
  }
  py_run("del f");
  ck_assert_int_ge(xlgc_hosts_collect(pool), 0);
  ck_assert_int_ge(xlgc_hosts_collect(pool), 0);
  xlgc_host_statistics statistics;
  ok(xlgc_host_stats(host, &statistics));
  ck_assert_uint_eq(statistics.exports, 0);
  py_stop();
  close_pool();
}
END_TEST

/* ------------------------------------------------------------------- memory */

static struct {
  PyMemAllocatorEx was[3];
  uint64_t asked, fail_at;
  bool is_on, is_sticky;
} memory;

static bool fails(void) {
  if (!memory.is_on) return false;
  uint64_t number = memory.asked++;
  return memory.is_sticky ? number >= memory.fail_at : number == memory.fail_at;
}
static void *scarce_malloc(void *domain, size_t size) {
  const PyMemAllocatorEx *was = domain;
  return fails() ? NULL : was->malloc(was->ctx, size);
}
static void *scarce_calloc(void *domain, size_t count, size_t size) {
  const PyMemAllocatorEx *was = domain;
  return fails() ? NULL : was->calloc(was->ctx, count, size);
}
static void *scarce_realloc(void *domain, void *old, size_t size) {
  const PyMemAllocatorEx *was = domain;
  return fails() ? NULL : was->realloc(was->ctx, old, size);
}
static void scarce_free(void *domain, void *old) {
  const PyMemAllocatorEx *was = domain;
  was->free(was->ctx, old);
}

static const PyMemAllocatorDomain domains[] = {PYMEM_DOMAIN_RAW, PYMEM_DOMAIN_MEM, PYMEM_DOMAIN_OBJ};
static void be_scarce(void) {
  for (unsigned i = 0; i < 3; i++) {
    PyMem_GetAllocator(domains[i], &memory.was[i]);
    PyMem_SetAllocator(domains[i],
                       &(PyMemAllocatorEx){&memory.was[i], scarce_malloc, scarce_calloc, scarce_realloc, scarce_free});
  }
}
static void be_plenty(void) {
  for (unsigned i = 0; i < 3; i++)
    PyMem_SetAllocator(domains[i], &memory.was[i]);
}

/* Each does one thing, with whatever result. */
static PyObject *node, *managed, *name, *callable, *fresh;
static xlgc_id exported;

static void drop_result(PyObject *result) { Py_XDECREF(result); }
static void try_value(void) {
  xlgc_value value;
  if (!xlgc_python_value(fresh, &value)) xlgc_value_clear(&value);
  if (!xlgc_python_value(name, &value)) xlgc_value_clear(&value);
}
static void try_get(void) { drop_result(PyObject_GetAttr(managed, name)); }
static void try_item(void) { drop_result(PyObject_GetItem(managed, name)); }
static void try_set(void) { (void)PyObject_SetAttr(managed, name, node); }
static void try_set_new(void) { (void)PyObject_SetAttr(managed, name, fresh); }
static void try_absent(void) { drop_result(PyObject_GetAttr(managed, callable)); }
static void try_string(void) { drop_result(PyObject_Repr(managed)); }
static void try_equal(void) { drop_result(PyObject_RichCompare(managed, fresh, Py_EQ)); }
static void try_list(void) { drop_result(PySequence_List(managed)); }
static void try_new(void) {
  PyObject *module = PyImport_AddModule("xlgc");
  drop_result(module ? PyObject_CallMethod(module, "new", NULL) : NULL);
}
static void try_stats(void) {
  PyObject *module = PyImport_AddModule("xlgc");
  drop_result(module ? PyObject_CallMethod(module, "stats", NULL) : NULL);
}
static void try_visit(void) {
  xlgc_visit visit;
  if (xlgc_visit_begin_held(&visit, pool, exported)) return;
  xlgc_value out, key = {.type = XLGC_STRING, .as.bytes = "field", .length = 5};
  if (!xlgc_visit_get(&visit, &key, &out)) xlgc_value_clear(&out);
  (void)xlgc_visit_set(&visit, &key, &key);
  (void)xlgc_visit_remove(&visit, &key);
  size_t length;
  (void)xlgc_visit_length(&visit, &length);
  if (!xlgc_visit_describe(&visit, &out)) xlgc_value_clear(&out);
  bool is;
  (void)xlgc_visit_compare(&visit, &key, XLGC_EQUAL, &is);
  (void)xlgc_visit_compare(&visit, &key, XLGC_LESS, &is);
  if (!xlgc_visit_call(&visit, NULL, &key, 1, &out)) xlgc_value_clear(&out);
  xlgc_value cursor;
  if (xlgc_visit_iterate(&visit, &cursor) >= 0) {
    xlgc_visit inner;
    xlgc_id id = cursor.as.id;
    if (!xlgc_visit_begin_held(&inner, pool, id)) {
      xlgc_value of;
      if (!xlgc_visit_next(&inner, &of, &out)) {
        xlgc_value_clear(&of);
        xlgc_value_clear(&out);
      }
      xlgc_visit_end(&inner);
    }
  }
  xlgc_visit_end(&visit);
}
static void try_summary(void) { (void)xlgc_host_summarise(xlgc_python_host()); }
static void try_collect(void) { (void)xlgc_hosts_collect(pool); }

static void (*const attempts[])(void) = {try_value,  try_get,    try_item,    try_set,    try_set_new,
                                         try_absent, try_string, try_equal,   try_list,   try_new,
                                         try_stats,  try_visit,  try_summary, try_collect};
enum { ATTEMPTS = sizeof attempts / sizeof *attempts };

static void attempt(unsigned which, uint64_t fail_at) {
  Py_XDECREF(fresh);
  fresh = py_eval("type('Fresh', (), {})()");
  be_scarce();
  memory.asked = 0;
  memory.fail_at = fail_at;
  memory.is_on = true;
  attempts[which]();
  memory.is_on = false;
  be_plenty();
  PyErr_Clear();
}

START_TEST(memory_runs_out) {
  open_pool();
  py_start();
  open_host();
  py_run("import xlgc\n"
         "class Node(dict):\n  def __call__(self, x): return [x]\n"
         "def ring():\n"
         "  node, managed = Node(a=1, b=2), xlgc.new()\n"
         "  node.managed, managed.node, node.token = managed, node, Token()\n"
         "  return node\n"
         "kept, by_pool = ring(), ring()\nxlgc.shared.kept = by_pool.managed\n"
         "by_pool.next = ring()\ndel by_pool\nring()");
  node = py_eval("Node()"), managed = py_eval("xlgc.new(a=1, b='x')"), name = py_eval("'field'");
  callable = py_eval("'nothing'");
  exported = pinned("Node(a=1)");
  memory.is_sticky = _i % 2;
  unsigned which = (unsigned)_i / 2;
  uint64_t failures = 0;
  for (uint64_t at = 0;; at++, failures++) {
    attempt(which, at);
    ck_assert(py_is("kept.managed.node is kept and xlgc.shared.kept.node.next.managed.node is "
                    "xlgc.shared.kept.node.next"));
    if (memory.asked <= at) break;
    must(at < 5000);
  }
  bool asks = attempts[which] == try_string || attempts[which] == try_list || attempts[which] == try_new ||
              attempts[which] == try_stats || attempts[which] == try_visit || attempts[which] == try_summary ||
              attempts[which] == try_collect;
  if (asks) ck_assert_uint_gt(failures, 0);
  py_run("import gc\ngc.collect()");
  for (unsigned i = 0; i < 3; i++)
    ck_assert_int_ge(xlgc_hosts_collect(pool), 0);
  ck_assert(py_is("kept.managed.node is kept and xlgc.shared.kept.node.next.managed.node.token"));
  ck_assert_uint_eq(py_tokens, 3);
  Py_CLEAR(fresh);
  Py_CLEAR(node);
  Py_CLEAR(managed);
  Py_CLEAR(name);
  Py_CLEAR(callable);
  ok(xlgc_unpin(context, exported));
  py_run("del kept, xlgc.shared.kept");
  for (unsigned i = 0; i < 3; i++)
    ck_assert_int_ge(xlgc_hosts_collect(pool), 0);
  ck_assert_uint_eq(py_tokens, 0);
  xlgc_host_statistics statistics;
  ok(xlgc_host_stats(xlgc_python_host(), &statistics));
  ck_assert_uint_eq(statistics.exports, 0);
  ck_assert_uint_eq(statistics.proxies, 0);
  py_stop();
  close_pool();
}
END_TEST

int main(void) {
  Suite *suite = suite_create("hosts_python_embed");
  TCase *cases = trial_case(suite, "embedding");
  tcase_add_test(cases, misuse_is_answered);
  tcase_add_test(cases, other_versions_are_refused);
  tcase_add_test(cases, subinterpreters_have_no_host);
  tcase_add_test(cases, closing_and_opening_again);
  tcase_add_test(cases, ends_in_every_order);
  tcase_add_test(cases, started_from_another_language);
  tcase_add_test(cases, program_visits_python);
  tcase_add_test(cases, summaries_cost_little);
  tcase_add_loop_test(cases, exports_share_objects, 0, 3);
  tcase_add_test(cases, unknown_holders_hold);
  tcase_add_test(cases, threads_of_the_program_call_python);
  tcase_add_loop_test(cases, memory_runs_out, 0, 2 * ATTEMPTS);
  return trial_run(suite);
}
