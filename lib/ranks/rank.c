#include <config.h>

#include "ranks/rank.h"

void xlgc__rank_init(xlgc__rank *rank, xlgc__graph *graph) {
  *rank = (xlgc__rank){.graph = graph, .phase = XLGC__RANK_IDLE};
  xlgc__condemn_init(&rank->condemn, graph);
}

void xlgc__rank_doubt(xlgc__rank *rank, uint32_t index) {
  xlgc__object *object = xlgc__graph_object(rank->graph, index);
  object->flags = (uint16_t)((object->flags & ~XLGC__SHADOW) | XLGC__SUSPECT);
  if (rank->graph->exact)
    xlgc__list_append(rank->graph, &rank->seen, index);
  else
    xlgc__rank_suspect(rank, index);
}

void xlgc__rank_settle(xlgc__rank *rank, uint32_t kept) {
  rank->settling = true;
  rank->sentenced = false;
  rank->front_object = 0;
  rank->restore = kept;
  rank->phase = rank->graph->exact ? XLGC__RANK_RESET : XLGC__RANK_RESTORE;
}

void xlgc__rank_spare(xlgc__rank *rank, uint32_t index) {
  /* Exact: it is among the lowered, as it has become a root. */
  rank->front_object = rank->graph->exact ? 0 : index;
  xlgc__dst_cursor_start(&rank->front);
  rank->restore = 0;
  rank->after_flood = XLGC__RANK_RESTORE;
  rank->phase = rank->graph->exact ? XLGC__RANK_RESET : XLGC__RANK_FLOOD;
}

bool xlgc__rank_step(xlgc__rank *rank, int64_t *budget) {
  bool exact = rank->graph->exact, sweeping = xlgc__rank_sweeps(rank);
  for (; *budget > 0; --*budget) {
    if (xlgc__rank_sweeps(rank) != sweeping) return false;
    if (rank->settling && !rank->sentenced && rank->phase == XLGC__RANK_COLLECT) return true;
    if (rank->phase == XLGC__RANK_CONDEMN) {
      if (xlgc__condemn_step(&rank->condemn)) rank->phase = XLGC__RANK_IDLE;
    } else if (rank->phase == XLGC__RANK_IDLE) {
      rank->settling = rank->graph->shadowed = false;
      if (!(exact ? xlgc__exact_start(rank) : xlgc__certify_start(rank))) return true;
    } else if (exact) {
      xlgc__exact_step(rank);
    } else {
      xlgc__certify_step(rank);
    }
  }
  return false;
}
