/* Digital search trees, in pictures. dst.h says what they are; here is how one works.
 *
 * A node is a record that has a key and two children. The bits of the key, after a bijective mix, spell a path from the
 * tree top: 0 goes to the first child, 1 to the second. A node stands somewhere on its own path (D1), not at its end:
 * as near to the top as there was room when it was put in. Here the keys 5, 2, 7, 3, 6, 1, 4 were put in in this order.
 * Beside each stand the first bits of its mixed key; those that lead to the node are in brackets:
 *
 *                     5 ()0001
 *                   0 /      \ 1
 *           2 (0)0111         3 (1)1011               an object with 7 links: each is a node here, found by the object
 *                 \ 1        0 /                      at its other end, and a node of a second tree over there
 *              7 (01)0100   6 (10)1101
 *                   \ 1      0 /
 *             4 (011)1100   1 (100)1111
 *
 * To find 4, whose mixed key begins with 0111: it is not 5; bit 0, it is not 2; bit 1, not 7; bit 1: found. A key is
 * looked for by comparing whole keys on the way, and an empty child says that it is not there, and where it would be
 * put.
 *
 * To remove a node no other node is compared, and at most one moves. All nodes below it have its path as the beginning
 * of theirs. So any of them may stand in its position, and a leaf leaves no hole where it was:
 *
 *   remove 2                                          remove 5 from the tree on the left
 *                     5                                                 1 ()1001
 *                   0 / \ 1                                           0 / \ 1
 *           4 (0)1111     3                                           4     3
 *                 \ 1   0 /         the leaf below 2 is 4:              \ 1   0 /     the leaf below 5, by 3 and 6,
 *                  7     6          it takes the position                7     6      is 1
 *                     0 /           and the children of 2
 *                      1
 *
 * Any leaf would do; xlgc__dst_leaf_slot goes to the second child where there is one, so that the walk that asks for
 * memory ahead of time (xlgc__dst_ask) goes the same way.
 *
 * Nothing is ever balanced. The nodes above one at depth d have at least the first 0, 1, ... d - 1 bits in common with
 * it, and a key has 32 bits: so a tree is at most 32 deep below its top, whatever the keys. The mix spreads keys that
 * are near each other, so n keys make a tree some log2(n) deep as a rule. A walk needs a stack of XLGC__DST_DEPTH nodes
 * and no recursion.
 *
 * A cursor visits all nodes in post-order, children before their parent: 4 7 2 1 6 3 5 in the first tree. Between two
 * of its steps the tree may change, as a repair stops after any unit. It has the path of the node visited last; when
 * the version of the table has changed, it goes down that path anew (retrace). Let it have visited 4 and 7:
 *
 *   4 is removed    the path of 7, which is 01, is still there: it goes on to 2
 *   7 is removed    4, which was visited, stands at 01 now: it goes on to 2 as well
 *   2 is removed    4 stands at 0 and is visited a second time
 *   3 is removed    1, not visited so far, stands at 1 where it will be
 *
 * Post-order is what makes this right. A removal moves a leaf up from below a position. If that position has been
 * visited, so has all below it. So a node that is in the tree all the while is visited at least once, some of them
 * twice; a node that is put in meanwhile may be missed. */
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
