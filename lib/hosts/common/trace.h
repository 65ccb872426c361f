/* The stack of an error that crosses, as text: a line for each function that it came through, of whichever language, the
 * innermost first. One that gets too long, or for which there is no memory, ends earlier. */
#ifndef XLGC_HOSTS_COMMON_TRACE_H
#define XLGC_HOSTS_COMMON_TRACE_H

#include <stdbool.h>
#include <stddef.h>

#include <xlgc/bridge.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How many functions of one language are worth a line, each time that the error comes through it. */
enum { XLGC__TRACE_FUNCTIONS = 24 };

/* All zero: empty. */
typedef struct xlgc__trace {
  char *bytes;
  size_t length, room;
} xlgc__trace;

/* Adds the lines that an error has already. Bytes that are no text become question marks, here and below. */
void xlgc__trace_carry(xlgc__trace *trace, const char *lines, size_t length);
/* Adds "LANGUAGE: FILE:LINE: in FUNCTION". function: may be empty. */
void xlgc__trace_add(xlgc__trace *trace, const char *language, xlgc_text file, long line, xlgc_text function);
/* The text of a zero-ended one; NULL is empty. */
xlgc_text xlgc__trace_of(const char *text);
/* Its text, good until the next call. */
xlgc_text xlgc__trace_text(const xlgc__trace *trace);
void xlgc__trace_free(xlgc__trace *trace);

#ifdef __cplusplus
}
#endif

#endif
