#include <config.h>

#include "hosts/python/bound.h"

#include <stdlib.h>

#include "table/tree.h"

/* What makes two of them equal: the object that they are bound to, and the function. */
typedef struct pair {
  uintptr_t self, function;
} pair;

typedef struct record {
  xlgc__tree_node by_pair;
  PyObject *object; /* borrowed: it is pinned */
} record;

static xlgc__tree records;

/* Returns false for what is no bound method, or bound to one of a type that may have an equality of its own. */
static bool read_pair(PyObject *object, pair *out) {
  if (PyMethod_Check(object)) {
    out->self = (uintptr_t)PyMethod_GET_SELF(object);
    out->function = (uintptr_t)PyMethod_GET_FUNCTION(object);
    return true;
  }
  if (xlgc__python_engine_is_method(object)) {
    out->self = (uintptr_t)((const xlgc__python_method *)object)->self;
    out->function = (uintptr_t)((const xlgc__python_method *)object)->function;
    return true;
  }
  if (!PyCFunction_CheckExact(object) || !PyCFunction_GET_SELF(object)) return false;
  out->self = (uintptr_t)PyCFunction_GET_SELF(object);
  out->function = (uintptr_t)PyCFunction_GET_FUNCTION(object);
  return true;
}

/* Pairs with the same key are not told apart by the tree: only the first of them has a record. */
static uint64_t key_of(const pair *pair) { return xlgc__tree_mix(pair->self) ^ (pair->function >> 4); }

static record *find(const pair *of) {
  record *found = xlgc__tree_record(xlgc__tree_find(&records, key_of(of)), offsetof(record, by_pair));
  pair has;
  if (!found || !read_pair(found->object, &has)) return NULL;
  return has.self == of->self && has.function == of->function ? found : NULL;
}

PyObject *xlgc__python_bound_find(PyObject *object) {
  pair pair;
  const record *found = records.count && read_pair(object, &pair) ? find(&pair) : NULL;
  return found ? found->object : object;
}

static void enter(PyObject *object) {
  pair pair;
  if (!read_pair(object, &pair) || xlgc__tree_find(&records, key_of(&pair))) return;
  record *made = malloc(sizeof *made);
  if (!made) return;
  made->object = object;
  xlgc__tree_add(&records, key_of(&pair), &made->by_pair);
}

static void take_out(record *record) {
  xlgc__tree_remove(&records, &record->by_pair);
  free(record);
}

void xlgc__python_bound_pin(PyObject *object) {
  Py_INCREF(object);
  enter(object);
}

void xlgc__python_bound_unpin(void *engine, void *handle) {
  (void)engine;
  if (!Py_IsInitialized()) return;
  PyObject *object = handle;
  pair pair;
  record *found = records.count && read_pair(object, &pair) ? find(&pair) : NULL;
  if (found && found->object == object) take_out(found);
  Py_DECREF(object);
}

void xlgc__python_bound_forget(void) {
  while (records.top)
    take_out(xlgc__tree_record(records.top, offsetof(record, by_pair)));
}
