/* Which ids each export reaches. To walk from each by itself would be quadratic when many reach a large part of the heap
 * together, as event handlers do that share their program. So what is strongly connected becomes one component
 * (Tarjan), and of the components only those stay that have an id or where ways to several part; the walks from
 * exports go over these. What is left to do is about as much as there is to be told. */
#include <config.h>

#include "graph.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- making it */

static bool make_room(void **array, unsigned count, unsigned *room, size_t size_bytes) {
  if (count < *room) return true;
  if (*room > UINT_MAX / 2) return false;
  unsigned more = *room ? 2 * *room : 256;
  void *larger = realloc(*array, more * size_bytes);
  if (!larger) return false;
  *array = larger;
  *room = more;
  return true;
}

unsigned xlgc__lua_add_node(xlgc__lua_graph *graph, xlgc_id id, bool is_export) {
  void *nodes = graph->nodes;
  bool has = make_room(&nodes, graph->node_count + 1, &graph->node_room, sizeof *graph->nodes);
  graph->nodes = nodes;
  if (!has) return 0;
  graph->nodes[++graph->node_count] = (xlgc__lua_node){id, is_export};
  return graph->node_count;
}

bool xlgc__lua_add_edge(xlgc__lua_graph *graph, unsigned from, unsigned to) {
  void *edges = graph->edges;
  bool has = make_room(&edges, graph->edge_count, &graph->edge_room, sizeof *graph->edges);
  graph->edges = edges;
  if (has) graph->edges[graph->edge_count++] = (xlgc__lua_edge){from, to};
  return has;
}

void xlgc__lua_free_graph(xlgc__lua_graph *graph) {
  free(graph->nodes);
  free(graph->edges);
  memset(graph, 0, sizeof *graph);
}

/* -------------------------------------------------------------- components */

typedef struct component {
  unsigned stands_for; /* itself, a later one that it only leads to, or 0: it leads to no id */
  unsigned seen;       /* by which component, then by which export */
  unsigned links, links_end, ids, ids_end;
} component;

typedef struct search {
  const xlgc__lua_graph *graph;
  unsigned *first, *targets;            /* of node n: targets[first[n]] up to first[n + 1] */
  unsigned *index, *low, *component_of; /* by node; 0: not yet */
  unsigned *pending, *path, *at;        /* stacks of nodes; the next edge, by node */
  unsigned pending_count, path_count, indexed;
  component *components;
  unsigned component_count;
  unsigned *links, link_count; /* between components, as many as edges at most */
  xlgc_id *ids;
  unsigned id_count;
} search;

static void sort_edges(search *search) {
  const xlgc__lua_graph *graph = search->graph;
  unsigned nodes = graph->node_count, *next = search->at;
  for (unsigned i = 0; i < graph->edge_count; i++)
    search->first[graph->edges[i].from + 1]++;
  for (unsigned i = 1; i <= nodes + 1; i++)
    search->first[i] += search->first[i - 1];
  memcpy(next, search->first, (nodes + 1) * sizeof *next);
  for (unsigned i = 0; i < graph->edge_count; i++)
    search->targets[next[graph->edges[i].from]++] = graph->edges[i].to;
}

/* What a node leads to belongs to the component that is being made. */
static void link_targets(search *search, unsigned number, unsigned node) {
  for (unsigned i = search->first[node]; i < search->first[node + 1]; i++) {
    unsigned other = search->component_of[search->targets[i]];
    unsigned to = other == number ? 0 : search->components[other].stands_for;
    if (!to || search->components[to].seen == number) continue;
    search->components[to].seen = number;
    search->links[search->link_count++] = to;
  }
}

/* Everything above `root` on the stack of pending nodes is a component; all it leads to are components already. */
static void make_component(search *search, unsigned root) {
  unsigned number = ++search->component_count, from = search->pending_count;
  component *made = &search->components[number];
  do
    search->component_of[search->pending[--from]] = number;
  while (search->pending[from] != root);
  made->links = search->link_count;
  made->ids = search->id_count;
  for (unsigned i = from; i < search->pending_count; i++) {
    unsigned node = search->pending[i];
    if (search->graph->nodes[node].id != XLGC_ID_NONE) search->ids[search->id_count++] = search->graph->nodes[node].id;
    if (!search->graph->nodes[node].is_export) link_targets(search, number, node);
  }
  search->pending_count = from;
  made->links_end = search->link_count;
  made->ids_end = search->id_count;
  unsigned ways = made->links_end - made->links;
  made->stands_for = made->ids_end > made->ids || ways > 1 ? number : ways ? search->links[made->links] : 0;
}

static void visit(search *search, unsigned node) {
  search->index[node] = search->low[node] = ++search->indexed;
  search->at[node] = search->graph->nodes[node].is_export ? search->first[node + 1] : search->first[node];
  search->pending[search->pending_count++] = node;
  search->path[search->path_count++] = node;
}

static void lower(unsigned *low, unsigned to) {
  if (to < *low) *low = to;
}

static void find_components(search *search, unsigned start) {
  if (!search->index[start]) visit(search, start);
  while (search->path_count) {
    unsigned node = search->path[search->path_count - 1];
    if (search->at[node] < search->first[node + 1]) {
      unsigned target = search->targets[search->at[node]++];
      if (!search->index[target])
        visit(search, target);
      else if (!search->component_of[target])
        lower(&search->low[node], search->index[target]);
      continue;
    }
    search->path_count--;
    if (search->path_count) lower(&search->low[search->path[search->path_count - 1]], search->low[node]);
    if (search->low[node] == search->index[node]) make_component(search, node);
  }
}

/* ------------------------------------------------------------------ telling */

static void reach(search *search, unsigned number, unsigned stamp) {
  unsigned to = search->components[number].stands_for;
  if (!to || search->components[to].seen == stamp) return;
  search->components[to].seen = stamp;
  search->path[search->path_count++] = to;
}

static void tell_export(search *search, xlgc_summary *summary, unsigned node, unsigned stamp) {
  for (unsigned i = search->first[node]; i < search->first[node + 1]; i++)
    reach(search, search->component_of[search->targets[i]], stamp);
  while (search->path_count) {
    const component *component = &search->components[search->path[--search->path_count]];
    for (unsigned i = component->ids; i < component->ids_end; i++)
      if (search->ids[i] != search->graph->nodes[node].id)
        xlgc_summary_edge(summary, search->graph->nodes[node].id, search->ids[i]);
    for (unsigned i = component->links; i < component->links_end; i++)
      reach(search, search->links[i], stamp);
  }
}

static void tell_all(search *search, xlgc_summary *summary) {
  unsigned nodes = search->graph->node_count;
  for (unsigned node = 1; node <= nodes; node++)
    find_components(search, node);
  for (unsigned node = 1; node <= nodes; node++)
    if (search->graph->nodes[node].is_export) tell_export(search, summary, node, search->component_count + node);
}

int xlgc__lua_tell_graph(const xlgc__lua_graph *graph, xlgc_summary *summary) {
  size_t nodes = (size_t)graph->node_count + 2, edges = (size_t)graph->edge_count + 1;
  if (!graph->node_count) return 0;
  if (nodes > UINT_MAX / 4) return XLGC_E_NOMEM;
  unsigned *numbers = calloc(7 * nodes + 2 * edges, sizeof *numbers);
  component *components = calloc(nodes, sizeof *components);
  xlgc_id *ids = calloc(nodes, sizeof *ids);
  bool has = numbers && components && ids;
  if (has) {
    search search = {.graph = graph, .components = components, .ids = ids};
    unsigned **arrays[] = {&search.first,   &search.index, &search.low, &search.component_of,
                           &search.pending, &search.path,  &search.at};
    for (unsigned i = 0; i < sizeof arrays / sizeof *arrays; i++)
      *arrays[i] = numbers + i * nodes;
    search.targets = numbers + 7 * nodes;
    search.links = search.targets + edges;
    sort_edges(&search);
    tell_all(&search, summary);
  }
  free(numbers);
  free(components);
  free(ids);
  return has ? 0 : XLGC_E_NOMEM;
}
