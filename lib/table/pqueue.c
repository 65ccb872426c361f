#include <config.h>

#include "table/pqueue.h"

static uint64_t rank(const xlgc__segments *records, xlgc__pqueue_shape shape, uint32_t node) {
  return *(const uint64_t *)(const void *)((const char *)xlgc__segments_at(records, node) + shape.rank_at);
}

static uint32_t *children(const xlgc__segments *records, xlgc__pqueue_shape shape, uint32_t node) {
  return (uint32_t *)(void *)((char *)xlgc__segments_at(records, node) + shape.children_at);
}

static bool before(const xlgc__segments *records, xlgc__pqueue_shape shape, uint32_t a, uint32_t b) {
  uint64_t rank_a = rank(records, shape, a), rank_b = rank(records, shape, b);
  return rank_a < rank_b || (rank_a == rank_b && a < b);
}

void xlgc__pqueue_push(const xlgc__segments *records, xlgc__pqueue_shape shape, uint32_t *top, uint32_t node) {
  uint32_t *slot = top;
  uint32_t sinking = node;
  for (unsigned depth = 0; *slot; depth++) {
    uint32_t here = *slot;
    if (before(records, shape, sinking, here)) {
      uint32_t *mine = children(records, shape, sinking), *theirs = children(records, shape, here);
      mine[0] = theirs[0];
      mine[1] = theirs[1];
      *slot = sinking;
      uint32_t risen = sinking;
      sinking = here;
      here = risen;
    }
    slot = &children(records, shape, here)[xlgc__dst_bit(xlgc__dst_mix(sinking), depth)];
  }
  uint32_t *mine = children(records, shape, sinking);
  mine[0] = mine[1] = 0;
  *slot = sinking;
}

/* Removes the node in `slot`: its earlier child rises to replace it, and so on down. */
static void close_up(const xlgc__segments *records, xlgc__pqueue_shape shape, uint32_t *slot) {
  uint32_t *below = children(records, shape, *slot);
  uint32_t branch[2] = {below[0], below[1]};
  while (branch[0] || branch[1]) {
    unsigned side = !branch[0] || (branch[1] && before(records, shape, branch[1], branch[0]));
    uint32_t risen = branch[side];
    uint32_t *its = children(records, shape, risen);
    uint32_t left_behind[2] = {its[0], its[1]};
    its[0] = branch[0];
    its[1] = branch[1];
    *slot = risen;
    slot = &its[side];
    branch[0] = left_behind[0];
    branch[1] = left_behind[1];
  }
  *slot = 0;
}

uint32_t xlgc__pqueue_pop(const xlgc__segments *records, xlgc__pqueue_shape shape, uint32_t *top) {
  uint32_t first = *top;
  if (first) close_up(records, shape, top);
  return first;
}

void xlgc__pqueue_remove(const xlgc__segments *records, xlgc__pqueue_shape shape, uint32_t *top, uint32_t node) {
  uint32_t mixed = xlgc__dst_mix(node);
  uint32_t *slot = top;
  for (unsigned depth = 0; *slot != node; depth++)
    slot = &children(records, shape, *slot)[xlgc__dst_bit(mixed, depth)];
  close_up(records, shape, slot);
}
