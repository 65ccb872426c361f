/* The oracle: checks every invariant that doc/design.md numbers, and the set of orphans against a breadth-first
 * search from the roots, with nothing incremental about it. */
#ifndef XLGC_VERIFY_H
#define XLGC_VERIFY_H

#include "ranks/graph.h"

/* Between repairs. Lock taken, as it walks over all slots. why: a sentence about the first difference.
 * 0, XLGC_E_CORRUPT, XLGC_E_NOMEM. */
int xlgc__verify(const xlgc__graph *graph, char *why, size_t size_bytes);

#endif
