#include <config.h>

#include "rounds/cancel.h"

xlgc__waiting *xlgc__cancel_oldest(xlgc__cancel *pairs, bool all) {
  for (; pairs->count; pairs->count--) {
    xlgc__waiting *pair = &pairs->ring[pairs->first];
    if (pair->count) return all || pairs->count == XLGC__CANCEL_LINKS ? pair : NULL;
    pairs->first = (pairs->first + 1) % XLGC__CANCEL_LINKS;
  }
  return NULL;
}

void xlgc__cancel_put(xlgc__cancel *pairs, xlgc__waiting pair) {
  if (pairs->count == XLGC__CANCEL_LINKS) {
    /* The oldest has been taken. */
    pairs->first = (pairs->first + 1) % XLGC__CANCEL_LINKS;
    pairs->count--;
  }
  uint32_t place = (pairs->first + pairs->count++) % XLGC__CANCEL_LINKS;
  pairs->ring[place] = pair;
  pairs->slots[pair.target % XLGC__CANCEL_SLOTS] = (uint8_t)(place + 1);
}

void xlgc__cancel_take(xlgc__cancel *pairs, xlgc__waiting *pair) {
  pairs->slots[pair->target % XLGC__CANCEL_SLOTS] = 0;
  pair->count = 0;
}
