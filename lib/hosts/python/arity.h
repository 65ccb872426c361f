/* How many arguments a callable takes, for languages whose functions take any number: there a caller passes what it has,
 * and the function what it wants. */
#ifndef XLGC_HOSTS_PYTHON_ARITY_H
#define XLGC_HOSTS_PYTHON_ARITY_H

#include <stdbool.h>

#include <xlgc/python.h>

/* Is it a function of Python's that takes just so many, as a rule it is? */
static inline bool xlgc__python_arity_is(PyObject *callable, Py_ssize_t count) {
  return PyFunction_Check(callable) && ((const PyCodeObject *)PyFunction_GET_CODE(callable))->co_argcount == count;
}
/* How many arguments without a default it takes, by position. Returns false when that is not known. */
bool xlgc__python_arity_least(PyObject *callable, Py_ssize_t *out);
/* Arguments that a callable does not take are dropped, and None stands for those that it lacks and has no default for.
 * Known are functions of Python, classes and instances by their methods of Python, partials without names, and functions
 * of C that tell; others get what was passed. arguments: a tuple, the reference is taken over. named: a dict or NULL; with
 * it none is added. Returns a tuple, a new reference, or NULL with an exception. */
PyObject *xlgc__python_arity_fit(PyObject *callable, PyObject *arguments, PyObject *named);

#endif
