#include <config.h>

#include "hosts/common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fail(xlgc__file *file, const char *name, int error) {
  snprintf(file->words, sizeof file->words, "%.300s: %s", name, strerror(error));
  xlgc__file_free(file);
  return false;
}

/* It may become longer meanwhile, or shorter. */
static int read_all(xlgc__file *file, int descriptor, size_t size) {
  file->text = malloc(size + 1);
  if (!file->text) return ENOMEM;
  while (file->length < size) {
    ssize_t got = read(descriptor, file->text + file->length, size - file->length);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (!got) break;
    file->length += (size_t)got;
  }
  file->text[file->length] = 0;
  return 0;
}

static int open_regular(const char *name, int *descriptor, size_t *size) {
  struct stat status;
  *descriptor = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (*descriptor < 0 || fstat(*descriptor, &status)) return errno;
  *size = (size_t)status.st_size;
  return S_ISREG(status.st_mode) ? 0 : S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
}

bool xlgc__file_read(xlgc__file *file, const char *name) {
  int descriptor;
  size_t size = 0;
  file->text = NULL;
  file->length = 0;
  int failed = open_regular(name, &descriptor, &size);
  if (!failed) failed = read_all(file, descriptor, size);
  if (descriptor >= 0) close(descriptor);
  return failed ? fail(file, name, failed) : true;
}

void xlgc__file_free(xlgc__file *file) {
  free(file->text);
  file->text = NULL;
}

size_t xlgc__file_start(const char *text, size_t length) {
  static const char mark[] = "\xEF\xBB\xBF";
  size_t start = length >= 3 && memcmp(text, mark, 3) == 0 ? 3 : 0;
  if (length - start < 2 || text[start] != '#' || text[start + 1] != '!') return start;
  const char *end = memchr(text + start, '\n', length - start);
  return end ? (size_t)(end - text) : length;
}

bool xlgc__file_is_module(const char *name) {
  size_t length = strlen(name);
  return length > 4 && strcmp(name + length - 4, ".mjs") == 0;
}
