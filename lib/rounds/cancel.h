/* Links that wait for a short time for their unlink: a link that is dropped again before it would have been entered
 * into the table never touches it. So temporaries, and objects that are let go as soon as they are made, cost no
 * operation on the trees.
 *
 * A ring of the last links in the order applied, found by their target. Before any other event is applied to a
 * target, its waiting link is entered, so for each target the order of events is kept. The last links are entered at
 * the end of the round's events, so none is missing then. Both events of a pair that cancels are events that the
 * round would have applied (R1), so the result is the same. No pin is needed for the time between. */
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
  uint8_t by_target[XLGC__CANCEL_TARGETS]; /* 1 + a slot of the ring, by the target; or 0 */
  uint32_t first, count;                   /* slots in use, those without a link included */
  uint64_t cancelled;
} xlgc__cancel;

/* A plain link: lets it wait. `like` has its ends, its position and its context. XLGC_E_RELEASED when it is known
 * already that it may not be made. */
int xlgc__cancel_link(xlgc__cancel *cancel, const xlgc__waiting *like);
/* A plain unlink. Returns whether it has cancelled a link that waited; otherwise the caller applies it. */
bool xlgc__cancel_unlink(xlgc__cancel *cancel, uint32_t source, uint32_t target);
/* Another event is about to be applied to a target: the link that waits for it is entered into the table. */
void xlgc__cancel_enter(xlgc__cancel *cancel, uint32_t target);
/* Enters the oldest link that waits. Returns false when none does. */
bool xlgc__cancel_enter_oldest(xlgc__cancel *cancel);
/* Enters a link into the table, now. XLGC_E_* as xlgc__graph_link. place: NULL, or the address of the pointer. */
int xlgc__cancel_link_now(xlgc__cancel *cancel, uint32_t source, uint32_t target, unsigned tag, void **place);

#endif
