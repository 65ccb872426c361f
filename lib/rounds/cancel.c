#include <config.h>

#include "rounds/cancel.h"

xlgc__pair *xlgc__pairs_oldest(xlgc__pairs *pairs, bool all) {
  for (; pairs->count; pairs->count--) {
    xlgc__pair *pair = &pairs->ring[pairs->first];
    if (pair->count) return all || pairs->count == XLGC__PAIRS ? pair : NULL;
    pairs->first = (pairs->first + 1) % XLGC__PAIRS;
  }
  return NULL;
}

void xlgc__pairs_put(xlgc__pairs *pairs, xlgc__pair pair) {
  if (pairs->count == XLGC__PAIRS) {
    /* The oldest has been taken. */
    pairs->first = (pairs->first + 1) % XLGC__PAIRS;
    pairs->count--;
  }
  uint32_t place = (pairs->first + pairs->count++) % XLGC__PAIRS;
  pairs->ring[place] = pair;
  pairs->slots[pair.target % XLGC__PAIR_SLOTS] = (uint8_t)(place + 1);
}

void xlgc__pairs_take(xlgc__pairs *pairs, xlgc__pair *pair) {
  pairs->slots[pair->target % XLGC__PAIR_SLOTS] = 0;
  pair->count = 0;
}
