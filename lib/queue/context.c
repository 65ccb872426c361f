#include <config.h>

#include "queue/context.h"

#include <stdio.h>
#include <unistd.h>

int xlgc__queue_init(xlgc__queue *queue, xlgc__memory *memory, uint64_t bound, uint64_t reserve,
                     xlgc__segments *links) {
  *queue = (xlgc__queue){.memory = memory, .links = links, .stray = {.descriptor = -1}};
  if (xlgc__mutex_init(&queue->lock)) return XLGC_E_NOMEM;
  if (xlgc__condition_init(&queue->progress)) {
    xlgc__mutex_destroy(&queue->lock);
    return XLGC_E_NOMEM;
  }
  int failed = xlgc__chunks_init(&queue->chunks, memory, bound, reserve);
  if (!failed) return 0;
  xlgc__condition_destroy(&queue->progress);
  xlgc__mutex_destroy(&queue->lock);
  return failed;
}

void xlgc__queue_destroy(xlgc__queue *queue, bool forked) {
  while (queue->contexts) {
    xlgc_context *context = queue->contexts;
    queue->contexts = context->next;
    xlgc__context_end(context);
  }
  xlgc__chunks_destroy(&queue->chunks);
  if (forked) return;
  xlgc__condition_destroy(&queue->progress);
  xlgc__mutex_destroy(&queue->lock);
}

/* The contexts of the process that may log, for the child of a fork to refuse what it has copies of. Guarded by the
 * process's lock, which is held while the process forks. */
static xlgc_context *all;

static void enlist(xlgc_context *context) {
  xlgc__process_lock();
  context->next_of_process = all;
  context->at_of_process = &all;
  if (all) all->at_of_process = &context->next_of_process;
  all = context;
  xlgc__process_unlock();
}

void xlgc__context_strike_off(xlgc_context *context) {
  if (!context->at_of_process) return;
  *context->at_of_process = context->next_of_process;
  if (context->next_of_process) context->next_of_process->at_of_process = context->at_of_process;
  context->at_of_process = NULL;
}

int xlgc__context_create(xlgc__queue *queue, xlgc_pool *pool, uint8_t number_of_pool, const char *name,
                         xlgc_context **out) {
  xlgc_context *context = xlgc__memory_allocate(queue->memory, XLGC__CONTEXT_BYTES);
  if (!context) return XLGC_E_NOMEM;
  context->pool = pool;
  context->queue = queue;
  context->fork_generation = xlgc__fork_generation();
  context->own.capacity = XLGC__OWN_RECORDS;
  context->mailbox.descriptor = -1;
  atomic_store_explicit(&context->thread, xlgc__thread_self(), memory_order_relaxed);
  snprintf(context->name, sizeof context->name, "%s", name ? name : "");
  xlgc__log_init(&context->log, &context->own);
  context->log.prefix = (uint64_t)number_of_pool << 56;
  xlgc__cursor_init(&context->read, &context->own);
  context->cut = context->save = context->read.at;
  xlgc__context_refuse(context, false);
  enlist(context);
  *out = context;
  return 0;
}

void xlgc__context_refuse(xlgc_context *context, bool refuse) {
  bool refuses = refuse || context->fork_generation != xlgc__fork_generation();
  XLGC__YIELD();
  atomic_store_explicit(&context->log.limit, refuses ? 0 : XLGC__BARE_LIMIT, memory_order_relaxed);
}

void xlgc__context_forked(void) {
  for (xlgc_context *context = all; context; context = context->next_of_process)
    xlgc__context_refuse(context, true);
}

void xlgc__context_open(xlgc_context *context) {
  xlgc__queue *queue = context->queue;
  context->number = ++queue->numbers;
  if (queue->contexts || queue->plural) queue->plural = true;
  atomic_store_explicit(&queue->sole, queue->plural ? NULL : context, memory_order_relaxed);
  context->next = queue->contexts;
  queue->contexts = context;
  /* A log keeps its last chunk though all of it be read; that is not to keep others from logging. */
  queue->chunks.bound++;
}

void xlgc__context_free(xlgc_context *context) {
  xlgc__queue *queue = context->queue;
  for (xlgc__chunk *chunk = context->read.chunk, *next; chunk; chunk = next) {
    next = chunk == context->log.last ? NULL : chunk->next;
    queue->links_reserved -= chunk->credit;
    if (chunk != &context->own) xlgc__chunks_give(&queue->chunks, chunk);
  }
  if (context->mailbox.descriptor >= 0) close(context->mailbox.descriptor);
  xlgc__memory_release(queue->memory, context, XLGC__CONTEXT_BYTES);
}

void xlgc__context_end(xlgc_context *context) {
  xlgc__process_lock();
  xlgc__context_strike_off(context);
  xlgc__process_unlock();
  xlgc__context_free(context);
}

/* --------------------------------------------------------------- logging */

/* Sets link records aside for a chunk (K1). Lock held. */
static int set_aside(xlgc__queue *queue, xlgc__chunk *chunk, uint32_t count) {
  uint64_t reserved = queue->links_reserved + count;
  while (queue->links_room + (uint64_t)queue->links->spare_count * (XLGC__SEGMENT_RECORDS - 1) < reserved) {
    int failed = xlgc__segments_prepare(queue->links);
    if (failed) return failed;
  }
  queue->links_reserved = reserved;
  if (reserved > queue->links_wanted) queue->links_wanted = reserved;
  chunk->credit += count;
  return 0;
}

/* An empty chunk: the queue's, or else the own one if it is not in use. Lock held. */
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

/* Lock held. */
static void give_chunk(xlgc_context *context, xlgc__chunk *chunk) {
  if (chunk == &context->own)
    context->own_is_free = true;
  else
    xlgc__chunks_give(&context->queue->chunks, chunk);
}

/* Whoever logged links goes on to do so; else the credit is taken with the first link. */
static int take_credit(xlgc__queue *queue, xlgc__chunk *chunk, const xlgc__chunk *last, uint32_t links) {
  if (chunk->credit == chunk->capacity || (!links && (chunk == last || !last->credit))) return 0;
  if (!set_aside(queue, chunk, chunk->capacity - chunk->credit)) return 0;
  return links ? set_aside(queue, chunk, links) : 0;
}

/* Lock held. */
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
    if (leaves) give_chunk(context, chunk);
    return failed;
  }
  if (leaves) {
    xlgc__log_leave(log, chunk);
    at = chunk->records;
    if (last->capacity == XLGC__CHUNK_RECORDS) {
      atomic_store_explicit(&queue->wanted, true, memory_order_relaxed);
      xlgc__condition_wake_all(&queue->progress);
    }
  }
  log->end = context->syncs ? at + count : chunk->records + chunk->capacity;
  log->link_end = chunk->credit < chunk->capacity ? at : log->end;
  xlgc__log_append(log, at, records, count);
  return 0;
}

int xlgc__context_reserve(xlgc_context *context, uint32_t count) {
  xlgc__log *log = &context->log;
  xlgc__chunk *last = log->last, *chunk;
  if (last->records + last->capacity - xlgc__log_next(log) >= (ptrdiff_t)count) return 0;
  xlgc__mutex_lock(&context->queue->lock);
  int failed = take_chunk(context, true, &chunk);
  if (!failed) {
    xlgc__log_leave(log, chunk);
    log->end = log->link_end = chunk->records;
    xlgc__log_publish(log, chunk->records);
  }
  xlgc__mutex_unlock(&context->queue->lock);
  return failed;
}

/* Says how far the program's only context has come, if it has gone on. Lock held. */
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

/* The chunk was last seen by whoever read it, on another processor as a rule: asks for all of it at once. */
static void fetch(xlgc__chunk *chunk) {
  enum { STEP = XLGC__CACHE_LINE / sizeof(xlgc__record) };
  for (uint32_t i = 0; i < chunk->capacity; i += STEP)
    XLGC__PREFETCH(&chunk->records[i]);
}

int xlgc__context_log_locking(xlgc_context *context, const xlgc__record *records, uint32_t count, uint32_t links,
                              bool over) {
  XLGC__INVARIANT("F1", context->fork_generation == xlgc__fork_generation());
  const xlgc__chunk *last = context->log.last;
  xlgc__mutex_lock(&context->queue->lock);
  int failed = context->syncs ? append_sync(context) : 0;
  if (!failed) failed = append(context, records, count, links, over);
  xlgc__mutex_unlock(&context->queue->lock);
  if (context->log.last != last) fetch(context->log.last);
  return failed;
}

/* --------------------------------------------------------------- reading */

/* The first chunk has been read to its end. */
static void retire(xlgc_context *context) {
  xlgc__queue *queue = context->queue;
  xlgc__chunk *chunk = context->read.chunk;
  xlgc__cursor_hop(&context->read);
  xlgc__mutex_lock(&queue->lock);
  queue->links_reserved -= chunk->credit;
  queue->links_room = queue->links->room;
  give_chunk(context, chunk);
  /* Who waits for room had better find some that lasts. */
  if (queue->chunks.used <= queue->chunks.bound - queue->chunks.bound / 4) xlgc__condition_wake_all(&queue->progress);
  xlgc__mutex_unlock(&queue->lock);
}

const xlgc__record *xlgc__context_peek(xlgc_context *context) {
  while (context->read.at != context->cut) {
    if (!xlgc__cursor_at_end(&context->read, context->cut)) return context->read.at;
    retire(context);
  }
  return NULL;
}

const xlgc__record *xlgc__context_peek_end(const xlgc_context *context) {
  return xlgc__cursor_end(&context->read, context->cut);
}

const xlgc__record *xlgc__context_peek_ahead(xlgc_context *context) {
  if (context->ahead.records <= context->read.records) context->ahead = context->read;
  while (context->ahead.at != context->save) {
    if (!xlgc__cursor_at_end(&context->ahead, context->save)) return context->ahead.at;
    xlgc__cursor_hop(&context->ahead);
  }
  return NULL;
}

uint64_t xlgc__context_unread(const xlgc_context *context) {
  return xlgc__log_position(&context->log) - context->read.records;
}
