#include <config.h>

#include "hosts/python/filter.h"

#include <stdlib.h>

#include "hosts/python/engine.h"

static xlgc__python_filter *filters; /* as a rule none, or few */

const xlgc__python_filter *xlgc__python_filter_find(const xlgc_host *from) {
  if (!filters || !from) return NULL;
  xlgc_id root = xlgc_host_root(from);
  const xlgc__python_filter *found = filters;
  while (found && found->root != root)
    found = found->next;
  return found;
}

/* --------------------------------------------------------------- the list */

static void let_go(xlgc__python_filter *filter) {
  if (Py_IsInitialized()) {
    Py_XDECREF(filter->get);
    Py_XDECREF(filter->set);
  }
  free(filter);
}

/* Is it the one, or that of an engine that has ended? */
static bool is_over(const xlgc__python_filter *filter, xlgc_id root) {
  xlgc_object_info info;
  return filter->root == root || xlgc_info(xlgc__python_engine.pool, filter->root, &info) != 0;
}

/* Takes what an engine has out of the list, and all of engines that have ended. Returns what was taken. */
static xlgc__python_filter *take(xlgc_id root) {
  xlgc__python_filter *taken = NULL;
  for (xlgc__python_filter **at = &filters; *at;) {
    xlgc__python_filter *filter = *at;
    if (!is_over(filter, root)) {
      at = &filter->next;
      continue;
    }
    *at = filter->next;
    filter->next = taken;
    taken = filter;
  }
  return taken;
}

static void let_all_go(xlgc__python_filter *list) {
  while (list) {
    xlgc__python_filter *next = list->next;
    let_go(list);
    list = next;
  }
}

static PyObject *function_or_null(PyObject *given) { return given == Py_None ? NULL : Py_NewRef(given); }

static bool is_function(PyObject *given) { return given == Py_None || PyCallable_Check(given); }

int xlgc__python_filter_put(xlgc_id root, PyObject *get, PyObject *set, bool is_strict) {
  if (root == XLGC_ID_NONE || !is_function(get) || !is_function(set)) {
    PyErr_SetString(PyExc_TypeError, "xlgc.filter wants an engine, and functions or None");
    return -1;
  }
  xlgc__python_filter *before = take(root), *made = NULL;
  bool is_one = get != Py_None || set != Py_None || is_strict;
  if (is_one) made = calloc(1, sizeof *made);
  if (made) {
    *made = (xlgc__python_filter){root, function_or_null(get), function_or_null(set), is_strict, filters};
    filters = made;
  }
  let_all_go(before);
  if (made || !is_one) return 0;
  PyErr_NoMemory();
  return -1;
}

void xlgc__python_filter_forget(void) {
  xlgc__python_filter *all = filters;
  filters = NULL;
  let_all_go(all);
}

/* ------------------------------------------------------------------- asking */

/* Returns whether the function has decided. */
static bool ask(PyObject *function, PyObject *object, PyObject *key, PyObject *value, PyObject **answer) {
  if (!function) return false;
  Py_INCREF(function);
  *answer = PyObject_CallFunctionObjArgs(function, object, key, value, NULL);
  Py_DECREF(function);
  if (*answer != Py_NotImplemented) return true;
  Py_CLEAR(*answer);
  return false;
}

static bool has_items(PyObject *object) {
  const PyTypeObject *type = Py_TYPE(object);
  bool may_be = (type->tp_as_mapping && type->tp_as_mapping->mp_subscript) || PyType_Check(object) ||
                (type->tp_as_sequence && type->tp_as_sequence->sq_item);
  return may_be && PyObject_HasAttrString(object, "__getitem__");
}

bool xlgc__python_filter_get(const xlgc__python_filter *filter, PyObject *object, PyObject *key, PyObject **found) {
  if (!filter) return false;
  bool is_strict = filter->is_strict;
  if (ask(filter->get, object, key, NULL, found)) return true;
  if (is_strict) *found = has_items(object) ? PyObject_GetItem(object, key) : PyObject_GetAttr(object, key);
  return is_strict;
}

bool xlgc__python_filter_set(const xlgc__python_filter *filter, PyObject *object, PyObject *key, PyObject *value,
                             int *failed) {
  if (!filter) return false;
  bool is_strict = filter->is_strict;
  PyObject *answer;
  if (ask(filter->set, object, key, value, &answer)) {
    *failed = answer ? 0 : -1;
    Py_XDECREF(answer);
    return true;
  }
  if (is_strict && !has_items(object))
    *failed = PyObject_SetAttr(object, key, value);
  else if (is_strict)
    *failed = value ? PyObject_SetItem(object, key, value) : PyObject_DelItem(object, key);
  return is_strict;
}
