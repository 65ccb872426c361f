#include <config.h>

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>

void xlgc__text_put(xlgc__text *text, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  size_t left = text->length < text->room ? text->room - text->length : 0;
  int length = vsnprintf(left ? text->at + text->length : NULL, left, format, arguments);
  va_end(arguments);
  if (length > 0) text->length += (size_t)length;
}
