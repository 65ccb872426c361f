/* A hash map whose entries carry their own text. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include "names.h"

struct name *names_find(struct name *names, const char *text) {
  struct name *found;
  HASH_FIND(hh, names, text, strlen(text), found);
  return found;
}

struct name *names_add(struct name **names, const char *text) {
  size_t length = strlen(text);
  struct name *entry = calloc(1, sizeof *entry + length + 1);
  if (!entry) return NULL;
  memcpy(entry->text, text, length);
  HASH_ADD_KEYPTR(hh, *names, entry->text, length, entry);
  if (entry->hh.tbl) return entry;
  free(entry);
  return NULL;
}

void names_remove(struct name **names, struct name *entry) {
  HASH_DEL(*names, entry);
  free(entry);
}

void names_clear(struct name **names) {
  struct name *entry, *next;
  HASH_ITER(hh, *names, entry, next) names_remove(names, entry);
}
