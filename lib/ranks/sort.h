/* Sorts a list of objects by slot, one object a unit: least significant digit radix sort over the bytes in which the
 * slots differ, on a list through `heap[1]`. It is linear, and needs no memory but the heads of the digits' lists. */
#ifndef XLGC_SORT_H
#define XLGC_SORT_H

#include "ranks/graph.h"

typedef struct xlgc__sort {
  uint32_t first, last; /* the list */
  uint32_t differ;      /* bits in which its slots differ */
  unsigned shift;       /* to the digit of this pass */
  uint64_t used[4];     /* digits that have a list */
  uint32_t head[256], tail[256];
} xlgc__sort;

/* Begins an empty list. */
void xlgc__sort_begin(xlgc__sort *sort);
/* Adds an object to the list. */
void xlgc__sort_add(xlgc__sort *sort, xlgc__graph *graph, uint32_t index);
/* One unit. Returns true when first to last are in order. */
bool xlgc__sort_step(xlgc__sort *sort, xlgc__graph *graph);

#endif
