/* Code of engines is stopped from outside: by the engine that has called it, as for Ctrl-C, or at the end of its time.
 *
 * A limit of time is a host's, and holds from the beginning of the outermost visit to it until the end of that. A thread
 * of the library's own, the watch, looks at the clock. When a call's time is over, the watch sends SIGURG to the thread
 * that is in the call, again and again: that is where an engine may be poked, and when it is poked it asks whether it is
 * to stop. The signal is one that programs ignore unless they ask for it; a program's own handler is called as well. */
#ifndef XLGC_HOSTS_STOPS_H
#define XLGC_HOSTS_STOPS_H

#include "hosts/core/tables.h"

/* Calls into the host's engine may take so long, or any time for 0. The caller has the engine. On error XLGC_E_UNKNOWN
 * for an engine that cannot be stopped, XLGC_E_NOMEM. */
int xlgc__host_stops_limit(xlgc_host *host, uint64_t limit_ns);
/* The host is closed, in no call. */
void xlgc__host_stops_free(xlgc_host *host);

/* A visit to a host that has a limit begins, and ends. */
void xlgc__host_stops_begin(const xlgc_visit *visit);
void xlgc__host_stops_end(const xlgc_visit *visit);
/* Is the time over that calls of this host may take? Of a host that this thread visits. */
bool xlgc__host_stops_is_over(const xlgc_host *host);

#endif
