/* What comes to a host from elsewhere: verdicts of the pool on its exports, and proxies that its engine's finalizers
 * let go, on whichever thread. Both are only noted then, and worked off when the host is used the next time. */
#ifndef XLGC_HOSTS_HANDOVER_H
#define XLGC_HOSTS_HANDOVER_H

#include "hosts/core/tables.h"

/* Messages that a host handles at most where it does so by itself, nodes that a call works off, and nodes that are left
 * to frames. Engines let go of more at once than calls can wait for. */
enum { XLGC__HOST_HANDOVER_SOME = 256, XLGC__HOST_HANDOVER_FEW = 16, XLGC__HOST_HANDOVER_LEFT = 1 << 14 };

/* Of exports: their release notes the verdict. */
extern const xlgc_kind xlgc__host_handover_export_kind;

/* Works off up to `max` nodes of what was noted, unless a call is in the middle of the tables. _drain leaves pins
 * alone, as cutting one may run code of the engine: values may be on their way. _unpin cuts them too. Returns whether
 * there were so many, and there may be more. */
bool xlgc__host_handover_drain(xlgc_host *host, size_t max);
bool xlgc__host_handover_unpin(xlgc_host *host, size_t max);
/* Drains a few. Where frames come, that is left to them, up to so many. */
void xlgc__host_handover_drain_few(xlgc_host *host);
/* What each function of the engine's thread begins with: XLGC_E_INVAL, XLGC_E_SHUTDOWN, XLGC_E_OTHER_THREAD; then
 * drains a few. */
int xlgc__host_handover_admit(xlgc_host *host);
/* The same of those that let something in or out: not when the pool has ended, XLGC_E_SHUTDOWN, or is the parent
 * process's, XLGC_E_FORK, whether an event would have to be logged or not. */
int xlgc__host_handover_let_cross(xlgc_host *host);
/* Handles up to `max` messages for an engine that was entered, and unpins as many, or a few. Returns how many messages,
 * or the pool's error. */
int xlgc__host_handover_dispatch_entered(xlgc_host *host, size_t max);

#endif
