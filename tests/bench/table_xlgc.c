/* The link table of the library by itself, called as lib/graph.c does: a look-up, and an insert where it found nothing.
 * The roots of the trees are in objects' records, in segments, as they are there. */
#include <config.h>

#include "lib/link.h"
#include "lib/object.h"

#include "measure.h"
#include "table.h"

#include <stdlib.h>

typedef struct table {
  xlgc__mem mem;
  xlgc__links links;
  xlgc__segments objects;
} table;

static xlgc__object *object_at(const table *table, uint32_t index) { return xlgc__segments_at(&table->objects, index); }

static void make_room(xlgc__segments *segments) {
  if (XLGC__LIKELY(segments->room)) return;
  must(xlgc__segments_prepare(segments), "a segment");
  must_be(xlgc__segments_adopt(segments), "no spare segment");
}

static void *create(uint32_t objects, uint64_t links) {
  (void)links;
  table *table = allocate(1, sizeof *table);
  xlgc__mem_init(&table->mem, &(xlgc_allocator){0});
  xlgc__links_init(&table->links, &table->mem);
  xlgc__segments_init(&table->objects, &table->mem, sizeof(xlgc__object));
  for (uint32_t i = 1; i <= objects; i++) {
    make_room(&table->objects);
    must_be(xlgc__segments_take(&table->objects) == i, "objects are not numbered in a row");
    *object_at(table, i) = (xlgc__object){0};
  }
  return table;
}

static void destroy(void *data) {
  table *table = data;
  xlgc__links_destroy(&table->links);
  xlgc__segments_destroy(&table->objects);
  must_be(!table->mem.bytes, "the table keeps memory");
  free(table);
}

static void add(void *data, const pair *pairs, uint64_t count) {
  table *table = data;
  for (const pair *pair = pairs; pair < pairs + count; pair++) {
    uint32_t source = pair->end[0], target = pair->end[1];
    xlgc__object *holder = object_at(table, source), *held = object_at(table, target);
    uint32_t link = xlgc__link_find(&table->links, holder->tree[XLGC__OUT], target);
    if (link) {
      xlgc__link_at(&table->links, link)->count++;
    } else {
      make_room(&table->links.records);
      xlgc__link_insert(&table->links, source, target, &holder->tree[XLGC__OUT], &held->tree[XLGC__IN]);
    }
  }
}

static void drop(void *data, const pair *pairs, uint64_t count) {
  table *table = data;
  for (const pair *pair = pairs; pair < pairs + count; pair++) {
    uint32_t source = pair->end[0], target = pair->end[1];
    xlgc__object *holder = object_at(table, source), *held = object_at(table, target);
    uint32_t link = xlgc__link_find(&table->links, holder->tree[XLGC__OUT], target);
    if (!link || --xlgc__link_at(&table->links, link)->count) continue;
    xlgc__link_remove(&table->links, link, &holder->tree[XLGC__OUT], &held->tree[XLGC__IN]);
  }
}

static uint64_t find(void *data, const pair *pairs, uint64_t count) {
  const table *table = data;
  uint64_t sum = 0;
  for (const pair *pair = pairs; pair < pairs + count; pair++) {
    uint32_t link = xlgc__link_find(&table->links, object_at(table, pair->end[0])->tree[XLGC__OUT], pair->end[1]);
    if (link) sum += xlgc__link_at(&table->links, link)->count;
  }
  return sum;
}

static walk walk_over(void *data, unsigned side, const uint32_t *objects, uint64_t count) {
  const table *table = data;
  walk walk = {0};
  for (uint64_t i = 0; i < count; i++) {
    xlgc__dst_cursor cursor;
    xlgc__dst_cursor_start(&cursor);
    uint32_t tree = object_at(table, objects[i])->tree[side], link;
    while ((link = xlgc__link_next(&table->links, &cursor, side, tree))) {
      const xlgc__link *record = xlgc__link_at(&table->links, link);
      walk_by(&walk, record->end[1 - side], record->count);
    }
  }
  return walk;
}

static uint64_t records(void *data) { return ((const table *)data)->links.records.used; }

const table_type table_xlgc = {"xlgc", 0, create, destroy, add, drop, find, walk_over, records};
