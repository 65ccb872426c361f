#include <config.h>

#include "queue/reader.h"

#include "queue/writer.h"

/* The first chunk has been read to its end. */
static void retire(xlgc_context *context) {
  xlgc__queue *queue = context->queue;
  xlgc__chunk *chunk = context->read.chunk;
  xlgc__cursor_hop(&context->read);
  xlgc__mutex_lock(&queue->lock);
  queue->links_reserved -= chunk->credit;
  queue->links_room = queue->links->room;
  xlgc__writer_give_chunk(context, chunk);
  /* A thread that waits for room is woken only when there is enough to last for a while. */
  if (queue->chunks.used <= queue->chunks.bound - queue->chunks.bound / 4) xlgc__condition_wake_all(&queue->progress);
  xlgc__mutex_unlock(&queue->lock);
}

const xlgc__record *xlgc__reader_peek(xlgc_context *context) {
  while (context->read.at != context->cut) {
    if (!xlgc__cursor_at_end(&context->read, context->cut)) return context->read.at;
    retire(context);
  }
  return NULL;
}

const xlgc__record *xlgc__reader_peek_end(const xlgc_context *context) {
  return xlgc__cursor_end(&context->read, context->cut);
}

const xlgc__record *xlgc__reader_peek_ahead(xlgc_context *context) {
  if (context->ahead.records <= context->read.records) context->ahead = context->read;
  while (context->ahead.at != context->save) {
    if (!xlgc__cursor_at_end(&context->ahead, context->save)) return context->ahead.at;
    xlgc__cursor_hop(&context->ahead);
  }
  return NULL;
}

uint64_t xlgc__reader_unread(const xlgc_context *context) {
  return xlgc__log_position(&context->log) - context->read.records;
}
