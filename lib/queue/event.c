#include <config.h>

#include "queue/event.h"

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

void xlgc__log_init(xlgc__log *log, xlgc__chunk *chunk) {
  *log = (xlgc__log){.end = chunk->records, .link_end = chunk->records, .last = chunk};
  atomic_init(&log->next, chunk->records);
}

void xlgc__cursor_init(xlgc__cursor *cursor, xlgc__chunk *chunk) {
  *cursor = (xlgc__cursor){.chunk = chunk, .at = chunk->records};
}

uint64_t xlgc__log_position(const xlgc__log *log) {
  return log->before + (uint64_t)(xlgc__log_next(log) - log->last->records);
}

void xlgc__log_leave(xlgc__log *log, xlgc__chunk *chunk) {
  xlgc__chunk *last = log->last;
  last->filled = (uint32_t)(xlgc__log_next(log) - last->records);
  last->next = chunk;
  log->before += last->filled;
  log->last = chunk;
}

/* While the cut lies in this chunk the writer may be leaving it, and what it sets then must not be looked at. */
static bool cut_is_here(const xlgc__chunk *chunk, const xlgc__record *cut) {
  uintptr_t first = (uintptr_t)chunk->records, end = (uintptr_t)(chunk->records + chunk->capacity);
  return (uintptr_t)cut >= first && (uintptr_t)cut <= end;
}

bool xlgc__cursor_at_end(const xlgc__cursor *cursor, const xlgc__record *cut) {
  return !cut_is_here(cursor->chunk, cut) && cursor->at == cursor->chunk->records + cursor->chunk->filled;
}

const xlgc__record *xlgc__cursor_end(const xlgc__cursor *cursor, const xlgc__record *cut) {
  return cut_is_here(cursor->chunk, cut) ? cut : cursor->chunk->records + cursor->chunk->filled;
}
