/* The exact setting: ranks are least distances from a root.
 *
 * A batch of changes is repaired as in Ramalingam and Reps (1996). Mar: in the order of the old distances, an object
 * that lost its supporter takes another holder that is near enough, or becomes a suspect and takes its support away
 * from those that leant on it. Seed: a suspect enters at one more than its nearest holder that is none. Reset: in the
 * order of the new distances, objects hand theirs on to what they hold. A suspect that is not reached sees no root.
 * Only objects whose every shorter way was affected are looked at. */
#include <config.h>

#include "ranks/repair.h"

static void look_at(xlgc__repair *repair, xlgc__repair_phase phase, uint32_t index) {
  repair->phase = phase;
  repair->front_object = index;
  repair->front_out = false;
  repair->hit = 0;
  xlgc__dst_cursor_start(&repair->front);
}

bool xlgc__exact_start(xlgc__repair *repair) {
  xlgc__graph *graph = repair->graph;
  if (!graph->broken && !graph->lowered) return false;
  repair->front_object = 0;
  repair->phase = XLGC__REPAIR_AFFECTED;
  return true;
}

static void affect_one(xlgc__repair *repair) {
  xlgc__graph *graph = repair->graph;
  if (!repair->front_object) {
    uint32_t next = xlgc__graph_pop(graph, &graph->broken);
    if (!next) {
      look_at(repair, XLGC__REPAIR_SEED, repair->seen.first);
      return;
    }
    graph->repairs++;
    xlgc__graph_object(graph, next)->flags &= (uint16_t)~XLGC__BROKEN;
    look_at(repair, XLGC__REPAIR_AFFECTED, next);
    /* While it is looked at it is in no queue; LOWERED would say otherwise. */
    repair->was_lowered = xlgc__graph_object(graph, next)->flags & XLGC__LOWERED;
    xlgc__graph_object(graph, next)->flags &= (uint16_t)~XLGC__LOWERED;
    return;
  }
  uint32_t index = repair->front_object;
  xlgc__object *object = xlgc__graph_object(graph, index);
  const xlgc__link *link = xlgc__graph_next(graph, &repair->front, repair->front_out ? XLGC__OUT : XLGC__IN, index);
  if (!repair->front_out) {
    if (!link) {
      graph->searches++;
      object->flags |= XLGC__SUSPECT;
      xlgc__list_append(graph, &repair->seen, index);
      repair->front_out = true;
      xlgc__dst_cursor_start(&repair->front);
      return;
    }
    const xlgc__object *holder = xlgc__graph_object(graph, link->end[0]);
    if (holder->flags & XLGC__SUSPECT || xlgc__graph_is_pending(graph, link->end[0])) return;
    if (holder->rank >= object->rank || link->end[0] == index) return;
    /* What was lowered before it lost its supporter has still to hand that on. */
    uint64_t distance = holder->rank + 1;
    bool lowered = repair->was_lowered || distance < object->rank;
    xlgc__graph_attach(graph, index, link->end[0], distance);
    if (lowered && !(object->flags & XLGC__LOWERED)) {
      object->flags |= XLGC__LOWERED;
      xlgc__graph_push(graph, &graph->lowered, index);
    }
    repair->front_object = 0;
  } else if (!link) {
    repair->front_object = 0;
  } else if (xlgc__graph_object(graph, link->end[1])->supporter == index) {
    xlgc__graph_break(graph, link->end[1]);
  }
}

static void seed_one(xlgc__repair *repair) {
  xlgc__graph *graph = repair->graph;
  uint32_t index = repair->front_object;
  if (!index) {
    repair->phase = XLGC__REPAIR_RESET;
    return;
  }
  xlgc__object *object = xlgc__graph_object(graph, index);
  const xlgc__link *link = xlgc__graph_next(graph, &repair->front, XLGC__IN, index);
  if (link) {
    const xlgc__object *holder = xlgc__graph_object(graph, link->end[0]);
    if (holder->flags & XLGC__SUSPECT || xlgc__graph_is_pending(graph, link->end[0])) return;
    if (!repair->hit || holder->rank < xlgc__graph_object(graph, repair->hit)->rank) repair->hit = link->end[0];
    return;
  }
  uint32_t next = object->next;
  object->rank = XLGC__RANK_INFINITE;
  if (repair->hit) xlgc__graph_attach(graph, index, repair->hit, xlgc__graph_object(graph, repair->hit)->rank + 1);
  look_at(repair, XLGC__REPAIR_SEED, next);
}

static void reset_one(xlgc__repair *repair) {
  xlgc__graph *graph = repair->graph;
  if (!repair->front_object) {
    uint32_t next = xlgc__graph_pop(graph, &graph->lowered);
    if (!next) {
      repair->phase = XLGC__REPAIR_COLLECT;
      return;
    }
    xlgc__graph_object(graph, next)->flags &= (uint16_t)~XLGC__LOWERED;
    look_at(repair, XLGC__REPAIR_RESET, next);
    return;
  }
  const xlgc__link *link = xlgc__graph_next(graph, &repair->front, XLGC__OUT, repair->front_object);
  if (!link) {
    repair->front_object = 0;
    return;
  }
  uint64_t distance = xlgc__graph_object(graph, repair->front_object)->rank + 1;
  const xlgc__object *held = xlgc__graph_object(graph, link->end[1]);
  if (distance < held->rank && !xlgc__object_is_root(held))
    xlgc__graph_attach(graph, link->end[1], repair->front_object, distance);
}

static void collect_one(xlgc__repair *repair) {
  uint32_t index = xlgc__list_take(repair->graph, &repair->seen);
  if (!index)
    xlgc__repair_reclaim(repair, &repair->raised);
  else if (xlgc__graph_object(repair->graph, index)->flags & XLGC__SUSPECT)
    xlgc__list_append(repair->graph, &repair->raised, index);
}

void xlgc__exact_step(xlgc__repair *repair) {
  switch (repair->phase) {
  case XLGC__REPAIR_AFFECTED: affect_one(repair); break;
  case XLGC__REPAIR_SEED: seed_one(repair); break;
  case XLGC__REPAIR_RESET: reset_one(repair); break;
  default: collect_one(repair); break;
  }
}
