/* How a host calls its engine. */
#include <config.h>

#include "hosts/core/engine.h"

int xlgc__host_engine_enter(xlgc_host *host) { return host->adapter->enter ? host->adapter->enter(host->engine) : 0; }

void xlgc__host_engine_leave(xlgc_host *host) {
  if (host->adapter->leave) host->adapter->leave(host->engine);
}

void xlgc__host_engine_touch(xlgc_host *host) { atomic_fetch_add_explicit(&host->epoch, 1, memory_order_relaxed); }

uint64_t xlgc__host_engine_epoch(const xlgc_host *host) {
  return atomic_load_explicit(&host->epoch, memory_order_relaxed);
}
