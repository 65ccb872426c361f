/* What a host does at a safe point of its engine: when no value of the engine is only in C variables. */
#ifndef XLGC_HOSTS_SAFEPOINT_H
#define XLGC_HOSTS_SAFEPOINT_H

#include "hosts/core/tables.h"

/* Asks a host of another thread to take a summary at its next safe point, and wakes a thread that waits for the host's
 * messages. context: this thread's. The host cannot be closed meanwhile. */
void xlgc__host_safepoint_ask(xlgc_host *host, xlgc_context *context);
/* The engine of this thread is at a safe point, and in no call: does what it was asked for, if it was. */
void xlgc__host_safepoint_reach(xlgc_host *host);

#endif
