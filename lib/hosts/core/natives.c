/* How objects of a pool that are no exports are used: a table by id, under the lock of all hosts. */
#include <config.h>

#include "hosts/core/natives.h"

#include "hosts/core/tables.h"

typedef struct native {
  xlgc_id id;
  const xlgc_behaviour *behaviour;
  void *self;
  xlgc__tree_node by_id;
} native;

static xlgc__tree natives;

static native *find_native(xlgc_id id) {
  return xlgc__tree_record(xlgc__tree_find(&natives, id), offsetof(native, by_id));
}

const xlgc_behaviour *xlgc__host_natives_find(xlgc_id id, void **self) {
  const xlgc_behaviour *behaviour = NULL;
  xlgc__host_lock_acquire();
  const native *native = find_native(id);
  if (native) {
    behaviour = native->behaviour;
    *self = native->self;
  }
  xlgc__host_lock_release();
  return behaviour;
}

int xlgc_native_publish(xlgc_pool *pool, xlgc_id id, const xlgc_behaviour *behaviour, void *self) {
  if (!pool || id == XLGC_ID_NONE || !behaviour) return XLGC_E_INVAL;
  native *made = xlgc__host_memory_zeroed(sizeof *made);
  if (!made) return XLGC_E_NOMEM;
  made->id = id;
  made->behaviour = behaviour;
  made->self = self;
  xlgc__host_lock_acquire();
  bool exists = find_native(id) != NULL;
  if (!exists) xlgc__tree_add(&natives, id, &made->by_id);
  xlgc__host_lock_release();
  if (!exists) return 0;
  free(made);
  return XLGC_E_EXISTS;
}

int xlgc_native_find(xlgc_pool *pool, xlgc_id id, const xlgc_behaviour **behaviour, void **self) {
  if (!pool || !behaviour || !self) return XLGC_E_INVAL;
  const xlgc_behaviour *found = xlgc__host_natives_find(id, self);
  if (found) *behaviour = found;
  return found ? 0 : XLGC_E_UNKNOWN;
}

int xlgc_native_retire(xlgc_pool *pool, xlgc_id id) {
  if (!pool) return XLGC_E_INVAL;
  xlgc__host_lock_acquire();
  native *native = find_native(id);
  if (native) xlgc__tree_remove(&natives, &native->by_id);
  xlgc__host_lock_release();
  free(native);
  return native ? 0 : XLGC_E_UNKNOWN;
}
