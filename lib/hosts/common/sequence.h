/* Lists of another language as JavaScript's arrays: what lies behind the end comes to be, and the length can be set. */
#ifndef XLGC_HOSTS_COMMON_SEQUENCE_H
#define XLGC_HOSTS_COMMON_SEQUENCE_H

#include <xlgc/bridge.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What lies between the end and an element that is set behind it is filled with nothing, up to so many. */
enum { XLGC__SEQUENCE_GAP_MAX = 1 << 20 };

/* Sets an element, as xlgc_visit_set. */
int xlgc__sequence_set(xlgc_visit *visit, const xlgc_value *key, const xlgc_value *value);
/* Takes elements away from the end, or adds nothings there. wanted: the value of the property `length`. */
int xlgc__sequence_set_length(xlgc_visit *visit, const xlgc_value *wanted);

#ifdef __cplusplus
}
#endif

#endif
