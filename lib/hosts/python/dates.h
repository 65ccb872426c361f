/* Moments, as datetime.datetime has them. Those of classes derived from it are objects like others. */
#ifndef XLGC_HOSTS_PYTHON_DATES_H
#define XLGC_HOSTS_PYTHON_DATES_H

#include <xlgc/python.h>

/* Is it one? No code runs. */
bool xlgc__python_dates_is(PyObject *object);
/* Without a time zone it is in the machine's own. Returns 0 or -1. */
int xlgc__python_dates_pack(PyObject *object, xlgc_value *out);
/* In UTC. A new reference, or NULL with an exception. */
PyObject *xlgc__python_dates_unpack(int64_t microseconds);

#endif
