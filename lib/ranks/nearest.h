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

#endif
