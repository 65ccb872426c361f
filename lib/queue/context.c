#include <config.h>

#include "queue/context.h"

#include <stdio.h>
#ifdef HAVE_SYS_EVENTFD_H
#include <unistd.h>
#endif

#include "base/process.h"

/* The contexts of the process that may log: the child of a fork makes its copies refuse events. Guarded by the
 * process's lock, which is locked while the process forks. */
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
  context->fork_generation = xlgc__process_generation();
  context->own.capacity = XLGC__OWN_RECORDS;
  context->mailbox.descriptor = -1;
  xlgc__context_is_used(context);
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
  bool refuses = refuse || context->fork_generation != xlgc__process_generation();
  bool asks = refuses || context->queue->ledger;
  atomic_store_explicit(&context->refuses, refuses, memory_order_relaxed);
  XLGC__YIELD();
  atomic_store_explicit(&context->log.limit, asks ? 0 : XLGC__BARE_LIMIT, memory_order_relaxed);
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
#ifdef HAVE_SYS_EVENTFD_H
  if (context->mailbox.descriptor >= 0) close(context->mailbox.descriptor);
#endif
  xlgc__memory_release(queue->memory, context, XLGC__CONTEXT_BYTES);
}

void xlgc__context_end(xlgc_context *context) {
  xlgc__process_lock();
  xlgc__context_strike_off(context);
  xlgc__process_unlock();
  xlgc__context_free(context);
}

void xlgc__context_end_all(xlgc__queue *queue) {
  while (queue->contexts) {
    xlgc_context *context = queue->contexts;
    queue->contexts = context->next;
    xlgc__context_end(context);
  }
}
