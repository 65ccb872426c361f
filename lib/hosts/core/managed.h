/* Managed objects: fields that hold values, made for whoever has no engine. */
#ifndef XLGC_HOSTS_MANAGED_H
#define XLGC_HOSTS_MANAGED_H

#include "hosts/core/tables.h"

/* A pool that takes no more events releases nothing any more: frees its managed objects. For the end of its last host. */
void xlgc__host_owned_abandon(const xlgc_pool *pool);

#endif
