/* Exceptions for codes. What another language has thrown is in thrown.h. */
#ifndef XLGC_HOSTS_PYTHON_ERRORS_H
#define XLGC_HOSTS_PYTHON_ERRORS_H

#include <xlgc/python.h>

/* Sets the exception for what a function of xlgc has answered. visit: may be NULL. */
void xlgc__python_errors_throw(const xlgc_visit *visit, int code);
void xlgc__python_errors_throw_text(PyObject *type, const char *text);
/* xlgc is used while there is no host. */
void xlgc__python_errors_throw_closed(void);
/* A proxy is used that is none of the host's: its own was closed. */
void xlgc__python_errors_throw_stale(PyObject *proxy);
/* What a function of xlgc answers instead of the exception that is set. */
int xlgc__python_errors_code(void);

#endif
