/* The words for parts of a way inside an engine: its adapter's `find_way`. */
#ifndef XLGC_HOSTS_COMMON_WAY_H
#define XLGC_HOSTS_COMMON_WAY_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Writes what an object has under a key that is text, as code would: .name, or ['a name']. prefix: of what is written
 * as global 'name', with a space at its end; or NULL. */
void xlgc__way_name_key(char *text, size_t size_bytes, const char *prefix, const char *key);
/* The same where keys of digits are indexes: [12]. */
void xlgc__way_name_property(char *text, size_t size_bytes, const char *prefix, const char *key);

#ifdef __cplusplus
}
#endif

#endif
