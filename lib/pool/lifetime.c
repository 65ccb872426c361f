/* How pools come and go. */
#include <config.h>

#include "pool/pool.h"
#include "pool/thread.h"

void xlgc_config_init(xlgc_config *config) {
  *config = (xlgc_config){.setting = XLGC_CERTIFIED,
                          .when_full = XLGC_FULL_HELP,
                          .queue_events = 1 << 20,
                          .help_events = 1 << 14,
                          .queue_reserve = 1024,
                          .worker_period_ns = 10 * 1000 * 1000,
                          .watchdog_ns = 1000 * 1000 * 1000};
}

/* Pools are told apart by a byte in their ids; numbers come around after 254 pools. Relaxed: only a counter. */
static uint8_t next_pool_number(void) {
  static _Atomic unsigned pools;
  return (uint8_t)(atomic_fetch_add_explicit(&pools, 1, memory_order_relaxed) % 254 + 1);
}

static uint64_t next_serial(void) {
  static _Atomic uint64_t serials;
  return atomic_fetch_add_explicit(&serials, 1, memory_order_relaxed) + 1;
}

static bool config_is_good(const xlgc_config *config) {
  bool setting = config->setting == XLGC_CERTIFIED || config->setting == XLGC_EXACT;
  bool when_full = config->when_full >= XLGC_FULL_HELP && config->when_full <= XLGC_FULL_FAIL;
  bool allocator = !config->allocator.allocate == !config->allocator.release;
  return setting && when_full && allocator && config->queue_events;
}

static void release_by_address(xlgc_context *context, xlgc_id id, void *object, void *data) {
  (void)id;
  (void)data;
  xlgc_pool *pool = context->pool;
  xlgc__mutex_lock(&pool->queue.lock);
  xlgc__releaser releaser = *xlgc__registry_releaser(&pool->graph.objects.registry, object);
  xlgc__mutex_unlock(&pool->queue.lock);
  if (releaser.run) releaser.run(releaser.param);
}

static const xlgc_kind by_address = {
    .name = "object by address", .flags = XLGC_KIND_TRANSIENT, .release = release_by_address};

/* With the callbacks' context. */
static int init_queue(xlgc_pool *pool) {
  xlgc__queue *queue = &pool->queue;
  const xlgc_config *config = &pool->config;
  int failed =
      xlgc__queue_init(queue, &pool->memory, config->queue_events, config->queue_reserve, &pool->graph.links.records);
  if (!failed) {
    xlgc_context **callbacks = &pool->round.apply.callbacks;
    failed = xlgc__context_create(queue, pool, pool->graph.objects.pool, "callbacks", callbacks);
    if (failed) xlgc__queue_destroy(queue, false);
  }
  if (failed) xlgc__graph_destroy(&pool->graph);
  return failed;
}

static void init_round(xlgc_pool *pool) {
  xlgc__round *round = &pool->round;
  xlgc_context *callbacks = round->apply.callbacks;
  callbacks->of_pool = callbacks->syncs = true;
  /* The links that wait to be entered outlive their chunks (K1). */
  pool->queue.links_reserved = XLGC__CANCEL_LINKS;
  round->graph = &pool->graph;
  round->queue = &pool->queue;
  xlgc__weaks_init(&round->weaks, &pool->memory);
  round->delivery.graph = &pool->graph;
  round->delivery.queue = &pool->queue;
  round->delivery.worker.descriptor = round->delivery.cleaner.descriptor = -1;
  xlgc__repair_init(&round->rank, &pool->graph);
  round->finalize.graph = &pool->graph;
  round->finalize.rank = &round->rank;
  round->finalize.delivery = &round->delivery;
  round->finalize.weaks = &round->weaks;
  round->finalize.context = callbacks;
  round->apply.graph = &pool->graph;
  round->apply.queue = &pool->queue;
  round->apply.weaks = &round->weaks;
  round->apply.by_address = &by_address;
  round->apply.on_error = pool->config.on_error;
  round->apply.data = pool->config.data;
}

int xlgc_pool_create(const xlgc_config *config, xlgc_pool **out) {
  xlgc_config defaults;
  xlgc_config_init(&defaults);
  if (!config) config = &defaults;
  if (!out || !config_is_good(config)) return XLGC_E_INVAL;
  xlgc__memory memory;
  xlgc__memory_init(&memory, &config->allocator);
  xlgc_pool *pool = xlgc__memory_allocate(&memory, sizeof *pool);
  if (!pool) return XLGC_E_NOMEM;
  xlgc__memory_init(&pool->memory, &config->allocator);
  atomic_store_explicit(&pool->memory.bytes, sizeof *pool, memory_order_relaxed);
  atomic_store_explicit(&pool->memory.bytes_peak, sizeof *pool, memory_order_relaxed);
  pool->config = *config;
  pool->platform = &xlgc__platform_system;
  xlgc__watch_forks();
  pool->fork_generation = xlgc__fork_generation();
  pool->serial = next_serial();
  int failed = xlgc__graph_init(&pool->graph, &pool->memory, next_pool_number(), config->setting == XLGC_EXACT);
  if (!failed) failed = init_queue(pool);
  if (failed) {
    xlgc__memory_release(&memory, pool, sizeof *pool);
    return failed;
  }
  init_round(pool);
  *out = pool;
  return 0;
}

static void report_survivor(xlgc_pool *pool, uint32_t index) {
  xlgc__graph *graph = &pool->graph;
  const xlgc__object *object = xlgc__graph_object(graph, index);
  xlgc_survivor survivor = {.id = xlgc__object_id(&graph->objects, index),
                            .object = object->address,
                            .kind = xlgc__object_kind(&graph->objects, object),
                            .pins = object->pins};
  xlgc__dst_cursor cursor;
  xlgc__dst_cursor_start(&cursor);
  for (uint32_t link; (link = xlgc__link_next(&graph->links, &cursor, XLGC__IN, object->top[XLGC__IN])) != 0;) {
    uint32_t holder = xlgc__link_at(&graph->links, link)->end[0];
    survivor.holders++;
    survivor.holder_id = xlgc__object_id(&graph->objects, holder);
    survivor.holder = xlgc__graph_object(graph, holder)->address;
  }
  pool->config.on_survivor(pool->config.data, &survivor);
}

static void report_survivors(xlgc_pool *pool) {
  uint64_t end = xlgc__segments_end(&pool->graph.objects.records);
  for (uint64_t i = 1; i < end; i++) {
    const xlgc__object *object = xlgc__segments_find(&pool->graph.objects.records, (uint32_t)i);
    if (object && (object->flags & (XLGC__LIVE | XLGC__DEAD)) == XLGC__LIVE) report_survivor(pool, (uint32_t)i);
  }
}

/* Delivers all mail on this thread, until nothing follows from it any more. */
static int drain(xlgc_pool *pool) {
  xlgc__delivery *delivery = &pool->round.delivery;
  xlgc__queue *queue = &pool->queue;
  xlgc__mutex_lock(&queue->lock);
  delivery->here = true;
  for (xlgc_context *context = queue->contexts; context; context = context->next)
    xlgc__delivery_move(delivery, &context->mailbox, &queue->stray);
  xlgc__delivery_move(delivery, &delivery->worker, &queue->stray);
  xlgc__delivery_move(delivery, &delivery->cleaner, &queue->stray);
  xlgc__mutex_unlock(&queue->lock);
  return xlgc__steps_flush(pool);
}

/* Is this thread inside a section? Lock held. */
static bool is_in_section(const xlgc_pool *pool) {
  xlgc__thread self = xlgc__thread_self();
  for (const xlgc_context *context = pool->queue.contexts; context; context = context->next)
    if (atomic_load_explicit(&context->section, memory_order_relaxed) & 1 &&
        xlgc__thread_equal(atomic_load_explicit(&context->thread, memory_order_relaxed), self))
      return true;
  return false;
}

int xlgc_pool_shutdown(xlgc_pool *pool) {
  if (!pool) return XLGC_E_INVAL;
  if (pool->fork_generation != xlgc__fork_generation()) return XLGC_E_FORK;
  if (xlgc__ownership_is_mine(pool) || xlgc__ownership_delivers(pool)) return XLGC_E_DEADLOCK;
  xlgc__mutex_lock(&pool->queue.lock);
  int refused = pool->shut ? XLGC_E_SHUTDOWN : is_in_section(pool) ? XLGC_E_HELD : 0;
  if (!refused) {
    pool->shut = true;
    xlgc__contexts_refuse(pool, true);
  }
  xlgc__mutex_unlock(&pool->queue.lock);
  if (refused) return refused;
  xlgc__helper_stop(pool, &pool->worker);
  xlgc__helper_stop(pool, &pool->cleaner);
  int failed = xlgc__ownership_take(pool, true);
  if (failed) return failed;
  failed = drain(pool);
  if (!failed && pool->config.on_survivor) report_survivors(pool);
  xlgc__ownership_give(pool);
  if (!failed) return 0;
  /* It can be tried again. */
  xlgc__mutex_lock(&pool->queue.lock);
  pool->shut = pool->round.delivery.here = false;
  xlgc__contexts_refuse(pool, false);
  xlgc__mutex_unlock(&pool->queue.lock);
  return failed;
}

int xlgc_pool_destroy(xlgc_pool *pool) {
  if (!pool) return 0;
  bool child = pool->fork_generation != xlgc__fork_generation();
  /* What another thread was at work on when the process forked may be in any state: the copy is left. */
  if (child && (pool->taken || xlgc__mutex_try(&pool->queue.lock))) return 0;
  if (!child) {
    if (xlgc__ownership_is_mine(pool) || xlgc__ownership_delivers(pool)) return XLGC_E_DEADLOCK;
    for (xlgc_context *context = pool->queue.contexts; context; context = context->next)
      xlgc__section_end(context);
    int failed = xlgc_pool_shutdown(pool);
    /* What was logged in the very moment of an earlier shutdown. */
    if (failed == XLGC_E_SHUTDOWN) {
      failed = xlgc__ownership_take(pool, true);
      if (!failed) {
        xlgc__steps_flush(pool);
        xlgc__ownership_give(pool);
      }
    }
    if (failed == XLGC_E_DEADLOCK) return failed;
  }
  xlgc__thread_contexts_forget(pool);
  xlgc__weaks_destroy(&pool->round.weaks);
  xlgc__context_end(pool->round.apply.callbacks);
  xlgc__queue_destroy(&pool->queue, child);
  xlgc__graph_destroy(&pool->graph);
  xlgc__memory memory = pool->memory;
  xlgc__memory_release(&memory, pool, sizeof *pool);
  return 0;
}
