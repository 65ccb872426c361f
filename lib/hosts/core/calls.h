#ifndef XLGC_HOSTS_CALLS_H
#define XLGC_HOSTS_CALLS_H

#include "hosts/core/tables.h"

/* Enters the engine of an export; owner and handle are NULL for an object that is none. The caller uses the object. */
int xlgc__host_calls_enter(xlgc__host_object *object, xlgc_host **owner, void **handle);
/* A visit of this host's has ended, and its results were received. */
void xlgc__host_calls_returned(xlgc_host *from);

#endif
