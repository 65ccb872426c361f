/* What a host does at a safe point of its engine: when no value of the engine is only in C variables. */
#ifndef XLGC_HOSTS_SAFEPOINT_H
#define XLGC_HOSTS_SAFEPOINT_H

#include "hosts/core/tables.h"

/* A visit has ended that this thread's engine began, or that went to it: no value of it is on its way any more. Every so
 * often lets exports go, works on the pool, handles the host's messages, and collects when that is due. */
void xlgc__host_safepoint_pass(xlgc_host *host);
/* The engine of this thread is at a safe point, and in no call: does what it was asked for, if it was. */
void xlgc__host_safepoint_reach(xlgc_host *host);

#endif
