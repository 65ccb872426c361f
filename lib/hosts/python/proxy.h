/* Objects of other engines in Python. */
#ifndef XLGC_HOSTS_PYTHON_PROXY_H
#define XLGC_HOSTS_PYTHON_PROXY_H

#include <xlgc/python.h>

extern PyType_Spec xlgc__python_proxy_spec, xlgc__python_callable_spec;

/* For xlgc__python_parts. */
PyObject *xlgc__python_proxy_make(xlgc_id id, unsigned traits);
void xlgc__python_proxy_dealloc(PyObject *self);
/* Sets an element or attribute of the object. Returns 0, or -1 with an exception. */
int xlgc__python_proxy_set(PyObject *proxy, PyObject *key, PyObject *value);

#endif
