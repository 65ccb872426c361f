/* The summary of the interpreter. Python's own collection comes first, since what finalizers will find must not be lost.
 *
 * Which objects are reached from outside is found as Python's own collector does it. From each object's reference count
 * are taken the references that other objects account for, by tp_traverse, and our pins. What is left is a reference
 * from a running frame, from C code, or from an object that does not say what it refers to: such objects, and what they
 * reach, are marked. So what is not known holds what it refers to. Objects that Python's collector does not list,
 * because they are frozen or of no use to it, are added when they are met. Uses no bits of the collector's own.
 *
 * What exports reach besides is told by lib/hosts/common/condense.c. */
#include <config.h>

#include "hosts/python/summary.h"

#include <string.h>

#include "hosts/common/address_map.h"
#include "hosts/common/condense.h"
#include "hosts/common/grow.h"
#include "hosts/python/engine.h"

#define NONE UINT32_MAX

typedef struct entry {
  PyObject *object;
  Py_ssize_t references; /* that nothing met explains */
  uint32_t node;         /* in the graph of what is not marked, or NONE */
  xlgc_id export;        /* XLGC_ID_NONE for other objects */
  bool is_marked;
} entry;

typedef struct heap {
  xlgc_summary *summary;
  xlgc__address_map addresses; /* give each entry its number */
  entry *entries;
  size_t room;
  bool has_plain_exports; /* which Python's collector does not know */
  xlgc__grow_list todo;   /* entries: to be marked through, then by the number of their node */
  xlgc__condense graph;
} heap;

/* ------------------------------------------------------------- all objects */

static uint32_t find(const heap *heap, const PyObject *object) {
  return xlgc__address_map_find(&heap->addresses, object);
}

/* number: its entry's; there may be one already. */
static int add(heap *heap, PyObject *object, uint32_t *number) {
  int is_new = xlgc__address_map_add(&heap->addresses, object, number);
  if (is_new <= 0) return is_new;
  entry *entries = xlgc__grow_array(heap->entries, *number + (size_t)1, &heap->room, sizeof *entries);
  if (!entries) return XLGC_E_NOMEM;
  heap->entries = entries;
  entries[*number] = (entry){object, Py_REFCNT(object), NONE, XLGC_ID_NONE, false};
  return 0;
}

/* What Python lists. The list itself must not count, nor anything else happen between this and the marking. */
static int add_listed(heap *heap) {
  PyObject *list = PyObject_CallNoArgs(xlgc__python.get_objects);
  if (!list) PyErr_Clear();
  int failed = !list ? XLGC_E_NOMEM : PyList_CheckExact(list) ? 0 : XLGC_E_STATE;
  size_t count = failed ? 0 : (size_t)PyList_GET_SIZE(list);
  if (!failed) failed = xlgc__address_map_reserve(&heap->addresses, count);
  for (size_t i = 0; !failed && i < count; i++) {
    uint32_t number;
    failed = add(heap, PyList_GET_ITEM(list, (Py_ssize_t)i), &number);
    if (!failed) heap->entries[number].references--;
  }
  Py_XDECREF(list);
  return failed;
}

static int add_export(void *data, xlgc_id id, void *handle) {
  heap *heap = data;
  uint32_t number;
  int failed = add(heap, handle, &number);
  if (failed) return failed;
  heap->entries[number].references--; /* the pin */
  heap->entries[number].export = id;
  heap->has_plain_exports |= !PyObject_IS_GC(handle);
  return 0;
}

/* ----------------------------------------------------------------- marking */

/* tp_traverse, of what has it. */
static int traverse(PyObject *object, visitproc visit, void *data) {
  if (!PyObject_IS_GC(object)) return 0;
  traverseproc traverse = Py_TYPE(object)->tp_traverse;
  return traverse ? traverse(object, visit, data) : 0;
}

/* Objects that Python's collector does not know matter only as exports. */
static bool may_matter(const heap *heap, PyObject *object) { return heap->has_plain_exports || PyObject_IS_GC(object); }

static int explain(PyObject *object, void *data) {
  heap *heap = data;
  if (!may_matter(heap, object)) return 0;
  uint32_t number = find(heap, object);
  if (number == XLGC__ADDRESS_MAP_NONE) {
    if (!PyObject_IS_GC(object)) return 0;
    int failed = add(heap, object, &number);
    if (failed) return failed;
  }
  heap->entries[number].references--;
  return 0;
}

static int explain_all(heap *heap) {
  int failed = 0;
  for (size_t i = 0; i < heap->addresses.count && !failed; i++)
    failed = traverse(heap->entries[i].object, explain, heap);
  return failed;
}

static int mark_entry(heap *heap, uint32_t number) {
  if (heap->entries[number].is_marked) return 0;
  heap->entries[number].is_marked = true;
  return xlgc__grow_push(&heap->todo, number);
}

static int mark(PyObject *object, void *data) {
  heap *heap = data;
  uint32_t number = may_matter(heap, object) ? find(heap, object) : XLGC__ADDRESS_MAP_NONE;
  return number == XLGC__ADDRESS_MAP_NONE ? 0 : mark_entry(heap, number);
}

static int mark_all(heap *heap) {
  int failed = 0;
  for (uint32_t i = 0; i < heap->addresses.count && !failed; i++)
    if (heap->entries[i].references > 0) failed = mark_entry(heap, i);
  while (heap->todo.count && !failed)
    failed = traverse(heap->entries[heap->todo.at[--heap->todo.count]].object, mark, heap);
  return failed;
}

/* ----------------------------------------------------------------- telling */

/* Of a proxy or an export, else XLGC_ID_NONE. */
static xlgc_id id_of(const entry *entry) {
  bool is_proxy = xlgc__python_engine_is_proxy(entry->object) && xlgc__python_engine_is_current(entry->object);
  return is_proxy ? xlgc__python_engine_id_of(entry->object) : entry->export;
}

static void tell_marked(const heap *heap) {
  for (size_t i = 0; i < heap->addresses.count; i++) {
    xlgc_id id = heap->entries[i].is_marked ? id_of(&heap->entries[i]) : XLGC_ID_NONE;
    if (id != XLGC_ID_NONE) (void)xlgc_summary_root(heap->summary, id);
  }
}

static int add_node(heap *heap, uint32_t number) {
  entry *entry = &heap->entries[number];
  if (entry->node != NONE) return 0;
  int failed = xlgc__condense_add_node(&heap->graph, id_of(entry), entry->export != XLGC_ID_NONE, &entry->node);
  return failed ? failed : xlgc__grow_push(&heap->todo, number);
}

typedef struct edges {
  heap *heap;
  uint32_t source;
} edges;

static int add_edge(PyObject *object, void *data) {
  edges *edges = data;
  heap *heap = edges->heap;
  uint32_t number = may_matter(heap, object) ? find(heap, object) : XLGC__ADDRESS_MAP_NONE;
  if (number == XLGC__ADDRESS_MAP_NONE || heap->entries[number].is_marked) return 0;
  int failed = add_node(heap, number);
  return failed ? failed : xlgc__condense_add_edge(&heap->graph, edges->source, heap->entries[number].node);
}

/* The objects that exports reach and that are not marked. */
static int make_graph(heap *heap) {
  int failed = 0;
  for (uint32_t i = 0; i < heap->addresses.count && !failed; i++)
    if (heap->entries[i].export != XLGC_ID_NONE && !heap->entries[i].is_marked) failed = add_node(heap, i);
  for (uint32_t i = 0; i < heap->todo.count && !failed; i++) {
    const entry *entry = &heap->entries[heap->todo.at[i]];
    edges edges = {heap, entry->node};
    failed = traverse(entry->object, add_edge, &edges);
  }
  return failed;
}

/* --------------------------------------------------------------- all of it */

static int see_heap(heap *heap) {
  int failed = add_listed(heap);
  if (!failed) failed = xlgc_summary_each_export(heap->summary, add_export, heap);
  if (!failed) failed = explain_all(heap);
  return failed ? failed : mark_all(heap);
}

static int tell_all(heap *heap) {
  tell_marked(heap);
  int failed = make_graph(heap);
  if (!failed) failed = xlgc__condense_report(&heap->graph, heap->summary);
  if (!failed) xlgc__python.counts = heap->graph.counts;
  return failed;
}

static void free_heap(heap *heap) {
  xlgc__condense_free(&heap->graph);
  xlgc__grow_free(&heap->todo);
  xlgc__address_map_free(&heap->addresses);
  xlgc__grow_release(heap->entries);
}

int xlgc__python_summary_take(void *engine, xlgc_summary *summary) {
  PyObject *type, *error, *traceback;
  PyErr_Fetch(&type, &error, &traceback);
  (void)xlgc__python_engine_collect(engine);
  heap heap = {.summary = summary};
  int failed = see_heap(&heap);
  if (!failed) failed = tell_all(&heap);
  free_heap(&heap);
  PyErr_Restore(type, error, traceback);
  return failed;
}
