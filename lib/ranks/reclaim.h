/* Reclaims a set of objects that no root reaches; all sources of its members are members.
 *
 * The members become pending first if one of them has a kind with `orphaned`, can be looked up (weak.h), or is the
 * target of a pending object. Pending objects keep their links, support no object, and go on the list
 * `pending`. So at the end of a repair, `pending` and `dead` are all that no root reaches, whatever the order of the
 * sets was.
 *
 * Otherwise, and once all have been asked, the members' links are taken out, one a unit. A depth-first search does
 * that, which is at the same time Tarjan's (1972) for strongly connected components. It removes each link as it
 * meets it, so it needs no position inside a tree. Its stacks run through the records of the members, whose other
 * fields are no longer used.
 *
 * The next set are the targets outside that have no source any more and need not be asked: a tree of orphans takes
 * no repair but that of its first object. Other targets that a member supported are broken.
 *
 * Members may have an heir, to which their links go when they die. What such a member holds is not to die with it. So
 * of a set only those members go that no such member leads to, and a ring goes at one of its members: see the head of
 * reclaim.c.
 *
 *   (H1) what an object holds that leaves its links lives when it dies, but for what has died before
 *   (H2) of a set those members go that no member which leaves its links leads to, and of a ring that no other leads to
 *        the lowest slot of these
 *   (D2) `dead` lists sources before their targets; inside one cycle the lower slot comes first
 *
 * Two sets reclaimed one after the other keep D2: every source of a member is in the member's set or died before. */
#ifndef XLGC_RECLAIM_H
#define XLGC_RECLAIM_H

#include "ranks/sort.h"
#include "table/list.h"

typedef enum xlgc__reclaim_phase {
  XLGC__RECLAIM_MARK,
  XLGC__RECLAIM_LINE_UP,
  XLGC__RECLAIM_LINE_UP_BY_SLOT,
  XLGC__RECLAIM_BEGINNINGS,
  XLGC__RECLAIM_CHOOSE,
  XLGC__RECLAIM_SPARE,
  XLGC__RECLAIM_PEND,
  XLGC__RECLAIM_CUT_OFF,
  XLGC__RECLAIM_UNLINK,
  XLGC__RECLAIM_COMPONENT,
  XLGC__RECLAIM_SORT,
  XLGC__RECLAIM_ORDER,
  XLGC__RECLAIM_DONE
} xlgc__reclaim_phase;

typedef struct xlgc__reclaim {
  xlgc__graph *graph;
  xlgc__reclaim_phase phase;
  xlgc__list set, going; /* going: those members that are not spared */
  uint32_t cursor;       /* the member to mark or to start from next */
  bool must_ask, final;
  bool leaves; /* a member's links go to an heir */
  uint32_t
      beginnings;  /* such members that none before them in the order of slots leads to, the last first: `heap[1]` */
  uint32_t chosen; /* of these, the last that none at all leads to */
  /* The object at the end of the search's path, which goes back through `supporter`; or the pending object whose
   * links are taken next. */
  uint32_t current;
  xlgc__dst_cursor out; /* over that pending object's links */
  uint32_t stack;       /* members whose component is open, through `heap[0]` */
  uint32_t visits;
  xlgc__sort component; /* the one being finished */
  uint32_t order;       /* finished members, through `heap[1]` */
  xlgc__list followers; /* the next set, flagged already */
  xlgc__list dead;      /* out: to be notified, in this order */
  xlgc__list pending;   /* out: some of these are to be asked */
  xlgc__list heirlooms; /* out: kept, as pending objects hold them that would leave them to an heir */
  uint32_t places;      /* out: chain of place records of removed links */
} xlgc__reclaim;

void xlgc__reclaim_init(xlgc__reclaim *reclaim, xlgc__graph *graph);
/* Starts on a set. Its members are no roots and in no queue but `broken`. final: all that were to be asked have
 * answered. */
void xlgc__reclaim_begin(xlgc__reclaim *reclaim, xlgc__list set, bool final);
/* One unit. Returns true when the set is done. */
bool xlgc__reclaim_step(xlgc__reclaim *reclaim);

#endif
