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

static xlgc__object *at(const xlgc__repair *repair, uint32_t index) { return xlgc__graph_object(repair->graph, index); }

/* The least distance between the ranks of a path of so many parts: it grows with them up to the common gap. */
static uint64_t path_spacing(const xlgc__graph *graph, uint64_t parts) {
  uint64_t unit = graph->rank_gap >> PATH_BITS, most = UINT64_C(1) << PATH_BITS;
  if (unit == 0) unit = 1;
  return unit * (parts < most ? parts : most);
}

/* ------------------------------------------------------------ the searches' marks */

static void see(xlgc__repair *repair, uint32_t index, uint32_t hop) {
  xlgc__object *object = at(repair, index);
  object->flags |= XLGC__SEEN;
  object->hop = hop;
  xlgc__list_append(repair->graph, &repair->seen, index);
}

/* A holder was seen that may yet come to be low enough. */
static void note_lowest(xlgc__repair *repair, uint32_t index) {
  if (!repair->lowest || at(repair, index)->rank < at(repair, repair->lowest)->rank) repair->lowest = index;
}

/* The search is over: what it marked is unmarked, one a unit, then its outcome is carried out. */
static void end_search(xlgc__repair *repair, xlgc__repair_outcome outcome) {
  repair->outcome = outcome;
  /* Who joined and was just being looked at. */
  if (repair->front_object && !repair->front_out && !at(repair, repair->front_object)->supporter)
    xlgc__graph_break(repair->graph, repair->front_object);
  repair->front_queue = repair->front_object = 0;
  repair->phase = outcome == XLGC__DIED ? XLGC__REPAIR_UNSUSPECT : XLGC__REPAIR_UNSEE;
}

static void end_with_path(xlgc__repair *repair, uint32_t holder, uint32_t hop) {
  if (repair->merged) repair->singles = repair->merged;
  repair->hit = holder;
  repair->hit_at = hop;
  end_search(repair, XLGC__FOUND_PATH);
}

static void unsee_one(xlgc__repair *repair) {
  uint32_t index = xlgc__list_take(repair->graph, &repair->seen);
  if (index) {
    at(repair, index)->flags &= (uint16_t)~XLGC__SEEN;
    return;
  }
  repair->suspect = repair->suspects;
  repair->phase = repair->outcome == XLGC__CUT_OFF ? XLGC__REPAIR_REATTACH : XLGC__REPAIR_UNSUSPECT;
  if (repair->outcome == XLGC__CUT_OFF) xlgc__dst_cursor_start(&repair->front);
}

/* Raises a suspect above its supporter, which has been raised before. Those that were found later rank high enough. Who
 * joined may have been high enough, and then not all that depends on it has to be known. */
static void raise(xlgc__repair *repair, uint32_t index) {
  xlgc__object *object = at(repair, index);
  if (!object->supporter) {
    if (object->rank < repair->rank) object->rank = repair->rank;
    return;
  }
  uint64_t below = at(repair, object->supporter)->rank;
  uint64_t above = repair->raise_step ? below + repair->raise_step : xlgc__graph_above(repair->graph, below);
  bool low = object->rank <= below || (!repair->merged && object->rank < above);
  if (low && object->rank < repair->raise_room) object->rank = above;
}

static void unsuspect_one(xlgc__repair *repair) {
  uint32_t index = repair->suspects;
  if (index) {
    xlgc__object *object = at(repair, index);
    object->flags &= (uint16_t)~XLGC__SUSPECT;
    repair->suspects = object->heap[0];
    if (repair->outcome != XLGC__FOUND_PATH) return;
    if (repair->raises) raise(repair, index);
    /* It joined, and is for later, unless the path leads to it. */
    if (!object->supporter && index != repair->object) xlgc__graph_break(repair->graph, index);
    return;
  }
  repair->suspects_last = 0;
  if (repair->outcome == XLGC__DIED) {
    xlgc__repair_reclaim(repair, &repair->seen);
  } else if (repair->outcome == XLGC__FOUND_PATH) {
    repair->phase = XLGC__REPAIR_MEASURE;
    repair->path_length = 0;
    repair->path_at = repair->hit_at;
  } else {
    repair->phase = XLGC__REPAIR_IDLE;
  }
}

/* -------------------------------------------------------------------- probe */

bool xlgc__certified_start(xlgc__repair *repair) {
  xlgc__graph *graph = repair->graph;
  if (graph->renumber) {
    repair->phase = XLGC__REPAIR_GATHER;
    repair->sweep = 1;
    repair->all = graph->broken = graph->idle = 0;
    return true;
  }
  repair->object = xlgc__graph_pop(graph, &graph->broken);
  if (!repair->object) return false;
  graph->repairs++;
  at(repair, repair->object)->flags &= (uint16_t)~XLGC__BROKEN;
  repair->rank = at(repair, repair->object)->rank;
  repair->lowest = 0;
  repair->probes = 0;
  see(repair, repair->object, 0);
  xlgc__dst_cursor_start(&repair->back);
  repair->phase = XLGC__REPAIR_PROBE;
  return true;
}

/* Of the holders that were probed, the one of the least rank that is no suspect. */
static void choose_lowest(xlgc__repair *repair) {
  uint32_t index = at(repair, repair->seen.first)->next;
  repair->lowest = 0;
  for (unsigned i = 0; i < repair->probes && index; i++, index = at(repair, index)->next)
    if (!(at(repair, index)->flags & XLGC__SUSPECT)) note_lowest(repair, index);
}

/* The next part forwards: what this one supports. */
static void suspect(xlgc__repair *repair, uint32_t index) {
  xlgc__repair_suspect(repair, index);
  repair->suspect_count++;
  if (index == repair->lowest) choose_lowest(repair);
  repair->front_object = at(repair, index)->flags & XLGC__SUPPORTS ? index : 0;
  repair->front_out = true;
  xlgc__dst_cursor_start(&repair->front);
}

/* Forwards goes first, as far as is needed for the object alone. */
static void start_search(xlgc__repair *repair) {
  repair->phase = XLGC__REPAIR_SEARCH;
  repair->back_object = repair->object;
  repair->walk = repair->side_looks = 0;
  repair->front_queue = 0;
  repair->suspects = repair->suspects_last = 0;
  repair->suspect_count = 0;
  repair->raises = false;
  repair->merged = 0;
  repair->may_merge = repair->singles == 0;
  if (!repair->may_merge) repair->singles--;
  repair->slice = FIRST_SLICE;
  repair->backwards = false;
  repair->turn = PROBES + 2;
  repair->first_turn = true;
  suspect(repair, repair->object);
}

static void probe_one(xlgc__repair *repair) {
  xlgc__graph *graph = repair->graph;
  const xlgc__link *link = xlgc__graph_next(graph, &repair->back, XLGC__IN, repair->object);
  if (!link) {
    if (repair->seen.first == repair->seen.last)
      end_search(repair, XLGC__DIED);
    else
      start_search(repair);
    return;
  }
  uint32_t holder = link->end[0];
  if (holder == repair->object || xlgc__graph_is_pending(graph, holder)) return;
  if (xlgc__graph_supports(graph, holder, repair->rank)) {
    xlgc__graph_attach(graph, repair->object, holder, repair->rank);
    end_search(repair, XLGC__FOUND_DIRECT);
    return;
  }
  see(repair, holder, repair->object);
  note_lowest(repair, holder);
  if (++repair->probes == PROBES) start_search(repair);
}

/* --------------------------------------------------------- search backwards */

/* Looks at a holder of `hop`. Returns whether it is new. */
static bool look_back(xlgc__repair *repair, uint32_t holder, uint32_t hop) {
  const xlgc__object *object = at(repair, holder);
  if (object->flags & XLGC__SEEN) return false;
  if (object->flags & XLGC__SUSPECT) {
    see(repair, holder, hop);
    return true;
  }
  if (xlgc__graph_supports(repair->graph, holder, repair->rank)) {
    end_with_path(repair, holder, hop);
    return false;
  }
  see(repair, holder, hop);
  note_lowest(repair, holder);
  return true;
}

/* Along supporters, which lead to a root, or to the object itself: then the suspects are met. On a long way also a few
 * other holders of each are looked at, as what holds a long chain may hold it anywhere. */
static void walk_one(xlgc__repair *repair) {
  uint32_t from = repair->walk, supporter = at(repair, from)->supporter;
  if (repair->side_looks == 0) {
    bool met = at(repair, from)->flags & XLGC__SUSPECT;
    repair->walk_on = supporter && !met && !(at(repair, supporter)->flags & XLGC__SEEN);
    xlgc__dst_cursor_start(&repair->side);
  }
  if (repair->slice > LONG_SLICE && repair->walk_on && repair->side_looks < SIDE_LOOKS) {
    repair->side_looks++;
    const xlgc__link *link = xlgc__graph_next(repair->graph, &repair->side, XLGC__IN, from);
    if (link) {
      if (!xlgc__graph_is_pending(repair->graph, link->end[0])) look_back(repair, link->end[0], from);
      return;
    }
  }
  repair->walk = repair->side_looks = 0;
  if (!repair->walk_on) return;
  if (!(at(repair, supporter)->flags & XLGC__SEEN)) {
    repair->graph->touched++;
    look_back(repair, supporter, from);
  }
  repair->walk = supporter;
}

static void expand_one(xlgc__repair *repair) {
  const xlgc__link *link = xlgc__graph_next(repair->graph, &repair->back, XLGC__IN, repair->back_object);
  if (link) {
    uint32_t holder = link->end[0];
    if (!xlgc__graph_is_pending(repair->graph, holder) && look_back(repair, holder, repair->back_object) &&
        !repair->walk)
      repair->walk = holder;
    return;
  }
  repair->back_object = at(repair, repair->back_object)->next;
  if (!repair->back_object) {
    end_search(repair, XLGC__DIED);
    return;
  }
  if (!repair->walk) repair->walk = repair->back_object;
  xlgc__dst_cursor_start(&repair->back);
}

/* ---------------------------------------------------------- search forwards */

/* The suspects can be raised up to where the queue begins, or above any other holder if that was all: then the object
 * has a higher rank, below which to search, but none above the next broken one. Returns whether the search ends. */
static bool meet(xlgc__repair *repair) {
  xlgc__graph *graph = repair->graph;
  uint64_t goal = XLGC__RANK_INFINITE, room = XLGC__RANK_INFINITE, step = 0;
  if (repair->front_queue) {
    room = at(repair, repair->front_queue)->rank;
    step = path_spacing(graph, repair->suspect_count + 1);
    goal = room / step > repair->suspect_count ? room - step * repair->suspect_count : 0;
  }
  if (graph->broken && at(repair, graph->broken)->rank < goal) goal = at(repair, graph->broken)->rank;
  if (goal == XLGC__RANK_INFINITE) {
    if (!repair->lowest || repair->merged) return false;
    goal = xlgc__graph_above(graph, at(repair, repair->lowest)->rank);
  }
  if (goal <= repair->rank) return false;
  repair->rank = goal;
  repair->raises = true;
  repair->raise_step = step;
  repair->raise_room = room;
  if (!repair->lowest || at(repair, repair->lowest)->rank >= goal) return false;
  end_with_path(repair, repair->lowest, at(repair, repair->lowest)->hop);
  return true;
}

/* All that the object supports is known. What else holds it may depend on the next broken one, whose search would only
 * come to be so much longer if all this were attached there: it joins this search, as the next part forwards. Returns
 * it, or 0. */
static uint32_t join(xlgc__repair *repair) {
  uint32_t index = repair->may_merge ? xlgc__graph_pop(repair->graph, &repair->graph->broken) : 0;
  if (!index) return 0;
  at(repair, index)->flags &= (uint16_t)~XLGC__BROKEN;
  repair->merged++;
  return index;
}

static void search_front(xlgc__repair *repair) {
  xlgc__graph *graph = repair->graph;
  if (!repair->front_object) {
    if (meet(repair)) return;
    if (repair->first_turn) {
      repair->turn = 1;
      return;
    }
    repair->front_object = xlgc__graph_pop(graph, &repair->front_queue);
    if (!repair->front_object) repair->front_object = join(repair);
    if (!repair->front_object) {
      end_search(repair, XLGC__CUT_OFF);
      return;
    }
    repair->front_out = false;
    xlgc__dst_cursor_start(&repair->front);
  }
  uint32_t index = repair->front_object;
  const xlgc__link *link = xlgc__graph_next(graph, &repair->front, repair->front_out ? XLGC__OUT : XLGC__IN, index);
  if (!repair->front_out) {
    if (!link) {
      suspect(repair, index);
      if (!at(repair, index)->supporter && !(at(repair, index)->flags & XLGC__SEEN)) see(repair, index, 0);
      return;
    }
    uint32_t holder = link->end[0];
    uint64_t own = at(repair, index)->rank;
    if (holder == index || at(repair, holder)->flags & XLGC__SUSPECT) return;
    if (xlgc__graph_is_pending(graph, holder) || !xlgc__graph_supports(graph, holder, own)) return;
    xlgc__graph_attach(graph, index, holder, own);
    repair->front_object = 0;
  } else if (!link) {
    repair->front_object = 0;
  } else {
    xlgc__object *held = at(repair, link->end[1]);
    if (held->supporter != index || held->flags & XLGC__SUSPECT) return;
    if (xlgc__object_is_root(held))
      held->supporter = 0;
    else
      xlgc__graph_push(graph, &repair->front_queue, link->end[1]);
  }
}

static void next_turn(xlgc__repair *repair) {
  repair->graph->searches += repair->first_turn;
  repair->first_turn = false;
  repair->backwards = !repair->backwards;
  if (!repair->backwards) {
    repair->turn = repair->slice;
    repair->slice *= 2;
    return;
  }
  repair->turn = BACK_SHARE * repair->slice;
}

static void search_one(xlgc__repair *repair) {
  if (!repair->backwards) {
    search_front(repair);
  } else if (repair->walk) {
    walk_one(repair);
  } else {
    expand_one(repair);
  }
  if (--repair->turn == 0 && repair->phase == XLGC__REPAIR_SEARCH) next_turn(repair);
}

/* --------------------------------------------------------------------- path */

/* Counts the objects between the certified holder and the one under repair. One that was seen before the object was
 * raised above it is certified too, and nearer. */
static void measure_one(xlgc__repair *repair) {
  const xlgc__object *object = at(repair, repair->path_at);
  if (object->hop) {
    repair->path_length++;
    if (object->rank < repair->rank) {
      repair->hit = repair->path_at;
      repair->hit_at = object->hop;
      repair->path_length = 0;
    }
    repair->path_at = object->hop;
    return;
  }
  if (repair->path_at != repair->object) {
    xlgc__graph_break(repair->graph, repair->object);
    repair->object = repair->path_at;
  }
  repair->phase = XLGC__REPAIR_CLIMB;
  repair->climbed = false;
}

/* Sees to it that the path fits below the object: while it would be too dense, the certified holder joins it and its
 * supporter takes its place, up to a root, whose rank is free. The longer the path, the wider the room it asks for, as
 * in list labelling (Itai, Konheim, Rodeh 1981): a stretch that has been spread is not soon spread again. */
static void climb_one(xlgc__repair *repair) {
  xlgc__graph *graph = repair->graph;
  uint64_t parts = repair->path_length + 1, spacing = path_spacing(graph, parts), wanted = parts * spacing;
  xlgc__object *hit = at(repair, repair->hit);
  bool root = xlgc__object_is_root(hit);
  uint64_t room = wanted < repair->rank ? wanted : parts;
  if (root && repair->rank - hit->rank < room && room <= repair->rank)
    xlgc__graph_supports(graph, repair->hit, repair->rank - room + 1);
  uint64_t gap = repair->rank - hit->rank;
  if (gap < wanted && !root) {
    hit->hop = repair->hit_at;
    repair->hit_at = repair->hit;
    repair->hit = hit->supporter;
    repair->path_length++;
    repair->climbed = true;
    graph->touched++;
  } else if (gap < parts) {
    /* Ranks have come to their lower end. */
    graph->renumber = true;
    xlgc__graph_break(graph, repair->object);
    repair->phase = XLGC__REPAIR_IDLE;
  } else {
    /* What was climbed for is used in full, otherwise half is left for later. */
    uint64_t step = gap / parts;
    repair->path_step = repair->climbed ? step : (step + 1) / 2;
    repair->path_at = repair->hit_at;
    repair->phase = XLGC__REPAIR_LOWER;
  }
}

static void lower_one(xlgc__repair *repair) {
  uint32_t index = repair->path_at;
  uint64_t spread = repair->rank - repair->path_step * repair->path_length--, own = at(repair, index)->rank;
  xlgc__graph_attach(repair->graph, index, repair->hit, spread < own ? spread : own);
  repair->hit = index;
  repair->path_at = at(repair, index)->hop;
  if (index == repair->object) repair->phase = XLGC__REPAIR_IDLE;
}

/* ------------------------------------------------------------------ cut off */

/* Looks for a holder of the next suspect that is none. */
static void reattach_one(xlgc__repair *repair) {
  xlgc__graph *graph = repair->graph;
  if (!repair->suspect) {
    repair->phase = XLGC__REPAIR_COLLECT;
    return;
  }
  xlgc__object *object = at(repair, repair->suspect);
  const xlgc__link *link = NULL;
  if (object->flags & XLGC__SUSPECT) {
    link = xlgc__graph_next(graph, &repair->front, XLGC__IN, repair->suspect);
    if (link && (at(repair, link->end[0])->flags & XLGC__SUSPECT || xlgc__graph_is_pending(graph, link->end[0])))
      return;
  }
  uint32_t index = repair->suspect;
  repair->suspect = object->heap[0];
  xlgc__dst_cursor_start(&repair->front);
  if (!link) return;
  xlgc__graph_attach(graph, index, link->end[0], xlgc__graph_above(graph, at(repair, link->end[0])->rank));
  xlgc__list_append(graph, &repair->raised, index);
  repair->front_object = 0;
  repair->phase = XLGC__REPAIR_FLOOD;
  repair->after_flood = XLGC__REPAIR_REATTACH;
}

/* Hands the new support on to suspects. */
static void flood_one(xlgc__repair *repair) {
  xlgc__graph *graph = repair->graph;
  if (!repair->front_object) {
    repair->front_object = xlgc__list_take(graph, &repair->raised);
    xlgc__dst_cursor_start(&repair->front);
    if (!repair->front_object) repair->phase = repair->after_flood;
    return;
  }
  const xlgc__link *link = xlgc__graph_next(graph, &repair->front, XLGC__OUT, repair->front_object);
  if (!link) {
    repair->front_object = 0;
    return;
  }
  xlgc__object *held = at(repair, link->end[1]);
  if (!(held->flags & XLGC__SUSPECT)) return;
  xlgc__graph_attach(graph, link->end[1], repair->front_object,
                     xlgc__graph_above(graph, at(repair, repair->front_object)->rank));
  xlgc__list_append(graph, &repair->raised, link->end[1]);
}

/* Lets a kept root hand support on. */
static void restore_one(xlgc__repair *repair) {
  repair->front_object = repair->restore;
  if (!repair->restore) {
    repair->phase = XLGC__REPAIR_COLLECT;
    return;
  }
  repair->restore = at(repair, repair->restore)->next;
  xlgc__dst_cursor_start(&repair->front);
  repair->phase = XLGC__REPAIR_FLOOD;
  repair->after_flood = XLGC__REPAIR_RESTORE;
}

static void collect_one(xlgc__repair *repair) {
  uint32_t index = repair->suspects;
  if (!index) {
    repair->suspects_last = 0;
    xlgc__repair_reclaim(repair, &repair->seen);
    return;
  }
  repair->suspects = at(repair, index)->heap[0];
  if (at(repair, index)->flags & XLGC__SUSPECT) xlgc__list_append(repair->graph, &repair->seen, index);
}

/* -------------------------------------------------------------- renumbering
 * Keeps the order of all ranks and spreads them anew: every object goes through one queue. */

static void gather_one(xlgc__repair *repair) {
  xlgc__graph *graph = repair->graph;
  if (repair->sweep >= xlgc__segments_end(&graph->objects.records)) {
    uint64_t step = graph->rank_limit / 2 / (atomic_load_explicit(&graph->objects.live, memory_order_relaxed) + 2);
    repair->step = step > graph->rank_gap ? graph->rank_gap : step;
    XLGC__INVARIANT("C1", repair->step > 0);
    repair->next_rank = graph->rank_limit / 4;
    repair->last_rank = XLGC__RANK_INFINITE;
    repair->phase = XLGC__REPAIR_ASSIGN;
    return;
  }
  uint32_t index = (uint32_t)repair->sweep++;
  const xlgc__object *object = xlgc__segments_find(&graph->objects.records, index);
  if (object && object->flags & XLGC__LIVE && !(object->flags & XLGC__DEAD))
    xlgc__graph_push(graph, &repair->all, index);
}

static void assign_one(xlgc__repair *repair) {
  uint32_t index = xlgc__graph_pop(repair->graph, &repair->all);
  if (!index) {
    repair->phase = XLGC__REPAIR_RETURN;
    repair->sweep = 1;
    return;
  }
  xlgc__object *object = at(repair, index);
  if (object->rank != repair->last_rank) repair->next_rank += repair->step;
  repair->last_rank = object->rank;
  object->rank = repair->next_rank;
}

static void return_one(xlgc__repair *repair) {
  xlgc__graph *graph = repair->graph;
  if (repair->sweep >= xlgc__segments_end(&graph->objects.records)) {
    graph->renumber = false;
    graph->renumberings++;
    repair->phase = XLGC__REPAIR_IDLE;
    return;
  }
  uint32_t index = (uint32_t)repair->sweep++;
  const xlgc__object *object = xlgc__segments_find(&graph->objects.records, index);
  if (!object || !(object->flags & XLGC__LIVE) || object->flags & XLGC__DEAD) return;
  if (object->flags & XLGC__BROKEN)
    xlgc__graph_push(graph, &graph->broken, index);
  else if (object->flags & XLGC__IDLE)
    xlgc__graph_push(graph, &graph->idle, index);
}

void xlgc__certified_step(xlgc__repair *repair) {
  switch (repair->phase) {
  case XLGC__REPAIR_PROBE: probe_one(repair); break;
  case XLGC__REPAIR_SEARCH: search_one(repair); break;
  case XLGC__REPAIR_UNSEE: unsee_one(repair); break;
  case XLGC__REPAIR_UNSUSPECT: unsuspect_one(repair); break;
  case XLGC__REPAIR_MEASURE: measure_one(repair); break;
  case XLGC__REPAIR_LOWER: lower_one(repair); break;
  case XLGC__REPAIR_CLIMB: climb_one(repair); break;
  case XLGC__REPAIR_REATTACH: reattach_one(repair); break;
  case XLGC__REPAIR_FLOOD: flood_one(repair); break;
  case XLGC__REPAIR_RESTORE: restore_one(repair); break;
  case XLGC__REPAIR_COLLECT: collect_one(repair); break;
  case XLGC__REPAIR_GATHER: gather_one(repair); break;
  case XLGC__REPAIR_ASSIGN: assign_one(repair); break;
  case XLGC__REPAIR_RETURN: return_one(repair); break;
  default: break;
  }
}
