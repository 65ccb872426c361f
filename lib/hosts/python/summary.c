/* The summary of the interpreter: Python's own collection first, since what finalizers will find must not be lost; then
 * a walk from what is held from outside, and one from each export that only others hold. */
#include <config.h>

#include "heap.h"

static void report_held(const xlgc__python_heap *heap, xlgc_summary *summary) {
  for (size_t i = 0; i < heap->count; i++) {
    PyObject *object = heap->entries[i].object;
    if (heap->entries[i].is_held && xlgc__python_proxy_is(object) && xlgc__python_proxy_is_current(object))
      (void)xlgc_summary_root(summary, xlgc__python_proxy_id(object));
  }
  for (size_t i = 0; i < heap->exports.count; i++)
    if (heap->entries[heap->exports.at[i]].is_held) (void)xlgc_summary_root(summary, heap->export_ids[i]);
}

int xlgc__python_summary_take(void *engine, xlgc_summary *summary) {
  PyObject *type, *error, *traceback;
  PyErr_Fetch(&type, &error, &traceback);
  (void)xlgc__python_engine_collect(engine);
  xlgc__python_heap heap;
  int failed = xlgc__python_see_heap(&heap, summary);
  if (!failed) {
    report_held(&heap, summary);
    failed = xlgc__python_report_hidden(&heap, summary);
  }
  xlgc__python_free_heap(&heap);
  PyErr_Restore(type, error, traceback);
  return failed;
}
