/* Buffers of scripts, which are copied on their way to others, and memory of other languages, which scripts have as typed
 * arrays where it is.
 *
 * The array of a proxy's object stands for that in scripts, which never see the proxy itself. Its ArrayBuffer is the key
 * of a weak map that leads to both: so all three, and all other arrays over that buffer, live and die together, and the
 * collector, and summaries, find the object held by any of them. The memory is given back when the proxy is finalized. */
#ifndef XLGC_MOZJS_MEMORY_H
#define XLGC_MOZJS_MEMORY_H

#include "hosts/mozjs/engine.h"

/* Is it an ArrayBuffer, shared or not, or a view of one? */
bool xlgc__mozjs_memory_is_buffer(JSObject *object);
/* The proxy for which an array stands, or a buffer; or NULL for a script's own. */
const xlgc__mozjs_proxy *xlgc__mozjs_memory_find(xlgc__mozjs_engine *engine, JS::HandleObject object);
/* Copies what is in one. On error XLGC_E_NOMEM. */
int xlgc__mozjs_memory_copy(JSObject *object, xlgc_value *out);
/* A new array with such bytes. On error NULL, with an exception. */
JSObject *xlgc__mozjs_memory_unpack(JSContext *cx, const xlgc_value *from);
/* The array for a proxy whose object has memory, in the engine's realm. On error NULL, with an exception. */
JSObject *xlgc__mozjs_memory_of(xlgc__mozjs_engine *engine, JS::HandleObject proxy);

#endif
