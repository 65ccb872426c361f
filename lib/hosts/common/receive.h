/* An id comes into an engine: it is the engine's own object, has a proxy already, or gets one. */
#ifndef XLGC_HOSTS_COMMON_RECEIVE_H
#define XLGC_HOSTS_COMMON_RECEIVE_H

#include <xlgc/host.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { XLGC__RECEIVE_DYING = 1 };

/* What an engine's collector is told that hangs on a proxy, in bytes: what the hosts keep for it, and the object. */
size_t xlgc__receive_weight(xlgc_pool *pool, xlgc_id id);

/* Each hands the object to the code that receives, by way of `data`. */
typedef struct xlgc__receive_ways {
  /* The engine's own object. Returns 0 or XLGC_E_*. */
  int (*own)(void *data, void *handle);
  /* The proxy. Returns 0, XLGC_E_*, or XLGC__RECEIVE_DYING: the engine's collector has found it dead, and its finalizer
   * is yet to run. Then nothing is handed over, and `make` is called. */
  int (*found)(void *data, void *handle);
  /* Makes a proxy. handle: out, its handle. Returns 0 or XLGC_E_*. */
  int (*make)(void *data, xlgc_id id, void **handle);
} xlgc__receive_ways;

/* Returns 0 or XLGC_E_*: nothing was handed over then, unless the host refuses the proxy that was made. */
int xlgc__receive_id(xlgc_host *host, xlgc_id id, const xlgc__receive_ways *ways, void *data);

#ifdef __cplusplus
}
#endif

#endif
