#include <config.h>

#include "ranks/sort.h"

enum { DIGIT_BITS = 8, DIGIT_MASK = 255 };

static uint32_t *next(xlgc__graph *graph, uint32_t index) { return &xlgc__graph_object(graph, index)->heap[1]; }

void xlgc__sort_begin(xlgc__sort *sort) {
  sort->first = sort->last = sort->differ = 0;
  sort->shift = 0;
  sort->used[0] = sort->used[1] = sort->used[2] = sort->used[3] = 0;
}

void xlgc__sort_add(xlgc__sort *sort, xlgc__graph *graph, uint32_t index) {
  *next(graph, index) = 0;
  if (sort->last) {
    *next(graph, sort->last) = index;
    sort->differ |= index ^ sort->first;
  } else {
    sort->first = index;
  }
  sort->last = index;
}

/* Joins the lists of the digits again. */
static void end_pass(xlgc__sort *sort, xlgc__graph *graph) {
  for (unsigned word = 0; word < 4; word++) {
    for (uint64_t left = sort->used[word]; left; left &= left - 1) {
      unsigned digit = word * 64 + (unsigned)__builtin_ctzll(left);
      if (sort->last)
        *next(graph, sort->last) = sort->head[digit];
      else
        sort->first = sort->head[digit];
      sort->last = sort->tail[digit];
    }
    sort->used[word] = 0;
  }
  sort->differ &= ~((uint32_t)DIGIT_MASK << sort->shift);
}

bool xlgc__sort_step(xlgc__sort *sort, xlgc__graph *graph) {
  if (!sort->differ) return true;
  while (!(sort->differ >> sort->shift & DIGIT_MASK))
    sort->shift += DIGIT_BITS;
  uint32_t index = sort->first;
  sort->first = *next(graph, index);
  *next(graph, index) = 0;
  unsigned digit = index >> sort->shift & DIGIT_MASK;
  uint64_t mark = UINT64_C(1) << (digit & 63);
  if (sort->used[digit >> 6] & mark)
    *next(graph, sort->tail[digit]) = index;
  else
    sort->head[digit] = index;
  sort->used[digit >> 6] |= mark;
  sort->tail[digit] = index;
  sort->last = 0;
  if (!sort->first) end_pass(sort, graph);
  return !sort->differ;
}
