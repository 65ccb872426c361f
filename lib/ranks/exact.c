/* The exact setting: ranks are least distances from a root.
 *
 * A batch of changes is repaired as in Ramalingam and Reps (1996), in three phases.
 *
 * Affected: in the order of the old distances, an object that lost its supporter takes another source of a smaller
 * rank. Without one it becomes a suspect, and the objects that it supported lose their supporter.
 *
 * Seed: a suspect gets the rank min(rank of its sources that are no suspects) + 1.
 *
 * Reset: in the order of the new distances, objects hand theirs on to their targets. No root reaches a suspect that
 * is left.
 *
 * Only objects all of whose shortest paths were affected are visited. */
#include <config.h>

#include "ranks/exact.h"

static void go_to(xlgc__repair *repair, xlgc__repair_phase phase, uint32_t index) {
  repair->phase = phase;
  repair->front.object = index;
  repair->path.source = 0;
  xlgc__dst_cursor_start(&repair->front.links);
}

bool xlgc__exact_start(xlgc__repair *repair) {
  xlgc__graph *graph = repair->graph;
  if (!graph->broken && !graph->lowered) return false;
  repair->front.object = 0;
  repair->phase = XLGC__REPAIR_AFFECTED;
  return true;
}

static void affected_one(xlgc__repair *repair) {
  xlgc__graph *graph = repair->graph;
  uint32_t next = xlgc__graph_pop(graph, &graph->broken);
  if (!next) {
    go_to(repair, XLGC__REPAIR_SEED, repair->seen.first);
    return;
  }
  graph->repairs++;
  xlgc__object *object = xlgc__graph_object(graph, next);
  object->flags &= (uint16_t)~XLGC__BROKEN;
  go_to(repair, XLGC__REPAIR_AFFECTED_SOURCES, next);
  /* While its sources are searched it is in no queue; LOWERED would say otherwise. */
  repair->was_lowered = object->flags & XLGC__LOWERED;
  object->flags &= (uint16_t)~XLGC__LOWERED;
}

/* An object that was lowered before it lost its supporter has still to hand its distance on. */
static void reattach(xlgc__repair *repair, uint32_t index, uint32_t source, uint64_t distance) {
  xlgc__graph *graph = repair->graph;
  xlgc__object *object = xlgc__graph_object(graph, index);
  bool lowered = repair->was_lowered || distance < object->rank;
  xlgc__graph_attach(graph, index, source, distance);
  if (lowered && !(object->flags & XLGC__LOWERED)) {
    object->flags |= XLGC__LOWERED;
    xlgc__graph_push(graph, &graph->lowered, index);
  }
}

static void affected_source(xlgc__repair *repair) {
  xlgc__graph *graph = repair->graph;
  uint32_t index = repair->front.object;
  xlgc__object *object = xlgc__graph_object(graph, index);
  const xlgc__link *link = xlgc__graph_next(graph, &repair->front.links, XLGC__IN, index);
  if (!link) {
    graph->searches++;
    object->flags |= XLGC__SUSPECT;
    xlgc__list_append(&graph->objects, &repair->seen, index);
    go_to(repair, XLGC__REPAIR_AFFECTED_TARGETS, index);
    return;
  }
  const xlgc__object *source = xlgc__graph_object(graph, link->end[0]);
  if (source->flags & XLGC__SUSPECT || xlgc__graph_is_pending(graph, link->end[0])) return;
  if (source->rank >= object->rank || link->end[0] == index) return;
  reattach(repair, index, link->end[0], source->rank + 1);
  repair->phase = XLGC__REPAIR_AFFECTED;
}

static void affected_target(xlgc__repair *repair) {
  xlgc__graph *graph = repair->graph;
  uint32_t index = repair->front.object;
  const xlgc__link *link = xlgc__graph_next(graph, &repair->front.links, XLGC__OUT, index);
  if (!link)
    repair->phase = XLGC__REPAIR_AFFECTED;
  else if (xlgc__graph_object(graph, link->end[1])->supporter == index)
    xlgc__graph_break(graph, link->end[1]);
}

static void seed_one(xlgc__repair *repair) {
  xlgc__graph *graph = repair->graph;
  uint32_t index = repair->front.object;
  if (!index) {
    repair->phase = XLGC__REPAIR_RESET;
    return;
  }
  xlgc__object *object = xlgc__graph_object(graph, index);
  const xlgc__link *link = xlgc__graph_next(graph, &repair->front.links, XLGC__IN, index);
  if (link) {
    const xlgc__object *source = xlgc__graph_object(graph, link->end[0]);
    if (source->flags & XLGC__SUSPECT || xlgc__graph_is_pending(graph, link->end[0])) return;
    if (!repair->path.source || source->rank < xlgc__graph_object(graph, repair->path.source)->rank)
      repair->path.source = link->end[0];
    return;
  }
  uint32_t next = object->next;
  object->rank = XLGC__RANK_INFINITE;
  if (repair->path.source)
    xlgc__graph_attach(graph, index, repair->path.source, xlgc__graph_object(graph, repair->path.source)->rank + 1);
  go_to(repair, XLGC__REPAIR_SEED, next);
}

static void reset_one(xlgc__repair *repair) {
  xlgc__graph *graph = repair->graph;
  if (!repair->front.object) {
    uint32_t next = xlgc__graph_pop(graph, &graph->lowered);
    if (!next) {
      repair->phase = repair->final ? XLGC__REPAIR_WAIT : XLGC__REPAIR_COLLECT;
      return;
    }
    xlgc__graph_object(graph, next)->flags &= (uint16_t)~XLGC__LOWERED;
    go_to(repair, XLGC__REPAIR_RESET, next);
    return;
  }
  const xlgc__link *link = xlgc__graph_next(graph, &repair->front.links, XLGC__OUT, repair->front.object);
  if (!link) {
    repair->front.object = 0;
    return;
  }
  uint64_t distance = xlgc__graph_object(graph, repair->front.object)->rank + 1;
  const xlgc__object *target = xlgc__graph_object(graph, link->end[1]);
  if (distance < target->rank && !xlgc__object_is_root(target) && !(target->flags & XLGC__PENDING))
    xlgc__graph_attach(graph, link->end[1], repair->front.object, distance);
}

static void collect_one(xlgc__repair *repair) {
  uint32_t index = xlgc__list_take(&repair->graph->objects, &repair->seen);
  if (!index)
    xlgc__state_reclaim(repair, &repair->handing_on);
  else if (xlgc__graph_object(repair->graph, index)->flags & XLGC__SUSPECT)
    xlgc__list_append(&repair->graph->objects, &repair->handing_on, index);
}

const xlgc__repair_part xlgc__exact_parts[XLGC__REPAIR_PHASES] = {
    [XLGC__REPAIR_COLLECT] = {"collect", collect_one},
    [XLGC__REPAIR_AFFECTED] = {"affected", affected_one},
    [XLGC__REPAIR_AFFECTED_SOURCES] = {"affected: sources", affected_source},
    [XLGC__REPAIR_AFFECTED_TARGETS] = {"affected: targets", affected_target},
    [XLGC__REPAIR_SEED] = {"seed", seed_one},
    [XLGC__REPAIR_RESET] = {"reset", reset_one},
};
