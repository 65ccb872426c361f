/* The version of Python that runs. */
#ifndef XLGC_HOSTS_PYTHON_VERSION_H
#define XLGC_HOSTS_PYTHON_VERSION_H

#include <stdbool.h>

/* Is it the one that this library was built for? May be asked before the interpreter is started. */
bool xlgc__python_version_is_right(void);
/* What to say where it is not; until the thread asks again. */
const char *xlgc__python_version_words(void);
/* Raises an ImportError, whatever the version. */
void xlgc__python_version_refuse(void);

#endif
