/* Which objects are held from outside, found as Python's own collector does it: of each object's reference count take
 * away what other objects account for, by tp_traverse, and our pins. What is left is a reference from a running
 * frame, C code, or an object that does not say what it holds: such objects, and what they reach, are held. So what is
 * not known holds what it refers to. Objects that Python's collector does not list, because they are frozen or of no
 * use to it, are added when they are met. Uses no bits of the collector's own. */
#include <config.h>

#include "heap.h"

#include <string.h>

/* ----------------------------------------------------------------- indexes */

/* Room for one more element. Returns the array, or NULL without memory and the old one stays. */
static void *grow(void *array, size_t count, size_t *room, size_t size_bytes) {
  if (count < *room) return array;
  size_t wanted = *room ? 2 * *room : 64;
  void *grown = wanted < XLGC__PYTHON_NONE ? PyMem_RawRealloc(array, wanted * size_bytes) : NULL;
  if (grown) *room = wanted;
  return grown;
}

int xlgc__python_push(xlgc__python_list *list, uint32_t index) {
  uint32_t *at = grow(list->at, list->count, &list->room, sizeof *at);
  if (!at) return XLGC_E_NOMEM;
  list->at = at;
  list->at[list->count++] = index;
  return 0;
}

void xlgc__python_free_list(xlgc__python_list *list) {
  PyMem_RawFree(list->at);
  memset(list, 0, sizeof *list);
}

/* ----------------------------------------------------------------- entries */

static size_t slot_of(const xlgc__python_heap *heap, const PyObject *object) {
  uint64_t mixed = (uint64_t)(uintptr_t)object * UINT64_C(0x9E3779B97F4A7C15);
  size_t slot = (size_t)(mixed >> 32) & heap->mask;
  while (heap->slots[slot] != XLGC__PYTHON_NONE && heap->entries[heap->slots[slot]].object != object)
    slot = (slot + 1) & heap->mask;
  return slot;
}

uint32_t xlgc__python_seen(const xlgc__python_heap *heap, const PyObject *object) {
  return heap->slots[slot_of(heap, object)];
}

static int widen(xlgc__python_heap *heap, size_t slots) {
  uint32_t *made = PyMem_RawMalloc(slots * sizeof *made);
  if (!made) return XLGC_E_NOMEM;
  memset(made, 0xFF, slots * sizeof *made);
  PyMem_RawFree(heap->slots);
  heap->slots = made;
  heap->mask = slots - 1;
  for (size_t i = 0; i < heap->count; i++)
    made[slot_of(heap, heap->entries[i].object)] = (uint32_t)i;
  return 0;
}

/* out: its index; it may be there. */
static int add(xlgc__python_heap *heap, PyObject *object, uint32_t *out) {
  *out = xlgc__python_seen(heap, object);
  if (*out != XLGC__PYTHON_NONE) return 0;
  xlgc__python_entry *entries = grow(heap->entries, heap->count, &heap->room, sizeof *entries);
  if (!entries) return XLGC_E_NOMEM;
  heap->entries = entries;
  if (2 * heap->count >= heap->mask) {
    int failed = widen(heap, 2 * (heap->mask + 1));
    if (failed) return failed;
  }
  *out = (uint32_t)heap->count++;
  entries[*out] = (xlgc__python_entry){.object = object, .references = Py_REFCNT(object), .node = XLGC__PYTHON_NONE};
  heap->slots[slot_of(heap, object)] = *out;
  return 0;
}

/* What Python lists. The list itself must not count, nor anything else happen between this and the marking. */
static int add_listed(xlgc__python_heap *heap) {
  PyObject *list = PyObject_CallNoArgs(xlgc__python.get_objects);
  int failed = !list ? XLGC_E_NOMEM : PyList_CheckExact(list) ? 0 : XLGC_E_STATE;
  if (!list) PyErr_Clear();
  size_t count = failed ? 0 : (size_t)PyList_GET_SIZE(list), slots = 1024;
  while (slots < 3 * count)
    slots *= 2;
  if (!failed) failed = widen(heap, slots);
  for (size_t i = 0; !failed && i < count; i++) {
    uint32_t index;
    failed = add(heap, PyList_GET_ITEM(list, (Py_ssize_t)i), &index);
    if (!failed) heap->entries[index].references--;
  }
  Py_XDECREF(list);
  return failed;
}

static int add_export(void *data, xlgc_id id, void *handle) {
  xlgc__python_heap *heap = data;
  uint32_t index;
  int failed = add(heap, handle, &index);
  if (failed) return failed;
  size_t count = heap->exports.count, room = heap->exports.room;
  failed = xlgc__python_push(&heap->exports, index);
  if (failed) return failed;
  if (heap->exports.room != room) {
    xlgc_id *ids = PyMem_RawRealloc(heap->export_ids, heap->exports.room * sizeof *ids);
    if (!ids) return XLGC_E_NOMEM;
    heap->export_ids = ids;
  }
  heap->export_ids[count] = id;
  heap->entries[index].references--; /* the pin */
  heap->entries[index].is_export = true;
  heap->has_plain_exports |= !PyObject_IS_GC(handle);
  return 0;
}

/* ----------------------------------------------------------------- marking */

int xlgc__python_traverse(PyObject *object, visitproc visit, void *data) {
  if (!PyObject_IS_GC(object)) return 0;
  traverseproc traverse = Py_TYPE(object)->tp_traverse;
  return traverse ? traverse(object, visit, data) : 0;
}

static int explain(PyObject *object, void *data) {
  xlgc__python_heap *heap = data;
  bool is_plain = !PyObject_IS_GC(object);
  if (is_plain && !heap->has_plain_exports) return 0;
  uint32_t index = xlgc__python_seen(heap, object);
  if (index == XLGC__PYTHON_NONE) {
    if (is_plain) return 0;
    int failed = add(heap, object, &index);
    if (failed) return failed;
  }
  heap->entries[index].references--;
  return 0;
}

static int mark(xlgc__python_heap *heap, uint32_t index) {
  if (heap->entries[index].is_held) return 0;
  heap->entries[index].is_held = true;
  return xlgc__python_push(&heap->todo, index);
}

static int mark_object(PyObject *object, void *data) {
  xlgc__python_heap *heap = data;
  if (!heap->has_plain_exports && !PyObject_IS_GC(object)) return 0;
  uint32_t index = xlgc__python_seen(heap, object);
  return index == XLGC__PYTHON_NONE ? 0 : mark(heap, index);
}

static int mark_held(xlgc__python_heap *heap) {
  int failed = 0;
  for (size_t i = 0; i < heap->count && !failed; i++)
    if (heap->entries[i].references > 0) failed = mark(heap, (uint32_t)i);
  while (heap->todo.count && !failed)
    failed = xlgc__python_traverse(heap->entries[heap->todo.at[--heap->todo.count]].object, mark_object, heap);
  return failed;
}

int xlgc__python_see_heap(xlgc__python_heap *heap, xlgc_summary *summary) {
  memset(heap, 0, sizeof *heap);
  int failed = add_listed(heap);
  if (!failed) failed = xlgc_summary_each_export(summary, add_export, heap);
  for (size_t i = 0; i < heap->count && !failed; i++)
    failed = xlgc__python_traverse(heap->entries[i].object, explain, heap);
  return failed ? failed : mark_held(heap);
}

void xlgc__python_free_heap(xlgc__python_heap *heap) {
  xlgc__python_free_list(&heap->exports);
  xlgc__python_free_list(&heap->todo);
  PyMem_RawFree(heap->export_ids);
  PyMem_RawFree(heap->slots);
  PyMem_RawFree(heap->entries);
}
