#include <config.h>

#include "hosts/common/why.h"

#include "hosts/common/texts.h"

typedef struct question {
  xlgc_host *host;
  xlgc_pool *pool;
  xlgc_id id;
  void *handle;
} question;

static int ask(void *data, char *text, size_t size_bytes) {
  const question *asked = data;
  return asked->id ? xlgc_hosts_explain(asked->pool, asked->host, asked->id, XLGC__WHY_BUDGET, text, size_bytes)
                   : xlgc_host_explain(asked->host, asked->handle, XLGC__WHY_BUDGET, text, size_bytes);
}

int xlgc__why(xlgc_host *host, xlgc_pool *pool, xlgc_id id, void *handle, xlgc_value *out) {
  question asked = {host, pool, id, handle};
  return xlgc__texts_value(ask, &asked, out);
}
