/* A priority queue that needs no memory of its own: a digital priority search tree (McCreight 1985, on the bits of
 * the index instead of ranges). The nodes are records in segments, each with a 64-bit rank and two children, named
 * by index.
 *
 * Two orders hold at once. As in a digital search tree, a node is on the path that the bits of its mixed index
 * spell. As in a heap, no node is above one that is before it in (rank, index). So the first node is the tree top.
 * Pushing lets the later of two nodes sink along its own path; removing a node lets the earlier child rise. A given
 * node is found by its path. Every operation visits 33 nodes at most, whatever the order of arrival; none allocates.
 *
 *   (Q1) a node's mixed index begins with the bits of its path
 *   (Q2) a child is not before its parent in (rank, index)
 *
 * A rank must not change while its node is in a queue. */
#ifndef XLGC_PQUEUE_H
#define XLGC_PQUEUE_H

#include "table/dst.h"

typedef struct xlgc__pqueue_shape {
  uint16_t rank_at;     /* offset of the rank (uint64_t) in a record */
  uint16_t children_at; /* offset of its two children (uint32_t [2]) */
} xlgc__pqueue_shape;

void xlgc__pqueue_push(const xlgc__segments *records, xlgc__pqueue_shape shape, uint32_t *top, uint32_t node);
/* Takes out the first node and returns it; 0 when there is none. */
uint32_t xlgc__pqueue_pop(const xlgc__segments *records, xlgc__pqueue_shape shape, uint32_t *top);
/* Removes a node that is in the queue. */
void xlgc__pqueue_remove(const xlgc__segments *records, xlgc__pqueue_shape shape, uint32_t *top, uint32_t node);

#endif
