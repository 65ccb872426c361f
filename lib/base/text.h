/* Text that is put together in room that a caller has given. What does not fit is cut off and counted. */
#ifndef XLGC_TEXT_H
#define XLGC_TEXT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include "base/compiler.h"

typedef struct xlgc__text {
  char *at; /* room for so many bytes with the ending 0; may be NULL when that is 0 */
  size_t room, length;
} xlgc__text;

/* Appends as printf does. */
static inline void xlgc__text_put(xlgc__text *text, const char *format, ...) XLGC__PRINTF(2, 3);
static inline void xlgc__text_put(xlgc__text *text, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  size_t left = text->length < text->room ? text->room - text->length : 0;
  int length = vsnprintf(left ? text->at + text->length : NULL, left, format, arguments);
  va_end(arguments);
  if (length > 0) text->length += (size_t)length;
}

#endif
