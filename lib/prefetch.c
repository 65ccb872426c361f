#include <config.h>

#include "prefetch.h"

/* How many records ahead what is asked for: the two objects, then the nodes of their trees on the way to the link, one
 * level a look. */
enum { AHEAD_OBJECTS = 24, AHEAD_NODES = 18, AHEAD_STEP = 6, LEVELS = 3 };
/* A table that is smaller stays in the cache by itself, and looking ahead costs half as much as applying. */
#define SMALL_BYTES (UINT64_C(4) << 20)

/* The two ends of an event by ids, of which a pin has one. */
typedef struct ends {
  uint64_t source, target;
} ends;

static bool ends_of(const xlgc__record *event, ends *out) {
  xlgc__op op = xlgc__event_op(event);
  if (op < XLGC__OP_LINK || op > XLGC__OP_UNPIN) return false;
  out->source = XLGC__BARE(event->word[0]);
  out->target = op <= XLGC__OP_UNLINK ? XLGC__BARE(event->word[1]) : 0;
  return true;
}

static void ask_for_object(const xlgc__objects *objects, uint64_t id) {
  const xlgc__object *object = xlgc__segments_find(&objects->records, (uint32_t)id);
  if (!object) return;
  XLGC__PREFETCH(object);
  XLGC__PREFETCH((const char *)object + sizeof *object - 1); /* it may lie across two lines */
}

/* The node at this level of an object's tree, on the way to `key`; those above it were asked for. */
static void ask_for_node(const xlgc__graph *graph, uint64_t id, unsigned side, uint64_t other, unsigned level) {
  /* The slot of a stale id may be another thread's at this moment. */
  uint32_t index = xlgc__object_held(&graph->objects, id);
  uint32_t mixed = xlgc__dst_mix((uint32_t)other);
  uint32_t node = index ? xlgc__object_at(&graph->objects, index)->tree[side] : 0;
  const xlgc__link *link = node ? xlgc__segments_find(&graph->links.records, node) : NULL;
  for (unsigned depth = 0; link && depth < level; depth++) {
    node = link->child[side][xlgc__dst_bit(mixed, depth)];
    link = node ? xlgc__segments_find(&graph->links.records, node) : NULL;
  }
  if (link) XLGC__PREFETCH(link);
}

static bool is_small(const xlgc__graph *graph) {
  uint64_t objects = atomic_load_explicit(&graph->objects.live, memory_order_relaxed);
  return objects * sizeof(xlgc__object) + graph->links.records.used * sizeof(xlgc__link) < SMALL_BYTES;
}

void xlgc__prefetch(const xlgc__graph *graph, const xlgc__record *at, const xlgc__record *end) {
  if (is_small(graph)) return;
  ends ends;
  ptrdiff_t left = end - at;
  if (left > AHEAD_OBJECTS && ends_of(at + AHEAD_OBJECTS, &ends)) {
    ask_for_object(&graph->objects, ends.source);
    if (ends.target) ask_for_object(&graph->objects, ends.target);
  }
  for (unsigned level = 0; level < LEVELS; level++) {
    ptrdiff_t ahead = AHEAD_NODES - (ptrdiff_t)level * AHEAD_STEP;
    if (left <= ahead || !ends_of(at + ahead, &ends) || !ends.target) continue;
    ask_for_node(graph, ends.source, XLGC__OUT, ends.target, level);
    ask_for_node(graph, ends.target, XLGC__IN, ends.source, level);
  }
}
