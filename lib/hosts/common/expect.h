/* The function that xlgc.expect_gone() answers, in all languages. */
#ifndef XLGC_HOSTS_COMMON_EXPECT_H
#define XLGC_HOSTS_COMMON_EXPECT_H

#include <xlgc/bridge.h>

#ifdef __cplusplus
extern "C" {
#endif

#define XLGC__EXPECT_NO_OBJECTS "xlgc.expect_gone: which objects are expected to be gone?"
#define XLGC__EXPECT_NO_OBJECT "xlgc.expect_gone: only objects are held and go: no text, no number, no boolean"

/* All zero: none. */
typedef struct xlgc__expect {
  xlgc_expected *objects;
  size_t count, room;
} xlgc__expect;

/* The next object: the id of a proxy; or XLGC_ID_NONE, and a handle. Returns 0 or XLGC_E_NOMEM. */
int xlgc__expect_add(xlgc__expect *expect, xlgc_id id, void *handle);
/* The function, and frees the list. words: NULL, or what was wrong. Returns 0 or XLGC_E_*. */
int xlgc__expect_end(xlgc__expect *expect, xlgc_host *host, xlgc_value *out, const char **words);
void xlgc__expect_free(xlgc__expect *expect);

#ifdef __cplusplus
}
#endif

#endif
