#include <config.h>

#include "ranks/repair.h"

void xlgc__rank_condemn(xlgc__rank *rank, xlgc__list *set) {
  rank->phase = XLGC__RANK_IDLE;
  if (!set->first) return;
  xlgc__condemn_begin(&rank->condemn, *set, rank->settling);
  *set = (xlgc__list){0, 0};
  rank->phase = XLGC__RANK_CONDEMN;
}

void xlgc__rank_suspect(xlgc__rank *rank, uint32_t index) {
  xlgc__object *object = xlgc__graph_object(rank->graph, index);
  object->flags |= XLGC__SUSPECT;
  object->heap[0] = 0;
  if (rank->suspects_last)
    xlgc__graph_object(rank->graph, rank->suspects_last)->heap[0] = index;
  else
    rank->suspects = index;
  rank->suspects_last = index;
}
