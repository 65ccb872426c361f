/* Tables that grow and shrink with the program: digital search trees as in dst.h, of nodes that lie in records of their
 * own and name each other by address. A table allocates nothing and is never built anew: adding, finding and removing
 * touch the nodes of one path, whatever the table holds.
 *
 * A node is somewhere on the path that the bits of its mixed key spell from the top, two at a time, most significant
 * first. The mix is bijective, so keys are equal where their mixes are, and a path has at most 32 steps; keys in sequence
 * and addresses spread to about half of log2 of their count. A node that is removed is replaced by any leaf below it.
 *
 * A caller that may be beside others has taken a lock. */
#ifndef XLGC_TREE_H
#define XLGC_TREE_H

#include <stddef.h>
#include <stdint.h>

enum { XLGC__TREE_BITS = 2, XLGC__TREE_WIDTH = 1 << XLGC__TREE_BITS };

typedef struct xlgc__tree_node {
  uint64_t mixed;
  struct xlgc__tree_node *children[XLGC__TREE_WIDTH];
} xlgc__tree_node;

/* All zero: empty. */
typedef struct xlgc__tree {
  xlgc__tree_node *top;
  size_t count;
} xlgc__tree;

/* The record that has the node at so many bytes (offsetof); NULL for NULL. */
static inline void *xlgc__tree_record(xlgc__tree_node *node, size_t offset) {
  return node ? (char *)node - offset : NULL;
}

/* Fibonacci hashing (Knuth, TAOCP 3, 6.4): all bits of the key reach the first ones. */
static inline uint64_t xlgc__tree_mix(uint64_t key) { return key * UINT64_C(0x9E3779B97F4A7C15); }

/* Where the node with a mixed key is named, or would be. */
static inline xlgc__tree_node **xlgc__tree_slot(xlgc__tree_node **top, uint64_t mixed) {
  xlgc__tree_node **slot = top;
  for (uint64_t bits = mixed; *slot && (*slot)->mixed != mixed; bits <<= XLGC__TREE_BITS)
    slot = &(*slot)->children[bits >> (64 - XLGC__TREE_BITS)];
  return slot;
}

/* The node with the key, or NULL. */
static inline xlgc__tree_node *xlgc__tree_find(const xlgc__tree *tree, uint64_t key) {
  const uint64_t mixed = xlgc__tree_mix(key);
  xlgc__tree_node *node = tree->top;
  for (uint64_t bits = mixed; node && node->mixed != mixed; bits <<= XLGC__TREE_BITS)
    node = node->children[bits >> (64 - XLGC__TREE_BITS)];
  return node;
}

/* Enters a node with a key that no other has. */
static inline void xlgc__tree_add(xlgc__tree *tree, uint64_t key, xlgc__tree_node *node) {
  *node = (xlgc__tree_node){.mixed = xlgc__tree_mix(key)};
  *xlgc__tree_slot(&tree->top, node->mixed) = node;
  tree->count++;
}

/* Puts a node in the place of one that is in the tree, for the same key. */
static inline void xlgc__tree_replace(xlgc__tree *tree, const xlgc__tree_node *old, xlgc__tree_node *node) {
  *node = *old;
  *xlgc__tree_slot(&tree->top, old->mixed) = node;
}

/* Where some child of a node is named, or NULL. */
static inline xlgc__tree_node **xlgc__tree_child(xlgc__tree_node *node) {
  for (unsigned i = 0; i < XLGC__TREE_WIDTH; i++)
    if (node->children[i]) return &node->children[i];
  return NULL;
}

/* Takes out a node that is in the tree. */
static inline void xlgc__tree_remove(xlgc__tree *tree, const xlgc__tree_node *node) {
  xlgc__tree_node **slot = xlgc__tree_slot(&tree->top, node->mixed), **from = slot;
  for (xlgc__tree_node **child; (child = xlgc__tree_child(*from)) != NULL;)
    from = child;
  xlgc__tree_node *leaf = *from;
  const uint64_t mixed = leaf->mixed;
  *from = NULL;
  if (leaf != node) {
    *leaf = *node;
    leaf->mixed = mixed;
    *slot = leaf;
  }
  tree->count--;
}

#endif
