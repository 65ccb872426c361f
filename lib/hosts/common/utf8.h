/* Text: UTF-8 in which a surrogate may stand alone, as three bytes (WTF-8); and how bytes that are none become text. */
#ifndef XLGC_HOSTS_COMMON_UTF8_H
#define XLGC_HOSTS_COMMON_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xlgc/bridge.h>

#ifdef __cplusplus
extern "C" {
#endif

bool xlgc__utf8_is_text(const char *bytes, size_t length);
/* Bytes that are no UTF-8, and surrogates, become question marks. */
void xlgc__utf8_mend(char *bytes, size_t length);
/* The same of a copy. Returns 0 or XLGC_E_NOMEM. */
int xlgc__utf8_copy(xlgc_value *out, const char *bytes, size_t length);

/* UTF-16, in which a surrogate may stand alone. _from_utf16: returns how many bytes it wrote; out: three times `length`.
 * _to_utf16: returns how many units it wrote, or SIZE_MAX for what is no text; out: `length` units. */
size_t xlgc__utf8_from_utf16(const uint16_t *units, size_t length, char *out);
size_t xlgc__utf8_to_utf16(const char *text, size_t length, uint16_t *out);

/* CESU-8, in which characters beyond the first 65536 are two surrogates of three bytes each, and a surrogate may stand
 * alone. Both return how many bytes they wrote. _from_cesu8: what is neither becomes U+FFFD; out: three times `length`.
 * _to_cesu8: out: as many bytes as xlgc__utf8_cesu8_length says. */
size_t xlgc__utf8_from_cesu8(const char *text, size_t length, char *out);
size_t xlgc__utf8_cesu8_length(const char *text, size_t length);
size_t xlgc__utf8_to_cesu8(const char *text, size_t length, char *out);

#ifdef __cplusplus
}
#endif

#endif
