/* What each export reaches that nothing else in Python holds. Walking from one after another would go over what they
 * share again and again; so the graph of these objects is made once, and its strongly connected components (Tarjan's
 * algorithm, which finds each after all it leads to). Exports of one component reach the same: the first stands for
 * them, and they are reported as a ring. A component without exports that leads to nothing is passed over, and one that
 * leads to one thing only is passed through. What then is left is walked from each component with exports. */
#include <config.h>

#include "heap.h"

#include <string.h>

typedef struct node {
  uint32_t entry;
  uint32_t first, end; /* of its edges */
  uint32_t number, low, component;
  uint32_t next_edge;
  xlgc_id id; /* of an export, or of a proxy */
  bool is_export, is_proxy;
} node;

typedef struct component {
  uint32_t first, end;   /* members, in `order` */
  uint32_t begin, until; /* what it leads to, in `ways`, if it is gone through */
  uint32_t way;          /* the component that stands for it, or XLGC__PYTHON_NONE when it leads to nothing */
  uint32_t stamp;        /* the last that asked */
  xlgc_id id;            /* of its first export, or of the proxy it is */
  bool ends;             /* a walk ends here: exports, or a proxy */
} component;

typedef struct graph {
  xlgc__python_heap *heap;
  xlgc_summary *summary;
  node *nodes;
  size_t count, room;
  component *components;
  size_t component_count;
  xlgc__python_list edges, stack, calls, order, ways;
} graph;

/* ------------------------------------------------------------- the graph */

static int add_node(graph *graph, uint32_t entry) {
  if (graph->count == graph->room) {
    size_t room = graph->room ? 2 * graph->room : 256;
    node *nodes = room < XLGC__PYTHON_NONE ? PyMem_RawRealloc(graph->nodes, room * sizeof *nodes) : NULL;
    if (!nodes) return XLGC_E_NOMEM;
    graph->nodes = nodes;
    graph->room = room;
  }
  PyObject *object = graph->heap->entries[entry].object;
  node *made = &graph->nodes[graph->count];
  *made = (node){.entry = entry, .number = XLGC__PYTHON_NONE, .component = XLGC__PYTHON_NONE};
  if (xlgc__python_proxy_is(object) && xlgc__python_proxy_is_current(object)) {
    made->is_proxy = true;
    made->id = xlgc__python_proxy_id(object);
  }
  graph->heap->entries[entry].node = (uint32_t)graph->count++;
  return 0;
}

static int add_edge(PyObject *object, void *data) {
  graph *graph = data;
  if (!graph->heap->has_plain_exports && !PyObject_IS_GC(object)) return 0;
  uint32_t entry = xlgc__python_seen(graph->heap, object);
  if (entry == XLGC__PYTHON_NONE || graph->heap->entries[entry].is_held) return 0;
  int failed = graph->heap->entries[entry].node == XLGC__PYTHON_NONE ? add_node(graph, entry) : 0;
  if (!failed && graph->edges.count >= XLGC__PYTHON_NONE - 1) failed = XLGC_E_NOMEM;
  return failed ? failed : xlgc__python_push(&graph->edges, graph->heap->entries[entry].node);
}

static int make_graph(graph *graph) {
  xlgc__python_heap *heap = graph->heap;
  int failed = 0;
  for (size_t i = 0; i < heap->exports.count && !failed; i++) {
    uint32_t entry = heap->exports.at[i];
    if (heap->entries[entry].is_held) continue;
    failed = add_node(graph, entry);
    if (failed) break;
    node *made = &graph->nodes[graph->count - 1];
    made->is_export = true;
    made->id = heap->export_ids[i];
  }
  for (size_t i = 0; i < graph->count && !failed; i++) {
    graph->nodes[i].first = (uint32_t)graph->edges.count;
    if (!graph->nodes[i].is_proxy)
      failed = xlgc__python_traverse(heap->entries[graph->nodes[i].entry].object, add_edge, graph);
    graph->nodes[i].end = (uint32_t)graph->edges.count;
  }
  return failed;
}

/* -------------------------------------------------------------- components */

static int enter_node(graph *graph, uint32_t index, uint32_t *numbers) {
  node *node = &graph->nodes[index];
  node->number = node->low = (*numbers)++;
  node->next_edge = node->first;
  int failed = xlgc__python_push(&graph->stack, index);
  return failed ? failed : xlgc__python_push(&graph->calls, index);
}

/* All its members are on the stack, above it. */
static int leave_component(graph *graph, uint32_t root) {
  uint32_t number = (uint32_t)graph->component_count++, member;
  component *made = &graph->components[number];
  *made = (component){.first = (uint32_t)graph->order.count, .way = XLGC__PYTHON_NONE, .stamp = XLGC__PYTHON_NONE};
  do {
    member = graph->stack.at[--graph->stack.count];
    graph->nodes[member].component = number;
    int failed = xlgc__python_push(&graph->order, member);
    if (failed) return failed;
  } while (member != root);
  made->end = (uint32_t)graph->order.count;
  return 0;
}

static int find_components(graph *graph) {
  uint32_t numbers = 0;
  int failed = 0;
  for (size_t i = 0; i < graph->count && !failed; i++) {
    if (graph->nodes[i].number == XLGC__PYTHON_NONE) failed = enter_node(graph, (uint32_t)i, &numbers);
    while (graph->calls.count && !failed) {
      uint32_t index = graph->calls.at[graph->calls.count - 1];
      node *from = &graph->nodes[index];
      if (from->next_edge < from->end) {
        uint32_t target = graph->edges.at[from->next_edge++];
        const node *to = &graph->nodes[target];
        if (to->number == XLGC__PYTHON_NONE)
          failed = enter_node(graph, target, &numbers);
        else if (to->component == XLGC__PYTHON_NONE && to->number < from->low)
          from->low = to->number;
        continue;
      }
      graph->calls.count--;
      if (from->low == from->number) failed = leave_component(graph, index);
      if (graph->calls.count && !failed) {
        node *above = &graph->nodes[graph->calls.at[graph->calls.count - 1]];
        if (from->low < above->low) above->low = from->low;
      }
    }
  }
  return failed;
}

/* --------------------------------------------------------------- reporting */

/* Its exports, in a ring. The first one's node is the smallest. */
static void report_ring(graph *graph, component *of) {
  uint32_t first = XLGC__PYTHON_NONE;
  xlgc_id before = XLGC_ID_NONE;
  for (uint32_t i = of->first; i < of->end; i++) {
    uint32_t member = graph->order.at[i];
    if (graph->nodes[member].is_export && member < first) first = member;
  }
  of->ends = first != XLGC__PYTHON_NONE;
  if (!of->ends) return;
  of->id = before = graph->nodes[first].id;
  for (uint32_t i = of->first; i < of->end; i++) {
    const node *member = &graph->nodes[graph->order.at[i]];
    if (!member->is_export || member->id == of->id) continue;
    (void)xlgc_summary_edge(graph->summary, before, member->id);
    before = member->id;
  }
  if (before != of->id) (void)xlgc_summary_edge(graph->summary, before, of->id);
}

/* What its members lead to outside it, each once; what follows was looked at before. */
static int find_ways(graph *graph, uint32_t number) {
  component *of = &graph->components[number];
  of->begin = (uint32_t)graph->ways.count;
  for (uint32_t i = of->first; i < of->end; i++) {
    const node *member = &graph->nodes[graph->order.at[i]];
    for (uint32_t edge = member->first; edge < member->end; edge++) {
      uint32_t way = graph->components[graph->nodes[graph->edges.at[edge]].component].way;
      if (way == XLGC__PYTHON_NONE || graph->components[way].stamp == number) continue;
      graph->components[way].stamp = number;
      int failed = xlgc__python_push(&graph->ways, way);
      if (failed) return failed;
    }
  }
  of->until = (uint32_t)graph->ways.count;
  return 0;
}

static int find_all_ways(graph *graph) {
  for (uint32_t i = 0; i < graph->component_count; i++) {
    component *of = &graph->components[i];
    const node *member = &graph->nodes[graph->order.at[of->first]];
    report_ring(graph, of);
    if (!of->ends && member->is_proxy) {
      of->ends = true;
      of->id = member->id;
      of->way = i;
      continue;
    }
    int failed = find_ways(graph, i);
    if (failed) return failed;
    uint32_t count = of->until - of->begin;
    if (of->ends || count > 1)
      of->way = i;
    else if (count == 1)
      of->way = graph->ways.at[of->begin];
    if (!of->ends && count < 2) graph->ways.count = of->begin;
  }
  return 0;
}

static int walk(graph *graph, uint32_t number, uint32_t stamp) {
  graph->stack.count = 0;
  int failed = xlgc__python_push(&graph->stack, number);
  while (graph->stack.count && !failed) {
    const component *from = &graph->components[graph->stack.at[--graph->stack.count]];
    for (uint32_t i = from->begin; i < from->until && !failed; i++) {
      component *to = &graph->components[graph->ways.at[i]];
      if (to->stamp == stamp) continue;
      to->stamp = stamp;
      if (to->ends)
        (void)xlgc_summary_edge(graph->summary, graph->components[number].id, to->id);
      else
        failed = xlgc__python_push(&graph->stack, graph->ways.at[i]);
    }
  }
  return failed;
}

static int report_all(graph *graph) {
  int failed = 0;
  uint32_t stamp = (uint32_t)graph->component_count;
  for (uint32_t i = 0; i < graph->component_count && !failed; i++)
    if (graph->components[i].ends && graph->components[i].until > graph->components[i].begin)
      failed = walk(graph, i, stamp++);
  return failed;
}

int xlgc__python_report_hidden(xlgc__python_heap *heap, xlgc_summary *summary) {
  graph graph = {.heap = heap, .summary = summary};
  int failed = make_graph(&graph);
  if (!failed && graph.count) {
    graph.components = PyMem_RawCalloc(graph.count, sizeof *graph.components);
    if (!graph.components) failed = XLGC_E_NOMEM;
    if (!failed) failed = find_components(&graph);
    if (!failed) failed = find_all_ways(&graph);
    if (!failed) failed = report_all(&graph);
  }
  xlgc__python_free_list(&graph.edges);
  xlgc__python_free_list(&graph.stack);
  xlgc__python_free_list(&graph.calls);
  xlgc__python_free_list(&graph.order);
  xlgc__python_free_list(&graph.ways);
  PyMem_RawFree(graph.components);
  PyMem_RawFree(graph.nodes);
  return failed;
}
