#include <config.h>

#include "rounds/prefetch.h"

/* An end of an event: the id, and where its slot is, if that exists. */
typedef struct event_end {
  uint64_t id;
  const xlgc__object *object;
} event_end;

typedef struct link_event {
  event_end source, target; /* the latter 0 for an event of one object */
  bool drops;
} link_event;

static event_end find_end(const xlgc__objects *objects, uint64_t word) {
  event_end found = {XLGC__BARE(word), xlgc__segments_find(&objects->records, (uint32_t)word)};
  if (!found.object) return found;
  XLGC__PREFETCH(found.object);
  XLGC__PREFETCH((const char *)(found.object + 1) - 1); /* it may lie across two lines */
  return found;
}

/* Asks for the objects of the events. */
static unsigned find_ends(const xlgc__objects *objects, const xlgc__record *at, const xlgc__record *last,
                          link_event *events) {
  unsigned count = 0;
  for (; at < last; at += xlgc__event_records(at)) {
    switch (xlgc__event_op(at)) {
    case XLGC__OP_PIN:
    case XLGC__OP_UNPIN: find_end(objects, at->word[0]); break;
    case XLGC__OP_LINK:
    case XLGC__OP_UNLINK:
    case XLGC__OP_LINK_AT:
    case XLGC__OP_UNLINK_AT:
      events[count++] =
          (link_event){find_end(objects, at->word[0]), find_end(objects, at->word[1]), xlgc__event_is_drop(at)};
      break;
    default: break;
    }
  }
  return count;
}

/* The top of an object's tree; 0 where there is none. The slot of a stale id may be in use by another thread at this
 * moment. */
static uint32_t top_of(event_end end, unsigned side) {
  bool is_known = end.object && xlgc__object_has_id(end.object, end.id);
  return is_known ? end.object->top[side] : 0;
}

static void ask(const xlgc__graph *graph, const xlgc__record *at, const xlgc__record *end) {
  link_event events[XLGC__PREFETCH_GROUP];
  xlgc__dst_walk walks[2 * XLGC__PREFETCH_GROUP];
  unsigned count = find_ends(&graph->objects, at, end, events), walk_count = 0;
  for (unsigned i = 0; i < count; i++) {
    const link_event *event = &events[i];
    uint32_t out_tree = top_of(event->source, XLGC__OUT), in_tree = top_of(event->target, XLGC__IN);
    uint32_t source = (uint32_t)event->source.id, target = (uint32_t)event->target.id;
    if (out_tree) walks[walk_count++] = xlgc__dst_walk_to(xlgc__link_shape(XLGC__OUT), out_tree, target, event->drops);
    if (in_tree) walks[walk_count++] = xlgc__dst_walk_to(xlgc__link_shape(XLGC__IN), in_tree, source, event->drops);
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
