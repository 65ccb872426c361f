/* Text: what is valid UTF-8, and how bytes that are not become text. */
#ifndef XLGC_HOSTS_COMMON_UTF8_H
#define XLGC_HOSTS_COMMON_UTF8_H

#include <stdbool.h>
#include <stddef.h>

#include <xlgc/bridge.h>

#ifdef __cplusplus
extern "C" {
#endif

bool xlgc__utf8_is_text(const char *bytes, size_t length);
/* Bytes that are no text become question marks. */
void xlgc__utf8_mend(char *bytes, size_t length);
/* A copy that is text: bytes that are none become question marks. Returns 0 or XLGC_E_NOMEM. */
int xlgc__utf8_copy(xlgc_value *out, const char *bytes, size_t length);

/* CESU-8, in which characters beyond the first 65536 are two surrogates of three bytes each, and a surrogate may stand
 * alone. Both return how many bytes they wrote. _from_cesu8: what is no text becomes U+FFFD; out: three times `length`.
 * _to_cesu8: out: as many bytes as xlgc__utf8_cesu8_length says. */
size_t xlgc__utf8_from_cesu8(const char *text, size_t length, char *out);
size_t xlgc__utf8_cesu8_length(const char *text, size_t length);
size_t xlgc__utf8_to_cesu8(const char *text, size_t length, char *out);

#ifdef __cplusplus
}
#endif

#endif
