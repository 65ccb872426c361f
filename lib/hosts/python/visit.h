/* Python code's visits of objects of other engines. After an error its exception is set. */
#ifndef XLGC_HOSTS_PYTHON_VISIT_H
#define XLGC_HOSTS_PYTHON_VISIT_H

#include <xlgc/python.h>

/* Returns 0 or -1. */
int xlgc__python_visit_begin(PyObject *proxy, xlgc_visit *visit);
/* Returns 0, or -1 when an exception is set that stops the program: then the visit has no result. */
int xlgc__python_visit_end(xlgc_visit *visit);
/* The same for a result, which is dropped then: the result, or NULL. */
PyObject *xlgc__python_visit_end_with(xlgc_visit *visit, PyObject *result);
/* Calls what a proxy stands for. self: NULL or a proxy. Returns a new reference, or NULL. */
PyObject *xlgc__python_visit_call(PyObject *proxy, PyObject *self, PyObject *arguments, PyObject *keywords);

#endif
