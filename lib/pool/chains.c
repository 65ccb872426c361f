#include <config.h>

#include "pool/chains.h"

#include <inttypes.h>
#include <stdio.h>

#include "pool/ownership.h"
#include "pool/shown.h"
#include "pool/steps.h"
#include "ranks/nearest.h"

/* What the call of a dead object waits for. Lock taken. */
static const char *deliverer(const xlgc__graph *graph, const xlgc__object *object) {
  const xlgc__kind *kind = xlgc__kinds_at(&graph->objects.kinds, object->kind);
  switch (kind->kind->delivery) {
  case XLGC_DELIVER_WORKER: return "worker";
  case XLGC_DELIVER_CLEANER: return "cleaner";
  case XLGC_DELIVER_OWNER: return kind->owner ? kind->owner->name : "";
  default: return "";
  }
}

static void say_what_it_waits_for(xlgc_pool *pool, uint32_t index, xlgc_standing *out) {
  const xlgc__object *object = xlgc__graph_object(&pool->graph, index);
  const char *name = pool->blocked_since_ns ? pool->blocker : "";
  if (pool->blocked_since_ns) out->waits_ns = pool->platform->clock_ns() - pool->blocked_since_ns;
  xlgc__mutex_lock(&pool->queue.lock);
  if (object->flags & XLGC__DEAD) name = deliverer(&pool->graph, object);
  snprintf(out->waits_for, sizeof out->waits_for, "%s", name);
  xlgc__mutex_unlock(&pool->queue.lock);
}

static int standing_of(const xlgc__object *object) {
  if (object->flags & XLGC__DEAD) return XLGC_STANDS_DEAD;
  return object->flags & XLGC__PENDING ? XLGC_STANDS_ASKED : XLGC_STANDS_GARBAGE;
}

static uint32_t search(const xlgc_pool *pool, uint32_t index, const xlgc__query *query, uint64_t *links,
                       uint64_t *looked) {
  uint32_t root = 0;
  if (!xlgc__steps_avoid(pool, query->but, query->but_count, true))
    root = xlgc__nearest_root(&pool->graph, index, links, looked);
  (void)xlgc__steps_avoid(pool, query->but, query->but_count, false);
  return root;
}

/* Finds the root at the end of a chain, which stands in `hop` of its objects then; 0: no root reaches the object. held:
 * a round has to wait, and needs what a search would use. */
static uint32_t find_root(const xlgc_pool *pool, uint32_t index, const xlgc__query *query, bool held,
                          xlgc_standing *out) {
  const xlgc__graph *graph = &pool->graph;
  uint32_t root = 0;
  uint64_t links = 0;
  if (xlgc__graph_object(graph, index)->flags & (XLGC__DEAD | XLGC__PENDING)) return 0;
  if (!query->but_count && (held || !(query->flags & XLGC_WHY_SHORTEST))) {
    root = xlgc__nearest_by_supporters(graph, index, &links);
    out->looked += links + 1;
  }
  if (!root && !held) root = search(pool, index, query, &links, &out->looked);
  out->length = root ? (size_t)links + 1 : 1;
  return root;
}

int xlgc__chains_begin(xlgc_pool *pool, xlgc_id id, const xlgc__query *query, uint32_t *index, uint32_t *root,
                       xlgc_standing *out) {
  *out = (xlgc_standing){.length = 1};
  int failed = xlgc__ownership_take(pool, true);
  if (failed) return failed;
  int applied = xlgc__steps_apply_all(pool);
  bool held = applied == XLGC_E_HELD;
  failed = held ? 0 : applied;
  if (!failed) failed = xlgc__steps_resolve_any(pool, id, index);
  if (!failed) {
    *root = find_root(pool, *index, query, held, out);
    out->stands = *root ? XLGC_STANDS_HELD : standing_of(xlgc__graph_object(&pool->graph, *index));
    /* Then it is not known. */
    if (held && out->stands == XLGC_STANDS_GARBAGE) failed = XLGC_E_HELD;
  }
  if (!failed && !*root) say_what_it_waits_for(pool, *index, out);
  if (failed) xlgc__ownership_give(pool);
  return failed;
}

/* ---------------------------------------------------------------- as text */

static void put_roots(xlgc__text *text, const xlgc_holder *holder) {
  const char *before = ": ";
  if (holder->roots & XLGC_ROOT_PINNED) {
    xlgc__text_put(text, "%spinned %" PRIu32 " time%s", before, holder->pins, holder->pins == 1 ? "" : "s");
    before = ", ";
  }
  if (holder->roots & XLGC_ROOT_NEW) {
    xlgc__text_put(text, "%snew: nothing has held it yet", before);
    before = ", ";
  }
  if (holder->roots & XLGC_ROOT_KEPT) xlgc__text_put(text, "%skept, as it has asked for", before);
}

static void put_link(xlgc__text *text, const xlgc_holder *holder) {
  xlgc__text_put(text, "\n  ");
  if (holder->link)
    xlgc__text_put(text, ".%s ", holder->link);
  else if (holder->tag)
    xlgc__text_put(text, "[%u] ", holder->tag);
  if (holder->count > 1) xlgc__text_put(text, "%" PRIu32 " times ", holder->count);
  xlgc__text_put(text, "-> ");
}

static void put_chain(xlgc_pool *pool, uint32_t root, size_t length, xlgc__text *text) {
  const xlgc__graph *graph = &pool->graph;
  xlgc_holder holder = xlgc__shown_object(graph, root, NULL);
  xlgc__shown_put(pool, text, &holder);
  put_roots(text, &holder);
  for (uint32_t at = root, next; --length; at = next) {
    next = xlgc__graph_object(graph, at)->hop;
    holder = xlgc__shown_source(graph, at, next);
    put_link(text, &holder);
    holder = xlgc__shown_object(graph, next, NULL);
    xlgc__shown_put(pool, text, &holder);
  }
}

/* Of one that is not held. The label of a dead one is not asked for. */
static void put_standing(xlgc_pool *pool, uint32_t index, const xlgc_standing *standing, xlgc__text *text) {
  xlgc_holder holder = xlgc__shown_object(&pool->graph, index, NULL);
  if (standing->stands == XLGC_STANDS_DEAD) holder.object = NULL;
  xlgc__shown_put(pool, text, &holder);
  switch (standing->stands) {
  case XLGC_STANDS_DEAD: xlgc__text_put(text, ": dead, its release is decided"); break;
  case XLGC_STANDS_ASKED: xlgc__text_put(text, ": no root reaches it; it was asked whether it is to be kept"); break;
  default: xlgc__text_put(text, ": no root reaches it; the next round will find that");
  }
  if (!standing->waits_for[0]) return;
  xlgc__text_put(text, "; that waits for '%s'", standing->waits_for);
  if (standing->waits_ns) xlgc__text_put(text, ", for %.3f s now", (double)standing->waits_ns / 1e9);
}

int xlgc__chains_put(xlgc_pool *pool, xlgc_id id, unsigned flags, xlgc__text *text, xlgc_standing *standing) {
  uint32_t index, root;
  int failed = xlgc__chains_begin(pool, id, &(xlgc__query){.flags = flags}, &index, &root, standing);
  if (failed) return failed;
  if (root)
    put_chain(pool, root, standing->length, text);
  else
    put_standing(pool, index, standing, text);
  xlgc__ownership_give(pool);
  return 0;
}
