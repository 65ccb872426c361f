#include <config.h>

#include "hosts/core/thrown.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hosts/core/memory.h"
#include "hosts/core/values.h"
#include "hosts/core/visits.h"

/* The copy, and its texts: each with a zero byte behind it. */
typedef struct record {
  xlgc_thrown thrown;
  char bytes[];
} record;

/* The texts of one: value, language, type, words, stack, and the message for people. */
enum { VALUE, LANGUAGE, TYPE, WORDS, STACK, TEXTS };

static void list_texts(const xlgc_thrown *thrown, xlgc_text texts[TEXTS]) {
  texts[VALUE] = (xlgc_text){NULL, 0};
  if (xlgc__host_values_have_bytes(thrown->value.type))
    texts[VALUE] = (xlgc_text){thrown->value.as.bytes, thrown->value.length};
  texts[LANGUAGE] = thrown->language;
  texts[TYPE] = thrown->type;
  texts[WORDS] = thrown->words;
  texts[STACK] = thrown->stack;
}

static const char *add(char **at, const char *bytes, size_t length) {
  char *copy = *at;
  if (length) memcpy(copy, bytes, length);
  copy[length] = 0;
  *at += length + 1;
  return copy;
}

/* "ValueError: words", or less where there is no more. Returns its first byte. */
static const char *add_message(char **at, const xlgc_thrown *thrown) {
  bool has_type = thrown->type.length && !(thrown->flags & XLGC_THROWN_GENERAL && thrown->words.length);
  const char *message = *at;
  if (has_type) add(at, thrown->type.bytes, thrown->type.length);
  if (has_type && !thrown->words.length) return message;
  if (has_type) {
    --*at;
    add(at, ": ", 2);
    --*at;
  }
  add(at, thrown->words.bytes, thrown->words.length);
  return message;
}

static record *make(const xlgc_thrown *thrown, const char **message) {
  enum { SEPARATOR = 2 };
  xlgc_text texts[TEXTS];
  list_texts(thrown, texts);
  size_t bytes = sizeof(record) + SEPARATOR + 1;
  for (unsigned i = 0; i < TEXTS; i++) {
    size_t twice = i == TYPE || i == WORDS ? 2 : 1; /* once more in the message */
    if (texts[i].length > (SIZE_MAX - bytes) / 2 - 1) return NULL;
    bytes += twice * texts[i].length + 1;
  }
  record *made = xlgc__host_memory_allocate(bytes);
  if (!made) return NULL;
  made->thrown = *thrown;
  made->thrown.value.memory = NULL;
  char *at = made->bytes;
  for (unsigned i = 0; i < TEXTS; i++)
    texts[i].bytes = add(&at, texts[i].bytes, texts[i].length);
  if (xlgc__host_values_have_bytes(thrown->value.type)) made->thrown.value.as.bytes = texts[VALUE].bytes;
  made->thrown.language = texts[LANGUAGE];
  made->thrown.type = texts[TYPE];
  made->thrown.words = texts[WORDS];
  made->thrown.stack = texts[STACK];
  *message = add_message(&at, thrown);
  return made;
}

/* What is not held otherwise is until the visit ends. Several values are none that is thrown. */
static void settle_value(const xlgc_visit *visit, xlgc_thrown *thrown) {
  bool is_lost = thrown->value.type == XLGC_SEVERAL;
  if (thrown->value.type == XLGC_OBJECT && xlgc__host_visits_innermost())
    is_lost = xlgc__host_visits_name_id(visit->pool, thrown->value.as.id) != 0;
  if (!is_lost) return;
  thrown->value = (xlgc_value){.type = XLGC_NIL};
  thrown->flags &= ~(unsigned)XLGC_THROWN_VALUE;
}

int xlgc__host_thrown_keep(xlgc_visit *visit, const xlgc_thrown *thrown) {
  const char *message;
  record *made = make(thrown, &message);
  if (!made) return XLGC_E_NOMEM;
  settle_value(visit, &made->thrown);
  xlgc__host_thrown_forget(visit);
  visit->thrown = made;
  visit->message = message;
  return 0;
}

void xlgc__host_thrown_forget(xlgc_visit *visit) {
  free(visit->thrown);
  visit->thrown = NULL;
  visit->message = NULL;
}

const xlgc_thrown *xlgc_visit_thrown(const xlgc_visit *visit) {
  const record *kept = visit->thrown;
  return kept ? &kept->thrown : NULL;
}
