/* Short words for tests with Python: starting and ending it, running text, objects that are counted. */
#ifndef HOSTS_PYTHON_H
#define HOSTS_PYTHON_H

#include <xlgc/python.h>

#include "support/toy.h"
#include "support/trial.h"

/* ck_assert tells its parent process each time; this only when it fails. */
#define must(condition)                                         \
  do {                                                          \
    if (!(condition)) py_abort(#condition, __FILE__, __LINE__); \
  } while (0)

/* The interpreter: without the site module, so that its heap is small. py_start makes a type Token, of which those
 * that are there are counted. */
extern uint64_t py_tokens;
void py_start(void);
void py_stop(void);

/* In __main__. _run: statements; _eval: a new reference; _is: whether the expression is true. */
void py_run(const char *text);
PyObject *py_eval(const char *text);
bool py_is(const char *text);
/* `name` is the object in __main__. */
void py_put(const char *name, PyObject *object);
bool py_is_proxy(PyObject *object);

/* Prints what exception is set, and fails the test. */
void py_abort(const char *what, const char *file, int line);

#endif
