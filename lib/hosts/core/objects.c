/* What the hosts of a pool have in common: its objects, each with its users, and the serial numbers of exports. */
#include <config.h>

#include "hosts/core/objects.h"

static xlgc__tree serials;
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
  return xlgc__tree_record(xlgc__tree_find(&serials, serial), offsetof(xlgc__host_object, by_serial));
}

void xlgc__host_objects_give_serial_locked(xlgc__host_object *object, uint64_t serial) {
  object->serial = serial;
  xlgc__tree_add(&serials, serial, &object->by_serial);
}

void xlgc__host_objects_take_serial_locked(xlgc__host_object *object) {
  if (object->serial) xlgc__tree_remove(&serials, &object->by_serial);
  object->serial = 0;
}

/* --------------------------------------------------------------- objects */

xlgc__host_object *xlgc__host_objects_find_locked(const xlgc__host_group *group, xlgc_id id) {
  return xlgc__tree_record(xlgc__tree_find(&group->objects_by_id, id), offsetof(xlgc__host_object, by_id));
}

void xlgc__host_objects_free_locked(xlgc__host_object *object) {
  DL_DELETE(object->group->objects, object);
  xlgc__tree_remove(&object->group->objects_by_id, &object->by_id);
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
static xlgc__host_object *add_object(xlgc__host_object *made) {
  xlgc__host_lock_acquire();
  xlgc__host_object *found = xlgc__host_objects_find_locked(made->group, made->id);
  if (found) {
    found->users++;
  } else {
    DL_APPEND(made->group->objects, made);
    xlgc__tree_add(&made->group->objects_by_id, made->id, &made->by_id);
  }
  xlgc__host_lock_release();
  if (!found) return made;
  xlgc_weak_destroy(made->weak);
  free(made);
  return found;
}

int xlgc__host_objects_use(xlgc_host *host, xlgc_id id, bool is_export, xlgc__host_object **out) {
  xlgc__host_object *made;
  *out = use_known(host, id);
  if (*out) return 0;
  int failed = make_object(host, id, is_export, &made);
  if (!failed) *out = add_object(made);
  return failed;
}

bool xlgc__host_objects_is_closed_locked(const xlgc__host_object *object) {
  return object->is_export && (!object->own || object->own->released);
}

/* ------------------------------------------------------------ owed pins */

static void owe_pin_locked(xlgc__host_object *object) {
  object->pins_owed++;
  object->group->pins_owed++;
  DL_DELETE(object->group->objects, object);
  DL_PREPEND(object->group->objects, object);
}

void xlgc__host_objects_unpin(xlgc_context *context, xlgc__host_object *object) {
  if (!xlgc__host_objects_unless_over(xlgc_unpin(context, object->id))) return;
  xlgc__host_lock_acquire();
  owe_pin_locked(object);
  xlgc__host_lock_release();
}

/* An object that owes a pin, which counts as a use; or NULL. */
static xlgc__host_object *take_owed(xlgc__host_group *group) {
  xlgc__host_lock_acquire();
  xlgc__host_object *object = group->pins_owed ? group->objects : NULL;
  if (object) {
    group->pins_owed--;
    object->users++;
    if (--object->pins_owed == 0) {
      DL_DELETE(group->objects, object);
      DL_APPEND(group->objects, object);
    }
  }
  xlgc__host_lock_release();
  return object;
}

bool xlgc__host_objects_unpin_owed(xlgc_host *host) {
  xlgc__host_object *object = take_owed(host->group);
  if (!object) return false;
  int failed = xlgc__host_objects_unless_over(xlgc_unpin(host->context, object->id));
  xlgc__host_lock_acquire();
  if (failed) owe_pin_locked(object);
  xlgc__host_objects_leave_locked(object);
  xlgc__host_lock_release();
  return !failed;
}
