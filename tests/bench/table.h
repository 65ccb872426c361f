/* What the row `table` compares: multisets of links, to be walked from either end.
 *
 * Ends are numbers from 1 to some `objects`. Each table works on a batch of links at a time, so that no call through a
 * pointer stands within what is timed. */
#ifndef TABLE_H
#define TABLE_H

#include <stddef.h>
#include <stdint.h>

typedef struct pair {
  uint32_t end[2]; /* source, target */
} pair;

enum { TABLE_OUT = 0, TABLE_IN = 1 };

/* What a walk came by: the links with their counts, and a sum that does not depend on the order. */
typedef struct walk {
  uint64_t records, links, sum;
} walk;

static inline void walk_by(walk *walk, uint32_t other, uint32_t count) {
  walk->records++;
  walk->links += count;
  walk->sum += (uint64_t)other * UINT64_C(0x9E3779B97F4A7C15) * count;
}

typedef struct table_type {
  const char *name;
  double target; /* of the ratio, at the size where there is one */
  void *(*create)(uint32_t objects, uint64_t links);
  void (*destroy)(void *table);
  /* Enters each link, or counts it up when it is there. */
  void (*add)(void *table, const pair *pairs, uint64_t count);
  /* Counts each link down, which is there, and takes it out at 0. */
  void (*drop)(void *table, const pair *pairs, uint64_t count);
  /* The sum of the links' counts. */
  uint64_t (*find)(void *table, const pair *pairs, uint64_t count);
  /* Walks the links out of or into each of these objects. */
  walk (*walk)(void *table, unsigned side, const uint32_t *objects, uint64_t count);
  uint64_t (*records)(void *table); /* pairs that are linked */
} table_type;

/* The bytes of a table_xlgc, all in, but for what objects' records have beside the roots of their trees. */
uint64_t table_xlgc_bytes(const void *table);

extern const table_type table_xlgc, table_singly, peer_digital, peer_judy, peer_uthash, peer_uthash_lists;

#endif
