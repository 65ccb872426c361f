#include <config.h>

#include "event.h"

static uint64_t chunks_for(uint64_t records) {
  return records / XLGC__CHUNK_RECORDS + (records % XLGC__CHUNK_RECORDS != 0);
}

int xlgc__chunks_init(xlgc__chunks *chunks, xlgc__mem *mem, uint64_t bound, uint64_t reserve) {
  *chunks = (xlgc__chunks){.mem = mem, .bound = chunks_for(bound), .reserve = chunks_for(reserve)};
  if (chunks->bound < XLGC__CHUNKS_MIN) chunks->bound = XLGC__CHUNKS_MIN;
  if (chunks->reserve > chunks->bound) chunks->reserve = chunks->bound;
  if (chunks->reserve < XLGC__CHUNKS_MIN) chunks->reserve = XLGC__CHUNKS_MIN;
  while (chunks->free_count < chunks->reserve) {
    xlgc__chunk *chunk = xlgc__mem_allocate(mem, sizeof *chunk);
    if (!chunk) {
      xlgc__chunks_destroy(chunks);
      return XLGC_E_NOMEM;
    }
    chunk->next = chunks->free;
    chunks->free = chunk;
    chunks->free_count++;
  }
  return 0;
}

void xlgc__chunks_destroy(xlgc__chunks *chunks) {
  while (chunks->free) {
    xlgc__chunk *chunk = chunks->free;
    chunks->free = chunk->next;
    xlgc__mem_release(chunks->mem, chunk, sizeof *chunk);
  }
}

int xlgc__chunks_take(xlgc__chunks *chunks, bool over, xlgc__chunk **out) {
  if (chunks->used >= chunks->bound && !over) return XLGC_E_QUEUE;
  xlgc__chunk *chunk = chunks->free;
  if (chunk) {
    chunks->free = chunk->next;
    chunks->free_count--;
  } else {
    chunk = xlgc__mem_allocate(chunks->mem, sizeof *chunk);
    if (!chunk) return XLGC_E_NOMEM;
  }
  chunk->next = NULL;
  chunk->taken = 0;
  atomic_store_explicit(&chunk->filled, 0, memory_order_relaxed); /* published by the lock that the caller holds */
  chunks->used++;
  *out = chunk;
  return 0;
}

void xlgc__chunks_give(xlgc__chunks *chunks, xlgc__chunk *chunk) {
  chunks->used--;
  if (chunks->free_count >= chunks->reserve) {
    xlgc__mem_release(chunks->mem, chunk, sizeof *chunk);
    return;
  }
  chunk->next = chunks->free;
  chunks->free = chunk;
  chunks->free_count++;
}

void xlgc__log_extend(xlgc__log *log, xlgc__chunk *chunk) {
  if (log->last)
    log->last->next = chunk;
  else
    log->first = chunk;
  log->last = chunk;
}

xlgc__chunk *xlgc__log_retire(xlgc__log *log) {
  xlgc__chunk *chunk = log->first;
  if (!chunk || chunk == log->last) return NULL;
  if (chunk->taken != atomic_load_explicit(&chunk->filled, memory_order_acquire)) return NULL;
  log->first = chunk->next;
  return chunk;
}
