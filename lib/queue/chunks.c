#include <config.h>

#include "queue/chunks.h"

static uint64_t chunks_for(uint64_t records) {
  return records / XLGC__CHUNK_RECORDS + (records % XLGC__CHUNK_RECORDS != 0);
}

int xlgc__chunks_init(xlgc__chunks *chunks, xlgc__memory *memory, uint64_t bound, uint64_t reserve) {
  *chunks = (xlgc__chunks){.memory = memory, .bound = chunks_for(bound), .reserve = chunks_for(reserve)};
  if (chunks->bound < XLGC__CHUNKS_MIN) chunks->bound = XLGC__CHUNKS_MIN;
  if (chunks->reserve > chunks->bound) chunks->reserve = chunks->bound;
  if (chunks->reserve < XLGC__CHUNKS_MIN) chunks->reserve = XLGC__CHUNKS_MIN;
  while (chunks->free_count < chunks->reserve) {
    xlgc__chunk *chunk = xlgc__memory_allocate(memory, XLGC__CHUNK_BYTES(XLGC__CHUNK_RECORDS));
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
    xlgc__memory_release(chunks->memory, chunk, XLGC__CHUNK_BYTES(XLGC__CHUNK_RECORDS));
  }
}

int xlgc__chunks_take(xlgc__chunks *chunks, bool over, xlgc__chunk **out) {
  if (chunks->used >= chunks->bound && !over) return XLGC_E_QUEUE;
  xlgc__chunk *chunk = chunks->free;
  if (chunk) {
    chunks->free = chunk->next;
    chunks->free_count--;
  } else {
    chunk = xlgc__memory_allocate(chunks->memory, XLGC__CHUNK_BYTES(XLGC__CHUNK_RECORDS));
    if (!chunk) return XLGC_E_NOMEM;
  }
  chunk->next = NULL;
  chunk->filled = chunk->credit = 0;
  chunk->capacity = XLGC__CHUNK_RECORDS;
  chunks->used++;
  *out = chunk;
  return 0;
}

void xlgc__chunks_give(xlgc__chunks *chunks, xlgc__chunk *chunk) {
  chunks->used--;
  if (chunks->free_count >= chunks->reserve) {
    xlgc__memory_release(chunks->memory, chunk, XLGC__CHUNK_BYTES(XLGC__CHUNK_RECORDS));
    return;
  }
  chunk->next = chunks->free;
  chunks->free = chunk;
  chunks->free_count++;
}
