/* What xlgc.why(x) answers, in all languages. */
#ifndef XLGC_HOSTS_COMMON_WHY_H
#define XLGC_HOSTS_COMMON_WHY_H

#include <xlgc/bridge.h>

#ifdef __cplusplus
extern "C" {
#endif

/* At how many objects of an engine is looked: some tenths of a second. */
enum { XLGC__WHY_BUDGET = 300000 };

/* Why an object is alive, as a text, which the caller clears. id: of a proxy; or XLGC_ID_NONE, and handle: an object of
 * the engine's own. Returns 0 or XLGC_E_*. */
int xlgc__why(xlgc_host *host, xlgc_pool *pool, xlgc_id id, void *handle, xlgc_value *out);

#ifdef __cplusplus
}
#endif

#endif
