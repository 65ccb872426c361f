/* Engines that a language has started, and that nothing outside of them reaches any more: their exports are held by
 * themselves only, or by others of the sort. Such an engine is a ring that no verdict of the pool finds, as its root is
 * pinned. It is ended. */
#ifndef XLGC_HOSTS_UNREACHED_H
#define XLGC_HOSTS_UNREACHED_H

#include "hosts/core/tables.h"

/* A host whose engine this thread has, counted as entered once by the caller. */
typedef struct xlgc__host_unreached {
  xlgc_host *host;
  uint64_t ends;       /* out: the record of its engine (started.h) if nothing reaches it; or 0 */
  bool may_end, is_in; /* used by _find */
} xlgc__host_unreached;

/* Looks for them, while none of the engines runs code: those that are in another call are left out. Returns whether there
 * are any. */
bool xlgc__host_unreached_find(xlgc__host_unreached *engines, unsigned count);

#endif
