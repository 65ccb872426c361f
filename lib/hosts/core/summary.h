#ifndef XLGC_HOSTS_SUMMARY_H
#define XLGC_HOSTS_SUMMARY_H

#include <stdbool.h>

#include <xlgc/host.h>

/* Words for xlgc_hosts_refuse. */
#define XLGC__HOST_SUMMARY_NESTED "a collection runs already"

/* A part of what comes before a quick summary: as the adapter's `prepare`; XLGC__HOST_IMAGE_RUNS (image.h) while there
 * is nothing to do but to wait. */
int xlgc__host_summary_prepare(xlgc_host *host);
/* Takes a summary and installs what is new in it. What is old stays until _commit. is_quick: as adapters are told. */
int xlgc__host_summary_take(xlgc_host *host, bool is_quick);
/* Drops what neither the last summary nor anything since has justified. */
int xlgc__host_summary_commit(xlgc_host *host);
/* As xlgc_host_summarise, at a safe point of the engine. */
int xlgc__host_summary_alone(xlgc_host *host, bool is_quick);
/* The root of an engine with weak references is linked to all that its exports are said to reach. */
int xlgc__host_summary_hold_weak(xlgc_host *host);

#endif
