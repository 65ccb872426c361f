/* Links that wait a little for their unlink: a link that is dropped again before it would have been entered into the
 * table never touches it. Temporaries and objects that are let go as soon as they are made cost no operation on the
 * trees.
 *
 * A ring of the last links in the order applied, found by their target. Whatever else is applied to a target first
 * has its waiting link entered, so for each target the order of events is kept; entered late, a link is no less there
 * at the end of the round's events, when the last ones are entered. Both events of a pair that cancels are ones that
 * the round would have applied (R1), so nothing is changed by it: no pin is needed for the time between. */
#ifndef XLGC_PAIRS_H
#define XLGC_PAIRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { XLGC__CANCEL_LINKS = 64, XLGC__CANCEL_SLOTS = 256 };

typedef struct xlgc__waiting {
  uint32_t source, target;
  uint32_t count;  /* how often it was linked; 0: it was cancelled */
  uint64_t events; /* the position of its first event in the log of its context */
  const void *context;
} xlgc__waiting;

typedef struct xlgc__cancel {
  xlgc__waiting ring[XLGC__CANCEL_LINKS];
  uint8_t slots[XLGC__CANCEL_SLOTS]; /* 1 + a place in the ring, by the target; or 0 */
  uint32_t first, count;             /* places in use, holes included */
  uint64_t cancelled;
} xlgc__cancel;

/* The waiting link to this target, or to another one that stands in its place; NULL: none does. */
static inline xlgc__waiting *xlgc__cancel_at(xlgc__cancel *pairs, uint32_t target) {
  uint8_t place = pairs->slots[target % XLGC__CANCEL_SLOTS];
  return place ? &pairs->ring[place - 1] : NULL;
}
/* The oldest, if the ring is full or `all` are wanted; or NULL. */
xlgc__waiting *xlgc__cancel_oldest(xlgc__cancel *pairs, bool all);
/* Lets a link wait. There is room, and nothing at its target's place. */
void xlgc__cancel_put(xlgc__cancel *pairs, xlgc__waiting pair);
/* It waits no more. */
void xlgc__cancel_take(xlgc__cancel *pairs, xlgc__waiting *pair);

#endif
