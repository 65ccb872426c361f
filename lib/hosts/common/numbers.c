#include <config.h>

#include "hosts/common/numbers.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { DIGITS_MAX = 16 };

void xlgc__numbers_pack(double number, xlgc_value *out) {
  static const double largest = (double)XLGC__NUMBERS_LARGEST;
  int64_t whole = number >= -largest && number <= largest ? (int64_t)number : 0;
  double again = (double)whole;
  /* Bits are compared, as -0 equals 0. */
  bool is_whole = memcmp(&again, &number, sizeof number) == 0;
  out->type = is_whole ? XLGC_INTEGER : XLGC_NUMBER;
  if (is_whole)
    out->as.integer = whole;
  else
    out->as.number = number;
}

bool xlgc__numbers_of_text(const char *text, size_t length, int64_t *number) {
  bool is_negative = length && text[0] == '-';
  size_t digits = length - is_negative;
  int64_t read = 0;
  if (!digits || digits > DIGITS_MAX) return false;
  for (size_t i = is_negative; i < length; i++) {
    if (text[i] < '0' || text[i] > '9') return false;
    read = 10 * read + (text[i] - '0');
  }
  if (text[is_negative] == '0' && (digits > 1 || is_negative)) return false;
  if (read > XLGC__NUMBERS_LARGEST) return false;
  *number = is_negative ? -read : read;
  return true;
}

void xlgc__numbers_name(xlgc_value *key, unsigned traits) {
  int64_t number;
  bool is_list = traits & XLGC_SEQUENCE;
  if (xlgc__numbers_of_text(key->as.bytes, key->length, &number) && (!is_list || number >= 0)) {
    xlgc_value_clear(key);
    key->type = XLGC_INTEGER;
    key->as.integer = number;
  }
  key->traits = is_list ? 0 : XLGC_NAME;
}

bool xlgc__numbers_is_name(const xlgc_value *key) {
  switch (key->type) {
  case XLGC_BOOLEAN:
  case XLGC_INTEGER:
  case XLGC_NUMBER:
  case XLGC_STRING:
  case XLGC_BIG: return true;
  default: return false;
  }
}

enum { MICROSECONDS = 1000 };

bool xlgc__numbers_date(double milliseconds, xlgc_value *out) {
  static const double most = 9.2e15;
  if (!(milliseconds >= -most && milliseconds <= most)) return false;
  out->type = XLGC_DATE;
  out->as.integer = (int64_t)milliseconds * MICROSECONDS;
  return true;
}

double xlgc__numbers_milliseconds(const xlgc_value *date) {
  int64_t whole = date->as.integer / MICROSECONDS;
  return (double)(whole - (date->as.integer % MICROSECONDS < 0));
}

size_t xlgc__numbers_to_text(int64_t number, char text[XLGC__NUMBERS_TEXT_BYTES]) {
  return (size_t)snprintf(text, XLGC__NUMBERS_TEXT_BYTES, "%" PRId64, number);
}
