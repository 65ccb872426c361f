/* How Python's objects answer to visits of other engines. */
#ifndef XLGC_HOSTS_PYTHON_BEHAVIOUR_H
#define XLGC_HOSTS_PYTHON_BEHAVIOUR_H

#include <xlgc/python.h>

extern const xlgc_behaviour xlgc__python_behaviour;
extern PyType_Spec xlgc__python_cursor_spec;

#endif
