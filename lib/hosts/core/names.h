/* Keys that are one in some languages, and several in others. */
#ifndef XLGC_HOSTS_CORE_NAMES_H
#define XLGC_HOSTS_CORE_NAMES_H

#include <stdbool.h>

#include <xlgc/bridge.h>

/* Room for the text of an integer, and for the digits of one of as many as are looked for. */
enum { XLGC__HOST_NAMES_TEXT_BYTES = 48 };

/* Is a key that is a number an integer? *out: that, with the key's traits. */
bool xlgc__host_names_whole(const xlgc_value *key, xlgc_value *out);
/* What else is written as a name of JavaScript's: for an integer the text of it; for a text the number, boolean or nil
 * whose text it is. *out: that, whose bytes are `text`. Returns false when there is nothing. */
bool xlgc__host_names_other(const xlgc_value *name, char text[XLGC__HOST_NAMES_TEXT_BYTES], xlgc_value *out);

#endif
