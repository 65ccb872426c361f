/* What exports reach, as a graph of the objects that no root of Lua reaches. */
#ifndef XLGC_LUA_GRAPH_H
#define XLGC_LUA_GRAPH_H

#include <stdbool.h>
#include <xlgc/host.h>

typedef struct xlgc__lua_node {
  xlgc_id id; /* of an export or a proxy */
  bool is_export;
} xlgc__lua_node;

typedef struct xlgc__lua_edge {
  unsigned from, to;
} xlgc__lua_edge;

typedef struct xlgc__lua_graph {
  xlgc__lua_node *nodes;
  xlgc__lua_edge *edges;
  unsigned node_count, node_room, edge_count, edge_room;
} xlgc__lua_graph;

/* Returns its number, from 1 on; 0 without memory. */
unsigned xlgc__lua_add_node(xlgc__lua_graph *graph, xlgc_id id, bool is_export);
/* Returns false without memory. */
bool xlgc__lua_add_edge(xlgc__lua_graph *graph, unsigned from, unsigned to);
/* Tells of each export what it reaches: proxies, and exports, behind which it looks no further. Returns 0 or
 * XLGC_E_NOMEM. */
int xlgc__lua_tell_graph(const xlgc__lua_graph *graph, xlgc_summary *summary);
void xlgc__lua_free_graph(xlgc__lua_graph *graph);

#endif
