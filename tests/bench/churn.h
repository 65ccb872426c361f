/* Work that makes garbage beside a large heap, and whole structures that come and go, in small portions, for the rows
 * that look at what happens between them. What is garbage is known at each moment. */
#ifndef CHURN_H
#define CHURN_H

#include "heap.h"

typedef enum churn_shape { CHURN_LIST, CHURN_RING, CHURN_TREE, CHURN_SHAPES } churn_shape;

typedef struct churn {
  collector *collector;
  uint32_t groups, *replaceable, replaceable_count;
  uint64_t random;
  uint64_t dropped; /* objects that nobody holds any more, all in all */
  node **structure; /* in the order in which they were made */
  uint32_t size, made;
  churn_shape shape;
} churn;

/* The heap is built. */
void churn_start(churn *churn, collector *collector, uint32_t groups);
/* A group of 8 in place of another, which dies, and a pointer of a member elsewhere. */
void churn_once(churn *churn);
/* A structure of `size` objects: a list, a doubly linked ring, or a binary tree whose nodes hold their parent. */
void churn_begin(churn *churn, churn_shape shape, uint32_t size);
/* Makes up to `count` more objects of it; returns whether there are more to make. */
bool churn_grow(churn *churn, uint32_t count);
/* Lets go of it. */
void churn_drop(churn *churn);

#endif
