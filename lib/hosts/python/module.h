/* The module `xlgc`. */
#ifndef XLGC_HOSTS_PYTHON_MODULE_H
#define XLGC_HOSTS_PYTHON_MODULE_H

#include <xlgc/python.h>

/* What a module's PyInit function answers. */
PyObject *xlgc__python_module_define(void);
/* Makes the interpreter a host, with the module that `import xlgc` finds, made if there is none. pool: NULL for the
 * default. Returns 0 or XLGC_E_*; exceptions stay as they were. */
int xlgc__python_module_open(xlgc_pool *pool);

#endif
