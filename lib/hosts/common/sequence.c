#include <config.h>

#include "hosts/common/sequence.h"

#include <string.h>

static xlgc_value position(size_t at) { return (xlgc_value){.type = XLGC_INTEGER, .as.integer = (int64_t)at}; }

static int complain(xlgc_visit *visit, const char *words) { return xlgc_visit_raise(visit, words, strlen(words)); }

static int fill(xlgc_visit *visit, size_t from, size_t to) {
  static const xlgc_value nothing;
  int failed = 0;
  for (; from < to && !failed; from++) {
    const xlgc_value at = position(from);
    failed = xlgc_visit_set(visit, &at, &nothing);
  }
  return failed;
}

/* The end is found only where an element could not be set: most are there, or next. */
int xlgc__sequence_set(xlgc_visit *visit, const xlgc_value *key, const xlgc_value *value) {
  int failed = xlgc_visit_set(visit, key, value);
  size_t length;
  if (failed != XLGC_E_RAISED || key->type != XLGC_INTEGER || key->as.integer < 0) return failed;
  if (xlgc_visit_length(visit, &length) || (uint64_t)key->as.integer <= length) return failed;
  if ((uint64_t)key->as.integer - length > XLGC__SEQUENCE_GAP_MAX)
    return complain(visit, "a list cannot have so many elements that are nothing");
  failed = fill(visit, length, (size_t)key->as.integer);
  return failed ? failed : xlgc_visit_set(visit, key, value);
}

int xlgc__sequence_set_length(xlgc_visit *visit, const xlgc_value *wanted) {
  size_t length;
  if (wanted->type != XLGC_INTEGER || wanted->as.integer < 0)
    return complain(visit, "the length of a list is a whole number");
  int failed = xlgc_visit_length(visit, &length);
  if (failed) return failed;
  if ((uint64_t)wanted->as.integer > length && (uint64_t)wanted->as.integer - length > XLGC__SEQUENCE_GAP_MAX)
    return complain(visit, "a list cannot have so many elements that are nothing");
  size_t to = (size_t)wanted->as.integer;
  for (; length > to && failed >= 0; length--) {
    const xlgc_value last = position(length - 1);
    failed = xlgc_visit_remove(visit, &last);
  }
  return failed < 0 ? failed : fill(visit, length, to);
}
