/* The link table of the library by itself, called as lib/ranks/graph.c calls it: a look-up, and an insert where it found
 * nothing; and looked ahead in as lib/rounds/prefetch.c does. The roots of the trees are in objects' records, in segments, as
 * they are there.
 *
 * Compiled once as it is, to be timed, and once by floor_traced.c, which notes what memory it touches. */
#ifndef TABLE_OWN_H
#define TABLE_OWN_H

#include "table/link.h"
#include "table/object.h"
#include "rounds/prefetch.h"

#include "table.h"

/* From here on, what is touched belongs to the search by this end. */
#ifndef TABLE_SIDE
#define TABLE_SIDE(side) ((void)(side))
#endif

typedef struct own_table {
  xlgc__memory mem;
  xlgc__links links;
  xlgc__segments objects;
  bool singly; /* it does not look ahead */
} own_table;

/* allocator: as in xlgc_config. */
own_table *own_table_create(const xlgc_allocator *allocator, uint32_t objects);
void own_table_destroy(own_table *table);
void own_table_make_room(xlgc__segments *segments);

static inline xlgc__object *own_object(const own_table *table, uint32_t index, unsigned side) {
  TABLE_SIDE(side);
  return xlgc__segments_at_sized(&table->objects, index, sizeof(xlgc__object));
}

static inline uint32_t *own_slot(const own_table *table, xlgc__object *holder, uint32_t target) {
  TABLE_SIDE(XLGC__OUT);
  return xlgc__link_slot(&table->links, &holder->tree[XLGC__OUT], target);
}

static inline void own_add(own_table *table, const pair *pair) {
  uint32_t source = pair->end[0], target = pair->end[1];
  xlgc__object *holder = own_object(table, source, XLGC__OUT), *held = own_object(table, target, XLGC__IN);
  uint32_t *slot = own_slot(table, holder, target);
  if (*slot) {
    xlgc__link_at(&table->links, *slot)->count++;
    return;
  }
  if (XLGC__UNLIKELY(!table->links.records.room)) own_table_make_room(&table->links.records);
  xlgc__link_insert(&table->links, slot, source, target, &held->tree[XLGC__IN]);
}

static inline void own_drop(own_table *table, const pair *pair) {
  uint32_t source = pair->end[0], target = pair->end[1];
  xlgc__object *holder = own_object(table, source, XLGC__OUT), *held = own_object(table, target, XLGC__IN);
  uint32_t *slot = own_slot(table, holder, target);
  if (!*slot || --xlgc__link_at(&table->links, *slot)->count) return;
  xlgc__link_remove(&table->links, slot, &held->tree[XLGC__IN]);
}

/* Looks at links that come next together, before the first of them is entered, looked up (in one tree) or taken out.
 * Returns how many that are. */
uint64_t own_ask(const own_table *table, const pair *pairs, uint64_t count, unsigned trees, bool takes);

/* The link's count. */
static inline uint32_t own_find(const own_table *table, const pair *pair) {
  uint32_t link = *own_slot(table, own_object(table, pair->end[0], XLGC__OUT), pair->end[1]);
  return link ? xlgc__link_at(&table->links, link)->count : 0;
}

#endif
