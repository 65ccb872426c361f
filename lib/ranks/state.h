/* The state of a repair, which the two settings and renumbering share. */
#ifndef XLGC_STATE_H
#define XLGC_STATE_H

#include "ranks/reclaim.h"

typedef enum xlgc__repair_phase {
  XLGC__REPAIR_IDLE,
  XLGC__REPAIR_RECLAIM, /* a set that died is reclaimed */
  XLGC__REPAIR_COLLECT, /* suspects that nothing supports become the set to reclaim */
  XLGC__REPAIR_WAIT,    /* support was handed on from kept objects; goes on with xlgc__repair_commit */
  /* certified */
  XLGC__REPAIR_PROBE,
  XLGC__REPAIR_FIRST,     /* forwards, for the object alone */
  XLGC__REPAIR_BACKWARDS, /* this and the next alternate */
  XLGC__REPAIR_FORWARDS,
  XLGC__REPAIR_UNSEE,
  XLGC__REPAIR_UNSUSPECT,
  XLGC__REPAIR_MEASURE,
  XLGC__REPAIR_CLIMB,
  XLGC__REPAIR_LOWER,
  XLGC__REPAIR_REATTACH,
  XLGC__REPAIR_FLOOD, /* from a suspect that was attached again */
  XLGC__REPAIR_RESTORE,
  XLGC__REPAIR_FLOOD_KEPT, /* from an object that is kept */
  /* certified: renumbering */
  XLGC__REPAIR_GATHER,
  XLGC__REPAIR_ASSIGN,
  XLGC__REPAIR_RETURN,
  /* exact */
  XLGC__REPAIR_AFFECTED, /* the next broken object */
  XLGC__REPAIR_AFFECTED_SOURCES,
  XLGC__REPAIR_AFFECTED_TARGETS,
  XLGC__REPAIR_SEED,
  XLGC__REPAIR_RESET,
  XLGC__REPAIR_PHASES
} xlgc__repair_phase;

/* How a search for a certified source ended. */
typedef enum xlgc__repair_outcome {
  XLGC__FOUND_DIRECT, /* the object has a supporter again */
  XLGC__FOUND_PATH,   /* a chain of sources from a certified one, or that source alone */
  XLGC__DIED,         /* there is none */
  XLGC__CUT_OFF       /* all that the object supported is known, and what of it lost its support */
} xlgc__repair_outcome;

/* Which links of the object that the search forwards has come to are visited: those to it, then its own. */
typedef enum xlgc__search_side { XLGC__SEARCH_SOURCES, XLGC__SEARCH_TARGETS } xlgc__search_side;

typedef struct xlgc__repair {
  xlgc__graph *graph;
  xlgc__reclaim reclaim;
  xlgc__repair_phase phase;
  xlgc__repair_outcome outcome;
  bool final;      /* all pending objects have answered: what is reclaimed dies */
  uint32_t object; /* under repair */
  uint64_t rank;   /* its rank, or that to which it is going to be raised */
  /* Objects seen by the search backwards, in order. Exact: suspects. */
  xlgc__list seen;
  /* The search backwards. */
  struct {
    uint32_t object; /* whose sources are visited */
    xlgc__dst_cursor links, side;
    uint32_t walk;   /* where a walk along supporters stands, or 0 */
    bool walks_on;   /* the walk goes on to the supporter, which it saw first */
    uint32_t lowest; /* of those seen that are no suspects: one of the least rank, or nearly */
    unsigned probes, side_links;
  } back;
  /* The search forwards: a queue by rank, and the object that it has come to. */
  struct {
    uint32_t queue, object;
    xlgc__search_side side;
    xlgc__dst_cursor links;
  } front;
  uint64_t slice, left; /* units of the present share forwards; units left of this share */
  /* Objects that lost their support, through `heap[0]`; where a walk over them stands. */
  struct {
    uint32_t first, last, at;
    uint64_t count;
  } suspects;
  /* Broken objects that were merged into the search, if they may be. After a path was found for one of several, as
   * many searches are made for single objects. So the cost of the others' part is spent at most once more. */
  struct {
    bool allowed;
    uint64_t merged, singles;
  } merge;
  /* Suspects with a rank below the room are to be raised, each so much above its supporter (0: by the common gap). */
  struct {
    bool wanted;
    uint64_t step, room;
  } raise;
  /* A path from a certified source to the object: its first part, and how far its ranks are spread. */
  struct {
    uint32_t source, next, at;
    uint64_t length, step;
    bool climbed;
  } path;
  uint32_t kept;         /* the next kept object from which support is handed on */
  xlgc__list handing_on; /* objects that were given support and hand it on. Exact: the set to reclaim */
  bool was_lowered;      /* exact: the object that the search has come to was in the queue `lowered` */
  /* Renumbering: the slot, the queue of all objects, the ranks as they were and as they are given. */
  struct {
    uint64_t slot, last_rank, next_rank, step;
    uint32_t all;
  } renumber;
} xlgc__repair;

/* One phase of a setting's: a step is one unit. */
typedef struct xlgc__repair_part {
  const char *name;
  void (*step)(xlgc__repair *repair);
} xlgc__repair_part;

/* Chains an object that is in no queue to the suspects. */
void xlgc__state_suspect(xlgc__repair *repair, uint32_t index);
/* Goes on to reclaim the objects on a list, which is then empty; to the next repair when it is empty already. */
void xlgc__state_reclaim(xlgc__repair *repair, xlgc__list *set);

#endif
