#include <config.h>

#include "hosts/common/expect.h"

#include "hosts/common/grow.h"
#include "hosts/common/why.h"

int xlgc__expect_add(xlgc__expect *expect, xlgc_id id, void *handle) {
  size_t wanted = expect->count + 1;
  xlgc_expected *objects = xlgc__grow_array(expect->objects, wanted, &expect->room, sizeof *objects);
  if (!objects) return XLGC_E_NOMEM;
  expect->objects = objects;
  objects[expect->count++] = (xlgc_expected){id, handle};
  return 0;
}

int xlgc__expect_end(xlgc__expect *expect, xlgc_host *host, xlgc_value *out, const char **words) {
  int failed = expect->count ? 0 : XLGC_E_INVAL;
  *words = failed ? XLGC__EXPECT_NO_OBJECTS : NULL;
  if (!failed) failed = xlgc_hosts_expect_gone(host, expect->objects, expect->count, XLGC__WHY_BUDGET, out);
  if (failed == XLGC_E_BUSY) *words = xlgc_hosts_why();
  xlgc__expect_free(expect);
  return failed;
}

void xlgc__expect_free(xlgc__expect *expect) {
  xlgc__grow_release(expect->objects);
  *expect = (xlgc__expect){NULL, 0, 0};
}
