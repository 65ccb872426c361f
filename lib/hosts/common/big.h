/* Integers of more than 64 bits, as they cross: hexadecimal digits, lower case, after a '-' when below zero. */
#ifndef XLGC_HOSTS_COMMON_BIG_H
#define XLGC_HOSTS_COMMON_BIG_H

#include <stdbool.h>
#include <stddef.h>

#include <xlgc/bridge.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Those of more hexadecimal digits are not made decimal: that takes the square of their length. Room for the text of one. */
enum { XLGC__BIG_DIGITS_MAX = 4096, XLGC__BIG_TEXT_BYTES = XLGC__BIG_DIGITS_MAX * 5 / 4 + 32 };

/* Is one less than the other? Both have no zeros in front. */
bool xlgc__big_is_less(const char *one, size_t one_length, const char *other, size_t other_length);
/* The text for people: decimal, or how many digits there are when there are too many. Returns its length. */
size_t xlgc__big_describe(const char *digits, size_t length, char text[XLGC__BIG_TEXT_BYTES]);

#ifdef __cplusplus
}
#endif

#endif
