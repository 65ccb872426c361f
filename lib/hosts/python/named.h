/* Arguments of a call, some of which are objects that have arguments by name. */
#ifndef XLGC_HOSTS_PYTHON_NAMED_H
#define XLGC_HOSTS_PYTHON_NAMED_H

#include <stdbool.h>

#include <xlgc/python.h>

static inline bool xlgc__python_named_is(const xlgc_value *value) {
  return value->type == XLGC_OBJECT && value->traits & XLGC_NAMED;
}
/* The arguments by position, a new tuple, or NULL with an exception. named: NULL; out, a new dict or NULL. */
PyObject *xlgc__python_named_make(const xlgc_value *arguments, size_t count, PyObject **named);

#endif
