/* Why objects are alive, what would go with them, and which there are. */
#include <config.h>

#include <xlgc/why.h>

#include "base/text.h"
#include "pool/chains.h"
#include "pool/inventory.h"
#include "pool/ownership.h"
#include "pool/shown.h"
#include "pool/steps.h"
#include "ranks/retained.h"

/* ---------------------------------------------------------------- chains */

static int find_chain(xlgc_pool *pool, xlgc_id id, const xlgc__query *query, xlgc_holder *chain, size_t capacity,
                      xlgc_standing *out) {
  uint32_t index, root;
  int failed = xlgc__chains_begin(pool, id, query, &index, &root, out);
  if (failed) return failed;
  const xlgc__graph *graph = &pool->graph;
  size_t place = out->length;
  /* From the root back to the object. */
  for (uint32_t at = root; place > 1; at = xlgc__graph_object(graph, at)->hop)
    if (--place < capacity) chain[place] = xlgc__shown_source(graph, at, xlgc__graph_object(graph, at)->hop);
  if (capacity) chain[0] = xlgc__shown_object(graph, index, NULL);
  xlgc__ownership_give(pool);
  return 0;
}

int xlgc_why(xlgc_pool *pool, xlgc_id id, unsigned flags, xlgc_holder *chain, size_t capacity, xlgc_standing *out) {
  if (!pool || !out || (capacity && !chain) || flags & ~(unsigned)XLGC_WHY_SHORTEST) return XLGC_E_INVAL;
  return find_chain(pool, id, &(xlgc__query){.flags = flags}, chain, capacity, out);
}

int xlgc_why_but(xlgc_pool *pool, xlgc_id id, const xlgc_id *but, size_t but_count, xlgc_holder *chain, size_t capacity,
                 xlgc_standing *out) {
  if (!pool || !out || (capacity && !chain) || (but_count && !but)) return XLGC_E_INVAL;
  for (size_t i = 0; i < but_count; i++)
    if (but[i] >> 56 != pool->graph.objects.pool) return XLGC_E_FOREIGN;
  return find_chain(pool, id, &(xlgc__query){XLGC_WHY_SHORTEST, but, but_count}, chain, capacity, out);
}

/* ---------------------------------------------------------------- as text */

int xlgc_object_text(xlgc_pool *pool, xlgc_id id, char *room, size_t size_bytes) {
  if (!pool || (size_bytes && !room)) return XLGC_E_INVAL;
  uint32_t index;
  int failed = xlgc__steps_begin_reading(pool, id, &index);
  if (failed) return failed;
  xlgc__text text = {room, size_bytes, 0};
  xlgc_holder holder = xlgc__shown_object(&pool->graph, index, NULL);
  xlgc__shown_put(pool, &text, &holder);
  xlgc__ownership_give(pool);
  return (int)text.length;
}

int xlgc_why_text(xlgc_pool *pool, xlgc_id id, unsigned flags, char *room, size_t size_bytes) {
  if (!pool || (size_bytes && !room) || flags & ~(unsigned)XLGC_WHY_SHORTEST) return XLGC_E_INVAL;
  xlgc__text text = {room, size_bytes, 0};
  xlgc_standing standing;
  int failed = xlgc__chains_put(pool, id, flags, &text, &standing);
  return failed ? failed : (int)text.length;
}

int xlgc_expect_gone(xlgc_pool *pool, const xlgc_id *objects, size_t count, char *room, size_t size_bytes) {
  if (!pool || (count && !objects) || (size_bytes && !room)) return XLGC_E_INVAL;
  if (size_bytes) room[0] = 0;
  int result = xlgc__ownership_take(pool, true);
  if (result) return result;
  result = xlgc__steps_flush(pool);
  xlgc__ownership_give(pool);
  if (result) return result;
  xlgc__text text = {room, size_bytes, 0};
  int left = 0;
  for (size_t i = 0; i < count; i++) {
    xlgc_standing standing;
    xlgc__text before = text;
    if (text.length) xlgc__text_put(&text, "\n");
    int failed = xlgc__chains_put(pool, objects[i], 0, &text, &standing);
    bool is_gone = failed == XLGC_E_STALE || (!failed && standing.stands == XLGC_STANDS_DEAD);
    if (failed && !is_gone) return failed;
    left += !is_gone;
    if (!is_gone) continue;
    text = before;
    if (text.length < text.room) text.at[text.length] = 0;
  }
  return left;
}

/* ---------------------------------------------------------------- holders, and what would go */

int xlgc_holders(xlgc_pool *pool, xlgc_id id, xlgc_holder *holders, size_t capacity, size_t *count) {
  if (!pool || !count || (capacity && !holders)) return XLGC_E_INVAL;
  uint32_t index;
  int failed = xlgc__steps_begin_reading(pool, id, &index);
  if (failed) return failed;
  const xlgc__graph *graph = &pool->graph;
  xlgc__dst_cursor cursor;
  xlgc__dst_cursor_start(&cursor);
  uint32_t tree = xlgc__graph_object(graph, index)->top[XLGC__IN], at;
  size_t found = 0;
  while ((at = xlgc__link_next(&graph->links, &cursor, XLGC__IN, tree)) != 0 && found < capacity) {
    const xlgc__link *link = xlgc__link_at(&graph->links, at);
    holders[found++] = xlgc__shown_object(graph, link->end[0], link);
  }
  *count = found;
  xlgc__ownership_give(pool);
  return at != 0;
}

typedef struct counting {
  xlgc_pool *pool;
  xlgc_retained_size *out;
} counting;

static void count_retained(void *data, uint32_t index) {
  const counting *counting = data;
  const xlgc_holder object = xlgc__shown_object(&counting->pool->graph, index, NULL);
  counting->out->objects++;
  counting->out->bytes += xlgc__shown_bytes(counting->pool, &object);
}

int xlgc_retained(xlgc_pool *pool, xlgc_id id, uint64_t budget, xlgc_retained_size *out) {
  if (!pool || !out) return XLGC_E_INVAL;
  uint32_t index;
  int failed = xlgc__steps_begin_reading(pool, id, &index);
  if (failed) return failed;
  counting counting = {pool, out};
  *out = (xlgc_retained_size){0};
  bool is_whole = xlgc__retained_each(&pool->graph, index, budget, &out->looked, count_retained, &counting);
  xlgc__ownership_give(pool);
  return !is_whole;
}

/* ---------------------------------------------------------------- all objects */

int xlgc_each_object(xlgc_pool *pool, const xlgc_kind *kind, unsigned flags,
                     int (*each)(void *data, const xlgc_holder *object), void *data) {
  if (!pool || !each || flags & ~(unsigned)XLGC_EACH_ROOTS) return XLGC_E_INVAL;
  uint32_t index = 0;
  int result = 0;
  do {
    result = xlgc__ownership_take(pool, true);
    if (result) return result;
    if (!index) result = xlgc__steps_apply_all(pool);
    xlgc_holder holder = {0};
    if (!result) {
      xlgc__mutex_lock(&pool->queue.lock);
      index = xlgc__shown_next(pool, (uint64_t)index + 1, kind, flags);
      if (index) holder = xlgc__shown_object(&pool->graph, index, NULL);
      xlgc__mutex_unlock(&pool->queue.lock);
    }
    xlgc__ownership_give(pool);
    /* The program may do anything now. */
    if (!result && index) result = each(data, &holder);
  } while (!result && index);
  return result;
}

/* ---------------------------------------------------------------- by kind */

int xlgc_kinds_text(xlgc_pool *pool, char *room, size_t size_bytes) {
  if (!pool || (size_bytes && !room)) return XLGC_E_INVAL;
  if (size_bytes) room[0] = 0;
  xlgc__text text = {room, size_bytes, 0};
  int failed = xlgc__inventory_put(pool, &text);
  return failed ? failed : (int)text.length;
}
