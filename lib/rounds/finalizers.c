#include <config.h>

#include "rounds/finalizers.h"

#include <utlist.h>

struct xlgc__finalizer {
  xlgc_finalize *run;
  void *data;
  uint64_t object, number;
  xlgc__finalizer *older;       /* the next of its object */
  xlgc__finalizer *next, *prev; /* of all */
  xlgc__tree_node of_object, of_number;
};

static xlgc__finalizer *newest_of(const xlgc__finalizers *finalizers, uint64_t object) {
  return xlgc__tree_record(xlgc__tree_find(&finalizers->by_object, object), offsetof(xlgc__finalizer, of_object));
}

void xlgc__finalizers_init(xlgc__finalizers *finalizers, xlgc__memory *memory) {
  *finalizers = (xlgc__finalizers){.memory = memory};
}

void xlgc__finalizers_destroy(xlgc__finalizers *finalizers) {
  xlgc__finalizers_call call;
  while (xlgc__finalizers_take_newest(finalizers, &call)) {
  }
}

/* The newest of an object is another one now, or (NULL) there is none any more. */
static void replace_newest(xlgc__finalizers *finalizers, xlgc__finalizer *old, xlgc__finalizer *now) {
  if (now)
    xlgc__tree_replace(&finalizers->by_object, &old->of_object, &now->of_object);
  else
    xlgc__tree_remove(&finalizers->by_object, &old->of_object);
}

int xlgc__finalizers_add(xlgc__finalizers *finalizers, uint64_t object, xlgc_finalize *run, void *data, uint64_t *out) {
  xlgc__finalizer *made = xlgc__memory_allocate(finalizers->memory, sizeof *made), *before;
  if (!made) return XLGC_E_NOMEM;
  before = newest_of(finalizers, object);
  made->run = run;
  made->data = data;
  made->object = object;
  made->number = ++finalizers->last;
  made->older = before;
  if (before)
    replace_newest(finalizers, before, made);
  else
    xlgc__tree_add(&finalizers->by_object, object, &made->of_object);
  xlgc__tree_add(&finalizers->by_number, made->number, &made->of_number);
  DL_APPEND(finalizers->all, made);
  *out = made->number;
  return 0;
}

static void take_out(xlgc__finalizers *finalizers, xlgc__finalizer *one) {
  xlgc__finalizer *newer = newest_of(finalizers, one->object);
  if (newer == one) {
    replace_newest(finalizers, one, one->older);
  } else {
    while (newer->older != one)
      newer = newer->older;
    newer->older = one->older;
  }
  xlgc__tree_remove(&finalizers->by_number, &one->of_number);
  DL_DELETE(finalizers->all, one);
  xlgc__memory_release(finalizers->memory, one, sizeof *one);
}

bool xlgc__finalizers_remove(xlgc__finalizers *finalizers, uint64_t number, void **data) {
  xlgc__finalizer *one =
      xlgc__tree_record(xlgc__tree_find(&finalizers->by_number, number), offsetof(xlgc__finalizer, of_number));
  if (!one) return false;
  *data = one->data;
  take_out(finalizers, one);
  return true;
}

static bool take(xlgc__finalizers *finalizers, xlgc__finalizer *one, xlgc__finalizers_call *out) {
  if (!one) return false;
  *out = (xlgc__finalizers_call){one->run, one->data, one->object};
  take_out(finalizers, one);
  return true;
}

bool xlgc__finalizers_take(xlgc__finalizers *finalizers, uint64_t object, xlgc__finalizers_call *out) {
  return take(finalizers, newest_of(finalizers, object), out);
}

bool xlgc__finalizers_take_newest(xlgc__finalizers *finalizers, xlgc__finalizers_call *out) {
  return take(finalizers, finalizers->all ? finalizers->all->prev : NULL, out);
}
