/* Typed arrays of scripts: what their elements are; and those that stand for memory of other languages.
 *
 * The array of a proxy's object stands for that in scripts. It and its ArrayBuffer lead to the Proxy, and the Proxy's
 * target to the array and the plain buffer below: so all of them are reached or none. When the proxy is let go, the plain
 * buffer becomes an empty one: what a script has made of it without the ArrayBuffer, by Uint8Array.plainOf, is empty
 * then, as are all arrays once the host is closed. */
#ifndef XLGC_DUKTAPE_MEMORY_H
#define XLGC_DUKTAPE_MEMORY_H

#include "hosts/duktape/engine.h"

/* What a proxy has borrowed; all zero for nothing. */
typedef struct xlgc__duktape_borrowed {
  xlgc_memory memory;
  void *buffer; /* the plain one over it, or NULL */
} xlgc__duktape_borrowed;

/* What the elements of a buffer are, as of memory: 0 for bytes. */
unsigned xlgc__duktape_memory_elements(const xlgc__duktape_engine *engine, duk_context *ctx, duk_idx_t index);
/* Pushes a typed array over the plain buffer, or ArrayBuffer, at an index. */
void xlgc__duktape_memory_push_array(duk_context *ctx, duk_idx_t buffer, unsigned elements, size_t bytes);

/* Pushes the Proxy for which a buffer stands; false for a script's own. */
bool xlgc__duktape_memory_push_owner(const xlgc__duktape_engine *engine, duk_context *ctx, duk_idx_t index);
/* Makes the Proxy of an object that has memory, on the top of the stack, the array that stands for it. id: the object.
 * target: the Proxy's. Returns 0, or XLGC_E_* with the Proxy as it was; may raise errors. */
int xlgc__duktape_memory_show(xlgc__duktape_engine *engine, duk_context *ctx, xlgc_id id, void *target,
                              xlgc__duktape_borrowed *borrowed);
/* Gives it back, and nothing of the heap leads to it any more. Nothing is allocated. ctx: NULL when there is no heap. */
void xlgc__duktape_memory_give_back(xlgc__duktape_engine *engine, duk_context *ctx, xlgc__duktape_borrowed *borrowed);

#endif
