/* Trees whose order is kept in the pool. */
#include <config.h>

#include <xlgc/children.h>

#include "base/process.h"
#include "pool/contexts.h"
#include "pool/moves.h"

/* ------------------------------------------------------------------ moving */

/* Why no event on this id is taken, or 0. */
static int why_not(const xlgc_context *context, xlgc_id id) {
  if (id == XLGC_ID_NONE) return XLGC_E_INVAL;
  return (id ^ context->log.prefix) < XLGC__BARE_LIMIT ? 0 : XLGC_E_FOREIGN;
}

static int put(xlgc_context *context, xlgc_id parent, xlgc_id before, xlgc_id child, unsigned tag) {
  if (!context || tag > XLGC_TAG_MAX) return XLGC_E_INVAL;
  int failed = xlgc__contexts_admit(context);
  if (!failed) failed = why_not(context, child);
  if (!failed) failed = why_not(context, before ? before : parent);
  return failed ? failed : xlgc__moves_put(context, parent, before, child, tag);
}

int xlgc_child_append(xlgc_context *context, xlgc_id parent, xlgc_id child, unsigned tag) {
  return put(context, parent, XLGC_ID_NONE, child, tag);
}

int xlgc_child_insert(xlgc_context *context, xlgc_id before, xlgc_id child, unsigned tag) {
  return put(context, XLGC_ID_NONE, before, child, tag);
}

int xlgc_child_remove(xlgc_context *context, xlgc_id child) {
  if (!context) return XLGC_E_INVAL;
  int failed = xlgc__contexts_admit(context);
  if (!failed) failed = why_not(context, child);
  return failed ? failed : xlgc__moves_take_out(context, child);
}

/* ----------------------------------------------------------------- reading */

/* Finds an object, and takes the lock unless that fails. */
static int begin(xlgc_pool *pool, xlgc_id id, const void *out, uint32_t *index) {
  if (!pool || !out || id == XLGC_ID_NONE) return XLGC_E_INVAL;
  if (pool->fork_generation != xlgc__process_generation()) return XLGC_E_FORK;
  if (id >> 56 != pool->graph.objects.pool) return XLGC_E_FOREIGN;
  xlgc__mutex_lock(&pool->queue.lock);
  *index = xlgc__object_find(&pool->graph.objects, id);
  if (*index) return 0;
  xlgc__mutex_unlock(&pool->queue.lock);
  return XLGC_E_STALE;
}

static void end(xlgc_pool *pool) { xlgc__mutex_unlock(&pool->queue.lock); }

/* One that is under a parent, or is let go by one. 0: none. Lock taken. */
static xlgc_child show(const xlgc_pool *pool, uint32_t index) {
  const xlgc__graph *graph = &pool->graph;
  if (!index) return (xlgc_child){0};
  return (xlgc_child){.id = xlgc__object_id(&graph->objects, index),
                      .object = xlgc__object_at(&graph->objects, index)->address,
                      .tag = xlgc__children_tag(&graph->children, index)};
}

int xlgc_child_parent(xlgc_pool *pool, xlgc_id child, xlgc_child *out) {
  uint32_t index;
  int failed = begin(pool, child, out, &index);
  if (failed) return failed;
  const xlgc__graph *graph = &pool->graph;
  uint32_t parent = xlgc__children_parent(&graph->children, &graph->objects, index);
  *out = show(pool, parent);
  /* That may be at the top of its tree. */
  if (!xlgc__children_parent(&graph->children, &graph->objects, parent)) out->tag = 0;
  end(pool);
  return 0;
}

int xlgc_child_first(xlgc_pool *pool, xlgc_id parent, xlgc_child *out) {
  uint32_t index;
  int failed = begin(pool, parent, out, &index);
  if (failed) return failed;
  *out = show(pool, xlgc__children_nth(&pool->graph.children, index, 0));
  end(pool);
  return 0;
}

int xlgc_child_last(xlgc_pool *pool, xlgc_id parent, xlgc_child *out) {
  uint32_t index;
  int failed = begin(pool, parent, out, &index);
  if (failed) return failed;
  const xlgc__children *children = &pool->graph.children;
  *out = show(pool, xlgc__children_nth(children, index, xlgc__children_count(children, index) - 1));
  end(pool);
  return 0;
}

static int neighbour(xlgc_pool *pool, xlgc_id child, bool behind, xlgc_child *out) {
  uint32_t index;
  int failed = begin(pool, child, out, &index);
  if (failed) return failed;
  const xlgc__graph *graph = &pool->graph;
  bool has_parent = xlgc__children_parent(&graph->children, &graph->objects, index) != 0;
  *out = show(pool, has_parent ? xlgc__children_neighbour(&graph->children, index, behind) : 0);
  end(pool);
  return 0;
}

int xlgc_child_next(xlgc_pool *pool, xlgc_id child, xlgc_child *out) { return neighbour(pool, child, true, out); }
int xlgc_child_previous(xlgc_pool *pool, xlgc_id child, xlgc_child *out) { return neighbour(pool, child, false, out); }

int xlgc_child_nth(xlgc_pool *pool, xlgc_id parent, size_t position, xlgc_child *out) {
  uint32_t index;
  int failed = begin(pool, parent, out, &index);
  if (failed) return failed;
  *out = show(pool, position < UINT32_MAX ? xlgc__children_nth(&pool->graph.children, index, (uint32_t)position) : 0);
  end(pool);
  return 0;
}

int xlgc_children(xlgc_pool *pool, xlgc_id parent, size_t position, xlgc_child *out, size_t capacity, size_t *count) {
  uint32_t index;
  if (capacity && !out) return XLGC_E_INVAL;
  int failed = begin(pool, parent, count, &index);
  if (failed) return failed;
  const xlgc__children *children = &pool->graph.children;
  uint32_t child = position < UINT32_MAX ? xlgc__children_nth(children, index, (uint32_t)position) : 0;
  size_t stored = 0;
  for (; child && stored < capacity; child = xlgc__children_neighbour(children, child, true))
    out[stored++] = show(pool, child);
  *count = stored;
  end(pool);
  return 0;
}

int xlgc_child_position(xlgc_pool *pool, xlgc_id child, size_t *out) {
  uint32_t index;
  int failed = begin(pool, child, out, &index);
  if (failed) return failed;
  const xlgc__graph *graph = &pool->graph;
  if (!xlgc__children_parent(&graph->children, &graph->objects, index))
    failed = XLGC_E_UNKNOWN;
  else
    *out = xlgc__children_position(&graph->children, index);
  end(pool);
  return failed;
}

int xlgc_child_count(xlgc_pool *pool, xlgc_id parent, size_t *out) {
  uint32_t index;
  int failed = begin(pool, parent, out, &index);
  if (failed) return failed;
  *out = xlgc__children_count(&pool->graph.children, index);
  end(pool);
  return 0;
}

int xlgc_child_depth(xlgc_pool *pool, xlgc_id object, size_t *out) {
  uint32_t index;
  int failed = begin(pool, object, out, &index);
  if (failed) return failed;
  const xlgc__graph *graph = &pool->graph;
  size_t depth = 0;
  while ((index = xlgc__children_parent(&graph->children, &graph->objects, index)) != 0)
    depth++;
  *out = depth;
  end(pool);
  return 0;
}
