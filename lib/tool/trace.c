/* Lines are cut out of a fixed buffer, and words out of lines, in place. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "trace.h"

static const struct {
  const char *word;
  unsigned names;
} verbs[] = {
#define TRACE_X(name, word, names) {word, names},
    TRACE_VERBS(TRACE_X)
#undef TRACE_X
};

static const char all_words[] =
#define TRACE_X(name, word, names) " " word
    TRACE_VERBS(TRACE_X);
#undef TRACE_X

const char *trace_word(trace_verb verb) { return verbs[verb].word; }

void trace_open(struct trace *trace, int file) {
  trace->file = file;
  trace->at_end = 0;
  trace->line = 0;
  trace->start = trace->end = 0;
}

/* Makes room behind what is there and reads into it. Returns how many bytes came, 0 at the end, -1 on error. */
static ssize_t fill(struct trace *trace) {
  size_t left = trace->end - trace->start;
  memmove(trace->bytes, trace->bytes + trace->start, left);
  trace->start = 0;
  trace->end = left;
  ssize_t got;
  do {
    got = read(trace->file, trace->bytes + left, sizeof trace->bytes - left);
  } while (got < 0 && errno == EINTR);
  if (got > 0) trace->end += (size_t)got;
  if (got == 0) trace->at_end = 1;
  return got;
}

/* Cuts the next line out: `line` gets its beginning, `size` its length without the line end. A line that is too
 * long is passed over, and is TRACE_WRONG. */
static trace_result next_line(struct trace *trace, char **line, size_t *size) {
  int too_long = 0;
  size_t looked_at = 0;
  for (;;) {
    char *start = trace->bytes + trace->start;
    size_t there = trace->end - trace->start;
    char *end = memchr(start + looked_at, '\n', there - looked_at);
    if (end || (trace->at_end && (there || too_long))) {
      *line = start;
      *size = end ? (size_t)(end - start) : there;
      trace->start += *size + (end != NULL);
      trace->line++;
      if (!too_long) return TRACE_OPERATION;
      snprintf(trace->why, sizeof trace->why, "the line is longer than %u bytes; use shorter names", TRACE_LINE_BYTES);
      return TRACE_WRONG;
    }
    if (trace->at_end) return TRACE_END;
    looked_at = there;
    if (there == sizeof trace->bytes) {
      too_long = 1;
      trace->start = trace->end;
      looked_at = 0;
    }
    if (fill(trace) < 0) return TRACE_FAILED;
  }
}

/* The next word at *at, ended with a NUL, or NULL. */
static char *next_word(char **at) {
  static const char space[] = " \t\r\v\f";
  char *word = *at + strspn(*at, space);
  if (!*word) return NULL;
  *at = word + strcspn(word, space);
  if (**at) *(*at)++ = '\0';
  return word;
}

static trace_result parse(struct trace *trace, const char *verb, char *rest, trace_operation *out) {
  for (unsigned i = 0; i < sizeof verbs / sizeof *verbs; i++) {
    if (strcmp(verb, verbs[i].word) != 0) continue;
    unsigned given = 0;
    for (char *name; (name = next_word(&rest)) != NULL; given++) {
      if (given < verbs[i].names) out->names[given] = name;
    }
    if (given == verbs[i].names) {
      out->verb = (trace_verb)i;
      out->line = trace->line;
      return TRACE_OPERATION;
    }
    snprintf(trace->why, sizeof trace->why, "%s takes %u name%s, here are %u", verb, verbs[i].names,
             verbs[i].names == 1 ? "" : "s", given);
    return TRACE_WRONG;
  }
  snprintf(trace->why, sizeof trace->why, "unknown operation %.32s; there are%s", verb, all_words);
  return TRACE_WRONG;
}

trace_result trace_next(struct trace *trace, trace_operation *out) {
  for (;;) {
    char *line;
    size_t size;
    trace_result result = next_line(trace, &line, &size);
    if (result != TRACE_OPERATION) return result;
    line[size] = '\0';
    if (strlen(line) != size) {
      snprintf(trace->why, sizeof trace->why, "the line has a NUL byte in it; traces are text");
      return TRACE_WRONG;
    }
    char *rest = line;
    char *verb = next_word(&rest);
    if (verb && *verb != '#') return parse(trace, verb, rest, out);
  }
}
