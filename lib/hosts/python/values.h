/* Values between Python and xlgc_value. After an error its exception is set. */
#ifndef XLGC_HOSTS_PYTHON_VALUES_H
#define XLGC_HOSTS_PYTHON_VALUES_H

#include <stdbool.h>

#include <xlgc/python.h>

/* is_argument: text and bytes are the object's own, which outlives the value. Returns 0 or -1. */
int xlgc__python_values_pack(PyObject *object, bool is_argument, xlgc_value *out);
/* Can it be awaited in a coroutine? */
bool xlgc__python_values_is_awaited(PyObject *object);
/* A new reference, or NULL. */
PyObject *xlgc__python_values_unpack(const xlgc_value *value);

#endif
