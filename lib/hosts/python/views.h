/* What the module has that is written in Python: live views of objects of other languages, and plain copies of them. */
#ifndef XLGC_HOSTS_PYTHON_VIEWS_H
#define XLGC_HOSTS_PYTHON_VIEWS_H

#include <stdbool.h>

#include <xlgc/python.h>

/* The names: NULL behind the last. */
extern const char *const xlgc__python_views_names[];
/* `sequence`, `mapping` or `plain`, made at first use and then kept in the module: a new reference. NULL without an
 * exception for another name. */
PyObject *xlgc__python_views_find(PyObject *module, PyObject *name);

#endif
