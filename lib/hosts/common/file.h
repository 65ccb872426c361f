/* Files that engines run by name. */
#ifndef XLGC_HOSTS_COMMON_FILE_H
#define XLGC_HOSTS_COMMON_FILE_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What is read, for the caller to free; or words that say why not: "main.js: No such file or directory". */
typedef struct xlgc__file {
  char *text; /* ends with a NUL that is not counted; NULL for words */
  size_t length;
  char words[512];
} xlgc__file;

/* Reads a file whole. What is no regular file is refused, as reading it might not end. Returns whether it has a text. */
bool xlgc__file_read(xlgc__file *file, const char *name);
void xlgc__file_free(xlgc__file *file);

/* Where the text begins: after a byte order mark, and a first line that begins with #! but for its end, so that the
 * lines keep their numbers. */
size_t xlgc__file_start(const char *text, size_t length);

/* Does the name end as those of JavaScript's modules do? */
bool xlgc__file_is_module(const char *name);

#ifdef __cplusplus
}
#endif

#endif
