/* What comes to a host from elsewhere: verdicts of the pool on its exports, and proxies that its engine's finalizers let
 * go, on whichever thread. Both are only noted then, and worked off when the host is used the next time. And how the
 * engine is entered. */
#ifndef XLGC_HOSTS_HANDOVER_H
#define XLGC_HOSTS_HANDOVER_H

#include "hosts/core/tables.h"

/* Of exports: their release notes the verdict. */
extern const xlgc_kind xlgc__host_handover_export_kind;

/* The adapter's hooks, if it has them. */
int xlgc__host_engine_enter(xlgc_host *host);
void xlgc__host_engine_leave(xlgc_host *host);
/* The engine's epoch: something entered or left it. */
void xlgc__host_engine_touch(xlgc_host *host);
uint64_t xlgc__host_engine_epoch(const xlgc_host *host);

/* Works off what was noted, unless somebody is in the middle of the tables. */
void xlgc__host_handover_drain(xlgc_host *host);
/* What each function begins with: XLGC_E_INVAL, XLGC_E_SHUTDOWN; then drains. */
int xlgc__host_handover_admit(xlgc_host *host);

/* Enters the engine of an export; owner and handle are NULL for an object that is none. Of an object the caller uses. */
int xlgc__host_calls_enter(xlgc__host_object *object, xlgc_host **owner, void **handle);

#endif
