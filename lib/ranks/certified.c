/* The certified setting: ranks are any numbers that rise along supporters (C1).
 *
 * Objects are repaired in the order of their ranks, so every holder of a smaller rank than the object under repair is
 * certified for good, and so is every root, whose rank is free to be lowered.
 *
 * 1 probe: a few holders; one with a smaller rank, or a root, supports the object again. None at all: it died.
 * 2 search from both ends in turn, doubling the turns. Forwards through all that the object supports, by rank, itself
 *   first: who has another holder that is low enough is re-attached, the others are suspects and can be raised to below
 *   the first that was not looked at: so the object may have a holder of a higher rank the further this gets. Backwards
 *   along holders, and first along supporters, for a holder that is lower than that and no suspect.
 *   Backwards found one: suspects are raised, and the path from it is lowered into the gap below the object; neither
 *     breaks anything. Where the gap is too small, the path is prolonged along supporters until it is not; a root can
 *     always make room.
 *   Backwards came to an end: what it saw is a set with all its holders that no root reaches.
 *   Forwards came to an end, and no holder outside is known: the next broken object joins the search, as one more to
 *     find a path to, and as the next part forwards. When there is no other, those that lost their support are attached
 *     wherever a holder is not one of them, and whoever is not reached from there sees no root.
 * The cost is at most a constant times the shorter of the two searches.
 *
 * What is lower than the first in the queue forwards and no suspect does not depend on the object, as all that it
 * supports is a suspect, re-attached, or in the queue or supported from there. And what is lower than every broken
 * object depends on none of these.
 *
 * The idea of levels with gaps, searched from both ends, is that of incremental topological ordering (Bender, Fineman,
 * Gilbert, Tarjan 2015), turned to a forest of certificates: only supporters need an order, not all links. */
#include <config.h>

#include "ranks/repair.h"

/* BACK_SHARE: how much longer a turn of the search backwards is than the one forwards that follows. Deaths are found by
 * it alone, and it touches half as many links an object. SIDE_LOOKS: at how many holders of each object a walk looks
 * once turns forwards are longer than LONG_SLICE.
 * PATH_BITS: how much smaller than the common gap is the least room for a path of one. */
enum { PROBES = 8, SIDE_LOOKS = 2, FIRST_SLICE = 16, LONG_SLICE = 64, BACK_SHARE = 4, PATH_BITS = 20 };

static xlgc__object *at(const xlgc__rank *rank, uint32_t index) { return xlgc__graph_object(rank->graph, index); }

/* The least distance between the ranks of a path of so many parts: it grows with them up to the common gap. */
static uint64_t path_spacing(const xlgc__graph *graph, uint64_t parts) {
  uint64_t unit = graph->rank_gap >> PATH_BITS, most = UINT64_C(1) << PATH_BITS;
  if (unit == 0) unit = 1;
  return unit * (parts < most ? parts : most);
}

/* ------------------------------------------------------------ the searches' marks */

static void see(xlgc__rank *rank, uint32_t index, uint32_t hop) {
  xlgc__object *object = at(rank, index);
  object->flags |= XLGC__SEEN;
  object->hop = hop;
  xlgc__list_append(rank->graph, &rank->seen, index);
}

/* A holder was seen that may yet come to be low enough. */
static void note_lowest(xlgc__rank *rank, uint32_t index) {
  if (!rank->lowest || at(rank, index)->rank < at(rank, rank->lowest)->rank) rank->lowest = index;
}

/* The search is over: what it marked is unmarked, one a unit, then its outcome is carried out. */
static void end_search(xlgc__rank *rank, xlgc__rank_outcome outcome) {
  rank->outcome = outcome;
  /* Who joined and was just being looked at. */
  if (rank->front_object && !rank->front_out && !at(rank, rank->front_object)->supporter)
    xlgc__graph_break(rank->graph, rank->front_object);
  rank->front_queue = rank->front_object = 0;
  rank->phase = outcome == XLGC__DIED ? XLGC__RANK_UNSUSPECT : XLGC__RANK_UNSEE;
}

static void end_with_path(xlgc__rank *rank, uint32_t holder, uint32_t hop) {
  if (rank->joined) rank->alone = rank->joined;
  rank->hit = holder;
  rank->hit_at = hop;
  end_search(rank, XLGC__FOUND_PATH);
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

/* Raises a suspect above its supporter, which has been raised before. Those that were found later rank high enough. Who
 * joined may have been high enough, and then not all that depends on it has to be known. */
static void raise(xlgc__rank *rank, uint32_t index) {
  xlgc__object *object = at(rank, index);
  if (!object->supporter) {
    if (object->rank < rank->rank) object->rank = rank->rank;
    return;
  }
  uint64_t below = at(rank, object->supporter)->rank;
  uint64_t above = rank->raise_step ? below + rank->raise_step : xlgc__graph_above(rank->graph, below);
  bool low = object->rank <= below || (!rank->joined && object->rank < above);
  if (low && object->rank < rank->raise_room) object->rank = above;
}

static void unsuspect_one(xlgc__rank *rank) {
  uint32_t index = rank->suspects;
  if (index) {
    xlgc__object *object = at(rank, index);
    object->flags &= (uint16_t)~XLGC__SUSPECT;
    rank->suspects = object->heap[0];
    if (rank->outcome != XLGC__FOUND_PATH) return;
    if (rank->raises) raise(rank, index);
    /* It joined, and is for later, unless the path leads to it. */
    if (!object->supporter && index != rank->object) xlgc__graph_break(rank->graph, index);
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

/* -------------------------------------------------------------------- probe */

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
  rank->lowest = 0;
  rank->probes = 0;
  see(rank, rank->object, 0);
  xlgc__dst_cursor_start(&rank->back);
  rank->phase = XLGC__RANK_PROBE;
  return true;
}

/* Of the holders that were probed, the one of the least rank that is no suspect. */
static void choose_lowest(xlgc__rank *rank) {
  uint32_t index = at(rank, rank->seen.first)->next;
  rank->lowest = 0;
  for (unsigned i = 0; i < rank->probes && index; i++, index = at(rank, index)->next)
    if (!(at(rank, index)->flags & XLGC__SUSPECT)) note_lowest(rank, index);
}

/* The next part forwards: what this one supports. */
static void suspect(xlgc__rank *rank, uint32_t index) {
  xlgc__rank_suspect(rank, index);
  rank->suspect_count++;
  if (index == rank->lowest) choose_lowest(rank);
  rank->front_object = at(rank, index)->flags & XLGC__SUPPORTS ? index : 0;
  rank->front_out = true;
  xlgc__dst_cursor_start(&rank->front);
}

/* Forwards goes first, as far as is needed for the object alone. */
static void start_search(xlgc__rank *rank) {
  rank->phase = XLGC__RANK_SEARCH;
  rank->back_object = rank->object;
  rank->walk = rank->side_looks = 0;
  rank->front_queue = 0;
  rank->suspects = rank->suspects_last = 0;
  rank->suspect_count = 0;
  rank->raises = false;
  rank->joined = 0;
  rank->joins = rank->alone == 0;
  if (!rank->joins) rank->alone--;
  rank->slice = FIRST_SLICE;
  rank->backwards = false;
  rank->turn = PROBES + 2;
  rank->first_turn = true;
  suspect(rank, rank->object);
}

static void probe_one(xlgc__rank *rank) {
  xlgc__graph *graph = rank->graph;
  const xlgc__link *link = xlgc__graph_next(graph, &rank->back, XLGC__IN, rank->object);
  if (!link) {
    if (rank->seen.first == rank->seen.last)
      end_search(rank, XLGC__DIED);
    else
      start_search(rank);
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
  note_lowest(rank, holder);
  if (++rank->probes == PROBES) start_search(rank);
}

/* --------------------------------------------------------- search backwards */

/* Looks at a holder of `hop`. Returns whether it is new. */
static bool look_back(xlgc__rank *rank, uint32_t holder, uint32_t hop) {
  const xlgc__object *object = at(rank, holder);
  if (object->flags & XLGC__SEEN) return false;
  if (object->flags & XLGC__SUSPECT) {
    see(rank, holder, hop);
    return true;
  }
  if (xlgc__graph_supports(rank->graph, holder, rank->rank)) {
    end_with_path(rank, holder, hop);
    return false;
  }
  see(rank, holder, hop);
  note_lowest(rank, holder);
  return true;
}

/* Along supporters, which lead to a root, or to the object itself: then the suspects are met. On a long way also a few
 * other holders of each are looked at, as what holds a long chain may hold it anywhere. */
static void walk_one(xlgc__rank *rank) {
  uint32_t from = rank->walk, supporter = at(rank, from)->supporter;
  if (rank->side_looks == 0) {
    bool met = at(rank, from)->flags & XLGC__SUSPECT;
    rank->walk_on = supporter && !met && !(at(rank, supporter)->flags & XLGC__SEEN);
    xlgc__dst_cursor_start(&rank->side);
  }
  if (rank->slice > LONG_SLICE && rank->walk_on && rank->side_looks < SIDE_LOOKS) {
    rank->side_looks++;
    const xlgc__link *link = xlgc__graph_next(rank->graph, &rank->side, XLGC__IN, from);
    if (link) {
      if (!xlgc__graph_is_shadow(rank->graph, link->end[0])) look_back(rank, link->end[0], from);
      return;
    }
  }
  rank->walk = rank->side_looks = 0;
  if (!rank->walk_on) return;
  if (!(at(rank, supporter)->flags & XLGC__SEEN)) {
    rank->graph->touched++;
    look_back(rank, supporter, from);
  }
  rank->walk = supporter;
}

static void expand_one(xlgc__rank *rank) {
  const xlgc__link *link = xlgc__graph_next(rank->graph, &rank->back, XLGC__IN, rank->back_object);
  if (link) {
    uint32_t holder = link->end[0];
    if (!xlgc__graph_is_shadow(rank->graph, holder) && look_back(rank, holder, rank->back_object) && !rank->walk)
      rank->walk = holder;
    return;
  }
  rank->back_object = at(rank, rank->back_object)->next;
  if (!rank->back_object) {
    end_search(rank, XLGC__DIED);
    return;
  }
  if (!rank->walk) rank->walk = rank->back_object;
  xlgc__dst_cursor_start(&rank->back);
}

/* ---------------------------------------------------------- search forwards */

/* The suspects can be raised up to where the queue begins, or above any other holder if that was all: then the object
 * has a higher rank, below which to search, but none above the next broken one. Returns whether the search ends. */
static bool meet(xlgc__rank *rank) {
  xlgc__graph *graph = rank->graph;
  uint64_t goal = XLGC__RANK_INFINITE, room = XLGC__RANK_INFINITE, step = 0;
  if (rank->front_queue) {
    room = at(rank, rank->front_queue)->rank;
    step = path_spacing(graph, rank->suspect_count + 1);
    goal = room / step > rank->suspect_count ? room - step * rank->suspect_count : 0;
  }
  if (graph->broken && at(rank, graph->broken)->rank < goal) goal = at(rank, graph->broken)->rank;
  if (goal == XLGC__RANK_INFINITE) {
    if (!rank->lowest || rank->joined) return false;
    goal = xlgc__graph_above(graph, at(rank, rank->lowest)->rank);
  }
  if (goal <= rank->rank) return false;
  rank->rank = goal;
  rank->raises = true;
  rank->raise_step = step;
  rank->raise_room = room;
  if (!rank->lowest || at(rank, rank->lowest)->rank >= goal) return false;
  end_with_path(rank, rank->lowest, at(rank, rank->lowest)->hop);
  return true;
}

/* All that the object supports is known. What else holds it may depend on the next broken one, whose search would only
 * come to be so much longer if all this were attached there: it joins this search, as the next part forwards. Returns
 * it, or 0. */
static uint32_t join(xlgc__rank *rank) {
  uint32_t index = rank->joins ? xlgc__graph_pop(rank->graph, &rank->graph->broken) : 0;
  if (!index) return 0;
  at(rank, index)->flags &= (uint16_t)~XLGC__BROKEN;
  rank->joined++;
  return index;
}

static void search_front(xlgc__rank *rank) {
  xlgc__graph *graph = rank->graph;
  if (!rank->front_object) {
    if (meet(rank)) return;
    if (rank->first_turn) {
      rank->turn = 1;
      return;
    }
    rank->front_object = xlgc__graph_pop(graph, &rank->front_queue);
    if (!rank->front_object) rank->front_object = join(rank);
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
      suspect(rank, index);
      if (!at(rank, index)->supporter && !(at(rank, index)->flags & XLGC__SEEN)) see(rank, index, 0);
      return;
    }
    uint32_t holder = link->end[0];
    uint64_t own = at(rank, index)->rank;
    if (holder == index || at(rank, holder)->flags & XLGC__SUSPECT) return;
    if (xlgc__graph_is_shadow(graph, holder) || !xlgc__graph_supports(graph, holder, own)) return;
    xlgc__graph_attach(graph, index, holder, own);
    rank->front_object = 0;
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

static void next_turn(xlgc__rank *rank) {
  rank->graph->searches += rank->first_turn;
  rank->first_turn = false;
  rank->backwards = !rank->backwards;
  if (!rank->backwards) {
    rank->turn = rank->slice;
    rank->slice *= 2;
    return;
  }
  rank->turn = BACK_SHARE * rank->slice;
}

static void search_one(xlgc__rank *rank) {
  if (!rank->backwards) {
    search_front(rank);
  } else if (rank->walk) {
    walk_one(rank);
  } else {
    expand_one(rank);
  }
  if (--rank->turn == 0 && rank->phase == XLGC__RANK_SEARCH) next_turn(rank);
}

/* --------------------------------------------------------------------- path */

/* Counts the objects between the certified holder and the one under repair. One that was seen before the object was
 * raised above it is certified too, and nearer. */
static void measure_one(xlgc__rank *rank) {
  const xlgc__object *object = at(rank, rank->path_at);
  if (object->hop) {
    rank->path_length++;
    if (object->rank < rank->rank) {
      rank->hit = rank->path_at;
      rank->hit_at = object->hop;
      rank->path_length = 0;
    }
    rank->path_at = object->hop;
    return;
  }
  if (rank->path_at != rank->object) {
    xlgc__graph_break(rank->graph, rank->object);
    rank->object = rank->path_at;
  }
  rank->phase = XLGC__RANK_CLIMB;
  rank->climbed = false;
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
    /* What was climbed for is used in full, otherwise half is left for later. */
    uint64_t step = gap / parts;
    rank->path_step = rank->climbed ? step : (step + 1) / 2;
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
