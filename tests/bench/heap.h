/* A heap of objects under a collector, as the rows about collecting see it. */
#ifndef HEAP_H
#define HEAP_H

#include "graph.h"

#include <stdbool.h>
#include <stddef.h>

/* An object: three pointers and 8 bytes. Collectors may have something in front or behind. */
enum { NODE_FIELDS = 3 };
typedef struct node {
  struct node *field[NODE_FIELDS];
  uint32_t number; /* NODE_UNNUMBERED for those that are not in the graph */
  uint32_t mark;   /* for searches */
} node;
#define NODE_UNNUMBERED UINT32_MAX

/* A collector within this process. `nodes` is the table of the graph's objects by number, in memory that no collector
 * looks into; an object that is found dead leaves it. */
typedef struct collector {
  const char *name;
  node **nodes;
  uint64_t slack; /* how many dead objects may be missed */
  void (*start)(void);
  node *(*make)(uint32_t number);
  void (*assign)(node *holder, int field, node *target);
  void (*hold)(node *object); /* as a root */
  void (*let_go)(node *object);
  void (*collect)(void);          /* finds all that is garbage now */
  void (*forget)(uint32_t count); /* takes from the first `count` of `nodes` those that the last collection found dead;
                                     NULL where `collect` does so by itself */
  uint64_t (*touched)(void);      /* links touched since the start; may be NULL */
  void (*end)(void);              /* when all is let go; may be NULL */
} collector;

extern collector own, peer_boehm;

/* A program or script, that has the same graph in another process. */
typedef struct engine engine;

typedef struct heap {
  const char *name;
  collector *collector; /* or */
  engine *engine;
  uint32_t groups;
  uint64_t runs;    /* of the row's */
  uint64_t touched; /* links, in the last heap_change, where the collector tells */
} heap;

/* Builds the graph; returns the ns that it took: as everywhere here the time that the thread had to itself, or a
 * script's process, as runs of very different length would not suffer alike from what else the machine does. What marker
 * threads do for Boehm's collector meanwhile does not count. */
double heap_build(heap *heap, uint32_t groups);
/* Makes the changes and collects; returns the ns of both. Then checks that those died that had to, and restores the
 * graph. */
double heap_change(heap *heap, const graph_plan *plan);
/* Makes a cycle of three objects and lets it go, and collects; so many times. Returns the ns. */
double heap_cycles(heap *heap, uint64_t count);
void heap_destroy(heap *heap);

/* For rows that do more with it: a field of a group, and the group again, with what it held when it was built. */
void heap_assign_group(collector *collector, uint32_t group, int field, uint32_t target);
void heap_renew_group(collector *collector, uint32_t groups, uint32_t group);

uint64_t own_died(void);   /* objects released */
uint64_t own_events(void); /* logged */
struct xlgc_pool *own_pool(void);

#endif
