#include <config.h>

#include "hosts/core/names.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hosts/core/decimal.h"

bool xlgc__host_names_whole(const xlgc_value *key, xlgc_value *out) {
  double number = key->as.number;
  if (!(number >= -0x1p63 && number < 0x1p63) || (double)(int64_t)number != number) return false;
  *out = *key;
  out->type = XLGC_INTEGER;
  out->as.integer = (int64_t)number;
  return true;
}

/* --------------------------------------------- texts of JavaScript's numbers */

enum { TEXT_MAX = 40, DIGITS_MAX = 17 };

/* The significant digits in a number's text, without the zeros around them. Returns how many. */
static size_t significant(const char *text, char digits[TEXT_MAX + 1]) {
  size_t count = 0;
  for (; *text && *text != 'e'; text++)
    if (isdigit((unsigned char)*text) && (count || *text != '0')) digits[count++] = *text;
  while (count && digits[count - 1] == '0')
    count--;
  digits[count] = 0;
  return count;
}

/* As few digits as say which double it is. */
static void shortest(double number, char digits[TEXT_MAX + 1]) {
  char text[TEXT_MAX + 1];
  int places = 0;
  do
    xlgc__host_decimal_write(number, places, text, sizeof text);
  while (xlgc__host_decimal_read(text, NULL) != number && ++places < DIGITS_MAX);
  (void)significant(text, digits);
}

/* "0.5", "-1.25", "1e+21", "1.5e-7": one digit or more before the point, none that is too many. */
static bool has_form(const char *text, double number) {
  const char *at = text + (*text == '-');
  size_t before = strspn(at, "0123456789"), after = 0;
  if (!before || (before > 1 && *at == '0')) return false;
  at += before;
  if (*at == '.') {
    after = strspn(at + 1, "0123456789");
    if (!after || at[after] == '0') return false;
    at += after + 1;
  }
  bool is_small = fabs(number) < 1e-6, is_large = fabs(number) >= 1e21;
  if (*at == 0) return !is_small && !is_large;
  return (is_small || is_large) && before == 1 && at[0] == 'e' && at[1] == (is_large ? '+' : '-') &&
         isdigit((unsigned char)at[2]) && at[2] != '0' && at[2 + strspn(at + 2, "0123456789")] == 0;
}

static bool is_number(const char *text, double *out) {
  char mine[TEXT_MAX + 1], least[TEXT_MAX + 1];
  if (strcmp(text, "Infinity") == 0 || strcmp(text, "-Infinity") == 0) {
    *out = *text == '-' ? -INFINITY : INFINITY;
    return true;
  }
  if (*text != '-' && !isdigit((unsigned char)*text)) return false;
  *out = xlgc__host_decimal_read(text, NULL);
  if (!isfinite(*out) || !has_form(text, *out)) return false;
  significant(text, mine);
  shortest(*out, least);
  return strcmp(mine, least) == 0;
}

/* The hexadecimal digits of an integer of more than 64 bits. Returns how many there are. */
static size_t make_big(const char *text, char out[XLGC__HOST_NAMES_TEXT_BYTES]) {
  unsigned char digits[TEXT_MAX] = {0}; /* the last ones first */
  size_t count = 0, length = 0;
  for (const char *at = text + (*text == '-'); *at; at++) {
    unsigned carry = (unsigned)(*at - '0');
    for (size_t i = 0; i < count || carry; i++) {
      if (i == count) count++;
      carry += 10u * digits[i];
      digits[i] = carry & 15;
      carry >>= 4;
    }
  }
  if (*text == '-') out[length++] = '-';
  while (count)
    out[length++] = "0123456789abcdef"[digits[--count]];
  return length;
}

/* One that no double is, or that is none of JavaScript's safe ones. */
static bool is_integer(const char *text, char room[XLGC__HOST_NAMES_TEXT_BYTES], xlgc_value *out) {
  const char *digits = text + (*text == '-');
  if (!isdigit((unsigned char)*digits) || *digits == '0' || digits[strspn(digits, "0123456789")]) return false;
  errno = 0;
  out->type = XLGC_INTEGER;
  out->as.integer = strtoll(text, NULL, 10);
  if (!errno) return true;
  out->type = XLGC_BIG;
  out->length = make_big(text, room);
  out->as.bytes = room;
  return true;
}

/* ------------------------------------------------------------------- names */

static bool of_text(const char *text, char room[XLGC__HOST_NAMES_TEXT_BYTES], xlgc_value *out) {
  double number;
  if (is_integer(text, room, out)) return true;
  if (is_number(text, &number)) {
    out->type = XLGC_NUMBER;
    out->as.number = number;
  } else if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0) {
    out->type = XLGC_BOOLEAN;
    out->as.boolean = *text == 't';
  } else {
    return strcmp(text, "null") == 0;
  }
  return true;
}

bool xlgc__host_names_other(const xlgc_value *name, char text[XLGC__HOST_NAMES_TEXT_BYTES], xlgc_value *out) {
  char copy[TEXT_MAX + 1];
  memset(out, 0, sizeof *out);
  if (name->type == XLGC_INTEGER) {
    out->type = XLGC_STRING;
    out->as.bytes = text;
    out->length = (size_t)snprintf(text, XLGC__HOST_NAMES_TEXT_BYTES, "%" PRId64, name->as.integer);
    return true;
  }
  if (name->type != XLGC_STRING || !name->length || name->length > TEXT_MAX) return false;
  memcpy(copy, name->as.bytes, name->length);
  copy[name->length] = 0;
  return strlen(copy) == name->length && of_text(copy, text, out);
}
