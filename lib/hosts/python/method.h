/* What proxies give that has a type of its own: methods and iterators. */
#ifndef XLGC_HOSTS_PYTHON_METHOD_H
#define XLGC_HOSTS_PYTHON_METHOD_H

#include <xlgc/python.h>

extern PyType_Spec xlgc__python_method_spec, xlgc__python_iterator_spec;

/* What an iterator gives: what is natural for the object, or what was asked for. */
enum { XLGC__PYTHON_NATURAL, XLGC__PYTHON_KEYS, XLGC__PYTHON_VALUES, XLGC__PYTHON_ITEMS };

void xlgc__python_method_dealloc(PyObject *self);

/* Both are new references, or NULL with an exception. */
PyObject *xlgc__python_method_bind(PyObject *function, PyObject *self);
PyObject *xlgc__python_method_iterate(PyObject *proxy, int what);
/* Are keys what is natural for an iterator over the object? Returns 1; 0, also for an object that none goes over; or -1
 * with an exception. */
int xlgc__python_method_gives_keys(PyObject *proxy);

#endif
