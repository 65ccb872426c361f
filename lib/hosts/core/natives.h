#ifndef XLGC_HOSTS_NATIVES_H
#define XLGC_HOSTS_NATIVES_H

#include <xlgc/bridge.h>

/* How an object that is no export is used, or NULL. self: for its behaviour. */
const xlgc_behaviour *xlgc__host_natives_find(xlgc_id id, void **self);

#endif
