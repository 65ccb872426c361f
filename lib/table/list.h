/* Lists of objects through their field `next`. An object is on one list at a time; its flags say which. */
#ifndef XLGC_LIST_H
#define XLGC_LIST_H

#include "table/object.h"

typedef struct xlgc__list {
  uint32_t first, last;
} xlgc__list;

static inline void xlgc__list_append(const xlgc__objects *objects, xlgc__list *list, uint32_t index) {
  xlgc__object_at(objects, index)->next = 0;
  if (list->last)
    xlgc__object_at(objects, list->last)->next = index;
  else
    list->first = index;
  list->last = index;
}

static inline uint32_t xlgc__list_take(const xlgc__objects *objects, xlgc__list *list) {
  uint32_t index = list->first;
  if (!index) return 0;
  list->first = xlgc__object_at(objects, index)->next;
  if (!list->first) list->last = 0;
  return index;
}

/* Puts what is on another list, which is empty then, behind what is on this one. */
static inline void xlgc__list_join(const xlgc__objects *objects, xlgc__list *list, xlgc__list *other) {
  if (!other->first) return;
  if (list->last)
    xlgc__object_at(objects, list->last)->next = other->first;
  else
    list->first = other->first;
  list->last = other->last;
  *other = (xlgc__list){0, 0};
}

#endif
