#include <config.h>

#include "hosts/common/thrown.h"

#include <string.h>

xlgc_text xlgc__thrown_text(const xlgc_value *value) { return (xlgc_text){value->as.bytes, value->length}; }

void xlgc__thrown_clear(xlgc__thrown *thrown) {
  xlgc_value_clear(&thrown->value);
  xlgc_value_clear(&thrown->language);
  xlgc_value_clear(&thrown->type);
  xlgc_value_clear(&thrown->words);
  xlgc_value_clear(&thrown->stack);
  xlgc__trace_free(&thrown->functions);
}

/* Without words the type is not to be relied on either. */
int xlgc__thrown_throw(xlgc__thrown *thrown, xlgc_visit *visit, const char *instead) {
  bool has_words = thrown->words.type == XLGC_STRING;
  xlgc__trace trace = {.bytes = NULL};
  xlgc__trace_carry(&trace, thrown->stack.as.bytes, thrown->stack.length);
  xlgc__trace_carry(&trace, thrown->functions.bytes, thrown->functions.length);
  const xlgc_thrown all = {.value = thrown->value,
                           .language = xlgc__thrown_text(&thrown->language),
                           .type = xlgc__thrown_text(&thrown->type),
                           .words = has_words ? xlgc__thrown_text(&thrown->words) : xlgc__trace_of(instead),
                           .stack = xlgc__trace_text(&trace),
                           .flags = has_words ? thrown->flags : thrown->flags | XLGC_THROWN_GENERAL};
  int failed = xlgc_visit_throw(visit, &all);
  xlgc__trace_free(&trace);
  xlgc__thrown_clear(thrown);
  return failed;
}

bool xlgc__thrown_is_home(const xlgc_thrown *thrown, const char *language, bool is_own) {
  if (thrown->value.type == XLGC_OBJECT) return is_own;
  return thrown->language.length == strlen(language) &&
         memcmp(thrown->language.bytes, language, thrown->language.length) == 0;
}
