/* Chains of links from a root to an object, and where an object stands that none leads to. */
#ifndef XLGC_CHAINS_H
#define XLGC_CHAINS_H

#include <xlgc/why.h>

#include "base/text.h"
#include "pool/pool.h"

/* What is asked. */
typedef struct xlgc__query {
  unsigned flags;     /* of xlgc_why */
  const xlgc_id *but; /* what no chain may lead through */
  size_t but_count;
} xlgc__query;

/* Takes the pool and finds the chain. Returns 0, with the pool taken, the object's slot and the root of the chain, which
 * stands in `hop` of its objects then; the root is 0 if there is none. Or an error, without the pool. */
int xlgc__chains_begin(xlgc_pool *pool, xlgc_id id, const xlgc__query *query, uint32_t *index, uint32_t *root,
                       xlgc_standing *out);
/* Puts the chain in words, or where the object stands: takes the pool, and gives it back. */
int xlgc__chains_put(xlgc_pool *pool, xlgc_id id, unsigned flags, xlgc__text *text, xlgc_standing *standing);

#endif
