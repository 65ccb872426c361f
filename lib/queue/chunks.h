/* Chunks, the pieces of a log: a list of free ones, and how many there may be in all. Logging allocates nothing while
 * the queue stays within its reserve. */
#ifndef XLGC_CHUNKS_H
#define XLGC_CHUNKS_H

#include "base/memory.h"
#include "queue/event.h"

/* 8 KiB: a context takes the lock so seldom that two of them hardly ever wait for each other. */
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

#endif
