/* uthash: a hash table of the links by (source, target), and two lists an object (utlist), of the links out of it
 * and of those into it. The lists' heads are found in a second hash table by the object's number; or, which is
 * kinder, in an array, as if all objects were the program's own to change. */
#include <config.h>

#include "measure.h"
#include "table.h"

#include <stdbool.h>
#include <stdlib.h>
#include <uthash.h>
#include <utlist.h>

typedef struct record record;
struct record {
  pair pair; /* the key */
  uint32_t count;
  record *prev[2], *next[2]; /* in the list of the links out of the source, and of those into the target */
  UT_hash_handle hh;
};

typedef struct object {
  uint32_t number; /* the key */
  record *first[2];
  UT_hash_handle hh;
} object;

typedef struct table {
  record *links;
  object *objects;
  record *(*heads)[2]; /* by number; or NULL */
} table;

static void *create_hashed(uint32_t objects, uint64_t links) {
  (void)links;
  table *table = allocate(1, sizeof *table);
  for (uint32_t i = 1; i <= objects; i++) {
    object *object = allocate(1, sizeof *object);
    object->number = i;
    HASH_ADD(hh, table->objects, number, sizeof object->number, object);
  }
  return table;
}

static void *create_listed(uint32_t objects, uint64_t links) {
  (void)links;
  table *table = allocate(1, sizeof *table);
  table->heads = allocate((size_t)objects + 1, sizeof *table->heads);
  return table;
}

static void destroy(void *data) {
  table *table = data;
  record *link = table->links;
  HASH_CLEAR(hh, table->links);
  for (record *next; link; link = next) {
    next = link->hh.next;
    free(link);
  }
  object *object = table->objects;
  HASH_CLEAR(hh, table->objects);
  for (struct object *next; object; object = next) {
    next = object->hh.next;
    free(object);
  }
  free(table->heads);
  free(table);
}

static record **head_of(const table *table, uint32_t number, unsigned side) {
  if (table->heads) return &table->heads[number][side];
  object *object;
  HASH_FIND(hh, table->objects, &number, sizeof number, object);
  return &object->first[side];
}

static record *link_of(const table *table, const pair *pair) {
  record *link;
  HASH_FIND(hh, table->links, pair, sizeof *pair, link);
  return link;
}

static void add(void *data, const pair *pairs, uint64_t count) {
  table *table = data;
  for (const pair *pair = pairs; pair < pairs + count; pair++) {
    record *link = link_of(table, pair);
    if (link) {
      link->count++;
      continue;
    }
    link = malloc(sizeof *link);
    must_be(link, "out of memory");
    link->pair = *pair;
    link->count = 1;
    HASH_ADD(hh, table->links, pair, sizeof link->pair, link);
    record **out = head_of(table, pair->end[0], TABLE_OUT), **in = head_of(table, pair->end[1], TABLE_IN);
    DL_PREPEND2(*out, link, prev[TABLE_OUT], next[TABLE_OUT]);
    DL_PREPEND2(*in, link, prev[TABLE_IN], next[TABLE_IN]);
  }
}

static void drop(void *data, const pair *pairs, uint64_t count) {
  table *table = data;
  for (const pair *pair = pairs; pair < pairs + count; pair++) {
    record *link = link_of(table, pair);
    if (!link || --link->count) continue;
    record **out = head_of(table, pair->end[0], TABLE_OUT), **in = head_of(table, pair->end[1], TABLE_IN);
    DL_DELETE2(*out, link, prev[TABLE_OUT], next[TABLE_OUT]);
    DL_DELETE2(*in, link, prev[TABLE_IN], next[TABLE_IN]);
    HASH_DEL(table->links, link);
    free(link);
  }
}

static uint64_t find(void *data, const pair *pairs, uint64_t count) {
  uint64_t sum = 0;
  for (const pair *pair = pairs; pair < pairs + count; pair++) {
    const record *link = link_of(data, pair);
    if (link) sum += link->count;
  }
  return sum;
}

static walk walk_over(void *data, unsigned side, const uint32_t *objects, uint64_t count) {
  walk walk = {0};
  for (uint64_t i = 0; i < count; i++)
    for (const record *link = *head_of(data, objects[i], side); link; link = link->next[side])
      walk_by(&walk, link->pair.end[1 - side], link->count);
  return walk;
}

static uint64_t records(void *data) { return HASH_COUNT(((const table *)data)->links); }

const table_type peer_uthash = {"uthash x2", 6, create_hashed, destroy, add, drop, find, walk_over, records};
const table_type peer_uthash_lists = {"uthash, lists", 0, create_listed, destroy, add, drop, find, walk_over, records};
