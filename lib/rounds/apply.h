/* Applying one event: its objects are resolved, and the graph is changed. */
#ifndef XLGC_APPLY_H
#define XLGC_APPLY_H

#include "queue/log.h"
#include "ranks/graph.h"
#include "rounds/cancel.h"
#include "rounds/misuse.h"
#include "rounds/weak.h"

typedef struct xlgc__apply {
  xlgc__graph *graph;
  xlgc__queue *queue;
  xlgc__weaks *weaks;
  xlgc__cancel cancel;
  xlgc__misuse misuse;
  const xlgc__record *starved; /* the event last reported to lack memory */
  uint64_t events, late_drops;
} xlgc__apply;

/* Applies the event that a cursor of this context's log is at, and moves past it. may_wait: a drop whose add is not in
 * the table may find it later. Returns 0; or the event stays: XLGC_E_NOMEM, or XLGC_E_NOLINK, XLGC_E_NOPIN for a drop
 * that waits. Misuse is reported, and counts as applied. */
int xlgc__apply_event(xlgc__apply *apply, const xlgc_context *context, xlgc__cursor *cursor, bool may_wait);
/* Hands the pins of look-ups over to the graph, those of one object. Returns false when there are none. */
bool xlgc__apply_loads(xlgc__apply *apply);

#endif
