/* Scanners (xlgc/scan.h): reports of a host's roots become pins and unpins of the context that the scanner belongs to.
 *
 *   (S1) a root is in a scanner's table <=> its pin has been logged, and its unpin has not
 *   (S2) after the cut of a round, and before it saves, each scanner was asked; what it named was pinned by then
 *   (S3) a scan unpins only once all that it named is pinned
 *
 * The unpins of a scan come after the cut, so the round that has asked does not apply them. */
#ifndef XLGC_SCANNERS_H
#define XLGC_SCANNERS_H

#include <xlgc/scan.h>

#include "pool/pool.h"

/* As the public functions, for a context that may log or be asked. */
int xlgc__scanners_add(xlgc_context *context, const char *name, xlgc_scan_roots *roots, void *data, uint64_t *out);
int xlgc__scanners_remove(xlgc_context *context, uint64_t number);
int xlgc__scanners_report(xlgc_report *report, xlgc_id object);
/* Asks the scanners of a context, on its thread. XLGC_E_BUSY, or as a report. */
int xlgc__scanners_ask(xlgc_context *context);
/* The same if a round waits for that. */
int xlgc__scanners_answer(xlgc_context *context);
/* For a round: asks them if this is the context's thread; XLGC_E_HELD: it is not. */
int xlgc__scanners_ask_here(xlgc_context *context);
/* For a round: the context has ended, and all that it logged is applied. Unpins up to `max` of what its scanners have
 * reported, and frees those that have none left. Returns whether none is left. Lock taken. */
bool xlgc__scanners_drop(xlgc_context *context, size_t max);
/* The pool is destroyed, and no host holds anything any more: removes all scanners. */
void xlgc__scanners_remove_all(xlgc_pool *pool);
/* Frees what is left of them. */
void xlgc__scanners_free_all(xlgc_pool *pool);

#endif
