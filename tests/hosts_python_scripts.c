/* Python's side, in Python: runs each function test_* of tests/python in an interpreter of its own. mirror(x) there is an
 * object of a toy engine that does what x does. */
#include <config.h>

#include "hosts_python.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/toy.h"
#include "support/whole.h"

/* Objects of one kind have a few globals of the toy's between them. */
enum { MIRRORS = 100000, TESTS = 100, SCRIPTS = 4 };

static struct {
  xlgc_pool *pool;
  toy *toy;
  xlgc_id *mirrored[MIRRORS];
  unsigned count;
  xlgc_value last_self;
} s;

/* ----------------------------------------------------------------- mirrors */

static xlgc_context *context(void) { return xlgc_host_context(toy_host(s.toy)); }

static int pass(xlgc_visit *outer, xlgc_visit *inner, int answer) {
  if (answer == XLGC_E_RAISED) {
    const char *words = xlgc_visit_message(inner, answer);
    answer = xlgc_visit_raise(outer, words, strlen(words));
  }
  xlgc_visit_end(inner);
  return answer;
}

#define MIRROR(call)                                                                                                \
  xlgc_visit inner;                                                                                                 \
  int failed = xlgc_visit_begin_held(&inner, visit->pool, *(xlgc_id *)visit->handle);                               \
  if (failed == XLGC_E_RAISED)                                                                                      \
    return xlgc_visit_raise(visit, xlgc_visit_message(&inner, failed), strlen(xlgc_visit_message(&inner, failed))); \
  return failed ? failed : pass(visit, &inner, call)

static int get(xlgc_visit *visit, const xlgc_value *key, xlgc_value *out) { MIRROR(xlgc_visit_get(&inner, key, out)); }
static int set(xlgc_visit *visit, const xlgc_value *key, const xlgc_value *value) {
  MIRROR(xlgc_visit_set(&inner, key, value));
}
static int take_away(xlgc_visit *visit, const xlgc_value *key) { MIRROR(xlgc_visit_remove(&inner, key)); }
static int call(xlgc_visit *visit, const xlgc_value *self, const xlgc_value *arguments, size_t count, xlgc_value *out) {
  s.last_self = self ? *self : (xlgc_value){.type = XLGC_NIL};
  MIRROR(xlgc_visit_call(&inner, self, arguments, count, out));
}
static int length(xlgc_visit *visit, size_t *out) { MIRROR(xlgc_visit_length(&inner, out)); }
static int next(xlgc_visit *visit, xlgc_value *key, xlgc_value *out) { MIRROR(xlgc_visit_next(&inner, key, out)); }
static int compare(xlgc_visit *visit, const xlgc_value *other, xlgc_order order, bool *out) {
  MIRROR(xlgc_visit_compare(&inner, other, order, out));
}
static int describe(xlgc_visit *visit, xlgc_value *out) { MIRROR(xlgc_visit_describe(&inner, out)); }

static xlgc_value make_mirror(xlgc_id id, unsigned traits);

static int iterate_inner(xlgc_visit *inner, xlgc_value *out) {
  int kind = xlgc_visit_iterate(inner, out);
  if (kind >= 0) *out = make_mirror(out->as.id, 0);
  return kind;
}
static int iterate(xlgc_visit *visit, xlgc_value *out) { MIRROR(iterate_inner(&inner, out)); }

static const xlgc_behaviour behaviour = {.get = get,
                                         .set = set,
                                         .remove = take_away,
                                         .call = call,
                                         .length = length,
                                         .iterate = iterate,
                                         .next = next,
                                         .compare = compare,
                                         .describe = describe};

/* The toy lets go of it at once: it lives as long as Python has it. What it mirrors lives until the test ends. */
static xlgc_value make_mirror(xlgc_id id, unsigned traits) {
  must(s.count < MIRRORS);
  xlgc_id *kept = malloc(sizeof *kept);
  must(kept != NULL);
  s.mirrored[s.count++] = kept;
  *kept = id;
  must(xlgc_pin(context(), id) == 0);
  toy_plain.make(s.toy, 0, 0);
  toy_behave(s.toy, 0, &behaviour, kept, traits);
  xlgc_value value = toy_value(s.toy, 0);
  toy_plain.drop(s.toy, 0);
  return value;
}

/* Of objects that cross by value, too: a list of them is made and its element mirrored, so numbers are none. */
static PyObject *mirror(PyObject *self, PyObject *arguments) {
  (void)self;
  PyObject *object;
  unsigned traits = XLGC_CALLABLE | XLGC_SELF_APART;
  if (!PyArg_ParseTuple(arguments, "O|I", &object, &traits)) return NULL;
  xlgc_value value;
  must(xlgc_python_value(object, &value) == 0);
  bool is_object = value.type == XLGC_OBJECT;
  xlgc_value made = is_object ? make_mirror(value.as.id, PyCallable_Check(object) ? traits : 0) : value;
  PyObject *result = xlgc_python_object(&made);
  xlgc_value_clear(&value);
  return result;
}

static PyObject *last_self(PyObject *self, PyObject *unused) {
  (void)self, (void)unused;
  return xlgc_python_object(&s.last_self);
}

/* ---------------------------------------------------- objects of another sort */

static int call_several(xlgc_visit *visit, const xlgc_value *self, const xlgc_value *arguments, size_t count,
                        xlgc_value *out) {
  (void)visit, (void)self;
  must(count == 1);
  xlgc_value *values;
  must(xlgc_value_several(out, (size_t)arguments[0].as.integer, &values) == 0);
  for (size_t i = 0; i < out->length; i++)
    values[i] = (xlgc_value){.type = XLGC_INTEGER, .as.integer = (int64_t)i};
  return 0;
}

static int call_fails(xlgc_visit *visit, const xlgc_value *self, const xlgc_value *arguments, size_t count,
                      xlgc_value *out) {
  (void)visit, (void)self, (void)out;
  must(count == 1);
  return arguments[0].as.integer == 1 ? xlgc_python_close() : (int)arguments[0].as.integer;
}

static PyObject *make(const xlgc_behaviour *of, unsigned traits) {
  toy_plain.make(s.toy, 1, 0);
  toy_behave(s.toy, 1, of, NULL, traits);
  xlgc_value value = toy_value(s.toy, 1);
  toy_plain.drop(s.toy, 1);
  return xlgc_python_object(&value);
}

static PyObject *bare(PyObject *self, PyObject *unused) {
  (void)self, (void)unused;
  return make(NULL, 0);
}

static PyObject *error_of(int code, const char *words) {
  PyObject *module = PyImport_ImportModule("xlgc");
  PyObject *type = module ? PyObject_GetAttrString(module, "Error") : NULL;
  if (type) PyErr_SetString(type, words ? words : xlgc_strerror(code));
  Py_XDECREF(type);
  Py_XDECREF(module);
  return NULL;
}

static PyObject *next_of(PyObject *self, PyObject *proxy) {
  (void)self;
  xlgc_value value;
  xlgc_visit visit;
  must(xlgc_python_value(proxy, &value) == 0);
  must(xlgc_visit_begin(&visit, xlgc_python_host(), value.as.id) == 0);
  int failed = xlgc_visit_next(&visit, NULL, NULL);
  error_of(failed, xlgc_visit_message(&visit, failed));
  xlgc_visit_end(&visit);
  return NULL;
}

static PyObject *close_host(PyObject *self, PyObject *unused) {
  (void)self, (void)unused;
  int failed = xlgc_python_close();
  if (failed) return error_of(failed, NULL);
  Py_RETURN_NONE;
}

/* From now on any thread may enter the toy, and no more mirrors are made but by its own code. */
static PyObject *share(PyObject *self, PyObject *unused) {
  (void)self, (void)unused;
  must(xlgc_host_share(toy_host(s.toy)) == 0);
  Py_RETURN_NONE;
}

/* ------------------------------------------------------------------- running */

static PyMethodDef methods[] = {
    {"mirror", mirror, METH_VARARGS, NULL},   {"last_self", last_self, METH_NOARGS, NULL},
    {"bare", bare, METH_NOARGS, NULL},        {"next_of", next_of, METH_O, NULL},
    {"close", close_host, METH_NOARGS, NULL}, {"share", share, METH_NOARGS, NULL},
};

static void put_helpers(void) {
  static const xlgc_behaviour several = {.call = call_several}, fails = {.call = call_fails};
  for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
    PyObject *function = PyCFunction_New(&methods[i], NULL);
    must(function != NULL);
    py_put(methods[i].ml_name, function);
    Py_DECREF(function);
  }
  PyObject *object = make(&several, XLGC_CALLABLE);
  py_put("several", object);
  Py_DECREF(object);
  object = make(&fails, XLGC_CALLABLE);
  py_put("fails", object);
  Py_DECREF(object);
}

static struct script {
  const char *name;
  char *text;
  char *tests[TESTS];
  int count;
} scripts[SCRIPTS] = {{.name = "held"}, {.name = "traps"}, {.name = "syntax"}, {.name = "collecting"}};

static void read_script(struct script *script) {
  const char *top = getenv("top_srcdir");
  char path[4096];
  snprintf(path, sizeof path, "%s/tests/python/%s.py", top ? top : XLGC_TEST_SOURCES, script->name);
  FILE *file = fopen(path, "r");
  if (!file) {
    printf("%s cannot be read\n", path);
    exit(1);
  }
  char line[4096];
  size_t length = 0;
  while (fgets(line, sizeof line, file)) {
    size_t bytes = strlen(line);
    script->text = realloc(script->text, length + bytes + 1);
    memcpy(script->text + length, line, bytes + 1);
    length += bytes;
    if (strncmp(line, "def test_", 9) || script->count == TESTS) continue;
    line[strcspn(line, "(")] = 0;
    script->tests[script->count++] = strdup(line + 4);
  }
  fclose(file);
}

static void run_test(struct script *script, int number) {
  xlgc_host *host;
  ok(xlgc_pool_create(NULL, &s.pool));
  s.toy = toy_open(s.pool, 0);
  ok(PyImport_AppendInittab("xlgc", xlgc_python_module)); /* so that it can be imported again */
  py_start();
  ok(xlgc_python_open(s.pool, &host));
  put_helpers();
  py_run(script->text);
  char call[300];
  snprintf(call, sizeof call, "%s()", script->tests[number]);
  printf("%s %s\n", script->name, script->tests[number]);
  fflush(stdout);
  py_run(call);
  /* What a test leaves behind goes too: half of the tests end the toy first. */
  for (unsigned i = 0; i < s.count; i++) {
    (void)xlgc_unpin(context(), *s.mirrored[i]);
  }
  if (number % 2) py_stop();
  toy_close(s.toy);
  if (number % 2 == 0) py_stop();
  for (unsigned i = 0; i < s.count; i++)
    free(s.mirrored[i]);
  s.count = 0;
  ck_assert_uint_eq(whole_pool(s.pool).links, 0);
  ok(xlgc_pool_destroy(s.pool));
}

START_TEST(held) { run_test(&scripts[0], _i); }
END_TEST
START_TEST(traps) { run_test(&scripts[1], _i); }
END_TEST
START_TEST(syntax) { run_test(&scripts[2], _i); }
END_TEST
START_TEST(collecting) { run_test(&scripts[3], _i); }
END_TEST

int main(void) {
  Suite *suite = suite_create("hosts_python_scripts");
  TCase *cases = trial_case(suite, "scripts");
  for (unsigned i = 0; i < SCRIPTS; i++)
    read_script(&scripts[i]);
  tcase_add_loop_test(cases, held, 0, scripts[0].count);
  tcase_add_loop_test(cases, traps, 0, scripts[1].count);
  tcase_add_loop_test(cases, syntax, 0, scripts[2].count);
  tcase_add_loop_test(cases, collecting, 0, scripts[3].count);
  int result = trial_run(suite);
  for (unsigned i = 0; i < SCRIPTS; i++) {
    for (int j = 0; j < scripts[i].count; j++)
      free(scripts[i].tests[j]);
    free(scripts[i].text);
  }
  return result;
}
