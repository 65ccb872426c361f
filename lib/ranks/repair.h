/* The state of a repair, which the two settings and what is around them share (rank.h). */
#ifndef XLGC_REPAIR_H
#define XLGC_REPAIR_H

#include "ranks/reclaim.h"

typedef enum xlgc__repair_phase {
  XLGC__REPAIR_IDLE,
  XLGC__REPAIR_RECLAIM,
  XLGC__REPAIR_COLLECT, /* suspects that nothing supports become the set to condemn */
  /* certified */
  XLGC__REPAIR_PROBE,
  XLGC__REPAIR_SEARCH,
  XLGC__REPAIR_UNSEE,
  XLGC__REPAIR_UNSUSPECT,
  XLGC__REPAIR_MEASURE,
  XLGC__REPAIR_CLIMB,
  XLGC__REPAIR_LOWER,
  XLGC__REPAIR_REATTACH,
  XLGC__REPAIR_FLOOD,
  XLGC__REPAIR_RESTORE,
  XLGC__REPAIR_GATHER,
  XLGC__REPAIR_ASSIGN,
  XLGC__REPAIR_RETURN,
  /* exact */
  XLGC__REPAIR_AFFECTED,
  XLGC__REPAIR_SEED,
  XLGC__REPAIR_RESET
} xlgc__repair_phase;

/* How a search for a certified holder ended. */
typedef enum xlgc__repair_outcome {
  XLGC__FOUND_DIRECT, /* the object has a supporter again */
  XLGC__FOUND_PATH,   /* a chain of holders from a certified one, or that holder alone */
  XLGC__DIED,         /* there is none */
  XLGC__CUT_OFF       /* all that the object supported is known, and who lost its support */
} xlgc__repair_outcome;

typedef struct xlgc__repair {
  xlgc__graph *graph;
  xlgc__reclaim reclaim;
  xlgc__repair_phase phase;
  xlgc__repair_outcome outcome;
  uint32_t object; /* under repair */
  uint64_t rank;   /* its rank, or that to which it is going to be raised */
  xlgc__dst_cursor back, side, front;
  /* The search backwards: objects seen, in order; where it stands; the end of the path it found. Exact: suspects. */
  xlgc__list seen;
  uint32_t back_object, walk, hit, hit_at;
  uint32_t lowest; /* of those seen that are no suspects: one of the least rank, or nearly */
  unsigned probes, side_looks;
  bool walk_on; /* the walk goes on to the supporter, which it came upon first */
  /* The search forwards: a queue by rank, the object being looked at, those that lost their support (through
   * `heap`). */
  uint32_t front_queue, front_object, suspects, suspects_last, suspect;
  uint64_t suspect_count;
  /* Broken objects that joined the search, if they may. Where a path was found for one of several, as many searches are
   * each for one object alone: so what the others' part cost is spent once more at most. */
  bool may_merge;
  uint64_t merged, singles;
  /* Suspects with a rank below the room are to be raised, each so much above its supporter (0: by the common gap). */
  bool raises;
  uint64_t raise_step, raise_room;
  /* After the answers: suspects are those who may go; the kept one from which support is handed on next. */
  bool propagating, committed;
  uint32_t restore;
  xlgc__repair_phase after_flood;
  bool front_out, was_lowered;
  /* The two take turns. */
  bool backwards, first_turn;
  uint64_t slice, turn;
  /* A path, and what has been given support that it hands on. */
  uint64_t path_length, path_step;
  bool climbed;
  uint32_t path_at;
  xlgc__list raised;
  /* Renumbering. */
  uint64_t sweep, last_rank, next_rank, step;
  uint32_t all;
} xlgc__repair;

/* The parts: one unit each. _start takes up the next broken object, or returns false. */
bool xlgc__certified_start(xlgc__repair *repair);
void xlgc__certified_step(xlgc__repair *repair);
bool xlgc__exact_start(xlgc__repair *repair);
void xlgc__exact_step(xlgc__repair *repair);

/* Chains an object that is in no queue to the suspects, through `heap`. */
void xlgc__repair_suspect(xlgc__repair *repair, uint32_t index);
/* Goes on to condemn the objects on a list, which is then empty; to the next repair when it is empty already. */
void xlgc__repair_reclaim(xlgc__repair *repair, xlgc__list *set);

#endif
