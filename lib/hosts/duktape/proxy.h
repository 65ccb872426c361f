/* Proxies: how the heap has an object of another engine.
 *
 * A proxy is a Proxy of Duktape's around a target, a plain object or function that scripts never see. The engine holds
 * all targets, and each target its Proxy, until a trial finds a target unreachable without that (trials.h): Duktape's
 * finalizers cannot tell, as they are not called at all for what is found unreachable while a coroutine runs, or at the
 * limit of recursion. The finalizer that targets have does nothing, but makes them show in a trial. */
#ifndef XLGC_DUKTAPE_PROXY_H
#define XLGC_DUKTAPE_PROXY_H

#include "hosts/duktape/memory.h"

/* The host's handle. */
typedef struct xlgc__duktape_proxy {
  void *object; /* the Proxy */
  void *target;
  xlgc_id id;
  unsigned traits;
  duk_uarridx_t slot; /* of the target */
  xlgc__duktape_borrowed borrowed;
  duk_int_t references; /* of the target, while trials are made */
  struct xlgc__duktape_proxy *prev, *next;
  xlgc__tree_node by_object, by_target;
} xlgc__duktape_proxy;

/* An object enters the heap: pushes the heap's own object, or a proxy. Returns 0 or XLGC_E_*; nothing is pushed then. */
int xlgc__duktape_proxy_make(xlgc__duktape_engine *engine, duk_context *ctx, const xlgc_value *object);
/* The id of what a proxy stands for. Returns 0; XLGC_E_UNKNOWN for what is no proxy; XLGC_E_STALE for a proxy that was
 * let go, and that a finalizer has brought back. May raise errors. */
int xlgc__duktape_proxy_id(xlgc__duktape_engine *engine, duk_context *ctx, duk_idx_t index, xlgc_id *id);
/* Of the proxy at an index, which is one. */
unsigned xlgc__duktape_proxy_traits(const xlgc__duktape_engine *engine, duk_context *ctx, duk_idx_t index);
/* NULL when the proxy was let go. */
const xlgc__duktape_proxy *xlgc__duktape_proxy_of_target(const xlgc__duktape_engine *engine, const void *target);
/* Nothing reaches the proxy any more, so the engine lets it go. Nothing is allocated. */
void xlgc__duktape_proxy_gone(xlgc__duktape_engine *engine, duk_context *ctx, xlgc__duktape_proxy *proxy);
/* Frees the records of all. Of the heap only borrowed memory is touched. ctx: NULL when the heap is gone. */
void xlgc__duktape_proxy_free(xlgc__duktape_engine *engine, duk_context *ctx);

#endif
