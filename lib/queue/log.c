#include <config.h>

#include "queue/log.h"

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

/* While the cut lies in this chunk the writer may be leaving it, and what it sets then must not be read. */
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
