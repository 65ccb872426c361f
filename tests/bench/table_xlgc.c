/* See table_own.h. */
#include <config.h>

#include "table_own.h"

#include "measure.h"

#include <stdlib.h>

void own_table_make_room(xlgc__segments *segments) {
  must(xlgc__segments_prepare(segments), "a segment");
  must_be(xlgc__segments_adopt(segments), "no spare segment");
}

own_table *own_table_create(const xlgc_allocator *allocator, uint32_t objects) {
  own_table *table = allocate(1, sizeof *table);
  xlgc__mem_init(&table->mem, allocator);
  xlgc__links_init(&table->links, &table->mem);
  xlgc__segments_init(&table->objects, &table->mem, sizeof(xlgc__object));
  for (uint32_t i = 1; i <= objects; i++) {
    if (!table->objects.room) own_table_make_room(&table->objects);
    must_be(xlgc__segments_take(&table->objects) == i, "objects are not numbered in a row");
    *own_object(table, i, XLGC__OUT) = (xlgc__object){0};
  }
  return table;
}

void own_table_destroy(own_table *table) {
  xlgc__links_destroy(&table->links);
  xlgc__segments_destroy(&table->objects);
  must_be(!table->mem.bytes, "the table keeps memory");
  free(table);
}

static void *create(uint32_t objects, uint64_t links) {
  (void)links;
  return own_table_create(&(xlgc_allocator){0}, objects);
}

static void *create_singly(uint32_t objects, uint64_t links) {
  own_table *table = create(objects, links);
  table->singly = true;
  return table;
}

static void destroy(void *data) { own_table_destroy(data); }

/* As lib/rounds/prefetch.c does for events. */
uint64_t own_ask(const own_table *table, const pair *pairs, uint64_t count, unsigned trees, bool takes) {
  xlgc__dst_walk walks[2 * XLGC__PREFETCH_GROUP];
  unsigned walk_count = 0;
  if (count > XLGC__PREFETCH_GROUP) count = XLGC__PREFETCH_GROUP;
  uint64_t bytes = table->objects.used * sizeof(xlgc__object) + table->links.records.used * sizeof(xlgc__link);
  if (table->singly || bytes < XLGC__PREFETCH_LEAST_BYTES) return count;
  for (uint64_t i = 0; i < count; i++)
    for (unsigned side = 0; side < trees; side++)
      XLGC__PREFETCH(own_object(table, pairs[i].end[side], side));
  for (uint64_t i = 0; i < count; i++)
    for (unsigned side = 0; side < trees; side++) {
      uint32_t root = own_object(table, pairs[i].end[side], side)->tree[side];
      walks[walk_count++] = xlgc__dst_walk_to(xlgc__link_shape(side), root, pairs[i].end[1 - side], takes);
    }
  xlgc__dst_ask(&table->links.records, walks, walk_count);
  return count;
}

static void add(void *data, const pair *pairs, uint64_t count) {
  for (uint64_t at = 0; at < count;)
    for (uint64_t end = at + own_ask(data, pairs + at, count - at, 2, false); at < end; at++)
      own_add(data, &pairs[at]);
}

static void drop(void *data, const pair *pairs, uint64_t count) {
  for (uint64_t at = 0; at < count;)
    for (uint64_t end = at + own_ask(data, pairs + at, count - at, 2, true); at < end; at++)
      own_drop(data, &pairs[at]);
}

static uint64_t find(void *data, const pair *pairs, uint64_t count) {
  uint64_t sum = 0;
  for (uint64_t at = 0; at < count;)
    for (uint64_t end = at + own_ask(data, pairs + at, count - at, 1, false); at < end; at++)
      sum += own_find(data, &pairs[at]);
  return sum;
}

static walk walk_over(void *data, unsigned side, const uint32_t *objects, uint64_t count) {
  const own_table *table = data;
  walk walk = {0};
  for (uint64_t i = 0; i < count; i++) {
    xlgc__dst_cursor cursor;
    xlgc__dst_cursor_start(&cursor);
    uint32_t tree = own_object(table, objects[i], side)->tree[side], link;
    while ((link = xlgc__link_next(&table->links, &cursor, side, tree))) {
      const xlgc__link *record = xlgc__link_at(&table->links, link);
      walk_by(&walk, record->end[1 - side], record->count);
    }
  }
  return walk;
}

static uint64_t records(void *data) { return ((const own_table *)data)->links.records.used; }

uint64_t table_xlgc_bytes(const void *data) {
  const own_table *table = data;
  uint64_t roots = table->objects.used * sizeof((xlgc__object *)NULL)->tree;
  return sizeof *table + table->links.records.bytes + table->links.places.bytes + roots;
}

const table_type table_xlgc = {"xlgc", 0, create, destroy, add, drop, find, walk_over, records};
const table_type table_singly = {"itself, singly", 0, create_singly, destroy, add, drop, find, walk_over, records};
