/* The certified setting: ranks are any numbers that rise along supporters (C1).
 *
 * Objects are repaired in the order of their ranks, so every holder of a smaller rank than the object under repair is
 * certified for good, and so is every root, whose rank is free to be lowered.
 *
 * 1 probe: a few holders; one with a smaller rank, or a root, supports the object again. None at all: it died.
 * 2 supported: if the object supports nothing below some rank, it may rise above a holder that is certified.
 * 3 search from both ends in turn, doubling the turns: backwards along holders and, from each, along supporters, for
 *   one that is certified; forwards through all that the object supports, by rank, for those that others support too.
 *   Backwards found one: the path from it is lowered into the gap between its ends, as lowering breaks nothing. Where
 *     the gap is too small, the path is prolonged along supporters until it is not; a root can always make room.
 *   Backwards came to an end: what it saw is a set with all its holders that no root reaches.
 *   Forwards came to an end: those that lost their support are attached wherever a holder is not one of them, and
 *     whoever is not reached from there sees no root.
 * The cost is at most a constant times the shorter of the two searches.
 *
 * The idea of levels with gaps, searched from both ends, is that of incremental topological ordering (Bender, Fineman,
 * Gilbert, Tarjan 2015), turned to a forest of certificates: only supporters need an order, not all links. */
#include <config.h>

#include "repair.h"

/* PATH_BITS: how much smaller than the common gap are the steps of a path that is lowered into a wide one. */
enum { PROBES = 8, FIRST_TURN = 16, PATH_BITS = 20 };

static xlgc__object *at(const xlgc__rank *rank, uint32_t index) { return xlgc__graph_object(rank->graph, index); }

/* ------------------------------------------------------------ the searches' marks */

static void see(xlgc__rank *rank, uint32_t index, uint32_t hop) {
  xlgc__object *object = at(rank, index);
  object->flags |= XLGC__SEEN;
  object->hop = hop;
  xlgc__list_append(rank->graph, &rank->seen, index);
}

/* The search is over: what it marked is unmarked, one a unit, then its outcome is carried out. */
static void end_search(xlgc__rank *rank, xlgc__rank_outcome outcome) {
  rank->outcome = outcome;
  rank->front_queue = rank->front_object = 0;
  rank->phase = outcome == XLGC__DIED ? XLGC__RANK_UNSUSPECT : XLGC__RANK_UNSEE;
}

static void unsee_one(xlgc__rank *rank) {
  uint32_t index = xlgc__list_take(rank->graph, &rank->seen);
  if (index) {
    at(rank, index)->flags &= (uint16_t)~XLGC__SEEN;
    return;
  }
  rank->suspect = rank->suspects;
  rank->phase = rank->outcome == XLGC__CUT_OFF ? XLGC__RANK_REATTACH : XLGC__RANK_UNSUSPECT;
  if (rank->outcome == XLGC__CUT_OFF) xlgc__dst_cursor_start(&rank->front);
}

static void unsuspect_one(xlgc__rank *rank) {
  uint32_t index = rank->suspects;
  if (index) {
    at(rank, index)->flags &= (uint16_t)~XLGC__SUSPECT;
    rank->suspects = at(rank, index)->heap[0];
    return;
  }
  rank->suspects_last = 0;
  if (rank->outcome == XLGC__DIED) {
    xlgc__rank_condemn(rank, &rank->seen);
  } else if (rank->outcome == XLGC__FOUND_PATH) {
    rank->phase = XLGC__RANK_MEASURE;
    rank->path_length = 0;
    rank->path_at = rank->hit_at;
  } else {
    rank->phase = XLGC__RANK_IDLE;
  }
}

/* --------------------------------------------------------- 1 probe, 2 supported */

bool xlgc__certify_start(xlgc__rank *rank) {
  xlgc__graph *graph = rank->graph;
  if (graph->renumber) {
    rank->phase = XLGC__RANK_GATHER;
    rank->sweep = 1;
    rank->all = graph->broken = graph->idle = 0;
    return true;
  }
  rank->object = xlgc__graph_pop(graph, &graph->broken);
  if (!rank->object) return false;
  graph->repairs++;
  at(rank, rank->object)->flags &= (uint16_t)~XLGC__BROKEN;
  rank->rank = at(rank, rank->object)->rank;
  rank->best = 0;
  rank->probes = 0;
  see(rank, rank->object, 0);
  xlgc__dst_cursor_start(&rank->back);
  rank->phase = XLGC__RANK_PROBE;
  return true;
}

static void start_supported(xlgc__rank *rank) {
  rank->phase = XLGC__RANK_SUPPORTED;
  rank->room = XLGC__RANK_INFINITE;
  rank->probes = 0;
  xlgc__dst_cursor_start(&rank->front);
}

static void probe_one(xlgc__rank *rank) {
  xlgc__graph *graph = rank->graph;
  const xlgc__link *link = xlgc__graph_next(graph, &rank->back, XLGC__IN, rank->object);
  if (!link) {
    if (rank->seen.first == rank->seen.last)
      end_search(rank, XLGC__DIED);
    else
      start_supported(rank);
    return;
  }
  uint32_t holder = link->end[0];
  if (holder == rank->object || xlgc__graph_is_shadow(graph, holder)) return;
  if (xlgc__graph_supports(graph, holder, rank->rank)) {
    xlgc__graph_attach(graph, rank->object, holder, rank->rank);
    end_search(rank, XLGC__FOUND_DIRECT);
    return;
  }
  see(rank, holder, rank->object);
  if (!rank->best || at(rank, holder)->rank < at(rank, rank->best)->rank) rank->best = holder;
  if (++rank->probes == PROBES) start_supported(rank);
}

static void start_search(xlgc__rank *rank) {
  rank->graph->searches++;
  rank->phase = XLGC__RANK_SEARCH;
  rank->back_object = rank->object;
  rank->walk = 0;
  rank->front_queue = 0;
  rank->front_object = rank->object;
  rank->front_out = false;
  xlgc__dst_cursor_start(&rank->front);
  rank->suspects = rank->suspects_last = 0;
  rank->slice = rank->turn = FIRST_TURN;
  rank->backwards = true;
}

static bool rise_above(xlgc__rank *rank, uint32_t holder) {
  xlgc__graph *graph = rank->graph;
  uint64_t below = at(rank, holder)->rank;
  /* Whoever is broken still has a rank of this or more: below it, chains of supporters end at roots. */
  if (graph->broken && below >= at(rank, graph->broken)->rank) return false;
  if (rank->room == XLGC__RANK_INFINITE) {
    xlgc__graph_attach(graph, rank->object, holder, xlgc__graph_above(graph, below));
    return true;
  }
  if (rank->room < below || rank->room - below < 2) return false;
  uint64_t half = (rank->room - below) / 2;
  xlgc__graph_attach(graph, rank->object, holder, below + (half < graph->rank_gap ? half : graph->rank_gap));
  return true;
}

static void supported_one(xlgc__rank *rank) {
  const xlgc__link *link = xlgc__graph_next(rank->graph, &rank->front, XLGC__OUT, rank->object);
  if (!link) {
    if (rise_above(rank, rank->best))
      end_search(rank, XLGC__FOUND_DIRECT);
    else
      start_search(rank);
    return;
  }
  xlgc__object *held = at(rank, link->end[1]);
  if (held->supporter == rank->object) {
    if (xlgc__object_is_root(held))
      held->supporter = 0;
    else if (held->rank < rank->room)
      rank->room = held->rank;
  }
  if (++rank->probes == PROBES) start_search(rank);
}

/* ------------------------------------------------------------------- 3 search */

/* Looks at a holder of `hop`. */
static void look_back(xlgc__rank *rank, uint32_t holder, uint32_t hop) {
  if (at(rank, holder)->flags & XLGC__SEEN) {
    rank->walk = 0;
  } else if (xlgc__graph_supports(rank->graph, holder, rank->rank)) {
    rank->hit = holder;
    rank->hit_at = hop;
    end_search(rank, XLGC__FOUND_PATH);
  } else {
    see(rank, holder, hop);
    rank->walk = holder;
  }
}

static void search_back(xlgc__rank *rank) {
  if (rank->walk) {
    uint32_t supporter = at(rank, rank->walk)->supporter;
    if (!supporter) {
      rank->walk = 0;
      return;
    }
    if (!(at(rank, supporter)->flags & XLGC__SEEN)) rank->graph->touched++;
    look_back(rank, supporter, rank->walk);
    return;
  }
  const xlgc__link *link = xlgc__graph_next(rank->graph, &rank->back, XLGC__IN, rank->back_object);
  if (link) {
    if (!xlgc__graph_is_shadow(rank->graph, link->end[0])) look_back(rank, link->end[0], rank->back_object);
    return;
  }
  rank->back_object = at(rank, rank->back_object)->next;
  if (!rank->back_object) {
    end_search(rank, XLGC__DIED);
    return;
  }
  rank->walk = rank->back_object;
  xlgc__dst_cursor_start(&rank->back);
}

static void search_front(xlgc__rank *rank) {
  xlgc__graph *graph = rank->graph;
  if (!rank->front_object) {
    rank->front_object = xlgc__graph_pop(graph, &rank->front_queue);
    if (!rank->front_object) {
      end_search(rank, XLGC__CUT_OFF);
      return;
    }
    rank->front_out = false;
    xlgc__dst_cursor_start(&rank->front);
  }
  uint32_t index = rank->front_object;
  const xlgc__link *link = xlgc__graph_next(graph, &rank->front, rank->front_out ? XLGC__OUT : XLGC__IN, index);
  if (!rank->front_out) {
    if (!link) {
      xlgc__rank_suspect(rank, index);
      rank->front_out = true;
      xlgc__dst_cursor_start(&rank->front);
      return;
    }
    uint32_t holder = link->end[0];
    uint64_t own = at(rank, index)->rank;
    if (holder == index || at(rank, holder)->flags & XLGC__SUSPECT) return;
    if (xlgc__graph_is_shadow(graph, holder) || !xlgc__graph_supports(graph, holder, own)) return;
    xlgc__graph_attach(graph, index, holder, own);
    rank->front_object = 0;
    if (index == rank->object) end_search(rank, XLGC__FOUND_DIRECT);
  } else if (!link) {
    rank->front_object = 0;
  } else {
    xlgc__object *held = at(rank, link->end[1]);
    if (held->supporter != index || held->flags & XLGC__SUSPECT) return;
    if (xlgc__object_is_root(held))
      held->supporter = 0;
    else
      xlgc__graph_push(graph, &rank->front_queue, link->end[1]);
  }
}

static void search_one(xlgc__rank *rank) {
  if (rank->backwards)
    search_back(rank);
  else
    search_front(rank);
  if (--rank->turn) return;
  if (!rank->backwards) rank->slice *= 2;
  rank->backwards = !rank->backwards;
  rank->turn = rank->slice;
}

/* --------------------------------------------------------------------- path */

/* Counts the objects between the certified holder and the one under repair. */
static void measure_one(xlgc__rank *rank) {
  if (rank->path_at != rank->object) {
    rank->path_length++;
    rank->path_at = at(rank, rank->path_at)->hop;
    return;
  }
  rank->phase = XLGC__RANK_CLIMB;
  rank->climbed = false;
}

/* The least distance between the ranks of a path of so many parts: it grows with them up to the common gap. */
static uint64_t path_spacing(const xlgc__graph *graph, uint64_t parts) {
  uint64_t unit = graph->rank_gap >> PATH_BITS, most = UINT64_C(1) << PATH_BITS;
  if (unit == 0) unit = 1;
  return unit * (parts < most ? parts : most);
}

/* Sees to it that the path fits below the object: while it would be too dense, the certified holder joins it and its
 * supporter takes its place, up to a root, whose rank is free. The longer the path, the wider the room it asks for, as
 * in list labelling (Itai, Konheim, Rodeh 1981): a stretch that has been spread is not soon spread again. */
static void climb_one(xlgc__rank *rank) {
  xlgc__graph *graph = rank->graph;
  uint64_t parts = rank->path_length + 1, spacing = path_spacing(graph, parts), wanted = parts * spacing;
  xlgc__object *hit = at(rank, rank->hit);
  bool root = xlgc__object_is_root(hit);
  uint64_t room = wanted < rank->rank ? wanted : parts;
  if (root && rank->rank - hit->rank < room && room <= rank->rank)
    xlgc__graph_supports(graph, rank->hit, rank->rank - room + 1);
  uint64_t gap = rank->rank - hit->rank;
  if (gap < wanted && !root) {
    hit->hop = rank->hit_at;
    rank->hit_at = rank->hit;
    rank->hit = hit->supporter;
    rank->path_length++;
    rank->climbed = true;
    graph->touched++;
  } else if (gap < parts) {
    /* Ranks have come to their lower end. */
    graph->renumber = true;
    xlgc__graph_break(graph, rank->object);
    rank->phase = XLGC__RANK_IDLE;
  } else {
    /* What was climbed for is used in full, otherwise the most is left for later. */
    uint64_t step = gap / parts, unit = path_spacing(graph, 1);
    rank->path_step = rank->climbed || step < unit ? step : unit;
    rank->path_at = rank->hit_at;
    rank->phase = XLGC__RANK_LOWER;
  }
}

static void lower_one(xlgc__rank *rank) {
  uint32_t index = rank->path_at;
  uint64_t spread = rank->rank - rank->path_step * rank->path_length--, own = at(rank, index)->rank;
  xlgc__graph_attach(rank->graph, index, rank->hit, spread < own ? spread : own);
  rank->hit = index;
  rank->path_at = at(rank, index)->hop;
  if (index == rank->object) rank->phase = XLGC__RANK_IDLE;
}

/* ------------------------------------------------------------------ cut off */

/* Looks for a holder of the next suspect that is none. */
static void reattach_one(xlgc__rank *rank) {
  xlgc__graph *graph = rank->graph;
  if (!rank->suspect) {
    rank->phase = XLGC__RANK_COLLECT;
    return;
  }
  xlgc__object *object = at(rank, rank->suspect);
  const xlgc__link *link = NULL;
  if (object->flags & XLGC__SUSPECT) {
    link = xlgc__graph_next(graph, &rank->front, XLGC__IN, rank->suspect);
    if (link && (at(rank, link->end[0])->flags & XLGC__SUSPECT || xlgc__graph_is_shadow(graph, link->end[0]))) return;
  }
  uint32_t index = rank->suspect;
  rank->suspect = object->heap[0];
  xlgc__dst_cursor_start(&rank->front);
  if (!link) return;
  xlgc__graph_attach(graph, index, link->end[0], xlgc__graph_above(graph, at(rank, link->end[0])->rank));
  xlgc__list_append(graph, &rank->raised, index);
  rank->front_object = 0;
  rank->phase = XLGC__RANK_FLOOD;
  rank->after_flood = XLGC__RANK_REATTACH;
}

/* Hands the new support on to suspects. */
static void flood_one(xlgc__rank *rank) {
  xlgc__graph *graph = rank->graph;
  if (!rank->front_object) {
    rank->front_object = xlgc__list_take(graph, &rank->raised);
    xlgc__dst_cursor_start(&rank->front);
    if (!rank->front_object) rank->phase = rank->after_flood;
    return;
  }
  const xlgc__link *link = xlgc__graph_next(graph, &rank->front, XLGC__OUT, rank->front_object);
  if (!link) {
    rank->front_object = 0;
    return;
  }
  xlgc__object *held = at(rank, link->end[1]);
  if (!(held->flags & XLGC__SUSPECT)) return;
  xlgc__graph_attach(graph, link->end[1], rank->front_object,
                     xlgc__graph_above(graph, at(rank, rank->front_object)->rank));
  xlgc__list_append(graph, &rank->raised, link->end[1]);
}

/* Lets a kept root hand support on. */
static void restore_one(xlgc__rank *rank) {
  rank->front_object = rank->restore;
  if (!rank->restore) {
    rank->phase = XLGC__RANK_COLLECT;
    return;
  }
  rank->restore = at(rank, rank->restore)->next;
  xlgc__dst_cursor_start(&rank->front);
  rank->phase = XLGC__RANK_FLOOD;
  rank->after_flood = XLGC__RANK_RESTORE;
}

static void collect_one(xlgc__rank *rank) {
  uint32_t index = rank->suspects;
  if (!index) {
    rank->suspects_last = 0;
    xlgc__rank_condemn(rank, &rank->seen);
    return;
  }
  rank->suspects = at(rank, index)->heap[0];
  if (at(rank, index)->flags & XLGC__SUSPECT) xlgc__list_append(rank->graph, &rank->seen, index);
}

/* -------------------------------------------------------------- renumbering
 * Keeps the order of all ranks and spreads them anew: every object goes through one queue. */

static void gather_one(xlgc__rank *rank) {
  xlgc__graph *graph = rank->graph;
  if (rank->sweep >= xlgc__segments_end(&graph->objects.records)) {
    uint64_t step = graph->rank_limit / 2 / (atomic_load_explicit(&graph->objects.live, memory_order_relaxed) + 2);
    rank->step = step > graph->rank_gap ? graph->rank_gap : step;
    XLGC__INVARIANT("C1", rank->step > 0);
    rank->next_rank = graph->rank_limit / 4;
    rank->last_rank = XLGC__RANK_INFINITE;
    rank->phase = XLGC__RANK_ASSIGN;
    return;
  }
  uint32_t index = (uint32_t)rank->sweep++;
  const xlgc__object *object = xlgc__segments_find(&graph->objects.records, index);
  if (object && object->flags & XLGC__LIVE && !(object->flags & XLGC__DEAD)) xlgc__graph_push(graph, &rank->all, index);
}

static void assign_one(xlgc__rank *rank) {
  uint32_t index = xlgc__graph_pop(rank->graph, &rank->all);
  if (!index) {
    rank->phase = XLGC__RANK_RETURN;
    rank->sweep = 1;
    return;
  }
  xlgc__object *object = at(rank, index);
  if (object->rank != rank->last_rank) rank->next_rank += rank->step;
  rank->last_rank = object->rank;
  object->rank = rank->next_rank;
}

static void return_one(xlgc__rank *rank) {
  xlgc__graph *graph = rank->graph;
  if (rank->sweep >= xlgc__segments_end(&graph->objects.records)) {
    graph->renumber = false;
    graph->renumberings++;
    rank->phase = XLGC__RANK_IDLE;
    return;
  }
  uint32_t index = (uint32_t)rank->sweep++;
  const xlgc__object *object = xlgc__segments_find(&graph->objects.records, index);
  if (!object || !(object->flags & XLGC__LIVE) || object->flags & XLGC__DEAD) return;
  if (object->flags & XLGC__BROKEN)
    xlgc__graph_push(graph, &graph->broken, index);
  else if (object->flags & XLGC__IDLE)
    xlgc__graph_push(graph, &graph->idle, index);
}

void xlgc__certify_step(xlgc__rank *rank) {
  switch (rank->phase) {
  case XLGC__RANK_PROBE: probe_one(rank); break;
  case XLGC__RANK_SUPPORTED: supported_one(rank); break;
  case XLGC__RANK_SEARCH: search_one(rank); break;
  case XLGC__RANK_UNSEE: unsee_one(rank); break;
  case XLGC__RANK_UNSUSPECT: unsuspect_one(rank); break;
  case XLGC__RANK_MEASURE: measure_one(rank); break;
  case XLGC__RANK_LOWER: lower_one(rank); break;
  case XLGC__RANK_CLIMB: climb_one(rank); break;
  case XLGC__RANK_REATTACH: reattach_one(rank); break;
  case XLGC__RANK_FLOOD: flood_one(rank); break;
  case XLGC__RANK_RESTORE: restore_one(rank); break;
  case XLGC__RANK_COLLECT: collect_one(rank); break;
  case XLGC__RANK_GATHER: gather_one(rank); break;
  case XLGC__RANK_ASSIGN: assign_one(rank); break;
  case XLGC__RANK_RETURN: return_one(rank); break;
  default: break;
  }
}
