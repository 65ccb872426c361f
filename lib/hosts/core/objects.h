#ifndef XLGC_HOSTS_OBJECTS_H
#define XLGC_HOSTS_OBJECTS_H

#include "hosts/core/tables.h"

/* A pool that takes no more events keeps nothing alive any more: 0 for its answers. */
int xlgc__host_objects_unless_over(int result);
/* A new object that nothing holds: the pool gives it up when a pin has come and gone. */
void xlgc__host_objects_give_up(xlgc_context *context, xlgc_id id);

/* Serial numbers of exports. */
uint64_t xlgc__host_objects_make_serial(void);
xlgc__host_object *xlgc__host_objects_find_serial_locked(uint64_t serial);
void xlgc__host_objects_give_serial_locked(xlgc__host_object *object, uint64_t serial);
void xlgc__host_objects_take_serial_locked(xlgc__host_object *object);

/* The object of an id, or NULL. */
xlgc__host_object *xlgc__host_objects_find_locked(const xlgc__host_group *group, xlgc_id id);
/* The object of an id that the caller holds, made if need be, and used once more. */
int xlgc__host_objects_use(xlgc_host *host, xlgc_id id, bool is_export, xlgc__host_object **out);
/* One use less; the object is freed with the last. */
void xlgc__host_objects_leave_locked(xlgc__host_object *object);
void xlgc__host_objects_free_locked(xlgc__host_object *object);
/* Is it an export that the pool has released? Without the lock: the answer may be late by what other threads do. */
static inline bool xlgc__host_objects_is_over(const xlgc__host_object *object) {
  return atomic_load_explicit(&object->is_over, memory_order_relaxed);
}
/* Is it one, or one of a host that was closed? */
bool xlgc__host_objects_is_closed_locked(const xlgc__host_object *object);

/* Logs the unpin of a look-up; when that fails it is owed. The caller uses the object. */
void xlgc__host_objects_unpin(xlgc_context *context, xlgc__host_object *object);
/* Tries to log one that is owed. Returns false when there is none or it failed again. */
bool xlgc__host_objects_unpin_owed(xlgc_host *host);

#endif
