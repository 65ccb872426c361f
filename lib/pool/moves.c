#include <config.h>

#include "pool/moves.h"

#include "pool/audit.h"
#include "pool/policy.h"
#include "queue/writer.h"

/* A link with its tag, and an unlink. */
enum { MOST_RECORDS = 3 };

/* What is to be done; 0 and XLGC_ID_NONE: nothing of the sort. */
typedef struct move {
  uint32_t parent, before, child; /* slots */
  xlgc_id from, to, what;         /* the unlink's source, the link's source, the target of both */
  unsigned tag;
  xlgc__op link;
} move;

static xlgc_id id_of(const xlgc_pool *pool, uint32_t index) { return xlgc__object_id(&pool->graph.objects, index); }

/* Logs the link and the unlink of a move, or neither. Lock taken, room reserved. */
static int log_move(xlgc_context *context, const move *move) {
  xlgc__record records[MOST_RECORDS] = {{{0, 0}}};
  uint32_t count = 0;
  if (move->to) {
    records[count] = xlgc__event(move->link, move->to, move->what);
    records[count++].word[1] |= (uint64_t)move->tag << 56;
    /* Its second record: there is no place. */
    count += move->link == XLGC__OP_LINK_AT;
  }
  if (move->from) records[count++] = xlgc__event(XLGC__OP_UNLINK, move->from, move->what);
  if (!count) return 0;
  int failed = xlgc__writer_append_locked(context, records, count, move->to != XLGC_ID_NONE);
  context->extras += !failed && move->to && move->link == XLGC__OP_LINK_AT;
  return failed;
}

/* For a pool that checks. */
static void audit(xlgc_context *context, const move *move) {
  if (move->to) xlgc__audit_logged(context, move->link, move->to, move->what, NULL);
  if (move->from) xlgc__audit_logged(context, XLGC__OP_UNLINK, move->from, move->what, NULL);
}

/* Is an object at or above another? */
static bool is_above(const xlgc_pool *pool, uint32_t above, uint32_t index) {
  const xlgc__graph *graph = &pool->graph;
  while (index && index != above)
    index = xlgc__children_parent(&graph->children, &graph->objects, index);
  return index != 0;
}

/* Finds the slots. Lock taken. */
static int find_ends(const xlgc_pool *pool, xlgc_id parent, xlgc_id before, xlgc_id child, move *move) {
  const xlgc__graph *graph = &pool->graph;
  const xlgc__children *children = &graph->children;
  int failed = xlgc__object_state(&graph->objects, child);
  if (!failed) failed = xlgc__object_state(&graph->objects, before ? before : parent);
  if (failed) return failed;
  move->child = (uint32_t)child;
  move->parent = before ? xlgc__children_parent(children, &graph->objects, (uint32_t)before) : (uint32_t)parent;
  if (!move->parent) return XLGC_E_STATE;
  move->before = (uint32_t)before;
  /* Before itself is where it is. */
  if (move->before == move->child) move->before = xlgc__children_neighbour(children, move->child, true);
  /* What has no children has nothing below it but itself. */
  bool may_be_above = xlgc__children_count(children, move->child) || move->parent == move->child;
  return may_be_above && is_above(pool, move->child, move->parent) ? XLGC_E_INVAL : 0;
}

/* Which events there are to log. A link whose tag changes is linked anew. Lock taken. */
static void find_events(const xlgc_pool *pool, unsigned tag, move *move) {
  const xlgc__graph *graph = &pool->graph;
  uint32_t old = xlgc__children_parent(&graph->children, &graph->objects, move->child);
  unsigned old_tag = old ? xlgc__children_tag(&graph->children, move->child) : 0;
  move->what = id_of(pool, move->child);
  move->tag = tag;
  if (old == move->parent && old_tag == tag) return;
  move->to = id_of(pool, move->parent);
  if (old) move->from = id_of(pool, old);
  move->link = tag || old == move->parent ? XLGC__OP_LINK_AT : XLGC__OP_LINK;
}

/* Lock taken, room reserved. */
static int put(xlgc_context *context, move *move) {
  xlgc__graph *graph = &context->pool->graph;
  int failed = xlgc__children_prepare(&graph->children, move->parent, move->child);
  if (failed) return failed;
  failed = log_move(context, move);
  if (failed) {
    xlgc__children_unprepare(&graph->children, move->parent, move->child);
    return failed;
  }
  xlgc__children_insert(&graph->children, &graph->objects, move->parent, move->before, move->child);
  xlgc__children_set_tag(&graph->children, move->child, move->tag);
  return 0;
}

int xlgc__moves_put(xlgc_context *context, xlgc_id parent, xlgc_id before, xlgc_id child, unsigned tag) {
  move move = {0};
  int failed = xlgc__policy_reserve(context, MOST_RECORDS);
  if (failed) return failed;
  xlgc__mutex_lock(&context->queue->lock);
  failed = find_ends(context->pool, parent, before, child, &move);
  if (!failed) find_events(context->pool, tag, &move);
  if (!failed) failed = put(context, &move);
  xlgc__mutex_unlock(&context->queue->lock);
  if (!failed) audit(context, &move);
  return failed;
}

int xlgc__moves_take_out(xlgc_context *context, xlgc_id child) {
  xlgc__graph *graph = &context->pool->graph;
  move move = {0};
  int failed = xlgc__policy_reserve(context, MOST_RECORDS);
  if (failed) return failed;
  xlgc__mutex_lock(&context->queue->lock);
  uint32_t index = xlgc__object_find(&graph->objects, child);
  uint32_t parent = index ? xlgc__children_parent(&graph->children, &graph->objects, index) : 0;
  if (parent) {
    move.from = id_of(context->pool, parent);
    move.what = id_of(context->pool, index);
    failed = log_move(context, &move);
  } else {
    failed = index ? XLGC_E_UNKNOWN : XLGC_E_STALE;
  }
  if (!failed) xlgc__children_remove(&graph->children, &graph->objects, index);
  xlgc__mutex_unlock(&context->queue->lock);
  if (!failed) audit(context, &move);
  return failed;
}
