/* What the demo `git` says to the user, and its small tools. */
#define _GNU_SOURCE 1

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <xlgc.h>

#include "git_tools.h"

void fail(int status, const char *format, ...) {
  va_list arguments;
  clear_progress();
  fflush(stdout);
  fputs("git: ", stderr);
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fputc('\n', stderr);
  exit(status);
}

void must(int code, const char *what) {
  if (code < 0) fail(EXIT_FAILURE, "xlgc cannot %s: %s", what, xlgc_strerror(code));
}

const char *git_complaint(void) {
  const git_error *error = git_error_last();
  return error && error->message ? error->message : "libgit2 does not say why";
}

void must_git(int code, const char *what, const char *which) {
  if (code < 0) fail(EXIT_FAILURE, "cannot %s %s: %s", what, which, git_complaint());
}

void *must_have(void *memory) {
  if (!memory) fail(EXIT_FAILURE, "out of memory");
  return memory;
}

struct text hex(const git_oid *oid) {
  struct text text;
  git_oid_tostr(text.s, sizeof text.s, oid);
  return text;
}

struct text grouped(uint64_t number) {
  char digits[24];
  struct text text;
  char *to = text.s;
  int length = snprintf(digits, sizeof digits, "%" PRIu64, number);
  for (int i = 0; i < length; i++) {
    if (i && (length - i) % 3 == 0) *to++ = ',';
    *to++ = digits[i];
  }
  *to = 0;
  return text;
}

void show_progress(const char *what, uint64_t number) {
  if (isatty(STDERR_FILENO)) fprintf(stderr, "\r\033[K%s %s objects ...", what, grouped(number).s);
}

void clear_progress(void) {
  if (isatty(STDERR_FILENO)) fputs("\r\033[K", stderr);
}

double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

char *written(const char *format, ...) {
  char *text;
  va_list arguments;
  va_start(arguments, format);
  if (vasprintf(&text, format, arguments) < 0) text = NULL;
  va_end(arguments);
  return must_have(text);
}

void *one_more(void *array, size_t count, size_t *room, size_t item_bytes) {
  if (count < *room) return array;
  *room = *room ? *room * 2 : 16;
  return must_have(reallocarray(array, *room, item_bytes));
}

char *read_file(const char *path, size_t *size_bytes) {
  FILE *file = fopen(path, "rb");
  if (!file) {
    if (errno != ENOENT && errno != ENOTDIR) fail(EXIT_FAILURE, "cannot read %s: %s", path, strerror(errno));
    return NULL;
  }
  size_t used = 0, room = 4096;
  char *bytes = must_have(malloc(room));
  for (size_t got; (got = fread(bytes + used, 1, room - used - 1, file)) > 0;) {
    used += got;
    if (used == room - 1) bytes = must_have(realloc(bytes, room *= 2));
  }
  if (ferror(file)) fail(EXIT_FAILURE, "cannot read %s: %s", path, strerror(errno));
  fclose(file);
  bytes[used] = 0;
  if (size_bytes) *size_bytes = used;
  return bytes;
}

FILE *create_file(const char *path) {
  FILE *file = fopen(path, "wb");
  if (!file) fail(EXIT_FAILURE, "cannot write %s: %s", path, strerror(errno));
  return file;
}

void close_file(FILE *file, const char *path) {
  bool failed = ferror(file) != 0;
  if (fclose(file) || failed) fail(EXIT_FAILURE, "cannot write %s: %s", path, strerror(errno));
}
