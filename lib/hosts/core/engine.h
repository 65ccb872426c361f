#ifndef XLGC_HOSTS_ENGINE_H
#define XLGC_HOSTS_ENGINE_H

#include "hosts/core/tables.h"

/* The adapter's `enter` and `leave`, if it has them. */
int xlgc__host_engine_enter(xlgc_host *host);
void xlgc__host_engine_leave(xlgc_host *host);
/* The epoch: something entered the engine, or left it. */
void xlgc__host_engine_touch(xlgc_host *host);
uint64_t xlgc__host_engine_epoch(const xlgc_host *host);

#endif
