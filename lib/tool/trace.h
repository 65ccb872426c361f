/* Reads a trace, the text form of a program's life with a pool, one operation a line. Kept apart from what runs it,
 * so that a trace streams through a fixed buffer, whatever is done with it. */
#ifndef XLGC_TOOL_TRACE_H
#define XLGC_TOOL_TRACE_H

#include <stddef.h>
#include <stdint.h>

/* Every operation with its word and how many names it takes. */
#define TRACE_VERBS(X)       \
  X(PIN, "pin", 1)           \
  X(UNPIN, "unpin", 1)       \
  X(LINK, "link", 2)         \
  X(UNLINK, "unlink", 2)     \
  X(KEEP, "keep", 1)         \
  X(FLUSH, "flush", 0)       \
  X(DISTANCE, "distance", 1) \
  X(PATH, "path", 1)

typedef enum trace_verb {
#define TRACE_X(name, word, names) TRACE_##name,
  TRACE_VERBS(TRACE_X)
#undef TRACE_X
} trace_verb;

/* One line of a trace. The names are good until the next line is read. */
typedef struct trace_operation {
  trace_verb verb;
  uint64_t line; /* from 1 */
  const char *names[2];
} trace_operation;

/* A longer line is an error: reading needs no more memory than this, whatever the file holds. */
#define TRACE_LINE_BYTES 65536u

struct trace {
  int file;
  int at_end;
  uint64_t line;
  size_t start, end;                /* what was read and not yet handed out */
  char why[160];                    /* what is wrong with the line, after TRACE_WRONG */
  char bytes[TRACE_LINE_BYTES + 1]; /* a line with its end */
};

typedef enum trace_result {
  TRACE_OPERATION,
  TRACE_WRONG, /* the line is no operation: see `why` */
  TRACE_END,
  TRACE_FAILED, /* the file cannot be read: see errno */
} trace_result;

/* Starts to read from `file`, an open descriptor, which stays the caller's. */
void trace_open(struct trace *trace, int file);
/* The next operation; blank lines and comments are passed over. */
trace_result trace_next(struct trace *trace, trace_operation *out);
/* The word of a verb, as traces spell it. */
const char *trace_word(trace_verb verb);

#endif
