/* The summary of the interpreter.
 *
 * Which objects are reached from outside is found as Python's own collector does it. From each object's reference count
 * are taken the references that other objects account for, by tp_traverse, and our pins. What is left is a reference
 * from a running frame, from C code, or from an object that does not say what it refers to. Such objects are reached
 * from outside, and so is all that they reach: what is not known holds what it refers to. The collector's own bits are
 * not used.
 *
 * A summary begins with all objects that Python's collector lists; those that it does not, because they are frozen or
 * of no use to it, are added when they are met. Python's own collection comes first: what finalizers will find must not
 * be lost.
 *
 * A quick summary begins with the exports and adds what they reach, up to what is there for good: modules, their
 * dictionaries, and types of C. All else is outside, garbage too. Where exports reach many objects, the values of the
 * modules' names are there for good as well, from then on: to list them takes time. If they are too many still, there
 * is no summary, and the next one may have twice as many: a large part of the heap is not walked through each time.
 *
 * What exports reach besides is told by lib/hosts/common/condense.c. */
#include <config.h>

#include "hosts/python/summary.h"

#include <string.h>

#include "hosts/common/address_map.h"
#include "hosts/common/condense.h"
#include "hosts/common/grow.h"
#include "hosts/python/engine.h"
#include "hosts/python/lent.h"

#define NONE XLGC__ADDRESS_MAP_NONE

/* Objects that a quick summary may have, at first, and besides for each export. */
enum { BUDGET = 50000, BUDGET_OF_EXPORT = 32, REFUSALS_MAX = 20 };
enum { TOO_MANY = 1 };

typedef struct entry {
  PyObject *object;
  Py_ssize_t references; /* that nothing met explains: above 0, it is reached from outside; or FOLLOWED */
  uint32_t export;       /* its number in `exports`, or NONE */
  uint32_t node;         /* in the graph of what only exports reach, or NONE */
} entry;

/* It is reached from outside, and what it refers to has been marked or waits in `todo`. */
#define FOLLOWED PY_SSIZE_T_MAX

typedef struct heap {
  xlgc_summary *summary;
  bool is_quick, stops_at_globals;
  unsigned refusals;           /* of quick summaries since the last one that there was */
  size_t budget;               /* objects in it, at most */
  xlgc__address_map lasting;   /* where a quick summary stops, besides types of C */
  xlgc__address_map addresses; /* give each entry its number */
  entry *entries;
  size_t room;
  xlgc_id *exports;
  size_t export_count, export_room;
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
  entries[*number] = (entry){object, Py_REFCNT(object), NONE, NONE};
  return 0;
}

/* What Python lists. The list itself must not count, nor anything else happen between this and the marking. */
static int add_listed(heap *heap) {
  PyObject *list = PyObject_CallNoArgs(xlgc__python_engine.get_objects);
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
  xlgc_id *exports = xlgc__grow_array(heap->exports, heap->export_count + 1, &heap->export_room, sizeof *exports);
  if (!exports) return XLGC_E_NOMEM;
  heap->exports = exports;
  heap->entries[number].references--; /* the pin */
  heap->entries[number].export = (uint32_t)heap->export_count;
  exports[heap->export_count++] = id;
  heap->has_plain_exports |= !PyObject_IS_GC(handle);
  return 0;
}

/* A loan's reference to its object is none from outside. */
static void explain_loan(void *data, PyObject *object) {
  const heap *heap = data;
  uint32_t number = find(heap, object);
  if (number != NONE) heap->entries[number].references--;
}

static int add_to_lasting(heap *heap, const PyObject *object) {
  uint32_t number;
  int failed = xlgc__address_map_add(&heap->lasting, object, &number);
  return failed < 0 ? failed : 0;
}

static int add_values_to_lasting(heap *heap, PyObject *names) {
  PyObject *name, *value;
  int failed = 0;
  for (Py_ssize_t at = 0; !failed && PyDict_Next(names, &at, &name, &value);)
    if (PyObject_IS_GC(value)) failed = add_to_lasting(heap, value);
  return failed;
}

/* What sys.modules holds stays. There is none when the interpreter ends. */
static int add_lasting(heap *heap) {
  PyObject *modules = PySys_GetObject("modules"), *name, *module;
  if (!modules || !PyDict_Check(modules)) return 0;
  int failed = add_to_lasting(heap, modules);
  for (Py_ssize_t at = 0; !failed && PyDict_Next(modules, &at, &name, &module);) {
    failed = add_to_lasting(heap, module);
    if (failed || !PyModule_Check(module)) continue;
    failed = add_to_lasting(heap, PyModule_GetDict(module));
    if (!failed && heap->stops_at_globals) failed = add_values_to_lasting(heap, PyModule_GetDict(module));
  }
  return failed;
}

static bool is_lasting(const heap *heap, PyObject *object) {
  if (!heap->is_quick) return false;
  if (PyType_Check(object) && !PyType_HasFeature((PyTypeObject *)object, Py_TPFLAGS_HEAPTYPE)) return true;
  bool may_be = heap->stops_at_globals || PyDict_Check(object) || PyModule_Check(object);
  return may_be && xlgc__address_map_find(&heap->lasting, object) != XLGC__ADDRESS_MAP_NONE;
}

/* ----------------------------------------------------------------- marking */

/* tp_traverse, of what has it. */
static int traverse(const heap *heap, PyObject *object, visitproc visit, void *data) {
  if (!PyObject_IS_GC(object) || is_lasting(heap, object)) return 0;
  traverseproc traverse = Py_TYPE(object)->tp_traverse;
  return traverse ? traverse(object, visit, data) : 0;
}

/* Objects that Python's collector does not know matter only as exports. */
static bool may_matter(const heap *heap, PyObject *object) { return heap->has_plain_exports || PyObject_IS_GC(object); }

static int explain(PyObject *object, void *data) {
  heap *heap = data;
  if (!may_matter(heap, object)) return 0;
  uint32_t number = find(heap, object);
  if (number == NONE) {
    if (!PyObject_IS_GC(object) || is_lasting(heap, object)) return 0;
    if (heap->addresses.count >= heap->budget) return TOO_MANY;
    int failed = add(heap, object, &number);
    if (failed) return failed;
  }
  heap->entries[number].references--;
  return 0;
}

static int explain_all(heap *heap) {
  int failed = 0;
  for (size_t i = 0; i < heap->addresses.count && !failed; i++)
    failed = traverse(heap, heap->entries[i].object, explain, heap);
  return failed;
}

static bool is_outside(const entry *entry) { return entry->references > 0; }

static int mark_entry(heap *heap, uint32_t number) {
  if (heap->entries[number].references == FOLLOWED) return 0;
  heap->entries[number].references = FOLLOWED;
  return xlgc__grow_push(&heap->todo, number);
}

static int mark(PyObject *object, void *data) {
  heap *heap = data;
  uint32_t number = may_matter(heap, object) ? find(heap, object) : NONE;
  return number == NONE ? 0 : mark_entry(heap, number);
}

static int mark_all(heap *heap) {
  int failed = 0;
  for (uint32_t i = 0; i < heap->addresses.count && !failed; i++) {
    if (is_outside(&heap->entries[i])) failed = mark_entry(heap, i);
    while (heap->todo.count && !failed)
      failed = traverse(heap, heap->entries[heap->todo.at[--heap->todo.count]].object, mark, heap);
  }
  return failed;
}

/* ----------------------------------------------------------------- telling */

/* Of a proxy or an export, else XLGC_ID_NONE. */
static xlgc_id id_of(const heap *heap, const entry *entry) {
  if (entry->export != NONE) return heap->exports[entry->export];
  PyObject *object = entry->object;
  bool is_proxy = xlgc__python_engine_is_proxy(object) && !xlgc__python_engine_is_method(object);
  return is_proxy && xlgc__python_engine_is_current(object) ? xlgc__python_engine_id_of(object) : XLGC_ID_NONE;
}

static void tell_outside(const heap *heap) {
  for (size_t i = 0; i < heap->addresses.count; i++) {
    xlgc_id id = is_outside(&heap->entries[i]) ? id_of(heap, &heap->entries[i]) : XLGC_ID_NONE;
    if (id != XLGC_ID_NONE) (void)xlgc_summary_root(heap->summary, id);
  }
}

static int add_node(heap *heap, uint32_t number) {
  entry *entry = &heap->entries[number];
  if (entry->node != NONE) return 0;
  int failed = xlgc__condense_add_node(&heap->graph, id_of(heap, entry), entry->export != NONE, &entry->node);
  return failed ? failed : xlgc__grow_push(&heap->todo, number);
}

typedef struct edges {
  heap *heap;
  uint32_t source;
} edges;

static int add_edge(PyObject *object, void *data) {
  edges *edges = data;
  heap *heap = edges->heap;
  uint32_t number = may_matter(heap, object) ? find(heap, object) : NONE;
  if (number == NONE || is_outside(&heap->entries[number])) return 0;
  int failed = add_node(heap, number);
  return failed ? failed : xlgc__condense_add_edge(&heap->graph, edges->source, heap->entries[number].node);
}

/* Code may get hold of it by a weak reference. */
static bool is_weakly_held(PyObject *object) {
  return Py_TYPE(object)->tp_weaklistoffset > 0 && *PyObject_GET_WEAKREFS_LISTPTR(object);
}

/* A finalizer of Python code, a suspended generator's end, or one of C code: it may look at what the object holds. */
static bool has_finalizer(PyObject *object) {
  const PyTypeObject *type = Py_TYPE(object);
  return (type->tp_finalize || type->tp_del) && !xlgc__python_engine_is_proxy(object);
}

/* The objects that only exports reach. */
static int make_graph(heap *heap) {
  int failed = 0;
  for (uint32_t i = 0; i < heap->addresses.count && !failed; i++)
    if (heap->entries[i].export != NONE && !is_outside(&heap->entries[i])) failed = add_node(heap, i);
  for (uint32_t i = 0; i < heap->todo.count && !failed; i++) {
    const entry *entry = &heap->entries[heap->todo.at[i]];
    edges edges = {heap, entry->node};
    if (is_weakly_held(entry->object)) xlgc_summary_weak(heap->summary);
    if (has_finalizer(entry->object))
      failed = xlgc__condense_add_finalizer(&heap->graph, entry->node, xlgc_host_root(xlgc__python_engine.host));
    if (!failed) failed = traverse(heap, entry->object, add_edge, &edges);
  }
  return failed;
}

/* --------------------------------------------------------------- all of it */

static int see_heap(heap *heap) {
  int failed = heap->is_quick ? add_lasting(heap) : add_listed(heap);
  if (!failed) failed = xlgc_summary_each_export(heap->summary, add_export, heap);
  heap->budget = heap->is_quick ? (BUDGET + BUDGET_OF_EXPORT * heap->export_count) << heap->refusals : SIZE_MAX;
  if (!failed) xlgc__python_lent_each(explain_loan, heap);
  if (!failed) failed = explain_all(heap);
  return failed ? failed : mark_all(heap);
}

static int tell_all(heap *heap) {
  tell_outside(heap);
  int failed = make_graph(heap);
  if (!failed) failed = xlgc__condense_report(&heap->graph, heap->summary);
  if (!failed && heap->is_quick) failed = xlgc_summary_others(heap->summary);
  if (!failed) xlgc__python_engine.counts = heap->graph.counts;
  return failed;
}

/* The largest arrays are kept: to have them anew for each summary costs more than the walk, in page faults. */
static heap kept;

static void clear_heap(heap *heap) {
  xlgc__condense_free(&heap->graph);
  xlgc__grow_free(&heap->todo);
  xlgc__address_map_clear(&heap->lasting);
  xlgc__address_map_clear(&heap->addresses);
  heap->export_count = 0;
  heap->has_plain_exports = false;
}

void xlgc__python_summary_forget(void) {
  xlgc__address_map_free(&kept.lasting);
  xlgc__address_map_free(&kept.addresses);
  xlgc__grow_release(kept.exports);
  xlgc__grow_release(kept.entries);
  memset(&kept, 0, sizeof kept);
}

/* ------------------------------------------------- Python's own collection */

/* A list that holds nothing but itself. */
static int make_garbage(void) {
  PyObject *list = PyList_New(0);
  int failed = list ? PyList_Append(list, list) : -1;
  Py_XDECREF(list);
  if (failed) PyErr_Clear();
  return failed ? XLGC_E_NOMEM : 0;
}

/* Inside of a collection of Python's, another does nothing. What the first has found to be garbage is in none of the
 * collector's lists then, so a walk would pass over what finalizers that are yet to run will find. Whether there is one
 * cannot be asked, so there is some garbage to be found: or none is. */
static int collect_garbage(void) {
  int failed = make_garbage();
  if (failed) return failed;
  bool is_enabled = PyGC_Enable();
  Py_ssize_t found = PyGC_Collect();
  if (!is_enabled) PyGC_Disable();
  return found > 0 ? 0 : xlgc_hosts_refuse("a collection of Python's own runs");
}

static int take(heap *heap) {
  int failed = heap->is_quick ? 0 : collect_garbage();
  if (!failed) failed = see_heap(heap);
  if (!failed) failed = tell_all(heap);
  clear_heap(heap);
  return failed;
}

static int take_quick(heap *heap) {
  int failed = take(heap);
  if (failed == TOO_MANY && !heap->stops_at_globals) {
    heap->stops_at_globals = true;
    failed = take(heap);
  }
  if (failed != TOO_MANY) {
    heap->refusals = 0;
    return failed;
  }
  if (heap->refusals < REFUSALS_MAX) heap->refusals++;
  return xlgc_hosts_refuse("what Python has exported reaches too many objects for a quick summary");
}

int xlgc__python_summary_take(void *engine, xlgc_summary *summary) {
  (void)engine;
  PyObject *type, *error, *traceback;
  PyErr_Fetch(&type, &error, &traceback);
  xlgc__python_lent_take_back();
  kept.summary = summary;
  kept.is_quick = xlgc_summary_is_quick(summary);
  int failed = kept.is_quick ? take_quick(&kept) : take(&kept);
  PyErr_Restore(type, error, traceback);
  return failed;
}
