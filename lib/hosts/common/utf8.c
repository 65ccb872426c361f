#include <config.h>

#include "hosts/common/utf8.h"

#include <stdint.h>
#include <string.h>

/* ------------------------------------------------------------------ UTF-8 */

/* How many bytes the character has that begins there, 0 when none does. left: how many bytes there are, from 1 on. */
static size_t character(const char *at, size_t left) {
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  const unsigned char *bytes = (const unsigned char *)at;
  unsigned first = bytes[0];
  if (first < 0x80) return 1;
  size_t length = first >= 0xF8 ? 0 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 0;
  if (!length || length > left) return 0;
  uint32_t code = first & (0x7Fu >> length);
  for (size_t i = 1; i < length; i++) {
    if ((bytes[i] & 0xC0) != 0x80) return 0;
    code = code << 6 | (bytes[i] & 0x3Fu);
  }
  return code < least[length] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF) ? 0 : length;
}

/* The surrogate that these bytes are, 0 when they are none. */
static unsigned surrogate(const char *text, size_t left) {
  const unsigned char *bytes = (const unsigned char *)text;
  if (left < 3 || bytes[0] != 0xED || bytes[1] < 0xA0 || (bytes[1] & 0xC0) != 0x80 || (bytes[2] & 0xC0) != 0x80)
    return 0;
  return 0xD000u | (bytes[1] & 0x3Fu) << 6 | (bytes[2] & 0x3Fu);
}

/* Two that would be one character are no text: that is written in another way. */
static size_t lone_surrogate(const char *text, size_t left) {
  unsigned unit = surrogate(text, left), next = unit && unit < 0xDC00 ? surrogate(text + 3, left - 3) : 0;
  return unit && next < 0xDC00 ? 3 : 0;
}

/* How many bytes of ASCII there are at the beginning, as a rule all; in words, and maybe a few less. */
static size_t plain(const char *bytes, size_t length) {
  uint64_t word;
  size_t i = 0;
  for (; length - i >= sizeof word; i += sizeof word) {
    memcpy(&word, bytes + i, sizeof word);
    if (word & UINT64_C(0x8080808080808080)) break;
  }
  return i;
}

bool xlgc__utf8_is_text(const char *bytes, size_t length) {
  for (size_t i = plain(bytes, length), step; i < length; i += step)
    if ((step = character(bytes + i, length - i)) == 0 && (step = lone_surrogate(bytes + i, length - i)) == 0)
      return false;
  return true;
}

void xlgc__utf8_mend(char *bytes, size_t length) {
  for (size_t i = plain(bytes, length), step; i < length; i += step) {
    step = character(bytes + i, length - i);
    if (step) continue;
    bytes[i] = '?';
    step = 1;
  }
}

int xlgc__utf8_copy(xlgc_value *out, const char *bytes, size_t length) {
  int failed = xlgc_value_copy(out, XLGC_STRING, bytes, length);
  if (!failed) xlgc__utf8_mend(out->memory, length);
  return failed;
}

/* ----------------------------------------------------------------- UTF-16 */

static void put_character(char *out, unsigned code) {
  out[0] = (char)(0xF0 | code >> 18);
  out[1] = (char)(0x80 | (code >> 12 & 0x3F));
  out[2] = (char)(0x80 | (code >> 6 & 0x3F));
  out[3] = (char)(0x80 | (code & 0x3F));
}

static size_t take_unit(const uint16_t *units, size_t left, char *out) {
  unsigned unit = units[0];
  if (unit < 0x80) {
    out[0] = (char)unit;
    return 1;
  }
  if (unit < 0x800) {
    out[0] = (char)(0xC0 | unit >> 6);
    out[1] = (char)(0x80 | (unit & 0x3F));
    return 2;
  }
  bool is_pair = unit >= 0xD800 && unit < 0xDC00 && left > 1 && units[1] >= 0xDC00 && units[1] < 0xE000;
  if (is_pair) {
    put_character(out, 0x10000 + ((unit & 0x3FF) << 10 | (units[1] & 0x3FFu)));
    return 4;
  }
  out[0] = (char)(0xE0 | unit >> 12);
  out[1] = (char)(0x80 | (unit >> 6 & 0x3F));
  out[2] = (char)(0x80 | (unit & 0x3F));
  return 3;
}

size_t xlgc__utf8_from_utf16(const uint16_t *units, size_t length, char *out) {
  size_t total = 0;
  for (size_t i = 0, bytes; i < length; total += bytes) {
    bytes = take_unit(units + i, length - i, out + total);
    i += bytes == 4 ? 2 : 1;
  }
  return total;
}

size_t xlgc__utf8_to_utf16(const char *text, size_t length, uint16_t *out) {
  size_t units = 0;
  for (size_t i = 0; i < length;) {
    const unsigned char *bytes = (const unsigned char *)text + i;
    size_t step = character(text + i, length - i);
    if (!step) step = lone_surrogate(text + i, length - i);
    if (!step) return SIZE_MAX;
    uint32_t code = step == 1 ? bytes[0] : bytes[0] & (0x7Fu >> step);
    for (size_t j = 1; j < step; j++)
      code = code << 6 | (bytes[j] & 0x3Fu);
    if (step == 4) out[units++] = (uint16_t)(0xD800 + ((code - 0x10000) >> 10));
    out[units++] = (uint16_t)(step == 4 ? 0xDC00 + ((code - 0x10000) & 0x3FF) : code);
    i += step;
  }
  return units;
}

/* ----------------------------------------------------------------- CESU-8 */

static void put_surrogate(char *out, unsigned unit) {
  out[0] = (char)0xED;
  out[1] = (char)(0x80 | (unit >> 6 & 0x3F));
  out[2] = (char)(0x80 | (unit & 0x3F));
}

/* One character, a pair of surrogates, or what is neither. Returns how many bytes were read. */
static size_t take_cesu8(const char *text, size_t left, char *out, size_t *written) {
  static const char replacement[] = "\xEF\xBF\xBD";
  size_t bytes = character(text, left);
  unsigned high = bytes ? 0 : surrogate(text, left), low = high ? surrogate(text + 3, left - 3) : 0;
  if (bytes) {
    memcpy(out, text, *written = bytes);
    return bytes;
  }
  if (high && high < 0xDC00 && low >= 0xDC00) {
    put_character(out, 0x10000 + ((high & 0x3FF) << 10 | (low & 0x3FF)));
    *written = 4;
    return 6;
  }
  if (high) {
    memcpy(out, text, *written = 3);
    return 3;
  }
  memcpy(out, replacement, *written = sizeof replacement - 1);
  return 1;
}

size_t xlgc__utf8_from_cesu8(const char *text, size_t length, char *out) {
  size_t total = 0, written;
  for (size_t i = 0; i < length; total += written)
    i += take_cesu8(text + i, length - i, out + total, &written);
  return total;
}

static bool is_beyond(const char *text, size_t left) {
  return (unsigned char)text[0] >= 0xF0 && character(text, left) == 4;
}

size_t xlgc__utf8_cesu8_length(const char *text, size_t length) {
  size_t total = length;
  for (size_t i = 0; i < length; i++)
    if (is_beyond(text + i, length - i)) total += 2;
  return total;
}

size_t xlgc__utf8_to_cesu8(const char *text, size_t length, char *out) {
  size_t total = 0;
  for (size_t i = 0; i < length;) {
    if (!is_beyond(text + i, length - i)) {
      out[total++] = text[i++];
      continue;
    }
    const unsigned char *bytes = (const unsigned char *)text + i;
    unsigned code = (bytes[0] & 7u) << 18 | (bytes[1] & 0x3Fu) << 12 | (bytes[2] & 0x3Fu) << 6 | (bytes[3] & 0x3Fu);
    put_surrogate(out + total, 0xD800 + ((code - 0x10000) >> 10));
    put_surrogate(out + total + 3, 0xDC00 + ((code - 0x10000) & 0x3FF));
    total += 6;
    i += 4;
  }
  return total;
}
