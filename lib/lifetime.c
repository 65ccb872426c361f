/* How pools come and go. */
#include <config.h>

#include "pool.h"

void xlgc_config_init(xlgc_config *config) {
  *config = (xlgc_config){.setting = XLGC_CERTIFIED,
                          .when_full = XLGC_FULL_HELP,
                          .queue_events = 1 << 20,
                          .queue_reserve = 1024,
                          .worker_period_ns = 10 * 1000 * 1000};
}

/* Pools are told apart by a byte in their ids; numbers come around after 254 pools. Relaxed: only a counter. */
static uint8_t next_pool_number(void) {
  static _Atomic unsigned pools;
  return (uint8_t)(atomic_fetch_add_explicit(&pools, 1, memory_order_relaxed) % 254 + 1);
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

int xlgc_pool_create(const xlgc_config *config, xlgc_pool **out) {
  xlgc_config defaults;
  xlgc_config_init(&defaults);
  if (!config) config = &defaults;
  if (!out || !config_is_good(config)) return XLGC_E_INVAL;
  xlgc__mem mem;
  xlgc__mem_init(&mem, &config->allocator);
  xlgc_pool *pool = xlgc__mem_allocate(&mem, sizeof *pool);
  if (!pool) return XLGC_E_NOMEM;
  xlgc__mem_init(&pool->mem, &config->allocator);
  atomic_store_explicit(&pool->mem.bytes, sizeof *pool, memory_order_relaxed);
  atomic_store_explicit(&pool->mem.bytes_peak, sizeof *pool, memory_order_relaxed);
  pool->config = *config;
  pool->wait = &xlgc__wait_system;
  xlgc__watch_forks();
  pool->fork_generation = xlgc__fork_generation();
  int failed = xlgc__graph_init(&pool->graph, &pool->mem, next_pool_number(), config->setting == XLGC_EXACT);
  if (!failed) {
    failed = xlgc__queue_init(&pool->queue, &pool->mem, config->queue_events, config->queue_reserve,
                              &pool->graph.links.records);
    if (failed) xlgc__graph_destroy(&pool->graph);
  }
  if (failed) {
    xlgc__mem_release(&mem, pool, sizeof *pool);
    return failed;
  }
  xlgc__round *round = &pool->round;
  *round = (xlgc__round){.graph = &pool->graph,
                         .queue = &pool->queue,
                         .by_address = &by_address,
                         .on_error = config->on_error,
                         .data = config->data};
  xlgc__rank_init(&round->rank, &pool->graph);
  xlgc__reap_init(&round->reap, &round->rank, &pool->queue.lock, &round->callbacks);
  xlgc__context_init(&round->program, pool, &pool->queue, NULL);
  xlgc__context_init(&round->callbacks, pool, &pool->queue, &round->program);
  xlgc__context_open(&round->callbacks, "callbacks");
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
  for (uint32_t link; (link = xlgc__link_next(&graph->links, &cursor, XLGC__IN, object->tree[XLGC__IN])) != 0;) {
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

int xlgc_pool_destroy(xlgc_pool *pool) {
  if (!pool) return 0;
  bool child = pool->fork_generation != xlgc__fork_generation();
  if (!child) {
    if (xlgc__pool_inside(pool)) return XLGC_E_DEADLOCK;
    if (pool->worker_runs) xlgc_worker_stop(pool);
    int failed = xlgc__pool_enter(pool, true);
    if (failed) return failed;
    xlgc__pool_flush(pool);
    if (pool->config.on_survivor) report_survivors(pool);
    xlgc__pool_leave(pool);
  }
  xlgc__context_destroy(&pool->round.program);
  xlgc__context_destroy(&pool->round.callbacks);
  xlgc__graph_destroy(&pool->graph);
  xlgc__queue_destroy(&pool->queue, child);
  xlgc__mem mem = pool->mem;
  xlgc__mem_release(&mem, pool, sizeof *pool);
  return 0;
}
