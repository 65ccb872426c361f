#include <config.h>

#include "hosts/common/encoding.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

#include <xlgc.h>

struct xlgc__encoding {
  iconv_t decoder, encoder; /* to UTF-8, and from there */
  char name[XLGC__ENCODING_NAME_BYTES];
};

static const iconv_t none = (iconv_t)-1;

enum { ASCII = 128, LONGEST = 8, ESCAPES = 32 };

size_t xlgc__encoding_room(size_t length) {
  return length < (SIZE_MAX - ESCAPES) / LONGEST - 1 ? LONGEST * length + ESCAPES : SIZE_MAX;
}

/* From the first state, and back to it. What is not there in the target may become something else: this is said by the
 * number of such. */
static size_t convert(iconv_t by, const char *bytes, size_t length, char *out) {
  char *from = (char *)(uintptr_t)bytes, *to = out;
  size_t left = length, room = xlgc__encoding_room(length);
  iconv(by, NULL, NULL, NULL, NULL);
  if (iconv(by, &from, &left, &to, &room) != 0 || left) return SIZE_MAX;
  if (iconv(by, NULL, NULL, &to, &room) == (size_t)-1) return SIZE_MAX;
  return (size_t)(to - out);
}

size_t xlgc__encoding_decode(xlgc__encoding *encoding, const char *bytes, size_t length, char *out) {
  return convert(encoding->decoder, bytes, length, out);
}

size_t xlgc__encoding_encode(xlgc__encoding *encoding, const char *text, size_t length, char *out) {
  return convert(encoding->encoder, text, length, out);
}

bool xlgc__encoding_is_plain(const char *bytes, size_t length) {
  bool is = true;
  for (size_t i = 0; i < length && is; i++)
    is = (unsigned char)bytes[i] < ASCII;
  return is;
}

/* In one that shifts between sets of characters, other text is bytes of ASCII too. */
static bool shifts(xlgc__encoding *encoding) {
  static const char *const others[] = {"\u00e9", "\u3042", "\uac00", "\u4e2d"};
  char encoded[LONGEST * LONGEST + ESCAPES];
  bool does = false;
  for (size_t i = 0; i < sizeof others / sizeof *others && !does; i++) {
    size_t length = xlgc__encoding_encode(encoding, others[i], strlen(others[i]), encoded);
    does = length != SIZE_MAX && xlgc__encoding_is_plain(encoded, length);
  }
  return does;
}

static bool has_ascii(xlgc__encoding *encoding) {
  char ascii[ASCII], decoded[LONGEST * ASCII + ESCAPES];
  for (int i = 0; i < ASCII; i++)
    ascii[i] = (char)i;
  return xlgc__encoding_decode(encoding, ascii, ASCII, decoded) == ASCII && memcmp(ascii, decoded, ASCII) == 0 &&
         !shifts(encoding);
}

/* What comes behind a slash says how iconv works, and is no part of a name. */
static bool is_name(const char *name) {
  return *name && strlen(name) < XLGC__ENCODING_NAME_BYTES && !strchr(name, '/');
}

void xlgc__encoding_end(xlgc__encoding *encoding) {
  if (!encoding) return;
  if (encoding->decoder != none) iconv_close(encoding->decoder);
  if (encoding->encoder != none) iconv_close(encoding->encoder);
  free(encoding);
}

int xlgc__encoding_begin(xlgc__encoding **encoding, const char *name) {
  if (!is_name(name)) return XLGC_E_UNKNOWN;
  xlgc__encoding *made = calloc(1, sizeof *made);
  if (!made) return XLGC_E_NOMEM;
  strcpy(made->name, name);
  made->decoder = iconv_open("UTF-8", name);
  made->encoder = iconv_open(name, "UTF-8");
  int failed = 0;
  if (made->decoder == none || made->encoder == none)
    failed = errno == ENOMEM ? XLGC_E_NOMEM : XLGC_E_UNKNOWN;
  else if (!has_ascii(made))
    failed = XLGC_E_UNKNOWN;
  if (failed)
    xlgc__encoding_end(made);
  else
    *encoding = made;
  return failed;
}

const char *xlgc__encoding_name(const xlgc__encoding *encoding) { return encoding->name; }
