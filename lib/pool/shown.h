/* What is shown of objects and links to those that ask why objects are alive: as data (xlgc/why.h), and in words. The
 * pool is taken. */
#ifndef XLGC_SHOWN_H
#define XLGC_SHOWN_H

#include <xlgc/why.h>

#include "base/text.h"
#include "pool/pool.h"

/* link: from the object to another, or NULL. */
xlgc_holder xlgc__shown_object(const xlgc__graph *graph, uint32_t index, const xlgc__link *link);
/* The same of a source of an object. */
xlgc_holder xlgc__shown_source(const xlgc__graph *graph, uint32_t source, uint32_t target);
/* How many bytes go with an object, as its kind says and as it was noted. */
size_t xlgc__shown_bytes(xlgc_pool *pool, const xlgc_holder *object);

/* The next slot from `index` on with an object that is wanted, or 0. kind, flags: as for xlgc_each_object. The queue's lock
 * is taken, as another thread may make an object. */
uint32_t xlgc__shown_next(xlgc_pool *pool, uint64_t index, const xlgc_kind *kind, unsigned flags);

/* Puts the kind of an object, its label or its id, and where it was made. */
void xlgc__shown_put(xlgc_pool *pool, xlgc__text *text, const xlgc_holder *holder);

#endif
