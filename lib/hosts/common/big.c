#include <config.h>

#include "hosts/common/big.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool xlgc__big_is_less(const char *one, size_t one_length, const char *other, size_t other_length) {
  bool is_below = *one == '-';
  if (is_below != (*other == '-')) return is_below;
  if (one_length != other_length) return (one_length < other_length) != is_below;
  int order = memcmp(one, other, one_length);
  return is_below ? order > 0 : order < 0;
}

/* Nine decimal digits each, the last ones first. */
enum { LIMB = 1000000000, LIMB_DIGITS = 9, LIMBS_MAX = XLGC__BIG_DIGITS_MAX * 5 / 4 / LIMB_DIGITS + 2 };

static size_t make_limbs(const char *digits, size_t length, uint32_t limbs[LIMBS_MAX]) {
  size_t count = 0;
  for (size_t i = 0; i < length; i++) {
    uint64_t carry = (uint64_t)(digits[i] <= '9' ? digits[i] - '0' : digits[i] - 'a' + 10);
    for (size_t j = 0; j < count; j++) {
      carry += (uint64_t)limbs[j] * 16;
      limbs[j] = (uint32_t)(carry % LIMB);
      carry /= LIMB;
    }
    if (carry) limbs[count++] = (uint32_t)carry;
  }
  return count;
}

size_t xlgc__big_describe(const char *digits, size_t length, char text[XLGC__BIG_TEXT_BYTES]) {
  bool is_below = length && *digits == '-';
  const char *sign = is_below ? "-" : "";
  digits += is_below;
  length -= is_below;
  if (length > XLGC__BIG_DIGITS_MAX)
    return (size_t)snprintf(text, XLGC__BIG_TEXT_BYTES, "%san integer of %zu hexadecimal digits", sign, length);
  uint32_t limbs[LIMBS_MAX];
  size_t count = make_limbs(digits, length, limbs);
  int bytes = snprintf(text, XLGC__BIG_TEXT_BYTES, "%s%" PRIu32, sign, count ? limbs[count - 1] : 0);
  for (size_t i = count; i > 1; i--)
    bytes += snprintf(text + bytes, XLGC__BIG_TEXT_BYTES - (size_t)bytes, "%0*" PRIu32, LIMB_DIGITS, limbs[i - 2]);
  return (size_t)bytes;
}
