/* Asking for the memory that the next events will need, while this one is applied. Far from each other in a large graph,
 * the records of an event's two objects and of the links in their trees are several cache misses that depend on each
 * other: each is asked for by a later look at the event, as it comes nearer.
 *
 * It only ever reads: an event that has gone stale meanwhile leads to some record or none. */
#ifndef XLGC_PREFETCH_H
#define XLGC_PREFETCH_H

#include "event.h"
#include "graph.h"

/* Call it with each event that is applied. end: one past the last record that may be read. */
void xlgc__prefetch(const xlgc__graph *graph, const xlgc__record *at, const xlgc__record *end);

#endif
