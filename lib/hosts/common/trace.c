#include <config.h>

#include "hosts/common/trace.h"

#include <stdio.h>
#include <string.h>

#include "hosts/common/grow.h"
#include "hosts/common/utf8.h"

enum { LENGTH_MAX = 16 * 1024 };

/* Room for so many bytes more, and a zero byte. */
static bool reserve(xlgc__trace *trace, size_t more) {
  if (more > LENGTH_MAX || trace->length + more > LENGTH_MAX) return false;
  char *grown = xlgc__grow_array(trace->bytes, trace->length + more + 1, &trace->room, 1);
  if (grown) trace->bytes = grown;
  return grown != NULL;
}

static void append(xlgc__trace *trace, const char *bytes, size_t length) {
  if (length) memcpy(trace->bytes + trace->length, bytes, length);
  trace->length += length;
  trace->bytes[trace->length] = 0;
}

static void add_text(xlgc__trace *trace, xlgc_text text) { append(trace, text.bytes, text.length); }

void xlgc__trace_carry(xlgc__trace *trace, const char *lines, size_t length) {
  if (!length || !reserve(trace, length + 1)) return;
  if (trace->length) append(trace, "\n", 1);
  append(trace, lines, length);
}

void xlgc__trace_add(xlgc__trace *trace, const char *language, xlgc_text file, long line, xlgc_text function) {
  char number[24];
  int bytes = snprintf(number, sizeof number, ":%ld", line);
  size_t language_length = strlen(language);
  if (!reserve(trace, language_length + file.length + (size_t)bytes + function.length + sizeof "\n: : in ")) return;
  if (trace->length) append(trace, "\n", 1);
  append(trace, language, language_length);
  append(trace, ": ", 2);
  add_text(trace, file);
  append(trace, number, (size_t)bytes);
  if (!function.length) return;
  append(trace, ": in ", strlen(": in "));
  add_text(trace, function);
}

xlgc_text xlgc__trace_of(const char *text) { return text ? (xlgc_text){text, strlen(text)} : (xlgc_text){NULL, 0}; }

xlgc_text xlgc__trace_text(const xlgc__trace *trace) {
  if (trace->length) xlgc__utf8_mend(trace->bytes, trace->length);
  return (xlgc_text){trace->bytes, trace->length};
}

void xlgc__trace_free(xlgc__trace *trace) {
  if (trace->bytes) xlgc__grow_release(trace->bytes);
  *trace = (xlgc__trace){.bytes = NULL};
}
