/* A graph (one_graph.h) with a queue and contexts, without a pool: for tests of what works on both. To be included by the
 * test itself. */
#ifndef ONE_QUEUE_H
#define ONE_QUEUE_H

#include "one_graph.h"
#include "queue/reader.h"
#include "queue/section.h"
#include "queue/writer.h"
#include "rounds/cancel.h"

static struct {
  xlgc__queue queue;
  xlgc_context *callbacks;
} q;

static inline xlgc_context *new_context(const char *name) {
  xlgc_context *context;
  ok(xlgc__context_create(&q.queue, NULL, 1, name, &context));
  xlgc__context_open(context);
  return context;
}

static inline void open_queue(bool exact) {
  open_graph(exact);
  ok(xlgc__queue_init(&q.queue, &g.memory, UINT32_MAX, 0, &g.graph.links.records));
  q.queue.links_reserved = XLGC__CANCEL_LINKS;
  ok(xlgc__context_create(&q.queue, NULL, 1, "callbacks", &q.callbacks));
  q.callbacks->of_pool = q.callbacks->syncs = true;
}

static inline void close_queue(void) {
  xlgc__context_end(q.callbacks);
  xlgc__context_end_all(&q.queue);
  xlgc__queue_destroy(&q.queue, false);
  close_graph();
}

static inline uint64_t bare(uint32_t index) { return XLGC__BARE(xlgc__object_id(&g.graph.objects, index)); }

#endif
