/* xlgc: SpiderMonkey 102. Makes a JSContext a host of a pool (xlgc/host.h), and gives its scripts the global `xlgc`.
 * Through it they use objects of other languages, and others use theirs. doc/xlgc-mozjs.3 says what a script sees.
 *
 * C++17, as the engine's own headers, and as these without a macro DEBUG. One host a JSContext; the engine allows one
 * JSContext a thread. Objects of all realms and compartments of the context cross, unwrapped here and wrapped where
 * they arrive.
 *
 * The embedding program leaves the tracer of gray roots (JS_SetGrayGCRootsTracer) to this library: an engine has only
 * one, and shows it to no program. What is rooted as usual counts as held by the engine: Rooted, PersistentRooted,
 * JS_AddExtraGCRootsTracer, values on the stack of a call in progress, jobs of the engine's own queue.
 *
 * Errors are those of xlgc.h. No function leaves an exception pending.
 */
#ifndef XLGC_MOZJS_H
#define XLGC_MOZJS_H

#include <xlgc/bridge.h>

#include <js/TypeDecls.h>

extern "C" {

/* Makes a context a host, and defines `xlgc` on a global. global: a global object; proxies are made in its realm, and
 * it is rooted here until the host is closed. pool: NULL for xlgc_default_pool(). out: the host, for
 * xlgc/host.h; may be NULL.
 * Returns 0. On error XLGC_E_INVAL, XLGC_E_EXISTS for a context that is a host, XLGC_E_NOMEM, or as xlgc_host_open.
 * Ownership: xlgc_mozjs_close it before JS_DestroyContext, before the pool is destroyed or after. Otherwise the
 * context's last collection closes it, unless the host is being called or memory is short; finalizers may then run
 * inside that collection. Threads: the context's. Cost: a small script is compiled. */
XLGC_API int xlgc_mozjs_open(JSContext *cx, JS::HandleObject global, xlgc_pool *pool, xlgc_host **out);

/* Ends the host; the context may go on. Proxies of its objects elsewhere answer XLGC_E_STALE from now on; its own
 * proxies, and what is left of `xlgc`, throw.
 * Returns 0. On error XLGC_E_STATE when this thread has no such host, XLGC_E_BUSY while a call of another language is
 * in progress in it, or as xlgc_host_close; then repeat the call. Threads: the context's. */
XLGC_API int xlgc_mozjs_close(JSContext *cx);

/* A value out of the engine. value: of any compartment of the context. out: an object is exported, as by
 * xlgc_host_export; text and bytes are copied. Returns 0. On error XLGC_E_STATE on another thread or without a host;
 * XLGC_E_INVAL for symbols and for what has more than 64 bits; XLGC_E_STALE for a proxy of a host that was closed;
 * XLGC_E_NOMEM; or as xlgc_host_export. Ownership: the caller clears out. Threads: the context's. Cost: a hash look-up,
 * or a copy. */
XLGC_API int xlgc_mozjs_value(JSContext *cx, JS::HandleValue value, xlgc_value *out);

/* A value into the engine: an object arrives as its proxy, or as itself when it is the engine's own; several values as
 * an array. value: stays the caller's. out: of the context's current realm, or of the host's global's when there is
 * none. Returns 0. On error XLGC_E_STATE on another thread or without a host, XLGC_E_NOMEM, or as xlgc_host_receive.
 * Threads: the context's. Cost: as xlgc_mozjs_value. */
XLGC_API int xlgc_mozjs_push(JSContext *cx, const xlgc_value *value, JS::MutableHandleValue out);

/* The language of SpiderMonkey, for xlgc_language_start: a context, a global with the standard objects, and a queue for
 * promises' jobs, which run after each outermost call. A thread that has a JSContext cannot have another. */
extern XLGC_API const xlgc_language xlgc_language_mozjs;
}

#endif
