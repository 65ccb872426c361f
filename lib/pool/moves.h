/* Children are put under a parent, moved and taken out (table/children.h). One call logs the link of the new parent and
 * the unlink of the old one, and changes the order, all of it under the lock: so no thread sees a part of it, and a
 * child that moves is held all the while. */
#ifndef XLGC_MOVES_H
#define XLGC_MOVES_H

#include "pool/pool.h"

/* Puts a child before another, whose parent it gets; or (XLGC_ID_NONE) behind all children of a parent. The ids are of
 * the pool. XLGC_E_STALE, XLGC_E_RELEASED; XLGC_E_STATE: `before` has no parent; XLGC_E_INVAL: the parent would be
 * below itself; XLGC_E_NOMEM, XLGC_E_QUEUE. */
int xlgc__moves_put(xlgc_context *context, xlgc_id parent, xlgc_id before, xlgc_id child, unsigned tag);
/* Takes a child out from under its parent. XLGC_E_STALE; XLGC_E_UNKNOWN: it has none; XLGC_E_NOMEM, XLGC_E_QUEUE. */
int xlgc__moves_take_out(xlgc_context *context, xlgc_id child);

#endif
