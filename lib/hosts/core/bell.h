/* How a host of another thread is asked to take a summary by itself. */
#ifndef XLGC_HOSTS_BELL_H
#define XLGC_HOSTS_BELL_H

#include "hosts/core/tables.h"

/* Asks for it at its next safe point. Returns its bell, or XLGC_ID_NONE: the caller unpins it without the lock, which
 * wakes a thread that waits for the host's messages. */
xlgc_id xlgc__host_bell_ask_locked(xlgc_host *host);
/* From now on the host's thread can be woken. */
void xlgc__host_bell_hang(xlgc_host *host);

#endif
