/* What the code of an engine reads and writes of Python's objects may go through functions of the program. */
#ifndef XLGC_HOSTS_PYTHON_FILTER_H
#define XLGC_HOSTS_PYTHON_FILTER_H

#include <stdbool.h>

#include <xlgc/python.h>

typedef struct xlgc__python_filter {
  xlgc_id root;
  PyObject *get, *set; /* or NULL */
  bool is_strict;      /* an object that has items has no attributes, and what is not there is an error */
  struct xlgc__python_filter *next;
} xlgc__python_filter;

/* root: that of the engine's host, which no other ever has. get, set: functions, or None. Returns 0, or -1 with an
 * exception. */
int xlgc__python_filter_put(xlgc_id root, PyObject *get, PyObject *set, bool is_strict);
/* That of an engine, or NULL. It is valid until code of Python's runs. */
const xlgc__python_filter *xlgc__python_filter_find(const xlgc_host *from);
/* Both return whether they have decided; then *found is a new reference, or NULL with an exception, and *failed is 0 or
 * -1. value: NULL deletes the item. filter: may be NULL. */
bool xlgc__python_filter_get(const xlgc__python_filter *filter, PyObject *object, PyObject *key, PyObject **found);
bool xlgc__python_filter_set(const xlgc__python_filter *filter, PyObject *object, PyObject *key, PyObject *value,
                             int *failed);
/* All are let go, if the interpreter is still there. */
void xlgc__python_filter_forget(void);

#endif
