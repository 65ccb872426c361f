/* Lists of other languages, which are sequences of Python's: places below zero, slices, + and *, comparing element by
 * element, and the methods that they have no field for. */
#ifndef XLGC_HOSTS_PYTHON_SEQUENCE_H
#define XLGC_HOSTS_PYTHON_SEQUENCE_H

#include <xlgc/python.h>

extern PyType_Spec xlgc__python_sequence_spec;

/* Makes the type known as a MutableSequence. Returns 0, or -1 with an exception. */
int xlgc__python_sequence_register(PyObject *type);

#endif
