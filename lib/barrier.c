/* What a program reports: contexts, registering, and the barriers that log one event each. */
#include <config.h>

#include "pool.h"

/* ------------------------------------------------------------- contexts */

int xlgc_context_create(xlgc_pool *pool, const char *name, xlgc_context **out) {
  if (!pool || !out) return XLGC_E_INVAL;
  int failed = xlgc__pool_enter(pool, true);
  if (failed) return failed;
  xlgc_context *context = &pool->round.program;
  /* What the last owner logged is applied under its name. */
  failed = context->open ? XLGC_E_FULL : xlgc__round_apply_all(&pool->round);
  if (!failed) {
    xlgc__context_open(context, name);
    *out = context;
  }
  xlgc__pool_leave(pool);
  return failed;
}

int xlgc_context_destroy(xlgc_context *context) {
  if (!context) return 0;
  int failed = xlgc__pool_enter(context->pool, true);
  if (failed) return failed;
  context->open = false;
  xlgc__pool_leave(context->pool);
  return 0;
}

uint64_t xlgc_context_position(const xlgc_context *context) {
  return atomic_load_explicit(&context->logged, memory_order_relaxed) - context->births - context->first;
}

/* --------------------------------------------------------------- logging */

static int log_event(xlgc_context *context, const xlgc__record *records, uint32_t count, uint32_t events,
                     uint32_t links) {
  for (int tries = 0;;) {
    int failed = xlgc__context_log(context, records, count, events, links, context->beside != NULL);
    if (XLGC__LIKELY(!failed)) return 0;
    if (tries > 0) return failed;
    /* A callback's own thread is the one that would have to work. */
    if (xlgc__pool_inside(context->pool))
      return failed == XLGC_E_QUEUE ? xlgc__context_log(context, records, count, events, links, true) : failed;
    tries = xlgc__pool_make_way(context->pool, failed);
    if (tries < 0) return tries;
  }
}

static uint64_t bare(xlgc_id id) { return id & ((UINT64_C(1) << 56) - 1); }

static int check(const xlgc_context *context, xlgc_id id) {
  if (!context || id == XLGC_ID_NONE) return XLGC_E_INVAL;
  if (XLGC__UNLIKELY(context->pool->fork_generation != xlgc__fork_generation())) return XLGC_E_FORK;
  return id >> 56 == context->pool->graph.objects.pool ? 0 : XLGC_E_FOREIGN;
}

static int check_pair(const xlgc_context *context, xlgc_id source, xlgc_id target) {
  int failed = check(context, source);
  return failed ? failed : check(context, target);
}

static xlgc__record record(xlgc__op op, xlgc_id source, xlgc_id target) {
  return (xlgc__record){{(uint64_t)op << 56 | bare(source), bare(target)}};
}

static int log_pair(xlgc_context *context, xlgc__op op, xlgc_id source, xlgc_id target) {
  int failed = check_pair(context, source, target);
  if (failed) return failed;
  xlgc__record event = record(op, source, target);
  return log_event(context, &event, 1, 1, op == XLGC__OP_LINK);
}

static int log_single(xlgc_context *context, xlgc__op op, xlgc_id object) {
  int failed = check(context, object);
  if (failed) return failed;
  xlgc__record event = record(op, object, 0);
  return log_event(context, &event, 1, 1, 0);
}

int xlgc_link(xlgc_context *context, xlgc_id source, xlgc_id target) {
  return log_pair(context, XLGC__OP_LINK, source, target);
}

int xlgc_unlink(xlgc_context *context, xlgc_id source, xlgc_id target) {
  return log_pair(context, XLGC__OP_UNLINK, source, target);
}

int xlgc_relink(xlgc_context *context, xlgc_id source, xlgc_id old, xlgc_id now) {
  if (old == XLGC_ID_NONE && now == XLGC_ID_NONE) return check(context, source);
  if (old == XLGC_ID_NONE) return xlgc_link(context, source, now);
  if (now == XLGC_ID_NONE) return xlgc_unlink(context, source, old);
  int failed = check_pair(context, source, old);
  if (!failed) failed = check(context, now);
  if (failed) return failed;
  xlgc__record events[2] = {record(XLGC__OP_LINK, source, now), record(XLGC__OP_UNLINK, source, old)};
  return log_event(context, events, 2, 2, 1);
}

int xlgc_pin(xlgc_context *context, xlgc_id object) { return log_single(context, XLGC__OP_PIN, object); }
int xlgc_unpin(xlgc_context *context, xlgc_id object) { return log_single(context, XLGC__OP_UNPIN, object); }

int xlgc_link_at(xlgc_context *context, xlgc_id source, xlgc_id target, void *place, unsigned tag) {
  int failed = check_pair(context, source, target);
  if (failed) return failed;
  if (tag > XLGC_TAG_MAX) return XLGC_E_INVAL;
  xlgc__record records[2] = {record(XLGC__OP_LINK_AT, source, target), {{(uintptr_t)place, 0}}};
  records[0].word[1] |= (uint64_t)tag << 56;
  return log_event(context, records, 2, 1, 1);
}

int xlgc_unlink_at(xlgc_context *context, xlgc_id source, xlgc_id target, void *place) {
  int failed = check_pair(context, source, target);
  if (failed) return failed;
  xlgc__record records[2] = {record(XLGC__OP_UNLINK_AT, source, target), {{(uintptr_t)place, 0}}};
  return log_event(context, records, 2, 1, 0);
}

/* --------------------------------------------------------------- objects */

int xlgc_register(xlgc_context *context, void *object, const xlgc_kind *kind, xlgc_id *out) {
  if (!context || !out) return XLGC_E_INVAL;
  xlgc_pool *pool = context->pool;
  if (pool->fork_generation != xlgc__fork_generation()) return XLGC_E_FORK;
  xlgc__objects *objects = &pool->graph.objects;
  uint32_t index;
  xlgc_id id = XLGC_ID_NONE;
  xlgc__mutex_lock(&pool->queue.lock);
  int failed = xlgc__object_create(objects, object, kind, xlgc__graph_birth_rank(&pool->graph), &index);
  if (!failed) id = xlgc__object_id(objects, index);
  xlgc__mutex_unlock(&pool->queue.lock);
  if (failed) return failed;
  if (kind && kind->flags & XLGC_KIND_TRANSIENT) {
    xlgc__record event = record(XLGC__OP_BORN, id, 0);
    failed = log_event(context, &event, 1, 1, 0);
    context->births += !failed;
  }
  if (failed) {
    xlgc__mutex_lock(&pool->queue.lock);
    xlgc__object_discard(objects, index);
    xlgc__mutex_unlock(&pool->queue.lock);
    return failed;
  }
  *out = id;
  return 0;
}

int xlgc_lookup(xlgc_pool *pool, const void *object, xlgc_id *out) {
  if (!pool || !out) return XLGC_E_INVAL;
  if (pool->fork_generation != xlgc__fork_generation()) return XLGC_E_FORK;
  xlgc__mutex_lock(&pool->queue.lock);
  const xlgc__objects *objects = &pool->graph.objects;
  uint32_t index = xlgc__registry_find(&objects->registry, object);
  if (index) *out = xlgc__object_id(objects, index);
  xlgc__mutex_unlock(&pool->queue.lock);
  return index ? 0 : XLGC_E_UNKNOWN;
}
