/* Links that wait a little for their unlink: a link that is dropped again before it would have been entered into the
 * table never touches it. Temporaries and objects that are let go as soon as they are made cost no operation on the
 * trees.
 *
 * A ring of the last links in the order applied, found by their target. Whatever else is applied to a target first has
 * its waiting link entered, so for each target the order of events is kept. A link that is entered late is no less there
 * at the end of the round's events, when the last ones are entered. Both events of a pair that cancels are events that
 * the round would have applied (R1), so nothing is changed by it: no pin is needed for the time between. */
#ifndef XLGC_CANCEL_H
#define XLGC_CANCEL_H

#include "queue/context.h"
#include "ranks/graph.h"
#include "rounds/misuse.h"

enum { XLGC__CANCEL_LINKS = 64, XLGC__CANCEL_TARGETS = 256 };

/* A link that waits. */
typedef struct xlgc__waiting {
  uint32_t source, target;
  uint32_t count;    /* how often it was linked; 0: it was cancelled, or entered */
  uint64_t position; /* of its first event in the log of its context */
  const xlgc_context *context;
} xlgc__waiting;

typedef struct xlgc__cancel {
  xlgc__graph *graph;
  xlgc__queue *queue;
  xlgc__misuse *misuse;
  xlgc__waiting ring[XLGC__CANCEL_LINKS];
  uint8_t by_target[XLGC__CANCEL_TARGETS]; /* 1 + a place in the ring, by the target; or 0 */
  uint32_t first, count;                   /* places in use, those without a link included */
  uint64_t cancelled;
} xlgc__cancel;

/* A plain link: lets it wait. `like` has its ends, its position and its context. XLGC_E_RELEASED when it can be told
 * already that it may not be made. */
int xlgc__cancel_link(xlgc__cancel *cancel, const xlgc__waiting *like);
/* A plain unlink. Returns whether it has cancelled a link that waited; otherwise the caller applies it. */
bool xlgc__cancel_unlink(xlgc__cancel *cancel, uint32_t source, uint32_t target);
/* Something else is about to be applied to a target: what waits for it is entered into the table. */
void xlgc__cancel_enter(xlgc__cancel *cancel, uint32_t target);
/* Enters the oldest link that waits. Returns false when none does. */
bool xlgc__cancel_enter_oldest(xlgc__cancel *cancel);
/* Enters a link into the table, now. XLGC_E_* as xlgc__graph_link. place: NULL, or the address of the pointer. */
int xlgc__cancel_link_now(xlgc__cancel *cancel, uint32_t source, uint32_t target, unsigned tag, void **place);

#endif
