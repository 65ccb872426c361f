/* The strongly connected components of the graph are found by Tarjan's algorithm, which finds each after all that it
 * leads to. A component with exports, or that is a proxy, is an end: walks end there. One that is no end and leads to
 * nothing is left out; one that leads to one thing only is replaced by that. What then is left is the condensed graph,
 * whose inner components each part into several ways.
 *
 * Example: exports a and b refer to a table t, which refers to itself, to proxies p and q, and to an object o that
 * refers to p. The component {o} is replaced by p. The component {t} stays, with the ways p and q. So the condensed
 * graph is a -> t, b -> t, t -> p, t -> q, and a -> p, a -> q, b -> p, b -> q are told.
 *
 * The condensed graph is walked for 64 ends at a time, each with a bit of its own: the components that any of them
 * reaches, in an order in which each comes before all that it leads to, pass on the bits that have arrived. */
#include <config.h>

#include "hosts/common/condense.h"

#include <stdlib.h>
#include <string.h>

#include "hosts/common/grow.h"

enum { BATCH = 64 };
#define NONE UINT32_MAX
#define NODES_MAX (UINT32_MAX / 2)

/* -------------------------------------------------------------- the graph */

int xlgc__condense_add_node(xlgc__condense *graph, xlgc_id id, bool is_export, uint32_t *number) {
  if (graph->node_count >= NODES_MAX) return XLGC_E_NOMEM;
  xlgc__condense_node *nodes =
      xlgc__grow_array(graph->nodes, graph->node_count + 1, &graph->node_room, sizeof *graph->nodes);
  if (!nodes) return XLGC_E_NOMEM;
  graph->nodes = nodes;
  *number = (uint32_t)graph->node_count;
  nodes[graph->node_count++] = (xlgc__condense_node){id, is_export};
  return 0;
}

int xlgc__condense_add_edge(xlgc__condense *graph, uint32_t source, uint32_t target) {
  if (graph->edge_count >= NODES_MAX) return XLGC_E_NOMEM;
  xlgc__condense_edge *edges =
      xlgc__grow_array(graph->edges, graph->edge_count + 1, &graph->edge_room, sizeof *graph->edges);
  if (!edges) return XLGC_E_NOMEM;
  graph->edges = edges;
  edges[graph->edge_count++] = (xlgc__condense_edge){source, target};
  return 0;
}

int xlgc__condense_add_finalizer(xlgc__condense *graph, uint32_t object, xlgc_id root) {
  uint32_t node = graph->finalizers - 1;
  int failed = graph->finalizers ? 0 : xlgc__condense_add_node(graph, root, false, &node);
  if (failed) return failed;
  graph->finalizers = node + 1;
  return xlgc__condense_add_edge(graph, object, node);
}

void xlgc__condense_free(xlgc__condense *graph) {
  xlgc__grow_release(graph->nodes);
  xlgc__grow_release(graph->edges);
  memset(graph, 0, sizeof *graph);
}

/* ------------------------------------------------------------- components */

typedef struct component {
  xlgc_id id;                    /* of an end, else XLGC_ID_NONE */
  uint32_t way;                  /* the component that stands for it; NONE when it leads to nothing */
  uint32_t ways_first, ways_end; /* what it leads to, in `ways` */
  uint32_t seen;                 /* the last component, then the last batch, that met it */
  uint64_t bits;                 /* of the ends of the batch that reach it */
} component;

typedef struct search {
  xlgc__condense *graph;
  void (*tell)(void *data, xlgc_id source, xlgc_id target);
  void *data;
  uint32_t *first, *targets;     /* of node n: targets[first[n]] to targets[first[n + 1] - 1] */
  uint32_t *order, *low;         /* by node: when it was met, from 1 on; Tarjan's low-link */
  uint32_t *component_of, *next; /* by node: its component or NONE; the next edge */
  uint32_t *pending, *path;      /* stacks: nodes without a component; where the search stands */
  uint32_t pending_count, path_count, met;
  component *components;
  uint32_t component_count;
  uint32_t *ways, way_count;
  xlgc_id *ring;                                      /* the exports of one component */
  uint32_t *reached, *ends, reached_count, end_count; /* by a batch: inner components, and ends */
} search;

static bool is_proxy(const search *search, uint32_t node) {
  const xlgc__condense_node *is = &search->graph->nodes[node];
  return is->id != XLGC_ID_NONE && !is->is_export;
}

static uint32_t edges_end(const search *search, uint32_t node) {
  return is_proxy(search, node) ? search->first[node] : search->first[node + 1];
}

static void sort_edges(search *search) {
  const xlgc__condense *graph = search->graph;
  for (size_t i = 0; i < graph->edge_count; i++)
    search->first[graph->edges[i].source + 1]++;
  for (size_t i = 0; i < graph->node_count; i++)
    search->first[i + 1] += search->first[i];
  memcpy(search->next, search->first, graph->node_count * sizeof *search->next);
  for (size_t i = 0; i < graph->edge_count; i++)
    search->targets[search->next[graph->edges[i].source]++] = graph->edges[i].target;
}

static void tell(search *search, xlgc_id source, xlgc_id target) {
  search->graph->counts.told++;
  search->tell(search->data, source, target);
}

static int compare_ids(const void *one, const void *other) {
  xlgc_id a = *(const xlgc_id *)one, b = *(const xlgc_id *)other;
  return (a > b) - (a < b);
}

/* Sorted, so that the next summary tells the same of the same exports. */
static void tell_ring(search *search, uint32_t count) {
  qsort(search->ring, count, sizeof *search->ring, compare_ids);
  for (uint32_t i = 0; i < count && count > 1; i++)
    tell(search, search->ring[i], search->ring[(i + 1) % count]);
}

/* Its id when it is an end: of its first export, or of the proxy that it is. */
static xlgc_id name_component(search *search, uint32_t from) {
  uint32_t count = 0;
  for (uint32_t i = from; i < search->pending_count; i++) {
    const xlgc__condense_node *node = &search->graph->nodes[search->pending[i]];
    if (node->id != XLGC_ID_NONE) search->ring[count++] = node->id;
  }
  tell_ring(search, count);
  return count ? search->ring[0] : XLGC_ID_NONE;
}

/* What a node leads to outside of its component, each once for the component. */
static void find_ways(search *search, uint32_t number, uint32_t node) {
  uint32_t end = edges_end(search, node);
  search->graph->counts.visited += 1 + end - search->first[node];
  for (uint32_t i = search->first[node]; i < end; i++) {
    uint32_t other = search->component_of[search->targets[i]];
    uint32_t way = other == number ? NONE : search->components[other].way;
    if (way == NONE || search->components[way].seen == number) continue;
    search->components[way].seen = number;
    search->ways[search->way_count++] = way;
  }
}

/* Its members are on the stack of pending nodes from `top` on; all that they lead to has components already. */
static void make_component(search *search, uint32_t top) {
  uint32_t number = search->component_count++, from = search->pending_count;
  component *made = &search->components[number];
  do
    search->component_of[search->pending[--from]] = number;
  while (search->pending[from] != top);
  *made = (component){.way = NONE, .seen = NONE, .ways_first = search->way_count};
  made->id = name_component(search, from);
  for (uint32_t i = from; i < search->pending_count; i++)
    find_ways(search, number, search->pending[i]);
  search->pending_count = from;
  uint32_t count = search->way_count - made->ways_first;
  if (made->id != XLGC_ID_NONE || count > 1)
    made->way = number;
  else if (count == 1)
    made->way = search->ways[made->ways_first];
  if (made->way != number) search->way_count = made->ways_first;
  made->ways_end = search->way_count;
}

static void node_enter(search *search, uint32_t node) {
  search->graph->counts.visited++;
  search->order[node] = search->low[node] = ++search->met;
  search->next[node] = search->first[node];
  search->pending[search->pending_count++] = node;
  search->path[search->path_count++] = node;
}

static void node_leave(search *search, uint32_t node) {
  search->path_count--;
  if (search->path_count) {
    uint32_t before = search->path[search->path_count - 1];
    if (search->low[node] < search->low[before]) search->low[before] = search->low[node];
  }
  if (search->low[node] == search->order[node]) make_component(search, node);
}

static void follow_edge(search *search, uint32_t node) {
  uint32_t target = search->targets[search->next[node]++];
  search->graph->counts.visited++;
  if (!search->order[target])
    node_enter(search, target);
  else if (search->component_of[target] == NONE && search->order[target] < search->low[node])
    search->low[node] = search->order[target];
}

static void find_components(search *search) {
  memset(search->component_of, 0xFF, search->graph->node_count * sizeof *search->component_of);
  for (uint32_t start = 0; start < search->graph->node_count; start++) {
    if (!search->order[start]) node_enter(search, start);
    while (search->path_count) {
      uint32_t node = search->path[search->path_count - 1];
      if (search->next[node] < edges_end(search, node))
        follow_edge(search, node);
      else
        node_leave(search, node);
    }
  }
}

/* ------------------------------------------------------------------ batches */

static bool is_end(const component *component) { return component->id != XLGC_ID_NONE; }

/* A batch meets a component: an end is noted, another is walked through. `next`: its next way. */
static void meet(search *search, uint32_t number, uint32_t batch) {
  component *met = &search->components[number];
  if (met->seen == batch) return;
  met->seen = batch;
  met->bits = 0;
  if (is_end(met)) {
    search->ends[search->end_count++] = number;
    return;
  }
  search->next[number] = met->ways_first;
  search->path[search->path_count++] = number;
}

/* What is on the path is walked through; a component is noted when all that it leads to has been. */
static void walk(search *search, uint32_t batch) {
  while (search->path_count) {
    uint32_t number = search->path[search->path_count - 1];
    search->graph->counts.steps++;
    if (search->next[number] < search->components[number].ways_end) {
      meet(search, search->ways[search->next[number]++], batch);
      continue;
    }
    search->path_count--;
    search->reached[search->reached_count++] = number;
  }
}

static void pass_on(search *search, uint32_t number, uint64_t bits) {
  const component *from = &search->components[number];
  search->graph->counts.steps += from->ways_end - from->ways_first;
  for (uint32_t i = from->ways_first; i < from->ways_end; i++)
    search->components[search->ways[i]].bits |= bits;
}

static void tell_end(search *search, const uint32_t *sources, uint32_t number) {
  const component *end = &search->components[number];
  uint64_t bits = end->bits;
  for (unsigned i = 0; bits; i++, bits >>= 1)
    if (bits & 1) tell(search, search->components[sources[i]].id, end->id);
}

static void tell_batch(search *search, const uint32_t *sources, unsigned count, uint32_t batch) {
  search->reached_count = search->end_count = 0;
  for (unsigned i = 0; i < count; i++) {
    const component *source = &search->components[sources[i]];
    for (uint32_t at = source->ways_first; at < source->ways_end; at++) {
      meet(search, search->ways[at], batch);
      walk(search, batch);
    }
  }
  for (unsigned i = 0; i < count; i++)
    pass_on(search, sources[i], UINT64_C(1) << i);
  while (search->reached_count) {
    uint32_t number = search->reached[--search->reached_count];
    pass_on(search, number, search->components[number].bits);
  }
  for (uint32_t i = 0; i < search->end_count; i++)
    tell_end(search, sources, search->ends[i]);
}

static void tell_all(search *search) {
  uint32_t sources[BATCH], batch = search->component_count;
  unsigned count = 0;
  /* Memory that the search for components has done with. */
  search->ends = search->order;
  search->reached = search->low;
  for (uint32_t i = 0; i < search->component_count; i++) {
    const component *component = &search->components[i];
    if (is_end(component) && component->ways_end > component->ways_first) sources[count++] = i;
    if (count < BATCH && i + 1 < search->component_count) continue;
    tell_batch(search, sources, count, batch++);
    count = 0;
  }
}

/* ---------------------------------------------------------------- all of it */

/* The arrays of a search lie one after the other in one piece of memory. */
static bool allocate(search *search, uint32_t **numbers) {
  size_t nodes = search->graph->node_count, edges = search->graph->edge_count;
  uint32_t **by_node[] = {&search->order, &search->low,     &search->component_of,
                          &search->next,  &search->pending, &search->path};
  size_t arrays = sizeof by_node / sizeof *by_node;
  uint32_t *at = *numbers = xlgc__grow_zeroed((arrays + 1) * nodes + 1 + 2 * edges, sizeof *at);
  search->components = xlgc__grow_zeroed(nodes, sizeof *search->components);
  search->ring = xlgc__grow_zeroed(nodes, sizeof *search->ring);
  if (!at || !search->components || !search->ring) return false;
  for (size_t i = 0; i < arrays; i++, at += nodes)
    *by_node[i] = at;
  search->first = at;
  search->targets = at + nodes + 1;
  search->ways = search->targets + edges;
  return true;
}

int xlgc__condense_tell(xlgc__condense *graph, void (*tell)(void *data, xlgc_id source, xlgc_id target), void *data) {
  search search = {.graph = graph, .tell = tell, .data = data};
  uint32_t *numbers = NULL;
  graph->counts = (xlgc__condense_counts){.nodes = graph->node_count, .edges = graph->edge_count};
  if (!graph->node_count) return 0;
  bool has = allocate(&search, &numbers);
  if (has) {
    sort_edges(&search);
    find_components(&search);
    tell_all(&search);
  }
  xlgc__grow_release(numbers);
  xlgc__grow_release(search.components);
  xlgc__grow_release(search.ring);
  return has ? 0 : XLGC_E_NOMEM;
}

static void tell_summary(void *data, xlgc_id source, xlgc_id target) { (void)xlgc_summary_edge(data, source, target); }

int xlgc__condense_report(xlgc__condense *graph, xlgc_summary *summary) {
  return xlgc__condense_tell(graph, tell_summary, summary);
}
