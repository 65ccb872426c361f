#include <config.h>

#include "pool/lifetime.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/process.h"
#include "pool/audit.h"
#include "pool/contexts.h"
#include "pool/inventory.h"
#include "pool/ownership.h"
#include "pool/remains.h"
#include "pool/scanners.h"
#include "pool/steps.h"
#include "pool/thread_contexts.h"
#include "pool/worker.h"
#include "queue/section.h"

void xlgc__lifetime_defaults(xlgc_config *config) {
  *config = (xlgc_config){.setting = XLGC_CERTIFIED,
                          .when_full = XLGC_FULL_HELP,
                          .queue_events = 1 << 20,
                          .help_events = 1 << 14,
                          .queue_reserve = 1024,
                          .worker_period_ns = 10 * 1000 * 1000,
                          .watchdog_ns = 1000 * 1000 * 1000,
                          .help_tells = XLGC_HELP_TELLS_LATER};
}

/* A byte of their ids distinguishes pools; numbers repeat after 254 pools. Relaxed: only a counter. */
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
  bool help_tells = config->help_tells >= XLGC_HELP_TELLS_LATER && config->help_tells <= XLGC_HELP_TELLS_CLEANER;
  bool allocator = !config->allocator.allocate == !config->allocator.release;
  return setting && when_full && help_tells && allocator && config->queue_events;
}

/* Does the environment turn that on? */
static bool is_on(const char *variable) {
  const char *text = getenv(variable);
  return text && *text && strcmp(text, "0") != 0;
}

static unsigned sites_of_environment(void) {
  const char *text = getenv("XLGC_SITES");
  if (!text || !*text) return 0;
  char *end;
  unsigned long every = strtoul(text, &end, 10);
  if (*text >= '0' && *text <= '9' && !*end && every <= UINT_MAX) return (unsigned)every;
  fprintf(stderr,
          "xlgc: XLGC_SITES=%s has no effect: of 1 in how many objects is it to be known where they were made?\n",
          text);
  return 0;
}

/* With the callbacks' context. */
static int init_queue(xlgc_pool *pool) {
  xlgc__queue *queue = &pool->queue;
  const xlgc_config *config = &pool->config;
  xlgc__segments *links = &pool->graph.links.records;
  int failed = xlgc__queue_init(queue, &pool->memory, config->queue_events, config->queue_reserve, links);
  if (failed) return failed;
  if (config->check || is_on("XLGC_CHECK")) {
    xlgc__ledger_init(&pool->ledger, &pool->memory);
    xlgc__gone_init(&pool->gone, &pool->memory);
    queue->ledger = &pool->ledger;
  }
  xlgc_context **callbacks = &pool->round.cut.callbacks;
  failed = xlgc__context_create(queue, pool, pool->graph.objects.pool, "callbacks", callbacks);
  if (failed) {
    xlgc__queue_destroy(queue, false);
    return failed;
  }
  (*callbacks)->of_pool = (*callbacks)->syncs = true;
  /* The links that wait to be entered outlive their chunks (K1). */
  queue->links_reserved = XLGC__CANCEL_LINKS;
  return 0;
}

static void init_round(xlgc_pool *pool) {
  xlgc__round *round = &pool->round;
  xlgc__graph *graph = &pool->graph;
  xlgc__queue *queue = &pool->queue;
  round->graph = graph;
  round->queue = queue;
  round->listeners =
      (xlgc__listeners){.lock = &queue->lock, .progress = &queue->progress, .clock_ns = pool->platform->clock_ns};
  xlgc__notes_init(&pool->notes, sites_of_environment(), &pool->memory, &queue->lock);
  round->ask_scanners = xlgc__scanners_ask_here;
  round->drop_scanners = xlgc__scanners_drop;
  xlgc__weaks_init(&round->weaks, &pool->memory);
  xlgc__repair_init(&round->repair, graph);
  round->delivery =
      (xlgc__delivery){.graph = graph, .queue = queue, .worker = {.descriptor = -1}, .cleaner = {.descriptor = -1}};
  xlgc__finalizers_init(&round->delivery.finalizers, &pool->memory);
  round->finalize = (xlgc__finalize){.graph = graph,
                                     .repair = &round->repair,
                                     .delivery = &round->delivery,
                                     .weaks = &round->weaks,
                                     .context = round->cut.callbacks};
  xlgc__apply *apply = &round->apply;
  apply->graph = graph;
  apply->queue = queue;
  apply->weaks = &round->weaks;
  apply->misuse = (xlgc__misuse){
      .on_error = pool->config.on_error, .data = pool->config.data, .objects = &graph->objects, .queue = queue};
  round->finalize.misuse = &apply->misuse;
  apply->cancel = (xlgc__cancel){.graph = graph, .queue = queue, .misuse = &apply->misuse};
  round->cut.apply = apply;
  round->cut.queue = queue;
}

/* All of a pool that is zero. XLGC_E_NOMEM: nothing is left to free but the pool itself. */
static int init_pool(xlgc_pool *pool, const xlgc_config *config) {
  xlgc__memory_init(&pool->memory, &config->allocator);
  atomic_store_explicit(&pool->memory.bytes, sizeof *pool, memory_order_relaxed);
  atomic_store_explicit(&pool->memory.bytes_peak, sizeof *pool, memory_order_relaxed);
  pool->config = *config;
  pool->platform = &xlgc__platform_system;
  xlgc__process_watch(xlgc__thread_contexts_end, xlgc__context_forked);
  pool->fork_generation = xlgc__process_generation();
  pool->serial = next_serial();
  int failed = xlgc__graph_init(&pool->graph, &pool->memory, next_pool_number(), config->setting == XLGC_EXACT);
  if (!failed && (failed = init_queue(pool)) != 0) xlgc__graph_destroy(&pool->graph);
  if (!failed) init_round(pool);
  return failed;
}

int xlgc__lifetime_create(const xlgc_config *config, xlgc_pool **out) {
  xlgc_config defaults;
  xlgc__lifetime_defaults(&defaults);
  if (!config) config = &defaults;
  if (!out || !config_is_good(config)) return XLGC_E_INVAL;
  xlgc__memory memory;
  xlgc__memory_init(&memory, &config->allocator);
  xlgc_pool *pool = xlgc__memory_allocate(&memory, sizeof *pool);
  if (!pool) return XLGC_E_NOMEM;
  atomic_init(&pool->users, 1);
  int failed = init_pool(pool, config);
  if (failed)
    xlgc__memory_release(&memory, pool, sizeof *pool);
  else
    *out = pool;
  return failed;
}

typedef void report(void *data, const xlgc_survivor *survivor);

static void report_survivor(xlgc_pool *pool, uint32_t index, report *report, void *data) {
  const xlgc__graph *graph = &pool->graph;
  const xlgc__object *object = xlgc__graph_object(graph, index);
  xlgc_survivor survivor = {.id = xlgc__object_id(&graph->objects, index),
                            .object = object->address,
                            .kind = xlgc__object_kind(&graph->objects, object),
                            .pins = object->pins};
  xlgc__dst_cursor cursor;
  xlgc__dst_cursor_start(&cursor);
  for (uint32_t link; (link = xlgc__link_next(&graph->links, &cursor, XLGC__IN, object->top[XLGC__IN])) != 0;) {
    uint32_t source = xlgc__link_at(&graph->links, link)->end[0];
    survivor.holders++;
    survivor.holder_id = xlgc__object_id(&graph->objects, source);
    survivor.holder = xlgc__graph_object(graph, source)->address;
  }
  xlgc__entry held;
  if (xlgc__audit_find(pool, survivor.pins ? XLGC_ID_NONE : survivor.holder_id, survivor.id, &held)) {
    survivor.context = held.context;
    survivor.position = held.position;
    survivor.place = (void *)(uintptr_t)held.place;
  }
  report(data, &survivor);
}

/* Those of the kinds with this `data`. */
static void report_survivors(xlgc_pool *pool, const void *of, report *report, void *data) {
  const xlgc__objects *objects = &pool->graph.objects;
  uint64_t end = xlgc__segments_end(&objects->records);
  for (uint64_t i = 1; i < end; i++) {
    const xlgc__object *object = xlgc__segments_find(&objects->records, (uint32_t)i);
    if (!object || (object->flags & (XLGC__LIVE | XLGC__DEAD)) != XLGC__LIVE) continue;
    if (xlgc__kinds_have(&objects->kinds, object->kind, of)) report_survivor(pool, (uint32_t)i, report, data);
  }
}

/* The next object from this slot on that is there and is not reported yet; 0: there is none. */
static uint32_t next_left(xlgc_pool *pool, uint64_t slot) {
  const xlgc__segments *records = &pool->graph.objects.records;
  xlgc__object *object = NULL;
  xlgc__mutex_lock(&pool->queue.lock);
  for (uint64_t end = xlgc__segments_end(records); slot < end && !object; slot++) {
    object = xlgc__segments_find(records, (uint32_t)slot);
    if (object && (object->flags & (XLGC__LIVE | XLGC__DEAD | XLGC__LEFT)) != XLGC__LIVE) object = NULL;
  }
  if (object) object->flags |= XLGC__LEFT;
  xlgc__mutex_unlock(&pool->queue.lock);
  return object ? (uint32_t)(slot - 1) : 0;
}

/* What is left, and was not before, is the program's from here on: it is reported, and what is kept stays. */
static void report_left(xlgc_pool *pool) {
  const xlgc_config *config = &pool->config;
  bool any;
  if (!atomic_load_explicit(&pool->graph.objects.live, memory_order_relaxed)) return;
  /* Once more after that, as the callback may have registered others. */
  do {
    any = false;
    for (uint32_t index = 0; (index = next_left(pool, (uint64_t)index + 1)) != 0; any = true) {
      if (config->on_survivor) report_survivor(pool, index, config->on_survivor, config->data);
      if (xlgc__graph_object(&pool->graph, index)->flags & XLGC__KEPT) xlgc__graph_pin(&pool->graph, index, 1);
    }
  } while (any);
}

int xlgc__lifetime_retire_kinds(xlgc_pool *pool, const void *data, report *report, void *context) {
  int failed = xlgc__ownership_take(pool, true);
  if (failed) return failed;
  if (report) report_survivors(pool, data, report, context);
  xlgc__mutex_lock(&pool->queue.lock);
  xlgc__object_retire_kinds(&pool->graph.objects, data);
  xlgc__mutex_unlock(&pool->queue.lock);
  xlgc__ownership_give(pool);
  return 0;
}

/* Delivers all messages on this thread, until no more follow from them. */
static int drain(xlgc_pool *pool) {
  xlgc__delivery *delivery = &pool->round.delivery;
  xlgc__queue *queue = &pool->queue;
  xlgc__mutex_lock(&queue->lock);
  delivery->all_inline = true;
  for (xlgc_context *context = queue->contexts; context; context = context->next)
    xlgc__delivery_move(delivery, &context->mailbox, &queue->stray);
  xlgc__delivery_move(delivery, &delivery->worker, &queue->stray);
  xlgc__delivery_move(delivery, &delivery->cleaner, &queue->stray);
  xlgc__mutex_unlock(&queue->lock);
  int failed;
  do
    failed = xlgc__steps_flush(pool);
  while (!failed && xlgc__steps_wait_for_deliveries(pool));
  return failed;
}

/* No more finalizers are added from here on, or they are again. */
static void close_finalizers(xlgc_pool *pool, bool closed) {
  xlgc__mutex_lock(&pool->queue.lock);
  pool->round.delivery.finalizers.closed = closed;
  xlgc__mutex_unlock(&pool->queue.lock);
}

/* Calls those of what is left. Returns whether there were any. */
static bool finalize_left(xlgc_pool *pool) {
  xlgc__finalizers *finalizers = &pool->round.delivery.finalizers;
  const xlgc__objects *objects = &pool->graph.objects;
  xlgc__finalizers_call call;
  bool any = false;
  close_finalizers(pool, true);
  for (;; any = true) {
    xlgc__mutex_lock(&pool->queue.lock);
    bool taken = xlgc__finalizers_take_newest(finalizers, &call);
    void *address = taken ? xlgc__object_at(objects, (uint32_t)call.object)->address : NULL;
    xlgc__mutex_unlock(&pool->queue.lock);
    if (!taken) return any;
    call.run(pool->round.finalize.context, (xlgc_id)objects->pool << 56 | call.object, address, call.data);
  }
}

/* Is this thread inside a section? Lock taken. */
static bool is_in_section(const xlgc_pool *pool) {
  xlgc__thread self = xlgc__thread_self();
  for (const xlgc_context *context = pool->queue.contexts; context; context = context->next)
    if (atomic_load_explicit(&context->section, memory_order_relaxed) & 1 &&
        xlgc__thread_equal(atomic_load_explicit(&context->thread, memory_order_relaxed), self))
      return true;
  return false;
}

int xlgc__lifetime_shutdown(xlgc_pool *pool) {
  if (xlgc__ownership_is_inside(pool)) return XLGC_E_DEADLOCK;
  xlgc__mutex_lock(&pool->queue.lock);
  int refused = pool->shut ? XLGC_E_SHUTDOWN : is_in_section(pool) ? XLGC_E_HELD : 0;
  if (!refused) {
    pool->shut = true;
    xlgc__contexts_refuse(pool, true);
  }
  xlgc__mutex_unlock(&pool->queue.lock);
  if (refused) return refused;
  xlgc__worker_end_all(pool);
  int failed = xlgc__ownership_take(pool, true);
  if (failed) return failed;
  failed = drain(pool);
  /* They may let go of what would be left. */
  if (!failed && finalize_left(pool)) failed = drain(pool);
  xlgc__ownership_give(pool);
  if (!failed && is_on("XLGC_SURVIVORS")) xlgc__inventory_print(pool);
  if (!failed) failed = xlgc__ownership_take(pool, true);
  if (!failed) {
    report_left(pool);
    xlgc__ownership_give(pool);
    return 0;
  }
  /* It can be tried again. */
  close_finalizers(pool, false);
  xlgc__mutex_lock(&pool->queue.lock);
  pool->shut = pool->round.delivery.all_inline = false;
  xlgc__contexts_refuse(pool, false);
  xlgc__mutex_unlock(&pool->queue.lock);
  return failed;
}

/* Shuts the pool down if that is still to be done. XLGC_E_DEADLOCK inside a callback. */
static int end_use(xlgc_pool *pool) {
  if (xlgc__ownership_is_inside(pool)) return XLGC_E_DEADLOCK;
  for (xlgc_context *context = pool->queue.contexts; context; context = context->next)
    xlgc__section_end(context);
  xlgc__scanners_remove_all(pool);
  int failed = xlgc__lifetime_shutdown(pool);
  /* An earlier shutdown may have let through what was being logged or registered at that moment. */
  if (failed == XLGC_E_SHUTDOWN) {
    failed = xlgc__ownership_take(pool, true);
    if (!failed) {
      xlgc__steps_flush(pool);
      report_left(pool);
      xlgc__ownership_give(pool);
    }
  }
  return failed == XLGC_E_DEADLOCK ? failed : 0;
}

/* ------------------------------------------------------------------- memory */

static void free_pool(xlgc_pool *pool) {
  bool child = pool->fork_generation != xlgc__process_generation();
  /* A pool that another thread worked on when the process forked may be in any state: the child leaves its copy. */
  if (child && (pool->owned || xlgc__mutex_try(&pool->queue.lock))) return;
  xlgc__thread_contexts_forget(pool);
  xlgc__notes_destroy(&pool->notes);
  xlgc__weaks_destroy(&pool->round.weaks);
  xlgc__finalizers_destroy(&pool->round.delivery.finalizers);
  xlgc__scanners_free_all(pool);
  xlgc__context_end(pool->round.cut.callbacks);
  xlgc__context_end_all(&pool->queue);
  if (pool->queue.ledger) {
    xlgc__ledger_destroy(&pool->ledger);
    xlgc__gone_destroy(&pool->gone);
  }
  xlgc__queue_destroy(&pool->queue, child);
  xlgc__graph_destroy(&pool->graph);
  xlgc__memory memory = pool->memory;
  xlgc__memory_release(&memory, pool, sizeof *pool);
}

void xlgc__lifetime_retain(xlgc_pool *pool) { atomic_fetch_add_explicit(&pool->users, 1, memory_order_relaxed); }

void xlgc__lifetime_release(xlgc_pool *pool) {
  if (atomic_fetch_sub_explicit(&pool->users, 1, memory_order_acq_rel) == 1) free_pool(pool);
}

/* What the program has given the pool to call may be gone from now on. */
static void forget_callbacks(xlgc_pool *pool) {
  if (xlgc__ownership_take(pool, true)) return;
  pool->config.on_error = pool->round.apply.misuse.on_error = NULL;
  pool->config.on_survivor = NULL;
  pool->config.on_held = NULL;
  xlgc__ownership_give(pool);
}

static bool is_destroyed(xlgc_pool *pool) {
  xlgc__mutex_lock(&pool->queue.lock);
  bool is = pool->is_destroyed;
  xlgc__mutex_unlock(&pool->queue.lock);
  return is;
}

static int end_for_good(xlgc_pool *pool) {
  if (is_destroyed(pool)) return XLGC_E_SHUTDOWN;
  int failed = end_use(pool);
  if (failed) return failed;
  forget_callbacks(pool);
  xlgc__listeners_end(&pool->round.listeners);
  xlgc__mutex_lock(&pool->queue.lock);
  pool->is_destroyed = true;
  xlgc__mutex_unlock(&pool->queue.lock);
  return 0;
}

static void tell_of_remains(xlgc_pool *pool, void (*each)(void *data, void *object), void *data) {
  if (xlgc__ownership_take(pool, true)) return;
  xlgc__remains_tell(pool, each, data);
  xlgc__ownership_give(pool);
}

/* A child's copy takes part in nothing but its end. */
int xlgc__lifetime_destroy(xlgc_pool *pool, void (*each)(void *data, void *object), void *data) {
  bool child = pool->fork_generation != xlgc__process_generation();
  int failed = child ? 0 : end_for_good(pool);
  if (!failed && !child && each) tell_of_remains(pool, each, data);
  if (!failed) xlgc__lifetime_release(pool);
  return failed;
}
