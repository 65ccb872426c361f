/* Text that is put together in room that a caller has given. What does not fit is cut off and counted. */
#ifndef XLGC_TEXT_H
#define XLGC_TEXT_H

#include <stddef.h>

#include "base/compiler.h"

typedef struct xlgc__text {
  char *at; /* room for so many bytes with the ending 0; may be NULL when that is 0 */
  size_t room, length;
} xlgc__text;

/* Appends as printf does. */
void xlgc__text_put(xlgc__text *text, const char *format, ...) XLGC__PRINTF(2, 3);

#endif
