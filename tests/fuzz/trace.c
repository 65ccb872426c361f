/* Any bytes as a trace for `xlgc replay --check`, in both settings. The library and the model must agree, and each line
 * that is no operation must be an error with its number.
 *
 * Inputs are traces, but that long runs are written short: byte 1, any byte, and a byte n stand for so many times that
 * byte as the n-th of the lengths below. A first byte 2 makes reading give few bytes at a time, 3 makes it fail at the
 * end, and with 4 each line comes twice. */
#include "streams.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <xlgc.h>

#include "fuzz.h"
#include "tool/replay.h"
#include "tool/trace.h"

const char *const fuzz_seeds[] = {"tests/fuzz/seeds/trace", "tests/corpus", NULL};

enum { RUN = 1, SHORT_READS, FAILS, TWICE, INPUT_MAX = 1 << 18 };

FILE *streams_output, *streams_errors;

static struct {
  char bytes[INPUT_MAX];
  size_t size, at;
  bool short_reads, fails;
} input;

ssize_t streams_read(int file, void *bytes, size_t size) {
  (void)file;
  size_t left = input.size - input.at;
  if (!left && input.fails) {
    errno = EIO;
    return -1;
  }
  if (input.short_reads && size > 7) size = 7;
  if (size > left) size = left;
  memcpy(bytes, input.bytes + input.at, size);
  input.at += size;
  return (ssize_t)size;
}

/* ------------------------------------------------------------------ input */

static void put(char byte, size_t count) {
  if (count > INPUT_MAX - input.size) count = INPUT_MAX - input.size;
  memset(input.bytes + input.size, byte, count);
  input.size += count;
}

static void expand(const uint8_t *bytes, size_t size) {
  static const size_t lengths[] = {
      TRACE_LINE_BYTES - 1, TRACE_LINE_BYTES, TRACE_LINE_BYTES + 1, 200000, 5000, 300, 40, 0};
  for (size_t i = 0; i < size; i++)
    if (bytes[i] == RUN && size - i > 2) {
      put((char)bytes[i + 1], lengths[bytes[i + 2] % 8]);
      i += 2;
    } else {
      put((char)bytes[i], 1);
    }
}

static void repeat_lines(void) {
  static char once[INPUT_MAX];
  size_t size = input.size;
  memcpy(once, input.bytes, size);
  input.size = 0;
  for (size_t start = 0; start < size;) {
    const char *end = memchr(once + start, '\n', size - start);
    size_t length = end ? (size_t)(end - once) + 1 - start : size - start;
    for (unsigned i = 0; i < 2; i++) {
      size_t fits = length < INPUT_MAX - input.size ? length : INPUT_MAX - input.size;
      memcpy(input.bytes + input.size, once + start, fits);
      input.size += fits;
    }
    start += length;
  }
}

static void take(const uint8_t *bytes, size_t size) {
  uint8_t way = size > 0 && bytes[0] > RUN && bytes[0] <= TWICE ? bytes[0] : 0;
  input.size = input.at = 0;
  input.short_reads = way == SHORT_READS;
  input.fails = way == FAILS;
  expand(bytes + (way != 0), size - (way != 0));
  if (way == TWICE) repeat_lines();
}

/* ---------------------------------------------------------------- expected */

static bool is_space(char byte) { return byte && strchr(" \t\r\v\f", byte); }

/* Is this line an operation, or nothing? Knows nothing of how lib/tool/trace.c reads. */
static bool line_is_good(const char *line, size_t size) {
  static const struct {
    const char *word;
    unsigned names;
  } verbs[] = {{"pin", 1},  {"unpin", 1}, {"link", 2},     {"unlink", 2},
               {"keep", 1}, {"flush", 0}, {"distance", 1}, {"path", 1}};
  if (size > TRACE_LINE_BYTES || memchr(line, 0, size)) return false;
  unsigned words = 0, wanted = 0;
  for (size_t i = 0; i < size;) {
    size_t start = i;
    while (i < size && !is_space(line[i]))
      i++;
    if (i == start) {
      i++;
      continue;
    }
    if (words++) continue;
    if (line[start] == '#') return true;
    for (size_t j = 0; j < sizeof verbs / sizeof *verbs; j++)
      if (strlen(verbs[j].word) == i - start && memcmp(verbs[j].word, line + start, i - start) == 0)
        wanted = 1 + verbs[j].names;
  }
  return words == wanted;
}

/* The number of the first line from there on that is no operation. The line after the last has none. */
static uint64_t next_bad_line(size_t *at, uint64_t *line) {
  while (*at < input.size) {
    const char *start = input.bytes + *at, *end = memchr(start, '\n', input.size - *at);
    size_t length = end ? (size_t)(end - start) : input.size - *at;
    bool ends = end || !input.fails; /* what stands before a failure is no line */
    *at += length + (end != NULL);
    ++*line;
    if (ends && !line_is_good(start, length)) return *line;
  }
  return 0;
}

/* Each error has a line's number, and all lines that are no operation have their error. */
static void look_at_errors(const char *errors, int status) {
  size_t at = 0;
  uint64_t line = 0, bad = next_bad_line(&at, &line), lines = 0, count = 0;
  for (size_t i = 0; i < input.size; i++)
    lines += input.bytes[i] == '\n' || i + 1 == input.size;
  for (const char *text = errors; *text; text = strchr(text, '\n') + 1) {
    FUZZ_MUST(strchr(text, '\n'));
    if (strncmp(text, "xlgc: cannot read", 17) == 0) continue;
    FUZZ_MUST(strncmp(text, "error ", 6) == 0);
    char *after;
    unsigned long long number = strtoull(text + 6, &after, 10);
    FUZZ_MUST(number > 0 && number <= lines && strncmp(after, ": ", 2) == 0 && after[2] != '\n');
    count++;
    if (number == bad) bad = next_bad_line(&at, &line);
  }
  FUZZ_MUST(!bad);
  if (!input.fails) FUZZ_MUST(status == (count > 0));
}

/* -------------------------------------------------------------------- run */

static void replay(int setting) {
  char *output, *errors;
  size_t output_size, errors_size;
  input.at = 0;
  streams_output = open_memstream(&output, &output_size);
  streams_errors = open_memstream(&errors, &errors_size);
  FUZZ_MUST(streams_output && streams_errors);
  replay_options options = {.setting = setting, .with_check = 1, .with_stats = 1};
  int status = replay_run(&options, -1, "input");
  FUZZ_MUST(fclose(streams_output) == 0 && fclose(streams_errors) == 0);
  bool good = input.fails ? status == 2 && strstr(errors, "cannot read input") : status == 0 || status == 1;
  if (!good) fprintf(stderr, "exit status %d\n%s\n", status, errors);
  FUZZ_MUST(good);
  if (!input.fails) FUZZ_MUST(strstr(output, "summary objects="));
  look_at_errors(errors, status);
  free(output);
  free(errors);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  take(bytes, size);
  replay(XLGC_CERTIFIED);
  replay(XLGC_EXACT);
  return 0;
}
