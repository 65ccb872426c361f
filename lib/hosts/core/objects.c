/* What the hosts of a pool have in common: its objects, each with its users, and the serial numbers of exports. */
#include <config.h>

#include "hosts/core/objects.h"

static xlgc__host_object *serials;
static uint64_t next_serial;

int xlgc__host_objects_unless_over(int result) {
  return result == XLGC_E_SHUTDOWN || result == XLGC_E_FORK ? 0 : result;
}

void xlgc__host_objects_give_up(xlgc_context *context, xlgc_id id) {
  if (!xlgc_pin(context, id)) xlgc_unpin(context, id);
}

/* ---------------------------------------------------------------- serials */

uint64_t xlgc__host_objects_make_serial(void) {
  xlgc__host_lock_acquire();
  uint64_t serial = ++next_serial;
  xlgc__host_lock_release();
  return serial;
}

xlgc__host_object *xlgc__host_objects_find_serial_locked(uint64_t serial) {
  xlgc__host_object *object;
  HASH_FIND(by_serial, serials, &serial, sizeof serial, object);
  return object;
}

bool xlgc__host_objects_give_serial_locked(xlgc__host_object *object, uint64_t serial) {
  object->serial = serial;
  HASH_ADD(by_serial, serials, serial, sizeof object->serial, object);
  if (object->failed) object->serial = 0;
  return !object->failed;
}

void xlgc__host_objects_take_serial_locked(xlgc__host_object *object) {
  if (object->serial) HASH_DELETE(by_serial, serials, object);
  object->serial = 0;
}

/* --------------------------------------------------------------- objects */

xlgc__host_object *xlgc__host_objects_find_locked(const xlgc__host_group *group, xlgc_id id) {
  xlgc__host_object *object;
  HASH_FIND(hh, group->objects, &id, sizeof id, object);
  return object;
}

void xlgc__host_objects_free_locked(xlgc__host_object *object) {
  HASH_DEL(object->group->objects, object);
  xlgc__host_objects_take_serial_locked(object);
  xlgc_weak_destroy(object->weak);
  free(object);
}

void xlgc__host_objects_leave_locked(xlgc__host_object *object) {
  if (--object->users == 0 && !object->pins_owed) xlgc__host_objects_free_locked(object);
}

static xlgc__host_object *use_known(const xlgc_host *host, xlgc_id id) {
  xlgc__host_lock_acquire();
  xlgc__host_object *found = xlgc__host_objects_find_locked(host->group, id);
  if (found) found->users++;
  xlgc__host_lock_release();
  return found;
}

static int make_object(xlgc_host *host, xlgc_id id, bool is_export, xlgc__host_object **out) {
  xlgc__host_object *made = xlgc__host_memory_zeroed(sizeof *made);
  if (!made) return XLGC_E_NOMEM;
  made->id = id;
  made->group = host->group;
  made->is_export = is_export;
  made->users = 1;
  *out = made;
  int failed = xlgc_weak_create(host->context, id, NULL, NULL, &made->weak);
  if (failed) free(made);
  return failed == XLGC_E_RELEASED ? XLGC_E_STALE : failed;
}

/* Another thread may have made it meanwhile: then that one is used. */
static int add_object(xlgc__host_object *made, xlgc__host_object **out) {
  xlgc__host_lock_acquire();
  xlgc__host_object *found = xlgc__host_objects_find_locked(made->group, made->id);
  if (found)
    found->users++;
  else
    HASH_ADD(hh, made->group->objects, id, sizeof made->id, made);
  xlgc__host_lock_release();
  *out = found ? found : made;
  if (!found && !made->failed) return 0;
  xlgc_weak_destroy(made->weak);
  free(made);
  return found ? 0 : XLGC_E_NOMEM;
}

int xlgc__host_objects_use(xlgc_host *host, xlgc_id id, bool is_export, xlgc__host_object **out) {
  xlgc__host_object *made;
  *out = use_known(host, id);
  if (*out) return 0;
  int failed = make_object(host, id, is_export, &made);
  return failed ? failed : add_object(made, out);
}

bool xlgc__host_objects_is_closed_locked(const xlgc__host_object *object) {
  return object->is_export && (!object->own || object->own->released);
}

/* ------------------------------------------------------------ owed pins */

void xlgc__host_objects_unpin(xlgc_context *context, xlgc__host_object *object) {
  if (!xlgc__host_objects_unless_over(xlgc_unpin(context, object->id))) return;
  xlgc__host_lock_acquire();
  object->pins_owed++;
  object->group->pins_owed++;
  xlgc__host_lock_release();
}

bool xlgc__host_objects_unpin_owed(xlgc_host *host) {
  xlgc__host_group *group = host->group;
  xlgc__host_object *object, *next;
  xlgc__host_lock_acquire();
  if (group->pins_owed) {
    HASH_ITER(hh, group->objects, object, next) {
      if (object->pins_owed) break;
    }
    object->pins_owed--;
    group->pins_owed--;
    object->users++;
  } else {
    object = NULL;
  }
  xlgc__host_lock_release();
  if (!object) return false;
  int failed = xlgc__host_objects_unless_over(xlgc_unpin(host->context, object->id));
  xlgc__host_lock_acquire();
  object->pins_owed += failed != 0;
  group->pins_owed += failed != 0;
  xlgc__host_objects_leave_locked(object);
  xlgc__host_lock_release();
  return !failed;
}
