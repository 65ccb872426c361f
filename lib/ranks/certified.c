/* The certified setting: a repair gives a broken object a supporter again, or proves that no root reaches it.
 *
 * A rank is a number of 64 bits, a supporter is a source of an object that ranks below it (C1). Both together are the
 * object's certificate: ranks fall along supporters, so each chain of them ends, at a root or at a broken object.
 * Nothing else is asked of ranks. So they have gaps, and an object may be lowered as long as it stays above its
 * supporter, and raised as long as it stays below all that it supports. A root needs no supporter: its rank is free to
 * be lowered.
 *
 * A broken object has no supporter; all such wait in the queue `broken`, and the one of the least rank is repaired
 * first. So whatever ranks below the object v under repair is certified for good: its chain of supporters cannot meet a
 * broken object. The question is whether v has a source, direct or through others, that does not itself depend on v.
 *
 * 1 Probe. Look at up to PROBES sources of v. One that ranks below v, or a root, becomes its supporter: done. No source
 *   at all: v died.
 * 2 Search from both ends in alternating steps, which double, so that the cost is a constant times the shorter search.
 *   Forwards, in the order of ranks, through what v supports. An object met there that has another source below it is
 *   attached to that. The others, v first, are *suspects*: each hangs on v as far as is known. What comes later in the
 *   queue has at least the rank of its first member; call that the *room*. So an object below the room that is no
 *   suspect does not depend on v, and all suspects can be raised to below the room without breaking what they support.
 *   Backwards, along supporters first and along all sources then, from v. What it meets is *seen*, and notes with `hop`
 *   how v is reached from there. It looks for an object that is no suspect and ranks below what v can be raised to:
 *   the room, and at most the rank of the next broken object. A root will do as well, as it can be lowered.
 * 3 The end.
 *   A path: backwards has found such an object, the *source of the path*. Suspects that are too low are raised. Then
 *     the objects on the path get each other as supporters, lowered into the gap between its source and v: neither
 *     breaks a certificate. Where the gap is too small, the supporter of the source becomes the source, until it is
 *     not; a root makes any room.
 *   Died: backwards has nothing left to look at. What it saw has all its sources among what it saw, and no root: it is
 *     a set of orphans.
 *   Cut off: forwards has nothing left, and nothing seen is outside of the suspects. The next broken object is *merged*
 *     into the search: it is the next part forwards, and a path to it will do as well. When there is none, each suspect
 *     with a source that is no suspect is attached to it and hands its support on. The suspects left are orphans.
 *
 * An example, with ranks as (rank - 2^62) / 2^32. P and Q are roots, `=>` is a link to an object that it supports:
 *
 *            +--------------+
 *            v              |            P -> a is dropped: a is broken, b and c keep their certificates.
 *   P   =>   a   =>   b =>  c
 *   0        1        2     3            probe      c ranks 3, not below 1
 *                           ^            forwards   a is a suspect, b is first in the queue: the room is 2, and a may
 *   Q   =>   d -------------+                       go up to 2 - 2^-19, which is 1.999998
 *   0        1                           backwards  c, b along its supporter, whose supporter is the suspect a. Then
 *                                                   the sources of c: d ranks 1 < 1.999998 and is no suspect
 *                     +-----------+
 *                     v           |      raise      a to 1.999998
 *   Q  =>  d  =>  c   =>   a  =>  b      lower      the gap from d to a is 0.999998, the path has two parts, half of
 *   0      1  1.749999  1.999998  2                 the gap is left for later: c goes to 1.999998 - 0.249999
 *
 * Four links were looked at: c -> a, a -> b, b -> c with c's supporter, and d -> c. Had b another source below 2, the
 * search forwards, had it gone on, would have attached b to that, and b and c would no longer hang on a.
 * Without d the search backwards would have ended with a, c and b seen: they died. Had Q -> d been dropped in the same
 * round, d would be the next broken object, of rank 1, so a may not be raised. The search backwards does not stop at d
 * then, has seen a, c, b and d in the end, and all four died in one repair.
 *
 * The idea of levels with gaps, searched from both ends, is that of incremental topological ordering (Bender, Fineman,
 * Gilbert, Tarjan 2015), turned to a forest of certificates: only supporters need an order, not all links. */
#include <config.h>

#include "ranks/certified.h"

#include "ranks/renumber.h"

/* BACK_SHARE: (share of the search backwards) / (share forwards that follows). Backwards alone finds deaths, and it
 * touches half as many links an object. SIDE_LINKS: how many sources of each object a walk visits besides, once
 * shares forwards are longer than LONG_SLICE. PATH_BITS: the least room for a path of one is 2^-PATH_BITS of the
 * common gap. */
enum { PROBES = 8, SIDE_LINKS = 2, FIRST_SLICE = 16, LONG_SLICE = 64, BACK_SHARE = 4, PATH_BITS = 20 };

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
  xlgc__list_append(&repair->graph->objects, &repair->seen, index);
}

/* A source was seen whose rank may yet become small enough. */
static void note_lowest(xlgc__repair *repair, uint32_t index) {
  if (!repair->back.lowest || at(repair, index)->rank < at(repair, repair->back.lowest)->rank)
    repair->back.lowest = index;
}

/* The search is over: what it marked is unmarked, one a unit, then its outcome is carried out. */
static void end_search(xlgc__repair *repair, xlgc__repair_outcome outcome) {
  repair->outcome = outcome;
  /* An object that was merged, and whose sources were just being visited. */
  if (repair->front.object && repair->front.side == XLGC__SEARCH_SOURCES &&
      !at(repair, repair->front.object)->supporter)
    xlgc__graph_break(repair->graph, repair->front.object);
  repair->front.queue = repair->front.object = 0;
  repair->phase = outcome == XLGC__DIED ? XLGC__REPAIR_UNSUSPECT : XLGC__REPAIR_UNSEE;
}

static void end_with_path(xlgc__repair *repair, uint32_t source, uint32_t hop) {
  if (repair->merge.merged) repair->merge.singles = repair->merge.merged;
  repair->path.source = source;
  repair->path.next = hop;
  end_search(repair, XLGC__FOUND_PATH);
}

static void unsee_one(xlgc__repair *repair) {
  uint32_t index = xlgc__list_take(&repair->graph->objects, &repair->seen);
  if (index) {
    at(repair, index)->flags &= (uint16_t)~XLGC__SEEN;
    return;
  }
  repair->suspects.at = repair->suspects.first;
  repair->phase = repair->outcome == XLGC__CUT_OFF ? XLGC__REPAIR_REATTACH : XLGC__REPAIR_UNSUSPECT;
  if (repair->outcome == XLGC__CUT_OFF) xlgc__dst_cursor_start(&repair->front.links);
}

/* Raises a suspect above its supporter, which has been raised before. Suspects that were found later rank high
 * enough. A merged object may have ranked high enough, and then not all that depends on it has to be known. */
static void raise(xlgc__repair *repair, uint32_t index) {
  xlgc__object *object = at(repair, index);
  if (!object->supporter) {
    if (object->rank < repair->rank) object->rank = repair->rank;
    return;
  }
  uint64_t below = at(repair, object->supporter)->rank;
  uint64_t above = repair->raise.step ? below + repair->raise.step : xlgc__graph_above(repair->graph, below);
  bool low = object->rank <= below || (!repair->merge.merged && object->rank < above);
  if (low && object->rank < repair->raise.room) object->rank = above;
}

static void unsuspect_one(xlgc__repair *repair) {
  uint32_t index = repair->suspects.first;
  if (index) {
    xlgc__object *object = at(repair, index);
    object->flags &= (uint16_t)~XLGC__SUSPECT;
    repair->suspects.first = object->heap[0];
    if (repair->outcome != XLGC__FOUND_PATH) return;
    if (repair->raise.wanted) raise(repair, index);
    /* It was merged, and waits for a repair of its own, unless the path leads to it. */
    if (!object->supporter && index != repair->object) xlgc__graph_break(repair->graph, index);
    return;
  }
  repair->suspects.last = 0;
  if (repair->outcome == XLGC__DIED) {
    xlgc__state_reclaim(repair, &repair->seen);
  } else if (repair->outcome == XLGC__FOUND_PATH) {
    repair->phase = XLGC__REPAIR_MEASURE;
    repair->path.length = 0;
    repair->path.at = repair->path.next;
  } else {
    repair->phase = XLGC__REPAIR_IDLE;
  }
}

/* -------------------------------------------------------------------- probe */

bool xlgc__certified_start(xlgc__repair *repair) {
  xlgc__graph *graph = repair->graph;
  /* No rank is below 0, not even for a root. So the searches never come to see a root, which may be on another list. */
  if (graph->broken && at(repair, graph->broken)->rank == 0) graph->renumber = true;
  if (graph->renumber) {
    xlgc__renumber_start(repair);
    return true;
  }
  repair->object = xlgc__graph_pop(graph, &graph->broken);
  if (!repair->object) return false;
  graph->repairs++;
  at(repair, repair->object)->flags &= (uint16_t)~XLGC__BROKEN;
  repair->rank = at(repair, repair->object)->rank;
  repair->back.lowest = 0;
  repair->back.probes = 0;
  see(repair, repair->object, 0);
  xlgc__dst_cursor_start(&repair->back.links);
  repair->phase = XLGC__REPAIR_PROBE;
  return true;
}

/* Of the sources that were probed, the one of the least rank that is no suspect. */
static void choose_lowest(xlgc__repair *repair) {
  uint32_t index = at(repair, repair->seen.first)->next;
  repair->back.lowest = 0;
  for (unsigned i = 0; i < repair->back.probes && index; i++, index = at(repair, index)->next)
    if (!(at(repair, index)->flags & XLGC__SUSPECT)) note_lowest(repair, index);
}

/* The next part forwards: what this one supports. */
static void suspect(xlgc__repair *repair, uint32_t index) {
  xlgc__state_suspect(repair, index);
  repair->suspects.count++;
  if (index == repair->back.lowest) choose_lowest(repair);
  repair->front.object = at(repair, index)->flags & XLGC__SUPPORTS ? index : 0;
  repair->front.side = XLGC__SEARCH_TARGETS;
  xlgc__dst_cursor_start(&repair->front.links);
}

/* Forwards goes first, as far as is needed for the object alone. */
static void start_search(xlgc__repair *repair) {
  repair->phase = XLGC__REPAIR_FIRST;
  repair->back.object = repair->object;
  repair->back.walk = repair->back.side_links = 0;
  repair->front.queue = 0;
  repair->suspects.first = repair->suspects.last = 0;
  repair->suspects.count = 0;
  repair->raise.wanted = false;
  repair->merge.merged = 0;
  repair->merge.allowed = repair->merge.singles == 0;
  if (!repair->merge.allowed) repair->merge.singles--;
  repair->slice = FIRST_SLICE;
  repair->left = PROBES + 2;
  suspect(repair, repair->object);
}

static void probe_one(xlgc__repair *repair) {
  xlgc__graph *graph = repair->graph;
  const xlgc__link *link = xlgc__graph_next(graph, &repair->back.links, XLGC__IN, repair->object);
  if (!link) {
    if (repair->seen.first == repair->seen.last)
      end_search(repair, XLGC__DIED);
    else
      start_search(repair);
    return;
  }
  uint32_t source = link->end[0];
  if (source == repair->object || xlgc__graph_is_pending(graph, source)) return;
  if (xlgc__graph_supports(graph, source, repair->rank)) {
    xlgc__graph_attach(graph, repair->object, source, repair->rank);
    end_search(repair, XLGC__FOUND_DIRECT);
    return;
  }
  see(repair, source, repair->object);
  note_lowest(repair, source);
  if (++repair->back.probes == PROBES) start_search(repair);
}

/* ------------------------------------------------------------------ shares */

/* A unit of a search is done. At the end of its share the other search goes on. */
static void end_unit(xlgc__repair *repair) {
  bool searches = repair->phase >= XLGC__REPAIR_FIRST && repair->phase <= XLGC__REPAIR_FORWARDS;
  if (--repair->left || !searches) return;
  if (repair->phase == XLGC__REPAIR_BACKWARDS) {
    repair->phase = XLGC__REPAIR_FORWARDS;
    repair->left = repair->slice;
    repair->slice *= 2;
    return;
  }
  repair->graph->searches += repair->phase == XLGC__REPAIR_FIRST;
  repair->phase = XLGC__REPAIR_BACKWARDS;
  repair->left = BACK_SHARE * repair->slice;
}

/* --------------------------------------------------------- search backwards */

/* Visits a source of `hop`. Returns whether it is new. */
static bool visit_source(xlgc__repair *repair, uint32_t source, uint32_t hop) {
  const xlgc__object *object = at(repair, source);
  if (object->flags & XLGC__SEEN) return false;
  if (object->flags & XLGC__SUSPECT) {
    see(repair, source, hop);
    return true;
  }
  if (xlgc__graph_supports(repair->graph, source, repair->rank)) {
    end_with_path(repair, source, hop);
    return false;
  }
  see(repair, source, hop);
  note_lowest(repair, source);
  return true;
}

/* Along supporters, which lead to a root, or to the object itself: then the suspects are met. On a long way a few
 * other sources of each object are visited too: a long chain may have its link from a root anywhere. */
static void walk_one(xlgc__repair *repair) {
  uint32_t from = repair->back.walk, supporter = at(repair, from)->supporter;
  if (repair->back.side_links == 0) {
    bool met = at(repair, from)->flags & XLGC__SUSPECT;
    repair->back.walks_on = supporter && !met && !(at(repair, supporter)->flags & XLGC__SEEN);
    xlgc__dst_cursor_start(&repair->back.side);
  }
  if (repair->slice > LONG_SLICE && repair->back.walks_on && repair->back.side_links < SIDE_LINKS) {
    repair->back.side_links++;
    const xlgc__link *link = xlgc__graph_next(repair->graph, &repair->back.side, XLGC__IN, from);
    if (link) {
      if (!xlgc__graph_is_pending(repair->graph, link->end[0])) visit_source(repair, link->end[0], from);
      return;
    }
  }
  repair->back.walk = repair->back.side_links = 0;
  if (!repair->back.walks_on) return;
  if (!(at(repair, supporter)->flags & XLGC__SEEN)) {
    repair->graph->touched++;
    visit_source(repair, supporter, from);
  }
  repair->back.walk = supporter;
}

static void expand_one(xlgc__repair *repair) {
  const xlgc__link *link = xlgc__graph_next(repair->graph, &repair->back.links, XLGC__IN, repair->back.object);
  if (link) {
    uint32_t source = link->end[0];
    if (!xlgc__graph_is_pending(repair->graph, source) && visit_source(repair, source, repair->back.object) &&
        !repair->back.walk)
      repair->back.walk = source;
    return;
  }
  repair->back.object = at(repair, repair->back.object)->next;
  if (!repair->back.object) {
    end_search(repair, XLGC__DIED);
    return;
  }
  if (!repair->back.walk) repair->back.walk = repair->back.object;
  xlgc__dst_cursor_start(&repair->back.links);
}

static void backwards_one(xlgc__repair *repair) {
  if (repair->back.walk)
    walk_one(repair);
  else
    expand_one(repair);
  end_unit(repair);
}

/* ---------------------------------------------------------- search forwards */

/* How far can the suspects be raised? Up to where the queue begins; or, if that was all, above any other source.
 * Then the object gets a higher rank, below which to search, but none above the next broken object. Returns whether
 * the search ends. */
static bool meet(xlgc__repair *repair) {
  xlgc__graph *graph = repair->graph;
  uint64_t goal = XLGC__RANK_INFINITE, room = XLGC__RANK_INFINITE, step = 0;
  if (repair->front.queue) {
    room = at(repair, repair->front.queue)->rank;
    step = path_spacing(graph, repair->suspects.count + 1);
    goal = room / step > repair->suspects.count ? room - step * repair->suspects.count : 0;
  }
  if (graph->broken && at(repair, graph->broken)->rank < goal) goal = at(repair, graph->broken)->rank;
  if (goal == XLGC__RANK_INFINITE) {
    if (!repair->back.lowest || repair->merge.merged) return false;
    goal = xlgc__graph_above(graph, at(repair, repair->back.lowest)->rank);
  }
  if (goal <= repair->rank) return false;
  repair->rank = goal;
  repair->raise.wanted = true;
  repair->raise.step = step;
  repair->raise.room = room;
  if (!repair->back.lowest || at(repair, repair->back.lowest)->rank >= goal) return false;
  end_with_path(repair, repair->back.lowest, at(repair, repair->back.lowest)->hop);
  return true;
}

/* All that the object supports is known. Its other sources may depend on the next broken object. If all this were
 * attached there, the search for that object would be longer by as much. So that object is merged into this search,
 * as the next part forwards. Returns it, or 0. */
static uint32_t merge(xlgc__repair *repair) {
  uint32_t index = repair->merge.allowed ? xlgc__graph_pop(repair->graph, &repair->graph->broken) : 0;
  if (!index) return 0;
  at(repair, index)->flags &= (uint16_t)~XLGC__BROKEN;
  repair->merge.merged++;
  return index;
}

/* Goes on to the next object. Returns false when the search has ended, or its first share. */
static bool next_front(xlgc__repair *repair) {
  if (meet(repair)) return false;
  if (repair->phase == XLGC__REPAIR_FIRST) {
    repair->left = 1;
    return false;
  }
  repair->front.object = xlgc__graph_pop(repair->graph, &repair->front.queue);
  if (!repair->front.object) repair->front.object = merge(repair);
  if (!repair->front.object) {
    end_search(repair, XLGC__CUT_OFF);
    return false;
  }
  repair->front.side = XLGC__SEARCH_SOURCES;
  xlgc__dst_cursor_start(&repair->front.links);
  return true;
}

/* Visits the next source of the object: one of a smaller rank supports it again. Without one it is a suspect. */
static void front_source(xlgc__repair *repair) {
  xlgc__graph *graph = repair->graph;
  uint32_t index = repair->front.object;
  const xlgc__link *link = xlgc__graph_next(graph, &repair->front.links, XLGC__IN, index);
  if (!link) {
    suspect(repair, index);
    if (!at(repair, index)->supporter && !(at(repair, index)->flags & XLGC__SEEN)) see(repair, index, 0);
    return;
  }
  uint32_t source = link->end[0];
  uint64_t own = at(repair, index)->rank;
  if (source == index || at(repair, source)->flags & XLGC__SUSPECT) return;
  if (xlgc__graph_is_pending(graph, source) || !xlgc__graph_supports(graph, source, own)) return;
  xlgc__graph_attach(graph, index, source, own);
  repair->front.object = 0;
}

/* Visits the next target of a suspect: the objects that it supports are searched later, in the order of ranks. */
static void front_target(xlgc__repair *repair) {
  xlgc__graph *graph = repair->graph;
  uint32_t index = repair->front.object;
  const xlgc__link *link = xlgc__graph_next(graph, &repair->front.links, XLGC__OUT, index);
  if (!link) {
    repair->front.object = 0;
    return;
  }
  xlgc__object *target = at(repair, link->end[1]);
  if (target->supporter != index || target->flags & XLGC__SUSPECT) return;
  if (xlgc__object_is_root(target))
    target->supporter = 0;
  else
    xlgc__graph_push(graph, &repair->front.queue, link->end[1]);
}

static void forwards_one(xlgc__repair *repair) {
  if (repair->front.object || next_front(repair)) {
    if (repair->front.side == XLGC__SEARCH_SOURCES)
      front_source(repair);
    else
      front_target(repair);
  }
  end_unit(repair);
}

/* --------------------------------------------------------------------- path */

/* Counts the objects between the certified source and the object under repair. One that was seen before the object
 * was raised above it is certified too, and nearer. */
static void measure_one(xlgc__repair *repair) {
  const xlgc__object *object = at(repair, repair->path.at);
  if (object->hop) {
    repair->path.length++;
    if (object->rank < repair->rank) {
      repair->path.source = repair->path.at;
      repair->path.next = object->hop;
      repair->path.length = 0;
    }
    repair->path.at = object->hop;
    return;
  }
  if (repair->path.at != repair->object) {
    xlgc__graph_break(repair->graph, repair->object);
    repair->object = repair->path.at;
  }
  repair->phase = XLGC__REPAIR_CLIMB;
  repair->path.climbed = false;
}

/* The certified source becomes a part of the path, and its supporter replaces it. */
static void prolong(xlgc__repair *repair) {
  at(repair, repair->path.source)->hop = repair->path.next;
  repair->path.next = repair->path.source;
  repair->path.source = at(repair, repair->path.source)->supporter;
  repair->path.length++;
  repair->path.climbed = true;
  repair->graph->touched++;
}

/* What was climbed for is used in full, otherwise half is left for later. */
static void start_lowering(xlgc__repair *repair, uint64_t step) {
  repair->path.step = repair->path.climbed ? step : (step + 1) / 2;
  repair->path.at = repair->path.next;
  repair->phase = XLGC__REPAIR_LOWER;
}

/* Sees to it that the path fits below the object. While it would be too dense, the certified source becomes a part
 * of it and is replaced by its supporter. A root ends that, as its rank is free. The longer the path, the wider the
 * room it asks for, as in list labelling (Itai, Konheim, Rodeh 1981): a part that has been spread is not soon spread
 * again. */
static void climb_one(xlgc__repair *repair) {
  xlgc__graph *graph = repair->graph;
  uint64_t parts = repair->path.length + 1, wanted = parts * path_spacing(graph, parts);
  const xlgc__object *source = at(repair, repair->path.source);
  bool root = xlgc__object_is_root(source);
  uint64_t room = wanted < repair->rank ? wanted : parts;
  if (root && repair->rank - source->rank < room && room <= repair->rank)
    xlgc__graph_supports(graph, repair->path.source, repair->rank - room + 1);
  uint64_t gap = repair->rank - source->rank;
  if (gap < wanted && !root) {
    prolong(repair);
  } else if (gap < parts) {
    /* Ranks have come to their lower end. */
    graph->renumber = true;
    xlgc__graph_break(graph, repair->object);
    repair->phase = XLGC__REPAIR_IDLE;
  } else {
    start_lowering(repair, gap / parts);
  }
}

static void lower_one(xlgc__repair *repair) {
  uint32_t index = repair->path.at;
  uint64_t spread = repair->rank - repair->path.step * repair->path.length--, own = at(repair, index)->rank;
  xlgc__graph_attach(repair->graph, index, repair->path.source, spread < own ? spread : own);
  repair->path.source = index;
  repair->path.at = at(repair, index)->hop;
  if (index == repair->object) repair->phase = XLGC__REPAIR_IDLE;
}

/* ------------------------------------------------------------------ cut off */

/* Visits the next source of a suspect. One that is no suspect supports it again. */
static void reattach_one(xlgc__repair *repair) {
  xlgc__graph *graph = repair->graph;
  if (!repair->suspects.at) {
    repair->phase = XLGC__REPAIR_COLLECT;
    return;
  }
  xlgc__object *object = at(repair, repair->suspects.at);
  const xlgc__link *link = NULL;
  if (object->flags & XLGC__SUSPECT) {
    link = xlgc__graph_next(graph, &repair->front.links, XLGC__IN, repair->suspects.at);
    if (link && (at(repair, link->end[0])->flags & XLGC__SUSPECT || xlgc__graph_is_pending(graph, link->end[0])))
      return;
  }
  uint32_t index = repair->suspects.at;
  repair->suspects.at = object->heap[0];
  xlgc__dst_cursor_start(&repair->front.links);
  if (!link) return;
  xlgc__graph_attach(graph, index, link->end[0], xlgc__graph_above(graph, at(repair, link->end[0])->rank));
  xlgc__list_append(&graph->objects, &repair->handing_on, index);
  repair->front.object = 0;
  repair->phase = XLGC__REPAIR_FLOOD;
}

/* Hands new support on to suspects. `then`: the phase that follows. */
static void hand_on(xlgc__repair *repair, xlgc__repair_phase then) {
  xlgc__graph *graph = repair->graph;
  uint32_t index = repair->front.object;
  if (!index) {
    repair->front.object = xlgc__list_take(&graph->objects, &repair->handing_on);
    xlgc__dst_cursor_start(&repair->front.links);
    if (!repair->front.object) repair->phase = then;
    return;
  }
  const xlgc__link *link = xlgc__graph_next(graph, &repair->front.links, XLGC__OUT, index);
  if (!link) {
    repair->front.object = 0;
    return;
  }
  if (!(at(repair, link->end[1])->flags & XLGC__SUSPECT)) return;
  xlgc__graph_attach(graph, link->end[1], index, xlgc__graph_above(graph, at(repair, index)->rank));
  xlgc__list_append(&graph->objects, &repair->handing_on, link->end[1]);
}

static void flood_one(xlgc__repair *repair) { hand_on(repair, XLGC__REPAIR_REATTACH); }
static void flood_kept_one(xlgc__repair *repair) { hand_on(repair, XLGC__REPAIR_RESTORE); }

/* Lets a kept root hand support on. */
static void restore_one(xlgc__repair *repair) {
  repair->front.object = repair->kept;
  if (!repair->kept) {
    repair->phase = XLGC__REPAIR_WAIT;
    return;
  }
  repair->kept = at(repair, repair->kept)->next;
  xlgc__dst_cursor_start(&repair->front.links);
  repair->phase = XLGC__REPAIR_FLOOD_KEPT;
}

static void collect_one(xlgc__repair *repair) {
  uint32_t index = repair->suspects.first;
  if (!index) {
    repair->suspects.last = 0;
    xlgc__state_reclaim(repair, &repair->seen);
    return;
  }
  repair->suspects.first = at(repair, index)->heap[0];
  if (at(repair, index)->flags & XLGC__SUSPECT) xlgc__list_append(&repair->graph->objects, &repair->seen, index);
}

const xlgc__repair_part xlgc__certified_parts[XLGC__REPAIR_PHASES] = {
    [XLGC__REPAIR_COLLECT] = {"collect", collect_one},
    [XLGC__REPAIR_PROBE] = {"probe", probe_one},
    [XLGC__REPAIR_FIRST] = {"first", forwards_one},
    [XLGC__REPAIR_BACKWARDS] = {"backwards", backwards_one},
    [XLGC__REPAIR_FORWARDS] = {"forwards", forwards_one},
    [XLGC__REPAIR_UNSEE] = {"unsee", unsee_one},
    [XLGC__REPAIR_UNSUSPECT] = {"unsuspect", unsuspect_one},
    [XLGC__REPAIR_MEASURE] = {"measure", measure_one},
    [XLGC__REPAIR_CLIMB] = {"climb", climb_one},
    [XLGC__REPAIR_LOWER] = {"lower", lower_one},
    [XLGC__REPAIR_REATTACH] = {"reattach", reattach_one},
    [XLGC__REPAIR_FLOOD] = {"flood", flood_one},
    [XLGC__REPAIR_RESTORE] = {"restore", restore_one},
    [XLGC__REPAIR_FLOOD_KEPT] = {"flood kept", flood_kept_one},
    [XLGC__REPAIR_GATHER] = {"gather", xlgc__renumber_gather},
    [XLGC__REPAIR_ASSIGN] = {"assign", xlgc__renumber_assign},
    [XLGC__REPAIR_RETURN] = {"return", xlgc__renumber_return},
};
