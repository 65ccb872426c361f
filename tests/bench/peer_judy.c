/* Two Judy arrays: JudyL from (source, target) to the count, Judy1 of (target, source). A walk takes what follows the
 * object's number in the upper half of the index. */
#include <config.h>

#include "measure.h"
#include "table.h"

#include <Judy.h>
#include <stdlib.h>

_Static_assert(sizeof(Word_t) == 8, "two ends are one index");

typedef struct table {
  Pvoid_t counts; /* JudyL */
  Pvoid_t turned; /* Judy1 */
} table;

static void *create(uint32_t objects, uint64_t links) {
  (void)objects, (void)links;
  return allocate(1, sizeof(table));
}

static void destroy(void *data) {
  table *table = data;
  JudyLFreeArray(&table->counts, PJE0);
  Judy1FreeArray(&table->turned, PJE0);
  free(table);
}

static Word_t key_of(const pair *pair, unsigned side) { return (Word_t)pair->end[side] << 32 | pair->end[1 - side]; }

static void add(void *data, const pair *pairs, uint64_t count) {
  table *table = data;
  for (const pair *pair = pairs; pair < pairs + count; pair++) {
    PWord_t value = (PWord_t)JudyLIns(&table->counts, key_of(pair, 0), PJE0);
    must_be(value != PJERR, "JudyLIns: out of memory");
    if ((*value)++ == 0) must_be(Judy1Set(&table->turned, key_of(pair, 1), PJE0) == 1, "Judy1Set");
  }
}

static void drop(void *data, const pair *pairs, uint64_t count) {
  table *table = data;
  for (const pair *pair = pairs; pair < pairs + count; pair++) {
    PWord_t value = (PWord_t)JudyLGet(table->counts, key_of(pair, 0), PJE0);
    if (!value || --*value) continue;
    JudyLDel(&table->counts, key_of(pair, 0), PJE0);
    Judy1Unset(&table->turned, key_of(pair, 1), PJE0);
  }
}

static uint64_t find(void *data, const pair *pairs, uint64_t count) {
  const table *table = data;
  uint64_t sum = 0;
  for (const pair *pair = pairs; pair < pairs + count; pair++) {
    PWord_t value = (PWord_t)JudyLGet(table->counts, key_of(pair, 0), PJE0);
    if (value) sum += *value;
  }
  return sum;
}

static void walk_out(const table *table, uint32_t object, walk *walk) {
  Word_t index = (Word_t)object << 32;
  PWord_t value = (PWord_t)JudyLFirst(table->counts, &index, PJE0);
  for (; value && index >> 32 == object; value = (PWord_t)JudyLNext(table->counts, &index, PJE0))
    walk_by(walk, (uint32_t)index, (uint32_t)*value);
}

static void walk_in(const table *table, uint32_t object, walk *walk) {
  Word_t index = (Word_t)object << 32;
  int found = Judy1First(table->turned, &index, PJE0);
  for (; found && index >> 32 == object; found = Judy1Next(table->turned, &index, PJE0)) {
    pair pair = {{(uint32_t)index, object}};
    walk_by(walk, (uint32_t)index, (uint32_t) * (PWord_t)JudyLGet(table->counts, key_of(&pair, 0), PJE0));
  }
}

static walk walk_over(void *data, unsigned side, const uint32_t *objects, uint64_t count) {
  walk walk = {0};
  for (uint64_t i = 0; i < count; i++)
    (side == TABLE_OUT ? walk_out : walk_in)(data, objects[i], &walk);
  return walk;
}

static uint64_t records(void *data) { return Judy1Count(((const table *)data)->turned, 0, (Word_t)-1, PJE0); }

const table_type peer_judy = {"Judy x2", 5, create, destroy, add, drop, find, walk_over, records};
