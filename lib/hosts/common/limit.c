#include <config.h>

#include "hosts/common/limit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the adapter can have besides, however small the limit is. */
enum { EXTRA_BYTES = 1024 * 1024 };

bool xlgc__limit_refuses(const xlgc__limit *limit, size_t more_bytes, unsigned times) {
  if (!limit->bytes_max || times == XLGC__LIMIT_NONE) return false;
  size_t extra = times > 1 ? EXTRA_BYTES : 0;
  size_t most = limit->bytes_max > (SIZE_MAX - extra) / times ? SIZE_MAX : limit->bytes_max * times + extra;
  return limit->bytes > most || more_bytes > most - limit->bytes;
}

bool xlgc__limit_refuses_now(const xlgc__limit *limit, size_t more_bytes) {
  return xlgc__limit_refuses(limit, more_bytes, limit->times ? limit->times : 1);
}

void *xlgc__limit_allocate(xlgc__limit *limit, void *at, size_t old_bytes, size_t bytes) {
  if (!bytes) {
    free(at);
    limit->bytes -= old_bytes;
    return NULL;
  }
  void *made = realloc(at, bytes);
  if (made) limit->bytes += bytes - old_bytes;
  return made;
}

int xlgc__limit_set(xlgc__limit *limit, uint64_t bytes_max, uint64_t *bytes) {
  *bytes = limit->bytes;
  if (bytes_max == XLGC_LIMIT_AS_IT_IS) return 0;
  if (bytes_max > SIZE_MAX) return XLGC_E_INVAL;
  limit->bytes_max = (size_t)bytes_max;
  limit->has_refused = false;
  return 0;
}

unsigned xlgc__limit_lift(xlgc__limit *limit, unsigned times) {
  unsigned before = limit ? limit->times : 0;
  if (limit) limit->times = times;
  return before;
}

void xlgc__limit_restore(xlgc__limit *limit, unsigned before) {
  if (limit) limit->times = before;
}

int xlgc__limit_answer(xlgc__limit *limit, xlgc_visit *visit) {
  char words[160];
  if (!limit || !visit || !limit->has_refused) return XLGC_E_NOMEM;
  limit->has_refused = false;
  snprintf(words, sizeof words, "out of memory: the engine of this object may have %zu bytes, see limit_memory",
           limit->bytes_max);
  return xlgc_visit_raise(visit, words, strlen(words));
}
