/* What an object of another language that gives its keys, and is no function, has of a mapping's names, where it has no
 * field of the name: so dict(proxy) and **proxy are right. */
#ifndef XLGC_HOSTS_PYTHON_MAPPING_H
#define XLGC_HOSTS_PYTHON_MAPPING_H

#include <xlgc/python.h>

/* The method `name` of the proxy: a new reference. NULL without an exception when there is none, as that is no such name
 * or the object no such object; NULL with an exception when it could not be looked at. */
PyObject *xlgc__python_mapping_find(PyObject *proxy, PyObject *name);

#endif
