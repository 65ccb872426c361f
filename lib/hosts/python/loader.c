/* What a stock interpreter loads for `import xlgc`: everything is in libxlgc-python, which programs that embed Python
 * link, so that there is one copy of it in either case. */
#include <config.h>

#include <xlgc/python.h>

PyMODINIT_FUNC PyInit_xlgc(void);
PyMODINIT_FUNC PyInit_xlgc(void) { return xlgc_python_module(); }
