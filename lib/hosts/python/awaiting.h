/* What is waited for: promises of other languages in asyncio, and Python's awaitables as thenables elsewhere. */
#ifndef XLGC_HOSTS_PYTHON_AWAITING_H
#define XLGC_HOSTS_PYTHON_AWAITING_H

#include <xlgc/python.h>

/* The type of proxies with the trait XLGC_AWAITED. */
extern PyType_Spec xlgc__python_awaiting_spec;

/* A function of an awaitable of Python's, for promises: it begins to wait, and calls what it is given, the `resolve` of a
 * promise. A new reference, or NULL with an exception. */
PyObject *xlgc__python_awaiting_then(PyObject *awaitable);

#endif
