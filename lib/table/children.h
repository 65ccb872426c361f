/* The order among the children of an object: a record a child, which says under which parent it is, and where among its
 * siblings. The table of links says that a parent holds its child; this says no more than the order.
 *
 * The records have the numbers of the objects' slots, so nothing is searched for by id. They lie in blocks of 256 that
 * come with the first child there and go with the last. A pool without children has none.
 *
 * The children of one parent are a treap (Seidel and Aragon 1996): a binary tree in their order whose priorities fall
 * from the top. A priority is a mix of the slot, so it takes no room. Each node knows how many there are at and below
 * it. All of finding a neighbour, the n-th child or the position of one, putting in and taking out touch an expected
 * logarithmic number of records of the same parent; a walk touches two a child.
 *
 *   (O1) a node's up, left and right agree, and so do the first node and `top` of the parent; all have the same parent
 *   (O2) priorities fall from the top
 *   (O3) a node counts itself and what is below it
 *   (O4) a record is zero unless its object is there, and is a child or has children; a block counts those that are not
 *
 * A record names its parent by slot and generation, so a parent's end touches none of its children: they have no parent
 * from then on. The treap stays until the slot is given back, for the parent's `release`; what the children say of
 * siblings is not read after that. All of it is guarded by the pool's lock. */
#ifndef XLGC_CHILDREN_H
#define XLGC_CHILDREN_H

#include "table/object.h"

typedef struct xlgc__child {
  uint32_t parent;                   /* its slot, or 0 */
  uint32_t generation : 24, tag : 8; /* of that slot; of the link */
  uint32_t up, left, right;          /* in the treap of its siblings */
  uint32_t count;                    /* in that, at it and below */
  uint32_t top;                      /* of the treap of its own children */
} xlgc__child;

_Static_assert(sizeof(xlgc__child) == 28, "a child's record has grown");

enum { XLGC__CHILD_BLOCK_BITS = 8, XLGC__CHILD_BLOCK_RECORDS = 1 << XLGC__CHILD_BLOCK_BITS };

typedef struct xlgc__child_block {
  uint32_t used; /* records that are not zero */
  xlgc__child records[XLGC__CHILD_BLOCK_RECORDS];
} xlgc__child_block;

/* All zero but the memory: empty. */
typedef struct xlgc__children {
  xlgc__memory *memory;
  xlgc__child_block **blocks; /* by slot; NULL where there are none */
  uint32_t capacity;          /* of that */
  xlgc__child_block *spare;   /* one without children, or NULL */
} xlgc__children;

/* The record of a slot whose block is there. */
static inline xlgc__child *xlgc__children_at(const xlgc__children *children, uint32_t index) {
  return &children->blocks[index >> XLGC__CHILD_BLOCK_BITS]->records[index & (XLGC__CHILD_BLOCK_RECORDS - 1)];
}

void xlgc__children_destroy(xlgc__children *children);

/* The parent of an object in this slot: 0 when it has none, or that has ended. */
uint32_t xlgc__children_parent(const xlgc__children *children, const xlgc__objects *objects, uint32_t child);
/* The tag of a child, also of one whose parent has ended. */
unsigned xlgc__children_tag(const xlgc__children *children, uint32_t child);
/* How many children an object has. */
uint32_t xlgc__children_count(const xlgc__children *children, uint32_t parent);
/* A child by its position, from 0; 0: there are not as many. */
uint32_t xlgc__children_nth(const xlgc__children *children, uint32_t parent, uint32_t position);
/* The sibling behind a child (or before it), which has a parent; or 0. */
uint32_t xlgc__children_neighbour(const xlgc__children *children, uint32_t child, bool behind);
/* The position of a child, which has a parent. */
uint32_t xlgc__children_position(const xlgc__children *children, uint32_t child);

/* See to it that there is room for the records of both; and take that back where it is not used. XLGC_E_NOMEM. */
int xlgc__children_prepare(xlgc__children *children, uint32_t parent, uint32_t child);
void xlgc__children_unprepare(xlgc__children *children, uint32_t parent, uint32_t child);
/* Puts an object under a parent, before another of its children or behind all (0); and takes it out from under the one
 * it had. There is room for the records. */
void xlgc__children_insert(xlgc__children *children, const xlgc__objects *objects, uint32_t parent, uint32_t before,
                           uint32_t child);
void xlgc__children_set_tag(xlgc__children *children, uint32_t child, unsigned tag);
/* Takes an object out from under its parent, if it has one. */
void xlgc__children_remove(xlgc__children *children, const xlgc__objects *objects, uint32_t child);

/* The object in a slot goes: it is no child any more, and its children have no parent. */
void xlgc__children_forget(xlgc__children *children, const xlgc__objects *objects, uint32_t index);
static inline void xlgc__children_end(xlgc__children *children, const xlgc__objects *objects, uint32_t index) {
  if (XLGC__UNLIKELY(children->blocks)) xlgc__children_forget(children, objects, index);
}

/* The first slot of which O1 to O4 do not hold, with the tag; 0: they all do. */
uint32_t xlgc__children_verify(const xlgc__children *children, const xlgc__objects *objects, const char **tag);

#endif
