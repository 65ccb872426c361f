/* Logs of events: a linked list of chunks with one writer and one reader.
 *
 * The writer appends to the last chunk without a lock and publishes by one release store of `next`. The reader's
 * acquire load pairs with it: the log ends where `next` points, and all before that can be read, links between
 * chunks included. Chunks enter the log and leave it under a lock that the caller has taken.
 *
 * An event is never split over two chunks: a chunk that lacks the room is left. */
#ifndef XLGC_LOG_H
#define XLGC_LOG_H

#include <stdatomic.h>

#include "base/compiler.h"
#include "queue/chunks.h"

/* The writer's end. All before `last` is public (xlgc_context_head), and so are the records and codes of the events
 * that barriers.c logs. */
typedef struct xlgc__log {
  _Atomic(xlgc__record *) next;
  xlgc__record *end; /* what may be appended without the lock ends here: the chunk's end, or `next` */
  /* A barrier takes an id if (id ^ prefix) < limit: all ids of the pool, or none, as the context refuses events or the
   * pool checks them. Relaxed, as context.refuses. */
  uint64_t prefix;
  _Atomic uint64_t limit;
  xlgc__record *link_end; /* as `end`, for what may make a link; at most that */
  xlgc__chunk *last;
  uint64_t before; /* records in the chunks before the last */
} xlgc__log;

/* A reader's position. */
typedef struct xlgc__cursor {
  xlgc__chunk *chunk;
  const xlgc__record *at;
  uint64_t records; /* read so far */
  uint64_t events;  /* of these, the beginnings of the program's */
} xlgc__cursor;

/* Begins with an empty chunk, in which nothing may be appended without the lock; with no prefix, and limit 0. */
void xlgc__log_init(xlgc__log *log, xlgc__chunk *chunk);
void xlgc__cursor_init(xlgc__cursor *cursor, xlgc__chunk *chunk);

/* The writer's position: records logged so far. */
uint64_t xlgc__log_position(const xlgc__log *log);
/* Goes on to an empty chunk, to which the caller appends before it lets go of the lock. */
void xlgc__log_leave(xlgc__log *log, xlgc__chunk *chunk);

static inline xlgc__record *xlgc__log_next(const xlgc__log *log) {
  return atomic_load_explicit(&log->next, memory_order_relaxed);
}

/* The limit, as a barrier asks for it. */
static inline uint64_t xlgc__log_limit(const xlgc__log *log) {
  XLGC__YIELD();
  return atomic_load_explicit(&log->limit, memory_order_relaxed);
}

static inline void xlgc__log_publish(xlgc__log *log, xlgc__record *next) {
  XLGC__YIELD();
  atomic_store_explicit(&log->next, next, memory_order_release);
}

/* Where an event of `count` records goes, of which `links` may make a link, or NULL when the lock is needed for it. */
static inline xlgc__record *xlgc__log_room(const xlgc__log *log, uint32_t count, uint32_t links) {
  xlgc__record *next = xlgc__log_next(log), *end = links ? log->link_end : log->end;
  return end - next >= (ptrdiff_t)count ? next : NULL;
}

/* Puts an event where there is room for it, and publishes it. */
static inline void xlgc__log_append(xlgc__log *log, xlgc__record *at, const xlgc__record *records, uint32_t count) {
  for (uint32_t i = 0; i < count; i++)
    at[i] = records[i];
  xlgc__log_publish(log, at + count);
}

/* Where the log ends now. */
static inline const xlgc__record *xlgc__log_cut(const xlgc__log *log) {
  XLGC__YIELD();
  return atomic_load_explicit(&log->next, memory_order_acquire);
}

/* Before a cut that is not where the cursor is: is the cursor at the end of a chunk that the writer has left? */
bool xlgc__cursor_at_end(const xlgc__cursor *cursor, const xlgc__record *cut);
/* The cut, or the end of the chunk if it comes before. */
const xlgc__record *xlgc__cursor_end(const xlgc__cursor *cursor, const xlgc__record *cut);
static inline void xlgc__cursor_hop(xlgc__cursor *cursor) {
  cursor->chunk = cursor->chunk->next;
  cursor->at = cursor->chunk->records;
}
/* Moves past the event it is at. */
static inline void xlgc__cursor_advance(xlgc__cursor *cursor) {
  uint32_t count = xlgc__event_records(cursor->at);
  cursor->events += xlgc__event_is_programs(cursor->at);
  cursor->records += count;
  cursor->at += count;
}

#endif
