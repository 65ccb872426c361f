/* Finalizers of single objects (xlgc/finalizer.h): a table beside the objects' records, by object and by number.
 *
 * An object with finalizers has a mark in its record, which is set under the lock, before the object ends (object.h): the
 * thread that notifies it looks into the table only then.
 *
 *   (N1) a finalizer is in the table <=> it is neither called nor removed
 *   (N2) an object that ends without the mark has none in the table, and gets none
 *
 * All functions: lock taken. */
#ifndef XLGC_FINALIZERS_H
#define XLGC_FINALIZERS_H

#include <xlgc/finalizer.h>

#include "base/memory.h"
#include "table/tree.h"

typedef struct xlgc__finalizer xlgc__finalizer;

typedef struct xlgc__finalizers {
  xlgc__memory *memory;
  xlgc__tree by_object, by_number; /* by_object: the newest of each */
  xlgc__finalizer *all;            /* the oldest first; utlist.h */
  uint64_t last;                   /* number */
  bool closed;                     /* the pool was shut down: no more are added */
} xlgc__finalizers;

/* One that was taken out, to be called without the lock. */
typedef struct xlgc__finalizers_call {
  xlgc_finalize *run;
  void *data;
  uint64_t object; /* its id without the pool */
} xlgc__finalizers_call;

void xlgc__finalizers_init(xlgc__finalizers *finalizers, xlgc__memory *memory);
/* Frees those that were not called. */
void xlgc__finalizers_destroy(xlgc__finalizers *finalizers);

/* Adds one to an object. XLGC_E_NOMEM. */
int xlgc__finalizers_add(xlgc__finalizers *finalizers, uint64_t object, xlgc_finalize *run, void *data, uint64_t *out);
/* Removes one; false: there is none of this number. */
bool xlgc__finalizers_remove(xlgc__finalizers *finalizers, uint64_t number, void **data);
/* Takes the newest of an object out, or the newest of all; false: there is none. */
bool xlgc__finalizers_take(xlgc__finalizers *finalizers, uint64_t object, xlgc__finalizers_call *out);
bool xlgc__finalizers_take_newest(xlgc__finalizers *finalizers, xlgc__finalizers_call *out);

#endif
