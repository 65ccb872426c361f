/* Asks for the memory that the next events will need. In a large graph an event costs several cache misses that
 * depend on each other: the records of its two objects, and of the links on the way down their trees. Those of
 * different events do not depend on each other. So some dozens of events are prepared together before the first of
 * them is applied: all objects, then all trees, level by level.
 *
 * It only ever reads: an event that has gone stale meanwhile leads to some record or none. */
#ifndef XLGC_PREFETCH_H
#define XLGC_PREFETCH_H

#include "queue/event.h"
#include "ranks/graph.h"

enum {
  /* Events that are prepared together. More do not overlap better, and the records of the first may be gone from the
   * nearest cache when the last one is applied. Half as many take 2 % longer. */
  XLGC__PREFETCH_GROUP = 128,
  /* Objects and links that take less stay in the cache by themselves, and looking ahead costs half as much as
   * applying. */
  XLGC__PREFETCH_LEAST_BYTES = 4 << 20
};

/* The records of a log that were prepared last. */
typedef struct xlgc__prefetch {
  const xlgc__record *from, *to;
} xlgc__prefetch;

/* Is called with each event that is applied. end: one past the last record that may be read; wanted: how many events
 * will be applied now, at most. */
void xlgc__prefetch_at(xlgc__prefetch *prefetch, const xlgc__graph *graph, const xlgc__record *at,
                       const xlgc__record *end, int64_t wanted);

#endif
