#include <config.h>

#include "table/dst.h"

/* Moves a walk to its next node, or 0. */
static void go_down(const xlgc__segments *records, xlgc__dst_walk *walk) {
  const uint32_t *children = xlgc__dst_children(records, walk->shape, walk->node);
  bool is_there = xlgc__dst_key(records, walk->shape, walk->node) == walk->key;
  if (is_there && !walk->removes) {
    walk->node = 0;
    return;
  }
  /* Below the node of its key it goes as xlgc__dst_leaf_slot does. */
  if (is_there) {
    walk->below = true;
    xlgc__segments_ask_to_give(records, walk->node);
  }
  unsigned bit = walk->below ? children[1] != 0 : walk->mixed >> 31;
  walk->mixed <<= 1;
  walk->node = children[bit];
}

void xlgc__dst_ask(const xlgc__segments *records, xlgc__dst_walk *walks, unsigned count) {
  while (count) {
    unsigned left = 0;
    for (unsigned i = 0; i < count; i++) {
      if (!walks[i].node) continue;
      walks[left] = walks[i];
      XLGC__PREFETCH(xlgc__dst_at(records, walks[left++].shape, walks[i].node));
    }
    for (unsigned i = 0; i < left; i++)
      go_down(records, &walks[i]);
    count = left;
  }
}

/* --------------------------------------------------------------- cursor */

void xlgc__dst_cursor_start(xlgc__dst_cursor *cursor) {
  cursor->started = cursor->ended = false;
  cursor->depth = 0;
  cursor->path = 0;
}

static void step_down(xlgc__dst_cursor *cursor, uint32_t node, unsigned bit) {
  uint32_t mask = UINT32_C(1) << (31 - cursor->depth);
  cursor->path = bit ? cursor->path | mask : cursor->path & ~mask;
  cursor->stack[++cursor->depth] = node;
}

/* From the node on top of the stack down to the first one of its subtree in post-order. */
static uint32_t first_below(xlgc__dst_cursor *cursor, const xlgc__segments *records, xlgc__dst_shape shape) {
  for (;;) {
    uint32_t *children = xlgc__dst_children(records, shape, cursor->stack[cursor->depth]);
    if (children[0])
      step_down(cursor, children[0], 0);
    else if (children[1])
      step_down(cursor, children[1], 1);
    else
      return cursor->stack[cursor->depth];
  }
}

/* The next node once the branch `bit` of the node on top of the stack is done. */
static uint32_t after_branch(xlgc__dst_cursor *cursor, const xlgc__segments *records, xlgc__dst_shape shape,
                             unsigned bit) {
  uint32_t node = cursor->stack[cursor->depth];
  uint32_t other = xlgc__dst_children(records, shape, node)[1];
  if (bit || !other) return node;
  step_down(cursor, other, 1);
  return first_below(cursor, records, shape);
}

/* Finds the position of the last visit again in a tree that has changed. Returns false when the tree no longer
 * reaches down to it; the top of the stack is then the last node on the way. */
static bool retrace(xlgc__dst_cursor *cursor, const xlgc__segments *records, xlgc__dst_shape shape, uint32_t top) {
  unsigned goal = cursor->depth;
  cursor->depth = 0;
  cursor->stack[0] = top;
  while (cursor->depth < goal) {
    unsigned bit = xlgc__dst_bit(cursor->path, cursor->depth);
    uint32_t child = xlgc__dst_children(records, shape, cursor->stack[cursor->depth])[bit];
    if (!child) return false;
    cursor->stack[++cursor->depth] = child;
  }
  return true;
}

uint32_t xlgc__dst_cursor_next(xlgc__dst_cursor *cursor, const xlgc__segments *records, xlgc__dst_shape shape,
                               uint32_t top, uint64_t version) {
  if (cursor->ended || !top) {
    cursor->ended = true;
    return 0;
  }
  bool changed = cursor->version != version;
  cursor->version = version;
  if (!cursor->started) {
    cursor->started = true;
    cursor->stack[0] = top;
    return first_below(cursor, records, shape);
  }
  if (changed && !retrace(cursor, records, shape, top))
    return after_branch(cursor, records, shape, xlgc__dst_bit(cursor->path, cursor->depth));
  if (cursor->depth == 0) {
    cursor->ended = true;
    return 0;
  }
  cursor->depth--;
  return after_branch(cursor, records, shape, xlgc__dst_bit(cursor->path, cursor->depth));
}
