/* Quick summaries in parts. What an engine holds is found out at one moment, S, and noted as facts: by a walk in this
 * process, or in an image. It is installed later, a few links at a time, while the engine goes on: all that is new, and
 * then, from the moment T on, what is old is dropped. doc/design.md has the argument. */
#ifndef XLGC_HOSTS_LATE_H
#define XLGC_HOSTS_LATE_H

#include "hosts/core/tables.h"

/* A part of what comes before S: as the adapter's `prepare`; XLGC__HOST_IMAGE_RUNS (image.h) while there is nothing to
 * do but to wait. */
int xlgc__host_late_prepare(xlgc_host *host);
/* A part of the summary, the preparation included, of a host that is this thread's and not silent. Returns 0 when it is
 * over, 1 or XLGC__HOST_IMAGE_RUNS while there is more, or XLGC_E_*: then it has been given up. It has also when the
 * engine has turned out to have weak references (`is_weak`): they lead to objects without an event. */
int xlgc__host_late_go_on(xlgc_host *host);
/* What the next part takes, when that is a walk, by what the last one took; else 0. */
uint64_t xlgc__host_late_walk_ns(const xlgc_host *host);
/* An image that is ready is installed at once. Returns 1 when there is none. */
int xlgc__host_late_install_image(xlgc_host *host);
/* Drops at once what neither the last summary nor anything since has justified. */
int xlgc__host_late_drop_all(xlgc_host *host);
/* Gives up what is under way, as another summary comes, or the host ends. */
void xlgc__host_late_end(xlgc_host *host);
/* The listeners of the pool hear that the summary begins, or ends, unless they have. */
void xlgc__host_late_tell(xlgc_host *host, bool ends);

/* The root is linked to all that exports are said to reach, now or before the next summary: finalizers may have found
 * it, and no summary has seen that. */
void xlgc__host_late_hold_reached(xlgc_host *host);

#endif
