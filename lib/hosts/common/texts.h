/* Texts that functions write into room of the caller's, and that say how long they are. */
#ifndef XLGC_HOSTS_COMMON_TEXTS_H
#define XLGC_HOSTS_COMMON_TEXTS_H

#include <xlgc/bridge.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Calls `write`, with more room as long as that is too little, for a value that the caller clears. write: returns the
 * length of the whole in bytes, or XLGC_E_*. Returns 0 or XLGC_E_*. */
int xlgc__texts_value(int (*write)(void *data, char *text, size_t size_bytes), void *data, xlgc_value *out);

#ifdef __cplusplus
}
#endif

#endif
