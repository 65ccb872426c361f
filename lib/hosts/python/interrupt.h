/* Ctrl-C while another language runs that Python has called. */
#ifndef XLGC_HOSTS_PYTHON_INTERRUPT_H
#define XLGC_HOSTS_PYTHON_INTERRUPT_H

#include <stdbool.h>

/* Python code begins, and ends, to use an object of another engine. Returns whether an exception is set at the end that
 * stops the program, in place of what the use has answered. */
void xlgc__python_interrupt_begin(void);
bool xlgc__python_interrupt_end(void);
/* An exception leaves Python for another language. One that is no Exception, such as KeyboardInterrupt, SystemExit and
 * GeneratorExit, is not for that to catch: it goes on to the Python code outside of it. */
void xlgc__python_interrupt_pass(PyObject *error);
/* The adapter's `stops`. */
int xlgc__python_interrupt_stops(void *engine);

#endif
