/* Carries out a verdict: a set of objects that no root reaches, with all their holders in the set.
 *
 * If a member's kind wants to be asked, if a member can be looked up (weak.h), or if a shadow holds one, nobody dies
 * yet: the members become shadows, which keep their links and support nobody, and go on the list `pending`. So at the
 * end of a repair that list and `dead` are all that no root reaches, whatever the order of verdicts was.
 *
 * Otherwise, and once all have been asked, the members' links are taken out, one a unit, by a depth-first search that
 * is at the same time Tarjan's (1972) for strongly connected components: removing a link as it is looked at, it needs
 * no position inside a tree, and its stacks run through the records of the condemned, whose other fields have no more
 * use. Targets outside the set that nothing holds any more, and of which nobody is to be asked, are the next set: a tree
 * that dies takes no repair but its root's. Others that were supported from inside are broken.
 *
 *   (D2) `dead` lists holders before what they held; inside one cycle the lower slot comes first
 *
 * Two sets condemned one after the other keep D2: every holder of a member is in the member's set or died before. */
#ifndef XLGC_RECLAIM_H
#define XLGC_RECLAIM_H

#include "ranks/sort.h"
#include "table/list.h"

typedef enum xlgc__reclaim_phase {
  XLGC__RECLAIM_MARK,
  XLGC__RECLAIM_PEND,
  XLGC__RECLAIM_UNLINK,
  XLGC__RECLAIM_COMPONENT,
  XLGC__RECLAIM_SORT,
  XLGC__RECLAIM_ORDER,
  XLGC__RECLAIM_DONE
} xlgc__reclaim_phase;

typedef struct xlgc__reclaim {
  xlgc__graph *graph;
  xlgc__reclaim_phase phase;
  xlgc__list set;
  uint32_t cursor; /* the member to mark or to start from next */
  bool must_ask, final;
  uint32_t current; /* of the search's path, which goes on through `supporter`; or the shadow whose links are next */
  xlgc__dst_cursor out; /* over that shadow's links */
  uint32_t stack;       /* members whose component is open, through `heap[0]` */
  uint32_t visits;
  xlgc__sort component; /* the one being finished */
  uint32_t order;       /* finished members, through `heap[1]` */
  xlgc__list followers; /* the next set: condemned already */
  xlgc__list dead;      /* out: to be told, in this order */
  xlgc__list pending;   /* out: shadows, some of which are to be asked */
  uint32_t places;      /* out: chain of place records of removed links */
} xlgc__reclaim;

void xlgc__reclaim_init(xlgc__reclaim *reclaim, xlgc__graph *graph);
/* Starts on a set. Its members are no roots and in no queue but `broken`. final: nobody is to be asked any more. */
void xlgc__reclaim_begin(xlgc__reclaim *reclaim, xlgc__list set, bool final);
/* One unit. Returns true when the set is done. */
bool xlgc__reclaim_step(xlgc__reclaim *reclaim);

#endif
