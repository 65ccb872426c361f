/* Events: records of 16 bytes in chunks, and the log, a linked list of chunks with one writer and one reader.
 *
 * The writer appends to the last chunk without a lock and publishes by one release store of `next`, which the reader's
 * acquire load pairs with: where that points, the log ends, and all before it can be read, the way there included.
 * Chunks enter the log and leave it under a lock that the caller holds, come from a list of free ones and go back
 * to it, so that logging allocates nothing while the queue stays within its reserve.
 *
 * An event is one to three records. An event is never split over two chunks: a chunk that lacks the room is left. */
#ifndef XLGC_EVENT_H
#define XLGC_EVENT_H

#include <stdatomic.h>

#include "base/segments.h"

typedef enum xlgc__op {
  XLGC__OP_LINK = 1,
  XLGC__OP_UNLINK,
  XLGC__OP_PIN,
  XLGC__OP_UNPIN,
  XLGC__OP_BORN,      /* a transient object was registered; no event of the program's */
  XLGC__OP_WEAK,      /* the object has a cell; no event of the program's */
  XLGC__OP_LINK_AT,   /* second record: the place */
  XLGC__OP_UNLINK_AT, /* second record: the place */
  XLGC__OP_ADD_LINK,  /* by address: parent; child and place */
  XLGC__OP_DROP_LINK, /* by address: parent; child; releaser and its parameter */
  XLGC__OP_SYNC       /* how far the log of another context had come; no event of the program's */
} xlgc__op;

/* word[0]: op in the top byte, below it the source's (or only) id without its pool, or a spare bit pattern;
 * word[1]: tag in the top byte, below it the target's id; or an address. Further records are two plain words. */
typedef struct xlgc__record {
  uint64_t word[2];
} xlgc__record;

/* An id without its pool, and what it is less than. */
#define XLGC__BARE_LIMIT (UINT64_C(1) << 56)
#define XLGC__BARE(id) ((id) & (XLGC__BARE_LIMIT - 1))

static inline xlgc__record xlgc__event(xlgc__op op, uint64_t one, uint64_t other) {
  return (xlgc__record){{(uint64_t)op << 56 | XLGC__BARE(one), XLGC__BARE(other)}};
}

static inline xlgc__op xlgc__event_op(const xlgc__record *event) { return (xlgc__op)(event->word[0] >> 56); }

static inline uint32_t xlgc__event_records(const xlgc__record *event) {
  switch (xlgc__event_op(event)) {
  case XLGC__OP_LINK_AT:
  case XLGC__OP_UNLINK_AT:
  case XLGC__OP_ADD_LINK: return 2;
  case XLGC__OP_DROP_LINK: return 3;
  default: return 1;
  }
}

/* Does it let go? All others only ever keep something alive. */
static inline bool xlgc__event_is_drop(const xlgc__record *event) {
  xlgc__op op = xlgc__event_op(event);
  return op == XLGC__OP_UNLINK || op == XLGC__OP_UNPIN || op == XLGC__OP_UNLINK_AT || op == XLGC__OP_DROP_LINK;
}

static inline bool xlgc__event_is_programs(const xlgc__record *event) {
  xlgc__op op = xlgc__event_op(event);
  return op != XLGC__OP_BORN && op != XLGC__OP_WEAK && op != XLGC__OP_SYNC;
}

/* 8 KiB: so seldom does a context need the lock that two of them hardly meet there. */
enum { XLGC__CHUNK_RECORDS = 510, XLGC__CHUNKS_MIN = 2 };

typedef struct xlgc__chunk {
  struct xlgc__chunk
      *next; /* this and `filled`: set when the writer leaves the chunk, before it publishes in the next */
  uint32_t filled;
  uint32_t capacity; /* in records */
  uint32_t credit;   /* link records set aside for its events; guarded by the lock */
  xlgc__record records[];
} xlgc__chunk;

#define XLGC__CHUNK_BYTES(capacity) (sizeof(xlgc__chunk) + (capacity) * sizeof(xlgc__record))

/* Chunks that are free, and how many there may be in all. Guarded by the pool's lock. */
typedef struct xlgc__chunks {
  xlgc__memory *memory;
  xlgc__chunk *free;
  uint64_t free_count, reserve, used, bound;
} xlgc__chunks;

/* bound, reserve: in records. XLGC_E_NOMEM. */
int xlgc__chunks_init(xlgc__chunks *chunks, xlgc__memory *memory, uint64_t bound, uint64_t reserve);
void xlgc__chunks_destroy(xlgc__chunks *chunks);
/* A chunk from the free ones or from memory, within the bound unless `over` is set. XLGC_E_QUEUE, XLGC_E_NOMEM. */
int xlgc__chunks_take(xlgc__chunks *chunks, bool over, xlgc__chunk **out);
void xlgc__chunks_give(xlgc__chunks *chunks, xlgc__chunk *chunk);

/* The writer's end. All before `last` is public (xlgc_context_head), and so are the records and codes of the events that
 * barrier.c logs. */
typedef struct xlgc__log {
  _Atomic(xlgc__record *) next;
  xlgc__record *end; /* what may be appended without the lock ends here: the chunk's end, or `next` */
  /* A barrier takes ids that are below the limit when exclusive or has taken the prefix from them: all of the pool, or
   * none. Relaxed: who is just logging is not waited for, see xlgc_pool_shutdown. */
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
