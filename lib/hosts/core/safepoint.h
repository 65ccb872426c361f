/* What a host does at a safe point of its engine: when no value of the engine is only in C variables. */
#ifndef XLGC_HOSTS_SAFEPOINT_H
#define XLGC_HOSTS_SAFEPOINT_H

#include "hosts/core/tables.h"

/* Asks a host of another thread to take a summary at its next safe point. Returns its bell, or XLGC_ID_NONE: the caller
 * unpins it without the lock, which wakes a thread that waits for the host's messages. */
xlgc_id xlgc__host_safepoint_ask_locked(xlgc_host *host);
/* A visit has ended that this thread's engine began, or that went to it: no value of it is on its way any more. Every so
 * often lets exports go, works on the pool, and handles the host's messages. */
void xlgc__host_safepoint_pass(xlgc_host *host);
/* The engine of this thread is at a safe point, and in no call: does what it was asked for, if it was. */
void xlgc__host_safepoint_reach(xlgc_host *host);

#endif
