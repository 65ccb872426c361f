#include <config.h>

#include "pool/counters.h"

#include <string.h>

#include "base/process.h"
#include "pool/ownership.h"
#include "queue/reader.h"

static void read_graph(const xlgc__graph *graph, xlgc_statistics *out) {
  out->objects = atomic_load_explicit(&graph->objects.live, memory_order_relaxed);
  out->links = graph->links.records.used;
  out->touched = graph->touched;
  out->table_operations = graph->links.operations;
  out->repairs = graph->repairs;
  out->searches = graph->searches;
  out->rank_renumberings = graph->renumberings;
}

static void read_round(const xlgc__round *round, xlgc_statistics *out) {
  out->events = round->apply.events;
  out->errors = atomic_load_explicit(&round->apply.misuse.errors, memory_order_relaxed);
  out->late_drops = round->apply.late_drops;
  out->cancelled = round->apply.cancel.cancelled;
  out->orphans = round->finalize.orphans;
  out->kept = round->finalize.kept_count;
  out->forgotten = round->finalize.forgotten;
  out->rounds = round->rounds;
  out->rounds_held = round->rounds_blocked;
  out->weak_saved = round->weaks.saved;
}

static uint64_t in_mailbox(const xlgc__mailbox *mailbox) {
  return atomic_load_explicit(&mailbox->count, memory_order_relaxed);
}

/* Lock taken. */
static void read_mail(const xlgc__delivery *delivery, xlgc_statistics *out) {
  out->backlog = xlgc__delivery_backlog(delivery) + in_mailbox(&delivery->queue->stray);
  out->mailed = out->backlog + in_mailbox(&delivery->worker) + in_mailbox(&delivery->cleaner);
  for (const xlgc_context *context = delivery->queue->contexts; context; context = context->next)
    out->mailed += in_mailbox(&context->mailbox);
}

/* With the logs of all contexts. Lock taken. */
static void read_queue(const xlgc__queue *queue, const xlgc_context *callbacks, xlgc_statistics *out) {
  out->contexts = queue->context_count;
  out->queued = xlgc__reader_unread(callbacks);
  out->queue_bytes = (queue->chunks.used + queue->chunks.free_count) * XLGC__CHUNK_BYTES(XLGC__CHUNK_RECORDS);
  for (const xlgc_context *context = queue->contexts; context; context = context->next) {
    out->queued += xlgc__reader_unread(context);
    out->queue_bytes += XLGC__CONTEXT_BYTES;
  }
}

/* Lock taken. */
static void read_bytes(const xlgc_pool *pool, xlgc_statistics *out) {
  const xlgc__graph *graph = &pool->graph;
  out->bytes = atomic_load_explicit(&pool->memory.bytes, memory_order_relaxed);
  out->bytes_peak = atomic_load_explicit(&pool->memory.bytes_peak, memory_order_relaxed);
  out->link_bytes = graph->links.records.bytes + graph->links.places.bytes;
  out->object_bytes = graph->objects.records.bytes;
  out->index_bytes = xlgc__addresses_bytes(&graph->objects.addresses) + xlgc__kinds_bytes(&graph->objects.kinds) +
                     xlgc__weaks_bytes(&pool->round.weaks);
}

static void read_counters(xlgc_pool *pool, xlgc_statistics *out) {
  xlgc__mutex_lock(&pool->queue.lock);
  read_graph(&pool->graph, out);
  read_round(&pool->round, out);
  read_mail(&pool->round.delivery, out);
  read_queue(&pool->queue, pool->round.cut.callbacks, out);
  read_bytes(pool, out);
  memcpy(out->held_by, pool->blocker, sizeof out->held_by);
  out->longest_step_ns = pool->longest_step_ns;
  memcpy(out->steps, pool->steps, sizeof out->steps);
  xlgc__mutex_unlock(&pool->queue.lock);
}

int xlgc__counters_read(xlgc_pool *pool, xlgc_statistics *out) {
  if (!pool || !out) return XLGC_E_INVAL;
  if (pool->fork_generation != xlgc__process_generation()) return XLGC_E_FORK;
  bool inside = xlgc__ownership_is_mine(pool);
  int failed = inside ? 0 : xlgc__ownership_take(pool, true);
  if (failed) return failed;
  memset(out, 0, sizeof *out);
  read_counters(pool, out);
  if (!inside) xlgc__ownership_give(pool);
  return 0;
}
