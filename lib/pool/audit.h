/* The audit of a pool that checks: enters what is logged into the ledger, and reports what differs from it. In other
 * pools these functions do nothing. The lock is not taken. */
#ifndef XLGC_AUDIT_H
#define XLGC_AUDIT_H

#include "pool/pool.h"

/* One event was logged, the last of this context. place: of a plain pointer, or NULL. */
void xlgc__audit_logged(xlgc_context *context, xlgc__op op, xlgc_id source, xlgc_id target, const void *place);
/* The last two were logged: an add and a drop of the same source. */
void xlgc__audit_relinked(xlgc_context *context, xlgc_id source, xlgc_id old, xlgc_id now, const void *place);
/* The same for C++, where a place says what is meant, and is not read. */
void xlgc__audit_logged_ref(xlgc_context *context, xlgc__op op, xlgc_id source, xlgc_id target, const void *place);
void xlgc__audit_relinked_ref(xlgc_context *context, xlgc_id source, xlgc_id old, xlgc_id now, const void *place);

/* Compares all pointers with the ledger. Returns how many differ. */
int xlgc__audit_pointers(xlgc_pool *pool);
/* The newest add between two objects; false: there is none, or it is not known. */
bool xlgc__audit_find(xlgc_pool *pool, xlgc_id source, xlgc_id target, xlgc__entry *out);

/* The destructor of a C++ object, which runs under release: see ledger.h. _begins reports the plain pointers in the
 * object to others that the same round has destroyed. _ends returns how many refs were moved out of it and are still
 * there, and reports them. */
typedef struct xlgc__audit_object {
  xlgc_id id;
  const void *address;
  size_t size_bytes;  /* 0: it was never made */
  const void *holder; /* what stands right behind the pointer in each of its refs */
} xlgc__audit_object;
void xlgc__audit_release_begins(xlgc_pool *pool, const xlgc__audit_object *object);
void xlgc__audit_ref_ends(xlgc_pool *pool, const void *address, const void *place);
size_t xlgc__audit_release_ends(xlgc_pool *pool, const void *address);
/* Something was assigned to a ref of an object that is being destroyed or was. */
void xlgc__audit_ref_lost(xlgc_pool *pool, xlgc_id target, const void *place);

#endif
