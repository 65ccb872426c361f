#include <config.h>

#include "hosts/common/why.h"

#include "hosts/common/grow.h"

enum { USUAL_BYTES = 2000 };

static int ask(xlgc_host *host, xlgc_pool *pool, xlgc_id id, void *handle, char *text, size_t size_bytes) {
  return id ? xlgc_hosts_explain(pool, host, id, XLGC__WHY_BUDGET, text, size_bytes)
            : xlgc_host_explain(host, handle, XLGC__WHY_BUDGET, text, size_bytes);
}

int xlgc__why(xlgc_host *host, xlgc_pool *pool, xlgc_id id, void *handle, xlgc_value *out) {
  size_t room = 0;
  char *text = xlgc__grow_array(NULL, USUAL_BYTES, &room, 1);
  int length = text ? ask(host, pool, id, handle, text, room) : XLGC_E_NOMEM;
  while (length >= 0 && (size_t)length >= room) {
    char *more = xlgc__grow_array(text, (size_t)length + 1, &room, 1);
    if (more) text = more;
    length = more ? ask(host, pool, id, handle, text, room) : XLGC_E_NOMEM;
  }
  int result = length < 0 ? length : xlgc_value_copy(out, XLGC_STRING, text, (size_t)length);
  xlgc__grow_release(text);
  return result;
}
