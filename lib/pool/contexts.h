/* The contexts of a pool: how they come and go, and what they may do in it. */
#ifndef XLGC_CONTEXTS_H
#define XLGC_CONTEXTS_H

#include "pool/pool.h"

/* A context of the program's. XLGC_E_NOMEM, XLGC_E_SHUTDOWN. */
int xlgc__contexts_create(xlgc_pool *pool, const char *name, xlgc_context **out);
/* A context on the pool's list; it counts as none of the program's. XLGC_E_NOMEM. */
int xlgc__contexts_open(xlgc_pool *pool, const char *name, xlgc_context **out);
/* Lets a context end in favour of an heir, or of none (NULL). The process's lock taken. XLGC_E_BUSY inside its
 * mailbox. */
int xlgc__contexts_close(xlgc_context *context, xlgc_context *heir);
/* Makes all contexts of the program refuse events, or take them again. Lock taken. */
void xlgc__contexts_refuse(xlgc_pool *pool, bool refuse);
/* May this context log? XLGC_E_FORK, XLGC_E_SHUTDOWN. Callbacks may as long as there are any. */
int xlgc__contexts_refusal(const xlgc_context *context);
/* The same; notes that this thread uses it. */
int xlgc__contexts_admit(xlgc_context *context);
/* A new object that this context makes, and owns if its kind is delivered to owners. XLGC_E_INVAL for a kind with a
 * delivery that there is not, or as xlgc__object_create. Lock taken. */
int xlgc__contexts_make_object(xlgc_context *context, void *address, const xlgc_kind *kind, uint32_t *out);

#endif
