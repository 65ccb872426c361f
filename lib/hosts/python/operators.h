/* What Python code does with proxies. */
#ifndef XLGC_HOSTS_PYTHON_OPERATORS_H
#define XLGC_HOSTS_PYTHON_OPERATORS_H

#include <xlgc/python.h>

extern PyType_Spec xlgc__python_proxy_spec, xlgc__python_callable_spec, xlgc__python_operators_engine_spec;

/* Sets an element or attribute of the object. Returns 0, or -1 with an exception. */
int xlgc__python_operators_set(PyObject *proxy, PyObject *key, PyObject *value);

#endif
