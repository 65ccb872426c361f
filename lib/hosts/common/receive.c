#include <config.h>

#include "hosts/common/receive.h"

#include <stdint.h>
#include <xlgc/why.h>

/* Of what the hosts keep, and an object of usual size. */
enum { USUAL_BYTES = 1024 };

size_t xlgc__receive_weight(xlgc_pool *pool, xlgc_id id) {
  size_t bytes;
  return xlgc_object_bytes(pool, id, &bytes) || bytes > SIZE_MAX / 2 ? USUAL_BYTES : USUAL_BYTES + bytes;
}

static int make_proxy(xlgc_host *host, xlgc_id id, const xlgc__receive_ways *ways, void *data) {
  void *handle = NULL;
  int failed = ways->make(data, id, &handle);
  if (!failed) return xlgc_host_proxy_made(host, id, handle);
  (void)xlgc_host_proxy_failed(host, id);
  return failed;
}

int xlgc__receive_id(xlgc_host *host, xlgc_id id, const xlgc__receive_ways *ways, void *data) {
  void *handle = NULL;
  int result = xlgc_host_receive(host, id, &handle);
  if (result == XLGC_HOST_OWN) return ways->own(data, handle);
  if (result == XLGC_HOST_FOUND) {
    result = ways->found(data, handle);
    if (result != XLGC__RECEIVE_DYING) return result;
    result = xlgc_host_proxy_dying(host, id, handle);
  }
  return result == XLGC_HOST_NEW ? make_proxy(host, id, ways, data) : result;
}
