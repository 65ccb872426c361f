/* Events: records of 16 bytes in chunks, and the log, a linked list of chunks with one writer and one reader.
 *
 * The writer appends to the last chunk without a lock and publishes each record by a release store of `filled`, which
 * the reader's acquire load pairs with. Chunks enter the log and leave it under a lock that the caller holds, come from
 * a list of free ones and go back to it, so that logging allocates nothing while the queue stays within its reserve.
 *
 * An event is one to three records. An event is never split over two chunks: a chunk that lacks the room is closed. */
#ifndef XLGC_EVENT_H
#define XLGC_EVENT_H

#include <stdatomic.h>

#include "mem.h"

typedef enum xlgc__op {
  XLGC__OP_LINK = 1,
  XLGC__OP_UNLINK,
  XLGC__OP_PIN,
  XLGC__OP_UNPIN,
  XLGC__OP_BORN,      /* a transient object was registered; no event of the program's */
  XLGC__OP_LINK_AT,   /* second record: the place */
  XLGC__OP_UNLINK_AT, /* second record: the place */
  XLGC__OP_ADD_LINK,  /* by address: parent; child and place */
  XLGC__OP_DROP_LINK, /* by address: parent; child; releaser and its parameter */
  XLGC__OP_SYNC       /* the other log's position; no event of the program's */
} xlgc__op;

/* word[0]: op in the top byte, below it the source's (or only) id without its pool, or a spare bit pattern;
 * word[1]: tag in the top byte, below it the target's id; or an address. Further records are two plain words. */
typedef struct xlgc__record {
  uint64_t word[2];
} xlgc__record;

/* A log keeps its last chunk though all of it be read, so two logs need more than two to go on. */
enum { XLGC__CHUNK_RECORDS = 254, XLGC__CHUNKS_MIN = 4 };

typedef struct xlgc__chunk {
  struct xlgc__chunk *next; /* guarded by the lock */
  _Atomic uint32_t filled;  /* release by the writer, acquire by the reader: orders the records before it */
  uint32_t taken;           /* the reader's */
  xlgc__record records[XLGC__CHUNK_RECORDS];
} xlgc__chunk;

/* Chunks that are free, and how many there may be in all. Guarded by the pool's lock. */
typedef struct xlgc__chunks {
  xlgc__mem *mem;
  xlgc__chunk *free;
  uint64_t free_count, reserve, used, bound;
} xlgc__chunks;

typedef struct xlgc__log {
  xlgc__chunk *last;  /* the writer appends here; changed under the lock */
  xlgc__chunk *first; /* the reader takes here */
} xlgc__log;

/* bound, reserve: in records. XLGC_E_NOMEM. */
int xlgc__chunks_init(xlgc__chunks *chunks, xlgc__mem *mem, uint64_t bound, uint64_t reserve);
void xlgc__chunks_destroy(xlgc__chunks *chunks);
/* A chunk from the free ones or from memory, within the bound unless `over` is set. XLGC_E_QUEUE, XLGC_E_NOMEM. */
int xlgc__chunks_take(xlgc__chunks *chunks, bool over, xlgc__chunk **out);
void xlgc__chunks_give(xlgc__chunks *chunks, xlgc__chunk *chunk);

/* Appends a chunk that is empty. Lock held. */
void xlgc__log_extend(xlgc__log *log, xlgc__chunk *chunk);
/* Takes out the first chunk when all of it has been read and the writer is past it; else NULL. Lock held. */
xlgc__chunk *xlgc__log_retire(xlgc__log *log);

/* Room for `count` records in the writer's chunk? */
static inline bool xlgc__log_has_room(const xlgc__log *log, uint32_t count) {
  return log->last && atomic_load_explicit(&log->last->filled, memory_order_relaxed) + count <= XLGC__CHUNK_RECORDS;
}

/* Appends an event of `count` records, for which there is room. */
static inline void xlgc__log_append(xlgc__log *log, const xlgc__record *records, uint32_t count) {
  xlgc__chunk *chunk = log->last;
  uint32_t filled = atomic_load_explicit(&chunk->filled, memory_order_relaxed);
  for (uint32_t i = 0; i < count; i++)
    chunk->records[filled + i] = records[i];
  atomic_store_explicit(&chunk->filled, filled + count, memory_order_release);
}

/* The record that the reader is at, or NULL when the first chunk is read as far as it is published. */
static inline const xlgc__record *xlgc__log_peek(const xlgc__log *log) {
  const xlgc__chunk *chunk = log->first;
  if (!chunk || chunk->taken == atomic_load_explicit(&chunk->filled, memory_order_acquire)) return NULL;
  return &chunk->records[chunk->taken];
}

static inline uint32_t xlgc__event_records(const xlgc__record *event) {
  switch ((xlgc__op)(event->word[0] >> 56)) {
  case XLGC__OP_LINK_AT:
  case XLGC__OP_UNLINK_AT:
  case XLGC__OP_ADD_LINK: return 2;
  case XLGC__OP_DROP_LINK: return 3;
  default: return 1;
  }
}

#endif
