/* Chains of links from a root to an object: by the supporters, or a shortest one. Both leave in `hop` of each object of
 * the chain the one that it holds in it, and need no memory. Between rounds, or where a round has nothing on the lists of
 * its searches. */
#ifndef XLGC_NEAREST_H
#define XLGC_NEAREST_H

#include "table/list.h"
#include "ranks/graph.h"

/* Along supporters. Returns the root, or 0 where a certificate is broken. length: how many links there are. Cost: a look
 * at each object of the chain. */
uint32_t xlgc__nearest_by_supporters(const xlgc__graph *graph, uint32_t start, uint64_t *length);
/* Searches backwards, breadth first. Returns the root, or 0. distance: its, or XLGC_UNREACHABLE. looked: how many links
 * were looked at is added. */
uint32_t xlgc__nearest_root(const xlgc__graph *graph, uint32_t start, uint64_t *distance, uint64_t *looked);

/* A search from several objects at once, beginning with its graph, by _add of each and then _end, which returns a root, or
 * 0. What is avoided is in no chain; it is to be avoided no more afterwards. */
typedef struct xlgc__nearest_search {
  const xlgc__graph *graph;
  xlgc__list seen; /* chained */
  uint64_t looked; /* links */
  uint32_t found;
} xlgc__nearest_search;

void xlgc__nearest_avoid(const xlgc__graph *graph, uint32_t index, bool is_avoided);
void xlgc__nearest_add(xlgc__nearest_search *search, uint32_t index);
uint32_t xlgc__nearest_end(xlgc__nearest_search *search);

#endif
