#ifndef XLGC_HOSTS_CALLS_H
#define XLGC_HOSTS_CALLS_H

#include "hosts/core/tables.h"

/* Enters the engine of an export; owner and handle are NULL for an object that is none. The caller uses the object. */
int xlgc__host_calls_enter(xlgc__host_object *object, xlgc_host **owner, void **handle);
/* A visit of this host's has ended, and its results were received. */
void xlgc__host_calls_returned(xlgc_host *from);

/* Enters a host for an object that has no id; xlgc_host_leave ends that. The lock is taken, and is let go. On error as
 * xlgc_host_enter; XLGC_E_STALE when the host is closed. */
int xlgc__host_calls_enter_host_locked(xlgc_host *host);

#endif
