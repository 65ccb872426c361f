/* Bound methods. Python makes one anew each time that a function is read from an object; other languages are to have the
 * same export for all that are equal, so that what was added to a set or a list of listeners is found there again. */
#ifndef XLGC_HOSTS_PYTHON_BOUND_H
#define XLGC_HOSTS_PYTHON_BOUND_H

#include "hosts/python/engine.h"

/* The equal bound method that is pinned, or the object itself, which may be of any type. A borrowed reference. */
PyObject *xlgc__python_bound_find(PyObject *object);
/* Pins an object of any type. Without memory a bound method is not found by others that are equal, which is all. */
void xlgc__python_bound_pin(PyObject *object);
/* The adapter's function. */
void xlgc__python_bound_unpin(void *engine, void *handle);
/* The objects are gone, with their interpreter. */
void xlgc__python_bound_forget(void);

#endif
