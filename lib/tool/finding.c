#include <config.h>

#include "finding.h"

#include <stdarg.h>
#include <stdio.h>

void finding_set(finding *of, finding_state state, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(of->words, sizeof of->words, format, arguments);
  va_end(arguments);
  of->state = state;
}

void finding_copy(char *to, size_t size, const char *text) { snprintf(to, size, "%s", text); }
