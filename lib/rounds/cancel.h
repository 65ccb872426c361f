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

enum { XLGC__PAIRS = 64, XLGC__PAIR_SLOTS = 256 };

typedef struct xlgc__pair {
  uint32_t source, target;
  uint32_t count;  /* how often it was linked; 0: it was cancelled */
  uint64_t events; /* the position of its first event in the log of its context */
  const void *context;
} xlgc__pair;

typedef struct xlgc__pairs {
  xlgc__pair ring[XLGC__PAIRS];
  uint8_t slots[XLGC__PAIR_SLOTS]; /* 1 + a place in the ring, by the target; or 0 */
  uint32_t first, count;           /* places in use, holes included */
  uint64_t cancelled;
} xlgc__pairs;

/* The waiting link to this target, or to another one that stands in its place; NULL: none does. */
static inline xlgc__pair *xlgc__pairs_at(xlgc__pairs *pairs, uint32_t target) {
  uint8_t place = pairs->slots[target % XLGC__PAIR_SLOTS];
  return place ? &pairs->ring[place - 1] : NULL;
}
/* The oldest, if the ring is full or `all` are wanted; or NULL. */
xlgc__pair *xlgc__pairs_oldest(xlgc__pairs *pairs, bool all);
/* Lets a link wait. There is room, and nothing at its target's place. */
void xlgc__pairs_put(xlgc__pairs *pairs, xlgc__pair pair);
/* It waits no more. */
void xlgc__pairs_take(xlgc__pairs *pairs, xlgc__pair *pair);

#endif
