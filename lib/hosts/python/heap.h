/* Python's heap while a summary is taken: the objects, and which of them are held from outside it. */
#ifndef XLGC_HOSTS_PYTHON_HEAP_H
#define XLGC_HOSTS_PYTHON_HEAP_H

#include "engine.h"

/* A growing array of indexes. */
typedef struct xlgc__python_list {
  uint32_t *at;
  size_t count, room;
} xlgc__python_list;

int xlgc__python_push(xlgc__python_list *list, uint32_t index);
void xlgc__python_free_list(xlgc__python_list *list);

enum { XLGC__PYTHON_NONE = UINT32_MAX };

typedef struct xlgc__python_entry {
  PyObject *object;
  Py_ssize_t references; /* that nothing seen explains */
  uint32_t node;         /* in the graph of what is hidden, or XLGC__PYTHON_NONE */
  bool is_held, is_export;
} xlgc__python_entry;

typedef struct xlgc__python_heap {
  xlgc__python_entry *entries;
  size_t count, room;
  uint32_t *slots; /* by address: indexes of entries */
  size_t mask;
  xlgc__python_list exports, todo;
  xlgc_id *export_ids;
  bool has_plain_exports; /* which Python's collector does not know */
} xlgc__python_heap;

/* All that Python's collector can see, and the exports; then marks what is held otherwise than by pins. Runs no code
 * but Python's collector, before it begins. Returns 0 or XLGC_E_*; free it in any case. */
int xlgc__python_see_heap(xlgc__python_heap *heap, xlgc_summary *summary);
void xlgc__python_free_heap(xlgc__python_heap *heap);

/* The index, or XLGC__PYTHON_NONE for what is not in it. */
uint32_t xlgc__python_seen(const xlgc__python_heap *heap, const PyObject *object);
/* tp_traverse, of what has it. */
int xlgc__python_traverse(PyObject *object, visitproc visit, void *data);

/* ---- hidden.c: reports what each export that is not held reaches. */
int xlgc__python_report_hidden(xlgc__python_heap *heap, xlgc_summary *summary);

#endif
