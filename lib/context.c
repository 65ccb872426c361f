#include <config.h>

#include "context.h"

#include <stdio.h>

int xlgc__queue_init(xlgc__queue *queue, xlgc__mem *mem, uint64_t bound, uint64_t reserve, xlgc__segments *links) {
  queue->links = links;
  queue->links_reserved = queue->links_room = 0;
  atomic_init(&queue->wanted, false);
  if (xlgc__mutex_init(&queue->lock)) return XLGC_E_NOMEM;
  if (xlgc__condition_init(&queue->progress)) {
    xlgc__mutex_destroy(&queue->lock);
    return XLGC_E_NOMEM;
  }
  int failed = xlgc__chunks_init(&queue->chunks, mem, bound, reserve);
  if (!failed) return 0;
  xlgc__condition_destroy(&queue->progress);
  xlgc__mutex_destroy(&queue->lock);
  return failed;
}

void xlgc__queue_destroy(xlgc__queue *queue, bool forked) {
  xlgc__chunks_destroy(&queue->chunks);
  if (forked) return;
  xlgc__condition_destroy(&queue->progress);
  xlgc__mutex_destroy(&queue->lock);
}

void xlgc__context_init(xlgc_context *context, xlgc_pool *pool, xlgc__queue *queue, const xlgc_context *beside) {
  *context = (xlgc_context){.pool = pool, .queue = queue, .beside = beside};
  atomic_init(&context->logged, 0);
}

void xlgc__context_destroy(xlgc_context *context) {
  while (context->log.first) {
    xlgc__chunk *chunk = context->log.first;
    context->log.first = chunk->next;
    xlgc__chunks_give(&context->queue->chunks, chunk);
  }
}

void xlgc__context_open(xlgc_context *context, const char *name) {
  context->open = true;
  snprintf(context->name, sizeof context->name, "%s", name ? name : "");
  context->first = context->applied - context->births_applied;
}

/* Pays for the records of one more chunk full of links (K1). Lock held. */
static int take_credit(xlgc_context *context) {
  xlgc__queue *queue = context->queue;
  uint64_t reserved = queue->links_reserved + XLGC__CHUNK_RECORDS;
  while (queue->links_room + (uint64_t)queue->links->spare_count * (XLGC__SEGMENT_RECORDS - 1) < reserved) {
    int failed = xlgc__segments_prepare(queue->links);
    if (failed) return failed;
  }
  queue->links_reserved = reserved;
  context->link_credit += XLGC__CHUNK_RECORDS;
  return 0;
}

static int take_chunk(xlgc_context *context, bool over) {
  xlgc__chunk *chunk;
  int failed = xlgc__chunks_take(&context->queue->chunks, over, &chunk);
  if (failed) return failed;
  bool first = context->log.last == NULL;
  xlgc__log_extend(&context->log, chunk);
  if (first) return 0;
  atomic_store_explicit(&context->queue->wanted, true, memory_order_relaxed);
  xlgc__condition_wake_all(&context->queue->progress);
  return 0;
}

static int make_room(xlgc_context *context, uint32_t count, uint32_t links, bool over) {
  int failed = 0;
  xlgc__mutex_lock(&context->queue->lock);
  if (context->link_credit < links) failed = take_credit(context);
  if (!failed && !xlgc__log_has_room(&context->log, count)) failed = take_chunk(context, over);
  xlgc__mutex_unlock(&context->queue->lock);
  return failed;
}

static int note_progress(xlgc_context *context) {
  uint64_t logged = atomic_load_explicit(&context->beside->logged, memory_order_acquire);
  if (logged == context->beside_logged) return 0;
  xlgc__record sync = {{(uint64_t)XLGC__OP_SYNC << 56, logged}};
  if (!xlgc__log_has_room(&context->log, 1)) {
    int failed = make_room(context, 1, 0, true);
    if (failed) return failed;
  }
  context->beside_logged = logged;
  xlgc__log_append(&context->log, &sync, 1);
  return 0;
}

int xlgc__context_log(xlgc_context *context, const xlgc__record *records, uint32_t count, uint32_t events,
                      uint32_t links, bool over) {
  int failed = context->beside ? note_progress(context) : 0;
  if (failed) return failed;
  if (XLGC__UNLIKELY(context->link_credit < links || !xlgc__log_has_room(&context->log, count))) {
    failed = make_room(context, count, links, over);
    if (failed) return failed;
  }
  context->link_credit -= links;
  xlgc__log_append(&context->log, records, count);
  uint64_t logged = atomic_load_explicit(&context->logged, memory_order_relaxed);
  atomic_store_explicit(&context->logged, logged + events, memory_order_release);
  return 0;
}

void xlgc__context_settle(xlgc_context *context) {
  context->queue->links_reserved -= context->links_applied;
  context->links_applied = 0;
}

const xlgc__record *xlgc__context_peek(xlgc_context *context) {
  xlgc__queue *queue = context->queue;
  for (;;) {
    const xlgc__record *event = xlgc__log_peek(&context->log);
    if (event || context->applied == atomic_load_explicit(&context->logged, memory_order_acquire)) return event;
    /* There is more, so the writer has gone on to another chunk. */
    xlgc__mutex_lock(&queue->lock);
    xlgc__chunk *chunk = xlgc__log_retire(&context->log);
    if (chunk) {
      xlgc__context_settle(context);
      queue->links_room = queue->links->room;
      xlgc__chunks_give(&queue->chunks, chunk);
      xlgc__condition_wake_all(&queue->progress);
    }
    xlgc__mutex_unlock(&queue->lock);
  }
}

static bool uses_credit(const xlgc__record *event) {
  xlgc__op op = (xlgc__op)(event->word[0] >> 56);
  return op == XLGC__OP_LINK || op == XLGC__OP_LINK_AT || op == XLGC__OP_ADD_LINK;
}

void xlgc__context_advance(xlgc_context *context, const xlgc__record *event) {
  xlgc__op op = (xlgc__op)(event->word[0] >> 56);
  context->applied += op != XLGC__OP_SYNC;
  context->births_applied += op == XLGC__OP_BORN;
  context->links_applied += uses_credit(event);
  context->log.first->taken += xlgc__event_records(event);
}
