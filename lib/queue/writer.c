#include <config.h>

#include "queue/writer.h"

#include "base/invariant.h"
#include "base/process.h"

/* An empty chunk: the queue's, or else the own one if it is not in use. Lock taken. */
static int take_chunk(xlgc_context *context, bool over, xlgc__chunk **out) {
  int failed = xlgc__chunks_take(&context->queue->chunks, over, out);
  if (!failed || !context->own_is_free) return failed;
  xlgc__chunk *own = &context->own;
  own->next = NULL;
  own->filled = own->credit = 0;
  context->own_is_free = false;
  *out = own;
  return 0;
}

/* Lock taken. */
void xlgc__writer_give_chunk(xlgc_context *context, xlgc__chunk *chunk) {
  if (chunk == &context->own)
    context->own_is_free = true;
  else
    xlgc__chunks_give(&context->queue->chunks, chunk);
}

/* A context that logged links goes on to do so; otherwise credit is taken with the first link. */
static int take_credit(xlgc__queue *queue, xlgc__chunk *chunk, const xlgc__chunk *last, uint32_t links) {
  if (chunk->credit == chunk->capacity || (!links && (chunk == last || !last->credit))) return 0;
  if (!xlgc__queue_reserve_links(queue, chunk, chunk->capacity - chunk->credit)) return 0;
  return links ? xlgc__queue_reserve_links(queue, chunk, links) : 0;
}

/* A chunk is full. */
static void wake_worker(xlgc__queue *queue) {
  atomic_store_explicit(&queue->wanted, true, memory_order_relaxed);
  xlgc__condition_wake_all(&queue->progress);
}

/* Goes on to an empty chunk. Lock taken. */
static void leave(xlgc_context *context, xlgc__chunk *chunk) {
  uint32_t capacity = context->log.last->capacity;
  xlgc__log_leave(&context->log, chunk);
  if (capacity == XLGC__CHUNK_RECORDS) wake_worker(context->queue);
}

/* Lock taken. */
static int append(xlgc_context *context, const xlgc__record *records, uint32_t count, uint32_t links, bool over) {
  xlgc__queue *queue = context->queue;
  xlgc__log *log = &context->log;
  xlgc__chunk *last = log->last, *chunk = last;
  xlgc__record *at = xlgc__log_next(log);
  bool leaves = last->records + last->capacity - at < (ptrdiff_t)count;
  int failed = leaves ? take_chunk(context, over, &chunk) : 0;
  if (failed) return failed;
  failed = take_credit(queue, chunk, last, links);
  if (failed) {
    if (leaves) xlgc__writer_give_chunk(context, chunk);
    return failed;
  }
  if (leaves) {
    leave(context, chunk);
    at = chunk->records;
  }
  log->end = context->syncs ? at + count : chunk->records + chunk->capacity;
  log->link_end = chunk->credit < chunk->capacity ? at : log->end;
  xlgc__log_append(log, at, records, count);
  return 0;
}

int xlgc__writer_reserve(xlgc_context *context, uint32_t count, bool over) {
  xlgc__log *log = &context->log;
  xlgc__chunk *chunk;
  if (xlgc__writer_has_room(context, count)) return 0;
  xlgc__mutex_lock(&context->queue->lock);
  int failed = take_chunk(context, over, &chunk);
  if (!failed) {
    leave(context, chunk);
    log->end = log->link_end = chunk->records;
    xlgc__log_publish(log, chunk->records);
  }
  xlgc__mutex_unlock(&context->queue->lock);
  return failed;
}

/* Says how far the program's only context has come, if it has gone on. Lock taken. */
static int append_sync(xlgc_context *callbacks) {
  const xlgc_context *sole = atomic_load_explicit(&callbacks->queue->sole, memory_order_relaxed);
  if (!sole) return 0;
  uint64_t position = xlgc__log_position(&sole->log);
  if (position == callbacks->synced && sole->number == callbacks->synced_number) return 0;
  xlgc__record sync = xlgc__event(XLGC__OP_SYNC, sole->number, position);
  int failed = append(callbacks, &sync, 1, 0, true);
  if (failed) return failed;
  callbacks->extras++;
  callbacks->synced = position;
  callbacks->synced_number = sole->number;
  return 0;
}

/* Lock taken. */
static int append_synced(xlgc_context *context, const xlgc__record *records, uint32_t count, uint32_t links,
                         bool over) {
  int failed = context->syncs ? append_sync(context) : 0;
  return failed ? failed : append(context, records, count, links, over);
}

/* The chunk was last used by the thread that read it, as a rule on another processor: asks for all of it at once. */
static void fetch(xlgc__chunk *chunk) {
  enum { STEP = XLGC__CACHE_LINE / sizeof(xlgc__record) };
  for (uint32_t i = 0; i < chunk->capacity; i += STEP)
    XLGC__PREFETCH(&chunk->records[i]);
}

int xlgc__writer_append(xlgc_context *context, const xlgc__record *records, uint32_t count, uint32_t links, bool over) {
  XLGC__INVARIANT("F1", context->fork_generation == xlgc__process_generation());
  const xlgc__chunk *last = context->log.last;
  xlgc__mutex_lock(&context->queue->lock);
  int failed = append_synced(context, records, count, links, over);
  xlgc__mutex_unlock(&context->queue->lock);
  if (context->log.last != last) fetch(context->log.last);
  return failed;
}

int xlgc__writer_append_locked(xlgc_context *context, const xlgc__record *records, uint32_t count, uint32_t links) {
  XLGC__INVARIANT("F1", context->fork_generation == xlgc__process_generation());
  return append_synced(context, records, count, links, true);
}
