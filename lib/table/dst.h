/* Digital search trees (Coffman and Eve 1970; Knuth, TAOCP 3, 6.3), intrusive: the nodes are records in segments,
 * each with a key and two children, named by index.
 *
 * A node is somewhere on the path that the bits of its key spell from the tree top, most significant first. The bits
 * are those of the key after a bijective mix, so that sequential keys spread. A tree is as deep as the longest
 * common run of leading bits, at most 32 below the top, whatever the keys. Inserting walks to the end of the path.
 * Removing a node replaces it by any leaf from below it: the leaf's key shares the path, so nothing else is
 * relocated. There is no rebalancing, no allocation and no recursion.
 *
 *   (D1) every node's mixed key begins with the bits of the path that leads to it
 *
 * A cursor visits in post-order. A change behind it is harmless: a removal only lifts nodes into positions already
 * visited that were visited themselves. So a node that is in the tree all the while is visited at least once. */
#ifndef XLGC_DST_H
#define XLGC_DST_H

#include "base/segments.h"

enum { XLGC__DST_DEPTH = 33 };

typedef struct xlgc__dst_shape {
  uint16_t key_at;       /* offset of the key (uint32_t) in a record */
  uint16_t children_at;  /* offset of its two children (uint32_t [2]) */
  uint16_t record_bytes; /* as in the segments; a constant where possible, which saves a multiplication a node */
} xlgc__dst_shape;

typedef struct xlgc__dst_cursor {
  uint64_t version; /* of the table, when the stack was right */
  uint32_t path;    /* bits that lead to the node visited last, first one topmost */
  uint8_t depth;
  bool started, ended;
  uint32_t stack[XLGC__DST_DEPTH];
} xlgc__dst_cursor;

/* Multiplication by an odd number and a xor-shift: both bijective. */
static inline uint32_t xlgc__dst_mix(uint32_t key) {
  key *= UINT32_C(0x9E3779B1);
  return key ^ key >> 15;
}

static inline unsigned xlgc__dst_bit(uint32_t mixed, unsigned depth) { return mixed >> (31 - depth) & 1; }

static inline char *xlgc__dst_at(const xlgc__segments *records, xlgc__dst_shape shape, uint32_t node) {
  return (char *)xlgc__segments_at_sized(records, node, shape.record_bytes);
}

static inline uint32_t xlgc__dst_key(const xlgc__segments *records, xlgc__dst_shape shape, uint32_t node) {
  return *(const uint32_t *)(const void *)(xlgc__dst_at(records, shape, node) + shape.key_at);
}

static inline uint32_t *xlgc__dst_children(const xlgc__segments *records, xlgc__dst_shape shape, uint32_t node) {
  return (uint32_t *)(void *)(xlgc__dst_at(records, shape, node) + shape.children_at);
}

/* The slot of the node with the key: the tree top, or a child of another node. If there is no such node it is the
 * slot for one, which is 0. Valid until the tree is changed. */
static inline uint32_t *xlgc__dst_slot(const xlgc__segments *records, xlgc__dst_shape shape, uint32_t *top,
                                       uint32_t key) {
  uint32_t mixed = xlgc__dst_mix(key);
  uint32_t *slot = top;
  for (uint32_t node; (node = *slot) != 0; mixed <<= 1) {
    const char *record = xlgc__dst_at(records, shape, node);
    if (*(const uint32_t *)(const void *)(record + shape.key_at) == key) break;
    slot = (uint32_t *)(void *)(record + shape.children_at) + (mixed >> 31);
  }
  return slot;
}

/* The node with the key, or 0. */
static inline uint32_t xlgc__dst_find(const xlgc__segments *records, xlgc__dst_shape shape, uint32_t top,
                                      uint32_t key) {
  return *xlgc__dst_slot(records, shape, &top, key);
}

/* Enters a node in the slot of its key, which is empty. */
static inline void xlgc__dst_put(const xlgc__segments *records, xlgc__dst_shape shape, uint32_t *slot, uint32_t node) {
  uint32_t *children = xlgc__dst_children(records, shape, node);
  children[0] = children[1] = 0;
  *slot = node;
}

/* The slot of some leaf at or below the node in a slot that is not empty. */
static inline uint32_t *xlgc__dst_leaf_slot(const xlgc__segments *records, xlgc__dst_shape shape, uint32_t *slot) {
  for (;;) {
    uint32_t *children = xlgc__dst_children(records, shape, *slot);
    if (!children[0] && !children[1]) return slot;
    slot = &children[children[1] != 0];
  }
}

/* Removes the node in a slot that is not empty. */
static inline void xlgc__dst_remove(const xlgc__segments *records, xlgc__dst_shape shape, uint32_t *slot) {
  uint32_t *from = xlgc__dst_leaf_slot(records, shape, slot);
  uint32_t leaf = *from;
  *from = 0;
  if (from == slot) return;
  const uint32_t *children = xlgc__dst_children(records, shape, *slot);
  uint32_t *heirs = xlgc__dst_children(records, shape, leaf);
  heirs[0] = children[0];
  heirs[1] = children[1];
  *slot = leaf;
}

/* A search that will be made soon. */
typedef struct xlgc__dst_walk {
  xlgc__dst_shape shape;
  bool removes;  /* its node is to be removed: the walk goes on to the leaf that will replace it */
  bool below;    /* and is on the way there */
  uint32_t node; /* where it is; at first the tree top, which may be 0 */
  uint32_t key, mixed;
} xlgc__dst_walk;

static inline xlgc__dst_walk xlgc__dst_walk_to(xlgc__dst_shape shape, uint32_t top, uint32_t key, bool removes) {
  return (xlgc__dst_walk){.shape = shape, .removes = removes, .node = top, .key = key, .mixed = xlgc__dst_mix(key)};
}

/* Asks for the memory of all nodes on the way of some searches: the walks go down together, level by level, so that
 * their cache misses overlap. Changes nothing but the walks. */
void xlgc__dst_ask(const xlgc__segments *records, xlgc__dst_walk *walks, unsigned count);

void xlgc__dst_cursor_start(xlgc__dst_cursor *cursor);
/* The next node, or 0 at the end. version: changes whenever a tree of these records does. */
uint32_t xlgc__dst_cursor_next(xlgc__dst_cursor *cursor, const xlgc__segments *records, xlgc__dst_shape shape,
                               uint32_t top, uint64_t version);

#endif
