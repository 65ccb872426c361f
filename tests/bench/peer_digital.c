/* Two global binary digital search trees over the same records, one ordered by (source, target), the other by (target,
 * source). Each end's bits are mixed one to one, so that small numbers do not share their leading bits; all links of an
 * object are then below one path of 32 bits. The records are in one array that is large enough from the start. */
#include <config.h>

#include "measure.h"
#include "table.h"

#include <stdlib.h>

typedef struct record {
  uint32_t end[2];      /* source, target */
  uint32_t child[2][2]; /* by source, by target */
  uint32_t count;       /* of a free record: the next one */
} record;

typedef struct table {
  record *records; /* 0 is nobody */
  uint32_t root[2];
  uint32_t fresh, free, room;
  uint64_t used;
} table;

static void *create(uint32_t objects, uint64_t links) {
  (void)objects;
  table *table = allocate(1, sizeof *table);
  must_be(links < UINT32_MAX - 1, "too many links");
  table->room = (uint32_t)links + 1;
  table->records = allocate(table->room, sizeof *table->records);
  table->fresh = 1;
  return table;
}

static void destroy(void *data) {
  table *table = data;
  free(table->records);
  free(table);
}

static uint32_t mix(uint32_t key) {
  key *= UINT32_C(0x9E3779B1);
  return key ^ key >> 15;
}

static uint64_t key_of(const pair *pair, unsigned side) {
  return (uint64_t)mix(pair->end[side]) << 32 | mix(pair->end[1 - side]);
}

static int is_of(const record *record, const pair *pair) {
  return record->end[0] == pair->end[0] && record->end[1] == pair->end[1];
}

/* Where the link is, or would be entered. */
static uint32_t *slot_of(table *table, const pair *pair, unsigned side) {
  uint32_t *slot = &table->root[side];
  for (uint64_t key = key_of(pair, side); *slot && !is_of(&table->records[*slot], pair); key <<= 1)
    slot = &table->records[*slot].child[side][key >> 63];
  return slot;
}

static uint32_t new_record(table *table, const pair *pair) {
  uint32_t index = table->free;
  if (index) {
    table->free = table->records[index].count;
  } else {
    must_be(table->fresh < table->room, "the digital trees are full");
    index = table->fresh++;
  }
  table->records[index] = (record){.end = {pair->end[0], pair->end[1]}, .count = 1};
  table->used++;
  return index;
}

static void add(void *data, const pair *pairs, uint64_t count) {
  table *table = data;
  for (const pair *pair = pairs; pair < pairs + count; pair++) {
    uint32_t *slot = slot_of(table, pair, 0);
    if (*slot) {
      table->records[*slot].count++;
    } else {
      *slot = new_record(table, pair);
      *slot_of(table, pair, 1) = *slot;
    }
  }
}

/* Puts a leaf from below in its place. */
static void take_out(table *table, uint32_t *slot, unsigned side) {
  uint32_t *from = slot, node = *slot;
  for (;;) {
    uint32_t *child = table->records[*from].child[side];
    if (!child[0] && !child[1]) break;
    from = &child[child[1] != 0];
  }
  uint32_t leaf = *from;
  *from = 0;
  if (leaf == node) return;
  table->records[leaf].child[side][0] = table->records[node].child[side][0];
  table->records[leaf].child[side][1] = table->records[node].child[side][1];
  *slot = leaf;
}

static void drop(void *data, const pair *pairs, uint64_t count) {
  table *table = data;
  for (const pair *pair = pairs; pair < pairs + count; pair++) {
    uint32_t *slot = slot_of(table, pair, 0), index = *slot;
    if (!index || --table->records[index].count) continue;
    take_out(table, slot, 0);
    take_out(table, slot_of(table, pair, 1), 1);
    table->records[index].count = table->free;
    table->free = index;
    table->used--;
  }
}

static uint64_t find(void *data, const pair *pairs, uint64_t count) {
  table *table = data;
  uint64_t sum = 0;
  for (const pair *pair = pairs; pair < pairs + count; pair++)
    sum += table->records[*slot_of(table, pair, 0)].count;
  return sum;
}

/* All that is below; at most 32 deep. */
static void walk_below(const table *table, unsigned side, uint32_t node, walk *walk) {
  for (; node; node = table->records[node].child[side][1]) {
    const record *record = &table->records[node];
    walk_by(walk, record->end[1 - side], record->count);
    walk_below(table, side, record->child[side][0], walk);
  }
}

static walk walk_over(void *data, unsigned side, const uint32_t *objects, uint64_t count) {
  const table *table = data;
  walk walk = {0};
  for (uint64_t i = 0; i < count; i++) {
    uint32_t key = mix(objects[i]), node = table->root[side];
    for (unsigned depth = 0; node && depth < 32; depth++, key <<= 1) {
      const record *record = &table->records[node];
      if (record->end[side] == objects[i]) walk_by(&walk, record->end[1 - side], record->count);
      node = record->child[side][key >> 31];
    }
    walk_below(table, side, node, &walk);
  }
  return walk;
}

static uint64_t records(void *data) { return ((const table *)data)->used; }

const table_type peer_digital = {"digital trees x2", 12, create, destroy, add, drop, find, walk_over, records};
