/* How pools come and go. */
#ifndef XLGC_LIFETIME_H
#define XLGC_LIFETIME_H

#include "pool/pool.h"

void xlgc__lifetime_defaults(xlgc_config *config);
/* config: NULL for the defaults. XLGC_E_NOMEM, XLGC_E_INVAL. */
int xlgc__lifetime_create(const xlgc_config *config, xlgc_pool **out);
/* As xlgc_pool_shutdown and xlgc_cpp_pool_destroy, for a pool that there is; _shutdown not in the child of a fork. each:
 * may be NULL. */
int xlgc__lifetime_shutdown(xlgc_pool *pool);
int xlgc__lifetime_destroy(xlgc_pool *pool, void (*each)(void *data, void *object), void *data);
/* As xlgc_pool_retain and xlgc_pool_release. */
void xlgc__lifetime_retain(xlgc_pool *pool);
void xlgc__lifetime_release(xlgc_pool *pool);
/* As xlgc_kinds_retire. */
int xlgc__lifetime_retire_kinds(xlgc_pool *pool, const void *data,
                                void (*report)(void *data, const xlgc_survivor *survivor), void *context);

#endif
