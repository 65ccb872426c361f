/* What an engine throws, noted by its adapter on its way to the visitor. */
#ifndef XLGC_HOSTS_COMMON_THROWN_H
#define XLGC_HOSTS_COMMON_THROWN_H

#include <xlgc/bridge.h>

#include "hosts/common/trace.h"

#ifdef __cplusplus
extern "C" {
#endif

/* All zero: nothing is known. The values own their bytes; language to stack are text, or nil. */
typedef struct xlgc__thrown {
  xlgc_value value, language, type, words;
  xlgc_value stack;      /* that an error of another language has brought along */
  xlgc__trace functions; /* of this engine */
  unsigned flags;        /* XLGC_THROWN_* */
} xlgc__thrown;

/* Throws it into a visit, and clears it. instead: the words, where there are none. Returns XLGC_E_RAISED. */
int xlgc__thrown_throw(xlgc__thrown *thrown, xlgc_visit *visit, const char *instead);
void xlgc__thrown_clear(xlgc__thrown *thrown);
/* Is it thrown as it is in an engine of this language, of which `is_own` says whether an object is its own? */
bool xlgc__thrown_is_home(const xlgc_thrown *thrown, const char *language, bool is_own);
/* The text of a value that has some. */
xlgc_text xlgc__thrown_text(const xlgc_value *value);

#ifdef __cplusplus
}
#endif

#endif
