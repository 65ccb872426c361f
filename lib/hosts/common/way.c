#include <config.h>

#include "hosts/common/way.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define DIGITS "0123456789"

static bool is_identifier(const char *text) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_" DIGITS;
  return *text && !strchr(DIGITS, *text) && strlen(text) < 60 && text[strspn(text, letters)] == 0;
}

void xlgc__way_name_key(char *text, size_t size_bytes, const char *prefix, const char *key) {
  if (prefix)
    snprintf(text, size_bytes, "%s'%s'", prefix, key);
  else
    snprintf(text, size_bytes, is_identifier(key) ? ".%s" : "['%s']", key);
}

void xlgc__way_name_property(char *text, size_t size_bytes, const char *prefix, const char *key) {
  bool is_index = !prefix && *key && key[strspn(key, DIGITS)] == 0;
  if (is_index)
    snprintf(text, size_bytes, "[%s]", key);
  else
    xlgc__way_name_key(text, size_bytes, prefix, key);
}
