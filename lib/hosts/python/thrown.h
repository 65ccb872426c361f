/* What is thrown crosses. An exception comes home as it was, with its traceback. What another language threw is an
 * xlgc.Error in Python, with the attributes `original` (the value itself), `language`, `type`, `message` and `stack`, whose
 * cause is an xlgc.Origin. */
#ifndef XLGC_HOSTS_PYTHON_THROWN_H
#define XLGC_HOSTS_PYTHON_THROWN_H

#include <xlgc/python.h>

/* Sets the exception for what a visit has answered. Its objects are received. _as: of this sort, where Python has to make
 * one for an error of another language. */
void xlgc__python_thrown_throw(const xlgc_visit *visit, int code);
void xlgc__python_thrown_throw_as(PyObject *type, const xlgc_visit *visit, int code);
/* Makes the exception that is set the visit's error. Returns XLGC_E_RAISED, or XLGC_E_NOMEM for Python's MemoryError. */
int xlgc__python_thrown_raise(xlgc_visit *visit);

/* An exception for a value that another language has handed over as an error, as what is thrown. language: its name.
 * Returns a new reference, or NULL with an exception. */
PyObject *xlgc__python_thrown_make(const char *language, PyObject *original);

#endif
