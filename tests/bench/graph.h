/* The graph that rows about collecting a large heap share, and changes of it: which objects die of them is found here
 * by a search, and every subject must find the same.
 *
 * Objects come in groups of 8. A group's head holds the heads of two groups below it, so that all groups are a tree,
 * and a ring of 7 members. Each member holds the next one and the head; the first three also hold the head of some
 * group anywhere. So a group lives and dies as a whole, is a knot of cycles with one to some seven holders. Objects are
 * numbered: group * 8 for the head, then the members. The formulas are known to peer_engine.* as well. */
#ifndef GRAPH_H
#define GRAPH_H

#include <stdint.h>

enum { GROUP = 8, CHANGES = 1000 };
enum { GRAPH_LEFT, GRAPH_RIGHT, GRAPH_ONE, GRAPH_TWO, GRAPH_THREE, GRAPH_FIELDS }; /* what a group holds of others */
#define GRAPH_NONE UINT32_MAX

/* What the group holds there before any change. */
uint32_t graph_initial(uint32_t groups, uint32_t group, int field);
uint64_t graph_mix(uint64_t number);

typedef struct graph_change {
  uint32_t group, target; /* or GRAPH_NONE */
  int field;
} graph_change;

/* Changes, made to the graph as it was built, and the groups that die of them. */
typedef struct graph_plan {
  graph_change changes[CHANGES];
  uint32_t *dead;
  uint32_t dead_count;
} graph_plan;

/* The same for the same seed. A quarter of the changes cut a subtree off or put another one in its place, the others
 * move a member's pointer. The plan is there until the next call. */
const graph_plan *graph_changes(uint32_t groups, uint64_t seed);

#endif
