#ifndef XLGC_HOSTS_ACCESS_H
#define XLGC_HOSTS_ACCESS_H

#include <xlgc/bridge.h>

/* The context that a visit logs with: the visitor's, or this thread's. */
int xlgc__host_access_context(const xlgc_visit *visit, xlgc_context **out);
/* As xlgc_visit_raise, for words of the library's own. */
int xlgc__host_access_complain(xlgc_visit *visit, const char *message);

#endif
