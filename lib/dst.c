#include <config.h>

#include "dst.h"

uint32_t xlgc__dst_find(const xlgc__segments *records, xlgc__dst_shape shape, uint32_t root, uint32_t key) {
  uint32_t mixed = xlgc__dst_mix(key), node = root;
  for (unsigned depth = 0; node && xlgc__dst_key(records, shape, node) != key; depth++)
    node = xlgc__dst_children(records, shape, node)[xlgc__dst_bit(mixed, depth)];
  return node;
}

void xlgc__dst_insert(const xlgc__segments *records, xlgc__dst_shape shape, uint32_t *root, uint32_t node) {
  uint32_t mixed = xlgc__dst_mix(xlgc__dst_key(records, shape, node));
  uint32_t *slot = root;
  for (unsigned depth = 0; *slot; depth++)
    slot = &xlgc__dst_children(records, shape, *slot)[xlgc__dst_bit(mixed, depth)];
  uint32_t *children = xlgc__dst_children(records, shape, node);
  children[0] = children[1] = 0;
  *slot = node;
}

/* The slot that holds a leaf at or below the node in `slot`. */
static uint32_t *leaf_slot(const xlgc__segments *records, xlgc__dst_shape shape, uint32_t *slot) {
  for (;;) {
    uint32_t *children = xlgc__dst_children(records, shape, *slot);
    if (children[1])
      slot = &children[1];
    else if (children[0])
      slot = &children[0];
    else
      return slot;
  }
}

uint32_t xlgc__dst_leaf(const xlgc__segments *records, xlgc__dst_shape shape, uint32_t root) {
  return *leaf_slot(records, shape, &root);
}

uint32_t xlgc__dst_remove(const xlgc__segments *records, xlgc__dst_shape shape, uint32_t *root, uint32_t key) {
  uint32_t mixed = xlgc__dst_mix(key);
  uint32_t *slot = root;
  for (unsigned depth = 0; *slot && xlgc__dst_key(records, shape, *slot) != key; depth++)
    slot = &xlgc__dst_children(records, shape, *slot)[xlgc__dst_bit(mixed, depth)];
  uint32_t node = *slot;
  if (!node) return 0;
  uint32_t *from = leaf_slot(records, shape, slot);
  uint32_t leaf = *from;
  *from = 0;
  if (leaf != node) {
    uint32_t *children = xlgc__dst_children(records, shape, node);
    uint32_t *heirs = xlgc__dst_children(records, shape, leaf);
    heirs[0] = children[0];
    heirs[1] = children[1];
    *slot = leaf;
  }
  return node;
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

/* From the node on top down to the first one of its subtree in post-order. */
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

/* After the branch `bit` of the node on top is done. */
static uint32_t after_branch(xlgc__dst_cursor *cursor, const xlgc__segments *records, xlgc__dst_shape shape,
                             unsigned bit) {
  uint32_t node = cursor->stack[cursor->depth];
  uint32_t other = xlgc__dst_children(records, shape, node)[1];
  if (bit || !other) return node;
  step_down(cursor, other, 1);
  return first_below(cursor, records, shape);
}

/* Finds the place of the last visit again in a tree that has changed. Returns false when the tree no longer reaches
 * down to it; the top of the stack is then the last node on the way. */
static bool retrace(xlgc__dst_cursor *cursor, const xlgc__segments *records, xlgc__dst_shape shape, uint32_t root) {
  unsigned goal = cursor->depth;
  cursor->depth = 0;
  cursor->stack[0] = root;
  while (cursor->depth < goal) {
    unsigned bit = xlgc__dst_bit(cursor->path, cursor->depth);
    uint32_t child = xlgc__dst_children(records, shape, cursor->stack[cursor->depth])[bit];
    if (!child) return false;
    cursor->stack[++cursor->depth] = child;
  }
  return true;
}

uint32_t xlgc__dst_cursor_next(xlgc__dst_cursor *cursor, const xlgc__segments *records, xlgc__dst_shape shape,
                               uint32_t root, uint64_t version) {
  if (cursor->ended || !root) {
    cursor->ended = true;
    return 0;
  }
  bool changed = cursor->version != version;
  cursor->version = version;
  if (!cursor->started) {
    cursor->started = true;
    cursor->stack[0] = root;
    return first_below(cursor, records, shape);
  }
  if (changed && !retrace(cursor, records, shape, root))
    return after_branch(cursor, records, shape, xlgc__dst_bit(cursor->path, cursor->depth));
  if (cursor->depth == 0) {
    cursor->ended = true;
    return 0;
  }
  cursor->depth--;
  return after_branch(cursor, records, shape, xlgc__dst_bit(cursor->path, cursor->depth));
}
