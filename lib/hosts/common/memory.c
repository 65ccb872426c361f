#include <config.h>

#include "hosts/common/memory.h"

size_t xlgc__memory_element_bytes(unsigned elements) {
  switch (elements) {
  case 'h':
  case 'H': return 2;
  case 'i':
  case 'I':
  case 'f': return 4;
  case 'q':
  case 'Q':
  case 'd': return 8;
  default: return 1;
  }
}

static int copy(xlgc_visit *visit, xlgc_value *out) {
  xlgc_memory memory;
  int failed = xlgc_visit_memory(visit, &memory);
  if (failed) return failed;
  failed = xlgc_value_copy(out, XLGC_BUFFER, memory.bytes, memory.length);
  if (!failed) out->traits = memory.elements << XLGC_SORT_SHIFT;
  xlgc_memory_give_back(&memory);
  return failed;
}

int xlgc__memory_copy(xlgc_host *host, xlgc_id id, xlgc_value *out) {
  xlgc_visit visit;
  int failed = xlgc_visit_begin(&visit, host, id);
  if (failed) return failed;
  failed = copy(&visit, out);
  xlgc_visit_end(&visit);
  return failed;
}
