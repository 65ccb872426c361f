#include <config.h>

#include "ranks/retained.h"

#include "table/list.h"

/* The end of a chain through `hop`, in which 0 is no member. */
#define END UINT32_MAX

typedef struct retained {
  const xlgc__graph *graph;
  uint32_t start;
  xlgc__list trial; /* without the start */
  uint32_t rescued; /* the last of those that stay, which are chained through `hop`; 0: none */
  uint64_t left;    /* of the budget */
  uint64_t looked;  /* links */
  bool is_partial;
} retained;

static xlgc__object *at(const retained *retained, uint32_t index) { return xlgc__graph_object(retained->graph, index); }

/* The next link of a walk, or NULL; also, once, when the budget has ended. */
static const xlgc__link *next_link(retained *retained, xlgc__dst_cursor *cursor, unsigned side, uint32_t index) {
  const xlgc__links *links = &retained->graph->links;
  uint32_t link = xlgc__link_next(links, cursor, side, at(retained, index)->top[side]);
  if (!link) return NULL;
  retained->looked++;
  return xlgc__link_at(links, link);
}

/* Takes a link from the budget. Returns false when there is nothing left of it. */
static bool pays(retained *retained) {
  if (retained->left) {
    retained->left--;
    return true;
  }
  retained->is_partial = true;
  return false;
}

static bool is_on_trial(const retained *retained, uint32_t index) { return at(retained, index)->flags & XLGC__SEEN; }

/* Roots hold themselves. They may be on a list. */
static void put_on_trial(retained *retained, uint32_t index) {
  xlgc__object *object = at(retained, index);
  if (object->flags & XLGC__SEEN || xlgc__object_is_root(object)) return;
  object->flags |= XLGC__SEEN;
  object->hop = 0;
  xlgc__list_append(&retained->graph->objects, &retained->trial, index);
}

/* All that an object holds is on trial with it. Returns false when the budget has ended before that. */
static bool try_targets(retained *retained, uint32_t index) {
  xlgc__dst_cursor cursor;
  xlgc__dst_cursor_start(&cursor);
  for (const xlgc__link *link; (link = next_link(retained, &cursor, XLGC__OUT, index)) != NULL;) {
    if (!pays(retained)) return false;
    put_on_trial(retained, link->end[1]);
  }
  return true;
}

/* From `first` on, all are off trial. before: the last one that stays, or 0. */
static void leave_out(retained *retained, uint32_t before, uint32_t first) {
  for (uint32_t index = first; index; index = at(retained, index)->next)
    at(retained, index)->flags &= (uint16_t)~XLGC__SEEN;
  if (before)
    at(retained, before)->next = 0;
  else
    retained->trial.first = 0;
  retained->trial.last = before;
}

static void gather(retained *retained) {
  at(retained, retained->start)->flags |= XLGC__SEEN;
  bool fits = try_targets(retained, retained->start);
  uint32_t before = 0, index = retained->trial.first;
  while (fits && index && (fits = try_targets(retained, index))) {
    before = index;
    index = at(retained, index)->next;
  }
  if (!fits) leave_out(retained, before, index);
}

static void rescue(retained *retained, uint32_t index) {
  at(retained, index)->hop = END;
  if (retained->rescued) at(retained, retained->rescued)->hop = index;
  retained->rescued = index;
}

/* Does an object that is not on trial hold this one? The links from those that are were paid for. */
static bool is_held(retained *retained, uint32_t index) {
  xlgc__dst_cursor cursor;
  xlgc__dst_cursor_start(&cursor);
  for (const xlgc__link *link; (link = next_link(retained, &cursor, XLGC__IN, index)) != NULL;)
    if (!is_on_trial(retained, link->end[0])) return true;
  return false;
}

static void rescue_targets(retained *retained, uint32_t index) {
  xlgc__dst_cursor cursor;
  xlgc__dst_cursor_start(&cursor);
  for (const xlgc__link *link; (link = next_link(retained, &cursor, XLGC__OUT, index)) != NULL;) {
    uint32_t target = link->end[1];
    if (target != retained->start && is_on_trial(retained, target) && !at(retained, target)->hop)
      rescue(retained, target);
  }
}

/* Whatever is held from outside, and all that this reaches. The links of these were paid for as they were gathered. */
static void rescue_all(retained *retained) {
  for (uint32_t index = retained->trial.first; index; index = at(retained, index)->next) {
    if (at(retained, index)->hop || !is_held(retained, index)) continue;
    uint32_t first = index;
    rescue(retained, first);
    for (uint32_t one = first; one != END; one = at(retained, one)->hop)
      rescue_targets(retained, one);
  }
}

bool xlgc__retained_each(const xlgc__graph *graph, uint32_t start, uint64_t budget, uint64_t *looked,
                         void (*each)(void *data, uint32_t index), void *data) {
  retained retained = {.graph = graph, .start = start, .left = budget};
  gather(&retained);
  rescue_all(&retained);
  at(&retained, start)->flags &= (uint16_t)~XLGC__SEEN;
  each(data, start);
  for (uint32_t index = retained.trial.first; index; index = at(&retained, index)->next) {
    xlgc__object *object = at(&retained, index);
    object->flags &= (uint16_t)~XLGC__SEEN;
    if (!object->hop) each(data, index);
  }
  *looked = retained.looked;
  return !retained.is_partial;
}
