/* Text that an engine keeps in another encoding than UTF-8, as iconv(3) of the C library knows them. */
#ifndef XLGC_HOSTS_COMMON_ENCODING_H
#define XLGC_HOSTS_COMMON_ENCODING_H

#include <stdbool.h>
#include <stddef.h>

typedef struct xlgc__encoding xlgc__encoding;

enum { XLGC__ENCODING_NAME_BYTES = 64 };

/* Begins with an encoding of this name. Returns 0, XLGC_E_UNKNOWN for one that the C library does not have or whose first
 * 128 characters are not ASCII's, or XLGC_E_NOMEM. One thread at a time may use it. */
int xlgc__encoding_begin(xlgc__encoding **encoding, const char *name);
/* May be NULL. */
void xlgc__encoding_end(xlgc__encoding *encoding);
/* As it was given. */
const char *xlgc__encoding_name(const xlgc__encoding *encoding);
/* Are these bytes ASCII, and so the same in all encodings? */
bool xlgc__encoding_is_plain(const char *bytes, size_t length);

/* The room that the result may need. Returns SIZE_MAX where there is no such number. */
size_t xlgc__encoding_room(size_t length);
/* Bytes of the encoding become UTF-8, or the other way. out: as much as _room says. Both return how many bytes they
 * wrote, or SIZE_MAX for what the encoding does not have. */
size_t xlgc__encoding_decode(xlgc__encoding *encoding, const char *bytes, size_t length, char *out);
size_t xlgc__encoding_encode(xlgc__encoding *encoding, const char *text, size_t length, char *out);

#endif
