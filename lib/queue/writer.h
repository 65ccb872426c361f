/* The slow path of logging: the end of a chunk, the credit of links, and what is logged for callbacks. */
#ifndef XLGC_WRITER_H
#define XLGC_WRITER_H

#include "queue/context.h"

/* Logs one event of `count` records, or `count` events of one each, of which `links` may make a link, under the lock.
 * over: go beyond the queue's bound. XLGC_E_QUEUE, XLGC_E_NOMEM: nothing was logged. */
int xlgc__writer_append(xlgc_context *context, const xlgc__record *records, uint32_t count, uint32_t links, bool over);

/* The same without the lock, where there is room in the chunk. Returns whether it was logged. */
static inline bool xlgc__writer_try(xlgc_context *context, const xlgc__record *records, uint32_t count,
                                    uint32_t links) {
  xlgc__record *at = xlgc__log_room(&context->log, count, links);
  if (XLGC__LIKELY(at)) xlgc__log_append(&context->log, at, records, count);
  return at != NULL;
}

/* Both, one after the other. */
static inline int xlgc__writer_log(xlgc_context *context, const xlgc__record *records, uint32_t count, uint32_t links,
                                   bool over) {
  return xlgc__writer_try(context, records, count, links) ? 0
                                                          : xlgc__writer_append(context, records, count, links, over);
}

/* Is there room in the chunk for `count` records, with the lock or without? */
static inline bool xlgc__writer_has_room(const xlgc_context *context, uint32_t count) {
  const xlgc__chunk *last = context->log.last;
  return last->records + last->capacity - xlgc__log_next(&context->log) >= (ptrdiff_t)count;
}

/* Sees to it that the next event of up to `count` records without links can be logged without fail; for the callbacks'
 * context with one more, for the SYNC record before it. over: beyond the queue's bound. XLGC_E_QUEUE, XLGC_E_NOMEM. */
int xlgc__writer_reserve(xlgc_context *context, uint32_t count, bool over);

/* Logs an event under the lock, which is taken already, where a reservation has made room. XLGC_E_NOMEM for a link,
 * which needs memory of its own: nothing was logged. */
int xlgc__writer_append_locked(xlgc_context *context, const xlgc__record *records, uint32_t count, uint32_t links);

/* A chunk is read to its end, or was not needed: goes back to the queue, or to its context. Lock taken. */
void xlgc__writer_give_chunk(xlgc_context *context, xlgc__chunk *chunk);

#endif
