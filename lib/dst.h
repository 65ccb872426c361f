/* Digital search trees (Coffman and Eve 1970; Knuth, TAOCP 3, 6.3), intrusive: the nodes are records in segments, each
 * with a key and two children, named by index.
 *
 * A node stands somewhere on the path that the bits of its key spell from the root, most significant first; the bits
 * are those of the key after a bijective mix, so that sequential keys spread. A tree is as deep as the longest common
 * run of leading bits, at most 32 below the root, whatever the keys. Inserting walks to the end of the path. Removing
 * a node puts any leaf from below it in its place: a leaf's key shares the path, so nothing else moves. No
 * rebalancing, no allocation, no recursion.
 *
 *   (D1) every node's mixed key begins with the bits of the path that leads to it
 *
 * A cursor visits in post-order. A change behind it is harmless: what a removal moves up into a place that was already
 * visited was visited too. So a node that is in the tree all the while is visited at least once. */
#ifndef XLGC_DST_H
#define XLGC_DST_H

#include "mem.h"

enum { XLGC__DST_DEPTH = 33 };

typedef struct xlgc__dst_shape {
  uint16_t key_at;      /* offset of the key (uint32_t) in a record */
  uint16_t children_at; /* offset of its two children (uint32_t [2]) */
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

static inline uint32_t xlgc__dst_key(const xlgc__segments *records, xlgc__dst_shape shape, uint32_t node) {
  return *(const uint32_t *)(const void *)((const char *)xlgc__segments_at(records, node) + shape.key_at);
}

static inline uint32_t *xlgc__dst_children(const xlgc__segments *records, xlgc__dst_shape shape, uint32_t node) {
  return (uint32_t *)(void *)((char *)xlgc__segments_at(records, node) + shape.children_at);
}

/* The node with the key, or 0. */
uint32_t xlgc__dst_find(const xlgc__segments *records, xlgc__dst_shape shape, uint32_t root, uint32_t key);
/* Enters a node whose key is not in the tree. */
void xlgc__dst_insert(const xlgc__segments *records, xlgc__dst_shape shape, uint32_t *root, uint32_t node);
/* Takes out the node with the key and returns it, or 0. */
uint32_t xlgc__dst_remove(const xlgc__segments *records, xlgc__dst_shape shape, uint32_t *root, uint32_t key);
/* Some leaf of a tree that is not empty. */
uint32_t xlgc__dst_leaf(const xlgc__segments *records, xlgc__dst_shape shape, uint32_t root);

void xlgc__dst_cursor_start(xlgc__dst_cursor *cursor);
/* The next node, or 0 at the end. version: changes whenever a tree of these records does. */
uint32_t xlgc__dst_cursor_next(xlgc__dst_cursor *cursor, const xlgc__segments *records, xlgc__dst_shape shape,
                               uint32_t root, uint64_t version);

#endif
