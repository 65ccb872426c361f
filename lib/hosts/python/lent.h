/* Memory of Python's objects that other languages have: bytearrays, memoryviews, arrays. It stays as it is until it is
 * given back, as with a memoryview: Python refuses to change its size. Each loan holds a reference to its object, as
 * does the export; a summary counts neither as one from outside. */
#ifndef XLGC_HOSTS_PYTHON_LENT_H
#define XLGC_HOSTS_PYTHON_LENT_H

#include <xlgc/python.h>

/* Has the object memory that can be lent: to be written to, in one piece, of elements where others expect them? Returns
 * 1 or 0; -1 with an exception for a memoryview that was released. */
int xlgc__python_lent_can_be(PyObject *object);
/* Is it a memoryview, or another object of these types, whose memory cannot be lent, but copied? */
bool xlgc__python_lent_has_memory(PyObject *object);
/* How many bytes a buffer of any sort has; 0 for another object. The adapter's `bytes`. */
size_t xlgc__python_lent_bytes(void *engine, void *object);
/* A copy of it. Returns 0 or -1. */
int xlgc__python_lent_copy(PyObject *object, xlgc_value *out);
/* A memoryview of a copy that has come in, which cannot be written to. */
PyObject *xlgc__python_lent_unpack(const xlgc_value *value);
/* For a visit. Returns 0 or -1. */
int xlgc__python_lent_lend(PyObject *object, xlgc_memory *out);
/* Lets go of what was given back. The interpreter's lock is held. */
void xlgc__python_lent_take_back(void);
/* The objects of all loans that were not given back, to which each holds a reference. */
void xlgc__python_lent_each(void (*see)(void *data, PyObject *object), void *data);

#endif
