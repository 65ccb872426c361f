/* The exact setting: ranks are least distances from a root.
 *
 * A batch of changes is repaired as in Ramalingam and Reps (1996). Mar: in the order of the old distances, an object
 * that lost its supporter takes another holder that is near enough, or becomes a suspect and takes its support away
 * from those that leant on it. Seed: a suspect enters at one more than its nearest holder that is none. Reset: in the
 * order of the new distances, objects hand theirs on to what they hold. A suspect that is not reached sees no root.
 * Only objects whose every shorter way was affected are looked at. */
#include <config.h>

#include "ranks/repair.h"

static void look_at(xlgc__rank *rank, xlgc__rank_phase phase, uint32_t index) {
  rank->phase = phase;
  rank->front_object = index;
  rank->front_out = false;
  rank->hit = 0;
  xlgc__dst_cursor_start(&rank->front);
}

bool xlgc__exact_start(xlgc__rank *rank) {
  xlgc__graph *graph = rank->graph;
  if (!graph->broken && !graph->lowered) return false;
  rank->front_object = 0;
  rank->phase = XLGC__RANK_MAR;
  return true;
}

static void mar_one(xlgc__rank *rank) {
  xlgc__graph *graph = rank->graph;
  if (!rank->front_object) {
    uint32_t next = xlgc__graph_pop(graph, &graph->broken);
    if (!next) {
      look_at(rank, XLGC__RANK_SEED, rank->seen.first);
      return;
    }
    graph->repairs++;
    xlgc__graph_object(graph, next)->flags &= (uint16_t)~XLGC__BROKEN;
    look_at(rank, XLGC__RANK_MAR, next);
    /* While it is looked at it is in no queue; LOWERED would say otherwise. */
    rank->was_lowered = xlgc__graph_object(graph, next)->flags & XLGC__LOWERED;
    xlgc__graph_object(graph, next)->flags &= (uint16_t)~XLGC__LOWERED;
    return;
  }
  uint32_t index = rank->front_object;
  xlgc__object *object = xlgc__graph_object(graph, index);
  const xlgc__link *link = xlgc__graph_next(graph, &rank->front, rank->front_out ? XLGC__OUT : XLGC__IN, index);
  if (!rank->front_out) {
    if (!link) {
      graph->searches++;
      object->flags |= XLGC__SUSPECT;
      xlgc__list_append(graph, &rank->seen, index);
      rank->front_out = true;
      xlgc__dst_cursor_start(&rank->front);
      return;
    }
    const xlgc__object *holder = xlgc__graph_object(graph, link->end[0]);
    if (holder->flags & XLGC__SUSPECT || xlgc__graph_is_shadow(graph, link->end[0])) return;
    if (holder->rank >= object->rank || link->end[0] == index) return;
    /* What was lowered before it lost its supporter has still to hand that on. */
    uint64_t distance = holder->rank + 1;
    bool lowered = rank->was_lowered || distance < object->rank;
    xlgc__graph_attach(graph, index, link->end[0], distance);
    if (lowered && !(object->flags & XLGC__LOWERED)) {
      object->flags |= XLGC__LOWERED;
      xlgc__graph_push(graph, &graph->lowered, index);
    }
    rank->front_object = 0;
  } else if (!link) {
    rank->front_object = 0;
  } else if (xlgc__graph_object(graph, link->end[1])->supporter == index) {
    xlgc__graph_break(graph, link->end[1]);
  }
}

static void seed_one(xlgc__rank *rank) {
  xlgc__graph *graph = rank->graph;
  uint32_t index = rank->front_object;
  if (!index) {
    rank->phase = XLGC__RANK_RESET;
    return;
  }
  xlgc__object *object = xlgc__graph_object(graph, index);
  const xlgc__link *link = xlgc__graph_next(graph, &rank->front, XLGC__IN, index);
  if (link) {
    const xlgc__object *holder = xlgc__graph_object(graph, link->end[0]);
    if (holder->flags & XLGC__SUSPECT || xlgc__graph_is_shadow(graph, link->end[0])) return;
    if (!rank->hit || holder->rank < xlgc__graph_object(graph, rank->hit)->rank) rank->hit = link->end[0];
    return;
  }
  uint32_t next = object->next;
  object->rank = XLGC__RANK_INFINITE;
  if (rank->hit) xlgc__graph_attach(graph, index, rank->hit, xlgc__graph_object(graph, rank->hit)->rank + 1);
  look_at(rank, XLGC__RANK_SEED, next);
}

static void reset_one(xlgc__rank *rank) {
  xlgc__graph *graph = rank->graph;
  if (!rank->front_object) {
    uint32_t next = xlgc__graph_pop(graph, &graph->lowered);
    if (!next) {
      rank->phase = XLGC__RANK_COLLECT;
      return;
    }
    xlgc__graph_object(graph, next)->flags &= (uint16_t)~XLGC__LOWERED;
    look_at(rank, XLGC__RANK_RESET, next);
    return;
  }
  const xlgc__link *link = xlgc__graph_next(graph, &rank->front, XLGC__OUT, rank->front_object);
  if (!link) {
    rank->front_object = 0;
    return;
  }
  uint64_t distance = xlgc__graph_object(graph, rank->front_object)->rank + 1;
  const xlgc__object *held = xlgc__graph_object(graph, link->end[1]);
  if (distance < held->rank && !xlgc__object_is_root(held))
    xlgc__graph_attach(graph, link->end[1], rank->front_object, distance);
}

static void collect_one(xlgc__rank *rank) {
  uint32_t index = xlgc__list_take(rank->graph, &rank->seen);
  if (!index)
    xlgc__rank_condemn(rank, &rank->raised);
  else if (xlgc__graph_object(rank->graph, index)->flags & XLGC__SUSPECT)
    xlgc__list_append(rank->graph, &rank->raised, index);
}

void xlgc__exact_step(xlgc__rank *rank) {
  switch (rank->phase) {
  case XLGC__RANK_MAR: mar_one(rank); break;
  case XLGC__RANK_SEED: seed_one(rank); break;
  case XLGC__RANK_RESET: reset_one(rank); break;
  default: collect_one(rank); break;
  }
}
