/* Natives: how objects of a pool that are no exports are used. The lock of all hosts guards their table. */
#ifndef XLGC_HOSTS_BRIDGE_H
#define XLGC_HOSTS_BRIDGE_H

#include "hosts/core/tables.h"

/* The context that a visit logs with: the visitor's, or this thread's. */
int xlgc__host_access_context(const xlgc_visit *visit, xlgc_context **out);
/* As xlgc_visit_raise, for words of our own. */
int xlgc__host_access_complain(xlgc_visit *visit, const char *message);

#endif
