/* Ctrl-C while another language runs that Python has called. */
#ifndef XLGC_HOSTS_PYTHON_INTERRUPT_H
#define XLGC_HOSTS_PYTHON_INTERRUPT_H

/* Python code begins, and ends, to use an object of another engine. After the end an exception may be set. */
void xlgc__python_interrupt_begin(void);
void xlgc__python_interrupt_end(void);
/* An exception leaves Python for another language: what stops a program goes on to the Python code outside of that. */
void xlgc__python_interrupt_pass(PyObject *error);
/* The adapter's `stops`. */
int xlgc__python_interrupt_stops(void *engine);

#endif
