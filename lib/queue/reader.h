/* What the pool's owner reads of a context's log: up to its cut, and ahead of that up to `save`. */
#ifndef XLGC_READER_H
#define XLGC_READER_H

#include "queue/context.h"

/* Is there anything that has not been read? */
static inline bool xlgc__reader_has_news(const xlgc_context *context) {
  return xlgc__log_cut(&context->log) != context->read.at;
}
/* The event that the reader is at, or NULL at the cut. Gives chunks back that are read to their end. */
const xlgc__record *xlgc__reader_peek(xlgc_context *context);
/* One past the last record that can be read from there on without looking at another chunk. */
const xlgc__record *xlgc__reader_peek_end(const xlgc_context *context);
/* The same between `ahead` and `save`; keeps the chunks. */
const xlgc__record *xlgc__reader_peek_ahead(xlgc_context *context);
/* Records that are logged and not read. Lock taken. */
uint64_t xlgc__reader_unread(const xlgc_context *context);
/* Will it log no more? Asked before whether there are news, it says that those are the last. */
static inline bool xlgc__reader_is_closed(const xlgc_context *context) {
  XLGC__YIELD();
  return atomic_load_explicit(&context->closed, memory_order_acquire);
}

#endif
