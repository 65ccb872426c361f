/* At most one thread of Python's is inside other engines. With the interpreter's lock. */
#ifndef XLGC_HOSTS_PYTHON_GIL_H
#define XLGC_HOSTS_PYTHON_GIL_H

#include <stdbool.h>

/* Returns 0 or XLGC_E_NOMEM. */
int xlgc__python_gil_prepare(void);
bool xlgc__python_gil_may_acquire(void);
/* Until it may be acquired. Releases the interpreter's lock meanwhile. */
void xlgc__python_gil_await(void);
/* These nest. */
void xlgc__python_gil_acquire(void);
void xlgc__python_gil_release(void);

#endif
