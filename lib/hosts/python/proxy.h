/* Objects of other engines in Python: proxies. */
#ifndef XLGC_HOSTS_PYTHON_PROXY_H
#define XLGC_HOSTS_PYTHON_PROXY_H

#include <xlgc/python.h>

/* The proxy of an id, or the object that has come home: a new reference, or NULL with an exception. */
PyObject *xlgc__python_proxy_make(xlgc_id id, unsigned traits);

/* Proxies of objects of this sort are made as ones of this class, while that is there. Returns 0, or -1 with an
 * exception. */
int xlgc__python_proxy_register(unsigned long sort, PyObject *class);

/* For the types of proxies. */
void xlgc__python_proxy_dealloc(PyObject *self);
int xlgc__python_proxy_traverse(PyObject *self, visitproc visit, void *arg);

#endif
