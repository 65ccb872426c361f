#ifndef XLGC_HOSTS_WHY_H
#define XLGC_HOSTS_WHY_H

#include "hosts/core/tables.h"

/* As xlgc_host_explain, of a host that is entered. from: that asks, or NULL. */
int xlgc__host_why_own(const xlgc_host *from, xlgc_host *host, void *handle, size_t budget, char *text,
                       size_t size_bytes);

#endif
