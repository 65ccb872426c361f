#ifndef XLGC_HOSTS_SUMMARY_H
#define XLGC_HOSTS_SUMMARY_H

#include <stdbool.h>

#include <xlgc/host.h>

/* Takes a summary and installs what is new in it. What is old stays until _commit. is_quick: as adapters are told;
 * an image that is ready is used. */
int xlgc__host_summary_take(xlgc_host *host, bool is_quick);
/* Drops what neither the last summary nor anything since has justified. */
int xlgc__host_summary_commit(xlgc_host *host);
/* The quick summary that another thread has asked for, at a safe point of the engine; or a part of what comes before
 * it. Returns 0 when it is over, a positive number while there is more, or XLGC_E_*. */
int xlgc__host_summary_answer(xlgc_host *host);
/* The root of an engine with weak references is linked to all that its exports are said to reach. */
int xlgc__host_summary_hold_weak(xlgc_host *host);

#endif
