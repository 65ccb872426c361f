#include <config.h>

#include "prefetch.h"

/* The ids of an event: source and target, or one and 0 of those that have one object. */
typedef struct ends {
  uint64_t id[2];
  bool drops;
} ends;

static unsigned ends_of(const xlgc__record *at, const xlgc__record *end, ends *out) {
  unsigned count = 0;
  for (; at < end; at += xlgc__event_records(at)) {
    xlgc__op op = xlgc__event_op(at);
    if (op == XLGC__OP_PIN || op == XLGC__OP_UNPIN)
      out[count++] = (ends){.id = {XLGC__BARE(at->word[0])}};
    else if (op == XLGC__OP_LINK || op == XLGC__OP_UNLINK || op == XLGC__OP_LINK_AT || op == XLGC__OP_UNLINK_AT)
      out[count++] = (ends){{XLGC__BARE(at->word[0]), XLGC__BARE(at->word[1])}, xlgc__event_is_drop(at)};
  }
  return count;
}

static void ask_for_object(const xlgc__objects *objects, uint64_t id) {
  const xlgc__object *object = id ? xlgc__segments_find(&objects->records, (uint32_t)id) : NULL;
  if (!object) return;
  XLGC__PREFETCH(object);
  XLGC__PREFETCH((const char *)object + sizeof *object - 1); /* it may lie across two lines */
}

/* The root of an object's tree; 0 where there is none. The slot of a stale id may be another thread's at this moment. */
static uint32_t root_of(const xlgc__objects *objects, uint64_t id, unsigned side) {
  uint32_t index = xlgc__object_held(objects, id);
  return index ? xlgc__object_at(objects, index)->tree[side] : 0;
}

static void ask(const xlgc__graph *graph, const xlgc__record *at, const xlgc__record *end) {
  ends events[XLGC__PREFETCH_GROUP];
  xlgc__dst_walk walks[2 * XLGC__PREFETCH_GROUP];
  unsigned count = ends_of(at, end, events), walk_count = 0;
  for (unsigned i = 0; i < count; i++)
    for (unsigned side = 0; side < 2; side++)
      ask_for_object(&graph->objects, events[i].id[side]);
  for (unsigned i = 0; i < count; i++) {
    if (!events[i].id[XLGC__IN]) continue;
    for (unsigned side = 0; side < 2; side++)
      walks[walk_count++] =
          xlgc__dst_walk_to(xlgc__link_shape(side), root_of(&graph->objects, events[i].id[side], side),
                            (uint32_t)events[i].id[1 - side], events[i].drops);
  }
  xlgc__dst_ask(&graph->links.records, walks, walk_count);
}

static bool is_small(const xlgc__graph *graph) {
  uint64_t objects = atomic_load_explicit(&graph->objects.live, memory_order_relaxed);
  return objects * sizeof(xlgc__object) + graph->links.records.used * sizeof(xlgc__link) < XLGC__PREFETCH_LEAST_BYTES;
}

void xlgc__prefetch_at(xlgc__prefetch *prefetch, const xlgc__graph *graph, const xlgc__record *at,
                       const xlgc__record *end, int64_t wanted) {
  if (at >= prefetch->from && at < prefetch->to) return;
  ptrdiff_t count = end - at;
  if (count > XLGC__PREFETCH_GROUP) count = XLGC__PREFETCH_GROUP;
  if (count > wanted) count = (ptrdiff_t)wanted;
  *prefetch = (xlgc__prefetch){at, at + count};
  if (count > 1 && !is_small(graph)) ask(graph, at, at + count);
}
