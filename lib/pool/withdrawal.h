/* Objects that never came to be held are taken back: they are new, so nothing but the caller knows of them, apart from
 * weak references and the index of addresses. */
#ifndef XLGC_WITHDRAWAL_H
#define XLGC_WITHDRAWAL_H

#include "pool/pool.h"

/* As xlgc_unregister, for a context that may log. */
int xlgc__withdrawal_of(xlgc_context *context, xlgc_id id);

#endif
