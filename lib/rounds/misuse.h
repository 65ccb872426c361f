/* Misuse, found when an event is applied or by a pool that checks: counted, and reported to the program's on_error. */
#ifndef XLGC_MISUSE_H
#define XLGC_MISUSE_H

#include "queue/ledger.h"
#include "queue/queue.h"
#include "table/object.h"

typedef struct xlgc__misuse {
  void (*on_error)(void *data, const xlgc_error *error); /* NULL: only counted, or printed where the pool checks */
  void *data;
  const xlgc__objects *objects;
  xlgc__queue *queue;
  _Atomic uint64_t errors; /* relaxed: a count */
} xlgc__misuse;

/* Reports what was found as an event was applied, which this context logged at this position: fills that in, and what
 * is known of the objects. The pool's owner. */
void xlgc__misuse_report(xlgc__misuse *misuse, const char *context, uint64_t position, xlgc_error *error);
/* Fills in what is known of the objects, and of the place. The pool's owner, or the lock is taken. */
void xlgc__misuse_describe(const xlgc__misuse *misuse, xlgc_error *error);
/* Counts it, and calls on_error. The lock is not taken. */
void xlgc__misuse_tell(xlgc__misuse *misuse, const xlgc_error *error);
/* As xlgc_error_text. */
size_t xlgc__misuse_text(const xlgc_error *error, char *text, size_t size_bytes);

#endif
