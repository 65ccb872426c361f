/* What exports reach, as a graph of the objects that no root of the engine reaches: which ids are to be told of each
 * export. A walk from each export by itself would be quadratic when many of them share a large part of the heap. */
#ifndef XLGC_HOSTS_COMMON_CONDENSE_H
#define XLGC_HOSTS_COMMON_CONDENSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xlgc/host.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What was done, for statistics and for tests: nodes and edges of the graph are looked at twice each at most. */
typedef struct xlgc__condense_counts {
  uint64_t nodes, edges; /* of the graph */
  uint64_t visited;      /* looks at nodes and edges: at most 2 * (nodes + edges) */
  uint64_t steps;        /* in the condensed graph */
  uint64_t told;         /* edges that were told */
} xlgc__condense_counts;

typedef struct xlgc__condense_node {
  xlgc_id id; /* of an export or a proxy, or XLGC_ID_NONE */
  bool is_export;
} xlgc__condense_node;

typedef struct xlgc__condense_edge {
  uint32_t source, target;
} xlgc__condense_edge;

/* All zero: empty. */
typedef struct xlgc__condense {
  xlgc__condense_node *nodes;
  xlgc__condense_edge *edges;
  size_t node_count, node_room, edge_count, edge_room;
  uint32_t finalizers; /* 1 + the node that stands for all of them; 0: there is none */
  xlgc__condense_counts counts;
} xlgc__condense;

/* An object. id: of an export or of a proxy, behind which nothing is looked for; else XLGC_ID_NONE. *number: its
 * number, from 0 on. Returns 0 or XLGC_E_NOMEM. */
int xlgc__condense_add_node(xlgc__condense *graph, xlgc_id id, bool is_export, uint32_t *number);
/* The object `source` refers to `target`. Returns 0 or XLGC_E_NOMEM. */
int xlgc__condense_add_edge(xlgc__condense *graph, uint32_t source, uint32_t target);
/* The object has a finalizer that may look at what it holds. root: of the host, which stands for all finalizers, and is
 * told of the exports that reach one (xlgc_summary_edge). Returns 0 or XLGC_E_NOMEM. */
int xlgc__condense_add_finalizer(xlgc__condense *graph, uint32_t object, xlgc_id root);

/* Tells, of each export, the proxies that it reaches, and the exports, behind which it looks no further. Exports that
 * reach each other are told as a ring, and what one of them reaches is told of the one with the smallest id.
 * Returns 0 or XLGC_E_NOMEM. */
int xlgc__condense_tell(xlgc__condense *graph, void (*tell)(void *data, xlgc_id source, xlgc_id target), void *data);
/* The same, told to a summary by xlgc_summary_edge. */
int xlgc__condense_report(xlgc__condense *graph, xlgc_summary *summary);
void xlgc__condense_free(xlgc__condense *graph);

#ifdef __cplusplus
}
#endif

#endif
