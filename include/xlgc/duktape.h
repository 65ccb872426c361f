/* xlgc: Duktape 2, the light JavaScript. Makes a heap of the program a host of a pool: its objects and those of
 * other engines can hold and use each other; see xlgc-duktape(3) for what its scripts see.
 *
 * A heap is one host, with all its threads and globals. It gets a global object `xlgc`. No function here raises a
 * Duktape error or reaches the heap's fatal handler; all may be called inside and outside of protected calls.
 *
 * Errors are those of xlgc.h. */
#ifndef XLGC_DUKTAPE_H
#define XLGC_DUKTAPE_H

#include <duktape.h>
#include <xlgc/bridge.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A heap for the program, as duk_create_heap_default, which ends it by duk_destroy_heap. Its memory is the library's:
 * only in such a heap do collections that come by themselves look in a copy of the process, while its scripts go on. On
 * error NULL, without memory. Threads: any. */
XLGC_API duk_context *xlgc_duktape_create(void);

/* Makes a heap a host. ctx: any context of it; its global object gets `xlgc`. pool: NULL for the default one. out: the
 * host, may be NULL. On error XLGC_E_EXISTS when the heap is a host already, XLGC_E_NOMEM, or as xlgc_host_open; then
 * nothing has changed, except that `xlgc` may be defined. Ownership: ended by xlgc_duktape_close, or by
 * duk_destroy_heap, before the pool is destroyed or after. Threads: the heap's. */
XLGC_API int xlgc_duktape_open(duk_context *ctx, xlgc_pool *pool, xlgc_host **out);

/* Ends the host, while the heap lives on: proxies of its objects elsewhere, its own proxies, and the functions of its
 * `xlgc` are stale. On error XLGC_E_STATE when the heap is no host, XLGC_E_BUSY from inside a use of a proxy or
 * a summary, or as xlgc_host_close. Threads: the heap's. */
XLGC_API int xlgc_duktape_close(duk_context *ctx);

/* The value at a stack index, for another engine; an object is exported, as by xlgc_host_export. out: the caller clears
 * it. On error XLGC_E_INVAL for what cannot cross (a symbol, a pointer, no such index),
 * XLGC_E_STATE when the heap is no host, XLGC_E_STALE for a proxy of a host that was closed, XLGC_E_NOMEM, or as
 * xlgc_host_export; out is nil then. Threads: the heap's. */
XLGC_API int xlgc_duktape_value(duk_context *ctx, duk_idx_t index, xlgc_value *out);

/* Pushes a value on the stack: objects enter the heap, see xlgc_host_receive. An integer beyond 2^53 arrives rounded.
 * On error as xlgc_duktape_value and xlgc_host_receive; nothing is pushed then. Threads: the heap's. */
XLGC_API int xlgc_duktape_push(duk_context *ctx, const xlgc_value *value);

/* A full collection by Duktape, like duk_gc, which also lets go of the proxies that nothing in the heap reaches; duk_gc
 * alone cannot. Summaries do it too, and the heap by itself when it has many more proxies than before. On error
 * XLGC_E_STATE when the heap is no host, XLGC_E_BUSY inside a summary, XLGC_E_NOMEM. In a finalizer or a coroutine
 * no proxies are let go. Threads: the heap's. Cost: some runs of duk_gc. */
XLGC_API int xlgc_duktape_gc(duk_context *ctx);

/* The language of Duktape, for xlgc_language_start: starts a heap of its own. */
extern XLGC_API const xlgc_language xlgc_language_duktape;

#ifdef __cplusplus
}
#endif

#endif
