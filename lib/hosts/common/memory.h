/* Memory that one language lends another: what both sides need. */
#ifndef XLGC_HOSTS_COMMON_MEMORY_H
#define XLGC_HOSTS_COMMON_MEMORY_H

#include <xlgc/bridge.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the elements of memory or a buffer are, of the value's traits. */
static inline unsigned xlgc__memory_elements(const xlgc_value *buffer) { return buffer->traits >> XLGC_SORT_SHIFT; }
/* How many bytes an element has. */
size_t xlgc__memory_element_bytes(unsigned elements);

/* For a language that cannot share memory: a copy of that of an object, which the host has a proxy of. out: a buffer. On
 * error as xlgc_visit_memory, and *visit has been ended but for its words. */
int xlgc__memory_copy(xlgc_host *host, xlgc_id id, xlgc_value *out);

#ifdef __cplusplus
}
#endif

#endif
