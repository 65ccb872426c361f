/* The pool that the rows measure: objects that are pinned, so that all events are changes of links and none kills, and
 * a queue whose memory is there from the start, so that a burst within it allocates nothing. */
#ifndef FIXTURE_H
#define FIXTURE_H

#include "measure.h"

#include <xlgc.h>

/* records: how many events may lie in the queue, all in its reserve and until somebody works; 0 for the default
 * configuration. */
static inline xlgc_pool *new_pool(size_t records) {
  xlgc_config config;
  xlgc_config_init(&config);
  if (records) {
    config.queue_events = config.queue_reserve = records;
    config.help_events = 0;
  }
  xlgc_pool *pool;
  must(xlgc_pool_create(&config, &pool), "create a pool");
  return pool;
}

static inline xlgc_context *new_context(xlgc_pool *pool, const char *name) {
  xlgc_context *context;
  must(xlgc_context_create(pool, name, &context), "create a context");
  return context;
}

static inline xlgc_id new_pinned(xlgc_context *context) {
  static const xlgc_kind kind = {.name = "pinned", .flags = XLGC_KIND_UNINDEXED};
  xlgc_id id;
  must(xlgc_register(context, NULL, &kind, &id), "register");
  must(xlgc_pin(context, id), "pin");
  return id;
}

/* Nothing went wrong that is found late, and no link is left. */
static inline void destroy_pool(xlgc_pool *pool) {
  must(xlgc_flush(pool), "flush");
  xlgc_statistics stats;
  must(xlgc_stats(pool, &stats), "stats");
  must_be(!stats.errors, "the pool reported errors");
  must_be(!stats.links, "links are left");
  must(xlgc_pool_destroy(pool), "destroy the pool");
}

#endif
